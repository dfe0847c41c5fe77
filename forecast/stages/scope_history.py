"""Employment by scope and major occupation group as it was seen: half-yearly, without a gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import InputError
from forecast.stages.half_years import missing_halves

Floats = NDArray[np.float64]

_KEYS = ["scope", "ksco7", "period"]


@dataclass(frozen=True)
class ScopeTable:
    """One kind of scope and the table that it is published in.

    Parameters
    ----------
    table : str
        Reference table: period, the column `code`, ksco7, employed_persons.
    code : str
        Column of the scope.
    all_scopes : str
        Code of the nation in that column.
    targets : mapping of str to str
        Level of the hierarchy to the name that its scores have.
    carved_from : mapping of str to str
        Scope without early figures to the scope that held its people until then.
    """

    table: str
    code: str
    all_scopes: str
    targets: Mapping[str, str]
    carved_from: Mapping[str, str] = field(default_factory=dict)


SCOPES: Mapping[str, ScopeTable] = {
    "industry": ScopeTable(
        "employment_industry",
        "ksic",
        "TOT",
        {"cells": "industry_occupation", "scopes": "industry"},
    ),
    "province": ScopeTable(
        "employment_province",
        "sido",
        "00",
        {"cells": "province_occupation", "scopes": "province"},
        # 세종 has figures from 2017: until then the survey counted it with 충남, whose total
        # falls that year by as many people as 세종 begins with.
        {"36": "44"},
    ),
}


def scope_history(table: pd.DataFrame, kind: ScopeTable, *, majors: Sequence[str]) -> pd.DataFrame:
    """Return every scope x major group x half-year without a gap.

    A cell that the source leaves empty holds nobody it has seen and counts as 0. A scope carved
    out of another gets, for the half-years before, its share of both in the same half of the first
    year that has it.

    Parameters
    ----------
    table : DataFrame
        period, `kind.code`, ksco7, employed_persons.
    kind : ScopeTable
    majors : sequence of str
        KSCO-7 major groups that are forecast; others are left out.

    Returns
    -------
    DataFrame
        period, scope, ksco7, employed_persons, imputed; sorted by scope, ksco7, period.
    """
    missing = {"period", kind.code, "ksco7", "employed_persons"} - set(table.columns)
    if missing:
        raise InputError(f"{kind.table} lacks column(s) {sorted(missing)}; add them.")
    rows = table.rename(columns={kind.code: "scope"})
    rows = rows[(rows["scope"] != kind.all_scopes) & rows["ksco7"].isin(list(majors))]
    repeated = rows[rows.duplicated(_KEYS)]
    if len(repeated):
        raise InputError(
            f"{kind.table}: {tuple(repeated[_KEYS].iloc[0])} of {_KEYS} occurs twice; keep one row."
        )
    absent = sorted(set(majors) - set(rows["ksco7"]))
    if absent:
        raise InputError(f"{kind.table} has no rows of major group(s) {absent}; add them.")
    gaps = missing_halves(sorted(set(rows["period"])), key=f"{kind.table}.period")
    if gaps:
        raise InputError(f"{kind.table}: half-year(s) {gaps} are missing; add them.")
    scopes, periods = sorted(set(rows["scope"])), sorted(set(rows["period"]))
    wanted = pd.MultiIndex.from_product([scopes, majors, periods], names=_KEYS)
    seen = rows.set_index(_KEYS)["employed_persons"].reindex(wanted).astype("Float64")
    if (seen < 0).any():
        worst = seen.index[int((seen < 0).fillna(False).to_numpy().argmax())]
        raise InputError(f"{kind.table}: {worst} of {_KEYS} is negative; persons are 0 or more.")
    persons: Floats = np.asarray(seen.to_numpy(dtype=float, na_value=np.nan))
    persons = persons.reshape(len(scopes), len(majors), len(periods))
    for scope, origin in kind.carved_from.items():
        if scope in scopes:
            _separate(persons, scopes.index(scope), scopes.index(origin), periods)
    table = seen.isna().rename("imputed").reset_index()
    table["employed_persons"] = np.nan_to_num(persons).ravel()
    return table[["period", "scope", "ksco7", "employed_persons", "imputed"]]


def _separate(persons: Floats, part: int, rest: int, periods: Sequence[str]) -> None:
    """Move people of scope `rest` to `part` in the half-years before `part` has figures.

    `persons` (n_scope, n_major, n_period) is filled in place.
    """
    empty = np.isnan(persons[part]).all(axis=0)
    known = [time for time in range(len(periods)) if not empty[time]]
    for time, period in enumerate(periods):
        if not empty[time]:
            continue
        later = [t for t in known if periods[t][-2:] == period[-2:]]
        if not later:
            raise InputError(
                f"a scope is empty in {period} and in every other {period[-2:]}; give one, to "
                "separate it from the scope that held its people."
            )
        own, other = np.nan_to_num(persons[[part, rest], :, later[0]])
        both, together = own + other, np.nan_to_num(persons[rest, :, time])
        share = np.divide(own, both, out=np.zeros_like(own), where=both > 0)
        persons[part, :, time] = together * share
        persons[rest, :, time] = together * (1.0 - share)
