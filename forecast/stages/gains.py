"""What a course is associated with, and who would come first.

There is no design behind the published outcomes of courses: those who take one differ from those
who do not. The gain here is a difference between published rates, an association and no effect.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.models.base import Floats
from forecast.stages.published_figures import published_shares
from forecast.stages.turnover import between
from forecast.types import AGE_GROUPS, NEEDS

COMPLETION = ("training_card_completion_rate", "unemployed")
_CARD = ("training_card_employment_rate", "unemployed_completers")
_DIGITAL = ("kdt_employment_rate_6m", "all")
_MIDLIFE = ("polytech_midlife_employment_rate", "midlife_courses")
# Published placement of completers: courses for people of 40 and over there, K-Digital Training
# for the younger (assumption: it prints no ages), the training card for everybody.
PLACEMENT = {
    "15-29": (_CARD, _DIGITAL),
    "30-39": (_CARD, _DIGITAL),
    "40-49": (_CARD, _MIDLIFE),
    "50-59": (_CARD, _MIDLIFE),
    "60+": (_CARD, _MIDLIFE),
}
_CELL = ("occupation", "age_group", "sido")


def course_gains(
    tables: Mapping[str, pd.DataFrame], reemployed: Floats, *, rng: np.random.Generator
) -> Floats:
    """Difference in employment that goes with a course, by need and age: an association.

    completion x (placement of completers - re-employment without a course at that age). Those who
    do not complete are taken to find work as if without a course; completion is published for the
    training card only and taken for every course (assumptions).

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``evidence``.
    reemployed : ndarray (draw, age_group)
        Share employed again within a year without a course, from ``Turnover``.
    rng : Generator
        Draws placement between its lowest and highest published value, all ages together.

    Returns
    -------
    ndarray (draw, need, age_group)
        Negative where people find work more often than completers do. NaN for ``ai_basic`` and
        ``ax``: those people keep their job, and no outcome of their courses is published.
    """
    evidence = tables["evidence"]
    completed = published_shares(evidence, COMPLETION[0], COMPLETION[1:]).mean()
    chance = rng.random(len(reemployed))
    gains = np.full((len(reemployed), len(NEEDS), len(AGE_GROUPS)), np.nan)
    for column, age in enumerate(AGE_GROUPS):
        rates = [published_shares(evidence, key, (group,)) for key, group in PLACEMENT[age]]
        placed = np.concatenate(rates)
        drawn = between(placed.min(), placed.max(), chance)
        gains[:, NEEDS.index("job_change"), column] = completed * (drawn - reemployed[:, column])
    return gains


def priority_table(
    displaced_share: xr.DataArray,
    capacity: Floats,
    gain: Floats,
    employed: xr.DataArray,
    *,
    year: int,
    scenario: str,
) -> pd.DataFrame:
    """Write contract table ``reskilling_priority`` of one year and scenario.

    Priority = P(displaced) x (1 - adaptive capacity) x expected gain of a course for people who
    change jobs, multiplied in every draw and averaged then. Cells without people are left out.

    Parameters
    ----------
    displaced_share : DataArray (draw, occupation, age_group, sido)
        Separated by AI up to the year, of the employed.
    capacity : ndarray (draw, occupation, age_group, sido)
        From :func:`forecast.stages.capacity.adaptive_capacity`.
    gain : ndarray (draw, need, age_group)
        From :func:`course_gains`.
    employed : DataArray (occupation, age_group, sido)
        Persons that the shares are of.

    Returns
    -------
    DataFrame
        Rank 1 is first; equal priorities keep the order of the cells. Where the gain is negative
        nothing published speaks for a course: the order among those cells means nothing.
    """
    displaced = displaced_share.transpose("draw", *_CELL)
    shares = displaced.to_numpy()
    if shares.shape != capacity.shape or gain.shape[0] != len(shares):
        raise InputError(
            f"priority: displaced share {shares.shape}, capacity {capacity.shape} and gain "
            f"{gain.shape} must share draws and cells."
        )
    job_change = gain[:, NEEDS.index("job_change")]
    product = shares * (1.0 - capacity) * job_change[:, None, :, None]
    labels = {str(dim): displaced[dim].values for dim in _CELL}
    cells = pd.MultiIndex.from_product(list(labels.values()), names=["ksco7", "age_group", "sido"])
    means = np.broadcast_to(job_change.mean(axis=0)[None, :, None], shares.shape[1:])
    table = pd.DataFrame(
        {
            "displaced_share": shares.mean(axis=0).ravel(),
            "adaptive_capacity": capacity.mean(axis=0).ravel(),
            "expected_gain": means.ravel(),
            "priority": product.mean(axis=0).ravel(),
            "employed_persons": employed.sel(labels).transpose(*_CELL).to_numpy().ravel(),
        },
        index=cells,
    )
    table = table[table["employed_persons"] > 0].reset_index()
    table = table.sort_values("priority", ascending=False, kind="stable", ignore_index=True)
    table = table.assign(rank=np.arange(1, len(table) + 1), year=year, scenario=scenario)
    keys = ["year", "scenario", "sido", "ksco7", "age_group"]
    values = ["displaced_share", "adaptive_capacity", "expected_gain", "priority", "rank"]
    return table[[*keys, *values, "employed_persons"]]
