"""The declared naive models of half-yearly series, with the intervals of the textbook.

Whatever is published as a forecast has to beat both. They know one series at a time, and their
intervals come from the size of its own past errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.errors import InputError

Floats = NDArray[np.float64]

HALVES = 2  # seasons in a year of half-yearly surveys
FIRST_VINTAGE = 4  # two years: the least that tells a trend from a season


def seasonal_naive(history: Floats, horizon: int, *, first: int = FIRST_VINTAGE) -> Floats:
    """Repeat the last value of the same half-year.

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
    ahead = np.arange(horizon) % HALVES
    return np.stack(
        [history[:, seen - HALVES + ahead] for seen in vintages(history.shape[1], first)]
    ).astype(float)


def drift(history: Floats, horizon: int, *, first: int = FIRST_VINTAGE) -> Floats:
    """Extend the line from the first value to the last.

    Parameters and result as in :func:`seasonal_naive`.

    Examples
    --------
    >>> drift(np.array([[1.0, 1.0, 3.0, 4.0]]), 2)[-1]
    array([[5., 6.]])
    """
    steps = np.arange(1, horizon + 1)
    slopes = [
        (history[:, seen - 1] - history[:, 0]) / (seen - 1)
        for seen in vintages(history.shape[1], first)
    ]
    last = [history[:, seen - 1] for seen in vintages(history.shape[1], first)]
    return np.stack(last)[:, :, None] + np.stack(slopes)[:, :, None] * steps


@dataclass(frozen=True)
class NaiveModel:
    """A naive model with its textbook interval.

    Parameters
    ----------
    point : callable
        As :func:`seasonal_naive`.
    lag : int
        Half-years between a value and the one it is forecast from.
    n_parameter : int
        Parameters estimated for that one-step forecast.
    growth : callable
        (half-years ahead, half-years seen) to the size of an error in one-step errors.
    """

    point: Callable[..., Floats]
    lag: int
    n_parameter: int
    growth: Callable[[NDArray[np.int_], int], Floats]

    def draw(self, past: Floats, horizon: int, *, n_draw: int, rng: np.random.Generator) -> Floats:
        """Draw normally around the point forecast (n_draw, n_series, horizon), never below zero.

        Mirrored pairs, so the point forecast lies between the middle two of an even number of
        draws; it is their median, but for what was cut at zero.

        References
        ----------
        Hyndman and Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed., table 5.2.

        Examples
        --------
        >>> past = np.array([[3.0, 5.0, 4.0, 6.0]])
        >>> drawn = NAIVE_MODELS["drift"].draw(past, 2, n_draw=8, rng=np.random.default_rng(0))
        >>> np.median(drawn, axis=0).round(6)
        array([[7., 8.]])
        """
        n_seen = past.shape[1]
        errors = past[:, self.lag :] - past[:, : -self.lag]
        if self.n_parameter:
            errors = errors - errors.mean(axis=1, keepdims=True)
        degrees = errors.shape[1] - self.n_parameter
        size = np.sqrt((errors**2).sum(axis=1) / degrees)
        growth = self.growth(np.arange(1, horizon + 1), n_seen)
        half = rng.standard_normal((-(-n_draw // 2), len(past), horizon))
        spread = np.concatenate([half, -half])[:n_draw] * size[:, None] * growth
        point = self.point(past, horizon, first=n_seen)[-1]
        return np.asarray(np.maximum(np.maximum(point, 0.0) + spread, 0.0))


NAIVE_MODELS: Mapping[str, NaiveModel] = {
    "seasonal_naive": NaiveModel(
        seasonal_naive, HALVES, 0, lambda ahead, seen: np.sqrt((ahead - 1) // HALVES + 1.0)
    ),
    "drift": NaiveModel(
        drift, 1, 1, lambda ahead, seen: np.sqrt(ahead * (1.0 + ahead / (seen - 1.0)))
    ),
}


def vintages(n_time: int, first: int) -> range:
    """Return the numbers of half-years that the vintages have seen, `first` to all."""
    if first < FIRST_VINTAGE or n_time < first:
        raise InputError(
            f"{n_time} half-year(s) of history with a first vintage of {first}: a vintage needs at "
            f"least {FIRST_VINTAGE}. Give a longer history."
        )
    return range(first, n_time + 1)
