"""Every kernel against another library, by hand, or against its own definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy import stats
from sklearn import metrics

from forecast.errors import InputError
from forecast.validation import scores

NUMBERS = st.floats(-1e6, 1e6)


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.normal(size=200).round(1)  # rounded, so that ties occur
    return y, (y + rng.normal(size=200)).round(1)


def test_point_scores_equal_those_of_scikit_learn_and_scipy(pair):
    y, q = pair
    assert scores.mae(y, q) == pytest.approx(metrics.mean_absolute_error(y, q))
    assert scores.r2(y, q) == pytest.approx(metrics.r2_score(y, q))
    assert scores.spearman(y, q) == pytest.approx(stats.spearmanr(y, q).statistic)


def test_pinball_loss_equals_that_of_scikit_learn(pair):
    y, q = pair
    for level in (0.025, 0.5, 0.9):
        expected = metrics.mean_pinball_loss(y, q, alpha=level)
        assert scores.pinball_loss(y, q, level).mean() == pytest.approx(expected)


@given(y=st.integers(-(10**6), 10**6), q=st.integers(-(10**6), 10**6), level=st.floats(0.01, 0.99))
def test_pinball_loss_is_never_negative_and_zero_only_when_exact(y, q, level):
    loss = scores.pinball_loss(y, q, level)
    assert loss >= 0
    assert (loss == 0) == (y == q)


@given(draws=arrays(float, (7, 3), elements=NUMBERS), y=arrays(float, 3, elements=NUMBERS))
def test_crps_equals_its_definition_over_all_pairs_of_draws(draws, y):
    pairs = np.abs(draws[:, None] - draws[None, :]).mean(axis=(0, 1))
    expected = np.abs(draws - y).mean(axis=0) - pairs / 2
    assert_allclose(scores.crps_draws(draws, y), expected, rtol=1e-9, atol=1e-6)


def test_crps_of_many_normal_draws_is_the_known_integral():
    draws = np.random.default_rng(1).normal(size=40_000)
    y = 0.7
    known = y * (2 * stats.norm.cdf(y) - 1) + 2 * stats.norm.pdf(y) - 1 / np.sqrt(np.pi)
    assert scores.crps_draws(draws, y) == pytest.approx(known, abs=0.01)


def test_crps_punishes_a_forecast_that_is_sure_and_wrong():
    rng = np.random.default_rng(2)
    sure, unsure = rng.normal(5, 0.1, 500), rng.normal(5, 3, 500)
    assert scores.crps_draws(sure, 0.0) > scores.crps_draws(unsure, 0.0)


def test_mase_scales_each_series_by_its_own_history():
    history = np.array([[0.0, 1.0, 2.0, 3.0], [0.0, 10.0, 20.0, 30.0]])
    assert scores.mase([[4.0], [40.0]], [[5.0], [50.0]], history=history) == 1.0
    assert scores.mase([[4.0], [40.0]], [[6.0], [60.0]], history=history, season=2) == 1.0


def test_mase_refuses_a_history_without_change():
    with pytest.raises(InputError, match="never changes"):
        scores.mase([1.0], [1.0], history=[2.0, 2.0, 2.0])


@given(last=NUMBERS, up=st.floats(1e-3, 1e3), said=st.floats(1e-3, 1e3))
def test_the_sign_is_right_where_forecast_and_observation_leave_to_the_same_side(last, up, said):
    for move, forecast, hit in ((up, said, 1), (up, -said, 0), (-up, -said, 1), (-up, said, 0)):
        assert scores.sign_hits(last + move, last + forecast, last) == hit
    assert scores.sign_hits(last + up, last, last) == 0  # a forecast of no change takes no side
    assert np.isnan(scores.sign_hits(last, last + said, last))


def test_skill_is_the_share_of_the_loss_of_the_rival_that_is_saved():
    found = scores.skill_percent([1.0, 3.0, 2.0, 1.0], [2.0, 2.0, 2.0, 0.0])
    assert_allclose(found, [50.0, -50.0, 0.0, np.nan])
    assert scores.skill_percent(0.0, 5.0) == 100.0


def test_coverage_counts_the_ends_as_inside():
    assert scores.coverage([0, 0, 0], [1, 1, 1], [0, 1, 2]) == pytest.approx(2 / 3)


@given(shift=st.floats(-100, 100))
def test_coverage_of_draws_does_not_depend_on_where_zero_is(shift):
    rng = np.random.default_rng(3)
    draws, y = rng.normal(size=(100, 50)), rng.normal(size=50)
    plain = scores.coverage_draws(draws, y, 0.8)
    assert abs(scores.coverage_draws(draws + shift, y + shift, 0.8) - plain) <= 0.02


def test_scores_refuse_gaps_and_different_lengths():
    with pytest.raises(InputError, match="missing"):
        scores.mae([1.0, np.nan], [1.0, 2.0])
    with pytest.raises(InputError, match="shape"):
        scores.r2([1.0, 2.0], [1.0])
    with pytest.raises(InputError, match="differ"):
        scores.r2([1.0, 1.0], [1.0, 2.0])
    with pytest.raises(InputError, match="between 0 and 1"):
        scores.pinball_loss([1.0], [1.0], 1.0)


def test_a_constant_forecast_ranks_nothing():
    assert scores.spearman([1.0, 2.0, 3.0], [5.0, 5.0, 5.0]) == 0.0
