"""AI use by US state and two-week cycle: the Business Trends and Outlook Survey to the end of 2024.

Firms say whether they use AI now (``current``) and whether they expect to in six months
(``expected_6m``). Cells that the bureau suppressed are left out.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from forecast.data.files import read_text_table
from forecast.errors import InputError

FILE = "btos/btos_state_ai_use_2023_2024.csv"
SERIES = ("current", "expected_6m")
_NUMBERS = ("yes_percent", "standard_error")
_COLUMNS = ("State", "cycle", "series", *_NUMBERS)


def table(root: Path) -> pd.DataFrame:
    """Return state, cycle, period, series, yes_percent, standard_error (points), source.

    `period` counts cycles from 0, so that a step of 1 is two weeks across the turn of a year.
    """
    read = read_text_table(root, FILE, columns=_COLUMNS).rename(columns={"State": "state"})
    unknown = sorted(set(read["series"]) - set(SERIES))
    if unknown:
        raise InputError(f"{FILE}: series {unknown}; expected {list(SERIES)}.")
    cycles = sorted(read["cycle"].unique())
    read.insert(2, "period", read["cycle"].map({cycle: at for at, cycle in enumerate(cycles)}))
    _require_every_cycle(cycles)
    for column in _NUMBERS:
        read[column] = pd.to_numeric(read[column].replace("", np.nan))
    read = read[read["yes_percent"].notna()]
    wrong = ~(read["yes_percent"].between(0, 100) & (read["standard_error"] > 0))
    if wrong.any():
        row = read[wrong].iloc[0]
        raise InputError(
            f"{FILE}: {row['state']} in {row['cycle']} has {row['yes_percent']} % with a standard "
            f"error of {row['standard_error']}; expected a percentage and an error above 0."
        )
    keys = ["state", "cycle", "series"]
    if read.duplicated(keys).any():
        twice = read.loc[read.duplicated(keys), keys].iloc[0].tolist()
        raise InputError(f"{FILE}: {twice} occurs twice.")
    columns = ["state", "cycle", "period", "series", *_NUMBERS]
    return read[columns].assign(source="census_btos_state").sort_values(keys, ignore_index=True)


def _require_every_cycle(cycles: list[str]) -> None:
    """Cycles are numbered 01 to 26 within a year; a gap would make a period longer than another."""
    try:
        count = [26 * int(cycle[:4]) + int(cycle[4:]) for cycle in cycles]
    except ValueError as error:
        raise InputError(f"{FILE}: cycles are written like 202319; got {cycles[:3]}.") from error
    if count != list(range(count[0], count[0] + len(count))):
        raise InputError(f"{FILE}: cycles {cycles[0]} to {cycles[-1]} have a gap.")
