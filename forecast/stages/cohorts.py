"""Cohort targets: whole numbers per programme, campus, origin occupation and age that add up.

Two steps per programme. Seats per campus are an integer programme (greatest gain under demand,
minimum class and share cap). The split of a campus's seats over occupations and ages is a
controlled rounding of proportional targets, exact at every campus and at most one person away
from the fractional target in each cell and in each margin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from forecast.errors import ConfigError, InfeasiblePlan
from forecast.options import CohortOptions
from forecast.stages.allocation import SeatProblem, allocate_seats, round_under_margins
from forecast.stages.cohort_totals import (
    by_programme,
    cohort_totals,
    contradictions,
    published_seats,
)
from forecast.stages.conflicts import explain_conflict, largest_class
from forecast.types import NEEDS, CohortPlan, ReskillingDemand

TARGET_COLUMNS = [
    "year",
    "programme",
    "stage",
    "site_kind",
    "site",
    "sido",
    "ksco7",
    "age_group",
    "need",
    "persons",
]


def plan_cohorts(
    options: CohortOptions, demand: ReskillingDemand, tables: Mapping[str, pd.DataFrame]
) -> CohortPlan:
    """Plan whole-number targets for every programme that has a need assigned to it.

    Parameters
    ----------
    options : CohortOptions
        Year, scenario, class sizes, and what the published documents leave open.
    demand : ReskillingDemand
        Mean demand of `options.scenario` in `options.year` bounds and shapes the plan.
    tables : mapping of str to DataFrame
        ``programmes`` (published seats), ``campuses`` and ``stage_totals``.

    Returns
    -------
    CohortPlan

    Raises
    ------
    InfeasiblePlan
        Naming the programme, its seats, the demand there is and the smallest relaxation.
    ConfigError
        If an option names an unknown programme, need, scenario, year or province.
    """
    campuses = _campuses(tables["campuses"])
    seats = _seats_wanted(options, tables["programmes"])
    cells = _regional_demand(options, demand, campuses)
    frames, gains, gaps, notes = [], [], [], []
    for programme, wanted in seats.items():
        need = options.needs[programme]
        site_plan = _seat_problem(programme, wanted, cells.sel(need=need), campuses, options)
        plan = allocate_seats(
            site_plan.problem,
            time_limit_seconds=options.time_limit_seconds,
            relative_gap=options.relative_gap,
        )
        if plan is None:
            raise InfeasiblePlan(explain_conflict(programme, site_plan.problem, options))
        persons, note = _split(programme, plan.seats, site_plan, options)
        frames.append(_rows(programme, need, persons, cells, campuses, options, tables))
        in_need = float(cells.sel(need=need).sum())
        notes.append(
            f"{programme}: {wanted:,} seats for {in_need:,.0f} people in need of {need} since "
            f"{options.since_year} "
            f"({wanted / in_need:.1%}): a choice among them, not full coverage"
            if in_need > 0
            else f"{programme}: nobody in need of {need}, no seats"
        )
        gains.append(plan.gain)
        gaps.append(plan.gap)
        notes += note
    targets = pd.concat(frames, ignore_index=True)[TARGET_COLUMNS]
    allocated = targets.groupby("programme")["persons"].sum()
    return CohortPlan(
        targets=targets,
        totals=cohort_totals(tables, allocated, year=options.year),
        objective=float(sum(gains)),
        gap=float(max(gaps, default=0.0)),
        notes=contradictions(tables, year=options.year) + notes,
    )


@dataclass(frozen=True)
class _SitePlan:
    """The seat problem of one programme, with the wishes (region, cell) behind it."""

    problem: SeatProblem
    people: NDArray[np.float64]  # (region, occupation x age): those who may be given a seat
    weight: NDArray[np.float64]  # (occupation x age): priority


def _campuses(table: pd.DataFrame) -> pd.DataFrame:
    is_campus = table["is_campus"].astype(str).str.lower() == "true"
    return table[is_campus].sort_values("campus", kind="stable").reset_index(drop=True)


def _seats_wanted(options: CohortOptions, programmes: pd.DataFrame) -> dict[str, int]:
    published = published_seats(programmes, list(options.needs))
    chosen = {name: seats for name, seats in options.seats.items() if seats is not None}
    for key, names in (("seats", list(chosen)), ("every_campus", options.every_campus)):
        unknown = sorted(set(names) - set(published))
        if unknown:
            raise ConfigError(
                f"cohorts.{key}: {unknown} get no seats here; expected among {sorted(published)} "
                "(cohorts.needs)."
            )
    wrong = sorted(set(options.needs.values()) - set(NEEDS))
    if wrong:
        raise ConfigError(f"cohorts.needs: unknown need(s) {wrong}; expected one of {list(NEEDS)}.")
    negative = sorted(name for name, seats in chosen.items() if seats < 0)
    if negative:
        raise ConfigError(f"cohorts.seats: {negative} below 0; expected a whole number of seats.")
    if options.minimum_class < 0 or not 0 < options.maximum_share_per_campus <= 1:
        raise ConfigError(
            "cohorts: expected minimum_class >= 0 and 0 < maximum_share_per_campus <= 1, got "
            f"{options.minimum_class} and {options.maximum_share_per_campus:g}."
        )
    return {name: int(chosen.get(name, number)) for name, number in published.items()}


def _regional_demand(
    options: CohortOptions, demand: ReskillingDemand, campuses: pd.DataFrame
) -> xr.DataArray:
    """Mean persons in need by region (provinces that share campuses), occupation and age.

    Nobody is trained before the plan's year, so everyone newly in need since `since_year` waits.
    """
    persons = demand.cells.sel(statistic="persons", drop=True)
    for name, value in (("scenario", options.scenario), ("year", options.year)):
        if value not in persons[name].values:
            raise ConfigError(
                f"cohorts.{name}={value} is not projected; expected one of "
                f"{persons[name].values.tolist()}."
            )
    if options.since_year > options.year:
        raise ConfigError(
            f"cohorts.since_year={options.since_year} is after cohorts.year={options.year}."
        )
    waiting = (persons["year"] >= options.since_year) & (persons["year"] <= options.year)
    mean = persons.sel(scenario=options.scenario, year=waiting).sum("year")
    provinces = list(mean["sido"].values)
    with_campus = set(campuses["sido"])
    regions = [options.served_by.get(sido, sido) for sido in provinces]
    unserved = [p for p, r in zip(provinces, regions, strict=True) if r not in with_campus]
    if unserved:
        raise ConfigError(
            f"cohorts.served_by: 시도 {unserved} have no campus; name the 시도 that serves each, "
            f"one of {sorted(with_campus)}."
        )
    cells = mean.assign_coords(sido=regions).groupby("sido").sum().rename(sido="region")
    return cells.transpose("region", "occupation", "age_group", "need")


def _seat_problem(
    programme: str,
    seats: int,
    cells: xr.DataArray,
    campuses: pd.DataFrame,
    options: CohortOptions,
) -> _SitePlan:
    ages = list(cells["age_group"].values)
    missing = sorted(set(ages) - set(options.age_priority))
    if missing or min(options.age_priority.values()) < 0:
        raise ConfigError(f"cohorts.age_priority: expected a number >= 0 for each of {ages}.")
    by_age = np.array([float(options.age_priority[age]) for age in ages])
    weight = np.tile(by_age, cells.sizes["occupation"])
    people = cells.to_numpy().reshape(cells.sizes["region"], -1) * (weight > 0)
    names = list(cells["region"].values)
    region = np.array([names.index(sido) for sido in campuses["sido"]], dtype=np.int64)
    sites_there = np.bincount(region, minlength=len(names))
    return _SitePlan(
        problem=SeatProblem(
            seats=seats,
            region=region,
            demand=np.floor(people.sum(axis=1)).astype(np.int64),
            priority=(people @ weight / np.maximum(sites_there, 1))[region],
            minimum=options.minimum_class,
            maximum=largest_class(seats, options),
            every_site=programme in options.every_campus,
        ),
        people=people,
        weight=weight,
    )


def _split(
    programme: str, seats: NDArray[np.int64], site_plan: _SitePlan, options: CohortOptions
) -> tuple[NDArray[np.int64], list[str]]:
    """Whole persons by site and cell: (site, occupation x age)."""
    region, people = site_plan.problem.region, site_plan.people
    in_region = np.bincount(region, weights=seats, minlength=len(people))
    wish = np.stack(
        [
            spread_by_priority(row, site_plan.weight, total)
            for row, total in zip(people, in_region, strict=True)
        ]
    )
    portion = np.divide(
        seats, in_region[region], out=np.zeros(len(seats)), where=in_region[region] > 0
    )
    target = portion[:, None] * wish[region]
    n_site, n_cell = target.shape
    n_age = len(options.age_priority)
    site = np.repeat(np.arange(n_site), n_cell)
    cell = np.tile(np.arange(n_cell), n_site)
    margins = [site, cell // n_age, cell % n_age]
    limit = options.time_limit_seconds
    whole = round_under_margins(target.ravel(), [*margins, cell], time_limit_seconds=limit)
    notes = []
    if whole is None:  # three margins can conflict; the published ones come first
        whole = round_under_margins(target.ravel(), margins, time_limit_seconds=limit)
        notes.append(f"{programme}: occupation x age is rounded by more than one person nationally")
    if whole is None:
        raise InfeasiblePlan(
            f"{programme}: no whole numbers fit campus, occupation and age totals at once for "
            f"{int(seats.sum())} seats. Change cohorts.seats by one or cohorts.minimum_class."
        )
    return whole.reshape(n_site, n_cell), notes


def spread_by_priority(
    people: NDArray[np.float64], weight: NDArray[np.float64], seats: float
) -> NDArray[np.float64]:
    """Share seats in proportion to people x weight, never more than people in a cell.

    Examples
    --------
    >>> spread_by_priority(np.array([10.0, 10.0, 5.0]), np.array([9.0, 1.0, 0.0]), 12.0).tolist()
    [10.0, 2.0, 0.0]
    """
    given = np.zeros_like(people)
    left = float(seats)
    open_cells = (people * weight) > 0
    while left > 0 and open_cells.any():
        wish = people * weight * open_cells
        given_now = given + wish * (left / wish.sum())
        full = open_cells & (given_now >= people)
        if not full.any():
            return given_now
        given[full] = people[full]
        open_cells &= ~full
        left = float(seats) - given.sum()
    return given


def _rows(
    programme: str,
    need: str,
    persons: NDArray[np.int64],
    cells: xr.DataArray,
    campuses: pd.DataFrame,
    options: CohortOptions,
    tables: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    registry = by_programme(tables["programmes"])
    site, cell = np.nonzero(persons)
    occupations, ages = cells["occupation"].values, cells["age_group"].values
    return pd.DataFrame(
        {
            "year": np.full(len(site), options.year, dtype=np.int64),
            "programme": programme,
            "stage": str(registry.at[programme, "stage"]),
            "site_kind": "campus",
            "site": campuses["campus"].to_numpy()[site],
            "sido": campuses["sido"].to_numpy()[site],
            "ksco7": occupations[cell // len(ages)],
            "age_group": ages[cell % len(ages)],
            "need": need,
            "persons": persons[site, cell].astype(np.int64),
        }
    )
