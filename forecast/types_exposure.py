"""The nouns of exposure: scores of occupations, jobs at risk, and what the stage hands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.checked import require
from forecast.errors import InputError


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
