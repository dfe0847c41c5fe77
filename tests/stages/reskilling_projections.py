"""Small projections of the reskilling stage: five occupations, five provinces, eight draws."""

from __future__ import annotations

from dataclasses import replace

import capacity_cases
import move_cases
import numpy as np
import pandas as pd
import stage_factories as made

from forecast.options import ScenarioOptions
from forecast.stages.reskilling import Projection, project_reskilling
from forecast.types import ReskillingDemand

REGIONS = (("11", 8.0), ("36", 5.0))  # adoption of firms, percent; the others as a range


def world_tables() -> dict[str, pd.DataFrame]:
    """Every reference table that the stage reads, for the occupations of the factories."""
    region = {"measure": "firm", "scope_kind": "region", "year": 2022}
    points = pd.DataFrame(REGIONS, columns=["scope", "value_percent"]).assign(**region)
    rest = [code for code in made.SIDO if code not in points["scope"].tolist()]
    ranges = pd.DataFrame({"scope": rest, "low_percent": 1.0, "high_percent": 4.0})
    return {
        **move_cases.move_tables(),
        **capacity_cases.capacity_tables(),
        "adoption": points,
        "adoption_ranges": ranges.assign(**region),
    }


def both(
    options: ScenarioOptions | None = None, *, seed: int = 9, **inputs: object
) -> tuple[ReskillingDemand, Projection]:
    """Run the stage on made-up inputs."""
    given = {
        "exposure": made.exposure(),
        "adoption": made.adoption(),
        "employment": made.employment(),
        "tables": world_tables(),
        **inputs,
    }
    return project_reskilling(
        options or made.scenario_options(), *given.values(), rng=np.random.default_rng(seed)
    )


def project(
    options: ScenarioOptions | None = None, *, seed: int = 9, **inputs: object
) -> ReskillingDemand:
    """Run the stage and return the demand alone."""
    return both(options, seed=seed, **inputs)[0]


def without(*names: str) -> ScenarioOptions:
    """Return the shipped scenario with some parameters at their neutral value."""
    options = made.scenario_options()
    for name in names:
        options.parameters[name] = replace(options.parameters[name], enabled=False)
    return options
