"""Shares of variance against functions whose shares are known in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.validation.variance import VarianceShares, circle, variance_shares

Model = Callable[[np.ndarray], np.ndarray]


def one_circle(n: int, rng: np.random.Generator) -> np.ndarray:
    walked = rng.permutation(n)
    order = np.empty(n, dtype=np.intp)
    order[walked] = np.roll(walked, -1)
    return order


def runs(model: Model, a: np.ndarray, b: np.ndarray) -> tuple:
    mixed = {}
    for column in range(a.shape[1]):
        x = a.copy()
        x[:, column] = b[:, column]
        mixed[f"x{column}"] = model(x)
    return model(a), model(b), mixed


def estimated(model: Model, n_input: int, *, n: int, seed: int = 0) -> VarianceShares:
    """From two independent samples of normal inputs."""
    a, b = np.random.default_rng(seed).standard_normal((2, n, n_input))
    return variance_shares(*runs(model, a, b))


def paired_anew(model: Model, a: np.ndarray, rng: np.random.Generator) -> VarianceShares:
    """From one sample, each input taken from the next draw of a circle."""
    order = one_circle(len(a), rng)
    walked = circle(order)
    base, other, mixed = runs(model, a, a[order])
    return variance_shares(
        base[walked], other[walked], {name: run[walked] for name, run in mixed.items()}
    )


def within(found: np.ndarray, error: np.ndarray, truth: list[float]) -> None:
    assert (np.abs(found[:, 0] - truth) < 4.0 * error[:, 0] + 1e-12).all(), (found, error)


def test_an_additive_function_has_its_known_shares_and_no_interaction():
    weight = np.array([1.0, 2.0, 3.0])
    found = estimated(lambda x: (x @ weight)[:, None], 3, n=4_000)
    truth = (weight**2 / (weight**2).sum()).tolist()
    within(found.first_order, found.first_order_se, truth)
    within(found.total_effect, found.total_effect_se, truth)
    assert found.total_effect_se.max() < 0.03 > found.first_order_se.max()


def test_ishigami():
    def model(x: np.ndarray) -> np.ndarray:
        y = x * np.pi
        return (np.sin(y[:, 0]) + 7 * np.sin(y[:, 1]) ** 2 + 0.1 * y[:, 2] ** 4 * np.sin(y[:, 0]))[
            :, None
        ]

    a, b = np.random.default_rng(3).uniform(-1, 1, (2, 8_000, 3))
    found = variance_shares(*runs(model, a, b))
    # Ishigami and Homma (1990), a = 7, b = .1: variances in closed form.
    one, two = 0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2, 49 / 8
    both = 0.01 * np.pi**8 * (1 / 18 - 1 / 50)
    whole = one + two + both
    within(found.first_order, found.first_order_se, [one / whole, two / whole, 0.0])
    within(
        found.total_effect,
        found.total_effect_se,
        [(one + both) / whole, two / whole, both / whole],
    )


def test_a_pure_interaction_has_no_first_order_and_whole_total_effects():
    found = estimated(lambda x: (x[:, 0] * x[:, 1])[:, None], 2, n=6_000)
    within(found.first_order, found.first_order_se, [0.0, 0.0])
    within(found.total_effect, found.total_effect_se, [1.0, 1.0])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-3, 1e6), shift=st.floats(-1e6, 1e6))
def test_an_input_that_changes_nothing_has_exactly_nothing(seed, scale, shift):
    def model(x: np.ndarray) -> np.ndarray:
        return shift + scale * np.exp(x[:, :1])

    a, b = np.random.default_rng(seed).standard_normal((2, 40, 2))
    found = variance_shares(*runs(model, a, b))
    assert found.total_effect[1, 0] == 0.0 == found.first_order[1, 0]
    assert found.total_effect_se[1, 0] == 0.0 == found.first_order_se[1, 0]
    assert found.total_effect[0, 0] > 0.0


def test_what_does_not_vary_has_no_shares():
    found = estimated(lambda x: np.full((len(x), 1), 7.3), 2, n=30)
    assert not found.first_order.any() and not found.total_effect.any()
    assert not found.first_order_se.any() and not found.total_effect_se.any()


def test_one_sample_paired_anew_serves_as_well_as_two():
    weight = np.array([1.0, 2.0, 3.0])
    a = np.random.default_rng(5).standard_normal((4_000, 3))
    found = paired_anew(lambda x: (x @ weight)[:, None], a, np.random.default_rng(6))
    truth = (weight**2 / (weight**2).sum()).tolist()
    within(found.first_order, found.first_order_se, truth)
    within(found.total_effect, found.total_effect_se, truth)


def test_standard_errors_are_those_of_repetition_though_draws_are_shared_and_tails_are_long():
    """Log-normal outcomes of 500 draws: the error told is the error made, within a third."""
    spread = np.array([0.8, 0.5, 0.0])
    rng = np.random.default_rng(7)
    told = [
        paired_anew(lambda x: np.exp(x @ spread)[:, None], rng.standard_normal((500, 3)), rng)
        for _ in range(60)
    ]
    variance = np.expm1(spread**2)
    whole = np.expm1((spread**2).sum())
    others = np.expm1((spread**2).sum() - spread**2)
    for name, truth in (("first_order", variance / whole), ("total_effect", 1 - others / whole)):
        made = np.array([getattr(one, name)[:, 0] for one in told])
        error = np.array([getattr(one, f"{name}_se")[:, 0] for one in told]).mean(axis=0)
        assert made.mean(axis=0) == pytest.approx(truth, abs=0.04)
        assert error[:2] == pytest.approx(made.std(axis=0)[:2], rel=1 / 3)
        assert not made[:, 2].any()


def test_outcomes_do_not_touch_each_other():
    def model(x: np.ndarray) -> np.ndarray:
        return np.stack([x[:, 0], 1e6 + 1e4 * x[:, 1]], axis=1)

    both = estimated(model, 2, n=200)
    alone = estimated(lambda x: model(x)[:, 1:], 2, n=200)
    assert both.total_effect[:, 1] == pytest.approx(alone.total_effect[:, 0])
    assert both.total_effect[1, 0] == 0.0 == both.total_effect[0, 1]


def test_runs_that_do_not_fit_are_refused():
    ones = np.ones((4, 1))
    with pytest.raises(InputError, match="shapes"):
        variance_shares(ones, ones, {"x": np.ones((3, 1))})
    with pytest.raises(InputError, match="finite"):
        variance_shares(ones, ones, {"x": np.full((4, 1), np.nan)})


@pytest.mark.parametrize("order", [[1, 0, 3, 2], [0, 1, 2, 3], [1, 2, 3, 3], [0, 2, 3, 1]])
def test_an_order_that_is_no_circle_is_refused(order):
    with pytest.raises(InputError, match="circle"):
        circle(np.array(order))
