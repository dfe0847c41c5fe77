"""Point forecasts of many half-yearly series at once, from every vintage in one pass.

A vintage is what was known after its first `n_seen` half-years. Every member returns an array
(vintage, series, horizon) for the vintages ``first .. n_time``; a vintage never sees beyond itself,
so the rolling errors that weights and intervals need come at no further cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import numpy as np
from numpy.typing import NDArray

from forecast.errors import ConfigError, InputError

Floats = NDArray[np.float64]

HALVES = 2  # seasons in a year of half-yearly surveys
FIRST_VINTAGE = 4  # two years: the least that tells a trend from a season

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


def seasonal_naive(history: Floats, horizon: int, *, first: int = FIRST_VINTAGE) -> Floats:
    """Repeat the last value of the same half-year: the declared naive model.

    Parameters
    ----------
    history : ndarray (n_series, n_time)
        Half-yearly values in one unit, oldest first.
    horizon : int
        Half-years ahead.
    first : int
        Half-years seen by the first vintage.

    Returns
    -------
    ndarray (n_time - first + 1, n_series, horizon)
        Forecasts of every vintage; the last one is the forecast from now.

    Examples
    --------
    >>> seasonal_naive(np.array([[1.0, 5.0, 2.0, 6.0]]), 3)[-1]
    array([[2., 6., 2.]])
    """
    n_time = history.shape[1]
    ahead = np.arange(horizon) % HALVES
    return np.stack(
        [history[:, n_seen - HALVES + ahead] for n_seen in _vintages(n_time, first)]
    ).astype(float)


def drift(
    history: Floats, horizon: int, *, first: int = FIRST_VINTAGE, damping: float = 1.0
) -> Floats:
    """Extend the last seasonally adjusted value by the mean past change, slowly damped.

    Parameters and result as in :func:`seasonal_naive`; `damping` multiplies the change of each
    further half-year, so that a line through nine years need not run on for ever (1: it does).

    Examples
    --------
    >>> drift(np.array([[1.0, 2.0, 3.0, 4.0]]), 2)[-1]
    array([[5., 6.]])
    """
    steps = np.cumsum(damping ** np.arange(horizon))
    forecasts = []
    for n_seen in _vintages(history.shape[1], first):
        past = history[:, :n_seen]
        signs = _half_sign(np.arange(n_seen + horizon))
        season = _season(past)[:, None]
        adjusted = past - season * signs[:n_seen]
        # Means over whole years at both ends keep the season out of the slope.
        rise = adjusted[:, -HALVES:].mean(axis=1) - adjusted[:, :HALVES].mean(axis=1)
        slope = (rise / (n_seen - HALVES))[:, None]
        forecasts.append(adjusted[:, -1:] + slope * steps + season * signs[n_seen:])
    return np.stack(forecasts)


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

    Parameters and result as in :func:`seasonal_naive`.

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
    signs = _half_sign(np.arange(2 * HALVES))
    straight = (level + trend * np.arange(1, 5)[:, None]).T
    season = ((history[:, : 2 * HALVES] - straight) * signs).mean(axis=1)
    return level, trend, season


MEMBERS: Mapping[str, Callable[..., Floats]] = {
    "seasonal_naive": seasonal_naive,
    "drift": drift,
    "ets": ets,
}


def member(name: str) -> Callable[..., Floats]:
    """Return the member called `name`, or say which ones there are."""
    if name not in MEMBERS:
        raise ConfigError(f"employment.members: {name!r} is unknown; choose of {list(MEMBERS)}.")
    return MEMBERS[name]


def rolling_errors(history: Floats, forecasts: Floats, *, first: int = FIRST_VINTAGE) -> Floats:
    """Return observed less forecast for every vintage and horizon; NaN where not yet observed.

    Parameters
    ----------
    history : ndarray (n_series, n_time)
    forecasts : ndarray (n_vintage, n_series, n_horizon)
        As the members return them.

    Examples
    --------
    >>> past = np.array([[1.0, 2.0, 1.0, 2.0, 4.0]])
    >>> rolling_errors(past, seasonal_naive(past, 2))[0]
    array([[ 3., nan]])
    """
    n_time, horizon = history.shape[1], forecasts.shape[2]
    errors = np.full(forecasts.shape, np.nan)
    for vintage, n_seen in enumerate(_vintages(n_time, first)):
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
    inverse = {name: 1.0 / max(value, np.finfo(float).tiny) for name, value in squared.items()}
    total = sum(inverse.values())
    return {name: value / total for name, value in inverse.items()}


def _vintages(n_time: int, first: int) -> range:
    if first < FIRST_VINTAGE or n_time < first:
        raise InputError(
            f"{n_time} half-year(s) of history with a first vintage of {first}: a vintage needs at "
            f"least {FIRST_VINTAGE}. Give a longer history."
        )
    return range(first, n_time + 1)


def _half_sign(time: NDArray[np.int_]) -> Floats:
    return np.where(time % HALVES == 0, 1.0, -1.0)


def _season(past: Floats) -> Floats:
    """Estimate half the gap between halves, shrunk to zero where noise alone would explain it."""
    curvature = (past[:, 1:-1] - (past[:, :-2] + past[:, 2:]) / 2.0) / 2.0
    signed = curvature * _half_sign(np.arange(1, past.shape[1] - 1))
    gap, n_terms = signed.mean(axis=1), signed.shape[1]
    variance = signed.var(axis=1, ddof=1) / n_terms
    # Neighbouring terms share observations: their mean varies about twice as much as if not.
    noise = 2.0 * variance
    kept = np.divide(noise, gap**2, out=np.ones_like(gap), where=gap**2 > noise)
    return gap * (1.0 - kept)


def _likelihood_weights(squares: Floats, *, n_seen: int) -> Floats:
    """Weights over the grid per series: own Gaussian likelihood times the mean of all series."""
    gain = np.log(squares)
    gain = gain - gain.min(axis=1, keepdims=True)
    exponent = 0.5 * n_seen * (gain + gain.mean(axis=0))
    weights = np.exp(exponent.min(axis=1, keepdims=True) - exponent)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
