"""Which cells of a printed table are hidden, so that no count of a few people can be read off."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FEWEST = 5  # people: fewer are not printed
TOTAL = "합계"
UNDER, SECONDARY = "under_5", "secondary"
WORDS = {UNDER: "5명 미만", SECONDARY: "…"}

Bools = NDArray[np.bool_]
Place = tuple[int, int]


def with_totals(table: pd.DataFrame) -> pd.DataFrame:
    """Put the sums of columns and rows first, as a ministry prints them.

    Examples
    --------
    >>> with_totals(pd.DataFrame({"a": [1, 2], "b": [3, 4]}, index=["x", "y"])).to_numpy().tolist()
    [[10, 3, 7], [4, 1, 3], [6, 2, 4]]
    """
    wide = table.copy()
    wide.insert(0, TOTAL, table.sum(axis=1))
    first = wide.sum().rename(TOTAL).to_frame().T
    return pd.concat([first, wide])


def hide_small(matrix: pd.DataFrame, *, also: Bools | None = None) -> pd.DataFrame:
    """Mark counts of one to four people, and as many others as keep them from being computed.

    Every row and every column is taken to add up, its sum being one of its cells. A hidden cell
    then follows from the others exactly when it is alone in a line, or when it is the only link
    between two groups of hidden cells; in both cases the smallest cell that ends it is hidden too.

    Parameters
    ----------
    matrix : DataFrame of int
        Counts with their sums in it, see :func:`with_totals`. One column: only it adds up.
    also : ndarray of bool, optional
        Cells that are hidden for another reason.

    Returns
    -------
    DataFrame of str
        Same labels: ``""`` may be printed, ``under_5``, ``secondary``.

    Examples
    --------
    >>> counts = with_totals(pd.DataFrame({"a": [3, 40], "b": [30, 20]}, index=["x", "y"]))
    >>> hide_small(counts).to_numpy().tolist()
    [['', '', ''], ['', 'under_5', 'secondary'], ['', 'secondary', 'secondary']]
    """
    values = matrix.to_numpy()
    small = (values > 0) & (values < FEWEST)
    hidden = small.copy() if also is None else small | also
    rows_add_up, columns_add_up = values.shape[1] > 1, values.shape[0] > 1
    while True:
        place = _alone(values, hidden, rows_add_up, columns_add_up)
        if place is None and rows_add_up and columns_add_up:
            place = _only_link(values, hidden)
        if place is None:
            break
        hidden[place] = True
    marks = np.where(small, UNDER, np.where(hidden, SECONDARY, ""))
    return pd.DataFrame(marks, index=matrix.index, columns=matrix.columns)


def shown(matrix: pd.DataFrame, marks: pd.DataFrame) -> list[list[str]]:
    """Write the cells of a table: numbers with separators, words where they are hidden."""
    return [
        [seats(value, mark) for value, mark in zip(row, row_marks, strict=True)]
        for row, row_marks in zip(matrix.to_numpy(), marks.to_numpy(), strict=True)
    ]


def seats(persons: float, mark: str | None = None) -> str:
    """Write a count of people; without a mark, one of a few people hides itself.

    Examples
    --------
    >>> seats(28_000), seats(0), seats(3), seats(40, "secondary")
    ('28,000', '–', '5명 미만', '…')
    """
    if mark is None:
        mark = UNDER if 0 < persons < FEWEST else ""
    if mark:
        return WORDS[mark]
    return f"{persons:,.0f}" if persons else "–"


def _alone(
    values: NDArray[np.int64], hidden: Bools, rows_add_up: bool, columns_add_up: bool
) -> Place | None:
    """Cell to hide beside one that is the only hidden one of its row or column."""
    if rows_add_up:
        for row in np.flatnonzero(hidden.sum(axis=1) == 1):
            candidates = np.zeros_like(hidden)
            candidates[row] = ~hidden[row]
            return _smallest(values, candidates)
    if columns_add_up:
        for column in np.flatnonzero(hidden.sum(axis=0) == 1):
            candidates = np.zeros_like(hidden)
            candidates[:, column] = ~hidden[:, column]
            return _smallest(values, candidates)
    return None


def _only_link(values: NDArray[np.int64], hidden: Bools) -> Place | None:
    """Cell to hide so that no hidden cell is all that links two groups of hidden ones."""
    for row, column in np.argwhere(hidden):
        rest = hidden.copy()
        rest[row, column] = False
        rows, columns = _linked(rest, int(row))
        if columns[column]:
            continue
        others = _linked(rest.T, int(column))
        crossing = np.outer(rows, others[0]) | np.outer(others[1], columns)
        return _smallest(values, crossing & ~hidden)
    return None


def _linked(hidden: Bools, row: int) -> tuple[Bools, Bools]:
    """Rows and columns that hidden cells link to a row."""
    rows = np.zeros(hidden.shape[0], dtype=bool)
    rows[row] = True
    while True:
        columns: Bools = np.asarray(hidden[rows].any(axis=0))
        more: Bools = rows | np.asarray(hidden[:, columns].any(axis=1))
        if (more == rows).all():
            return rows, columns
        rows = more


def _smallest(values: NDArray[np.int64], candidates: Bools) -> Place | None:
    """Candidate with the fewest people; one without anybody hides little and comes last."""
    if not candidates.any():
        return None
    size = np.where(values > 0, values, np.iinfo(np.int64).max - 1)
    place = int(np.where(candidates, size, np.iinfo(np.int64).max).argmin())
    row, column = divmod(place, values.shape[1])
    return row, column
