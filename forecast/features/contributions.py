"""What pushes an occupation's exposure up or down, in parts that add up exactly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from forecast.errors import InputError

Floats = NDArray[np.float64]
ROWS_AT_ONCE = 8_000  # a model answers many rows in little more time than a few; memory stays flat


def path_contributions(
    predict: Callable[[Floats], Floats], x: Floats, *, baseline: Floats, n_step: int = 4
) -> Floats:
    """Share out predict(x) - predict(baseline) among the columns of `x`.

    Each row walks from the baseline to its own place in `n_step` equal parts. Within a part the
    columns move one after the other and each gets the change that its own move makes, so that the
    contributions sum to the whole difference whatever the model. Every second part goes through
    the columns backwards: the error against integrated gradients falls with the square of
    `n_step`.

    Parameters
    ----------
    predict : callable
        (n_row, n_column) to (n_row,). It sees `n_step` x n_column moves of all rows, many at once.
    x : ndarray of shape (n_row, n_column)
    baseline : ndarray of shape (n_column,)
    n_step : int
        Even.

    Returns
    -------
    ndarray of shape (n_row, n_column)
        In the unit of `predict`.

    References
    ----------
    Sundararajan, Taly and Yan (2017), Axiomatic Attribution for Deep Networks, ICML; Aumann and
    Shapley (1974), Values of Non-Atomic Games.

    Examples
    --------
    >>> product = lambda x: x[:, 0] * x[:, 1]
    >>> path_contributions(product, np.array([[2.0, 3.0]]), baseline=np.zeros(2)).round(6)
    array([[3., 3.]])
    """
    if n_step < 2 or n_step % 2:
        raise InputError(f"n_step is {n_step}; there and back takes an even number of parts.")
    x, baseline = np.asarray(x, dtype=float), np.asarray(baseline, dtype=float)
    part = (x - baseline) / n_step
    place = np.tile(baseline, (len(x), 1))
    contributions = np.zeros_like(x)
    columns = np.arange(x.shape[1])
    n_together = max(ROWS_AT_ONCE // max(len(x), 1), 1)
    before = predict(place)
    for step in range(n_step):
        order = columns if step % 2 == 0 else columns[::-1]
        for chunk in np.split(order, range(n_together, len(order), n_together)):
            places = np.tile(place, (len(chunk), 1, 1))
            for number, column in enumerate(chunk):
                places[number:, :, column] += part[:, column]
            after = predict(places.reshape(-1, x.shape[1])).reshape(len(chunk), len(x))
            contributions[:, chunk] += np.diff(np.vstack([before, after]), axis=0).T
            place, before = places[-1], after[-1]
    return contributions


def task_contributions(share: Floats, exposure: Floats, *, mean: float) -> Floats:
    """Share out an occupation's exposure above the mean among its work activities.

    Parameters
    ----------
    share : ndarray of shape (n_occ, n_activity)
        Share of tasks; rows sum to 1.
    exposure : ndarray of shape (n_occ, n_activity)
        Mean exposure of these tasks (0-1).
    mean : float
        Exposure of all tasks of all workers.

    Returns
    -------
    ndarray of shape (n_occ, n_activity)
        Share x (exposure - mean): rows sum to the exposure of the occupation's tasks less `mean`.

    Examples
    --------
    >>> task_contributions(np.array([[0.25, 0.75]]), np.array([[1.0, 0.2]]), mean=0.3).round(3)
    array([[ 0.175, -0.075]])
    """
    return np.asarray(share * (exposure - mean))
