"""Paths of several scopes at once: each from its own last year, all with one curve in a draw."""

import numpy as np
import pytest

from forecast.models.curves import CURVES
from forecast.models.diffusion import Diffusion
from forecast.stages.adoption_paths import Outlook, borrow

WEIGHTS = dict.fromkeys(CURVES, 1 / 3)


def steady(start=0.05, n_draw=30, shock=1e-12):
    """All draws alike, almost without shocks."""
    known = [np.full(n_draw, value) for value in (0.5, 0.2, shock)]
    return {name: Diffusion(*known, start, 1.0, curve=curve) for name, curve in CURVES.items()}


def paths(fits, last_years, years=(2023, 2024), weights=WEIGHTS, seed=0):
    outlook = Outlook(list(years), {"slow": 0.5, "central": 1.0}, weights, 30)
    return outlook.paths(fits, last_years, np.random.default_rng(seed))


def test_a_scope_seen_earlier_has_moved_longer():
    value = paths({"a:1": steady(), "a:2": steady()}, {"a:1": 2022, "a:2": 2020})
    central = value.sel(scenario="central", year=2023)
    one_step, three_steps = central.sel(scope="a:1"), central.sel(scope="a:2")
    only = {name: float(name == "logistic") for name in CURVES}
    logistic = paths({"a:1": steady()}, {"a:1": 2020}, years=(2021, 2022, 2023), weights=only)
    expected = logistic.sel(scenario="central", scope="a:1", draw=0)
    assert float(one_step.median()) == pytest.approx(float(expected.sel(year=2021)), rel=0.01)
    assert float(three_steps.max()) == pytest.approx(float(expected.sel(year=2023)), rel=0.01)


def test_all_scopes_of_a_draw_follow_one_curve():
    value = paths({"a:1": steady(), "a:2": steady()}, {"a:1": 2022, "a:2": 2022})
    np.testing.assert_array_equal(value.sel(scope="a:1"), value.sel(scope="a:2"))
    assert len(np.unique(value.sel(scope="a:1", scenario="central", year=2024).round(9))) == 3


def test_a_scope_ahead_borrows_a_ceiling_above_what_was_seen():
    nation = steady(start=0.05)
    ahead = borrow(nation, 0.7, spread=0.3, rng=np.random.default_rng(0))
    behind = borrow(nation, 0.01, spread=0.3, rng=np.random.default_rng(0))
    for name in CURVES:
        assert (ahead[name].ceiling > 0.7).all() and (ahead[name].ceiling < 1.0).all()
        assert (behind[name].ceiling < 0.5).all() and (behind[name].ceiling > 0.01).all()
        np.testing.assert_array_equal(ahead[name].speed, behind[name].speed)


def test_a_range_is_borrowed_draw_by_draw():
    starts = np.linspace(0.01, 0.04, 30)
    value = paths(
        {"a:1": borrow(steady(), starts, spread=0.0, rng=np.random.default_rng(0))}, {"a:1": 2022}
    )
    held = value.sel(scenario="no_ai", scope="a:1", year=2024)
    np.testing.assert_allclose(held, 100.0 * starts)
    assert (value.sel(scenario="central") >= value.sel(scenario="slow")).all()
