"""A user's own employment table in place of the embedded one, checked cell by cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from forecast.data import ksco
from forecast.errors import InputError
from forecast.types import AGE_GROUPS

KEYS = ["period", "ksco7", "age_group"]
VALUE = "employed_persons"
NATION = (1_000_000, 1_000_000_000)  # employed persons that a national table can sum to


def read_employment(path: Path, codes: list[str], *, encoding: str = "utf-8") -> pd.DataFrame:
    """Read employed persons by half-year, KSCO-7 sub-major group and age.

    Parameters
    ----------
    path : Path
        CSV with columns period (``2022H2``), ksco7 (two digits), age_group and employed_persons
        (persons, not thousands); one row per cell and every cell present. A column code_system or
        occ_system must say KSCO-7.
    codes : list of str
        The sub-major groups that must all be there.
    encoding : str
        Of the file; ``cp949`` for what Excel and KOSIS write in Korean Windows.

    Returns
    -------
    DataFrame
        In the schema of reference table ``employment_age``, totals added by summing.

    Raises
    ------
    InputError
        Naming file, row and remedy: missing file or column, wrong encoding, empty file, unknown
        code, duplicate key, negative or non-numeric value, missing cell.
    """
    table = _read_text(path, encoding)
    missing = [c for c in [*KEYS, VALUE] if c not in table]
    if missing:
        raise InputError(
            f"{path}: lacks column(s) {missing}; it has {list(table.columns)}. "
            f"Expected {[*KEYS, VALUE]}: rename or add them."
        )
    if table.empty:
        raise InputError(f"{path}: has a header but no row. Expected one row per cell.")
    ksco.require_ksco7(table, ("code_system", "occ_system"), file=str(path))
    _refuse(path, table, ~table["period"].str.fullmatch(r"\d{4}H[12]"), "period", "like 2022H2")
    _refuse(path, table, ~table["ksco7"].isin(codes), "ksco7", _groups(codes))
    _refuse(path, table, ~table["age_group"].isin(AGE_GROUPS), "age_group", f"one of {AGE_GROUPS}")
    _refuse(path, table, table.duplicated(KEYS), KEYS, "each cell once: delete or sum the copies")
    persons = pd.to_numeric(table[VALUE], errors="coerce")
    _refuse(path, table, ~np.isfinite(persons), VALUE, "a number of persons, without separators")
    _refuse(path, table, persons < 0, VALUE, "at least 0 persons")
    cells = table.assign(**{VALUE: persons})[[*KEYS, VALUE]]
    require_national(cells.groupby("period")[VALUE].sum(), file=str(path))
    _require_all_cells(path, cells, codes)
    return _with_totals(cells, f"own table {path.name}")


def require_national(totals: pd.Series, *, file: str) -> None:
    """Refuse totals by half-year that no country has: most often persons given in thousands."""
    odd = totals[(totals < NATION[0]) | (totals > NATION[1])]
    if len(odd):
        raise InputError(
            f"{file}: {odd.index[0]} sums to {odd.iloc[0]:,.0f}; expected the employed persons of "
            f"a country, {NATION[0]:,} to {NATION[1]:,}: give persons, not thousands."
        )


def _read_text(path: Path, encoding: str) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, encoding=encoding, keep_default_na=False)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file. Check data.employment.") from None
    except (UnicodeDecodeError, LookupError) as error:
        raise InputError(
            f"{path}: is not {encoding} ({error}). Save it as UTF-8, or name its encoding, "
            "e.g. data.encoding=cp949."
        ) from None
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: is empty. Expected a header {[*KEYS, VALUE]}.") from None
    except (pd.errors.ParserError, OSError) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error}).") from None


def _refuse(
    path: Path, table: pd.DataFrame, bad: pd.Series, column: str | list[str], expected: str
) -> None:
    if bad.any():
        row = int(bad.to_numpy().nonzero()[0][0])
        found = table.iloc[row][column]
        shown = "/".join(found) if isinstance(column, list) else repr(found)
        raise InputError(
            f"{path}: row {row + 2}, column {column}: {shown}; expected {expected}. "
            f"{int(bad.sum())} row(s) are affected."
        )


def _groups(codes: list[str]) -> str:
    return f"one of {codes[:3]} … {codes[-1]} (KSCO-7; groups of KSCO-8 are never bridged to them)"


def _require_all_cells(path: Path, cells: pd.DataFrame, codes: list[str]) -> None:
    wanted = pd.MultiIndex.from_product([sorted(cells["period"].unique()), codes, AGE_GROUPS])
    absent = wanted.difference(pd.MultiIndex.from_frame(cells[KEYS]))
    if len(absent):
        raise InputError(
            f"{path}: {len(absent)} of {len(wanted)} cells are missing, first "
            f"{'/'.join(map(str, absent[0]))}. Add them, with 0 where nobody is employed."
        )


def _with_totals(cells: pd.DataFrame, source: str) -> pd.DataFrame:
    everyone = cells.groupby(["period", "ksco7"], as_index=False)[VALUE].sum()
    sub_major = pd.concat([cells, everyone.assign(age_group="all")]).assign(level="sub_major")
    majors = sub_major.assign(ksco7=sub_major["ksco7"].str[0], level="major")
    total = sub_major.assign(ksco7="TOT", level="total")
    keys = ["period", "ksco7", "level", "age_group"]
    table = pd.concat([sub_major, majors, total]).groupby(keys, as_index=False)[VALUE].sum()
    return table.assign(source=source)
