"""A whole plan from the shipped registry: every printed number met or its rest in plain sight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import plan_cases as cases
import pytest
import stage_factories as made

from forecast.codebook import check_table
from forecast.errors import ConfigError, InfeasiblePlan
from forecast.stages.cohort_tables import open_values, plan_cohorts, release_table
from forecast.types import CohortPlan

TABLES = made.cohort_tables()
DEMAND = made.demand()
FEW = ("P000-AX-COURSE", "P000-JOB-SWITCH")
DETAILS = (
    *("cohort_release", "cohort_balance", "cohort_sites", "cohort_programmes"),
    *("cohort_figures", "cohort_defaults", "cohort_contradictions"),
)


def plan(demand=DEMAND, told=None, **options: object) -> CohortPlan:
    return plan_cohorts(
        made.cohort_options(**options),
        made.cohort_options(),
        demand,
        TABLES,
        rng=np.random.default_rng(3),
        advance=[].append if told is None else told.append,
    )


def few(**options: object) -> CohortPlan:
    """Plan of two small programmes in one year, which takes half a second."""
    return plan(**({"only": FEW, "years": [2026], "release_years": []} | options))


@pytest.fixture(scope="module")
def annual() -> CohortPlan:
    return plan(years=list(cases.YEARS))


@pytest.fixture(scope="module")
def cumulative() -> CohortPlan:
    """Provinces cannot be treated alike by the five classes of a year that 100 seats allow."""
    return plan(
        years=list(cases.YEARS),
        goal_semantics="cumulative",
        fairness={"province": 0.0},
        seat_beside=False,
    )


def numbers(plan: CohortPlan, programme: str, year: int = 2026) -> tuple[int, int, int]:
    rows = plan.totals.query("programme == @programme and year == @year and unit == 'persons'")
    assert len(rows) == 1, (programme, year)
    return tuple(rows[["published", "allocated", "unallocated"]].iloc[0])


def note(plan: CohortPlan, programme: str) -> str:
    rows = plan.totals.query("programme == @programme and unit == 'persons'")
    return rows["note"].iloc[0]


def seats(plan: CohortPlan) -> pd.DataFrame:
    table = plan.targets.pivot_table("persons", "programme", "year", "sum", fill_value=0)
    return table.astype(int)


def test_annual_numbers_are_given_out_in_every_year(annual):
    given = seats(annual)
    assert set(given.index) == set(cases.PLANNED)
    for name, number in (cases.GOAL_SEATS | cases.BESIDE_SEATS).items():
        assert given.loc[name].tolist() == [number] * 5
    for name, number in cases.SMART_SEATS.items():
        assert given.loc[name].tolist() == [number, 0, 0, 0, 0]


def test_cumulative_numbers_are_given_out_over_the_five_years(cumulative):
    given = seats(cumulative)
    assert set(given.index) == set(cases.GOAL_SEATS | cases.SMART_SEATS)
    for name, number in cases.GOAL_SEATS.items():
        assert given.loc[name].tolist() == [number // 5] * 5
    assert given.loc["P002-T1"].tolist() == [400, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("programme", "expected"),
    [
        *cases.PRINTED_GOALS,
        ("P002-SMART", (600, 600, 0)),
        ("P002-T1", (400, 400, 0)),
        ("P002-T2", (80, 80, 0)),
        ("P002-REST", (120, 120, 0)),
        ("K-MIDLIFE", (15_000, 15_000, 0)),
    ],
)
def test_printed_numbers_stand_beside_what_is_given_out(annual, programme, expected):
    assert numbers(annual, programme) == expected
    for figure in expected[:2]:
        assert programme.startswith(("P002-", "K-", "P000-A-REST")) or f"{figure:,}" in note(
            annual, programme
        )


def test_both_readings_of_the_goal_and_smart_manufacturing_are_in_the_notes(annual, cumulative):
    for done, given in ((annual, 5 * 228_500), (cumulative, 228_500)):
        assert numbers(done, "STAGE-전체") == (1_000_000, given, 1_000_000 - given)
        assert "240,000" in note(done, "STAGE-전체")
    assert numbers(cumulative, "P000-T-GOAL", 2030) == (6_000, 5_900, 100)
    for figure in ("600", "480", "120"):
        assert figure in note(annual, "P002-SMART")


def test_persons_and_places_stay_apart(annual):
    units = annual.totals.groupby("programme")["unit"].agg(set)
    assert units["P000-AX-CUSTOM"] == {"sites"} and units["P000-SME-HUB"] == {"centres"}
    assert units["P000-POLY-BASIC"] == {"persons", "campuses"}
    sites = annual.details["cohort_sites"]
    assert "persons" not in set(sites["unit"])
    keys = ["year", "programme", "unit"]
    counted = sites.groupby(keys)["count"].sum()
    given = annual.totals.groupby(keys)["allocated"].sum()
    assert (given[counted.index] == counted).all() and len(counted)
    persons = annual.totals[annual.totals["unit"] == "persons"]
    planned = persons[persons["programme"].isin(set(cases.PLANNED) - {"P002-SMART"})]
    people = annual.targets.groupby(["year", "programme"])["persons"].sum()
    planned = planned.set_index(["year", "programme"])["allocated"]
    assert (planned == people.reindex(planned.index)).all()
    goals = persons["programme"].str.startswith("STAGE-") & (persons["year"] == 2026)
    staged = persons[goals & (persons["programme"] != "STAGE-전체")]["allocated"].sum()
    items = persons.query("year == 2026 and programme in @cases.GOAL_SEATS")["allocated"].sum()
    assert staged == items == 228_500


def test_totals_subtract_and_every_planned_number_is_met(annual):
    totals = annual.totals
    assert (totals["published"] - totals["allocated"] == totals["unallocated"]).all()
    planned = totals[totals["programme"].isin(cases.GOAL_SEATS) & (totals["unit"] == "persons")]
    assert len(planned) == 5 * len(cases.GOAL_SEATS) and (planned["unallocated"] == 0).all()


def test_every_table_is_as_the_codebook_says(annual, cumulative):
    for done in (annual, cumulative):
        assert set(DETAILS) <= set(done.details)
        tables = {"cohort_targets": done.targets, "cohort_totals": done.totals, **done.details}
        for name, table in tables.items():
            assert len(check_table(name, table)), name


def test_targets_name_stage_need_and_programme_of_the_registry(annual):
    registry = pd.concat([TABLES["programmes"], TABLES["beside_programmes"]])
    stages = registry.set_index("programme")["stage"]
    assert (annual.targets["stage"] == annual.targets["programme"].map(stages)).all()
    needs = annual.targets.groupby("programme")["need"].agg(set)
    assert needs["P000-POLY-BASIC"] == {"ai_basic"} and needs["K-CAREER"] == {"job_change"}
    assert needs["P000-KDT-AI"] == {"ax"}
    listed = annual.details["cohort_programmes"].set_index("programme")["planned"]
    assert set(listed.index[listed == "yes"]) == set(annual.targets["programme"])


def test_objective_and_gap_are_those_of_all_rounds(annual):
    assert annual.objective > 0 and 0 <= annual.gap <= 0.01


def test_notes_say_scenario_coverage_gap_and_rounding_in_both_languages(annual):
    assert all(cases.bilingual(text) for text in annual.notes)
    text = "\n".join(annual.notes)
    assert "central, in need since 2023" in text and text.count("proven gap") == 2
    (online,) = (line for line in annual.notes if line.startswith("employed/ai_basic 2026"))
    balance = annual.details["cohort_balance"].query("year == 2026 and people == 'employed'")
    row = balance[balance["need"] == "ai_basic"].iloc[0]
    assert f"128,000 seats, {row['newly_in_need']:,} people" in online
    whole = annual.details["cohort_balance"]["newly_in_need"].sum()
    assert f"{whole:,} after rounding" in text


def test_nobody_who_waits_stays_without_a_seat_while_one_for_all_is_given_above_the_need(annual):
    """`P000-ONLINE-FREE` is open to every employed person: need comes first, within the gap."""
    balance = annual.details["cohort_balance"]
    basics = balance.query("people == 'employed' and need == 'ai_basic'")
    spare = basics[basics["seats_beyond_need"] > 0]
    assert len(spare) and (spare["waiting_after"] <= 0.01 * spare["seats_in_need"]).all()


def test_released_numbers_are_at_least_five_and_agree_with_the_targets(annual):
    release = annual.details["cohort_release"]
    shown = release.dropna(subset="persons")
    assert len(shown) < len(release) and shown["persons"].min() >= 5
    assert set(release["year"]) == {2026}
    targets = annual.targets.query("year == 2026").assign(major=lambda t: t["ksco7"].str[0])
    dims = ["site", "sido", "major", "age_group", "need"]
    for level, rows in shown.groupby("level"):
        keys = ["programme", *(dim for dim in dims if dim in level.split(" x "))]
        true = targets.groupby(keys)["persons"].sum()
        index = pd.MultiIndex.from_frame(rows[keys]) if len(keys) > 1 else rows[keys[0]]
        assert rows["persons"].astype(int).tolist() == true.reindex(index).tolist()
        assert rows[[dim for dim in dims if dim not in keys]].isna().all(axis=None)


def test_no_released_table_gives_a_small_number_away_by_subtraction(annual):
    """A total that is shown never misses one cell only."""
    release = annual.details["cohort_release"]
    alone = 0
    for cell, total in (("sido x age_group", "sido"), ("major x age_group", "major")):
        cells = release[release["level"] == cell]
        hidden = cells[cells["persons"].isna()].groupby(["programme", total]).size()
        totals = release[release["level"] == total].set_index(["programme", total])["persons"]
        single = hidden[hidden == 1].index
        assert totals[totals.index.isin(single)].isna().all()
        alone += len(hidden)
    assert alone


def test_without_years_to_release_the_table_is_empty_but_has_its_columns(annual):
    empty = release_table(annual.targets, [])
    assert list(empty.columns) == list(annual.details["cohort_release"].columns)
    assert empty.empty


def test_defaults_flag_what_this_run_changes():
    shipped = made.cohort_options()
    options = made.cohort_options(later=0.5, rules={"P000-KDC": {"ages": ["15-29"]}})
    before, after = open_values(shipped), open_values(options)
    assert {key for key in before if before[key] != after[key]} == {"later", "programmes"}
    assert after["every_campus"] == ["P000-POLY-BASIC"]
    defaults = few(goal_semantics="annual").details["cohort_defaults"].set_index("key")["changed"]
    assert defaults["goal_semantics"] == "no" and defaults["programmes"] == "yes"


def test_seats_can_be_overridden_and_the_published_number_stays_beside():
    done = few(seats={"P000-AX-COURSE": 400})
    assert numbers(done, "P000-AX-COURSE") == (1_000, 400, 600)
    assert numbers(done, "P000-JOB-SWITCH") == (500, 500, 0)
    assert seats(done)[2026].to_dict() == {"P000-AX-COURSE": 400, "P000-JOB-SWITCH": 500}


def test_a_programme_without_seats_has_no_rows_and_says_so():
    done = few(seats={"P000-JOB-SWITCH": 0})
    assert set(done.targets["programme"]) == {"P000-AX-COURSE"}
    assert numbers(done, "P000-JOB-SWITCH") == (500, 0, 500)
    assert "left out by the options" in note(done, "P000-JOB-SWITCH")
    assert "left out by the options" not in note(done, "P000-AX-COURSE")


def test_programmes_beside_the_documents_can_be_left_out():
    done = few(only=(*FEW, "K-CAREER"), seat_beside=False)
    assert "K-CAREER" not in set(done.targets["programme"])
    assert numbers(done, "K-CAREER") == (2_000, 0, 2_000)


def test_the_seats_nobody_itemises_can_go_to_a_named_programme():
    name = "P000-ONLINE-FREE"
    done = few(only=[name], unitemised=name)
    assert seats(done)[2026].to_dict() == {name: 100_000, "P000-A-REST": 10_000}
    assert numbers(done, "P000-A-REST") == (10_000, 10_000, 0)
    for total in ("P000-A-GOAL", "STAGE-활동기"):
        assert numbers(done, total) == (110_000, 110_000, 0)
    rest = done.targets.query("programme == 'P000-A-REST'")
    assert set(rest["stage"]) == {"활동기"} and set(rest["need"]) == {"ai_basic"}
    balance = done.details["cohort_balance"].query("people == 'employed' and need == 'ai_basic'")
    assert balance[["seats_in_need", "seats_beyond_need"]].sum(axis=1).tolist() == [110_000]
    changed = done.details["cohort_defaults"].set_index("key")["changed"]
    assert changed["unitemised"] == "yes"


def test_one_class_is_never_too_much_for_a_campus():
    done = few(seats={"P000-AX-COURSE": 100}, fairness={"province": 0.0})
    at = done.targets.query("programme == 'P000-AX-COURSE'").groupby("site")["persons"].sum()
    assert at.sum() == 100 and at.between(20, 25).all()


def test_the_same_inputs_give_the_same_tables():
    one, two = few(), few()
    for name in ("targets", "totals"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    assert one.notes == two.notes and one.objective == two.objective
    for name, table in one.details.items():
        pd.testing.assert_frame_equal(table, two.details[name])


def test_other_priorities_give_other_seats_of_the_same_number():
    other = DEMAND.details["reskilling_priority"]
    other = other.assign(adaptive_capacity=np.roll(other["adaptive_capacity"], 50))
    moved = few(demand=replace(DEMAND, details={"reskilling_priority": other}))
    first = few()
    assert seats(moved).equals(seats(first))
    assert not moved.targets.equals(first.targets)


def test_steps_of_the_work_are_told():
    told: list[str] = []
    few(told=told)
    assert len(told) >= 3 and all(text.startswith("cohorts: ") for text in told)


def test_seats_that_do_not_fit_name_programme_number_and_remedy():
    with pytest.raises(InfeasiblePlan) as caught:
        few(only=["P000-JOB-SWITCH"], seats={"P000-JOB-SWITCH": 99_999})
    message = str(caught.value)
    assert message.startswith("P000-JOB-SWITCH") and "99999" in message.replace(",", "")
    assert "lower cohorts.seats.P000-JOB-SWITCH" in message


def test_a_wrong_option_is_refused_before_any_work():
    told: list[str] = []
    with pytest.raises(ConfigError, match="goal_semantics=monthly"):
        plan(goal_semantics="monthly", told=told)
    assert told == []
