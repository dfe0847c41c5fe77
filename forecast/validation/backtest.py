"""Rolling-origin back-test by vintage: a forecaster is handed the past only, and scored after.

The engine slices before it calls, so no forecaster can see beyond its origin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import InputError
from forecast.validation.scores import coverage, crps_draws, mase

Floats = NDArray[np.float64]

_QUANTILES = (0.5, 0.1, 0.9, 0.025, 0.975)

# (past, horizon) -> model name -> draws (n_draw, n_series, horizon)
Forecaster = Callable[[Floats, int], Mapping[str, Floats]]


@dataclass(frozen=True)
class Vintage:
    """Forecasts made after `n_seen` periods, beside what then happened.

    Parameters
    ----------
    n_seen : int
        Periods that the forecaster was given.
    draws : dict of str to ndarray (n_draw, n_series, n_horizon)
        By model; horizons beyond the data are left out.
    observed : ndarray (n_series, n_horizon)
    past : ndarray (n_series, n_seen)
        What the scale of a score is computed from.
    """

    n_seen: int
    draws: dict[str, Floats]
    observed: Floats
    past: Floats


def roll_origins(
    history: Floats, forecaster: Forecaster, *, origins: Sequence[int], max_horizon: int
) -> list[Vintage]:
    """Forecast from every origin with what was known there.

    Parameters
    ----------
    history : ndarray (n_series, n_time)
        Oldest first.
    forecaster : callable
        Receives the past (a copy) and the horizon, returns draws by model.
    origins : sequence of int
        Numbers of periods seen; each leaves at least one period to compare with.
    max_horizon : int
        Periods ahead, cut where the data end.

    Examples
    --------
    >>> keep = lambda past, horizon: {"last": np.repeat(past[None, :, -1:], horizon, axis=2)}
    >>> made = roll_origins(np.array([[1.0, 2.0, 4.0]]), keep, origins=[1, 2], max_horizon=2)
    >>> [vintage.observed.tolist() for vintage in made]
    [[[2.0, 4.0]], [[4.0]]]
    """
    n_time = history.shape[1]
    outside = [origin for origin in origins if not 0 < origin < n_time]
    if outside or not len(origins):
        raise InputError(
            f"back-test origins {list(origins)} do not fit {n_time} periods: each must leave at "
            "least one period before and after it. Move first_origin or last_origin."
        )
    vintages = []
    for n_seen in origins:
        horizon = min(max_horizon, n_time - n_seen)
        draws = dict(forecaster(history[:, :n_seen].copy(), horizon))
        observed = history[:, n_seen : n_seen + horizon].copy()
        vintages.append(Vintage(n_seen, draws, observed, history[:, :n_seen].copy()))
    return vintages


def aggregated(vintages: Sequence[Vintage], summing: Floats) -> list[Vintage]:
    """Sum the series of every draw: what an aggregate of coherent cells forecasts.

    Parameters
    ----------
    summing : ndarray (n_aggregate, n_series)
        Ones where a series belongs to an aggregate.
    """
    return [
        Vintage(
            vintage.n_seen,
            {name: summing @ draws for name, draws in vintage.draws.items()},
            summing @ vintage.observed,
            summing @ vintage.past,
        )
        for vintage in vintages
    ]


def score_vintages(
    vintages: Sequence[Vintage], *, naive: str, season: int, **labels: str
) -> pd.DataFrame:
    """Score every model against `naive` over all vintages, series and horizons.

    Returns
    -------
    DataFrame
        One row per model and metric: the `labels`, then model, metric, value, n, naive_value.
        ``mase`` and ``crps_scaled`` are divided by the in-sample seasonal naive error of the series
        at the origin (lower is better, 1 is that error); ``coverage80`` and ``coverage95`` are the
        shares of observations inside the central intervals (good is 0.80 and 0.95).
    """
    models = list(vintages[0].draws)
    values = {name: _scores(vintages, name, season=season) for name in models}
    rows = [
        {
            **labels,
            "model": name,
            "metric": metric,
            "value": value,
            "n": n,
            "naive_value": values[naive][metric][0],
        }
        for name in models
        for metric, (value, n) in values[name].items()
    ]
    return pd.DataFrame(rows)


def _scores(
    vintages: Sequence[Vintage], model: str, *, season: int
) -> dict[str, tuple[float, int]]:
    """Return metric to (mean over forecasts, number of forecasts)."""
    parts: dict[str, list[tuple[float, int]]] = {}
    for vintage in vintages:
        draws, y = vintage.draws[model], vintage.observed
        scale = np.abs(vintage.past[:, season:] - vintage.past[:, :-season]).mean(axis=1)
        moved = scale > 0  # a cell that never changed (all zero) has no scale to divide by
        crps = crps_draws(draws[:, moved], y[moved]) / scale[moved, None]
        # One pass over the draws for all quantiles: it is what the time goes into.
        median, *ends = np.quantile(draws, _QUANTILES, axis=0)
        found = {
            "mase": mase(y[moved], median[moved], history=vintage.past[moved], season=season),
            "crps_scaled": float(crps.mean()),
        }
        for metric, value in found.items():
            parts.setdefault(metric, []).append((value, int(moved.sum()) * y.shape[1]))
        for name, lower, upper in (("coverage80", *ends[:2]), ("coverage95", *ends[2:])):
            parts.setdefault(name, []).append((coverage(lower, upper, y), y.size))
    return {
        metric: (
            float(np.average([v for v, _ in found], weights=[n for _, n in found])),
            sum(n for _, n in found),
        )
        for metric, found in parts.items()
    }
