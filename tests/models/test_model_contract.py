"""One contract for every candidate: what a stage may rely on whichever model is named."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from forecast.errors import InputError
from forecast.models.base import Regressor
from forecast.models.boosting import Boosting
from forecast.models.design import Design, Tasks
from forecast.models.ensemble import NetworkEnsemble
from forecast.models.gaussian_process import GaussianProcess
from forecast.models.linear import Ridge
from forecast.models.pls import PartialLeastSquares
from forecast.models.stack import Stack
from forecast.models.task_text import TaskText

N_FAMILY, N_SIBLING, N_TASK = 20, 3, 3
MEMBERS = {
    name: {"_target_": f"forecast.models.{path}"}
    for name, path in {"line": "linear.Ridge", "text": "task_text.TaskText"}.items()
}


@dataclass(frozen=True)
class Candidate:
    """A model small enough for a test, and what is special about it.

    `order` is how far predictions may move, in standard deviations of the target, when rows come
    in another order: sums in another order, or a solver that stops early. `gap` is the same when
    the rows of a missing score are dropped altogether: those rows still scale the descriptors of
    the Gaussian process, and the network learns its other scores from them.
    """

    build: Callable[[], Regressor]
    order: float = 1e-9
    gap: float = 1e-9
    shares_targets: bool = False


CANDIDATES = {
    "ridge": Candidate(Ridge),
    "pls": Candidate(lambda: PartialLeastSquares([1, 2, 3])),
    "gaussian_process": Candidate(
        lambda: GaussianProcess(tuning_rows=30, steps=5), order=1e-6, gap=0.2
    ),
    "boosting": Candidate(lambda: Boosting(members=2, trees=10, smallest_leaf=3)),
    "task_text": Candidate(TaskText, order=0.02, gap=0.02),
    "network": Candidate(
        lambda: NetworkEnsemble(members=2, hidden=4, steps=25),
        order=1e-3,
        gap=0.3,
        shares_targets=True,
    ),
    "stack": Candidate(lambda: Stack(MEMBERS), order=0.02, gap=0.02),
}
every_candidate = pytest.mark.parametrize("name", CANDIDATES)


@dataclass(frozen=True)
class Case:
    """Occupations with families, groups and tasks; the first score has labelled tasks."""

    x: Design
    y: np.ndarray
    groups: np.ndarray

    def rows(self, kept: np.ndarray) -> Case:
        return Case(self.x[kept], self.y[kept], self.groups[kept])


@cache
def case() -> Case:
    rng = np.random.default_rng(0)
    n_occ = N_FAMILY * N_SIBLING
    family = np.repeat(np.arange(N_FAMILY), N_SIBLING)
    values = rng.normal(size=(n_occ, 4)) + rng.normal(size=(N_FAMILY, 4))[family]
    occupation = np.repeat(np.arange(n_occ), N_TASK)
    topic = values[occupation, 0] + 0.5 * rng.normal(size=len(occupation))
    terms = np.exp(-((topic[:, None] - np.linspace(-3.0, 3.0, 9)) ** 2)).round(1)
    label = np.digitize(topic, [-0.5, 0.5]) / 2.0
    tasks = Tasks(
        terms=sparse.csr_array(terms),
        occupation=occupation,
        weights=np.full(len(occupation), 1.0 / N_TASK),
        labels=np.column_stack([label, np.full(len(label), np.nan)]),
        names=("labelled", "plain"),
    )
    parents = np.array([f"{number % 3 + 1}{number % 6}" for number in family])
    y = np.column_stack(
        [
            np.bincount(occupation, label / N_TASK),
            values[:, 1] + np.abs(values[:, 0]) + 0.3 * rng.normal(size=n_occ),
        ]
    )
    return Case(Design(values, parents, tasks), y, np.array([f"f{n:02}" for n in family]))


def fit(name: str, data: Case, *, seed: int = 1) -> Regressor:
    model = CANDIDATES[name].build()
    return model.fit(data.x, data.y, groups=data.groups, rng=np.random.default_rng(seed))


@cache
def fitted(name: str) -> Regressor:
    return fit(name, case())


def draw(model: Regressor, *, n_draw: int = 5, seed: int = 2) -> np.ndarray:
    return model.predict_draws(case().x, n_draw=n_draw, rng=np.random.default_rng(seed))


def relabelled(x: Design, occupations: np.ndarray, labels: object) -> Design:
    """Replace the labels of the first score in the tasks of some occupations."""
    assert x.tasks is not None
    changed = x.tasks.labels.copy()
    changed[np.isin(x.tasks.occupation, occupations), 0] = labels
    return replace(x, tasks=replace(x.tasks, labels=changed))


@every_candidate
def test_out_of_fold_predictions_ignore_scores_and_labels_of_their_own_fold(name):
    data = case()
    folds = np.unique(data.groups, return_inverse=True)[1] % 4
    out = folds == 2
    other = replace(
        data,
        x=relabelled(data.x, np.flatnonzero(out), 1.0),
        y=np.where(out[:, None], 7.0 - 3.0 * data.y, data.y),
    )
    model = CANDIDATES[name].build()
    # A stack's shortcut takes its few weights from members that have seen the fold (tested on its
    # own); fitted fold by fold like any other model it must not look.
    cross = Regressor.cross_predict if isinstance(model, Stack) else type(model).cross_predict
    plain, tampered = (
        cross(
            model, some.x, some.y, folds=folds[None], groups=some.groups,
            rng=np.random.default_rng(3),
        )
        for some in (data, other)
    )  # fmt: skip
    assert plain.shape == (1, *data.y.shape)
    assert np.isfinite(plain).all()
    assert_array_equal(tampered[0, out], plain[0, out])
    assert (np.abs(tampered[0, ~out] - plain[0, ~out]).mean(axis=0) > 0.1).all()


@every_candidate
def test_the_same_seed_gives_the_same_bytes(name):
    first = fitted(name)
    again = fit(name, case())
    assert again.predict(case().x).tobytes() == first.predict(case().x).tobytes()
    assert draw(again).tobytes() == draw(first).tobytes()
    assert not np.allclose(draw(first, seed=4), draw(first))


@every_candidate
def test_a_missing_score_leaves_out_its_rows_for_that_score_only(name):
    data, candidate = case(), CANDIDATES[name]
    hidden = np.arange(0, len(data.y), 3 * N_SIBLING)  # one row in every third family
    holed = data.y.copy()
    holed[hidden, 0] = np.nan
    gap = fit(name, replace(data, y=holed)).predict(data.x)
    # The labels of a hidden score are hidden with it.
    blind = replace(data, x=relabelled(data.x, hidden, np.nan), y=holed)
    assert_array_equal(fit(name, blind).predict(data.x), gap)
    spread = data.y.std(axis=0)
    without = fit(name, data.rows(~np.isin(np.arange(len(holed)), hidden))).predict(data.x)
    assert_allclose(gap[:, 0], without[:, 0], rtol=0, atol=candidate.gap * spread[0])
    whole = fitted(name).predict(data.x)
    assert np.abs(gap[:, 0] - whole[:, 0]).max() > 1e-6 * spread[0]
    atol = candidate.gap if candidate.shares_targets else 1e-12
    assert_allclose(gap[:, 1], whole[:, 1], rtol=0, atol=atol * spread[1])


@every_candidate
def test_draws_have_their_shape_and_centre_on_the_prediction(name):
    data, model = case(), fitted(name)
    centre = model.predict(data.x)
    assert centre.shape == data.y.shape
    draws = draw(model, n_draw=2_000)
    assert draws.shape == (2_000, *data.y.shape)
    error = draws.std(axis=0) / np.sqrt(len(draws))
    assert (np.abs(draws.mean(axis=0) - centre) <= 5 * error + 1e-9).all()
    assert (error > 0).mean() > 0.99  # of an occupation, a few trees may agree altogether


@every_candidate
def test_gaps_in_the_descriptors_are_refused_before_and_after_the_fit(name):
    data = case()
    values = data.x.values.copy()
    values[4, 1] = np.nan
    holed = replace(data.x, values=values)
    with pytest.raises(InputError, match="gaps"):
        fit(name, replace(data, x=holed))
    with pytest.raises(InputError, match="gaps"):
        fitted(name).predict(holed)
    with pytest.raises(InputError, match="gaps"):
        fitted(name).predict_draws(holed, n_draw=2, rng=np.random.default_rng(0))


@every_candidate
def test_wrong_shapes_are_refused(name):
    data = case()
    with pytest.raises(InputError, match="rows differ"):
        fit(name, replace(data, y=data.y[:-1]))
    with pytest.raises(InputError, match="fewer than two"):
        fit(name, replace(data, y=np.full_like(data.y, np.nan)))


@pytest.mark.parametrize("name", [name for name in CANDIDATES if name != "task_text"])
def test_a_design_of_descriptors_alone_is_a_plain_array(name):
    data = case()
    if name == "stack":
        lines = {"a": MEMBERS["line"], "b": {**MEMBERS["line"], "alphas": [1.0]}}
        build: Callable[[], Regressor] = lambda: Stack(lines)  # noqa: E731
    else:
        build = CANDIDATES[name].build
    predicted = []
    for x in (data.x.values, Design(data.x.values)):
        model = build().fit(x, data.y, groups=data.groups, rng=np.random.default_rng(1))
        drawn = model.predict_draws(x, n_draw=2, rng=np.random.default_rng(2))
        predicted.append((model.predict(x), drawn))
    assert_array_equal(predicted[0][0], predicted[1][0])
    assert_array_equal(predicted[0][1], predicted[1][1])


@every_candidate
def test_a_fitted_model_survives_copying_and_pickling(name):
    model = fitted(name)
    for copied in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert_array_equal(copied.predict(case().x), model.predict(case().x))
        assert_array_equal(draw(copied), draw(model))


@every_candidate
def test_the_order_of_the_rows_does_not_matter(name):
    data = case()
    order = np.random.default_rng(5).permutation(len(data.y))
    assert data.x.tasks is not None
    for kept in (np.arange(len(order)), order):
        assert_allclose(
            fit(name, data.rows(kept)).predict(data.x),
            fitted(name).predict(data.x),
            rtol=0,
            atol=CANDIDATES[name].order * data.y.std(),
        )
    assert_allclose(
        fitted(name).predict(data.x[order]), fitted(name).predict(data.x)[order], atol=1e-12
    )


@every_candidate
def test_a_score_that_never_changes_is_forecast_as_it_is(name):
    data = case()
    constant = replace(
        data,
        x=relabelled(data.x, np.arange(len(data.y)), 0.5),
        y=np.column_stack([np.full(len(data.y), 0.5), data.y[:, 1]]),
    )
    model = fit(name, constant)
    assert_allclose(model.predict(data.x)[:, 0], 0.5, atol=1e-5)
    assert_allclose(draw(model)[:, :, 0], 0.5, atol=0.05)
