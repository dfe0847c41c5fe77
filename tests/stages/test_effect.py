"""The mechanism applied: years add up to levels, provinces differ around the country."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.stages.effect import Effect, apply_mechanism
from forecast.stages.exposure_trend import MovingScores
from forecast.stages.mechanism import FIRMS, TASKS
from forecast.stages.parameters import PARAMETERS
from forecast.types import AGE_GROUPS

YEARS, OCCUPATIONS, SIDO = [2023, 2024, 2025], ["11", "31"], ["11", "26", "36"]
BY_HAND = {
    "worker_reach": 2.0,
    "surveyed_share": 0.5,
    "cost_effective_share": 0.5,
    "hours_saved_share": 0.4,
    "output_response": 0.25,
    "reinstatement_share": 0.2,
    "attrition_share": 0.3,
    "training_need_share": 0.6,
}


def parameters(n_draw: int = 1, **changed: float) -> xr.DataArray:
    """Every parameter at its neutral value but those named."""
    values = {p.name: p.neutral for p in PARAMETERS} | changed
    coords = {"parameter": list(values), "draw": np.arange(n_draw)}
    return xr.DataArray(
        np.repeat(np.array(list(values.values()))[:, None], n_draw, axis=1), coords, list(coords)
    )


def firms(values: np.ndarray) -> xr.DataArray:
    """Adoption gained, (draw, year, occupation)."""
    coords = {"draw": np.arange(len(values)), "year": YEARS, "occupation": OCCUPATIONS}
    return xr.DataArray(values, coords, attrs={"unit": FIRMS})


def scores(values: np.ndarray) -> xr.DataArray:
    """Scores (draw, occupation) or (draw, occupation, year)."""
    coords = {"draw": np.arange(len(values)), "occupation": OCCUPATIONS}
    if np.ndim(values) == 3:
        coords["year"] = YEARS
    return xr.DataArray(values, coords, list(coords), attrs={"unit": TASKS})


def moving(exposure: np.ndarray, part: float = 0.5) -> MovingScores:
    return MovingScores(scores(exposure), scores(part * np.asarray(exposure)), None)


def same_age(n_draw: int = 1) -> xr.DataArray:
    labels = {"draw": np.arange(n_draw), "occupation": OCCUPATIONS, "age_group": list(AGE_GROUPS)}
    return xr.DataArray(np.ones([len(label) for label in labels.values()]), labels)


GAINED = np.array([[[0.1, 0.0], [0.3, 0.2], [0.3, 0.6]]])
STILL = np.array([[0.4, 0.6]])
GROWING = np.array([[[0.4, 0.5, 0.8], [0.6, 0.6, 0.9]]])


def by_hand(exposure: np.ndarray = STILL, **changed: float) -> Effect:
    return apply_mechanism(
        firms(GAINED), moving(exposure), parameters(**BY_HAND | changed), same_age()
    )


def values(array: xr.DataArray, occupation: str) -> list[float]:
    rest = {dim: 0 for dim in array.dims if dim not in ("year", "occupation")}
    return array.sel(occupation=occupation).isel(rest).to_numpy().ravel().tolist()


def test_every_step_of_three_years_by_hand():
    effect = by_hand()
    assert values(effect.reached, "11") == pytest.approx([0.1, 0.3, 0.3])
    assert float(effect.tasks.sel(occupation="11")[0]) == pytest.approx(0.1)
    assert values(effect.hours, "11") == pytest.approx([0.004, 0.012, 0.012])
    assert values(effect.loss, "11") == pytest.approx([0.003, 0.009, 0.009])
    assert values(effect.factor, "11") == pytest.approx([0.9976, 0.9928, 0.9928])
    # What is lost in a year; nothing in the last one, in which nobody more is reached.
    assert values(effect.separated, "11") == pytest.approx([0.0021, 0.0042, 0.0])
    assert values(effect.reinstated, "11") == pytest.approx([0.0006, 0.0012, 0.0])
    assert values(effect.touched, "11") == pytest.approx([0.024, 0.048, 0.0])


def test_units_say_what_each_share_is_of():
    effect = by_hand()
    assert effect.reached.attrs["unit"] == effect.touched.attrs["unit"] == "share of workers"
    assert effect.tasks.attrs["unit"] == "share"
    assert effect.hours.attrs["unit"] == "share of hours"
    assert effect.loss.attrs["unit"] == effect.separated.attrs["unit"] == "share of jobs"


def test_yearly_flows_add_up_to_the_level_of_the_last_year():
    effect, last = by_hand(GROWING), {"year": 2025}
    lost = effect.loss.sel(last)
    np.testing.assert_allclose(effect.separated.sum("year"), 0.7 * lost)
    np.testing.assert_allclose(effect.reinstated.sum("year"), 0.2 * lost)
    np.testing.assert_allclose(effect.factor.sel(last), 1.0 - 0.8 * lost)


def test_growing_exposure_touches_workers_who_were_reached_in_an_earlier_year():
    effect = by_hand(GROWING)
    # The new at this year's exposure, and those reached before at its growth.
    expected = [0.1 * 0.4, 0.2 * 0.5 + 0.1 * 0.1, 0.0 * 0.8 + 0.3 * 0.3]
    assert values(effect.touched, "11") == pytest.approx([0.6 * part for part in expected])
    assert values(effect.touched, "31") == pytest.approx([0.0, 0.6 * 0.2 * 0.6, 0.6 * 0.42])
    level = effect.reached * scores(GROWING) * 0.6
    np.testing.assert_allclose(
        effect.touched.cumsum("year").transpose(*level.dims), level, rtol=1e-12
    )


def test_growing_substitution_loses_jobs_among_workers_reached_before():
    still, growing = (values(by_hand(e).separated, "11") for e in (STILL, GROWING))
    assert still[2] == 0.0
    # 0.5 x 0.5 x 0.4 x 0.75 x 0.7 of reached x (0.8 - 0.5) exposure
    assert growing[2] == pytest.approx(0.3 * 0.3 * 0.5 * 0.5 * 0.4 * 0.75 * 0.7)


def test_exposure_that_falls_takes_no_need_away():
    effect = by_hand(np.array([[[0.4, 0.2, 0.2], [0.6, 0.6, 0.6]]]))
    assert values(effect.touched, "11") == pytest.approx([0.6 * 0.1 * 0.4, 0.6 * 0.2 * 0.2, 0.0])
    for flow in (effect.touched, effect.separated, effect.reinstated):
        assert (flow >= 0).all()


def test_exposure_of_every_year_alike_is_exposure_that_does_not_move():
    constant = np.repeat(STILL[:, :, None], len(YEARS), axis=2)
    alike, still = by_hand(constant), by_hand()
    for name in ("reached", "hours", "loss", "factor", "separated", "reinstated", "touched"):
        order = getattr(still, name).dims
        np.testing.assert_allclose(
            getattr(alike, name).transpose(*order), getattr(still, name), rtol=1e-12
        )


def test_every_parameter_at_neutral_leaves_employment_exactly_and_touches_nobody():
    effect = apply_mechanism(firms(GAINED), moving(GROWING), parameters(), same_age())
    assert (effect.factor == 1.0).all()
    for name in ("reached", "tasks", "hours", "loss", "separated", "reinstated", "touched"):
        assert (getattr(effect, name) == 0.0).all(), name


def test_an_age_that_gains_jobs_separates_nobody_and_gets_no_new_tasks():
    age = same_age()
    age.loc[{"age_group": "50-59"}] = -1.0
    effect = apply_mechanism(firms(GAINED), moving(STILL), parameters(**BY_HAND), age)
    fifties = {"age_group": "50-59"}
    assert (effect.factor.sel(age_group="50-59", year=2025) > 1.0).all()
    assert (effect.separated.sel(fifties) == 0.0).all()
    assert (effect.reinstated.sel(fifties) == 0.0).all()
    assert (effect.separated.sel(age_group="15-29", year=2024) > 0.0).all()


def relative_to(share: np.ndarray, level: np.ndarray) -> xr.DataArray:
    """Reach by province with mean 1 over the people of an occupation: (draw, occupation, sido)."""
    reach = np.repeat(level[:, None, :], len(OCCUPATIONS), axis=1)
    relative = reach / (share * reach).sum(axis=2, keepdims=True)
    labels = {"draw": np.arange(len(level)), "occupation": OCCUPATIONS, "sido": SIDO}
    return xr.DataArray(relative, labels)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_provinces_differ_around_the_country(seed):
    """While nobody is reached twice, the country is the mean of its provinces in every step."""
    rng, n_draw = np.random.default_rng(seed), 2
    share = rng.dirichlet(np.ones(len(SIDO)), size=(n_draw, len(OCCUPATIONS)))
    relative = relative_to(share, rng.uniform(0.5, 1.0, size=(n_draw, len(SIDO))))
    gained = np.cumsum(rng.uniform(0.0, 0.15, size=(n_draw, len(YEARS), len(OCCUPATIONS))), axis=1)
    exposure = np.sort(rng.uniform(size=(n_draw, len(OCCUPATIONS), len(YEARS))), axis=2)
    given_ = (firms(gained), moving(exposure), parameters(n_draw, **BY_HAND), same_age(n_draw))
    country, places = apply_mechanism(*given_), apply_mechanism(*given_, relative)
    people = xr.DataArray(share, relative.coords)
    for name in ("reached", "hours", "loss", "factor", "separated", "reinstated", "touched"):
        mean = (getattr(places, name) * people).sum("sido")
        whole = getattr(country, name).transpose(*mean.dims)
        np.testing.assert_allclose(mean, whole, rtol=1e-9, atol=1e-15, err_msg=name)
    assert "sido" not in places.tasks.dims and "sido" not in country.reached.dims
    apart = places.reached / country.reached.where(country.reached > 0, 1.0)
    np.testing.assert_allclose(apart, relative.broadcast_like(apart).transpose(*apart.dims))


def test_provinces_reached_alike_are_the_country():
    alike = relative_to(np.full((1, 2, 3), 1 / 3), np.ones((1, 3)))
    given_ = (firms(GAINED), moving(GROWING), parameters(**BY_HAND), same_age())
    country, places = apply_mechanism(*given_), apply_mechanism(*given_, alike)
    for code in SIDO:
        own = places.touched.sel(sido=code, drop=True)
        np.testing.assert_allclose(own, country.touched.transpose(*own.dims), rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_possible_parameter_keeps_shares_possible(seed):
    rng, n_draw = np.random.default_rng(seed), 2
    drawn = parameters(n_draw)
    for p in PARAMETERS:
        drawn.loc[{"parameter": p.name}] = rng.uniform(p.low, p.high, size=n_draw)
    age = same_age(n_draw) * rng.uniform(-9.0, 9.0, size=(n_draw, len(OCCUPATIONS), 5))
    gained = np.cumsum(rng.uniform(0.0, 0.3, size=(n_draw, len(YEARS), len(OCCUPATIONS))), axis=1)
    exposure = rng.uniform(size=(n_draw, len(OCCUPATIONS), len(YEARS)))
    place = relative_to(np.full((n_draw, 2, 3), 1 / 3), rng.uniform(0.1, 9.0, size=(n_draw, 3)))
    effect = apply_mechanism(firms(gained), moving(exposure), drawn, age, place)
    for name in ("reached", "tasks", "hours", "separated", "reinstated", "touched"):
        share = getattr(effect, name)
        assert (share >= 0.0).all() and (share <= 1.0).all(), name
    assert (effect.loss <= 1.0).all() and (effect.factor >= 0.0).all()
    # Nobody who is not reached is touched: at most everybody once in all years.
    assert (effect.reached.diff("year") >= 0).all()


def test_exposure_that_falls_and_rises_again_touches_nobody_twice():
    swinging = np.array([[[0.4, 0.2, 0.4], [0.6, 0.6, 0.6]]])
    everybody = firms(np.full((1, 3, 2), 0.3))
    effect = apply_mechanism(everybody, moving(swinging), parameters(**BY_HAND), same_age())
    touched = float(effect.touched.sel(occupation="11").sum())
    reached = float(effect.reached.sel(occupation="11")[0, 0])
    assert touched == pytest.approx(reached * 0.4 * BY_HAND["training_need_share"])
