"""AI adoption by scope, year and scenario: a share of firms, of one measure at a time.

The national series gives speed, ceiling and yearly shocks. Industries and provinces have one
published year of another sample of the same survey: they keep that measure, start from their own
value and borrow the rest. Measures are never chained, nor is a break in a question bridged; other
measures are forecast beside, each from its own last value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import ConfigError
from forecast.models.combination import pool_draws
from forecast.models.diffusion import PARAMETERS, DiffusionPrior
from forecast.models.state_panel import StatePanel, growth_per_year, informed_prior
from forecast.options import AdoptionOptions
from forecast.stages.adoption_beside import forecast_beside
from forecast.stages.adoption_paths import ByCurve, Outlook, borrow, fit_curves
from forecast.stages.adoption_series import (
    MINIMUM_YEARS,
    TABLE,
    Point,
    Series,
    main_series,
    observed,
    scopes_of_year,
)
from forecast.types import AdoptionForecast
from forecast.validation.adoption_backtest import score_series, score_states

Floats = NDArray[np.float64]

PANEL_TABLE = "btos_state"
PANEL_PRIORS = ("btos", "none")
_SCORES = ["stage", "model", "split", "target", "metric", "value", "n", "naive_value"]


def forecast_adoption(
    options: AdoptionOptions,
    tables: Mapping[str, pd.DataFrame],
    *,
    n_draw: int,
    rng: np.random.Generator,
) -> AdoptionForecast:
    """Forecast the share of firms that use AI, by diffusion curves from the last observation.

    Parameters
    ----------
    options : AdoptionOptions
        Scenarios multiply the speed after the last observation; that is their whole assumption.
    tables : mapping
        Needs ``adoption`` (measure, scope_kind, scope, year, value_percent, n_firms), and
        ``btos_state`` with ``panel_prior=btos`` or ``panel_backtest``. With ``beside`` also
        ``adoption_ranges``; ``ksic10`` adds the table of the industries' basis.
    n_draw : int
    rng : Generator

    Returns
    -------
    AdoptionForecast
        Logistic, Gompertz and Bass curves, pooled by their CRPS in the back-test. Scenario
        ``no_ai`` holds the last observed value. Within a draw a faster scenario is never below a
        slower one. A scope's own sampling error at the start is not included: the number of firms
        is published for two industries only.

    Raises
    ------
    InputError, ConfigError
        If the measure is unknown or too short, or a prior or scenario makes no sense.
    """
    table = tables[TABLE]
    series = main_series(table, options.measure)
    scopes: dict[str, Point] = {}  # scope_measure=null: the nation alone
    if options.scope_measure is not None:
        scopes = scopes_of_year(table, options.scope_measure, year=series.last_year)
    years = _years(options, series)
    speeds, declared = _scenario_speeds(options), _prior(options)
    fit_rng, scope_rng, score_rng, panel_rng, beside_rng = rng.spawn(5)

    borrowed = _borrowed(options, declared, tables, n_draw=n_draw, rng=panel_rng)
    scores, weights = _scores(series, declared, options, tables, n_draw=n_draw, rng=score_rng)
    nation = fit_curves(
        series, borrowed.prior, proposals=options.proposals, n_draw=n_draw, rng=fit_rng
    )
    fits = {"all:all": nation} | {
        name: borrow(nation, point.low, spread=borrowed.scope_speed_sd, rng=scope_rng)
        for name, point in scopes.items()
    }
    outlook = Outlook(years, speeds, weights, n_draw)
    value = outlook.paths(fits, dict.fromkeys(fits, series.last_year), fit_rng)
    measures = [options.measure, *[options.scope_measure] * len(scopes)]
    last = {"all:all": float(series.share[-1])} | {name: at.low for name, at in scopes.items()}
    seen = [observed(table, options.measure, ["all:all"])]
    if options.scope_measure is not None:
        seen.append(observed(table, options.scope_measure, list(scopes)))
    beside: tuple[AdoptionForecast, ...] = ()
    if options.beside:
        beside = forecast_beside(
            tables,
            main=options.measure,
            done={options.scope_measure: set(scopes)} if options.scope_measure else {},
            nation=nation,
            outlook=outlook,
            prior=borrowed.prior,
            spread=borrowed.scope_speed_sd,
            proposals=options.proposals,
            rng=beside_rng,
        )
    return AdoptionForecast(
        value=value.assign_coords(measure=("scope", measures)),
        measure=options.measure,
        last_observed=100.0 * pd.Series(last),
        observed=pd.concat(seen, ignore_index=True),
        scores=scores,
        posterior=_posterior(borrowed, nation, weights),
        beside=beside,
        details=_industries(tables, list(fits)),
    )


@dataclass(frozen=True)
class _Borrowed:
    """The prior after what another population has taught, and by what right."""

    prior: DiffusionPrior
    scope_speed_sd: float
    source: str


def _borrowed(
    options: AdoptionOptions,
    declared: DiffusionPrior,
    tables: Mapping[str, pd.DataFrame],
    *,
    n_draw: int,
    rng: np.random.Generator,
) -> _Borrowed:
    if options.panel_prior not in PANEL_PRIORS:
        raise ConfigError(f"adoption.panel_prior={options.panel_prior!r}: choose {PANEL_PRIORS}.")
    if options.panel_prior == "none":
        return _Borrowed(declared, options.scope_speed_sd, "declared")
    if not options.panel_transfer_sd > 0:
        raise ConfigError("adoption.panel_transfer_sd: countries differ; give a number above 0.")
    panel = StatePanel.from_table(tables[PANEL_TABLE])
    common, spread = growth_per_year(panel, declared, n_draw=n_draw, rng=rng)
    prior = informed_prior(declared, common, transfer_sd=options.panel_transfer_sd)
    # Between states and around their common speed: what industries may differ by.
    relative = float(spread.mean() / common.mean()) if common.mean() > 0 else 0.0
    return _Borrowed(prior, relative or options.scope_speed_sd, "declared and US states (BTOS)")


def _years(options: AdoptionOptions, series: Series) -> list[int]:
    years = list(range(series.last_year + 1, options.last_year + 1))
    if not years:
        raise ConfigError(
            f"adoption.last_year={options.last_year} is not after the last observed year "
            f"{series.last_year} of {options.measure}; choose a later one."
        )
    return years


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


def _posterior(borrowed: _Borrowed, nation: ByCurve, weights: Mapping[str, float]) -> pd.DataFrame:
    """Prior beside posterior (curves pooled), in the units of the options."""
    names = {"ceiling": ("ceiling_percent", 100.0), "speed": ("speed_per_year", 1.0)}
    levels = {"lower95": 0.025, "median": 0.5, "upper95": 0.975}
    rows = []
    for parameter in PARAMETERS:
        name, unit = names.get(parameter, (parameter, 1.0))
        drawn = {curve: getattr(fit, parameter) for curve, fit in nation.items()}
        pooled = pool_draws(drawn, weights, np.random.default_rng(0))
        prior = borrowed.prior
        before = {f"prior_{k}": unit * prior.quantile(v)[parameter] for k, v in levels.items()}
        after = {f"posterior_{k}": unit * float(np.quantile(pooled, v)) for k, v in levels.items()}
        effective = min(fit.effective for fit in nation.values())
        source = borrowed.source if parameter == "speed" else "declared"
        rows.append(
            {"parameter": name, **before, **after}
            | {"effective_proposals": effective, "prior_source": source}
        )
    return pd.DataFrame(rows)


def _scores(
    series: Series,
    declared: DiffusionPrior,
    options: AdoptionOptions,
    tables: Mapping[str, pd.DataFrame],
    *,
    n_draw: int,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Back-test under the declared prior: the panel is younger than the vintages."""
    first = max(MINIMUM_YEARS, int((series.years <= options.first_origin).sum()))
    if first >= len(series.years):
        raise ConfigError(
            f"adoption.first_origin={options.first_origin} leaves nothing to compare with in "
            f"{series.years[0]} to {series.last_year}; choose an earlier year."
        )
    table, weights = score_series(
        series.years,
        series.share,
        n_firms=series.n_firms,
        prior=declared,
        first=first,
        proposals=options.proposals,
        n_draw=n_draw,
        rng=rng,
    )
    parts = [table.assign(target=series.measure)]
    if options.panel_backtest:
        panel = StatePanel.from_table(tables[PANEL_TABLE])
        parts.append(score_states(panel, prior=declared, n_draw=n_draw, rng=rng))
    scores = pd.concat(parts, ignore_index=True)
    return scores.assign(stage="adoption", split="rolling_origin")[_SCORES], weights


def _industries(tables: Mapping[str, pd.DataFrame], scopes: list[str]) -> dict[str, pd.DataFrame]:
    """Say of every industry whether its workers are reached at its own rate or the nation's."""
    if "ksic10" not in tables:
        return {}
    codes = tables["ksic10"]["ksic"]
    own = ("industry:" + codes).isin(scopes)
    return {
        "adoption_industries": pd.DataFrame(
            {
                "ksic": codes,
                "scope": ("industry:" + codes).where(own, "all:all"),
                "basis": np.where(own, "own_value", "national_rate"),
            }
        )
    }
