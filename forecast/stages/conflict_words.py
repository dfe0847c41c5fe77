"""A conflict of requests in words: one line with the numbers, and what would resolve it."""

from __future__ import annotations

import numpy as np

from forecast.stages.relaxations import Relaxation, Value, changed, value_of
from forecast.stages.seat_problem import SeatProblem


def words_of(problem: SeatProblem, key: str, before: Value, to: Value) -> str:
    """Say what to do: the option, and its values before and after."""
    kind = key.split(".")[1]
    if kind == "seats":
        verb = "lower" if int(to) < int(before) else "raise"
        years = int((changed(problem, key, to).programmes[_index(problem, key)].seats > 0).sum())
        total = f" ({int(to) * years} in all)" if years > 1 else ""
        return f"{verb} {key} by {abs(int(before) - int(to))} to {to} a year{total}"
    if kind == "programmes":
        return f"set {key} to {str(to).lower()}"
    verb = "raise" if float(to) > float(before) else "lower"
    return f"{verb} {key} from {_number(before)} to {_number(to)}"


def _number(value: Value) -> str:
    return f"{value:.10g}" if isinstance(value, float) and value < 1e6 else f"{value:.0f}"


def _index(problem: SeatProblem, key: str) -> int:
    return next(i for i, p in enumerate(problem.programmes) if key == f"cohorts.seats.{p.name}")


def message_of(
    problem: SeatProblem, keys: list[str], offers: list[Relaxation], others: tuple[str, ...]
) -> str:
    """Seats requested, people available, the other requests, and the smallest change of each."""
    asked = [_demand(problem, _index(problem, k)) for k in keys if k.startswith("cohorts.seats.")]
    more = [
        f"{key}={_asked(value_of(problem, key))}"
        for key in keys
        if not key.startswith("cohorts.seats.")
    ]
    because = f"; with {', '.join(more)} no plan is possible" if more else "; no plan is possible"
    enough = [offer for offer in offers if offer.enough] or offers
    remedy = (
        ", or ".join(offer.words for offer in enough)
        or "none alone: more conflicts meet here, so give way in one of these and run again"
    )
    rest = ""
    if others:
        helps = bool(enough) and enough[0].enough
        rest = (
            f" {', '.join(others)} has no plan either; the change "
            f"{'covers that too' if helps else 'does not cover that'}."
        )
    return f"{'; '.join(asked)}{because}. Smallest change: {remedy}.{rest}"


def _demand(problem: SeatProblem, index: int) -> str:
    """Seats asked of one programme and the people who could take them, in words."""
    programme = problem.programmes[index]
    pool = problem.pools[programme.pool]
    people = (pool.new * programme.open_to).sum(axis=(1, 2, 3))
    given = np.flatnonzero(programme.seats)
    years = sorted({problem.years[given[0]], problem.years[given[-1]]})
    before = int(people[: given[-1] + 1].sum() if pool.waits else people[given].sum())
    when = f"in {years[0]}" if len(years) == 1 else f"in each of {years[0]}-{years[1]}"
    beyond = ""
    if programme.beyond is not None and programme.beyond_most is not None:
        beyond = f" in need and {int(programme.beyond_most[given].min())} beyond need a year"
    who, _, need = pool.name.partition("/")
    return (
        f"{programme.name}: {programme.seats.max()} seats requested for need {need or who} "
        f"({who}) {when}, demand available {before} persons{beyond}"
    )


def _asked(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool | str) else _number(value)
