"""Whole numbers under constraints, solved with HiGHS: seats per site, and controlled rounding.

Knows nothing of programmes or people: arrays in, integers out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.errors import ConfigError

# Seats at a site relative to its proportional share: where the slope of the gain changes.
RATIOS = np.array([0.0, 0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 40.0])


@dataclass(frozen=True)
class SeatProblem:
    """Seats of one programme over sites.

    Parameters
    ----------
    seats : int
        To be given out exactly.
    region : ndarray of int (site,)
        Which region's demand a site serves.
    demand : ndarray of int (region,)
        People who could take a seat; no region gets more seats than people.
    priority : ndarray (site,)
        Proportional share of the site in the gain, at least 0.
    minimum, maximum : int
        Fewest and most seats at an open site.
    every_site : bool
        All sites must open.
    """

    seats: int
    region: NDArray[np.int64]
    demand: NDArray[np.int64]
    priority: NDArray[np.float64]
    minimum: int
    maximum: int
    every_site: bool


@dataclass(frozen=True)
class SeatPlan:
    """Seats per site, the gain reached, and the proven relative distance to the best gain."""

    seats: NDArray[np.int64]
    gain: float
    gap: float


def seat_gain(problem: SeatProblem, seats: NDArray[np.int64]) -> float:
    """Gain of a plan: sum over sites of priority x the broken line through sqrt(ratio).

    The ratio is seats over the site's proportional share of all seats. The gain is concave, so
    the first seats at a neglected site are worth more than the last at a favoured one.
    """
    share = _share(problem)
    served = share > 0
    ratio = np.asarray(seats)[served] / (share[served] * problem.seats)
    return float((share[served] * np.interp(ratio, RATIOS, np.sqrt(RATIOS))).sum())


def allocate_seats(
    problem: SeatProblem, *, time_limit_seconds: float = 30.0, relative_gap: float = 1e-4
) -> SeatPlan | None:
    """Give out all seats for the greatest gain, or return None where no plan exists.

    Examples
    --------
    >>> plan = allocate_seats(
    ...     SeatProblem(60, np.array([0, 0, 1]), np.array([80, 15]), np.array([1.0, 1, 1]), 10, 40,
    ...                 every_site=False))
    >>> plan.seats.tolist()
    [22, 23, 15]
    """
    share = _share(problem)
    if problem.seats == 0:
        return SeatPlan(np.zeros(len(share), dtype=np.int64), 0.0, 0.0)
    model = _seat_model(problem, time_limit_seconds=time_limit_seconds, relative_gap=relative_gap)
    model.fix_total(problem.seats)
    rise = np.diff(np.sqrt(RATIOS)) / np.diff(RATIOS)
    for site in np.flatnonzero(share > 0):
        size = share[site] * problem.seats  # seats that make a ratio of 1
        pieces = [
            model.column(high=width * size, cost=share[site] * slope / size)
            for width, slope in zip(np.diff(RATIOS), rise, strict=True)
        ]
        # Concave: the best plan fills pieces in order. Beyond the last one a seat gains nothing.
        model.row([*pieces, model.seats[site]], [1.0] * len(pieces) + [-1.0], high=0.0)
    solution, gap = model.solve()
    if solution is None:
        return None
    seats = solution[model.seats].round().astype(np.int64)
    return SeatPlan(seats, seat_gain(problem, seats), gap)


def most_seats(problem: SeatProblem) -> int | None:
    """Most seats that fit under the other constraints; None where even those conflict."""
    model = _seat_model(problem, time_limit_seconds=30.0, relative_gap=0.0)
    for column in model.seats:
        model.set_cost(column, 1.0)
    solution, _ = model.solve()
    return None if solution is None else int(solution[model.seats].round().sum())


def seats_fit(problem: SeatProblem) -> bool:
    """Whether any plan gives out all seats."""
    model = _seat_model(problem, time_limit_seconds=30.0, relative_gap=0.0)
    model.fix_total(problem.seats)
    return model.solve()[0] is not None


def round_under_margins(
    target: NDArray[np.float64],
    margins: Sequence[NDArray[np.int64]],
    *,
    time_limit_seconds: float = 30.0,
) -> NDArray[np.int64] | None:
    """Round cells up or down so that every margin is rounded up or down too.

    Parameters
    ----------
    target : ndarray (cell,)
        Fractional targets, at least 0.
    margins : sequence of ndarray of int (cell,)
        One grouping of the cells each: group number of every cell. A group whose targets sum to
        a whole number keeps that number exactly.

    Returns
    -------
    ndarray of int (cell,) or None
        Floor or ceiling of every cell, preferring ceilings of large fractions; None where no such
        rounding exists (possible only with three margins or more).

    References
    ----------
    Cox (1987), A constructive procedure for unbiased controlled rounding, JASA 82(398).

    Examples
    --------
    >>> cells = np.array([0.5, 0.5, 0.5, 0.5])
    >>> rows, columns = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> rounded = round_under_margins(cells, [rows, columns]).reshape(2, 2)
    >>> rounded.sum(axis=0).tolist(), rounded.sum(axis=1).tolist()
    ([1, 1], [1, 1])
    """
    target = np.asarray(target, dtype=float)
    lower = _floor(target)
    fraction = np.clip(target - lower, 0.0, 1.0)
    free = np.flatnonzero(fraction > WHOLE)
    model = _Model(time_limit_seconds=time_limit_seconds, relative_gap=1e-3)
    # A tiny order-dependent tilt makes the optimum unique: the same input gives the same cells.
    tilt = 1e-6 * np.arange(len(free)) / max(len(free), 1)
    model.columns(len(free), cost=fraction[free] - 0.5 - tilt, integer=True)
    for groups in margins:
        total = np.bincount(groups, weights=target).astype(float)
        fixed = np.bincount(groups, weights=lower).round()
        low, high = _floor(total) - fixed, _ceil(total) - fixed
        model.grouped_rows(groups[free], low, high)
    solution, _ = model.solve()
    if solution is None:
        return None
    rounded = lower.astype(np.int64)
    rounded[free] += solution.round().astype(np.int64)
    return rounded


WHOLE = 1e-7  # a fraction below this is rounding noise of a sum, not a part of a person


class _Model:
    """A mixed-integer programme built column by column; the only user of highspy."""

    def __init__(self, *, time_limit_seconds: float, relative_gap: float) -> None:
        import highspy  # 50 ms and a native library: only when a plan is asked for

        self._api: Any = highspy
        self._highs: Any = highspy.Highs()
        self._highs.silent()
        # One thread and a fixed seed: equal inputs give equal plans on any machine.
        for option, value in {
            "threads": 1,
            "random_seed": 1,
            "parallel": "off",
            "time_limit": float(time_limit_seconds),
            "mip_rel_gap": float(relative_gap),
            "mip_abs_gap": 1e-9,
        }.items():
            self._highs.setOptionValue(option, value)
        self._highs.changeObjectiveSense(highspy.ObjSense.kMaximize)
        self._count = 0
        self._any_integer = False
        self.seats: list[int] = []

    def column(
        self, *, low: float = 0.0, high: float, cost: float = 0.0, integer: bool = False
    ) -> int:
        self._highs.addCol(cost, low, high, 0, [], [])
        if integer:
            self._any_integer = True
            self._highs.changeColIntegrality(self._count, self._api.HighsVarType.kInteger)
        self._count += 1
        return self._count - 1

    def columns(self, count: int, *, cost: NDArray[np.float64], integer: bool) -> None:
        """Many columns from 0 to 1 at once."""
        none = np.zeros(0, dtype=np.int32)
        self._highs.addCols(
            count, cost, np.zeros(count), np.ones(count), 0, none, none, np.zeros(0)
        )
        if integer and count:
            kind = np.full(count, int(self._api.HighsVarType.kInteger), dtype=np.uint8)
            self._highs.changeColsIntegrality(count, np.arange(count, dtype=np.int32), kind)
            self._any_integer = True
        self._count += count

    def set_cost(self, column: int, cost: float) -> None:
        self._highs.changeColCost(column, cost)

    def row(
        self,
        columns: Sequence[int],
        weights: Sequence[float],
        *,
        low: float = -np.inf,
        high: float = np.inf,
    ) -> None:
        index = np.asarray(columns, dtype=np.int32)
        self._highs.addRow(low, high, len(index), index, np.asarray(weights, dtype=float))

    def grouped_rows(
        self, groups: NDArray[np.int64], low: NDArray[np.float64], high: NDArray[np.float64]
    ) -> None:
        """One row per group: low <= sum of its columns <= high."""
        order = np.argsort(groups, kind="stable").astype(np.int32)
        starts = np.searchsorted(groups[order], np.arange(len(low))).astype(np.int32)
        ones = np.ones(len(order))
        self._highs.addRows(len(low), low, high, len(order), starts, order, ones)

    def fix_total(self, seats: int) -> None:
        self.row(self.seats, [1.0] * len(self.seats), low=seats, high=seats)

    def solve(self) -> tuple[NDArray[np.float64] | None, float]:
        """Solution and relative gap; None where no solution exists."""
        self._highs.run()
        status, known = self._highs.getModelStatus(), self._api.HighsModelStatus
        info = self._highs.getInfo()
        if status == known.kTimeLimit and info.primal_solution_status != 2:
            raise ConfigError("HiGHS found no plan in time: raise cohorts.time_limit_seconds.")
        if status not in (known.kOptimal, known.kTimeLimit, known.kModelEmpty):
            return None, float("nan")
        gap = float(info.mip_gap) if self._any_integer and np.isfinite(info.mip_gap) else 0.0
        return np.asarray(self._highs.getSolution().col_value, dtype=float), gap


def _seat_model(problem: SeatProblem, *, time_limit_seconds: float, relative_gap: float) -> _Model:
    """Columns and rows that every plan must respect, without the total and the gain."""
    model = _Model(time_limit_seconds=time_limit_seconds, relative_gap=relative_gap)
    for _ in problem.region:
        model.seats.append(model.column(high=problem.maximum, integer=True))
    for seats in model.seats:
        is_open = model.column(low=float(problem.every_site), high=1.0, integer=True)
        model.row([seats, is_open], [1.0, -problem.minimum], low=0.0)
        model.row([seats, is_open], [1.0, -problem.maximum], high=0.0)
    for region, people in enumerate(problem.demand):
        sites = [model.seats[site] for site in np.flatnonzero(problem.region == region)]
        if sites:
            model.row(sites, [1.0] * len(sites), high=float(people))
    return model


def _share(problem: SeatProblem) -> NDArray[np.float64]:
    total = problem.priority.sum()
    return problem.priority / total if total > 0 else np.zeros_like(problem.priority)


def _floor(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.floor(values + WHOLE))


def _ceil(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.ceil(values - WHOLE))
