"""The steps from exposure to labour demand: units, neutral values, sampling."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from stage_factories import scenario_options

from forecast.errors import ConfigError, InputError
from forecast.stages import mechanism
from forecast.stages.mechanism import PARAMETERS, sample_parameters

NAMES = [parameter.name for parameter in PARAMETERS]
AI_STEPS = NAMES[: NAMES.index("registered_share")]
share = st.floats(0.0, 1.0)


def array(value: float, unit: str) -> xr.DataArray:
    return xr.DataArray([value], dims=["draw"]).assign_attrs(unit=unit)


def test_the_shipped_configuration_names_every_parameter_once_with_a_source():
    options = scenario_options().parameters
    assert sorted(options) == sorted(NAMES)
    assert all(len(option.source) > 20 for option in options.values())


@pytest.mark.parametrize("name", AI_STEPS)
def test_the_shipped_range_of_every_ai_step_contains_its_neutral_value(name):
    option = scenario_options().parameters[name]
    assert option.low <= option.neutral <= option.high


@pytest.mark.parametrize("name", NAMES)
def test_draws_stay_in_range_and_centre_on_the_triangular_mean(name):
    options = scenario_options().parameters
    draws = sample_parameters(options, n_draw=20_000, rng=np.random.default_rng(5))
    values, option = draws.sel(parameter=name).to_numpy(), options[name]
    assert option.low <= values.min() and values.max() <= option.high
    mean = (option.low + option.mode + option.high) / 3
    # standard error of the mean of 20,000 draws, five times over
    assert abs(values.mean() - mean) < 5 * values.std() / np.sqrt(20_000)


def test_switching_one_parameter_off_leaves_the_draws_of_the_others():
    options = scenario_options().parameters
    before = sample_parameters(options, n_draw=9, rng=np.random.default_rng(1))
    options["output_response"].enabled = False
    after = sample_parameters(options, n_draw=9, rng=np.random.default_rng(1))
    others = [name for name in NAMES if name != "output_response"]
    assert before.sel(parameter=others).equals(after.sel(parameter=others))
    assert (after.sel(parameter="output_response") == 0.0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"low": 0.9}, "low <= mode"),
        ({"high": 1.5}, "<= 1"),
        ({"neutral": 0.3}, "neutral"),
    ],
)
def test_an_impossible_range_is_refused_by_key(change, message):
    options = scenario_options().parameters
    for field, value in change.items():
        setattr(options["cost_effective_share"], field, value)
    with pytest.raises(ConfigError, match="cost_effective_share") as caught:
        sample_parameters(options, n_draw=2, rng=np.random.default_rng(1))
    assert message in str(caught.value)


def test_a_missing_and_an_unknown_parameter_are_both_named():
    options = scenario_options().parameters
    options["hours_savd_share"] = options.pop("hours_saved_share")
    with pytest.raises(ConfigError, match=r"hours_saved_share.*hours_savd_share"):
        sample_parameters(options, n_draw=2, rng=np.random.default_rng(1))


@pytest.mark.parametrize(
    "step",
    [
        lambda x, p: mechanism.workers_reached(x, p, p),
        lambda x, p: mechanism.workers_in_need(x, array(0.1, "share"), p),
        lambda x, p: mechanism.score_in_year(x, array(0.1, "share"), array(1.0, "log growth"), p),
        lambda x, p: mechanism.score_in_year(array(0.1, "share"), array(0.1, "share"), x, p),
        lambda x, p: mechanism.cost_effective_tasks(x, p),
        lambda x, p: mechanism.hours_saved(x, array(0.1, "share"), p),
        lambda x, p: mechanism.labour_demand_loss(x, p, p),
        lambda x, p: mechanism.employment_factor(x, p),
    ],
)
def test_no_step_takes_persons_or_another_unit(step):
    with pytest.raises(InputError, match="this step takes"):
        step(array(0.5, "persons"), array(0.5, ""))


@given(reach=share, tasks=share, saved=share, response=share, age=st.floats(-1, 3), back=share)
def test_employment_stays_between_nothing_and_all_hours_saved(
    reach, tasks, saved, response, age, back
):
    everyone = array(1.0, "")
    reached = mechanism.workers_reached(array(reach, mechanism.FIRMS), everyone, everyone)
    hours = mechanism.hours_saved(reached, array(tasks, "share"), array(saved, ""))
    loss = mechanism.labour_demand_loss(hours, array(response, ""), array(age, ""))
    factor = float(mechanism.employment_factor(loss, array(back, ""))[0])
    assert float(hours[0]) <= min(reach, tasks, saved) + 1e-12
    assert 0.0 <= factor <= 1.0 + max(-age, 0.0) * float(hours[0]) + 1e-12
    if response == 1.0 or (back == 1.0 and age >= 0) or 0.0 in (reach, tasks, saved, age):
        assert factor == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("zero", range(4))
def test_one_closed_gate_is_enough_to_lose_no_job(zero):
    gates = [0.4, 0.3, 0.6, 0.5]
    gates[zero] = 0.0
    firms = array(0.2, mechanism.FIRMS)
    reached = mechanism.workers_reached(firms, array(gates[0], ""), array(gates[3], ""))
    tasks = mechanism.cost_effective_tasks(array(0.5, "share"), array(gates[1], ""))
    hours = mechanism.hours_saved(reached, tasks, array(gates[2], ""))
    loss = mechanism.labour_demand_loss(hours, array(0.3, ""), array(2.0, ""))
    assert float(mechanism.employment_factor(loss, array(0.2, ""))[0]) == 1.0


def test_adoption_counts_from_the_last_observation_and_is_never_unlearnt():
    percent = xr.DataArray(
        [[[[3.0, 8.0, 6.0]]]],
        dims=["scenario", "draw", "scope", "year"],
        coords={"scope": ["all:all"], "year": [2023, 2024, 2025]},
        attrs={"unit": "percent"},
    )
    everywhere = xr.DataArray(
        [[1.0]], dims=["occupation", "scope"], coords={"scope": ["all:all"], "occupation": ["31"]}
    )
    gained = mechanism.additional_adoption(percent, pd.Series({"all:all": 4.0}), everywhere)
    assert gained.to_numpy().ravel().round(12).tolist() == [0.0, 0.04, 0.04]
    assert gained.attrs["unit"] == "share of firms"
    with pytest.raises(InputError, match="all:all"):
        mechanism.additional_adoption(percent, pd.Series({"industry:J": 4.0}), everywhere)
