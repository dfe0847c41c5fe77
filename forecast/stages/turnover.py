"""Ordinary turnover and re-employment: published rates as draws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from forecast.errors import InputError
from forecast.stages.ledger import Turnover
from forecast.stages.published_figures import published_shares
from forecast.stages.transitions import Transitions
from forecast.types import AGE_GROUPS

# Population whose published rate stands for an age group; no rate is published for the forties.
MOBILITY_POPULATION = {
    "15-29": "age_29_or_less",
    "30-39": "age_30s",
    "40-49": "all",
    "50-59": "age_50s",
    "60+": "age_60_plus",
}
RETENTION_POPULATION = {"30-39": "age_30s", "40-49": "age_40s", "50-59": "age_50s"}
# Re-employment is published for 25-54 and 55-74 (KERI 2022); the fifties lie half in each.
REEMPLOYMENT_POPULATION = {
    "15-29": ("age_25_54",),
    "30-39": ("age_25_54",),
    "40-49": ("age_25_54",),
    "50-59": ("age_25_54", "age_55_74"),
    "60+": ("age_55_74",),
}
LATER_POPULATION = ("age_55_74",)  # the only one published after a year and after five
FEWEST_VACANCIES = 0.2  # vacancy rates of small cells are sampled: within five times the mean


def draw_turnover(
    tables: Mapping[str, pd.DataFrame],
    parameters: xr.DataArray,
    transitions: Transitions,
    *,
    stock: xr.DataArray,
    rng: np.random.Generator,
) -> Turnover:
    """Draw the yearly rates of ordinary turnover within the range of the published years.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``evidence`` (rates).
    parameters : DataArray (parameter, draw)
        From :func:`forecast.stages.parameters.sample_parameters`.
    transitions : Transitions
        Feasibility of moves and vacancies.
    stock : DataArray (occupation, age_group, sido)
        Employed persons: vacancies are set against them, and they weigh the exits of ages.
    rng : Generator
        Draws the rates.

    Returns
    -------
    Turnover
        Rates of registered workers, scaled to employed persons by ``registered_share``.
    """

    def value(name: str) -> NDArray[np.float64]:
        return np.asarray(parameters.sel(parameter=name).to_numpy(), dtype=float)

    n_draw, evidence = parameters.sizes["draw"], tables["evidence"]
    chance = rng.random((3, n_draw))  # years move together: one draw for all ages
    again = reemployment(evidence, chance[1])
    exits = published_shares(evidence, "job_exit_rate", ("all",))
    leave = between(exits.min(), exits.max(), chance[2]) * value("exit_relative")
    by_age = exits_by_age(evidence, stock.sum(["occupation", "sido"]).to_numpy())
    leaving = (leave * value("registered_share"))[:, None] * by_age
    changed = published_shares(evidence, "occupation_change_rate").mean()
    ageing = np.repeat(value("ageing_share_decade")[:, None], len(AGE_GROUPS), axis=1)
    ageing[:, 0], ageing[:, -1] = value("ageing_share_15_29"), 0.0
    moving = mobility(evidence, chance[0]) * value("registered_share")[:, None]
    later = _later_hazard(evidence) * value("later_reemployment_relative")
    return Turnover(
        exit=leaving,
        job_change=moving * value("occupation_change_share")[:, None],
        ageing=ageing,
        reemployed=again,
        changes_occupation=np.minimum(changed * value("occupation_change_relative"), 1.0),
        likeness=transitions.feasibility,
        later=np.repeat(later[:, None], len(AGE_GROUPS), axis=1),
        # Who would have left work in an ordinary year leaves it from here too.
        withdrawn=leaving + value("withdrawal_share")[:, None],
        congestion=value("congestion_elasticity"),
        pull=_vacancy_pull(transitions.openings, stock.sum("age_group"), value("vacancy_weight")),
        mobility=moving,
    )


def exits_by_age(evidence: pd.DataFrame, people: NDArray[np.float64]) -> NDArray[np.float64]:
    """Exit rate of every age relative to the one rate that is published: (age_group,).

    An age is taken to leave as it enters, relative to all: who neither stayed with the employer
    nor came from another has entered. Retention is published for ages 30 to 59; the other two ages
    share what is left, so that the mean over `people` is 1 and total exits are as published.

    Parameters
    ----------
    evidence : DataFrame
    people : ndarray (age_group,)
        Employed persons.
    """
    overall = published_shares(evidence, "job_entry_rate", ("all",)).mean()
    relative = np.full(len(AGE_GROUPS), np.nan)
    for place, age in enumerate(AGE_GROUPS):
        if age in RETENTION_POPULATION:
            stayed = published_shares(
                evidence, "job_retention_rate", (RETENTION_POPULATION[age],)
            ).mean()
            moved = published_shares(
                evidence, "job_mobility_rate", (MOBILITY_POPULATION[age],)
            ).mean()
            relative[place] = (1.0 - stayed - moved) / overall
    known = np.isfinite(relative)
    weight = people / people.sum()
    elsewhere = weight[~known].sum()
    rest = (1.0 - weight[known] @ relative[known]) / elsewhere if elsewhere > 0 else 1.0
    if not (np.nan_to_num(relative) >= 0.0).all() or rest < 0.0:
        raise InputError(
            "evidence.csv: retention, mobility and entry rates leave a negative exit rate for some "
            "age; check job_retention_rate and job_entry_rate."
        )
    return np.where(known, relative, rest)


def mobility(evidence: pd.DataFrame, chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of registered workers who change their employer in a year: (draw, age_group)."""
    rates = [
        published_shares(evidence, "job_mobility_rate", (MOBILITY_POPULATION[age],))
        for age in AGE_GROUPS
    ]
    return np.stack([between(r.min(), r.max(), chance) for r in rates], axis=1)


def reemployment(evidence: pd.DataFrame, chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of leavers employed again within a year: (draw, age_group).

    From paid work alone, up to paid work and own business together.
    """
    again = []
    for age in AGE_GROUPS:
        wage = published_shares(
            evidence, "reemployment_rate_1y_wage", REEMPLOYMENT_POPULATION[age]
        ).mean()
        own = published_shares(
            evidence, "reemployment_rate_1y_nonwage", REEMPLOYMENT_POPULATION[age]
        )
        again.append(between(wage, wage + own.mean(), chance))
    return np.stack(again, axis=1)


def _later_hazard(evidence: pd.DataFrame) -> float:
    """Yearly rate of finding work in years two to five, from who has none after one and five."""
    after_one = 1.0 - published_shares(evidence, "reemployment_rate_1y", LATER_POPULATION).mean()
    after_five = published_shares(evidence, "no_reemployment_rate_5y", LATER_POPULATION).mean()
    return float(1.0 - (after_five / after_one) ** 0.25)


def _vacancy_pull(
    openings: xr.DataArray, stock: xr.DataArray, weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Vacancies per worker relative to the country, to a power: (draw, occupation, sido)."""
    open_jobs, people = openings.to_numpy(), stock.to_numpy()
    overall = open_jobs.sum() / people.sum()
    rate = np.divide(open_jobs, people, out=np.full_like(people, overall), where=people > 0)
    relative = (rate / overall).clip(FEWEST_VACANCIES, 1.0 / FEWEST_VACANCIES)
    return np.asarray(relative[None] ** weight[:, None, None])


def between(low: float, high: float, chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spread chances evenly over a range of published values."""
    return np.asarray(low + (high - low) * chance)
