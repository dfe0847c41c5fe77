"""AI adoption by scope, year and scenario: a share of firms, of one measure at a time.

The national series gives speed, ceiling and yearly shocks. Industries and provinces have one
published year of another sample of the same survey: they keep that measure, start from their own
value and borrow the rest. Measures are never chained.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from forecast.errors import ConfigError, InputError
from forecast.models.diffusion import (
    PARAMETERS,
    Diffusion,
    DiffusionPrior,
    draw_shocks,
    fit_diffusion,
)
from forecast.options import AdoptionOptions
from forecast.types import AdoptionForecast, labelled
from forecast.validation.diffusion_backtest import score_diffusion

Floats = NDArray[np.float64]

MINIMUM_YEARS = 3  # two changes: one cannot tell speed from shock
_TABLE = "adoption"
_COLUMNS = ["measure", "scope_kind", "scope", "year", "value_percent", "n_firms"]


def forecast_adoption(
    options: AdoptionOptions,
    tables: Mapping[str, pd.DataFrame],
    *,
    n_draw: int,
    rng: np.random.Generator,
) -> AdoptionForecast:
    """Forecast the share of firms that use AI, by logistic diffusion from the last observation.

    Parameters
    ----------
    options : AdoptionOptions
        Scenarios multiply the speed after the last observation; that is their whole assumption.
    tables : mapping
        Needs ``adoption`` (measure, scope_kind, scope, year, value_percent, n_firms).
    n_draw : int
    rng : Generator

    Returns
    -------
    AdoptionForecast
        Scenario ``no_ai`` holds the last observed value. Within a draw a faster scenario is never
        below a slower one. A scope's own sampling error at the start is not included: the number
        of firms is published for two industries only.

    Raises
    ------
    InputError, ConfigError
        If the measure is unknown or too short, or a prior or scenario makes no sense.
    """
    series = _national(tables[_TABLE], options.measure)
    scopes = pd.Series(dtype=float)  # scope_measure=null: the nation alone
    if options.scope_measure is not None:
        scopes = _scopes(tables[_TABLE], options.scope_measure, year=series.last_year)
    years = list(range(series.last_year + 1, options.last_year + 1))
    if not years:
        raise ConfigError(
            f"adoption.last_year={options.last_year} is not after the last observed year "
            f"{series.last_year} of {options.measure}; choose a later one."
        )
    prior, speeds = _prior(options), _scenario_speeds(options)
    fit_rng, scope_rng, score_rng = rng.spawn(3)

    national = fit_diffusion(
        series.years,
        series.share,
        n_firms=series.n_firms,
        prior=prior,
        proposals=options.proposals,
        n_draw=n_draw,
        rng=fit_rng,
    )
    shocks = draw_shocks(n_draw, len(years), rng=fit_rng)
    fits = {"all:all": national}
    for name, share in scopes.items():
        fits[str(name)] = _scope_fit(
            national, float(share), spread=options.scope_speed_sd, rng=scope_rng
        )
    held = [np.full((n_draw, len(years)), fit.start) for fit in fits.values()]
    moving = [
        [fit.paths(shocks, speed_factor=speed) for fit in fits.values()]
        for speed in speeds.values()
    ]
    value = labelled(
        100.0 * np.moveaxis(np.array([held, *moving]), 1, 2),
        {
            "scenario": ["no_ai", *speeds],
            "draw": np.arange(n_draw),
            "scope": list(fits),
            "year": years,
        },
        unit="percent",
        low=0.0,
        high=100.0,
    )
    measures = [options.measure, *[options.scope_measure] * len(scopes)]
    return AdoptionForecast(
        value=value.assign_coords(measure=("scope", measures)),
        measure=options.measure,
        last_observed=pd.Series({name: 100.0 * fit.start for name, fit in fits.items()}),
        observed=_observed(tables[_TABLE], options, list(fits)),
        scores=_scores(series, prior, options, n_draw=n_draw, rng=score_rng),
        posterior=_posterior(prior, national),
    )


@dataclass(frozen=True)
class _Series:
    """One measure for the whole country, ascending."""

    measure: str
    years: NDArray[np.int_]
    share: Floats
    n_firms: Floats

    @property
    def last_year(self) -> int:
        return int(self.years[-1])


def _national(table: pd.DataFrame, measure: str) -> _Series:
    missing = set(_COLUMNS) - set(table.columns)
    if missing:
        raise InputError(f"{_TABLE} lacks column(s) {sorted(missing)}; add them.")
    national = table[table["scope_kind"] == "all"]
    rows = national[national["measure"] == measure].sort_values("year")
    if rows["year"].duplicated().any():
        raise InputError(f"{_TABLE}: {measure} has two national values in one year; keep one.")
    if len(rows) < MINIMUM_YEARS:
        counts = national["measure"].value_counts()
        long = sorted(counts[counts >= MINIMUM_YEARS].index)
        raise ConfigError(
            f"adoption.measure={measure!r} has {len(rows)} national value(s), "
            f"{MINIMUM_YEARS} are needed; choose one of {long}."
        )
    return _Series(
        measure,
        rows["year"].to_numpy(dtype=int),
        _share(rows),
        rows["n_firms"].to_numpy(dtype=float, na_value=np.nan),
    )


def _scopes(table: pd.DataFrame, measure: str, *, year: int) -> pd.Series:
    """Return the share of every scope below the nation published for `year`, by ``kind:code``."""
    rows = table[(table["measure"] == measure) & (table["year"] == year)]
    rows = rows[rows["scope_kind"] != "all"].sort_values(["scope_kind", "scope"])
    if rows.empty:
        scoped = table[(table["year"] == year) & (table["scope_kind"] != "all")]
        raise ConfigError(
            f"adoption.scope_measure={measure!r} has no industry, province or size in {year}; "
            f"choose one of {sorted(scoped['measure'].unique())}, or null for the nation alone."
        )
    names = pd.Index(rows["scope_kind"] + ":" + rows["scope"], dtype=object)
    if names.has_duplicates:
        raise InputError(f"{_TABLE}: {measure} of {year} repeats a scope of {list(names)}.")
    return pd.Series(_share(rows), index=names)


def _share(rows: pd.DataFrame) -> Floats:
    percent = rows["value_percent"].to_numpy(dtype=float)
    wrong = rows[~((percent > 0) & (percent < 100))]
    if len(wrong):
        raise InputError(
            f"{_TABLE}: {tuple(wrong[_COLUMNS[:5]].iloc[0])} is not between 0 and 100 %, exclusive."
        )
    return np.asarray(percent / 100.0)


def _prior(options: AdoptionOptions) -> DiffusionPrior:
    low, high = (_range(options, "ceiling_percent")[place] / 100.0 for place in (0, 1))
    return DiffusionPrior(
        (low, high), _range(options, "speed_per_year"), _range(options, "yearly_shock")
    )


def _range(options: AdoptionOptions, key: str) -> tuple[float, float]:
    ends = list(getattr(options, key))
    if len(ends) != 2 or not 0.0 < ends[0] < ends[1]:
        raise ConfigError(f"adoption.{key}={ends}: give the two ends of a 95 % range, low first.")
    if key == "ceiling_percent" and ends[1] >= 100.0:
        raise ConfigError(f"adoption.{key}={ends}: no ceiling of 100 % is assumed; end below it.")
    return float(ends[0]), float(ends[1])


def _scenario_speeds(options: AdoptionOptions) -> dict[str, float]:
    speeds = {str(name): float(speed) for name, speed in options.scenario_speed.items()}
    if "no_ai" in speeds or "central" not in speeds or min(speeds.values()) < 0:
        raise ConfigError(
            f"adoption.scenario_speed={speeds}: multipliers of at least 0, with `central` among "
            "them and without `no_ai`, which holds the last observed value."
        )
    return speeds


def _scope_fit(
    national: Diffusion, share: float, *, spread: float, rng: np.random.Generator
) -> Diffusion:
    """Borrow the national posterior for a scope that was seen once.

    One point cannot tell whether a scope is ahead in time (part 0: the nation's ceiling) or heads
    elsewhere (part 1: as far below its ceiling as the nation is below its own, on the logit scale).
    The part is drawn evenly over all values that keep the ceiling above what was observed.
    """
    ceiling = logit(national.ceiling)
    shift = logit(share) - logit(national.start)
    short = np.maximum(logit(share) - ceiling, 0.0)  # how far the nation's ceiling is too low
    lowest = short / shift if shift > 0 else np.zeros_like(ceiling)
    part = lowest + (1.0 - lowest) * rng.uniform(0.01, 1.0, size=ceiling.shape)
    return Diffusion(
        ceiling=np.asarray(expit(ceiling + part * shift)),
        speed=national.speed * np.exp(spread * rng.standard_normal(ceiling.shape)),
        yearly_shock=national.yearly_shock,
        start=share,
        effective=national.effective,
    )


def _observed(table: pd.DataFrame, options: AdoptionOptions, scopes: list[str]) -> pd.DataFrame:
    """Rows that the forecast rests on, each under its own measure."""
    names = table["scope_kind"] + ":" + table["scope"]
    national = (table["measure"] == options.measure) & (table["scope_kind"] == "all")
    parts = (table["measure"] == options.scope_measure) & names.isin(scopes[1:])
    keys = ["measure", "scope_kind", "scope", "year"]
    rows = table.loc[national | parts, [*keys, "value_percent"]]
    return rows.sort_values(keys, ignore_index=True)


def _posterior(prior: DiffusionPrior, fit: Diffusion) -> pd.DataFrame:
    """Prior beside posterior, in the units of the options."""
    names = {"ceiling": ("ceiling_percent", 100.0), "speed": ("speed_per_year", 1.0)}
    levels = {"lower95": 0.025, "median": 0.5, "upper95": 0.975}
    rows = []
    for parameter in PARAMETERS:
        name, unit = names.get(parameter, (parameter, 1.0))
        draws = getattr(fit, parameter)
        before = {f"prior_{k}": unit * prior.quantile(v)[parameter] for k, v in levels.items()}
        after = {f"posterior_{k}": unit * float(np.quantile(draws, v)) for k, v in levels.items()}
        rows.append({"parameter": name, **before, **after, "effective_proposals": fit.effective})
    return pd.DataFrame(rows)


def _scores(
    series: _Series,
    prior: DiffusionPrior,
    options: AdoptionOptions,
    *,
    n_draw: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    first = max(MINIMUM_YEARS, int((series.years <= options.first_origin).sum()))
    if first >= len(series.years):
        raise ConfigError(
            f"adoption.first_origin={options.first_origin} leaves nothing to compare with in "
            f"{series.years[0]} to {series.last_year}; choose an earlier year."
        )
    table = score_diffusion(
        series.years,
        series.share,
        n_firms=series.n_firms,
        prior=prior,
        first=first,
        proposals=options.proposals,
        n_draw=n_draw,
        rng=rng,
    )
    table = table.assign(stage="adoption", split="rolling_origin", target=series.measure)
    return table[["stage", "model", "split", "target", "metric", "value", "n", "naive_value"]]
