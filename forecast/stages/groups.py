"""People in need who are 이·전직자 or 중장년: two groups that overlap, and nobody counted twice.

중장년 are people of 40-64. The ledger knows 60+ only, so that part of it stands for ages 60-64,
and need is taken as even within 60+ (assumption). 이·전직자 are all whom AI separates and, of
those who keep their job, as many as leave or change their employer in an ordinary year at their
age. Within an age group both are taken as independent (assumption: no cross-table is published).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.models.base import Floats
from forecast.stages.draw_tables import interval_table
from forecast.stages.published_figures import published_row
from forecast.types import AGE_GROUPS, GROUPS, NEEDS

EMPLOYED_MIDLIFE = "employed_40_64"
NATION = "00"
_MIDLIFE_AGES, _OLDEST = ("40-49", "50-59"), "60+"
_DIMS = ("scenario", "draw", "year", "sido", "age_group", "need")


def midlife_share(tables: Mapping[str, pd.DataFrame], persons: xr.DataArray) -> Floats:
    """Share of the employed of 60 and over who are 60-64, per draw.

    Published employment of ages 40-64 less the baseline's 40-59, over its 60+, in the year of the
    published figure (mean of its half-years).

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``evidence``.
    persons : DataArray (draw, occupation, age_group, period)
        Baseline employment, persons.

    Returns
    -------
    ndarray (draw,)
        Held within 0 to 1; a mean outside is refused, because the figure would not fit.
    """
    row = published_row(tables["evidence"], EMPLOYED_MIDLIFE, unit="persons")
    periods = [p for p in persons["period"].values if str(p)[:4] == str(row["year"])[:4]]
    if len(periods) != 2:
        raise InputError(
            f"{EMPLOYED_MIDLIFE} is of {row['year']}; the baseline has {periods} of that year, "
            "expected both half-years."
        )
    ages = persons.sel(period=periods).mean("period").sum("occupation")
    middle = ages.sel(age_group=list(_MIDLIFE_AGES)).sum("age_group").to_numpy()
    share = (float(row["value"]) - middle) / ages.sel(age_group=_OLDEST).to_numpy()
    if not 0.0 <= share.mean() <= 1.0:
        raise InputError(
            f"{EMPLOYED_MIDLIFE}: {row['value']:,.0f} employed of 40-64 leave a share of "
            f"{share.mean():.2f} of ages 60+; expected 0 to 1. Check the figure and its year."
        )
    return np.asarray(np.clip(share, 0.0, 1.0))


def group_persons(persons: xr.DataArray, *, midlife: Floats, moving: Floats) -> xr.DataArray:
    """Split people in need into the groups, in every draw.

    Parameters
    ----------
    persons : DataArray (scenario, draw, year, sido, age_group, need)
        People newly in need; provinces, without the country.
    midlife : ndarray (draw,)
        From :func:`midlife_share`.
    moving : ndarray (draw, age_group)
        Employed people who leave or change their employer in an ordinary year: published mobility
        and exit rates of registered workers, scaled to all employed.

    Returns
    -------
    DataArray (draw, scenario, year, group, sido, need)
        ``sido`` 00 first, the sum over provinces.
    """
    if set(persons.dims) != set(_DIMS) or NATION in persons["sido"].values:
        raise InputError(f"groups: expected {_DIMS} by province, got {persons.dims}.")
    n_draw = persons.sizes["draw"]
    if midlife.shape != (n_draw,) or moving.shape != (n_draw, len(AGE_GROUPS)):
        raise InputError(
            f"groups: midlife {midlife.shape} and moving {moving.shape} do not fit {n_draw} draws."
        )
    if not ((moving >= 0.0) & (moving <= 1.0)).all():
        raise InputError("groups: shares of workers who move must lie between 0 and 1.")
    weight = _weights(midlife, moving)
    ordered = persons.sel(age_group=list(AGE_GROUPS), need=list(NEEDS)).transpose(
        "draw", "scenario", "year", "sido", "age_group", "need"
    )
    by_province = np.einsum("dtysan,dgan->dtygsn", ordered.to_numpy(), weight, optimize=True)
    nation = by_province.sum(axis=4, keepdims=True)
    return xr.DataArray(
        np.concatenate([nation, by_province], axis=4),
        {
            "draw": np.arange(n_draw),
            "scenario": persons["scenario"].values,
            "year": persons["year"].values,
            "group": list(GROUPS),
            "sido": [NATION, *persons["sido"].values],
            "need": list(NEEDS),
        },
        ("draw", "scenario", "year", "group", "sido", "need"),
        attrs={"unit": "persons"},
    )


def transition_groups(persons: xr.DataArray, *, midlife: Floats, moving: Floats) -> pd.DataFrame:
    """Write contract table ``transition_groups``; arguments as in :func:`group_persons`."""
    table = interval_table(group_persons(persons, midlife=midlife, moving=moving), "persons")
    keys = ["year", "scenario", "sido", "group", "need"]
    return table[[*keys, "persons", "lower80", "upper80"]]


def _weights(midlife: Floats, moving: Floats) -> Floats:
    """Share of each age and need that belongs to a group: (draw, group, age_group, need)."""
    inside = np.zeros_like(moving)
    inside[:, [AGE_GROUPS.index(age) for age in _MIDLIFE_AGES]] = 1.0
    inside[:, AGE_GROUPS.index(_OLDEST)] = midlife
    old = np.repeat(inside[:, :, None], len(NEEDS), axis=2)
    moves = np.repeat(moving[:, :, None], len(NEEDS), axis=2)
    moves[:, :, NEEDS.index("job_change")] = 1.0  # AI has separated them
    both = old * moves
    by_group = {
        "all": np.ones_like(old),
        "midlife": old,
        "movers": moves,
        "midlife_movers": both,
        "transition": old + moves - both,
    }
    return np.stack([by_group[name] for name in GROUPS], axis=1)
