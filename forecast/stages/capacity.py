"""Adaptive capacity: how well a person placed here could adapt if the job went.

After Manning and Aguirre (2026), with what Korea publishes. Five components, each the share of
workers who stand below: re-employment of the age, tertiary education, wage, diversity of feasible
moves, and openings nearby. No weights are published for Korea, so that weights are drawn around
equal ones (assumption).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.checked import labelled
from forecast.errors import InputError
from forecast.models.base import Floats
from forecast.stages.counting import median
from forecast.stages.draw_tables import interval_table
from forecast.stages.opportunity import move_measures
from forecast.stages.ranking import share_below
from forecast.stages.transitions import Transitions
from forecast.stages.turnover import reemployment
from forecast.types import AGE_GROUPS

COMPONENTS = ("age", "education", "wage", "moves", "local_demand")
# Dirichlet(4, 4, 4, 4, 4): four draws in five give a component between a tenth and a third
# (assumption; 1 would make every weighting equally likely, more brings them nearer to equal).
WEIGHT_CONCENTRATION = 4.0
MOST_EXPOSED = 0.25  # the quarter of workers that Manning and Aguirre (2026) call highly exposed
CELL = ("occupation", "age_group", "sido")


@dataclass(frozen=True)
class AdaptiveCapacity:
    """Adaptive capacity of people by occupation, age and province.

    Parameters
    ----------
    value : ndarray (draw, occupation, age_group, sido)
        0 to 1, weighted mean of the components.
    components : DataArray (component, occupation, age_group, sido)
        Shares of workers below, means over draws.
    weights : ndarray (draw, component)
        Sum to 1 in every draw.
    """

    value: Floats
    components: xr.DataArray
    weights: Floats

    def __post_init__(self) -> None:
        if not ((self.value >= 0.0).all() and (self.value <= 1.0).all()):
            raise InputError("adaptive capacity must lie between 0 and 1.")
        if self.value.shape[1:] != self.components.shape[1:]:
            raise InputError("adaptive capacity and its components name different cells.")


def adaptive_capacity(
    tables: Mapping[str, pd.DataFrame],
    transitions: Transitions,
    stock: xr.DataArray,
    *,
    n_draw: int,
    rng: np.random.Generator,
    concentration: float = WEIGHT_CONCENTRATION,
) -> AdaptiveCapacity:
    """Place people among all workers by five components, and draw the weights.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``evidence`` (re-employment by age) and ``employment_education``.
    transitions : Transitions
        Feasibility of moves (draw, origin, destination), openings and wages.
    stock : DataArray (occupation, age_group, sido)
        Employed persons: whom the shares are shares of.
    n_draw : int
        As many as the feasibility has.
    rng : Generator
        Draws the weights.
    concentration : float
        Of the Dirichlet; the larger, the nearer the weights are to equal ones.

    Returns
    -------
    AdaptiveCapacity
    """
    if len(transitions.feasibility) != n_draw:
        raise InputError(
            f"feasibility has {len(transitions.feasibility)} draws, capacity was asked for "
            f"{n_draw}; all stages need the same number."
        )
    occupations, provinces = list(transitions.occupations), list(transitions.provinces)
    stock = stock.sel(occupation=occupations, age_group=list(AGE_GROUPS), sido=provinces)
    # The same order in memory, whatever came: sums to the last bit.
    persons = np.ascontiguousarray(stock.transpose(*CELL).to_numpy(), dtype=float)
    placed = _components(tables, transitions, persons, occupations)
    weights = rng.dirichlet(np.full(len(COMPONENTS), concentration), size=n_draw)
    # No component varies by everything, so that only the last sum is as large as the result.
    part = {
        name: weights[:, row, None, None, None] * placed[name]
        for row, name in enumerate(COMPONENTS)
    }
    of_work = part["education"] + part["wage"] + part["moves"]
    value = of_work + part["local_demand"] + part["age"]
    np.clip(value, 0.0, 1.0, out=value)  # weights sum to 1 but for rounding
    means = [np.broadcast_to(placed[name].mean(axis=0), persons.shape) for name in COMPONENTS]
    coords: dict[str, object] = {
        "component": list(COMPONENTS),
        "occupation": occupations,
        "age_group": list(AGE_GROUPS),
        "sido": provinces,
    }
    return AdaptiveCapacity(
        value=value,
        components=labelled(np.stack(means), coords, unit="share", low=0.0, high=1.0),
        weights=weights,
    )


def capacity_table(capacity: AdaptiveCapacity) -> pd.DataFrame:
    """Write contract table ``adaptive_capacity``: components, then capacity with its interval."""
    coords = {str(dim): capacity.components[dim].values for dim in CELL}
    draws = xr.DataArray(
        capacity.value, {"draw": np.arange(len(capacity.value)), **coords}, ("draw", *CELL)
    )
    table = interval_table(draws, "capacity").rename(columns={"occupation": "ksco7"})
    for name in COMPONENTS:
        table[name] = capacity.components.sel(component=name).to_numpy().ravel()
    keys = ["ksco7", "age_group", "sido"]
    return table[[*keys, *COMPONENTS, "capacity", "lower80", "upper80"]]


def adaptable_share(
    capacity: AdaptiveCapacity,
    exposure: Floats,
    stock: xr.DataArray,
    *,
    most_exposed: float = MOST_EXPOSED,
) -> Floats:
    """Share of the most exposed workers whose capacity is above the median of all workers.

    To read beside ``adaptable_share_of_exposed`` of the evidence (United States); not fitted.

    Parameters
    ----------
    capacity : AdaptiveCapacity
    exposure : ndarray (draw, occupation)
        In the order of the components' occupations.
    stock : DataArray (occupation, age_group, sido)
        Employed persons.
    most_exposed : float
        Share of workers; the occupation at the border counts in part.

    Returns
    -------
    ndarray (draw,)
    """
    cells = capacity.components
    labels = {str(dim): cells[dim].values for dim in CELL}
    persons = stock.sel(labels).transpose(*CELL).to_numpy()
    flat = capacity.value.reshape(len(capacity.value), -1)
    middle = median(flat, np.broadcast_to(persons.ravel(), flat.shape))
    above = (flat > middle).reshape(capacity.value.shape)
    adaptable = np.einsum("doas,oas->do", above, persons)
    employed = persons.sum(axis=(1, 2))
    order = np.argsort(-exposure, axis=1, kind="stable")
    before = np.cumsum(employed[order], axis=1) - employed[order]
    wanted = most_exposed * employed.sum()
    taken = np.clip(wanted - before, 0.0, employed[order])
    inside = np.take_along_axis(adaptable, order, axis=1)
    share = np.divide(inside, employed[order], out=np.zeros_like(inside), where=employed[order] > 0)
    return np.asarray((taken * share).sum(axis=1) / wanted)


def _components(
    tables: Mapping[str, pd.DataFrame],
    transitions: Transitions,
    persons: Floats,
    occupations: list[str],
) -> dict[str, Floats]:
    """Each component as shares of workers below, with length 1 along what it does not vary by."""
    by_occupation, by_age = persons.sum(axis=(1, 2)), persons.sum(axis=(0, 2))
    places = transitions.openings.sel(occupation=occupations, sido=list(transitions.provinces))
    openings = places.transpose("occupation", "sido").to_numpy()
    workers = persons.sum(axis=1)
    destinations, nearby, _ = move_measures(
        transitions.feasibility,
        np.column_stack([openings.sum(axis=1), openings]),
        transitions.wage,
        people=np.column_stack([by_occupation, workers]),
    )
    # Destinations of the whole country, and openings per worker of the own province.
    local = share_below(nearby[:, :, 1:].reshape(len(nearby), -1), workers.ravel())
    education = _tertiary_share(tables["employment_education"], occupations)
    found = reemployment(tables["evidence"], np.array([0.5]))  # the order of ages, not their draws
    return {
        "age": share_below(found[0], by_age)[None, None, :, None],
        "education": share_below(education, by_occupation)[None, :, None, None],
        "wage": share_below(np.log(transitions.wage), by_occupation)[None, :, None, None],
        "moves": share_below(destinations[:, :, 0], by_occupation)[:, :, None, None],
        "local_demand": local.reshape(len(nearby), *workers.shape)[:, :, None, :],
    }


def _tertiary_share(education: pd.DataFrame, occupations: list[str]) -> Floats:
    """Share with tertiary education by sub-major group, all half-years of the table together."""
    rows = education[education["level"] == "sub_major"]
    # A cell that the source leaves empty counts as none, as everywhere in the chain.
    employed = rows["employed_persons"].astype(float).fillna(0.0)
    table = employed.groupby([rows["ksco7"], rows["education"]]).sum().unstack().fillna(0.0)
    total = table.sum(axis=1)
    known = set(total[total > 0].index) if "tertiary" in table else set()
    missing = sorted(set(occupations) - known)
    if missing:
        raise InputError(
            f"employment_education: nobody employed, or no level 'tertiary', in sub-major group(s) "
            f"{missing}. Rebuild it with scripts/build_reference.py."
        )
    return (table["tertiary"] / total).loc[occupations].to_numpy(dtype=float)
