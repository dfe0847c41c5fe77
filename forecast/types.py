"""The nouns: frozen, labelled, checked values that one stage hands to the next.

Every array is an :class:`xarray.DataArray` whose dimensions are found by name, whose codes are
text and whose unit stands in ``attrs["unit"]``. Uncertainty travels as the dimension ``draw``.
Exposure, adoption, jobs and persons are different types: nothing turns one into another except
a named mechanism of :mod:`forecast.stages.reskilling`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

from forecast.checked import require
from forecast.errors import InputError
from forecast.types_exposure import AtRisk, ExposureGrowth, ExposureResult, OccupationScores

__all__ = [
    "AGE_GROUPS",
    "GROUPS",
    "LEVELS",
    "NEEDS",
    "SCENARIOS",
    "AdoptionForecast",
    "AtRisk",
    "CohortPlan",
    "EmploymentForecast",
    "ExposureGrowth",
    "ExposureResult",
    "OccupationScores",
    "ReskillingDemand",
]

AGE_GROUPS = ("15-29", "30-39", "40-49", "50-59", "60+")
NEEDS = ("ai_basic", "ax", "job_change")
GROUPS = ("all", "midlife", "movers", "midlife_movers", "transition")  # of people in need
SCENARIOS = ("no_ai", "slow", "central", "fast")
LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)  # the quantiles every interval table is written at


@dataclass(frozen=True)
class AdoptionForecast:
    """AI adoption by scope and year: a share of firms, never of workers or of tasks.

    Parameters
    ----------
    value : DataArray (scenario, draw, scope, year)
        Unit ``percent``, 0 to 100. `scope` labels are ``kind:code`` (``all:all``, ``industry:J``);
        the coordinate `measure` along `scope` says which adoption each of them is.
    measure : str
        Which adoption is measured, e.g. ``firm_50plus_research_sample``.
    last_observed : Series
        Scope to the last observed value (percent).
    observed : DataFrame
        measure, scope_kind, scope, year, value_percent: what the curve was fitted to.
    scores : DataFrame
        Rolling-origin rows of contract table ``scores``.
    posterior : DataFrame
        parameter, then lower95, median, upper95 under prior and posterior, effective_proposals:
        what the few points have taught beyond the priors; prior_source says who set the prior.
    beside : tuple of AdoptionForecast
        Other measures, which nothing after this stage uses.
    details : dict of str to DataFrame
        Further tables by name.
    """

    value: xr.DataArray
    measure: str
    last_observed: pd.Series
    observed: pd.DataFrame
    scores: pd.DataFrame
    posterior: pd.DataFrame = field(default_factory=pd.DataFrame)
    beside: tuple[AdoptionForecast, ...] = ()
    details: dict[str, pd.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dims = ("scenario", "draw", "scope", "year")
        require(self.value, dims, unit="percent", low=0.0, high=100.0)


@dataclass(frozen=True)
class EmploymentForecast:
    """Baseline employment, coherent in every draw: it has cells only, and totals are their sums.

    Parameters
    ----------
    persons : DataArray (draw, occupation, age_group, period)
        Baseline (``no_ai``) by KSCO-7 sub-major group, unit ``persons``, periods after the origin.
    opening : DataArray (occupation, age_group)
        Employed persons in the last observed half-year.
    origin : str
        The last half-year seen, e.g. ``2022H2``.
    history : DataFrame
        period, ksco7, age_group, employed_persons: what was seen; `imputed` marks cells that the
        source left empty and its total filled.
    scores : DataFrame
        Rolling-origin rows of contract table ``scores``.
    details : dict of str to DataFrame
        Further tables by name: scoreboard and method.
    scopes : dict of str to DataArray (draw, scope, occupation, period)
        By ``industry`` and ``province``: KSCO-7 major groups, each draw adding up to `persons`.
    """

    persons: xr.DataArray
    opening: xr.DataArray
    origin: str
    history: pd.DataFrame
    scores: pd.DataFrame
    details: dict[str, pd.DataFrame] = field(default_factory=dict)
    scopes: dict[str, xr.DataArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dims = ("draw", "occupation", "age_group", "period")
        require(self.persons, dims, unit="persons", low=0.0)
        require(self.opening, ("occupation", "age_group"), unit="persons", low=0.0)


@dataclass(frozen=True)
class ReskillingDemand:
    """Who needs which training, with the accounts it was derived from.

    Parameters
    ----------
    persons : DataArray (scenario, draw, year, occupation, age_group, need)
        People newly in need in a year, unit ``persons``. A person-year has at most one need.
    by_province : DataArray (scenario, draw, year, sido, age_group, need)
        The same people by province.
    cells : DataArray (scenario, statistic, year, occupation, age_group, sido, need)
        Mean over draws (``persons``) and the ends of the central 80 % interval of every cell.
    parts : DataArray (scenario, part, year, occupation, age_group, sido)
        Means of ``opening``, ``touched``, ``separated``, ``returned`` and ``adapted``: the needs
        add up to touched + separated - returned - adapted.
    ledger : DataArray (scenario, flow, year, occupation, age_group, sido)
        Means over draws; ``opening`` + sum of the other flows = ``closing``, outflows negative.
    displaced : DataArray (scenario, flow, year, occupation, age_group, sido)
        The same for people separated by AI and not employed since, by the occupation they left.
    employment_factor : DataArray (scenario, draw, year, occupation, age_group)
        Employment under the scenario divided by the ``no_ai`` baseline, at year end.
    parameters : DataFrame
        name, value (mean of draws), lower80, upper80, neutral, source: the mechanism used.
    exposure : DataArray (draw, occupation, year) or None
        Exposure by year under the trend, unit ``share``; None: it does not move.
    details : dict of str to DataFrame
        Further tables by name.
    """

    persons: xr.DataArray
    by_province: xr.DataArray
    cells: xr.DataArray
    parts: xr.DataArray
    ledger: xr.DataArray
    displaced: xr.DataArray
    employment_factor: xr.DataArray
    parameters: pd.DataFrame
    exposure: xr.DataArray | None = None
    details: dict[str, pd.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dims = ("scenario", "draw", "year", "occupation", "age_group")
        cell = ("year", "occupation", "age_group", "sido")
        require(self.persons, (*dims, "need"), unit="persons", low=0.0)
        require(self.employment_factor, dims, unit="share", low=0.0)
        require(
            self.by_province,
            ("scenario", "draw", "year", "sido", "age_group", "need"),
            unit="persons",
            low=0.0,
        )
        require(self.cells, ("scenario", "statistic", *cell, "need"), unit="persons", low=0.0)
        require(self.parts, ("scenario", "part", *cell), unit="persons", low=0.0)
        for account in (self.ledger, self.displaced):
            require(account, ("scenario", "flow", *cell), unit="persons")
        if self.exposure is not None:
            years = ("draw", "occupation", "year")
            require(self.exposure, years, unit="share", low=0.0, high=1.0)
        nation = self.persons.sum("occupation")
        for what, other in (
            ("provinces do not add up to the nation in every draw", self.by_province.sum("sido")),
            (
                "cells do not add up to the mean of the nation",
                self.cells.sel(statistic="persons").sum(["sido", "occupation"]),
            ),
        ):
            whole = nation if "draw" in other.dims else nation.mean("draw")
            gap = np.abs(other - whole).max() / max(float(whole.max()), 1.0)
            if gap > 1e-9:
                raise InputError(f"people in need: {what} (off by {float(gap):.1e}).")


@dataclass(frozen=True)
class CohortPlan:
    """Whole-number targets that add up, and their totals against the published figures.

    `targets` and `totals` are the contract tables ``cohort_targets`` and ``cohort_totals``;
    `objective` the gain of the plan, `gap` the proven distance to the optimum (0 = optimal);
    `details` the tables that explain them.
    """

    targets: pd.DataFrame
    totals: pd.DataFrame
    objective: float
    gap: float
    notes: list[str] = field(default_factory=list)
    details: dict[str, pd.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        persons = self.targets["persons"]
        if not pd.api.types.is_integer_dtype(persons) or (persons < 0).any():
            raise InputError("cohort targets must be whole numbers of at least 0.")
