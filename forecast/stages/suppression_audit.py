"""What a reader can work out from a released table, by linear programming on small tables.

Slow and exact where :mod:`forecast.stages.hidden_cells` is fast and cautious: the two check each
other. See Fischetti and Salazar (2001) for the attacker's programme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

Dims = tuple[str, ...]
Floats = NDArray[np.float64]
COLUMNS = ["what", "persons", "lower", "upper"]


def audit(
    table: pd.DataFrame,
    marks: pd.Series,
    *,
    value: str = "persons",
    k: int = 5,
    dims: Sequence[str],
    total_dims: Sequence[Sequence[str]],
    totals: Mapping[Dims, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """List small numbers that the released table gives away.

    Parameters
    ----------
    table, value, k, dims, total_dims
        As in :func:`forecast.stages.suppression.protect`; any number of families of totals.
    marks : Series of str
        Of the cells.
    totals : mapping of tuple of str to DataFrame, optional
        Families with their column `mark`, as `Marks.totals`. Without it every total of at least
        k is taken as published.

    Returns
    -------
    DataFrame
        what, persons, lower, upper: cells and totals of 1 to k - 1 people whose possible values,
        given all that is published and that people are at least 0, lie less than k apart.

    Examples
    --------
    >>> table = pd.DataFrame({"site": list("AABB"), "age": list("xyxy"), "persons": [3, 9, 8, 7]})
    >>> marks = pd.Series(["under_5", "", "", ""])
    >>> audit(table, marks, dims=("site", "age"), total_dims=[("site",), ("age",)])
                     what  persons  lower  upper
    0  site=A, age=x        3    3.0    3.0
    """
    families = [tuple(family) for family in total_dims]
    common = tuple(c for c in families[0] if all(c in family for family in families))
    released = [(tuple(dims), table.assign(mark=marks.to_numpy()))]
    for family in dict.fromkeys([*families, common]):
        if totals is not None and family in totals:
            released.append((family, totals[family]))
            continue
        sums = sum_by(table, family, value=value)
        small = (sums[value] > 0) & (sums[value] < k)
        released.append((family, sums.assign(mark=np.where(small, "under_5", ""))))
    return audit_released([table], [(*pair, 0) for pair in released], value=value, k=k)


def audit_released(
    tables: Sequence[pd.DataFrame],
    released: Sequence[tuple[Dims, pd.DataFrame, int]],
    *,
    links: Sequence[tuple[Dims, int, int]] = (),
    value: str = "persons",
    k: int = 5,
) -> pd.DataFrame:
    """The same for several tables released together.

    Parameters
    ----------
    tables : sequence of DataFrame
        Finest cells of every table: what the reader does not know.
    released : sequence of (columns, DataFrame, number of the table that it sums)
        Everything released, totals too, each with its `mark`.
    links : sequence of (columns, table, table)
        Sums that are the same in two tables, known to the reader or not.
    """
    sizes = np.cumsum([0, *(len(table) for table in tables)])
    people = np.concatenate([table[value].to_numpy(dtype=float) for table in tables])

    def member_of(family: Dims, sums: pd.DataFrame, number: int) -> sparse.csr_array:
        inside = _membership(tables[number], family, sums)
        columns = inside.indices + sizes[number]
        return sparse.csr_array((inside.data, columns, inside.indptr), (len(sums), sizes[-1]))

    known, sought = [], []
    for family, one, other in links:
        sums = sum_by(tables[one], family, value=value)
        known.append(member_of(family, sums, one) - member_of(family, sums, other))
    for family, sums, number in released:
        member = member_of(family, sums, number)
        shown = sums["mark"].to_numpy() == ""
        small = (sums[value].to_numpy() > 0) & (sums[value].to_numpy() < k)
        known.append(member[np.flatnonzero(shown)])
        for row in np.flatnonzero(small):
            label = ", ".join(f"{c}={sums[c].iloc[row]}" for c in family) or "all"
            sought.append((label, int(sums[value].iloc[row]), member[[row]].indices))
    equations = sparse.vstack(known, format="csr")
    attack = _Attack(equations, equations @ people)
    rows = []
    for label, persons, columns in sought:
        lower, upper = attack.interval(columns)
        if upper - lower < k - 1e-6:
            rows.append((label, persons, round(lower, 6), round(upper, 6)))
    return pd.DataFrame(rows, columns=COLUMNS)


def sum_by(table: pd.DataFrame, family: Sequence[str], *, value: str = "persons") -> pd.DataFrame:
    """Sums of a column by others; of all rows where there are none."""
    if not family:
        return pd.DataFrame({value: [int(table[value].sum())]})
    return table.groupby(list(family), sort=True)[value].sum().reset_index()


def _membership(base: pd.DataFrame, family: Dims, sums: pd.DataFrame) -> sparse.csr_array:
    """Which rows of `base` each released number sums: (number, row)."""
    if not family:
        return sparse.csr_array(np.ones((1, len(base))))
    keys = pd.MultiIndex.from_frame(sums[list(family)])
    number = keys.get_indexer(pd.MultiIndex.from_frame(base[list(family)]))
    inside = np.flatnonzero(number >= 0)
    shape = (len(sums), len(base))
    return sparse.csr_array((np.ones(len(inside)), (number[inside], inside)), shape=shape)


class _Attack:
    """Least and greatest sums of unknown cells under what is published; one warm HiGHS model."""

    def __init__(self, equations: sparse.csr_array, totals: Floats) -> None:
        import highspy  # a native library: only when a table is audited

        self._api: Any = highspy
        model: Any = highspy.HighsLp()
        self._size = equations.shape[1]
        model.num_col_, model.num_row_ = self._size, equations.shape[0]
        model.col_cost_ = np.zeros(self._size)
        model.col_lower_ = np.zeros(self._size)
        model.col_upper_ = np.full(self._size, np.inf)
        model.row_lower_ = model.row_upper_ = totals
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = equations.indptr.astype(np.int32)
        model.a_matrix_.index_ = equations.indices.astype(np.int32)
        model.a_matrix_.value_ = equations.data.astype(float)
        self._highs: Any = highspy.Highs()
        self._highs.silent()
        for option, choice in {"threads": 1, "random_seed": 1, "parallel": "off"}.items():
            self._highs.setOptionValue(option, choice)
        self._highs.passModel(model)

    def interval(self, columns: NDArray[np.int64]) -> tuple[float, float]:
        """Range of the sum of some cells; the upper end may be infinite."""
        cost = np.zeros(self._size)
        cost[columns] = 1.0
        every = np.arange(self._size, dtype=np.int32)
        self._highs.changeColsCost(self._size, every, cost)
        ends = []
        for sense, unbounded in (
            (self._api.ObjSense.kMinimize, -np.inf),
            (self._api.ObjSense.kMaximize, np.inf),
        ):
            self._highs.changeObjectiveSense(sense)
            self._highs.run()
            optimal = self._highs.getModelStatus() == self._api.HighsModelStatus.kOptimal
            ends.append(
                float(self._highs.getInfo().objective_function_value) if optimal else unbounded
            )
        return ends[0], ends[1]
