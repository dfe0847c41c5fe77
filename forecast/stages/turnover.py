"""Ordinary turnover and re-employment: published rates as draws, and likeness of occupations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from forecast.errors import InputError
from forecast.stages.ledger import Turnover
from forecast.types import AGE_GROUPS

# Population whose published rate stands for an age group; no rate is published for the forties.
MOBILITY_POPULATION = {
    "15-29": "age_29_or_less",
    "30-39": "age_30s",
    "40-49": "all",
    "50-59": "age_50s",
    "60+": "age_60_plus",
}
# Re-employment is published for 25-54 and 55-74 (KERI 2022); the fifties lie half in each.
REEMPLOYMENT_POPULATION = {
    "15-29": ("age_25_54",),
    "30-39": ("age_25_54",),
    "40-49": ("age_25_54",),
    "50-59": ("age_25_54", "age_55_74"),
    "60+": ("age_55_74",),
}
_NOT_DESCRIPTORS = ("isco08", "n_soc", "source")


def draw_turnover(
    tables: Mapping[str, pd.DataFrame],
    parameters: xr.DataArray,
    *,
    occupations: Sequence[str],
    rng: np.random.Generator,
) -> Turnover:
    """Draw the yearly rates of ordinary turnover within the range of the published years.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``evidence`` (rates), ``isco_descriptors`` and ``ksco7_isco08`` (likeness of work).
    parameters : DataArray (parameter, draw)
        From :func:`forecast.stages.mechanism.sample_parameters`.
    occupations : sequence of str
        KSCO-7 sub-major groups, in order.
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
    mobility, again = [], []
    for age in AGE_GROUPS:
        rates = _percent(evidence, "job_mobility_rate", (MOBILITY_POPULATION[age],))
        mobility.append(_between(rates.min(), rates.max(), chance[0]))
        wage = _percent(evidence, "reemployment_rate_1y_wage", REEMPLOYMENT_POPULATION[age]).mean()
        own = _percent(evidence, "reemployment_rate_1y_nonwage", REEMPLOYMENT_POPULATION[age])
        # Paid work alone, up to paid work and own business together.
        again.append(_between(wage, wage + own.mean(), chance[1]))
    exits = _percent(evidence, "job_exit_rate", ("all",))
    leave = _between(exits.min(), exits.max(), chance[2]) * value("exit_relative")
    changed = _percent(evidence, "occupation_change_rate", None).mean()
    ageing = np.repeat(value("ageing_share_decade")[:, None], len(AGE_GROUPS), axis=1)
    ageing[:, 0], ageing[:, -1] = value("ageing_share_15_29"), 0.0
    registered = value("registered_share")[:, None]
    moves = np.stack(mobility, axis=1) * value("occupation_change_share")[:, None]
    return Turnover(
        exit=np.repeat(leave[:, None], len(AGE_GROUPS), axis=1) * registered,
        job_change=moves * registered,
        ageing=ageing,
        reemployed=np.stack(again, axis=1),
        changes_occupation=np.minimum(changed * value("occupation_change_relative"), 1.0),
        likeness=likeness(
            distance(tables["isco_descriptors"], tables["ksco7_isco08"], occupations),
            value("feasibility_weight"),
        ),
    )


def distance(
    isco_descriptors: pd.DataFrame, ksco7_isco08: pd.DataFrame, occupations: Sequence[str]
) -> NDArray[np.float64]:
    """Distance between the work of sub-major groups, as a multiple of the median distance.

    Root mean square difference of standardised descriptors. A group's descriptors are averages
    over the ISCO unit groups linked to its minor groups, every minor group counting the same.

    Returns
    -------
    ndarray (occupation, occupation)
        0 on the diagonal.
    """
    columns = [name for name in isco_descriptors.columns if name not in _NOT_DESCRIPTORS]
    links = ksco7_isco08.merge(
        isco_descriptors[["isco08", *columns]], on="isco08", how="inner", validate="many_to_one"
    ).dropna(subset=columns)
    sub_major = links["ksco7"].str[:2]
    missing = sorted(set(occupations) - set(sub_major))
    if missing:
        raise InputError(
            f"ksco7_isco08: no link with descriptors for sub-major group(s) {missing}; "
            "link their minor groups to ISCO-08."
        )
    per_minor = links.groupby("ksco7")["weight"].transform("sum")
    weight = (links["weight"] / per_minor).to_numpy()[:, None]
    summed = (links[columns] * weight).groupby(links["ksco7"]).sum()
    profile = summed.groupby(summed.index.str[:2]).mean().loc[list(occupations)].to_numpy()
    spread = profile.std(axis=0)
    standard = (profile - profile.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    gap = np.sqrt(((standard[:, None, :] - standard[None, :, :]) ** 2).mean(axis=-1))
    between = gap[~np.eye(len(gap), dtype=bool)]
    return np.asarray(gap / np.median(between)) if between.size and between.any() else gap


def likeness(distances: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Feasibility of moves: exp(-weight x distance) per draw, 0 to the own occupation.

    Examples
    --------
    >>> likeness(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0.0])).tolist()
    [[[0.0, 1.0], [1.0, 0.0]]]
    """
    feasible = np.exp(-np.asarray(weight)[:, None, None] * distances)
    feasible[:, np.arange(len(distances)), np.arange(len(distances))] = 0.0
    return np.asarray(feasible)


def _percent(
    evidence: pd.DataFrame, key: str, populations: Sequence[str] | None
) -> NDArray[np.float64]:
    rows = evidence[evidence["key"] == key]
    if populations is not None:
        rows = rows[rows["population"].isin(populations)]
    if rows.empty or (rows["unit"] != "percent").any():
        raise InputError(
            f"evidence.csv: expected rows in percent with key {key!r} and population "
            f"{populations or 'any'}; found {len(rows)}."
        )
    return rows["value"].to_numpy(dtype=float) / 100.0


def _between(low: float, high: float, chance: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(low + (high - low) * chance)
