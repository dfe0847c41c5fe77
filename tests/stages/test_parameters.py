"""Parameters of the reskilling stage: declared once, drawn in range, neutral where switched off."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from stage_factories import CONF, scenario_options

from forecast.errors import ConfigError
from forecast.options import ParameterOptions
from forecast.stages.parameters import (
    AGE_FACTORS,
    PARAMETERS,
    STEP_PARAMETERS,
    check_parameters,
    parameter_table,
    sample_parameters,
)
from forecast.types import AGE_GROUPS

NAMES = [parameter.name for parameter in PARAMETERS]
AI_STEPS = [
    p.name for p in PARAMETERS if p.step not in ("ordinary_turnover", "reemployment", "moves")
]
# The one value at which a step leaves things as they are; 0 for all others.
NEUTRAL_AT_ONE = (
    "output_response",
    "registered_share",
    "exit_relative",
    "occupation_change_relative",
    "later_reemployment_relative",
    *AGE_FACTORS.values(),
)


def drawn(options=None, *, n_draw: int = 9, seed: int = 1) -> xr.DataArray:
    options = scenario_options().parameters if options is None else options
    return sample_parameters(options, n_draw=n_draw, rng=np.random.default_rng(seed))


def test_the_shipped_configuration_names_every_parameter_once_with_a_source():
    options = scenario_options().parameters
    assert sorted(options) == sorted(NAMES) and len(set(NAMES)) == len(NAMES)
    for name, option in options.items():
        # Either a publication with its year, or the word that says there is none.
        assert re.search(r"assumption|\b20\d\d\b", option.source), name
        assert len(option.source) > 20, name


def test_the_neutral_scenario_switches_every_parameter_off_and_changes_nothing_else():
    neutral = yaml.safe_load((CONF / "scenario" / "neutral.yaml").read_text(encoding="utf-8"))
    assert neutral["parameters"] == {name: {"enabled": False} for name in NAMES}


def test_what_is_neutral_is_declared_for_every_parameter():
    expected = {name: float(name in NEUTRAL_AT_ONE) for name in NAMES}
    assert {p.name: p.neutral for p in PARAMETERS} == expected
    for parameter in PARAMETERS:
        assert parameter.low <= parameter.neutral <= parameter.high, parameter.name


@pytest.mark.parametrize("name", AI_STEPS)
def test_the_shipped_range_of_every_ai_step_contains_its_neutral_value(name):
    option = scenario_options().parameters[name]
    assert option.low <= option.neutral <= option.high
    assert option.low < option.high


def test_every_parameter_enters_one_step_in_the_order_of_the_mechanism():
    steps = list(STEP_PARAMETERS)
    assert sorted(sum(STEP_PARAMETERS.values(), ())) == sorted(NAMES)
    known = [
        "workers_reached",
        "exposure",
        "cost_effective_tasks",
        "hours_saved",
        "demand_loss",
        "employment_factor",
        "separated",
        "touched",
        "ax_share",
    ]
    assert [step for step in steps if step in known] == known
    assert STEP_PARAMETERS["demand_loss"] == ("output_response", *AGE_FACTORS.values())


def test_keys_of_age_factors_can_be_typed_on_a_command_line():
    assert list(AGE_FACTORS) == list(AGE_GROUPS)
    assert all(name.isidentifier() for name in NAMES)
    assert AGE_FACTORS["60+"] == "age_factor_60_plus"


@pytest.mark.parametrize("name", NAMES)
def test_draws_stay_in_range_and_centre_on_the_triangular_mean(name):
    options, n_draw = scenario_options().parameters, 2_000
    values, option = drawn(options, n_draw=n_draw).sel(parameter=name).to_numpy(), options[name]
    assert option.low <= values.min() and values.max() <= option.high
    width = option.high - option.low
    # One draw in each slice of chance: the mean is off by far less than chance would have it.
    mean = (option.low + option.mode + option.high) / 3
    assert abs(values.mean() - mean) < width / n_draw
    below = (option.mode - option.low) / width
    assert (values < option.mode).mean() == pytest.approx(below, abs=2 / n_draw)


def test_one_draw_falls_into_every_slice_and_parameters_are_paired_by_chance():
    option = ParameterOptions(0.0, 0.0, 1.0, 0.0, "right triangle: chance is 1 - (1 - x)^2")
    options = scenario_options().parameters
    pair = ("ax_share", "surveyed_share")
    options |= dict.fromkeys(pair, option)
    first, second = (drawn(options, n_draw=50).sel(parameter=name).to_numpy() for name in pair)
    for values in (first, second):
        slices = np.floor((1.0 - (1.0 - values) ** 2) * 50).astype(int)
        assert sorted(slices.tolist()) == list(range(50))
    assert first.tolist() != sorted(first) and first.tolist() != second.tolist()


@settings(max_examples=40, deadline=None)
@given(ends=st.tuples(*[st.floats(0.0, 1.0)] * 3).map(sorted), seed=st.integers(0, 2**32 - 1))
def test_any_range_that_is_possible_is_kept(ends, seed):
    options = scenario_options().parameters
    options["ax_share"] = ParameterOptions(*ends, 0.0, "test")
    values = drawn(options, seed=seed).sel(parameter="ax_share").to_numpy()
    assert np.isfinite(values).all()
    assert ends[0] - 1e-12 <= values.min() and values.max() <= ends[2] + 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_switching_one_parameter_off_leaves_the_draws_of_the_others(name):
    options = scenario_options().parameters
    before = drawn(options)
    options[name] = replace(options[name], enabled=False)
    after, others = drawn(options), [other for other in NAMES if other != name]
    assert before.sel(parameter=others).equals(after.sel(parameter=others))
    assert (after.sel(parameter=name) == float(name in NEUTRAL_AT_ONE)).all()


def test_same_seed_same_draws():
    assert drawn(seed=3).equals(drawn(seed=3))
    assert not drawn(seed=3).equals(drawn(seed=4))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"low": 0.9}, "low <= mode"),
        ({"mode": 0.7}, "mode <= high"),
        ({"high": 1.5}, "high <= 1"),
        ({"low": -0.1}, "0 <= low"),
        ({"neutral": 0.3}, "expected 0: only there"),
    ],
)
def test_an_impossible_range_is_refused_by_key(change, message):
    options = scenario_options().parameters
    options["cost_effective_share"] = replace(options["cost_effective_share"], **change)
    with pytest.raises(ConfigError, match="cost_effective_share") as caught:
        drawn(options)
    assert message in str(caught.value)


def test_the_range_of_a_parameter_that_is_switched_off_does_not_matter():
    options = scenario_options().parameters
    options["ax_share"] = ParameterOptions(9.0, 1.0, 3.0, 0.0, "test", enabled=False)
    check_parameters(options)
    assert (drawn(options).sel(parameter="ax_share") == 0.0).all()


def test_a_missing_and_an_unknown_parameter_are_both_named():
    options = scenario_options().parameters
    options["hours_savd_share"] = options.pop("hours_saved_share")
    with pytest.raises(ConfigError, match=r"hours_saved_share.*hours_savd_share"):
        drawn(options)


def test_the_table_says_which_mean_and_interval_were_used():
    options = scenario_options().parameters
    options["ax_share"] = replace(options["ax_share"], enabled=False)
    draws = drawn(options, n_draw=40)
    implied = xr.DataArray(np.linspace(0.0, 1.0, 11), dims="draw")
    implied.attrs = {"neutral": 0.0, "source": "derived"}
    table = parameter_table(options, draws, xr.Dataset({"implied": implied})).set_index("name")
    assert list(table.index) == [*NAMES, "implied"]
    values = draws.sel(parameter="attrition_share").to_numpy()
    row = table.loc["attrition_share"]
    assert row["value"] == pytest.approx(values.mean())
    assert [row["lower80"], row["upper80"]] == pytest.approx(np.quantile(values, [0.1, 0.9]))
    assert row["source"] == options["attrition_share"].source
    off = table.loc["ax_share"]
    assert off[["value", "lower80", "upper80", "neutral"]].tolist() == [0.0] * 4
    assert off["source"].startswith("disabled: neutral value. assumption")
    ends = table.loc["implied", ["value", "lower80", "upper80"]].tolist()
    assert ends == pytest.approx([0.5, 0.1, 0.9])
    pd.testing.assert_frame_equal(
        parameter_table(options, draws), table.drop(index="implied").reset_index()
    )
