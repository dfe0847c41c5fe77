"""Seats for people in need: exact, whole, nobody twice, classes that can be taught."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import plan_cases as cases
import pytest
import stage_factories as made
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import ConfigError, InfeasiblePlan, InputError
from forecast.stages.cohort_people import people_of
from forecast.stages.cohort_rules import POOL_NAMES, campuses
from forecast.stages.cohorts import (
    ONLINE,
    Solved,
    balance_table,
    scaled,
    solve_cohorts,
    still_waiting,
    target_table,
)
from forecast.types import AGE_GROUPS

TABLES = made.cohort_tables()
DEMAND = made.demand()
CAMPUSES = campuses(TABLES["campuses"]).set_index("campus")["sido"]
FEW = ("P000-AX-COURSE", "P000-JOB-SWITCH")
CLASSES = range(20, 26)
CELL = ["sido", "ksco7", "age_group"]
SEATS = cases.GOAL_SEATS | cases.BESIDE_SEATS  # a year, as printed
NOT_FAIR = {"age": 0.0, "sex": 0.0, "province": 0.0}
SMART = cases.SMART_SEATS  # of 2026 only


def solve(demand=DEMAND, tables=TABLES, **options: object) -> Solved:
    return solve_cohorts(made.cohort_options(**options), demand, tables)


def wholes(solved: Solved, pool: str) -> pd.Series:
    """Whole people newly in need, by year, province, occupation and age."""
    people = solved.people
    index = pd.MultiIndex.from_product(
        [people.years, people.provinces, people.occupations, AGE_GROUPS], names=["year", *CELL]
    )
    return pd.Series(solved.whole[pool].ravel(), index=index)


def pools(solved: Solved) -> dict[str, str]:
    """Pool of every programme."""
    rules = {name: rule for done in solved.rounds for name, rule in done.rules.items()}
    return {name: f"{rule.people}/{rule.need}" for name, rule in rules.items()}


def seats_of(targets: pd.DataFrame, keys: Sequence[str] = ("programme", "year")) -> pd.Series:
    return targets.groupby(list(keys))["persons"].sum()


def in_parts(targets: pd.DataFrame) -> pd.DataFrame:
    """Seats for people in need and those above the need as rows of their own."""
    above = targets["persons"] - targets["in_need"]
    parts = [
        targets.assign(persons=number, basis=basis)
        for basis, number in (("in_need", targets["in_need"]), ("beyond_need", above))
    ]
    return pd.concat(parts).query("persons > 0")


@pytest.fixture(scope="module")
def solved() -> Solved:
    return solve()


@pytest.fixture(scope="module")
def targets(solved) -> pd.DataFrame:
    return target_table(solved, TABLES)


@pytest.fixture(scope="module")
def few() -> Solved:
    return solve(only=FEW, years=[2026])


def test_every_published_seat_is_given_out_each_year_and_no_other(solved, targets):
    expected = {(name, year): n for name, n in SEATS.items() for year in (2026, 2027)}
    expected |= {(name, 2026): n for name, n in SMART.items()}
    assert seats_of(targets).to_dict() == expected
    for done in solved.rounds:
        assert done.plan.gap <= 0.01 and done.plan.gain > 0


def test_cumulative_numbers_are_the_sum_over_the_years():
    # Provinces cannot be treated alike by the 12 classes of a year that 250 seats allow.
    options = {"goal_semantics": "cumulative", "fairness": {"province": 0.0}}
    seats = seats_of(target_table(solve(**options), TABLES)).unstack("year").fillna(0)
    beside = seats.index.str.startswith("K-")
    for name, row in seats[~beside].iterrows():
        assert row.sum() == (SEATS | SMART)[name]
        assert name in SMART or row[2026] == row[2027]
    assert ([SEATS[name] for name in seats.index[beside]] == seats[beside].T).all(axis=None)


def test_numbers_that_do_not_divide_by_the_years_still_add_up():
    options = {"goal_semantics": "cumulative", "years": [2026, 2027, 2028], "fairness": NOT_FAIR}
    done = solve(only=["P000-KDC"], seats={"P000-KDC": 1_000}, **options)
    assert done.documents.problem.programmes[0].seats.tolist() == [334, 333, 333]


def test_rows_are_whole_people_of_one_cell(targets):
    assert targets["persons"].dtype == "int64" and (targets["persons"] > 0).all()
    assert not targets.duplicated(["year", "programme", "site", *CELL]).any()
    assert targets["in_need"].dtype == "int64"
    assert targets["in_need"].between(0, targets["persons"]).all()
    off = (targets["persons"] - targets["fractional"]).abs()
    campus = targets["site_kind"] == "campus"
    assert (off[~campus] == 0).all()  # only campuses are dealt out after the plan
    both = targets["in_need"].between(1, targets["persons"] - 1)  # two numbers rounded
    assert (off < np.where(both, 2, 1)).all()


def test_nobody_in_need_is_seated_twice(solved, targets):
    in_need = in_parts(targets).query("basis == 'in_need'")
    in_need = in_need.assign(pool=in_need["programme"].map(pools(solved)))
    assert set(in_need["pool"]) == set(POOL_NAMES)
    for pool, rows in in_need.groupby("pool"):
        there = wholes(solved, pool)
        seated = rows.groupby(["year", *CELL])["persons"].sum().reindex(there.index, fill_value=0)
        left = there - seated
        if not pool.startswith("entering"):  # who waits may be seated in a later year
            left = left.groupby(CELL).cumsum()
        assert left.min() >= 0
        assert seated.sum() > 0


def test_seats_above_the_need_go_to_people_without_a_seat(solved, targets):
    rules = {name: rule for done in solved.rounds for name, rule in done.rules.items()}
    leaving = {"separated": "leaving"}
    whose = {name: leaving.get(rule.people, rule.people) for name, rule in rules.items()}
    targets = in_parts(targets).reset_index(drop=True)
    beyond = targets["basis"] == "beyond_need"
    kind = targets["programme"].map(whose)
    kind = kind.where(~beyond, targets["programme"].map({n: r.beyond for n, r in rules.items()}))
    seated = targets.assign(kind=kind).groupby(["kind", "year", *CELL])["persons"].sum()
    people = solved.people
    for name in seated.index.unique("kind"):
        there = pd.Series(
            people.eligible[name].ravel(),
            index=pd.MultiIndex.from_product(
                [people.years, people.provinces, people.occupations, AGE_GROUPS],
                names=["year", *CELL],
            ),
        )
        given = targets[beyond & (kind == name)].groupby(["year", *CELL])["persons"].sum()
        cells = given.index
        assert (seated[name].reindex(cells) <= np.ceil(there.reindex(cells))).all()


def test_seats_above_the_need_leave_room_for_each_other():
    """Most of those under 30 have a seat when the next programme, for half of all people, comes."""
    demand = made.demand(scale=20.0)
    entering = people_of(made.cohort_options(years=[2026]), demand, TABLES).eligible["entering"][0]
    first, second = "P000-NAEIL-AI", "P000-KDC"
    seats = {first: int(0.7 * entering[..., 0].sum()), second: int(0.5 * entering.sum())}
    young = {first: {"ages": ["15-29"]}}
    plan = solve(
        demand, only=(first, second), rules=young, seats=seats, years=[2026], fairness=NOT_FAIR
    )
    targets = target_table(plan, TABLES)
    assert seats_of(targets, ["programme"]).to_dict() == seats
    in_need = targets.groupby("programme")["in_need"].sum()
    assert all(0 < in_need[name] < seats[name] for name in seats)
    there = pd.Series(np.ceil(entering).ravel(), index=wholes(plan, "entering/ai_basic").index)
    seated = targets.groupby(["year", *CELL])["persons"].sum()
    assert (seated <= there.reindex(seated.index)).all()


def test_seats_above_the_need_are_given_only_where_a_programme_is_open(targets):
    only_need = targets[targets["programme"].isin(FEW)]
    assert len(only_need) and (only_need["in_need"] == only_need["persons"]).all()
    ages = targets.groupby("programme")["age_group"].agg(set)
    for young in ("P000-KDT-AI", *SMART):
        assert ages[young] <= {"15-29", "30-39"}
    assert ages["K-MIDLIFE"] == {"40-49", "50-59", "60+"} and ages["K-CAREER"] == {"50-59", "60+"}
    jobs = targets.groupby("programme")["ksco7"].agg(set)
    assert jobs["P002-T1"] == {"75"} and jobs["P002-T2"] == {"22"}


def test_campuses_teach_whole_classes_of_20_to_25_and_all_teach_the_basics(targets):
    campus = targets[targets["site_kind"] == "campus"]
    assert set(campus["site"]) <= set(CAMPUSES.index)
    seats = seats_of(campus, ["programme", "year", "site"])
    for number in seats:
        assert any(n * CLASSES[0] <= number <= n * CLASSES[-1] for n in range(1, number // 20 + 1))
    for year in (2026, 2027):
        assert set(seats["P000-POLY-BASIC", year].index) == set(CAMPUSES.index)
        assert len(seats["P000-AX-COURSE", year]) < len(CAMPUSES)
        for programme in ("P000-POLY-BASIC", "P000-AX-COURSE", "P000-JOB-SWITCH", "K-MIDLIFE"):
            assert seats[programme, year].max() <= 0.1 * SEATS[programme]


def test_seats_of_campuses_are_those_of_the_plan(solved, targets):
    for done in solved.rounds:
        for index, programme in enumerate(done.problem.programmes):
            planned = done.plan.at_site[index]
            if planned is None:
                continue
            at = targets[targets["programme"] == programme.name]
            at = at.pivot_table("persons", "year", "site", "sum", fill_value=0)
            at = at.reindex(columns=CAMPUSES.index, fill_value=0)
            assert (at.to_numpy() == planned).all()


def test_people_are_taught_in_their_province_and_those_of_sejong_in_daejeon(targets):
    campus = targets[targets["site_kind"] == "campus"]
    taught = campus["site"].map(CAMPUSES)
    assert (taught == campus["sido"].where(campus["sido"] != "36", "30")).all()
    assert (campus["sido"] == "36").any()
    short = TABLES["sido"].set_index("sido")["short_ko"]
    province = targets[targets["site_kind"] == "province"]
    assert (province["site"] == province["sido"].map(short)).all() and len(province)
    assert set(targets.loc[targets["site_kind"] == "national", "site"]) == {ONLINE}


def test_marks_hide_every_small_cell(targets):
    assert ((targets["persons"] < 5) == (targets["mark"] == "under_5")).all()
    assert (targets["mark"] == "").any()


def test_programmes_beside_the_documents_take_only_those_who_stay_without_a_seat(solved):
    first, second = solved.rounds
    (pool,) = second.problem.pools
    index = [p.name for p in first.problem.pools].index(pool.name)
    seated = sum(first.plan.in_need[i] for i in first.problem.of_pool(index))
    assert (pool.new == still_waiting(first.problem.pools[index].new, seated)).all()
    assert seated.sum() == 2 * SEATS["P000-JOB-SWITCH"] and pool.new.sum() > 0


@st.composite
def plans(draw):
    """People newly in need by year and cell, and seats that never exceed those who wait."""
    shape = (draw(st.integers(1, 6)), draw(st.integers(1, 4)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    new = rng.integers(0, draw(st.integers(1, 12)) + 1, size=shape)
    waiting, seated = np.zeros(shape[1], dtype=np.int64), np.zeros_like(new)
    for year, came in enumerate(new):
        waiting = waiting + came
        seated[year] = rng.integers(0, waiting + 1)
        waiting = waiting - seated[year]
    return new, seated


@settings(max_examples=150, deadline=None)
@given(plans())
def test_those_still_waiting_could_all_be_seated_beside_every_later_seat(plan):
    new, seated = plan
    free = still_waiting(new, seated)
    waits = (new - seated).cumsum(axis=0)
    assert (free >= 0).all()
    assert (free.cumsum(axis=0) <= waits).all()  # each seated at once: no later seat stands empty
    assert (free.sum(axis=0) == waits[-1]).all()  # and nobody who stays without a seat is missed
    # No more of them could be seated at once: some later year has exactly as many to spare.
    spare = waits - free.cumsum(axis=0)
    assert (np.minimum.accumulate(spare[::-1], axis=0) == 0).all()


def test_balance_says_who_waited_came_was_seated_and_waits_on(solved, targets):
    balance = balance_table(solved)
    assert set(balance["people"] + "/" + balance["need"]) == set(POOL_NAMES)
    moved = balance["waiting_before"] + balance["newly_in_need"] - balance["seats_in_need"]
    assert (moved == balance["waiting_after"]).all() and (balance["waiting_after"] >= 0).all()
    for (people, _), rows in balance.groupby(["people", "need"]):
        after = rows["waiting_after"].tolist()
        waits = people != "entering"
        assert rows["waiting_before"].tolist() == ([0, *after[:-1]] if waits else [0] * len(rows))
    assert np.allclose(balance["newly_in_need"], balance["fractional_need"], rtol=0, atol=1)
    pool = targets["programme"].map(pools(solved))
    above = targets["persons"] - targets["in_need"]
    for basis, persons in (("in_need", targets["in_need"]), ("beyond_need", above)):
        seats = persons.groupby([pool, targets["year"]]).sum()
        for row in balance.to_dict("records"):
            of_pool = seats.get((f"{row['people']}/{row['need']}", row["year"]), 0)
            assert row[f"seats_{basis}"] == of_pool


def test_people_who_came_to_need_training_before_the_plan_wait_for_it():
    def in_need(since_year: int) -> pd.DataFrame:
        options = made.cohort_options(since_year=since_year)
        people = people_of(options, DEMAND, TABLES)
        return pd.DataFrame({name: new.sum(axis=(1, 2, 3)) for name, new in people.new.items()})

    late, early = in_need(2026), in_need(2023)
    mean = DEMAND.cells.sel(statistic="persons", scenario="central").sum(
        ["sido", "occupation", "age_group"]
    )
    for need, people in (("ai_basic", "employed"), ("job_change", "separated")):
        backlog = early[f"{people}/{need}"] - late[f"{people}/{need}"]
        missed = float(mean.sel(need=need, year=slice(2023, 2025)).sum())
        assert backlog.tolist() == pytest.approx([missed, 0.0])
    assert (early["entering/ai_basic"] > late["entering/ai_basic"]).all()  # more meet AI there


def test_priorities_average_one_over_those_in_need(solved):
    for name, priority in solved.people.priority.items():
        people = solved.people.new[name].sum(axis=0)
        assert (priority * people).sum() == pytest.approx(people.sum())


def test_a_plan_gains_more_than_one_that_ignores_priority(few):
    """Seats shared out evenly over those in need gain one priority point each."""
    assert few.documents.plan.gain > 1.1 * (1_000 + 500)


def test_an_age_without_priority_gets_no_seat_unless_fairness_asks():
    ages = {age: float(age in ("50-59", "60+")) for age in AGE_GROUPS}
    options = {"only": ["P000-AX-COURSE"], "age_priority": ages, "years": [2026]}
    old = target_table(solve(**options, fairness=NOT_FAIR), TABLES)
    fair = target_table(solve(**options, fairness={"province": 0.0}), TABLES)
    assert set(old["age_group"]) == {"50-59", "60+"}
    assert set(fair["age_group"]) == set(AGE_GROUPS)


def test_fairness_holds_in_every_year(solved):
    (index,) = (i for i, p in enumerate(solved.documents.problem.pools) if p.name == "employed/ax")
    problem = solved.documents.problem
    need = problem.pools[index].new.cumsum(axis=0)
    plan = solved.documents.plan.in_need
    seated = np.sum([plan[i] for i in problem.of_pool(index)], axis=0).cumsum(axis=0)
    average = seated.sum(axis=(1, 2, 3)) / need.sum(axis=(1, 2, 3))
    for others in ((1, 2), (2, 3)):  # by age, by province
        coverage = seated.sum(axis=others) / need.sum(axis=others)
        assert (coverage >= 0.5 * average[:, None] - 1e-9).all()
    for women in (problem.women, 1 - problem.women):
        by_sex = [np.einsum("tsoa,o->t", array, women) for array in (seated, need)]
        assert (by_sex[0] / by_sex[1] >= 0.5 * average - 1e-9).all()


def test_the_same_inputs_give_the_same_rows(few):
    again = solve(only=FEW, years=[2026])
    pd.testing.assert_frame_equal(target_table(again, TABLES), target_table(few, TABLES))
    pd.testing.assert_frame_equal(balance_table(again), balance_table(few))


def test_scaled_people_are_those_in_need_only(solved):
    more = scaled(solved.people, 1.2)
    for name, new in solved.people.new.items():
        assert more.new[name] == pytest.approx(1.2 * new)
    assert more.eligible is solved.people.eligible and more.priority is solved.people.priority


def test_more_seats_than_people_name_programme_numbers_and_a_remedy_that_works():
    """`P000-JOB-SWITCH` is open to nobody but those in need."""
    options = {"only": FEW, "years": [2026], "fairness": NOT_FAIR}
    need = int(solve(**options).whole["separated/job_change"].sum())
    with pytest.raises(InfeasiblePlan) as caught:
        solve(**options, seats={"P000-JOB-SWITCH": need + 40})
    message = str(caught.value)
    assert "P000-AX-COURSE" not in message and "\n" not in message
    for number in (need + 40, need):
        assert str(number) in message.replace(",", "")
    lower = r"lower cohorts\.seats\.P000-JOB-SWITCH by [\d,]+ to ([\d,]+)"
    (fits,) = (int(n.replace(",", "")) for n in re.findall(lower, message))
    assert need - 100 < fits <= need
    plan = target_table(solve(**options, seats={"P000-JOB-SWITCH": fits}), TABLES)
    assert seats_of(plan)["P000-JOB-SWITCH", 2026] == fits


def test_with_nobody_in_need_programmes_open_to_nobody_else_are_named():
    with pytest.raises(InfeasiblePlan, match=r"P000-(AX-COURSE|JOB-SWITCH)"):
        solve(scenario="no_ai")


def test_with_nobody_in_need_all_other_seats_are_above_the_need():
    plan = solve(scenario="no_ai", seats=dict.fromkeys(FEW, 0))
    targets = target_table(plan, TABLES)
    assert (targets["in_need"] == 0).all()
    expected = (SEATS | SMART).keys() - set(FEW)
    assert seats_of(targets)[:, 2026].to_dict() == {n: (SEATS | SMART)[n] for n in expected}
    balance = balance_table(plan)
    assert (balance[["newly_in_need", "seats_in_need", "waiting_after"]] == 0).all(axis=None)


COURSE = "P000-AX-COURSE"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seats": {"P000-NOPE": 3}}, "seats.*P000-NOPE"),
        ({"seats": {COURSE: -1}}, "below 0"),
        ({"seats": {COURSE: 0}}, "no programme has a seat"),
        ({"rules": {COURSE: {"years": [2030]}}}, r"no programme has a seat in \[2026, 2027\]"),
        ({"rules": {COURSE: {"need": "axe"}}}, f"{COURSE}.*employed/axe.*employed/ax"),
        ({"rules": {COURSE: {"people": "retired"}}}, f"{COURSE}.*retired/ax"),
        ({"rules": {COURSE: {"site_kind": "home"}}}, f"{COURSE}.site_kind=home.*campus"),
        ({"rules": {COURSE: {"beyond": "all"}}}, f"{COURSE}.beyond=all.*leaving"),
        ({"rules": {COURSE: {"ages": ["20-29"]}}}, f"{COURSE}.ages.*20-29.*15-29"),
        ({"rules": {COURSE: {"occupations": ["x"]}}}, "occupations.*x"),
        ({"rules": {COURSE: {"allowance_krw": {"capital": 1.0}}}}, "allowance_krw.*other"),
        ({"rules": {"P999": {"need": "ax"}}}, "P999.*programmes.csv"),
        ({"goal_semantics": "monthly"}, "goal_semantics=monthly.*annual"),
        ({"unitemised": "P000-NOPE"}, "unitemised=P000-NOPE"),
        ({"minimum_class": 30}, "minimum_class <= maximum_class.*30 and 25"),
        ({"minimum_class": 0}, "minimum_class"),
        ({"maximum_share_per_campus": 0.0}, "maximum_share_per_campus.*got 0"),
        ({"maximum_share_per_campus": 1.1}, "maximum_share_per_campus.*1.1"),
        ({"later": 0.0}, "later=0"),
        ({"fairness": {"age": 2}}, "fairness.age=2"),
        ({"age_priority": {"15-29": 1.0}}, "age_priority"),
        ({"served_by": {}}, "served_by.*36"),
        ({"scenario": "medium"}, "scenario=medium.*central"),
        ({"years": [2040]}, "cohorts.years: 2040.*2023 to 2030"),
        ({"years": [2030, 2031]}, "cohorts.years: 2031"),
        ({"years": [2026, 2028]}, "years.*gap"),
        ({"years": []}, "cohorts.years"),
        ({"since_year": 2027}, "since_year=2027"),
        ({"since_year": 2001}, "since_year: 2001.*2023"),
    ],
)
def test_a_wrong_option_is_refused_by_key(options, message):
    with pytest.raises(ConfigError, match=message):
        solve(only=(COURSE,), **options)


@pytest.mark.parametrize("programme", ["P000-AX-CUSTOM", "P000-INSTRUCTOR"])
def test_only_a_published_number_of_persons_gets_seats(programme):
    with pytest.raises(InputError, match=rf"{programme}.*persons.*Take it out"):
        solve(only=[], rules={programme: {"need": "ax"}})


def test_demand_without_priorities_says_how_to_get_them():
    with pytest.raises(InputError, match=r"reskilling_priority.*central"):
        solve(replace(DEMAND, details={}), only=FEW)


def test_a_major_group_without_women_and_men_is_named():
    sexes = TABLES["employment_sex"]
    tables = {**TABLES, "employment_sex": sexes[sexes["ksco7"] != "7"]}
    with pytest.raises(InputError, match=r"employment_sex.csv.*'7'"):
        solve(tables=tables, only=FEW)
