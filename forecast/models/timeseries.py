"""Point forecasts of many half-yearly series at once, each from its own past alone.

A vintage is what was known after its first `n_seen` half-years. Every member returns an array
(vintage, series, horizon) for the vintages ``first .. n_time``; a vintage never sees beyond itself,
so the rolling errors that weights and intervals need come at no further cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from forecast.models.naive import (
    FIRST_VINTAGE,
    HALVES,
    drift,
    seasonal_naive,
    vintages,
)
from forecast.models.smoothing import ets, half_sign

Floats = NDArray[np.float64]

ALPHAS: Floats = np.arange(0.1, 1.0, 0.1)  # smoothing of the level that theta chooses from


def damped_drift(
    history: Floats, horizon: int, *, first: int = FIRST_VINTAGE, damping: float = 0.95
) -> Floats:
    """Extend the last seasonally adjusted value by the mean past change, slowly damped.

    Parameters and result as in :func:`forecast.models.naive.seasonal_naive`; `damping` multiplies
    the change of each further half-year, so that a line through nine years need not run on for ever
    (1: it does).

    Examples
    --------
    >>> damped_drift(np.array([[1.0, 2.0, 3.0, 4.0]]), 2, damping=0.5)[-1]
    array([[5. , 5.5]])
    """
    steps = np.cumsum(damping ** np.arange(horizon))
    forecasts = []
    for n_seen in vintages(history.shape[1], first):
        past = history[:, :n_seen]
        signs = half_sign(np.arange(n_seen + horizon))
        season = seasonal_effect(past)[:, None]
        adjusted = past - season * signs[:n_seen]
        # Means over whole years at both ends keep the season out of the slope.
        rise = adjusted[:, -HALVES:].mean(axis=1) - adjusted[:, :HALVES].mean(axis=1)
        slope = (rise / (n_seen - HALVES))[:, None]
        forecasts.append(adjusted[:, -1:] + slope * steps + season * signs[n_seen:])
    return np.stack(forecasts)


def theta(history: Floats, horizon: int, *, first: int = FIRST_VINTAGE) -> Floats:
    """Smooth the seasonally adjusted level and add half the slope of the line through all of it.

    Parameters and result as in :func:`forecast.models.naive.seasonal_naive`. Each series takes the
    smoothing of :data:`ALPHAS` with the least squared one-step error so far.

    References
    ----------
    Assimakopoulos and Nikolopoulos (2000), The theta model, International Journal of Forecasting
    16(4); in the form of Hyndman and Billah (2003), Unmasking the theta method, same journal 19(2).

    Examples
    --------
    >>> theta(np.full((1, 6), 7.0), 2)[-1].round(6)
    array([[7., 7.]])
    """
    forecasts = []
    for n_seen in vintages(history.shape[1], first):
        past = history[:, :n_seen]
        season, signs = seasonal_effect(past)[:, None], half_sign(np.arange(n_seen + horizon))
        adjusted = past - season * signs[:n_seen]
        time = np.arange(n_seen) - (n_seen - 1) / 2.0
        growth = (adjusted @ time / (time @ time) / 2.0)[:, None]
        level, squares = adjusted[:, :1] + 0.0 * ALPHAS, np.zeros((len(past), len(ALPHAS)))
        for value in adjusted.T[1:]:
            error = value[:, None] - level - growth
            squares += error**2
            level = level + growth + ALPHAS * error
        chosen = squares.argmin(axis=1)[:, None]
        ahead = growth * np.arange(1, horizon + 1)
        forecasts.append(
            np.take_along_axis(level, chosen, axis=1) + ahead + season * signs[n_seen:]
        )
    return np.stack(forecasts)


def seasonal_effect(past: Floats) -> Floats:
    """Estimate half the gap between halves, shrunk to zero where noise alone would explain it."""
    curvature = (past[:, 1:-1] - (past[:, :-2] + past[:, 2:]) / 2.0) / 2.0
    signed = curvature * half_sign(np.arange(1, past.shape[1] - 1))
    gap, n_terms = signed.mean(axis=1), signed.shape[1]
    variance = signed.var(axis=1, ddof=1) / n_terms
    # Neighbouring terms share observations: their mean varies about twice as much as if not.
    noise = 2.0 * variance
    kept = np.divide(noise, gap**2, out=np.ones_like(gap), where=gap**2 > noise)
    return gap * (1.0 - kept)


LOCAL_MEMBERS: Mapping[str, Callable[..., Floats]] = {
    "seasonal_naive": seasonal_naive,
    "drift": drift,
    "damped_drift": damped_drift,
    "ets": ets,
    "theta": theta,
}
