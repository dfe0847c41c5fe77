"""How the seats of provinces change under another scenario, or with more or fewer people in need.

Scarce pools are planned again by the linear programme; the difference to the same programme
under the demand of the run, rounded to whole seats, is added to the plan, so that a change is one
of demand and not of rounding to whole classes (which are not made again). In the other pools
nearly everybody gets a seat: people are seated by priority, and programmes share them as in the
plan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from forecast.stages.other_demand import (
    Solver,
    linear_seats,
    most_seated,
    open_to,
    pool_seats,
    scarce_pools,
    under,
    value,
)
from forecast.stages.seat_plan import largest_remainder
from forecast.stages.seat_problem import Floats, Ints, SeatPlan, SeatProblem

_COLUMNS = ["case", "year", "programme", "sido", "persons", "in_need", "change"]


def shift_table(
    make: Callable[[str], SeatProblem],
    problem: SeatProblem,
    plan: SeatPlan,
    *,
    provinces: Sequence[str],
    scenario: str,
    others: Sequence[str] = (),
    changes: Sequence[float] = (),
    solver: Solver = linear_seats,
) -> pd.DataFrame:
    """Seats by case, year, programme and 시도; columns of ``cohort_scenarios``.

    Parameters
    ----------
    make : callable
        From the name of a scenario to its seat problem, people in fractions; priorities are those
        of `problem`.
    problem, plan : SeatProblem, SeatPlan
        Of the run.
    provinces : sequence of str
        시도 codes in the order of the arrays.
    scenario : str
        Of the run.
    others : sequence of str
        Further scenarios: cases.
    changes : sequence of float
        Shares by which the need of the run changes, in every cell alike: cases.
    solver : callable
        Gives the seats of every case.

    Returns
    -------
    DataFrame
        Rows of a pool are missing in a case for which no plan exists. Programmes without seats
        above the need lose seats where fewer people are in need than it has seats.
    """
    base = make(scenario)
    cases = {name: make(name) for name in others}
    cases |= {f"demand {100 * change:+.0f} %": changed(base, change) for change in changes}
    planned = [seats.sum(axis=(2, 3)) for seats in plan.in_need]
    before = _in_need(problem, base, base, planned, solver)
    frames = []
    for case, other in cases.items():
        after = _in_need(problem, other, base, planned, solver)
        for index, programme in enumerate(other.programmes):
            then, now = after[index], before[index]
            if then is None or now is None:
                continue
            in_need = whole_seats(planned[index] + then - now, programme.seats)
            persons = in_need + _beyond(programme.seats - in_need.sum(axis=1), programme.beyond)
            own = planned[index] + plan.beyond[index]
            frames.append(_rows(case, problem, index, provinces, persons, in_need, own))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_COLUMNS)


def changed(problem: SeatProblem, share: float) -> SeatProblem:
    """Change the people in need of all pools by a share.

    Parameters
    ----------
    problem : SeatProblem
    share : float
        -0.2 leaves four in five.
    """
    new = {pool.name: pool.new.astype(np.float64) * (1.0 + share) for pool in problem.pools}
    return under(problem, new, range(len(problem.pools)))


def whole_seats(wish: Floats, most: Ints) -> Ints:
    """Whole seats near a wish, year by year: (year, province), at most `most` a year.

    Examples
    --------
    >>> whole_seats(np.array([[1.6, 2.4, -1.0]]), np.array([3])).tolist()
    [[1, 2, 0]]
    """
    wish = np.maximum(wish, 0.0)
    totals = np.minimum(np.rint(wish.sum(axis=1)), most).astype(np.int64)
    return _by_year(wish, totals)


def _in_need(
    problem: SeatProblem,
    case: SeatProblem,
    base: SeatProblem,
    planned: list[Ints],
    solver: Solver,
) -> list[Floats | None]:
    """Seats for people in need by programme, (year, province), before rounding."""
    # A pool that is scarce in one of the two only is treated alike in both.
    scarce = sorted(set(scarce_pools(case)) & set(scarce_pools(base)))
    new = {pool.name: pool.new.astype(np.float64) for pool in case.pools}
    case = replace(
        case,
        pools=tuple(
            replace(pool, priority=own.priority)
            for pool, own in zip(case.pools, problem.pools, strict=True)
        ),
    )
    seats: list[Floats | None] = [None] * len(case.programmes)
    if scarce:
        made = solver(under(case, new, scarce))
        kept = [i for i, programme in enumerate(case.programmes) if programme.pool in scarce]
        for index, part in zip(kept, made, strict=True):
            seats[index] = None if part is None else part.sum(axis=(2, 3))
    for pool in sorted(set(range(len(case.pools))) - set(scarce)):
        seated = _seated(case, pool, new[case.pools[pool].name])
        members = case.of_pool(pool)
        for index, share in zip(members, _shares(case, members, planned), strict=True):
            seats[index] = seated * share
    return seats


def _seated(problem: SeatProblem, pool: int, new: Floats) -> Floats:
    """People given a seat by priority alone: (year, province)."""
    people = (new * open_to(problem, pool)).reshape(len(new), -1)
    worth, waits = value(problem, pool).ravel(), problem.pools[pool].waits
    seated = most_seated(pool_seats(problem, pool), people, worth, waits=waits)
    return seated.reshape(new.shape).sum(axis=(2, 3))


def _shares(problem: SeatProblem, members: list[int], planned: list[Ints]) -> Floats:
    """Share of each programme in the people seated: (programme, year, province)."""
    own = np.array([planned[index] for index in members], dtype=float)
    seats = np.array([problem.programmes[index].seats for index in members], dtype=float)
    own = np.where(own.sum(axis=0) > 0, own, seats[:, :, None])
    return own / np.maximum(own.sum(axis=0), 1.0)


def _beyond(left: Ints, shares: Floats | None) -> Ints | int:
    """Seats above the need by year and province."""
    if shares is None:
        return 0
    return _by_year(shares, left)


def _by_year(shares: Floats, totals: Ints) -> Ints:
    rows = [largest_remainder(row, int(total)) for row, total in zip(shares, totals, strict=True)]
    return np.array(rows, dtype=np.int64)


def _rows(
    case: str,
    problem: SeatProblem,
    index: int,
    provinces: Sequence[str],
    persons: Ints,
    in_need: Ints,
    own: Ints,
) -> pd.DataFrame:
    year, province = np.nonzero((persons > 0) | (own > 0))
    return pd.DataFrame(
        {
            "case": case,
            "year": np.array(problem.years, dtype=np.int64)[year],
            "programme": problem.programmes[index].name,
            "sido": np.array(provinces)[province],
            "persons": persons[year, province],
            "in_need": in_need[year, province],
            "change": (persons - own)[year, province],
        }
    )[_COLUMNS]
