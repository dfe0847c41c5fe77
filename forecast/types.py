"""The nouns: frozen, labelled, checked values that one stage hands to the next.

Every array is an :class:`xarray.DataArray` whose dimensions are found by name, whose codes are
text and whose unit stands in ``attrs["unit"]``. Uncertainty travels as the dimension ``draw``.
Exposure, adoption, jobs and persons are different types: nothing turns one into another except
a named mechanism of :mod:`forecast.stages.reskilling`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError

AGE_GROUPS = ("15-29", "30-39", "40-49", "50-59", "60+")
NEEDS = ("ai_basic", "ax", "job_change")
GROUPS = ("all", "midlife", "movers", "midlife_movers", "transition")  # of people in need
SCENARIOS = ("no_ai", "slow", "central", "fast")
LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)  # the quantiles every interval table is written at


def labelled(
    values: np.ndarray,
    coords: dict[str, object],
    *,
    unit: str,
    low: float = -np.inf,
    high: float = np.inf,
) -> xr.DataArray:
    """Build a checked array: named dimensions, unit, finite values within a range.

    Parameters
    ----------
    values : ndarray
        One axis per entry of `coords`, in that order.
    coords : dict
        Dimension name to labels.
    unit : str
        Written to ``attrs["unit"]``: ``share``, ``percent``, ``persons``, ``jobs``.
    low, high : float
        Smallest and largest value that makes sense in this unit.

    Raises
    ------
    InputError
        If a value is not finite or out of range.

    Examples
    --------
    >>> labelled(np.array([0.2, 0.4]), {"occupation": ["21", "22"]}, unit="share", high=1).dims
    ('occupation',)
    """
    array = xr.DataArray(np.asarray(values, dtype=float), coords=coords, dims=list(coords))
    array.attrs["unit"] = unit
    return require(array, tuple(coords), low=low, high=high)


def require(
    array: xr.DataArray,
    dims: tuple[str, ...],
    *,
    unit: str | None = None,
    low: float = -np.inf,
    high: float = np.inf,
) -> xr.DataArray:
    """Refuse an array with other dimensions, another unit, a gap or an impossible value."""
    if array.dims != dims:
        raise InputError(f"expected dimensions {dims}, got {array.dims}: transpose or rename them.")
    if unit is not None and array.attrs.get("unit") != unit:
        raise InputError(f"expected unit {unit!r}, got {array.attrs.get('unit')!r}.")
    values = array.to_numpy()
    if not np.isfinite(values).all():
        raise InputError(f"{int((~np.isfinite(values)).sum())} value(s) are not finite in {dims}.")
    if values.size and (values.min() < low or values.max() > high):
        raise InputError(
            f"values span {values.min():g} to {values.max():g}; {low:g} to {high:g} is possible."
        )
    return array


@dataclass(frozen=True)
class OccupationScores:
    """Scores of occupations of one classification, as draws.

    Parameters
    ----------
    system : str
        ``soc2018``, ``isco08``, ``ksco7_minor`` or ``ksco7_sub_major``.
    titles : Series
        Occupation code to title (Korean for KSCO).
    exposure, complementarity, substitution : DataArray (draw, occupation)
        Unit ``share``, 0 to 1. Exposure is the share of tasks that AI can do or help with; it is
        not displacement. Substitution is exposure after complementarity is taken off.
    spread : DataArray (occupation)
        Standard deviation of `substitution` between the jobs inside one occupation, 0 to 1.
    provenance : DataFrame, optional
        What each score rests on, indexed like `titles`: `basis` and, by classification,
        `n_indices` or `described_share` and `crosswalk_sd`; see ``stages/provenance.py``.
    """

    system: str
    titles: pd.Series
    exposure: xr.DataArray
    complementarity: xr.DataArray
    substitution: xr.DataArray
    spread: xr.DataArray
    provenance: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        for name in ("exposure", "complementarity", "substitution"):
            require(getattr(self, name), ("draw", "occupation"), unit="share", low=0.0, high=1.0)
        require(self.spread, ("occupation",), unit="share", low=0.0, high=1.0)
        codes = list(self.exposure.occupation.values)
        if codes != list(self.titles.index):
            raise InputError(f"{self.system}: titles and scores name different occupations.")
        if self.provenance is not None and list(self.provenance.index) != codes:
            raise InputError(f"{self.system}: provenance and scores name different occupations.")


@dataclass(frozen=True)
class AtRisk:
    """Jobs at risk under one preset, as draws.

    Parameters
    ----------
    preset, definition, base : str
        Name of the preset, what counts as at risk, and what the share is a share of.
    probability : DataArray (draw, occupation)
        P(at risk) by KSCO-7 sub-major group, unit ``share``.
    probability_minor : DataArray (draw, occupation)
        The same by minor group.
    jobs : DataArray (draw, occupation)
        Jobs at risk by sub-major group in the unit of `base`, unit ``jobs``.
    base_persons, published_persons : float
        Denominator, and the published figure (NaN where none is published).
    threshold : float
        The cut-off that the definition implies (on the score that it cuts).
    """

    preset: str
    definition: str
    base: str
    probability: xr.DataArray
    probability_minor: xr.DataArray
    jobs: xr.DataArray
    base_persons: float
    published_persons: float
    threshold: float

    def __post_init__(self) -> None:
        for array in (self.probability, self.probability_minor):
            require(array, ("draw", "occupation"), unit="share", low=0.0, high=1.0)
        require(self.jobs, ("draw", "occupation"), unit="jobs", low=0.0)


@dataclass(frozen=True)
class ExposureGrowth:
    """Capability of AI by occupation and year, in units of the DAIOE index, as draws.

    Parameters
    ----------
    daioe : DataArray (draw, occupation, year)
        Index by KSCO-7 sub-major group from the last observed year (equal in all draws) on, unit
        ``daioe``. It sums progress on benchmarks: a unit of capability, not a share of tasks.
    base_year : int
        Year whose technology the exposure scores rate.
    model, index : str
        Trend that extends the index, and which DAIOE index it is.
    history : DataFrame
        ksco7, year, daioe_genai (missing before 2012), daioe_allapps: what was observed.
    scores : DataFrame
        Rolling-origin rows of contract table ``scores``.
    """

    daioe: xr.DataArray
    base_year: int
    model: str
    index: str
    history: pd.DataFrame
    scores: pd.DataFrame

    def __post_init__(self) -> None:
        require(self.daioe, ("draw", "occupation", "year"), unit="daioe")
        years = self.daioe["year"].values.tolist()
        if not (self.daioe > 0).all() or self.base_year not in years:
            raise InputError(
                f"exposure growth needs positive values and its base year {self.base_year}; it has "
                f"years {years[0]} to {years[-1]}."
            )

    @property
    def value(self) -> xr.DataArray:
        """Log growth since the base year (draw, occupation, year), unit ``log growth``."""
        ratio = self.daioe / self.daioe.sel(year=self.base_year, drop=True)
        return ratio.copy(data=np.log(ratio.to_numpy())).assign_attrs(unit="log growth")


@dataclass(frozen=True)
class ExposureResult:
    """All that the exposure stage hands on.

    `cells` and `sweep` are tables: the raked industry × occupation cells with their multipliers
    (contract table ``at_risk_cells``) and jobs at risk over a range of thresholds. `model` is the
    fitted model whose predictions were carried to Korea, `model_name` its name, `columns` its
    descriptor columns; `scores` the cross-validation rows of contract table ``scores``;
    `split_hashes` the fingerprint of each way to split; `fit_seconds` the time of one fit of each
    model; `details` further tables by name. With
    `growth` exposure moves by year in the chain; without it stays that of the base year.
    `military` are the Korean minor groups of the armed forces, for whom no jobs are counted.
    `redrawn` are scores like `sub_major` in which one source of uncertainty (`index`, `model`,
    `crosswalk`, or `all` of them) comes from draw ``redraw_order[d]`` and the rest from draw d.
    """

    isco: OccupationScores
    minor: OccupationScores
    sub_major: OccupationScores
    at_risk: dict[str, AtRisk]
    preset: str
    cells: pd.DataFrame
    sweep: pd.DataFrame
    scores: pd.DataFrame
    model: Any
    model_name: str
    columns: list[str]
    soc: OccupationScores | None = None
    military: OccupationScores | None = None
    split_hashes: dict[str, str] = field(default_factory=dict)
    fit_seconds: dict[str, float] = field(default_factory=dict)
    details: dict[str, pd.DataFrame] = field(default_factory=dict)
    growth: ExposureGrowth | None = None
    redrawn: dict[str, OccupationScores] = field(default_factory=dict)
    redraw_order: np.ndarray | None = None

    @property
    def chosen(self) -> AtRisk:
        """Jobs at risk under the preset of this run."""
        return self.at_risk[self.preset]


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
    `objective` the gain of the plan, `gap` the proven distance to the optimum (0 = optimal).
    """

    targets: pd.DataFrame
    totals: pd.DataFrame
    objective: float
    gap: float
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        persons = self.targets["persons"]
        if not pd.api.types.is_integer_dtype(persons) or (persons < 0).any():
            raise InputError("cohort targets must be whole numbers of at least 0.")
