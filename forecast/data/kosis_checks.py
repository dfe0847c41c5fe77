"""Is an employment table whole, and do its parts add up to its totals within rounding?"""

from __future__ import annotations

import pandas as pd

from forecast.data import reference
from forecast.data.employment import require_national
from forecast.data.kosis import SURVEYS
from forecast.errors import InputError

ROUNDED_TO_PERSONS = 1_000  # the surveys are published in thousands
_PERSONS = "employed_persons"
_TOTALS = ("all", "TOT", "00")


def require_whole(kind: str, table: pd.DataFrame, *, file: str) -> None:
    """Refuse a table that lacks a cell, has one more, or counts too few for a country.

    A cell without a figure is there, and missing. What a half-year must have is what the embedded
    table of the same kind has.
    """
    keys = list(SURVEYS[kind].keys)
    wanted = pd.MultiIndex.from_frame(reference.load(kind)[keys].drop_duplicates())
    for period, cells in table.groupby("period"):
        there = pd.MultiIndex.from_frame(cells[keys])
        absent, extra = wanted.difference(there), there.difference(wanted)
        if len(absent) or len(extra):
            said = (
                f"lacks {len(absent)} of {len(wanted)} cells" if len(absent) else "has other cells"
            )
            first = "/".join(map(str, (absent if len(absent) else extra)[0]))
            raise InputError(
                f"{file}: {period} {said}, first {keys[0]}/{keys[1]} {first}. Export the whole "
                "table: every group with its totals (계)."
            )
    total = table[table[keys].isin(_TOTALS).all(axis=1)].set_index("period")[_PERSONS]
    require_national(total.dropna(), file=file)


def require_sums(kind: str, table: pd.DataFrame, *, file: str) -> None:
    """Refuse a table whose parts miss their total by more than rounding explains.

    A missing cell counts as nobody: only for a table whose missing cells all mean that. Of n
    rounded parts and their rounded total the sums differ by (n + 1) / 2 steps at most.
    """
    cells = table.assign(**{_PERSONS: table[_PERSONS].fillna(0).astype(float)})
    for over in SURVEYS[kind].keys:
        beside = [key for key in ("period", *SURVEYS[kind].keys) if key != over]
        is_total = cells[over].isin(_TOTALS)
        totals = cells[is_total].set_index(beside)[_PERSONS]
        for _, parts in cells[~is_total].groupby(_level(cells[over])):
            sums = parts.groupby(beside)[_PERSONS].agg(["sum", "size"])
            printed = totals.reindex(sums.index)
            off = (sums["sum"] - printed).abs() > (sums["size"] + 1) * ROUNDED_TO_PERSONS / 2
            if off.any():
                first = sums.index[off.to_numpy()][0]
                raise InputError(
                    f"{file}: {'/'.join(first)} ({'/'.join(beside)}) sums over {over} to "
                    f"{sums.loc[first, 'sum']:,.0f} persons, but its total (계) is "
                    f"{printed[first]:,.0f}. A figure is wrong or stands in another's place: take "
                    "the table anew."
                )


def _level(codes: pd.Series) -> pd.Series:
    """Part occupations by the digits of their code: major and sub-major groups sum up each."""
    digits = codes.str.len()
    return digits if codes.name == "ksco7" else digits * 0
