"""Global models: one fit per vintage for all cells, of every change that was known by then.

Ridge, boosting and a network learn the same rows (:mod:`forecast.models.panel_design`) and are
called alike. They look up to :data:`REACH` half-years ahead; beyond, the last yearly change goes on
and is damped, because nobody has seen how it continues.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from forecast.models.naive import FIRST_VINTAGE, HALVES, vintages
from forecast.models.panel_design import (
    TrainingRows,
    forecast_rows,
    panel_scale,
    training_rows,
    within_reach,
)

Floats = NDArray[np.float64]

REACH = 6  # half-years ahead that are learnt
LARGEST_CHANGE = 6.0  # scales of a series over the root of time: what a fit may be told
PENALTY = 0.1  # ridge, per row of standardised features

# (training rows, pairs known to the vintage, rows to forecast (n_step, n_series, n_feature))
# -> changes per root of time (n_step, n_series)
Learner = Callable[[TrainingRows, NDArray[np.bool_], Floats], Floats]


def ridge(rows: TrainingRows, known: NDArray[np.bool_], ahead: Floats) -> Floats:
    """Fit one straight line through zero: without features nothing changes."""
    x, new = (
        (array[..., :-2] * array[..., -2:-1]).reshape(-1, array.shape[2] - 2)
        for array in (rows.x[known], ahead)
    )
    spread = x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    centre = np.zeros_like(spread)  # no intercept: no growth anywhere means no change
    x, new = within_reach(x, centre, spread), within_reach(new, centre, spread)
    gram = x.T @ x + PENALTY * len(x) * np.eye(x.shape[1])
    coefficients = np.linalg.solve(gram, x.T @ told(rows.change[known]).ravel())
    return np.asarray((new @ coefficients).reshape(ahead.shape[:2]))


def boosting(rows: TrainingRows, known: NDArray[np.bool_], ahead: Floats) -> Floats:
    """Fit small trees one after the other: thresholds and interactions that a line cannot have."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    trees = HistGradientBoostingRegressor(
        learning_rate=0.05,
        max_iter=80,
        max_leaf_nodes=8,
        min_samples_leaf=40,
        l2_regularization=10.0,
        early_stopping=False,
        random_state=0,
    )
    x = rows.x[known]
    # Threads would wait for each other on trees this small.
    with threadpool_limits(limits=1, user_api="openmp"):
        trees.fit(x.reshape(-1, x.shape[2]), told(rows.change[known]).ravel())
        made = trees.predict(ahead.reshape(-1, ahead.shape[2]))
    return np.asarray(made.reshape(ahead.shape[:2]))


LEARNERS: Mapping[str, Learner] = {"ridge": ridge, "boosting": boosting}


def learnt(
    learner: Learner,
    history: Floats,
    horizon: int,
    *,
    n_age: int,
    damping: float,
    breaks: Sequence[int] = (),
    first: int = FIRST_VINTAGE,
) -> Floats:
    """Forecast from every vintage by a model fitted to what that vintage had seen.

    Parameters
    ----------
    learner : callable
        Out of :data:`LEARNERS`.
    history : ndarray (n_series, n_time)
        Persons by occupation and age, the age fastest.
    horizon, n_age, breaks
        As for :func:`forecast.models.panel_design.training_rows`.
    damping : float
        Of each further half-year's change beyond the reach; 1 is a straight line.
    first : int
        Half-years seen by the first vintage.

    Returns
    -------
    ndarray (n_time - first + 1, n_series, horizon)
        A vintage that has seen no change yet keeps the last value.

    Examples
    --------
    >>> past = np.linspace(50_000.0, 90_000.0, 30).reshape(3, 10).repeat(2, axis=0)
    >>> learnt(ridge, past, 3, n_age=3, damping=0.95)[-1].shape
    (6, 3)
    """
    rows = training_rows(history, REACH, n_age=n_age, breaks=breaks)
    forecasts = []
    for n_seen in vintages(history.shape[1], first):
        past = history[:, :n_seen]
        known = rows.known_after <= n_seen
        ahead = forecast_rows(past, min(horizon, REACH), n_age=n_age)
        changes = learner(rows, known, ahead) if known.any() else np.zeros(ahead.shape[:2])
        forecasts.append(levels(past, changes, horizon, damping=damping))
    return np.stack(forecasts)


def told(change: Floats) -> Floats:
    """Cut changes beyond :data:`LARGEST_CHANGE`: no fit is to follow one cell's upheaval."""
    return np.clip(change, -LARGEST_CHANGE, LARGEST_CHANGE)


def levels(past: Floats, changes: Floats, horizon: int, *, damping: float) -> Floats:
    """Turn changes per root of time (n_step, n_series) into levels (n_series, horizon).

    Examples
    --------
    >>> past, changes = np.array([[0.0, 0.0, 500.0, 500.0]]), np.array([[1.0], [2.0**0.5]])
    >>> levels(past, changes, 3, damping=0.95)[0].round(1)
    array([1000., 1500., 1975.])
    """
    roots = np.sqrt(np.arange(1, len(changes) + 1))[:, None]
    made = past[:, -1] + changes * roots * panel_scale(past)
    if horizon > len(made):
        before = np.vstack([past[:, -1:].T, made])[-1 - min(HALVES, len(made))]
        step = (made[-1] - before) / min(HALVES, len(made))
        further = np.cumsum(damping ** np.arange(1, horizon - len(made) + 1))
        made = np.vstack([made, made[-1] + further[:, None] * step])
    return np.maximum(made.T, 0.0)
