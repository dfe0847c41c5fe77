"""Everything the reskilling stage is uncertain about, drawn once and checked to fit together."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.options import ScenarioOptions
from forecast.stages.capacity import AdaptiveCapacity, adaptive_capacity
from forecast.stages.ledger import Turnover
from forecast.stages.parameters import sample_parameters
from forecast.stages.provinces import Provinces, split_provinces
from forecast.stages.transitions import Transitions, draw_transitions
from forecast.stages.turnover import draw_turnover
from forecast.types import (
    AGE_GROUPS,
    AdoptionForecast,
    EmploymentForecast,
    ExposureGrowth,
    ExposureResult,
    OccupationScores,
)


@dataclass(frozen=True)
class Draws:
    """Everything uncertain behind the demand, in draws that pair by position.

    Parameters
    ----------
    scores : OccupationScores
        Of the employed sub-major groups, in the base year.
    growth : ExposureGrowth or None
    adoption : AdoptionForecast
    employment : EmploymentForecast
    parameters : DataArray (parameter, draw)
    provinces : Provinces
    transitions : Transitions
    turnover : Turnover
    capacity : AdaptiveCapacity
    streams : tuple of Generator
        What turnover and capacity were drawn from, unused: the same chances can be drawn again.
    """

    scores: OccupationScores
    growth: ExposureGrowth | None
    adoption: AdoptionForecast
    employment: EmploymentForecast
    parameters: xr.DataArray
    provinces: Provinces
    transitions: Transitions
    turnover: Turnover
    capacity: AdaptiveCapacity
    streams: tuple[np.random.Generator, np.random.Generator]


def draw_everything(
    options: ScenarioOptions,
    exposure: ExposureResult,
    adoption: AdoptionForecast,
    employment: EmploymentForecast,
    tables: Mapping[str, pd.DataFrame],
    *,
    rng: np.random.Generator,
) -> Draws:
    """Draw what this stage is uncertain about and check that it fits the stages before."""
    streams = rng.spawn(4)
    _require_years(employment, options)
    occupations = [str(code) for code in employment.persons["occupation"].values]
    years = list(range(options.first_year, options.last_year + 1))
    scores = employed_scores(exposure.sub_major, occupations)
    n_draw = _common_draws(scores.exposure, adoption.value, employment.persons)
    parameters = sample_parameters(options.parameters, n_draw=n_draw, rng=streams[0])
    provinces = split_provinces(
        employment,
        tables,
        weight=parameters.sel(parameter="province_adoption_weight").to_numpy(),
        occupations=occupations,
        years=years,
        rng=streams[1],
    )
    transitions = draw_transitions(
        tables, parameters, occupations=occupations, provinces=provinces.codes
    )
    turnover, capacity = draw_moves(
        options, parameters, transitions, opening_stock(employment, provinces), tables, streams[2:]
    )
    return Draws(
        scores=scores,
        growth=exposure.growth,
        adoption=adoption,
        employment=employment,
        parameters=parameters,
        provinces=provinces,
        transitions=transitions,
        turnover=turnover,
        capacity=capacity,
        streams=(streams[2], streams[3]),
    )


def draw_moves(
    options: ScenarioOptions,
    parameters: xr.DataArray,
    transitions: Transitions,
    stock: xr.DataArray,
    tables: Mapping[str, pd.DataFrame],
    streams: Sequence[np.random.Generator],
) -> tuple[Turnover, AdaptiveCapacity]:
    """Draw turnover and capacity; the same streams give the same chances again.

    Parameters
    ----------
    options : ScenarioOptions
    parameters : DataArray (parameter, draw)
    transitions : Transitions
    stock : DataArray (occupation, age_group, sido)
        Employed persons.
    tables : mapping
        ``evidence`` and ``employment_education``.
    streams : sequence of two Generators
        Left as they are.
    """
    first, second = (copy.deepcopy(stream) for stream in streams)
    return (
        draw_turnover(tables, parameters, transitions, stock=stock, rng=first),
        adaptive_capacity(
            tables,
            transitions,
            stock,
            n_draw=parameters.sizes["draw"],
            rng=second,
            concentration=options.capacity_concentration,
        ),
    )


def opening_stock(employment: EmploymentForecast, provinces: Provinces) -> xr.DataArray:
    """Employed persons of the last observed half-year: (occupation, age_group, sido)."""
    people = employment.opening.sel(age_group=list(AGE_GROUPS))
    share = xr.DataArray(
        provinces.share[0, 0],
        coords={"occupation": people["occupation"].values, "sido": provinces.codes},
        dims=["occupation", "sido"],
    )
    return (people * share).transpose("occupation", "age_group", "sido")


def employed_scores(scores: OccupationScores, occupations: list[str]) -> OccupationScores:
    """Return the scores of employed occupations, draws numbered from 0."""
    missing = sorted(set(occupations) - set(scores.exposure["occupation"].values))
    if missing:
        raise InputError(f"{scores.system}: no exposure for employed occupation(s) {missing}.")
    return OccupationScores(
        system=scores.system,
        titles=scores.titles.loc[occupations],
        exposure=numbered(scores.exposure.sel(occupation=occupations)),
        complementarity=numbered(scores.complementarity.sel(occupation=occupations)),
        substitution=numbered(scores.substitution.sel(occupation=occupations)),
        spread=scores.spread.sel(occupation=occupations),
    )


def numbered(array: xr.DataArray) -> xr.DataArray:
    """Draws pair by position; labels that differ between stages must not drop any of them."""
    return array.assign_coords(draw=np.arange(array.sizes["draw"]))


def _require_years(employment: EmploymentForecast, options: ScenarioOptions) -> None:
    """Refuse years that employment neither saw nor forecasts."""
    if not employment.origin.endswith("H2") or int(employment.origin[:4]) + 1 != options.first_year:
        raise InputError(
            f"employment ends in {employment.origin}; scenario.first_year {options.first_year} "
            f"needs {options.first_year - 1}H2. Set scenario.first_year or extend the table."
        )
    periods = [f"{year}H2" for year in range(options.first_year, options.last_year + 1)]
    missing = sorted(set(periods) - set(employment.persons["period"].values))
    if missing:
        raise InputError(
            f"employment forecast lacks {missing}: lower scenario.last_year or raise "
            "employment.last_period."
        )


def _common_draws(*arrays: xr.DataArray) -> int:
    sizes = {array.sizes["draw"] for array in arrays}
    if len(sizes) != 1:
        raise InputError(f"the stages before used {sorted(sizes)} draws; all need the same number.")
    return sizes.pop()
