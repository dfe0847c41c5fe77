"""From exposure to labour demand: named steps, each with its unit and its parameter.

A step is a pure function over labelled draws. It refuses an input of another unit, so that a share
of tasks can become a share of jobs only by passing through every step between them. At its
neutral value a parameter adds nothing: with all of them neutral the ``no_ai`` baseline returns.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.stages.parameters import AGE_FACTORS
from forecast.types import AGE_GROUPS

TASKS = "share"  # of tasks: the unit in which the exposure stage hands on its scores
FIRMS = "share of firms"
WORKERS = "share of workers"
HOURS = "share of hours"
JOBS = "share of jobs"
GROWTH = "log growth"  # of the capability index since the year that the scores rate


def additional_adoption(
    adoption_percent: xr.DataArray, last_observed: pd.Series, scope_weight: xr.DataArray
) -> xr.DataArray:
    """Adoption gained since the last observation, by occupation, as a share of firms.

    Parameters
    ----------
    adoption_percent : DataArray (scenario, draw, scope, year)
        Unit ``percent``.
    last_observed : Series
        Scope to the last observed percentage.
    scope_weight : DataArray (occupation, scope)
        Where the occupation works; sums to 1 over `scope`.

    Returns
    -------
    DataArray (scenario, draw, year, occupation)
        Unit ``share of firms``, never falling: what was adopted is not unlearnt. Paths move with
        yearly shocks, so each is replaced by the middle of its tightest rising envelopes; the
        running maximum alone would keep every upward shock and lose every downward one.
    """
    _expect(adoption_percent, "percent")
    seen = last_observed.reindex(adoption_percent["scope"].values)
    if seen.isna().any():
        raise InputError(f"no last observed adoption for scope(s) {list(seen[seen.isna()].index)}.")
    start = xr.DataArray(seen.to_numpy(dtype=float), dims=["scope"])
    by_occupation = xr.dot((adoption_percent - start) / 100.0, scope_weight, dim="scope")
    grown = by_occupation.transpose("scenario", "draw", "year", "occupation")
    values = rising(grown.to_numpy(), axis=2).clip(min=0.0)
    return _unit(grown.copy(data=values), FIRMS)


def rising(values: np.ndarray, *, axis: int) -> np.ndarray:
    """Middle between the running maximum and the running minimum from the end: never falling.

    Examples
    --------
    >>> rising(np.array([1.0, 3.0, 2.0, 4.0]), axis=0).tolist()
    [1.0, 2.5, 2.5, 4.0]
    """
    above = np.maximum.accumulate(values, axis=axis)
    below = np.flip(np.minimum.accumulate(np.flip(values, axis), axis=axis), axis)
    return np.asarray((above + below) / 2.0)


def workers_reached(
    firms: xr.DataArray,
    worker_reach: xr.DataArray,
    surveyed_share: xr.DataArray,
    relative: xr.DataArray | float = 1.0,
) -> xr.DataArray:
    """Share of an occupation's workers whom AI newly reaches at work.

    Firms weigh by their staff (`worker_reach`), and the survey covers firms of 50 and more only:
    `surveyed_share` is how far all employed persons are reached relative to those in its firms.
    `relative` is the reach of a province relative to the country (mean 1 over its workers).
    """
    _expect(firms, FIRMS)
    return _unit((firms * worker_reach * surveyed_share * relative).clip(0.0, 1.0), WORKERS)


def score_in_year(
    score: xr.DataArray, exposure: xr.DataArray, growth: xr.DataArray, elasticity: xr.DataArray
) -> xr.DataArray:
    """Carry a score from the base year to other years, with the odds of exposure.

    Parameters
    ----------
    score : DataArray
        Exposure itself or a part of it (substitution): parts keep their share, because
        complementarity belongs to the work and not to the technology. Unit ``share``.
    exposure : DataArray
        Of the base year, unit ``share``.
    growth : DataArray
        Unit ``log growth``, with dimension ``year``.
    elasticity : DataArray (draw)
        Log odds of exposure per unit of log growth; 0 returns `score` exactly, in every year.

    Examples
    --------
    >>> e = xr.DataArray([0.5], dims=["draw"], attrs={"unit": TASKS})
    >>> g = xr.DataArray([[0.0, 1.0]], dims=["draw", "year"], attrs={"unit": GROWTH})
    >>> score_in_year(e, e, g, xr.ones_like(e)).values.round(3).tolist()
    [[0.5, 0.731]]
    """
    for array in (score, exposure):
        _expect(array, TASKS)
    _expect(growth, GROWTH)
    odds = np.exp(growth * elasticity)
    # e' / e with e' / (1 - e') = odds e / (1 - e): exactly 1 where the odds do not move.
    return _unit((score * (odds / (1.0 + exposure * (odds - 1.0)))).clip(max=1.0), TASKS)


def cost_effective_tasks(substitution: xr.DataArray, share: xr.DataArray) -> xr.DataArray:
    """Tasks that AI can do and that are worth automating, as a share of all tasks."""
    _expect(substitution, TASKS)
    return _unit(substitution * share, TASKS)


def hours_saved(
    reached: xr.DataArray, tasks: xr.DataArray, hours_saved_share: xr.DataArray
) -> xr.DataArray:
    """Hours no longer needed for the same output, as a share of all hours of the occupation."""
    _expect(reached, WORKERS)
    _expect(tasks, TASKS)
    return _unit(reached * tasks * hours_saved_share, HOURS)


def labour_demand_loss(
    hours: xr.DataArray, output_response: xr.DataArray, age_factor: xr.DataArray
) -> xr.DataArray:
    """Jobs lost (or, below zero, gained) before new tasks, as a share of baseline employment.

    `age_factor` has mean 1 over the people of the occupation, see :func:`age_factors`.

    With hours per output down by q and output up by e q / (1 - q), labour changes by
    (1 - q)(1 + e q / (1 - q)) - 1 = -q (1 - e): an output response of 1 keeps every job.

    Examples
    --------
    >>> q = _unit(xr.DataArray([0.1], dims=["draw"]), HOURS)
    >>> one = xr.DataArray([1.0], dims=["draw"])
    >>> float(labour_demand_loss(q, 0.3 * one, one)[0].round(3)), float(
    ...     labour_demand_loss(q, one, one)[0])
    (0.07, 0.0)
    """
    _expect(hours, HOURS)
    return _unit((hours * (1.0 - output_response) * age_factor).clip(max=1.0), JOBS)


def employment_factor(loss: xr.DataArray, reinstatement_share: xr.DataArray) -> xr.DataArray:
    """Employment relative to the baseline once part of the lost jobs returned as new tasks."""
    _expect(loss, JOBS)
    return _unit(1.0 - loss + reinstatement_share * loss.clip(min=0.0), "share")


def workers_in_need(
    newly_reached: xr.DataArray, exposure: xr.DataArray, training_need_share: xr.DataArray
) -> xr.DataArray:
    """Share of workers whose own work AI newly touches and who are not trained for it.

    A reached worker's work is touched with the probability of a task drawn from it: the exposed
    share of tasks is taken as the share of workers (assumption; tasks within a job are not
    observed for persons).
    """
    _expect(newly_reached, WORKERS)
    _expect(exposure, TASKS)
    return _unit(newly_reached * exposure * training_need_share, WORKERS)


def separated_share(newly_lost: xr.DataArray, attrition_share: xr.DataArray) -> xr.DataArray:
    """Share of the opening stock separated in a year: what not refilling leavers cannot meet."""
    _expect(newly_lost, JOBS)
    return _unit(newly_lost * (1.0 - attrition_share), JOBS)


def age_factors(draws: xr.DataArray, age_share: xr.DataArray) -> xr.DataArray:
    """Age factors (draw, age_group, occupation) with mean 1 over the people of an occupation.

    Labour demand of the occupation is what hours imply; age only says whom it meets. Factors are
    moved, not scaled: one of them may be below zero, and a mean near zero could not be divided by.

    Parameters
    ----------
    draws : DataArray (parameter, draw)
    age_share : DataArray (occupation, age_group)
        Sums to 1 over ages, unit ``share``.
    """
    factors = draws.sel(parameter=list(AGE_FACTORS.values())).rename(parameter="age_group")
    factors = factors.assign_coords(age_group=list(AGE_GROUPS))
    # mean(f - 1) instead of mean(f) - 1: exactly nothing moves where every factor is 1.
    return factors - xr.dot(factors - 1.0, age_share, dim="age_group")


def _expect(array: xr.DataArray, unit: str) -> None:
    if array.attrs.get("unit") != unit:
        raise InputError(f"this step takes {unit!r}, got {array.attrs.get('unit')!r}.")


def _unit(array: xr.DataArray, unit: str) -> xr.DataArray:
    return array.assign_attrs(unit=unit)
