"""Stock-flow accounts: they close, nobody is lost, nobody is negative, on any input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.stages.ledger import (
    AI_FLOWS,
    DISPLACED_FLOWS,
    FLOWS,
    Turnover,
    account,
    baseline_year,
    closing_error,
    exchange_error,
    scenario_year,
)
from forecast.stages.matching import place

INFLOWS = ("entry", "job_change_in", "ageing_in", "reemployment_same", "reemployment_other")
OUTFLOWS = ("exit", "retirement", "job_change_out", "ageing_out", "ai_separation")
ENOUGH = 1e-6  # persons: the rounding error that the ledger itself tolerates
CLOSED = 1e-9  # of a cell's stock


def turnover(rng: np.random.Generator, shape: tuple[int, ...]) -> Turnover:
    n_draw, n_occupation, n_age, n_sido = shape
    rates = rng.dirichlet(np.ones(4), size=(n_draw, n_age))  # three ways to leave, one to stay
    idle = rng.dirichlet(np.ones(3), size=(n_draw, n_age)) * (1.0 - rates[..., 2:3])
    likeness = rng.uniform(0.0, 1.0, size=(n_draw, n_occupation, n_occupation))
    likeness[likeness < 0.2] = 0.0
    likeness[:, np.arange(n_occupation), np.arange(n_occupation)] = 0.0
    return Turnover(
        exit=rates[..., 0],
        job_change=rates[..., 1],
        ageing=rates[..., 2].copy(),
        reemployed=rng.uniform(size=(n_draw, n_age)),
        changes_occupation=rng.uniform(size=n_draw),
        likeness=likeness,
        later=idle[..., 0],
        withdrawn=idle[..., 1],
        congestion=rng.uniform(0.0, 1.0, size=n_draw),
        pull=rng.uniform(0.0, 3.0, size=(n_draw, n_occupation, n_sido)),
        mobility=rates[..., 1],
    )


def still(n_occupation: int, **changed: np.ndarray) -> Turnover:
    """Nobody moves of their own accord: one draw, one age, one province."""
    rate, one = np.zeros((1, 1)), np.zeros(1)
    return Turnover(
        **{
            **dict.fromkeys(("exit", "job_change", "ageing", "reemployed"), rate),
            **dict.fromkeys(("later", "withdrawn", "mobility"), rate),
            "changes_occupation": one,
            "congestion": one,
            "likeness": 1.0 - np.eye(n_occupation)[None],
            "pull": np.ones((1, n_occupation, 1)),
            **changed,
        }
    )


@st.composite
def years(draw):
    """One year of every account, from tame to wild: empty cells, collapses, mass separations."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = tuple(draw(st.integers(1, 4)) for _ in range(4))
    wild = draw(st.floats(0.0, 3.0))
    opening = rng.gamma(1.0, 1e4, size=shape) * (rng.random(shape) > 0.2)
    closing = opening * np.exp(wild * rng.normal(size=shape)) * (rng.random(shape) > 0.1)
    before = 1.0 - rng.uniform(-0.1, 0.5, size=shape)
    after = 1.0 - rng.uniform(-0.1, 0.9, size=shape)
    rates = turnover(rng, shape)
    base = baseline_year(opening, closing, rates)
    stocks = opening * before, closing * after
    displaced = rng.gamma(1.0, 1e3, size=shape) * (rng.random(shape) > 0.3)
    flows, idle = scenario_year(
        *stocks,
        displaced,
        baseline=base,
        baseline_opening=opening,
        separation=rng.uniform(0.0, 0.5, size=shape) * stocks[0],
        reinstatement=rng.uniform(0.0, 0.1, size=shape) * stocks[0],
        turnover=rates,
    )
    return ((opening, closing, base), (*stocks, flows)), (displaced, idle)


@settings(max_examples=150, deadline=None)
@given(years())
def test_every_cell_of_every_draw_closes_to_a_billionth_of_its_stock(year):
    both, (displaced, idle) = year
    for opening, closing, flows in both:
        assert tuple(sorted(flows)) == tuple(sorted(FLOWS))
        assert closing_error(opening, flows, closing) <= CLOSED
    assert set(DISPLACED_FLOWS) < set(idle)
    assert (account(displaced, idle) >= -ENOUGH).all()


@settings(max_examples=150, deadline=None)
@given(years())
def test_moves_between_occupations_and_ages_lose_nobody(year):
    both, (_, idle) = year
    for _, _, flows in both:
        moved = flows["job_change_out"].sum(axis=1), flows["job_change_in"].sum(axis=1)
        np.testing.assert_allclose(-moved[0], moved[1], rtol=1e-9, atol=ENOUGH)
    for flows in (*(flows for _, _, flows in both), idle):
        aged = flows["ageing_out"].sum(axis=2), flows["ageing_in"].sum(axis=2)
        np.testing.assert_allclose(-aged[0], aged[1], rtol=1e-9, atol=ENOUGH)


@settings(max_examples=150, deadline=None)
@given(years())
def test_who_leaves_one_account_arrives_in_the_other_and_stays_in_province_and_age(year):
    """No person in two states: employed and displaced people exchange, and nothing is lost."""
    (_, (opening, _, flows)), (displaced, idle) = year
    assert exchange_error(flows, idle) <= CLOSED
    assert (idle["separated"] == -flows["ai_separation"]).all()
    assert (idle["separated"] <= opening + ENOUGH).all()
    assert (idle["reemployed_same"] == -flows["reemployment_same"]).all()
    away, other = -idle["reemployed_other"].sum(axis=1), flows["reemployment_other"].sum(axis=1)
    np.testing.assert_allclose(away, other, rtol=1e-9, atol=ENOUGH)
    found = -idle["reemployed_same"] - idle["reemployed_other"]
    assert (found <= idle["separated"] + displaced + ENOUGH).all()
    people = opening + displaced
    gone = idle["withdrawn"] + idle["ageing_out"] + idle["ageing_in"]
    arrived = flows["reemployment_same"] + flows["reemployment_other"]
    after = opening + flows["ai_separation"] + arrived + account(displaced, idle)
    np.testing.assert_allclose(
        after.sum(axis=1), (people + gone).sum(axis=1), rtol=1e-9, atol=ENOUGH
    )


@settings(max_examples=150, deadline=None)
@given(years())
def test_flows_have_their_sign_and_nobody_leaves_twice(year):
    both, (displaced, idle) = year
    for opening, _, flows in both:
        for name in INFLOWS:
            assert (flows[name] >= 0).all(), name
        for name in OUTFLOWS:
            assert (flows[name] <= 0).all(), name
        assert (flows["reinstatement"] >= 0).all()
        hired = flows["entry"] + flows["ai_hiring"]
        assert (hired >= -ENOUGH).all()
        left = sum(-flows[name] for name in OUTFLOWS)
        arrived = flows["ageing_in"] + flows["job_change_in"]
        assert (left <= (opening + arrived) * (1 + 1e-9) + ENOUGH).all()
    for name in ("reemployed_same", "reemployed_other", "withdrawn", "ageing_out"):
        assert (idle[name] <= 0).all(), name
    returned, still_there = idle["returned"], idle["long_term"]
    assert (returned >= 0).all() and (returned <= -idle["reemployed_same"] + ENOUGH).all()
    assert (returned <= idle["separated"] + ENOUGH).all()
    # Those of earlier years still there and this year's who found nothing make the closing stock.
    assert (still_there >= -ENOUGH).all()
    assert (still_there <= account(displaced, idle) + ENOUGH).all()


@settings(max_examples=50, deadline=None)
@given(years())
def test_only_the_oldest_retire_and_they_do_not_exit(year):
    for _, _, flows in year[0]:
        assert (flows["retirement"][:, :, :-1] == 0).all()
        assert (flows["exit"][:, :, -1] == 0).all()


def test_a_year_without_ai_has_no_ai_flow_at_all():
    rng = np.random.default_rng(1)
    opening = rng.uniform(1e3, 1e5, size=(3, 4, 5, 2))
    base = baseline_year(opening, opening * 1.01, turnover(rng, opening.shape))
    assert all((base[name] == 0.0).all() for name in AI_FLOWS)


def without_effect(opening, closing, rates, displaced=None):
    """A scenario equal to the baseline, with or without people displaced before."""
    nothing = np.zeros_like(opening)
    return scenario_year(
        opening,
        closing,
        nothing if displaced is None else displaced,
        baseline=baseline_year(opening, closing, rates),
        baseline_opening=opening,
        separation=nothing,
        reinstatement=nothing,
        turnover=rates,
    )


def test_a_scenario_equal_to_the_baseline_separates_nobody():
    rng = np.random.default_rng(2)
    opening = rng.uniform(1e3, 1e5, size=(3, 4, 5, 2))
    flows, idle = without_effect(opening, opening * 0.7, turnover(rng, opening.shape))
    assert (flows["ai_separation"] == 0).all()
    assert np.abs(flows["ai_hiring"]).max() < ENOUGH
    assert all((idle[name] == 0).all() for name in DISPLACED_FLOWS)


def test_a_loss_beyond_every_vacancy_becomes_separations():
    opening = np.full((1, 2, 1, 1), 1000.0)
    base = baseline_year(opening, opening, still(2))
    flows, idle = scenario_year(
        opening,
        opening * 0.9,
        np.zeros_like(opening),
        baseline=base,
        baseline_opening=opening,
        separation=np.zeros_like(opening),
        reinstatement=np.zeros_like(opening),
        turnover=still(2),
    )
    assert flows["ai_separation"].ravel().tolist() == pytest.approx([-100.0, -100.0])
    assert account(np.zeros_like(opening), idle).ravel().tolist() == pytest.approx([100.0, 100.0])


def seekers_and_openings(*, displaced: float, congestion: float) -> float:
    """People who find other work when 100 are hired in a year anyway, per 100 displaced."""
    opening = np.full((1, 2, 1, 1), 1000.0)
    leave, seek = np.array([[0.1]]), np.array([[0.5]])
    rates = still(2, exit=leave, later=seek, changes_occupation=np.ones(1))
    rates = replace(rates, congestion=np.array([congestion]))
    idle = without_effect(opening, opening, rates, np.full_like(opening, displaced))[1]
    return -100.0 * idle["reemployed_other"].sum() / (2 * displaced)


def test_the_more_people_seek_the_fewer_of_them_find_work():
    assert seekers_and_openings(displaced=50.0, congestion=0.0) == pytest.approx(50.0)
    few, many = (seekers_and_openings(displaced=d, congestion=0.5) for d in (50.0, 150.0))
    assert many < few < 50.0
    # 25 seekers beside 100 others for 100 openings: (100 / 125) ** .5 of the published rate
    assert few == pytest.approx(50.0 * (100.0 / 125.0) ** 0.5)
    assert seekers_and_openings(displaced=50.0, congestion=1.0) < few


def test_nobody_is_hired_where_nothing_is_open():
    # Without congestion seekers would all find work, but there are 100 openings a year and group.
    assert seekers_and_openings(displaced=1000.0, congestion=0.0) == pytest.approx(10.0)


def test_movers_prefer_likely_and_large_destinations():
    movers = np.array([100.0, 0.0, 0.0]).reshape(1, 3, 1, 1)
    size = np.array([50.0, 300.0, 100.0]).reshape(1, 3, 1, 1)
    like = np.array([[[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]])
    assert place(movers, size, like)[1].ravel().tolist() == [0.0, 75.0, 25.0]
    like[0, 0, 1] = 0.0
    assert place(movers, size, like)[1].ravel().tolist() == [0.0, 0.0, 100.0]


def test_movers_without_any_destination_stay():
    one = np.ones((1, 1, 1, 1))
    per_pull, arrived = place(one, one, np.zeros((1, 1, 1)))
    assert per_pull.sum() == arrived.sum() == 0.0
    moving = still(1, job_change=np.array([[0.5]]))
    assert baseline_year(one, one, moving)["job_change_out"].sum() == 0.0


@pytest.mark.parametrize("twice", [("exit", "job_change", "ageing"), ("later", "withdrawn")])
def test_leaving_more_than_once_is_refused(twice):
    with pytest.raises(InputError, match="nobody can leave twice"):
        still(1, **dict.fromkeys(twice, np.full((1, 1), 0.6)))


def test_closing_error_sees_one_lost_person_in_a_thousand():
    opening = np.full((1, 1, 1, 1), 1000.0)
    flows = {name: np.zeros_like(opening) for name in FLOWS}
    assert closing_error(opening, flows, opening - 1.0) == pytest.approx(1e-3)


def test_exchange_error_sees_a_person_who_is_in_both_accounts_or_in_none():
    rng = np.random.default_rng(3)
    opening = rng.uniform(1e3, 1e5, size=(2, 3, 5, 2))
    rates = turnover(rng, opening.shape)
    flows, idle = scenario_year(
        opening,
        opening * 0.9,
        np.zeros_like(opening),
        baseline=baseline_year(opening, opening, rates),
        baseline_opening=opening,
        separation=0.05 * opening,
        reinstatement=np.zeros_like(opening),
        turnover=rates,
    )
    assert exchange_error(flows, idle) <= CLOSED
    for name in ("separated", "reemployed_same", "reemployed_other"):
        assert exchange_error(flows, {**idle, name: 2.0 * idle[name]}) > 0.1
