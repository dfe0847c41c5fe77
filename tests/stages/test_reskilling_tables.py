"""Tables that explain a projection: as the codebook says, and the same figures throughout."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import stage_factories as made
from reskilling_projections import both, world_tables

from forecast.codebook import check_table
from forecast.options import ScenarioOptions
from forecast.stages.gains import course_gains
from forecast.stages.reskilling import Projection
from forecast.stages.reskilling_tables import explaining_tables, without_a_course
from forecast.types import AGE_GROUPS, NEEDS, ReskillingDemand

COMPARED = ("flow_comparison", "flow_comparison_occupation")
CENTRAL = ("opportunity", "reskilling_priority", "age_pattern")
ALWAYS = (
    "mechanism_steps",
    "transition_groups",
    "take_up",
    "adaptive_capacity",
    "occupation_moves",
    "skill_gaps",
    "move_fit",
)


@pytest.fixture(scope="module")
def run() -> tuple[ReskillingDemand, Projection]:
    return both()


@pytest.fixture(scope="module")
def tables(run) -> dict[str, pd.DataFrame]:
    return explained(run)


def explained(
    run: tuple[ReskillingDemand, Projection],
    options: ScenarioOptions | None = None,
    *,
    seed: int = 4,
) -> dict[str, pd.DataFrame]:
    given = options or made.scenario_options()
    return explaining_tables(given, *run, fitting_tables(), rng=np.random.default_rng(seed))


def fitting_tables() -> dict[str, pd.DataFrame]:
    """Reference tables whose 15 million of 40-64 are as many as the made-up baseline allows."""
    tables = world_tables()
    people = made.employment().persons.sel(period=["2023H1", "2023H2"])
    ages = people.mean(["draw", "period"]).sum("occupation")
    midlife = float(ages.sel(age_group=["40-49", "50-59"]).sum() + ages.sel(age_group="60+") / 2)
    rows = tables["evidence"]["key"] == "employed_40_64"
    assert rows.sum() == 1
    evidence = tables["evidence"].assign(value=tables["evidence"]["value"].where(~rows, midlife))
    return {**tables, "evidence": evidence}


@pytest.mark.parametrize("name", [*ALWAYS, *CENTRAL, *COMPARED])
def test_every_table_is_as_the_codebook_says_in_its_order(name, tables):
    assert list(check_table(name, tables[name]).columns) == list(tables[name].columns)
    assert len(tables[name]) > 0


def test_there_is_no_table_beside_those_described(tables):
    assert sorted(tables) == sorted((*ALWAYS, *CENTRAL, *COMPARED))


def test_without_comparators_the_other_model_is_not_run(run, tables, monkeypatch):
    options = made.scenario_options()
    options.comparators = []
    monkeypatch.delattr("forecast.stages.reskilling_tables.compare_flow_models")
    alone = explained(run, options)
    assert sorted(alone) == sorted((*ALWAYS, *CENTRAL))
    for name, table in alone.items():  # nothing else changes
        pd.testing.assert_frame_equal(table, tables[name])


def test_without_a_central_scenario_nothing_is_said_of_it(run):
    demand, made_of = run
    others = {name: path for name, path in made_of.paths.items() if name != "central"}
    found = explained((demand, replace(made_of, paths=others)))
    assert sorted(found) == sorted((*ALWAYS, *COMPARED))
    assert set(found["mechanism_steps"]["scenario"]) == {"slow", "fast"}


def test_years_that_do_not_reach_2025_leave_the_age_pattern_out():
    short = made.scenario_options(last_year=2024)
    found = explained(both(short), short)
    assert "age_pattern" not in found and set(CENTRAL) - {"age_pattern"} <= set(found)


def test_years_that_do_not_start_after_2022_leave_the_age_pattern_out(run):
    """The change since 2022 is not that of a world that opens later."""
    demand, made_of = run
    later = replace(made_of.world, years=[2024, 2025, 2026, 2027])
    found = explained((demand, replace(made_of, world=later)), no_comparators())
    assert "age_pattern" not in found


def no_comparators() -> ScenarioOptions:
    return replace(made.scenario_options(), comparators=[])


def of_turnover(made_of: Projection, **rates: np.ndarray) -> Projection:
    """The projection with other rates of re-employment."""
    turnover = replace(made_of.draws.turnover, **rates)
    return replace(made_of, draws=replace(made_of.draws, turnover=turnover))


def test_people_in_need_who_find_work_without_a_course_by_hand(run):
    """Of 100 separated 45 find their old work and 15 other work: 15 of the 55 not back."""
    made_of = run[1]
    again = np.full_like(made_of.draws.turnover.reemployed, 0.6)
    change = np.full(len(again), 0.25)
    found = without_a_course(of_turnover(made_of, reemployed=again, changes_occupation=change))
    assert found.shape == (made_of.world.n_draw, len(AGE_GROUPS))
    np.testing.assert_allclose(found, 15 / 55)


@pytest.mark.parametrize(("change", "expected"), [(0.0, 0.0), (1.0, 0.6)])
def test_all_or_none_of_the_reemployed_change_occupation(run, change, expected):
    again = np.full_like(run[1].draws.turnover.reemployed, 0.6)
    share = np.full(len(again), change)
    found = without_a_course(of_turnover(run[1], reemployed=again, changes_occupation=share))
    np.testing.assert_allclose(found, expected)


def test_work_found_without_a_course_is_at_most_what_all_leavers_find(run):
    found = without_a_course(run[1])
    assert (found > 0.0).all() and (found < run[1].draws.turnover.reemployed).all()


def test_priorities_rest_on_the_gain_over_work_found_without_a_course(run, tables):
    table = tables["reskilling_priority"]
    gains = course_gains(world_tables(), without_a_course(run[1]), rng=np.random.default_rng(4))
    expected = gains[:, NEEDS.index("job_change")].mean(axis=0)
    of_age = table.groupby("age_group")["expected_gain"].unique()
    for column, age in enumerate(AGE_GROUPS):
        assert of_age[age].tolist() == pytest.approx([expected[column]])
    assert set(table["year"]) == {2026} and set(table["scenario"]) == {"central"}


def separated(demand: ReskillingDemand, **cell: str) -> float:
    """People of a place separated by AI over all years, of those employed at first."""
    where = {"scenario": "central", **cell}
    gone = -demand.ledger.sel(flow="ai_separation", **where).sum()
    at_first = demand.ledger.sel(flow="opening", **where).isel(year=0).sum()
    return float(gone / at_first)


def test_the_risk_beside_opportunity_and_priority_is_that_of_the_ledger(run, tables):
    demand = run[0]
    beside = tables["opportunity"].set_index(["ksco7", "sido"])["displaced_share"]
    assert beside[("31", "26")] == pytest.approx(separated(demand, occupation="31", sido="26"))
    assert beside[("31", "00")] == pytest.approx(separated(demand, occupation="31"))
    keys = ["ksco7", "sido", "age_group"]
    first = tables["reskilling_priority"].set_index(keys)
    cell = {"occupation": "22", "sido": "41", "age_group": "30-39"}
    row = first.loc[("22", "41", "30-39")]
    assert row["displaced_share"] == pytest.approx(separated(demand, **cell))
    opening = demand.ledger.sel(scenario="central", flow="opening", year=2023, **cell)
    assert row["employed_persons"] == pytest.approx(float(opening))
    assert len(first) == len(made.OCCUPATIONS) * len(made.SIDO) * len(AGE_GROUPS)


def test_the_effect_of_ai_by_age_is_the_factor_times_the_baseline(run, tables):
    table = tables["age_pattern"].set_index("age_group")
    people = made.employment().persons.sel(period="2025H2")
    factor = run[0].employment_factor.sel(scenario="central", year=2025, drop=True)
    effect = ((factor - 1.0) * people).sum("occupation").mean("draw")
    change = (people.mean("draw") - made.employment().opening).sum("occupation")
    for age in AGE_GROUPS:
        row = table.loc[age]
        assert row["ai_effect"] == pytest.approx(float(effect.sel(age_group=age)))
        assert row["baseline_change"] == pytest.approx(float(change.sel(age_group=age)))
    assert (table["ai_effect"] != 0.0).any()


def test_both_models_are_told_the_shock_of_the_ledger(run, tables):
    demand = run[0]
    table = tables["flow_comparison"].query("model == 'ledger'")
    keys = ["scenario", "year", "outcome"]
    rows = table.set_index(keys)["persons"]
    assert set(table["scenario"]) == {"slow", "central", "fast"}
    people = made.employment().persons.sel(period="2026H2")
    factor = demand.employment_factor.sel(scenario="fast", year=2026, drop=True)
    missing = float(((factor - 1.0) * people).sum(["occupation", "age_group"]).mean())
    assert rows[("fast", 2026, "employed")] == pytest.approx(missing)
    account = demand.displaced.sel(scenario="fast", year=2026)
    idle, gone = (float(account.sel(flow=name).sum()) for name in ("closing", "separated"))
    assert rows[("fast", 2026, "not_employed")] == pytest.approx(idle)
    assert rows[("fast", 2026, "separated")] == pytest.approx(gone)
    by_occupation = tables["flow_comparison_occupation"].set_index(["scenario", "year", "ksco7"])
    clerks = {"occupation": "31"}
    shock = (factor * people).sel(clerks).sum("age_group") / people.sel(clerks).sum("age_group")
    expected = float(shock.mean()) - 1.0
    assert by_occupation.loc[("fast", 2026, "31"), "shock"] == pytest.approx(expected, rel=1e-3)


def test_take_up_and_groups_count_the_people_of_the_demand(run, tables):
    nation = (
        run[0]
        .persons.sel(scenario="central", year=2026, need="ax")
        .sum(["occupation", "age_group"])
    )
    mean = float(nation.mean("draw"))
    at = "scenario == 'central' and year == 2026 and need == 'ax'"
    assert tables["take_up"].query(at)["persons"].tolist() == pytest.approx([mean] * 3)
    everybody = tables["transition_groups"].query(at).query("group == 'all'")
    assert everybody.query("sido == '00'")["persons"].item() == pytest.approx(mean)
    provinces = everybody.query("sido != '00'")["persons"]
    assert provinces.sum() == pytest.approx(mean) and len(provinces) == len(made.SIDO)


def test_the_same_chances_give_the_same_tables_and_others_move_gains_alone(run, tables):
    again, other = explained(run), explained(run, seed=5)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(again[name], table)
        assert other[name].equals(table) == (name != "reskilling_priority"), name
