"""The mechanism applied: every named step for one scenario, with or without provinces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from forecast.stages import mechanism
from forecast.stages.exposure_trend import MovingScores


@dataclass(frozen=True)
class Effect:
    """What the steps say, in their order; dimensions are (draw, year, occupation[, sido]).

    Parameters
    ----------
    reached : DataArray
        Share of workers whom AI newly reaches.
    tasks : DataArray (draw, occupation[, year])
        Cost-effective share of tasks.
    hours : DataArray
        Share of hours no longer needed.
    loss : DataArray (…, age_group)
        Jobs lost before new tasks, share of the baseline.
    factor : DataArray (…, age_group)
        Employment relative to the baseline.
    separated, reinstated : DataArray (…, age_group)
        Share of the opening stock separated, and returning as new tasks, in the year.
    touched : DataArray
        Share of workers whose own work AI newly touches in the year, not yet trained for it.
    """

    reached: xr.DataArray
    tasks: xr.DataArray
    hours: xr.DataArray
    loss: xr.DataArray
    factor: xr.DataArray
    separated: xr.DataArray
    reinstated: xr.DataArray
    touched: xr.DataArray


def apply_mechanism(
    firms: xr.DataArray,
    moving: MovingScores,
    parameters: xr.DataArray,
    age_factor: xr.DataArray,
    relative: xr.DataArray | float = 1.0,
) -> Effect:
    """Take the named steps from firms that adopt to people who are separated or touched.

    Parameters
    ----------
    firms : DataArray (draw, year, occupation)
        Adoption gained, unit ``share of firms``.
    moving : MovingScores
        Exposure and substitution, with or without a dimension ``year``.
    parameters : DataArray (parameter, draw)
    age_factor : DataArray (draw, occupation, age_group)
        From :func:`forecast.stages.mechanism.age_factors`.
    relative : DataArray (draw, occupation, sido), optional
        Reach of a province relative to the country.
    """

    def value(name: str) -> xr.DataArray:
        return parameters.sel(parameter=name, drop=True)

    reached = mechanism.workers_reached(
        firms, value("worker_reach"), value("surveyed_share"), relative
    )
    tasks = mechanism.cost_effective_tasks(moving.substitution, value("cost_effective_share"))
    hours = mechanism.hours_saved(reached, tasks, value("hours_saved_share"))
    loss = mechanism.labour_demand_loss(hours, value("output_response"), age_factor)
    newly_lost = _new_in_year(loss.clip(min=0.0)).clip(min=0.0)
    touched = mechanism.workers_in_need(
        _new_in_year(reached), moving.exposure, value("training_need_share")
    )
    if "year" in moving.exposure.dims:
        # Workers reached in an earlier year, whose work the progress of this year newly touches.
        touched = touched + mechanism.workers_in_need(
            _year_before(reached), _rise(moving.exposure), value("training_need_share")
        )
    return Effect(
        reached=reached,
        tasks=tasks,
        hours=hours,
        loss=loss,
        factor=mechanism.employment_factor(loss, value("reinstatement_share")),
        separated=mechanism.separated_share(newly_lost, value("attrition_share")),
        reinstated=newly_lost * value("reinstatement_share"),
        touched=touched,
    )


def _new_in_year(level: xr.DataArray) -> xr.DataArray:
    """What a year adds to a level that starts at zero."""
    added = level - _year_before(level)
    return added.assign_attrs(level.attrs)


def _year_before(level: xr.DataArray) -> xr.DataArray:
    return level.shift(year=1, fill_value=0.0).assign_attrs(level.attrs)


def _rise(score: xr.DataArray) -> xr.DataArray:
    """What a year adds to the highest score so far; the first year adds nothing.

    A score that falls and rises again touches nobody anew: people are trained once.
    """
    years = score.get_axis_num("year")
    highest = np.maximum.accumulate(score.to_numpy(), axis=years)
    added = np.diff(highest, axis=years, prepend=highest.take([0], axis=years))
    return score.copy(data=added)
