"""What the field would use without thinking: the automatic methods of statsforecast.

They know one series at a time. Every node of a hierarchy is therefore handed to them by itself,
and their draws know no dependence between series.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.special import ndtri

from forecast.errors import ConfigError, InputError
from forecast.models.naive import HALVES

Floats = NDArray[np.float64]

FEWEST_HALVES = 7  # AutoETS calls anything shorter a tiny dataset and refuses it
_LEVEL = 80  # percent: the one interval that is asked for; the others follow from its width
_REACH = float(ndtri(0.5 + _LEVEL / 200))  # of that interval, in standard deviations


@dataclass(frozen=True)
class Comparator:
    """An automatic method, called like our own models.

    Parameters
    ----------
    method : str
        Class of ``statsforecast.models``, used as it comes with a season of two half-years.
    """

    method: str

    def __call__(
        self,
        past: Floats,
        horizon: int,
        *,
        n_draw: int,
        rng: np.random.Generator,
        resolution: float = 0.0,
        n_process: int = 1,
    ) -> Floats:
        """Forecast each series by itself and draw normally around its point forecast.

        Parameters
        ----------
        past : ndarray (n_series, n_time)
            Half-yearly values, oldest first, never negative.
        horizon : int
            Half-years ahead.
        n_draw : int
        rng : Generator
            Only pairs the quantiles of different series; it changes no series' distribution.
        resolution : float
            Rounding step of the source: no error is believed to be smaller than it leaves.
        n_process : int
            Processes to share the series among; the result does not depend on it.

        Returns
        -------
        ndarray (n_draw, n_series, horizon)
            Evenly spaced quantiles in random order, so that the median is the point forecast;
            cut at zero.

        Raises
        ------
        ConfigError
            If statsforecast cannot be imported.
        InputError
            If the history is too short, or a series yields no finite forecast.

        Examples
        --------
        >>> past = np.array([np.arange(20.0, 30.0), np.zeros(10)])
        >>> rng = np.random.default_rng(0)
        >>> draws = COMPARATORS["auto_ets"](past, 2, n_draw=4, rng=rng, resolution=0.1)
        >>> np.median(draws, axis=0).round(1)
        array([[30., 31.],
               [ 0.,  0.]])
        """
        _statsforecast()  # its absence is told here, not by a process further down
        if past.shape[1] < FEWEST_HALVES:
            raise InputError(
                f"{past.shape[1]} half-year(s) of history: {self.method} needs at least "
                f"{FEWEST_HALVES}. Give a longer history or a later first origin."
            )
        tasks = (delayed(_mean_and_deviation)(self.method, series, horizon) for series in past)
        mean, deviation = np.stack(Parallel(n_jobs=n_process)(tasks), axis=1)
        unusable = np.flatnonzero(~np.isfinite(mean + deviation).all(axis=1))
        if unusable.size:
            raise InputError(
                f"{self.method} gives no finite forecast of {unusable.size} series, first row "
                f"{unusable[0]}: {past[unusable[0]].tolist()}. Leave it out of the comparators."
            )
        deviation = np.maximum(deviation, resolution / np.sqrt(12.0))
        quantiles = ndtri((np.arange(n_draw) + 0.5) / n_draw)[:, None, None]
        standard = rng.permuted(np.broadcast_to(quantiles, (n_draw, *mean.shape)), axis=0)
        return np.asarray(np.maximum(mean + deviation * standard, 0.0))


# Hyndman and Khandakar (2008), Journal of Statistical Software 27(3), for the first and the last;
# Fiorucci et al. (2016), International Journal of Forecasting 32(4), for theta.
COMPARATORS: Mapping[str, Comparator] = {
    "auto_ets": Comparator("AutoETS"),
    "auto_theta": Comparator("AutoTheta"),
    "auto_arima": Comparator("AutoARIMA"),
}


def require_comparators(names: Sequence[str]) -> None:
    """Refuse names that do not exist, and a missing package, before any work is done.

    Examples
    --------
    >>> require_comparators([])
    """
    unknown = [name for name in names if name not in COMPARATORS]
    if unknown:
        raise ConfigError(
            f"employment.comparators: {unknown[0]!r} is unknown; choose of {list(COMPARATORS)}."
        )
    if names:
        _statsforecast()


def _mean_and_deviation(method: str, series: Floats, horizon: int) -> Floats:
    """Return point forecasts and standard deviations (2, horizon) of one series (n_time,)."""
    if not np.ptp(series):
        # What never changed tells nothing of errors; some of the methods would divide by zero.
        return np.stack([np.full(horizon, series[-1]), np.zeros(horizon)])
    with warnings.catch_warnings():
        # They are about single fits that the search for a model tries and drops.
        warnings.simplefilter("ignore")
        model = getattr(_statsforecast(), method)(season_length=HALVES)
        made = model.forecast(series, h=horizon, level=[_LEVEL])
    width = np.asarray(made[f"hi-{_LEVEL}"]) - np.asarray(made[f"lo-{_LEVEL}"])
    return np.stack([np.asarray(made["mean"], dtype=float), width / (2.0 * _REACH)])


def _statsforecast() -> ModuleType:
    try:
        return import_module("statsforecast.models")
    except ImportError as error:
        raise ConfigError(
            f"the comparators need the package statsforecast ({error}). Install it with "
            "`pip install 'forecast-kr[comparators]'`, or switch the comparators off."
        ) from error
