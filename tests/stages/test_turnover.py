"""Ordinary turnover and re-employment are the published rates, of registered workers, as draws."""

from __future__ import annotations

import move_cases
import numpy as np
import pandas as pd
import pytest
import stage_factories as made
import xarray as xr

from forecast.data import reference
from forecast.errors import InputError
from forecast.stages.ledger import Turnover
from forecast.stages.parameters import PARAMETERS, STEP_PARAMETERS
from forecast.stages.transitions import Transitions, draw_transitions
from forecast.stages.turnover import (
    between,
    draw_turnover,
    exits_by_age,
    mobility,
    reemployment,
)
from forecast.types import AGE_GROUPS

N_DRAW = 200
ENDS = np.array([0.0, 1.0])
# As printed: Statistics Korea, job moves of registered workers 2018-2023, percent.
MOBILITY = {
    "15-29": (20.9, 22.1),
    "30-39": (14.9, 16.6),
    "40-49": (14.8, 16.5),  # of all ages together: none is printed for the forties
    "50-59": (15.2, 15.2),
    "60+": (14.1, 14.7),
}
# KERI (2022), one year after leaving: paid work, then with business of one's own, percent.
YOUNGER, OLDER = (53.4, 53.4 + 15.7), (32.8, 32.8 + 12.5)
REEMPLOYED = {
    "15-29": YOUNGER,
    "30-39": YOUNGER,
    "40-49": YOUNGER,
    "50-59": tuple((young + old) / 2 for young, old in zip(YOUNGER, OLDER, strict=True)),
    "60+": OLDER,
}


@pytest.fixture(scope="module")
def evidence() -> pd.DataFrame:
    """The figures that ship with the package."""
    return reference.load("evidence")


@pytest.fixture(scope="module")
def transitions() -> Transitions:
    return draw_transitions(
        move_cases.move_tables(),
        parameters(),
        occupations=made.OCCUPATIONS,
        provinces=made.SIDO,
    )


def parameters(**changed: float) -> xr.DataArray:
    """Every parameter at its neutral value but those named, in every draw."""
    values = {p.name: p.neutral for p in PARAMETERS} | changed
    coords = {"parameter": list(values), "draw": np.arange(N_DRAW)}
    column = np.array(list(values.values()), dtype=float)[:, None]
    return xr.DataArray(np.repeat(column, N_DRAW, axis=1), coords, list(coords))


def stock(value: float = 10_000.0) -> xr.DataArray:
    """As many people everywhere: (occupation, age_group, sido)."""
    labels = {
        "occupation": list(made.OCCUPATIONS),
        "age_group": list(AGE_GROUPS),
        "sido": list(made.SIDO),
    }
    shape = [len(label) for label in labels.values()]
    return xr.DataArray(np.full(shape, value), labels)


def turnover(evidence, transitions, *, people=None, seed: int = 2, **changed: float) -> Turnover:
    return draw_turnover(
        {"evidence": evidence},
        parameters(**changed),
        transitions,
        stock=stock() if people is None else people,
        rng=np.random.default_rng(seed),
    )


@pytest.mark.parametrize("age", AGE_GROUPS)
def test_mobility_of_an_age_lies_between_its_published_years(age, evidence):
    low, high = mobility(evidence, ENDS)[:, AGE_GROUPS.index(age)]
    assert (100 * low, 100 * high) == pytest.approx(MOBILITY[age])


@pytest.mark.parametrize("age", AGE_GROUPS)
def test_reemployment_of_an_age_lies_between_paid_work_and_all_work(age, evidence):
    low, high = reemployment(evidence, ENDS)[:, AGE_GROUPS.index(age)]
    assert (100 * low, 100 * high) == pytest.approx(REEMPLOYED[age])


def test_draws_fill_the_published_range_and_all_ages_move_together(evidence, transitions):
    drawn = turnover(evidence, transitions)
    for age, ranges in (
        (drawn.mobility, MOBILITY),
        (drawn.reemployed, REEMPLOYED),
    ):
        for column, (low, high) in enumerate(ranges.values()):
            values = 100 * age[:, column]
            assert low - 1e-9 <= values.min() and values.max() <= high + 1e-9
            spread = high - low
            assert values.max() - values.min() >= 0.9 * spread
    order = np.argsort(drawn.mobility[:, 0])
    assert (np.diff(drawn.mobility[order], axis=0) >= 0).all()
    # Good years for moving are not by construction good years for finding work.
    assert abs(np.corrcoef(drawn.mobility[:, 0], drawn.reemployed[:, 0])[0, 1]) < 0.3


def test_leavers_of_all_ages_together_are_the_published_share(evidence, transitions):
    # 355.8 of 2,605.7 ten thousands registered in 2022 are not registered in 2023.
    published = 355.8 / 2605.7
    people = stock() * xr.DataArray([2.0, 4.0, 5.0, 5.0, 3.0], {"age_group": list(AGE_GROUPS)})
    people = people.transpose("occupation", "age_group", "sido")
    exits = turnover(evidence, transitions, people=people).exit
    weight = people.sum(["occupation", "sido"]).to_numpy()
    np.testing.assert_allclose(exits @ weight / weight.sum(), published, atol=5e-5)
    assert (exits > 0.0).all()


def test_an_age_leaves_as_it_enters_relative_to_all(evidence):
    """Who neither stayed nor moved has entered: 12.3 % in the thirties, of all ages 15.7 %."""
    relative = exits_by_age(evidence, np.array([2.0, 4.0, 5.0, 5.0, 3.0]))
    entered = {
        "30-39": 100 - 72.0 - 15.7,
        "40-49": 100 - 230.3 / 3 - 15.66,
        "50-59": 100 - 75.9 - 15.2,
    }
    for age, percent in entered.items():
        expected = percent / (47.1 / 3)
        assert relative[AGE_GROUPS.index(age)] == pytest.approx(expected, abs=1e-9), age
    # Nothing is published for the youngest and the oldest: both have what is left.
    assert relative[0] == relative[-1] > 1.0
    assert relative @ np.array([2.0, 4.0, 5.0, 5.0, 3.0]) == pytest.approx(19.0)


def test_retention_that_leaves_nobody_to_enter_is_refused(evidence):
    rows = (evidence["key"] == "job_retention_rate") & (evidence["population"] == "age_40s")
    everybody = evidence.assign(value=evidence["value"].where(~rows, 99.0))
    with pytest.raises(InputError, match="job_retention_rate"):
        exits_by_age(everybody, np.ones(len(AGE_GROUPS)))
    few = evidence.assign(value=evidence["value"].where(~rows, 1.0))  # nobody is left elsewhere
    with pytest.raises(InputError, match="job_retention_rate"):
        exits_by_age(few, np.array([1.0, 1.0, 20.0, 1.0, 1.0]))


def test_reemployment_after_the_first_year_is_what_one_and_five_years_imply(evidence, transitions):
    """45.3 % work after one year and 32.4 % not after five: 12.3 % a year find work between."""
    later = turnover(evidence, transitions).later
    assert later.shape == (N_DRAW, len(AGE_GROUPS))
    np.testing.assert_allclose((1.0 - 0.453) * (1.0 - later) ** 4, 0.324, rtol=1e-12)
    assert later[0, 0] == pytest.approx(0.1227, abs=1e-4)
    half = turnover(evidence, transitions, later_reemployment_relative=0.5).later
    np.testing.assert_allclose(half, later / 2)


def test_rates_of_registered_workers_are_scaled_to_all_employed(evidence, transitions):
    """Turnover of people in no register is not published, and none is taken."""
    all_, some = (turnover(evidence, transitions, registered_share=s) for s in (1.0, 0.9))
    for name in ("exit", "mobility"):
        np.testing.assert_allclose(getattr(some, name), 0.9 * getattr(all_, name), rtol=1e-12)
    changing = {"occupation_change_share": 0.3}
    all_, some = (
        turnover(evidence, transitions, registered_share=s, **changing) for s in (1.0, 0.9)
    )
    np.testing.assert_allclose(some.job_change, 0.9 * all_.job_change, rtol=1e-12)
    # Rates of people who have left or age are no rates of registered workers.
    for name in ("reemployed", "later", "ageing", "changes_occupation"):
        np.testing.assert_array_equal(getattr(some, name), getattr(all_, name))


def test_who_changes_occupation_is_part_of_who_changes_employer(evidence, transitions):
    drawn = turnover(evidence, transitions, occupation_change_share=0.3)
    np.testing.assert_allclose(drawn.job_change, 0.3 * drawn.mobility)
    assert (turnover(evidence, transitions).job_change == 0.0).all()


def test_half_of_the_reemployed_change_occupation_as_published_and_never_more_than_all(
    evidence, transitions
):
    share = turnover(evidence, transitions).changes_occupation
    np.testing.assert_allclose(share, 0.535)
    assert (
        turnover(evidence, transitions, occupation_change_relative=3.0).changes_occupation == 1
    ).all()


def test_ages_leave_their_band_at_their_own_rate_and_the_oldest_never(evidence, transitions):
    drawn = turnover(evidence, transitions, ageing_share_15_29=0.07, ageing_share_decade=0.1)
    assert drawn.ageing[0].tolist() == [0.07, 0.1, 0.1, 0.1, 0.0]
    assert (turnover(evidence, transitions).ageing == 0.0).all()


def test_the_displaced_leave_work_as_workers_do_and_some_more(evidence, transitions):
    drawn = turnover(evidence, transitions, withdrawal_share=0.05, exit_relative=1.2)
    np.testing.assert_allclose(drawn.withdrawn, drawn.exit + 0.05)
    np.testing.assert_allclose(drawn.exit, 1.2 * turnover(evidence, transitions).exit)
    neutral = turnover(evidence, transitions)
    np.testing.assert_array_equal(neutral.withdrawn, neutral.exit)


def test_congestion_and_feasibility_are_handed_on(evidence, transitions):
    drawn = turnover(evidence, transitions, congestion_elasticity=0.4)
    assert (drawn.congestion == 0.4).all()
    np.testing.assert_array_equal(drawn.likeness, transitions.feasibility)


def test_without_its_weight_vacancies_pull_nobody(evidence, transitions):
    drawn = turnover(evidence, transitions)
    assert (drawn.pull == 1.0).all()
    assert drawn.pull.shape == (N_DRAW, len(made.OCCUPATIONS), len(made.SIDO))


def test_vacancies_per_worker_pull_relative_to_the_country(evidence, transitions):
    open_ = transitions.openings.to_numpy()
    rate = open_ / open_.mean()  # the same people everywhere
    expected = np.clip(rate, 0.2, 5.0)
    pull = turnover(evidence, transitions, vacancy_weight=1.0).pull
    np.testing.assert_allclose(pull, np.broadcast_to(expected, pull.shape))
    root = turnover(evidence, transitions, vacancy_weight=0.5).pull
    np.testing.assert_allclose(root, np.sqrt(pull))


def test_no_cell_pulls_more_than_five_times_the_mean_and_an_empty_one_as_the_mean(
    evidence, transitions
):
    people = stock()
    people[0, :, 0], people[1, :, 1], people[2, :, 2] = 1.0, 1e9, 0.0
    pull = turnover(evidence, transitions, people=people, vacancy_weight=1.0).pull
    assert pull[:, 0, 0].tolist() == [5.0] * N_DRAW
    assert pull[:, 1, 1] == pytest.approx(0.2)
    assert pull[:, 2, 2] == pytest.approx(1.0)


@pytest.mark.parametrize(
    "key",
    [
        "job_mobility_rate",
        "job_exit_rate",
        "job_entry_rate",
        "job_retention_rate",
        "reemployment_rate_1y",
        "reemployment_rate_1y_wage",
        "reemployment_rate_1y_nonwage",
        "no_reemployment_rate_5y",
        "occupation_change_rate",
    ],
)
def test_a_missing_rate_or_one_in_another_unit_is_refused_by_key(key, evidence, transitions):
    of_key = evidence["key"] == key
    assert of_key.any()
    with pytest.raises(InputError, match=key):
        turnover(evidence[~of_key], transitions)
    other = evidence.assign(unit=evidence["unit"].where(~of_key, "persons"))
    with pytest.raises(InputError, match=key):
        turnover(other, transitions)


def test_rates_that_together_take_more_than_everybody_are_refused(evidence, transitions):
    with pytest.raises(InputError, match="leave twice"):
        turnover(evidence, transitions, exit_relative=3.0, ageing_share_decade=0.7)


def test_every_parameter_of_turnover_and_reemployment_matters(evidence, transitions):
    """A parameter that is declared for this step changes what is drawn, and no chance."""
    plain = vars(
        turnover(evidence, transitions, occupation_change_share=0.3, ageing_share_decade=0.1)
    )
    names = (*STEP_PARAMETERS["ordinary_turnover"], *STEP_PARAMETERS["reemployment"])
    for name in (*names, "vacancy_weight"):
        given = {"occupation_change_share": 0.3, "ageing_share_decade": 0.1, name: 0.2}
        other = vars(turnover(evidence, transitions, **given))
        assert any(not np.array_equal(plain[key], other[key]) for key in plain), name


def test_the_same_chances_give_the_same_rates(evidence, transitions):
    first, second, other = (turnover(evidence, transitions, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.mobility, second.mobility)
    assert not np.array_equal(first.mobility, other.mobility)


def test_some_draws_of_the_rates_are_those_draws_of_each(evidence, transitions):
    drawn = turnover(evidence, transitions, vacancy_weight=1.0)
    part = drawn.of(slice(3, 5))
    for name, values in vars(drawn).items():
        np.testing.assert_array_equal(getattr(part, name), values[3:5])


def test_chances_spread_evenly_over_a_range():
    assert between(2.0, 4.0, np.array([0.0, 0.25, 1.0])).tolist() == [2.0, 2.5, 4.0]
