"""Seats to sites: exact at every site and in every cell, proportional but for a fraction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.stages.seat_split import BEYOND_NEED, IN_NEED, split_over_sites, spread_beyond


@st.composite
def plans(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_province, n_occupation, n_age = (draw(st.integers(1, 5)) for _ in range(3))
    n_site = draw(st.integers(1, 9))
    site_province = rng.integers(0, n_province, size=n_site)
    served_by = rng.choice(site_province, size=n_province)  # every province has a site somewhere
    shape = (2, n_province, n_occupation, n_age)
    people = rng.poisson(draw(st.sampled_from([0.2, 1.0, 6.0])), size=shape)
    at_site = np.zeros(n_site, dtype=np.int64)
    for home in np.unique(served_by):
        sites = np.flatnonzero(site_province == home)
        seats = people[:, served_by == home].sum()
        at_site[sites] = rng.multinomial(seats, rng.dirichlet(np.ones(len(sites))))
    return people, at_site, site_province, served_by


@settings(max_examples=150, deadline=None)
@given(plans())
def test_sites_and_cells_are_exact_and_each_share_is_rounded_up_or_down(plan):
    people, at_site, site_province, served_by = plan
    rows = split_over_sites(*people, at_site, site_province=site_province, served_by=served_by)
    back = np.zeros((len(at_site), *people.shape), dtype=np.int64)
    key = (rows.site, rows.basis, rows.province, rows.occupation, rows.age)
    np.add.at(back, key, rows.persons)
    assert (back.sum(axis=(1, 2, 3, 4)) == at_site).all()
    assert (back.sum(axis=0) == people).all()
    assert (site_province[rows.site] == served_by[rows.province]).all()
    assert (rows.persons >= 1).all() and (np.abs(rows.persons - rows.fractional) < 1).all()
    assert (np.diff(np.ravel_multi_index(key, back.shape)) > 0).all()  # sorted, no row twice
    served = np.bincount(served_by, weights=people.sum(axis=(0, 2, 3)), minlength=len(served_by))
    share = at_site / np.maximum(served[site_province], 1)
    in_reach = (site_province[:, None] == served_by) * share[:, None]
    by_occupation = np.einsum("sp,bpoa->so", in_reach, people)
    assert (np.abs(back.sum(axis=(1, 2, 4)) - by_occupation) < 1 + 1e-6).all()


def test_seats_of_another_province_are_refused_by_name():
    people = np.ones((2, 1, 1), dtype=np.int64)
    with pytest.raises(InputError, match=r"province 1 has 0 seats .* for 1 people"):
        split_over_sites(
            people,
            0 * people,
            np.array([1]),
            site_province=np.array([0]),
            served_by=np.array([0, 1]),
        )


def test_the_basis_of_every_seat_is_kept():
    rows = split_over_sites(
        np.array([[[3]]]),
        np.array([[[2]]]),
        np.array([5]),
        site_province=np.array([0]),
        served_by=np.array([0]),
    )
    assert dict(zip(rows.basis.tolist(), rows.persons.tolist(), strict=True)) == {
        IN_NEED: 3,
        BEYOND_NEED: 2,
    }


def test_no_seats_make_no_rows():
    none = np.zeros((1, 1, 1), dtype=np.int64)
    place = {"site_province": np.array([0]), "served_by": np.array([0])}
    assert len(split_over_sites(none, none, np.array([0]), **place).persons) == 0


@st.composite
def spreads(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = tuple(draw(st.integers(1, 5)) for _ in range(3))
    eligible = rng.gamma(0.6, size=shape) * draw(st.sampled_from([0.5, 4.0, 300.0]))
    taken = np.minimum(rng.poisson(0.5, size=shape), np.floor(eligible)).astype(np.int64)
    whole = np.floor(eligible - taken + 1e-9).sum(axis=(1, 2))
    seats = np.floor(whole * rng.random(len(whole)) ** 0.3).astype(np.int64)
    return seats, eligible, taken


@settings(max_examples=150, deadline=None)
@given(spreads())
def test_seats_beyond_the_need_are_exact_and_never_more_than_the_people_left(spread):
    seats, eligible, taken = spread
    given_out = spread_beyond(seats, eligible, taken)
    assert (given_out.sum(axis=(1, 2)) == seats).all()
    assert (given_out >= 0).all() and (given_out <= eligible - taken + 1e-6).all()


@settings(max_examples=80, deadline=None)
@given(spreads())
def test_where_nobody_runs_out_every_cell_is_proportional(spread):
    seats, eligible, _ = spread
    plenty = eligible + 1e5
    target = plenty * (seats / plenty.sum(axis=(1, 2)))[:, None, None]
    given_out = spread_beyond(seats, plenty, np.zeros(plenty.shape, dtype=np.int64))
    assert (np.abs(given_out - target) < 1).all()
    by_occupation = np.abs((given_out - target).sum(axis=(0, 2)))
    assert (by_occupation < 1 + 1e-6).all()


def test_parts_of_people_are_seated_only_where_whole_people_are_too_few():
    eligible = np.array([[[1.5, 1.5, 0.0]]])
    none = np.zeros((1, 1, 3), dtype=np.int64)
    assert spread_beyond(np.array([2]), eligible, none).tolist() == [[[1, 1, 0]]]
    assert spread_beyond(np.array([3]), eligible, none).sum() == 3


def test_a_province_with_too_few_people_is_named():
    eligible = np.array([[[9.0]], [[2.0]]])
    with pytest.raises(InputError, match=r"province 1 has 1.0 eligible people .* for 2 seats"):
        spread_beyond(np.array([2, 2]), eligible, np.array([[[0]], [[1]]]))
