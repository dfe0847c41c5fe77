"""Small seat problems, and a checker written from the docstrings of the seat problem alone.

The checker knows nothing of columns and rows: it counts people in a finished plan.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.stages.seat_problem import (
    Fairness,
    Pool,
    Programme,
    SeatPlan,
    SeatProblem,
    Sites,
)

CLOSE = 1e-6  # seats, or a share of a budget: what a solver may leave
NAMES = ("course", "online", "evening")


def problem_of(
    people: object,
    seats: list[int],
    *,
    priority: object = 1.0,
    waits: bool = True,
    women: object = 0.5,
    **changed: object,
) -> SeatProblem:
    """One pool and one programme open to all; `changed` goes where its name belongs."""
    new = np.array(people, dtype=np.int64)
    inner = {key: changed.pop(key) for key in list(changed) if key in Programme.__annotations__}
    open_to = inner.pop("open_to", np.ones(new.shape[2:], dtype=bool))
    weight = inner.pop("weight", np.ones(new.shape[3]))
    value = np.broadcast_to(np.asarray(priority, dtype=float), new.shape[1:]).copy()
    programme = Programme("course", 0, np.array(seats), open_to, weight, **inner)
    return SeatProblem(
        years=tuple(range(2026, 2026 + len(seats))),
        pools=(Pool("employed/ax", new, value, waits=waits),),
        programmes=(programme,),
        women=np.broadcast_to(np.asarray(women, dtype=float), (new.shape[2],)).copy(),
        served_by=changed.pop("served_by", np.arange(new.shape[1])),
        **changed,
    )


def assert_plan_fits(problem: SeatProblem, plan: SeatPlan) -> None:
    """Every promise of the seat problem, counted in the plan."""
    assert list(faults(problem, plan)) == []


def gain_of(problem: SeatProblem, plan: SeatPlan) -> float:
    """Priority points of the seats of a plan."""
    later = problem.later ** np.arange(len(problem.years))
    return float(
        sum(
            np.einsum(
                "tsoa,t,soa,a->",
                seats,
                later,
                problem.pools[programme.pool].priority,
                programme.weight,
            )
            for programme, seats in zip(problem.programmes, plan.in_need, strict=True)
        )
    )


def faults(problem: SeatProblem, plan: SeatPlan) -> Iterator[str]:
    """Name each promise that a plan breaks."""
    for index, programme in enumerate(problem.programmes):
        seats, beyond, at_site = plan.in_need[index], plan.beyond[index], plan.at_site[index]
        counts = [seats, beyond, *([] if at_site is None else [at_site])]
        if any(array.dtype != np.int64 or (array < 0).any() for array in counts):
            yield f"{programme.name}: whole numbers"
        if (seats.sum(axis=(1, 2, 3)) + beyond.sum(axis=1) != programme.seats).any():
            yield f"{programme.name}: seats"
        if (seats * ~programme.open_to).any():
            yield f"{programme.name}: open_to"
        yield from _beyond(programme, beyond)
        if (at_site is None) != (programme.sites is None):
            yield f"{programme.name}: at_site"
        elif at_site is not None:
            by_province = seats.sum(axis=(2, 3)) + beyond
            yield from _at_sites(problem, programme, by_province, at_site)
    for pool in range(len(problem.pools)):
        yield from _of_pool(problem, pool, plan)
    yield from _room(problem, plan)
    yield from _budget(problem, plan)
    if abs(plan.gain - gain_of(problem, plan)) > CLOSE * max(1.0, abs(plan.gain)):
        yield "gain"
    if plan.bound < plan.gain - CLOSE * max(1.0, abs(plan.gain)) or plan.gap < 0:
        yield "bound"
    if plan.bound > 0 and abs(plan.gap - max(plan.bound - plan.gain, 0.0) / plan.bound) > CLOSE:
        yield "gap"


def _beyond(programme: Programme, beyond: np.ndarray) -> Iterator[str]:
    """Seats above the need: allowed, not above the people, provinces within one of their share."""
    if programme.beyond is None:
        if beyond.any():
            yield f"{programme.name}: beyond is not open"
        return
    total = beyond.sum(axis=1)
    if programme.beyond_most is not None and (total > programme.beyond_most).any():
        yield f"{programme.name}: beyond_most"
    if (np.abs(beyond - programme.beyond * total[:, None]) > 1 + CLOSE).any():
        yield f"{programme.name}: beyond is within one of its share"
    if beyond[programme.beyond == 0].any():
        yield f"{programme.name}: beyond where its share is none"


def _at_sites(
    problem: SeatProblem, programme: Programme, by_province: np.ndarray, at_site: np.ndarray
) -> Iterator[str]:
    """Whole classes at every site, people taught in the province that serves theirs."""
    sites = programme.sites
    for site, province in enumerate(sites.province):
        for year, number in enumerate(at_site[:, site]):
            least = int(sites.every_site and programme.seats[year] > 0)
            if classes_of(sites, int(number), least) is None:
                yield f"{programme.name}: classes of site {site} in {province}, {number} seats"
    for region in range(len(problem.served_by)):
        taught = at_site[:, sites.province == region].sum(axis=1)
        if (by_province[:, problem.served_by == region].sum(axis=1) != taught).any():
            yield f"{programme.name}: region {region}"


def classes_of(sites: Sites, seats: int, least: int = 0) -> int | None:
    """Fewest classes that hold the seats of a site; None if none do."""
    if seats > sites.most:
        return None
    for classes in range(least, seats + 1 if seats else 1):
        if classes * sites.smallest_class <= seats <= classes * sites.largest_class:
            return classes
    return None


def _of_pool(problem: SeatProblem, pool: int, plan: SeatPlan) -> Iterator[str]:
    where, members = problem.pools[pool], problem.of_pool(pool)
    if not members:
        return
    seated = np.sum([plan.in_need[index] for index in members], axis=0)
    there, given = where.new, seated
    if where.waits:
        there, given = there.cumsum(axis=0), given.cumsum(axis=0)
    if (given > there).any():
        yield f"{where.name}: a second seat"
    people = (where.new * problem.open_in(pool)).cumsum(axis=0)
    yield from unfair(problem, where.name, people, seated.cumsum(axis=0))


def unfair(
    problem: SeatProblem, name: str, people: np.ndarray, seated: np.ndarray
) -> Iterator[str]:
    """Groups that are covered less than promised; `people` and `seated` so far, (year, ...)."""
    fair = problem.fairness
    by_sex = np.stack([problem.women, 1.0 - problem.women])
    groups = {
        "age": (fair.age, people.sum(axis=(1, 2)), seated.sum(axis=(1, 2))),
        "province": (fair.province, people.sum(axis=(2, 3)), seated.sum(axis=(2, 3))),
        "sex": (
            fair.sex,
            np.einsum("tsoa,go->tg", people, by_sex),
            np.einsum("tsoa,go->tg", seated, by_sex),
        ),
    }
    everyone, all_seated = people.sum(axis=(1, 2, 3)), seated.sum(axis=(1, 2, 3))
    for group, (least, of_group, with_seat) in groups.items():
        # Coverage of the group >= least x average coverage, without a division by nobody.
        asked = least * of_group * (all_seated / np.maximum(everyone, 1))[:, None]
        if (with_seat < asked - CLOSE * np.maximum(asked, 1.0)).any():
            yield f"{name}: fair {group}"


def _room(problem: SeatProblem, plan: SeatPlan) -> Iterator[str]:
    if problem.room is None:
        return
    used = np.zeros((len(problem.years), len(problem.room)))
    for programme, at_site in zip(problem.programmes, plan.at_site, strict=True):
        if programme.sites is None or at_site is None:
            continue
        for (year, site), seats in np.ndenumerate(at_site):
            least = int(programme.sites.every_site and programme.seats[year] > 0)
            classes = classes_of(programme.sites, int(seats), least) or 0
            used[year, programme.sites.province[site]] += classes * programme.sites.months
    if (used > problem.room + CLOSE).any():
        yield "room"


def _budget(problem: SeatProblem, plan: SeatPlan) -> Iterator[str]:
    if problem.budget is None:
        return
    spent = np.zeros(len(problem.years))
    for programme, seats, beyond in zip(problem.programmes, plan.in_need, plan.beyond, strict=True):
        if programme.unit_cost is not None:
            spent += (seats.sum(axis=(2, 3)) + beyond) @ programme.unit_cost
    if (spent > problem.budget * (1 + CLOSE)).any():
        yield "budget"


def random_problem(
    rng: np.random.Generator,
    *,
    sizes: tuple[int, int, int, int],
    n_pool: int = 1,
    n_programme: int = 1,
    most_people: int = 6,
    most_seats: int = 6,
    chance: float = 0.5,
) -> SeatProblem:
    """A problem whose parts are there by chance; figures in quarters, so that sums are exact.

    Parameters
    ----------
    sizes : tuple of int
        Years, provinces, occupations, ages.
    """
    n_year, n_province, n_job, n_age = sizes

    def happens() -> bool:
        return bool(rng.random() < chance)

    def quarters(shape: tuple[int, ...], high: float) -> np.ndarray:
        return rng.integers(0, int(4 * high) + 1, size=shape) / 4

    pools = tuple(
        Pool(
            f"pool{number}",
            rng.integers(0, most_people + 1, size=sizes),
            quarters(sizes[1:], 3.0),
            waits=happens(),
        )
        for number in range(n_pool)
    )
    served_by = np.arange(n_province)
    if n_province > 1 and happens():
        served_by[-1] = 0
    programmes = []
    for number in range(n_programme):
        beyond = most = None
        if happens():
            shares = rng.integers(0, 4, size=(n_year, n_province)) + (np.arange(n_province) == 0)
            beyond = shares / shares.sum(axis=1, keepdims=True)
            most = rng.integers(0, most_seats + 1, size=n_year) if happens() else None
        sites = _random_sites(rng, served_by, most_seats) if happens() else None
        programmes.append(
            Programme(
                NAMES[number] if number < len(NAMES) else f"course{number}",
                int(number % n_pool if number < n_pool else rng.integers(n_pool)),
                rng.integers(0, most_seats + 1, size=n_year),
                (rng.random((n_job, n_age)) < 0.8) if happens() else np.ones((n_job, n_age), bool),
                quarters((n_age,), 2.0) if happens() else np.ones(n_age),
                beyond,
                most,
                sites,
                1e6 * rng.integers(1, 5, size=n_province) if happens() else None,
            )
        )
    levels = (0.0, 0.5, 0.75, 1.0)
    fair = [float(rng.choice(levels)) if happens() else 0.0 for _ in range(3)]
    return SeatProblem(
        years=tuple(range(2026, 2026 + n_year)),
        pools=pools,
        programmes=tuple(programmes),
        women=rng.integers(0, 5, size=n_job) / 4,
        served_by=served_by,
        fairness=Fairness(*fair),
        later=float(rng.choice([1.0, 0.5, 0.75])),
        room=rng.integers(1, 1 + 2 * most_seats, size=n_province) * 1.0 if happens() else None,
        budget=1e6 * rng.integers(1, 1 + 6 * most_seats, size=n_year) if happens() else None,
    )


def _random_sites(rng: np.random.Generator, served_by: np.ndarray, most_seats: int) -> Sites:
    provinces = np.unique(served_by)
    smallest = int(rng.integers(1, max(most_seats // 2, 1) + 1))
    largest = smallest + int(rng.integers(0, max(most_seats // 4, 1) + 1))
    return Sites(
        province=np.sort(np.concatenate([provinces, rng.choice(provinces, rng.integers(0, 3))])),
        smallest_class=smallest,
        largest_class=largest,
        most=int(rng.integers(largest, 2 * most_seats + 1)) if largest <= 2 * most_seats else 0,
        every_site=bool(rng.random() < 0.3),
        months=float(rng.integers(0, 3)),
    )
