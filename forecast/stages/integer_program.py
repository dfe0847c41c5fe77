"""A mixed-integer programme put together in blocks of columns and rows, and solved with HiGHS.

Knows nothing of seats or people: arrays in, numbers out. Maximises.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray

from forecast.errors import ConfigError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NOISE = 1e-7  # a value this close to a whole number is one
# Two rules of presolve with which HiGHS 1.15 proves too small an optimum of small programmes:
# the aggregator, and parallel rows and columns.
PRESOLVE_OFF = 1 << 12 | 1 << 13


@dataclass(frozen=True)
class RowBlock:
    """Rows of one kind: `kind` says what they ask, `owner` of whom, `shape` how they are laid."""

    kind: str
    owner: str
    start: int
    shape: tuple[int, ...]

    @property
    def rows(self) -> Ints:
        """Row numbers in the shape of the block."""
        size = int(np.prod(self.shape))
        return np.arange(self.start, self.start + size).reshape(self.shape)


@dataclass
class Builder:
    """Collects columns, rows and entries; arrays are joined once, by :meth:`finish`."""

    blocks: list[RowBlock] = field(default_factory=list)
    _columns: list[tuple[Floats, Floats, Floats, NDArray[np.bool_]]] = field(default_factory=list)
    _rows: list[tuple[Floats, Floats]] = field(default_factory=list)
    _entries: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)
    _n_column: int = 0
    _n_row: int = 0

    def columns(
        self,
        shape: tuple[int, ...],
        *,
        low: ArrayLike = 0.0,
        high: ArrayLike = np.inf,
        gain: ArrayLike = 0.0,
        integer: bool = False,
    ) -> Ints:
        """Add columns; return their numbers in `shape`."""
        size = int(np.prod(shape))

        def spread(values: ArrayLike) -> Floats:
            return np.broadcast_to(np.asarray(values, dtype=float), shape).ravel()

        kind = np.full(size, integer)
        self._columns.append((spread(low), spread(high), spread(gain), kind))
        self._n_column += size
        return np.arange(self._n_column - size, self._n_column).reshape(shape)

    def rows(
        self,
        kind: str,
        owner: str,
        shape: tuple[int, ...],
        *,
        low: ArrayLike = -np.inf,
        high: ArrayLike = np.inf,
    ) -> Ints:
        """Add rows ``low <= sum of entries <= high``; return their numbers in `shape`."""
        size = int(np.prod(shape))
        ends = [np.broadcast_to(np.asarray(end, dtype=float), shape).ravel() for end in (low, high)]
        self._rows.append((ends[0], ends[1]))
        self.blocks.append(RowBlock(kind, owner, self._n_row, shape))
        self._n_row += size
        return np.arange(self._n_row - size, self._n_row).reshape(shape)

    def add(self, rows: ArrayLike, columns: ArrayLike, values: ArrayLike) -> None:
        """Add entries; the three are broadcast against each other."""
        row, column, value = np.broadcast_arrays(rows, columns, np.asarray(values, dtype=float))
        self._entries.append((row.ravel(), column.ravel(), value.ravel()))

    def finish(self) -> IntegerProgram:
        """Join everything."""
        low, high, gain, integer = (
            np.concatenate(part) for part in zip(*self._columns, strict=True)
        )
        row_low, row_high = (np.concatenate(part) for part in zip(*self._rows, strict=True))
        row, column, value = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        shape = (self._n_row, self._n_column)
        matrix = scipy.sparse.csc_matrix((value, (row, column)), shape=shape)
        return IntegerProgram(
            gain, low, high, integer, matrix, row_low, row_high, tuple(self.blocks)
        )


@dataclass(frozen=True)
class IntegerProgram:
    """Maximise gain @ x under row_low <= matrix @ x <= row_high and low <= x <= high."""

    gain: Floats
    low: Floats
    high: Floats
    integer: NDArray[np.bool_]
    matrix: Any  # scipy.sparse.csc_matrix (row, column)
    row_low: Floats
    row_high: Floats
    blocks: tuple[RowBlock, ...] = ()


@dataclass(frozen=True)
class Solution:
    """What HiGHS found.

    Parameters
    ----------
    values : ndarray (column,)
    gain, bound : float
        Gain of `values`, and the proven upper bound of any gain.
    row_dual : ndarray (row,)
        Gain per unit by which a row gives way; of a linear programme only, else zeros.
    basis : object
        Where a similar linear programme may start from.
    """

    values: Floats
    gain: float
    bound: float
    row_dual: Floats
    basis: Any = None


def solve(
    program: IntegerProgram,
    *,
    relax: bool = False,
    relative_gap: float = 0.0,
    absolute_gap: float = 1e-9,
    time_limit_seconds: float = 60.0,
    start: Solution | None = None,
) -> Solution | None:
    """Solve with one thread and a fixed seed: equal inputs give equal values on any machine.

    Parameters
    ----------
    relax : bool
        Leave out that columns are whole numbers.
    relative_gap, absolute_gap : float
        Distance to the bound at which a solution is good enough.
    start : Solution, optional
        Of a linear programme with the same columns and rows, to start from.

    Returns
    -------
    Solution or None
        None where nothing fulfils the rows.

    Raises
    ------
    ConfigError
        If the time is up and no solution is known.

    Examples
    --------
    >>> build = Builder()
    >>> apples = build.columns((2,), high=5, gain=[2.0, 1.0], integer=True)
    >>> build.add(build.rows("room", "box", (1,), high=6.5), apples, 1.0)
    >>> solution = solve(build.finish())
    >>> solution.values.tolist(), solution.gain
    ([5.0, 1.0], 11.0)
    """
    highspy, highs = _highs(relative_gap, absolute_gap, time_limit_seconds)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = program.matrix.shape
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.gain, program.low, program.high
    lp.row_lower_, lp.row_upper_ = program.row_low, program.row_high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = program.matrix.indptr
    lp.a_matrix_.index_ = program.matrix.indices
    lp.a_matrix_.value_ = program.matrix.data
    whole = program.integer.any() and not relax
    if whole:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(kind)] for kind in program.integer]
    highs.passModel(lp)
    if start is not None and not whole:
        highs.setBasis(start.basis)
    highs.run()
    status, known, info = highs.getModelStatus(), highspy.HighsModelStatus, highs.getInfo()
    if status in (known.kInfeasible, known.kUnboundedOrInfeasible):
        return None
    if status == known.kTimeLimit and not (whole and info.primal_solution_status == 2):
        raise ConfigError(
            f"HiGHS found no plan in {time_limit_seconds:g} s: raise cohorts.time_limit_seconds."
        )
    if status not in (known.kOptimal, known.kTimeLimit, known.kModelEmpty):
        raise ConfigError(f"HiGHS stopped with {status}: check the options of cohorts.")
    found = highs.getSolution()
    gain = float(info.objective_function_value)
    return Solution(
        values=np.asarray(found.col_value, dtype=float),
        gain=gain,
        bound=float(info.mip_dual_bound) if whole else gain,
        row_dual=np.zeros(lp.num_row_) if whole else np.asarray(found.row_dual, dtype=float),
        basis=None if whole else highs.getBasis(),
    )


def _highs(relative_gap: float, absolute_gap: float, time_limit_seconds: float) -> tuple[Any, Any]:
    import highspy  # 50 ms and a native library: only when a plan is asked for

    highs = highspy.Highs()
    highs.silent()
    for option, value in {
        "threads": 1,
        "random_seed": 1,
        "parallel": "off",
        "time_limit": float(time_limit_seconds),
        "mip_rel_gap": float(relative_gap),
        "mip_abs_gap": float(absolute_gap),
        "presolve_rule_off": PRESOLVE_OFF,
    }.items():
        highs.setOptionValue(option, value)
    return highspy, highs
