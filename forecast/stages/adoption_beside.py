"""Measures of adoption that the chain does not use, each forecast from its own last value."""

from __future__ import annotations

from collections.abc import Mapping, Set

import numpy as np
import pandas as pd

from forecast.models.diffusion import DiffusionPrior
from forecast.stages.adoption_paths import ByCurve, Outlook, borrow, fit_curves
from forecast.stages.adoption_series import (
    TABLE,
    last_points,
    national_series,
    observed,
    ranged_points,
)
from forecast.types import AdoptionForecast

RANGES = "adoption_ranges"


def forecast_beside(
    tables: Mapping[str, pd.DataFrame],
    *,
    main: str,
    done: Mapping[str, Set[str]],
    nation: ByCurve,
    outlook: Outlook,
    prior: DiffusionPrior,
    spread: float,
    proposals: int,
    rng: np.random.Generator,
) -> tuple[AdoptionForecast, ...]:
    """Forecast every other measure that has a value, in order of its name.

    Parameters
    ----------
    tables : mapping
        Needs ``adoption`` and ``adoption_ranges``.
    main : str
        Measure that is forecast already.
    done : mapping
        Measure to scopes that are forecast already.
    nation : dict of str to Diffusion
        Fits of the main measure: what a measure with too few years borrows from.
    outlook : Outlook
    prior : DiffusionPrior
    spread : float
        Standard deviation of the log speed between scopes.
    proposals : int
    rng : Generator

    Returns
    -------
    tuple of AdoptionForecast
        A measure last seen in 2018 starts there; only the years of `outlook` are kept. A scope
        printed as a range starts anywhere in it.
    """
    table = tables[TABLE]
    measures = sorted(table["measure"].unique())
    made = []
    for measure, own_rng in zip(measures, rng.spawn(len(measures)), strict=True):
        points = last_points(table, measure) | ranged_points(tables[RANGES], measure)
        skipped = {"all:all"} if measure == main else done.get(measure, set())
        points = {
            name: point
            for name, point in points.items()
            if name not in skipped and point.year < outlook.years[0]
        }
        if not points:
            continue
        series = national_series(table, measure)
        source = nation
        fits: dict[str, ByCurve] = {}
        if series.long_enough and measure != main:
            source = fit_curves(
                series, prior, proposals=proposals, n_draw=outlook.n_draw, rng=own_rng
            )
            fits["all:all"] = source
        for name, point in points.items():
            if name not in fits:
                start = point.start(outlook.n_draw, own_rng)
                fits[name] = borrow(source, start, spread=spread, rng=own_rng)
        last_years = {name: point.year for name, point in points.items()}
        value = outlook.paths(fits, last_years, own_rng)
        made.append(
            AdoptionForecast(
                value=value.assign_coords(measure=("scope", [measure] * len(fits))),
                measure=measure,
                last_observed=pd.Series(
                    {name: 50.0 * (point.low + point.high) for name, point in points.items()}
                ),
                observed=_observed(tables, measure, list(points)),
                scores=pd.DataFrame(),
            )
        )
    return tuple(made)


def _observed(tables: Mapping[str, pd.DataFrame], measure: str, scopes: list[str]) -> pd.DataFrame:
    """Rows with a value, then those known as a range (without one)."""
    ranges = tables[RANGES]
    names = ranges["scope_kind"] + ":" + ranges["scope"]
    ranged = ranges[(ranges["measure"] == measure) & names.isin(scopes)].drop(columns="source")
    exact = observed(tables[TABLE], measure, scopes)
    return pd.concat([exact, ranged], ignore_index=True) if len(ranged) else exact
