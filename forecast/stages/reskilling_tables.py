"""The tables that explain a projection: who, where, what becomes of them, what drives it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from forecast.models.labour_flow import FlowRates, mobility_network
from forecast.options import ScenarioOptions
from forecast.stages.age_pattern import FROM_YEAR, TO_YEAR, age_pattern
from forecast.stages.capacity import CELL, capacity_table
from forecast.stages.flow_comparison import LedgerOutcomes, compare_flow_models
from forecast.stages.gains import course_gains, priority_table
from forecast.stages.groups import midlife_share, transition_groups
from forecast.stages.opportunity import opportunity_table
from forecast.stages.parameters import COMPARATORS
from forecast.stages.reskilling import Projection
from forecast.stages.step_table import step_table
from forecast.stages.take_up import take_up
from forecast.stages.transitions import transition_tables
from forecast.stages.world import CENTRAL, NO_AI
from forecast.types import AGE_GROUPS, ReskillingDemand


def explaining_tables(
    options: ScenarioOptions,
    demand: ReskillingDemand,
    projection: Projection,
    tables: Mapping[str, pd.DataFrame],
    *,
    rng: np.random.Generator,
) -> dict[str, pd.DataFrame]:
    """Write the tables beside demand and ledger, see :mod:`forecast.codebook_reskilling`.

    Parameters
    ----------
    options : ScenarioOptions
        `comparators` names the other models that the ledger is compared with.
    demand, projection
        Of :func:`forecast.stages.reskilling.project_reskilling`.
    tables : mapping of str to DataFrame
        The reference tables.
    rng : Generator
        Draws placement rates of courses.
    """
    draws, world = projection.draws, projection.world
    turnover = draws.turnover
    persons = draws.employment.persons
    made = {
        "mechanism_steps": step_table(world, projection.paths),
        "transition_groups": transition_groups(
            demand.by_province,
            midlife=midlife_share(tables, persons),
            moving=turnover.mobility + turnover.exit,
        ),
        "take_up": take_up(demand.by_province.sum("sido"), tables),
        "adaptive_capacity": capacity_table(draws.capacity),
        **transition_tables(draws.transitions, tables, parameters=draws.parameters),
    }
    if CENTRAL in projection.paths:
        made |= _central(projection, tables, rng=rng)
    if COMPARATORS[0] in options.comparators:
        made |= _compared(projection)
    return made


def _central(
    projection: Projection, tables: Mapping[str, pd.DataFrame], *, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Risk, opportunity and priority under the central scenario."""
    draws, world, path = projection.draws, projection.world, projection.paths[CENTRAL]
    labels = {
        "occupation": world.occupations,
        "age_group": list(AGE_GROUPS),
        "sido": world.provinces.codes,
    }
    opening = xr.DataArray(path.parts[0, 0], labels, attrs={"unit": "persons"})
    # Of a fast-growing occupation more may be separated in the end than there were at the start.
    at_most_all = np.minimum(path.separated_share, 1.0)
    share = xr.DataArray(at_most_all, {"draw": np.arange(world.n_draw), **labels})
    people = opening.sum("age_group")
    by_place = (share.mean("draw") * opening).sum("age_group") / people.where(people > 0, np.inf)
    made = {
        "opportunity": opportunity_table(draws.transitions, opening, by_place),
        "reskilling_priority": priority_table(
            share.transpose("draw", *CELL),
            draws.capacity.value,
            course_gains(tables, without_a_course(projection), rng=rng),
            opening,
            year=world.years[-1],
            scenario=CENTRAL,
        ),
    }
    if world.years[0] - 1 == FROM_YEAR and TO_YEAR in world.years:
        cells = {"occupation": world.occupations, "age_group": list(AGE_GROUPS)}
        number = {"draw": np.arange(world.n_draw)}
        stock = xr.DataArray(
            np.moveaxis(world.stock, 0, 1), {**number, "year": [FROM_YEAR, *world.years], **cells}
        )
        factor = xr.DataArray(path.factor, {**number, "year": world.years, **cells})
        made["age_pattern"] = age_pattern(tables, factor, stock)
    return made


def without_a_course(projection: Projection) -> np.ndarray:
    """Share of those in need of ``job_change`` who find work anyway: (draw, age_group).

    They are the separated who have not come back to the old occupation, so that the published
    rate of all leavers, many of whom do, would set a course against the wrong people.
    """
    turnover = projection.draws.turnover
    change = turnover.changes_occupation[:, None]
    again = turnover.reemployed
    still_away = 1.0 - again * (1.0 - change)
    return _relative(again * change, still_away)


def _compared(projection: Projection) -> dict[str, pd.DataFrame]:
    world, paths, transitions = projection.world, projection.paths, projection.draws.transitions
    stock = np.moveaxis(world.stock, 0, 1)  # (draw, year, occupation, age_group)
    national = stock.sum(axis=3)
    demanded = [(path.factor * stock[:, 1:]).sum(axis=3) for path in paths.values()]
    rates = FlowRates()
    outcomes = LedgerOutcomes(
        scenarios=tuple(paths),
        years=tuple(world.years),
        occupations=tuple(world.occupations),
        baseline=national,
        factor=np.stack(
            [
                np.ones_like(total) if name == NO_AI else _relative(total, national[:, 1:])
                for name, total in zip(paths, demanded, strict=True)
            ]
        ),
        separated=np.stack([path.separated for path in paths.values()]),
        not_employed=np.stack([path.not_employed for path in paths.values()]),
        long_term=np.stack([path.long_term for path in paths.values()]),
    )
    network = mobility_network(
        transitions.feasibility, transitions.country_openings, self_loop=rates.self_loop
    )
    return compare_flow_models(outcomes, network, rates=rates)


def _relative(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide; where nobody is left nothing has changed."""
    return np.divide(part, whole, out=np.ones_like(part), where=whole > 0)
