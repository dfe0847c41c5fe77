"""Controlled rounding: within one person in every cell and margin, on random tables."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.stages.rounding import margin_departures, round_under_margins, whole_people


@st.composite
def tables(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = tuple(draw(st.integers(1, 7)) for _ in range(3))  # site, occupation, age
    seats = rng.integers(0, 60, size=shape[0])
    profile = rng.gamma(0.3, size=shape) + 1e-9
    target = seats[:, None, None] * profile / profile.sum(axis=(1, 2), keepdims=True)
    return seats, target


@settings(max_examples=120, deadline=None)
@given(tables())
def test_rounding_is_exact_at_sites_and_within_one_on_every_other_margin(table):
    seats, target = table
    site, occupation, age = (index.ravel() for index in np.indices(target.shape))
    whole = round_under_margins(target.ravel(), [site, occupation, age])
    assume(whole is not None)  # three margins can conflict; counted in the test below
    whole = whole.reshape(target.shape)
    assert (whole >= 0).all() and (np.abs(whole - target) < 1).all()
    assert (whole.sum(axis=(1, 2)) == seats).all()
    for axes in ((0, 2), (0, 1), (0, 1, 2)):
        gap = np.abs(whole.sum(axis=axes) - target.sum(axis=axes))
        assert (gap < 1 + 1e-6).all()


@settings(max_examples=120, deadline=None)
@given(tables())
def test_two_families_of_nested_margins_never_conflict(table):
    seats, target = table
    site, occupation, age = (index.ravel() for index in np.indices(target.shape))
    cell = occupation * target.shape[2] + age
    # {occupation x age} lies inside {occupation}: with sites two families, so a rounding exists
    whole = round_under_margins(target.ravel(), [site, occupation, cell])
    assert whole is not None and whole.sum() == seats.sum()


def test_large_fractions_go_up_and_small_ones_down():
    whole = round_under_margins(np.array([0.9, 0.8, 0.2, 0.1]), [np.zeros(4, dtype=int)])
    assert whole.tolist() == [1, 1, 0, 0]


def test_whole_targets_are_left_alone():
    target = np.array([3.0, 0.0, 5.0 + 1e-12, 2.0 - 1e-12])
    assert round_under_margins(target, [np.zeros(4, dtype=int)]).tolist() == [3, 0, 5, 2]


def test_rounding_cell_by_cell_would_lose_people_that_this_keeps():
    target = np.full(1000, 0.9)
    whole = round_under_margins(target, [np.zeros(1000, dtype=int)])
    assert np.floor(target).sum() == 0 and whole.sum() == 900


def test_margins_that_cannot_all_be_rounded_give_none():
    # Each pair of cells shares a margin that must hold exactly one of them: an odd cycle.
    pairs = [np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([0, 1, 0])]
    assert round_under_margins(np.array([0.5, 0.5, 0.5]), pairs) is None


def test_a_fractional_corner_of_the_linear_programme_is_made_whole():
    rng = np.random.default_rng(1)
    cube = rng.random((12, 12, 12))
    index = np.indices(cube.shape)
    pairs = [(index[a] * 12 + index[b]).ravel() for a, b in ((0, 1), (0, 2), (1, 2))]
    whole = round_under_margins(cube.ravel(), pairs)
    for groups in pairs:
        gap = np.bincount(groups, weights=whole - cube.ravel())
        assert np.abs(gap).max() < 1


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.tuples(*[st.integers(1, 5)] * 4),
    st.sampled_from([0.02, 0.4, 3.0, 50.0]),
)
def test_people_are_whole_in_every_margin_and_nearest_in_total(seed, shape, scale):
    persons = np.random.default_rng(seed).gamma(0.5, size=shape) * scale
    whole = whole_people(persons)
    assert whole.dtype == np.int64 and (whole >= 0).all()
    departures = margin_departures(persons, whole)
    # What no theorem promises may depart further: these two alone.
    sure = {key for key in departures if key not in ("occupation", "province x occupation")}
    assert all(departures[key] < 1 + 1e-6 for key in sure)
    total = persons.sum(axis=(1, 2, 3))
    assert (whole.sum(axis=(1, 2, 3)) == np.floor(total + 0.5)).all()


def test_a_table_without_a_rounding_gives_up_province_x_occupation_and_nothing_else():
    persons = np.zeros((1, 3, 3, 2))
    persons[0, 0] = [[1 / 2, 1 / 2], [0, 0], [0, 1 / 2]]
    persons[0, 1] = [[0, 0], [1 / 2, 0], [1 / 2, 0]]
    persons[0, 2] = [[2 / 3, 0], [0, 1 / 3], [2 / 3, 1 / 3]]
    departures = margin_departures(persons, whole_people(persons))
    assert departures.pop("province x occupation") >= 1
    assert max(departures.values()) < 1


def test_departures_see_a_person_too_many():
    persons = np.full((1, 2, 2, 2), 2.0)
    wrong = persons.astype(np.int64)
    wrong[0, 1, 0, 1] += 1
    assert set(margin_departures(persons, wrong).values()) == {1.0}
    assert set(margin_departures(persons, persons.astype(np.int64)).values()) == {0.0}


def test_people_below_nought_are_refused():
    with pytest.raises(InputError, match="people to round"):
        whole_people(np.full((1, 1, 1, 1), -0.5))


def test_five_years_of_the_nation_take_a_second():
    persons = np.random.default_rng(5).gamma(0.5, size=(5, 17, 51, 5))
    start = time.process_time()
    whole = whole_people(persons)
    assert time.process_time() - start < 3.0  # 0.5 s on an idle machine
    assert max(margin_departures(persons, whole).values()) < 1  # every margin, as it happens
    assert (whole == whole_people(persons)).all()
