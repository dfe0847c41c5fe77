"""The network keeps every person, settles where nothing happens, and is the published model."""

from __future__ import annotations

import dataclasses
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import ConfigError, InputError
from forecast.models.labour_flow import (
    FlowState,
    mobility_network,
    simulate,
    steady_state,
)
from forecast.models.labour_flow_rates import FlowRates

RATES = FlowRates()


def network(rng, n_draw, n_occupation, *, self_loop=0.55, empty=0.2):
    feasibility = rng.uniform(size=(n_draw, n_occupation, n_occupation))
    feasibility[feasibility < empty] = 0.0
    return mobility_network(feasibility, rng.gamma(1.0, size=n_occupation), self_loop=self_loop)


@st.composite
def economies(draw):
    """From tame to wild: empty occupations, no vacancies, targets that collapse or explode."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_draw, n_step, n_occupation = (draw(st.integers(1, top)) for top in (3, 12, 6))
    wild, gone = draw(st.floats(0.0, 4.0)), draw(st.floats(0.0, 0.6))
    rate = st.floats(0.001, 0.999)
    rates = FlowRates(*(draw(rate) for _ in range(4)), long_term_steps=draw(st.integers(1, 5)))

    def stock(*shape):
        size = np.exp(wild * rng.normal(size=(n_draw, *shape, n_occupation)))
        return 1e4 * size * (rng.random((n_draw, *shape, n_occupation)) >= gone)

    start = FlowState(stock(), 0.1 * stock(), 0.1 * stock(rates.long_term_steps + 1))
    loop = draw(st.sampled_from((0.0, 0.55, 1.0)))
    given_network = network(rng, draw(st.sampled_from((1, n_draw))), n_occupation, self_loop=loop)
    return start, stock(n_step), given_network, rates


@settings(max_examples=150, deadline=None)
@given(economies())
def test_nobody_is_lost_or_made_and_no_stock_is_negative(economy):
    start, target, given_network, rates = economy
    paths = simulate(start, target, network=given_network, rates=rates)
    people = (paths.employed + paths.unemployed).sum(axis=2)
    np.testing.assert_allclose(people, start.labour_force[:, None] * np.ones_like(people), 1e-9)
    assert all(getattr(paths, part.name).min() >= 0.0 for part in dataclasses.fields(paths))
    assert (paths.long_term <= paths.unemployed * (1.0 + 1e-12)).all()


@settings(max_examples=150, deadline=None)
@given(economies())
def test_hires_exceed_neither_vacancies_nor_seekers_and_none_leaves_twice(economy):
    start, target, given_network, rates = economy
    paths = simulate(start, target, network=given_network, rates=rates)
    assert (paths.hired <= paths.vacancies[:, :-1]).all()
    assert (paths.separated <= paths.employed[:, :-1]).all()
    assert (paths.laid_off <= paths.separated * (1.0 + 1e-12)).all()
    left = paths.unemployed[:, :-1] + paths.separated - paths.unemployed[:, 1:]
    rounding = 1e-9 * start.labour_force[:, None]
    assert (left >= -rounding[..., None]).all()
    assert (left <= paths.unemployed[:, :-1] + rounding[..., None]).all()
    np.testing.assert_allclose(left.sum(axis=2), paths.hired.sum(axis=2), atol=rounding.max())


def loop_step(e, u, v, target, a, rates):
    """The paper's equations for one draw, term by term; `u` is by duration."""
    size = range(len(e))
    seekers = [sum(row[i] for row in u) for i in size]
    separated, opened = [], []
    for i in size:
        d = e[i] + v[i]
        alpha_u = rates.separation_response * max(0.0, d - target[i]) / e[i]
        alpha_v = rates.opening_response * max(0.0, target[i] - d) / e[i]
        separated.append((rates.separation + (1 - rates.separation) * alpha_u) * e[i])
        opened.append((rates.opening + (1 - rates.opening) * alpha_v) * e[i])
    pull = [sum(v[k] * a[i][k] for k in size) for i in size]
    s = [sum(seekers[i] * v[j] * a[i][j] / pull[i] for i in size) for j in size]
    flow = [
        [
            seekers[i] * v[j] ** 2 * a[i][j] * (1 - exp(-s[j] / v[j])) / (s[j] * pull[i])
            for j in size
        ]
        for i in size
    ]
    hired = [sum(flow[i][j] for i in size) for j in size]
    stay = [1 - sum(flow[i]) / seekers[i] for i in size]
    older = [[row[i] * stay[i] for i in size] for row in u]
    last = [older[-2][i] + older[-1][i] for i in size]
    return (
        [e[i] - separated[i] + hired[i] for i in size],
        [separated, *older[:-2], last],
        [v[i] + opened[i] - hired[i] for i in size],
    )


def test_it_is_the_published_model_written_as_a_plain_loop():
    rng = np.random.default_rng(3)
    target = rng.uniform(50.0, 150.0, size=(2, 12, 4))  # both reactions of demand happen
    given_network = network(rng, 2, 4, empty=0.0)
    start = steady_state(target[:, 0], given_network, RATES)
    paths = simulate(start, target, network=given_network, rates=RATES)
    assert paths.laid_off.any()
    for draw in range(2):
        e, v = start.employed[draw].tolist(), start.vacancies[draw].tolist()
        u = start.unemployed[draw].tolist()
        for t in range(12):
            e, u, v = loop_step(e, u, v, target[draw, t], given_network[draw], RATES)
            np.testing.assert_allclose(paths.employed[draw, t + 1], e, rtol=1e-9)
            np.testing.assert_allclose(paths.unemployed[draw, t + 1], np.sum(u, axis=0), rtol=1e-9)
            np.testing.assert_allclose(paths.long_term[draw, t + 1], u[-1], rtol=1e-9)
            np.testing.assert_allclose(paths.vacancies[draw, t + 1], v, rtol=1e-9)


def test_without_a_shock_nothing_moves():
    rng = np.random.default_rng(5)
    target = rng.lognormal(10.0, 1.0, size=(3, 8))
    given_network = network(rng, 3, 8)
    start = steady_state(target, given_network, RATES)
    np.testing.assert_allclose(start.labour_force, target.sum(axis=1), rtol=1e-9)
    paths = simulate(
        start, np.repeat(target[:, None], 200, axis=1), network=given_network, rates=RATES
    )
    for name in ("employed", "unemployed", "long_term", "vacancies"):
        path = getattr(paths, name)
        np.testing.assert_allclose(path[:, -1], path[:, 0], rtol=1e-6)
    assert not paths.laid_off.any()


def test_jobs_fall_short_of_target_by_what_turnover_opens_too_slowly():
    # Steady state: delta_u e = delta_v e + (1 - delta_v) gamma_v (target - d), by hand.
    target = np.array([[700.0, 200.0, 100.0]])
    found = steady_state(target, network(np.random.default_rng(1), 1, 3), RATES)
    short = (0.016 - 0.012) / ((1 - 0.012) * 0.16) * found.employed
    np.testing.assert_allclose(found.employed + found.vacancies + short, target, rtol=1e-7)


def test_a_start_is_as_large_as_the_economy_and_draws_do_not_touch_each_other():
    rng = np.random.default_rng(6)
    target, given_network = rng.uniform(1.0, 5.0, (2, 4)), network(rng, 2, 4, empty=0.0)
    both = steady_state(target, given_network, RATES)
    alone = steady_state(1e6 * target[1:], given_network[1:], RATES)
    np.testing.assert_allclose(alone.employed[0], 1e6 * both.employed[1], rtol=1e-7)
    np.testing.assert_allclose(alone.unemployed[0], 1e6 * both.unemployed[1], rtol=1e-7)


def test_those_who_can_move_to_growing_work_are_out_of_work_for_less_long():
    before = np.array([[100.0, 100.0, 100.0]])
    after = np.tile([60.0, 60.0, 180.0], (1, 40, 1))
    reach = np.array([[[0, 1.0, 9.0], [1.0, 0, 0.0], [1.0, 1.0, 0]]])  # the first reaches the third
    given_network = mobility_network(reach, np.ones(3), self_loop=0.55)
    start = steady_state(before, given_network, RATES)
    paths = simulate(start, after, network=given_network, rates=RATES)
    linked, stuck, _ = (paths.long_term[0] / paths.employed[0]).max(axis=0)
    assert stuck > 1.5 * linked


def test_an_occupation_that_nobody_can_enter_is_refused_and_closed_circles_are_not():
    circles = np.kron(np.eye(2), np.ones((2, 2)))[None]
    apart = mobility_network(circles, np.ones(4), self_loop=0.5)
    assert steady_state(np.ones((1, 4)), apart, RATES).labour_force == pytest.approx(4.0)
    circles[0, 0, 2] = 1.0  # from the first circle to the second, and no way back
    leaking = mobility_network(circles, np.ones(4), self_loop=0.5)
    with pytest.raises(InputError, match="never reached"):
        steady_state(np.ones((1, 4)), leaking, RATES)


def test_the_network_weighs_moves_by_openings_and_keeps_a_loop_where_there_is_no_way_out():
    reach = np.array([[[9.0, 1.0, 0.5], [0.0, 9.0, 0.0], [2.0, 2.0, 9.0]]])
    made = mobility_network(reach, np.array([1.0, 2.0, 4.0]), self_loop=0.6)
    np.testing.assert_allclose(made[0, 0], [0.6, 0.2, 0.2])
    np.testing.assert_allclose(made[0, 1], [0.0, 0.6, 0.0])
    np.testing.assert_allclose(made[0, 2], [0.4 / 3, 0.8 / 3, 0.6])


@pytest.mark.parametrize(
    "changes",
    [
        {"separation": 0.0},
        {"opening_response": 1.0},
        {"self_loop": 1.1},
        {"weeks": 0.0},
        {"long_term_steps": 0},
    ],
)
def test_impossible_rates_are_refused(changes):
    with pytest.raises(ConfigError, match=next(iter(changes))):
        FlowRates(**changes)


def test_impossible_inputs_are_refused():
    with pytest.raises(InputError, match="at least 0"):
        mobility_network(-np.ones((1, 2, 2)), np.ones(2), self_loop=0.5)
    with pytest.raises(InputError, match="not 0 in all"):
        steady_state(np.zeros((1, 2)), np.full((1, 2, 2), 0.5), RATES)
    start = steady_state(np.ones((1, 2)), np.full((1, 2, 2), 0.5), RATES)
    other = FlowRates(long_term_steps=2)
    with pytest.raises(InputError, match="5 classes"):
        simulate(start, np.ones((1, 1, 2)), network=np.full((1, 2, 2), 0.5), rates=other)
