"""A small finished run to explain: draws of a toy chain written as the contract tables of a run.

The draws go through the mechanism's own formulas, so that what must add up adds up in every draw;
no figure in it means anything.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.codebook import TABLES, check_table
from forecast.data import reference
from forecast.stages.parameters import AGE_FACTORS, PARAMETERS
from forecast.types import AGE_GROUPS, LEVELS, NEEDS

YEARS = (2025, 2026)
SCENARIOS = ("no_ai", "slow", "central", "fast")
PACE = {"no_ai": 0.0, "slow": 0.5, "central": 1.0, "fast": 1.5}
SIDO = {"11": 0.7, "51": 0.3}  # province and its share of everybody
KSCO7 = {"31": "경영 및 회계 관련 사무직", "42": "돌봄·보건 및 개인 생활 서비스직"}
N_DRAW = 60
VERSIONS = {"forecast": "0.1.0", "numpy": "2.4.6", "python": "3.11.7"}
CELL = ["year", "scenario", "sido", "ksco7", "age_group"]
TARGET = "year=2026,scenario=central,sido=11,ksco7=31,age_group=40-49,need=job_change"


def write_run(folder: Path, tables: dict[str, pd.DataFrame] | None = None, **config) -> Path:
    """Write a run folder as the pipeline does: tables, configuration, manifest last."""
    (folder / "tables").mkdir(parents=True)
    for name, table in (run_tables() if tables is None else tables).items():
        table.to_parquet(folder / "tables" / f"{name}.parquet", index=False)
    data = {"kind": "reference", "employment_industry": None, **config}
    lines = [f"  {key}: {'null' if value is None else value}" for key, value in data.items()]
    (folder / "config.yaml").write_text("\n".join(["name: chain", "data:", *lines]) + "\n", "utf-8")
    manifest = {
        "schema_version": 1, "name": "chain", "seed": 7, "draws": N_DRAW, "preset": "kiet_2022",
        "provenance": "synthetic", "commit": "0123abc", "versions": VERSIONS,
        "inputs": reference.input_hashes(),
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    return folder


def run_tables(seed: int = 5) -> dict[str, pd.DataFrame]:
    """Every table that an explanation reads, held to the codebook."""
    rng = np.random.default_rng(seed)
    parameters = {p.name: _parameter(p, rng) for p in PARAMETERS}
    opening = _draws(rng.gamma(20.0, 2_000.0, (N_DRAW, 2, 5)), ksco7=list(KSCO7), age=AGE_GROUPS)
    steps = {s: _chain(PACE[s], parameters, opening, seed) for s in SCENARIOS}
    people = {s: _people(steps[s], parameters, opening) for s in SCENARIOS}
    tables = {
        **_demand(people),
        "mechanism_steps": _step_table(steps),
        "mechanism_parameters": _parameter_table(parameters),
        "adaptive_capacity": _capacity(rng),
        **_employment(opening),
        **_adoption(),
        "exposure_ksco": _exposure(),
    }
    return {name: check_table(name, table) for name, table in tables.items()}


def product(**columns) -> pd.DataFrame:
    return pd.DataFrame(list(itertools.product(*columns.values())), columns=list(columns))


def _draws(values, **labels):
    dims = ("draw", *labels)
    return xr.DataArray(values, {key: list(label) for key, label in labels.items()}, dims)


def _parameter(parameter, rng):
    centre = parameter.neutral if parameter.name in AGE_FACTORS.values() else 0.4
    return _draws(rng.triangular(0.5 * centre, centre, 1.5 * centre, N_DRAW))


def _chain(pace, p, opening, seed):
    """The named steps by draw, year, occupation and, from the loss on, age."""
    rng = np.random.default_rng(seed)  # the same shocks in every scenario
    shape = (N_DRAW, len(YEARS), len(KSCO7))
    labels = {"year": YEARS, "ksco7": list(KSCO7)}
    rises = rng.gamma(2.0, 0.01, shape).cumsum(axis=1)
    gained = pace * _draws(rises, **labels)
    exposed = _draws(np.minimum(rng.beta(4, 4, shape)[:, :1] * [[[1.0], [1.05]]], 1.0), **labels)
    substituted = 0.7 * exposed
    reached = (gained * p["worker_reach"] * p["surveyed_share"]).clip(max=1.0)
    tasks = substituted * p["cost_effective_share"]
    hours = reached * tasks * p["hours_saved_share"]
    share = opening.mean("draw") / opening.mean("draw").sum("age")
    factors = xr.concat([p[name] for name in AGE_FACTORS.values()], "age")
    factors = factors.assign_coords(age=list(AGE_GROUPS))
    factors = factors - ((factors - 1.0) * share).sum("age")
    loss = (hours * (1.0 - p["output_response"]) * factors).clip(max=1.0)
    lost = loss.clip(min=0.0)
    newly_lost = (lost - lost.shift(year=1, fill_value=0.0)).clip(min=0.0)
    before = reached.shift(year=1, fill_value=0.0)
    rise = (exposed - exposed.shift(year=1).fillna(exposed)).clip(min=0.0)
    touched = ((reached - before) * exposed + before * rise) * p["training_need_share"]
    return {
        "adoption_gained": gained, "workers_reached": reached, "exposure": exposed,
        "substitution": substituted, "cost_effective_tasks": tasks, "hours_saved": hours,
        "demand_loss": loss, "employment_factor": 1.0 - loss + p["reinstatement_share"] * lost,
        "separated": newly_lost * (1.0 - p["attrition_share"]),
        "reinstated": newly_lost * p["reinstatement_share"], "touched": touched,
        "ax_share": 0.5 * p["ax_share"] * xr.ones_like(touched),
    }  # fmt: skip


def _people(steps, p, opening):
    """Persons by draw and cell: opening, touched, separated, returned, adapted, and needs."""
    here = opening * xr.DataArray(list(SIDO.values()), {"sido": list(SIDO)}, ("sido",))
    here = here * xr.ones_like(steps["touched"].year, dtype=float)
    separated = steps["separated"] * here
    returned = 0.3 * separated
    touched = (steps["touched"] * here - separated).clip(min=0.0)
    alone = 0.5 * p["self_adaptation"]
    ax = touched * steps["ax_share"]
    return {
        "opening": here, "touched": touched, "separated": separated, "returned": returned,
        "adapted": (touched + separated - returned) * alone,
        "ai_basic": (touched - ax) * (1.0 - alone), "ax": ax * (1.0 - alone),
        "job_change": (separated - returned) * (1.0 - alone),
    }  # fmt: skip


def _summary(draws, *, value="persons", **labels):
    """Long table of mean and central 80 % interval, with constant columns put before."""
    low, high = (draws.quantile(q, "draw").drop_vars("quantile") for q in (0.1, 0.9))
    table = xr.Dataset({value: draws.mean("draw"), "lower80": low, "upper80": high})
    frame = table.to_dataframe().reset_index().rename(columns={"age": "age_group"})
    return frame.assign(**labels)


def _demand(people):
    demand, cells, totals, groups, every, ledger = [], [], [], [], [], []
    for scenario, parts in people.items():
        for need in NEEDS:
            labels = {"scenario": scenario, "need": need}
            demand.append(_summary(parts[need], **labels))
            country = parts[need].sum(["ksco7", "age", "sido"])
            totals.append(_summary(country, **labels))
            local = parts[need].sum(["ksco7", "age"])
            groups += [_summary(local, **labels), _summary(country, **labels, sido="00")]
        together = sum(parts[need] for need in NEEDS).sum(["ksco7", "age", "sido"])
        every.append(_summary(together, scenario=scenario, need="all"))
        names = ("opening", "touched", "separated", "returned", "adapted")
        means = {f"{name}_persons": parts[name].mean("draw") for name in names}
        frame = xr.Dataset(means).to_dataframe().reset_index()
        if scenario != "no_ai":  # nobody is in need there
            cells.append(frame.rename(columns={"age": "age_group"}).assign(scenario=scenario))
        stock = parts["opening"].sum("sido").mean("draw").to_dataframe("persons").reset_index()
        ledger.append(
            stock.rename(columns={"age": "age_group"}).assign(scenario=scenario, flow="opening")
        )
    take_up = pd.concat([*totals, *every], ignore_index=True).merge(
        pd.DataFrame({"baseline": ["a", "b"], "baseline_persons": [10.0, 20.0]}), how="cross"
    )
    return {
        "reskilling_demand": pd.concat(demand, ignore_index=True),
        "reskilling_totals": pd.concat(totals, ignore_index=True),
        "reskilling_cells": pd.concat(cells, ignore_index=True),
        "transition_groups": pd.concat(groups, ignore_index=True).assign(group="all"),
        "take_up": take_up.assign(ratio=1.0, probability_above=0.5, flagged="no"),
        "ledger": pd.concat(ledger, ignore_index=True),
    }


def _step_table(steps):
    units = {
        "adoption_gained": "share of firms", "workers_reached": "share of workers",
        "exposure": "share of tasks", "substitution": "share of tasks",
        "cost_effective_tasks": "share of tasks", "hours_saved": "share of hours",
        "demand_loss": "share of jobs", "employment_factor": "relative to no_ai",
        "separated": "share of opening", "reinstated": "share of opening",
        "touched": "share of workers", "ax_share": "share of touched",
    }  # fmt: skip
    parts = []
    for scenario, named in steps.items():
        if scenario == "no_ai":
            continue
        for step, draws in named.items():
            part = _summary(draws, value="value", scenario=scenario, step=step, unit=units[step])
            parts.append(part if "age_group" in part else part.assign(age_group="all"))
    return pd.concat(parts, ignore_index=True)


def _parameter_table(parameters):
    rows = []
    for p in PARAMETERS:
        draws = parameters[p.name].to_numpy()
        low, high = np.quantile(draws, (0.1, 0.9))
        rows.append((p.name, draws.mean(), low, high, p.neutral, f"assumption; made up: {p.name}"))
    return pd.DataFrame(rows, columns=list(TABLES["mechanism_parameters"]))


def _capacity(rng):
    table = product(ksco7=list(KSCO7), age_group=AGE_GROUPS, sido=list(SIDO))
    parts = {
        name: rng.uniform(0, 1, len(table))
        for name in ("age", "education", "wage", "moves", "local_demand")
    }
    table = table.assign(**parts, capacity=np.mean(list(parts.values()), axis=0))
    return table.assign(lower80=0.8 * table["capacity"], upper80=(1 + table["capacity"]) / 2)


def _employment(opening):
    seen = opening.mean("draw")
    history = seen.to_dataframe("employed_persons").reset_index()
    history = history.rename(columns={"age": "age_group"}).assign(imputed=False)
    periods = ("2025H1", "2025H2", "2026H1", "2026H2")
    levels = {"level": list(LEVELS), "period": periods, "scenario": SCENARIOS}
    spread = dict(zip(LEVELS, (0.8, 0.9, 1.0, 1.1, 1.2), strict=True))

    def forecast(persons, **more):
        table = product(**more, **levels)
        table["employed_persons"] = [
            persons(row) * spread[row["level"]] for row in table.to_dict("records")
        ]
        return table

    def people(row):
        of = seen.sel(ksco7=row["ksco7"]) if "ksco7" in row else seen.sum("ksco7")
        return float(of.sum() if row["age_group"] == "all" else of.sel(age=row["age_group"]))

    ages = (*AGE_GROUPS, "all")
    majors = forecast(
        lambda row: 1_000.0 * SIDO[row["sido"]], sido=list(SIDO), ksco7=("3", "4", "TOT")
    )
    return {
        "employment_history": pd.concat(
            [history.assign(period=period) for period in ("2024H1", "2024H2")], ignore_index=True
        ),
        "employment_forecast": forecast(people, ksco7=list(KSCO7), age_group=ages),
        "employment_totals": forecast(people, age_group=ages),
        "employment_province_forecast": majors.query("scenario == 'no_ai'"),
    }


def _adoption():
    scopes = {("all", "all"): 4.0, ("industry", "C"): 2.7, ("region", "11"): 7.8}
    observed, forecast = [], []
    for (kind, scope), last in scopes.items():
        for year, value in ((2023, 0.5 * last), (2024, last)):
            observed.append(("survey", kind, scope, year, value, np.nan, np.nan))
        for year, scenario, level in itertools.product(YEARS, SCENARIOS, LEVELS):
            value = last + 10 * level * PACE[scenario] * (year - 2024)
            forecast.append(("survey", kind, scope, year, scenario, level, value, "main"))
    forecast.append(("other", "all", "all", 2026, "central", 0.5, 99.0, "beside"))
    return {
        "adoption_observed": pd.DataFrame(observed, columns=list(TABLES["adoption_observed"])),
        "adoption_forecast": pd.DataFrame(forecast, columns=list(TABLES["adoption_forecast"])),
    }


def _exposure():
    table = pd.DataFrame({"ksco7": list(KSCO7), "name_ko": list(KSCO7.values())})
    table = table.assign(level="sub_major", basis=["indices", "mixed"], **dict.fromkeys(
        [c for c in TABLES["exposure_ksco"] if c not in (*table, "level", "basis")], 0.5
    ))  # fmt: skip
    table["exposure"] = [0.61, 0.42]
    return table
