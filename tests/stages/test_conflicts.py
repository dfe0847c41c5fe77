"""A plan, or the smallest set of requests that conflict and the least change of each that helps.

What is claimed is counted with the planner alone: free numbers of seats are all tried.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from seat_cases import assert_plan_fits, problem_of, random_problem

from forecast.errors import InputError
from forecast.stages import conflicts
from forecast.stages.conflicts import Conflict, explain_conflict
from forecast.stages.relaxations import Relaxation, apply, changed, requests, value_of, without
from forecast.stages.seat_fit import fits, merged, only
from forecast.stages.seat_plan import plan_seats
from forecast.stages.seat_problem import Fairness, SeatProblem, Sites

MOST_TRIED = 150  # numbers of seats that one check tries
REAL = 1e-3  # relative distance within which a real number is the least


def explained(problem: SeatProblem) -> Conflict:
    assert plan_seats(problem) is None
    return explain_conflict(problem, time_limit_seconds=60.0)


def pools_of(problem: SeatProblem, conflict: Conflict) -> SeatProblem:
    return only(problem, [i for i, p in enumerate(problem.pools) if p.name in conflict.pools])


def has_plan(problem: SeatProblem, dropped: list[str]) -> bool | None:
    """Whether any numbers of seats of the programmes that are dropped have a plan."""
    problem, free = without(problem, dropped)
    ways = [
        itertools.product(*(range(seats + 1) for seats in p.seats)) if p.name in free else [p.seats]
        for p in problem.programmes
    ]
    if np.prod([(p.seats + 1).prod() for p in problem.programmes if p.name in free]) > MOST_TRIED:
        return None
    for seats in itertools.product(*ways):
        programmes = [
            replace(p, seats=np.array(given))
            for p, given in zip(problem.programmes, seats, strict=True)
        ]
        for i, p in enumerate(programmes):
            if p.name in free and p.sites is not None:
                programmes[i] = replace(p, sites=replace(p.sites, every_site=False))
        if plan_seats(replace(problem, programmes=tuple(programmes))) is not None:
            return True
    return False


def one_less(problem: SeatProblem, change: Relaxation) -> list[object]:
    """Values that ask for a little less of a change than it does."""
    before, to = value_of(problem, change.key), change.to
    if isinstance(to, bool | str):
        return []
    if isinstance(to, int):
        return list(range(min(before, to) + 1, max(before, to)))
    near = to * (1 + REAL if to < before else 1 - REAL)
    return [near] if min(before, to) < near < max(before, to) else []


def assert_explained(problem: SeatProblem, conflict: Conflict) -> None:
    part = pools_of(problem, conflict)
    every = requests(part)
    assert set(conflict.requests) <= set(every)
    others = [key for key in every if key not in conflict.requests]
    assert has_plan(part, others) is not True  # None: too many to count
    for key in conflict.requests:
        assert has_plan(part, [*others, key]) is not False, key
    for change in conflict.relaxations:
        assert change.key in conflict.requests
        if change.enough or not any(other.enough for other in conflict.relaxations):
            assert change.words in conflict.message
        assert plan_seats(scoped(problem, change, conflict)) is not None, change
        for value in one_less(problem, change) if change.least else []:
            less = scoped(problem, replace(change, to=value), conflict)
            assert plan_seats(less) is None, (change, value)
    offered = {change.key for change in conflict.relaxations}
    # One change for all pools makes those of a programme, for its own pool, superfluous.
    covered = bool(conflict.others) and any(change.enough for change in conflict.relaxations)
    for key in conflict.requests:
        if key not in offered and key.startswith("cohorts.seats.") and not covered:
            for seats in range(value_of(problem, key)):
                few = only(changed(problem, key, seats), indices(problem, conflict))
                assert plan_seats(few) is None, (key, seats)
    assert "\n" not in conflict.message and "Smallest change: " in conflict.message


def indices(problem: SeatProblem, conflict: Conflict) -> list[int]:
    return [i for i, pool in enumerate(problem.pools) if pool.name in conflict.pools]


def scoped(problem: SeatProblem, change: Relaxation, conflict: Conflict) -> SeatProblem:
    """The problem with a change; only the pools of the conflict where it is not enough for all."""
    made = apply(problem, change)
    return made if change.enough else only(made, indices(problem, conflict))


@example(seed=5182, years=1, provinces=3, pools=1, programmes=2)  # cells that must be whole
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10**6),
    years=st.integers(1, 2),
    provinces=st.integers(2, 3),
    pools=st.integers(1, 2),
    programmes=st.integers(1, 3),
)
def test_a_plan_or_a_minimal_conflict_with_least_changes(seed, years, provinces, pools, programmes):
    rng = np.random.default_rng(seed)
    problem = random_problem(
        rng,
        sizes=(years, provinces, 2, 2),
        n_pool=min(pools, programmes),
        n_programme=programmes,
        most_people=5,
        most_seats=6,
    )
    plan = plan_seats(problem)
    if plan is not None:
        assert_plan_fits(problem, plan)
        with pytest.raises(InputError, match="have a plan"):
            explain_conflict(problem, time_limit_seconds=60.0)
        return
    assert_explained(problem, explain_conflict(problem, time_limit_seconds=60.0))


def test_seats_above_the_people_in_need():
    conflict = explained(problem_of(np.full((1, 2, 1, 1), 40), [90]))
    assert conflict.requests == ("cohorts.programmes.course.beyond", "cohorts.seats.course")
    assert conflict.message == (
        "course: 90 seats requested for need ax (employed) in 2026, demand available 80 persons; "
        "with cohorts.programmes.course.beyond=none no plan is possible. Smallest change: set "
        "cohorts.programmes.course.beyond to employed, or lower cohorts.seats.course by 10 to 80 "
        "a year."
    )


def campuses(**changes: object) -> Sites:
    sites = Sites(np.arange(3), smallest_class=20, largest_class=25, most=1000)
    return replace(sites, **changes)


def test_classes_that_every_campus_cannot_fill_ask_for_more_seats_or_smaller_classes():
    problem = problem_of(np.full((1, 3, 1, 1), 400), [50], sites=campuses(most=25, every_site=True))
    conflict = explained(problem)
    assert conflict.requests == (
        "cohorts.programmes.course.every_campus",
        "cohorts.minimum_class",
        "cohorts.seats.course",
    )
    assert [(change.key.split(".")[1], change.to) for change in conflict.relaxations] == [
        ("programmes", False),
        ("minimum_class", 16),
        ("seats", 0),
        ("seats", 60),
    ]
    assert_explained(problem, conflict)


def test_fewer_seats_mean_fewer_at_a_site():
    problem = problem_of(np.full((1, 3, 1, 1), 40), [200], sites=campuses(most=50))
    # Three campuses hold three quarters of any number; were 50 still allowed it would be 120.
    change = explained(problem).relaxations[-1]
    assert (change.to, apply(problem, change).programmes[0].sites.most) == (0, 0)
    assert_explained(problem, explained(problem))


def test_a_share_of_a_campus_that_holds_no_class_is_raised_just_enough():
    problem = problem_of(np.full((1, 3, 1, 1), 400), [200], sites=campuses(most=40))
    conflict = explained(problem)
    share = next(c for c in conflict.relaxations if c.key.endswith("share_per_campus"))
    # 200 seats at three campuses: 67, 67 and 66, each in three classes of 20 to 25.
    assert apply(problem, share).programmes[0].sites.most == 67
    assert share.before == 0.2
    assert_explained(problem, conflict)


@pytest.mark.parametrize("group", ["age", "sex", "province"])
def test_equal_coverage_that_whole_persons_cannot_give(group):
    people = np.array([[[[7, 3], [2, 5]], [[4, 6], [9, 1]]]])
    problem = problem_of(people, [3], women=[0.25, 0.75], fairness=Fairness(**{group: 1.0}))
    conflict = explained(problem)
    assert conflict.requests[0] == f"cohorts.fairness.{group}"
    assert conflict.relaxations[0].key == f"cohorts.fairness.{group}"
    assert_explained(problem, conflict)


def test_a_budget_is_raised_to_what_the_seats_cost():
    problem = problem_of(
        np.full((2, 2, 1, 1), 40),
        [30, 30],
        unit_cost=np.array([1e6, 2e6]),
        budget=np.array([1e6, np.inf]),
    )
    conflict = explained(problem)
    assert conflict.requests == ("cohorts.budget_krw.2026", "cohorts.seats.course")
    assert conflict.relaxations[0].to == pytest.approx(30e6, rel=REAL)
    assert conflict.relaxations[1].words.endswith("by 29 to 1 a year (2 in all)")
    assert_explained(problem, conflict)


def test_rooms_are_raised_to_what_the_classes_take():
    sites = campuses(months=2.0)
    problem = problem_of(np.full((1, 3, 1, 1), 40), [100], sites=sites, room=np.full(3, 2.0))
    conflict = explained(problem)
    assert "cohorts.room_months" in conflict.requests
    assert conflict.relaxations[0].to == pytest.approx(4.0, rel=REAL)
    assert_explained(problem, conflict)


def test_many_seats_that_stay_below_their_bound_say_so(monkeypatch):
    monkeypatch.setattr(conflicts, "_EXACT", 10)
    sites = Sites(np.arange(3), smallest_class=40, largest_class=40, most=1000)
    problem = problem_of(np.full((1, 3, 1, 1), 50), [200], sites=sites)
    change = explained(problem).relaxations[-1]
    assert not change.least and change.to < 120  # 120 is the most: a class of 40 at each
    assert "at most 150 could have a plan, not tried to the seat" in change.words
    monkeypatch.undo()
    exact = explained(problem).relaxations[-1]
    assert exact.least and exact.to == 120


def test_a_change_that_does_not_cover_all_pools_is_marked():
    one = problem_of(np.full((1, 2, 1, 1), 4), [9])
    other = replace(one.pools[0], name="separated/job_change")
    second = replace(one.programmes[0], name="switch", pool=1)
    problem = replace(one, pools=(*one.pools, other), programmes=(*one.programmes, second))
    conflict = explained(problem)
    assert conflict.pools == ("employed/ax",) and conflict.others == ("separated/job_change",)
    assert [change.enough for change in conflict.relaxations] == [False, False]
    assert conflict.message.endswith("has no plan either; the change does not cover that.")
    assert_explained(problem, conflict)


def test_merged_occupations_keep_whether_a_plan_exists():
    answers = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        problem = random_problem(rng, sizes=(2, 2, 6, 2), n_programme=2, most_people=3)
        women = rng.permutation(6) / 8  # more shares than are told apart
        fair = replace(problem.fairness, sex=min(problem.fairness.sex, 0.75))
        problem = replace(problem, women=women, fairness=fair)
        answers.append(plan_seats(problem) is not None)
        assert fits(problem) == answers[-1], seed
        assert len(merged(problem).women) <= 6
    assert 5 < sum(answers) < 55


@pytest.mark.parametrize(("seats", "has_plan"), [(1, False), (2, True), (3, False)])
def test_a_plan_of_merged_occupations_must_be_one_of_whole_people_in_each(seats, has_plan):
    """One seat of a mean occupation is fair to both sexes; no occupation has as many of each."""
    women = [0.0, 0.1, 0.2, 0.8, 0.9, 1.0]  # more shares than are told apart
    fair = Fairness(sex=0.95)
    problem = problem_of(np.ones((1, 1, 6, 1)), [seats], women=women, fairness=fair)
    assert plan_seats(merged(problem, 1), relative_gap=1.0) is not None
    assert (plan_seats(problem) is not None) is has_plan
    assert fits(problem) is has_plan


def test_an_unknown_request_is_refused():
    problem = problem_of(np.full((1, 2, 1, 1), 4), [9])
    for call in (lambda: value_of(problem, "cohorts.later"), lambda: changed(problem, "a.b", 1)):
        with pytest.raises(InputError, match="no request"):
            call()
