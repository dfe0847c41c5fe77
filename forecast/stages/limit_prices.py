"""Prices of rows and of bounds of columns, of a solved linear programme of seats.

HiGHS gives for each row the change of the gain per unit by which its side moves up, also when it
maximises: at least 0 for «at most», at most 0 for «at least». A limit that is a row and a bound of
columns at once (all people of a cell, all seats of a site) has the prices of both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.stages.integer_program import Floats, Ints, RowBlock
from forecast.stages.seat_model import ProgrammeColumns
from forecast.stages.seat_plan import Relaxed
from forecast.stages.seat_problem import SeatProblem

TIGHT = 1e-6  # relative: a row this close to its side lies on it


@dataclass(frozen=True)
class CellPrices:
    """People of a pool, each (year, cell).

    Parameters
    ----------
    new : ndarray
        Newly in need.
    there : ndarray
        New in the year or waiting from before.
    left : ndarray
        Of these, without a seat at the end of the year.
    price : ndarray
        Gain of one more person newly in need.
    """

    new: Floats
    there: Floats
    left: Floats
    price: Floats


@dataclass(frozen=True)
class Prices:
    """A solved part.

    Parameters
    ----------
    values, upper : ndarray (column,)
        Solution, and price of the upper bound.
    activity, low, high, dual : ndarray (row,)
        Sum of entries, its two sides, and price of the row as HiGHS gives it.
    """

    problem: SeatProblem
    part: Relaxed
    values: Floats
    upper: Floats
    activity: Floats
    low: Floats
    high: Floats
    dual: Floats

    @classmethod
    def of(cls, problem: SeatProblem, part: Relaxed) -> Prices:
        """Price the rows and bounds of a part that has a solution."""
        assert part.solution is not None
        program, values, dual = part.program, part.solution.values, part.solution.row_dual
        # What a column would still gain beyond what its rows charge for it.
        upper = np.maximum(program.gain - program.matrix.T @ dual, 0.0)
        activity = program.matrix @ values
        sides = program.row_low, program.row_high
        return cls(problem, part, values, upper, activity, *sides, dual)

    @property
    def programmes(self) -> list[ProgrammeColumns]:
        """Columns of every programme of the part."""
        return self.part.model.programmes

    def columns(self, name: str) -> ProgrammeColumns:
        """Columns of a programme by its code."""
        programmes = self.problem.programmes
        return next(c for c in self.programmes if programmes[c.programme].name == name)

    def pool(self, name: str) -> int:
        """Index of a pool."""
        return next(i for i, pool in enumerate(self.problem.pools) if pool.name == name)

    def sided(self, rows: Ints) -> tuple[Floats, Floats]:
        """Price, at least 0, and slack of rows that have one side."""
        upper = np.isfinite(self.high[rows])
        price = np.where(upper, self.dual[rows], -self.dual[rows])
        activity = self.activity[rows]
        slack = np.where(upper, self.high[rows] - activity, activity - self.low[rows])
        return np.maximum(price, 0.0), np.maximum(slack, 0.0)

    def people(self, block: RowBlock) -> CellPrices:
        """People of the cells of a block of ``need`` rows, and what one more would gain."""
        problem, pool = self.problem, self.pool(block.owner)
        where = problem.pools[pool]
        open_cells = np.argwhere((where.new.sum(axis=0) > 0) & problem.open_in(pool))
        place = np.full(where.new.shape[1:], -1)
        place[tuple(open_cells.T)] = np.arange(len(open_cells))
        new = where.new[:, *open_cells.T].astype(float)
        seated, upper = np.zeros_like(new), np.zeros_like(new)
        for columns in self.programmes:
            if problem.programmes[columns.programme].pool == pool:
                at = place[tuple(columns.cells.T)]
                seated[:, at] += self.values[columns.seat]
                upper[:, at] += self.upper[columns.seat]
        dual = self.dual[block.rows]
        if not where.waits:
            return CellPrices(new, new, np.maximum(new - seated, 0.0), dual + upper)
        # One more person raises what may be seated, and may wait, in every later year too.
        later = np.cumsum((upper + self.upper[self._waiting(block)])[::-1], axis=0)[::-1]
        there = new.cumsum(axis=0) - (seated.cumsum(axis=0) - seated)
        return CellPrices(new, there, np.maximum(there - seated, 0.0), dual + later)

    def _waiting(self, block: RowBlock) -> Ints:
        """Columns of those who wait: the only ones with +1 in a need row that are no seats."""
        matrix = self.part.program.matrix[block.rows.ravel()].tocoo()
        seats = np.concatenate([columns.seat.ravel() for columns in self.programmes])
        kept = (matrix.data > 0) & ~np.isin(matrix.col, seats)
        waiting = np.empty(block.rows.size, dtype=np.int64)
        waiting[matrix.row[kept]] = matrix.col[kept]
        return waiting.reshape(block.shape)
