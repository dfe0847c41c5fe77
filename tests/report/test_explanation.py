"""What `explain` collects: every figure is the table's, sums add up, and errors name the cause."""

import dataclasses
import functools
import json
import os

import numpy as np
import pandas as pd
import pytest
from explain_cases import CELL, KSCO7, SIDO, TARGET, run_tables, write_run

from forecast.data import reference
from forecast.errors import ConfigError, InputError
from forecast.report.explanation import explain
from forecast.report.explanation_adoption import NO_MIX_NOTE
from forecast.report.explanation_sources import EVIDENCE_KEYS, NOT_USED, USED_FOR
from forecast.report.explanation_steps import FORMULAS
from forecast.report.explanation_target import parse_target
from forecast.report.explanation_text import WIDTH, as_json, as_text
from forecast.report.finished_run import FinishedRun, find_run
from forecast.stages.parameters import PARAMETERS, STEP_PARAMETERS
from forecast.types import AGE_GROUPS, NEEDS


@pytest.fixture(scope="module")
def tables():
    return run_tables()


@pytest.fixture(scope="module")
def run(tables, tmp_path_factory):
    return FinishedRun(write_run(tmp_path_factory.mktemp("explained") / "run", tables))


@functools.cache
def ask(run, text):
    return explain(run, parse_target(text))


def rows(table, **equals):
    for key, value in equals.items():
        table = table[table[key] == value]
    return table


def one(table, **equals):
    found = rows(table, **equals)
    assert len(found) == 1
    return found.iloc[0]


ASKED = {"year": 2026, "scenario": "central", "ksco7": "31", "age_group": "40-49"}


def test_a_cell_is_the_row_of_the_table_with_its_interval(run, tables):
    figure = ask(run, TARGET).figure
    row = one(tables["reskilling_demand"], **ASKED, sido="11", need="job_change")
    assert row["persons"] > 0
    assert (figure.value, figure.lower80, figure.upper80) == (
        row["persons"], row["lower80"], row["upper80"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("target", "table", "keys"),
    [
        ("year=2026,scenario=fast,need=ax", "reskilling_totals", {"need": "ax"}),
        ("year=2026,scenario=fast,sido=51,need=ax", "transition_groups",
         {"need": "ax", "sido": "51", "group": "all"}),
        ("year=2026,scenario=fast", "take_up", {"need": "all", "baseline": "a"}),
    ],
)  # fmt: skip
def test_a_sum_that_a_table_holds_takes_its_interval(run, tables, target, table, keys):
    found = ask(run, target)
    row = one(tables[table], year=2026, scenario="fast", **keys)
    assert found.figure.value == pytest.approx(row["persons"], rel=1e-12)
    assert (found.figure.lower80, found.figure.upper80) == (row["lower80"], row["upper80"])
    assert table in found.figure.note and all(check.holds for check in found.checks)


def test_any_other_sum_adds_up_and_says_that_its_interval_is_unknown(run, tables):
    found = ask(run, "year=2026,scenario=central,ksco7=31,need=ai_basic")
    cells = rows(
        tables["reskilling_demand"], year=2026, scenario="central", ksco7="31", need="ai_basic"
    )
    assert found.n_cells == len(cells) == 10
    assert found.figure.value == pytest.approx(cells["persons"].sum(), rel=1e-12)
    assert found.figure.lower80 is None and "intervals do not" in found.figure.note
    assert found.summed_over == ("sido", "age_group")


def test_cells_of_a_sum_add_up_to_it(run):
    whole = ask(run, "year=2026,scenario=central").figure.value
    parts = [
        ask(run, f"year=2026,scenario=central,sido={sido},need={need}").figure.value
        for sido in SIDO
        for need in NEEDS
    ]
    assert sum(parts) == pytest.approx(whole, rel=1e-12)


def test_people_are_the_cells_of_the_table_and_balance(run, tables):
    found = ask(run, TARGET)
    row = one(tables["reskilling_cells"], **ASKED, sido="11")
    people = found.people
    for name in ("opening", "touched", "separated", "returned", "adapted"):
        assert getattr(people, name) == row[f"{name}_persons"]
    left = people.touched + people.separated - people.returned - people.adapted
    assert left == pytest.approx(sum(people.needs.values()), rel=1e-9)
    assert people.ax_of_touched == pytest.approx(
        people.needs["ax"] / (people.needs["ax"] + people.needs["ai_basic"])
    )
    assert [check.holds for check in found.checks] == [True]


def test_a_run_whose_cells_do_not_balance_is_told(tables, tmp_path):
    cells = tables["reskilling_cells"].copy()
    at = cells.index[(cells[list(ASKED)] == pd.Series(ASKED)).all(axis=1) & (cells["sido"] == "11")]
    cells.loc[at, "touched_persons"] *= 1.001
    broken = FinishedRun(write_run(tmp_path / "run", {**tables, "reskilling_cells": cells}))
    assert not ask(broken, TARGET).checks[0].holds
    assert "DOES NOT HOLD" in as_text(ask(broken, TARGET))
    # Another cell that misses as much the other way must not hide it.
    other = cells.index[(cells[list(ASKED)] == pd.Series(ASKED)).all(axis=1)].difference(at)
    cells.loc[other, "touched_persons"] -= 0.001 / 1.001 * cells.loc[at, "touched_persons"].sum()
    hidden = FinishedRun(write_run(tmp_path / "two", {**tables, "reskilling_cells": cells}))
    assert not ask(hidden, "year=2026,scenario=central,ksco7=31,age_group=40-49").checks[0].holds


def test_steps_stand_in_order_with_the_figures_of_their_table(run, tables):
    steps = ask(run, TARGET).steps
    assert [step.name for step in steps] == list(FORMULAS)
    for step in steps:
        table = rows(
            tables["mechanism_steps"], year=2026, scenario="central", ksco7="31", step=step.name
        )
        row = one(table[table["age_group"].isin(["40-49", "all"])])
        assert (step.value, step.lower80, step.upper80, step.unit) == (
            row["value"], row["lower80"], row["upper80"], row["unit"],
        )  # fmt: skip


def test_parameters_of_a_step_are_those_that_are_declared_for_it(run, tables):
    found = ask(run, TARGET)
    used = [p for step in found.steps for p in step.parameters]
    used += [p for group in found.after_steps.values() for p in group]
    assert {p.name for p in used} == {p.name for p in PARAMETERS}
    for step in found.steps:
        if step.name in STEP_PARAMETERS:
            assert tuple(p.name for p in step.parameters) == STEP_PARAMETERS[step.name]
    for p in used:
        row = one(tables["mechanism_parameters"], name=p.name)
        assert (p.value, p.lower80, p.upper80, p.neutral, p.source) == (
            row["value"], row["lower80"], row["upper80"], row["neutral"], row["source"],
        )  # fmt: skip


def test_products_of_means_are_near_the_means_of_products(run):
    """Draws of the toy run are nearly independent, so a wrong formula is far off, not near."""
    compared = [s for s in ask(run, TARGET).steps if s.product is not None]
    assert len(compared) == 8
    for step in compared:
        assert step.product == pytest.approx(step.value, rel=0.15), step.name
        assert step.difference == pytest.approx(step.value - step.product)
        assert step.difference != 0.0


def test_each_product_follows_from_the_means_of_the_tables(run, tables):
    """Recomputed here from the tables alone, without a line of the code under test."""
    steps = {s.name: s for s in ask(run, TARGET).steps}
    p = {row["name"]: row["value"] for row in tables["mechanism_parameters"].to_dict("records")}
    before = {
        row["step"]: row["value"]
        for row in rows(
            tables["mechanism_steps"], year=2025, scenario="central", ksco7="31"
        ).to_dict("records")
        if row["age_group"] in ("40-49", "all")
    }
    now = {name: step.value for name, step in steps.items()}
    lost = now["demand_loss"] - before["demand_loss"]
    touched = (now["workers_reached"] - before["workers_reached"]) * now["exposure"]
    touched += before["workers_reached"] * (now["exposure"] - before["exposure"])
    stock = rows(tables["employment_history"], ksco7="31", period="2024H2")
    share = stock.set_index("age_group")["employed_persons"] / stock["employed_persons"].sum()
    factor = pd.Series(
        {a: p["age_factor_" + a.replace("-", "_").replace("+", "_plus")] for a in AGE_GROUPS}
    )
    age = factor["40-49"] - (share * (factor - 1)).sum()
    expected = {
        "workers_reached": now["adoption_gained"] * p["worker_reach"] * p["surveyed_share"],
        "cost_effective_tasks": now["substitution"] * p["cost_effective_share"],
        "hours_saved": now["workers_reached"]
        * now["cost_effective_tasks"]
        * p["hours_saved_share"],
        "demand_loss": now["hours_saved"] * (1 - p["output_response"]) * age,
        "employment_factor": 1 - now["demand_loss"] * (1 - p["reinstatement_share"]),
        "separated": lost * (1 - p["attrition_share"]),
        "reinstated": lost * p["reinstatement_share"],
        "touched": touched * p["training_need_share"],
    }
    assert {name: steps[name].product for name in expected} == pytest.approx(expected, rel=1e-12)


def test_steps_of_many_rows_are_weighted_by_people_and_have_no_interval(run, tables):
    found = ask(run, "year=2026,scenario=central,ksco7=31,sido=11")
    step = next(s for s in found.steps if s.name == "separated")
    table = rows(
        tables["mechanism_steps"], year=2026, scenario="central", ksco7="31", step="separated"
    ).set_index("age_group")["value"]
    people = rows(
        tables["reskilling_cells"], year=2026, scenario="central", ksco7="31", sido="11"
    ).set_index("age_group")["opening_persons"]
    assert step.value == pytest.approx(np.average(table[people.index], weights=people))
    assert step.lower80 is None and "weighted by opening_persons" in found.steps_note
    ageless = next(s for s in found.steps if s.name == "touched")
    assert ageless.lower80 is not None  # one row of the table for all ages


def test_the_first_year_gains_from_nothing(run, tables):
    step = next(s for s in ask(run, TARGET.replace("2026", "2025")).steps if s.name == "touched")
    means = {
        row["step"]: row["value"]
        for row in rows(
            tables["mechanism_steps"], year=2025, scenario="central", ksco7="31", age_group="all"
        ).to_dict("records")
    }
    share = one(tables["mechanism_parameters"], name="training_need_share")["value"]
    assert step.product == pytest.approx(means["workers_reached"] * means["exposure"] * share)


def test_exposure_and_adoption_are_those_of_the_tables(run, tables):
    found = ask(run, TARGET)
    exposed = found.exposure[0]
    assert exposed.value == one(tables["exposure_ksco"], ksco7="31")["exposure"] == 0.61
    assert "indices" in exposed.note
    scopes = {scope.scope: scope for scope in found.adoption}
    assert set(scopes) == {"all:all", "industry:C"}  # no region, nothing beside
    assert sum(scope.worker_share for scope in found.adoption) == pytest.approx(1.0)
    level = rows(
        tables["adoption_forecast"], scope="C", year=2026, scenario="central", role="main"
    ).set_index("level")["value_percent"]
    manufacturing = scopes["industry:C"]
    assert manufacturing.name_ko == "제조업"
    assert (manufacturing.median_percent, manufacturing.lower80_percent) == (level[0.5], level[0.1])
    assert (manufacturing.last_observed_year, manufacturing.last_observed_percent) == (2024, 2.7)
    # Independent of the code: the share of clerks who work in manufacturing, from the table.
    published = reference.load("employment_industry")
    published = published[published["period"].str.startswith("2022") & (published["ksco7"] == "3")]
    persons = published[published["ksic"] != "TOT"].groupby("ksic")["employed_persons"].sum()
    assert manufacturing.worker_share == pytest.approx(persons["C"] / persons.sum())


def test_own_industries_are_not_passed_off_as_the_embedded_ones(tables, tmp_path):
    run = FinishedRun(write_run(tmp_path / "run", tables, employment_industry="own.csv"))
    found = ask(run, TARGET)
    assert found.adoption_note == NO_MIX_NOTE
    assert [scope.worker_share for scope in found.adoption] == [None, None]


def test_baseline_names_the_rows_before_the_year(run, tables):
    figures = {figure.name: figure for figure in ask(run, TARGET).baseline}
    seen = one(tables["employment_history"], period="2024H2", ksco7="31", age_group="40-49")
    assert figures["last observed, 2024H2, the country"].value == seen["employed_persons"]
    levels = rows(
        tables["employment_forecast"], period="2025H2", scenario="central", ksco7="31",
        age_group="40-49",
    ).set_index("level")["employed_persons"]  # fmt: skip
    before = figures["employed, 2025H2, the country, central (median)"]
    assert (before.value, before.lower80, before.upper80) == tuple(levels[[0.5, 0.1, 0.9]])
    assert figures["share of the province in opening_persons"].value == pytest.approx(0.7)
    assert figures["employed, 2025H2, the province, group 3, no_ai (median)"].value == 700.0
    nation = {figure.name: figure for figure in ask(run, "year=2026,scenario=central").baseline}
    total = rows(
        tables["employment_totals"], period="2025H2", scenario="central", level=0.5,
        age_group="all",
    )  # fmt: skip
    shown = nation["employed, 2025H2, the country, central (median)"]
    assert (shown.table, shown.value) == ("employment_totals", total["employed_persons"].iloc[0])


def test_the_year_before_the_first_one_is_observed_not_forecast(run):
    names = [figure.name for figure in ask(run, TARGET.replace("2026", "2025")).baseline]
    assert names[0].startswith("last observed, 2024H2")
    assert not any("2024H2" in name for name in names[1:])


def test_capacity_is_the_row_or_a_mean_weighted_by_people(run, tables):
    first, *parts = ask(run, TARGET).capacity
    row = one(tables["adaptive_capacity"], sido="11", ksco7="31", age_group="40-49")
    assert (first.value, first.lower80, first.upper80) == (
        row["capacity"], row["lower80"], row["upper80"],
    )  # fmt: skip
    assert {part.name: part.value for part in parts} == {
        part.name: row[part.name] for part in parts
    }
    many = ask(run, "year=2026,scenario=central,sido=11").capacity[0]
    joined = rows(tables["reskilling_cells"], year=2026, scenario="central", sido="11").merge(
        tables["adaptive_capacity"], on=["sido", "ksco7", "age_group"], validate="one_to_one"
    )
    assert many.value == pytest.approx(
        np.average(joined["capacity"], weights=joined["opening_persons"])
    )
    assert many.lower80 is None


def test_cells_without_anybody_have_no_mean_and_still_make_json(tables, tmp_path):
    cells = tables["reskilling_cells"]
    nobody = cells.assign(**{name: 0.0 for name in cells if name.endswith("_persons")})
    empty = tables["reskilling_demand"].assign(persons=0.0, lower80=0.0, upper80=0.0)
    changed = {**tables, "reskilling_cells": nobody, "reskilling_demand": empty}
    found = ask(
        FinishedRun(write_run(tmp_path / "run", changed)), "year=2026,scenario=fast,sido=11"
    )
    content = json.loads(as_json(found))
    assert content["capacity"][0]["value"] is None and content["steps"][0]["value"] is None
    assert "employed at the end of the year before" in as_text(found)


def test_inputs_carry_the_hashes_of_the_manifest_and_their_citations(run):
    found = ask(run, TARGET)
    said = run.manifest["inputs"]
    assert {file.name: file.sha256 for file in found.inputs} == {
        name: sha256 for name, sha256 in said.items() if name.removesuffix(".csv") in USED_FOR
    }
    cited = reference.load("sources").set_index("source")["citation"]
    assert {source for file in found.inputs for source in file.sources} == set(found.citations)
    assert all(cited[source] == text for source, text in found.citations.items())
    assert found.run.seed == 7 and found.run.commit == "0123abc"


def test_another_edition_of_a_table_is_not_cited_as_this_one(tables, tmp_path):
    folder = write_run(tmp_path / "run", tables)
    path = folder / "manifest.json"
    said = json.loads(path.read_text("utf-8"))
    said["inputs"] |= {"wages.csv": "0" * 64, "mine.csv": "1" * 64}
    path.write_text(json.dumps(said), "utf-8")
    files = {file.name: file for file in ask(FinishedRun(folder), TARGET).inputs}
    assert files["wages.csv"].sources == () and "another edition" in files["wages.csv"].note
    assert files["mine.csv"].sources == () and files["mine.csv"].sha256 == "1" * 64


def test_every_embedded_table_is_declared_used_or_not(run):
    assert set(USED_FOR) | set(NOT_USED) == set(reference.NAMES)
    assert not set(USED_FOR) & set(NOT_USED)
    assert set(EVIDENCE_KEYS) <= set(reference.load("evidence")["key"])


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("occupation=31", "no key 'occupation'.*year, scenario"),
        ("years=2026", "Did you mean year"),
        ("year", "no KEY=VALUE"),
        ("year=2026,year=2025", "given twice"),
        ("scenario=centrl", "Did you mean central"),
        ("scenario=central,sido=강원", "Did you mean 51 강원"),
        ("scenario=central,ksco7=32", "Did you mean 31|Did you mean 42"),
        ("scenario=central,age_group=40-50", "Did you mean 40-49"),
        ("scenario=central,need=jobchange", "Did you mean job_change"),
        ("scenario=central,year=2040", "2025, 2026"),
        ("year=2026", "name a scenario, central or fast or slow"),
        ("year=2026,scenario=no_ai", "baseline without AI"),
    ],
)
def test_a_wrong_target_is_refused_in_one_line(run, target, says):
    with pytest.raises(ConfigError, match=says) as refused:
        ask(run, target)
    assert "\n" not in str(refused.value)


def test_a_run_without_reskilling_or_from_before_is_refused_by_table(tables, tmp_path):
    for missing in ("reskilling_demand", "reskilling_cells"):
        left = {name: table for name, table in tables.items() if name != missing}
        folder = write_run(tmp_path / missing, left)
        with pytest.raises(InputError, match=f"has no table {missing}"):
            ask(FinishedRun(folder), TARGET)


def test_a_run_is_found_by_path_by_name_and_as_the_latest(tmp_path):
    runs = tmp_path / "runs"
    for age, name in ((20, "chain/old"), (10, "chain/new"), (5, "other"), (1, ".half")):
        folder = runs / name
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")
        stamp = 1_700_000_000 - age
        os.utime(folder / "manifest.json", (stamp, stamp))
    (runs / "chain" / "unfinished").mkdir()
    assert find_run(str(runs / "chain" / "old"), runs=runs) == runs / "chain" / "old"
    assert find_run("chain/old", runs=runs) == runs / "chain" / "old"
    assert find_run("chain", runs=runs) == runs / "chain" / "new"
    assert find_run("latest", runs=runs) == runs / "other"
    with pytest.raises(InputError, match=r"no manifest\.json"):
        find_run("chain/unfinished", runs=runs)
    with pytest.raises(InputError, match="There are chain, other, latest"):
        find_run("chian", runs=runs)
    with pytest.raises(InputError, match="no finished run"):
        find_run("latest", runs=tmp_path / "nowhere")


def test_text_shows_figures_names_and_parameters_within_its_width(run):
    found = ask(run, TARGET)
    text = as_text(found)
    assert f"{found.figure.value:,.1f} persons, 80 % interval" in text
    assert KSCO7["31"] in text and "서울특별시" in text and "직무 전환" in text
    assert f"{found.people.opening:,.1f}" in text and ": holds" in text
    for step in found.steps:
        assert f"{step.value:.4g}" in text
    for file in found.inputs:
        assert file.sha256 in text
    prose = [line for line in text.splitlines() if "sha256" not in line and "table" not in line]
    assert max(len(line) for line in prose) <= WIDTH + 30  # tables keep their columns


def test_json_holds_what_was_found(run):
    found = ask(run, TARGET)
    content = json.loads(as_json(found))
    assert content["figure"]["value"] == found.figure.value
    assert content["checks"][0]["holds"] is True
    assert {field.name for field in dataclasses.fields(found)} == set(content)
    assert [step["name"] for step in content["steps"]] == [step.name for step in found.steps]


def test_the_toy_run_is_true_to_the_mechanism(tables):
    """What the cases promise to add up does, so that the tests above mean something."""
    demand = tables["reskilling_demand"]
    assert (demand.loc[demand["scenario"] == "no_ai", "persons"] == 0).all()
    wide = demand.pivot(index=CELL, columns="need", values="persons").drop("no_ai", level=1)
    cells = tables["reskilling_cells"].set_index(CELL).loc[wide.index]
    left = cells["touched_persons"] + cells["separated_persons"]
    left = left - cells["returned_persons"] - cells["adapted_persons"]
    assert np.allclose(left, wide.sum(axis=1), rtol=1e-9)
    assert (wide.xs("central", level="scenario") > 0).all().all()
