"""A whole number shared in proportion to weights, between bounds, by largest remainder."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.errors import InputError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
LARGE_ENOUGH = 1e-12  # a smaller share of all weights counts as none


def spread_whole(
    total: int, weights: Floats, least: NDArray[Any] | int = 0, most: Ints | None = None
) -> tuple[Ints, Floats]:
    """Share a whole number in proportion to weights, between bounds, by largest remainder.

    Parameters
    ----------
    total : int
        To be given out exactly.
    weights : ndarray (place,)
        At least 0; without any above 0 all places count alike.
    least, most : ndarray of int (place,) or int
        Bounds; no `most`: none above `total`.

    Returns
    -------
    whole : ndarray of int (place,)
        Sums to `total`, inside the bounds, less than one from `share`.
    share : ndarray (place,)
        Proportional inside the bounds, before rounding.

    Raises
    ------
    InputError
        If the bounds leave no room for `total`.

    Examples
    --------
    >>> whole, share = spread_whole(10, np.array([8.0, 1.0, 0.0]), least=1)
    >>> whole.tolist(), share.tolist()
    ([8, 1, 1], [8.0, 1.0, 1.0])
    """
    low = np.broadcast_to(np.asarray(least, dtype=np.int64), weights.shape)
    high = np.full(weights.shape, total, dtype=np.int64) if most is None else most
    high = np.maximum(high, low)
    if not low.sum() <= total <= high.sum():
        raise InputError(f"{total} cannot be shared between bounds {low.sum()} and {high.sum()}.")
    share = _proportional(total, weights, low.astype(float), high.astype(float))
    whole = np.floor(share).astype(np.int64)
    left = int(total - whole.sum())
    whole[np.argsort(whole - share, kind="stable")[:left]] += 1
    return whole, share


def _proportional(total: int, weights: Floats, low: Floats, high: Floats) -> Floats:
    """Clip a multiple of the weights to the bounds so that it sums to `total`."""
    weights = weights / weights.sum() if weights.sum() > 0 else np.ones(len(weights))
    some = weights > LARGE_ENOUGH
    share = np.where(some, high, low)
    if share.sum() <= total:  # all weight is used up: the others share what is left alike
        if not some.all() and share.sum() < total:
            rest = total - int(share[some].sum())
            share[~some] = _proportional(rest, np.ones((~some).sum()), low[~some], high[~some])
        return share
    bounds = np.concatenate([low[some] / weights[some], high[some] / weights[some]])
    multiples = np.unique(bounds)
    sums = np.clip(multiples[:, None] * weights, low, np.where(some, high, low)).sum(axis=1)
    multiple = np.interp(total, sums, multiples)  # the sum is linear between the bounds
    return np.clip(multiple * weights, low, np.where(some, high, low))
