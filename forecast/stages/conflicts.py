"""Why no seat plan exists: the requests that conflict, and the least change of each that helps."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from forecast.errors import ConfigError, InputError
from forecast.stages.conflict_words import message_of, words_of
from forecast.stages.relaxations import (
    Relaxation,
    Value,
    changed,
    harmless,
    requests,
    share_of,
    value_of,
    without,
)
from forecast.stages.seat_fit import could_fit, extreme_seats, fits, only
from forecast.stages.seat_model import linked_pools
from forecast.stages.seat_problem import SeatProblem

_PART = 3  # of the time for an explanation, what one run of HiGHS may take
_STEP = 5e-4  # between the values of a real number that are tried
_DIGITS = 5  # significant digits of the real numbers offered
_LOCAL = ("seats", "programmes")  # options of one programme; all others hold for every pool
_EXACT = 2_000  # seats up to which the most that have a plan are found to the seat
_LESS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # parts by which more seats than that stay below their bound
_TRIES = 40  # of seats of a programme, whose largest site changes with them


@dataclass(frozen=True)
class Conflict:
    """A smallest set of requests that no plan meets together.

    Parameters
    ----------
    requests : tuple of str
        Keys of options. With any one of them left out, the pools have a plan of the others.
    relaxations : tuple of Relaxation
        The least change of each request that gives the pools a plan by itself, all else as asked;
        those of one programme only where nothing covers all pools without a plan.
    message : str
        One line with the numbers.
    pools, others : tuple of str
        Pools of the conflict; further pools that have no plan either.
    """

    requests: tuple[str, ...]
    relaxations: tuple[Relaxation, ...]
    message: str
    pools: tuple[str, ...]
    others: tuple[str, ...] = ()


def explain_conflict(problem: SeatProblem, *, time_limit_seconds: float) -> Conflict:
    """Find the conflict of a problem without a plan, and what resolves it.

    Parameters
    ----------
    problem : SeatProblem
        For which :func:`forecast.stages.seat_plan.plan_seats` gives None.
    time_limit_seconds : float
        One run of HiGHS may take a third of it. What is not proven in time is not claimed: a
        request stays in the set, a change is not offered.

    Examples
    --------
    >>> from forecast.stages.seat_problem import Pool, Programme
    >>> pool = Pool("employed/ax", np.full((1, 1, 2, 1), 4), np.ones((1, 2, 1)))
    >>> course = Programme("course", 0, np.array([9]), np.ones((2, 1), bool), np.ones(1))
    >>> problem = SeatProblem((2026,), (pool,), (course,), np.zeros(2), np.array([0]))
    >>> conflict = explain_conflict(problem, time_limit_seconds=60.0)
    >>> conflict.requests
    ('cohorts.programmes.course.beyond', 'cohorts.seats.course')
    >>> conflict.relaxations[1].words
    'lower cohorts.seats.course by 1 to 8 a year'
    """
    limit = time_limit_seconds / _PART

    def fails(pools: list[int]) -> bool:
        return not fits(only(problem, pools), time_limit_seconds=limit, unknown=True)

    groups = linked_pools(problem)
    with ThreadPoolExecutor(2) as workers:  # HiGHS leaves Python's lock while it works
        found = list(workers.map(fails, groups))
    failing = [pools for pools, failed in zip(groups, found, strict=True) if failed]
    if not failing:
        raise InputError("explain_conflict: these requests have a plan; expected a conflict.")
    search = _Search(problem, failing, limit)
    keys = search.smallest()
    offers: list[Relaxation] = []
    of_all = [key for key in keys if key.split(".")[1] not in _LOCAL]
    for some in (of_all, [key for key in keys if key not in of_all]):
        if len(failing) > 1 and any(offer.enough for offer in offers):
            break  # what is of one programme cannot cover the other pools
        with ThreadPoolExecutor(2) as workers:
            offers += [offer for made in workers.map(search.offers, some) for offer in made]
    offers.sort(key=lambda offer: keys.index(offer.key))
    names = [tuple(problem.pools[pool].name for pool in pools) for pools in failing]
    others = tuple(name for part in names[1:] for name in part)
    message = message_of(problem, keys, offers, others)
    return Conflict(tuple(keys), tuple(offers), message, names[0], others)


@dataclass(frozen=True)
class _Search:
    """The first of the groups of pools without a plan."""

    problem: SeatProblem
    failing: list[list[int]]
    limit: float

    def smallest(self) -> list[str]:
        """Leave out one request after the other, unless a plan exists without it."""
        kept = every = requests(only(self.problem, self.failing[0]))

        def possible(keys: list[str], *, whole: bool) -> bool:
            problem, free = without(self.problem, [key for key in every if key not in keys])
            part = only(problem, self.failing[0])
            if whole:
                return fits(part, free=free, time_limit_seconds=self.limit, unknown=True)
            return could_fit(part, free=free, time_limit_seconds=self.limit)

        # Without whole numbers a proof takes a blink; what is left is then tried with them.
        for whole in (False, True):
            if not whole and possible(kept, whole=False):
                continue
            for key in list(kept):
                fewer = [other for other in kept if other != key]
                if not possible(fewer, whole=whole):
                    kept = fewer
        return kept

    def offers(self, key: str) -> list[Relaxation]:
        """Least changes of one request that give a plan by themselves."""
        local = key.split(".")[1] in _LOCAL
        scopes = [self.failing[:1]] if local else [self.failing, self.failing[:1]]
        before, made = value_of(self.problem, key), []
        for scope in scopes if len(self.failing) > 1 else scopes[:1]:
            enough = len(scope) == len(self.failing)
            values: list[Value | None] = []
            if key.startswith("cohorts.seats."):
                for find in (self._lower, self._raise):
                    with suppress(ConfigError):  # not found in time: not offered
                        values.append(find(key))
            else:
                values = [self._least(key, _candidates(self.problem, key), scope)]
            for value in values:
                if value is not None:
                    words = words_of(self.problem, key, before, value)
                    bound = self._beaten(key, before, value)
                    if bound is not None:
                        words += f"; at most {bound} could have a plan, not tried to the seat"
                    made.append(Relaxation(key, before, value, words, enough, bound is None))
            if made:
                break
        return made

    def _works(self, key: str, value: Value, scope: list[list[int]], *, whole: bool) -> bool:
        problem = changed(self.problem, key, value)
        test = fits if whole else could_fit
        parts = sorted((only(problem, pools) for pools in scope), key=_size)  # small ones first
        return all(test(part, time_limit_seconds=self.limit) for part in parts)

    def _least(self, key: str, values: Sequence[Value], scope: list[list[int]]) -> Value | None:
        """First of values, each looser than the one before, that works."""
        if not values:
            return None
        low = -1
        for whole in (False, True):
            high = len(values) - 1
            if not self._works(key, values[high], scope, whole=whole):
                return None
            while high - low > 1:
                middle = (low + high) // 2
                works = self._works(key, values[middle], scope, whole=whole)
                low, high = (low, middle) if works else (middle, high)
            # What works without whole numbers mostly works with them.
            if not whole and self._works(key, values[high], scope, whole=True):
                break
            low = high
        return values[high]

    def _lower(self, key: str) -> int | None:
        """Most seats below those asked; fewer seats also mean fewer at a site.

        Of many thousands a few less than the bound without whole numbers are good enough.
        """
        bound = high = self._bound(key, int(value_of(self.problem, key)) - 1)
        if high > _EXACT:
            for less in (0.0, *_LESS):
                high = int(bound * (1.0 - less))
                if self._fits(key, high, limit=self.limit / 4):
                    return high
            return None
        for _ in range(_TRIES):
            if self._fits(key, high, limit=self.limit):
                return high
            most = self._extreme(key, (0, high), most=True) if high > 0 else None
            if high == 0:
                return None
            high = min(most or 0, high - 1)
        return None

    def _beaten(self, key: str, before: Value, value: Value) -> int | None:
        """The bound that a lower number of seats stays below; None where nothing is left open."""
        if not key.startswith("cohorts.seats.") or int(value) > int(before):
            return None
        bound = self._bound(key, int(before) - 1)
        return bound if bound > max(int(value), _EXACT) else None

    def _bound(self, key: str, high: int) -> int:
        """Seats that are not exceeded even without whole numbers."""
        for _ in range(_TRIES):
            most = self._extreme(key, (0, high), most=True, relax=True) if high > 0 else 0
            if most == high:
                break
            high = most or 0
        return high

    def _fits(self, key: str, seats: int, *, limit: float) -> bool:
        part = only(changed(self.problem, key, seats), self.failing[0])
        return fits(part, time_limit_seconds=limit)

    def _raise(self, key: str) -> int | None:
        """Fewest seats above those asked that fill classes; more seats also mean more at a site."""
        programme = next(p for p in self.problem.programmes if key.endswith(f".{p.name}"))
        sites, asked = programme.sites, int(value_of(self.problem, key))
        if sites is None:
            return None
        share = max(share_of(self.problem, programme), 1e-6)
        cap = 2 * int(max(len(sites.province) * sites.smallest_class, sites.smallest_class / share))
        if cap <= asked:
            return None
        low = self._extreme(key, (asked + 1, cap), most=False)
        for _ in range(_TRIES):
            if low is None or low > cap:
                return None
            if self._works(key, low, self.failing[:1], whole=True):
                return low
            # With the seats of a site that `low` brings, or else the next number that brings more.
            step = next(n for n in range(low + 1, low + int(1 / share) + 3) if _grows(share, n))
            between = (low + 1, step - 1)
            within = self._extreme(key, between, most=False) if step > low + 1 else None
            low = step if within is None else within
        return None

    def _extreme(
        self, key: str, ends: tuple[int, int], *, most: bool, relax: bool = False
    ) -> int | None:
        part = only(changed(self.problem, key, ends[1]), self.failing[0])
        name, limit = key.split(".", 2)[2], self.limit
        return extreme_seats(part, name, ends, most=most, relax=relax, time_limit_seconds=limit)


def _size(problem: SeatProblem) -> int:
    return int(sum(programme.seats.sum() for programme in problem.programmes))


def _grows(share: float, seats: int) -> bool:
    return int(share * seats + 1e-9) > int(share * (seats - 1) + 1e-9)


def _candidates(problem: SeatProblem, key: str) -> Sequence[Value]:
    """Values of a request, each looser than the one before."""
    before, kind = value_of(problem, key), key.split(".")[1]
    taught = [(p, p.sites) for p in problem.programmes if p.sites is not None]
    if kind == "minimum_class":
        return range(int(before) - 1, 0, -1)
    if kind == "maximum_class":
        return range(int(before) + 1, int(harmless(problem, key)) + 1)
    if kind == "maximum_share_per_campus":
        ends = {
            _rounded(most / p.seats.max(), up=True)
            for p, sites in taught
            for most in range(sites.most + 1, int(p.seats.max()) + 1)
        }
        return sorted(ends)
    if kind == "fairness":
        steps = np.arange(1, int(np.log(1e4) / _STEP))
        values = [_rounded(float(before) * np.exp(-_STEP * step), up=False) for step in steps]
        return [*dict.fromkeys(values), 0.0]
    if kind in ("room_months", "budget_krw"):
        if kind == "room_months":
            most = sum(sites.months * sites.most_classes for _, sites in taught)
        else:
            costs = [(p.unit_cost, p.seats.max()) for p in problem.programmes]
            most = sum(float(cost.max()) * seats for cost, seats in costs if cost is not None)
        low = max(float(before), 1e-6 * most)
        steps = np.arange(1, int(np.log(max(most / low, 1.0)) / _STEP) + 3)
        return list(dict.fromkeys(_rounded(low * np.exp(_STEP * step), up=True) for step in steps))
    return [harmless(problem, key)]


def _rounded(value: float, *, up: bool) -> float:
    """Next number with few significant digits."""
    if value <= 0.0:
        return 0.0
    unit = 10.0 ** (int(np.floor(np.log10(value))) + 1 - _DIGITS)
    number = np.ceil(value / unit - 1e-9) if up else np.floor(value / unit + 1e-9)
    return float(f"{number * unit:.{_DIGITS}g}")
