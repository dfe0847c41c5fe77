"""Rolling-origin back-test by vintage: a forecaster is handed the past only, and scored after.

The engine slices before it calls, so no forecaster can see beyond its origin; each vintage is
scored at once, so that its draws need not be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import InputError
from forecast.models.hierarchy import Hierarchy
from forecast.types import LEVELS
from forecast.validation.metrics import MAIN_METRICS, METRICS
from forecast.validation.scores import crps_draws, pinball_loss, sign_hits

Floats = NDArray[np.float64]

# (past, horizon) -> model name -> draws (n_draw, n_node, horizon)
Forecaster = Callable[[Floats, int], Mapping[str, Floats]]


@dataclass(frozen=True)
class Vintage:
    """Forecasts made after `n_seen` periods, beside what then happened.

    Parameters
    ----------
    n_seen : int
        Periods that the forecaster was given.
    draws : dict of str to ndarray (n_draw, n_node, n_horizon)
        By model; horizons beyond the data are left out.
    observed : ndarray (n_node, n_horizon)
    past : ndarray (n_node, n_seen)
        What the scale of a score is computed from.
    """

    n_seen: int
    draws: dict[str, Floats]
    observed: Floats
    past: Floats


@dataclass(frozen=True)
class ModelScores:
    """What one model scored, forecast by forecast, and what was found in its draws.

    Parameters
    ----------
    absolute_error, crps, pinball : ndarray (n_origin, n_node, n_horizon)
        In the unit of the history: error of the median, continuous ranked probability score, mean
        quantile loss over :data:`forecast.types.LEVELS`. NaN beyond the data, here and below.
    inside80, inside95 : ndarray (n_origin, n_node, n_horizon)
        1 where the central interval held what happened, else 0.
    sign_hit : ndarray (n_origin, n_node, n_horizon)
        1 where the median left the last observed value to the side that the observation did, else
        0; NaN where the observation did not leave it.
    smallest_draw : float
        Over all vintages: below zero, a draw is impossible for a number of people.
    coherence_gap : float
        Largest distance in any draw between a node and the sum of its cells, in the unit of the
        history; NaN where nobody said how nodes add up.
    """

    absolute_error: Floats
    crps: Floats
    pinball: Floats
    inside80: Floats
    inside95: Floats
    sign_hit: Floats
    smallest_draw: float
    coherence_gap: float


@dataclass(frozen=True)
class BackTest:
    """Every model of a back-test, scored forecast by forecast.

    Parameters
    ----------
    origins : tuple of int
        Periods seen by each vintage.
    scale : ndarray (n_origin, n_node)
        Mean absolute error of the seasonal naive model inside the past of the origin; NaN for a
        node that had never changed: nothing can be divided by it.
    models : dict of str to ModelScores
    """

    origins: tuple[int, ...]
    scale: Floats
    models: dict[str, ModelScores]

    def forecasts(self, model: str, metric: str) -> Floats:
        """Return what each forecast adds to a mean `metric` (n_origin, n_node, n_horizon).

        NaN where there is nothing to add: beyond the data, no scale, no direction.
        """
        chosen = METRICS[metric]
        values: Floats = getattr(self.models[model], chosen.array)
        return values / self.scale[:, :, None] if chosen.scaled else values


def roll_origins(
    history: Floats,
    forecaster: Forecaster,
    *,
    origins: Sequence[int],
    max_horizon: int,
    season: int,
    hierarchy: Hierarchy | None = None,
) -> BackTest:
    """Forecast from every origin with what was known there, and score what came.

    Parameters
    ----------
    history : ndarray (n_node, n_time)
        Oldest first.
    forecaster : callable
        Receives the past (a copy) and the horizon, returns draws by model.
    origins : sequence of int
        Numbers of periods seen; each leaves at least one period to compare with.
    max_horizon : int
        Periods ahead, cut where the data end.
    season : int
        Periods in one season, of the seasonal naive model that scales errors.
    hierarchy : Hierarchy, optional
        Of the nodes, with a level ``cells``: draws are held to the sums of their cells.

    Returns
    -------
    BackTest

    References
    ----------
    Tashman (2000), Out-of-sample tests of forecasting accuracy, International Journal of
    Forecasting 16(4).

    Examples
    --------
    >>> keep = lambda past, horizon: {"last": np.repeat(past[None, :, -1:], horizon, axis=2)}
    >>> past = np.array([[1.0, 2.0, 4.0, 8.0]])
    >>> test = roll_origins(past, keep, origins=[2, 3], max_horizon=2, season=1)
    >>> test.models["last"].absolute_error[:, 0].tolist(), test.scale[:, 0].tolist()
    ([[2.0, 6.0], [4.0, nan]], [1.0, 1.5])
    """
    made = each_vintage(history, forecaster, origins=origins, max_horizon=max_horizon)
    return scored(made, season=season, hierarchy=hierarchy)


def each_vintage(
    history: Floats, forecaster: Forecaster, *, origins: Sequence[int], max_horizon: int
) -> Iterator[Vintage]:
    """Yield the forecasts of one origin after the other; parameters as in :func:`roll_origins`."""
    n_node, n_time = history.shape
    outside = [origin for origin in origins if not 0 < origin < n_time]
    if outside or not len(origins):
        raise InputError(
            f"back-test origins {list(origins)} do not fit {n_time} periods: each must leave at "
            "least one period before and after it. Move first_origin or last_origin."
        )
    for n_seen in origins:
        horizon = min(max_horizon, n_time - n_seen)
        observed = history[:, n_seen : n_seen + horizon].copy()
        draws = dict(forecaster(history[:, :n_seen].copy(), horizon))
        for model, drawn in draws.items():
            if drawn.shape[1:] != observed.shape or not np.isfinite(drawn).all():
                raise InputError(
                    f"back-test: {model} returned draws of shape {drawn.shape} at the origin of "
                    f"{n_seen} periods; expected finite (n_draw, {n_node}, {horizon})."
                )
        yield Vintage(n_seen, draws, observed, history[:, :n_seen].copy())


def scored(made: Iterable[Vintage], *, season: int, hierarchy: Hierarchy | None = None) -> BackTest:
    """Score vintages one after the other, keeping no draws; see :func:`roll_origins`."""
    origins, scales, parts = [], [], []
    for vintage in made:
        origins.append(vintage.n_seen)
        scales.append(_scale(vintage.past, season))
        parts.append({name: _score(vintage, name, hierarchy) for name in vintage.draws})
    names = list(parts[0])
    if any(list(part) != names for part in parts):
        raise InputError(f"back-test: not every origin has the models {names} in this order.")
    models = {name: _joined([part[name] for part in parts]) for name in names}
    return BackTest(tuple(origins), np.stack(scales), models)


def score_vintages(
    made: Iterable[Vintage], *, naive: str, season: int, **labels: str
) -> pd.DataFrame:
    """Score every model against `naive` over all vintages, nodes and horizons.

    Returns
    -------
    DataFrame
        One row per model and metric of :data:`MAIN_METRICS`: the `labels`, then model, metric,
        value, n, naive_value. ``mase`` and ``crps_scaled`` are divided by the in-sample seasonal
        naive error of the node at the origin (lower is better, 1 is that error); ``coverage80``
        and ``coverage95`` are the shares of observations inside the central intervals.
    """
    test = scored(made, season=season)
    rows = [
        {
            **labels,
            "model": model,
            "metric": metric,
            "value": float(np.nanmean(test.forecasts(model, metric))),
            "n": int(np.isfinite(test.forecasts(model, metric)).sum()),
            "naive_value": float(np.nanmean(test.forecasts(naive, metric))),
        }
        for model in test.models
        for metric in MAIN_METRICS
    ]
    return pd.DataFrame(rows)


def _scale(past: Floats, season: int) -> Floats:
    scale = np.abs(past[:, season:] - past[:, :-season]).mean(axis=1)
    return np.where(scale > 0, scale, np.nan)


def _score(vintage: Vintage, model: str, hierarchy: Hierarchy | None) -> ModelScores:
    y, last = vintage.observed, vintage.past[:, -1:]
    # Sorted once: quantiles and CRPS of sorted draws cost a fraction of the sort.
    draws = np.sort(vintage.draws[model], axis=0)
    quantiles = np.quantile(draws, LEVELS, axis=0)
    low95, low80, median, high80, high95 = quantiles
    losses = [pinball_loss(y, q, level) for q, level in zip(quantiles, LEVELS, strict=True)]
    return ModelScores(
        absolute_error=np.abs(y - median),
        crps=crps_draws(draws, y),
        pinball=np.mean(losses, axis=0),
        inside80=((low80 <= y) & (y <= high80)).astype(float),
        inside95=((low95 <= y) & (y <= high95)).astype(float),
        sign_hit=sign_hits(y, median, last),
        smallest_draw=float(draws[0].min()),
        coherence_gap=np.nan if hierarchy is None else _gap(vintage.draws[model], hierarchy),
    )


def _joined(parts: Sequence[ModelScores]) -> ModelScores:
    """Stack the origins of one model, the shorter ones filled up with NaN."""
    n_horizon = max(part.crps.shape[1] for part in parts)

    def stacked(name: str) -> Floats:
        arrays = [getattr(part, name) for part in parts]
        return np.stack(
            [
                np.pad(array, ((0, 0), (0, n_horizon - array.shape[1])), constant_values=np.nan)
                for array in arrays
            ]
        )

    return ModelScores(
        **{name: stacked(name) for name in {metric.array for metric in METRICS.values()}},
        smallest_draw=min(part.smallest_draw for part in parts),
        coherence_gap=max(part.coherence_gap for part in parts),
    )


def _gap(draws: Floats, hierarchy: Hierarchy) -> float:
    """Largest distance between a node and the sum of its cells in any draw."""
    cells = hierarchy.rows("cells")
    sums = np.setdiff1d(np.arange(draws.shape[1]), cells)
    added = hierarchy.summing[sums] @ draws[:, cells]
    return float(np.abs(draws[:, sums] - added).max(initial=0.0))
