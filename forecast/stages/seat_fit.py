"""Whether any whole plan of some pools exists: gains do not matter, so occupations are merged.

Occupations that every programme of the pools treats alike are one to this question, which makes
its programme twenty times smaller. With a bound on the sexes they differ in their share of women:
then those of a close share are merged, and what is found is verified with all occupations.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse

from forecast.errors import ConfigError
from forecast.stages.integer_program import IntegerProgram, Ints, solve
from forecast.stages.seat_model import SeatModel, seat_model
from forecast.stages.seat_plan import plan_seats
from forecast.stages.seat_problem import SeatPlan, SeatProblem

_WOMEN_BINS = 4  # shares of women told apart where all of them would be too many
_CLOSE = 1e-6  # seats that the solver may leave
_NONE: frozenset[str] = frozenset()


def only(problem: SeatProblem, pools: list[int]) -> SeatProblem:
    """The same problem with some of its pools and their programmes."""
    return replace(
        problem,
        pools=tuple(problem.pools[pool] for pool in pools),
        programmes=tuple(
            replace(programme, pool=pools.index(programme.pool))
            for programme in problem.programmes
            if programme.pool in pools
        ),
    )


def could_fit(
    problem: SeatProblem, *, free: frozenset[str] = _NONE, time_limit_seconds: float = 60.0
) -> bool:
    """Whether a plan exists if seats need not be whole and sexes not be fair.

    False proves that no plan exists.

    Parameters
    ----------
    problem : SeatProblem
    free : frozenset of str
        Programmes that may give any number of seats from 0 to those asked.
    """
    rough = merged(replace(problem, fairness=replace(problem.fairness, sex=0.0)))
    return _could(rough, free, time_limit_seconds)


def _could(problem: SeatProblem, free: frozenset[str], limit: float) -> bool:
    try:
        found = solve(_program(problem, free)[1], relax=True, time_limit_seconds=limit)
    except ConfigError:  # no proof in time
        return True
    return found is not None


def fits(
    problem: SeatProblem,
    *,
    free: frozenset[str] = _NONE,
    time_limit_seconds: float = 60.0,
    unknown: bool = False,
) -> bool:
    """Whether a whole plan exists; `unknown` where HiGHS does not find out in time.

    Examples
    --------
    >>> from forecast.stages.seat_problem import Pool, Programme
    >>> pool = Pool("employed/ax", np.full((1, 1, 2, 1), 4), np.ones((1, 2, 1)))
    >>> course = Programme("course", 0, np.array([9]), np.ones((2, 1), bool), np.ones(1))
    >>> problem = SeatProblem((2026,), (pool,), (course,), np.zeros(2), np.array([0]))
    >>> fits(problem), fits(problem, free=frozenset({"course"}))
    (False, True)
    """
    if not could_fit(problem, free=free, time_limit_seconds=time_limit_seconds):
        return False
    try:
        return _fits(problem, free, time_limit_seconds)
    except ConfigError:
        return unknown


def _fits(problem: SeatProblem, free: frozenset[str], limit: float) -> bool:
    few = len(np.unique(problem.women)) <= _WOMEN_BINS
    exact = problem.fairness.sex <= 0.0 or few
    small = merged(problem, _WOMEN_BINS if few else 1)
    if free:
        known = _with_free_seats(small, problem, free, limit)
        if exact or (known is not None and _fits(known, _NONE, limit)):
            return known is not None
        if not _could(problem, free, limit):
            return False
        return _with_free_seats(problem, problem, free, limit) is not None
    if exact:
        return plan_seats(small, relative_gap=1.0, time_limit_seconds=limit) is not None
    for bins in (1, _WOMEN_BINS):
        part = merged(problem, bins)
        plan = plan_seats(part, relative_gap=1.0, time_limit_seconds=limit)
        if plan is not None and _cells_fit(problem, plan, limit):
            return True
        if bins == 1 and not _could(problem, free, limit):
            return False
    return plan_seats(problem, relative_gap=1.0, time_limit_seconds=limit) is not None


def extreme_seats(
    problem: SeatProblem,
    name: str,
    ends: tuple[int, int],
    *,
    most: bool,
    relax: bool,
    time_limit_seconds: float,
) -> int | None:
    """Most or fewest seats a year of one programme, between `ends`, that may have a plan.

    The problem asks for the upper end: so many its columns hold.
    A bound on the sexes is left out unless few shares of women differ, so the number found can
    be too good, and so it is with `relax`: :func:`fits` tells. None where no number between the
    ends has a plan.

    Raises
    ------
    ConfigError
        If HiGHS does not find out in time.
    """
    if len(np.unique(problem.women)) > _WOMEN_BINS:
        problem = replace(problem, fairness=replace(problem.fairness, sex=0.0))
    small = merged(problem)
    model, program = _program(small)
    index = [programme.name for programme in small.programmes].index(name)
    asked = small.programmes[index].seats > 0
    rows = _rows(model, name)
    n_row, n_column = program.matrix.shape
    column = scipy.sparse.csc_matrix(
        (-np.ones(asked.sum()), (rows[asked], np.zeros(asked.sum(), int))), shape=(n_row, 1)
    )
    low, high = program.row_low.copy(), program.row_high.copy()
    low[rows], high[rows] = 0.0, 0.0
    program = IntegerProgram(
        gain=np.append(np.zeros(n_column), 1.0 if most else -1.0),
        low=np.append(program.low, ends[0]),
        high=np.append(program.high, ends[1]),
        integer=np.append(program.integer, True),
        matrix=scipy.sparse.hstack([program.matrix, column], format="csc"),
        row_low=low,
        row_high=high,
    )
    found = solve(program, relax=relax, time_limit_seconds=time_limit_seconds)
    if found is None:
        return None
    inward = np.floor(found.values[-1] + _CLOSE) if most else np.ceil(found.values[-1] - _CLOSE)
    return int(inward)


def merged(problem: SeatProblem, bins: int = _WOMEN_BINS) -> SeatProblem:
    """Merge occupations that all programmes treat alike and whose shares of women are close."""
    n_job = len(problem.women)
    treated = [programme.open_to.astype(float) for programme in problem.programmes]
    share = np.zeros(n_job)
    if problem.fairness.sex > 0.0:
        shares, rank = np.unique(problem.women, return_inverse=True)
        share = (rank * min(bins, len(shares)) // len(shares)).astype(float)
    _, first, group = np.unique(
        np.column_stack([share, *treated]), axis=0, return_index=True, return_inverse=True
    )
    into = (np.arange(len(first))[:, None] == group.ravel()).astype(np.int64)
    people = 1e-9 + np.sum([pool.new.sum(axis=(0, 1, 3)) for pool in problem.pools], axis=0)
    women = into @ (people * problem.women) / (into @ people)
    alike = (problem.women[first][group.ravel()] == problem.women).all()
    women = problem.women[first] if alike else women  # exact where nothing differs
    pools = tuple(
        replace(
            pool,
            new=np.einsum("go,tsoa->tsga", into, pool.new),
            priority=np.zeros((pool.new.shape[1], len(first), pool.new.shape[3])),
        )
        for pool in problem.pools
    )
    programmes = tuple(
        replace(programme, open_to=programme.open_to[first]) for programme in problem.programmes
    )
    return replace(problem, pools=pools, programmes=programmes, women=women)


def _program(
    problem: SeatProblem, free: frozenset[str] = _NONE
) -> tuple[SeatModel, IntegerProgram]:
    """The programme of all pools; free seats have no lower end and need no class at each site."""
    problem = _without_every_site(problem, free)
    model = seat_model(problem, list(range(len(problem.pools))))
    program = model.build.finish()
    low = program.row_low.copy()
    for name in sorted(free):
        low[_rows(model, name)] = 0.0
    return model, replace(program, row_low=low)


def _without_every_site(problem: SeatProblem, names: frozenset[str]) -> SeatProblem:
    programmes = tuple(
        replace(p, sites=replace(p.sites, every_site=False))
        if p.name in names and p.sites is not None
        else p
        for p in problem.programmes
    )
    return replace(problem, programmes=programmes)


def _rows(model: SeatModel, name: str) -> Ints:
    blocks = model.build.blocks
    return next(b.rows for b in blocks if b.kind == "seats" and b.owner == name)


def _with_free_seats(
    small: SeatProblem, problem: SeatProblem, free: frozenset[str], time_limit_seconds: float
) -> SeatProblem | None:
    """The problem with numbers of seats that have a plan in `small`; None if none have."""
    model, program = _program(small, free)
    few = len(np.unique(problem.women)) <= _WOMEN_BINS
    if problem.fairness.sex > 0.0 and (few or small is problem):  # cells are no network then
        for columns in model.programmes:
            program.integer[columns.seat] = True
    program = replace(program, gain=np.zeros_like(program.gain))
    found = solve(program, time_limit_seconds=time_limit_seconds)
    if found is None:
        return None
    seats = {}
    for columns in model.programmes:
        given = found.values[columns.group].sum(axis=(1, 2))
        if columns.beyond is not None:
            given = given + found.values[columns.beyond]
        seats[columns.programme] = np.round(given).astype(np.int64)
    programmes = tuple(replace(p, seats=seats[i]) for i, p in enumerate(problem.programmes))
    return _without_every_site(replace(problem, programmes=programmes), free)


def _cells_fit(problem: SeatProblem, plan: SeatPlan, time_limit_seconds: float) -> bool:
    """Whether whole cells of all occupations fill the sums of a plan of merged ones."""
    model, program = _program(problem)
    low, high = program.low.copy(), program.high.copy()
    whole = program.integer.copy()
    for columns in model.programmes:
        index = columns.programme
        low[columns.group] = high[columns.group] = plan.in_need[index].sum(axis=2)
        for part, total in (
            (columns.beyond, plan.beyond[index].sum(axis=1)),
            (columns.beyond_at, plan.beyond[index]),
        ):
            if part is not None:
                low[part] = high[part] = total
        whole[columns.seat] = True
    fixed = replace(program, low=low, high=high)
    found = solve(fixed, relax=True, time_limit_seconds=time_limit_seconds)
    if found is None:
        return False
    cells = np.concatenate([columns.seat.ravel() for columns in model.programmes])
    if np.allclose(found.values[cells], np.round(found.values[cells]), rtol=0.0, atol=1e-7):
        return True
    zero = np.zeros_like(program.gain)
    cells_too = replace(fixed, integer=whole, gain=zero)
    return solve(cells_too, time_limit_seconds=time_limit_seconds) is not None
