"""Whole classes close to a solution without whole numbers: a small programme of sums alone.

The linear programme opens a quarter of a class. Here cells are left out: sums by province and age
move as few seats as possible from where the linear programme has them, so that every class is
whole and everything that can be said of the sums still holds.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse

from forecast.stages.integer_program import Floats, IntegerProgram
from forecast.stages.seat_model import ProgrammeColumns, SeatModel

POOLED = 10.0  # a seat moved between province and age counts as ten moved between programmes
_OF_CELLS = ("need", "fair_sex")  # rows that say something of cells, which are left out here


def class_model(
    model: SeatModel, program: IntegerProgram, values: Floats, *, sums: bool = False
) -> IntegerProgram:
    """Keep the columns and rows of sums, and look for the nearest whole ones.

    Parameters
    ----------
    model : SeatModel
    program : IntegerProgram
        Of the model, finished.
    values : ndarray (column,)
        Of the linear programme.
    sums : bool
        Ask whole numbers of the sums by province and age and of the seats above the need too,
        not of classes alone.

    Returns
    -------
    IntegerProgram
        With the columns of `program` first, in their order: cells are fixed at 0 and rows about
        them are left out.
    """
    cells, classes = np.zeros((2, len(values)), dtype=bool)
    for columns in model.programmes:
        cells[columns.seat.ravel()] = True
        whole = [columns.taught, columns.classes]
        if sums:
            whole += [columns.group, columns.beyond, columns.beyond_at]
        for part in whole:
            if part is not None:
                classes[part.ravel()] = True
    kept = np.ones(program.matrix.shape[0], dtype=bool)
    for block in program.blocks:
        rows = block.rows.ravel()
        if block.kind in _OF_CELLS or program.matrix[rows][:, cells].nnz:
            kept[rows] = False
    weight, pick = _compared(model, len(values))
    n_sum = len(weight)
    unit = scipy.sparse.identity(n_sum, format="csc")
    available, most = _available(model, len(values))
    blocks = [
        [program.matrix[kept], None, None],
        [pick, -unit, unit],  # deviations above and below
        [available, None, None],
    ]
    extra = np.zeros(2 * n_sum)
    wanted = pick @ values
    free = np.where(cells, 0.0, program.high)
    return IntegerProgram(
        gain=np.concatenate([np.zeros(len(values)), -weight, -weight]),
        low=np.concatenate([np.where(cells, 0.0, program.low), extra]),
        high=np.concatenate([free, np.full(2 * n_sum, np.inf)]),
        integer=np.concatenate([classes, extra.astype(bool)]),
        matrix=scipy.sparse.bmat(blocks, format="csc"),
        row_low=np.concatenate([program.row_low[kept], wanted, np.full(len(most), -np.inf)]),
        row_high=np.concatenate([program.row_high[kept], wanted, most]),
    )


def balanced(model: SeatModel, values: Floats) -> Floats:
    """Share people out among programmes that take the same people, in proportion to their seats.

    Which of them seats whom makes no difference to the gain, so a solver leaves it to chance.

    Parameters
    ----------
    model : SeatModel
    values : ndarray (column,)
        Of the linear programme.

    Returns
    -------
    ndarray (column,)
        With the same sums over such programmes; what is said of classes may not hold.
    """
    made = values.copy()
    for members in _alike(model):
        programmes = [model.problem.programmes[c.programme] for c in members]
        seats = np.array([programme.seats for programme in programmes], dtype=float)
        share = seats / np.maximum(seats.sum(axis=0), 1.0)  # (programme, year)
        cells = np.sum([values[c.seat] for c in members], axis=0)
        for columns, programme, part in zip(members, programmes, share, strict=True):
            if columns.beyond is not None and programme.beyond is not None:
                beyond = programme.seats - cells.sum(axis=1) * part
                made[columns.beyond] = beyond
                if columns.beyond_at is not None:
                    made[columns.beyond_at] = beyond[:, None] * programme.beyond
        parts = share[:, :, None] * np.ones(len(model.problem.served_by))  # and province
        taught = [i for i, programme in enumerate(programmes) if programme.sites is not None]
        if len(taught) == 1:
            parts = _within_sites(model, members[taught[0]], made, values, parts, taught[0])
        groups = np.sum([values[c.group] for c in members], axis=0)
        for columns, part in zip(members, parts, strict=True):
            made[columns.group] = groups * part[:, :, None]
            made[columns.seat] = cells * part[:, columns.cells[:, 0]]
    return made


def _within_sites(
    model: SeatModel,
    columns: ProgrammeColumns,
    made: Floats,
    values: Floats,
    parts: Floats,
    index: int,
) -> Floats:
    """Shares (programme, year, province) under which no province is above what its sites hold.

    What a province cannot seat goes to the others in proportion, and the programmes without sites
    change places with it.
    """
    problem = model.problem
    sites = problem.programmes[columns.programme].sites
    assert sites is not None
    n_province = len(problem.served_by)
    pooled = np.sum(
        [values[c.group] for c in model.programmes if _pool(model, c) == _pool(model, columns)],
        axis=(0, 3),
    )
    hold = np.bincount(sites.province, minlength=n_province) * sites.most
    changed = parts.copy()
    for year, people in enumerate(pooled):
        beyond = np.zeros(n_province)
        if columns.beyond_at is not None:
            beyond = made[columns.beyond_at][year]
        here = people * parts[index, year]
        wish = np.asarray(np.bincount(problem.served_by, here, n_province), dtype=np.float64)
        room = np.maximum(hold - np.bincount(problem.served_by, beyond, n_province), 0.0)
        room = np.minimum(room, np.bincount(problem.served_by, people, n_province))
        given = levelled(wish, room)
        factor = np.divide(given, wish, out=np.ones(n_province), where=wish > 0)
        own = parts[index, year] * factor[problem.served_by]
        others = np.maximum(1.0 - parts[index, year], 1e-12)
        changed[:, year] = parts[:, year] * (1.0 - own) / others
        changed[index, year] = own
    return changed


def levelled(wish: Floats, room: Floats) -> Floats:
    """Give what is wished for as far as there is room, and the rest to others in proportion.

    Examples
    --------
    >>> levelled(np.array([6.0, 3.0, 1.0]), np.array([4.0, 9.0, 9.0])).tolist()
    [4.0, 4.5, 1.5]
    """
    given, free = np.zeros_like(wish), wish > 0
    left = float(min(wish.sum(), room[free].sum()))
    while left > 1e-9 and free.any():
        now = given + np.where(free, wish * (left / wish[free].sum()), 0.0)
        full = free & (now >= room - 1e-12)
        given = np.where(full, room, np.where(free & ~full.any(), now, given))
        if not full.any():
            break
        left -= float(room[full].sum())
        free &= ~full
    return given


def _alike(model: SeatModel) -> list[list[ProgrammeColumns]]:
    """Programmes of one pool that take the same people at the same worth, two or more."""
    groups: dict[tuple[object, ...], list[ProgrammeColumns]] = {}
    for columns in model.programmes:
        programme = model.problem.programmes[columns.programme]
        whom = (programme.open_to.tobytes(), programme.weight.tobytes())
        key = (programme.pool, programme.beyond is None, *whom)
        groups.setdefault(key, []).append(columns)
    return [members for members in groups.values() if len(members) > 1]


def _compared(model: SeatModel, n_column: int) -> tuple[Floats, scipy.sparse.csc_matrix]:
    """Sums that shall stay near: of each programme, and above all of each pool together."""
    columns = [member.group.ravel() for member in model.programmes]
    start = sum(map(len, columns))
    rows, weight = [np.arange(start)], [np.ones(start)]
    for pool in sorted({_pool(model, m) for m in model.programmes}):
        members = [
            m for m in model.programmes if model.problem.programmes[m.programme].pool == pool
        ]
        if len(members) < 2:
            continue
        size = members[0].group.size
        for member in members:
            columns.append(member.group.ravel())
            rows.append(start + np.arange(size))
        weight.append(np.full(size, POOLED))
        start += size
    row, column = np.concatenate(rows), np.concatenate(columns)
    shape = (start, n_column)
    pick = scipy.sparse.csc_matrix((np.ones(len(row)), (row, column)), shape=shape)
    return np.concatenate(weight), pick


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


def _pool(model: SeatModel, columns: ProgrammeColumns) -> int:
    return model.problem.programmes[columns.programme].pool
