"""Cells follow the draws of their columns, and scopes keep a trend that single cells do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import ConfigError, InputError
from forecast.models.hierarchy import SCOPE_LEVELS, crossed
from forecast.models.two_way import TwoWaySettings, forecast_two_way

SCOPES, MAJORS = ["A", "B", "C", "D"], ["1", "2", "3"]
TREE = crossed(SCOPES, MAJORS, levels=SCOPE_LEVELS)
OPTIONS = TwoWaySettings(resolution=1_000.0)


def table(seed, *, n_time=12, noise=0.05):
    rng = np.random.default_rng(seed)
    level = np.exp(rng.normal(11.0, 1.5, (12, 1)))
    return level * np.exp(noise * rng.normal(size=(12, n_time)))


def columns(history, *, n_draw=20, horizon=4, seed=0, spread=0.03):
    now = TREE.aggregate(history)[TREE.rows("majors"), -1:]
    rng = np.random.default_rng(seed)
    return now * np.exp(spread * rng.normal(size=(n_draw, 3, horizon)))


def forecast(history, given_columns, *, seed=1, lag=0, options=OPTIONS):
    rng = np.random.default_rng(seed)
    return forecast_two_way(history, given_columns, tree=TREE, settings=options, rng=rng, lag=lag)


@given(seed=st.integers(0, 10**6), n_empty=st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_every_draw_adds_up_to_its_columns_and_none_is_negative(seed, n_empty):
    history = table(seed, noise=0.4)
    history[np.random.default_rng(seed).choice(9, n_empty, replace=False)] = 0.0  # scope D stays
    wanted = columns(history, seed=seed)
    made = forecast(history, wanted)
    assert made.min() >= 0.0
    np.testing.assert_allclose(TREE.aggregate(made)[:, TREE.rows("majors")], wanted, rtol=1e-9)


def test_the_forecast_ignores_what_came_later_and_follows_its_seed():
    history = table(1, n_time=14)
    wanted = columns(history)
    tampered = history.copy()
    tampered[:, 11:] *= 50.0
    first, second = (forecast(values[:, :11].copy(), wanted) for values in (history, tampered))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, forecast(history[:, :11], wanted, seed=2))


def test_a_growing_scope_goes_on_growing():
    history = table(2, noise=0.01)
    history[:3] *= np.linspace(1.0, 2.0, 12)  # scope A doubles in six years
    wanted = np.repeat(
        TREE.aggregate(history)[TREE.rows("majors"), -1:][None], 200, axis=0
    ) * np.ones((1, 1, 6))
    made = np.median(TREE.aggregate(forecast(history, wanted)), axis=0)
    row = TREE.row("scopes", "A")
    past = TREE.aggregate(history)[row]
    assert made[row, -1] > made[row, 0] > 0.99 * past[-1]
    assert made[row, -1] - past[-1] > 0.25 * (past[-1] - past[-7])


def test_columns_that_double_take_their_cells_along():
    history = table(3)
    wanted = columns(history, spread=0.0)
    doubled = wanted.copy()
    doubled[:, 1] *= 2.0
    before, after = (TREE.aggregate(forecast(history, one)) for one in (wanted, doubled))
    cells = TREE.rows("cells")
    in_second = TREE.summing[TREE.row("majors", second="2")][None, :, None] > 0
    np.testing.assert_allclose(
        after[:, cells], np.where(in_second, 2.0, 1.0) * before[:, cells], rtol=1e-9
    )


def test_a_table_that_ends_earlier_is_carried_over_the_lag():
    steps = 0.05 * np.random.default_rng(4).normal(size=(12, 12))
    history = 1e5 * np.exp(np.cumsum(steps, axis=1))  # errors of a random walk grow
    wanted = columns(history, n_draw=400, horizon=3)
    near = forecast(history, wanted)
    far = forecast(history, wanted, lag=4)
    assert far.shape == near.shape
    scopes = TREE.rows("scopes")
    widths = [np.ptp(TREE.aggregate(made)[:, scopes, 0], axis=0).mean() for made in (near, far)]
    assert widths[1] > 1.3 * widths[0]


def test_an_empty_column_and_an_impossible_damping_are_refused():
    history = table(5)
    history[TREE.summing[TREE.row("majors", second="3")] > 0, 2] = 0.0
    with pytest.raises(InputError, match="column totals are zero"):
        forecast(history, columns(table(5)))
    with pytest.raises(ConfigError, match="drift_damping"):
        TwoWaySettings(damping=1.5)
