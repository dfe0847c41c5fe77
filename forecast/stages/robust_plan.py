"""Which plan for the scarce seats loses least, whatever the future: plans judged under futures.

Published are numbers of seats; what is chosen is who gets them. A plan reserves seats by
province, occupation, age and year; under a future they are filled by people in need there, up to
their number, and seats that find nobody gain nothing. The best gain of a future is bounded by
the same seats given by priority alone, so regret is overstated, and in one future by the same
amount for every plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.stages.futures import Futures
from forecast.stages.other_demand import (
    Solver,
    filled,
    linear_seats,
    most_seated,
    open_to,
    pool_seats,
    scarce_pools,
    under,
    value,
)
from forecast.stages.seat_problem import Floats, SeatPlan, SeatProblem

OWN = "plan"  # the plan of the run, in whole seats
_SINGLE = (0.5,)  # futures with that share of futures below them in total need
_LARGE = 0.9

_COLUMNS = [
    *("plan", "judged", "need", "gain", "regret_mean", "regret_90", "regret_max"),
    "filled_share",
]

Seats = dict[int, Floats]  # by pool: (year, province, occupation, age), all programmes


def robust_table(
    problem: SeatProblem,
    plan: SeatPlan,
    many: Futures,
    *,
    scenario: str,
    solver: Solver = linear_seats,
) -> pd.DataFrame:
    """Judge plans under all futures; columns of ``cohort_robust``.

    Parameters
    ----------
    problem : SeatProblem
        Of the run.
    plan : SeatPlan
        Of the run.
    many : Futures
    scenario : str
        Of the run: ``proportional`` follows its mean need.
    solver : callable
        Gives the seats of every plan but that of the run and ``proportional``.

    Returns
    -------
    DataFrame
        Without rows where every pool has seats for all. A plan that no seats exist for under its
        demand is left out.

    Notes
    -----
    Only scarce pools are judged: elsewhere everybody in need gets a seat. Largest losses are of
    a few futures and move with the sample; means and nine in ten are steadier. All plans but
    that of the run are fractional; whole seats lose a little where less than one person is
    expected. ``mixed`` is the mean of the plans made by the linear programme.
    """
    pools = scarce_pools(problem)
    if not pools or not many.scenario:
        return pd.DataFrame(columns=[*_COLUMNS, "chosen"])
    plans = _plans(problem, plan, many, scenario, solver)
    best = {pool: best_gain(problem, pool, many.new[problem.pools[pool].name]) for pool in pools}
    rows = []
    for name, seats in plans.items():
        judged = {pool: judge(problem, pool, part, many) for pool, part in seats.items()}
        for need, members in _needs(problem, pools).items():
            if all(pool in judged for pool in members):
                rows += _rows(
                    name, need, [judged[i] for i in members], [best[i] for i in members], many
                )
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return table.assign(chosen=np.where(_least(table), "yes", "no"))


@dataclass(frozen=True)
class Judged:
    """One plan of one pool: gain and filled seats by future, and its seats."""

    gain: Floats
    filled: Floats
    seats: float


def judge(problem: SeatProblem, pool: int, seats: Floats, many: Futures) -> Judged:
    """Gain of reserved seats (year, province, occupation, age) under every future."""
    people, flat = problem.pools[pool], _flat(seats)
    taken = filled(flat, _flat(many.new[people.name]), waits=people.waits)
    return Judged(
        gain=np.einsum("ftc,tc->f", taken, _worth(problem, pool)),
        filled=taken.sum(axis=(1, 2)),
        seats=float(flat.sum()),
    )


def best_gain(problem: SeatProblem, pool: int, new: Floats) -> Floats:
    """Upper bound of the gain of any plan of the pool's seats, by future."""
    people = problem.pools[pool]
    new = _flat(new * open_to(problem, pool))
    worth = value(problem, pool).ravel()
    seated = most_seated(pool_seats(problem, pool), new, worth, waits=people.waits)
    return np.einsum("ftc,tc->f", seated, _worth(problem, pool))


def candidate_demands(many: Futures, names: list[str]) -> dict[str, dict[str, Floats]]:
    """Demands that plans are made for: by plan, then by ``people/need``.

    The means of the scenarios; ``mean`` of all futures and ``half`` of it, which spreads seats
    over more cells; ``median`` of every cell by itself (lower quantiles can add up to fewer
    people than seats); ``future 50``: of each pool the single future in the middle of total need.
    """
    demands = {scenario: dict(mean) for scenario, mean in many.mean.items()}
    demands["mean"] = {name: many.new[name].mean(axis=0) for name in names}
    demands["half"] = {name: mean / 2.0 for name, mean in demands["mean"].items()}
    demands["median"] = {name: np.median(many.new[name], axis=0) for name in names}
    for share in _SINGLE:
        demands[f"future {100 * share:.0f}"] = {
            name: many.new[name][_at(many.new[name].sum(axis=(1, 2, 3, 4)), share)]
            for name in names
        }
    return demands


def proportional_seats(problem: SeatProblem, pool: int, new: Floats) -> Floats:
    """Seats of every programme in proportion to those who wait and whom it takes.

    Parameters
    ----------
    new : ndarray (year, province, occupation, age)
        People newly in need; classes, sites and fairness are left out.
    """
    seats, left = np.zeros(new.shape), np.zeros(new.shape[1:])
    for year, people in enumerate(new):
        waiting = left + people
        for index in problem.of_pool(pool):
            programme = problem.programmes[index]
            wish = waiting * programme.open_to[None]
            if wish.sum() > 0:
                seats[year] += wish * (programme.seats[year] / wish.sum())
        left = np.maximum(waiting - seats[year], 0.0) * problem.pools[pool].waits
    return seats


def _plans(
    problem: SeatProblem,
    plan: SeatPlan,
    many: Futures,
    scenario: str,
    solver: Solver,
) -> dict[str, Seats]:
    """Seats reserved by every plan, by pool."""
    pools = scarce_pools(problem)
    names = [problem.pools[pool].name for pool in pools]
    made: dict[str, Seats] = {}
    for name, demand in candidate_demands(many, names).items():
        found = _plan_for(under(problem, demand, pools), solver)
        made[name] = {pools[position]: seats for position, seats in found.items()}
    shared = {pool: [seats[pool] for seats in made.values() if pool in seats] for pool in pools}
    return {
        OWN: {pool: _own(problem, plan, pool) for pool in pools},
        **made,
        "mixed": {pool: np.mean(parts, axis=0) for pool, parts in shared.items() if parts},
        "proportional": {
            pool: proportional_seats(problem, pool, many.mean[scenario][name])
            for pool, name in zip(pools, names, strict=True)
        },
    }


def _plan_for(problem: SeatProblem, solver: Solver) -> Seats:
    """By position of the pool; pools without a plan are left out."""
    made = solver(problem)
    seats: Seats = {}
    for pool in range(len(problem.pools)):
        parts = [made[index] for index in problem.of_pool(pool)]
        known = [part for part in parts if part is not None]
        if known and len(known) == len(parts):
            seats[pool] = np.sum(known, axis=0)
    return seats


def _own(problem: SeatProblem, plan: SeatPlan, pool: int) -> Floats:
    return np.sum([plan.in_need[i] for i in problem.of_pool(pool)], axis=0).astype(float)


def _needs(problem: SeatProblem, pools: list[int]) -> dict[str, list[int]]:
    """Pools of each need, and of all."""
    needs: dict[str, list[int]] = {"all": pools}
    for pool in pools:
        needs.setdefault(problem.pools[pool].name.split("/")[1], []).append(pool)
    return needs


def _rows(
    plan: str, need: str, judged: list[Judged], best: list[Floats], many: Futures
) -> list[tuple[object, ...]]:
    gain = np.sum([part.gain for part in judged], axis=0)
    regret = np.sum(best, axis=0) - gain
    seats = sum(part.seats for part in judged)
    taken = np.sum([part.filled for part in judged], axis=0) / max(seats, 1.0)
    everything = np.arange(len(many.scenario))
    rows: list[tuple[object, ...]] = []
    for case, own in {"all": everything, **{name: many.of(name) for name in many.mean}}.items():
        if len(own):
            loss = regret[own]
            figures = (gain[own].mean(), loss.mean(), np.quantile(loss, _LARGE), loss.max())
            rows.append((plan, case, need, *map(float, figures), float(taken[own].mean())))
    return rows


def _least(table: pd.DataFrame) -> pd.Series:
    """Rows of the plan of least largest regret over all futures, need by need."""
    over_all = table[table["judged"] == "all"]
    first = over_all.loc[over_all.groupby("need")["regret_max"].idxmin()]
    chosen = pd.MultiIndex.from_frame(first[["plan", "need"]])
    return pd.Series(pd.MultiIndex.from_frame(table[["plan", "need"]]).isin(chosen), table.index)


def _worth(problem: SeatProblem, pool: int) -> Floats:
    """Gain of a seat by year and cell."""
    later = problem.later ** np.arange(len(problem.years))
    return later[:, None] * value(problem, pool).ravel()


def _flat(array: Floats) -> Floats:
    """Province, occupation and age as one axis."""
    return array.reshape(*array.shape[:-3], -1)


def _at(total: Floats, share: float) -> int:
    """Position of the value that `share` of the values are below."""
    return int(np.argsort(total, kind="stable")[round(share * (len(total) - 1))])
