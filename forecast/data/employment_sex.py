"""Women among the employed by major group of occupations, yearly."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.data import kosis
from forecast.data.evidence import BY_YEAR
from forecast.data.files import first_row, read_text_table
from forecast.errors import InputError

ROUNDING_PERSONS = 1_000  # each figure is printed in thousands
_SEXES = {"계": "all", "남자": "men", "여자": "women"}
_KEPT = ("total", "major")
_TOTAL = "TOT"


def employment_sex(root: Path) -> pd.DataFrame:
    """Return the share of women among the employed of each KSCO-7 major group, 2016 to 2022.

    Returns
    -------
    DataFrame
        year, ksco7 (major group 1 to 9; ``TOT`` is all; soldiers are not surveyed), women_share
        (of men and women as printed), employed_persons (the mean of the months of a year, printed
        in thousands), source.

    Raises
    ------
    InputError
        If men and women miss their total by more than a thousand persons, the groups theirs by
        more than rounding explains, or a cell is missing.
    """
    columns = ("year", "code_system", "level", "code", "breakdown", "group", "value", "unit")
    long = read_text_table(root, BY_YEAR, columns=columns)
    wrong = (long["code_system"] != "KSCO-7") | (long["breakdown"] != "sex")
    if wrong.any():
        raise InputError(
            f"{BY_YEAR}, row {first_row(long, wrong)}: expected code_system KSCO-7 and breakdown "
            "sex. Correct it, or take the file anew."
        )
    long = long[long["level"].isin(_KEPT)].copy()
    majors = kosis.ksco7(root).query("level == 'major'")["ksco7"]
    unknown = ~long["code"].isin((_TOTAL, *majors))
    if unknown.any():
        row = first_row(long, unknown)
        raise InputError(
            f"{BY_YEAR}, row {row}: {long.loc[unknown, 'code'].iloc[0]!r} is no KSCO-7 major group "
            f"nor {_TOTAL}. Correct it, or take the file anew."
        )
    long["sex"] = kosis.mapped(long["group"], _SEXES, BY_YEAR)
    long["persons"] = kosis.in_persons(long, BY_YEAR)
    long = long.rename(columns={"code": "ksco7"})
    keyed = kosis.keyed(
        long[["year", "ksco7", "sex", "persons"]], ["year", "ksco7", "sex"], BY_YEAR
    )
    wide = keyed.pivot(index=["year", "ksco7"], columns="sex", values="persons").astype("Float64")
    _require_sums(wide)
    wide["women_share"] = (wide["women"] / (wide["men"] + wide["women"])).round(6)
    table = wide.rename(columns={"all": "employed_persons"}).rename_axis(columns=None).reset_index()
    columns_out = ["year", "ksco7", "women_share", "employed_persons"]
    return table[columns_out].assign(source="kosis_employment_year")


def _require_sums(wide: pd.DataFrame) -> None:
    """Refuse a missing cell, sexes that miss their total, and groups that miss theirs."""
    if wide.isna().any(axis=None) or set(wide.columns) != set(_SEXES.values()):
        whole = wide.reindex(columns=list(_SEXES.values())).notna().all(axis=1)
        first = "/".join(map(str, wide.index[~whole.to_numpy()][0]))
        raise InputError(
            f"{BY_YEAR}: {first} (year/code) lacks one of {', '.join(_SEXES)}; expected a number "
            "for each. Take the file anew."
        )
    gap = (wide["men"] + wide["women"] - wide["all"]).abs()
    if (gap > ROUNDING_PERSONS).any():
        year, code = gap.index[int(gap.argmax())]
        raise InputError(
            f"{BY_YEAR}: {year}/{code} (year/code): men and women miss their total by "
            f"{gap.max():,.0f} persons; expected {ROUNDING_PERSONS:,} at most. Take the file anew."
        )
    groups = wide["all"].unstack("ksco7")
    parts = groups.drop(columns=_TOTAL, errors="ignore")
    if _TOTAL not in groups or groups.isna().any(axis=None):
        raise InputError(
            f"{BY_YEAR}: a year lacks a group or {_TOTAL}; expected {list(groups.columns)} in "
            "every year. Take the file anew."
        )
    off = (parts.sum(axis=1) - groups[_TOTAL]).abs()
    allowed = ROUNDING_PERSONS * (len(parts.columns) + 1) / 2
    if (off > allowed).any():
        raise InputError(
            f"{BY_YEAR}: the groups of {off.idxmax()} miss {_TOTAL} by {off.max():,.0f} persons; "
            f"expected {allowed:,.0f} at most. Take the file anew."
        )
