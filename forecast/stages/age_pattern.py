"""The age pattern that the Bank of Korea observed, beside that of the model: shown, never fitted.

Observed are pension members from 2022.7 to 2025.7, all causes together; the model's AI effect is
employment of a scenario less the baseline, and its baseline change holds everything else. The two
count different people, and membership ends at 59: read signs and order, not sizes.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.stages.draw_tables import interval_table
from forecast.stages.published_figures import published_row
from forecast.types import AGE_GROUPS

OBSERVED = "pension_members_change_2022_2025"
FROM_YEAR, TO_YEAR = 2022, 2025  # year ends next to the months observed
# Nobody is published for 60+: members leave the scheme at 60.
POPULATION = {"15-29": "age_15_29", "30-39": "age_30s", "40-49": "age_40s", "50-59": "age_50s"}


def age_pattern(
    tables: Mapping[str, pd.DataFrame], factor: xr.DataArray, stock: xr.DataArray
) -> pd.DataFrame:
    """Write contract table ``age_pattern``.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``evidence``.
    factor : DataArray (draw, year, occupation, age_group)
        Employment of the scenario relative to the baseline at year end.
    stock : DataArray (draw, year, occupation, age_group)
        Baseline employment at year end, persons, from 2022 (observed) on.

    Returns
    -------
    DataFrame
        Observed changes, AI effect at the end of 2025 and change of the baseline since 2022.
    """
    for name, array, years in (
        ("employment factor", factor, {TO_YEAR}),
        ("baseline", stock, {FROM_YEAR, TO_YEAR}),
    ):
        missing = sorted(years - set(array["year"].values.tolist()))
        if missing:
            raise InputError(f"age_pattern: {name} lacks year(s) {missing}; extend the scenario.")
    ages = list(AGE_GROUPS)
    stock, factor = stock.sel(age_group=ages), factor.sel(age_group=ages)
    later = stock.sel(year=TO_YEAR, drop=True)
    # Draws pair by position: labels may differ between stages.
    later, ratio = (
        array.assign_coords(draw=np.arange(array.sizes["draw"]))
        for array in (later, factor.sel(year=TO_YEAR, drop=True))
    )
    if later.sizes["draw"] != ratio.sizes["draw"]:
        raise InputError("age_pattern: factor and baseline have different numbers of draws.")
    effect = ((ratio - 1.0) * later).sum("occupation").transpose("draw", "age_group")
    table = interval_table(effect, "ai_effect")
    change = (stock.sel(year=TO_YEAR) - stock.sel(year=FROM_YEAR)).sum("occupation").mean("draw")
    table["baseline_change"] = change.to_numpy()
    observed = pd.DataFrame([_observed(tables["evidence"], age) for age in ages])
    table = pd.concat([table, observed], axis=1)
    first = ["age_group", "observed_persons", "observed_high_exposure", "observed_low_exposure"]
    return table[[*first, "ai_effect", "lower80", "upper80", "baseline_change", "source"]]


def _observed(evidence: pd.DataFrame, age: str) -> dict[str, object]:
    columns = {
        "observed_persons": "",
        "observed_high_exposure": "_high_exposure",
        "observed_low_exposure": "_low_exposure",
    }
    if age not in POPULATION:
        return {**dict.fromkeys(columns, np.nan), "source": None}
    rows = {
        column: published_row(evidence, OBSERVED, unit="persons", population=POPULATION[age] + end)
        for column, end in columns.items()
    }
    return {
        **{column: float(row["value"]) for column, row in rows.items()},
        "source": rows["observed_persons"]["source"],
    }
