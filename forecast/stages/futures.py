"""Futures that a plan is judged under: people in need in single draws, rebuilt by cell.

The projection keeps draws by occupation x age and by province x age, and cells only as means. The
cells of a draw are rebuilt from both: the mean cells scaled until they meet both margins
(iterative proportional fitting). What province and occupation share beyond the margins is that of
the mean (assumption). Flows of employment are kept as means only, so people who enter differ
between draws by their need alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from forecast.errors import InputError
from forecast.options import CohortOptions
from forecast.stages.cohort_people import POOLS, WAITING, check_horizon
from forecast.stages.seat_problem import Floats, Ints
from forecast.types import NEEDS, SCENARIOS, ReskillingDemand

_CELL = ("year", "sido", "occupation", "age_group")
_MOST_ROUNDS = 2_000


@dataclass(frozen=True)
class Futures:
    """People in need in single draws and in the mean of every scenario.

    Parameters
    ----------
    scenario : tuple of str
        Of every future.
    draw : ndarray of int (future,)
        Position of its draw.
    new : dict of str to ndarray (future, year, province, occupation, age)
        By ``people/need``: persons newly in need by planning year, as in
        :class:`~forecast.stages.cohort_people.People`.
    mean : dict of str to dict of str to ndarray (year, province, occupation, age)
        By scenario and ``people/need``: the mean over all its draws.
    """

    scenario: tuple[str, ...]
    draw: Ints
    new: dict[str, Floats]
    mean: dict[str, dict[str, Floats]]

    def of(self, scenario: str) -> Ints:
        """Positions of the futures of a scenario."""
        return np.flatnonzero(np.array(self.scenario) == scenario)


def futures(
    demand: ReskillingDemand, options: CohortOptions, *, n: int, rng: np.random.Generator
) -> Futures:
    """Sample draws evenly over the scenarios and rebuild their cells.

    Parameters
    ----------
    demand : ReskillingDemand
    options : CohortOptions
        `years` and `since_year`.
    n : int
        Futures; at most one for every draw of every scenario. All scenarios count alike, whatever
        anybody thinks of their chances (assumption); ``no_ai`` is left out: it has no need.
    rng : Generator

    Returns
    -------
    Futures
    """
    names = [str(name) for name in demand.cells["scenario"].values if name != SCENARIOS[0]]
    for name in names:
        check_horizon(options, demand, name)
    n_draw = demand.persons.sizes["draw"]
    sizes = [len(part) for part in np.array_split(np.arange(n), len(names))]
    drawn = [np.sort(rng.choice(n_draw, min(size, n_draw), replace=False)) for size in sizes]
    scenario = tuple(name for name, part in zip(names, drawn, strict=True) for _ in part)
    draw = np.concatenate(drawn).astype(np.int64)
    mean = demand.cells.sel(statistic="persons", scenario=names, drop=True)
    mean_cells = mean.transpose("scenario", *_CELL, "need").to_numpy()
    ledger = demand.ledger.sel(scenario=names).transpose("flow", "scenario", *_CELL)
    own = np.array([names.index(name) for name in scenario], dtype=np.int64)
    cells = match_margins(
        mean_cells[own],
        _draws(demand.by_province, scenario, draw, "sido"),
        _draws(demand.persons, scenario, draw, "occupation"),
    )
    years = [int(year) for year in demand.cells["year"].values]
    by_scenario = _pools(cells=mean_cells, ledger=ledger, years=years, options=options)
    return Futures(
        scenario=scenario,
        draw=draw,
        new=_pools(cells=cells, ledger=ledger.isel(scenario=own), years=years, options=options),
        mean={
            name: {pool: people[i] for pool, people in by_scenario.items()}
            for i, name in enumerate(names)
        },
    )


def match_margins(
    cells: Floats, by_province: Floats, by_occupation: Floats, *, tolerance: float = 1e-7
) -> Floats:
    """Scale cells in turn until they meet both margins; ratios between cells stay otherwise.

    Parameters
    ----------
    cells : ndarray (..., province, occupation, age, need)
        At least 0; what is 0 stays 0.
    by_province : ndarray (..., province, age, need)
    by_occupation : ndarray (..., occupation, age, need)
        Persons; both add up to the same by age and need.
    tolerance : float
        Largest departure of a margin, persons.

    Raises
    ------
    InputError
        If no scaling meets both.

    Examples
    --------
    >>> cells = np.ones((2, 2, 1, 1))
    >>> province, occupation = np.array([[[3.0]], [[1.0]]]), np.array([[[2.0]], [[2.0]]])
    >>> match_margins(cells, province, occupation)[..., 0, 0].tolist()
    [[1.5, 1.5], [0.5, 0.5]]
    """
    fitted = np.asarray(cells, dtype=float).copy()
    gap = np.inf
    for _ in range(_MOST_ROUNDS):
        fitted *= np.expand_dims(_ratio(by_province, fitted.sum(axis=-3)), -3)
        fitted *= np.expand_dims(_ratio(by_occupation, fitted.sum(axis=-4)), -4)
        departures = (
            np.abs(fitted.sum(axis=-3) - by_province),
            np.abs(fitted.sum(axis=-4) - by_occupation),
        )
        gap = max(float(part.max(initial=0.0)) for part in departures)
        if gap <= tolerance:
            return fitted
    raise InputError(
        f"people in need: cells miss the margins of a draw by {gap:.1e} persons; the draws by "
        "province and by occupation contradict each other or the mean cells."
    )


def _ratio(wanted: Floats, there: Floats) -> Floats:
    return np.divide(wanted, there, out=np.zeros_like(there), where=there > 0)


def _draws(array: xr.DataArray, scenario: tuple[str, ...], draw: Ints, place: str) -> Floats:
    """Pick one draw of one scenario for every future: (future, year, place, age, need)."""
    names = [str(name) for name in array["scenario"].values]
    own = xr.DataArray([names.index(name) for name in scenario], dims="future")
    # Both at once: scenario by scenario would copy all draws for every future.
    picked = array.isel(scenario=own, draw=xr.DataArray(draw, dims="future"))
    return picked.transpose("future", "year", place, "age_group", "need").to_numpy()


def _pools(
    *, cells: Floats, ledger: xr.DataArray, years: list[int], options: CohortOptions
) -> dict[str, Floats]:
    """Cells of all years (future, year, ..., need) as people newly in need by planning year."""
    planned = [years.index(year) for year in options.years]
    since, first = years.index(options.since_year), planned[0]
    new = {}
    for people, need in POOLS:
        by_year = cells[..., NEEDS.index(need)]
        if people in WAITING:
            people_new = by_year[:, planned]
            people_new[:, 0] += by_year[:, since:first].sum(axis=1)
        else:
            so_far = by_year[:, since:].cumsum(axis=1)[:, [year - since for year in planned]]
            opening = ledger.sel(flow="opening").to_numpy()[:, planned]
            entry = ledger.sel(flow="entry").to_numpy()[:, planned]
            people_new = entry * np.clip(_ratio(so_far, opening), 0.0, 1.0)
        new[f"{people}/{need}"] = people_new
    return new
