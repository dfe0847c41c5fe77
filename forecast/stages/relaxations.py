"""Requests of a seat problem by the key of their option, and the problem with one of them changed.

A request is a number or a switch that somebody chose. People in need, and who is open to a
programme beyond them, are data and no request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from forecast.errors import InputError
from forecast.stages.integer_program import NOISE
from forecast.stages.seat_problem import Floats, Ints, Programme, SeatProblem, Sites

Value = int | float | bool | str
_FAIR = ("age", "sex", "province")
_BEYOND = {"separated": "leaving"}  # whom a programme for these people may take beyond the need


@dataclass(frozen=True)
class Relaxation:
    """A change of one request.

    Parameters
    ----------
    key : str
        Option, e.g. ``cohorts.minimum_class``.
    before, to : int, float, bool or str
        Seats are those of a year.
    words : str
        What to do, e.g. ``lower cohorts.minimum_class from 20 to 16``.
    enough : bool
        With it alone everything has a plan; otherwise only the pools of its conflict have one.
    least : bool
        False: it works, and a smaller one may work too; the words give the bound.
    """

    key: str
    before: Value
    to: Value
    words: str
    enough: bool = True
    least: bool = True


def apply(problem: SeatProblem, relaxation: Relaxation) -> SeatProblem:
    """Return the problem as it is with the relaxation."""
    return changed(problem, relaxation.key, relaxation.to)


def requests(problem: SeatProblem) -> list[str]:
    """Keys of all requests; what comes first is the first to be left out of a conflict."""
    fair = [f"cohorts.fairness.{key}" for key in _FAIR if getattr(problem.fairness, key) > 0.0]
    budget = [
        f"cohorts.budget_krw.{year}"
        for year, most in zip(problem.years, _budget(problem), strict=True)
        if np.isfinite(most)
    ]
    taught = [p for p in problem.programmes if p.sites is not None]
    asked = sorted((p for p in problem.programmes if p.seats.any()), key=lambda p: p.seats.sum())
    every = [f"cohorts.programmes.{p.name}.every_campus" for p in taught if _sites(p).every_site]
    beyond = [f"cohorts.programmes.{p.name}.beyond" for p in asked if p.beyond is None]
    classes = ["cohorts.maximum_class"] if taught else []
    least = ["cohorts.minimum_class"] if any(_sites(p).smallest_class > 1 for p in taught) else []
    share = ["cohorts.maximum_share_per_campus"] if _capped(taught) else []
    room = ["cohorts.room_months"] if problem.room is not None and taught else []
    seats = [f"cohorts.seats.{p.name}" for p in asked]
    return [*fair, *room, *budget, *classes, *share, *every, *least, *beyond, *seats]


def value_of(problem: SeatProblem, key: str) -> Value:
    """What a request asks now."""
    match key.split("."):
        case [_, "seats", name]:
            return int(_named(problem, name).seats.max())
        case [_, "minimum_class"]:
            return max(p.sites.smallest_class for p in problem.programmes if p.sites is not None)
        case [_, "maximum_class"]:
            return min(p.sites.largest_class for p in problem.programmes if p.sites is not None)
        case [_, "maximum_share_per_campus"]:
            shares = [share_of(problem, p) for p in problem.programmes if p.sites is not None]
            return min(shares)
        case [_, "programmes", name, "every_campus"]:
            return _sites(_named(problem, name)).every_site
        case [_, "programmes", _, "beyond"]:
            return "none"
        case [_, "fairness", group]:
            return float(getattr(problem.fairness, group))
        case [_, "room_months"]:
            return _room_months(problem)
        case [_, "budget_krw", year]:
            return float(_budget(problem)[problem.years.index(int(year))])
    raise InputError(f"{key}: no request of a seat problem.")


def changed(problem: SeatProblem, key: str, value: Value) -> SeatProblem:
    """Return the problem as the options make it with another value of one key.

    Seats take the most seats of a site with them, which are a share of them. Seats beyond need
    are spread like the people in need, where the options would spread them like all it is open to.

    Examples
    --------
    >>> from forecast.stages.seat_problem import Pool
    >>> pool = Pool("employed/ax", np.full((1, 1, 1, 1), 90), np.ones((1, 1, 1)))
    >>> sites = Sites(np.zeros(3, int), smallest_class=5, largest_class=9, most=45)
    >>> course = Programme("c", 0, np.array([90]), np.ones((1, 1), bool), np.ones(1), sites=sites)
    >>> problem = SeatProblem((2026,), (pool,), (course,), np.zeros(1), np.array([0]))
    >>> fewer = changed(problem, "cohorts.seats.c", 80).programmes[0]
    >>> fewer.seats.tolist(), fewer.sites.most
    ([80], 40)
    """
    match key.split("."):
        case [_, "seats", name]:
            return _each(problem, name, lambda p: _with_seats(problem, p, int(value)))
        case [_, "minimum_class"]:
            return _each_site(
                problem, lambda _, s: replace(s, smallest_class=min(s.smallest_class, int(value)))
            )
        case [_, "maximum_class"]:
            return _each_site(
                problem, lambda _, s: replace(s, largest_class=max(s.largest_class, int(value)))
            )
        case [_, "maximum_share_per_campus"]:
            return _each_site(
                problem, lambda p, s: replace(s, most=max(s.most, _most(float(value), p.seats)))
            )
        case [_, "programmes", name, "every_campus"]:
            return _each(
                problem,
                name,
                lambda p: replace(p, sites=replace(_sites(p), every_site=bool(value))),
            )
        case [_, "programmes", name, "beyond"]:
            return _each(problem, name, lambda p: replace(p, beyond=_shares_of_need(problem, p)))
        case [_, "fairness", group]:
            return replace(problem, fairness=replace(problem.fairness, **{group: float(value)}))
        case [_, "room_months"]:
            assert problem.room is not None
            return replace(problem, room=_room(problem, float(value)))
        case [_, "budget_krw", year]:
            at = np.array(problem.years) == int(year)
            return replace(problem, budget=np.where(at, float(value), _budget(problem)))
    raise InputError(f"{key}: no request of a seat problem.")


def without(problem: SeatProblem, keys: list[str]) -> tuple[SeatProblem, frozenset[str]]:
    """Make requests harmless; also name the programmes whose seats are free from 0 to asked."""
    free = frozenset(key.split(".")[2] for key in keys if key.startswith("cohorts.seats."))
    for key in keys:
        if not key.startswith("cohorts.seats."):
            problem = changed(problem, key, harmless(problem, key))
    return problem, free


def harmless(problem: SeatProblem, key: str) -> Value:
    """Return the value of a request that asks nothing."""
    match key.split("."):
        case [_, "minimum_class"]:
            return 1
        case [_, "maximum_class"]:
            taught = [p for p in problem.programmes if p.sites is not None]
            return max(max(_sites(p).most, int(p.seats.max())) for p in taught)
        case [_, "maximum_share_per_campus"]:
            return 1.0
        case [_, "programmes", _, "every_campus"]:
            return False
        case [_, "programmes", name, "beyond"]:
            people = problem.pools[_named(problem, name).pool].name.split("/")[0]
            return _BEYOND.get(people, people)
        case [_, "fairness", _]:
            return 0.0
        case [_, "room_months"] | [_, "budget_krw", _]:
            return float("inf")
    raise InputError(f"{key}: no request of a seat problem that can be left out.")


def share_of(problem: SeatProblem, programme: Programme) -> float:
    """Largest part of a programme at one site: the shortest decimal that gives every `most`.

    Sites know the most seats, not the share they were counted with. Where no share gives those
    of all programmes, each has its own.
    """
    taught = [p for p in problem.programmes if p.sites is not None and p.seats.any()]
    ends = [(_sites(p).most / p.seats.max(), (_sites(p).most + 1) / p.seats.max()) for p in taught]
    if ends:
        low, high = max(low for low, _ in ends), min(high for _, high in ends)
        for digits in range(12):
            share = np.ceil(low * 10**digits - NOISE) / 10**digits
            if low - NOISE <= share < high - NOISE:
                return float(share)
    return float(_sites(programme).most / max(programme.seats.max(), 1))


def _with_seats(problem: SeatProblem, programme: Programme, seats: int) -> Programme:
    """Years with seats have as many; years with fewer than others keep them if they are fewer."""
    asked = programme.seats
    fewer = seats <= asked.max()
    given = np.minimum(asked, seats) if fewer else np.where(asked > 0, seats, 0)
    sites = programme.sites
    if sites is not None:
        sites = replace(sites, most=_most(share_of(problem, programme), given))
    return replace(programme, seats=given.astype(np.int64), sites=sites)


def _most(share: float, seats: Ints) -> int:
    return int(np.floor(share * seats.max() + 1e-9))


def _shares_of_need(problem: SeatProblem, programme: Programme) -> Floats:
    people = np.einsum("tsoa,oa->ts", problem.pools[programme.pool].new, programme.open_to)
    people = people + 1e-9  # where nobody is in need in a year: evenly
    return people / people.sum(axis=1, keepdims=True)


def _room_months(problem: SeatProblem) -> float:
    """Class-months of a site: the most of any province."""
    assert problem.room is not None
    number = _site_counts(problem)
    return float((problem.room[number > 0] / number[number > 0]).max())


def _room(problem: SeatProblem, months: float) -> Floats:
    """Rooms in proportion to what they are; where there are none, to the number of sites."""
    assert problem.room is not None
    if not np.isfinite(months):
        return np.full(problem.room.shape, np.inf)
    before = _room_months(problem)
    shape = _site_counts(problem).astype(float) if before <= 0.0 else problem.room / before
    room: Floats = shape * months
    return room


def _site_counts(problem: SeatProblem) -> Ints:
    taught = [_sites(p).province for p in problem.programmes if p.sites is not None]
    return np.bincount(taught[0], minlength=len(problem.served_by))


def _budget(problem: SeatProblem) -> Floats:
    return np.full(len(problem.years), np.inf) if problem.budget is None else problem.budget


def _capped(taught: list[Programme]) -> bool:
    return any(p.seats.any() and _sites(p).most < p.seats.max() for p in taught)


def _sites(programme: Programme) -> Sites:
    assert programme.sites is not None
    return programme.sites


def _named(problem: SeatProblem, name: str) -> Programme:
    return next(p for p in problem.programmes if p.name == name)


def _each(problem: SeatProblem, name: str, change: Callable[[Programme], Programme]) -> SeatProblem:
    made = tuple(change(p) if p.name == name else p for p in problem.programmes)
    return replace(problem, programmes=made)


def _each_site(problem: SeatProblem, change: Callable[[Programme, Sites], Sites]) -> SeatProblem:
    made = tuple(
        p if p.sites is None else replace(p, sites=change(p, p.sites)) for p in problem.programmes
    )
    return replace(problem, programmes=made)
