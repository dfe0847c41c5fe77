"""Exposure over time: the yearly DAIOE index carried to Korean occupations and extended by a trend.

DAIOE counts benchmark progress weighted by an occupation's abilities: capability, not a share of
tasks. What its growth does to the 0-1 exposure of the chain is a parameter of the mechanism.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr

from forecast.checked import labelled
from forecast.classifications import Crosswalk, require_codes
from forecast.errors import ConfigError, InputError
from forecast.models.exposure_trend import (
    LEAST_YEARS,
    MEMBERS,
    NAIVE,
    Floats,
    common_share,
    extend,
    widened,
    width_factor,
)
from forecast.options import ExposureTrendOptions
from forecast.stages import mechanism
from forecast.types import ExposureGrowth, OccupationScores
from forecast.validation.backtest import Vintage, each_vintage, score_vintages

STAGE = "exposure_trend"
INDICES = ("daioe_genai", "daioe_allapps")
CALIBRATED = "calibrated"  # suffix of the chosen trend with intervals widened by other origins
TEST_DRAWS = 500  # of each vintage: fixed, so that scores do not follow the draws of a run


def project_exposure_growth(
    tables: Mapping[str, pd.DataFrame],
    options: ExposureTrendOptions,
    *,
    sub_major_codes: Sequence[str],
    n_draw: int,
    rng: np.random.Generator,
) -> ExposureGrowth:
    """Extend the yearly index to `options.last_year`, with intervals that past errors have set.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Reference tables ``isco_daioe``, ``ksco7_isco08`` and ``ksco7``.
    options : ExposureTrendOptions
    sub_major_codes : sequence of str
        KSCO-7 sub-major groups of the chain.
    n_draw : int
    rng : Generator
        Separate streams serve the back-test and the forecast.

    Returns
    -------
    ExposureGrowth
        The trend is the one named, or under ``auto`` that of the lowest CRPS over the origins
        from `options.first_origin` on.
    """
    if options.index not in INDICES:
        raise ConfigError(f"exposure.trend.index is {options.index!r}; choose from {INDICES}.")
    if options.model not in ("auto", *MEMBERS):
        raise ConfigError(
            f"exposure.trend.model is {options.model!r}; choose auto or one of {list(MEMBERS)}."
        )
    if options.max_horizon < 1 or not options.half_life_years > 0 or not 0 <= options.damping <= 1:
        raise ConfigError(
            f"exposure.trend: max_horizon {options.max_horizon}, half_life_years "
            f"{options.half_life_years}, damping {options.damping}; expected at least 1, above 0, "
            "and 0 to 1."
        )
    history = observed_history(tables, sub_major_codes)
    wide = {index: _measured(history, index) for index in INDICES}
    past = wide[options.index]
    seen = int(past.columns[-1])
    if not seen <= options.base_year < options.last_year:
        raise ConfigError(
            f"exposure.trend: base_year {options.base_year} and last_year {options.last_year}; "
            f"expected {seen} (last observed) <= base_year < last_year."
        )
    streams = dict(zip((*INDICES, "forecast"), rng.spawn(3), strict=True))
    tests = {index: _back_test(wide[index], options, rng=streams[index]) for index in INDICES}
    scores = pd.concat([_score_rows(wide[i], tests[i], options, index=i) for i in INDICES])
    best = _best(scores, options.index) if options.model == "auto" else options.model
    chosen = [v for v in tests[options.index] if _origin(past, v) >= options.first_origin]
    checked = _cross_calibrated(chosen, best)
    calibrated = score_vintages(
        checked, naive=NAIVE, season=1, stage=STAGE, split="rolling_origin", target=options.index
    )
    scores = pd.concat([scores, calibrated[calibrated["model"] != NAIVE]], ignore_index=True)

    growth = extend(
        best,
        past.to_numpy(),
        horizon=options.last_year - seen,
        n_draw=n_draw,
        half_life=options.half_life_years,
        damping=options.damping,
        rng=streams["forecast"],
    )
    growth = widened(growth, width_factor(*_errors(chosen, best)))
    paths = past.to_numpy()[:, -1:] * np.exp(np.pad(growth, ((0, 0), (0, 0), (1, 0))))
    coords = {
        "draw": np.arange(n_draw),
        "occupation": list(past.index),
        "year": list(range(seen, options.last_year + 1)),
    }
    return ExposureGrowth(
        daioe=labelled(paths, coords, unit="daioe"),
        base_year=options.base_year,
        model=best,
        index=options.index,
        history=history,
        scores=scores,
    )


def observed_history(
    tables: Mapping[str, pd.DataFrame], sub_major_codes: Sequence[str]
) -> pd.DataFrame:
    """Average the yearly index from ISCO-08 over minor to sub-major groups, in its own unit.

    Returns
    -------
    DataFrame
        ksco7, year, daioe_genai (missing before 2012), daioe_allapps. Stated weights of the
        crosswalk, not draws of them: they move the level of an occupation, hardly its growth.
        Unit groups without the index leave the averages.
    """
    daioe, units = tables["isco_daioe"], tables["ksco7"].query("level == 'unit'")
    require_codes(sub_major_codes, tables["ksco7"]["ksco7"], what="sub-major groups")
    counts = units.groupby("parent").size()
    counts = counts[counts.index.str[:2].isin(list(sub_major_codes))]
    links = tables["ksco7_isco08"]
    links = links[links["ksco7"].isin(counts.index)]
    down = Crosswalk.from_links(
        links,
        source="isco08",
        target="ksco7",
        sources=sorted({*links["isco08"], *daioe["isco08"]}),
        targets=counts.index,
    )
    upward = pd.DataFrame({"minor": counts.index, "weight": counts.to_numpy(dtype=float)})
    up = Crosswalk.from_links(
        upward.assign(sub_major=upward["minor"].str[:2]),
        source="minor",
        target="sub_major",
        targets=sub_major_codes,
    )
    columns = []
    for index in INDICES:
        by_year = daioe.pivot(index="isco08", columns="year", values=index)
        carried = by_year.apply(lambda scores: up.average_scores(down.average_scores(scores)))
        if (lost := carried.index[carried.isna().all(axis=1)]).size:
            raise InputError(f"isco_daioe: no {index} reaches sub-major group(s) {list(lost)}.")
        long = carried.rename_axis("ksco7").melt(
            var_name="year", value_name=index, ignore_index=False
        )
        columns.append(long.set_index("year", append=True))
    table = pd.concat(columns, axis=1).sort_index().reset_index()
    return table.astype({"year": "int64"})


@dataclass(frozen=True)
class MovingScores:
    """Exposure and substitution of the years of the chain, and exposure in every year.

    Without growth both are those of the base year, without a dimension ``year``, and `every_year`
    is None.
    """

    exposure: xr.DataArray
    substitution: xr.DataArray
    every_year: xr.DataArray | None


def move_scores(
    scores: OccupationScores,
    growth: ExposureGrowth | None,
    elasticity: xr.DataArray,
    *,
    years: Sequence[int],
) -> MovingScores:
    """Let exposure and substitution grow with the capability index.

    Parameters
    ----------
    scores : OccupationScores
        Of the base year.
    growth : ExposureGrowth or None
        With the same number of draws; more occupations and years do not matter.
    elasticity : DataArray (draw)
        Parameter ``exposure_growth``; at 0 every year equals the base year exactly.
    years : sequence of int
    """
    if growth is None:
        return MovingScores(scores.exposure, scores.substitution, None)
    value, occupations = growth.value, list(scores.titles.index)
    for name, wanted in (("year", years), ("occupation", occupations)):
        if missing := sorted(set(wanted) - set(value[name].values.tolist())):
            raise InputError(
                f"exposure growth lacks {name}(s) {missing}: raise exposure.trend.last_year, or "
                "give it the occupations of the employment table."
            )
    if value.sizes["draw"] != scores.exposure.sizes["draw"]:
        raise InputError(
            f"exposure has {scores.exposure.sizes['draw']} draws and its growth "
            f"{value.sizes['draw']}; both need the same number."
        )
    value = value.sel(occupation=occupations).assign_coords(draw=scores.exposure["draw"])
    exposure, substitution = (
        mechanism.score_in_year(score, scores.exposure, value, elasticity).transpose(*value.dims)
        for score in (scores.exposure, scores.substitution)
    )
    wanted = list(years)
    return MovingScores(exposure.sel(year=wanted), substitution.sel(year=wanted), exposure)


def _measured(history: pd.DataFrame, index: str) -> pd.DataFrame:
    """Sub-major group by year, from the first year in which the index was measured."""
    wide = history.pivot(index="ksco7", columns="year", values=index).dropna(axis=1, how="all")
    years = wide.columns.to_numpy()
    if wide.isna().any().any() or (np.diff(years) != 1).any():
        raise InputError(
            f"isco_daioe: {index} has gaps between {years[0]} and {years[-1]}; a trend needs every "
            "year of every group from the first one on."
        )
    return wide


def _origin(past: pd.DataFrame, vintage: Vintage) -> int:
    return int(past.columns[vintage.n_seen - 1])


def _back_test(
    past: pd.DataFrame, options: ExposureTrendOptions, *, rng: np.random.Generator
) -> list[Vintage]:
    """Forecast from every possible origin; scored in logs, where growth is what the chain uses."""
    years = past.columns.to_numpy()
    if not years[LEAST_YEARS - 1] <= options.first_origin < years[-1]:
        raise ConfigError(
            f"exposure.trend.first_origin is {options.first_origin}; expected "
            f"{years[LEAST_YEARS - 1]} to {years[-1] - 1} for {options.index}."
        )
    draws = partial(
        extend,
        n_draw=TEST_DRAWS,
        half_life=options.half_life_years,
        damping=options.damping,
        rng=rng,
    )

    def forecaster(logs: Floats, horizon: int) -> dict[str, Floats]:
        past = np.exp(logs)
        return {name: logs[:, -1:] + draws(name, past, horizon=horizon) for name in MEMBERS}

    made = each_vintage(
        np.log(past.to_numpy()),
        forecaster,
        origins=range(LEAST_YEARS, len(years)),
        max_horizon=options.max_horizon,
    )
    return list(made)


def _score_rows(
    past: pd.DataFrame, vintages: list[Vintage], options: ExposureTrendOptions, *, index: str
) -> pd.DataFrame:
    """Rows of ``scores``: from the first origin that is asked for, and from the first possible."""
    first = _origin(past, vintages[0])
    late = [v for v in vintages if _origin(past, v) >= options.first_origin]
    parts = [
        score_vintages(chosen, naive=NAIVE, season=1, stage=STAGE, split=split, target=index)
        for split, chosen in (("rolling_origin", late), (f"rolling_origin_{first}", vintages))
    ]
    shared = {
        "stage": STAGE,
        "split": "in_sample",
        "target": index,
        "model": "common_growth",
        "metric": "share_of_squares",
        "value": common_share(past.to_numpy()),
        "n": past.size - len(past),
        "naive_value": np.nan,
    }
    return pd.concat([*parts, pd.DataFrame([shared])], ignore_index=True)


def _best(scores: pd.DataFrame, index: str) -> str:
    rows = scores.query(
        "split == 'rolling_origin' and metric == 'crps_scaled' and target == @index"
    )
    return str(rows.sort_values(["value", "model"])["model"].iloc[0])


def _errors(vintages: list[Vintage], model: str) -> tuple[list[Floats], list[Floats]]:
    """Log growth since the origin: forecast draws, and what then happened."""
    draws = [vintage.draws[model] - vintage.past[:, -1:] for vintage in vintages]
    return draws, [vintage.observed - vintage.past[:, -1:] for vintage in vintages]


def _cross_calibrated(vintages: list[Vintage], model: str) -> list[Vintage]:
    """Widen each vintage by what the errors of the other origins ask for: never by its own."""
    made = []
    draws, observed = _errors(vintages, model)
    for out, vintage in enumerate(vintages):
        others = [place for place in range(len(vintages)) if place != out]
        factor = width_factor([draws[i] for i in others], [observed[i] for i in others])
        kept = {NAIVE: vintage.draws[NAIVE]}
        kept[f"{model}_{CALIBRATED}"] = vintage.past[:, -1:] + widened(draws[out], factor)
        made.append(Vintage(vintage.n_seen, kept, vintage.observed, vintage.past))
    return made
