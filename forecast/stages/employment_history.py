"""What was employed: the sub-major × age cells by half-year, complete and checked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.stages.half_years import missing_halves
from forecast.types import AGE_GROUPS

MINIMUM_HALVES = 8  # four years: two to start the members, two to learn the size of their errors
TABLE = "employment_age"
KEYS = ["ksco7", "age_group", "period"]


def employment_history(table: pd.DataFrame) -> pd.DataFrame:
    """Return the sub-major × age cells by half-year, complete and checked."""
    missing = {*KEYS, "employed_persons"} - set(table.columns)
    if missing:
        raise InputError(f"{TABLE} lacks column(s) {sorted(missing)}; add them.")
    rows = table.loc[table["ksco7"].str.len() == 2, [*KEYS, "employed_persons"]]
    repeated = rows[rows.duplicated(KEYS)]
    if len(repeated):
        raise InputError(
            f"{TABLE}: {tuple(repeated[KEYS].iloc[0])} of {KEYS} occurs twice; keep one row."
        )
    periods = _complete_periods(sorted(set(rows["period"])))
    occupations = sorted(set(rows["ksco7"]))
    persons = rows.set_index(KEYS)["employed_persons"].astype("Float64")
    wanted = pd.MultiIndex.from_product([occupations, AGE_GROUPS, periods], names=KEYS)
    cells = persons.reindex(wanted).rename("employed_persons").reset_index()
    unknown = cells["employed_persons"].isna()
    if unknown.any():
        cells.loc[unknown, "employed_persons"] = _residual(cells, persons)[unknown]
    negative = cells[cells["employed_persons"] < 0]
    if len(negative):
        raise InputError(
            f"{TABLE}: {tuple(negative[KEYS].iloc[0])} is negative; persons are 0 or more."
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
    totals = persons.reindex(pd.MultiIndex.from_arrays(keys, names=KEYS)).to_numpy(
        dtype=float, na_value=np.nan
    )
    short = cells["employed_persons"].isna() & np.isnan(totals)
    if short.any():
        raise InputError(
            f"{TABLE}: {tuple(cells.loc[short, KEYS].iloc[0])} of {KEYS} is missing, and so is "
            "its total over ages (age_group all). Add either row."
        )
    left = np.maximum(totals - known.to_numpy(dtype=float), 0.0)
    return pd.Series(left / np.maximum(n_empty.to_numpy(), 1), index=cells.index, dtype="Float64")


def _complete_periods(periods: list[str]) -> list[str]:
    if not periods:
        raise InputError(f"{TABLE} holds no sub-major (two-digit) KSCO-7 group; add them.")
    gaps = missing_halves(periods, key=f"{TABLE}.period")
    if gaps or len(periods) < MINIMUM_HALVES:
        raise InputError(
            f"{TABLE}: {len(periods)} half-years {periods[0]} to {periods[-1]}, missing {gaps}; "
            f"at least {MINIMUM_HALVES} without a gap are needed. Add the missing half-years."
        )
    return periods
