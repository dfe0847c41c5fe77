"""Contributions add up to the whole difference, whatever the model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from forecast.errors import InputError
from forecast.features.contributions import path_contributions, task_contributions
from forecast.models.linear import Ridge


def bent(seed: int, n_column: int):
    """Make a small network with random weights, and a step that no gradient sees."""
    rng = np.random.default_rng(seed)
    inner, outer = rng.normal(size=(n_column, 5)), rng.normal(size=5)
    return lambda x: np.tanh(x @ inner) @ outer + (x[:, 0] > 0.3)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n_column=st.integers(1, 6), n_step=st.sampled_from([2, 4, 10]))
def test_contributions_sum_to_the_difference_from_the_baseline(seed, n_column, n_step):
    rng = np.random.default_rng(seed)
    x, baseline = rng.normal(size=(7, n_column)), rng.normal(size=n_column)
    predict = bent(seed, n_column)
    parts = path_contributions(predict, x, baseline=baseline, n_step=n_step)
    assert_allclose(parts.sum(axis=1), predict(x) - predict(baseline[None]), atol=1e-12)


def test_a_linear_model_gives_each_descriptor_its_coefficient_times_its_distance():
    rng = np.random.default_rng(1)
    x, truth = rng.normal(size=(60, 4)), np.array([1.0, -2.0, 0.0, 0.5])
    groups = np.repeat(np.arange(20), 3).astype(str)
    ridge = Ridge().fit(x, (x @ truth)[:, None], groups=groups, rng=rng)
    slope = ridge.predict(np.eye(4))[:, 0] - ridge.predict(np.zeros((1, 4)))[0, 0]
    parts = path_contributions(lambda z: ridge.predict(z)[:, 0], x, baseline=x.mean(axis=0))
    assert_allclose(parts, slope * (x - x.mean(axis=0)), atol=1e-12)


def test_short_steps_approach_integrated_gradients():
    # f = a^2 b from (0, 0) to (1, 1): the integrals of 2 a b and a^2 along the diagonal.
    point = np.ones((1, 2))
    errors = [
        np.abs(
            path_contributions(
                lambda z: z[:, 0] ** 2 * z[:, 1], point, baseline=np.zeros(2), n_step=n
            )
            - [[2 / 3, 1 / 3]]
        ).max()
        for n in (2, 4, 8)
    ]
    assert errors[0] < 0.1
    assert_allclose(errors[0] / errors[1], 4.0, rtol=0.1)
    assert_allclose(errors[1] / errors[2], 4.0, rtol=0.1)


def test_a_descriptor_without_effect_or_without_distance_contributes_nothing():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(5, 3))
    x[:, 2] = 0.0
    parts = path_contributions(lambda z: np.tanh(z[:, 0] + z[:, 2]), x, baseline=np.zeros(3))
    assert (parts[:, 1:] == 0).all()
    assert (parts[:, 0] != 0).all()


@pytest.mark.parametrize("n_step", [0, 1, 3])
def test_an_odd_number_of_parts_is_refused(n_step):
    with pytest.raises(InputError, match="even"):
        path_contributions(lambda z: z[:, 0], np.ones((1, 1)), baseline=np.zeros(1), n_step=n_step)


@given(seed=st.integers(0, 10_000), mean=st.floats(0, 1))
def test_tasks_sum_to_the_exposure_above_the_mean(seed, mean):
    rng = np.random.default_rng(seed)
    share, exposure = rng.dirichlet(np.ones(6), size=4), rng.uniform(size=(4, 6))
    parts = task_contributions(share, exposure, mean=mean)
    assert_allclose(parts.sum(axis=1), (share * exposure).sum(axis=1) - mean, atol=1e-12)
