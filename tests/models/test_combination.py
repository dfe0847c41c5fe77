"""A pool takes whole draws from models, in proportion to their weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.models.combination import crps_weights, pool_draws


@given(st.lists(st.floats(0.01, 100.0), min_size=1, max_size=6))
def test_weights_sum_to_one_and_a_better_model_never_weighs_less(means):
    weights = crps_weights(np.array(means)[:, None])
    assert weights.sum() == pytest.approx(1.0)
    assert (np.diff(weights[np.argsort(means)]) <= 1e-12).all()


@given(weight=st.floats(0.0, 1.0), n_draw=st.integers(1, 60), seed=st.integers(0, 9))
def test_each_model_gets_its_share_of_draws_up_to_one(weight, n_draw, seed):
    two = {"a": np.zeros((n_draw, 2)), "b": np.ones((n_draw, 2))}
    weights = {"a": weight, "b": 1.0 - weight}
    pooled = pool_draws(two, weights, np.random.default_rng(seed))
    assert abs(pooled[:, 0].sum() - (1.0 - weight) * n_draw) <= 1.0
    np.testing.assert_array_equal(pooled[:, 0], pooled[:, 1])  # a draw is whole


def test_draw_d_of_the_pool_is_draw_d_of_a_model():
    two = {"a": np.arange(10.0), "b": 100.0 + np.arange(10.0)}
    pooled = pool_draws(two, {"a": 0.5, "b": 0.5}, np.random.default_rng(0))
    np.testing.assert_array_equal(pooled % 100, np.arange(10.0))


def test_without_past_scores_models_weigh_alike():
    assert crps_weights(np.empty((4, 0))).tolist() == [0.25] * 4


@pytest.mark.parametrize("crps", [[[1.0, np.nan]], [[0.0]], [1.0, 2.0]])
def test_scores_that_cannot_weigh_are_refused(crps):
    with pytest.raises(InputError, match="positive scores"):
        crps_weights(crps)


@pytest.mark.parametrize("weights", [{"a": 1.0}, {"a": 0.5, "b": 0.6}])
def test_weights_that_do_not_fit_are_refused(weights):
    two = {"a": np.zeros(3), "b": np.ones(3)}
    with pytest.raises(InputError, match="do not fit"):
        pool_draws(two, weights, np.random.default_rng(0))
