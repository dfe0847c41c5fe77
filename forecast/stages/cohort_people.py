"""Who waits for a seat, who may take one, and whom it helps most: arrays behind the seat problem.

Three groups of people have a need. ``employed`` keep their job and AI touches it; ``separated``
have lost theirs to AI; ``entering`` start in an occupation in the year and meet AI there as often
as those who work in it (assumption: the projection finds needs of the employed only).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import ConfigError, InputError
from forecast.options import CohortOptions
from forecast.stages.seat_problem import Floats
from forecast.types import AGE_GROUPS, ReskillingDemand

POOLS = (
    ("employed", "ai_basic"),
    ("employed", "ax"),
    ("separated", "job_change"),
    ("entering", "ai_basic"),
    ("entering", "ax"),
)
WAITING = ("employed", "separated")
_CELL = ("sido", "occupation", "age_group")
_TIMED = ("year", *_CELL)
_LEAVING = ("exit", "job_change_out")  # 이·전직자 of an ordinary year


@dataclass(frozen=True)
class People:
    """Persons by year, province, occupation and age, and what a seat is worth to them.

    Parameters
    ----------
    years : tuple of int
        Planning years.
    provinces, occupations : tuple of str
        Labels of the axes; ages are ``AGE_GROUPS``.
    new : dict of str to ndarray (year, province, occupation, age)
        By ``people/need``: newly in need; the first year has everybody since ``since_year``.
    eligible : dict of str to ndarray (year, province, occupation, age)
        ``employed``, ``entering`` and ``leaving`` people, in need or not.
    priority : dict of str to ndarray (province, occupation, age)
        By ``people/need``; 1 is the mean over those in need.
    women : ndarray (occupation,)
        Share of women.
    """

    years: tuple[int, ...]
    provinces: tuple[str, ...]
    occupations: tuple[str, ...]
    new: dict[str, Floats]
    eligible: dict[str, Floats]
    priority: dict[str, Floats]
    women: Floats


def people_of(
    options: CohortOptions,
    demand: ReskillingDemand,
    tables: Mapping[str, pd.DataFrame],
    *,
    scenario: str | None = None,
) -> People:
    """Collect the people of a scenario.

    Parameters
    ----------
    options : CohortOptions
        `years`, `since_year`, and `scenario` unless given.
    demand : ReskillingDemand
        Means over draws of needs and ledger; table ``reskilling_priority`` in its details.
    tables : mapping of str to DataFrame
        ``employment_sex``.

    Raises
    ------
    ConfigError
        If the scenario or a year is not projected.
    """
    scenario = scenario or options.scenario
    check_horizon(options, demand, scenario)
    needs = demand.cells.sel(statistic="persons", scenario=scenario, drop=True)
    needs = needs.transpose("need", *_TIMED)
    ledger = demand.ledger.sel(scenario=scenario, drop=True).transpose("flow", *_TIMED)
    provinces = tuple(str(code) for code in needs["sido"].values)
    occupations = tuple(str(code) for code in needs["occupation"].values)
    new = {}
    for people, need in POOLS:
        by_year = needs.sel(need=need)
        if people == "entering":
            by_year = _entering(by_year, ledger, options.since_year)
        new[f"{people}/{need}"] = _planned(by_year, options, waits=people in WAITING)
    rank = _rank(demand, provinces, occupations)
    return People(
        years=tuple(options.years),
        provinces=provinces,
        occupations=occupations,
        new=new,
        eligible={
            "employed": _in_years(ledger.sel(flow="opening"), options),
            "entering": _in_years(ledger.sel(flow="entry"), options),
            "leaving": -_in_years(ledger.sel(flow=list(_LEAVING)).sum("flow"), options),
        },
        priority={name: _priority(name, people, rank) for name, people in new.items()},
        women=women_shares(tables["employment_sex"], occupations),
    )


def check_horizon(options: CohortOptions, demand: ReskillingDemand, scenario: str) -> None:
    """Refuse a scenario or years that are not projected."""
    if scenario not in demand.cells["scenario"].values:
        raise ConfigError(
            f"cohorts.scenario={scenario} is not projected; expected one of "
            f"{demand.cells['scenario'].values.tolist()}."
        )
    known = [int(year) for year in demand.cells["year"].values]
    years = list(options.years)
    if not years or years != list(range(years[0], years[0] + len(years))):
        raise ConfigError(f"cohorts.years={years}: expected years in order without a gap.")
    for key, year in (
        ("years", years[0]),
        ("years", years[-1]),
        ("since_year", options.since_year),
    ):
        if year not in known:
            raise ConfigError(
                f"cohorts.{key}: {year} is not projected; expected years from {known[0]} to "
                f"{known[-1]} (scenario.first_year, scenario.last_year)."
            )
    if options.since_year > years[0]:
        raise ConfigError(f"cohorts.since_year={options.since_year} is after {years[0]}.")


def women_shares(table: pd.DataFrame, occupations: tuple[str, ...]) -> Floats:
    """Share of women in the latest year; within a major group taken as even (assumption)."""
    latest = table[table["year"] == table["year"].max()].set_index("ksco7")["women_share"]
    missing = sorted({code[0] for code in occupations} - set(latest.index))
    if missing:
        raise InputError(f"employment_sex.csv: no major group {missing}. Rebuild the reference.")
    return np.array([float(latest[code[0]]) for code in occupations])


def _entering(needs: xr.DataArray, ledger: xr.DataArray, since_year: int) -> xr.DataArray:
    """People who enter x share of the occupation's workers in need so far."""
    so_far = needs.where(needs["year"] >= since_year, 0.0).cumsum("year")
    opening = ledger.sel(flow="opening")
    share = (so_far / opening.where(opening > 0)).fillna(0.0).clip(0.0, 1.0)
    return ledger.sel(flow="entry") * share


def _planned(by_year: xr.DataArray, options: CohortOptions, *, waits: bool) -> Floats:
    """Newly in need by planning year; those who wait bring the backlog into the first year."""
    planned = _in_years(by_year, options)
    if waits:
        year = by_year["year"]
        backlog = by_year.where((year >= options.since_year) & (year < options.years[0]), 0.0)
        planned[0] += backlog.sum("year").transpose(*_CELL).to_numpy()
    return planned


def _in_years(array: xr.DataArray, options: CohortOptions) -> Floats:
    return array.sel(year=list(options.years)).transpose(*_TIMED).to_numpy().copy()


def _rank(
    demand: ReskillingDemand, provinces: tuple[str, ...], occupations: tuple[str, ...]
) -> xr.Dataset:
    """Risk, capacity and gain of every cell; cells without people have none."""
    table = demand.details.get("reskilling_priority")
    if table is None:
        raise InputError(
            "cohorts: the table reskilling_priority is missing; it is made with the central "
            "scenario. Add central to adoption.scenario_speed."
        )
    cells = table.rename(columns={"ksco7": "occupation"}).set_index(list(_CELL))
    columns = ["displaced_share", "adaptive_capacity", "expected_gain"]
    labels = {"sido": provinces, "occupation": occupations, "age_group": AGE_GROUPS}
    index = pd.MultiIndex.from_product(list(labels.values()), names=list(labels))
    full = cells[columns].reindex(index)
    shape = tuple(len(values) for values in labels.values())
    return xr.Dataset(
        {key: (_CELL, full[key].to_numpy(dtype=float).reshape(shape)) for key in columns},
        {key: list(values) for key, values in labels.items()},
    )


def _priority(name: str, new: Floats, rank: xr.Dataset) -> Floats:
    """Relative gain of a seat: (1 - adaptive capacity) x what is at stake, mean 1 in need.

    For the separated that is the expected gain in employment, an association; for those who keep
    their job or start one it is the risk of losing it, since no outcome of their courses is
    published.
    """
    stake = "expected_gain" if name.startswith("separated") else "displaced_share"
    value = ((1.0 - rank["adaptive_capacity"]) * rank[stake]).fillna(0.0).to_numpy()
    value = np.maximum(value, 0.0)
    people = new.sum(axis=0)
    total = float((value * people).sum())
    return value * (float(people.sum()) / total) if total > 0 else np.zeros_like(value)
