"""Errors of past vintages, and the weights that follow from them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.models.naive import drift, seasonal_naive
from forecast.models.rolling import combination_weights, rolling_errors

HISTORY = np.random.default_rng(0).normal(200.0, 9.0, (2, 7))


def test_errors_are_observed_less_forecast_and_missing_where_the_future_is_not_known():
    errors = rolling_errors(HISTORY, seasonal_naive(HISTORY, 3))
    assert errors.shape == (4, 2, 3)
    assert np.isfinite(errors[:, 0]).sum(axis=1).tolist() == [3, 2, 1, 0]
    assert errors[0, 1, 2] == HISTORY[1, 6] - HISTORY[1, 2]  # seen 1-4; half-year 7 is like 3
    assert errors[2, 0, 0] == HISTORY[0, 6] - HISTORY[0, 4]


def test_errors_of_late_vintages_do_not_need_the_early_ones():
    whole = rolling_errors(HISTORY, drift(HISTORY, 2))
    late = rolling_errors(HISTORY, drift(HISTORY, 2, first=6), first=6)
    np.testing.assert_array_equal(whole[2:], late)


@given(worse=st.floats(1.0, 100.0))
def test_weights_sum_to_one_and_are_inverse_squares(worse):
    errors = {"good": np.ones((3, 2, 2)), "bad": np.full((3, 2, 2), worse)}
    weights = combination_weights(errors, np.ones(2))
    assert sum(weights.values()) == pytest.approx(1.0)
    assert weights["good"] / weights["bad"] == pytest.approx(worse**2)


def test_a_large_series_does_not_decide_alone():
    small, large = np.zeros((1, 2, 1)), np.zeros((1, 2, 1))
    small[0, 0], large[0, 1] = 1.0, 100.0  # one member errs on each series, as far as is usual
    weights = combination_weights({"a": small, "b": large}, np.array([1.0, 100.0]))
    assert weights == {"a": pytest.approx(0.5), "b": pytest.approx(0.5)}


def test_what_is_not_yet_known_does_not_count():
    short, long = np.array([[[1.0, np.nan]]]), np.array([[[1.0, 1.0]]])
    assert combination_weights({"a": short, "b": long}, np.ones(1)) == {"a": 0.5, "b": 0.5}


@pytest.mark.parametrize("n_member", [1, 5])
def test_members_that_never_erred_share_the_weight(n_member):
    perfect = {str(number): np.zeros((2, 3, 1)) for number in range(n_member)}
    assert set(combination_weights(perfect, np.ones(3)).values()) == {1.0 / n_member}
    with_bad = combination_weights({**perfect, "bad": np.ones((2, 3, 1))}, np.ones(3))
    assert with_bad["bad"] < 1e-9 and sum(with_bad.values()) == pytest.approx(1.0)
