"""Which cells to hide so that hidden small numbers cannot be worked out from the totals.

Arrays only. Each block is a two-way table written with its totals as one more row and column.
Take the totals with a minus sign: every line then sums to zero, and shifting people around a
rectangle of hidden entries changes no line. How far an entry can go down is its `fall`: its people
if it is a cell or the grand total; no limit if it is a total, which rises as the entry falls.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CELL, FIRST, SECOND, GRAND = 0, 1, 2, 3
_FREE = 10**9  # a fall without limit
_PASSES = 25  # then the whole block is hidden


@dataclass(frozen=True)
class Lines:
    """Entries of all blocks: cells, totals of the first and second family, grand totals.

    Parameters
    ----------
    first, second : ndarray of int (cell,)
        Line of each cell in both families.
    block_of_first, block_of_second : ndarray of int (line,)
        Block of each line.
    persons : ndarray of int (cell,)
        People, at least 1.

    Attributes
    ----------
    row, column, block, kind, value, fall : ndarray of int (entry,)
        Entries in the order cells, first totals, second totals, grand totals.
    """

    first: Ints
    second: Ints
    block_of_first: Ints
    block_of_second: Ints
    persons: Ints
    row: Ints = field(init=False)
    column: Ints = field(init=False)
    block: Ints = field(init=False)
    kind: Ints = field(init=False)
    value: Ints = field(init=False)
    fall: Ints = field(init=False)

    def __post_init__(self) -> None:
        rows, columns = len(self.block_of_first), len(self.block_of_second)
        blocks = np.arange(max(int(self.block_of_first.max(initial=-1)) + 1, 1))
        in_block = self.block_of_first[self.first] if len(self.first) else self.first
        sums = [
            np.bincount(line, weights=self.persons, minlength=size).astype(np.int64)
            for line, size in (
                (self.first, rows),
                (self.second, columns),
                (in_block, len(blocks)),
            )
        ]
        parts = {
            "row": (self.first, np.arange(rows), rows + self.block_of_second, rows + blocks),
            "column": (
                self.second,
                columns + self.block_of_first,
                np.arange(columns),
                columns + blocks,
            ),
            "block": (in_block, self.block_of_first, self.block_of_second, blocks),
            "value": (self.persons, *sums),
            "kind": tuple(
                np.full(size, kind)
                for kind, size in enumerate((len(self.persons), rows, columns, len(blocks)))
            ),
        }
        for name, part in parts.items():
            object.__setattr__(self, name, np.concatenate(part).astype(np.int64))
        is_total = (self.kind == FIRST) | (self.kind == SECOND)
        object.__setattr__(self, "fall", np.where(is_total, _FREE, self.value))


def hide(lines: Lines, primary: Bools, k: int) -> Bools:
    """Hide `primary` and others until every primary entry has an interval of at least k.

    A grand total is hidden only if it is primary. First totals are hidden last.
    """
    hidden = primary.copy()
    _fill_lines(lines, hidden, k)
    cases = np.flatnonzero(primary)
    for turn in range(_PASSES + 1):
        cases = cases[_slack(lines, hidden, cases, k) < k]
        settled = []
        for block in np.unique(lines.block[cases]):
            there = np.flatnonzero(lines.block == block)
            mine = cases[lines.block[cases] == block]
            if turn == _PASSES or not _repair(lines, hidden, there, mine, k):
                _hide_block(lines, hidden, there, k)
                settled.append(block)
        cases = cases[~np.isin(lines.block[cases], settled)]
        if not len(cases):
            break
    _show_lone(lines, hidden, primary)
    return hidden


def _hide_block(lines: Lines, hidden: Bools, there: Ints, k: int) -> None:
    """Show nothing of a block but first totals and the grand total.

    Cells may then hold from none to all people of their line; lines whose totals are hidden too
    may hold from none to all people of such lines, if there are two of them with k people.
    """
    kind, value = lines.kind[there], lines.value[there]
    hidden[there[((kind == CELL) | (kind == SECOND)) & (value > 0)]] = True
    totals = there[kind == FIRST]
    if hidden[there[kind == GRAND]].all() or not hidden[totals].any():
        return
    for total in totals[np.argsort(lines.value[totals], kind="stable")]:
        shut = totals[hidden[totals]]
        if len(shut) >= 2 and lines.value[shut].sum() >= k:
            return
        hidden[total] = True


def _fill_lines(lines: Lines, hidden: Bools, k: int) -> None:
    """In each line that hides anything hide two entries and k people, smallest first."""
    families = []
    for line, is_total in (
        (lines.row, np.isin(lines.kind, (FIRST, GRAND))),
        (lines.column, np.isin(lines.kind, (SECOND, GRAND))),
    ):
        order = np.lexsort((np.arange(len(line)), lines.value, line))
        order = order[~is_total[order] & (lines.value[order] > 0)]
        families.append((line, is_total, order))
    again = True
    while again:
        again = False
        for line, is_total, order in families:
            size = int(line.max(initial=-1)) + 1
            count = np.bincount(line, weights=hidden, minlength=size)
            people = np.bincount(line, weights=hidden * lines.value * ~is_total, minlength=size)
            total_hidden = np.bincount(line, weights=hidden & is_total, minlength=size) > 0
            lacking = (count == 1) | ((count > 1) & (people < k) & ~total_hidden)
            candidates = order[lacking[line[order]] & ~hidden[order]]
            smallest = candidates[np.unique(line[candidates], return_index=True)[1]]
            hidden[smallest] = True
            again |= bool(len(smallest))


def _show_lone(lines: Lines, hidden: Bools, primary: Bools) -> None:
    """Show what is the only one hidden in its line: it can be worked out, so it hides nothing."""
    lone = hidden & ~primary
    while lone.any():
        alone = np.zeros(len(hidden), dtype=bool)
        for line in (lines.row, lines.column):
            alone |= np.bincount(line, weights=hidden)[line] == 1
        lone = hidden & ~primary & alone
        hidden[lone] = False


def _slack(lines: Lines, hidden: Bools, cases: Ints, k: int) -> Ints:
    """At least how many persons of leeway each case has, counted up to k (lower bound).

    People go round rectangles. Up: other entries of the column fall, so do other entries of the
    row, and the corner opposite rises. How much flows is bounded below by a cut condition that
    needs only the sums over rows.
    """
    entries = np.flatnonzero(hidden)
    row, column, fall = lines.row[entries], lines.column[entries], lines.fall[entries]
    shape = (int(lines.row.max(initial=-1)) + 1, int(lines.column.max(initial=-1)) + 1)
    ones = sparse.csr_array((np.ones(len(entries), dtype=np.int64), (row, column)), shape=shape)
    falls = sparse.csr_array((fall, (row, column)), shape=shape)
    # reach[a, b]: how far the entries of row b can fall in columns that both rows hide.
    reach = (ones @ falls.T).tocsr()
    reach.sort_indices()
    by_column = np.argsort(column, kind="stable")
    starts = np.searchsorted(column[by_column], np.arange(shape[1] + 1))
    slack = np.zeros(len(cases), dtype=np.int64)
    for part in np.array_split(np.arange(len(cases)), max(1, len(cases) // 20_000)):
        case = cases[part]
        begin, end = starts[lines.column[case]], starts[lines.column[case] + 1]
        which = np.repeat(np.arange(len(case)), end - begin)
        step = np.arange(len(which)) - np.repeat(
            np.cumsum(end - begin) - (end - begin), end - begin
        )
        other = by_column[np.repeat(begin, end - begin) + step]
        apart = row[other] != lines.row[case][which]
        which, other = which[apart], other[apart]
        mine = case[which]
        there = _look_up(reach, row[other], lines.row[mine]) - lines.fall[mine]
        back = _look_up(reach, lines.row[mine], row[other]) - fall[other]
        size = len(case)
        down = np.bincount(which, weights=np.minimum(back, k), minlength=size)
        down = np.minimum(np.minimum(down, lines.fall[case]), k)
        up = np.full(size, float(k))
        for cut in range(k):
            through = np.where(there > cut, np.minimum(fall[other], k), 0)
            up = np.minimum(up, cut + np.bincount(which, weights=through, minlength=size))
        slack[part] = np.minimum(up + down, k).astype(np.int64)
    return slack


def _look_up(matrix: sparse.csr_array, rows: Ints, columns: Ints) -> Ints:
    return np.asarray(matrix[rows, columns]).ravel().astype(np.int64) if len(rows) else rows


def _repair(lines: Lines, hidden: Bools, there: Ints, cases: Ints, k: int) -> bool:
    """Hide, for every case, the cheapest rectangle that adds to its leeway; False: there is none.

    Cheapest is the fewest people newly hidden; second totals are hidden where cells do not help,
    first totals only for the sake of others.
    """
    rows, at_row = np.unique(lines.row[there], return_inverse=True)
    columns, at_column = np.unique(lines.column[there], return_inverse=True)
    entry = np.full((len(rows), len(columns)), -1)
    entry[at_row, at_column] = there
    exists = (entry >= 0) & (lines.value[entry] > 0)
    fall = np.where(exists, np.minimum(lines.fall[entry], k), 0)
    kind = np.where(exists, lines.kind[entry], GRAND)
    cell_cost = np.where(exists, lines.value[entry], 0).astype(float)
    price = cell_cost + (1.0 + cell_cost[kind == CELL].sum()) * (kind == SECOND)
    for case in cases:
        r = int(np.searchsorted(rows, lines.row[case]))
        c = int(np.searchsorted(columns, lines.column[case]))
        shut = exists & hidden[entry]
        fixed = (kind == GRAND) | ((kind == FIRST) & (kind[r, c] != FIRST))
        allowed = exists & (~fixed | shut)
        cost = np.where(shut, 0.0, price)
        rectangle = allowed & allowed[:, [c]] & allowed[[r], :]
        rectangle[r, :] = rectangle[:, c] = False
        width = np.minimum(fall[:, [c]], fall[[r], :]) + np.minimum(fall[r, c], fall)
        total = cost + cost[:, [c]] + cost[[r], :]
        wide = rectangle & (width >= k)
        if not wide.any():
            wide = rectangle & (width > 0) & (total > 0)
            if not wide.any():
                return False
        best = np.unravel_index(np.argmin(np.where(wide, total, np.inf)), wide.shape)
        hidden[[entry[best], entry[best[0], c], entry[r, best[1]]]] = True
    return True
