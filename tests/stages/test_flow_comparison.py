"""Two models on one shock: what is not due to AI cancels, and persons stay persons."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from forecast.codebook import check_table
from forecast.errors import InputError
from forecast.models.labour_flow import mobility_network, simulate, steady_state
from forecast.models.labour_flow_rates import FlowRates
from forecast.stages.flow_comparison import LedgerOutcomes, compare_flow_models

RATES = FlowRates()
OCCUPATIONS, YEARS = ("11", "22", "31", "52"), (2023, 2024, 2025)
N_DRAW, SHAPE = 6, (2, 6, 3, 4)


def case(*, factor=None, years=YEARS, seed=0, drift=0.1, scenarios=("no_ai", "fast")):
    """A restless baseline; `factor` (year, occupation) is the shock of the second scenario."""
    rng = np.random.default_rng(seed)
    shape = (len(scenarios), N_DRAW, len(years), len(OCCUPATIONS))
    opening = np.tile(rng.uniform(1e5, 1e6, size=4), (N_DRAW, 1, 1))
    change = np.exp(np.cumsum(drift * rng.normal(size=shape[1:]), axis=1))
    baseline = np.concatenate([opening, opening * change], axis=1)
    factors = np.ones(shape)
    if factor is not None:
        factors[1] = factor
    separated = rng.uniform(0.0, 1e4, size=shape)
    return LedgerOutcomes(
        scenarios=scenarios,
        years=years,
        occupations=OCCUPATIONS,
        baseline=baseline,
        factor=factors,
        separated=separated,
        not_employed=0.5 * separated,
        long_term=0.2 * separated,
    )


def network(seed=1, n_draw=N_DRAW):
    rng = np.random.default_rng(seed)
    feasibility = rng.uniform(size=(n_draw, 4, 4))
    return mobility_network(feasibility, np.ones(4), self_loop=RATES.self_loop)


def compare(ledger, given_network=None, **options):
    given = network() if given_network is None else given_network
    return compare_flow_models(ledger, given, rates=RATES, **options)


def persons(tables, model, outcome, column="persons"):
    table = tables["flow_comparison"]
    rows = table[(table["model"] == model) & (table["outcome"] == outcome)]
    return rows.set_index("year")[column]


def test_the_tables_keep_the_codebook_and_leave_no_ai_out():
    tables = compare(case(factor=0.9), draws=5)
    for name, table in tables.items():
        assert list(check_table(name, table)) == list(table)
        assert table["draws"].unique().tolist() == [5]
        assert table["scenario"].unique().tolist() == ["fast"]
    assert len(tables["flow_comparison"]) == 2 * 4 * len(YEARS)
    assert not tables["flow_comparison_occupation"].duplicated(["ksco7", "year"]).any()
    assert len(tables["flow_comparison_occupation"]) == len(YEARS) * len(OCCUPATIONS)


def test_without_a_shock_the_network_shows_nothing_however_restless_the_baseline():
    tables = compare(case(drift=0.4))
    for outcome in ("employed", "separated", "not_employed", "long_term"):
        assert (persons(tables, "labour_flow_network", outcome) == 0.0).all()
    assert (tables["flow_comparison_occupation"]["network_not_employed"] == 0.0).all()


def test_the_network_employs_the_opening_stock_and_is_read_at_year_ends():
    """The same in persons and by hand: jobs wanted are so many that the opening stock has one."""
    ledger = case(factor=np.array([[0.8, 1.0, 1.0, 1.1]] * 3), drift=0.0).compared(1)
    opening, one = ledger.baseline[:, 0], network(n_draw=1)
    found = steady_state(opening, one, RATES)
    jobs = opening * opening.sum() / found.employed.sum()
    start = steady_state(jobs, one, RATES)
    assert start.employed.sum() == pytest.approx(opening.sum())

    weeks = np.arange(1, 25) * RATES.weeks
    ends = np.array([1, 2, 3]) * 365.25 / 7
    factor = np.concatenate([np.ones((1, 4)), ledger.factor[0, 0]])
    shock = np.stack([np.interp(weeks, [0.0, *ends], column) for column in factor.T], axis=1)
    paths = simulate(start, jobs[:, None] * shock, network=one, rates=RATES)
    for outcome, stocks in (("employed", paths.employed), ("long_term", paths.long_term)):
        change = stocks[0].sum(axis=1) - stocks[0, 0].sum()
        wanted = np.interp(ends, [0.0, *weeks], change)
        made = persons(compare(ledger, one), "labour_flow_network", outcome)
        np.testing.assert_allclose(made, wanted, rtol=1e-6)


def test_who_is_not_employed_in_the_network_is_missing_from_employment():
    tables = compare(case(factor=np.array([[0.9, 1.0, 1.0, 1.1]] * 3)))
    lost = persons(tables, "labour_flow_network", "not_employed")
    assert (lost > 0).all()
    assert lost.to_numpy() == pytest.approx(
        -persons(tables, "labour_flow_network", "employed").to_numpy(), rel=1e-6
    )
    assert (persons(tables, "labour_flow_network", "long_term") < lost).all()


def test_the_ledger_is_handed_on_as_it_is():
    ledger = case(factor=0.9)
    tables = compare(ledger, draws=4)
    wanted = ledger.separated[1, :4].sum(axis=2)
    np.testing.assert_allclose(persons(tables, "ledger", "separated"), wanted.mean(axis=0))
    np.testing.assert_allclose(
        persons(tables, "ledger", "separated", "lower80"), np.quantile(wanted, 0.1, axis=0)
    )
    change = -0.1 * ledger.baseline[:4, 1:].sum(axis=2).mean(axis=0)
    np.testing.assert_allclose(persons(tables, "ledger", "employed"), change)
    shock = tables["flow_comparison_occupation"]["shock"]
    np.testing.assert_allclose(shock, -0.1)


def test_a_fall_of_demand_that_lasts_costs_the_network_nearly_as_many_jobs():
    years = tuple(range(2023, 2035))
    tables = compare(case(factor=0.95, years=years, drift=0.0))
    demanded = persons(tables, "ledger", "employed")
    found = persons(tables, "labour_flow_network", "employed") / demanded
    assert found[2023] < found[2025] < found[2034]
    # Fewer than the jobs cut: with more people looking, fewer of the rest stay vacant.
    assert 0.8 < found[2034] < 1.0


def test_turnover_absorbs_a_slow_fall_and_layoffs_make_up_for_a_sudden_one():
    slow = compare(case(factor=np.linspace(0.99, 0.97, 3)[:, None], drift=0.0))
    sudden = compare(case(factor=0.7, drift=0.0))
    assert (persons(slow, "labour_flow_network", "separated") == 0.0).all()
    assert (persons(sudden, "labour_flow_network", "separated")[:1] > 0.0).all()
    assert (persons(slow, "labour_flow_network", "not_employed") > 0.0).all()


def test_twice_the_people_are_twice_the_persons_and_the_same_shares():
    ledger = case(factor=np.array([[0.8, 0.9, 1.0, 1.0]] * 3))
    double = dataclasses.replace(ledger, baseline=2.0 * ledger.baseline)
    once, twice = compare(ledger), compare(double)
    for outcome in ("employed", "separated", "not_employed", "long_term"):
        one, two = (persons(tables, "labour_flow_network", outcome) for tables in (once, twice))
        np.testing.assert_allclose(two, 2.0 * one, rtol=1e-6)
    shares = [t["flow_comparison_occupation"]["network_not_employed"] for t in (once, twice)]
    np.testing.assert_allclose(shares[0], shares[1], rtol=1e-6)


def test_persons_grow_with_the_baseline_though_the_network_itself_does_not():
    still = case(factor=0.9, drift=0.0)
    growth = np.array([1.0, 1.1, 1.2, 1.3])[None, :, None]
    grown = dataclasses.replace(still, baseline=still.baseline * growth)
    ratio = persons(compare(grown), "labour_flow_network", "not_employed") / persons(
        compare(still), "labour_flow_network", "not_employed"
    )
    np.testing.assert_allclose(ratio, [1.1, 1.2, 1.3], rtol=1e-9)


def test_the_first_draws_alone_give_the_same_as_a_run_of_so_many():
    ledger, every = case(factor=0.9), network()
    short = ledger.compared(3)
    some = compare(ledger, every, draws=3)["flow_comparison"]
    alone = compare(short, every[:3])["flow_comparison"]
    np.testing.assert_allclose(some["persons"], alone["persons"], rtol=1e-9)
    all_draws = compare(ledger, every)["flow_comparison"]
    assert not np.allclose(some["persons"], all_draws["persons"], rtol=1e-3)


def test_one_network_serves_all_draws_and_another_number_is_refused():
    ledger, one = case(factor=0.9), network(n_draw=1)
    shared = compare(ledger, one)["flow_comparison"]["persons"]
    each = compare(ledger, np.repeat(one, N_DRAW, axis=0))["flow_comparison"]["persons"]
    np.testing.assert_allclose(shared, each, rtol=1e-6)
    with pytest.raises(InputError, match="has 2 draws"):
        compare(ledger, network(n_draw=2))


def test_an_empty_occupation_has_no_shares():
    ledger = case(factor=0.9)
    ledger.baseline[:, :, 1] = 0.0
    none = dataclasses.replace(
        ledger, **{name: 0.0 * ledger.separated for name in ("separated", "not_employed")}
    )
    table = compare(none)["flow_comparison_occupation"]
    assert (table.loc[table["ksco7"] == "22", "shock"] == 0.0).all()
    assert np.isfinite(table["network_not_employed"]).all()


def test_impossible_inputs_are_refused():
    ledger = case(factor=0.9)
    with pytest.raises(InputError, match="separated is"):
        dataclasses.replace(ledger, separated=ledger.separated[:1])
    with pytest.raises(InputError, match="exactly 1"):
        dataclasses.replace(ledger, scenarios=("fast", "no_ai"))
    with pytest.raises(InputError, match="no scenario beside"):
        case(scenarios=("no_ai",))
    with pytest.raises(InputError, match="0 draws"):
        compare(ledger, draws=0)
