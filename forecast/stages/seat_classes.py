"""Whole classes close to a solution without whole numbers: a small programme of sums alone.

The linear programme opens a quarter of a class. Here cells are left out: sums by province and age
move as few seats as possible from where the linear programme has them, so that every class is
whole and everything that can be said of the sums still holds.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse

from forecast.stages.integer_program import Floats, IntegerProgram
from forecast.stages.seat_model import SeatModel

_OF_CELLS = ("need", "fair_sex")  # rows that say something of cells, which are left out here


def class_model(model: SeatModel, program: IntegerProgram, values: Floats) -> IntegerProgram:
    """Keep the columns and rows of sums, and look for the nearest whole ones.

    Parameters
    ----------
    model : SeatModel
    program : IntegerProgram
        Of the model, finished.
    values : ndarray (column,)
        Of the linear programme.

    Returns
    -------
    IntegerProgram
        With the columns of `program` first, in their order: cells are fixed at 0 and rows about
        them are left out.
    """
    cells, classes = np.zeros((2, len(values)), dtype=bool)
    for columns in model.programmes:
        cells[columns.seat.ravel()] = True
        for part in (columns.taught, columns.classes):
            if part is not None:
                classes[part.ravel()] = True
    kept = np.ones(program.matrix.shape[0], dtype=bool)
    for block in program.blocks:
        rows = block.rows.ravel()
        if block.kind in _OF_CELLS or program.matrix[rows][:, cells].nnz:
            kept[rows] = False
    groups = np.concatenate([columns.group.ravel() for columns in model.programmes])
    n_group, n_column = len(groups), len(values)
    # Deviations above and below, one pair per sum.
    pick = scipy.sparse.csc_matrix(
        (np.ones(n_group), (np.arange(n_group), groups)), shape=(n_group, n_column)
    )
    unit = scipy.sparse.identity(n_group, format="csc")
    available, most = _available(model, n_column)
    blocks = [
        [program.matrix[kept], None, None],
        [pick, -unit, unit],
        [available, None, None],
    ]
    extra = np.zeros(2 * n_group)
    free = np.where(cells, 0.0, program.high)
    return IntegerProgram(
        gain=np.concatenate([np.zeros(n_column), extra - 1.0]),
        low=np.concatenate([np.where(cells, 0.0, program.low), extra]),
        high=np.concatenate([free, np.full(2 * n_group, np.inf)]),
        integer=np.concatenate([classes, extra.astype(bool)]),
        matrix=scipy.sparse.bmat(blocks, format="csc"),
        row_low=np.concatenate(
            [program.row_low[kept], values[groups], np.full(len(most), -np.inf)]
        ),
        row_high=np.concatenate([program.row_high[kept], values[groups], most]),
    )


def _available(model: SeatModel, n_column: int) -> tuple[scipy.sparse.csc_matrix, Floats]:
    """Sums so far of a pool by province and age are at most the people so far."""
    problem = model.problem
    rows, columns, most, start = [], [], [], 0
    for pool in sorted({problem.programmes[c.programme].pool for c in model.programmes}):
        where = problem.pools[pool]
        people = (where.new * problem.open_in(pool)).sum(axis=2)  # (year, province, age)
        limit = people.cumsum(axis=0) if where.waits else people
        number = start + np.arange(limit.size).reshape(limit.shape)
        members = [c for c in model.programmes if problem.programmes[c.programme].pool == pool]
        for year in range(len(limit)):
            for counted in range(0 if where.waits else year, year + 1):
                for member in members:
                    rows.append(number[year].ravel())
                    columns.append(member.group[counted].ravel())
        most.append(limit.ravel().astype(float))
        start += limit.size
    row, column = np.concatenate(rows), np.concatenate(columns)
    shape = (start, n_column)
    matrix = scipy.sparse.csc_matrix((np.ones(len(row)), (row, column)), shape=shape)
    return matrix, np.concatenate(most)
