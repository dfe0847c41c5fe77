"""The seat problem as an integer programme: columns, rows, and the way back.

Per pool the columns are ``seat`` (year, cell) of each programme, their sums ``group`` by province
and age, and those who wait. Whole numbers are asked of the sums, of seats above the need and of
classes; with these whole, the cells are flows and whole by themselves, except where a bound on
the sexes cuts through (:mod:`forecast.stages.seat_plan` sees to it).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from forecast.stages.integer_program import Builder, Ints
from forecast.stages.seat_problem import Floats, Programme, SeatProblem


@dataclass(frozen=True)
class ProgrammeColumns:
    """Where the columns of one programme are.

    Parameters
    ----------
    programme : int
        Its index in the problem.
    cells : ndarray of int (cell, 3)
        Province, occupation and age of the cells that have columns.
    seat : ndarray of int (year, cell)
    group : ndarray of int (year, province, age)
    beyond : ndarray of int (year,) or None
    beyond_at : ndarray of int (year, province) or None
    taught, classes : ndarray of int (year, province) or None
    """

    programme: int
    cells: Ints
    seat: Ints
    group: Ints
    beyond: Ints | None = None
    beyond_at: Ints | None = None
    taught: Ints | None = None
    classes: Ints | None = None


@dataclass
class SeatModel:
    """Columns of all programmes of some pools in one builder."""

    problem: SeatProblem
    build: Builder = field(default_factory=Builder)
    programmes: list[ProgrammeColumns] = field(default_factory=list)


def linked_pools(problem: SeatProblem) -> list[list[int]]:
    """Pools that share room or budget belong together; the others are solved apart, exactly."""
    groups = [[pool] for pool in range(len(problem.pools)) if problem.of_pool(pool)]
    for shares, matters in (
        (lambda p: p.sites is not None, problem.room is not None),
        (lambda p: p.unit_cost is not None and p.unit_cost.any(), problem.budget is not None),
    ):
        if not matters:
            continue
        joined = [g for g in groups if any(shares(p) for p in _programmes(problem, g))]
        apart = [g for g in groups if g not in joined]
        groups = ([sorted(pool for group in joined for pool in group)] if joined else []) + apart
    return groups


def _programmes(problem: SeatProblem, pools: list[int]) -> list[Programme]:
    return [programme for programme in problem.programmes if programme.pool in pools]


def seat_model(problem: SeatProblem, pools: list[int]) -> SeatModel:
    """Build the integer programme of some pools.

    Row kinds: ``seats``, ``need``, ``beyond``, ``class``, ``most``, ``region``, ``room``,
    ``budget``, ``fair_age``, ``fair_province``, ``fair_sex`` and ``sum`` (which only names sums).
    """
    model = SeatModel(problem)
    for pool in pools:
        members = problem.of_pool(pool)
        open_cells = np.argwhere((problem.pools[pool].new.sum(axis=0) > 0) & problem.open_in(pool))
        columns = [_programme(model, index, open_cells) for index in members]
        _need(model, pool, open_cells, columns)
        _fairness(model, pool, open_cells, columns)
        model.programmes += columns
    _room(model)
    _budget(model)
    return model


def _programme(model: SeatModel, index: int, open_cells: Ints) -> ProgrammeColumns:
    problem, build = model.problem, model.build
    programme = problem.programmes[index]
    n_year, n_province = len(problem.years), len(problem.served_by)
    cells = open_cells[programme.open_to[open_cells[:, 1], open_cells[:, 2]]]
    province, occupation, age = cells.T
    pool = problem.pools[programme.pool]
    value = pool.priority[province, occupation, age] * programme.weight[age]
    worth = problem.later ** np.arange(n_year)[:, None] * value
    n_age = pool.new.shape[3]
    people = pool.new[:, province, occupation, age]
    most = people.cumsum(axis=0) if pool.waits else people
    seat = build.columns((n_year, len(cells)), high=most, gain=worth)
    group = build.columns((n_year, n_province, n_age), high=programme.seats.max(), integer=True)
    rows = build.rows("sum", programme.name, group.shape, low=0.0, high=0.0)
    build.add(rows[:, province, age], seat, 1.0)
    build.add(rows, group, -1.0)
    asked = programme.seats
    seats = build.rows("seats", programme.name, (n_year,), low=asked, high=asked)
    build.add(seats[:, None, None], group, 1.0)
    beyond = beyond_at = taught = classes = None
    if programme.beyond is not None:
        limit = asked if programme.beyond_most is None else programme.beyond_most
        beyond = build.columns((n_year,), high=np.minimum(asked, limit), integer=True)
        build.add(seats, beyond, 1.0)
    costs = problem.budget is not None and programme.unit_cost is not None
    if beyond is not None and (programme.sites is not None or costs):
        beyond_at = _beyond_by_province(model, programme, beyond)
    if programme.sites is not None:
        taught, classes = _classes(model, programme, group, beyond_at)
    return ProgrammeColumns(index, cells, seat, group, beyond, beyond_at, taught, classes)


def _beyond_by_province(model: SeatModel, programme: Programme, beyond: Ints) -> Ints:
    """Whole seats above the need by province, each less than one from its share."""
    build = model.build
    assert programme.beyond is not None
    shape = programme.beyond.shape
    most = np.where(programme.beyond > 0, programme.seats[:, None], 0)  # none where no share is
    at = build.columns(shape, high=most, integer=True)
    total = build.rows("sum", programme.name, (len(beyond),), low=0.0, high=0.0)
    build.add(total[:, None], at, 1.0)
    build.add(total, beyond, -1.0)
    near = build.rows("beyond", programme.name, shape, low=-1.0, high=1.0)
    build.add(near, at, 1.0)
    build.add(near, beyond[:, None], -programme.beyond)
    return at


def _classes(
    model: SeatModel, programme: Programme, group: Ints, beyond_at: Ints | None
) -> tuple[Ints, Ints]:
    """Seats and classes by province that has sites: (year, province), 0 where there are none.

    Sites of a province are alike to the gain, so their sum stands for them: classes spread as
    evenly as whole numbers allow hold the most seats, and :func:`seats_at_sites` gives them back.
    """
    problem, build, sites = model.problem, model.build, programme.sites
    assert sites is not None
    number = np.bincount(sites.province, minlength=len(problem.served_by))
    shape = (len(problem.years), len(number))
    taught = build.columns(shape, high=number * sites.most, integer=True)
    classes = build.columns(shape, high=number * sites.most_classes, integer=True)
    least = build.rows("class", programme.name, shape, low=0.0)
    build.add(least, taught, 1.0)
    build.add(least, classes, -float(sites.smallest_class))
    largest = build.rows("class", programme.name, shape, high=0.0)
    build.add(largest, taught, 1.0)
    build.add(largest, classes, -float(sites.largest_class))
    # Beyond the whole classes that fit under `most`, one more adds only what is left of it.
    whole = sites.most // sites.largest_class
    left = sites.most - whole * sites.largest_class
    full = number * whole * (sites.largest_class - left)
    most = build.rows("most", programme.name, shape, high=full)
    build.add(most, taught, 1.0)
    build.add(most, classes, -float(left))
    if sites.every_site:
        low = np.where(programme.seats[:, None] > 0, number, 0)
        build.add(build.rows("every_site", programme.name, shape, low=low), classes, 1.0)
    # People of a province are taught in the province that serves it.
    served = build.rows("region", programme.name, shape, low=0.0, high=0.0)
    build.add(served, taught, 1.0)
    build.add(served[:, problem.served_by, None], group, -1.0)
    if beyond_at is not None:
        build.add(served[:, problem.served_by], beyond_at, -1.0)
    return taught, classes


def seats_at_sites(programme: Programme, taught: Ints, classes: Ints) -> Ints:
    """Seats of every site, (year, site), from seats and classes by province (year, province).

    Classes are spread evenly over the sites of a province in their order, then seats evenly over
    what the classes of a site may hold.

    Examples
    --------
    >>> from forecast.stages.seat_problem import Sites
    >>> sites = Sites(np.array([0, 0]), smallest_class=20, largest_class=25, most=60)
    >>> course = Programme("course", 0, np.array([65]), np.ones((1, 1), bool), np.ones(1),
    ...                    sites=sites)
    >>> seats_at_sites(course, np.array([[65]]), np.array([[3]])).tolist()
    [[43, 22]]
    """
    sites = programme.sites
    assert sites is not None
    given = np.zeros((len(taught), len(sites.province)), dtype=np.int64)
    for province in np.unique(sites.province):
        here = np.flatnonzero(sites.province == province)
        for year in range(len(taught)):
            number = np.full(len(here), classes[year, province] // len(here))
            number[: classes[year, province] % len(here)] += 1
            low = number * sites.smallest_class
            room = np.minimum(number * sites.largest_class, sites.most) - low
            given[year, here] = low + _spread(room, int(taught[year, province] - low.sum()))
    return given


def _spread(room: Ints, total: int) -> Ints:
    """Whole numbers in proportion to `room` that sum to `total`, none above its room."""
    if total == 0:
        return np.zeros_like(room)
    ends = np.floor(room.cumsum() * (total / room.sum()) + 1e-9).astype(np.int64)
    ends[-1] = total
    return np.diff(ends, prepend=0)


def _need(model: SeatModel, pool: int, cells: Ints, columns: list[ProgrammeColumns]) -> None:
    """Nobody gets a second seat: seats plus those who wait on are those who waited and the new."""
    problem, build = model.problem, model.build
    where, people = problem.pools[pool], problem.pools[pool].new[:, *cells.T]
    place = np.full(where.new.shape[1:], -1)
    place[tuple(cells.T)] = np.arange(len(cells))
    low = people if where.waits else -np.inf
    rows = build.rows("need", where.name, people.shape, low=low, high=people)
    for programme in columns:
        build.add(rows[:, place[tuple(programme.cells.T)]], programme.seat, 1.0)
    if where.waits:
        waiting = build.columns(people.shape, high=people.cumsum(axis=0))
        build.add(rows, waiting, 1.0)
        build.add(rows[1:], waiting[:-1], -1.0)


def _fairness(model: SeatModel, pool: int, cells: Ints, columns: list[ProgrammeColumns]) -> None:
    """Coverage so far of each group, at least a part of the average coverage so far."""
    problem, build, fair = model.problem, model.build, model.problem.fairness
    where = problem.pools[pool]
    n_year, n_province, n_age = len(problem.years), len(problem.served_by), where.new.shape[3]
    if not len(cells) or max(fair.age, fair.sex, fair.province) <= 0.0:
        return
    people = np.zeros_like(where.new)
    people[:, *cells.T] = where.new[:, *cells.T]
    so_far = people.cumsum(axis=0)
    everyone = np.maximum(so_far.sum(axis=(1, 2, 3)), 1)

    def total(shape: tuple[int, ...], name: str) -> tuple[Ints, Ints]:
        """Columns of sums so far, and the rows that make them so."""
        sums = build.columns((n_year, *shape))
        rows = build.rows("sum", f"{where.name}/{name}", (n_year, *shape), low=0.0, high=0.0)
        build.add(rows, sums, -1.0)
        build.add(rows[1:], sums[:-1], 1.0)
        return sums, rows

    seated, rows = total((), "seated")
    by_age, age_rows = total((n_age,), "age")
    by_province, province_rows = total((n_province,), "province")
    women, women_rows = total((), "women")
    for programme in columns:
        group = programme.group
        build.add(rows[:, None, None], group, 1.0)
        build.add(age_rows[:, None, :], group, 1.0)
        build.add(province_rows[:, :, None], group, 1.0)
        build.add(women_rows[:, None], programme.seat, problem.women[programme.cells[:, 1]])

    def bound(kind: str, sums: Ints, need: Floats, least: float) -> None:
        share = need / everyone.reshape(-1, *[1] * (need.ndim - 1))
        held = build.rows(kind, where.name, need.shape, low=0.0)
        build.add(held, sums, 1.0)
        build.add(held, seated.reshape(-1, *[1] * (need.ndim - 1)), -least * share)

    if fair.age > 0.0:
        bound("fair_age", by_age, so_far.sum(axis=(1, 2)).astype(float), fair.age)
    if fair.province > 0.0:
        need = so_far.sum(axis=(2, 3)).astype(float)
        bound("fair_province", by_province, need, fair.province)
    if fair.sex > 0.0:
        need = np.einsum("tsoa,o->t", so_far, problem.women)
        bound("fair_sex", women, need, fair.sex)
        # Men are all who are no women: seated - women >= least x share of men x seated.
        share = 1.0 - need / everyone
        held = build.rows("fair_sex", where.name, (n_year,), low=0.0)
        build.add(held, seated, 1.0 - fair.sex * share)
        build.add(held, women, -1.0)


def _room(model: SeatModel) -> None:
    """Class-months of the sites of a province, which share their rooms."""
    problem, build = model.problem, model.build
    taught = [c for c in model.programmes if c.classes is not None]
    if problem.room is None or not taught:
        return
    shape = (len(problem.years), len(problem.room))
    rows = build.rows("room", "sites", shape, high=problem.room)
    for columns in taught:
        sites = problem.programmes[columns.programme].sites
        assert sites is not None and columns.classes is not None
        build.add(rows, columns.classes, sites.months)


def _budget(model: SeatModel) -> None:
    problem, build = model.problem, model.build
    if problem.budget is None:
        return
    million = 1e6  # rows in millions of won: numbers of the size of the others
    rows = build.rows("budget", "all", (len(problem.years),), high=problem.budget / million)
    for columns in model.programmes:
        programme = problem.programmes[columns.programme]
        if programme.unit_cost is None:
            continue
        cost = programme.unit_cost / million
        build.add(rows[:, None, None], columns.group, cost[:, None])
        if columns.beyond_at is not None:
            build.add(rows[:, None], columns.beyond_at, cost)
