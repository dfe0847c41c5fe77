"""The engine hands out the past only, and scores models beside the declared naive one."""

import numpy as np
import pytest

from forecast.errors import InputError
from forecast.models.baseline import COMBINATION, NAIVE, forecast_panel
from forecast.validation.backtest import aggregated, roll_origins, score_vintages
from forecast.validation.scores import crps_draws


def history(*, n_series=10, n_time=18, seed=0):
    rng = np.random.default_rng(seed)
    return 300.0 + rng.normal(0.0, 10.0, (n_series, n_time)).cumsum(axis=1)


def baseline(past, horizon):
    rng = np.random.default_rng(past.shape[1])
    made = forecast_panel(past, horizon, members=["drift", "ets"], n_draw=40, rng=rng)
    return {name: forecast.draws for name, forecast in made.items()}


def last_value(past, horizon):
    rng = np.random.default_rng(0)
    noise = rng.normal(0.0, 10.0, (200, past.shape[0], horizon)).cumsum(axis=2)
    return {"last": past[None, :, -1:] + noise}


def test_forecasts_ignore_the_future():
    told, tampered = history(), history()
    tampered[:, 12:] *= 1_000.0
    origins = dict(origins=[10, 12, 14], max_horizon=4)
    before, after = (roll_origins(values, baseline, **origins) for values in (told, tampered))
    for vintage, other in zip(before[:2], after[:2], strict=True):
        for name in vintage.draws:
            np.testing.assert_array_equal(vintage.draws[name], other.draws[name])
    assert (before[2].draws[COMBINATION] != after[2].draws[COMBINATION]).any()


def test_a_forecaster_cannot_change_the_data_it_is_scored_on():
    def vandal(past, horizon):
        past[:] = 0.0
        return last_value(past, horizon)

    values = history()
    (vintage,) = roll_origins(values, vandal, origins=[10], max_horizon=2)
    np.testing.assert_array_equal(values, history())
    np.testing.assert_array_equal(vintage.past, history()[:, :10])


def test_horizons_end_where_the_data_end():
    vintages = roll_origins(history(), last_value, origins=[15, 17], max_horizon=6)
    assert [vintage.observed.shape for vintage in vintages] == [(10, 3), (10, 1)]


def test_a_sure_hit_scores_zero_and_is_covered():
    values = history()

    def oracle(past, horizon):
        later = values[:, past.shape[1] : past.shape[1] + horizon]
        return {"oracle": np.repeat(later[None], 5, axis=0), **last_value(past, horizon)}

    vintages = roll_origins(values, oracle, origins=[10, 14], max_horizon=3)
    scores = score_vintages(vintages, naive="last", season=2).set_index(["model", "metric"])
    assert scores.loc[("oracle", "mase"), "value"] == 0.0
    assert scores.loc[("oracle", "crps_scaled"), "value"] == pytest.approx(0.0, abs=1e-12)
    assert scores.loc[("oracle", "coverage80"), "value"] == 1.0


def test_scores_are_means_over_all_forecasts_beside_the_naive_value():
    vintages = roll_origins(history(), last_value, origins=[10, 16], max_horizon=4)
    scores = score_vintages(vintages, naive="last", season=2).set_index("metric")
    parts = []
    for vintage in vintages:
        scale = np.abs(vintage.past[:, 2:] - vintage.past[:, :-2]).mean(axis=1)
        crps = crps_draws(vintage.draws["last"], vintage.observed)
        parts.append((crps / scale[:, None]).ravel())
    expected = np.concatenate(parts)
    assert scores.loc["crps_scaled", "value"] == pytest.approx(expected.mean())
    assert scores.loc["crps_scaled", "n"] == expected.size == 10 * (4 + 2)
    assert (scores["value"] == scores["naive_value"]).all()


def test_a_cell_that_never_changed_is_left_out_of_scaled_scores_only():
    values = history()
    values[0] = 0.0
    vintages = roll_origins(values, last_value, origins=[10], max_horizon=2)
    counts = score_vintages(vintages, naive="last", season=2).set_index("metric")["n"]
    assert counts["mase"] == counts["crps_scaled"] == 18
    assert counts["coverage80"] == counts["coverage95"] == 20


def test_aggregates_are_sums_in_every_draw():
    vintages = roll_origins(history(), baseline, origins=[12], max_horizon=3)
    (total,) = aggregated(vintages, np.ones((1, 10)))
    np.testing.assert_allclose(total.observed[0], vintages[0].observed.sum(axis=0))
    for name, draws in vintages[0].draws.items():
        np.testing.assert_allclose(total.draws[name][:, 0], draws.sum(axis=1))


def test_the_naive_model_of_a_baseline_is_the_last_season():
    values = history()
    (vintage,) = roll_origins(values, baseline, origins=[12], max_horizon=2)
    median = np.median(vintage.draws[NAIVE], axis=0)
    np.testing.assert_allclose(median, values[:, 10:12], rtol=1e-9)


@pytest.mark.parametrize("origins", [[0], [18], []])
def test_origins_without_past_or_future_are_refused(origins):
    with pytest.raises(InputError, match="Move first_origin or last_origin"):
        roll_origins(history(), last_value, origins=origins, max_horizon=2)
