"""The engine hands out the past only, and scores what it is handed."""

import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scoreboard_cases import TREE, back_test, models, walks

from forecast.errors import InputError
from forecast.types import LEVELS
from forecast.validation import scores
from forecast.validation.backtest import (
    each_vintage,
    roll_origins,
    score_vintages,
    scored,
)
from forecast.validation.metrics import METRICS


def history(*, n_node=10, n_time=18, seed=0):
    rng = np.random.default_rng(seed)
    return 300.0 + rng.normal(0.0, 10.0, (n_node, n_time)).cumsum(axis=1)


def last_value(past, horizon):
    rng = np.random.default_rng(0)
    noise = rng.normal(0.0, 10.0, (200, past.shape[0], horizon)).cumsum(axis=2)
    return {"last": past[None, :, -1:] + noise}


def test_forecasts_and_scores_ignore_the_future():
    told, tampered = walks(), walks()
    tampered[:, 12:] *= 1_000.0
    plan = dict(origins=[10, 12, 14], max_horizon=4)
    before, after = (list(each_vintage(values, models, **plan)) for values in (told, tampered))
    for vintage, other in zip(before[:2], after[:2], strict=True):
        for name in vintage.draws:
            assert_array_equal(vintage.draws[name], other.draws[name])
    assert (before[2].draws["walk"] != after[2].draws["walk"]).any()
    tests = [back_test(values, **plan) for values in (told, tampered)]
    for metric in METRICS:
        first, second = (test.forecasts("drift", metric)[0, :, :2] for test in tests)
        assert_array_equal(first, second)
    assert_array_equal(tests[0].scale[:2], tests[1].scale[:2])


def test_a_forecaster_cannot_change_the_data_it_is_scored_on():
    def vandal(past, horizon):
        made = last_value(past, horizon)
        past[:] = 0.0
        return made

    values = history()
    test, honest = (
        roll_origins(values, forecaster, origins=[10, 12], max_horizon=2, season=2)
        for forecaster in (vandal, last_value)
    )
    assert_array_equal(values, history())
    assert_array_equal(test.scale, honest.scale)
    assert_array_equal(test.models["last"].sign_hit, honest.models["last"].sign_hit)


def test_a_vintage_is_let_go_before_the_next_but_one_is_forecast():
    handed_out = []

    def forecaster(past, horizon):
        assert [draws() for draws in handed_out[:-1]] == [None] * len(handed_out[:-1])
        made = last_value(past, horizon)
        handed_out.append(weakref.ref(made["last"]))
        return made

    roll_origins(history(), forecaster, origins=range(9, 15), max_horizon=2, season=2)
    assert len(handed_out) == 6


def test_scores_stop_where_the_data_end():
    test = roll_origins(history(), last_value, origins=[15, 17], max_horizon=6, season=2)
    assert test.origins == (15, 17) and test.scale.shape == (2, 10)
    for metric in METRICS:
        known = np.isfinite(test.forecasts("last", metric))
        assert known.shape == (2, 10, 3)
        assert known[0].all() and known[1, :, 0].all() and not known[1, :, 1:].any(), metric


def test_every_forecast_is_scored_as_the_kernels_score_it():
    (vintage,) = each_vintage(history(), last_value, origins=[12], max_horizon=3)
    test = roll_origins(history(), last_value, origins=[12], max_horizon=3, season=2)
    draws, y = vintage.draws["last"], vintage.observed
    scale = [
        np.mean([abs(past[t] - past[t - 2]) for t in range(2, 12)]) for past in history()[:, :12]
    ]
    assert_allclose(test.scale[0], scale)
    made = {metric: test.forecasts("last", metric)[0] for metric in METRICS}
    median = np.median(draws, axis=0)
    mase = scores.mase(y, median, history=vintage.past, season=2)
    assert made["mase"].mean() == pytest.approx(mase)
    assert_allclose(made["crps_scaled"] * test.scale[0][:, None], scores.crps_draws(draws, y))
    losses = [scores.pinball_loss(y, np.quantile(draws, q, axis=0), q) for q in LEVELS]
    assert_allclose(made["pinball_scaled"] * test.scale[0][:, None], np.mean(losses, axis=0))
    for name, level in (("coverage80", 0.8), ("coverage95", 0.95)):
        assert made[name].mean() == pytest.approx(scores.coverage_draws(draws, y, level))
        assert set(np.unique(made[name])) == {0.0, 1.0}
    right = (median > vintage.past[:, -1:]) == (y > vintage.past[:, -1:])
    assert_array_equal(made["sign_accuracy"], right)


def test_a_sure_hit_is_ideal_in_every_metric():
    values = history()

    def oracle(past, horizon):
        later = values[:, past.shape[1] : past.shape[1] + horizon]
        return {"oracle": np.repeat(later[None], 5, axis=0)}

    test = roll_origins(values, oracle, origins=[10, 14], max_horizon=3, season=2)
    for metric, kind in METRICS.items():
        ideal = 1.0 if metric.startswith("coverage") else kind.ideal
        assert_allclose(test.forecasts("oracle", metric), ideal, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(unit=st.floats(1e-3, 1e6), seed=st.integers(0, 99))
def test_scaled_metrics_do_not_depend_on_the_unit(unit, seed):
    def in_unit(past, horizon):
        return {"last": unit * last_value(past / unit, horizon)["last"]}

    plan = dict(origins=[10, 16], max_horizon=3, season=2)
    test = roll_origins(history(seed=seed), last_value, **plan)
    other = roll_origins(unit * history(seed=seed), in_unit, **plan)
    for metric in ("mase", "crps_scaled", "pinball_scaled"):
        found, expected = (t.forecasts("last", metric) for t in (other, test))
        assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_a_node_that_never_changed_is_left_out_of_scaled_scores_only():
    values = history()
    values[0] = 0.0
    test = roll_origins(values, last_value, origins=[10], max_horizon=2, season=2)
    assert np.isnan(test.scale[0, 0]) and np.isfinite(test.scale[0, 1:]).all()
    counts = {m: int(np.isfinite(test.forecasts("last", m)).sum()) for m in METRICS}
    assert counts["mase"] == counts["crps_scaled"] == counts["pinball_scaled"] == 18
    assert counts["coverage80"] == counts["coverage95"] == 20
    assert counts["sign_accuracy"] == 18  # it never moved: there was no direction


def test_draws_are_held_to_the_sums_of_their_cells():
    found = back_test().models
    assert found["walk"].coherence_gap < 1e-9 < 0.5 < found["alone"].coherence_gap
    assert found["walk"].smallest_draw > 0

    def slip(past, horizon):
        draws = models(past, horizon)["walk"]
        if past.shape[1] == 10:
            draws[7, TREE.row("majors", "2"), -1] += 1e-5
            draws[3, TREE.row("cells", "12", "60+"), 0] = -2.0
            draws[3] = TREE.aggregate(draws[3, TREE.rows("cells")])
        return {"slip": draws}

    slipped = back_test(forecaster=slip).models["slip"]
    assert slipped.coherence_gap == pytest.approx(1e-5, rel=1e-3)
    assert slipped.smallest_draw == -2.0


def test_without_a_hierarchy_nobody_says_how_nodes_add_up():
    test = roll_origins(history(), last_value, origins=[10], max_horizon=2, season=2)
    assert np.isnan(test.models["last"].coherence_gap)


def test_rows_of_scores_are_means_over_all_forecasts_beside_the_naive_value():
    plan = dict(origins=[10, 16], max_horizon=4)
    made = list(each_vintage(history(), last_value, **plan))
    rows = score_vintages(made, naive="last", season=2, stage="here").set_index("metric")
    test = roll_origins(history(), last_value, season=2, **plan)
    parts = [test.forecasts("last", "crps_scaled")[0].ravel()]
    parts.append(test.forecasts("last", "crps_scaled")[1, :, :2].ravel())
    expected = np.concatenate(parts)
    assert rows.loc["crps_scaled", "value"] == pytest.approx(expected.mean())
    assert rows.loc["crps_scaled", "n"] == expected.size == 10 * (4 + 2)
    assert (rows["value"] == rows["naive_value"]).all() and (rows["stage"] == "here").all()


@pytest.mark.parametrize("origins", [[0], [18], []])
def test_origins_without_past_or_future_are_refused(origins):
    with pytest.raises(InputError, match="Move first_origin or last_origin"):
        roll_origins(history(), last_value, origins=origins, max_horizon=2, season=2)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda draws: draws[:, :, :1], r"last returned draws of shape \(200, 10, 1\)"),
        (lambda draws: np.where(draws > 0, np.nan, draws), "expected finite"),
    ],
)
def test_draws_that_cannot_be_scored_are_refused_with_their_model_and_origin(spoil, says):
    def spoilt(past, horizon):
        return {name: spoil(draws) for name, draws in last_value(past, horizon).items()}

    with pytest.raises(InputError, match=says):
        roll_origins(history(), spoilt, origins=[10], max_horizon=2, season=2)


def test_a_model_that_is_missing_at_one_origin_is_refused():
    made = list(each_vintage(history(), last_value, origins=[10, 12], max_horizon=2))
    made[1].draws["other"] = made[1].draws["last"]
    with pytest.raises(InputError, match=r"not every origin has the models \['last'\]"):
        scored(made, season=2)
