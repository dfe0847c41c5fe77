"""Contract tables of employment by industry and by province."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from forecast.report.tables import quantile_table

if TYPE_CHECKING:
    import xarray as xr

ALL_MAJORS = "TOT"
_CODE = {"industry": "ksic", "province": "sido"}


def scope_tables(persons: Mapping[str, xr.DataArray]) -> dict[str, pd.DataFrame]:
    """Tables of the baseline by kind of scope, major groups and their sum.

    Parameters
    ----------
    persons : mapping of str to DataArray (draw, scope, occupation, period)
        By kind of scope (``industry``, ``province``), unit ``persons``.

    Returns
    -------
    dict of str to DataFrame
        ``employment_industry_forecast`` and ``employment_province_forecast``.
    """
    return {
        f"employment_{kind}_forecast": _table(array, _CODE[kind]) for kind, array in persons.items()
    }


def _table(persons: xr.DataArray, code: str) -> pd.DataFrame:
    # An interval of a sum is not the sum of intervals: majors are summed draw by draw.
    total = persons.sum("occupation").expand_dims(occupation=[ALL_MAJORS], axis=2)
    parts = [quantile_table(array, "employed_persons") for array in (persons, total)]
    long = pd.concat(parts, ignore_index=True).assign(scenario="no_ai")
    keys = [code, "ksco7", "period", "scenario", "level"]
    long = long.rename(columns={"scope": code, "occupation": "ksco7"})
    return long[[*keys, "employed_persons"]].sort_values(keys, ignore_index=True)
