"""The whole walk on random worlds: accounts close, people add up, without AI nothing happens."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from walk_cases import AI_SCENARIOS, Size, world

from forecast.stages import projection as walking
from forecast.stages.draw_tables import interval_ends
from forecast.stages.ledger import (
    AI_FLOWS,
    DISPLACED_FLOWS,
    DISPLACED_ROWS,
    FLOWS,
    ROWS,
    account,
    scenario_year,
)
from forecast.stages.needs import PARTS
from forecast.stages.parameters import PARAMETERS
from forecast.stages.projection import Path, walk
from forecast.stages.world import NO_AI, World
from forecast.types import NEEDS

CLOSED = 1e-9  # of a stock
ENOUGH = 1e-6  # persons
NEUTRAL = {p.name: p.neutral for p in PARAMETERS}
GATES = (
    "worker_reach",
    "surveyed_share",
    "cost_effective_share",
    "hours_saved_share",
    "output_response",
)
OPEN = ("surveyed_share", "cost_effective_share", "hours_saved_share", "training_need_share")
rarely = settings(max_examples=40, deadline=None)


@st.composite
def worlds(draw, **fixed: float) -> World:
    size = Size(*(draw(st.integers(low, high)) for low, high in ((2, 3), (2, 4), (1, 3), (1, 3))))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    wild, moving = draw(st.sampled_from([0.02, 0.3, 2.0])), draw(st.booleans())
    return world(rng, size, wild=wild, moving=moving, fixed=fixed)


def baseline(of: World, year: int) -> np.ndarray:
    """Employed persons without AI at a year end, the opening first."""
    return of.stock[year][..., None] * of.provinces.share[year][:, :, None, :]


def tolerance(*stocks: np.ndarray) -> np.ndarray:
    return CLOSED * np.maximum(np.maximum.reduce(stocks), 1.0)


@rarely
@given(worlds(), st.sampled_from(AI_SCENARIOS))
def test_every_account_of_every_cell_and_draw_closes_and_nobody_is_negative(of, scenario):
    years = []

    def watched(opening, closing, displaced, **given_):
        flows, idle = scenario_year(opening, closing, displaced, **given_)
        years.append((opening, closing, displaced, flows, idle))
        return flows, idle

    with patch.object(walking, "scenario_year", watched):
        walk(of, scenario, workers=1)
    for opening, closing, displaced, flows, idle in years:
        gap = np.abs(opening + sum(flows[name] for name in FLOWS) - closing)
        assert (gap <= tolerance(opening, closing)).all()
        left = account(displaced, idle)
        # Nobody is in both accounts: who leaves one of them arrives in the other.
        assert (left >= -ENOUGH).all()
        assert (idle["separated"] == -flows["ai_separation"]).all()
        back = idle["reemployed_same"] + idle["reemployed_other"]
        hired = flows["reemployment_same"] + flows["reemployment_other"]
        np.testing.assert_allclose(-back.sum(axis=1), hired.sum(axis=1), rtol=1e-9, atol=ENOUGH)
        assert (opening >= 0).all() and (closing >= 0).all() and (displaced >= 0).all()
        assert (idle["separated"] <= opening + ENOUGH).all()
    for earlier, later in pairwise(years):
        assert (np.abs(earlier[1] - later[0]) <= tolerance(earlier[1], later[0])).all()
        left = np.maximum(account(earlier[2], earlier[4]), 0.0)
        np.testing.assert_array_equal(left, later[2])


@rarely
@given(worlds(), st.sampled_from((NO_AI, *AI_SCENARIOS)))
def test_means_close_and_each_year_opens_where_the_last_one_closed(of, scenario):
    path = walk(of, scenario, workers=1)
    for cells, rows, flows in (
        (path.ledger, ROWS, FLOWS),
        (path.displaced, DISPLACED_ROWS, DISPLACED_FLOWS),
    ):
        row = dict(zip(rows, cells, strict=True))
        gap = np.abs(row["opening"] + sum(row[name] for name in flows) - row["closing"])
        assert (gap <= tolerance(row["opening"], row["closing"])).all()
        before, after = row["closing"][:-1], row["opening"][1:]
        np.testing.assert_allclose(after, before, rtol=1e-9, atol=ENOUGH)
        assert (row["opening"] >= 0).all() and (row["closing"] >= -ENOUGH).all()
    assert (path.parts >= 0).all()
    np.testing.assert_array_equal(path.parts[PARTS.index("opening")], path.ledger[0])
    first = baseline(of, 0)
    np.testing.assert_allclose(path.ledger[0][0], first.mean(axis=0), rtol=1e-12)


@rarely
@given(worlds(), st.sampled_from(AI_SCENARIOS))
def test_provinces_and_ages_sum_to_the_nation_in_every_draw(of, scenario):
    path = walk(of, scenario, workers=1)
    assert (path.national >= 0).all() and (path.provincial >= 0).all()
    by_age = path.national.sum(axis=2)  # (draw, year, age, need)
    np.testing.assert_allclose(path.provincial.sum(axis=2), by_age, rtol=1e-9, atol=1e-9)
    nation = path.national.sum(axis=(2, 3))
    np.testing.assert_allclose(path.provincial.sum(axis=(2, 3)), nation, rtol=1e-9, atol=1e-9)
    mean = path.cells[0].sum(axis=3)  # (year, occupation, age, need)
    np.testing.assert_allclose(mean, path.national.mean(axis=0), rtol=1e-9, atol=1e-9)
    assert (path.cells[1] <= path.cells[2]).all()


@rarely
@given(worlds(), st.sampled_from(AI_SCENARIOS))
def test_nobody_has_two_needs_and_needs_are_what_the_accounts_leave(of, scenario):
    path = walk(of, scenario, workers=1)
    part = dict(zip(PARTS, path.parts, strict=True))
    left = part["touched"] + part["separated"] - part["returned"] - part["adapted"]
    scale = 1e-9 * part["opening"] + ENOUGH
    assert (np.abs(path.cells[0].sum(axis=-1) - left) <= scale).all()
    assert (part["touched"] + part["separated"] <= part["opening"] + scale).all()
    for draw in range(of.n_draw):
        for year in range(len(of.years)):
            opening = baseline(of, year)[draw].sum(axis=2)
            if year:
                opening = opening * path.factor[draw, year - 1]
            need = path.national[draw, year].sum(axis=-1)
            assert (need <= opening * (1 + 1e-9) + ENOUGH).all()
    separated = dict(zip(DISPLACED_ROWS, path.displaced, strict=True))["separated"]
    np.testing.assert_array_equal(part["separated"], separated)


@rarely
@given(worlds(), st.sampled_from(AI_SCENARIOS))
def test_the_closing_stock_is_the_baseline_times_the_factor_in_the_mean(of, scenario):
    path = walk(of, scenario, workers=1)
    assert (path.factor >= 0).all()
    for year in range(len(of.years)):
        people = baseline(of, year + 1).sum(axis=3) * path.factor[:, year]
        closing = path.ledger[-1, year].sum(axis=2)
        np.testing.assert_allclose(closing, people.mean(axis=0), rtol=1e-9, atol=ENOUGH)


@rarely
@given(worlds(), st.sampled_from(AI_SCENARIOS))
def test_the_displaced_of_a_draw_are_those_of_the_account(of, scenario):
    path = walk(of, scenario, workers=1)
    rows = dict(zip(DISPLACED_ROWS, path.displaced, strict=True))
    for name, values in (("separated", path.separated), ("closing", path.not_employed)):
        account_ = rows[name].sum(axis=(2, 3))
        np.testing.assert_allclose(values.mean(axis=0), account_, rtol=1e-9, atol=ENOUGH)
    assert (path.long_term <= path.not_employed * (1 + 1e-9) + ENOUGH).all()
    assert (path.long_term >= -ENOUGH).all()
    # Who is long out of work was separated in an earlier year: nobody is in the first one.
    np.testing.assert_allclose(path.long_term[:, 0], 0.0, atol=ENOUGH)
    first = baseline(of, 0)
    share = (path.separated_share * first).sum(axis=(2, 3))
    counted = path.separated.sum(axis=1)
    everywhere = (first > 0).all(axis=(2, 3))  # a cell without people has no share of them
    np.testing.assert_allclose(share[everywhere], counted[everywhere], rtol=1e-9, atol=ENOUGH)


@rarely
@given(worlds())
def test_without_ai_the_walk_is_the_baseline_exactly(of):
    path = walk(of, NO_AI, workers=1)
    for year in range(len(of.years)):
        opening, closing = (baseline(of, end).sum(axis=0) / of.n_draw for end in (year, year + 1))
        np.testing.assert_array_equal(path.ledger[0, year], opening)
        np.testing.assert_array_equal(path.ledger[-1, year], closing)
    assert (path.factor == 1.0).all()
    assert (path.ledger[[ROWS.index(name) for name in AI_FLOWS]] == 0.0).all()
    for name in ("national", "provincial", "cells", "displaced", "separated_share"):
        assert (getattr(path, name) == 0.0).all(), name


def same(one: Path, other: Path) -> None:
    for field in fields(Path):
        ours, theirs = getattr(one, field.name), getattr(other, field.name)
        np.testing.assert_array_equal(ours, theirs, err_msg=field.name)


@rarely
@given(worlds(**NEUTRAL), st.sampled_from(AI_SCENARIOS))
def test_every_parameter_at_neutral_is_no_ai_exactly(of, scenario):
    same(walk(of, scenario, workers=1), walk(of, NO_AI, workers=1))


@rarely
@given(st.data(), st.sampled_from(GATES))
def test_one_closed_gate_is_enough_for_baseline_employment_exactly(data, gate):
    of = data.draw(worlds(**{gate: NEUTRAL[gate]}))
    ai, no_ai = walk(of, "fast", workers=1), walk(of, NO_AI, workers=1)
    for name in ("ledger", "displaced", "factor", "separated", "not_employed", "separated_share"):
        np.testing.assert_array_equal(getattr(ai, name), getattr(no_ai, name), err_msg=name)
    assert (ai.national[..., NEEDS.index("job_change")] == 0.0).all()


@rarely
@given(worlds())
def test_a_draw_does_not_know_of_the_others(of):
    """Draws walked one at a time give each draw the same people, to the last digits."""
    path = walk(of, "fast", workers=1)
    with patch.object(walking, "CHUNK_CELLS", 1):
        alone = walk(of, "fast", workers=2)
    for name in ("national", "provincial", "factor", "separated", "not_employed", "long_term"):
        ours, theirs = getattr(path, name), getattr(alone, name)
        np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=ENOUGH, err_msg=name)


def random_world(seed: int = 1, **size: int) -> World:
    """A world in which AI does something, whatever else is drawn."""
    at_work = {"worker_reach": 5.0, "output_response": 0.2, **dict.fromkeys(OPEN, 0.5)}
    return world(np.random.default_rng(seed), Size(**size), fixed=at_work)


def test_scenarios_are_the_baseline_and_those_of_adoption():
    assert random_world().scenarios == [NO_AI, *AI_SCENARIOS]


@pytest.mark.parametrize("name", ["entry", "ai_hiring", "ageing_in"])
def test_a_year_that_loses_a_person_in_a_million_is_refused(name):
    def leaking(opening, *given_, **named):
        flows, idle = scenario_year(opening, *given_, **named)
        flows[name] = flows[name] * 1.0
        flows[name][0, 0, 0, 0] -= 1e-6 * max(opening[0, 0, 0, 0], 1.0)
        return flows, idle

    of = random_world()
    walk(of, "fast")
    with patch.object(walking, "scenario_year", leaking), pytest.raises(ArithmeticError):
        walk(of, "fast")


def test_intervals_are_those_of_the_draws():
    of = random_world(draw=3, sido=1)
    path = walk(of, "fast")
    ends = np.quantile(path.national, (0.1, 0.9), axis=0)
    np.testing.assert_allclose(path.cells[1:, :, :, :, 0], ends, rtol=1e-5)
    assert (path.cells[2] > path.cells[1]).any()


def test_the_interval_of_nobody_is_nobody():
    assert (interval_ends(np.zeros((2, 3, 4))) == 0.0).all()
    assert interval_ends(np.arange(11.0)[None]).ravel().tolist() == pytest.approx([1.0, 9.0])


def test_an_account_of_no_number_is_no_balance():
    known = random_world()
    of = replace(known, stock=np.full_like(known.stock, np.nan))
    with pytest.raises(ArithmeticError, match="does not close"):
        walk(of, known.scenarios[-1], workers=1)
