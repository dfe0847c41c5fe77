"""Where an occupation works: its split over industries (adoption scopes) and over provinces."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from forecast.checked import labelled
from forecast.errors import InputError


def industry_mix(
    employment_industry: pd.DataFrame, occupations: list[str], scopes: list[str]
) -> xr.DataArray:
    """Where each occupation works, over the scopes that adoption is known for.

    A sub-major group takes the mix of its major group (the finest that is published by industry);
    an industry without an adoption scope of its own counts as ``all:all``.

    Parameters
    ----------
    employment_industry : DataFrame
        period, ksic, ksco7, employed_persons; the last year in it is used.
    occupations, scopes : list of str
        KSCO-7 sub-major codes; labels such as ``all:all`` and ``industry:J``.

    Returns
    -------
    DataArray (occupation, scope)
        Sums to 1 over `scope`; unit ``share``.
    """
    if "all:all" not in scopes:
        raise InputError(f"adoption has scopes {scopes}; expected all:all among them.")
    cells = _last_year(employment_industry)
    cells = cells[(cells["ksic"] != "TOT") & (cells["ksco7"] != "TOT")]
    own = "industry:" + cells["ksic"]
    scope = own.where(own.isin(scopes), "all:all")
    persons = cells.groupby(["ksco7", scope.rename("scope")])["employed_persons"].sum()
    return _major_shares(persons.unstack().fillna(0.0), occupations, scopes, "scope")


def province_share(employment_province: pd.DataFrame, occupations: list[str]) -> xr.DataArray:
    """How each occupation splits over the provinces in the last published year.

    Returns
    -------
    DataArray (sido, occupation)
        Sums to 1 over `sido`. A sub-major group takes the distribution of its major group, the
        finest that is published by province.
    """
    cells = _last_year(employment_province)
    cells = cells[(cells["sido"] != "00") & (cells["ksco7"] != "TOT")]
    persons = cells.groupby(["ksco7", "sido"])["employed_persons"].sum().unstack().fillna(0.0)
    shares = _major_shares(persons, occupations, list(persons.columns), "sido")
    return shares.transpose("sido", "occupation")


def _last_year(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the last year, halves together; a cell left empty by the source counts as none."""
    year = table["period"].str[:4]
    cells = table[year == year.max()]
    return cells.assign(employed_persons=cells["employed_persons"].astype(float).fillna(0.0))


def _major_shares(
    persons: pd.DataFrame, occupations: list[str], columns: list[str], dim: str
) -> xr.DataArray:
    """Shares of each major group (row) over `columns`, repeated for its sub-major groups."""
    majors = [code[0] for code in occupations]
    missing = sorted(set(majors) - set(persons.index[persons.sum(axis=1) > 0]))
    if missing:
        raise InputError(f"no employed persons by {dim} for major occupation group(s) {missing}.")
    table = persons.reindex(columns=columns, fill_value=0.0).loc[majors].to_numpy(dtype=float)
    shares = table / table.sum(axis=1, keepdims=True)
    return labelled(
        shares, {"occupation": occupations, dim: columns}, unit="share", low=0.0, high=1.0
    )
