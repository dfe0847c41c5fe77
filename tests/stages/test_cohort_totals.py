"""Totals beside every published figure: exact, nothing hidden, nothing summed across units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plan_cases as cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import ConfigError, InputError
from forecast.stages.cohort_sites import cohort_sites
from forecast.stages.cohort_totals import checked_totals, cohort_totals
from forecast.stages.goal_years import published_per_year
from forecast.stages.seat_plan import largest_remainder

TABLES = cases.tables()
# Rows that repeat persons of other rows: goals, stages, rests and the tracks within their whole.
REPEATS = ("STAGE-", "P000-E-GOAL1", "P000-A-GOAL", "P000-T-GOAL", "P002-T", "P002-REST")


def totals(targets=None, *, semantics="annual", years=cases.YEARS, sites=None, **changed):
    targets = cases.targets(semantics, years) if targets is None else targets
    return cohort_totals(TABLES | changed, targets, years=years, semantics=semantics, sites=sites)


@pytest.fixture(scope="module")
def annual() -> pd.DataFrame:
    weights = pd.Series(range(1, 18), index=TABLES["sido"]["sido"])
    sites = cohort_sites(TABLES, years=cases.YEARS, regions=cases.REGIONS, weights=weights)
    return totals(sites=sites)


def numbers(table, programme, year=2026, unit="persons") -> tuple[int, int, int]:
    rows = table.query("programme == @programme and year == @year and unit == @unit")
    assert len(rows) == 1, (programme, year, unit)
    return tuple(rows[["published", "allocated", "unallocated"]].iloc[0])


def note(table, programme, year=2026) -> str:
    return table.query("programme == @programme and year == @year")["note"].iloc[0]


@pytest.mark.parametrize("semantics", ["annual", "cumulative"])
def test_every_planned_programme_is_given_its_published_number_and_no_other(semantics):
    table = totals(semantics=semantics)
    assert checked_totals(table, cases.PLANNED) is table
    by_programme = table[table["programme"].isin(cases.GOAL_SEATS) & (table["unit"] == "persons")]
    seats = by_programme.groupby("programme")["published"].sum()
    factor = len(cases.YEARS) if semantics == "annual" else 1
    assert seats.to_dict() == {name: factor * n for name, n in cases.GOAL_SEATS.items()}


@pytest.mark.parametrize(("programme", "expected"), cases.PRINTED_GOALS)
def test_a_printed_goal_stands_beside_its_items_every_year(annual, programme, expected):
    for year in cases.YEARS:
        assert numbers(annual, programme, year) == expected
    assert f"{expected[0]:,}" in note(annual, programme) or programme == "P000-A-REST"


def test_the_five_year_goal_shows_both_readings_and_the_one_used(annual):
    cumulative = totals(semantics="cumulative")
    assert numbers(annual, "STAGE-전체") == (1_000_000, 1_142_500, -142_500)
    assert numbers(cumulative, "STAGE-전체") == (1_000_000, 228_500, 771_500)
    for table, reading in ((annual, "read as annual"), (cumulative, "read as cumulative")):
        text = note(table, "STAGE-전체")
        assert reading in text
        for figure in ("240,000", "228,500", "1,200,000", "1,142,500"):
            assert figure in text


def test_smart_manufacturing_shows_its_tracks_firms_and_the_persons_of_no_track(annual):
    assert numbers(annual, "P002-SMART") == (600, 600, 0)
    assert numbers(annual, "P002-T1") == (400, 400, 0)
    assert numbers(annual, "P002-T2") == (80, 80, 0)
    assert numbers(annual, "P002-REST") == (120, 120, 0)
    assert numbers(annual, "P002-SMART", unit="firms") == (480, 480, 0)
    assert "400 + 80 = 480" in note(annual, "P002-SMART")
    assert annual.query("programme == 'P002-T1'")["year"].tolist() == [2026]


def test_every_published_number_of_the_registry_has_its_row(annual):
    registry = pd.concat([TABLES["programmes"], TABLES["beside_programmes"]])
    published = registry[registry["published"].notna() & (registry["programme"] != "P000-GOAL")]
    for row in published.itertuples():
        mine = annual.query("programme == @row.programme and unit == @row.unit")
        assert set(mine["published"]) == {int(row.published)}, row.programme
    assert not annual.duplicated(["year", "programme", "unit"]).any()
    assert [note for note in annual["note"] if note and not cases.bilingual(note)] == []


@pytest.mark.parametrize(
    ("programme", "by_year", "why"),
    [
        ("P004-INNOACA", {2025: 218}, "before the plan"),
        ("P003-DOMAIN-MSIT", {2021: 2931, 2022: 6268, 2023: 5071, 2024: 3050}, "before the plan"),
        ("P003-AIREADY", {2025: 2_000_000}, "abroad"),
        ("P003-EMAI4EU", {2023: 1_000}, "abroad"),
        ("P003-AICHIP3000", {2030: 3_000}, "without an occupation of origin"),
        ("K-POLY-AX", {2026: 1_100}, "never added"),
    ],
)
def test_what_is_not_planned_keeps_its_own_year_and_says_why(annual, programme, by_year, why):
    rows = annual[annual["programme"] == programme].set_index("year")
    assert rows["published"].to_dict() == by_year
    assert (rows["allocated"] == 0).all() and rows["note"].str.contains(why).all()


def test_people_who_found_work_or_a_number_printed_elsewhere_are_no_target():
    figures = TABLES["programme_figures"]
    own = figures.query("programme == 'P004-INNOACA' and unit == 'persons'").head(1)
    more = [own.assign(figure="outcome"), own.assign(source_line="programmes-0064"), figures]
    table = totals(programme_figures=pd.concat(more))
    assert numbers(table, "P004-INNOACA", 2025) == (218, 0, 218)


def test_sites_are_counted_in_their_unit_and_only_where_they_are_placed(annual):
    assert numbers(annual, "P000-SME-ROADMAP", unit="sites") == (2_000, 2_000, 0)
    assert numbers(annual, "P000-AX-CUSTOM", 2030, unit="sites") == (600, 600, 0)
    assert numbers(annual, "P000-POLY-BASIC", unit="campuses") == (39, 39, 0)
    bare = totals()
    assert numbers(bare, "P000-SME-ROADMAP", unit="sites") == (2_000, 0, 2_000)
    assert bare.query("unit != 'persons'")["allocated"].sum() == 0


def test_seats_nobody_itemises_count_in_the_goal_and_stage_once_they_are_given():
    rest = pd.DataFrame([(2027, "P000-A-REST", 10_000)], columns=["year", "programme", "persons"])
    table = totals(pd.concat([cases.targets(), rest]))
    for name in ("P000-A-GOAL", "STAGE-활동기"):
        assert numbers(table, name, 2027) == (110_000, 110_000, 0)
        assert numbers(table, name, 2026) == (110_000, 100_000, 10_000)
    assert numbers(table, "P000-A-REST", 2027) == (10_000, 10_000, 0)
    assert numbers(table, "STAGE-전체")[1] == 1_152_500


@given(
    persons=st.lists(
        st.tuples(
            st.sampled_from(cases.YEARS),
            st.sampled_from([*cases.PLANNED, "P000-A-REST"]),
            st.integers(0, 99_999),
        ),
        max_size=12,
    ),
    semantics=st.sampled_from(["annual", "cumulative"]),
)
@settings(max_examples=30, deadline=None)
def test_every_seat_is_counted_once_and_every_rest_is_the_difference(persons, semantics):
    targets = pd.DataFrame(persons, columns=["year", "programme", "persons"])
    table = totals(targets, semantics=semantics)
    once = table[(table["unit"] == "persons") & ~table["programme"].str.startswith(REPEATS)]
    assert once["allocated"].sum() == targets["persons"].sum()
    assert (table["published"] - table["allocated"] == table["unallocated"]).all()
    stages = table[table["programme"].str.startswith("STAGE-")]
    whole = stages["programme"] == "STAGE-전체"
    assert stages.loc[whole, "allocated"].sum() == stages.loc[~whole, "allocated"].sum()


def test_one_seat_too_few_or_a_missing_row_is_refused():
    short = cases.targets()
    short.loc[0, "persons"] -= 1
    with pytest.raises(InputError, match=r"P000-NAEIL-AI, 2026: 55,999 .* 56,000 published"):
        checked_totals(totals(short), cases.PLANNED)
    with pytest.raises(InputError, match="no row for P002-T1 in 2027"):
        checked_totals(totals(), {"P002-T1": [2027]})


def test_targets_of_a_programme_counted_in_sites_are_refused():
    wrong = pd.DataFrame([(2026, "P000-AX-CUSTOM", 5)], columns=["year", "programme", "persons"])
    with pytest.raises(InputError, match="P000-AX-CUSTOM: the registry counts it in sites"):
        totals(wrong)


def test_targets_outside_the_planning_years_are_refused():
    with pytest.raises(InputError, match=r"years \[2030\] are not in cohorts.years"):
        totals(cases.targets(), years=cases.YEARS[:-1])


@pytest.mark.parametrize("name", ["P000-POLY-BASIC", "P000-T-GOAL", "P002-T1"])
def test_a_goal_or_item_in_another_unit_is_never_summed(name):
    programmes = TABLES["programmes"].copy()
    programmes.loc[programmes["programme"] == name, "unit"] = "sites"
    with pytest.raises(InputError, match=r"summed across units|counts it in sites"):
        totals(cases.targets().query("programme != @name"), programmes=programmes)


def test_a_stage_total_in_another_unit_or_of_other_items_is_refused():
    stages = TABLES["stage_totals"]
    with pytest.raises(InputError, match="expected persons"):
        totals(stage_totals=stages.assign(unit=["persons", "sites", "persons", "persons"]))
    with pytest.raises(InputError, match="진입기: 99,001, its items sum to 99,000"):
        totals(stage_totals=stages.assign(itemised=stages["itemised"] + [1, 0, 0, 0]))


@given(published=st.integers(0, 10**6), count=st.integers(1, 9))
def test_the_years_of_a_cumulative_number_sum_to_it_as_evenly_as_they_can(published, count):
    years = tuple(range(2026, 2026 + count))
    per_year = published_per_year(published, years, "cumulative")
    assert list(per_year) == list(years) and sum(per_year.values()) == published
    assert max(per_year.values()) - min(per_year.values()) <= 1
    assert list(per_year.values()) == largest_remainder(np.ones(count), published).tolist()


def test_an_unknown_reading_or_no_years_are_refused():
    with pytest.raises(ConfigError, match="goal_semantics is 'total'"):
        published_per_year(1, (2026,), "total")
    with pytest.raises(ConfigError, match="each once"):
        published_per_year(1, (2026, 2026), "annual")
