"""Objective ``employment`` of a sweep: how well the default forecast does from earlier origins.

Cases are origins of the rolling back-test, losses the scaled CRPS of the sub-major × age cells.
The last origins are locked, and a trial's history ends where the first of them stands: a forecast
from an earlier origin is scored no further ahead than that, because what came later is what the
locked origins are scored on. The forecaster itself sees what lies before its origin, as in
:func:`forecast.validation.backtest.roll_origins`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from forecast.errors import ConfigError
from forecast.models.baseline import forecast_panel
from forecast.models.combination import COMBINATION
from forecast.models.hierarchy import Hierarchy, occupation_age
from forecast.models.naive import HALVES, NAIVE_MODELS
from forecast.models.panel_network import Memory
from forecast.options import EmploymentOptions, Options
from forecast.stages.employment import backtest_origins, panel_settings
from forecast.stages.employment_history import employment_history
from forecast.stages.half_years import half_number
from forecast.stages.trial_cases import SameTables, Tables
from forecast.types import AGE_GROUPS
from forecast.types_sweep import TrialScore
from forecast.validation.backtest import Forecaster, roll_origins
from forecast.validation.locked import check_share, locked_origins

Floats = NDArray[np.float64]

OBJECTIVE, METRIC = "employment", "crps_skill"
BLOCK_LENGTH = 6  # forecasts of neighbouring origins overlap by up to so many half-years


@dataclass(frozen=True)
class ScoredOrigins:
    """Origins that are scored together, and the history up to the end of their outcomes.

    Parameters
    ----------
    values : ndarray (n_cell, n_time)
        Persons by half-year; nothing later is known to whoever holds this.
    periods : tuple of str
        Half-years of `values`.
    origins : tuple of int
        Half-years seen from each.
    max_horizon : int
    naive : ndarray (n_origin,)
        Loss of the better of the declared naive models on these very origins.
    rows : ndarray of int (n_origin,)
        Forecasts that each loss is summed over.
    split : str
        Fingerprint of the above and of the number of draws.
    """

    values: Floats
    periods: tuple[str, ...]
    tree: Hierarchy  # of the cells
    origins: tuple[int, ...]
    max_horizon: int
    naive: Floats
    rows: NDArray[np.int64]
    split: str


def check_trial(options: Options, tables: Tables | None = None) -> None:
    """Refuse what no trial could run with, before any does.

    Parameters
    ----------
    options : Options
    tables : mapping, optional
        Reference tables: with them the origins are checked too.

    Raises
    ------
    ConfigError, InputError

    Examples
    --------
    >>> check_trial(Options(employment=EmploymentOptions(members=["magic"])))
    Traceback (most recent call last):
    ...
    forecast.errors.ConfigError: employment.members: 'magic' is unknown; choose of...
    """
    check_share(options.sweep.locked_share)
    if options.employment.max_horizon < 1:
        raise ConfigError("employment.max_horizon: the back-test needs at least 1 half-year.")
    first = options.employment.first_origin
    half_number(first, key="employment.first_origin")
    half_number(options.employment.last_origin, key="employment.last_origin")
    panel_settings(options.employment, [first])
    if tables is not None:
        prepared(options, tables)


def score_trial(options: Options, tables: Tables, *, rng: np.random.Generator) -> TrialScore:
    """Score the default forecast from the origins that are not locked.

    Parameters
    ----------
    options : Options
        `employment`, `draws` and `sweep` are read.
    tables : mapping
        Needs ``employment_age``.
    rng : Generator

    Returns
    -------
    TrialScore
        The score is the share by which the CRPS of the better naive model is undercut.
    """
    # Another number of threads adds in another order: losses would differ between machines.
    with threadpool_limits(limits=1, user_api="blas"):
        return _score(options, prepared(options, tables)[0], rng=rng)


def score_locked(options: Options, tables: Tables, *, rng: np.random.Generator) -> TrialScore:
    """Score the locked origins, each forecast from all that lies before it: for a winner, once.

    Parameters as in :func:`score_trial`.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        return _score(options, prepared(options, tables)[1], rng=rng)


def prepared(options: Options, tables: Tables) -> tuple[ScoredOrigins, ScoredOrigins]:
    """Return what no model changes, of development and locked origins; known tables are kept.

    Raises
    ------
    ConfigError, InputError
        If there are too few origins, or the table has gaps.
    """
    chosen = options.employment
    return _prepared(
        SameTables(tables),
        chosen.first_origin,
        chosen.last_origin,
        chosen.max_horizon,
        options.draws,
        options.sweep.locked_share,
    )


@lru_cache(maxsize=8)
def _prepared(
    same: SameTables, first: str, last: str, max_horizon: int, n_draw: int, share: float
) -> tuple[ScoredOrigins, ScoredOrigins]:
    history = employment_history(same.tables["employment_age"])
    panel = history.pivot(index=["ksco7", "age_group"], columns="period", values="employed_persons")
    panel = panel.reindex(AGE_GROUPS, level="age_group")
    values, periods = panel.to_numpy(dtype=float), [str(period) for period in panel.columns]
    tree = occupation_age(sorted(set(history["ksco7"])), AGE_GROUPS)
    origins = backtest_origins(periods, EmploymentOptions(first_origin=first, last_origin=last))
    locked = locked_origins(origins, share)

    def scored(some: Sequence[int], end: int) -> ScoredOrigins:
        known = values[:, :end]
        text = repr((periods[:end], list(some), max_horizon, n_draw, tree.codes))
        digest = hashlib.sha256(text.encode() + np.ascontiguousarray(known).tobytes()).hexdigest()
        naive, rows = _naive(known, some, max_horizon, n_draw=n_draw, seed=int(digest, 16))
        seen, split = tuple(periods[:end]), digest[:12]
        return ScoredOrigins(known, seen, tree, tuple(some), max_horizon, naive, rows, split)

    development = [n_seen for n_seen in origins if n_seen not in locked]
    return scored(development, end=locked[0]), scored(locked, end=len(periods))


def _naive(
    values: Floats, origins: Sequence[int], max_horizon: int, *, n_draw: int, seed: int
) -> tuple[Floats, NDArray[np.int64]]:
    """Return losses of the better naive model and forecasts scored, both by origin.

    Its draws are those of the cases and not of a trial, so that trials share one reference.
    """
    rng = np.random.default_rng(seed)

    def draw(past: Floats, horizon: int) -> dict[str, Floats]:
        return {
            name: model.draw(past, horizon, n_draw=n_draw, rng=rng)
            for name, model in NAIVE_MODELS.items()
        }

    losses = _losses(values, draw, origins, max_horizon)
    best = min(sorted(losses), key=lambda name: np.nansum(losses[name]))
    return np.nansum(losses[best], axis=(1, 2)), np.isfinite(losses[best]).sum(axis=(1, 2))


def _losses(
    values: Floats, draw: Forecaster, origins: Sequence[int], max_horizon: int
) -> dict[str, Floats]:
    """Scaled CRPS (n_origin, n_cell, n_horizon) by model; NaN where nothing can be scored."""
    test = roll_origins(values, draw, origins=origins, max_horizon=max_horizon, season=HALVES)
    return {name: test.forecasts(name, "crps_scaled") for name in test.models}


def _score(options: Options, cases: ScoredOrigins, *, rng: np.random.Generator) -> TrialScore:
    seed, seconds = int(rng.integers(2**31)), 0.0
    settings = panel_settings(options.employment, cases.periods)
    memory: Memory = {}

    def draw(past: Floats, horizon: int) -> dict[str, Floats]:
        nonlocal seconds
        started = time.perf_counter()
        made = forecast_panel(
            past,
            horizon,
            tree=cases.tree,
            n_age=len(AGE_GROUPS),
            settings=settings,
            n_draw=options.draws,
            rng=rng,
            seed=seed,
            only=(COMBINATION,),
            memory=memory,
        )
        seconds += time.perf_counter() - started
        return {COMBINATION: made[COMBINATION].draws}

    losses = _losses(cases.values, draw, cases.origins, cases.max_horizon)[COMBINATION]
    return TrialScore(
        objective=OBJECTIVE,
        metric=METRIC,
        cases=tuple(cases.periods[n_seen - 1] for n_seen in cases.origins),
        folds=np.arange(len(cases.origins)),
        loss=np.maximum(np.nansum(losses, axis=(1, 2)), 0.0),  # a perfect CRPS rounds below zero
        reference=cases.naive,
        naive=cases.naive,
        rows=cases.rows,
        split=cases.split,
        fit_seconds=seconds,
    )
