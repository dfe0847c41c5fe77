"""Whole classes near a solution, and people shared out among programmes that take the same ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seat_cases import assert_plan_fits, problem_of

from forecast.stages.integer_program import solve
from forecast.stages.seat_classes import balanced, class_model
from forecast.stages.seat_plan import plan_seats, relax_seats
from forecast.stages.seat_problem import Pool, Programme, SeatProblem, Sites

AGES, JOBS = 2, 2


def two_programmes(seats, people, *, sites=None):
    """Two programmes that take the same people; seats (programme, year), people by province."""
    n_year, n_province = people.shape[:2]
    share = np.full((n_year, n_province), 1 / n_province)
    everybody = np.ones((JOBS, AGES), dtype=bool)
    programmes = tuple(
        Programme(name, 0, np.array(own), everybody, np.ones(AGES), beyond=share, sites=place)
        for name, own, place in zip(("course", "online"), seats, (sites, None), strict=True)
    )
    pool = Pool("employed/ai_basic", people, np.ones((n_province, JOBS, AGES)))
    years = tuple(range(2026, 2026 + n_year))
    return SeatProblem(years, (pool,), programmes, np.full(JOBS, 0.5), np.arange(n_province))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 30), min_size=8, max_size=8),
    st.integers(1, 60),
    st.integers(1, 60),
)
def test_both_programmes_get_people_in_proportion_to_their_seats(people, one, other):
    new = np.array(people).reshape(1, 2, JOBS, AGES)
    problem = two_programmes([[one], [other]], new)
    (part,) = relax_seats(problem)
    shared = balanced(part.model, part.solution.values)
    first, second = part.model.programmes
    before = part.solution.values
    assert np.allclose(
        shared[first.seat] + shared[second.seat], before[first.seat] + before[second.seat]
    )
    assert np.allclose(shared[first.seat] * other, shared[second.seat] * one)
    assert np.allclose(shared[first.group].sum() + shared[first.beyond].sum(), one)
    plan = plan_seats(problem)
    assert_plan_fits(problem, plan)
    seated = [array.sum() for array in plan.in_need]
    assert sum(seated) == min(new.sum(), one + other)
    assert abs(seated[0] - sum(seated) * one / (one + other)) <= 8  # a person a sum at most


def test_classes_are_whole_and_the_sums_of_the_pool_stay():
    people = np.zeros((1, 3, JOBS, AGES), dtype=int)
    people[0, :, 0, 0] = (60, 33, 7)
    sites = Sites(np.array([0, 1, 2]), smallest_class=20, largest_class=25, most=60)
    problem = two_programmes([[40], [60]], people, sites=sites)
    (part,) = relax_seats(problem)
    wanted = balanced(part.model, part.solution.values)
    found = solve(class_model(part.model, part.program, wanted))
    course, online = part.model.programmes
    taught = found.values[course.taught].ravel()
    assert sorted(taught.round(6)) == [0.0, 20.0, 20.0] or sorted(taught.round(6)) == [0, 0, 40]
    pooled = found.values[course.group] + found.values[online.group]
    assert pooled.sum(axis=(0, 2)) == pytest.approx([60, 33, 7])
    plan = plan_seats(problem)
    assert_plan_fits(problem, plan)
    assert plan.gap == pytest.approx(0.0, abs=1e-9)


def test_programmes_of_other_people_are_left_alone():
    problem = problem_of(np.full((1, 2, 2, 1), 3), [4])
    (part,) = relax_seats(problem)
    assert np.array_equal(balanced(part.model, part.solution.values), part.solution.values)
