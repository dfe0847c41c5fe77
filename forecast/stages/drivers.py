"""Project the country with one source redrawn or one parameter held, everything else as drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from forecast.options import ScenarioOptions
from forecast.stages.capacity import AdaptiveCapacity
from forecast.stages.parameters import AGE_FACTORS, STEP_PARAMETERS
from forecast.stages.projection import walk
from forecast.stages.redrawn import EXPOSURE_SOURCES, draws_in_order, scores_in_order
from forecast.stages.reskilling import Projection
from forecast.stages.reskilling_draws import Draws, draw_moves, employed_scores, opening_stock
from forecast.stages.uncertainty import sensitivity_table, variance_table
from forecast.stages.world import (
    CENTRAL,
    World,
    age_factor,
    ax_share,
    build_world,
    moving_scores,
    national_adaptation,
    national_turnover,
)
from forecast.types import ExposureResult

# Parameters that act through moves, turnover and capacity rather than the mechanism.
MOVING = tuple(
    name
    for step in ("ordinary_turnover", "reemployment", "moves")
    for name in STEP_PARAMETERS[step]
)


def driver_tables(
    options: ScenarioOptions,
    exposure: ExposureResult,
    projection: Projection,
    tables: Mapping[str, pd.DataFrame],
) -> dict[str, pd.DataFrame]:
    """Write ``variance_shares`` and ``parameter_sensitivity`` of the central scenario.

    Both take the country as one province: much faster, and provinces only split its people.

    Parameters
    ----------
    options : ScenarioOptions
        `sensitivity_draws` of the draws answer for the parameters; 0 leaves the table out.
    exposure : ExposureResult
        With `redrawn` scores; without them the decomposition is left out.
    projection : Projection
    tables : mapping of str to DataFrame
    """
    draws, made = projection.draws, {}
    if CENTRAL not in projection.paths:
        return {}
    if exposure.redraw_order is not None:
        order = exposure.redraw_order

        def redrawn(source: str | None) -> np.ndarray:
            mixed = _redraw(draws, exposure, source, order)
            return _people(build_world(options, mixed, tables, nation=True))

        made["variance_shares"] = variance_table(redrawn, order)
    if options.sensitivity_draws > 0:
        some = _first(options, draws, tables, options.sensitivity_draws)
        nation = build_world(options, some, tables, nation=True)

        def held(parameters: xr.DataArray) -> np.ndarray:
            return _people(_given(options, some, nation, parameters, tables))

        made["parameter_sensitivity"] = sensitivity_table(held, some.parameters)
    return made


def _people(world: World) -> np.ndarray:
    """People newly in need over all years, central scenario: (draw, need)."""
    return np.asarray(walk(world, CENTRAL).national.sum(axis=(1, 2, 3)))


def _redraw(draws: Draws, exposure: ExposureResult, source: str | None, order: np.ndarray) -> Draws:
    """Take one source from draw ``order[d]`` and keep the rest of draw d.

    The growth of capability goes with adoption: both are technology over time.
    """
    if source is None:
        return draws
    if source in EXPOSURE_SOURCES:
        occupations = list(draws.scores.titles.index)
        return replace(draws, scores=employed_scores(exposure.redrawn[source], occupations))
    if source == "adoption":
        value = draws_in_order(draws.adoption.value, order)
        growth = draws.growth
        if growth is not None:
            growth = replace(growth, daioe=draws_in_order(growth.daioe, order))
        return replace(draws, adoption=replace(draws.adoption, value=value), growth=growth)
    if source == "employment":
        persons = draws_in_order(draws.employment.persons, order)
        share = draws.provinces.share[:, order]
        return replace(
            draws,
            employment=replace(draws.employment, persons=persons),
            provinces=replace(draws.provinces, share=share),
        )
    names = draws.parameters["parameter"].values
    taken = np.isin(names, MOVING) == (source == "transitions")
    values = draws.parameters.to_numpy()
    mixed = draws.parameters.copy(data=np.where(taken[:, None], values[:, order], values))
    if source == "mechanism":
        return replace(draws, parameters=mixed)
    capacity = draws.capacity
    return replace(
        draws,
        parameters=mixed,
        turnover=draws.turnover.of(order),
        capacity=AdaptiveCapacity(
            capacity.value[order], capacity.components, capacity.weights[order]
        ),
    )


def _given(
    options: ScenarioOptions,
    draws: Draws,
    world: World,
    parameters: xr.DataArray,
    tables: Mapping[str, pd.DataFrame],
) -> World:
    """Put other parameters in place of those drawn; the chances of everything else stay."""
    differs = (parameters != draws.parameters).any("draw").to_numpy()
    changed = set(parameters["parameter"].values[differs])
    draws = replace(draws, parameters=parameters)
    if changed & set(MOVING):
        draws = _moved(options, draws, tables)
    world = replace(world, parameters=parameters)
    if "exposure_growth" in changed:
        world = replace(world, moving=moving_scores(draws, world.years))
    if changed & set(AGE_FACTORS.values()):
        world = replace(world, age_factor=age_factor(draws))
    if "ax_share" in changed:
        world = replace(world, ax_share=ax_share(draws))
    if changed & {"self_adaptation", *MOVING}:
        world = replace(world, adapting=national_adaptation(draws))
    if changed & set(MOVING):
        world = replace(world, turnover=national_turnover(draws))
    return world


def _moved(options: ScenarioOptions, draws: Draws, tables: Mapping[str, pd.DataFrame]) -> Draws:
    """Draw moves, turnover and capacity again under the parameters given, with the same chances."""
    transitions = draws.transitions.weighed(draws.parameters)
    stock = opening_stock(draws.employment, draws.provinces)
    turnover, capacity = draw_moves(
        options, draws.parameters, transitions, stock, tables, draws.streams
    )
    return replace(draws, transitions=transitions, turnover=turnover, capacity=capacity)


def _first(
    options: ScenarioOptions, draws: Draws, tables: Mapping[str, pd.DataFrame], n_draw: int
) -> Draws:
    """Return the first draws; what may be drawn again is drawn for as many."""
    part = slice(0, n_draw)
    parameters, growth = draws.parameters.isel(draw=part), draws.growth
    employment = replace(draws.employment, persons=draws.employment.persons.isel(draw=part))
    provinces = replace(
        draws.provinces,
        share=draws.provinces.share[:, part],
        relative=draws.provinces.relative.isel(draw=part),
    )
    some = replace(
        draws,
        scores=scores_in_order(draws.scores, part),
        growth=None if growth is None else replace(growth, daioe=growth.daioe.isel(draw=part)),
        adoption=replace(draws.adoption, value=draws.adoption.value.isel(draw=part)),
        employment=employment,
        parameters=parameters,
        provinces=provinces,
    )
    return _moved(options, some, tables)
