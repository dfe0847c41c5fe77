"""Gaussian process regression on descriptors, occupation groups and the texts of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.linalg.lapack import dpotri
from scipy.optimize import minimize

from forecast.errors import ConfigError
from forecast.models.base import Regressor, Scoring, checked_arrays
from forecast.models.design import Design, Floats, Texts, as_design

START = -1.5  # log share of variance of each part and of the noise, before the data speak
BOUNDS = (-9.0, 4.0)
PRIOR = 0.01  # precision of the log parameters around START: keeps what the data leave open
JITTER = 1e-6
FLAT = 1e-6  # relative gain of a step that ends the search: far below what families differ by


@dataclass(frozen=True)
class _Scaling:
    """Centre and scale of the descriptors in the training rows."""

    centre: Floats
    scale: Floats

    def apply(self, values: Floats) -> Floats:
        return np.asarray((values - self.centre) / self.scale)


@dataclass(frozen=True)
class _Process:
    """One fitted target."""

    rows: NDArray[np.int64]  # of the training design
    parameters: Floats  # logs: one a part (two for the curved one), noise last
    mean: float
    spread: float
    chol: Floats  # lower, of kernel + noise
    weights: Floats  # (kernel + noise)^-1 of the standardised target


class GaussianProcess(Regressor):
    """A sum of kernels per target: linear and curved in the descriptors, groups, task texts.

    Parameters
    ----------
    tuning_rows : int
        Rows that the kernel parameters are tuned on (whole families drawn at random, at most
        this many rows); the prediction uses all rows. 0 tunes on all.
    steps : int
        Steps of the quasi-Newton search, at most.

    Notes
    -----
    Parts, each with its own variance: Z Z' of the standardised descriptors; exp(-d^2 / 2 l^2) of
    their distance; equal major group; equal sub-major group (random effects); cosine of the mean
    TF-IDF of the tasks. Parts that a design lacks are left out; at a prediction they are zero.
    The parameters maximise the marginal likelihood with a weak prior (Rasmussen and Williams,
    2006, Gaussian Processes for Machine Learning, eq. 5.8 and 5.9).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(80, 1))
    >>> model = GaussianProcess().fit(x, x**2, groups=np.arange(80).astype(str), rng=rng)
    >>> bool(np.abs(model.predict(np.array([[1.0]])) - 1.0) < 0.1)
    True
    """

    name = "gaussian_process"
    settings_tried = 9  # sets of kernels
    separate_targets = True

    def __init__(self, tuning_rows: int = 400, steps: int = 25) -> None:
        if tuning_rows < 0 or steps < 1:
            raise ConfigError(f"model.tuning_rows={tuning_rows}, model.steps={steps}: too small.")
        self.tuning_rows, self.steps = tuning_rows, steps
        self._seen: Design | None = None
        self._scaling: _Scaling | None = None
        self._processes: tuple[_Process, ...] = ()

    def fit(
        self,
        x: Design | Floats,
        y: Floats,
        *,
        groups: Texts,
        rng: np.random.Generator,
        weights: Any = None,
    ) -> Self:
        """Tune and solve each target on the rows where it is observed."""
        design = as_design(x)
        values, y, weights = checked_arrays(design.values, y, groups, weights)
        scale = values.std(axis=0)
        scaling = _Scaling(values.mean(axis=0), np.where(scale > 1e-9, scale, 1.0))
        parts = _parts(scaling, design, design)
        self._seen, self._scaling = design, scaling
        self._processes = tuple(
            self._fit_target(parts, column, weights, groups, rng) for column in y.T
        )
        return self

    def predict(self, x: Design | Floats) -> Floats:
        """Return the posterior mean, shape (n_occ, n_target)."""
        parts = self._cross(x)
        return np.stack([_mean(process, parts) for process in self._processes], axis=1)

    def predict_target(self, x: Design | Floats, target: int) -> Floats:
        """Return the posterior mean of one target, shape (n_occ,)."""
        return _mean(self._processes[target], self._cross(x))

    def scoring(self, target: int) -> Scoring:
        """Return what a row of unknown group and without tasks takes: the first two kernels."""
        scaling, process = self._fitted, self._processes[target]
        assert self._seen is not None
        return Scoring(
            "gaussian_process",
            {
                "centre": scaling.centre,
                "scale": scaling.scale,
                "points": scaling.apply(self._seen.values)[process.rows],
                "weights": process.weights,
                "parameters": process.parameters[:3],
                "mean": np.array(process.mean),
                "spread": np.array(process.spread),
            },
        )

    def predict_draws(self, x: Design | Floats, *, n_draw: int, rng: np.random.Generator) -> Floats:
        """Return draws from the posterior of the mean, shape (n_draw, n_occ, n_target)."""
        design = as_design(x)
        parts, own = self._cross(design), _parts(self._fitted, design, design)
        draws = []
        for process in self._processes:
            cross = _kernel(process.parameters, [part[:, process.rows] for part in parts])
            half = solve_triangular(process.chol, cross.T, lower=True)
            covariance = _kernel(process.parameters, own) - half.T @ half
            covariance.flat[:: len(covariance) + 1] += JITTER
            root = np.linalg.cholesky(covariance)
            noise = rng.standard_normal((n_draw, len(covariance))) @ root.T
            centre = process.mean + process.spread * (cross @ process.weights)
            draws.append(centre + process.spread * noise)
        return np.stack(draws, axis=2)

    @property
    def parameters(self) -> Floats:
        """Log variances of the parts, (n_target, n_parameter); the noise is last."""
        return np.stack([process.parameters for process in self._processes])

    @property
    def _fitted(self) -> _Scaling:
        if self._scaling is None:
            raise ConfigError("the Gaussian process is not fitted yet.")
        return self._scaling

    def _cross(self, x: Design | Floats) -> list[Floats]:
        assert self._seen is not None or self._fitted  # an unfitted model is refused by name
        return _parts(self._fitted, as_design(x), self._seen)

    def _fit_target(
        self,
        parts: list[Floats],
        column: Floats,
        weights: Floats,
        groups: Texts,
        rng: np.random.Generator,
    ) -> _Process:
        rows = np.flatnonzero(np.isfinite(column))
        mean, spread = float(column[rows].mean()), float(column[rows].std())
        target = (column[rows] - mean) / (spread if spread > 0 else 1.0)
        tuned = _some_families(groups[rows], self.tuning_rows, rng)
        few = rows[tuned]
        parameters = _tune(
            [part[np.ix_(few, few)] for part in parts],
            target[tuned],
            1.0 / weights[few],
            steps=self.steps,
        )
        kernel = _kernel(parameters, [part[np.ix_(rows, rows)] for part in parts])
        kernel.flat[:: len(rows) + 1] += (np.exp(parameters[-1]) + JITTER) / weights[rows]
        chol = np.asarray(np.linalg.cholesky(kernel), dtype=float)
        return _Process(
            rows=rows,
            parameters=parameters,
            mean=mean,
            spread=spread if spread > 0 else 1.0,
            chol=chol,
            weights=cho_solve((chol, True), target),
        )


def _mean(process: _Process, parts: list[Floats]) -> Floats:
    kernel = _kernel(process.parameters, [part[:, process.rows] for part in parts])
    return np.asarray(process.mean + process.spread * (kernel @ process.weights))


def _parts(scaling: _Scaling, left: Design, right: Design | None) -> list[Floats]:
    """Return the fixed part of each kernel, every one (n_left, n_right), squared distance second.

    Which parts there are follows `right`, the rows that were trained on.
    """
    assert right is not None
    first, second = scaling.apply(left.values), scaling.apply(right.values)
    product = first @ second.T
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2.0 * product
    parts = [product / first.shape[1], np.maximum(squares, 0.0) / first.shape[1]]
    if right.parents is not None:
        for length in (1, None):
            known = np.array([parent[:length] for parent in right.parents])
            if left.parents is None:
                parts.append(np.zeros(product.shape))
            else:
                asked = np.array([parent[:length] for parent in left.parents])
                parts.append((asked[:, None] == known).astype(float))
    if right.tasks is not None:
        parts.append(_text_product(left, right))
    return parts


def _text_product(left: Design, right: Design) -> Floats:
    """Return cosines between the mean terms of occupations; zero where there are no tasks."""
    assert right.tasks is not None
    if left.tasks is None:
        return np.zeros((len(left), len(right)))
    sides = []
    for design in (left, right):
        assert design.tasks is not None
        mean = design.tasks.mean_terms(len(design))
        length = np.sqrt(mean.multiply(mean).sum(axis=1))
        sides.append(mean.multiply(1.0 / np.where(length > 0, length, 1.0)[:, None]).tocsr())
    return np.asarray((sides[0] @ sides[1].T).toarray())


def _kernel(parameters: Floats, parts: Sequence[Floats]) -> Floats:
    """Add up the parts; the second is curved and takes two parameters."""
    kernel = np.exp(parameters[0]) * parts[0]
    kernel += np.exp(parameters[1] - 0.5 * parts[1] / np.exp(parameters[2]))
    for parameter, part in zip(parameters[3:-1], parts[2:], strict=True):
        kernel += np.exp(parameter) * part
    return np.asarray(kernel)


def _some_families(groups: Texts, limit: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw whole families, as many as `limit` rows hold but at least one."""
    if not limit or len(groups) <= limit:
        return np.arange(len(groups))
    names, family_of, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = rng.permutation(len(names))
    taken = order[: max(1, int((np.cumsum(sizes[order]) <= limit).sum()))]
    return np.flatnonzero(np.isin(family_of, taken))


def _tune(parts: list[Floats], target: Floats, noise: Floats, *, steps: int) -> Floats:
    """Maximise the marginal likelihood over the log parameters."""
    start = np.full(len(parts) + 2, START)
    start[2] = 0.0  # typical distance between occupations: about 1 on the standardised scale

    def loss(parameters: Floats) -> tuple[float, Floats]:
        curved = np.exp(parameters[1] - 0.5 * parts[1] / np.exp(parameters[2]))
        kernel = curved.copy()
        slopes = [np.exp(parameters[0]) * parts[0]]
        slopes += [np.exp(p) * part for p, part in zip(parameters[3:-1], parts[2:], strict=True)]
        for slope in slopes:
            kernel += slope
        own = np.exp(parameters[-1]) * noise
        kernel.flat[:: len(target) + 1] += own + JITTER
        factor = cho_factor(kernel, lower=True)
        solved = cho_solve(factor, target)
        lower, _ = dpotri(factor[0], lower=1)  # a third of the work of solving for the identity
        inverse = np.tril(lower) + np.tril(lower, -1).T
        change = inverse - np.outer(solved, solved)
        bend = change * curved
        gradient = [0.5 * np.vdot(change, slope) for slope in slopes]
        gradient[1:1] = [
            0.5 * bend.sum(),
            0.25 * np.vdot(bend, parts[1]) / np.exp(parameters[2]),
        ]
        gradient.append(0.5 * float(change.diagonal() @ own))
        away = parameters - start
        value = 0.5 * target @ solved + np.log(factor[0].diagonal()).sum()
        return float(value + 0.5 * PRIOR * away @ away), np.array(gradient) + PRIOR * away

    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[BOUNDS] * len(start),
        options={"maxiter": steps, "ftol": FLAT},
    )
    return np.asarray(found.x)
