"""From labelled KOSIS cells, however they came, to the schema of a reference table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.data import ksco
from forecast.data.kosis import PERSONS_PER_UNIT, SURVEYS
from forecast.data.kosis_checks import require_sums, require_whole
from forecast.data.kosis_labels import (
    NIL_MARKS,
    SEXES,
    TOTAL,
    WITHHELD_MARKS,
    industry_codes,
    province_codes,
)
from forecast.errors import InputError

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_KINDS = {
    frozenset({"occupation"}): "employment_age",
    frozenset({"industry", "occupation"}): "employment_industry",
    frozenset({"sido", "occupation"}): "employment_province",
}
_LAYOUTS = "직업별 (by age), 산업별 × 직업별, or 시도별 × 직업별"


@dataclass(frozen=True)
class Figures:
    """An employment table of a user: which reference table it has the schema of, and its rows."""

    kind: str  # employment_age | employment_industry | employment_province
    table: pd.DataFrame


def to_figures(cells: pd.DataFrame, *, file: str, titles: Iterable[str] = ()) -> Figures:
    """Turn cells with Korean names into the schema of the reference table they belong to.

    Parameters
    ----------
    cells : DataFrame
        One row per figure, all text: place (where in the file, for messages), period (``2022H2``),
        value, unit, breakdown (total, age, education), group, and of occupation, industry, sido,
        sex and age (names) those that the table has. An extra column is ignored.
    file : str
        Named in messages.
    titles : iterable of str
        Of the table and its variables: they may name the revision of KSCO.

    Returns
    -------
    Figures
        As :mod:`forecast.data.kosis` derives them from the long tables.

    Raises
    ------
    InputError
        For an unknown name, mark, unit or combination of dimensions; a cell that is missing or
        there twice; parts that do not add up; a table of KSCO-8.
    """
    declared = ksco.declared_ksco7(titles, file=file)
    kind = _kind(cells, file)
    cells = _by_age(_of_both_sexes(cells, file))
    _require_known(cells, "unit", list(PERSONS_PER_UNIT), file)
    long = _with_codes(kind, cells, file)
    if not declared and not long[SURVEYS[kind].occupation].str.fullmatch(r"\d\d").any():
        ksco.require_before_break(long["period"], file=file)
    return from_long(kind, long, file=file)


def from_long(kind: str, long: pd.DataFrame, *, file: str) -> Figures:
    """Turn a long table with codes into its schema; marks for no figure become missing.

    Parameters
    ----------
    kind : str
        Of :data:`forecast.data.kosis.SURVEYS`.
    long : DataFrame
        The columns of that survey, as text; `place` beside them if the file is not the long table.
    file : str
        Named in messages.
    """
    value = long["value"].str.strip()
    number = value.str.fullmatch(_NUMBER)
    wrong = ~(number | value.isin((*NIL_MARKS, *WITHHELD_MARKS)))
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        place = long["place"].iloc[row] if "place" in long else f"row {row + 2}, column value"
        raise InputError(
            f"{file}: {place}: {value.iloc[row]!r}; expected a number, not negative, thousands "
            f"separated by commas or nothing, or a mark for no figure {(*NIL_MARKS, '...', 'X')}. "
            "Correct the cell."
        )
    long = long.assign(value=value.where(number, ""))[[*SURVEYS[kind].columns]]
    table = SURVEYS[kind].tidy(long, file=file)
    require_whole(kind, table, file=file)
    if not value.isin(WITHHELD_MARKS).any():
        require_sums(kind, table, file=file)
    return Figures(kind, table)


def _kind(cells: pd.DataFrame, file: str) -> str:
    """Tell the table by its dimensions; one that holds nothing but totals is none."""
    names = [name for name in ("industry", "sido", "occupation") if name in cells]
    there = frozenset(name for name in names if cells[name].nunique() > 1 or name == "occupation")
    if there not in _KINDS:
        raise InputError(
            f"{file}: has the dimensions {names}; expected {_LAYOUTS}. Export one of these tables."
        )
    return _KINDS[there]


def _of_both_sexes(cells: pd.DataFrame, file: str) -> pd.DataFrame:
    if "sex" not in cells:
        return cells.assign(sex=TOTAL)
    _require_known(cells, "sex", list(SEXES), file)
    both = cells[cells["sex"] == TOTAL]
    if both.empty:
        raise InputError(f"{file}: has no row of both sexes (성별 {TOTAL}). Export it with them.")
    return both


def _by_age(cells: pd.DataFrame) -> pd.DataFrame:
    """Where age is a variable of its own, make it the breakdown that items name elsewhere."""
    if "age" not in cells:
        return cells
    cells = cells[cells["breakdown"] == "total"]
    return cells.assign(
        group=cells["age"], breakdown=np.where(cells["age"] == TOTAL, "total", "age")
    )


def _require_known(cells: pd.DataFrame, column: str, known: list[str], file: str) -> None:
    wrong = ~cells[column].isin(known)
    if wrong.any():
        first = cells[wrong].iloc[0]
        raise InputError(
            f"{file}: {first['place']}: {column} {first[column]!r}; expected one of {known}. "
            "Export the table with it."
        )


def _with_codes(kind: str, cells: pd.DataFrame, file: str) -> pd.DataFrame:
    """Put codes beside the names, under the columns of the long table."""
    rows = cells.set_index(cells["place"].str.split(",").str[0])
    occupation = ksco.occupation_codes(rows["occupation"], file=file)
    coded = {SURVEYS[kind].occupation: cells["occupation"].map(occupation)}
    coded[SURVEYS[kind].system] = pd.Series(ksco.SYSTEM, index=cells.index)
    if kind == "employment_age":
        coded["level"] = coded["code"].map(ksco.levels())
        return cells.assign(**coded)
    if kind == "employment_industry":
        coded["ind_code"] = cells["industry"].map(industry_codes(rows["industry"], file=file))
    else:
        coded["sido_code"] = cells["sido"].map(province_codes(rows["sido"], file=file))
    return cells.assign(**coded)[cells["breakdown"] == "total"]
