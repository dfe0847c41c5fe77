"""How a nation of cells splits over provinces, and how far AI reaches each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from forecast.errors import InputError
from forecast.stages.composition import province_share
from forecast.types import EmploymentForecast

Floats = NDArray[np.float64]
NATION = "00"
RANGE = ("low_percent", "high_percent")
LOWEST_PERCENT = 0.1  # a province that reports almost no adoption is not beyond all reach


@dataclass(frozen=True)
class Provinces:
    """Shares of provinces by year end, and their reach by AI.

    Parameters
    ----------
    codes : list of str
        시도 codes.
    share : ndarray (year, draw, occupation, sido)
        Of the people of an occupation, the opening stock first; sums to 1 over provinces.
    relative : DataArray (draw, occupation, sido)
        Workers reached relative to the country; its mean over an occupation's workers is 1.
    """

    codes: list[str]
    share: Floats
    relative: xr.DataArray

    def __post_init__(self) -> None:
        gap = np.abs(self.share.sum(axis=3) - 1.0).max()
        if not gap <= 1e-9:
            raise InputError(f"province shares miss 1 by {gap:.1e}: people would be lost or made.")


def split_provinces(
    employment: EmploymentForecast,
    tables: Mapping[str, pd.DataFrame],
    *,
    weight: Floats,
    occupations: Sequence[str],
    years: Sequence[int],
    rng: np.random.Generator,
) -> Provinces:
    """Split every occupation as its major group does, in each draw of the province forecast.

    The age mix of an occupation is taken as the same in every province: employment by province,
    occupation and age together is not published.

    Parameters
    ----------
    employment : EmploymentForecast
        Its scope ``province`` where it has one; else the last published split stays.
    tables : mapping
        ``employment_province`` and, for the reach, ``adoption`` and ``adoption_ranges``.
    weight : ndarray (draw,)
        Parameter ``province_adoption_weight``: 0 reaches every province alike.
    occupations : sequence of str
        Sub-major groups.
    years : sequence of int
        Year ends after the opening stock.
    rng : Generator
        Draws the adoption of provinces that is published as a range only.
    """
    published = province_share(tables["employment_province"], list(occupations))
    codes = [str(code) for code in published["sido"].values]
    first = published.transpose("occupation", "sido").to_numpy()
    n_draw = employment.persons.sizes["draw"]
    share = np.broadcast_to(first, (len(years) + 1, n_draw, *first.shape))
    if "province" in employment.scopes:
        ahead = _forecast_share(employment.scopes["province"], first, codes, occupations, years)
        opening = np.broadcast_to(first, (1, n_draw, *first.shape))
        share = np.concatenate([opening, ahead])
    persons = employment.opening.sum("age_group").to_numpy()
    level = _adoption_draws(tables, codes, persons @ first, n_draw=n_draw, rng=rng)
    reach = level[:, None, :] ** weight[:, None, None]
    relative = reach / (share[0] * reach).sum(axis=2, keepdims=True)
    dims = {"draw": np.arange(n_draw), "occupation": list(occupations), "sido": codes}
    return Provinces(codes, share, xr.DataArray(relative, dims, list(dims)))


def one_nation(n_draw: int, occupations: Sequence[str], years: Sequence[int]) -> Provinces:
    """Take the country as one province: the same people without their place."""
    dims = {"draw": np.arange(n_draw), "occupation": list(occupations), "sido": [NATION]}
    shape = (n_draw, len(occupations), 1)
    return Provinces(
        [NATION],
        np.broadcast_to(1.0, (len(years) + 1, *shape)),
        xr.DataArray(np.ones(shape), dims, list(dims)),
    )


def _forecast_share(
    persons: xr.DataArray,
    published: Floats,
    codes: list[str],
    occupations: Sequence[str],
    years: Sequence[int],
) -> Floats:
    """Split of every major group at the ends of `years`: (year, draw, occupation, sido).

    Where a draw leaves nobody in a group, the published split stays.
    """
    periods = [f"{year}H2" for year in years]
    for dim, wanted in (("period", periods), ("scope", codes)):
        missing = sorted(set(wanted) - set(persons[dim].values.tolist()))
        if missing:
            raise InputError(
                f"province forecast lacks {dim}(s) {missing}: lower scenario.last_year, raise "
                "employment.last_period, or give the provinces of the published table."
            )
    part = persons.sel(scope=codes, period=periods)
    part = part.transpose("period", "draw", "occupation", "scope")
    place = {str(major): row for row, major in enumerate(part["occupation"].values)}
    people = part.to_numpy()[:, :, [place[code[0]] for code in occupations]]
    whole = people.sum(axis=3, keepdims=True)
    kept = np.broadcast_to(published, people.shape).copy()
    return np.divide(people, whole, out=kept, where=whole > 0)


def _adoption_draws(
    tables: Mapping[str, pd.DataFrame],
    codes: list[str],
    persons: Floats,
    *,
    n_draw: int,
    rng: np.random.Generator,
) -> Floats:
    """Firms that use AI by province (draw, sido), relative to their mean over workers.

    Three provinces are printed; of the others only that they lie within a range, which is drawn
    from evenly. A province of which nothing is printed counts as the mean of the printed.
    """
    low, high = np.full(len(codes), np.nan), np.full(len(codes), np.nan)
    for place, code in enumerate(codes):
        low[place], high[place] = _range(tables, code)
    known = np.isfinite(low)
    if not known.any():
        return np.ones((n_draw, len(codes)))
    drawn = low + (high - low) * rng.random((n_draw, len(codes)))
    mean = np.nansum(drawn * persons, axis=1) / persons[known].sum()
    level = np.where(known, drawn, mean[:, None]).clip(min=LOWEST_PERCENT)
    return np.asarray(level / mean[:, None])


def _range(tables: Mapping[str, pd.DataFrame], code: str) -> tuple[float, float]:
    for name, columns in (("adoption", ("value_percent",) * 2), ("adoption_ranges", RANGE)):
        if name in tables:
            table = tables[name]
            rows = table[(table["scope_kind"] == "region") & (table["scope"] == code)]
            if len(rows):
                last = rows.sort_values("year").iloc[-1]
                return float(last[columns[0]]), float(last[columns[1]])
    return np.nan, np.nan
