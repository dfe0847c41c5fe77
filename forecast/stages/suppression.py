"""Disclosure control: no released number of fewer than k people, and none to be worked out.

Cell suppression in tables with two families of published totals. A number of 1 to k - 1 people is
primary. Others are hidden with it (secondary, or complementary) until what is published leaves
each primary number, a total as well as a cell, an interval of at least k persons. The proof of
each is a flow: people moved around rectangles of hidden cells change no published total. The
search keeps to rectangles, so it hides somewhat more than the fewest cells possible.

References
----------
Willenborg and de Waal (2001), Elements of Statistical Disclosure Control, Springer. Fischetti and
Salazar (2001), Solving the cell suppression problem on tabular data with linear constraints,
Management Science 47(7), name the problem, of which this is a heuristic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.stages.hidden_cells import CELL, FIRST, GRAND, SECOND, Lines, hide

OPEN, PRIMARY, SECONDARY = "", "under_5", "secondary"
Dims = tuple[str, ...]


@dataclass(frozen=True)
class Marks:
    """Marks of a table and of its totals.

    Parameters
    ----------
    cells : Series of str
        '', 'under_5' or 'secondary', on the index of the table.
    totals : dict of tuple of str to DataFrame
        The two families of totals and the totals common to both: their columns, the value and
        `mark`. A total is marked as a cell is.
    """

    cells: pd.Series
    totals: dict[Dims, pd.DataFrame]


def mark_small(
    table: pd.DataFrame,
    *,
    value: str = "persons",
    k: int = 5,
    dims: Sequence[str] = ("year", "programme", "site", "ksco7", "age_group"),
    total_dims: Sequence[Sequence[str]] = (
        ("year", "programme", "site"),
        ("year", "programme", "ksco7", "age_group"),
    ),
) -> pd.Series:
    """Mark the cells that may not be released; see :func:`protect` for those of the totals.

    Examples
    --------
    >>> table = pd.DataFrame({"site": list("AABB"), "age": list("xyxy"), "persons": [3, 9, 8, 7]})
    >>> mark_small(table, dims=("site", "age"), total_dims=[("site",), ("age",)]).tolist()
    ['under_5', 'secondary', 'secondary', 'secondary']
    """
    return protect(table, value=value, k=k, dims=dims, total_dims=total_dims).cells


def protect(
    table: pd.DataFrame,
    *,
    value: str = "persons",
    k: int = 5,
    dims: Sequence[str],
    total_dims: Sequence[Sequence[str]],
) -> Marks:
    """Hide small numbers and as many others as keep them from being worked out.

    Parameters
    ----------
    table : DataFrame
        One row per cell; cells that are not there are known to be empty.
    value : str
        Column of whole persons.
    k : int
        Fewest people that may be shown; the interval left to a hidden one has at least k persons.
    dims : sequence of str
        Columns that name a cell.
    total_dims : two sequences of str
        Published totals. Columns common to both separate tables of their own, whose grand totals
        are published too unless they are small themselves; together they must be `dims`.

    Returns
    -------
    Marks
        A reader is taken to know that people are at least 0 in the cells of `table`, not which
        cells hold anybody: release them by ``publish(drop=True)``, or list empty cells too.
    """
    first, second = (tuple(family) for family in total_dims)
    common = tuple(column for column in first if column in second)
    _check(table, value, dims, {*first, *second})
    persons = table[value].to_numpy(dtype=np.int64)
    there = table[persons > 0]
    tables = {
        family: there.groupby(list(family), sort=True)[value].sum().reset_index()
        if family
        else pd.DataFrame({value: [int(persons.sum())]})
        for family in (first, second, common)
    }
    lines = Lines(
        first=_number(there, first),
        second=_number(there, second),
        block_of_first=_number(tables[first], common),
        block_of_second=_number(tables[second], common),
        persons=persons[persons > 0],
    )
    small = (lines.value > 0) & (lines.value < k)
    marks = np.where(small, PRIMARY, np.where(hide(lines, small, k), SECONDARY, OPEN))
    cells = pd.Series(OPEN, index=table.index, dtype=object)
    cells.iloc[np.flatnonzero(persons > 0)] = marks[lines.kind == CELL]
    for family, kind in ((first, FIRST), (second, SECOND), (common, GRAND)):
        tables[family]["mark"] = marks[lines.kind == kind]
    return Marks(cells.astype("str"), tables)


def publish(
    table: pd.DataFrame,
    marks: pd.Series,
    *,
    values: Sequence[str] = ("persons", "fractional"),
    drop: bool = False,
) -> pd.DataFrame:
    """Copy of a table with the numbers of marked rows empty, or without those rows.

    Which mark a row has is not released: a reader who can tell small numbers from those hidden
    with them knows too much. `suppressed` says that a number is hidden, for either reason.

    Parameters
    ----------
    values : sequence of str
        Columns that give the number away: emptied together where they are present.
    drop : bool
        Leave marked rows out: then a hidden cell cannot be told from an empty one, as
        :func:`protect` presumes.

    Examples
    --------
    >>> table = pd.DataFrame({"site": ["A", "B"], "persons": [3, 90]})
    >>> publish(table, pd.Series(["under_5", ""]))["persons"].tolist()
    [<NA>, 90]
    """
    hidden = marks.to_numpy() != OPEN
    if len(marks) != len(table) or not set(marks.unique()) <= {OPEN, PRIMARY, SECONDARY}:
        raise InputError("suppression: expected one mark ('', under_5, secondary) for each row.")
    released = table.drop(columns="mark", errors="ignore").copy()
    for column in [column for column in values if column in released]:
        whole = pd.api.types.is_integer_dtype(released[column])
        released[column] = released[column].astype("Int64" if whole else "Float64").mask(hidden)
    released["suppressed"] = hidden
    return released[~hidden].reset_index(drop=True) if drop else released


def _check(table: pd.DataFrame, value: str, dims: Sequence[str], covered: set[str]) -> None:
    if covered != set(dims):
        raise InputError(
            f"suppression: totals by {sorted(covered)} do not make up cells by {sorted(dims)}."
        )
    missing = sorted({value, *dims} - set(table.columns))
    if missing:
        raise InputError(f"suppression: the table has no column {missing}.")
    persons = table[value]
    if not pd.api.types.is_integer_dtype(persons) or (persons < 0).any():
        raise InputError(f"suppression: {value} must be whole numbers of at least 0.")
    if dims and table.duplicated(list(dims)).any():
        first = table.loc[table.duplicated(list(dims)), list(dims)].iloc[0].to_dict()
        raise InputError(f"suppression: cell {first} occurs twice. Sum its rows first.")


def _number(table: pd.DataFrame, family: Dims) -> np.ndarray:
    """Number of the group of every row, groups in sorted order."""
    if not family:
        return np.zeros(len(table), dtype=np.int64)
    return table.groupby(list(family), sort=True).ngroup().to_numpy(dtype=np.int64)
