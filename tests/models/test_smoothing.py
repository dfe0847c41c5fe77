"""Exponential smoothing: that of another library at given parameters, and averaged over many."""

import numpy as np
import pytest
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from forecast.models.smoothing import GRID, ets, initial_states


def panel(*, n_series=12, n_time=18, seed=0):
    rng = np.random.default_rng(seed)
    trend = rng.normal(0.0, 2.0, (n_series, 1)) * np.arange(n_time)
    season = rng.normal(0.0, 5.0, (n_series, 1)) * np.where(np.arange(n_time) % 2, -1, 1)
    noise = rng.normal(0.0, 3.0, (n_series, n_time)).cumsum(axis=1)
    return 200.0 + trend + season + noise


@pytest.mark.parametrize(
    "parameters", [(0.3, 0.05, 0.9, 0.1), (0.7, 0.0, 0.98, 0.0), (0.5, 0.2, 0.8, 0.3)]
)
@pytest.mark.parametrize("n_seen", [17, 18])  # the season starts in either half
def test_at_given_parameters_it_is_that_of_statsmodels(parameters, n_seen):
    history = panel(seed=7)[:3, :n_seen]
    ours = ets(history, 6, grid=np.array(parameters)[:, None])[-1]
    alpha, beta, phi, gamma = parameters
    for series, made in zip(history, ours, strict=True):
        level, trend, season = (float(state[0]) for state in initial_states(series[None]))
        model = ETSModel(
            series,
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
        given = {
            "smoothing_level": alpha,
            "smoothing_trend": beta,
            "smoothing_seasonal": gamma,
            "damping_trend": phi,
        }
        parameters_of = [given[name] for name in model.param_names if name in given]
        np.testing.assert_allclose(made, model.smooth(parameters_of).forecast(6), rtol=1e-9)


def test_averaged_it_is_as_accurate_as_maximum_likelihood():
    """Over 12 series and 4 half-years ahead: at most 5 % worse than statsmodels' optimum."""
    whole = panel(n_time=22, seed=3)
    history, later = whole[:, :18], whole[:, 18:]
    fitted = []
    for series in history:
        model = ETSModel(series, trend="add", damped_trend=True, seasonal="add", seasonal_periods=2)
        fitted.append(model.fit(disp=False, maxiter=100).forecast(4))
    ours = np.abs(ets(history, 4)[-1] - later).mean()
    assert ours <= 1.05 * np.abs(np.array(fitted) - later).mean()


def test_a_straight_line_with_a_season_is_continued():
    time = np.arange(24)
    line = (100.0 + 3.0 * time + np.where(time % 2, -4.0, 4.0))[None, :]
    undamped = np.array([[0.3], [0.1], [1.0], [0.1]])
    np.testing.assert_allclose(ets(line[:, :18], 6, grid=undamped)[-1], line[:, 18:], rtol=1e-9)


def test_first_states_are_the_line_and_the_season_of_two_years():
    # 10 + 2 t with +3 in first halves and -3 in second ones, t = 1 .. 4
    level, trend, season = initial_states(np.array([[15.0, 11.0, 19.0, 15.0]]))
    assert (float(level[0]), float(trend[0]), float(season[0])) == (10.0, 2.0, 3.0)


def test_the_average_lies_among_the_forecasts_it_is_made_of():
    history = panel(n_series=4)
    each = np.stack([ets(history, 3, grid=column[:, None])[-1] for column in GRID.T])
    made = ets(history, 3)[-1]
    assert (made >= each.min(axis=0)).all() and (made <= each.max(axis=0)).all()


def test_a_series_follows_the_parameters_that_suit_all_the_others():
    """Alone, a short series cannot tell a walk from noise; among walks it is taken for one."""
    rng = np.random.default_rng(0)
    few, noises = rng.normal(100.0, 5.0, (20, 8)), rng.normal(100.0, 5.0, (400, 8))
    walks = 100.0 + 5.0 * rng.normal(size=(400, 8)).cumsum(axis=1)
    among_walks, among_noises = (
        np.abs(ets(np.vstack([few, others]), 1)[-1, :20, 0] - few[:, -1]).mean()
        for others in (walks, noises)
    )
    assert among_walks < 0.9 * among_noises


def test_rounded_values_that_are_equal_are_not_called_certain():
    """Without the rounding step one lucky parameter takes all the weight of a flat series."""
    flat = np.array([[7_000.0] * 7 + [8_000.0, 8_000.0]])
    certain, rounded = (ets(flat, 1, resolution=step)[-1, 0, 0] for step in (0.0, 1e6))
    equal_weights = np.mean([ets(flat, 1, grid=column[:, None])[-1, 0, 0] for column in GRID.T])
    assert rounded == pytest.approx(equal_weights, rel=1e-3)
    assert certain != pytest.approx(equal_weights, rel=1e-3)
