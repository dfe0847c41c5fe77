"""Exponential smoothing of many half-yearly series at once, averaged over its parameters."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from forecast.models.naive import FIRST_VINTAGE, HALVES

Floats = NDArray[np.float64]

# Columns are (alpha, beta, phi, gamma): smoothing of the level, of the trend as a part of that,
# damping of the trend, smoothing of the season as a part of what the level leaves.
GRID: Floats = np.array(
    [
        (alpha, alpha * beta, phi, gamma * (1.0 - alpha))
        for alpha, beta, phi, gamma in product(
            (0.1, 0.3, 0.5, 0.7, 0.9), (0.0, 0.05, 0.15, 0.3), (0.8, 0.9, 0.98), (0.0, 0.1, 0.3)
        )
    ]
).T


def ets(
    history: Floats,
    horizon: int,
    *,
    first: int = FIRST_VINTAGE,
    resolution: float = 0.0,
    grid: Floats = GRID,
) -> Floats:
    """Smooth level, damped trend and season of each series: ETS(A, Ad, A) with period two.

    All series run through a grid of smoothing parameters together. Nine years cannot tell
    neighbouring parameters apart, so forecasts are averaged over the grid with the likelihood of
    the series, times the mean likelihood of all series, as weights; `resolution` (the rounding
    step of the source) keeps a series of equal rounded values from being called certain. A `grid`
    of one column is plain ETS at those parameters.

    Parameters and result as in :func:`forecast.models.naive.seasonal_naive`.

    References
    ----------
    Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing, Springer.

    Examples
    --------
    >>> ets(np.full((1, 6), 7.0), 2)[-1].round(6)
    array([[7., 7.]])
    """
    alpha, beta, phi, gamma = grid
    level, trend, season = initial_states(history)
    states = [np.repeat(state[:, None], alpha.size, axis=1) for state in (level, trend)]
    seasons = [np.repeat(sign * season[:, None], alpha.size, axis=1) for sign in (1.0, -1.0)]
    damped = np.cumsum(phi[:, None] ** np.arange(1, horizon + 1), axis=1)
    squares = np.full(states[0].shape, max(resolution**2 / 12.0, np.finfo(float).tiny))
    forecasts = []
    for time in range(history.shape[1]):
        half = time % HALVES
        expected = states[0] + phi * states[1]
        error = history[:, time, None] - expected - seasons[half]
        states = [expected + alpha * error, phi * states[1] + beta * error]
        seasons[half] = seasons[half] + gamma * error
        squares += error**2
        if time + 1 >= first:
            weights = _likelihood_weights(squares, n_seen=time + 1)
            ahead = [(weights * seasons[half]).sum(axis=1) for half in (0, 1)]
            repeated = np.stack([ahead[(time + 1 + h) % HALVES] for h in range(horizon)], axis=1)
            base = (weights * states[0]).sum(axis=1)[:, None]
            forecasts.append(base + (weights * states[1]) @ damped + repeated)
    return np.stack(forecasts)


def initial_states(history: Floats) -> tuple[Floats, Floats, Floats]:
    """Return level and trend before the first half-year, and the effect of its half, per series.

    Examples
    --------
    >>> level, trend, season = initial_states(np.array([[1.0, 2.0, 3.0, 4.0]]))
    >>> float(level[0]), float(trend[0]), float(season[0])
    (0.0, 1.0, 0.0)
    """
    years = history[:, :HALVES].mean(axis=1), history[:, HALVES : 2 * HALVES].mean(axis=1)
    trend = (years[1] - years[0]) / HALVES
    level = (years[0] + years[1]) / 2.0 - 2.5 * trend
    signs = half_sign(np.arange(2 * HALVES))
    straight = (level + trend * np.arange(1, 5)[:, None]).T
    season = ((history[:, : 2 * HALVES] - straight) * signs).mean(axis=1)
    return level, trend, season


def half_sign(time: NDArray[np.int_]) -> Floats:
    """Return 1 for the half-years of the first season and -1 for those of the second."""
    return np.where(time % HALVES == 0, 1.0, -1.0)


def _likelihood_weights(squares: Floats, *, n_seen: int) -> Floats:
    """Weights over the grid per series: own Gaussian likelihood times the mean of all series."""
    gain = np.log(squares)
    gain = gain - gain.min(axis=1, keepdims=True)
    exponent = 0.5 * n_seen * (gain + gain.mean(axis=0))
    weights = np.exp(exponent.min(axis=1, keepdims=True) - exponent)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
