"""Walks of shares measured with a known sampling error."""

import numpy as np
import pytest

from forecast.errors import InputError
from forecast.models.share_walks import WALKS, walk_draws

LINE = np.array([[0.10, 0.12, 0.14, 0.16]])


def draws(name, share=LINE, error=None, horizon=3, n_draw=4_000, seed=0):
    error = np.zeros_like(share) if error is None else error
    rng = np.random.default_rng(seed)
    return walk_draws(WALKS[name], share, error, horizon=horizon, n_draw=n_draw, rng=rng)


def medians(name, **known):
    return np.median(draws(name, **known), axis=0)[0]


def test_the_last_value_stays_and_the_drift_goes_on_in_points():
    np.testing.assert_allclose(medians("last_value"), 0.16, rtol=1e-3)
    np.testing.assert_allclose(medians("drift"), [0.18, 0.20, 0.22], rtol=1e-3)


def test_a_damped_trend_rises_less_with_every_period():
    rises = np.diff(medians("damped_trend"), prepend=0.16)
    assert (rises > 0).all() and (np.diff(rises) < 0).all()
    assert (medians("damped_trend") < medians("drift_logit")).all()


def test_a_gap_at_the_end_lengthens_the_lead():
    late = np.array([[0.10, 0.12, 0.14, np.nan]])
    np.testing.assert_allclose(medians("drift", share=late)[0], 0.18, rtol=1e-3)


def test_sampling_error_is_not_taken_for_steps_but_widens_the_forecast():
    rng = np.random.default_rng(1)
    error = np.full((40, 30), 0.01)
    noisy = 0.3 + error * rng.standard_normal(error.shape)
    near, far = (
        draws("last_value", share=noisy, error=error, horizon=20)[:, :, at] for at in (0, 19)
    )
    # Two errors of 0.01, that of the last value and that to come; a steady level adds nothing.
    assert near.std(axis=0).mean() == pytest.approx(0.01 * 2**0.5, rel=0.1)
    assert far.std(axis=0).mean() == pytest.approx(near.std(axis=0).mean(), rel=0.25)


def test_the_interval_of_a_walk_covers_what_it_promises():
    """80 % over 300 simulated walks, six ahead; the bounds give a false alarm in 1e-4."""
    rng = np.random.default_rng(2)
    steps = 0.005 * rng.standard_normal((300, 26))
    error = np.full((300, 26), 0.01)
    true = 0.3 + np.cumsum(steps, axis=1)
    seen = true + error * rng.standard_normal(true.shape)
    ahead = draws("last_value", share=seen[:, :20], error=error[:, :20], horizon=6)[:, :, 5]
    low, high = np.quantile(ahead, [0.1, 0.9], axis=0)
    assert 0.70 <= ((low <= seen[:, 25]) & (seen[:, 25] <= high)).mean() <= 0.89


def test_a_series_without_a_value_stays_empty():
    share = np.vstack([LINE, np.full((1, 4), np.nan)])
    drawn = draws("drift", share=share, n_draw=10)
    assert np.isfinite(drawn[:, 0]).all() and np.isnan(drawn[:, 1]).all()


def test_single_values_cannot_tell_the_size_of_a_step():
    with pytest.raises(InputError, match="two values"):
        draws("last_value", share=np.array([[np.nan, 0.1]]))
