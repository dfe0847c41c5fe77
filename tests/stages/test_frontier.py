"""The frontier against every bound solved by itself, and coverage counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from seat_cases import problem_of, random_problem

from forecast.codebook_cohorts import COHORT_TABLES
from forecast.stages.cohort_coverage import coverage_table, without_seat
from forecast.stages.cohort_names import Names
from forecast.stages.frontier import frontier
from forecast.stages.seat_plan import plan_seats, relax_seats
from forecast.stages.seat_problem import Fairness, Programme, SeatProblem, Sites

VALUES = (0.0, 0.3, 0.6, 0.8, 1.0)
NAMES = Names({}, {"11": "서울", "26": "부산"}, {"31": "사무", "51": "판매"}, {}, ("15-29", "60+"))


def some_problem(seed: int) -> SeatProblem:
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, sizes=(2, 2, 2, 2), n_pool=2, n_programme=3, chance=0.4)
    names = ("employed/ax", "separated/job_change")
    pools = tuple(replace(p, name=n) for p, n in zip(problem.pools, names, strict=True))
    return replace(problem, pools=pools)


def gain_at(problem: SeatProblem, fairness: Fairness) -> float | None:
    parts = [part.solution for part in relax_seats(replace(problem, fairness=fairness))]
    return None if None in parts else sum(part.gain for part in parts)


@pytest.mark.parametrize("seed", range(40))
def test_every_row_is_what_solving_that_bound_alone_gives(seed):
    problem = some_problem(seed)
    table = frontier(problem, VALUES, chosen=Fairness(0.6, 0.6, 0.6))
    assert list(table) == list(COHORT_TABLES["cohort_frontier"])
    assert table["fairness"].tolist() == list(VALUES)
    free = gain_at(problem, Fairness())
    for row in table.itertuples():
        alone = gain_at(problem, Fairness(row.fairness, row.fairness, row.fairness))
        assert row.feasible == ("no" if alone is None else "yes")
        if alone is None:
            assert np.isnan([row.gain, row.gain_share, row.least_coverage]).all()
            continue
        assert row.gain == pytest.approx(alone, abs=1e-6)
        assert row.least_coverage >= row.fairness - 1e-6
        if free:
            assert row.gain_share == pytest.approx(alone / free, abs=1e-6)
    assert table["chosen"].tolist() == ["yes" if v == 0.6 else "no" for v in VALUES]


def test_infeasible_and_falling_frontiers_are_among_the_cases():
    tables = [frontier(some_problem(seed), VALUES, chosen=Fairness()) for seed in range(40)]
    some = [t for t in tables if set(t["feasible"]) == {"yes", "no"}]
    falls = [t for t in tables if t["gain"].max() > t["gain"].min() + 1e-6]
    assert some and falls


def test_pools_that_fairness_does_not_touch_are_solved_twice_and_known_ones_not_again():
    scarce = problem_of(
        np.full((1, 2, 2, 2), 10), [20], priority=np.arange(8.0).reshape(2, 2, 2) + 1
    )
    plenty = replace(scarce.pools[0], name="employed/ai_basic")
    online = Programme(
        "online", 1, np.array([100]), np.ones((2, 2), bool), np.ones(2), np.full((1, 2), 0.5)
    )
    problem = replace(
        scarce, pools=(*scarce.pools, plenty), programmes=(*scarce.programmes, online)
    )
    table = frontier(problem, VALUES, chosen=Fairness())
    assert table.attrs == {"solved": len(VALUES) + 2, "saved": len(VALUES) - 2}
    assert (table["gain"].diff().dropna() < 0).all()
    run = Fairness(0.6, 0.6, 0.6)
    known = relax_seats(replace(problem, fairness=run))
    again = frontier(problem, VALUES, chosen=Fairness(), known=known)
    assert again.attrs["solved"] < table.attrs["solved"]
    np.testing.assert_allclose(again["gain"], table["gain"])


def test_above_a_bound_without_a_plan_nothing_is_solved():
    sites = Sites(np.array([0]), smallest_class=1, largest_class=5, most=20)
    problem = problem_of(
        np.full((1, 2, 1, 1), 10), [5], sites=sites, served_by=np.array([0, 1])
    )  # nobody of the second province can be taught
    table = frontier(problem, VALUES, chosen=Fairness())
    assert table["feasible"].tolist() == ["yes", "no", "no", "no", "no"]
    assert table.attrs == {"solved": 3, "saved": 2}  # 0, the highest, and the lowest above 0


@pytest.mark.parametrize("chosen", [(0.5, 0.5, 0.5), (0.9, 0.2, 0.7)])
def test_the_run_has_a_row_of_its_own(chosen):
    problem = problem_of(np.full((1, 2, 2, 2), 10), [20], priority=np.arange(8.0).reshape(2, 2, 2))
    table = frontier(problem, (0.0, 0.2), chosen=Fairness(*chosen))
    assert len(table) == 3
    row = table[table["chosen"] == "yes"].squeeze()
    assert row["fairness"] == min(chosen)
    assert row["gain"] == pytest.approx(gain_at(problem, Fairness(*chosen)))


def test_least_coverage_is_counted_over_age_sex_and_province():
    # Ten seats all go to the first age: 20 of 40 people, so 0.5 against an average of 0.25.
    problem = problem_of(np.full((1, 2, 1, 2), 10), [10], priority=[[[2.0, 1.0]], [[2.0, 1.0]]])
    table = frontier(problem, (0.0, 0.5), chosen=Fairness())
    assert table["least_coverage"][0] == 0.0
    assert table["least_coverage"][1] == pytest.approx(0.5)


def test_nobody_lacks_a_seat_where_seats_are_beyond_the_need():
    problem = problem_of([[[[6]]], [[[2]]], [[[9]]]], [4, 9, 5])
    assert without_seat(problem, 0).tolist() == [2.0, 0.0, 4.0]
    leaving = problem_of([[[[6]]], [[[2]]], [[[9]]]], [4, 9, 5], waits=False)
    assert without_seat(leaving, 0).tolist() == [2.0, 2.0, 6.0]


def test_coverage_counts_people_and_seats_so_far_by_hand():
    people = np.array([[[[4, 2], [0, 4]]], [[[2, 0], [4, 4]]]])  # (year, province, job, age)
    problem = problem_of(
        people, [3, 4], priority=[[[3.0, 1.0], [1.0, 2.0]]], women=[0.25, 0.5], waits=False
    )
    names = replace(NAMES, provinces={"11": "서울"})
    plan = plan_seats(problem, relative_gap=0.0)
    table = coverage_table(problem, plan, labels=names)
    assert list(table) == list(COHORT_TABLES["cohort_coverage"])
    rows = table.set_index(["year", "by", "group"])
    assert rows.loc[(2026, "age_group", "15-29"), ["in_need", "seated"]].tolist() == [4.0, 3.0]
    # In 2027 two of the first age and then two of the second, above those of 2026.
    assert rows.loc[(2027, "age_group", "15-29"), ["in_need", "seated"]].tolist() == [10.0, 5.0]
    assert rows.loc[(2027, "age_group", "60+"), ["in_need", "seated"]].tolist() == [10.0, 2.0]
    assert rows.loc[(2027, "sex", "women"), "in_need"] == 0.25 * 8 + 0.5 * 12
    assert rows.loc[(2027, "sex", "women"), "seated"] == 0.25 * 5 + 0.5 * 2
    assert rows.loc[(2027, "sido", "11"), "coverage"] == pytest.approx(7 / 20)


def test_coverage_keeps_the_promise_of_fairness_and_adds_up():
    met, keys = 0, ["people", "need", "year", "by"]
    for seed in range(30):
        problem = replace(some_problem(seed), fairness=Fairness(0.5, 0.5, 0.5))
        plan = plan_seats(problem)
        if plan is None:
            continue
        table = coverage_table(problem, plan, labels=NAMES)
        sums = table.groupby(keys)[["in_need", "seated"]].sum()
        spread = sums.groupby(["people", "need", "year"]).agg(np.ptp)
        assert (spread < 1e-9).all(axis=None)
        average = (sums["seated"] / sums["in_need"].clip(lower=1)).rename("average")
        joined = table.merge(average.reset_index(), on=keys, validate="many_to_one")
        covered = joined["coverage"].fillna(1.0)
        assert (covered >= 0.5 * joined["average"] - 1e-6).all()
        met += joined["average"].max() > 0
    assert met > 5


def test_only_people_open_to_a_programme_are_counted():
    open_to = np.array([[True, False], [True, True]])
    problem = problem_of(np.full((1, 1, 2, 2), 5), [5], open_to=open_to)
    names = replace(NAMES, provinces={"11": "서울"})
    table = coverage_table(problem, plan_seats(problem), labels=names)
    assert table.query("by == 'sido'")["in_need"].item() == 15.0
