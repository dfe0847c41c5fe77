"""Stock-flow accounts: they close, nobody is lost, nobody is negative, on any input."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.stages.ledger import (
    AI_FLOWS,
    FLOWS,
    ROWS,
    Turnover,
    account,
    baseline_year,
    closing_error,
    place,
    scenario_year,
)

INFLOWS = ("entry", "job_change_in", "ageing_in", "reemployment_same", "reemployment_other")
OUTFLOWS = ("exit", "retirement", "job_change_out", "ageing_out", "ai_separation")
ENOUGH = 1e-6  # persons: the rounding error that the ledger itself tolerates


def turnover(rng: np.random.Generator, n_draw: int, n_occupation: int, n_age: int) -> Turnover:
    rates = rng.dirichlet(np.ones(4), size=(n_draw, n_age))  # three ways to leave, one to stay
    likeness = rng.uniform(0.0, 1.0, size=(n_draw, n_occupation, n_occupation))
    likeness[likeness < 0.2] = 0.0
    likeness[:, np.arange(n_occupation), np.arange(n_occupation)] = 0.0
    ageing = rates[..., 2].copy()
    return Turnover(
        exit=rates[..., 0],
        job_change=rates[..., 1],
        ageing=ageing,
        reemployed=rng.uniform(size=(n_draw, n_age)),
        changes_occupation=rng.uniform(size=n_draw),
        likeness=likeness,
    )


@st.composite
def years(draw):
    """One year of both accounts, from tame to wild: empty cells, collapses, mass separations."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = tuple(draw(st.integers(1, 4)) for _ in range(3))
    wild = draw(st.floats(0.0, 3.0))
    opening = rng.gamma(1.0, 1e4, size=shape) * (rng.random(shape) > 0.2)
    closing = opening * np.exp(wild * rng.normal(size=shape)) * (rng.random(shape) > 0.1)
    before = 1.0 - rng.uniform(-0.1, 0.5, size=shape)
    after = 1.0 - rng.uniform(-0.1, 0.9, size=shape)
    rates = turnover(rng, *shape)
    base = baseline_year(opening, closing, rates)
    stocks = opening * before, closing * after
    flows = scenario_year(
        *stocks,
        baseline=base,
        baseline_opening=opening,
        separation=rng.uniform(0.0, 0.5, size=shape) * stocks[0],
        reinstatement=rng.uniform(0.0, 0.1, size=shape) * stocks[0],
        turnover=rates,
    )
    return (opening, closing, base), (*stocks, flows)


@settings(max_examples=150, deadline=None)
@given(years())
def test_opening_and_flows_make_closing_in_every_draw(both):
    for opening, closing, flows in both:
        assert tuple(sorted(flows)) == tuple(sorted(FLOWS))
        scale = np.maximum(opening, closing).max() + 1.0
        assert np.abs(account(opening, flows) - closing).max() <= 1e-9 * scale


@settings(max_examples=150, deadline=None)
@given(years())
def test_moves_between_occupations_and_ages_lose_nobody(both):
    for _, _, flows in both:
        moved = flows["job_change_out"].sum(axis=1), flows["job_change_in"].sum(axis=1)
        np.testing.assert_allclose(-moved[0], moved[1], rtol=1e-9, atol=ENOUGH)
        aged = flows["ageing_out"].sum(axis=2), flows["ageing_in"].sum(axis=2)
        np.testing.assert_allclose(-aged[0], aged[1], rtol=1e-9, atol=ENOUGH)


@settings(max_examples=150, deadline=None)
@given(years())
def test_every_separated_person_is_in_exactly_one_state(both):
    _, (opening, _, flows) = both
    separated = -flows["ai_separation"]
    assert (separated >= 0).all() and (separated <= opening + ENOUGH).all()
    assert (flows["reemployment_same"] <= separated + ENOUGH).all()
    again = (flows["reemployment_same"] + flows["reemployment_other"]).sum(axis=1)
    # displaced = same + other + not re-employed, and the last group is not negative
    assert (again <= separated.sum(axis=1) * (1 + 1e-9) + ENOUGH).all()


@settings(max_examples=150, deadline=None)
@given(years())
def test_flows_have_their_sign_and_nobody_leaves_twice(both):
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


@settings(max_examples=50, deadline=None)
@given(years())
def test_only_the_oldest_retire_and_they_do_not_exit(both):
    for _, _, flows in both:
        assert (flows["retirement"][:, :, :-1] == 0).all()
        assert (flows["exit"][:, :, -1] == 0).all()


def test_a_year_without_ai_has_no_ai_flow_at_all():
    rng = np.random.default_rng(1)
    opening = rng.uniform(1e3, 1e5, size=(3, 4, 5))
    base = baseline_year(opening, opening * 1.01, turnover(rng, 3, 4, 5))
    assert all((base[name] == 0.0).all() for name in AI_FLOWS)


def test_a_scenario_equal_to_the_baseline_separates_nobody():
    rng = np.random.default_rng(2)
    opening, rates = rng.uniform(1e3, 1e5, size=(3, 4, 5)), turnover(rng, 3, 4, 5)
    base = baseline_year(opening, opening * 0.7, rates)
    nothing = np.zeros_like(opening)
    flows = scenario_year(
        opening,
        opening * 0.7,
        baseline=base,
        baseline_opening=opening,
        separation=nothing,
        reinstatement=nothing,
        turnover=rates,
    )
    assert (flows["ai_separation"] == 0).all()
    assert np.abs(flows["ai_hiring"]).max() < ENOUGH


def test_a_loss_beyond_every_vacancy_becomes_separations():
    opening = np.full((1, 2, 1), 1000.0)
    still = Turnover(*(np.zeros((1, 1)),) * 4, np.zeros(1), 1.0 - np.eye(2)[None])
    base = baseline_year(opening, opening, still)
    flows = scenario_year(
        opening,
        opening * 0.9,
        baseline=base,
        baseline_opening=opening,
        separation=np.zeros_like(opening),
        reinstatement=np.zeros_like(opening),
        turnover=still,
    )
    assert flows["ai_separation"].ravel().tolist() == pytest.approx([-100.0, -100.0])


def test_movers_prefer_likely_and_large_destinations():
    movers = np.array([[[100.0], [0.0], [0.0]]])
    size = np.array([[[50.0], [300.0], [100.0]]])
    like = np.array([[[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]])
    assert place(movers, size, like)[1].ravel().tolist() == [0.0, 75.0, 25.0]
    like[0, 0, 1] = 0.0
    assert place(movers, size, like)[1].ravel().tolist() == [0.0, 0.0, 100.0]


def test_movers_without_any_destination_stay():
    left, arrived = place(np.ones((1, 1, 1)), np.ones((1, 1, 1)), np.zeros((1, 1, 1)))
    assert left.sum() == arrived.sum() == 0.0


def test_leaving_more_than_once_is_refused():
    rates = np.full((1, 1), 0.5)
    with pytest.raises(InputError, match="nobody can leave twice"):
        Turnover(rates, rates, rates, rates, np.zeros(1), np.zeros((1, 1, 1)))


def test_closing_error_sees_one_lost_person_in_a_thousand():
    values = np.zeros((len(ROWS), 1))
    values[0], values[-1] = 1000.0, 999.0
    ledger = xr.DataArray(values, dims=["flow", "year"], coords={"flow": list(ROWS)})
    assert closing_error(ledger) == pytest.approx(1e-3)
