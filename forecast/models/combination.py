"""Linear pools of draws, weighted by past scores."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from forecast.errors import InputError

Floats = NDArray[np.float64]

COMBINATION = "combination"  # what tables call the pool of members


def crps_weights(crps: ArrayLike) -> Floats:
    """Weigh models by the inverse of their mean past score.

    Parameters
    ----------
    crps : array_like (n_model, n_past)
        Scores of verified forecasts, lower is better; without any the weights are equal.

    Returns
    -------
    ndarray (n_model,)
        Sums to 1. Few past scores hardly rank models, so no model is dropped.

    References
    ----------
    Bates and Granger (1969), The combination of forecasts, with the CRPS for the squared error.

    Examples
    --------
    >>> crps_weights([[1.0, 1.0], [2.0, 4.0]]).tolist()
    [0.75, 0.25]
    >>> crps_weights(np.empty((2, 0))).tolist()
    [0.5, 0.5]
    """
    scores = np.asarray(crps, dtype=float)
    if scores.ndim != 2 or not (np.isfinite(scores) & (scores > 0)).all():
        raise InputError("weights need positive scores (n_model, n_past); leave gaps out.")
    if not scores.shape[1]:
        return np.full(len(scores), 1.0 / len(scores))
    inverse = 1.0 / scores.mean(axis=1)
    return np.asarray(inverse / inverse.sum())


def pool_draws(
    draws: Mapping[str, Floats], weights: Mapping[str, float], rng: np.random.Generator
) -> Floats:
    """Mix the models' distributions: each draw is taken whole from one model.

    Parameters
    ----------
    draws : mapping of str to ndarray (n_draw, ...)
        Of one shape. Draw d of the pool is draw d of the model that it falls to, so whatever holds
        within every draw of every model (order of scenarios, sums) holds in the pool.
    weights : mapping of str to float
        Sums to 1. A model gets floor or ceil of its weight times `n_draw` draws.

    Examples
    --------
    >>> two = {"a": np.zeros((4, 1)), "b": np.ones((4, 1))}
    >>> float(pool_draws(two, {"a": 0.25, "b": 0.75}, np.random.default_rng(0)).sum())
    3.0
    """
    if set(draws) != set(weights) or abs(sum(weights.values()) - 1.0) > 1e-9:
        raise InputError(f"pool of {sorted(draws)}: weights {dict(weights)} do not fit, or not 1.")
    names = list(draws)
    n_draw = len(draws[names[0]])
    # Ends of the models' stretches, rounded after cumulating: they fill n_draw exactly.
    ends = np.round(np.cumsum([weights[name] for name in names]) * n_draw).astype(int)
    chosen = rng.permutation(np.searchsorted(ends, np.arange(n_draw), side="right"))
    pooled = np.empty_like(draws[names[0]])
    for place, name in enumerate(names):
        mine = chosen == place
        pooled[mine] = draws[name][mine]
    return pooled
