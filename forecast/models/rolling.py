"""What past vintages got wrong, and the weights of a combination that follow from it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from forecast.models.naive import FIRST_VINTAGE, vintages

Floats = NDArray[np.float64]


def rolling_errors(history: Floats, forecasts: Floats, *, first: int = FIRST_VINTAGE) -> Floats:
    """Return observed less forecast for every vintage and horizon; NaN where not yet observed.

    Parameters
    ----------
    history : ndarray (n_series, n_time)
    forecasts : ndarray (n_vintage, n_series, n_horizon)
        For the vintages ``first .. n_time``, as members return them.

    Examples
    --------
    >>> from forecast.models.naive import seasonal_naive
    >>> past = np.array([[1.0, 2.0, 1.0, 2.0, 4.0]])
    >>> rolling_errors(past, seasonal_naive(past, 2))[0]
    array([[ 3., nan]])
    """
    n_time, horizon = history.shape[1], forecasts.shape[2]
    errors = np.full(forecasts.shape, np.nan)
    for vintage, n_seen in enumerate(vintages(n_time, first)):
        known = min(horizon, n_time - n_seen)
        errors[vintage, :, :known] = (
            history[:, n_seen : n_seen + known] - (forecasts[vintage, :, :known])
        )
    return errors


def combination_weights(errors: Mapping[str, Floats], scale: Floats) -> dict[str, float]:
    """Weight members by the inverse of their mean squared scaled error over past vintages.

    Parameters
    ----------
    errors : mapping of member to ndarray (n_vintage, n_series, n_horizon)
        From :func:`rolling_errors`: only what was observed before now.
    scale : ndarray (n_series,)
        Size of a usual error of each series, so that large occupations do not decide alone.

    Returns
    -------
    dict
        Member to weight; they sum to 1.

    References
    ----------
    Bates and Granger (1969), The combination of forecasts, OR Quarterly 20(4).

    Examples
    --------
    >>> past = {"a": np.full((1, 1, 1), 1.0), "b": np.full((1, 1, 1), 2.0)}
    >>> combination_weights(past, np.ones(1))
    {'a': 0.8, 'b': 0.2}
    """
    squared = {
        name: float(np.nanmean((error / scale[None, :, None]) ** 2))
        for name, error in errors.items()
    }
    # Relative to the best: the inverse of nothing at all would be infinite.
    best = max(min(squared.values()), np.finfo(float).tiny)
    inverse = {name: best / max(value, best) for name, value in squared.items()}
    total = sum(inverse.values())
    return {name: value / total for name, value in inverse.items()}
