"""Why no seat plan exists, and the smallest change of each request that would allow one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from forecast.options import CohortOptions
from forecast.stages.allocation import SeatProblem, most_seats, seats_fit


def explain_conflict(programme: str, problem: SeatProblem, options: CohortOptions) -> str:
    """Name the requests that conflict and by how little each one alone must give way.

    Every change offered was tried: with it, and nothing else changed, a plan exists.

    Examples
    --------
    >>> problem = SeatProblem(90, np.zeros(3, int), np.array([80]), np.ones(3), 5, 45, False)
    >>> options = CohortOptions(minimum_class=5, maximum_share_per_campus=0.5)
    >>> explain_conflict("P000-AX-COURSE", problem, options).split("Smallest change: ")[1]
    'lower cohorts.seats.P000-AX-COURSE by 10 to 80.'
    """
    need = options.needs[programme]
    served = int(problem.demand[np.unique(problem.region)].sum())
    sites = "all" if problem.every_site else "up to"
    remedies = _remedies(programme, problem, options) or [f"set cohorts.seats.{programme} to 0"]
    return (
        f"{programme}: {problem.seats} seats requested for need {need} in {options.year} "
        f"({options.scenario}), demand available {served} persons; classes of {problem.minimum} "
        f"to {problem.maximum} at {sites} {len(problem.region)} campuses leave no plan. "
        f"Smallest change: {', or '.join(remedies)}."
    )


def largest_class(seats: int, options: CohortOptions) -> int:
    """Most seats of a programme that one campus may take."""
    return int(np.floor(options.maximum_share_per_campus * seats + 1e-9))


def _remedies(programme: str, problem: SeatProblem, options: CohortOptions) -> list[str]:
    key, remedies = f"cohorts.seats.{programme}", []
    fit = _most_seats(problem, options)
    if fit is not None:
        remedies.append(f"lower {key} by {problem.seats - fit} to {fit}")
    fewest = problem.minimum * len(problem.region)
    if fewest > problem.seats and seats_fit(_with_seats(problem, fewest, options)):
        remedies.append(f"raise {key} by {fewest - problem.seats} to {fewest}")
    size = _bisect(lambda m: seats_fit(replace(problem, minimum=m)), problem.minimum)
    if size is not None:
        remedies.append(f"lower cohorts.minimum_class from {problem.minimum} to {size}")
    room = problem.seats - problem.maximum
    spare = _bisect(lambda s: seats_fit(replace(problem, maximum=problem.seats - s)), room)
    if spare is not None:
        share = np.ceil(1e4 * (1 - spare / problem.seats)) / 1e4
        remedies.append(f"raise cohorts.maximum_share_per_campus to {share:.4f}")
    if problem.every_site and seats_fit(replace(problem, every_site=False)):
        remedies.append(f"take {programme} out of cohorts.every_campus")
    return remedies


def _with_seats(problem: SeatProblem, seats: int, options: CohortOptions) -> SeatProblem:
    """The same problem for other seats: the largest class is a share of them."""
    return replace(problem, seats=seats, maximum=largest_class(seats, options))


def _most_seats(problem: SeatProblem, options: CohortOptions) -> int | None:
    """Most seats below those requested that have a plan; None if fewer seats do not help.

    Fewer seats also mean a smaller largest class, so the number is approached from above.
    """
    seats = problem.seats
    for _ in range(200):
        fit = most_seats(_with_seats(problem, seats, options))
        if not fit:
            return None
        if fit >= seats:
            break
        seats = fit
    works = seats < problem.seats and seats_fit(_with_seats(problem, seats, options))
    return seats if works else None


def _bisect(works: Callable[[int], bool], above: int) -> int | None:
    """Largest number from 0 to below `above` that works, where every smaller one works too."""
    if above <= 0 or not works(0):
        return None
    low = 0
    while above - low > 1:
        middle = (low + above) // 2
        low, above = (middle, above) if works(middle) else (low, middle)
    return low
