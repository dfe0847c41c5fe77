"""Baseline forecast of a panel: members, their combination, and joint draws of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.errors import ConfigError
from forecast.models.error_paths import ErrorPaths, fit_error_paths
from forecast.models.timeseries import combination_weights, member, rolling_errors

Floats = NDArray[np.float64]

NAIVE = "seasonal_naive"
COMBINATION = "combination"
CALIBRATION_HORIZON = 6  # half-years ahead at which past errors are compared with draws


@dataclass(frozen=True)
class PanelForecast:
    """One model's forecast of a panel.

    Parameters
    ----------
    point : ndarray (n_series, n_horizon)
        Median, in the unit of the history, never negative.
    draws : ndarray (n_draw, n_series, n_horizon)
    errors : ErrorPaths
        What the draws were made from.
    """

    point: Floats
    draws: Floats
    errors: ErrorPaths


def forecast_panel(
    history: Floats,
    horizon: int,
    *,
    members: Sequence[str],
    n_draw: int,
    rng: np.random.Generator,
    groups: Floats | None = None,
    settings: Mapping[str, Mapping[str, float]] | None = None,
    resolution: float = 0.0,
    only: Sequence[str] = (),
) -> dict[str, PanelForecast]:
    """Forecast every series by the naive model, each member, and their combination.

    Parameters
    ----------
    history : ndarray (n_series, n_time)
        Half-yearly values, oldest first, never negative.
    horizon : int
        Half-years ahead.
    members : sequence of str
        Names out of :data:`forecast.models.timeseries.MEMBERS`.
    n_draw : int
        Number of draws; in every draw all series move together as they did in the past.
    rng : Generator
    groups : ndarray (n_group, n_series), optional
        Ones where a series belongs to a group whose total matters, e.g. an age group.
    settings : mapping, optional
        Member to its own keywords, e.g. ``{"drift": {"damping": 0.95}}``.
    resolution : float
        Rounding step of the source in the unit of `history`.
    only : sequence of str
        Models to draw; empty means all of them.

    Returns
    -------
    dict of str to PanelForecast
        Keys ``seasonal_naive``, the members, ``combination``.

    Examples
    --------
    >>> past = np.arange(20.0).reshape(2, 10) + 5.0
    >>> made = forecast_panel(past, 3, members=["drift"], n_draw=4, rng=np.random.default_rng(0))
    >>> sorted(made), made["combination"].draws.shape
    (['combination', 'drift', 'seasonal_naive'], (4, 2, 3))
    """
    if not members:
        raise ConfigError("employment.members is empty: name at least one, e.g. [drift, ets].")
    reach = max(horizon, CALIBRATION_HORIZON)
    names = [NAIVE, *[name for name in members if name != NAIVE]]
    keywords = settings or {}
    points = {name: member(name)(history, reach, **keywords.get(name, {})) for name in names}
    errors = {name: rolling_errors(history, points[name]) for name in names}
    weights = combination_weights({name: errors[name] for name in members}, _scale(errors[NAIVE]))
    parts = [weights[name] * points[name] for name in members]
    points[COMBINATION] = np.sum(parts, axis=0)
    level = history[:, -4:].mean(axis=1)
    known = {
        "groups": np.ones((1, len(history))) if groups is None else groups,
        "resolution": resolution,
        "n_seen": history.shape[1],
    }
    made = {}
    for name in only or points:
        point = np.maximum(points[name], 0.0)
        past = rolling_errors(history, point)[:, :, :CALIBRATION_HORIZON]
        paths = fit_error_paths(past, level, **known)
        ahead = point[-1, :, :horizon]
        # Errors are symmetric, so cutting at zero moves the mean but keeps the median.
        draws = np.maximum(ahead + paths.draw(n_draw, horizon, rng), 0.0)
        made[name] = PanelForecast(ahead, draws, paths)
    return made


def _scale(errors: Floats) -> Floats:
    """Usual size of the naive one-step error per series, kept above zero."""
    size = np.sqrt(np.nanmean(errors[:, :, 0] ** 2, axis=0))
    positive = size[size > 0]
    return np.maximum(size, np.median(positive) * 0.05 if positive.size else 1.0)
