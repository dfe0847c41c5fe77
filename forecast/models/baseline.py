"""Baseline forecast of a panel: members, their combination, reconciled, and joint draws of each.

Members forecast the cells. Their combination meets forecasts of the sums (occupations, ages, the
total) in a reconciliation; draws are made of the cells alone, so every sum adds up in every draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forecast.errors import ConfigError
from forecast.models.combination import COMBINATION
from forecast.models.error_components import ErrorComponents, fit_error_components
from forecast.models.hierarchy import OCCUPATION_AGE_LEVELS, Hierarchy
from forecast.models.naive import FIRST_VINTAGE, vintages
from forecast.models.panel_members import LEARNERS, REACH, learnt
from forecast.models.panel_network import Memory, network
from forecast.models.reconciliation import COVARIANCES, error_covariance, reconcile
from forecast.models.rolling import combination_weights, rolling_errors
from forecast.models.timeseries import LOCAL_MEMBERS

Floats = NDArray[np.float64]

MEMBERS = (*LOCAL_MEMBERS, *LEARNERS, "network")
SUM_LEVELS = tuple(level for level in OCCUPATION_AGE_LEVELS if level != "cells")
BOTTOM_UP = "bottom_up"  # sums are the sums of the cells, whatever their own past says
LEAST_ERRORS = 4  # one-step errors that a reconciliation is weighed with; fewer: bottom up


@dataclass(frozen=True)
class PanelSettings:
    """Choices of the baseline.

    Parameters
    ----------
    members : sequence of str
        Out of :data:`MEMBERS`; combined by the inverse squared error of past vintages.
    candidates : sequence of str
        Further members that are forecast beside, and not combined.
    sum_members : sequence of str
        Local members that forecast the sums, averaged.
    sum_levels : sequence of str
        Out of :data:`SUM_LEVELS`: whose sums have a forecast of their own to reconcile with.
    reconciliation : str
        ``bottom_up`` or one of :data:`forecast.models.reconciliation.COVARIANCES`.
    breaks : sequence of int
        Columns of half-years that were broken from outside (2020H1).
    damping : float
        Of each further half-year's change: in ``damped_drift`` from the first on, in global models
        beyond their reach.
    resolution : float
        Rounding step of the source in the unit of the series.
    """

    members: Sequence[str]
    candidates: Sequence[str] = ()
    sum_members: Sequence[str] = ("damped_drift", "ets")
    sum_levels: Sequence[str] = ("occupations",)
    reconciliation: str = "wls_variance"
    breaks: Sequence[int] = ()
    damping: float = 0.95
    resolution: float = 0.0

    def __post_init__(self) -> None:
        for key, allowed in {
            "members": MEMBERS,
            "candidates": MEMBERS,
            "sum_members": tuple(LOCAL_MEMBERS),
            "sum_levels": SUM_LEVELS,
        }.items():
            if not getattr(self, key) and key != "candidates":
                raise ConfigError(
                    f"employment.{key} is empty: name at least one of {list(allowed)}."
                )
            unknown = [name for name in getattr(self, key) if name not in allowed]
            if unknown:
                raise ConfigError(
                    f"employment.{key}: {unknown[0]!r} is unknown; choose of {list(allowed)}."
                )
        if self.reconciliation not in (BOTTOM_UP, *COVARIANCES):
            raise ConfigError(
                f"employment.reconciliation={self.reconciliation!r}: choose of "
                f"{[BOTTOM_UP, *COVARIANCES]}."
            )
        if not 0.0 < self.damping <= 1.0:
            raise ConfigError(f"employment.drift_damping={self.damping}: use 0 < value <= 1.")


@dataclass(frozen=True)
class PanelForecast:
    """One model's forecast of the cells.

    Parameters
    ----------
    point : ndarray (n_cell, n_horizon)
        Median, in the unit of the history, never negative.
    draws : ndarray (n_draw, n_cell, n_horizon)
    errors : ErrorComponents
        What the draws were made from.
    past_errors : ndarray (n_vintage, n_cell, n_horizon)
        Observed less forecast of past vintages; NaN where not yet observed.
    weights : dict of str to float
        Members of a combination; empty otherwise.
    """

    point: Floats
    draws: Floats
    errors: ErrorComponents
    past_errors: Floats
    weights: dict[str, float] = field(default_factory=dict)


def forecast_panel(
    history: Floats,
    horizon: int,
    *,
    tree: Hierarchy,
    n_age: int,
    settings: PanelSettings,
    n_draw: int,
    rng: np.random.Generator,
    seed: int = 0,
    only: Sequence[str] = (),
    memory: Memory | None = None,
) -> dict[str, PanelForecast]:
    """Forecast every cell by each member and by their reconciled combination.

    Parameters
    ----------
    history : ndarray (n_cell, n_time)
        Half-yearly values, oldest first, never negative; cells by occupation and age, the age
        fastest.
    horizon : int
        Half-years ahead.
    tree : Hierarchy
        How cells add up; its first nodes are the cells in the order of `history`.
    n_age : int
    settings : PanelSettings
    n_draw : int
        Number of draws; in every draw all cells move together as they did in the past.
    rng : Generator
    seed : int
        Of the networks' starting weights.
    only : sequence of str
        Models to draw; empty means all of them.
    memory : dict, optional
        Of networks trained before, so that a back-test trains each vintage once.

    Returns
    -------
    dict of str to PanelForecast
        Keys are the members, the candidates and ``combination``.

    Examples
    --------
    >>> from forecast.models.hierarchy import occupation_age
    >>> past = np.arange(40.0).reshape(4, 10) + 5.0
    >>> made = forecast_panel(past, 3, tree=occupation_age(["11", "21"], ["15-29", "30-39"]),
    ...     n_age=2, settings=PanelSettings(["ets"]), n_draw=4, rng=np.random.default_rng(0))
    >>> sorted(made), made["combination"].draws.shape
    (['combination', 'ets'], (4, 4, 3))
    """
    reach = max(horizon, REACH)
    points = {
        name: _member(
            name, history, reach, n_age=n_age, settings=settings, seed=seed, memory=memory
        )
        for name in dict.fromkeys([*settings.members, *settings.candidates])
    }
    errors = {name: rolling_errors(history, points[name]) for name in settings.members}
    weights = combination_weights(errors, _scale(errors))
    combined = np.sum([weights[name] * points[name] for name in weights], axis=0)
    points[COMBINATION] = _reconciled(combined, history, tree=tree, settings=settings)
    made = {}
    for name in only or points:
        past_errors = rolling_errors(history, points[name])[:, :, :REACH]
        parts = fit_error_components(
            past_errors, history, n_age=n_age, resolution=settings.resolution
        )
        point = points[name][-1, :, :horizon]
        # Errors are symmetric, so cutting at zero moves the mean but keeps the median.
        draws = np.maximum(point + parts.draw(n_draw, horizon, rng), 0.0)
        used = weights if name == COMBINATION else {}
        made[name] = PanelForecast(point, draws, parts, past_errors, used)
    return made


def _member(
    name: str,
    history: Floats,
    horizon: int,
    *,
    n_age: int,
    settings: PanelSettings,
    seed: int,
    memory: Memory | None,
) -> Floats:
    """Forecast the cells by one member from every vintage, never below zero."""
    damping, breaks = settings.damping, settings.breaks
    if name == "network":
        return network(
            history, horizon, n_age=n_age, damping=damping, breaks=breaks, seed=seed, memory=memory
        )
    if name in LEARNERS:
        return learnt(LEARNERS[name], history, horizon, n_age=n_age, damping=damping, breaks=breaks)
    return _local(name, history, horizon, settings)


def _local(name: str, history: Floats, horizon: int, settings: PanelSettings) -> Floats:
    keywords: Mapping[str, Mapping[str, float]] = {
        "damped_drift": {"damping": settings.damping},
        "ets": {"resolution": settings.resolution},
    }
    return np.maximum(LOCAL_MEMBERS[name](history, horizon, **keywords.get(name, {})), 0.0)


def _reconciled(
    cells: Floats, history: Floats, *, tree: Hierarchy, settings: PanelSettings
) -> Floats:
    """Let the forecasts of cells (n_vintage, n_cell, n_horizon) and of sums correct each other.

    Each vintage weighs them by the one-step errors that it had seen.
    """
    if settings.reconciliation == BOTTOM_UP:
        return cells
    n_cell, horizon = cells.shape[1:]
    rows = np.concatenate([np.arange(n_cell), *(tree.rows(name) for name in settings.sum_levels)])
    summing = tree.summing[rows]
    nodes = summing @ history
    sums = np.mean(
        [_local(name, nodes[n_cell:], horizon, settings) for name in settings.sum_members], axis=0
    )
    base = np.concatenate([cells, sums], axis=1)
    one_step = rolling_errors(nodes, base)[:, :, 0]
    made = []
    for place, n_seen in enumerate(vintages(history.shape[1], FIRST_VINTAGE)):
        known = one_step[: n_seen - FIRST_VINTAGE]
        if len(known) < LEAST_ERRORS:
            made.append(cells[place])
            continue
        covariance = error_covariance(
            known, method=settings.reconciliation, resolution=settings.resolution
        )
        made.append(reconcile(base[place][None], summing, covariance=covariance)[0])
    return np.stack(made)


def _scale(errors: Mapping[str, Floats]) -> Floats:
    """Usual size of a one-step error per series over all members, kept above zero."""
    squares = [np.nanmean(error[:, :, 0] ** 2, axis=0) for error in errors.values()]
    size = np.sqrt(np.mean(squares, axis=0))
    positive = size[size > 0]
    return np.maximum(size, np.median(positive) * 0.05 if positive.size else 1.0)
