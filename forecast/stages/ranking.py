"""Where somebody stands among workers: the share of them below."""

from __future__ import annotations

import numpy as np

from forecast.errors import InputError
from forecast.models.base import Floats


def share_below(values: Floats, persons: Floats) -> Floats:
    """Return the share of persons with a lower value; those with the same value stand half below.

    Parameters
    ----------
    values : ndarray (..., cell)
    persons : ndarray (cell,)
        At least 0, somebody in some cell.

    Returns
    -------
    ndarray (..., cell)
        0 to 1. The mean over persons is one half, whatever the values.

    Examples
    --------
    >>> share_below(np.array([3.0, 1.0, 3.0]), np.array([1.0, 2.0, 1.0])).tolist()
    [0.75, 0.25, 0.75]
    """
    total = persons.sum()
    if not (np.isfinite(values).all() and total > 0 and (persons >= 0).all()):
        raise InputError("shares of workers below need finite values and persons of at least 0.")
    order = np.argsort(values, axis=-1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=-1)
    upto = np.cumsum(persons[order], axis=-1)
    before = upto - persons[order]
    cell = np.broadcast_to(np.arange(values.shape[-1]), values.shape)
    new = np.ones(values.shape, dtype=bool)
    new[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    ends = np.ones(values.shape, dtype=bool)
    ends[..., :-1] = new[..., 1:]
    first = np.maximum.accumulate(np.where(new, cell, 0), axis=-1)
    last = np.where(ends, cell, values.shape[-1])[..., ::-1]
    last = np.minimum.accumulate(last, axis=-1)[..., ::-1]
    middle = np.take_along_axis(before, first, axis=-1) + np.take_along_axis(upto, last, axis=-1)
    shares = np.empty(values.shape)
    np.put_along_axis(shares, order, middle / (2.0 * total), axis=-1)
    return np.clip(shares, 0.0, 1.0)  # sums of shares can miss 1 by rounding
