"""Reskilling: who needs which training, from a stock-flow ledger per scenario.

Exposure (tasks) meets adoption (firms) only through :mod:`forecast.stages.mechanism`; people move
only through :mod:`forecast.stages.ledger`. A person-year has at most one need: people displaced
who do not return to their occupation need ``job_change``; of the other workers whom AI newly
reaches, some in work that it complements need ``ax`` and the rest ``ai_basic``. Some of either
adapt without a programme: need is not exposure times headcount.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.checked import labelled
from forecast.options import ScenarioOptions
from forecast.stages import mechanism
from forecast.stages.capacity import adaptable_share
from forecast.stages.ledger import DISPLACED_ROWS, ROWS
from forecast.stages.needs import PARTS
from forecast.stages.parameters import parameter_table
from forecast.stages.projection import Path, walk
from forecast.stages.reskilling_draws import Draws, draw_everything, opening_stock
from forecast.stages.world import World, build_world, moving_scores
from forecast.types import (
    AGE_GROUPS,
    NEEDS,
    AdoptionForecast,
    EmploymentForecast,
    ExposureResult,
    ReskillingDemand,
)

USER_HOURS = "derived: hours saved by users, to read beside the 3.8 % that BOK (2025) measured"
ADAPTABLE = (
    "derived: share of the most exposed quarter of workers with above-median adaptive capacity, to "
    "read beside the 71 % of Manning and Aguirre (2026) for the United States"
)
STATISTICS = ("persons", "lower80", "upper80")


@dataclass(frozen=True)
class Projection:
    """The world that was walked, its draws and its paths: what the tables are made of."""

    draws: Draws
    world: World
    paths: dict[str, Path]


def project_reskilling(
    options: ScenarioOptions,
    exposure: ExposureResult,
    adoption: AdoptionForecast,
    employment: EmploymentForecast,
    tables: Mapping[str, pd.DataFrame],
    *,
    rng: np.random.Generator,
    advance: Callable[[str], None] = lambda text: None,
) -> tuple[ReskillingDemand, Projection]:
    """Project the people newly in need of training, with the accounts behind them.

    Parameters
    ----------
    options : ScenarioOptions
        Years and parameters of the mechanism.
    exposure, adoption, employment
        Results of the stages before, with the same draws. With `exposure.growth` exposure moves by
        year as parameter ``exposure_growth`` says; without it, it stays that of the base year.
    tables : mapping of str to DataFrame
        Reference tables ``employment_industry``, ``employment_province``, ``evidence``, those of
        :func:`forecast.stages.transitions.draw_transitions` and
        :func:`forecast.stages.capacity.adaptive_capacity`.
    rng : Generator
        Draws the parameters once; every scenario uses the same draws.
    advance : callable
        Told what is being done.

    Returns
    -------
    ReskillingDemand
        Scenario ``no_ai`` is the employment baseline itself: no AI flow and no need.
    Projection
        What it was made of.
    """
    draws = draw_everything(options, exposure, adoption, employment, tables, rng=rng)
    world = build_world(options, draws, tables)
    paths = {}
    for scenario in world.scenarios:
        advance(f"reskilling: balancing the ledger, {scenario}")
        paths[scenario] = walk(world, scenario)
    return _demand(options, draws, world, paths), Projection(draws, world, paths)


def _demand(
    options: ScenarioOptions, draws: Draws, world: World, paths: Mapping[str, Path]
) -> ReskillingDemand:
    names = list(paths)
    coords = {
        "scenario": names,
        "draw": np.arange(world.n_draw),
        "year": world.years,
        "occupation": world.occupations,
        "age_group": list(AGE_GROUPS),
        "sido": world.provinces.codes,
        "need": list(NEEDS),
        "statistic": list(STATISTICS),
        "part": list(PARTS),
    }
    cell = ("year", "occupation", "age_group", "sido")

    def stacked(
        name: str, *dims: str, unit: str = "persons", low: float = 0.0, **labels: list[str]
    ) -> xr.DataArray:
        values = np.stack([getattr(paths[scenario], name) for scenario in names])
        known = {**coords, **labels}
        return labelled(
            values, {dim: known[dim] for dim in ("scenario", *dims)}, unit=unit, low=low
        )

    place = ("draw", "year", "occupation", "age_group")
    return ReskillingDemand(
        persons=stacked("national", *place, "need"),
        by_province=stacked("provincial", "draw", "year", "sido", "age_group", "need"),
        cells=stacked("cells", "statistic", *cell, "need"),
        parts=stacked("parts", "part", *cell),
        ledger=stacked("ledger", "flow", *cell, low=-np.inf, flow=list(ROWS)),
        displaced=stacked("displaced", "flow", *cell, low=-np.inf, flow=list(DISPLACED_ROWS)),
        employment_factor=stacked("factor", *place, unit="share"),
        parameters=parameter_table(options.parameters, draws.parameters, _derived(draws, world)),
        exposure=moving_scores(draws, world.years).every_year,
    )


def _derived(draws: Draws, world: World) -> xr.Dataset:
    """What the parameters imply together, to be read beside a published figure."""
    weight = xr.DataArray(world.stock[0].mean(axis=0).sum(axis=1), dims="occupation")
    weight = weight.assign_coords(occupation=world.occupations)

    def value(name: str) -> xr.DataArray:
        return draws.parameters.sel(parameter=name, drop=True)

    tasks = mechanism.cost_effective_tasks(draws.scores.substitution, value("cost_effective_share"))
    hours = (tasks * value("hours_saved_share")).weighted(weight).mean("occupation")
    hours.attrs = {"neutral": 0.0, "source": USER_HOURS}
    exposure = draws.scores.exposure.transpose("draw", "occupation").to_numpy()
    stock = opening_stock(draws.employment, draws.provinces)
    adaptable = hours.copy(data=adaptable_share(draws.capacity, exposure, stock))
    # Half of all workers lie above the median: a capacity unrelated to exposure gives this.
    adaptable.attrs = {"neutral": 0.5, "source": ADAPTABLE}
    return xr.Dataset({"implied_user_hours_saved": hours, "adaptable_share": adaptable})
