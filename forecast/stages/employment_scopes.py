"""Employment by industry and by province: major occupation groups of every scope, per draw.

The national forecast by occupation and age decides how many people each major group has; here
they are spread over scopes, so every draw adds up to its national draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from forecast.checked import labelled
from forecast.errors import ConfigError, InputError
from forecast.models.hierarchy import SCOPE_LEVELS, Hierarchy, crossed
from forecast.models.naive import HALVES, NAIVE_MODELS
from forecast.models.two_way import TwoWaySettings, forecast_two_way
from forecast.options import EmploymentOptions
from forecast.stages.half_years import half_number
from forecast.stages.scope_history import SCOPES, ScopeTable, scope_history
from forecast.validation.backtest import MAIN_METRICS, roll_origins
from forecast.validation.levels import ALL_HORIZONS, Levels
from forecast.validation.scoreboard import SPLIT, scoreboard

Floats = NDArray[np.float64]

TWO_WAY = "two_way"
MINIMUM_HALVES = 7  # 2015H1 to the first back-test origin 2018H1


@dataclass(frozen=True)
class MajorDraws:
    """National forecast of the major groups, and what it would have been at past origins.

    Parameters
    ----------
    codes : tuple of str
        KSCO-7 major groups.
    origin : str
        Last half-year seen by the forecast.
    periods : tuple of str
        Half-years ahead, without a gap after `origin`.
    ahead : ndarray (n_draw, n_major, n_period)
    by_origin : mapping of str to ndarray (n_draw, n_major, n_horizon)
        Back-test draws of the same model, by the last half-year that it saw.
    """

    codes: tuple[str, ...]
    origin: str
    periods: tuple[str, ...]
    ahead: Floats
    by_origin: Mapping[str, Floats]


@dataclass(frozen=True)
class ScopeForecast:
    """Employment of one kind of scope.

    Parameters
    ----------
    persons : DataArray (draw, scope, occupation, period)
        Baseline (``no_ai``) by KSIC section or 시도 and KSCO-7 major group, unit ``persons``; sums
        over scopes are the national draws.
    history : DataFrame
        period, scope, ksco7, employed_persons, imputed: what was seen.
    scoreboard : DataFrame
        Rolling-origin scores by level and horizon, columns of contract table ``scoreboard``.
    scores : DataFrame
        Its rows for contract table ``scores``.
    """

    persons: xr.DataArray
    history: pd.DataFrame
    scoreboard: pd.DataFrame
    scores: pd.DataFrame


def forecast_scopes(
    options: EmploymentOptions,
    tables: Mapping[str, pd.DataFrame],
    national: MajorDraws,
    *,
    rng: np.random.Generator,
) -> dict[str, ScopeForecast]:
    """Spread the national forecast over industries and over provinces.

    Parameters
    ----------
    options : EmploymentOptions
        `drift_damping`, `rounding_persons`, `max_horizon`.
    tables : mapping
        Needs ``employment_industry`` and ``employment_province``.
    national : MajorDraws
    rng : Generator

    Returns
    -------
    dict of str to ScopeForecast
        By kind of scope: ``industry``, ``province``.

    Raises
    ------
    InputError
        If a table has gaps, or is too short before the national forecast begins.
    """
    return {
        name: _forecast(kind, options, tables, national, rng=stream)
        for (name, kind), stream in zip(SCOPES.items(), rng.spawn(len(SCOPES)), strict=True)
    }


def _forecast(
    kind: ScopeTable,
    options: EmploymentOptions,
    tables: Mapping[str, pd.DataFrame],
    national: MajorDraws,
    *,
    rng: np.random.Generator,
) -> ScopeForecast:
    table = tables[kind.table]
    known = table[table["period"] <= national.origin]  # what came later was not known there
    history = scope_history(known, kind, majors=national.codes)
    panel = history.pivot(index=["scope", "ksco7"], columns="period", values="employed_persons")
    periods = [str(period) for period in panel.columns]
    lag = half_number(national.origin) - half_number(periods[-1])
    if len(periods) < MINIMUM_HALVES:
        raise InputError(
            f"{kind.table}: {len(periods)} half-years to {national.origin}, the last that "
            f"employment_age has; at least {MINIMUM_HALVES} are needed. Give a longer history."
        )
    scopes = sorted(set(history["scope"]))
    panel = panel.reindex(pd.MultiIndex.from_product([scopes, national.codes]))
    tree = crossed(scopes, national.codes, levels=SCOPE_LEVELS)
    settings = TwoWaySettings(options.drift_damping, options.rounding_persons)
    values = panel.to_numpy(dtype=float)
    forecast_rng, backtest_rng = rng.spawn(2)
    draws = forecast_two_way(
        values, national.ahead, tree=tree, settings=settings, rng=forecast_rng, lag=lag
    )
    coords: dict[str, object] = {
        "draw": np.arange(len(draws)),
        "scope": scopes,
        "occupation": list(national.codes),
        "period": list(national.periods),
    }
    shape = (len(draws), len(scopes), len(national.codes), len(national.periods))
    board = _backtest(values, periods, national, tree, settings, options, backtest_rng)
    board = board.assign(target=board["target"].map(kind.targets)).dropna(subset="target")
    return ScopeForecast(
        persons=labelled(draws.reshape(shape), coords, unit="persons", low=0.0),
        history=history,
        scoreboard=board.reset_index(drop=True),
        scores=_score_rows(board),
    )


def _backtest(
    values: Floats,
    periods: Sequence[str],
    national: MajorDraws,
    tree: Hierarchy,
    settings: TwoWaySettings,
    options: EmploymentOptions,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Score the forecast and the naive models at the origins that the national one was tested at.

    A naive model forecasts each node by itself, also the sums: nobody is helped by another level.
    """
    origins = [
        n_seen
        for n_seen in range(MINIMUM_HALVES, len(periods))
        if periods[n_seen - 1] in national.by_origin
    ]
    if not origins:
        raise ConfigError(
            f"employment.first_origin={options.first_origin}, last_origin={options.last_origin}: "
            f"none lies between {periods[MINIMUM_HALVES - 1]} and {periods[-2]}, where scopes can "
            "be tested. Choose others."
        )
    cells = tree.rows("cells")

    def draw_nodes(past: Floats, horizon: int) -> dict[str, Floats]:
        columns = national.by_origin[periods[past.shape[1] - 1]][:, :, :horizon]
        drawn = forecast_two_way(past[cells], columns, tree=tree, settings=settings, rng=rng)
        naive = {
            name: model.draw(past, horizon, n_draw=len(columns), rng=rng)
            for name, model in NAIVE_MODELS.items()
        }
        return {TWO_WAY: tree.aggregate(drawn), **naive}

    test = roll_origins(
        tree.aggregate(values),
        draw_nodes,
        origins=origins,
        max_horizon=options.max_horizon,
        season=HALVES,
        hierarchy=tree,
    )
    return scoreboard(test, Levels.of(tree), naive=list(NAIVE_MODELS)).assign(stage="employment")


def _score_rows(board: pd.DataFrame) -> pd.DataFrame:
    """Take the rows of contract table ``scores`` off the scoreboard."""
    rows = board[board["metric"].isin(MAIN_METRICS) & (board["horizon"] == ALL_HORIZONS)]
    columns = ["stage", "model", "split", "target", "metric", "value", "n", "naive_value"]
    return rows.assign(split=SPLIT)[columns].reset_index(drop=True)
