"""The conditional logit finds the weights that made the choices, and says when it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from forecast.errors import InputError
from forecast.models.choice import concordance, fit_choice

NAMES = ("near", "paid")
TRUE = np.array([1.5, -0.7])


def case(seed: int = 0, n_chooser: int = 30, n_other: int = 20):
    rng = np.random.default_rng(seed)
    attributes = rng.normal(size=(n_chooser, n_other, len(NAMES)))
    log_size = rng.normal(size=n_other)
    return attributes, log_size, softmax(log_size + attributes @ TRUE, axis=1)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20)
def test_weights_behind_exact_shares_are_recovered(seed):
    attributes, log_size, share = case(seed)
    fit = fit_choice(attributes, share, log_size=log_size, names=NAMES)
    np.testing.assert_allclose(fit.coefficients, TRUE, rtol=1e-5)
    np.testing.assert_allclose(fit.standard_errors, 0.0, atol=1e-4)


def test_the_fit_is_the_maximum_that_a_general_optimiser_finds():
    attributes, log_size, _ = case()
    share = np.random.default_rng(3).dirichlet(np.full(20, 0.3), size=30)

    def loss(beta):
        return -(share * log_softmax(log_size + attributes @ beta, axis=1)).sum()

    fit = fit_choice(attributes, share, log_size=log_size, names=NAMES)
    found = minimize(loss, np.zeros(2), method="BFGS", options={"gtol": 1e-9})
    np.testing.assert_allclose(fit.coefficients, found.x, atol=1e-6)
    assert fit.log_likelihood == pytest.approx(-found.fun)
    assert fit.log_likelihood_size == pytest.approx(-loss(np.zeros(2)))
    assert fit.pseudo_r2 == pytest.approx(1 - found.fun / loss(np.zeros(2)))


def test_intervals_of_two_errors_hold_the_weights_of_simulated_choices():
    attributes, log_size, chance = case(1, n_chooser=60)
    rng, inside = np.random.default_rng(2), []
    for _ in range(100):
        share = np.stack([rng.multinomial(10, row) for row in chance]) / 10.0
        fit = fit_choice(attributes, share, log_size=log_size, names=NAMES)
        inside.append(np.abs(fit.coefficients - TRUE) < 1.96 * fit.standard_errors)
    # 95 % of 200: fewer than 178 or more than 199 would happen in less than one run of a thousand.
    assert 178 <= np.sum(inside) <= 199


def test_errors_fall_as_the_root_of_the_number_of_choosers():
    attributes, log_size, chance = case(4)
    share = np.stack([np.random.default_rng(5).multinomial(5, row) for row in chance]) / 5.0
    once = fit_choice(attributes, share, log_size=log_size, names=NAMES)
    twice = fit_choice(
        np.concatenate([attributes] * 2),
        np.concatenate([share] * 2),
        log_size=log_size,
        names=NAMES,
    )
    # Variance halves, but for n / (n - 1) of 30 and of 60 choosers.
    ratio = np.sqrt((60 / 59) / (30 / 29) / 2)
    np.testing.assert_allclose(twice.standard_errors, once.standard_errors * ratio, rtol=1e-6)


def test_size_is_an_offset_and_not_fitted():
    attributes, log_size, share = case(6)
    with_size = fit_choice(attributes, share, log_size=log_size, names=NAMES)
    without = fit_choice(attributes, share, log_size=np.zeros(20), names=NAMES)
    assert np.abs(without.coefficients - TRUE).max() > 0.02 > 1e-4
    assert with_size.log_likelihood > without.log_likelihood
    again = fit_choice(attributes, share, log_size=log_size + 5.0, names=NAMES)
    np.testing.assert_allclose(again.coefficients, with_size.coefficients)


def test_alternatives_that_are_not_open_play_no_part():
    attributes, log_size, _ = case(7)
    closed = np.tile(log_size, (30, 1))
    closed[np.arange(20), np.arange(20)] = -np.inf
    share = softmax(closed + attributes @ TRUE, axis=1)
    fit = fit_choice(attributes, share, log_size=closed, names=NAMES)
    np.testing.assert_allclose(fit.coefficients, TRUE, rtol=1e-5)
    share[0] = 1.0 / 20
    with pytest.raises(InputError, match="not open"):
        fit_choice(attributes, share, log_size=closed, names=NAMES)


@pytest.mark.parametrize("defect", ["constant", "copy", "separates"])
def test_weights_that_nothing_identifies_are_refused(defect):
    attributes, log_size, share = case(8)
    if defect == "constant":
        attributes[:, :, 1] = 3.0
    elif defect == "copy":
        attributes[:, :, 1] = 2.0 * attributes[:, :, 0]
    else:
        share = np.eye(20)[attributes[:, :, 0].argmax(axis=1)]
    with pytest.raises(InputError, match="do not identify the weights of near, paid"):
        fit_choice(attributes, share, log_size=log_size, names=NAMES)


def test_shares_that_are_none_are_refused():
    attributes, log_size, share = case()
    with pytest.raises(InputError, match="sum to 1"):
        fit_choice(attributes, share * 0.5, log_size=log_size, names=NAMES)
    with pytest.raises(InputError, match="names"):
        fit_choice(attributes, share, log_size=log_size, names=NAMES[:1])
    with pytest.raises(InputError, match="finite"):
        fit_choice(attributes * np.nan, share, log_size=log_size, names=NAMES)
    tilted = np.array([[1.2, -0.2]])
    with pytest.raises(InputError, match="negative"):
        fit_choice(
            np.zeros((2, 2, 2)), np.vstack([tilted, tilted]), log_size=np.zeros(2), names=NAMES
        )


@given(seed=st.integers(0, 10_000))
def test_concordance_is_the_share_of_pairs_in_the_right_order(seed):
    rng = np.random.default_rng(seed)
    score = rng.integers(0, 4, size=(3, 6)).astype(float)
    share = rng.dirichlet(np.ones(6), size=3) * (rng.random((3, 6)) < 0.5)
    share[:, 0], share[:, 5] = 0.2, 0.0
    share /= share.sum(axis=1, keepdims=True)
    open_ = np.zeros((3, 6))
    open_[1, 5] = -np.inf if (share[1, 1:5] == 0).any() else 0.0
    expected = []
    for row, own, size in zip(score, share, open_, strict=True):
        others = row[(own == 0) & np.isfinite(size)]
        wins = [
            p * np.mean((v > others) + (v == others) / 2) for v, p in zip(row, own, strict=True)
        ]
        expected.append(sum(wins))
    assert concordance(score, share, log_size=open_) == pytest.approx(np.mean(expected))
