"""Scores from the words and activities of tasks: labels are learnt task by task."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy import sparse

from forecast.errors import ConfigError, InputError
from forecast.models.base import Regressor, checked_arrays, member_draws
from forecast.models.design import Design, Floats, Tasks, Texts, as_design

BOOTSTRAPS = 8  # refits on redrawn families behind the spread of the draws


class TaskText(Regressor):
    """A ridge regression on TF-IDF terms of tasks, averaged to occupations.

    A score whose tasks are labelled is learnt from the labels of the single tasks (some 19,000);
    any other from the mean terms of the occupations. Both are linear in the terms, so an
    occupation's prediction is the weighted mean of its tasks' predictions.

    Parameters
    ----------
    task_penalty, occupation_penalty : float
        Quadratic penalty on the terms when learning from tasks and from occupations.

    Notes
    -----
    Occupations without tasks get the mean of the training rows: nothing is known of their work.
    """

    name = "task_text"
    needs_tasks = True
    settings_tried = 6  # penalties

    def __init__(self, task_penalty: float = 1.0, occupation_penalty: float = 0.3) -> None:
        if min(task_penalty, occupation_penalty) <= 0:
            raise ConfigError("model.task_penalty and model.occupation_penalty must be positive.")
        self.task_penalty, self.occupation_penalty = task_penalty, occupation_penalty
        self._slopes: Floats = np.zeros((0, 0))  # (n_target, n_term)
        self._constants: Floats = np.zeros(0)
        self._means: Floats = np.zeros(0)
        self._training: tuple[Design, Floats, Texts] | None = None

    def fit(
        self,
        x: Design | Floats,
        y: Floats,
        *,
        groups: Texts,
        rng: np.random.Generator,
        weights: Any = None,
    ) -> Self:
        """Fit every target; weights of occupations are not used."""
        design = as_design(x)
        _, y, _ = checked_arrays(design.values, y, groups, weights)
        tasks = _tasks_of(design)
        if tasks.labels.shape[1] != y.shape[1]:
            raise InputError(
                f"tasks carry {tasks.labels.shape[1]} labels for {y.shape[1]} targets; "
                "align them with Tasks.for_targets."
            )
        self._slopes, self._constants, self._means = self._solve(design, y)
        self._training = design, y, np.asarray(groups)
        return self

    def predict(self, x: Design | Floats) -> Floats:
        """Return the prediction, shape (n_occ, n_target)."""
        return self._apply(as_design(x), self._slopes, self._constants, self._means)

    def predict_draws(self, x: Design | Floats, *, n_draw: int, rng: np.random.Generator) -> Floats:
        """Return normal draws with the covariance of refits on redrawn families."""
        if self._training is None:
            raise ConfigError("the task-text model is not fitted yet.")
        design, y, groups = self._training
        names, family_of = np.unique(groups, return_inverse=True)
        refits = []
        for _ in range(BOOTSTRAPS):
            kept = np.unique(rng.integers(len(names), size=len(names)))
            rows = np.flatnonzero(np.isin(family_of, kept))
            refits.append(self._apply(as_design(x), *self._solve(design[rows], y[rows])))
        # Every refit sees some 63 % of the families: its spread is that of a smaller sample.
        members = np.sqrt(0.632) * np.stack(refits)
        return member_draws(self.predict(x), members, n_draw=n_draw, rng=rng)

    def _solve(self, design: Design, y: Floats) -> tuple[Floats, Floats, Floats]:
        tasks = _tasks_of(design)
        mean_terms = tasks.mean_terms(len(design))
        described = np.diff(mean_terms.indptr) > 0
        slopes, constants = np.zeros((y.shape[1], tasks.terms.shape[1])), np.zeros(y.shape[1])
        for target, label in enumerate(tasks.labels.T):
            # Who hides a score hides what it is made of.
            rows = np.isfinite(label) & np.isfinite(y[tasks.occupation, target])
            if rows.any():
                found = _ridge(tasks.terms[rows], label[rows], self.task_penalty)
            else:
                rows = np.isfinite(y[:, target]) & described
                found = _ridge(mean_terms[rows], y[rows, target], self.occupation_penalty)
            slopes[target], constants[target] = found
        return slopes, constants, np.nanmean(y, axis=0)

    def _apply(self, design: Design, slopes: Floats, constants: Floats, means: Floats) -> Floats:
        if design.tasks is None:
            raise InputError("the task-text model predicts from tasks; this design has none.")
        mean_terms = design.tasks.mean_terms(len(design))
        described = np.diff(mean_terms.indptr) > 0
        return np.where(described[:, None], mean_terms @ slopes.T + constants, means)


def _tasks_of(design: Design) -> Tasks:
    if design.tasks is None:
        raise InputError("the task-text model needs labelled tasks: they come with data=sources.")
    return design.tasks


def _ridge(terms: sparse.csr_array, y: Floats, penalty: float) -> tuple[Floats, float]:
    # Importing scikit-learn takes a second; only training needs it.
    from sklearn.linear_model import Ridge

    line = Ridge(alpha=penalty, solver="sparse_cg", tol=1e-4).fit(terms, y)
    return np.asarray(line.coef_), float(line.intercept_)
