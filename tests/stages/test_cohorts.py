"""Cohort targets: whole, complete, inside demand; or a message that says what must give way."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import stage_factories as made
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.data import reference
from forecast.errors import ConfigError, InfeasiblePlan, InputError
from forecast.stages.cohorts import TARGET_COLUMNS, plan_cohorts, spread_by_priority
from forecast.types import AGE_GROUPS, CohortPlan

SEATS = {"P000-POLY-BASIC": 280, "P000-AX-COURSE": 60, "P000-JOB-SWITCH": 31}


def plan(demand=None, tables=None, **options) -> CohortPlan:
    return plan_cohorts(
        made.cohort_options(**options), demand or made.demand(), tables or made.tables()
    )


@pytest.fixture(scope="module")
def shipped() -> CohortPlan:
    return plan()


def test_every_published_seat_is_given_out_and_no_other(shipped):
    seats = shipped.targets.groupby("programme")["persons"].sum()
    assert seats.to_dict() == SEATS
    assert shipped.gap <= 1e-4 and shipped.objective > 0


def test_targets_have_the_contract_columns_and_only_real_people(shipped):
    targets = shipped.targets
    assert list(targets.columns) == TARGET_COLUMNS
    assert targets["persons"].dtype == "int64" and (targets["persons"] > 0).all()
    assert set(targets["year"]) == {2026}
    assert set(targets["site_kind"]) == {"campus"} and set(targets["stage"]) == {"전환기"}
    assert set(targets["age_group"]) <= set(AGE_GROUPS)
    key = ["programme", "site", "ksco7", "age_group"]
    assert not targets.duplicated(key).any()


def test_ai_basics_reach_every_campus_and_others_may_not(shipped):
    sites = shipped.targets.groupby("programme")["site"].nunique()
    assert sites["P000-POLY-BASIC"] == len(made.CAMPUSES)
    assert "신기술교육원" not in set(shipped.targets["site"])
    place = shipped.targets.drop_duplicates("site").set_index("site")["sido"]
    assert place.to_dict() == {name: made.CAMPUSES[name] for name in place.index}


def test_open_campuses_have_a_class_and_none_takes_more_than_its_share(shipped):
    seats = shipped.targets.groupby(["programme", "site"])["persons"].sum()
    assert seats.min() >= 5
    for programme, published in SEATS.items():
        assert seats[programme].max() <= 0.5 * published


def test_no_region_gets_more_seats_than_people_in_need(shipped):
    demand = made.demand()
    mean = demand.cells.sel(statistic="persons", scenario="central").sum("year")
    region = ["30" if sido == "36" else sido for sido in made.SIDO]
    people = mean.assign_coords(sido=region).groupby("sido").sum()
    people = people.sum(["occupation", "age_group"])
    seats = shipped.targets.groupby(["need", "sido"])["persons"].sum()
    for (need, sido), persons in seats.items():
        assert persons <= float(people.sel(need=need, sido=sido))


def test_cells_follow_demand_and_margins_are_rounded_only_once(shipped):
    demand = made.demand()
    basics = shipped.targets.query("programme == 'P000-POLY-BASIC'")
    mean = demand.cells.sel(statistic="persons", scenario="central", need="ai_basic").sum("year")
    campus_seats = basics.groupby("sido")["persons"].sum()
    expected = pd.Series(0.0, index=pd.Index(AGE_GROUPS, name="age_group"))
    for sido, seats in campus_seats.items():
        served = ["30", "36"] if sido == "30" else [sido]
        people = mean.sel(sido=served).sum("sido").to_numpy()
        expected += seats * people.sum(axis=0) / people.sum()
    ages = basics.groupby("age_group")["persons"].sum().reindex(expected.index)
    assert (np.abs(ages - expected) < 1).all()


def test_people_who_came_to_need_training_before_the_year_wait_for_its_seats():
    with pytest.raises(InfeasiblePlan) as alone:
        plan(seats={"P000-POLY-BASIC": 10**9}, since_year=2026)
    with pytest.raises(InfeasiblePlan) as waiting:
        plan(seats={"P000-POLY-BASIC": 10**9}, since_year=2023)

    def fits(caught):
        return int(re.search(r"by \d+ to (\d+)", str(caught.value)).group(1))

    assert fits(waiting) > fits(alone)
    with pytest.raises(ConfigError, match="since_year"):
        plan(since_year=2027)


def test_totals_show_every_published_number_and_the_rounding(shipped):
    totals = shipped.totals.set_index("programme")
    assert list(shipped.totals.columns) == [
        "year",
        "programme",
        "unit",
        "published",
        "allocated",
        "unallocated",
        "note",
    ]
    assert (totals["published"] == totals["allocated"] + totals["unallocated"]).all()
    stage = totals.loc["STAGE-전환기"]
    assert (stage["published"], stage["allocated"], stage["unallocated"]) == (380, 371, 9)
    assert "rounded" in stage["note"] and "반올림" in stage["note"]
    assert "100 not itemised" in totals.loc["STAGE-활동기", "note"]
    online = totals.loc["P000-ONLINE-FREE"]
    assert online["allocated"] == 0 and online["note"].startswith("not allocated in this release")
    assert "P000-T-GOAL" not in totals.index  # a goal is the sum of its items, shown as STAGE


def test_sites_never_add_to_persons(shipped):
    totals = shipped.totals.set_index("programme")
    assert totals.loc["P000-AX-CUSTOM", "unit"] == "sites"
    assert totals.loc["P000-AX-CUSTOM", "allocated"] == 0
    assert "never added to persons" in totals.loc["P000-AX-CUSTOM", "note"]


def test_notes_name_the_contradictions_and_the_assumed_year(shipped):
    text = "\n".join(shipped.notes)
    for words in ("2026 is an assumption", "C1.2", "C1.4", "C1.5", "280 seats for"):
        assert words in text


@pytest.mark.parametrize("seats", [999_999_999, 100_000])
def test_seats_above_demand_name_programme_seats_demand_and_the_way_out(seats):
    with pytest.raises(InfeasiblePlan) as caught:
        plan(seats={"P000-POLY-BASIC": seats})
    message = str(caught.value)
    demand = made.demand().persons.sel(scenario="central", need="ai_basic", year=slice(2023, 2026))
    people = int(demand.mean("draw").sum())
    assert message.startswith(f"P000-POLY-BASIC: {seats} seats requested")
    assert "demand available" in message and "lower cohorts.seats.P000-POLY-BASIC by" in message
    fit = int(message.split(" to ")[-1].split(".")[0].split(",")[0].split(" ")[0])
    assert people - len(made.SIDO) <= fit <= people
    again = plan(seats={"P000-POLY-BASIC": fit})
    assert again.targets.query("programme == 'P000-POLY-BASIC'")["persons"].sum() == fit


def test_without_anyone_in_need_the_way_out_is_no_seats():
    with pytest.raises(InfeasiblePlan, match=r"demand available 0 .*P000-POLY-BASIC to 0"):
        plan(scenario="no_ai")


def test_a_class_too_large_for_all_campuses_says_which_size_works():
    with pytest.raises(InfeasiblePlan, match="minimum_class from 100 to 46"):
        plan(
            made.demand(scale=4000.0), minimum_class=100
        )  # 280 seats over 6 campuses: at most 46 each


def test_a_share_too_small_says_which_share_works():
    with pytest.raises(InfeasiblePlan, match=r"maximum_share_per_campus to 0\.1679"):
        plan(made.demand(scale=4000.0), maximum_share_per_campus=0.12, minimum_class=1)


def test_seats_can_be_overridden_and_the_published_number_stays_beside():
    result = plan(seats={"P000-AX-COURSE": 40})
    row = result.totals.set_index("programme").loc["P000-AX-COURSE"]
    assert (row["published"], row["allocated"], row["unallocated"]) == (60, 40, 20)


def test_a_programme_without_seats_has_no_rows():
    result = plan(seats={"P000-JOB-SWITCH": 0})
    assert "P000-JOB-SWITCH" not in set(result.targets["programme"])
    assert result.totals.set_index("programme").loc["P000-JOB-SWITCH", "unallocated"] == 31


def test_a_priority_of_zero_keeps_an_age_out():
    ages = {age: float(age in ("50-59", "60+")) for age in AGE_GROUPS}
    result = plan(age_priority=ages, seats={"P000-POLY-BASIC": 100})
    assert set(result.targets["age_group"]) == {"50-59", "60+"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seats": {"P000-POLI-BASIC": 1}}, "P000-POLI-BASIC"),
        ({"seats": {"P000-AX-COURSE": -1}}, "below 0"),
        ({"every_campus": ["P000-ONLINE-FREE"]}, "every_campus"),
        ({"needs": {"P000-AX-COURSE": "axe"}, "every_campus": []}, "axe"),
        ({"served_by": {}}, "served_by.*36"),
        ({"scenario": "medium"}, "central"),
        ({"year": 2040}, "2026"),
        ({"age_priority": {"15-29": 1.0}}, "age_priority"),
        ({"maximum_share_per_campus": 0.0}, "maximum_share_per_campus"),
    ],
)
def test_a_wrong_option_is_refused_by_key(options, message):
    with pytest.raises(ConfigError, match=message):
        plan(**options)


@pytest.mark.parametrize("programme", ["P000-AX-CUSTOM", "P000-INSTRUCTOR", "P999"])
def test_only_a_published_number_of_persons_can_be_allocated(programme):
    with pytest.raises(InputError, match=programme):
        plan(needs={programme: "ax"}, every_campus=[])


def test_a_programme_listed_twice_is_refused():
    tables = made.tables()
    tables["programmes"] = pd.concat([tables["programmes"]] * 2)
    with pytest.raises(InputError, match="twice"):
        plan(tables=tables)


def test_the_same_demand_gives_the_same_plan(shipped):
    assert plan().targets.equals(shipped.targets)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    scale=st.floats(2.0, 80.0),
    minimum=st.integers(0, 30),
    cap=st.floats(0.1, 1.0),
)
def test_any_small_plan_keeps_every_rule_or_explains_itself(seed, scale, minimum, cap):
    demand = made.demand(seed=seed, scale=scale)
    try:
        result = plan(demand, minimum_class=minimum, maximum_share_per_campus=cap)
    except InfeasiblePlan as refusal:
        assert "seats requested" in str(refusal) and "Smallest change: " in str(refusal)
        return
    assert result.targets.groupby("programme")["persons"].sum().to_dict() == SEATS
    seats = result.targets.groupby(["programme", "site"])["persons"].sum()
    assert seats.min() >= minimum
    for programme, published in SEATS.items():
        assert seats[programme].max() <= cap * published + 1e-9


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1e4), st.floats(0, 10).map(lambda w: round(w, 3))),
        min_size=1,
        max_size=20,
    ),
    st.floats(0, 1),
)
def test_seats_spread_by_priority_are_all_used_and_fill_no_cell_beyond_its_people(cells, portion):
    people, weight = (np.array(column) for column in zip(*cells, strict=True))
    eligible = people[(people * weight) > 0].sum()
    spread = spread_by_priority(people, weight, portion * eligible)
    assert (spread >= 0).all() and (spread <= people * (1 + 1e-9)).all()
    assert spread.sum() == pytest.approx(portion * eligible, rel=1e-9, abs=1e-9)


def test_the_published_registry_gives_every_seat_at_39_campuses():
    tables = {
        name: reference.load(name) for name in ("programmes", "campuses", "stage_totals", "sido")
    }
    sido = tuple(tables["sido"]["sido"])
    demand = made.demand(scale=3000.0, sido=sido)
    result = plan_cohorts(
        made.cohort_options(minimum_class=20, maximum_share_per_campus=0.1), demand, tables
    )
    seats = result.targets.groupby("programme")["persons"].sum().to_dict()
    assert seats == {"P000-POLY-BASIC": 28_000, "P000-AX-COURSE": 1_000, "P000-JOB-SWITCH": 500}
    basics = result.targets.query("programme == 'P000-POLY-BASIC'")
    assert basics["site"].nunique() == 39
    stage = result.totals.set_index("programme").loc["STAGE-전환기"]
    assert (stage["published"], stage["allocated"], stage["unallocated"]) == (30_000, 29_500, 500)
    assert "29,500" in stage["note"] and "반올림" in stage["note"]
    known = tables["programmes"].query("published.notna() and kind in ['item', 'part']")
    assert set(known["programme"]) < set(result.totals["programme"])
