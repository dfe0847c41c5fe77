"""The Gaussian process: its gradient, its posterior, and parts that a design may lack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import approx_fprime
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct

from forecast.errors import ConfigError
from forecast.models import gaussian_process
from forecast.models.design import Design, Tasks
from forecast.models.gaussian_process import BOUNDS, JITTER, PRIOR, START, GaussianProcess

N_OCC = 36
GROUPS = np.repeat(np.arange(12), 3).astype(str)
Loss = Callable[[np.ndarray], tuple[float, np.ndarray]]


@pytest.fixture(scope="module")
def design() -> Design:
    rng = np.random.default_rng(0)
    parents = np.array([f"{number % 3 + 1}{number % 6}" for number in GROUPS.astype(int)])
    tasks = Tasks(
        terms=sparse.csr_array(rng.random((N_OCC, 8)) * (rng.random((N_OCC, 8)) < 0.4)),
        occupation=np.arange(N_OCC),
        weights=np.ones(N_OCC),
        labels=np.full((N_OCC, 0), np.nan),
        names=(),
    )
    return Design(rng.normal(size=(N_OCC, 3)), parents, tasks)


@pytest.fixture(scope="module")
def y(design: Design) -> np.ndarray:
    rng = np.random.default_rng(1)
    group = np.array([int(parent[0]) for parent in design.parents])
    bend = np.sin(2.0 * design.values[:, 0]) + design.values[:, 1]
    return (bend + group + 0.3 * rng.normal(size=N_OCC))[:, None]


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> list[Loss]:
    """Collect what a fit minimises."""
    seen: list[Loss] = []
    search = gaussian_process.minimize

    def watched(loss: Loss, start: np.ndarray, **settings: Any) -> Any:
        seen.append(loss)
        return search(loss, start, **settings)

    monkeypatch.setattr(gaussian_process, "minimize", watched)
    return seen


def fit(x: Design | np.ndarray, y: np.ndarray, *, weights: Any = None, **settings: int) -> Any:
    model = GaussianProcess(**settings)
    return model.fit(x, y, groups=GROUPS, rng=np.random.default_rng(2), weights=weights)


def reference(parameters: np.ndarray, x: np.ndarray, weights: np.ndarray) -> Any:
    """scikit-learn's regressor with our kernel of descriptors, on standardised ones."""
    linear, curved, length, noise = np.exp(parameters)
    kernel = ConstantKernel(linear / x.shape[1], "fixed") * DotProduct(0.0, "fixed")
    kernel += ConstantKernel(curved, "fixed") * RBF(np.sqrt(length * x.shape[1]), "fixed")
    alpha = (noise + JITTER) / weights
    return GaussianProcessRegressor(kernel, alpha=alpha, optimizer=None, normalize_y=True)


def standardised(values: np.ndarray, by: np.ndarray) -> np.ndarray:
    return (values - by.mean(axis=0)) / by.std(axis=0)


def test_the_slope_of_the_marginal_likelihood_is_its_finite_difference(design, y, losses):
    weights = np.random.default_rng(3).uniform(0.5, 2.0, size=N_OCC)
    fit(design, y, weights=weights, steps=1)
    (loss,) = losses
    for seed in range(3):
        point = START + np.random.default_rng(seed).normal(size=7)
        value, slope = loss(point)
        assert np.isfinite(value) and slope.shape == (7,)
        difference = approx_fprime(point, lambda at: loss(at)[0], 1e-6)
        assert_allclose(slope, difference, rtol=1e-4, atol=1e-4)


def test_what_it_minimises_is_the_marginal_likelihood_of_scikit_learn_and_the_prior(
    design, y, losses
):
    weights = np.random.default_rng(4).uniform(0.5, 2.0, size=N_OCC)
    weights /= weights.mean()
    model = fit(design.values, y, weights=weights)
    parameters = model.parameters[0]
    away = parameters - np.array([START, START, 0.0, START])
    likelihood = 0.5 * PRIOR * away @ away - losses[0](parameters)[0]
    theirs = reference(parameters, design.values, weights).fit(
        standardised(design.values, design.values), y[:, 0]
    )
    # The jitter is all but nothing; the constant of the normal density is left out.
    expected = theirs.log_marginal_likelihood_value_ + 0.5 * N_OCC * np.log(2.0 * np.pi)
    assert_allclose(likelihood, expected, rtol=1e-6)


def test_tuning_reaches_a_point_where_nothing_near_is_better(design, y, losses):
    model = fit(design, y, steps=200)
    best, slope = losses[0](model.parameters[0])
    inside = (model.parameters[0] > BOUNDS[0]) & (model.parameters[0] < BOUNDS[1])
    assert inside.sum() >= 4
    assert np.abs(slope[inside]).max() < 0.02
    assert best < losses[0](np.full(7, START))[0]


@pytest.mark.parametrize("weighted", [False, True])
def test_the_posterior_is_the_one_of_scikit_learn_at_the_same_kernel(design, y, weighted):
    x = design.values
    weights = np.random.default_rng(4).uniform(0.5, 2.0, size=N_OCC) if weighted else np.ones(N_OCC)
    weights /= weights.mean()
    model = fit(x, y, weights=weights)
    theirs = reference(model.parameters[0], x, weights).fit(standardised(x, x), y[:, 0])
    asked = x[:10] + 0.7
    mean, covariance = theirs.predict(standardised(asked, x), return_cov=True)
    assert_allclose(model.predict(asked)[:, 0], mean, rtol=1e-8)

    class UnitNoise(np.random.Generator):
        """Turns draws into the root of their covariance."""

        def standard_normal(self, size: Any) -> np.ndarray:  # type: ignore[override]
            return np.eye(*size)

    noise = UnitNoise(np.random.PCG64(0))
    root = model.predict_draws(asked, n_draw=10, rng=noise)[:, :, 0] - mean
    own_jitter = JITTER * y.var() * np.eye(10)
    assert_allclose(root.T @ root, covariance + own_jitter, atol=1e-9)


def test_groups_and_tasks_say_nothing_where_they_are_absent_or_new(design, y):
    model = fit(design, y)
    plain = model.predict(design.values)
    assert design.tasks is not None
    untold = Tasks(
        terms=design.tasks.terms[[]],
        occupation=design.tasks.occupation[:0],
        weights=design.tasks.weights[:0],
        labels=design.tasks.labels[:0],
        names=(),
    )
    new = Design(design.values, np.full(N_OCC, "99"), untold)
    assert_allclose(model.predict(new), plain, rtol=1e-12)
    for known in (replace(new, parents=design.parents), replace(new, tasks=design.tasks)):
        assert np.abs(model.predict(known) - plain).max() > 1e-3
    widths = [
        model.predict_draws(x, n_draw=200, rng=np.random.default_rng(5)).std(axis=0).mean()
        for x in (design, new)
    ]
    assert widths[1] > widths[0]  # an unknown group widens the draws


def test_a_process_that_never_saw_groups_or_tasks_does_not_look_at_them(design, y):
    model = fit(design.values, y)
    assert model.parameters.shape == (1, 4)
    assert fit(replace(design, tasks=None), y).parameters.shape == (1, 6)
    assert_array_equal(model.predict(design), model.predict(design.values))


def test_a_group_shifts_its_members_and_the_major_group_its_unseen_groups():
    rng = np.random.default_rng(6)
    parents = np.array([f"{number % 2 + 1}{number // 2}" for number in range(18)])
    major = np.array([parent[0] == "1" for parent in parents], dtype=float)
    y = major[:, None] + 0.05 * rng.normal(size=(18, 1))
    model = GaussianProcess().fit(
        Design(rng.normal(size=(18, 2)), parents), y, groups=np.arange(18).astype(str), rng=rng
    )
    asked = Design(np.zeros((2, 2)), np.array(["1x", "2x"]))
    assert_allclose(model.predict(asked)[:, 0], [1.0, 0.0], atol=0.15)


def test_whole_families_are_drawn_to_tune_on_and_all_rows_predict(design, y):
    """Swapping two scores inside a family matters to the tuning only where it is drawn."""
    limit = 10

    def after_swap(rows: tuple[int, int]) -> Any:
        swapped = y.copy()
        swapped[list(rows)] = swapped[list(rows[::-1])]
        return fit(design, swapped, tuning_rows=limit, steps=2)

    plain = fit(design, y, tuning_rows=limit, steps=2)
    drawn = []
    for first in range(0, N_OCC, 3):
        pairs = [after_swap((first, first + 1)), after_swap((first + 1, first + 2))]
        told = [not np.allclose(m.parameters, plain.parameters, rtol=1e-9) for m in pairs]
        assert told[0] == told[1]
        drawn.append(told[0])
        assert not np.allclose(pairs[0].predict(design), plain.predict(design))
    assert sum(drawn) == limit // 3


def test_a_family_larger_than_the_limit_is_still_tuned_on(design, y):
    model = fit(design, y, tuning_rows=2, steps=2)
    assert np.isfinite(model.predict(design)).all()
    assert (model.parameters != fit(design, y, tuning_rows=0, steps=2).parameters).any()


def test_settings_too_small_and_a_prediction_before_the_fit_are_refused(design):
    for settings in ({"tuning_rows": -1}, {"steps": 0}):
        with pytest.raises(ConfigError, match="too small"):
            GaussianProcess(**settings)
    with pytest.raises(ConfigError, match="not fitted"):
        GaussianProcess().predict(design)
