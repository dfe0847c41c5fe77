"""The baseline: a weighted, reconciled combination whose draws add up and cover what follows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from panel_cases import N_AGE, tree, walks

from forecast.errors import ConfigError, InputError
from forecast.models import panel_network
from forecast.models.baseline import (
    BOTTOM_UP,
    COMBINATION,
    LEAST_ERRORS,
    MEMBERS,
    PanelSettings,
    forecast_panel,
)
from forecast.models.naive import FIRST_VINTAGE
from forecast.models.panel_members import REACH
from forecast.models.reconciliation import COVARIANCES
from forecast.models.timeseries import damped_drift, drift, ets

TREE = tree()


@pytest.fixture(autouse=True)
def brief_training(monkeypatch):
    monkeypatch.setattr(panel_network, "N_STEP", 5)


def made(history, horizon=4, *, n_draw=40, seed=0, only=(), hierarchy=TREE, **chosen):
    return forecast_panel(
        history,
        horizon,
        tree=hierarchy,
        n_age=N_AGE,
        settings=PanelSettings(**{"members": ["drift", "ets"], **chosen}),
        n_draw=n_draw,
        rng=np.random.default_rng(seed),
        seed=seed,
        only=only,
    )


def combined(history, horizon=4, **known):
    return made(history, horizon, only=[COMBINATION], **known)[COMBINATION]


@pytest.mark.parametrize("reconciliation", [BOTTOM_UP, *COVARIANCES])
@given(history=arrays(float, (6, 10), elements=st.integers(0, 50).map(lambda v: 1_000.0 * v)))
@settings(max_examples=8, deadline=None)
def test_no_draw_is_negative_or_infinite_however_odd_the_history(reconciliation, history):
    forecasts = made(
        history,
        9,
        members=["drift", "ets", "ridge"],
        hierarchy=tree(2),
        reconciliation=reconciliation,
        sum_levels=["occupations", "ages"],
        resolution=1_000.0,
    )
    for forecast in forecasts.values():
        assert np.isfinite(forecast.draws).all() and (forecast.draws >= 0.0).all()
        assert np.isfinite(forecast.point).all() and (forecast.point >= 0.0).all()


def test_every_member_can_be_combined_and_weights_sum_to_one():
    forecasts = made(walks(n_time=10), members=list(MEMBERS), n_draw=4)
    assert set(forecasts) == {*MEMBERS, COMBINATION}
    weights = forecasts[COMBINATION].weights
    assert set(weights) == set(MEMBERS) and min(weights.values()) > 0.0
    assert sum(weights.values()) == pytest.approx(1.0)
    assert forecasts["ets"].weights == {}


def test_bottom_up_is_the_plain_combination_of_the_members():
    forecasts = made(walks(), reconciliation=BOTTOM_UP)
    weights = forecasts[COMBINATION].weights
    plain = sum(weights[name] * forecasts[name].point for name in weights)
    np.testing.assert_allclose(forecasts[COMBINATION].point, plain, rtol=1e-12)


def test_the_member_that_erred_less_weighs_more():
    rising = walks() + 5_000.0 * np.arange(14)
    weights = combined(rising, members=["drift", "seasonal_naive"]).weights
    assert weights["drift"] > 0.7


def test_reconciled_by_least_squares_each_cell_takes_an_equal_part_of_the_gap():
    """One sum over n cells, all weighed alike: of the gap, 1 / (n + 1) goes to every cell."""
    history = walks()
    chosen = {"sum_levels": ["total"], "sum_members": ["drift", "damped_drift"]}
    plain = combined(history, reconciliation=BOTTOM_UP).point
    moved = combined(history, reconciliation="ols", **chosen).point
    nation = history.sum(axis=0, keepdims=True)
    total = (drift(nation, 4)[-1] + damped_drift(nation, 4, damping=0.95)[-1]) / 2.0
    gap = total - plain.sum(axis=0)
    np.testing.assert_allclose(moved - plain, np.tile(gap / (len(plain) + 1), (len(plain), 1)))


@pytest.mark.parametrize("reconciliation", COVARIANCES)
def test_reconciled_sums_lie_between_their_own_forecast_and_their_cells(reconciliation):
    history = walks(seed=3)
    plain = combined(history, reconciliation=BOTTOM_UP).point
    moved = combined(history, reconciliation=reconciliation, sum_members=["ets"]).point
    rows = TREE.rows("occupations")
    nodes = TREE.aggregate(history)[rows]
    own, cells, ours = ets(nodes, 4)[-1], TREE.aggregate(plain)[rows], TREE.aggregate(moved)[rows]
    assert (np.abs(ours - cells) <= np.abs(own - cells) + 1e-6).all()
    assert ((ours - cells) * (own - cells) >= -1e-6).all()
    assert np.abs(ours - cells).max() > 1.0


def test_sums_that_erred_less_pull_their_cells_further():
    """Cells that only exchange people: the total is known, the cells are not."""
    history = walks(n_time=16, step=4_000.0)
    history -= history.mean(axis=0) - 80_000.0
    chosen = {"sum_levels": ["total"], "reconciliation": "wls_variance", "resolution": 1_000.0}
    point = combined(history, members=["drift", "ridge"], **chosen).point
    plain = combined(history, members=["drift", "ridge"], reconciliation=BOTTOM_UP).point
    true = history[:, 0].sum()
    assert abs(point[:, -1].sum() - true) < 0.2 * abs(plain[:, -1].sum() - true) + 500.0


@pytest.mark.parametrize("damping", [0.95, 0.5])
def test_global_members_are_damped_beyond_their_reach(damping):
    names = ["ridge", "boosting", "network"]
    forecasts = made(walks(n_time=10), 12, members=names, damping=damping, n_draw=4)
    for name in names:
        steps = np.diff(forecasts[name].point[:, REACH:], axis=1)
        assert np.abs(steps).max() > 1.0
        np.testing.assert_allclose(steps[:, 1:], damping * steps[:, :-1], atol=1e-6)


def test_early_vintages_have_too_few_errors_to_be_reconciled():
    history = walks()
    plain, moved = (
        combined(history, reconciliation=method).past_errors[:, :, 0]
        for method in (BOTTOM_UP, "wls_variance")
    )
    first = LEAST_ERRORS  # vintages: the n-th has seen n one-step errors
    np.testing.assert_array_equal(plain[:first], moved[:first])
    assert (np.abs(plain - moved)[first:-1].max(axis=1) > 1.0).all()


def test_past_errors_are_observed_less_what_was_forecast_then():
    history = walks(n_time=9)
    one_step = made(history, reconciliation=BOTTOM_UP)["drift"].past_errors[:, :, 0]
    made_then = drift(history, 1)[:-1, :, 0].T
    np.testing.assert_allclose(one_step[:-1].T, history[:, FIRST_VINTAGE:] - made_then)
    assert np.isnan(one_step[-1]).all()


def test_the_median_of_the_draws_is_the_point_forecast():
    forecast = combined(walks(), n_draw=100)
    np.testing.assert_allclose(np.median(forecast.draws, axis=0), forecast.point, rtol=1e-9)


def test_candidates_are_forecast_beside_and_change_nothing():
    history = walks()
    plain, beside = made(history), made(history, candidates=["theta", "drift"])
    assert list(beside) == ["drift", "ets", "theta", COMBINATION]
    assert beside[COMBINATION].weights == plain[COMBINATION].weights
    np.testing.assert_array_equal(beside[COMBINATION].point, plain[COMBINATION].point)


def test_only_the_models_asked_for_are_drawn():
    assert list(made(walks(), only=["ets"])) == ["ets"]


def test_the_same_seed_gives_the_same_draws_and_another_seed_others():
    history = walks(n_time=9)
    first, again, other = (
        combined(history, members=["ridge", "network"], seed=seed) for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first.draws, again.draws)
    assert (first.draws != other.draws).any()
    assert (first.point != other.point).any()  # networks start from the seed


def test_series_that_erred_together_widen_their_total():
    def spread_of_total_over_cells(common):
        draws = combined(walks(common=common, n_time=18), n_draw=400).draws[:, :, 0]
        return draws.sum(axis=1).std() / np.sqrt((draws.std(axis=0) ** 2).sum())

    apart, together = (spread_of_total_over_cells(common) for common in (0.0, 0.9))
    assert together > 1.5 * apart
    assert 1.0 < apart < 2.5  # cells alone would give 1; a dozen calm years do not promise that


def test_intervals_widen_with_the_horizon():
    draws = combined(walks(), 16, n_draw=400).draws
    widths = np.ptp(np.quantile(draws, [0.1, 0.9], axis=0), axis=0).mean(axis=0)
    assert widths[15] > 1.3 * widths[5] > 1.3 * 1.5 * widths[0]


def test_intervals_cover_what_follows_in_cells_and_in_sums():
    """80 % intervals of 30 panels of 18 cells, 4 horizons: cells within 4 points, sums above 72."""
    inside = {"cells": [], "occupations": []}
    for seed in range(30):
        whole = TREE.aggregate(walks(n_time=22, seed=100 + seed, common=0.1))
        cells = whole[TREE.rows("cells"), :18]
        draws = TREE.aggregate(combined(cells, n_draw=100, members=["ets", "ridge"]).draws)
        low, high = np.quantile(draws, [0.1, 0.9], axis=0)
        for level, found in inside.items():
            rows = TREE.rows(level)
            found.append((low <= whole[:, 18:])[rows] & (whole[:, 18:] <= high)[rows])
    assert abs(np.mean(inside["cells"]) - 0.80) < 0.04
    assert 0.72 < np.mean(inside["occupations"]) < 0.90


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"members": []}, r"employment\.members is empty: name at least one of"),
        ({"members": ["arima"]}, r"employment\.members: 'arima' is unknown; choose of .*'network'"),
        ({"candidates": ["prophet"]}, r"employment\.candidates: 'prophet' is unknown"),
        ({"sum_members": []}, r"employment\.sum_members is empty"),
        ({"sum_members": ["ridge"]}, r"employment\.sum_members: 'ridge' is unknown"),
        ({"sum_levels": []}, r"employment\.sum_levels is empty"),
        ({"sum_levels": ["cells"]}, r"employment\.sum_levels: 'cells' is unknown.*'occupations'"),
        ({"reconciliation": "mint"}, r"employment\.reconciliation='mint'.*'bottom_up'"),
        ({"damping": 0.0}, r"employment\.drift_damping=0\.0: use 0 < value <= 1"),
        ({"damping": 1.01}, r"employment\.drift_damping=1\.01"),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(chosen, message):
    with pytest.raises(ConfigError, match=message):
        PanelSettings(**{"members": ["ets"], **chosen})


def test_too_short_a_history_is_refused():
    with pytest.raises(InputError, match="at least 2 are needed for an interval"):
        made(walks(n_time=5))
