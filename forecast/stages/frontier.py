"""What fairness costs: gain of the linear programme at every value of the bound on coverage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from forecast.codebook_cohorts import COHORT_TABLES
from forecast.stages.cohort_coverage import by_group, people_open, without_seat
from forecast.stages.integer_program import Floats, solve
from forecast.stages.seat_model import SeatModel, linked_pools, seat_model
from forecast.stages.seat_plan import Relaxed, start_for
from forecast.stages.seat_problem import Fairness, SeatProblem

_EQUAL = 1e-9  # relative: gains this close are one gain
_Point = tuple[float, float, float]  # fairness in age, sex and province


def frontier(
    problem: SeatProblem,
    values: Sequence[float],
    *,
    chosen: Fairness,
    known: Sequence[Relaxed] = (),
) -> pd.DataFrame:
    """Write contract table ``cohort_frontier``, from the linear relaxation.

    A higher bound never gains. So pools are solved at the lowest and the highest bound first; where
    these gain the same, so does every bound between, and where a bound has no plan no higher one
    has. A bound that one pool cannot meet is solved for no other.

    Parameters
    ----------
    problem : SeatProblem
        Its own `fairness` is not used.
    values : sequence of float
        Bounds, 0 to 1, each asked of age, sex and province alike.
    chosen : Fairness
        Of the run. Where it is none of `values` it gets a row of its own; where its three bounds
        differ that row is called by the least of them.
    known : sequence of Relaxed
        What :func:`~forecast.stages.seat_plan.relax_seats` has solved already, of this problem.

    Returns
    -------
    DataFrame
        `least_coverage` is of the last year, least over the groups of the pools with more people
        in need than seats; 1 where there is no such pool. ``attrs`` has the number of linear
        programmes `solved` and `saved`.
    """
    run = (chosen.age, chosen.sex, chosen.province)
    wanted = sorted({(v, v, v) for v in map(float, values)} | {run}, key=lambda p: (min(p), p))
    zero = (0.0, 0.0, 0.0)
    parts = [_Part(problem, pools) for pools in linked_pools(problem)]
    parts.sort(key=lambda part: part.size)  # dear ones last: they are asked the fewest
    for part in parts:
        part.learn(known)
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(lambda part: part.at(zero), reversed(parts)))
    possible = [point for point in wanted if all(part.at(zero) for part in parts)]
    for part in parts:
        for point in _ends_first(possible):
            part.at(point)
        possible = [point for point in possible if part.at(point) is not None]
    free = sum(found.gain for part in parts if (found := part.at(zero)) is not None)
    rows = [_row(point, parts if point in possible else None, free, run) for point in wanted]
    table = pd.DataFrame(rows)[list(COHORT_TABLES["cohort_frontier"])]
    solved = sum(part.solved for part in parts)
    asked = len(parts) * len({*wanted, zero})
    table.attrs = {"solved": solved, "saved": asked - solved}
    return table


@dataclass(frozen=True)
class _Found:
    gain: float
    least: float  # least coverage over the average in the last year


@dataclass
class _Part:
    """Pools that are solved together, and what is known of them."""

    problem: SeatProblem
    pools: list[int]
    solved: int = 0
    known: dict[_Point, _Found | None] = field(default_factory=dict)
    starts: list[Relaxed] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Cells: what the time to solve grows with."""
        return int(sum(np.count_nonzero(self.problem.pools[p].new) for p in self.pools))

    def learn(self, relaxed: Iterable[Relaxed]) -> None:
        """Take over what is solved for these pools."""
        for one in relaxed:
            columns, fair = one.model.programmes, one.model.problem.fairness
            if self.pools == sorted({self.problem.programmes[c.programme].pool for c in columns}):
                self.starts.append(one)
                values = None if one.solution is None else one.solution.values
                self.known[fair.age, fair.sex, fair.province] = self._found(one.model, values)

    def at(self, point: _Point) -> _Found | None:
        """What is best under these bounds; None where nothing fulfils them."""
        if point in self.known:
            return self.known[point]
        below = [found for other, found in self.known.items() if _within(other, point)]
        above = [found for other, found in self.known.items() if _within(point, other)]
        if None in below:
            return None
        for low in below:
            for high in above:
                if low and high and low.gain - high.gain <= _EQUAL * max(abs(low.gain), 1.0):
                    return high
        self.solved += 1
        fairness = Fairness(*point)
        model = seat_model(replace(self.problem, fairness=fairness), self.pools)
        program = model.build.finish()
        start = start_for(model, program, self.starts)
        solution = solve(program, relax=True, start=start)
        self.starts.append(Relaxed(model, program, solution))
        found = self._found(model, None if solution is None else solution.values)
        self.known[point] = found
        return found

    def _found(self, model: SeatModel, values: Floats | None) -> _Found | None:
        if values is None:
            return None
        problem, gain, least = self.problem, 0.0, 1.0
        seated = {pool: np.zeros(problem.pools[pool].new.shape[1:]) for pool in self.pools}
        for columns in model.programmes:
            programme = problem.programmes[columns.programme]
            given = values[columns.seat]
            cells = tuple(columns.cells.T)
            worth = problem.pools[programme.pool].priority[cells] * programme.weight[cells[2]]
            gain += float((problem.later ** np.arange(len(given))) @ (given @ worth))
            seated[programme.pool][cells] += given.sum(axis=0)
        for pool in self.pools:
            if without_seat(problem, pool)[-1] > 0.0:
                people = people_open(problem, pool).sum(axis=0)
                least = min(least, _least(people, seated[pool], problem.women))
        return _Found(gain, least)


def _least(people: Floats, seated: Floats, women: Floats) -> float:
    """Coverage of the least covered group over the average."""
    average = seated.sum() / max(people.sum(), 1.0)
    if average <= 0.0:
        return 1.0
    need, given = by_group(people, women), by_group(seated, women)
    ratios = [(given[by] / np.maximum(need[by], 1e-12))[need[by] > 0] for by in need]
    return float(np.concatenate(ratios).min() / average)


def _within(low: _Point, high: _Point) -> bool:
    return all(a <= b for a, b in zip(low, high, strict=True))


def _ends_first(points: list[_Point]) -> list[_Point]:
    """Lowest and highest, then upwards: the end tells whether those between need solving."""
    return points if len(points) < 3 else [points[0], points[-1], *points[1:-1]]


def _row(point: _Point, parts: list[_Part] | None, free: float, run: _Point) -> dict[str, object]:
    found = [one for part in parts or [] if (one := part.at(point)) is not None]
    gain = sum(one.gain for one in found) if parts else np.nan
    return {
        "fairness": min(point),
        "feasible": "yes" if parts else "no",
        "gain": gain,
        "gain_share": gain / free if free > 0 else np.nan,
        "least_coverage": min(one.least for one in found) if found else np.nan,
        "chosen": "yes" if point == run else "no",
    }
