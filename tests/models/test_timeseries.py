"""Members never see beyond their vintage, and ETS is the ETS of another library."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from forecast.errors import ConfigError, InputError
from forecast.models.timeseries import (
    MEMBERS,
    combination_weights,
    drift,
    ets,
    initial_states,
    member,
    rolling_errors,
    seasonal_naive,
)


def panel(*, n_series=12, n_time=18, seed=0):
    rng = np.random.default_rng(seed)
    trend = rng.normal(0.0, 2.0, (n_series, 1)) * np.arange(n_time)
    season = rng.normal(0.0, 5.0, (n_series, 1)) * np.where(np.arange(n_time) % 2, -1, 1)
    noise = rng.normal(0.0, 3.0, (n_series, n_time)).cumsum(axis=1)
    return 200.0 + trend + season + noise


@pytest.mark.parametrize("name", MEMBERS)
def test_a_vintage_ignores_what_came_later(name):
    history = panel()
    tampered = history.copy()
    tampered[:, 10:] *= 1_000.0
    before, after = (MEMBERS[name](values, 6) for values in (history, tampered))
    np.testing.assert_array_equal(before[:7], after[:7])  # vintages of 4 to 10 half-years
    assert not np.allclose(before[7:], after[7:])


@pytest.mark.parametrize("name", MEMBERS)
def test_a_vintage_equals_the_forecast_of_a_shorter_history(name):
    # Pooled likelihoods are per vintage too, so cutting the history must change nothing.
    history = panel(seed=1)
    np.testing.assert_allclose(
        MEMBERS[name](history, 5)[6], MEMBERS[name](history[:, :10], 5)[-1], rtol=1e-12
    )


@pytest.mark.parametrize("name", ["drift", "ets"])
def test_a_straight_line_with_a_season_is_continued(name):
    time = np.arange(24)
    line = (100.0 + 3.0 * time + np.where(time % 2, -4.0, 4.0))[None, :]
    keywords = {"drift": {}, "ets": {"grid": np.array([[0.3], [0.1], [1.0], [0.1]])}}[name]
    forecasts = MEMBERS[name](line[:, :18], 6, **keywords)[-1]
    np.testing.assert_allclose(forecasts, line[:, 18:], rtol=1e-9)


@pytest.mark.parametrize("name", MEMBERS)
@given(seed=st.integers(0, 10**6), factor=st.floats(1e-3, 1e3))
def test_forecasts_scale_with_the_unit(name, seed, factor):
    history = panel(n_series=3, n_time=8, seed=seed)
    forecasts, scaled = (MEMBERS[name](values, 3) for values in (history, factor * history))
    np.testing.assert_allclose(scaled, factor * forecasts, rtol=1e-6)


@pytest.mark.parametrize(
    "parameters", [(0.3, 0.05, 0.9, 0.1), (0.7, 0.0, 0.98, 0.0), (0.5, 0.2, 0.8, 0.3)]
)
@pytest.mark.parametrize("series", range(4))
def test_ets_with_given_parameters_is_that_of_statsmodels(parameters, series):
    history = panel(seed=7)[series : series + 1]
    ours = ets(history, 6, grid=np.array(parameters)[:, None])[-1, 0]
    level, trend, season = (float(state[0]) for state in initial_states(history))
    alpha, beta, phi, gamma = parameters
    model = ETSModel(
        history[0],
        error="add",
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=2,
        initialization_method="known",
        initial_level=level,
        initial_trend=trend,
        initial_seasonal=[season, -season],
    )
    names = model.param_names
    given = {
        "smoothing_level": alpha,
        "smoothing_trend": beta,
        "smoothing_seasonal": gamma,
        "damping_trend": phi,
    }
    theirs = model.smooth([given[name] for name in names if name in given]).forecast(6)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_averaged_ets_is_as_accurate_as_maximum_likelihood():
    """Over 12 series and 4 half-years ahead: at most 5 % worse than statsmodels' optimum."""
    whole = panel(n_time=22, seed=3)
    history, later = whole[:, :18], whole[:, 18:]
    fitted = []
    for series in history:
        model = ETSModel(series, trend="add", damped_trend=True, seasonal="add", seasonal_periods=2)
        fitted.append(model.fit(disp=False, maxiter=100).forecast(4))
    ours = np.abs(ets(history, 4)[-1] - later).mean()
    assert ours <= 1.05 * np.abs(np.array(fitted) - later).mean()


def test_damping_bends_the_drift_towards_its_start():
    line = np.arange(10.0)[None, :]
    straight, damped = drift(line, 16)[-1, 0], drift(line, 16, damping=0.9)[-1, 0]
    assert straight[0] == damped[0]
    assert (damped[1:] < straight[1:]).all()
    assert damped[-1] < 9.0 + 1.0 / (1.0 - 0.9)


def test_rolling_errors_are_missing_where_the_future_is_not_known():
    history = panel(n_series=2, n_time=7)
    errors = rolling_errors(history, seasonal_naive(history, 3))
    assert np.isfinite(errors[:, 0]).sum(axis=1).tolist() == [3, 2, 1, 0]
    assert errors[0, 1, 2] == history[1, 6] - history[1, 2]


@given(worse=st.floats(1.0, 100.0))
def test_weights_sum_to_one_and_favour_the_better_member(worse):
    errors = {"good": np.ones((3, 2, 2)), "bad": np.full((3, 2, 2), worse)}
    weights = combination_weights(errors, np.ones(2))
    assert sum(weights.values()) == pytest.approx(1.0)
    assert weights["good"] >= weights["bad"]
    assert weights["good"] / weights["bad"] == pytest.approx(worse**2)


def test_unknown_members_and_short_histories_are_refused():
    with pytest.raises(ConfigError, match="unknown; choose of"):
        member("prophet")
    with pytest.raises(InputError, match="Give a longer history"):
        seasonal_naive(np.ones((1, 3)), 1)
