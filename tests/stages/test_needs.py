"""One need each: who is touched, separated or back, and who adapts without a course."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.stages.needs import PARTS, Needs, complemented, people_in_need
from forecast.types import NEEDS

AI_BASIC, AX, JOB_CHANGE = (NEEDS.index(name) for name in ("ai_basic", "ax", "job_change"))


@st.composite
def people(draw):
    """Any year: more or fewer touched than there are people, many or few gone."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cells = tuple(draw(st.integers(1, 3)) for _ in range(4))
    n_draw, n_occupation, _, n_sido = cells
    opening = rng.gamma(1.0, 1e4, size=cells) * (rng.random(cells) > 0.2)
    separated = opening * rng.uniform(size=cells) * (rng.random(cells) > 0.3)
    given_ = {
        "opening": opening,
        "touched_share": rng.uniform(0.0, 1.3, size=(n_draw, n_occupation, 1, n_sido)),
        "separated": separated,
        "returned": separated * rng.uniform(size=cells),
        "ax_share": rng.uniform(size=(n_draw, n_occupation, 1, 1)),
        "adapting": rng.uniform(size=cells),
    }
    return given_, needs_of(given_)


def needs_of(given_: dict[str, np.ndarray]) -> Needs:
    first = ("opening", "touched_share", "separated", "returned")
    rest = {name: given_[name] for name in ("ax_share", "adapting")}
    return people_in_need(*(given_[name] for name in first), **rest)


@settings(max_examples=100, deadline=None)
@given(people())
def test_everybody_concerned_is_in_need_back_in_work_or_adapts(case):
    _, needs = case
    concerned = needs.touched + needs.separated - needs.returned - needs.adapted
    np.testing.assert_allclose(needs.by_need.sum(axis=-1), concerned, rtol=1e-9, atol=1e-7)
    assert needs.by_need.shape == (*needs.touched.shape, len(NEEDS))
    assert PARTS == ("opening", "touched", "separated", "returned", "adapted")


@settings(max_examples=100, deadline=None)
@given(people())
def test_nobody_has_two_needs_and_never_more_than_there_are_people(case):
    given_, needs = case
    opening = given_["opening"]
    assert (needs.by_need >= 0.0).all() and (needs.touched >= 0.0).all()
    # The separated are not touched as well: together they are at most everybody.
    assert (needs.touched + needs.separated <= opening * (1 + 1e-12) + 1e-9).all()
    assert (needs.by_need.sum(axis=-1) <= opening * (1 + 1e-12) + 1e-9).all()
    assert (needs.adapted >= 0.0).all()
    assert (needs.touched <= given_["touched_share"] * opening + 1e-9).all()


@settings(max_examples=100, deadline=None)
@given(people())
def test_each_need_comes_from_its_own_people(case):
    given_, needs = case
    left = 1.0 - given_["adapting"]
    gone = given_["separated"] - given_["returned"]
    np.testing.assert_allclose(needs.by_need[..., JOB_CHANGE], gone * left, rtol=1e-9, atol=1e-9)
    ax = needs.touched * given_["ax_share"] * left
    np.testing.assert_allclose(needs.by_need[..., AX], ax, rtol=1e-9, atol=1e-9)
    basic = needs.touched * (1.0 - given_["ax_share"]) * left
    np.testing.assert_allclose(needs.by_need[..., AI_BASIC], basic, rtol=1e-9, atol=1e-9)


def one(**changed: float) -> Needs:
    """A hundred people in one cell."""
    given_ = {
        "opening": 100.0,
        "touched_share": 0.3,
        "separated": 10.0,
        "returned": 4.0,
        "ax_share": 0.0,
        "adapting": 0.0,
        **changed,
    }
    return needs_of({name: np.full((1, 1, 1, 1), value) for name, value in given_.items()})


def test_the_separated_are_taken_off_those_touched_first():
    needs = one()
    assert needs.touched.item() == pytest.approx(20.0)  # 30 touched, 10 of them are gone
    assert needs.by_need.ravel().tolist() == pytest.approx([20.0, 0.0, 6.0])
    assert one(separated=50.0, returned=0.0).touched.item() == 0.0


def test_who_is_back_in_the_old_occupation_needs_no_course():
    assert one(returned=10.0).by_need[..., JOB_CHANGE].item() == 0.0
    assert one(returned=0.0).by_need[..., JOB_CHANGE].item() == pytest.approx(10.0)


def test_where_everybody_adapts_or_nobody_is_concerned_there_is_no_need():
    everybody = one(adapting=1.0)
    assert (everybody.by_need == 0.0).all() and everybody.adapted.item() == pytest.approx(26.0)
    nobody = one(touched_share=0.0, separated=0.0, returned=0.0)
    assert (nobody.by_need == 0.0).all() and nobody.adapted.item() == 0.0


def test_nobody_is_touched_twice_in_a_year():
    assert one(touched_share=5.0, separated=0.0, returned=0.0).touched.item() == 100.0


def scores(*values: float) -> xr.DataArray:
    return xr.DataArray([list(values)], {"draw": [0], "occupation": list("abc")[: len(values)]})


def employed(*values: float) -> xr.DataArray:
    return xr.DataArray(list(values), {"occupation": list("abc")[: len(values)]})


def test_half_of_an_average_occupation_is_in_complementary_work():
    shares = complemented(scores(0.4, 0.5, 0.6), employed(10.0, 10.0, 10.0))
    assert shares.sel(occupation="b").item() == pytest.approx(0.5)
    # One sixth of a variance of (0.1, 0, 0.1)^2: the others are sqrt(1.5) deviations away.
    assert shares.sel(occupation="c").item() == pytest.approx(0.8896643, abs=1e-6)
    assert shares.sel(occupation=["a", "c"]).sum().item() == pytest.approx(1.0)


def test_the_average_is_over_people_not_over_occupations():
    few, many = (complemented(scores(0.4, 0.6), employed(1.0, n)) for n in (1.0, 99.0))
    assert few.sel(occupation="b").item() > many.sel(occupation="b").item() > 0.5
    nobody = complemented(scores(0.4, 0.6, 0.9), employed(1.0, 1.0, 0.0))
    two = complemented(scores(0.4, 0.6), employed(1.0, 1.0))
    np.testing.assert_allclose(nobody.sel(occupation=["a", "b"]), two)


def test_occupations_that_ai_complements_alike_are_half_and_half():
    assert (complemented(scores(0.5, 0.5), employed(3.0, 4.0)) == 0.5).all()
    assert complemented(scores(0.5), employed(3.0)).item() == 0.5


def test_every_draw_has_its_own_average():
    two = xr.concat([scores(0.4, 0.6), scores(0.1, 0.3)], dim="draw")
    shares = complemented(two, employed(5.0, 5.0))
    np.testing.assert_allclose(shares[0], shares[1])
