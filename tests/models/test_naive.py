"""The declared naive models: points and interval widths of table 5.2 of the textbook, by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast.errors import InputError
from forecast.models.naive import NAIVE_MODELS, drift, seasonal_naive

PEOPLE = arrays(float, (3, 8), elements=st.integers(0, 99).map(float))
N_DRAW = 40_000

# Hyndman and Athanasopoulos (2021), table 5.2. Residuals of the seasonal naive model are
# 2, 6, 3, 1: sd = sqrt(50 / 4). Those of drift are 1, -2, 1 around the mean change of 1, and one
# parameter is estimated: sd = sqrt(6 / 2).
BY_HAND = {
    "seasonal_naive": (
        [10.0, 20.0, 12.0, 26.0, 15.0, 27.0],
        [15.0, 27.0, 15.0, 27.0, 15.0],
        np.sqrt(12.5) * np.sqrt([1.0, 1.0, 2.0, 2.0, 3.0]),
    ),
    "drift": (
        [53.0, 55.0, 54.0, 56.0],
        [57.0, 58.0, 59.0],
        np.sqrt(3.0) * np.sqrt([1.0 * (4 / 3), 2.0 * (5 / 3), 3.0 * (6 / 3)]),
    ),
}


def drawn(name, past, horizon, *, n_draw=N_DRAW, seed=0):
    rng = np.random.default_rng(seed)
    return NAIVE_MODELS[name].draw(np.asarray(past), horizon, n_draw=n_draw, rng=rng)


@pytest.mark.parametrize("name", NAIVE_MODELS)
def test_points_and_widths_are_those_of_the_textbook(name):
    past, point, size = BY_HAND[name]
    model = NAIVE_MODELS[name]
    np.testing.assert_allclose(model.point(np.array([past]), len(point))[-1, 0], point)
    draws = drawn(name, [past], len(point))[:, 0]
    np.testing.assert_allclose(np.median(draws, axis=0), point, rtol=1e-12)
    np.testing.assert_allclose(draws.std(axis=0), size, rtol=0.03)
    reach = np.quantile(draws, [0.1, 0.9], axis=0)
    np.testing.assert_allclose(np.diff(reach, axis=0)[0], 2 * 1.2816 * size, rtol=0.03)


@pytest.mark.parametrize("name", NAIVE_MODELS)
@given(past=PEOPLE, seed=st.integers(0, 99))
@settings(deadline=None)
def test_the_median_is_the_point_and_no_draw_is_negative(name, past, seed):
    point = np.maximum(NAIVE_MODELS[name].point(past, 4)[-1], 0.0)
    draws = drawn(name, past, 4, n_draw=10, seed=seed)
    assert draws.shape == (10, 3, 4)
    assert (draws >= 0.0).all()
    # Cutting at zero can part the two draws in the middle, never move the point from between them.
    middle = np.sort(draws, axis=0)[4:6]
    assert (middle[0] <= point + 1e-9).all() and (middle[1] >= point - 1e-9).all()


def test_an_odd_number_of_draws_is_made():
    assert drawn("drift", [[3.0, 5.0, 4.0, 6.0]], 2, n_draw=7).shape == (7, 1, 2)


def test_a_series_that_never_erred_has_no_spread():
    assert np.ptp(drawn("seasonal_naive", [[1.0, 5.0] * 3], 4, n_draw=20), axis=0).max() == 0.0
    assert np.ptp(drawn("drift", [[1.0, 2.0, 3.0, 4.0]], 4, n_draw=20), axis=0).max() == 0.0


def test_series_are_drawn_by_their_own_size_and_by_the_seed():
    past = np.array([[53.0, 55.0, 54.0, 56.0], [530.0, 550.0, 540.0, 560.0]])
    draws = drawn("drift", past, 1)[:, :, 0].std(axis=0)
    assert draws[1] / draws[0] == pytest.approx(10.0, rel=0.05)
    first, again, other = (drawn("drift", past, 2, n_draw=6, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("model", [seasonal_naive, drift])
def test_every_vintage_is_forecast_and_a_short_history_refused(model):
    history = np.arange(24.0).reshape(3, 8) ** 2
    made = model(history, 3)
    assert made.shape == (5, 3, 3)  # vintages of 4 to 8 half-years
    np.testing.assert_array_equal(model(history, 3, first=6), made[2:])
    with pytest.raises(InputError, match="Give a longer history"):
        model(np.ones((1, 3)), 1)
    with pytest.raises(InputError, match="at least 4"):
        model(history, 1, first=3)
