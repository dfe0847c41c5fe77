"""Draws of a panel: never negative, centred on the median, moving together, as wide as they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast.errors import ConfigError, InputError
from forecast.models.baseline import COMBINATION, NAIVE, forecast_panel
from forecast.models.error_paths import Growth, fit_error_paths
from forecast.models.timeseries import rolling_errors, seasonal_naive


def made(history, horizon=4, *, n_draw=40, seed=0, members=("drift", "ets"), **known):
    rng = np.random.default_rng(seed)
    return forecast_panel(history, horizon, members=members, n_draw=n_draw, rng=rng, **known)


def walks(*, n_series=60, n_time=18, seed=0, common=0.0):
    """Random walks whose steps share the part `common` of their variance."""
    rng = np.random.default_rng(seed)
    steps = np.sqrt(common) * rng.normal(size=n_time) + np.sqrt(1.0 - common) * rng.normal(
        size=(n_series, n_time)
    )
    return 500.0 + 10.0 * steps.cumsum(axis=1)


@settings(max_examples=25, deadline=None)
@given(history=arrays(float, (6, 10), elements=st.integers(0, 50).map(lambda v: 1_000.0 * v)))
def test_no_draw_is_negative_or_infinite_however_odd_the_history(history):
    groups = np.tile(np.eye(3), 2)
    for forecast in made(history, 16, groups=groups, resolution=1_000.0).values():
        assert np.isfinite(forecast.draws).all()
        assert (forecast.draws >= 0).all()


def test_the_median_of_the_draws_is_the_point_forecast():
    forecast = made(walks(), n_draw=100)[COMBINATION]
    np.testing.assert_allclose(np.median(forecast.draws, axis=0), forecast.point, rtol=1e-9)


def test_the_combination_lies_between_its_members():
    models = made(walks())
    low = np.minimum(models["drift"].point, models["ets"].point)
    high = np.maximum(models["drift"].point, models["ets"].point)
    assert (models[COMBINATION].point >= low - 1e-9).all()
    assert (models[COMBINATION].point <= high + 1e-9).all()


def test_series_that_erred_together_move_together_and_widen_their_total():
    def spread_of_total_over_cells(common):
        draws = made(walks(common=common), n_draw=400)[COMBINATION].draws[:, :, 0]
        return draws.sum(axis=1).std() / np.sqrt((draws.std(axis=0) ** 2).sum())

    assert spread_of_total_over_cells(0.9) > 3.0 * spread_of_total_over_cells(0.0)
    assert spread_of_total_over_cells(0.0) < 2.0


def test_intervals_of_random_walks_cover_what_follows():
    """80 % intervals, 12 panels of 60 walks, 4 horizons: mean coverage within 5 points."""
    inside = []
    for seed in range(12):
        whole = walks(n_time=22, seed=100 + seed)
        draws = made(whole[:, :18], n_draw=200, only=[COMBINATION])[COMBINATION].draws
        low, high = np.quantile(draws, [0.1, 0.9], axis=0)
        inside.append((low <= whole[:, 18:]) & (whole[:, 18:] <= high))
    assert abs(np.mean(inside) - 0.80) < 0.05


def test_the_same_seed_gives_the_same_draws_and_another_seed_others():
    history = walks()
    first, again, other = (made(history, seed=seed)[COMBINATION].draws for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_intervals_widen_with_the_horizon():
    draws = made(walks(), 16, n_draw=400)[COMBINATION].draws
    widths = np.ptp(np.quantile(draws, [0.1, 0.9], axis=0), axis=0).mean(axis=0)
    assert widths[15] > widths[5] > widths[0]


def test_beyond_known_horizons_errors_grow_as_a_walk_without_drift():
    sizes = Growth(1.0, 0.2, n_seen=18, reach=6).size(24)
    assert sizes[23] / sizes[5] == pytest.approx(np.sqrt(24 / 6))
    assert (np.diff(sizes) > 0).all()


def test_groups_and_cells_account_for_the_whole_error():
    history = walks(n_series=6)
    groups = np.tile(np.eye(3), 2)
    errors = rolling_errors(history, seasonal_naive(history, 1))
    known = dict(groups=groups, resolution=0.0, n_seen=18)
    paths = fit_error_paths(errors, history[:, -1], **known)
    np.testing.assert_allclose(paths.groups.loading.sum(axis=1), 1.0)
    np.testing.assert_allclose(groups @ paths.groups.loading.T, np.eye(3))
    one_step = errors[:-1, :, 0]
    np.testing.assert_allclose(paths.groups.one_step, one_step @ groups.T)


def test_only_the_models_asked_for_are_drawn():
    assert list(made(walks(), only=[NAIVE])) == [NAIVE]


def test_no_member_and_too_little_history_are_refused():
    with pytest.raises(ConfigError, match="members is empty"):
        made(walks(), members=())
    with pytest.raises(InputError, match="at least 2 are needed"):
        made(walks(n_time=5))
