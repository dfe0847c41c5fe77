"""DAIOE by year: AI exposure of ISCO-08 groups 2010 to 2021, for exposure that moves in time."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.data.crosswalks import average_to_isco, to_six_digits, weights_soc2010
from forecast.data.files import read_text_table, to_number
from forecast.data.indices import DAIOE
from forecast.errors import InputError

YEARS = tuple(range(2010, 2022))
NAMES = ("daioe_allapps", "daioe_genai")
_DIGITS = 6


def isco_daioe(root: Path) -> pd.DataFrame:
    """Return DAIOE by ISCO-08 group and year, averaged as ``isco_indices`` does for 2021.

    Returns
    -------
    DataFrame
        isco08, year (2010 to 2021), daioe_genai (missing before 2012: no generative application
        was measured), daioe_allapps (both sums over ability weights, own scale), source.
    """
    scores = soc_daioe(root)
    weights = weights_soc2010(root)
    years = []
    for year in YEARS:
        of_year = scores[scores["year"] == year].set_index("soc2010")[list(NAMES)]
        averages, _ = average_to_isco(of_year, weights)
        years.append(averages.assign(year=year).reset_index())
    table = pd.concat(years)
    for name in NAMES:
        table[name] = table[name].map(_rounded)
    table = table[["isco08", "year", "daioe_genai", "daioe_allapps"]]
    table = table[table[list(NAMES)].notna().any(axis=1)].assign(source="daioe_at_isco08")
    return table.sort_values(["isco08", "year"], ignore_index=True)


def soc_daioe(root: Path) -> pd.DataFrame:
    """Return soc2010, year and the indices: means over 8-digit occupations."""
    columns = ("occ_code_onetsoc2010", "year", *NAMES)
    table = read_text_table(root, DAIOE, columns=columns, separator="\t")
    year = to_number(table, "year", file=DAIOE).astype(int)
    missing = sorted(set(YEARS) - set(year))
    if missing:
        raise InputError(f"{DAIOE} lacks year(s) {missing}. `forecast data pull` takes it anew.")
    codes = to_six_digits(table["occ_code_onetsoc2010"], soc2010=True)
    values = pd.DataFrame({name: to_number(table, name, file=DAIOE) for name in NAMES})
    return values.groupby([codes.rename("soc2010"), year.rename("year")]).mean().reset_index()


def _rounded(value: float) -> float:
    """Round to 6 decimals and never to fewer than 6 digits: early years are below 0.001.

    >>> _rounded(27.50913512), _rounded(0.00045671239)
    (27.509135, 0.000456712)
    """
    if not value > 0:  # zero stays zero, missing stays missing
        return value
    digits = max(_DIGITS, _DIGITS - 1 - math.floor(math.log10(value)))
    return float(np.round(value, digits))  # as numpy rounds: 2021 equals isco_indices to the bit
