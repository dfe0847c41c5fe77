"""Scores from task texts: learnt from labels where there are some, from occupations elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.linear_model import Ridge

from forecast.errors import ConfigError, InputError
from forecast.models.design import Design, Tasks
from forecast.models.task_text import TaskText
from forecast.validation.scores import r2

N_OCC, N_TASK, N_TERM = 60, 4, 12
GROUPS = np.repeat(np.arange(20), 3).astype(str)
EXPOSED = np.linspace(0.0, 1.0, N_TERM)  # what each term says about a task


@pytest.fixture(scope="module")
def design() -> Design:
    """Tasks of two or three terms; the first score is labelled, the second is not."""
    rng = np.random.default_rng(0)
    occupation = np.repeat(np.arange(N_OCC), N_TASK)
    terms = np.zeros((len(occupation), N_TERM))
    middle = rng.integers(N_TERM, size=N_OCC)[occupation]
    for task, place in enumerate(middle):
        terms[task, (place + rng.integers(-1, 2, size=3)) % N_TERM] = 1.0
    terms /= np.sqrt((terms**2).sum(axis=1, keepdims=True))
    weights = rng.uniform(0.5, 1.0, size=len(occupation))
    weights /= np.bincount(occupation, weights)[occupation]
    label = np.round(2.0 * (terms @ EXPOSED) / terms.sum(axis=1)) / 2.0
    tasks = Tasks(
        terms=sparse.csr_array(terms),
        occupation=occupation,
        weights=weights,
        labels=np.column_stack([label, np.full(len(label), np.nan)]),
        names=("labelled", "plain"),
    )
    return Design(np.zeros((N_OCC, 1)), tasks=tasks)


@pytest.fixture(scope="module")
def y(design: Design) -> np.ndarray:
    tasks = design.tasks
    mean = np.bincount(tasks.occupation, tasks.weights * tasks.labels[:, 0])
    other = (design.tasks.mean_terms(N_OCC) @ EXPOSED[::-1]) + 0.02 * np.arange(N_OCC) % 0.1
    return np.column_stack([mean, other])


def fit(x: Design, y: np.ndarray, groups: np.ndarray = GROUPS, **settings: float) -> TaskText:
    return TaskText(**settings).fit(x, y, groups=groups, rng=np.random.default_rng(1))


def with_labels(x: Design, labels: np.ndarray) -> Design:
    return replace(x, tasks=replace(x.tasks, labels=labels))


def test_an_occupation_is_the_mean_of_what_is_said_of_its_tasks(design, y):
    """Labels that the terms determine average back to the score of the occupation."""
    tasks = design.tasks
    line = tasks.terms @ EXPOSED
    labels = np.column_stack([line, np.full(len(line), np.nan)])
    score = np.bincount(tasks.occupation, tasks.weights * line)
    exact = fit(with_labels(design, labels), np.column_stack([score, y[:, 1]]), task_penalty=1e-6)
    assert_allclose(exact.predict(design)[:, 0], score, atol=1e-3)


def test_a_labelled_score_is_learnt_from_single_tasks(design, y):
    tasks = design.tasks
    line = Ridge(alpha=1.0).fit(tasks.terms, tasks.labels[:, 0])
    by_task = line.predict(tasks.terms)
    expected = np.bincount(tasks.occupation, tasks.weights * by_task)
    model = fit(design, y)
    assert_allclose(model.predict(design)[:, 0], expected, atol=2e-3)
    # The score itself is not looked at: its labels say it in more detail.
    moved = fit(design, np.column_stack([1.0 - y[:, 0], y[:, 1]]))
    assert_array_equal(moved.predict(design), model.predict(design))


def test_a_score_without_labels_is_learnt_from_occupations(design, y):
    mean_terms = design.tasks.mean_terms(N_OCC)
    line = Ridge(alpha=0.3).fit(mean_terms, y[:, 1])
    model = fit(design, y)
    assert_allclose(model.predict(design)[:, 1], line.predict(mean_terms), atol=2e-3)
    moved = fit(design, np.column_stack([y[:, 0], 1.0 - y[:, 1]]))
    assert_allclose(moved.predict(design)[:, 1], 1.0 - model.predict(design)[:, 1], atol=2e-3)


def test_labels_of_left_out_occupations_are_never_used(design, y):
    folds = (GROUPS.astype(int) % 5)[None]
    out = np.flatnonzero(folds[0] == 2)
    labels = design.tasks.labels.copy()
    labels[np.isin(design.tasks.occupation, out), 0] = (
        1.0 - labels[np.isin(design.tasks.occupation, out), 0]
    )
    plain, tampered = (
        TaskText().cross_predict(x, y, folds=folds, groups=GROUPS, rng=np.random.default_rng(2))
        for x in (design, with_labels(design, labels))
    )
    assert_array_equal(tampered[0, out], plain[0, out])
    assert np.abs(tampered[0] - plain[0])[folds[0] != 2, 0].max() > 0.01
    assert r2(y[:, 0], plain[0, :, 0]) > 0.8  # the test would not notice labels that say nothing


def test_labels_of_a_hidden_score_are_hidden_too(design, y):
    hidden = y.copy()
    hidden[:9, 0] = np.nan
    labels = design.tasks.labels.copy()
    labels[design.tasks.occupation < 9, 0] = 5.0
    plain, tampered = (fit(x, hidden) for x in (design, with_labels(design, labels)))
    assert_array_equal(tampered.predict(design), plain.predict(design))


def test_an_occupation_without_tasks_gets_the_mean_of_the_training_rows(design, y):
    model = fit(design, y)
    bare = design.tasks.of(np.arange(1, N_OCC), N_OCC)
    without = replace(design, tasks=replace(bare, occupation=bare.occupation + 1))
    predicted = model.predict(without)
    assert_allclose(predicted[0], y.mean(axis=0))
    assert_allclose(predicted[1:], model.predict(design)[1:])


def test_draws_widen_where_fewer_families_speak(design, y):
    few = GROUPS.astype(int) < 8
    wide = fit(design[few], y[few], GROUPS[few])
    widths = [
        model.predict_draws(design, n_draw=200, rng=np.random.default_rng(3)).std(axis=0).mean()
        for model in (fit(design, y), wide)
    ]
    assert widths[1] > widths[0] > 0


def test_what_it_cannot_learn_from_is_refused(design, y):
    with pytest.raises(InputError, match="needs labelled tasks"):
        fit(Design(design.values), y)
    with pytest.raises(InputError, match="for_targets"):
        fit(design, y[:, :1])
    with pytest.raises(InputError, match="predicts from tasks"):
        fit(design, y).predict(Design(design.values))
    with pytest.raises(ConfigError, match="positive"):
        TaskText(task_penalty=0.0)
    with pytest.raises(ConfigError, match="not fitted"):
        TaskText().predict_draws(design, n_draw=2, rng=np.random.default_rng(0))
