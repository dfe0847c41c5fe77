"""Members never see beyond their vintage; drift and theta are those of the literature."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panel_cases import N_AGE, walks
from statsmodels.tsa.forecasting.theta import ThetaModel

from forecast.models import panel_network, timeseries
from forecast.models.panel_members import LEARNERS, learnt
from forecast.models.panel_network import network
from forecast.models.timeseries import LOCAL_MEMBERS, damped_drift, seasonal_effect, theta

SEASON = np.where(np.arange(24) % 2, -4.0, 4.0)
LINE = (100.0 + 3.0 * np.arange(24) + SEASON)[None, :]


def forecast(name, history, horizon):
    """Forecast by any member from every vintage."""
    if name == "network":
        return network(history, horizon, n_age=N_AGE, damping=0.95, seed=1)
    if name in LEARNERS:
        return learnt(LEARNERS[name], history, horizon, n_age=N_AGE, damping=0.95)
    return LOCAL_MEMBERS[name](history, horizon)


@pytest.fixture
def brief_training(monkeypatch):
    monkeypatch.setattr(panel_network, "N_STEP", 5)


@pytest.mark.parametrize("name", [*LOCAL_MEMBERS, *LEARNERS, "network"])
def test_a_vintage_ignores_what_came_later(name, brief_training):
    history = walks(n_time=11)
    tampered = history.copy()
    tampered[:, 8:] *= 5.0
    before, after = (forecast(name, values, 7) for values in (history, tampered))
    np.testing.assert_array_equal(before[:5], after[:5])  # vintages of 4 to 8 half-years
    assert (np.abs(before[5:] - after[5:]).max(axis=(1, 2)) > 1_000.0).all()


@pytest.mark.parametrize("name", [*LOCAL_MEMBERS, *LEARNERS, "network"])
def test_a_vintage_equals_the_forecast_of_a_shorter_history(name, brief_training):
    # Pooled likelihoods and fits are per vintage too, so cutting the history must change nothing.
    history = walks(n_time=11, seed=1)
    np.testing.assert_allclose(
        forecast(name, history, 7)[:4], forecast(name, history[:, :7], 7), rtol=1e-12
    )


@pytest.mark.parametrize("name", LOCAL_MEMBERS)
@given(seed=st.integers(0, 10**6), factor=st.floats(1e-3, 1e3))
@settings(deadline=None)
def test_local_forecasts_scale_with_the_unit(name, seed, factor):
    history = walks(n_occupation=1, n_time=8, seed=seed)
    plain, scaled = (LOCAL_MEMBERS[name](values, 3) for values in (history, factor * history))
    np.testing.assert_allclose(scaled, factor * plain, rtol=1e-6)


def test_undamped_drift_continues_a_line_with_a_season():
    made = damped_drift(LINE[:, :18], 6, damping=1.0)[-1]
    np.testing.assert_allclose(made, LINE[:, 18:], rtol=1e-12)


def test_damping_shrinks_each_further_change_and_keeps_the_season():
    made = damped_drift(LINE[:, :18], 6, damping=0.5)[-1]
    adjusted = made[0] - SEASON[18:]
    changes = np.diff(adjusted, prepend=LINE[0, 17] - SEASON[17])
    np.testing.assert_allclose(changes, 3.0 * 0.5 ** np.arange(6))


def test_drift_takes_its_slope_from_whole_years():
    # The first year means 0.5, the last 20.5; they lie four half-years apart.
    past = np.array([[0.0, 1.0, 4.0, 9.0, 16.0, 25.0]])
    assert seasonal_effect(past)[0] == 0.0
    np.testing.assert_allclose(damped_drift(past, 2, damping=1.0)[-1], [[30.0, 35.0]])


def test_a_seasonal_effect_is_shrunk_by_its_own_noise():
    """By hand: gaps -1.75 and -2 of two half-years; twice the variance of their mean is 1/32."""
    made = seasonal_effect(np.array([[1.0, 5.0, 2.0, 7.0]]))[0]
    assert made == pytest.approx(-1.875 * (1.0 - (1.0 / 32.0) / 1.875**2))
    assert seasonal_effect(LINE)[0] == pytest.approx(4.0)
    assert seasonal_effect(np.full((1, 6), 3.0))[0] == 0.0


def test_noise_is_not_taken_for_a_season():
    noise = np.random.default_rng(0).normal(size=(2_000, 16))
    gap = (noise[:, ::2].mean(axis=1) - noise[:, 1::2].mean(axis=1)) / 2.0
    effects = seasonal_effect(noise)
    assert (effects == 0.0).mean() > 0.5
    assert (effects**2).mean() < 0.6 * (gap**2).mean()


@pytest.mark.parametrize("series", range(4))
def test_theta_is_that_of_statsmodels_at_its_smoothing(series, monkeypatch):
    """Without a season: line, smoothing and their sum as Hyndman and Billah (2003) have them."""
    histories = walks(n_time=18, seed=3)
    flat = histories[seasonal_effect(histories) == 0.0][series]
    model = ThetaModel(flat, period=2, deseasonalize=False).fit()
    monkeypatch.setattr(timeseries, "ALPHAS", np.array([model.params["alpha"]]))
    ours = theta(flat[None], 6)[-1, 0]
    np.testing.assert_allclose(ours, np.asarray(model.forecast(6, theta=2)), rtol=1e-9)


def test_theta_continues_half_of_a_line_and_all_of_its_season():
    line = np.asarray(LINE)[:, :18]
    steps = np.diff(theta(line, 8)[-1, 0], 2)  # over whole years, seasons cancel
    np.testing.assert_allclose(steps - np.diff(SEASON[:8], 2), 0.0, atol=1e-9)
    made = theta(line, 8)[-1, 0]
    np.testing.assert_allclose(made[2:] - made[:-2], 2 * 3.0 / 2.0)


def test_theta_smooths_noise_and_follows_a_walk():
    rng = np.random.default_rng(1)
    noise = rng.normal(100.0, 5.0, (40, 18))
    made = theta(noise, 1)[-1, :, 0]
    assert np.abs(made - 100.0).mean() < 0.6 * np.abs(noise[:, -1] - 100.0).mean()
    walk = 100.0 + 5.0 * rng.normal(size=(40, 18)).cumsum(axis=1)
    made = theta(walk, 1)[-1, :, 0]
    assert np.abs(made - walk[:, -1]).mean() < 5.0
