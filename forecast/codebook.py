"""Every column of every contract table: type, unit, range, meaning. The codebook is data.

``docs/codebook.md`` is generated from it (``make docs``) and :func:`check_table` holds each table
that leaves the system to it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.codebook_adoption import ADOPTION_TABLES
from forecast.codebook_cohorts import COHORT_TABLES
from forecast.codebook_columns import (
    PERIOD,
    SCENARIO,
    SUB_MAJOR,
    UNITS,
    YEAR,
    Column,
    number,
    text,
)
from forecast.codebook_employment import EMPLOYMENT_TABLES
from forecast.codebook_exposure import EXPOSURE_TABLES
from forecast.codebook_reskilling import RESKILLING_TABLES
from forecast.codebook_scoreboard import SCOREBOARD_TABLES
from forecast.codebook_sweeps import SWEEP_TABLES
from forecast.errors import InputError
from forecast.types import AGE_GROUPS, NEEDS

SCHEMA_VERSION = 1

_AGE = text("age in years", *AGE_GROUPS)
_AGE_ALL = text("age in years, or all", *AGE_GROUPS, "all")
_NEED = text("training needed", *NEEDS)
_MAJOR_FORECAST = {
    "ksco7": text("KSCO-7 major group, or TOT for all of them", pattern=r"[1-9]|TOT"),
    "period": PERIOD,
    "scenario": text("baseline only: AI effects are computed by age", "no_ai"),
    "level": number("level", "quantile"),
    "employed_persons": number("persons", "employed persons; quantiles do not add up, draws do"),
}

TABLES: dict[str, dict[str, Column]] = {
    **EXPOSURE_TABLES,
    "adoption_forecast": {
        "measure": text("which adoption is measured; measures are never chained"),
        "scope_kind": text("what is scoped", "all", "industry", "region", "size"),
        "scope": text("KSIC section, 시도 code, size, or all"),
        "year": YEAR,
        "scenario": SCENARIO,
        "level": number("level", "quantile"),
        "value_percent": number("percent", "share of firms"),
        "role": text("main: what the chain to jobs rests on; beside: shown only", "main", "beside"),
    },
    **ADOPTION_TABLES,
    "employment_forecast": {
        "ksco7": SUB_MAJOR,
        "age_group": _AGE_ALL,
        "period": PERIOD,
        "scenario": SCENARIO,
        "level": number("level", "quantile"),
        "employed_persons": number("persons", "employed persons"),
    },
    "employment_industry_forecast": {
        "ksic": text("KSIC-10 section", pattern=r"[A-U]"),
        **_MAJOR_FORECAST,
    },
    "employment_province_forecast": {
        "sido": text("시도 code", pattern=r"\d{2}"),
        **_MAJOR_FORECAST,
    },
    **EMPLOYMENT_TABLES,
    "reskilling_demand": {
        "year": YEAR,
        "scenario": SCENARIO,
        "sido": text("시도 code", pattern=r"\d{2}"),
        "ksco7": SUB_MAJOR,
        "age_group": _AGE,
        "need": _NEED,
        "persons": number("persons", "people newly in need (mean of draws)"),
        "lower80": number("persons", "lower end of the central 80 % interval"),
        "upper80": number("persons", "upper end of the central 80 % interval"),
    },
    "reskilling_totals": {
        "year": YEAR,
        "scenario": SCENARIO,
        "need": _NEED,
        "persons": number("persons", "mean over draws, the whole country"),
        "lower80": number("persons", "lower end of the central 80 % interval"),
        "upper80": number("persons", "upper end of the central 80 % interval"),
    },
    "mechanism_parameters": {
        "name": text("parameter of conf/scenario"),
        "value": number("number", "mean over draws"),
        "lower80": number("number", "lower end of the central 80 % interval"),
        "upper80": number("number", "upper end of the central 80 % interval"),
        "neutral": number("number", "value at which the step changes nothing"),
        "source": text("what value and range rest on"),
    },
    "ledger": {
        "year": YEAR,
        "scenario": SCENARIO,
        "ksco7": SUB_MAJOR,
        "age_group": _AGE,
        "flow": text("opening, closing, or a named flow"),
        "persons": number("signed_persons", "stock or flow"),
    },
    **RESKILLING_TABLES,
    **COHORT_TABLES,
    "scores": {
        "stage": text("stage"),
        "model": text("model"),
        "split": text("how train and test were cut"),
        "target": text("what was predicted"),
        "metric": text("score"),
        "value": number("number", "value of the score"),
        "n": number("count", "number of cases"),
        "naive_value": number("number", "the declared naive model's value", required=False),
    },
    **SCOREBOARD_TABLES,
    **SWEEP_TABLES,
}


def check_table(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Hold a contract table to the codebook and return it with its columns in order.

    Parameters
    ----------
    name : str
        A key of :data:`TABLES`.
    table : DataFrame
        Must have every column of the contract; more are allowed and follow.

    Raises
    ------
    InputError
        Naming the table, the column, what was expected and the first offending value.

    Examples
    --------
    >>> row = {"year": 2026, "programme": "P", "unit": "persons", "published": 2,
    ...        "allocated": 2, "unallocated": 0, "note": ""}
    >>> check_table("cohort_totals", pd.DataFrame([row])).shape
    (1, 7)
    """
    columns = TABLES[name]
    missing = [c for c in columns if c not in table]
    if missing:
        raise InputError(f"table {name} lacks column(s) {missing}; it has {list(table.columns)}.")
    for key, column in columns.items():
        _check_column(f"table {name}, column {key}", table[key], column)
    extra = [c for c in table.columns if c not in columns]
    return table[[*columns, *extra]]


def _check_column(where: str, values: pd.Series, column: Column) -> None:
    if column.required and values.isna().any():
        row = int(np.flatnonzero(values.isna().to_numpy())[0])
        raise InputError(f"{where}: row {row} is empty; {column.meaning} is required.")
    present = values.dropna()
    if column.kind == "text":
        _check_text(where, present, column)
        return
    if not pd.api.types.is_numeric_dtype(present):
        raise InputError(f"{where}: expected numbers, got {present.dtype}.")
    unit, low, high = UNITS[column.kind]
    outside = present[(present < low) | (present > high)]
    if len(outside):
        raise InputError(f"{where}: {outside.iloc[0]!r} is not a {unit}.")
    if column.kind in ("count", "signed_count", "year") and (present % 1 != 0).any():
        raise InputError(f"{where}: expected whole numbers.")
    if column.values is not None and not present.isin(column.values).all():
        raise InputError(f"{where}: expected one of {column.values}.")


def _check_text(where: str, present: pd.Series, column: Column) -> None:
    unique = pd.Series(present.unique(), dtype=object)
    wrong_type = [v for v in unique if not isinstance(v, str)]
    if wrong_type:
        raise InputError(f"{where}: expected text, got {wrong_type[0]!r}.")
    if column.values is not None:
        unknown = unique[~unique.isin(column.values)]
        if len(unknown):
            raise InputError(f"{where}: {unknown.iloc[0]!r} is none of {column.values}.")
    if column.pattern is not None:
        odd = unique[~unique.str.fullmatch(column.pattern)] if len(unique) else unique
        if len(odd):
            raise InputError(f"{where}: {odd.iloc[0]!r} does not look like {column.pattern}.")
