"""Trends of a capability index: what they repeat, how they are drawn, how wide they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import ConfigError, InputError
from forecast.models.exposure_trend import (
    CALIBRATED,
    LEAST_YEARS,
    MEMBERS,
    common_share,
    draw_years,
    extend,
    widened,
    width_factor,
)

RISING = [name for name in MEMBERS if name != "last_value"]
LINE = np.array([[1.0, 2.0, 3.0, 4.0, 5.0], [3.0, 6.0, 9.0, 12.0, 15.0]])
UNEVEN = np.array([[0.1, 0.2, 0.9, 1.0, 1.6], [0.3, 0.5, 2.6, 2.9, 4.9]])


def made(name: str, past: np.ndarray = UNEVEN, *, seed: int = 0, **changed) -> np.ndarray:
    chosen = {"horizon": 6, "n_draw": 400, "half_life": 3.0, "damping": 0.8} | changed
    return extend(name, past, rng=np.random.default_rng(seed), **chosen)


@pytest.mark.parametrize("name", ["linear", "recent_linear"])
def test_a_straight_line_goes_on_straight_and_certain(name):
    ahead = LINE[:, -1:] * np.exp(made(name, LINE))
    np.testing.assert_allclose(ahead[:, 0], np.tile(np.arange(6.0, 12.0), (400, 1)))


def test_exponential_growth_goes_on_and_is_damped_where_that_is_asked_for():
    past = 2.0 ** np.arange(5.0)[None, :]
    steps = np.log(2.0) * np.arange(1, 7)
    np.testing.assert_allclose(made("drift", past)[:, 0], np.tile(steps, (400, 1)))
    damped = np.log(2.0) * np.cumsum(0.8 ** np.arange(6))
    np.testing.assert_allclose(made("damped_drift", past)[:, 0], np.tile(damped, (400, 1)))


def test_a_logistic_past_saturates_near_its_ceiling():
    level = [0.2]
    for _ in range(11):
        level.append(level[-1] * np.exp(0.8 * (1.0 - level[-1] / 5.0)))
    past = np.array([level[:8]])
    ahead = past[:, -1:] * np.exp(made("logistic", past, horizon=40))
    np.testing.assert_allclose(ahead[:, 0, :4], np.tile(level[8:], (400, 1)), rtol=1e-6)
    np.testing.assert_allclose(ahead[:, 0, -1], 5.0, rtol=1e-3)


def test_recent_years_count_more_where_progress_speeds_up():
    fast = np.array([[1.0, 1.1, 1.2, 1.3, 2.3, 3.3]])
    assert np.median(made("recent_linear", fast)[:, 0, -1]) > 1.15 * np.median(
        made("linear", fast)[:, 0, -1]
    )


def test_the_naive_model_stays_where_it_is():
    ahead = made("last_value", n_draw=4_000)
    middle = np.quantile(ahead[:, 0], [0.4, 0.6], axis=0)
    assert (middle[0] <= 1e-9).all() and (middle[1] >= -1e-9).all()


@pytest.mark.parametrize("name", MEMBERS)
def test_occupations_with_the_same_past_growth_share_every_draw(name):
    same = np.vstack([UNEVEN[0], 7.0 * UNEVEN[0]])
    ahead = made(name, same)
    np.testing.assert_allclose(ahead[:, 0], ahead[:, 1], atol=1e-12)


@pytest.mark.parametrize("name", RISING)
def test_an_index_that_only_rose_rises_in_every_draw_however_wide(name):
    for ahead in (made(name), widened(made(name), 4.0)):
        assert (ahead[:, :, 0] >= 0).all() and (np.diff(ahead, axis=2) >= 0).all()


@pytest.mark.parametrize("name", MEMBERS)
def test_same_seed_same_draws_other_seed_others(name):
    assert np.array_equal(made(name), made(name))
    assert not np.array_equal(made(name), made(name, seed=1))


def test_old_changes_are_drawn_less_often_and_all_weights_sum_to_one():
    years = draw_years(6, horizon=4, n_draw=3_000, half_life=2.0, rng=np.random.default_rng(0))
    np.testing.assert_allclose(years.weight.sum(axis=1), 1.0)
    share = np.bincount(years.change.ravel(), minlength=6) / years.change.size
    expected = 0.5 ** (np.arange(6)[::-1] / 2.0)
    # 3,000 weights of some two changes each: a share of .3 has a standard error near .006
    np.testing.assert_allclose(share, expected / expected.sum(), atol=0.03)


@given(scale=st.floats(0.1, 6.0), seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_widened_by_the_factor_intervals_cover_what_they_promise(scale, seed):
    rng = np.random.default_rng(seed)
    draws = [rng.normal(size=(200, 3, h)) for h in (4, 3, 2, 1, 4, 3, 2, 1)]
    common = [scale * rng.normal(size=(1, made.shape[2])) for made in draws]
    seen = [np.repeat(error, 3, axis=0) for error in common]
    factor = width_factor(draws, seen)
    tail = (1 - CALIBRATED) / 2
    inside = []
    for one, y in zip(draws, seen, strict=True):
        low, high = np.quantile(widened(one, factor), [tail, 1 - tail], axis=0)
        # an interval that ends at the observation itself counts as covering it
        inside += [((low - 1e-9 <= y) & (y <= high + 1e-9)).mean(axis=0) > 0.5]
    assert factor >= 1.0
    assert np.concatenate(inside).mean() >= CALIBRATED


def test_growth_in_common_is_one_for_proportional_series_and_less_for_others():
    assert common_share(LINE) == pytest.approx(1.0)
    assert 0.9 < common_share(UNEVEN) < 1.0
    assert common_share(np.array([[1.0, 2.0], [2.0, 1.0]])) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("name", "past", "error", "message"),
    [
        ("straight", UNEVEN, ConfigError, "recent_linear"),
        ("linear", UNEVEN[:, : LEAST_YEARS - 1], InputError, "at least 3"),
        ("linear", np.array([[0.0, 1.0, 2.0]]), InputError, "positive"),
    ],
)
def test_what_cannot_be_extended_is_refused(name, past, error, message):
    with pytest.raises(error, match=message):
        made(name, past)
