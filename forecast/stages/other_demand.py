"""The seat problem under another demand: which pools are scarce, and their seats made again.

Seats are made again by the linear programme without whole numbers: they are judged or compared,
never published. Priorities stay those of the run, so gains keep their unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from forecast.stages.seat_plan import Relaxed, relax_seats
from forecast.stages.seat_problem import Floats, Ints, SeatProblem


def scarce_pools(problem: SeatProblem) -> list[int]:
    """Pools with fewer seats in all years than people in need who may take them."""
    return [
        index
        for index, pool in enumerate(problem.pools)
        if 0
        < pool_seats(problem, index).sum()
        < (pool.new.sum(axis=0) * open_to(problem, index)).sum()
    ]


def pool_seats(problem: SeatProblem, pool: int) -> Ints:
    """Seats of all programmes of a pool by year."""
    none = np.zeros(len(problem.years), dtype=np.int64)
    return sum((problem.programmes[i].seats for i in problem.of_pool(pool)), start=none)


def open_to(problem: SeatProblem, pool: int) -> np.ndarray:
    """Whom any programme of the pool takes: bool (1, occupation, age)."""
    return problem.open_in(pool)[None]


def value(problem: SeatProblem, pool: int) -> Floats:
    """Gain of a seat in the first year, the best programme that is open: (province, ...)."""
    members = [problem.programmes[i] for i in problem.of_pool(pool)]
    weights = [programme.open_to * programme.weight for programme in members]
    return problem.pools[pool].priority * np.max(weights, axis=0)


def under(problem: SeatProblem, new: Mapping[str, Floats], pools: Sequence[int]) -> SeatProblem:
    """Keep some pools and their programmes, with other people in need (fractions are fine).

    A budget is kept whole: it may be too wide where left-out programmes draw on it too.
    """
    place = {pool: position for position, pool in enumerate(pools)}
    kept = [problem.pools[pool] for pool in pools]
    return replace(
        problem,
        pools=tuple(replace(pool, new=np.asarray(new[pool.name])) for pool in kept),
        programmes=tuple(
            replace(programme, pool=place[programme.pool])
            for programme in problem.programmes
            if programme.pool in place
        ),
    )


Solver = Callable[[SeatProblem], list[Floats | None]]  # a linear_seats with its settings


def linear_seats(
    problem: SeatProblem,
    *,
    starts: list[Relaxed] | None = None,
    time_limit_seconds: float = 60.0,
) -> list[Floats | None]:
    """Seats for people in need under the linear programme, by programme.

    `starts` are similar problems solved already, see
    :func:`~forecast.stages.seat_plan.relax_seats`; this one joins them.

    Returns
    -------
    list of ndarray (year, province, occupation, age) or None
        One per programme; None where no plan exists for its pool.
    """
    shape = (len(problem.years), len(problem.served_by))
    seats: list[Floats | None] = [None] * len(problem.programmes)
    parts = relax_seats(problem, starts=starts or (), time_limit_seconds=time_limit_seconds)
    if starts is not None:
        starts += parts
    for part in parts:
        if part.solution is None:
            continue
        for columns in part.model.programmes:
            pool = problem.pools[problem.programmes[columns.programme].pool]
            seated = np.zeros((*shape, *pool.new.shape[2:]))
            seated[:, *columns.cells.T] = np.maximum(part.solution.values[columns.seat], 0.0)
            seats[columns.programme] = seated
    return seats


def filled(seats: Floats, new: Floats, *, waits: bool) -> Floats:
    """Seats of every year that find somebody in need, earliest first.

    Seats reserved for a cell go to nobody else; people without one come back if they wait.

    Parameters
    ----------
    seats, new : ndarray (..., year, cell)
        Broadcast against each other.

    Examples
    --------
    >>> filled(np.array([[2.0], [2.0]]), np.array([[3.0], [0.5]]), waits=True).ravel().tolist()
    [2.0, 1.5]
    """
    seats, new = np.broadcast_arrays(seats, new)
    taken = np.zeros(new.shape)
    left = np.zeros(new[..., 0, :].shape)
    for year in range(new.shape[-2]):
        waiting = left + new[..., year, :]
        taken[..., year, :] = np.minimum(seats[..., year, :], waiting)
        left = waiting - taken[..., year, :] if waits else np.zeros_like(waiting)
    return taken


def most_seated(total: Ints, new: Floats, worth: Floats, *, waits: bool) -> Floats:
    """Seat by priority from the top, year after year: no plan with as many seats gains more.

    Fairness, classes and sites are left out. A seat is worth no more later than now, so taking
    the best who wait in each year is the optimum of what is left.

    Parameters
    ----------
    total : ndarray of int (year,)
    new : ndarray (..., year, cell)
    worth : ndarray (cell,)

    Returns
    -------
    ndarray (..., year, cell)

    Examples
    --------
    >>> people = np.array([[1.0, 2.0]])
    >>> most_seated(np.array([2]), people, np.array([1.0, 5.0]), waits=True).tolist()
    [[0.0, 2.0]]
    """
    order = np.argsort(-worth, kind="stable")
    ranked = new[..., order]
    seated = np.zeros(new.shape)
    left = np.zeros(ranked[..., 0, :].shape)
    for year, seats in enumerate(total):
        waiting = left + ranked[..., year, :]
        before = waiting.cumsum(axis=-1) - waiting
        taken = np.clip(seats - before, 0.0, waiting)
        seated[..., year, order] = taken
        left = waiting - taken if waits else np.zeros_like(waiting)
    return seated
