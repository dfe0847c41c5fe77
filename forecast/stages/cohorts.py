"""Cohort targets: whole numbers per programme, site, origin occupation and age that add up.

People in need are rounded to whole people; one integer programme gives out all published seats of
the documents; a second one seats those still waiting in what is published beside them. Seats of a
province are then dealt out to its campuses, and seats above the need to those a programme is open
to, under all margins at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecast.errors import ConfigError, InfeasiblePlan
from forecast.options import CohortOptions, ProgrammeOptions
from forecast.stages.cohort_people import People, people_of
from forecast.stages.cohort_rules import (
    campuses,
    check_rules,
    open_cells,
    rules_beside,
    rules_in_order,
    seat_problem,
    seats_by_year,
)
from forecast.stages.conflicts import explain_conflict
from forecast.stages.rounding import whole_people
from forecast.stages.seat_plan import Relaxed, plan_seats, relax_seats
from forecast.stages.seat_problem import Ints, SeatPlan, SeatProblem
from forecast.stages.seat_split import IN_NEED, SeatRows, split_over_sites, spread_beyond
from forecast.stages.suppression import mark_small
from forecast.types import AGE_GROUPS, ReskillingDemand

ONLINE = "전국 (온라인·위탁)"
Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Round:
    """One solved integer programme: its rules, arrays and plan."""

    rules: Mapping[str, ProgrammeOptions]
    problem: SeatProblem
    relaxed: list[Relaxed]
    plan: SeatPlan


@dataclass(frozen=True)
class Solved:
    """All rounds of a run with the people behind them.

    Parameters
    ----------
    people : People
        Fractional people in need, as projected.
    whole : dict of str to ndarray of int (year, province, occupation, age)
        The same by pool in whole people.
    seats : dict of str to ndarray of int (year,)
        Seats asked of every programme.
    rounds : tuple of Round
        The documents' programmes, then those beside them.
    sites : DataFrame
        The campuses.
    """

    people: People
    whole: dict[str, Ints]
    seats: dict[str, Ints]
    rounds: tuple[Round, ...]
    sites: pd.DataFrame

    @property
    def documents(self) -> Round:
        """The programmes of the documents."""
        return self.rounds[0]


def solve_cohorts(
    options: CohortOptions,
    demand: ReskillingDemand,
    tables: Tables,
    *,
    advance: Callable[[str], None] = lambda text: None,
) -> Solved:
    """Give out the seats of all programmes.

    Parameters
    ----------
    options : CohortOptions
        Whom programmes take, and what the published documents leave open.
    demand : ReskillingDemand
        Mean demand of `options.scenario` bounds and shapes the plan.
    tables : mapping of str to DataFrame
        ``programmes``, ``beside_programmes``, ``stage_totals``, ``campuses``, ``employment_sex``.
    advance : callable
        Told what is being done.

    Raises
    ------
    InfeasiblePlan
        Naming the requests that conflict and the least change of each.
    ConfigError
        If an option names an unknown programme, need, scenario, year or province.
    """
    check_rules(options)
    people = people_of(options, demand, tables)
    seats = seats_by_year(options, tables)
    if not any(by_year.any() for by_year in seats.values()):
        raise ConfigError(
            f"cohorts: no programme has a seat in {list(options.years)}; expected at least one in "
            "cohorts.programmes, with cohorts.seats above 0."
        )
    advance("cohorts: rounding people in need to whole people")
    with ThreadPoolExecutor(2) as workers:  # HiGHS leaves Python's lock while it works
        rounded = list(workers.map(whole_people, people.new.values()))
    whole = dict(zip(people.new, rounded, strict=True))
    sites = campuses(tables["campuses"])
    rounds, left = [], dict(whole)
    for rules in (rules_in_order(options), rules_beside(options)):
        if not rules:
            continue
        problem = seat_problem(options, rules, seats, people, left, sites)
        advance(f"cohorts: solving the integer programme of {len(rules)} programmes")
        limit = options.time_limit_seconds
        relaxed = relax_seats(problem, time_limit_seconds=limit)
        plan = plan_seats(
            problem,
            relaxed=relaxed,
            relative_gap=options.relative_gap,
            time_limit_seconds=limit,
        )
        if plan is None:
            advance("cohorts: no plan exists; looking for the requests that conflict")
            message = explain_conflict(problem, time_limit_seconds=limit).message
            for name in options.beside:
                message = message.replace(f"cohorts.programmes.{name}", f"cohorts.beside.{name}")
            raise InfeasiblePlan(message)
        rounds.append(Round(rules, problem, relaxed, plan))
        left = {
            pool.name: still_waiting(pool.new, _seated(rounds[-1], index))
            for index, pool in enumerate(problem.pools)
        } | {name: left[name] for name in left if name not in {p.name for p in problem.pools}}
    return Solved(people, whole, seats, tuple(rounds), sites)


def still_waiting(new: Ints, seated: Ints) -> Ints:
    """People of each year who stay without a seat for good, and so could take one of others.

    Whoever is given a seat in a later year waits for that one: of those who wait in a year, only
    as many count as no later year seats.

    Examples
    --------
    >>> new, seated = np.array([5, 0, 1]), np.array([2, 3, 0])
    >>> still_waiting(new, seated).tolist()
    [0, 0, 1]
    """
    waiting = (new - seated).cumsum(axis=0)
    free = np.minimum.accumulate(waiting[::-1], axis=0)[::-1]
    return np.diff(free, axis=0, prepend=0)


def _seated(done: Round, pool: int) -> Ints:
    members = done.problem.of_pool(pool)
    return np.sum([done.plan.in_need[index] for index in members], axis=0)


def target_table(solved: Solved, tables: Tables) -> pd.DataFrame:
    """Write contract table ``cohort_targets``: every cell of every programme with somebody in it.

    Seats above the need go to people without another seat of the year.
    """
    registry = pd.concat([tables["programmes"], tables["beside_programmes"]])
    stages = registry.drop_duplicates("programme").set_index("programme")["stage"].to_dict()
    short = tables["sido"].set_index("sido")["short_ko"]
    names = {str(code): str(name) for code, name in short.items()}
    taken = {
        kind: np.zeros(array.shape, np.int64) for kind, array in solved.people.eligible.items()
    }
    for done in solved.rounds:
        for index, rule in enumerate(done.rules.values()):
            kind = "leaving" if rule.people == "separated" else rule.people
            taken[kind] += done.plan.in_need[index]
    frames = []
    for done in solved.rounds:
        for index, (name, rule) in enumerate(done.rules.items()):
            stage = str(stages.get(name, stages["P000-A-GOAL"]))
            for year in range(len(solved.people.years)):
                if not done.problem.programmes[index].seats[year]:
                    continue
                rows = _rows(solved, done, index, rule, year, taken)
                frames.append(_frame(rows, solved, names, name, rule, stage, year))
    parts = pd.concat(frames, ignore_index=True)
    keys = ["year", "programme", "stage", "site_kind", "site", "sido", "ksco7", "age_group", "need"]
    targets = parts.groupby(keys, sort=True)[["persons", "in_need", "fractional"]].sum()
    targets = targets.reset_index()
    return targets.assign(mark=mark_small(targets, dims=_CELL, total_dims=_TOTALS).to_numpy())


# A row is a cell; seats of a site and people of an occupation, age and province are published.
_CELL = ("year", "programme", "site", "sido", "ksco7", "age_group")
_TOTALS = (("year", "programme", "site"), ("year", "programme", "sido", "ksco7", "age_group"))


def _rows(
    solved: Solved,
    done: Round,
    index: int,
    rule: ProgrammeOptions,
    year: int,
    taken: Mapping[str, np.ndarray],
) -> SeatRows:
    """Seats of one programme and year by site and cell; books the people in `taken`."""
    in_need = done.plan.in_need[index][year]
    beyond = np.zeros_like(in_need)
    total = done.plan.beyond[index, year]
    if total.any():
        people = solved.people.eligible[rule.beyond][year] * open_cells(rule, solved.people)
        used = taken[rule.beyond][year] * open_cells(rule, solved.people)
        beyond = spread_beyond(total, people, np.minimum(used, np.floor(people).astype(np.int64)))
        taken[rule.beyond][year] += beyond
    at_site, sites = done.plan.at_site[index], done.problem.programmes[index].sites
    if at_site is not None and sites is not None:
        return split_over_sites(
            in_need,
            beyond,
            at_site[year],
            site_province=sites.province,
            served_by=done.problem.served_by,
        )
    both = np.stack([in_need, beyond])
    basis, province, occupation, age = np.nonzero(both)
    persons = both[basis, province, occupation, age]
    return SeatRows(province, province, occupation, age, basis, persons, persons.astype(float))


def _frame(
    rows: SeatRows,
    solved: Solved,
    names: Mapping[str, str],
    programme: str,
    rule: ProgrammeOptions,
    stage: str,
    year: int,
) -> pd.DataFrame:
    people = solved.people
    sido = np.array(people.provinces, dtype=object)[rows.province]
    if rule.site_kind == "campus":
        site = solved.sites["campus"].to_numpy(dtype=object)[rows.site]
    elif rule.site_kind == "province":
        site = np.array([names[code] for code in sido], dtype=object)
    else:
        site = np.full(len(sido), ONLINE, dtype=object)
    return pd.DataFrame(
        {
            "year": np.full(len(sido), people.years[year], dtype=np.int64),
            "programme": programme,
            "stage": stage,
            "site_kind": rule.site_kind,
            "site": site,
            "sido": sido,
            "ksco7": np.array(people.occupations, dtype=object)[rows.occupation],
            "age_group": np.array(AGE_GROUPS, dtype=object)[rows.age],
            "need": rule.need,
            "persons": rows.persons.astype(np.int64),
            "in_need": np.where(rows.basis == IN_NEED, rows.persons, 0).astype(np.int64),
            "fractional": rows.fractional,
        }
    )


def balance_table(solved: Solved) -> pd.DataFrame:
    """Write contract table ``cohort_balance``: who waited, who came, who got a seat, who waits on.

    People who enter do not wait: what is left of them has no seat, and no next year.
    """
    frames = []
    for name, new in solved.whole.items():
        seated = np.zeros(len(new), dtype=np.int64)
        beyond = np.zeros(len(new), dtype=np.int64)
        for done in solved.rounds:
            for index, programme in enumerate(done.problem.programmes):
                if done.problem.pools[programme.pool].name == name:
                    seated += done.plan.in_need[index].sum(axis=(1, 2, 3))
                    beyond += done.plan.beyond[index].sum(axis=1)
        came = new.sum(axis=(1, 2, 3))
        people, need = name.split("/")
        waits = people != "entering"
        after = (came - seated).cumsum() if waits else came - seated
        frames.append(
            pd.DataFrame(
                {
                    "year": np.array(solved.people.years, dtype=np.int64),
                    "people": people,
                    "need": need,
                    "waiting_before": np.append(0, after[:-1]) if waits else 0 * after,
                    "newly_in_need": came,
                    "seats_in_need": seated,
                    "seats_beyond_need": beyond,
                    "waiting_after": after,
                    "fractional_need": solved.people.new[name].sum(axis=(1, 2, 3)),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def scaled(people: People, factor: float) -> People:
    """Return the same people with demand changed by a factor; those eligible stay as they are."""
    return replace(people, new={name: factor * new for name, new in people.new.items()})
