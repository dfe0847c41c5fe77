"""Moves between Korean occupations: what they cost, where they lead, and the skills they ask for.

Feasibility says how little stands in the way of a move, not how many people make it: Korea
publishes no moves between sub-major groups. Weights of the costs are declared ranges, compared
with experts' judgements of related occupations in :mod:`forecast.stages.move_fit`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from forecast.checked import require
from forecast.errors import InputError
from forecast.features.moves import COSTS, feasibility, monthly_wage, move_costs, skill_gaps
from forecast.models.base import Floats
from forecast.stages.minor_shares import expected_shares, printed_shares
from forecast.stages.move_fit import move_fit
from forecast.stages.vacancies import openings

# Cost to the parameter of conf/scenario that weighs it.
WEIGHTS = {
    "distance": "feasibility_weight",
    "zone_rise": "zone_weight",
    "wage_fall": "wage_fall_weight",
    "licence": "licence_weight",
}
DESTINATIONS_WITH_GAPS = 10
GAPS_PER_MOVE = 5


@dataclass(frozen=True)
class Transitions:
    """Moves between sub-major groups.

    Parameters
    ----------
    occupations, provinces : tuple of str
        KSCO-7 sub-major groups and 시도 codes, in order.
    costs : Dataset of (origin, destination)
        See :func:`forecast.features.moves.move_costs`.
    feasibility : ndarray (draw, origin, destination)
        1 = no cost; 0 to the own occupation.
    openings : DataArray (occupation, sido)
        Vacancies of a half-year, ``persons``.
    wage : ndarray (occupation)
        Monthly wage of the major group, krw.
    """

    occupations: tuple[str, ...]
    provinces: tuple[str, ...]
    costs: xr.Dataset
    feasibility: Floats
    openings: xr.DataArray
    wage: Floats

    def __post_init__(self) -> None:
        n = len(self.occupations)
        require(self.openings, ("occupation", "sido"), unit="persons", low=0.0)
        feasible = self.feasibility
        if feasible.ndim != 3 or feasible.shape[1:] != (n, n) or self.wage.shape != (n,):
            raise InputError(
                f"transitions: feasibility {feasible.shape} and wage {self.wage.shape} do not fit "
                f"{n} occupations."
            )
        if not ((feasible >= 0.0) & (feasible <= 1.0)).all() or feasible.diagonal(0, 1, 2).any():
            raise InputError("transitions: feasibility must be 0 to 1, and 0 to one's own group.")

    def weighed(self, parameters: xr.DataArray) -> Transitions:
        """Return the same moves under other weights of their costs."""
        return replace(self, feasibility=_feasible(self.costs, parameters))

    @property
    def country_openings(self) -> Floats:
        """Vacancies of a half-year by occupation, all provinces (persons)."""
        return np.asarray(self.openings.sum("sido").to_numpy())


def draw_transitions(
    tables: Mapping[str, pd.DataFrame],
    parameters: xr.DataArray,
    *,
    occupations: Sequence[str],
    provinces: Sequence[str],
) -> Transitions:
    """Put costs, weights and openings together; the weights are the only thing that is drawn.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``isco_descriptors``, ``ksco7_isco08``, ``ksco7``, ``employment_age``,
        ``employment_province``, ``minor_employment``, ``wages``, ``licensed_minors``,
        ``vacancies``, ``keco_ksco7``.
    parameters : DataArray (parameter, draw)
        With the four of :data:`WEIGHTS`.
    occupations, provinces : sequence of str
    """
    costs = move_costs(tables, occupations, minor_share=_minor_share(tables))
    return Transitions(
        occupations=tuple(occupations),
        provinces=tuple(provinces),
        costs=costs,
        feasibility=_feasible(costs, parameters),
        openings=openings(tables, occupations=occupations, provinces=provinces),
        wage=monthly_wage(tables["wages"], occupations),
    )


def transition_tables(
    transitions: Transitions, tables: Mapping[str, pd.DataFrame], *, parameters: xr.DataArray
) -> dict[str, pd.DataFrame]:
    """Return ``occupation_moves``, ``skill_gaps`` of the likeliest moves, and ``move_fit``.

    Parameters
    ----------
    transitions : Transitions
    tables : mapping of str to DataFrame
        Those of :func:`draw_transitions`, ``descriptors`` and ``related_occupations``.
    parameters : DataArray (parameter, draw)
        The weights that `transitions` was drawn with.
    """
    moves = _moves(transitions)
    best = moves.loc[moves["rank"] <= DESTINATIONS_WITH_GAPS, ["ksco7", "ksco7_to"]]
    used = {name: float(_weight(parameters, name).mean()) for name in COSTS}
    return {
        "occupation_moves": moves,
        "skill_gaps": skill_gaps(tables, transitions.occupations, moves=best, n_gap=GAPS_PER_MOVE),
        "move_fit": move_fit(tables, transitions.costs, used=used),
    }


def _moves(transitions: Transitions) -> pd.DataFrame:
    """Every pair of two groups, the likeliest destination of each origin first."""
    feasible, open_ = transitions.feasibility, transitions.country_openings
    share = _shares(feasible * open_).mean(axis=0)
    n = len(transitions.occupations)
    order = np.argsort(-share, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    origin, to = (side.ravel() for side in np.indices((n, n)))
    lower, upper = np.quantile(feasible, [0.1, 0.9], axis=0)
    costs = {name: transitions.costs[name].to_numpy() for name in ("distance", "zone_rise")}
    codes = np.asarray(transitions.occupations)
    cells = {
        **costs,
        "wage_change": transitions.wage[None, :] / transitions.wage[:, None] - 1.0,
        "licensed_share": transitions.costs["licence"].to_numpy(),
        "vacancies": np.broadcast_to(open_, (n, n)),
        "feasibility": feasible.mean(axis=0),
        "lower80": lower,
        "upper80": upper,
        "move_share": share,
    }
    table = pd.DataFrame(
        {
            "ksco7": codes[origin],
            "ksco7_to": codes[to],
            "rank": rank.ravel() + 1,
            **{name: np.ravel(value) for name, value in cells.items()},
        }
    )
    others = table[table["ksco7"] != table["ksco7_to"]]
    return others.sort_values(["ksco7", "rank"], kind="stable").reset_index(drop=True)


def _shares(weight: Floats) -> Floats:
    """Rows to shares of 1; where nothing is open nobody goes anywhere."""
    total = weight.sum(axis=-1, keepdims=True)
    return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)


def _feasible(costs: xr.Dataset, parameters: xr.DataArray) -> Floats:
    return feasibility(costs, {name: _weight(parameters, name) for name in COSTS})


def _weight(parameters: xr.DataArray, cost: str) -> Floats:
    return np.asarray(parameters.sel(parameter=WEIGHTS[cost]).to_numpy(), dtype=float)


def _minor_share(tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Central share of each minor group of the occupations in the employment table."""
    published = tables.get("employment_published", tables["employment_age"])
    ksco7 = tables["ksco7"]
    minors = ksco7.loc[ksco7["level"] == "minor", "ksco7"].sort_values()
    units = ksco7[ksco7["level"] == "unit"].groupby("parent").size().reindex(minors)
    return expected_shares(printed_shares({**tables, "employment_age": published}), units)
