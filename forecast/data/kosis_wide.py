"""KOSIS web exports: wide tables with rows of labels above and columns of labels before them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pandas as pd

from forecast.data import kosis_labels as labels
from forecast.data.kosis import PERSONS_PER_UNIT
from forecast.data.kosis_cells import Figures, to_figures
from forecast.errors import InputError

Rows = list[list[str]]
Facts = dict[str, str]
_SUBTOTAL = "소계"
_EXPECTED = "a half-year like 2014.1/2, 취업자 (천명), 연령(15~29세) or 교육정도(고졸)"


def read_wide(text: str, *, file: str) -> Figures:
    """Read a KOSIS web export: occupation, industry × occupation or province × occupation.

    The layout is told by the headers. Variables (직업별, 산업별, 행정구역별, 성별, 시점, 항목,
    단위) may stand before the figures; half-years, items, units, sexes and ages above them, in
    any order and number of rows; blank repeats of a merged label count as the label.

    Parameters
    ----------
    text : str
        The file, decoded.
    file : str
        Named in messages.

    Returns
    -------
    Figures
        In the schema of ``employment_age``, ``employment_industry`` or ``employment_province``.

    Raises
    ------
    InputError
        Naming row and column of what is unexpected; see also
        :func:`forecast.data.kosis_cells.to_figures`.

    Examples
    --------
    >>> read_wide('"직업별","2022.2/2"\\n"직업별","고용률 (%)"\\n"계","63.9"', file="export.csv")
    Traceback (most recent call last):
    ...
    forecast.errors.InputError: export.csv: row 2, column 2: '고용률 (%)'; expected a half-year ...
    """
    rows = _rows(text, file)
    n_head = next((i for i, row in enumerate(rows) if row[0] != rows[0][0]), len(rows))
    head, body = rows[:n_head], rows[n_head:]
    n_label = next(
        (j for j in range(len(head[0])) if not labels.dimension(head[0][j])), len(head[0])
    )
    if not n_label or n_label == len(head[0]) or not body:
        raise InputError(
            f"{file}: has no figures right of and below its labels; expected variables like 직업별 "
            f"in the first columns, then {_EXPECTED}. Export it from KOSIS as CSV."
        )
    figures = [cell for row in body for cell in row[n_label:]]
    before = _before(head[0][:n_label], body, n_head, file)
    cells = _joined(_above(head, n_label, file), before, figures, file)
    return to_figures(_with_units(cells, file), file=file, titles=[c for row in head for c in row])


def is_wide(header: list[str]) -> bool:
    """Tell whether the first row of a file begins as an export does.

    >>> is_wide(["직업별", "2014.1/2"]), is_wide(["period", "ksco7"])
    (True, False)
    """
    return bool(header) and labels.dimension(header[0]) is not None


def _rows(text: str, file: str) -> Rows:
    """Split into cells; every row has as many as the first."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise InputError(f"{file}: cannot be read as CSV ({error}). Export it anew.") from None
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise InputError(
                f"{file}: row {number} has {len(row)} cells; expected {len(rows[0])} as in row 1. "
                "Delete notes below or above the table, or export it anew."
            )
    return [[cell.strip() for cell in row] for row in rows]


def _above(head: Rows, n_label: int, file: str) -> pd.DataFrame:
    """Return what the header rows say of every column of figures."""
    facts: list[Facts] = [{"column": str(n_label + j + 1)} for j in range(len(head[0]) - n_label)]
    for number, row in enumerate(head, start=1):
        cells = _filled(row[n_label:])
        read = _reader_of_row(cells)
        for fact, cell in zip(facts, cells, strict=True):
            fact |= _read(read, cell, f"row {number}, column {fact['column']}", file)
    return pd.DataFrame(facts)


def _before(names: list[str], body: Rows, n_head: int, file: str) -> pd.DataFrame:
    """Return what the label columns say of every row."""
    facts: list[Facts] = [{"row": str(n_head + i + 1)} for i in range(len(body))]
    for j, name in enumerate(names):
        about = str(labels.dimension(name))
        cells = [row[j] for row in body]
        innermost = j == len(names) - 1
        for fact, cell in zip(facts, cells if innermost else _filled(cells), strict=True):
            place = f"row {fact['row']}, column {j + 1}"
            if not cell:
                raise InputError(f"{file}: {place} is empty; expected a name of {name}. Fill it.")
            if cell == _SUBTOTAL and about in fact:  # 직업별(2) below 직업별(1): its name counts
                continue
            fact |= (
                _read(_READERS[about], cell, place, file) if about in _READERS else {about: cell}
            )
    return pd.DataFrame(facts)


def _filled(cells: list[str]) -> list[str]:
    """Repeat a label over the blanks that follow it: they were one merged cell."""
    last, filled = "", []
    for cell in cells:
        last = cell or last
        filled.append(last)
    return filled


def _joined(
    above: pd.DataFrame, before: pd.DataFrame, figures: list[str], file: str
) -> pd.DataFrame:
    """Lay the figures one below the other, each with what stands above and before it."""
    twice = sorted(str(name) for name in set(above) & set(before))
    if twice:
        raise InputError(
            f"{file}: {twice} stand above the figures and before them. Export each once."
        )
    cells = before.merge(above, how="cross").assign(value=figures)
    cells["place"] = "row " + cells["row"] + ", column " + cells["column"]
    return cells


def _with_units(cells: pd.DataFrame, file: str) -> pd.DataFrame:
    """Give every figure its unit: where 취업자 (천명) alone names one, it is that of all."""
    for needed, example in (("period", "2014.1/2"), ("breakdown", "취업자"), ("unit", "(천명)")):
        if needed not in cells or cells[needed].isna().all():
            raise InputError(
                f"{file}: no header names the {needed}; expected one like {example}. Export the "
                "table with item, unit and half-years (반기)."
            )
    named = cells["unit"].dropna().unique()
    if len(named) > 1 and cells["unit"].isna().any():
        raise InputError(f"{file}: has units {list(named)} and columns without one. Name them all.")
    return cells.assign(unit=cells["unit"].fillna(named[0]))


def _period(cell: str) -> Facts | None:
    period = labels.half_year(cell)
    return {"period": period} if period else None


def _item(cell: str) -> Facts | None:
    found = labels.item(cell)
    if found is None:
        return None
    unit = {"unit": found.unit} if found.unit else {}
    return {"breakdown": found.breakdown, "group": found.group} | unit


def _unit(cell: str) -> Facts | None:
    return {"unit": cell} if cell in PERSONS_PER_UNIT else None


def _sex(cell: str) -> Facts | None:
    return {"sex": cell} if cell in labels.SEXES else None


def _age(cell: str) -> Facts | None:
    age = labels.same_name(cell, labels.AGES)
    return {"age": age} if age in labels.AGES else None


Reader = Callable[[str], Facts | None]
_READERS: dict[str, Reader] = {
    "period": _period,
    "item": _item,
    "unit": _unit,
    "sex": _sex,
    "age": _age,
}


def _reader_of_row(cells: list[str]) -> Reader:
    """Choose how a header row is read: by the reader that understands most of its cells."""
    return max(_READERS.values(), key=lambda read: sum(read(cell) is not None for cell in cells))


def _read(read: Reader, cell: str, place: str, file: str) -> Facts:
    facts = read(cell)
    if facts is None:
        raise InputError(
            f"{file}: {place}: {cell!r}; expected {_EXPECTED}. Export only the employed (취업자), "
            "by half-year (반기)."
        )
    return facts
