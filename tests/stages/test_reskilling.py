"""Who needs which training: neutral steps return the baseline, nobody counts twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import stage_factories as made

from forecast.errors import InputError
from forecast.options import ParameterOptions
from forecast.stages.ledger import AI_FLOWS, closing_error
from forecast.stages.mechanism import PARAMETERS
from forecast.stages.reskilling import (
    industry_mix,
    project_reskilling,
    province_share,
)
from forecast.stages.turnover import distance
from forecast.types import ReskillingDemand

NAMES = [parameter.name for parameter in PARAMETERS]
# With one of these at neutral no job is lost; with one of the second group nobody needs training.
EMPLOYMENT_GATES = ("worker_reach", "cost_effective_share", "hours_saved_share")
OFF = {"enabled": False}


def project(options=None, *, seed: int = 9, **inputs) -> ReskillingDemand:
    given = {
        "exposure": made.exposure(),
        "adoption": made.adoption(),
        "employment": made.employment(),
        "tables": made.tables(),
        **inputs,
    }
    return project_reskilling(
        options or made.scenario_options(), *given.values(), rng=np.random.default_rng(seed)
    )


def without(*names: str):
    options = made.scenario_options()
    for name in names:
        options.parameters[name] = replace(options.parameters[name], **OFF)
    return options


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
    result = project(without(name))
    assert (result.employment_factor == 1.0).all()
    assert (result.persons.sel(need="job_change") == 0.0).all()
    assert (result.ledger.sel(flow=list(AI_FLOWS)) == 0.0).all()


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
    assert (project(without(name)).persons.sel(need=needs) == 0.0).all()
    assert (demand.persons.sel(need=needs, scenario="central").sum(["draw", "year"]) > 0).any()


@pytest.mark.parametrize("name", NAMES)
def test_switching_a_step_off_never_touches_the_world_without_ai(name, demand):
    result = project(without(name)).ledger.sel(scenario="no_ai")
    stocks = ["opening", "closing"]
    expected = demand.ledger.sel(scenario="no_ai", flow=stocks)
    np.testing.assert_allclose(result.sel(flow=stocks), expected, rtol=1e-12)
    assert (result.sel(flow=list(AI_FLOWS)) == 0.0).all()


@pytest.mark.parametrize("name", ["output_response", "attrition_share"])
def test_an_offset_at_neutral_leaves_the_full_loss(name, demand):
    stronger = project(without(name)).ledger.sel(flow="ai_separation", scenario="central").sum()
    assert float(stronger) < float(
        demand.ledger.sel(flow="ai_separation", scenario="central").sum()
    )


def test_no_ai_is_the_employment_forecast_itself(demand):
    employment = made.employment()
    closing = demand.ledger.sel(scenario="no_ai", flow="closing", year=2024)
    forecast = employment.persons.sel(period="2024H2").mean("draw")
    np.testing.assert_allclose(closing, forecast, rtol=1e-12)
    opening = demand.ledger.sel(scenario="no_ai", flow="opening", year=2023)
    np.testing.assert_allclose(opening, employment.opening, rtol=1e-12)
    assert (demand.employment_factor.sel(scenario="no_ai") == 1.0).all()
    assert (demand.persons.sel(scenario="no_ai") == 0.0).all()


def test_the_ledger_closes_and_each_year_opens_where_the_last_one_closed(demand):
    assert closing_error(demand.ledger) < 1e-9
    later = demand.ledger.sel(flow="opening").isel(year=slice(1, None))
    earlier = demand.ledger.sel(flow="closing").isel(year=slice(None, -1))
    np.testing.assert_allclose(later, earlier, rtol=1e-12)


def test_the_closing_stock_is_the_baseline_times_the_factor(demand):
    persons = made.employment().persons.sel(period="2026H2")
    factor = demand.employment_factor.sel(scenario="fast", year=2026)
    closing = demand.ledger.sel(scenario="fast", flow="closing", year=2026)
    np.testing.assert_allclose(closing, (persons * factor).mean("draw"), rtol=1e-12)


def test_nobody_has_two_needs_and_more_need_than_there_are_people(demand):
    opening = demand.ledger.sel(flow="opening")
    mean_need = demand.persons.mean("draw").sum("need")
    assert (mean_need <= opening).all()
    displaced = -demand.ledger.sel(flow="ai_separation")
    back = demand.ledger.sel(flow="reemployment_same")
    job_change = demand.persons.sel(need="job_change").mean("draw")
    np.testing.assert_allclose(job_change, displaced - back, rtol=1e-9, atol=1e-6)


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
    assert closing_error(moving.ledger) < 1e-9
    opening = moving.ledger.sel(flow="opening")
    assert (moving.persons.mean("draw").sum("need") <= opening).all()
    persons = made.employment().persons.sel(period="2026H2")
    factor = moving.employment_factor.sel(scenario="fast", year=2026)
    closing = moving.ledger.sel(scenario="fast", flow="closing", year=2026)
    np.testing.assert_allclose(closing, (persons * factor).mean("draw"), rtol=1e-12)


def test_those_touched_by_the_end_are_the_reached_times_the_exposure_of_the_last_year():
    """Needs add up to the level, so nobody reached early is forgotten when exposure grows."""
    options = without("hours_saved_share")  # nobody is displaced: all who are touched need training
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
    options.parameters["age_factor_50_59"] = ParameterOptions(-1.0, -1.0, -1.0, 1.0, "test")
    result = project(options)
    last = result.employment_factor.sel(scenario="central", year=2026)
    assert (last.sel(age_group="50-59") >= 1.0).all()
    assert (last.sel(age_group="15-29") <= 1.0).all()
    assert float(last.sel(age_group="50-59").max()) > 1.0
    assert closing_error(result.ledger) < 1e-9


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


def test_provinces_take_the_distribution_of_their_major_group(demand):
    table = made.tables()["employment_province"]
    share = province_share(table, list(made.OCCUPATIONS))
    assert share.equals(demand.province_share)
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


def test_like_work_is_nearer_than_unlike_work():
    descriptors = pd.DataFrame(
        {"isco08": ["1", "2", "3"], "reading": [1.0, 1.1, 5.0], "n_soc": 1, "source": "made_up"}
    )
    links = pd.DataFrame({"ksco7": ["211", "221", "911"], "isco08": ["1", "2", "3"], "weight": 1.0})
    gaps = distance(descriptors, links, ["21", "22", "91"])
    assert gaps[0, 1] < gaps[0, 2] and (np.diag(gaps) == 0).all()
    with pytest.raises(InputError, match="31"):
        distance(descriptors, links, ["21", "31"])


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
    tables = made.tables()
    tables["evidence"] = tables["evidence"].query("key != 'job_exit_rate'")
    with pytest.raises(InputError, match="job_exit_rate"):
        project(tables=tables)
