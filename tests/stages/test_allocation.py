"""Integers under constraints: against brute force and random instances."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from forecast.stages.allocation import (
    SeatProblem,
    allocate_seats,
    most_seats,
    seat_gain,
    seats_fit,
)


@st.composite
def problems(draw, *, most_sites: int = 12, most_seats: int = 400):
    n_site = draw(st.integers(1, most_sites))
    region = np.array(draw(st.lists(st.integers(0, 3), min_size=n_site, max_size=n_site)))
    maximum = draw(st.integers(1, most_seats))
    return SeatProblem(
        seats=draw(st.integers(0, most_seats)),
        region=region.astype(np.int64),
        demand=np.array(draw(st.lists(st.integers(0, 300), min_size=4, max_size=4))),
        priority=np.array(draw(st.lists(st.floats(0.1, 10.0), min_size=n_site, max_size=n_site))),
        minimum=draw(st.integers(0, maximum)),
        maximum=maximum,
        every_site=draw(st.booleans()),
    )


def allowed(problem: SeatProblem, seats: np.ndarray) -> bool:
    there = np.bincount(problem.region, weights=seats, minlength=len(problem.demand))
    is_open = (seats >= problem.minimum) & (seats <= problem.maximum)
    closed = (seats == 0) & (not problem.every_site)
    return bool(
        seats.sum() == problem.seats
        and (is_open | closed | ((seats == 0) & (problem.seats == 0))).all()
        and (there <= problem.demand).all()
    )


@settings(max_examples=120, deadline=None)
@given(problems())
def test_a_plan_keeps_every_constraint_or_there_is_none(problem):
    plan = allocate_seats(problem)
    if plan is None:
        assert not seats_fit(problem)
    else:
        assert plan.seats.dtype == np.int64
        assert allowed(problem, plan.seats)
        assert plan.gap <= 1e-4


@settings(max_examples=80, deadline=None)
@given(problems(most_sites=4, most_seats=12))
def test_no_plan_on_a_tiny_instance_beats_the_one_found(problem):
    assume(problem.seats > 0)
    every = product(range(problem.maximum + 1), repeat=len(problem.region))
    gains = [
        seat_gain(problem, np.array(seats))
        for seats in every
        if sum(seats) == problem.seats and allowed(problem, np.array(seats))
    ]
    plan = allocate_seats(problem, relative_gap=0.0)
    assert (plan is None) == (not gains)
    if plan is not None:
        assert plan.gain == pytest.approx(max(gains), abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(problems())
def test_the_most_seats_that_fit_do_fit_and_one_more_does_not(problem):
    most = most_seats(problem)
    assume(most is not None and most > 0)
    assert seats_fit(replace(problem, seats=most))
    assert not seats_fit(replace(problem, seats=most + 1))


def test_a_site_with_twice_the_priority_gets_twice_the_seats():
    problem = SeatProblem(
        seats=300,
        region=np.array([0, 1]),
        demand=np.array([1000, 1000]),
        priority=np.array([2.0, 1.0]),
        minimum=0,
        maximum=300,
        every_site=False,
    )
    assert allocate_seats(problem).seats.tolist() == [200, 100]


def test_the_same_problem_gives_the_same_plan():
    rng = np.random.default_rng(3)
    problem = SeatProblem(
        seats=997,
        region=np.arange(30) % 7,
        demand=np.full(7, 400),
        priority=rng.uniform(1, 2, size=30),
        minimum=20,
        maximum=99,
        every_site=True,
    )
    plans = [allocate_seats(problem).seats for _ in range(3)]
    assert (plans[0] == plans[1]).all() and (plans[1] == plans[2]).all()
