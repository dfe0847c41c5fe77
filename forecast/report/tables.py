"""Contract tables from the results of the stages: draws become intervals here, and only here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from forecast.codebook import TABLES, check_table
from forecast.errors import InputError
from forecast.types import LEVELS, SCENARIOS

if TYPE_CHECKING:
    from forecast.types import (
        AdoptionForecast,
        AtRisk,
        CohortPlan,
        EmploymentForecast,
        ExposureGrowth,
        ExposureResult,
        OccupationScores,
        ReskillingDemand,
    )


def exposure_tables(result: ExposureResult, employed: pd.Series) -> dict[str, pd.DataFrame]:
    """Tables of the exposure stage.

    Parameters
    ----------
    result : ExposureResult
        Scores and jobs at risk as draws.
    employed : Series
        Sub-major code to employed persons in the base year.
    """
    tables = {
        "exposure_isco": _scores(result.isco, "isco08", "title"),
        "exposure_ksco": _ksco(result, employed),
        "headline": pd.DataFrame([_headline(r) for r in result.at_risk.values()]),
        "at_risk_cells": result.cells,
        "threshold_sweep": result.sweep,
        "scores": result.scores,
    }
    if result.soc is not None:
        tables["exposure_soc"] = _scores(result.soc, "soc2018", "title")
    if result.growth is not None:
        tables |= _growth_tables(result.growth)
    return {**tables, **result.details}


def adoption_tables(result: AdoptionForecast) -> dict[str, pd.DataFrame]:
    """Tables of the adoption stage: the measure that the chain uses, then those beside it."""
    every = [result, *result.beside]
    parts = [_adoption(one, "main" if one is result else "beside") for one in every]
    keys = ["measure", "scope_kind", "scope", "year", "scenario", "level"]
    long = pd.concat(parts, ignore_index=True)
    return {
        "adoption_forecast": long[[*keys, "value_percent", "role"]].sort_values(
            keys, ignore_index=True
        ),
        "adoption_observed": pd.concat([one.observed for one in every], ignore_index=True).reindex(
            columns=list(TABLES["adoption_observed"])
        ),
        "adoption_posterior": result.posterior,
        "scores": result.scores,
        **result.details,
    }


def _adoption(result: AdoptionForecast, role: str) -> pd.DataFrame:
    long = quantile_table(result.value, "value_percent")
    kind_and_code = long["scope"].str.split(":", n=1, expand=True)
    long = long.assign(scope_kind=kind_and_code[0], scope=kind_and_code[1], role=role)
    if "measure" in result.value.coords:
        measures = result.value["measure"].to_series()
        long["measure"] = (long["scope_kind"] + ":" + long["scope"]).map(measures)
    else:
        long["measure"] = result.measure
    return long


def employment_tables(
    result: EmploymentForecast, factor: xr.DataArray | None
) -> dict[str, pd.DataFrame]:
    """Tables of the employment stage; scenarios are the baseline times the mechanism's factor.

    Parameters
    ----------
    result : EmploymentForecast
        Baseline draws.
    factor : DataArray (scenario, draw, year, occupation, age_group) or None
        Employment relative to the baseline at the end of each year; without it (the reskilling
        stage was not run) only ``no_ai`` is written.
    """
    frames, totals = [], []
    for scenario in SCENARIOS if factor is not None else ("no_ai",):
        persons = result.persons
        if factor is not None:
            persons = persons * factor_at_periods(factor.sel(scenario=scenario), persons.period)
        persons = persons.transpose("draw", "occupation", "age_group", "period")
        total = persons.sum("age_group").expand_dims(age_group=["all"], axis=2)
        both = xr.concat([persons, total], dim="age_group")
        frames.append(quantile_table(both, "employed_persons").assign(scenario=scenario))
        # An interval of a sum is not the sum of intervals: the nation is summed draw by draw.
        nation = quantile_table(both.sum("occupation"), "employed_persons")
        totals.append(nation.assign(scenario=scenario))
    long = pd.concat(frames, ignore_index=True).rename(columns={"occupation": "ksco7"})
    keys = ["ksco7", "age_group", "period", "scenario", "level"]
    return {
        "employment_forecast": long[[*keys, "employed_persons"]].sort_values(
            keys, ignore_index=True
        ),
        "employment_totals": pd.concat(totals, ignore_index=True)[
            ["age_group", "period", "scenario", "level", "employed_persons"]
        ],
        "employment_history": result.history,
        "scores": result.scores,
        **result.details,
    }


def factor_at_periods(factor: xr.DataArray, periods: xr.DataArray) -> xr.DataArray:
    """Bring year-end factors to half-years: H2 is the year end, H1 lies half way to it.

    Before the first year the factor is 1, because the origin is observed.

    Examples
    --------
    >>> factor = xr.DataArray([[0.9], [0.8]], {"year": [2023, 2024], "draw": [0]}, ("year", "draw"))
    >>> periods = xr.DataArray(["2023H1", "2023H2", "2024H1"], dims="period")
    >>> factor_at_periods(factor, periods).sel(draw=0).round(3).values.tolist()
    [0.95, 0.9, 0.85]
    """
    labels = [str(p) for p in periods.values]
    before = xr.ones_like(factor.isel(year=[0])).assign_coords(
        year=[int(factor.year.values[0]) - 1]
    )
    known = xr.concat([before, factor], dim="year")
    last = int(known.year.values[-1])
    ends = known.sel(year=[min(int(p[:4]), last) for p in labels])
    starts = known.sel(year=[min(int(p[:4]) - 1, last) for p in labels])
    weight = xr.DataArray([1.0 if p.endswith("H2") else 0.5 for p in labels], dims="period")
    ends = ends.rename(year="period").assign_coords(period=labels)
    starts = starts.rename(year="period").assign_coords(period=labels)
    return ends * weight + starts * (1 - weight)


def reskilling_tables(result: ReskillingDemand) -> dict[str, pd.DataFrame]:
    """Tables of the reskilling stage."""
    cell = ("scenario", "year", "sido", "occupation", "age_group")
    demand = _by_code(result.cells.transpose(*cell, "need", "statistic"), wide="statistic")
    keys = ["year", "scenario", "sido", "ksco7", "age_group", "need"]
    parts = result.parts.sel(scenario=[s for s in result.parts["scenario"].values if s != "no_ai"])
    cells = _by_code(parts.transpose(*cell, "part"), wide="part")
    names = {name: f"{name}_persons" for name in result.parts["part"].values}
    national = _mean_and_interval(result.persons.sum(["occupation", "age_group"]))
    by_year = {}
    if result.exposure is not None:
        by_year["exposure_by_year"] = _by_occupation(result.exposure, "exposure", "ksco7", "year")
    order = ("year", "scenario", "occupation", "age_group", "flow")
    by_province = result.ledger.sum("occupation")
    return {
        **by_year,
        "reskilling_totals": _long(
            national.transpose("year", "scenario", "need", "statistic"), "persons", wide="statistic"
        ),
        "reskilling_demand": demand[[*keys, "persons", "lower80", "upper80"]],
        "reskilling_cells": cells.rename(columns=names)[[*keys[:-1], *names.values()]],
        "ledger": _by_code(result.ledger.sum("sido").transpose(*order)),
        "ledger_province": _long(
            by_province.transpose("year", "scenario", "sido", "age_group", "flow"), "persons"
        ),
        "displaced_ledger": _by_code(result.displaced.sum("sido").transpose(*order)),
        "mechanism_parameters": result.parameters,
        **result.details,
    }


def _by_code(array: xr.DataArray, wide: str | None = None) -> pd.DataFrame:
    """Long table of persons; the occupation is called ``ksco7``."""
    return _long(array, "persons", wide=wide).rename(columns={"occupation": "ksco7"})


def cohort_tables(plan: CohortPlan) -> dict[str, pd.DataFrame]:
    """Tables of the cohort stage."""
    return {
        "cohort_targets": plan.targets,
        "cohort_totals": plan.totals,
        "cohort_notes": pd.DataFrame({"note": plan.notes}, dtype=object),
        **plan.details,
    }


def checked(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Hold every table to the codebook; one that is not described there is a fault of ours."""
    return {name: check_table(name, table) for name, table in tables.items()}


def _scores(scores: OccupationScores, key: str, title: str) -> pd.DataFrame:
    frame = pd.DataFrame({key: scores.titles.index, title: scores.titles.to_numpy()})
    for name in ("exposure", "substitution"):
        draws = getattr(scores, name)
        low, high = (draws.quantile(q, "draw", skipna=False).to_numpy() for q in (0.1, 0.9))
        frame[name] = draws.mean("draw").to_numpy()
        frame[f"{name}_lower80"], frame[f"{name}_upper80"] = low, high
    frame.insert(5, "complementarity", scores.complementarity.mean("draw").to_numpy())
    if scores.provenance is None:
        raise InputError(f"{scores.system}: scores do not say what they rest on; add provenance.")
    for column in scores.provenance:
        frame[str(column)] = scores.provenance[column].to_numpy()
    return frame


def _ksco(result: ExposureResult, employed: pd.Series) -> pd.DataFrame:
    chosen = result.chosen
    upper = _scores(result.sub_major, "ksco7", "name_ko").assign(level="sub_major")
    upper["p_at_risk"] = chosen.probability.mean("draw").to_numpy()
    persons = employed.reindex(upper["ksco7"]).to_numpy()
    at_risk = chosen.jobs.to_numpy()  # on the base of the headline, so the groups sum to it
    upper["employed_persons"] = persons
    upper["at_risk_persons"] = at_risk.mean(axis=0)
    upper["at_risk_lower80"], upper["at_risk_upper80"] = np.quantile(at_risk, (0.1, 0.9), axis=0)
    lower = _scores(result.minor, "ksco7", "name_ko").assign(level="minor")
    lower["p_at_risk"] = chosen.probability_minor.mean("draw").to_numpy()
    levels = [upper, lower]
    if result.military is not None:  # scored for completeness; nobody in it is counted
        apart = _scores(result.military, "ksco7", "name_ko").assign(level="minor")
        levels.append(apart.assign(p_at_risk=np.nan))
    return pd.concat(levels, ignore_index=True)


def _growth_tables(growth: ExposureGrowth) -> dict[str, pd.DataFrame]:
    """What was observed of the yearly index, and the trend beyond it."""
    keys = ("ksco7", "year", "index")
    trend = growth.daioe.expand_dims(index=[growth.index], axis=3)
    return {
        "exposure_history": growth.history,
        "exposure_trend": _by_occupation(trend, "value", *keys),
    }


def _by_occupation(draws: xr.DataArray, name: str, *keys: str) -> pd.DataFrame:
    """Quantiles of `draws`, sorted by `keys` and level; the occupation is called ``ksco7``."""
    long = quantile_table(draws, name).rename(columns={"occupation": "ksco7"})
    return long[[*keys, "level", name]].sort_values([*keys, "level"], ignore_index=True)


def _headline(risk: AtRisk) -> dict[str, object]:
    total = risk.jobs.sum("occupation").to_numpy()
    mean = float(total.mean())
    low80, high80, low95, high95 = np.quantile(total, (0.1, 0.9, 0.025, 0.975))
    return {
        "preset": risk.preset,
        "definition": risk.definition,
        "base": risk.base,
        "base_persons": risk.base_persons,
        "at_risk_persons": mean,
        "lower80": low80,
        "upper80": high80,
        "lower95": low95,
        "upper95": high95,
        "share": mean / risk.base_persons,
        "threshold": risk.threshold,
        "published_persons": risk.published_persons,
        "difference_percent": 100 * (mean / risk.published_persons - 1),
    }


def _mean_and_interval(draws: xr.DataArray) -> xr.DataArray:
    """Mean and central 80 % interval over ``draw``, along a new dimension ``statistic``."""
    ends = (draws.quantile(q, "draw", skipna=False).drop_vars("quantile") for q in (0.1, 0.9))
    index = pd.Index(["persons", "lower80", "upper80"], name="statistic")
    return xr.concat([draws.mean("draw"), *ends], dim=index)


def quantile_table(draws: xr.DataArray, name: str) -> pd.DataFrame:
    """Long table of the five quantile levels over dimension ``draw``."""
    levels = draws.quantile(list(LEVELS), "draw", skipna=False).rename(quantile="level")
    return _long(levels.drop_vars("measure", errors="ignore"), name)


def _long(array: xr.DataArray, name: str, *, wide: str | None = None) -> pd.DataFrame:
    """Flatten without a merge: one column per dimension, or one per label of `wide` (last)."""
    dims = [d for d in array.dims if d != wide]
    shape = [array.sizes[d] for d in dims]
    columns: dict[str, np.ndarray | pd.Categorical] = {}
    for position, dim in enumerate(dims):
        codes = np.arange(shape[position]).reshape(
            [-1 if i == position else 1 for i in range(len(dims))]
        )
        labels = array[dim].to_numpy()
        flat = np.broadcast_to(codes, shape).ravel()
        columns[str(dim)] = (
            labels.astype(object)[flat] if labels.dtype.kind in "UOT" else labels[flat]
        )
    if wide is None:
        columns[name] = array.to_numpy().ravel()
    else:
        for index, label in enumerate(array[wide].to_numpy()):
            columns[str(label)] = array.isel({wide: index}).to_numpy().ravel()
    return pd.DataFrame(columns)
