"""Who needs which training: neutral steps return the baseline, nobody counts twice."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest
import stage_factories as made
from reskilling_projections import both, project, without, world_tables

from forecast.errors import InputError
from forecast.options import ParameterOptions
from forecast.stages import projection as walking
from forecast.stages.composition import industry_mix, province_share
from forecast.stages.ledger import AI_FLOWS, DISPLACED_FLOWS, FLOWS
from forecast.stages.parameters import PARAMETERS
from forecast.stages.world import build_world
from forecast.types import ReskillingDemand

NAMES = [parameter.name for parameter in PARAMETERS]
# With one of these at neutral no job is lost, whatever the others say.
EMPLOYMENT_GATES = (
    "worker_reach",
    "surveyed_share",
    "cost_effective_share",
    "hours_saved_share",
    "output_response",
)
# Each of these shapes who is reached, or what becomes of people: never employment without AI.
OTHERS = [name for name in NAMES if name not in EMPLOYMENT_GATES]
AGES_OF_FACTORS = ("15_29", "30_39", "40_49", "50_59", "60_plus")
AI_SCENARIOS = ("slow", "central", "fast")


@functools.cache
def alone(name: str):
    """Run the stage with one parameter at its neutral value; several tests look at the same run."""
    return both(without(name))


@pytest.fixture(scope="module")
def demand() -> ReskillingDemand:
    return project()


def test_all_steps_neutral_return_the_baseline_exactly():
    result = project(made.scenario_options("neutral"))
    assert (result.employment_factor == 1.0).all()
    assert (result.persons == 0.0).all()
    for scenario in ("slow", "central", "fast"):
        assert result.ledger.sel(scenario=scenario, drop=True).equals(
            result.ledger.sel(scenario="no_ai", drop=True)
        )


@pytest.mark.parametrize("name", EMPLOYMENT_GATES)
def test_one_closed_gate_returns_baseline_employment_exactly(name):
    result = alone(name)[0]
    assert (result.employment_factor == 1.0).all()
    assert (result.persons.sel(need="job_change") == 0.0).all()
    assert (result.ledger.sel(flow=list(AI_FLOWS)) == 0.0).all()
    assert (result.displaced == 0.0).all()
    for scenario in AI_SCENARIOS:
        assert result.ledger.sel(scenario=scenario, drop=True).equals(
            result.ledger.sel(scenario="no_ai", drop=True)
        )


# What is left out of the accounts when one of the other steps is at its neutral value.
def _reemployed(result, scenario="central"):
    flows = ["reemployed_same", "reemployed_other"]
    return -result.displaced.sel(scenario=scenario, flow=flows).sum()


@pytest.mark.parametrize("name", OTHERS)
def test_each_other_step_at_neutral_adds_nothing_of_its_own(name):
    """One case per parameter: what its step adds is gone, and nothing else is."""
    result, made_of = alone(name)
    used = made_of.draws.parameters.sel(parameter=name)
    neutral = next(p.neutral for p in PARAMETERS if p.name == name)
    assert (used == neutral).all()
    turnover, world, central = made_of.draws.turnover, made_of.world, {"scenario": "central"}
    costs = {
        "feasibility_weight": "distance",
        "zone_weight": "zone_rise",
        "wage_fall_weight": "wage_fall",
        "licence_weight": "licence",
    }
    if name == "province_adoption_weight":
        np.testing.assert_allclose(world.provinces.relative, 1.0, rtol=1e-12)
    elif name == "exposure_growth":
        assert (
            world.moving.every_year is None
            or (world.moving.exposure == made_of.draws.scores.exposure).all()
        )
    elif name.startswith("age_factor"):
        age = name.removeprefix("age_factor_").replace("_plus", "+").replace("_", "-")
        others = world.age_factor - world.age_factor.sel(age_group=age)
        raw = made_of.draws.parameters.sel(parameter="age_factor_40_49") - 1.0
        if age != "40-49":
            np.testing.assert_allclose(
                others.sel(age_group="40-49"), raw.broadcast_like(others.isel(age_group=0))
            )
    elif name == "reinstatement_share":
        assert (result.ledger.sel(flow="reinstatement") == 0.0).all()
    elif name == "attrition_share":
        more = result.ledger.sel(flow="ai_separation", **central).sum()
        assert more < project().ledger.sel(flow="ai_separation", **central).sum()
    elif name in ("training_need_share", "ax_share"):
        needs = ["ai_basic", "ax"] if name == "training_need_share" else ["ax"]
        assert (result.persons.sel(need=needs) == 0.0).all()
    elif name == "self_adaptation":
        assert (result.parts.sel(part="adapted") == 0.0).all()
    elif name in ("registered_share", "exit_relative"):
        other = {"registered_share": "exit_relative", "exit_relative": "registered_share"}[name]
        scale = made_of.draws.parameters.sel(parameter=other).to_numpy()
        people = made.employment().opening.sum("occupation").to_numpy()
        everybody = turnover.exit @ people / people.sum()
        np.testing.assert_allclose(everybody, 0.136 * scale)  # as published, all ages together
    elif name == "occupation_change_share":
        assert (turnover.job_change == 0.0).all()
        assert (result.ledger.sel(flow=["job_change_out", "job_change_in"]) == 0.0).all()
    elif name.startswith("ageing"):
        ages = [0] if name.endswith("15_29") else [1, 2, 3]
        assert (turnover.ageing[:, ages] == 0.0).all()
    elif name == "occupation_change_relative":
        assert (turnover.changes_occupation == 0.535).all()
    elif name == "later_reemployment_relative":
        np.testing.assert_allclose(turnover.later, 1.0 - (0.324 / 0.547) ** 0.25)
    elif name == "withdrawal_share":
        assert (turnover.withdrawn == turnover.exit).all()
    elif name == "congestion_elasticity":
        assert (turnover.congestion == 0.0).all()
        assert _reemployed(result) > _reemployed(project())
    elif name == "vacancy_weight":
        assert (turnover.pull == 1.0).all()
    else:
        cost = made_of.draws.transitions.costs[costs[name]].to_numpy()
        raised = project_feasibility(made_of, without_cost=costs[name])
        np.testing.assert_allclose(made_of.draws.transitions.feasibility, raised)
        assert cost.any()
    assert (result.ledger.sel(scenario="no_ai", flow=list(AI_FLOWS)) == 0.0).all()


def project_feasibility(made_of, *, without_cost: str) -> np.ndarray:
    """Feasibility from every cost but one."""
    weights = {"distance": "feasibility", "zone_rise": "zone"} | {
        name: name for name in ("wage_fall", "licence")
    }
    total = 0.0
    for cost, weight in weights.items():
        if cost != without_cost:
            drawn = made_of.draws.parameters.sel(parameter=f"{weight}_weight").to_numpy()
            total = total + drawn[:, None, None] * made_of.draws.transitions.costs[cost].to_numpy()
    feasible = np.exp(-total)
    feasible[:, np.arange(feasible.shape[1]), np.arange(feasible.shape[1])] = 0.0
    return feasible


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("worker_reach", ["ai_basic", "ax", "job_change"]),
        ("training_need_share", ["ai_basic", "ax"]),
        ("ax_share", ["ax"]),
        ("cost_effective_share", ["job_change"]),
        ("hours_saved_share", ["job_change"]),
    ],
)
def test_a_closed_gate_leaves_no_need_behind_it_and_opens_with_it(name, needs, demand):
    assert (alone(name)[0].persons.sel(need=needs) == 0.0).all()
    assert (demand.persons.sel(need=needs, scenario="central").sum(["draw", "year"]) > 0).any()


@pytest.mark.parametrize("name", NAMES)
def test_switching_a_step_off_never_touches_the_world_without_ai(name, demand):
    result = alone(name)[0].ledger.sel(scenario="no_ai")
    stocks = ["opening", "closing"]
    expected = demand.ledger.sel(scenario="no_ai", flow=stocks)
    assert result.sel(flow=stocks).equals(expected)  # the very same numbers
    assert (result.sel(flow=list(AI_FLOWS)) == 0.0).all()


def test_no_ai_is_the_employment_forecast_itself(demand):
    employment = made.employment()
    ledger = demand.ledger.sel(scenario="no_ai").sum("sido")
    closing = ledger.sel(flow="closing", year=2024).transpose("occupation", "age_group")
    forecast = employment.persons.sel(period="2024H2").mean("draw")
    np.testing.assert_allclose(closing, forecast, rtol=1e-12)
    opening = ledger.sel(flow="opening", year=2023).transpose("occupation", "age_group")
    np.testing.assert_allclose(opening, employment.opening, rtol=1e-12)
    assert (demand.employment_factor.sel(scenario="no_ai") == 1.0).all()
    assert (demand.persons.sel(scenario="no_ai") == 0.0).all()
    assert (demand.displaced.sel(scenario="no_ai") == 0.0).all()


def closes(result: ReskillingDemand) -> None:
    """Hold every mean cell of both accounts to a billionth of its stock."""
    for accounts, names in ((result.ledger, FLOWS), (result.displaced, DISPLACED_FLOWS)):
        opening, closing = accounts.sel(flow="opening"), accounts.sel(flow="closing")
        gap = np.abs(opening + accounts.sel(flow=list(names)).sum("flow") - closing)
        assert (gap <= 1e-9 * np.maximum(np.maximum(opening, closing), 1.0)).all()
        later, earlier = opening.isel(year=slice(1, None)), closing.isel(year=slice(None, -1))
        np.testing.assert_allclose(later, earlier, rtol=1e-9, atol=1e-9)


def test_accounts_close_and_each_year_opens_where_the_last_one_closed(demand):
    closes(demand)


def test_who_is_separated_by_ai_enters_the_account_of_the_displaced(demand):
    separated = -demand.ledger.sel(flow="ai_separation", drop=True)
    assert separated.equals(demand.displaced.sel(flow="separated", drop=True))
    assert demand.parts.sel(part="separated", drop=True).equals(separated)
    for ours, theirs in (("same", "same"), ("other", "other")):
        employed = demand.ledger.sel(flow=f"reemployment_{ours}").sum("occupation")
        idle = -demand.displaced.sel(flow=f"reemployed_{theirs}").sum("occupation")
        np.testing.assert_allclose(employed, idle, rtol=1e-9, atol=1e-6)


def test_provinces_and_ages_add_up_to_the_nation_in_every_draw(demand):
    nation = demand.persons.sum("occupation")
    np.testing.assert_allclose(demand.by_province.sum("sido"), nation, rtol=1e-12, atol=1e-9)
    means = (
        demand.cells.sel(statistic="persons").sum("sido").transpose(*demand.persons.dims[:1], ...)
    )
    wanted = demand.persons.mean("draw").transpose(*means.dims)
    np.testing.assert_allclose(means, wanted, rtol=1e-12, atol=1e-9)
    broken = demand.by_province.copy()
    broken[0, 0, 0, 0, 0, 0] += 1.0
    with pytest.raises(InputError, match="add up to the nation"):
        replace(demand, by_province=broken)


def test_the_needs_are_what_is_left_of_those_touched_and_displaced(demand):
    part = demand.parts.to_dataset("part")
    left = part["touched"] + part["separated"] - part["returned"] - part["adapted"]
    needs = demand.cells.sel(statistic="persons").sum("need")
    np.testing.assert_allclose(left.transpose(*needs.dims), needs, rtol=1e-9, atol=1e-6)
    assert (part["adapted"].sum() > 0) and (part["adapted"] <= part["opening"]).all()


def test_provinces_that_adopt_more_have_more_people_in_need_of_their_workers(demand):
    needs = demand.cells.sel(statistic="persons", scenario="central").sum(
        ["year", "occupation", "age_group", "need"]
    )
    people = demand.parts.sel(part="opening", scenario="central").sum(
        ["year", "occupation", "age_group"]
    )
    rate = needs / people
    assert rate.sel(sido="11") > rate.sel(sido=["26", "30", "41"]).max()


def test_people_reached_are_neither_made_nor_lost_by_provinces():
    options = without("hours_saved_share", "self_adaptation")  # nobody leaves, nobody adapts
    alike = project(without("hours_saved_share", "self_adaptation", "province_adoption_weight"))
    unlike = project(options)
    first = {"scenario": "central", "year": 2023}
    np.testing.assert_allclose(
        unlike.persons.sel(first).sum("need"), alike.persons.sel(first).sum("need"), rtol=1e-9
    )
    assert not np.allclose(unlike.by_province.sel(first), alike.by_province.sel(first))


def test_threads_and_chunks_change_nothing(demand, monkeypatch):
    _, made_of = both()
    path = walking.walk(made_of.world, "central", workers=3)
    assert (path.national == demand.persons.sel(scenario="central").to_numpy()).all()
    monkeypatch.setattr(walking, "CHUNK_CELLS", 3 * 5 * 5 * 5)  # three draws at a time
    pieces = walking.walk(made_of.world, "central", workers=2)
    assert (pieces.national == path.national).all()
    np.testing.assert_allclose(pieces.ledger, path.ledger, rtol=1e-12, atol=1e-9)


def test_the_country_as_one_province_has_nearly_as_many_people_in_need(demand):
    _, made_of = both()
    world = build_world(made.scenario_options(), made_of.draws, world_tables(), nation=True)
    nation = walking.walk(world, "central")
    assert world.provinces.codes == ["00"] and nation.provincial.shape[2] == 1
    np.testing.assert_allclose(
        nation.national.sum(), demand.persons.sel(scenario="central").sum(), rtol=0.02
    )


def test_the_closing_stock_is_the_baseline_times_the_factor(demand):
    persons = made.employment().persons.sel(period="2026H2")
    factor = demand.employment_factor.sel(scenario="fast", year=2026)
    closing = demand.ledger.sel(scenario="fast", flow="closing", year=2026).sum("sido")
    np.testing.assert_allclose(closing, (persons * factor).mean("draw"), rtol=1e-9)


def test_nobody_has_two_needs_and_more_need_than_there_are_people(demand):
    opening = demand.ledger.sel(flow="opening").sum("sido")
    mean_need = demand.persons.mean("draw").sum("need")
    assert (mean_need <= opening).all()
    result, made_of = alone("self_adaptation")  # nobody adapts alone: all displaced are in need
    displaced = result.parts.sel(part="separated") - result.parts.sel(part="returned")
    job_change = result.cells.sel(statistic="persons", need="job_change")
    np.testing.assert_allclose(job_change, displaced, rtol=1e-9, atol=1e-6)
    assert made_of.world.adapting.max() == 0.0


def test_the_capable_need_fewer_courses(demand):
    everybody = alone("self_adaptation")[0]
    fewer = demand.persons.sum(["draw", "year", "occupation", "age_group"]).sel(scenario="central")
    more = everybody.persons.sum(["draw", "year", "occupation", "age_group"])
    assert (fewer < more.sel(scenario="central")).all()


def test_faster_adoption_never_lowers_total_need(demand):
    total = demand.persons.sum(["year", "occupation", "age_group", "need"])
    slow, central, fast = (total.sel(scenario=name) for name in ("slow", "central", "fast"))
    assert (slow <= central).all() and (central <= fast).all()


def test_scenarios_share_their_parameters_so_that_their_difference_is_adoption(demand):
    alike = made.adoption()
    alike = replace(alike, value=alike.value.copy(data=alike.value.sel(scenario=["central"] * 3)))
    result = project(adoption=alike)
    assert result.persons.sel(scenario="slow", drop=True).equals(
        result.persons.sel(scenario="fast", drop=True)
    )


def with_growth(options=None) -> ReskillingDemand:
    return project(options, exposure=replace(made.exposure(), growth=made.growth()))


def test_growth_without_the_step_returns_the_same_people_exactly(demand):
    off = with_growth(without("exposure_growth"))
    for name in ("persons", "ledger", "employment_factor"):
        assert getattr(off, name).equals(getattr(demand, name))
    assert demand.exposure is None
    assert (off.exposure == made.exposure().sub_major.exposure).all()


def test_all_steps_neutral_return_the_baseline_though_exposure_grows():
    result = with_growth(made.scenario_options("neutral"))
    assert (result.employment_factor == 1.0).all() and (result.persons == 0.0).all()


def test_growing_exposure_touches_more_people_and_leaves_the_world_without_ai(demand):
    moving = with_growth()
    more = moving.persons.sum(["occupation", "age_group"]) - demand.persons.sum(
        ["occupation", "age_group"]
    )
    later = more.sel(year=slice(2024, None), scenario="central")
    assert (later.sum("need") > 0).all()
    assert (moving.persons.sel(year=2023) == demand.persons.sel(year=2023)).all()  # base year
    without_ai = {"scenario": "no_ai"}
    assert moving.ledger.sel(without_ai).equals(demand.ledger.sel(without_ai))
    assert (moving.persons.sel(without_ai) == 0.0).all()


def test_people_are_conserved_while_exposure_grows():
    moving = with_growth()
    closes(moving)
    opening = moving.ledger.sel(flow="opening").sum("sido")
    assert (moving.persons.mean("draw").sum("need") <= opening).all()
    persons = made.employment().persons.sel(period="2026H2")
    factor = moving.employment_factor.sel(scenario="fast", year=2026)
    closing = moving.ledger.sel(scenario="fast", flow="closing", year=2026).sum("sido")
    np.testing.assert_allclose(closing, (persons * factor).mean("draw"), rtol=1e-9)


def test_those_touched_by_the_end_are_the_reached_times_the_exposure_of_the_last_year():
    """Needs add up to the level, so nobody reached early is forgotten when exposure grows."""
    # Nobody is displaced and nobody adapts alone: all who are touched need training.
    options = without("hours_saved_share", "self_adaptation", "province_adoption_weight")
    options.parameters["training_need_share"] = ParameterOptions(1.0, 1.0, 1.0, 0.0, "test")
    still = project(options, employment=constant_employment())
    moving = project(
        options,
        employment=constant_employment(),
        exposure=replace(made.exposure(), growth=made.growth()),
    )
    touched = moving.persons.sel(scenario="fast").sum(["year", "need"])
    reached = still.persons.sel(scenario="fast").sum(["year", "need"])
    ratio = moving.exposure.sel(year=2026) / made.exposure().sub_major.exposure
    np.testing.assert_allclose(touched, (reached * ratio).transpose(*touched.dims), rtol=1e-9)


def constant_employment():
    given = made.employment()
    same = given.opening.expand_dims(draw=given.persons["draw"], period=given.persons["period"])
    persons = same.transpose(*given.persons.dims).assign_attrs(unit="persons")
    return replace(given, persons=persons)


def test_a_negative_age_factor_adds_jobs_at_that_age():
    options = made.scenario_options()
    options.parameters["age_factor_50_59"] = ParameterOptions(-5.0, -5.0, -5.0, 1.0, "test")
    result = project(options)
    last = result.employment_factor.sel(scenario="central", year=2026)
    assert (last.sel(age_group="50-59") >= 1.0).all()
    assert (last.sel(age_group="15-29") <= 1.0).all()
    assert float(last.sel(age_group="50-59").max()) > 1.0
    closes(result)


def test_age_factors_say_whom_a_loss_meets_and_not_how_large_it_is():
    one = without(*(f"age_factor_{age}" for age in AGES_OF_FACTORS))
    alike, unlike = both(one)[1].world, both()[1].world
    weight = made.employment().opening / made.employment().opening.sum("age_group")
    for world in (alike, unlike):
        np.testing.assert_allclose((world.age_factor * weight).sum("age_group"), 1.0, rtol=1e-12)
    assert (alike.age_factor == 1.0).all()
    assert (
        unlike.age_factor.sel(age_group="15-29") > unlike.age_factor.sel(age_group="50-59")
    ).all()


def test_same_seed_same_result_other_seed_other_draws(demand):
    assert project().persons.equals(demand.persons)
    other = project(seed=10)
    assert not other.persons.equals(demand.persons)
    stocks = {"scenario": "no_ai", "flow": ["opening", "closing"]}
    assert other.ledger.sel(stocks).equals(demand.ledger.sel(stocks))


def test_the_parameter_table_says_what_was_used(demand):
    table = demand.parameters.set_index("name")
    assert list(table.columns) == ["value", "lower80", "upper80", "neutral", "source"]
    assert set(NAMES) < set(table.index)
    assert (table["lower80"] <= table["upper80"]).all()
    implied = table.loc["implied_user_hours_saved", "value"]
    assert 0.0 < implied < 0.3
    off = project(without("ax_share")).parameters.set_index("name").loc["ax_share"]
    assert off["value"] == off["neutral"] == 0.0 and off["source"].startswith("disabled")


def test_provinces_take_the_distribution_of_their_major_group():
    table = world_tables()["employment_province"]
    share = province_share(table, list(made.OCCUPATIONS))
    used = both()[1].world.provinces.share
    np.testing.assert_allclose(used[0, 0], share.transpose("occupation", "sido"))
    clerks = table[table["ksco7"] == "3"].groupby("sido")["employed_persons"].sum()
    np.testing.assert_allclose(share.sel(occupation="31"), clerks / clerks.sum())


def test_industries_without_a_scope_count_as_the_whole_economy():
    mix = industry_mix(made.tables()["employment_industry"], ["31"], ["all:all", "industry:J"])
    table = made.tables()["employment_industry"].query("ksco7 == '3'")
    own = (
        table.loc[table["ksic"] == "J", "employed_persons"].sum() / table["employed_persons"].sum()
    )
    assert mix.sel(scope="industry:J").item() == pytest.approx(own)
    assert mix.sum("scope").item() == pytest.approx(1.0)
    with pytest.raises(InputError, match="all:all"):
        industry_mix(made.tables()["employment_industry"], ["31"], ["industry:J"])


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"exposure": made.exposure(n_draw=5)}, "draws"),
        ({"exposure": made.exposure(occupations=("11", "22"))}, "31"),
        ({"adoption": made.adoption(last_year=2025)}, "adoption.last_year"),
        ({"employment": made.employment(last_year=2025)}, "employment.last_period"),
        ({"employment": replace(made.employment(), origin="2021H2")}, "first_year"),
        ({"exposure": replace(made.exposure(), growth=made.growth(n_draw=5))}, "draws"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_by_name(inputs, message):
    with pytest.raises(InputError, match=message):
        project(**inputs)


def test_a_missing_rate_is_refused_not_replaced():
    tables = world_tables()
    tables["evidence"] = tables["evidence"].query("key != 'job_exit_rate'")
    with pytest.raises(InputError, match="job_exit_rate"):
        project(tables=tables)
