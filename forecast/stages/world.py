"""The world that the years are walked in: draws in the form that arithmetic wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import ConfigError, InputError
from forecast.models.base import Floats
from forecast.options import ScenarioOptions
from forecast.stages import mechanism
from forecast.stages.composition import industry_mix
from forecast.stages.exposure_trend import MovingScores, move_scores
from forecast.stages.ledger import Turnover
from forecast.stages.needs import complemented
from forecast.stages.provinces import Provinces, one_nation
from forecast.stages.reskilling_draws import Draws, numbered, opening_stock
from forecast.types import AGE_GROUPS, SCENARIOS, AdoptionForecast, EmploymentForecast

NO_AI = "no_ai"
CENTRAL = "central"


@dataclass(frozen=True)
class World:
    """Everything the years are walked with, in draws that pair by position.

    Parameters
    ----------
    years : list of int
    occupations : list of str
    stock : ndarray (year, draw, occupation, age_group)
        Employment without AI at year ends, the opening stock first; persons.
    provinces : Provinces
    firms : DataArray (scenario, draw, year, occupation)
        Adoption gained, without ``no_ai``; unit ``share of firms``.
    moving : MovingScores
    parameters : DataArray (parameter, draw)
    age_factor : DataArray (draw, occupation, age_group)
    ax_share : ndarray (draw, occupation)
    adapting : ndarray (draw, occupation, age_group, sido)
        Share who adapt without a programme.
    turnover : Turnover
    """

    years: list[int]
    occupations: list[str]
    stock: Floats
    provinces: Provinces
    firms: xr.DataArray
    moving: MovingScores
    parameters: xr.DataArray
    age_factor: xr.DataArray
    ax_share: Floats
    adapting: Floats
    turnover: Turnover

    @property
    def scenarios(self) -> list[str]:
        """Scenarios, the baseline first."""
        return [NO_AI, *(str(name) for name in self.firms["scenario"].values)]

    @property
    def n_draw(self) -> int:
        """Number of draws."""
        return int(self.stock.shape[1])


def build_world(
    options: ScenarioOptions,
    draws: Draws,
    tables: Mapping[str, pd.DataFrame],
    *,
    nation: bool = False,
) -> World:
    """Put the draws into the form that the years are walked in.

    Parameters
    ----------
    options : ScenarioOptions
    draws : Draws
    tables : mapping
        ``employment_industry``.
    nation : bool
        Take the country as one province: much faster, for questions about totals.
    """
    years = list(range(options.first_year, options.last_year + 1))
    stock = _yearly_stock(draws.employment, years)
    occupations = [str(code) for code in stock["occupation"].values]
    adopted = _adoption_years(draws.adoption, years)
    mix = industry_mix(
        tables["employment_industry"], occupations, list(draws.adoption.value["scope"].values)
    )
    firms = mechanism.additional_adoption(adopted, draws.adoption.last_observed, mix)
    n_draw = draws.parameters.sizes["draw"]
    return World(
        years=years,
        occupations=occupations,
        stock=stock.to_numpy(),
        provinces=one_nation(n_draw, occupations, years) if nation else draws.provinces,
        firms=firms,
        moving=moving_scores(draws, years),
        parameters=draws.parameters,
        age_factor=age_factor(draws),
        ax_share=ax_share(draws),
        adapting=national_adaptation(draws) if nation else self_adaptation(draws),
        turnover=national_turnover(draws) if nation else draws.turnover,
    )


def age_factor(draws: Draws) -> xr.DataArray:
    """Loss at an age relative to the loss of the occupation: (draw, occupation, age_group)."""
    people = draws.employment.opening.sel(age_group=list(AGE_GROUPS))
    return mechanism.age_factors(draws.parameters, people / people.sum("age_group"))


def ax_share(draws: Draws) -> np.ndarray:
    """Part of the touched whose need is ``ax``: (draw, occupation)."""
    people = draws.employment.opening.sel(age_group=list(AGE_GROUPS)).sum("age_group")
    complement = complemented(draws.scores.complementarity, people)
    share = complement * draws.parameters.sel(parameter="ax_share", drop=True)
    return np.asarray(share.transpose("draw", "occupation").to_numpy())


def self_adaptation(draws: Draws) -> np.ndarray:
    """Share who adapt without a programme: (draw, occupation, age_group, sido)."""
    most = draws.parameters.sel(parameter="self_adaptation").to_numpy()
    return np.asarray(draws.capacity.value * most[:, None, None, None])


def national_adaptation(draws: Draws) -> np.ndarray:
    """Share who adapt without a programme, with the country as one province."""
    people = opening_stock(draws.employment, draws.provinces).to_numpy()
    return _mean_over_provinces(self_adaptation(draws), people)


def national_turnover(draws: Draws) -> Turnover:
    """Rates with the country as one province."""
    people = opening_stock(draws.employment, draws.provinces).sum("age_group").to_numpy()
    pull = _mean_over_provinces(draws.turnover.pull[:, :, None], people[:, None])
    return replace(draws.turnover, pull=pull[:, :, 0])


def moving_scores(draws: Draws, years: list[int]) -> MovingScores:
    """Exposure and substitution by year."""
    elasticity = draws.parameters.sel(parameter="exposure_growth", drop=True)
    return move_scores(draws.scores, draws.growth, elasticity, years=years)


def _mean_over_provinces(values: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Mean of (draw, occupation, age, sido) over the people of a province, sido kept as one."""
    total = people.sum(axis=2, keepdims=True)
    weight = np.divide(
        people, total, out=np.full_like(people, 1 / people.shape[2]), where=total > 0
    )
    return (values * weight).sum(axis=3, keepdims=True)


def _yearly_stock(employment: EmploymentForecast, years: list[int]) -> xr.DataArray:
    """Second half-years, the opening stock first: (year, draw, occupation, age_group)."""
    ages = list(AGE_GROUPS)
    periods = [f"{year}H2" for year in years]
    future = numbered(employment.persons.sel(period=periods, age_group=ages))
    future = future.rename(period="year").assign_coords(year=years)
    opening = employment.opening.sel(age_group=ages).expand_dims(draw=future["draw"], year=[0])
    joined = xr.concat([opening, future], dim="year", coords="minimal", compat="override")
    return joined.transpose("year", "draw", "occupation", "age_group")


def _adoption_years(adoption: AdoptionForecast, years: list[int]) -> xr.DataArray:
    """Scenarios with AI, in their fixed order."""
    first = int(adoption.value["year"].min())
    if first != years[0]:
        raise ConfigError(
            f"adoption.measure={adoption.measure} was last seen in {first - 1}, and the ledger "
            f"opens at the end of {years[0] - 1}: what was adopted between cannot be placed. "
            "Choose another measure, or leave reskilling out of stages."
        )
    missing = sorted(set(years) - set(adoption.value["year"].values.tolist()))
    if missing:
        raise InputError(f"adoption lacks year(s) {missing}: raise adoption.last_year.")
    given = [name for name in adoption.value["scenario"].values if name != NO_AI]
    order = [name for name in SCENARIOS if name in given] + sorted(set(given) - set(SCENARIOS))
    return numbered(adoption.value.sel(year=years, scenario=order)).assign_attrs(unit="percent")
