"""Complementarity (theta) and the O*NET components it is the mean of."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.data.files import read_text_table, to_number
from forecast.data.revisions import require_system
from forecast.errors import InputError

COMPLEMENTARITY = "onet/complementarity_components_soc2010.csv"
# Component -> value at which it says 0 and value at which it says 1. Work contexts run from 1 to
# 5; routine is written as 100 less its value, so that much of it says little; job zones as percent.
SCALES = {
    "communication": (1.0, 5.0),
    "responsibility": (1.0, 5.0),
    "physical": (1.0, 5.0),
    "criticality": (1.0, 5.0),
    "routine": (95.0, 99.0),
    "job_zone_score": (0.0, 100.0),
}
_SAME = 1e-6


def soc2010_complementarity(root: Path) -> pd.DataFrame:
    """Return theta and its components by SOC-2010, all 0-1; missing where a component is.

    Raises
    ------
    InputError
        If the file's theta is not the mean of its components: another definition is another
        quantity.

    References
    ----------
    Pizzinelli et al. (2023), IMF Working Paper 23/216, section on complementarity.
    """
    table = read_text_table(root, COMPLEMENTARITY, columns=("soc6", *SCALES, "theta"))
    codes = require_system(table["soc6"], root, file=COMPLEMENTARITY, system="soc2010")
    parts = pd.DataFrame(
        {
            name: (to_number(table, name, file=COMPLEMENTARITY) - low) / (high - low)
            for name, (low, high) in SCALES.items()
        }
    )
    theta = to_number(table, "theta", file=COMPLEMENTARITY)
    away = (parts.mean(axis=1, skipna=False) - theta).abs()
    if (away > _SAME).any():
        row = int(away.fillna(0.0).to_numpy().argmax())
        raise InputError(
            f"{COMPLEMENTARITY}, row {row + 2}: theta {theta.iloc[row]:g} is not the mean of its "
            f"components, {parts.iloc[row].mean():g}. `forecast data pull` takes it anew."
        )
    return parts.assign(theta=theta).groupby(codes.to_numpy()).mean().rename_axis("soc2010")
