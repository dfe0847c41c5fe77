"""What each step of the mechanism came to, for the country: the chain behind every need."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from forecast.stages import mechanism
from forecast.stages.draw_tables import interval_table
from forecast.stages.effect import apply_mechanism
from forecast.stages.projection import Path
from forecast.stages.world import World
from forecast.types import AGE_GROUPS

EVERY_AGE = "all"
RELATIVE = "relative to no_ai"
OPENING = "share of opening"
TOUCHED = "share of touched"
TASKS = "share of tasks"
_KEYS = ["year", "ksco7", "age_group"]


def step_table(world: World, paths: dict[str, Path]) -> pd.DataFrame:
    """Write contract table ``mechanism_steps``: every scenario with AI, in the order of the steps.

    Steps are those of the country, where provinces differ in reach around it. The employment
    factor is that of the ledger, so that the table ends where the accounts begin.
    """
    parts = [
        _scenario_steps(world, scenario, path).assign(scenario=scenario)
        for scenario, path in paths.items()
        if scenario in world.firms["scenario"].values
    ]
    columns = ["year", "scenario", "ksco7", "age_group", "step", "unit", "value"]
    return pd.concat(parts, ignore_index=True)[[*columns, "lower80", "upper80"]]


def _scenario_steps(world: World, scenario: str, path: Path) -> pd.DataFrame:
    firms = world.firms.sel(scenario=scenario, drop=True)
    effect = apply_mechanism(firms, world.moving, world.parameters, world.age_factor)
    labels = {"draw": firms["draw"], "year": world.years, "occupation": world.occupations}
    factor = xr.DataArray(path.factor, {**labels, "age_group": list(AGE_GROUPS)})
    ax = xr.DataArray(world.ax_share, {key: labels[key] for key in ("draw", "occupation")})
    steps = (
        ("adoption_gained", mechanism.FIRMS, firms),
        ("workers_reached", mechanism.WORKERS, effect.reached),
        ("exposure", TASKS, world.moving.exposure),
        ("substitution", TASKS, world.moving.substitution),
        ("cost_effective_tasks", TASKS, effect.tasks),
        ("hours_saved", mechanism.HOURS, effect.hours),
        ("demand_loss", mechanism.JOBS, effect.loss),
        ("employment_factor", RELATIVE, factor),
        ("separated", OPENING, effect.separated),
        ("reinstated", OPENING, effect.reinstated),
        ("touched", mechanism.WORKERS, effect.touched),
        ("ax_share", TOUCHED, ax),
    )
    return pd.concat(
        [_rows(world, name, unit, value) for name, unit, value in steps], ignore_index=True
    )


def _rows(world: World, step: str, unit: str, value: xr.DataArray) -> pd.DataFrame:
    """Means and intervals by year, occupation and, where the step knows it, age."""
    if "year" not in value.dims:
        value = value.expand_dims(year=world.years)
    ages = ["age_group"] if "age_group" in value.dims else []
    ordered = value.transpose("draw", "year", "occupation", *ages)
    table = interval_table(ordered.drop_vars("draw"), "value")
    if not ages:
        table["age_group"] = EVERY_AGE
    table = table.rename(columns={"occupation": "ksco7"}).assign(step=step, unit=unit)
    return table[[*_KEYS, "step", "unit", "value", "lower80", "upper80"]]
