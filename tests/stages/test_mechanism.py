"""The steps from exposure to labour demand: units, values by hand, neutral values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from forecast.errors import InputError
from forecast.stages import mechanism
from forecast.stages.parameters import AGE_FACTORS
from forecast.types import AGE_GROUPS

unhurried = settings(deadline=None, max_examples=60)
share = st.floats(0.0, 1.0)
N_AGE = len(AGE_GROUPS)


def array(value: float, unit: str = "") -> xr.DataArray:
    return xr.DataArray([value], dims=["draw"]).assign_attrs(unit=unit)


FIRMS, WORKERS = array(0.2, mechanism.FIRMS), array(0.2, mechanism.WORKERS)
TASKS, HOURS, JOBS = (
    array(0.2, unit) for unit in (mechanism.TASKS, mechanism.HOURS, mechanism.JOBS)
)
GROWTH, ONE = array(0.2, mechanism.GROWTH), array(1.0)
# Every step with its inputs of a unit first; the rest are parameters without one.
STEPS = {
    "workers_reached": ((FIRMS,), (ONE, ONE), mechanism.WORKERS),
    "score_in_year": ((TASKS, TASKS, GROWTH), (ONE,), mechanism.TASKS),
    "cost_effective_tasks": ((TASKS,), (ONE,), mechanism.TASKS),
    "hours_saved": ((WORKERS, TASKS), (ONE,), mechanism.HOURS),
    "labour_demand_loss": ((HOURS,), (ONE, ONE), mechanism.JOBS),
    "employment_factor": ((JOBS,), (ONE,), "share"),
    "workers_in_need": ((WORKERS, TASKS), (ONE,), mechanism.WORKERS),
    "separated_share": ((JOBS,), (ONE,), mechanism.JOBS),
}
PLACES = [(name, place) for name, (given, _, _) in STEPS.items() for place in range(len(given))]


@pytest.mark.parametrize(("name", "place"), PLACES)
def test_no_step_takes_another_unit(name, place):
    """Not persons, not a unit of another step: exposure becomes jobs only through every step."""
    inputs, parameters, unit = STEPS[name]
    step = getattr(mechanism, name)
    assert step(*inputs, *parameters).attrs["unit"] == unit
    others = {i.attrs["unit"] for given, _, _ in STEPS.values() for i in given} | {"persons", None}
    for other in others - {inputs[place].attrs["unit"]}:
        wrong = list(inputs)
        wrong[place] = inputs[place].assign_attrs(unit=other)
        with pytest.raises(InputError, match=f"takes '{inputs[place].attrs['unit']}'"):
            step(*wrong, *parameters)


def test_every_step_by_hand():
    reached = mechanism.workers_reached(array(0.1, mechanism.FIRMS), array(3.0), array(0.4))
    assert float(reached[0]) == pytest.approx(0.12)
    tasks = mechanism.cost_effective_tasks(array(0.5, "share"), array(0.2))
    assert float(tasks[0]) == pytest.approx(0.1)
    hours = mechanism.hours_saved(reached, tasks, array(0.5))
    assert float(hours[0]) == pytest.approx(0.006)
    loss = mechanism.labour_demand_loss(hours, array(0.25), array(2.0))
    assert float(loss[0]) == pytest.approx(0.009)
    factor = mechanism.employment_factor(loss, array(0.2))
    assert float(factor[0]) == pytest.approx(1.0 - 0.009 * 0.8)
    separated = mechanism.separated_share(loss, array(0.25))
    assert float(separated[0]) == pytest.approx(0.00675)
    touched = mechanism.workers_in_need(reached, array(0.5, "share"), array(0.75))
    assert float(touched[0]) == pytest.approx(0.045)


def test_jobs_gained_bring_no_new_tasks_and_a_loss_is_never_more_than_every_job():
    gained = mechanism.labour_demand_loss(array(0.1, mechanism.HOURS), array(0.0), array(-2.0))
    assert float(gained[0]) == pytest.approx(-0.2)
    assert float(mechanism.employment_factor(gained, array(1.0))[0]) == pytest.approx(1.2)
    all_of_them = mechanism.labour_demand_loss(array(0.9, mechanism.HOURS), array(0.0), array(3.0))
    assert float(all_of_them[0]) == 1.0
    assert float(mechanism.employment_factor(all_of_them, array(0.0))[0]) == 0.0


def test_an_output_response_above_one_gains_jobs():
    loss = mechanism.labour_demand_loss(array(0.1, mechanism.HOURS), array(1.5), array(1.0))
    assert float(loss[0]) == pytest.approx(-0.05)


@unhurried
@given(reach=share, tasks=share, saved=share, response=share, age=st.floats(-1, 3), back=share)
def test_employment_stays_between_nothing_and_all_hours_saved(
    reach, tasks, saved, response, age, back
):
    reached = mechanism.workers_reached(array(reach, mechanism.FIRMS), ONE, ONE)
    hours = mechanism.hours_saved(reached, array(tasks, "share"), array(saved))
    loss = mechanism.labour_demand_loss(hours, array(response), array(age))
    factor = float(mechanism.employment_factor(loss, array(back))[0])
    assert float(hours[0]) <= min(reach, tasks, saved) + 1e-12
    assert 0.0 <= factor <= 1.0 + max(-age, 0.0) * float(hours[0]) + 1e-12
    if response == 1.0 or (back == 1.0 and age >= 0) or 0.0 in (reach, tasks, saved, age):
        assert factor == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("gate", "neutral"),
    [("reach", 0.0), ("survey", 0.0), ("cost", 0.0), ("hours", 0.0), ("output", 1.0)],
)
def test_one_closed_gate_is_enough_to_lose_no_job_at_any_age(gate, neutral):
    at = {"reach": 2.0, "survey": 0.4, "cost": 0.3, "hours": 0.6, "output": 0.3}
    assert chained(**at) < 1.0
    assert chained(**{**at, gate: neutral}) == 1.0


def chained(*, reach: float, survey: float, cost: float, hours: float, output: float) -> float:
    reached = mechanism.workers_reached(FIRMS, array(reach), array(survey))
    tasks = mechanism.cost_effective_tasks(array(0.5, "share"), array(cost))
    saved = mechanism.hours_saved(reached, tasks, array(hours))
    loss = mechanism.labour_demand_loss(saved, array(output), array(2.0))
    return float(mechanism.employment_factor(loss, array(0.2))[0])


def test_a_province_is_reached_as_many_times_as_it_is_ahead_and_never_beyond_everybody():
    relative = xr.DataArray([0.5, 1.0, 3.0], dims="sido")
    firms = array(0.2, mechanism.FIRMS)
    reached = mechanism.workers_reached(firms, array(4.0), array(0.5), relative)
    assert reached.dims == ("draw", "sido")
    assert reached.values[0].tolist() == pytest.approx([0.2, 0.4, 1.0])
    country = mechanism.workers_reached(firms, array(4.0), array(0.5))
    assert float(country[0]) == float(reached[0, 1])


def test_leavers_not_replaced_are_not_separated():
    lost = array(0.1, mechanism.JOBS)
    assert float(mechanism.separated_share(lost, array(0.0))[0]) == 0.1
    assert float(mechanism.separated_share(lost, array(1.0))[0]) == 0.0


paths = arrays.arrays(
    float, st.integers(1, 8), elements=st.floats(-100, 100, allow_subnormal=False)
)


@unhurried
@given(paths)
def test_a_rising_path_never_falls_and_keeps_within_what_it_went_through(path):
    risen = mechanism.rising(path, axis=0)
    assert (np.diff(risen) >= 0).all()
    assert (risen <= np.maximum.accumulate(path)).all()
    assert (risen >= np.minimum.accumulate(path[::-1])[::-1]).all()
    climbing = np.sort(path)
    np.testing.assert_allclose(mechanism.rising(climbing, axis=0), climbing)


@unhurried
@given(paths)
def test_rising_favours_neither_upward_nor_downward_shocks(path):
    """A path turned round and upside down rises turned round and upside down."""
    turned = -mechanism.rising(-path[::-1], axis=0)[::-1]
    np.testing.assert_allclose(turned, mechanism.rising(path, axis=0))


def test_rising_looks_along_the_axis_it_is_told():
    two = np.array([[1.0, 3.0, 2.0, 4.0], [0.0, 0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(mechanism.rising(two, axis=1)[0], [1.0, 2.5, 2.5, 4.0])
    np.testing.assert_array_equal(mechanism.rising(two.T, axis=0), mechanism.rising(two, axis=1).T)


def factors(values: np.ndarray) -> xr.DataArray:
    """Draws of age factors, (draw, age)."""
    return xr.DataArray(
        np.asarray(values, dtype=float).T,
        {"parameter": list(AGE_FACTORS.values()), "draw": np.arange(len(values))},
        ("parameter", "draw"),
    )


def ages(shares: np.ndarray) -> xr.DataArray:
    codes = [str(11 + row) for row in range(len(shares))]
    return xr.DataArray(shares, {"occupation": codes, "age_group": list(AGE_GROUPS)})


@unhurried
@given(
    values=arrays.arrays(float, (3, N_AGE), elements=st.floats(-5, 5)),
    seed=st.integers(0, 2**32 - 1),
)
def test_age_factors_have_mean_one_over_the_people_of_every_occupation(values, seed):
    people = ages(np.random.default_rng(seed).dirichlet(np.ones(N_AGE), size=2))
    moved = mechanism.age_factors(factors(values), people)
    assert set(moved.dims) == {"draw", "age_group", "occupation"}
    np.testing.assert_allclose((moved * people).sum("age_group"), 1.0, atol=1e-9)
    # Moved, not scaled: ages stay as far apart as they were drawn.
    apart = moved.sel(age_group="15-29") - moved.sel(age_group="60+")
    np.testing.assert_allclose(
        apart.transpose("draw", ...),
        np.repeat((values[:, 0] - values[:, -1])[:, None], 2, axis=1),
        atol=1e-9,
    )


@unhurried
@given(seed=st.integers(0, 2**32 - 1))
def test_neutral_age_factors_stay_exactly_one(seed):
    people = ages(np.random.default_rng(seed).dirichlet(np.ones(N_AGE), size=4))
    assert (mechanism.age_factors(factors(np.ones((3, N_AGE))), people) == 1.0).all()


def test_age_factors_of_a_young_occupation_by_hand():
    people = ages(np.array([[0.5, 0.0, 0.0, 0.5, 0.0]]))
    moved = mechanism.age_factors(factors(np.array([[2.0, 1.0, 1.0, 0.5, 1.0]])), people)
    by_age = moved.sel(draw=0, occupation="11").to_series()
    assert by_age.to_dict() == pytest.approx(
        {"15-29": 1.75, "30-39": 0.75, "40-49": 0.75, "50-59": 0.25, "60+": 0.75}
    )


def percent(*values: float) -> xr.DataArray:
    return xr.DataArray(
        [[[list(values)]]],
        dims=["scenario", "draw", "scope", "year"],
        coords={"scope": ["all:all"], "year": range(2023, 2023 + len(values))},
        attrs={"unit": "percent"},
    )


def everywhere() -> xr.DataArray:
    return xr.DataArray([[1.0]], {"occupation": ["31"], "scope": ["all:all"]})


def test_adoption_counts_from_the_last_observation_and_is_never_unlearnt():
    """3, 8 and 6 % after 4 %: first nothing is gained, then the middle of 4 % and 2 %."""
    last = pd.Series({"all:all": 4.0})
    gained = mechanism.additional_adoption(percent(3.0, 8.0, 6.0), last, everywhere())
    assert gained.to_numpy().ravel() == pytest.approx([0.0, 0.03, 0.03])
    assert gained.attrs["unit"] == "share of firms"
    assert gained.dims == ("scenario", "draw", "year", "occupation")


def test_an_occupation_gains_where_it_works():
    both = xr.concat([percent(5.0), percent(20.0)], dim="scope").assign_coords(
        scope=["all:all", "industry:J"]
    )
    last = pd.Series({"industry:J": 10.0, "all:all": 4.0})  # in another order
    mix = xr.DataArray([[0.75, 0.25]], {"occupation": ["31"], "scope": ["all:all", "industry:J"]})
    gained = mechanism.additional_adoption(both.assign_attrs(unit="percent"), last, mix)
    assert float(gained.squeeze()) == pytest.approx(0.75 * 0.01 + 0.25 * 0.10)


def test_adoption_without_a_last_observation_or_in_another_unit_is_refused():
    with pytest.raises(InputError, match="all:all"):
        mechanism.additional_adoption(percent(5.0), pd.Series({"industry:J": 4.0}), everywhere())
    with pytest.raises(InputError, match="takes 'percent'"):
        shares = percent(5.0).assign_attrs(unit="share")
        mechanism.additional_adoption(shares, pd.Series({"all:all": 4.0}), everywhere())
