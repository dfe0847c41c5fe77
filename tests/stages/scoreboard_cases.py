"""A small back-test with a known winner: walks, for which the last value is the best forecast."""

from __future__ import annotations

import numpy as np

from forecast.models.hierarchy import occupation_age
from forecast.types import AGE_GROUPS
from forecast.validation.backtest import roll_origins
from forecast.validation.scoreboard import scoreboard_tables

STEP = 5.0  # persons by half-year and cell
NAIVE = ("seasonal_naive", "drift")
TREE = occupation_age(["11", "12", "21"], AGE_GROUPS)


def walks(*, n_time=18, seed=0):
    """History of all nodes (n_node, n_time)."""
    steps = np.random.default_rng(seed).normal(0.0, STEP, (TREE.shape[1], n_time))
    return TREE.aggregate(300.0 + steps.cumsum(axis=1))


def models(past, horizon, *, n_draw=200):
    """Draws of four models; `walk` knows how the walks move, `alone` forgets to add up."""
    rng = np.random.default_rng(past.shape[1])
    cells = past[TREE.rows("cells")]
    noise = rng.normal(0.0, STEP, (n_draw, len(cells), horizon)).cumsum(axis=2)
    ahead = np.arange(horizon)
    slope = (cells[:, -1:] - cells[:, :1]) / (cells.shape[1] - 1)
    points = {
        "seasonal_naive": cells[:, cells.shape[1] - 2 + ahead % 2],
        "drift": cells[:, -1:] + slope * (ahead + 1),
        "walk": np.repeat(cells[:, -1:], horizon, axis=1),
    }
    made = {name: TREE.aggregate(point + noise) for name, point in points.items()}
    return made | {"alone": made["walk"] + rng.normal(0.0, 1.0, made["walk"].shape)}


def back_test(history=None, *, forecaster=models, origins=range(9, 17), max_horizon=6):
    history = walks() if history is None else history
    return roll_origins(
        history, forecaster, origins=origins, max_horizon=max_horizon, season=2, hierarchy=TREE
    )


def tables(**choices):
    return scoreboard_tables(
        back_test(**choices),
        TREE,
        stage="employment",
        default="walk",
        naive=NAIVE,
        rng=np.random.default_rng(0),
    )
