"""Baseline employment by occupation and age: cells are forecast, totals are sums of their draws."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import ConfigError, InputError
from forecast.models.baseline import COMBINATION, NAIVE, forecast_panel
from forecast.models.timeseries import HALVES
from forecast.options import EmploymentOptions
from forecast.types import AGE_GROUPS, EmploymentForecast, labelled
from forecast.validation.backtest import Vintage, aggregated, roll_origins, score_vintages

Floats = NDArray[np.float64]

MINIMUM_HALVES = 8  # four years: two to start the members, two to learn the size of their errors
_TABLE = "employment_age"
_KEYS = ["ksco7", "age_group", "period"]


def forecast_employment(
    options: EmploymentOptions,
    tables: Mapping[str, pd.DataFrame],
    *,
    n_draw: int,
    rng: np.random.Generator,
) -> EmploymentForecast:
    """Forecast employed persons by KSCO-7 sub-major group, age and half-year, without AI effects.

    Parameters
    ----------
    options : EmploymentOptions
    tables : mapping
        Needs ``employment_age`` (period, ksco7, age_group, employed_persons); half-years without
        a gap, every sub-major group at every age.
    n_draw : int
    rng : Generator

    Returns
    -------
    EmploymentForecast
        Half-years from the one after the last observed to ``options.last_period``.

    Raises
    ------
    InputError, ConfigError
        If the table has gaps, or the options name periods or members that do not exist.
    """
    history = _history(tables[_TABLE])
    panel = history.pivot(index=["ksco7", "age_group"], columns="period", values="employed_persons")
    panel = panel.reindex(AGE_GROUPS, level="age_group")
    occupations = sorted(set(history["ksco7"]))
    periods = list(panel.columns)
    values = panel.to_numpy(dtype=float)
    ahead = _periods_ahead(periods[-1], options.last_period)
    ages: Floats = np.tile(np.eye(len(AGE_GROUPS)), len(occupations))
    forecast_rng, backtest_rng = rng.spawn(2)

    def draw(
        past: Floats, horizon: int, rng: np.random.Generator, only: tuple[str, ...] = ()
    ) -> dict[str, Floats]:
        made = forecast_panel(
            past,
            horizon,
            members=options.members,
            n_draw=n_draw,
            rng=rng,
            groups=ages,
            settings=_member_settings(options),
            resolution=options.rounding_persons,
            only=only,
        )
        return {name: forecast.draws for name, forecast in made.items()}

    draws = draw(values, len(ahead), forecast_rng, (COMBINATION,))[COMBINATION]
    vintages = roll_origins(
        values,
        lambda past, horizon: draw(past, horizon, backtest_rng),
        origins=_origins(periods, options),
        max_horizon=options.max_horizon,
    )
    shape = (len(occupations), len(AGE_GROUPS))
    cells: dict[str, object] = {"occupation": occupations, "age_group": list(AGE_GROUPS)}
    coords = {"draw": np.arange(n_draw), **cells, "period": ahead}
    persons = draws.reshape(n_draw, *shape, len(ahead))
    return EmploymentForecast(
        persons=labelled(persons, coords, unit="persons", low=0.0),
        opening=labelled(values[:, -1].reshape(shape), cells, unit="persons", low=0.0),
        origin=periods[-1],
        history=history,
        scores=_scores(vintages, ages, n_occupation=len(occupations)),
    )


def _history(table: pd.DataFrame) -> pd.DataFrame:
    """Return the sub-major × age cells by half-year, complete and checked."""
    missing = {*_KEYS, "employed_persons"} - set(table.columns)
    if missing:
        raise InputError(f"{_TABLE} lacks column(s) {sorted(missing)}; add them.")
    rows = table.loc[table["ksco7"].str.len() == 2, [*_KEYS, "employed_persons"]]
    repeated = rows[rows.duplicated(_KEYS)]
    if len(repeated):
        raise InputError(
            f"{_TABLE}: {tuple(repeated[_KEYS].iloc[0])} of {_KEYS} occurs twice; keep one row."
        )
    periods = _complete_periods(sorted(set(rows["period"])))
    occupations = sorted(set(rows["ksco7"]))
    persons = rows.set_index(_KEYS)["employed_persons"].astype("Float64")
    wanted = pd.MultiIndex.from_product([occupations, AGE_GROUPS, periods], names=_KEYS)
    cells = persons.reindex(wanted).rename("employed_persons").reset_index()
    unknown = cells["employed_persons"].isna()
    if unknown.any():
        cells.loc[unknown, "employed_persons"] = _residual(cells, persons)[unknown]
    negative = cells[cells["employed_persons"] < 0]
    if len(negative):
        raise InputError(
            f"{_TABLE}: {tuple(negative[_KEYS].iloc[0])} is negative; persons are 0 or more."
        )
    cells["employed_persons"] = cells["employed_persons"].astype(float)
    ordered = cells.assign(imputed=unknown)[
        ["period", "ksco7", "age_group", "employed_persons", "imputed"]
    ]
    return ordered.sort_values(["period", "ksco7", "age_group"], ignore_index=True)


def _residual(cells: pd.DataFrame, persons: pd.Series) -> pd.Series:
    """Return all ages less the ages given: what an empty cell of the source must hold.

    The source leaves a few cells of almost nobody empty; their occupation's total is published.
    Where several ages of one occupation are empty the residual is shared equally.
    """
    groups = cells.groupby(["ksco7", "period"])["employed_persons"]
    known, n_empty = groups.transform("sum"), groups.transform("size") - groups.transform("count")
    keys = [pd.Index(cells["ksco7"]), ["all"] * len(cells), pd.Index(cells["period"])]
    totals = persons.reindex(pd.MultiIndex.from_arrays(keys, names=_KEYS)).to_numpy(
        dtype=float, na_value=np.nan
    )
    short = cells["employed_persons"].isna() & np.isnan(totals)
    if short.any():
        raise InputError(
            f"{_TABLE}: {tuple(cells.loc[short, _KEYS].iloc[0])} of {_KEYS} is missing, and so is "
            "its total over ages (age_group all). Add either row."
        )
    left = np.maximum(totals - known.to_numpy(dtype=float), 0.0)
    return pd.Series(left / np.maximum(n_empty.to_numpy(), 1), index=cells.index, dtype="Float64")


def _complete_periods(periods: list[str]) -> list[str]:
    if not periods:
        raise InputError(f"{_TABLE} holds no sub-major (two-digit) KSCO-7 group; add them.")
    halves = [_half_number(period, key=f"{_TABLE}.period") for period in periods]
    gaps = [_half_label(half) for half in range(halves[0], halves[-1]) if half not in set(halves)]
    if gaps or len(periods) < MINIMUM_HALVES:
        raise InputError(
            f"{_TABLE}: {len(periods)} half-years {periods[0]} to {periods[-1]}, missing {gaps}; "
            f"at least {MINIMUM_HALVES} without a gap are needed. Add the missing half-years."
        )
    return periods


def _periods_ahead(origin: str, last: str) -> list[str]:
    first, end = _half_number(origin) + 1, _half_number(last, key="employment.last_period")
    if end < first:
        raise ConfigError(
            f"employment.last_period={last} is not after the last observed half-year {origin}; "
            "choose a later one."
        )
    return [_half_label(half) for half in range(first, end + 1)]


def _origins(periods: list[str], options: EmploymentOptions) -> list[int]:
    """Return how many half-years each back-test vintage sees, within what the data allow."""
    first = _half_number(options.first_origin, key="employment.first_origin")
    last = _half_number(options.last_origin, key="employment.last_origin")
    origins = [
        n_seen
        for n_seen in range(MINIMUM_HALVES, len(periods))
        if first <= _half_number(periods[n_seen - 1]) <= last
    ]
    if not origins:
        raise ConfigError(
            f"employment.first_origin={options.first_origin}, last_origin={options.last_origin}: "
            f"no half-year in between has {MINIMUM_HALVES} half-years up to it and one after it in "
            f"{periods[0]} to {periods[-1]}. Choose others."
        )
    return origins


def _member_settings(options: EmploymentOptions) -> dict[str, dict[str, float]]:
    if not 0.0 < options.drift_damping <= 1.0:
        raise ConfigError(f"employment.drift_damping={options.drift_damping}: use 0 < value <= 1.")
    return {
        "drift": {"damping": options.drift_damping},
        "ets": {"resolution": options.rounding_persons},
    }


def _scores(vintages: list[Vintage], ages: Floats, *, n_occupation: int) -> pd.DataFrame:
    """Score cells, occupations over all ages, ages over all occupations, and the total."""
    occupations: Floats = np.repeat(np.eye(n_occupation), ages.shape[0], axis=1)
    levels = {
        "cells": vintages,
        "all_ages": aggregated(vintages, occupations),
        "all_occupations": aggregated(vintages, ages),
        "total": aggregated(vintages, np.ones((1, ages.shape[1]))),
    }
    rows = [
        score_vintages(made, naive=NAIVE, season=HALVES).assign(target=target)
        for target, made in levels.items()
    ]
    table = pd.concat(rows, ignore_index=True)
    table = table[table["model"] != NAIVE].assign(stage="employment", split="rolling_origin")
    columns = ["stage", "model", "split", "target", "metric", "value", "n", "naive_value"]
    return table[columns].reset_index(drop=True)


def _half_number(period: str, *, key: str = "period") -> int:
    match = re.fullmatch(r"(\d{4})H([12])", str(period))
    if match is None:
        raise InputError(f"{key}: {period!r} is not a half-year; write it like 2022H2.")
    return HALVES * int(match[1]) + int(match[2]) - 1


def _half_label(half: int) -> str:
    return f"{half // HALVES}H{half % HALVES + 1}"
