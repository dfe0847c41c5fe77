"""Contract tables of the reskilling stage: the people of the draws, and nobody else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import stage_factories as made
from reskilling_projections import project

from forecast.codebook import TABLES, check_table
from forecast.report.tables import reskilling_tables
from forecast.stages.ledger import DISPLACED_ROWS, ROWS
from forecast.stages.parameters import PARAMETERS
from forecast.types import AGE_GROUPS, NEEDS, SCENARIOS, ReskillingDemand

YEARS = [2023, 2024, 2025, 2026]
NAMES = (
    "reskilling_totals",
    "reskilling_demand",
    "reskilling_cells",
    "ledger",
    "ledger_province",
    "displaced_ledger",
    "mechanism_parameters",
)
PLACE = ["year", "scenario", "ksco7", "age_group"]
# As written in CONTRACT.md, which others script against.
CONTRACT = {
    "reskilling_demand": "year, scenario, sido, ksco7, age_group, need, persons, lower80, upper80",
    "ledger": "year, scenario, ksco7, age_group, flow, persons",
}


@pytest.fixture(scope="module")
def demand() -> ReskillingDemand:
    return project()


@pytest.fixture(scope="module")
def tables(demand) -> dict[str, pd.DataFrame]:
    return reskilling_tables(demand)


@pytest.mark.parametrize("name", NAMES)
def test_every_table_is_as_the_codebook_says_in_its_order(name, tables):
    assert list(check_table(name, tables[name]).columns) == list(tables[name].columns)
    assert list(tables[name].columns) == list(TABLES[name])


def test_nothing_else_is_written_without_growth(tables):
    assert sorted(tables) == sorted(NAMES)


@pytest.mark.parametrize("name", CONTRACT)
def test_columns_of_the_contract_stand_in_their_order(name, tables):
    assert list(tables[name].columns) == CONTRACT[name].split(", ")


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("reskilling_totals", [YEARS, SCENARIOS, NEEDS]),
        ("reskilling_demand", [YEARS, SCENARIOS, made.SIDO, made.OCCUPATIONS, AGE_GROUPS, NEEDS]),
        ("reskilling_cells", [YEARS, SCENARIOS[1:], made.SIDO, made.OCCUPATIONS, AGE_GROUPS]),
        ("ledger", [YEARS, SCENARIOS, made.OCCUPATIONS, AGE_GROUPS, ROWS]),
        ("ledger_province", [YEARS, SCENARIOS, made.SIDO, AGE_GROUPS, ROWS]),
        ("displaced_ledger", [YEARS, SCENARIOS, made.OCCUPATIONS, AGE_GROUPS, DISPLACED_ROWS]),
    ],
)
def test_every_cell_has_one_row(name, labels, tables):
    """Nobody where nobody is: a cell that is left out could be lost."""
    keys = [column for column in tables[name] if "persons" not in column and "80" not in column]
    rows = pd.MultiIndex.from_frame(tables[name][keys])
    assert not rows.has_duplicates
    assert set(rows) == set(pd.MultiIndex.from_product([list(label) for label in labels]))


def test_provinces_sum_to_the_totals_of_the_nation(tables):
    keys = ["year", "scenario", "need"]
    summed = tables["reskilling_demand"].groupby(keys)["persons"].sum()
    totals = tables["reskilling_totals"].set_index(keys)["persons"]
    np.testing.assert_allclose(summed.reindex(totals.index), totals, rtol=1e-9)
    assert (totals.xs("central", level="scenario") > 0).all()
    assert (totals.xs("no_ai", level="scenario") == 0).all()


def test_totals_are_summed_draw_by_draw(demand, tables):
    """An interval of a sum is not the sum of intervals."""
    draws = demand.persons.sel(scenario="fast", year=2025, need="ax").sum(
        ["occupation", "age_group"]
    )
    at = "scenario == 'fast' and year == 2025 and need == 'ax'"
    row = tables["reskilling_totals"].query(at)
    values = row[["persons", "lower80", "upper80"]].to_numpy()[0]
    np.testing.assert_allclose(values, [draws.mean(), *np.quantile(draws, [0.1, 0.9])], rtol=1e-12)
    cells = tables["reskilling_demand"].query(
        "scenario == 'fast' and year == 2025 and need == 'ax'"
    )
    assert cells["upper80"].sum() > values[2]


def test_each_row_is_its_own_cell(demand, tables):
    """One labelled cell of every array, found again under its labels."""
    cell = {"scenario": "fast", "year": 2025, "occupation": "31", "age_group": "50-59"}
    at = "scenario == 'fast' and year == 2025 and ksco7 == '31' and age_group == '50-59'"
    here = tables["reskilling_demand"].query(at).query("sido == '36' and need == 'job_change'")
    found = here[["persons", "lower80", "upper80"]].to_numpy()[0]
    expected = demand.cells.sel(**cell, sido="36", need="job_change")
    np.testing.assert_array_equal(found, expected)
    parts = tables["reskilling_cells"].query(at).query("sido == '36'")
    for part in demand.parts["part"].values:
        assert parts[f"{part}_persons"].item() == demand.parts.sel(**cell, sido="36", part=part)
    for name, account in (("ledger", demand.ledger), ("displaced_ledger", demand.displaced)):
        flow = tables[name].query(at).set_index("flow")["persons"]
        country = account.sel(**cell).sum("sido")
        np.testing.assert_allclose(flow, country, rtol=1e-12)
        assert list(flow.index) == list(account["flow"].values)
    at = "scenario == 'fast' and year == 2025 and sido == '36' and age_group == '50-59'"
    place = tables["ledger_province"].query(at).set_index("flow")["persons"]
    whole = demand.ledger.sel(scenario="fast", year=2025, sido="36", age_group="50-59")
    np.testing.assert_allclose(place, whole.sum("occupation"), rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("ledger", PLACE),
        ("ledger_province", ["year", "scenario", "sido", "age_group"]),
        ("displaced_ledger", PLACE),
    ],
)
def test_accounts_close_in_every_row_and_open_where_they_closed(name, keys, tables):
    wide = tables[name].pivot(index=keys, columns="flow", values="persons")
    stocks = wide[["opening", "closing"]]
    gap = wide["opening"] + wide.drop(columns=stocks.columns).sum(axis=1) - wide["closing"]
    assert (gap.abs() <= 1e-9 * stocks.max(axis=1).clip(lower=1.0)).all()
    assert (stocks >= 0).all(axis=None)
    for year in YEARS[1:]:
        opened, closed = wide.loc[year, "opening"], wide.loc[year - 1, "closing"]
        np.testing.assert_allclose(opened, closed.reindex(opened.index), rtol=1e-9, atol=1e-6)
    assert wide["closing"].sum() > 0


def test_both_ledgers_count_the_same_people(tables):
    keys = ["year", "scenario", "age_group", "flow"]
    by_work, by_place = (
        tables[name].groupby(keys)["persons"].sum() for name in ("ledger", "ledger_province")
    )
    np.testing.assert_allclose(by_work, by_place, rtol=1e-9, atol=1e-6)


def test_parts_lead_to_the_needs_of_each_cell(tables):
    cell = ["year", "scenario", "sido", "ksco7", "age_group"]
    parts = tables["reskilling_cells"].set_index(cell)
    needs = tables["reskilling_demand"].groupby(cell)["persons"].sum().reindex(parts.index)
    left = parts["touched_persons"] + parts["separated_persons"]
    left -= parts["returned_persons"] + parts["adapted_persons"]
    np.testing.assert_allclose(needs, left, rtol=1e-9, atol=1e-6)
    assert (needs <= parts["opening_persons"]).all()


def test_separated_people_are_the_same_in_every_table(tables):
    at = [*PLACE]
    ledger = tables["ledger"].query("flow == 'ai_separation'").set_index(at)["persons"]
    idle = tables["displaced_ledger"].query("flow == 'separated'").set_index(at)["persons"]
    np.testing.assert_allclose(-ledger, idle.reindex(ledger.index), rtol=1e-12)
    cells = tables["reskilling_cells"].groupby(at)["separated_persons"].sum()
    np.testing.assert_allclose(cells, idle.reindex(cells.index), rtol=1e-9, atol=1e-9)
    assert idle.sum() > 0


def test_the_parameters_used_stand_in_the_table(tables):
    names = [parameter.name for parameter in PARAMETERS]
    assert list(tables["mechanism_parameters"]["name"])[: len(names)] == names


def test_with_growth_exposure_of_every_year_is_written_too(demand):
    moving = project(exposure=replace(made.exposure(), growth=made.growth()))
    written = reskilling_tables(moving)
    assert set(written) - set(NAMES) == {"exposure_by_year"}
    table = check_table("exposure_by_year", written["exposure_by_year"])
    row = table.query("ksco7 == '31' and year == 2026").set_index("level")["exposure"]
    draws = moving.exposure.sel(occupation="31", year=2026)
    np.testing.assert_allclose(row, np.quantile(draws, list(row.index)), rtol=1e-12)


def test_further_tables_of_the_stage_are_handed_on(demand):
    beside = pd.DataFrame({"year": [2026]})
    written = reskilling_tables(replace(demand, details={"take_up": beside}))
    assert written["take_up"] is beside
