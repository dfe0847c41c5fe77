"""Solve the seat problem: a proven bound, then whole seats within the gap asked for.

1. The linear programme without whole numbers gives the bound that no plan exceeds.
2. Whole classes close to that solution, the best sums under them, and whole sums next to these.
3. With whole sums the cells are flows: one more run makes them whole.
If the gap is not reached that way, the integer programme is solved without help.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from forecast.errors import ConfigError
from forecast.stages.integer_program import NOISE, Floats, IntegerProgram, Ints, Solution, solve
from forecast.stages.seat_classes import balanced, class_model
from forecast.stages.seat_model import SeatModel, linked_pools, seat_model, seats_at_sites
from forecast.stages.seat_problem import Programme, SeatPlan, SeatProblem

CLOSE_SEATS = 5.0  # as near as that to the fewest moved seats is near enough
ROUGH = 1e-3  # of the seats: how near the fewest moved seats the first classes have to be


@dataclass(frozen=True)
class Relaxed:
    """The linear programme of some pools, solved: for bounds, shadow prices and frontiers."""

    model: SeatModel
    program: IntegerProgram
    solution: Solution | None  # None: nothing fulfils the rows


def relax_seats(
    problem: SeatProblem, *, starts: Sequence[Relaxed] = (), time_limit_seconds: float = 60.0
) -> list[Relaxed]:
    """Solve without whole numbers, pools that share nothing apart.

    Parameters
    ----------
    problem : SeatProblem
    starts : sequence of Relaxed
        Similar problems solved already: those of the same pools and size are started from, which
        is several times as fast.
    time_limit_seconds : float
        Of each run of HiGHS.
    """

    def one(pools: list[int]) -> Relaxed:
        model = seat_model(problem, pools)
        program = model.build.finish()
        start = start_for(model, program, starts)
        solution = solve(program, relax=True, time_limit_seconds=time_limit_seconds, start=start)
        return Relaxed(model, program, solution)

    with ThreadPoolExecutor(2) as workers:  # HiGHS leaves Python's lock while it works
        return list(workers.map(one, linked_pools(problem)))


def start_for(
    model: SeatModel, program: IntegerProgram, starts: Sequence[Relaxed]
) -> Solution | None:
    """Return the solution of the first start with the same pools, columns and rows."""
    for known in starts:
        same = known.program.matrix.shape == program.matrix.shape
        if same and _pool_names(known.model) == _pool_names(model) and known.solution is not None:
            return known.solution
    return None


def _pool_names(model: SeatModel) -> set[str]:
    problem = model.problem
    return {problem.pools[problem.programmes[c.programme].pool].name for c in model.programmes}


def plan_seats(
    problem: SeatProblem,
    *,
    relaxed: list[Relaxed] | None = None,
    relative_gap: float = 1e-3,
    time_limit_seconds: float = 60.0,
) -> SeatPlan | None:
    """Give out all seats for the greatest gain; None where no plan exists.

    Parameters
    ----------
    problem : SeatProblem
    relaxed : list of Relaxed, optional
        Of :func:`relax_seats`, where it is known already.
    relative_gap : float
        Proven distance to the best gain that is good enough; 0 asks for the optimum.
    time_limit_seconds : float
        Of each run of HiGHS.

    Examples
    --------
    >>> import numpy as np
    >>> from forecast.stages.seat_problem import Pool, Programme
    >>> people = np.array([[[[3], [5]]]])  # one year, one province, two occupations, one age
    >>> pool = Pool("employed/ax", people, np.array([[[1.0], [2.0]]]))
    >>> course = Programme("course", 0, np.array([6]), np.ones((2, 1), bool), np.ones(1))
    >>> plan = plan_seats(SeatProblem((2026,), (pool,), (course,), np.zeros(2), np.array([0])))
    >>> plan.in_need[0].ravel().tolist(), plan.gain
    ([1, 5], 11.0)
    """

    if relaxed is None:
        relaxed = relax_seats(problem, time_limit_seconds=time_limit_seconds)
    if any(part.solution is None for part in relaxed):
        return None

    def one(part: Relaxed) -> _Whole | None:
        return _guided(part, relative_gap, time_limit_seconds)

    with ThreadPoolExecutor(2) as workers:
        parts = list(workers.map(one, relaxed))
    # What a part may lose is a share of all: a small one is not worth minutes.
    bounds = [part.solution.bound for part in relaxed if part.solution is not None]
    left = relative_gap * abs(sum(bounds))
    done: list[_Whole] = []
    for part, found, bound in zip(relaxed, parts, bounds, strict=True):
        lost = np.inf if found is None else bound - found.gain
        if found is None or lost > max(left, NOISE * abs(bound)):
            found = _exact(part, found, relative_gap, time_limit_seconds)
            if found is None:
                return None
        left -= max(found.bound - found.gain, 0.0)
        done.append(found)
    return _plan(problem, done)


@dataclass(frozen=True)
class _Whole:
    """Whole values of one programme of pools, their gain and its bound."""

    model: SeatModel
    values: Floats
    gain: float
    bound: float


def _guided(part: Relaxed, relative_gap: float, time_limit_seconds: float) -> _Whole | None:
    """Whole classes close to the linear solution, whole sums close to these, then cells."""
    model, program, start = part.model, part.program, part.solution
    assert start is not None
    values = balanced(model, start.values)
    taught = any(columns.taught is not None for columns in model.programmes)
    if taught:
        # Only a start, so a rough one will do: what it costs is in the gap.
        classes = solve(
            class_model(model, program, values),
            relative_gap=0.2,
            absolute_gap=ROUGH * sum(p.seats.sum() for p in _members(part)),
            time_limit_seconds=time_limit_seconds,
        )
        if classes is None:
            return None
        values = classes.values[: len(values)]
        program = _held(model, program, values)
    near = _nearest(part, program, values, relative_gap, time_limit_seconds)
    lost = np.inf if near is None else start.bound - near.gain
    if not taught or lost <= relative_gap * abs(start.bound):
        return near
    # These lose too much: the best sums under the same classes instead.
    best = solve(program, relax=True, time_limit_seconds=time_limit_seconds, start=start)
    if best is None:
        return near
    other = _nearest(part, program, best.values, relative_gap, time_limit_seconds)
    return max((w for w in (near, other) if w is not None), key=lambda w: w.gain, default=None)


def _nearest(
    part: Relaxed,
    program: IntegerProgram,
    values: Floats,
    relative_gap: float,
    time_limit_seconds: float,
) -> _Whole | None:
    """Whole sums as close to `values` as there are any, and whole cells under them."""
    assert part.solution is not None
    bound = part.solution.bound
    close = solve(
        class_model(part.model, program, values, sums=True),
        relative_gap=0.1,
        absolute_gap=CLOSE_SEATS,
        time_limit_seconds=time_limit_seconds,
    )
    if close is not None:  # mostly good enough, and ten times as fast as what follows
        cells = _cells(part.model, program, close.values, part.solution, time_limit_seconds)
        if cells is not None and bound - cells.gain <= relative_gap * abs(bound):
            return _Whole(part.model, cells.values, cells.gain, bound)
    for room in (0, 1, 5):
        near = _near(part.model, program, values, room)
        sums = solve(near, relative_gap=relative_gap / 2, time_limit_seconds=time_limit_seconds)
        if sums is None:
            continue
        cells = _cells(part.model, program, sums.values, part.solution, time_limit_seconds)
        if cells is not None:
            return _Whole(part.model, cells.values, cells.gain, bound)
    return None


def _members(part: Relaxed) -> list[Programme]:
    return [part.model.problem.programmes[c.programme] for c in part.model.programmes]


def _exact(
    part: Relaxed, known: _Whole | None, relative_gap: float, time_limit_seconds: float
) -> _Whole | None:
    """Solve the integer programme without help; the better of it and what is known."""
    program = part.program
    exact = replace(program, integer=_seats(part.model, program) | program.integer)
    try:
        best = solve(exact, relative_gap=relative_gap, time_limit_seconds=time_limit_seconds)
    except ConfigError:  # no plan in time: what is known stands, with its gap
        if known is None:
            raise
        return known
    assert part.solution is not None
    if best is None:
        return known
    bound = max(min(part.solution.bound, best.bound), best.gain)
    if known is not None and known.gain >= best.gain:
        return replace(known, bound=max(bound, known.gain))
    return _Whole(part.model, best.values, best.gain, bound)


def _held(model: SeatModel, program: IntegerProgram, values: Floats) -> IntegerProgram:
    """Hold classes and their seats, and next to them the seats above the need of their sites."""
    low, high = program.low.copy(), program.high.copy()

    def hold(columns: Ints, whole: Ints) -> None:
        low[columns] = high[columns] = whole

    for columns in model.programmes:
        if columns.taught is None or columns.classes is None:
            continue
        for part in (columns.taught, columns.classes):
            hold(part, np.round(values[part]).astype(np.int64))
        shares = model.problem.programmes[columns.programme].beyond
        if columns.beyond is not None and columns.beyond_at is not None and shares is not None:
            total = np.rint(values[columns.beyond]).astype(np.int64)
            hold(columns.beyond, total)
            by_year = zip(shares, total, strict=True)
            spread = [largest_remainder(share, int(number)) for share, number in by_year]
            hold(columns.beyond_at, np.array(spread))
    return replace(program, low=low, high=high)


def _near(model: SeatModel, program: IntegerProgram, values: Floats, room: int) -> IntegerProgram:
    """Hold the sums by province and age `room` beyond the whole numbers around a solution."""
    low, high = program.low.copy(), program.high.copy()
    for columns in model.programmes:
        group = columns.group.ravel()
        low[group] = np.maximum(np.floor(values[group] + NOISE) - room, low[group])
        high[group] = np.minimum(np.ceil(values[group] - NOISE) + room, high[group])
    return replace(program, low=low, high=high)


def _cells(
    model: SeatModel,
    program: IntegerProgram,
    values: Floats,
    start: Solution,
    time_limit_seconds: float,
) -> Solution | None:
    """Whole cells under whole sums: a network, unless a bound on the sexes cuts through it."""
    values, whole = values[: len(program.gain)], program.integer
    fixed = replace(
        program,
        low=np.where(whole, np.round(values), program.low),
        high=np.where(whole, np.round(values), program.high),
        integer=np.zeros(len(values), dtype=bool),
    )
    found = solve(fixed, time_limit_seconds=time_limit_seconds, start=start)
    seats = _seats(model, program)
    if found is None or _is_whole(found.values[seats]):
        return found
    return solve(
        replace(fixed, integer=seats), relative_gap=1e-4, time_limit_seconds=time_limit_seconds
    )


def _seats(model: SeatModel, program: IntegerProgram) -> np.ndarray:
    seats = np.zeros(len(program.gain), dtype=bool)
    for columns in model.programmes:
        seats[columns.seat.ravel()] = True
    return seats


def _is_whole(values: Floats) -> bool:
    return bool((np.abs(values - np.round(values)) < NOISE).all())


def _plan(problem: SeatProblem, parts: list[_Whole]) -> SeatPlan:
    n_year, n_province = len(problem.years), len(problem.served_by)
    in_need: dict[int, Ints] = {}
    sites: dict[int, Ints | None] = {}
    beyond = np.zeros((len(problem.programmes), n_year, n_province), dtype=np.int64)
    for part in parts:
        whole = np.round(part.values).astype(np.int64)
        for columns in part.model.programmes:
            index = columns.programme
            programme = problem.programmes[index]
            seated = np.zeros((n_year, *problem.pools[programme.pool].new.shape[1:]), np.int64)
            seated[:, *columns.cells.T] = whole[columns.seat]
            in_need[index] = seated
            sites[index] = None
            if columns.taught is not None and columns.classes is not None:
                taught, classes = whole[columns.taught], whole[columns.classes]
                sites[index] = seats_at_sites(programme, taught, classes)
            if columns.beyond_at is not None:
                beyond[index] = whole[columns.beyond_at]
            elif columns.beyond is not None and programme.beyond is not None:
                for year, total in enumerate(whole[columns.beyond]):
                    beyond[index, year] = largest_remainder(programme.beyond[year], int(total))
    order = range(len(problem.programmes))
    gain, bound = (float(sum(getattr(p, key) for p in parts)) for key in ("gain", "bound"))
    return SeatPlan(
        in_need=tuple(in_need[i] for i in order),
        beyond=beyond,
        at_site=tuple(sites[i] for i in order),
        gain=gain,
        bound=bound,
        gap=max(bound - gain, 0.0) / bound if bound > 0 else 0.0,
    )


def largest_remainder(shares: Floats, total: int) -> Ints:
    """Whole numbers in proportion to `shares` that sum to `total`, each within one of its share.

    Examples
    --------
    >>> largest_remainder(np.array([0.5, 0.3, 0.2]), 7).tolist()
    [4, 2, 1]
    """
    target = shares / shares.sum() * total if shares.sum() > 0 else np.zeros_like(shares)
    whole = np.floor(target + NOISE).astype(np.int64)
    order = np.argsort(whole - target, kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole
