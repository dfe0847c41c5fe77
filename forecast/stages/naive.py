"""The declared naive forecasts of an exposure index: group mean, and mean rank of the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.features.panel import OTHER_CONSTRUCTS, unrelated_to
from forecast.models.design import Floats


def parent_forecast(
    y: Floats, *, parents: NDArray[np.str_], folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Forecast each row by the mean of its parent group outside its fold, else by the mean of all.

    Returns
    -------
    ndarray of shape (n_split, n_occ, n_target)

    Examples
    --------
    >>> parent_forecast(np.array([[1.0], [3.0], [8.0]]), parents=np.array(["a", "a", "b"]),
    ...     folds=np.array([[0, 1, 2]])).ravel().tolist()
    [3.0, 1.0, 2.0]
    """
    _, parent_of = np.unique(parents, return_inverse=True)
    member = np.eye(parent_of.max() + 1)[:, parent_of]  # (n_parent, n_occ)
    observed = np.isfinite(y)
    filled = np.where(observed, y, 0.0)
    forecast = np.empty((len(folds), *y.shape))
    for split, numbers in enumerate(folds):
        for fold in np.unique(numbers):
            kept = (numbers != fold)[:, None]
            sums, counts = member @ (filled * kept), member @ (observed * kept)
            overall = (filled * kept).sum(axis=0) / (observed * kept).sum(axis=0)
            means = np.divide(
                sums, counts, out=np.broadcast_to(overall, sums.shape).copy(), where=counts > 0
            )
            forecast[split, ~kept[:, 0]] = means[parent_of[~kept[:, 0]]]
    return forecast


def mean_rank(indices: pd.DataFrame) -> NDArray[np.float64]:
    """Return the mean percentile rank of each row over the indices that it has.

    Examples
    --------
    >>> mean_rank(pd.DataFrame({"a": [1.0, 2.0], "b": [5.0, None]})).tolist()
    [0.75, 1.0]
    """
    return indices.rank(pct=True).mean(axis=1).to_numpy(dtype=float)


def mean_rank_forecast(
    y: Floats, targets: Sequence[str], indices: pd.DataFrame, *, folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Forecast each published index from the mean rank of the indices unrelated to it.

    It knows other indices of the very occupation, which no model here does. A straight line,
    fitted outside the fold, brings the rank to the unit of the target. Indices of other
    constructs (SML, Frey-Osborne, theta) are not averaged with the rest. Targets that are no
    published index, and rows without an unrelated index, stay missing.

    Returns
    -------
    ndarray of shape (n_split, n_occ, n_target)
    """
    forecast = np.full((len(folds), *y.shape), np.nan)
    for place, target in enumerate(targets):
        others = unrelated_to(target, [str(n) for n in indices if n not in OTHER_CONSTRUCTS])
        if target not in indices or not others:
            continue
        rank = mean_rank(indices[others])
        known = np.isfinite(rank) & np.isfinite(y[:, place])
        for split, numbers in enumerate(folds):
            for fold in np.unique(numbers):
                kept = known & (numbers != fold)
                out = np.isfinite(rank) & (numbers == fold)
                if kept.sum() > 2:
                    line = np.polynomial.Polynomial.fit(rank[kept], y[kept, place], 1)
                    forecast[split, out, place] = line(rank[out])
    return forecast
