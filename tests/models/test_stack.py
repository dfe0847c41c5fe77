"""The stack: fair weights, learnt only from rows that its members had not seen."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from forecast.errors import ConfigError, InputError
from forecast.models.base import Regressor
from forecast.models.stack import CAUTION, Stack

RIDGE = "forecast.models.linear.Ridge"
LINES = {"firm": {"_target_": RIDGE, "alphas": [10.0]}, "loose": {"_target_": RIDGE}}
N_OCC = 90
GROUPS = np.repeat(np.arange(30), 3).astype(str)
FOLDS = np.stack([GROUPS.astype(int) % 5, np.arange(N_OCC) % 5])


class Column(Regressor):
    """Predict one descriptor as it is; draws stay on it."""

    name = "column"

    def __init__(self, place: int, needs_tasks: bool = False) -> None:
        self.place, self.needs_tasks = place, needs_tasks

    def fit(self, x: Any, y: Any, **settings: Any) -> Self:
        self.n_target = y.shape[1]
        return self

    def predict(self, x: Any) -> np.ndarray:
        values = np.asarray(getattr(x, "values", x))
        return np.repeat(values[:, self.place][:, None], self.n_target, axis=1)

    def predict_draws(self, x: Any, *, n_draw: int, rng: Any) -> np.ndarray:
        return np.repeat(self.predict(x)[None], n_draw, axis=0)


def columns(*places: int) -> Stack:
    stack = Stack(LINES)
    stack.members = {f"m{place}": Column(place) for place in places}
    return stack


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    """Two scores; descriptor 0 is the first score itself, descriptor 1 nearly the second."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=(N_OCC, 2))
    x = np.column_stack([y[:, 0], y[:, 1] + 0.1 * rng.normal(size=N_OCC), rng.normal(size=N_OCC)])
    return x, y


def fit(stack: Stack, x: np.ndarray, y: np.ndarray) -> Stack:
    return stack.fit(x, y, groups=GROUPS, rng=np.random.default_rng(1))


def test_a_perfect_member_gets_nearly_all(data):
    x, y = data
    weights = fit(columns(0, 1, 2), x, y).weights
    assert weights["m0"][0] > 0.85
    assert weights["m1"][1] > 0.85
    longer = columns(0, 1, 2).learn(
        {f"m{place}": np.tile(x[:, [place]], (20, 2)) for place in range(3)}, np.tile(y, (20, 1))
    )
    assert longer.weights["m0"][0] > 0.98  # caution fades as rows come


@given(seed=st.integers(0, 10**6), n_member=st.integers(2, 5), n_row=st.integers(3, 40))
@settings(max_examples=40, deadline=None)
def test_weights_are_never_negative_and_sum_to_one(seed, n_member, n_row):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(n_row, 2))
    left_out = {
        str(member): rng.normal() * y + rng.normal(size=y.shape) * rng.exponential()
        for member in range(n_member)
    }
    weights = np.stack(list(Stack(LINES).learn(left_out, y).weights.values()))
    assert weights.shape == (n_member, 2)
    assert (weights >= 0).all()
    assert_allclose(weights.sum(axis=0), 1.0)


def test_no_other_shares_of_two_members_fit_better(data):
    """Caution counts like so many rows: tried on a grid of all shares that sum to one."""
    x, y = data
    low, high = 0.3 * y[:, 0], y[:, 0] + x[:, 2]  # one shrinks too much, one is noisy
    stack = columns(0, 1).learn({"m0": low[:, None], "m1": high[:, None]}, y[:, :1])
    share = np.linspace(0.0, 1.0, 10_001)
    missed = (y[:, [0]] - np.outer(low, share) - np.outer(high, 1.0 - share)) / y[:, 0].std()
    loss = (missed**2).sum(axis=0) + CAUTION * 2.0 * (share - 0.5) ** 2
    assert 0.1 < share[loss.argmin()] < 0.9
    assert_allclose(stack.weights["m0"], share[loss.argmin()], atol=2e-4)


def test_too_few_rows_leave_equal_weights(data):
    x, y = data
    few = y.copy()
    few[4:, 1] = np.nan
    weights = columns(0, 1, 2).learn({f"m{i}": np.tile(x[:, [i]], 2) for i in range(3)}, few)
    assert_allclose([weights.weights[f"m{i}"][1] for i in range(3)], 1.0 / 3.0)
    assert weights.weights["m0"][0] > 0.8


def test_the_prediction_is_the_weighted_mean_of_the_members(data):
    x, y = data
    stack = fit(columns(0, 1), x, y)
    expected = sum(x[:, [place]] * stack.weights[f"m{place}"] for place in (0, 1))
    assert_allclose(stack.predict(x), expected)
    draws = stack.predict_draws(x, n_draw=4_000, rng=np.random.default_rng(2))
    assert_allclose(draws.mean(axis=0), expected, atol=0.1)
    # Each draw follows one member for all occupations: their disagreement moves together.
    follows = np.stack([np.isclose(draws, x[None, :, [place]]).all(axis=1) for place in (0, 1)])
    assert follows.any(axis=0).all()


def test_combining_takes_the_weights_of_a_fold_from_the_other_folds(data):
    x, y = data
    left_out = {str(i): np.tile(x[None, :, [i]], (2, 1, 2)) for i in range(3)}
    out = FOLDS[0] == 3
    tampered = y.copy()
    tampered[out] = x[out][:, [2, 2]]  # in this fold alone the useless member would be perfect
    plain, other = (Stack(LINES).combine(left_out, some, folds=FOLDS) for some in (y, tampered))
    assert_array_equal(other[0, out], plain[0, out])
    assert np.abs(other[0, ~out] - plain[0, ~out]).max() > 0.01
    kept = Stack(LINES).learn({name: value[0, ~out] for name, value in left_out.items()}, y[~out])
    expected = sum(left_out[name][0, out] * kept.weights[name] for name in left_out)
    assert_allclose(plain[0, out], expected)


def test_the_shortcut_carries_nothing_of_a_fold_but_a_few_weights(data):
    """The members do not see the fold, so a prediction cannot leave what they say between them."""
    x, y = data
    out = FOLDS[0] == 3
    tampered = y.copy()
    tampered[out] += 1_000.0
    rng = np.random.default_rng(3)
    stack = Stack(LINES)
    left_out = np.stack(
        [
            member.cross_predict(x, y, folds=FOLDS, groups=GROUPS, rng=rng)
            for member in stack.members.values()
        ]
    )
    other = stack.cross_predict(x, tampered, folds=FOLDS, groups=GROUPS, rng=rng)
    assert other.shape == (2, N_OCC, 2)
    low, high = left_out[:, 0, out].min(axis=0), left_out[:, 0, out].max(axis=0)
    assert (low - 1e-9 <= other[0, out]).all() and (other[0, out] <= high + 1e-9).all()
    assert other[0, ~out].max() > 100.0  # the other folds were told


def test_learnt_weights_stay_as_they_are_in_the_fit(data):
    x, y = data
    left_out = {"firm": np.zeros((N_OCC, 2)), "loose": y}
    stack = Stack(LINES).learn(left_out, y)
    before = stack.weights
    assert fit(stack, x, y).weights == before
    assert before["loose"].min() > 0.8


def test_a_member_that_needs_tasks_is_left_out_where_there_are_none(data):
    x, y = data
    stack = columns(0, 1)
    stack.members["m1"] = Column(1, needs_tasks=True)
    assert list(stack.usable(x)) == ["m0"]
    assert_allclose(fit(stack, x, y).weights["m0"], 1.0)
    stack.members["m0"] = Column(0, needs_tasks=True)
    with pytest.raises(ConfigError, match="every member needs tasks"):
        stack.usable(x)


def test_a_stack_of_less_than_two_or_not_fitted_is_refused(data):
    for members in (None, {}, {"one": LINES["firm"]}):
        with pytest.raises(ConfigError, match="at least two"):
            Stack(members)
    with pytest.raises(InputError, match="not fitted"):
        Stack(LINES).predict(data[0])
