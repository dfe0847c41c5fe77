"""Scores as array kernels: no labels, no files; each one is checked against another library.

Point scores take observation first, then forecast. Kernels for draws take the draws first, with
`draw` as the first axis. A missing value is refused: leave it out knowingly before scoring.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from forecast.errors import InputError

Floats = NDArray[np.float64]


def mae(y: ArrayLike, forecast: ArrayLike) -> float:
    """Return the mean absolute error in the unit of `y`; lower is better.

    Examples
    --------
    >>> mae([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    y, forecast = _pair(y, forecast)
    return float(np.abs(y - forecast).mean())


def r2(y: ArrayLike, forecast: ArrayLike) -> float:
    """Return the share of variance explained: 1 is perfect, 0 equals the mean of `y`.

    Out of fold it may be negative: the forecast is then worse than the mean of all `y`.

    Examples
    --------
    >>> r2([0.0, 1.0, 2.0], [0.0, 1.0, 2.0]), r2([0.0, 1.0, 2.0], [1.0, 1.0, 1.0])
    (1.0, 0.0)
    """
    y, forecast = _pair(y, forecast)
    total = ((y - y.mean()) ** 2).sum()
    if not total > 0:
        raise InputError("r2 needs observations that differ; all are equal.")
    return float(1.0 - ((y - forecast) ** 2).sum() / total)


def spearman(y: ArrayLike, forecast: ArrayLike) -> float:
    """Return the rank correlation, ties at their mean rank: 1 is the same order, -1 the reverse.

    A constant forecast ranks nothing and scores 0.

    Examples
    --------
    >>> round(spearman([1.0, 2.0, 3.0], [10.0, 20.0, 15.0]), 3)
    0.5
    """
    y, forecast = _pair(y, forecast)
    ranks, other = rankdata(y), rankdata(forecast)
    ranks, other = ranks - ranks.mean(), other - other.mean()
    size = np.sqrt((ranks**2).sum() * (other**2).sum())
    return float((ranks * other).sum() / size) if size > 0 else 0.0


def mase(y: ArrayLike, forecast: ArrayLike, *, history: ArrayLike, season: int = 1) -> float:
    """Return the mean absolute error divided by that of the seasonal naive inside `history`.

    Parameters
    ----------
    y, forecast : array_like of shape (..., n_horizon)
        Observation and forecast in one unit.
    history : array_like of shape (..., n_time)
        What was seen before the forecast, time last, at least ``season + 1`` long.
    season : int
        Periods in one season: 1 is the plain naive, 2 the seasonal one of half-years.

    Returns
    -------
    float
        Below 1 the forecast beats the in-sample one-season naive. Series are scaled one by one
        and then averaged; a series without any change in `history` cannot be scaled.

    References
    ----------
    Hyndman and Koehler (2006), International Journal of Forecasting 22(4).

    Examples
    --------
    >>> mase([4.0], [6.0], history=[1.0, 2.0, 3.0])
    2.0
    """
    y, forecast = _pair(y, forecast)
    past = np.asarray(history, dtype=float)
    if past.shape[-1] <= season:
        raise InputError(f"history has {past.shape[-1]} period(s); over {season} are needed.")
    scale = np.abs(past[..., season:] - past[..., :-season]).mean(axis=-1)
    if not (scale > 0).all():
        raise InputError("a history never changes (or is missing): mase has no scale for it.")
    return float((np.abs(y - forecast).mean(axis=-1) / scale).mean())


def pinball_loss(y: ArrayLike, q: ArrayLike, level: float) -> Floats:
    """Score one quantile forecast; lower is better, zero is perfect.

    Parameters
    ----------
    y, q : array_like of shape (...)
        Observation, and forecast of its `level` quantile, in the same unit.
    level : float
        Quantile level in (0, 1).

    Returns
    -------
    ndarray of shape (...)
        Loss in the unit of `y`. At ``level=0.5`` it is half the absolute error.

    References
    ----------
    Koenker and Bassett (1978), Regression Quantiles, Econometrica 46(1).

    Examples
    --------
    >>> pinball_loss([1.0, 1.0], [0.0, 3.0], level=0.9).round(3)
    array([0.9, 0.2])
    """
    if not 0.0 < level < 1.0:
        raise InputError(f"quantile level is {level}; it must lie between 0 and 1.")
    error = np.asarray(y, dtype=float) - np.asarray(q, dtype=float)
    return np.maximum(level * error, (level - 1) * error)


def crps_draws(draws: ArrayLike, y: ArrayLike) -> Floats:
    """Score a forecast given as draws; lower is better, zero is a sure hit.

    The continuous ranked probability score of the empirical distribution of the draws:
    mean \\|X - y\\| less half the mean \\|X - X'\\|, in O(n log n).

    Parameters
    ----------
    draws : array_like of shape (n_draw, ...)
    y : array_like of shape (...)
        Observation in the unit of `draws`.

    Returns
    -------
    ndarray of shape (...)
        Score in the unit of `y`. With one draw it is the absolute error.

    References
    ----------
    Gneiting and Raftery (2007), Journal of the American Statistical Association 102(477).

    Examples
    --------
    >>> crps_draws([[0.0], [2.0]], [1.0])
    array([0.5])
    """
    ordered = np.sort(np.asarray(draws, dtype=float), axis=0)
    y = np.asarray(y, dtype=float)
    n_draw = len(ordered)
    # The mean |X - X'| of sorted draws weights the i-th by (2i - n - 1), i counted from one.
    weights = (2.0 * np.arange(1, n_draw + 1) - n_draw - 1) / n_draw**2
    spread = np.tensordot(weights, ordered, axes=1)
    return np.asarray(np.abs(ordered - y).mean(axis=0) - spread)


def sign_hits(y: ArrayLike, forecast: ArrayLike, last: ArrayLike) -> Floats:
    """Say where a forecast has the direction right in which a series leaves its last value.

    Parameters
    ----------
    y, forecast, last : array_like of shape (...)
        Observation, forecast, and the last value known when it was made, in one unit.

    Returns
    -------
    ndarray of shape (...)
        1 where it has, 0 where it has not (a forecast of no change never has), NaN where the
        series stayed at its last value: it had no direction.

    References
    ----------
    Pesaran and Timmermann (1992), Journal of Business and Economic Statistics 10(4).

    Examples
    --------
    >>> sign_hits([3.0, 1.0, 2.0], [4.0, 4.0, 4.0], last=[2.0, 2.0, 2.0])
    array([ 1.,  0., nan])
    """
    moved = np.sign(np.asarray(y, dtype=float) - np.asarray(last, dtype=float))
    said = np.sign(np.asarray(forecast, dtype=float) - np.asarray(last, dtype=float))
    return np.where(moved == 0, np.nan, (moved == said).astype(float))


def skill_percent(loss: ArrayLike, rival: ArrayLike) -> Floats:
    """Return by how many percent a loss is below that of a rival; negative where it is above.

    NaN where the rival loses nothing: no percentage of that can be gained.

    Examples
    --------
    >>> skill_percent([0.9, 1.5], [1.0, 1.0]).round(6)
    array([ 10., -50.])
    """
    loss, rival = np.asarray(loss, dtype=float), np.asarray(rival, dtype=float)
    ratio = np.divide(
        loss, rival, out=np.full(np.broadcast(loss, rival).shape, np.nan), where=rival > 0
    )
    return np.asarray(100.0 * (1.0 - ratio))


def coverage(lower: ArrayLike, upper: ArrayLike, y: ArrayLike) -> float:
    """Return the share of observations inside ``[lower, upper]``; good is the nominal level.

    Examples
    --------
    >>> coverage([0.0, 0.0], [1.0, 1.0], [0.5, 3.0])
    0.5
    """
    y = np.asarray(y, dtype=float)
    inside = (np.asarray(lower, dtype=float) <= y) & (y <= np.asarray(upper, dtype=float))
    return float(inside.mean())


def coverage_draws(draws: ArrayLike, y: ArrayLike, level: float) -> float:
    """Return the share of `y` inside the central `level` interval of draws (first axis).

    Examples
    --------
    >>> coverage_draws([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], [1.0, 9.0], 0.8)
    0.5
    """
    tail = (1.0 - level) / 2.0
    lower, upper = np.quantile(np.asarray(draws, dtype=float), [tail, 1.0 - tail], axis=0)
    return coverage(lower, upper, y)


def _pair(y: ArrayLike, forecast: ArrayLike) -> tuple[Floats, Floats]:
    y, forecast = np.asarray(y, dtype=float), np.asarray(forecast, dtype=float)
    if y.shape != forecast.shape or not y.size:
        raise InputError(f"observation has shape {y.shape}, forecast {forecast.shape}.")
    if not (np.isfinite(y).all() and np.isfinite(forecast).all()):
        raise InputError("a value to be scored is missing; leave it out of both before scoring.")
    return y, forecast
