"""The table of steps: what each came to, in its order, ending where the accounts begin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import stage_factories as made
from reskilling_projections import both, without

from forecast.codebook import check_table
from forecast.stages.parameters import STEP_PARAMETERS
from forecast.stages.reskilling import Projection
from forecast.stages.step_table import step_table
from forecast.types import AGE_GROUPS, ReskillingDemand

UNITS = {
    "adoption_gained": "share of firms",
    "workers_reached": "share of workers",
    "exposure": "share of tasks",
    "substitution": "share of tasks",
    "cost_effective_tasks": "share of tasks",
    "hours_saved": "share of hours",
    "demand_loss": "share of jobs",
    "employment_factor": "relative to no_ai",
    "separated": "share of opening",
    "reinstated": "share of opening",
    "touched": "share of workers",
    "ax_share": "share of touched",
}
BY_AGE = ("demand_loss", "employment_factor", "separated", "reinstated")
YEARS = [2023, 2024, 2025, 2026]
LAST = {"scenario": "fast", "year": 2026, "ksco7": "31"}


@pytest.fixture(scope="module")
def run() -> tuple[ReskillingDemand, Projection]:
    return both()


@pytest.fixture(scope="module")
def table(run) -> pd.DataFrame:
    return written(run[1])


def written(made_of: Projection) -> pd.DataFrame:
    return step_table(made_of.world, made_of.paths)


def row(table: pd.DataFrame, step: str, age: str = "all") -> pd.Series:
    """The one row of a step, a scenario, the last year and one occupation."""
    of = (table[list(LAST)] == pd.Series(LAST)).all(axis=1)
    rows = table[of & (table["step"] == step) & (table["age_group"] == age)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_the_table_is_as_the_codebook_says(table):
    checked = check_table("mechanism_steps", table)
    assert list(table.columns) == list(checked.columns)
    keys = ["year", "scenario", "ksco7", "age_group", "step"]
    assert not table.duplicated(keys).any()


def test_every_scenario_with_ai_has_every_step_in_order_with_its_unit(table):
    assert list(table["scenario"].unique()) == ["slow", "central", "fast"]
    for _, rows in table.groupby("scenario"):
        assert list(rows["step"].unique()) == list(UNITS)
        assert dict(zip(rows["step"], rows["unit"], strict=True)) == UNITS
    ages = table.groupby("step")["age_group"].unique()
    for step in UNITS:
        assert list(ages[step]) == (list(AGE_GROUPS) if step in BY_AGE else ["all"]), step
    n_cell = len(YEARS) * len(made.OCCUPATIONS)
    by_age = len(BY_AGE) * len(AGE_GROUPS)
    assert len(table) == 3 * n_cell * (by_age + len(UNITS) - len(BY_AGE))
    assert sorted(table["year"].unique()) == YEARS


def test_every_parameter_of_the_mechanism_belongs_to_a_step_of_the_table():
    others = {"adapted", "ordinary_turnover", "reemployment", "moves"}
    assert set(STEP_PARAMETERS) - others <= set(UNITS)


def test_each_step_is_the_one_before_times_its_parameter(run, table):
    """Recomputed draw by draw from the first step on: mean and interval of the row."""
    world = run[1].world

    def value(name: str) -> np.ndarray:
        return world.parameters.sel(parameter=name).to_numpy()

    place = {"occupation": "31"}
    firms = world.firms.sel(scenario="fast", year=2026, **place).to_numpy()
    reached = np.clip(firms * value("worker_reach") * value("surveyed_share"), 0.0, 1.0)
    exposure = world.moving.exposure.sel(place).to_numpy()
    tasks = world.moving.substitution.sel(place).to_numpy() * value("cost_effective_share")
    hours = reached * tasks * value("hours_saved_share")
    age = world.age_factor.sel(age_group="15-29", **place).to_numpy()
    loss = hours * (1.0 - value("output_response")) * age
    before = world.firms.sel(scenario="fast", year=2025, **place).to_numpy()
    earlier = np.clip(before * value("worker_reach") * value("surveyed_share"), 0.0, 1.0)
    lost = loss * (1.0 - earlier / reached)
    expected = {
        ("adoption_gained", "all"): firms,
        ("workers_reached", "all"): reached,
        ("exposure", "all"): exposure,
        ("cost_effective_tasks", "all"): tasks,
        ("hours_saved", "all"): hours,
        ("demand_loss", "15-29"): loss,
        ("separated", "15-29"): lost * (1.0 - value("attrition_share")),
        ("reinstated", "15-29"): lost * value("reinstatement_share"),
        ("touched", "all"): (reached - earlier) * exposure * value("training_need_share"),
        ("ax_share", "all"): world.ax_share[:, world.occupations.index("31")],
    }
    for (step, group), draws in expected.items():
        found = row(table, step, group)
        ends = np.quantile(draws, [0.1, 0.9])
        got = [found["value"], found["lower80"], found["upper80"]]
        np.testing.assert_allclose(got, [draws.mean(), *ends], rtol=1e-9, err_msg=step)


def test_the_table_ends_where_the_accounts_begin(run, table):
    demand, made_of = run
    factor = demand.employment_factor.sel(scenario="fast", year=2026, occupation="31")
    for age in AGE_GROUPS:
        mean = float(factor.sel(age_group=age).mean())
        assert row(table, "employment_factor", age)["value"] == pytest.approx(mean, rel=1e-12)
    # Near one minus the loss not made good, which the country as a whole loses.
    world = made_of.world
    back = world.parameters.sel(parameter="reinstatement_share").mean().item()
    loss, left = row(table, "demand_loss", "15-29"), row(table, "employment_factor", "15-29")
    assert 1.0 - loss["value"] < left["value"] < 1.0
    assert left["value"] == pytest.approx(1.0 - loss["value"] * (1.0 - back), abs=2e-3)


def test_more_adoption_is_never_less_of_any_step(table):
    keys = ["year", "ksco7", "age_group", "step"]
    wide = table.pivot(index=keys, columns="scenario", values="value").reset_index()
    rising = wide[
        ~wide["step"].isin(["employment_factor", "demand_loss", "separated", "reinstated"])
    ]
    assert (rising["slow"] <= rising["central"] + 1e-12).all()
    assert (rising["central"] <= rising["fast"] + 1e-12).all()
    reached = wide[wide["step"] == "workers_reached"]
    assert (reached["slow"] < reached["fast"]).all()


def test_provinces_do_not_enter_the_steps_of_the_country(run, table):
    alike = written(both(without("province_adoption_weight"))[1])
    theirs = alike[alike["step"] == "workers_reached"]["value"].to_numpy()
    ours = table[table["step"] == "workers_reached"]["value"].to_numpy()
    np.testing.assert_array_equal(ours, theirs)


def test_where_exposure_moves_its_steps_move_by_year(table):
    growing = written(both(exposure=with_growth())[1])
    for step in ("exposure", "substitution", "cost_effective_tasks"):
        still, moving = (
            of[of["step"] == step].set_index(["year", "ksco7", "scenario"])["value"]
            for of in (table, growing)
        )
        assert still.groupby(["ksco7", "scenario"]).nunique().eq(1).all(), step
        assert (moving.loc[2026] > moving.loc[2023]).all(), step


def with_growth():
    return replace(made.exposure(), growth=made.growth())


def test_neutral_steps_come_to_nothing():
    table = written(both(made.scenario_options("neutral"))[1])
    for step in UNITS:
        rows = table[table["step"] == step]
        if step in ("adoption_gained", "exposure", "substitution"):
            assert (rows["value"] > 0.0).all(), step  # observed, not switched
        else:
            neutral = float(step == "employment_factor")
            assert (rows[["value", "lower80", "upper80"]] == neutral).all(axis=None), step
