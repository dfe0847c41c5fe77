"""Reskilling: who needs which training, from a stock-flow ledger per scenario.

Exposure (tasks) meets adoption (firms) only through :mod:`forecast.stages.mechanism`; people move
only through :mod:`forecast.stages.ledger`. A person-year has at most one need: people displaced
who do not return to their occupation need ``job_change``; of the other workers whom AI newly
reaches, some in work that it complements need ``ax`` and the rest ``ai_basic``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import ndtr

from forecast.errors import ConfigError, InputError
from forecast.options import ScenarioOptions
from forecast.stages import mechanism
from forecast.stages.composition import industry_mix, province_share
from forecast.stages.exposure_trend import MovingScores, move_scores
from forecast.stages.ledger import (
    ROWS,
    Flows,
    Turnover,
    baseline_year,
    closing_error,
    scenario_year,
)
from forecast.stages.turnover import draw_turnover
from forecast.types import (
    AGE_GROUPS,
    NEEDS,
    SCENARIOS,
    AdoptionForecast,
    EmploymentForecast,
    ExposureResult,
    OccupationScores,
    ReskillingDemand,
    labelled,
)

CLOSED = 1e-9  # relative gap of the ledger that rounding can explain
USER_HOURS = "derived: hours saved by users, to read beside the 3.8 % that BOK (2025) measured"


def project_reskilling(
    options: ScenarioOptions,
    exposure: ExposureResult,
    adoption: AdoptionForecast,
    employment: EmploymentForecast,
    tables: Mapping[str, pd.DataFrame],
    *,
    rng: np.random.Generator,
) -> ReskillingDemand:
    """Project the people newly in need of training, with the accounts behind them.

    Parameters
    ----------
    options : ScenarioOptions
        Years and parameters of the mechanism.
    exposure, adoption, employment
        Results of the stages before, with the same draws. With `exposure.growth` exposure moves by
        year as parameter ``exposure_growth`` says; without it, it stays that of the base year.
    tables : mapping of str to DataFrame
        Reference tables ``employment_industry``, ``employment_province``, ``evidence``,
        ``isco_descriptors`` and ``ksco7_isco08``.
    rng : Generator
        Draws the parameters once; every scenario uses the same draws.

    Returns
    -------
    ReskillingDemand
        Scenario ``no_ai`` is the employment baseline itself: no AI flow and no need.
    """
    stock = _yearly_stock(employment, options)
    occupations = list(stock["occupation"].values)
    scores = _scores(exposure.sub_major, occupations)
    years = list(range(options.first_year, options.last_year + 1))
    adopted = _adoption_years(adoption, years)
    n_draw = _common_draws(scores.exposure, adopted, stock)
    parameters = mechanism.sample_parameters(options.parameters, n_draw=n_draw, rng=rng)
    turnover = draw_turnover(tables, parameters, occupations=occupations, rng=rng)

    firms = mechanism.additional_adoption(
        adopted,
        adoption.last_observed,
        industry_mix(tables["employment_industry"], occupations, list(adopted["scope"].values)),
    )
    elasticity = parameters.sel(parameter="exposure_growth", drop=True)
    moving = move_scores(scores, exposure.growth, elasticity, years=years)
    effect = _effect(firms, scores, moving, parameters, stock)
    persons, factor, ledger = _run_years(effect, stock, turnover)
    coords = {
        "scenario": effect.scenarios,
        "draw": np.arange(n_draw),
        "year": years,
        "occupation": occupations,
        "age_group": list(AGE_GROUPS),
    }
    accounts = labelled(ledger, _ledger_coords(coords), unit="persons")
    if (gap := closing_error(accounts)) > CLOSED:
        raise ArithmeticError(f"the ledger does not close: off by {gap:.1e} of a stock")
    return ReskillingDemand(
        persons=labelled(persons, {**coords, "need": list(NEEDS)}, unit="persons", low=0.0),
        province_share=province_share(tables["employment_province"], occupations),
        ledger=accounts,
        employment_factor=labelled(factor, coords, unit="share", low=0.0),
        parameters=mechanism.parameter_table(options.parameters, parameters, effect.derived),
        exposure=moving.every_year,
    )


@dataclass(frozen=True)
class _Effect:
    """What the mechanism says for each scenario: (scenario, draw, year, occupation[, age])."""

    scenarios: list[str]
    factor: np.ndarray  # employment relative to the baseline, by age
    separation: np.ndarray  # share of the opening stock separated in the year, by age
    reinstatement: np.ndarray  # share of the opening stock that returns as new tasks, by age
    affected: np.ndarray  # share of workers whose work AI newly reaches, in need of training
    ax: np.ndarray  # (draw, occupation): the part of them whose need is ax
    derived: xr.Dataset


def _effect(
    firms: xr.DataArray,
    scores: OccupationScores,
    moving: MovingScores,
    parameters: xr.DataArray,
    stock: xr.DataArray,
) -> _Effect:
    """Apply the named steps to every scenario at once."""

    def value(name: str) -> xr.DataArray:
        return parameters.sel(parameter=name, drop=True)

    reached = mechanism.workers_reached(firms, value("worker_reach"), value("surveyed_share"))
    tasks = mechanism.cost_effective_tasks(moving.substitution, value("cost_effective_share"))
    hours = mechanism.hours_saved(reached, tasks, value("hours_saved_share"))
    loss = mechanism.labour_demand_loss(
        hours, value("output_response"), mechanism.age_factors(parameters)
    )
    factor = mechanism.employment_factor(loss, value("reinstatement_share"))
    newly_lost = _new_in_year(loss.clip(min=0.0)).clip(min=0.0)
    layoffs = newly_lost * (1.0 - value("attrition_share"))
    returning = newly_lost * value("reinstatement_share")
    affected = mechanism.workers_in_need(
        _new_in_year(reached), moving.exposure, value("training_need_share")
    )
    if "year" in moving.exposure.dims:
        # Workers reached in an earlier year, whose work the progress of this year newly touches.
        affected = affected + mechanism.workers_in_need(
            _year_before(reached), _rise(moving.exposure), value("training_need_share")
        )

    weight = stock.isel(year=0).mean("draw").sum("age_group")
    complement = _complemented(scores.complementarity, weight)
    in_base_year = scores.substitution * value("cost_effective_share")
    user_hours = (in_base_year * value("hours_saved_share")).weighted(weight).mean("occupation")
    user_hours.attrs = {"neutral": 0.0, "source": USER_HOURS}
    order = ("scenario", "draw", "year", "occupation")
    return _Effect(
        scenarios=[str(name) for name in firms["scenario"].values],
        factor=factor.transpose(*order, "age_group").to_numpy(),
        separation=layoffs.transpose(*order, "age_group").to_numpy(),
        reinstatement=returning.transpose(*order, "age_group").to_numpy(),
        affected=affected.transpose(*order).to_numpy(),
        ax=(complement * value("ax_share")).transpose("draw", "occupation").to_numpy(),
        derived=xr.Dataset({"implied_user_hours_saved": user_hours}),
    )


def _run_years(
    effect: _Effect, stock: xr.DataArray, turnover: Turnover
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Walk the years; keep needs per draw, and flows only as means over draws."""
    baseline = stock.to_numpy()  # (year, draw, occupation, age_group), the opening stock first
    n_year, n_draw, n_occupation, n_age = baseline.shape[0] - 1, *baseline.shape[1:]
    shape = (len(effect.scenarios), n_draw, n_year, n_occupation, n_age)
    persons = np.zeros((*shape, len(NEEDS)))
    factor = np.ones(shape)
    ledger = np.zeros((shape[0], len(ROWS), n_year, n_occupation, n_age))
    for year in range(n_year):
        base = baseline_year(baseline[year], baseline[year + 1], turnover)
        for row, scenario in enumerate(effect.scenarios):
            before = effect.factor[row, :, year - 1] if year else np.ones(shape[1:2] + shape[3:])
            after = effect.factor[row, :, year]
            opening, closing = baseline[year] * before, baseline[year + 1] * after
            if scenario == "no_ai" or not _has_effect(effect, row, year):
                flows = base  # the baseline itself, not an equal copy with rounding noise
            else:
                flows = scenario_year(
                    opening,
                    closing,
                    baseline=base,
                    baseline_opening=baseline[year],
                    separation=effect.separation[row, :, year] * opening,
                    reinstatement=effect.reinstatement[row, :, year] * opening,
                    turnover=turnover,
                )
            factor[row, :, year] = after
            persons[row, :, year] = _needs(effect, row, year, opening, flows)
            ledger[row, :, year] = _mean_rows(opening, flows, closing)
    return persons, factor, ledger


def _needs(effect: _Effect, row: int, year: int, opening: np.ndarray, flows: Flows) -> np.ndarray:
    """Persons newly in need, one need each: (draw, occupation, age_group, need)."""
    separated = -flows["ai_separation"]
    job_change = np.maximum(separated - flows["reemployment_same"], 0.0)
    affected = effect.affected[row, :, year, :, None] * opening
    # Separated people already have their need (or their old work back): nobody counts twice.
    staying = np.maximum(np.minimum(affected, opening) - separated, 0.0)
    ax = staying * effect.ax[:, :, None]
    return np.stack([staying - ax, ax, job_change], axis=-1)


def _mean_rows(opening: np.ndarray, flows: Flows, closing: np.ndarray) -> np.ndarray:
    rows = {"opening": opening, **flows, "closing": closing}
    return np.stack([rows[name].mean(axis=0) for name in ROWS])


def _has_effect(effect: _Effect, row: int, year: int) -> bool:
    now = (effect.factor[row, :, year] != 1.0).any() or effect.separation[row, :, year].any()
    return bool(now or (year and (effect.factor[row, :, year - 1] != 1.0).any()))


def _new_in_year(level: xr.DataArray) -> xr.DataArray:
    """What a year adds to a level that starts at zero."""
    added = level - level.shift(year=1, fill_value=0.0)
    return added.assign_attrs(level.attrs)


def _year_before(level: xr.DataArray) -> xr.DataArray:
    return level.shift(year=1, fill_value=0.0).assign_attrs(level.attrs)


def _rise(score: xr.DataArray) -> xr.DataArray:
    """What a year adds to a score that did not start at zero; the first year adds nothing."""
    before = score.shift(year=1).fillna(score)
    return (score - before).clip(min=0.0).assign_attrs(score.attrs)


def _complemented(complementarity: xr.DataArray, weight: xr.DataArray) -> xr.DataArray:
    """Share of an occupation's workers in work that AI complements more than average.

    Complementarity within an occupation is taken as normal around its score, as wide as between
    occupations (assumption: no within-occupation spread is published).
    """
    weighted = complementarity.weighted(weight)
    centre, spread = weighted.mean("occupation"), weighted.std("occupation")
    score = (complementarity - centre) / spread.where(spread > 0, np.inf)
    return score.copy(data=ndtr(score.to_numpy()))


def _yearly_stock(employment: EmploymentForecast, options: ScenarioOptions) -> xr.DataArray:
    """Second half-years, the opening stock first: (year, draw, occupation, age_group)."""
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
    ages = list(AGE_GROUPS)
    future = _numbered(employment.persons.sel(period=periods, age_group=ages))
    future = future.rename(period="year")
    future = future.assign_coords(year=[int(period[:4]) for period in periods])
    opening = employment.opening.sel(age_group=ages).expand_dims(draw=future["draw"], year=[0])
    joined = xr.concat([opening, future], dim="year", coords="minimal", compat="override")
    return joined.transpose("year", "draw", "occupation", "age_group")


def _scores(scores: OccupationScores, occupations: list[str]) -> OccupationScores:
    missing = sorted(set(occupations) - set(scores.exposure["occupation"].values))
    if missing:
        raise InputError(f"{scores.system}: no exposure for employed occupation(s) {missing}.")
    return OccupationScores(
        system=scores.system,
        titles=scores.titles.loc[occupations],
        exposure=_numbered(scores.exposure.sel(occupation=occupations)),
        complementarity=_numbered(scores.complementarity.sel(occupation=occupations)),
        substitution=_numbered(scores.substitution.sel(occupation=occupations)),
        spread=scores.spread.sel(occupation=occupations),
    )


def _numbered(array: xr.DataArray) -> xr.DataArray:
    """Draws pair by position; labels that differ between stages must not drop any of them."""
    return array.assign_coords(draw=np.arange(array.sizes["draw"]))


def _common_draws(*arrays: xr.DataArray) -> int:
    sizes = {array.sizes["draw"] for array in arrays}
    if len(sizes) != 1:
        raise InputError(f"the stages before used {sorted(sizes)} draws; all need the same number.")
    return sizes.pop()


def _adoption_years(adoption: AdoptionForecast, years: list[int]) -> xr.DataArray:
    """Scenarios in their fixed order; ``no_ai`` first, without any adoption to gain from."""
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
    given = [name for name in adoption.value["scenario"].values if name != "no_ai"]
    order = [name for name in SCENARIOS if name in given] + sorted(set(given) - set(SCENARIOS))
    value = _numbered(adoption.value.sel(year=years, scenario=order))
    held = xr.zeros_like(value.isel(scenario=[0])).assign_coords(scenario=["no_ai"])
    joined = xr.concat([held, value], dim="scenario", coords="minimal", compat="override")
    return joined.assign_attrs(unit="percent")


def _ledger_coords(coords: dict[str, object]) -> dict[str, object]:
    kept = {name: coords[name] for name in ("year", "occupation", "age_group")}
    return {"scenario": coords["scenario"], "flow": list(ROWS), **kept}
