"""Ridge regression whose penalty is chosen by leaving out whole families, in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from forecast.errors import ConfigError
from forecast.models.base import Regressor, Scoring, checked_arrays
from forecast.models.design import Design, Floats, Texts, values_of

# Penalty per row of standardised descriptors, from nearly none to nearly the mean alone.
ALPHAS = tuple(float(value) for value in 10.0 ** np.arange(-2.5, 2.01, 0.5))


@dataclass(frozen=True)
class _Line:
    """One fitted target: everything that a prediction and its draws need."""

    alpha: float
    centre: Floats  # (n_descriptor,)
    scale: Floats  # (n_descriptor,)
    mean: float
    coefficients: Floats  # (n_descriptor,)
    root: Floats  # (n_descriptor, n_descriptor): coefficients = mean + root @ N(0, 1)
    mean_error: float


class Ridge(Regressor):
    """Linear regression with a quadratic penalty on standardised descriptors.

    Parameters
    ----------
    alphas : sequence of float
        Penalties to choose from, each multiplied by the number of rows. The choice minimises the
        squared error of leaving out one family at a time. That error comes from one
        decomposition: with hat matrix H and residual e, a family g left out has residual
        (I - H_gg)^-1 e_g.

    Notes
    -----
    Draws follow the posterior of the coefficients under the prior that the penalty stands for.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(60, 3))
    >>> model = Ridge().fit(x, x[:, :1], groups=np.repeat(np.arange(20), 3).astype(str), rng=rng)
    >>> bool(np.abs(model.predict(x) - x[:, :1]).max() < 0.05)
    True
    """

    name = "ridge"
    settings_tried = 1  # the penalty is chosen inside each training set
    separate_targets = True

    def __init__(self, alphas: Sequence[float] = ALPHAS) -> None:
        if not len(alphas) or min(alphas) <= 0:
            raise ConfigError(f"model.alphas is {list(alphas)}; give at least one, all positive.")
        self.alphas = tuple(float(alpha) for alpha in alphas)
        self._lines: tuple[_Line, ...] = ()

    def fit(
        self,
        x: Design | Floats,
        y: Floats,
        *,
        groups: Texts,
        rng: np.random.Generator,
        weights: Any = None,
    ) -> Self:
        """Fit every target; targets observed on the same rows share one decomposition."""
        x, y, weights = checked_arrays(x, y, groups, weights)
        observed = np.isfinite(y)
        patterns, pattern_of = np.unique(observed.T, axis=0, return_inverse=True)
        lines: dict[int, _Line] = {}
        for number, rows in enumerate(patterns):
            targets = np.flatnonzero(pattern_of == number)
            fitted = _fit_pattern(
                x[rows], y[np.ix_(rows, targets)], groups[rows], weights[rows], self.alphas
            )
            lines.update(zip(targets.tolist(), fitted, strict=True))
        self._lines = tuple(lines[target] for target in range(y.shape[1]))
        return self

    def predict(self, x: Design | Floats) -> Floats:
        """Return the mean prediction, shape (n_occ, n_target)."""
        x = values_of(x)
        columns = [
            line.mean + (x - line.centre) / line.scale @ line.coefficients for line in self._lines
        ]
        return np.stack(columns, axis=1)

    def scoring(self, target: int) -> Scoring:
        """Return the line of one target as arrays."""
        line = self._lines[target]
        return Scoring(
            "linear",
            {
                "centre": line.centre,
                "scale": line.scale,
                "slopes": line.coefficients,
                "constant": np.array(line.mean),
            },
        )

    def predict_draws(self, x: Design | Floats, *, n_draw: int, rng: np.random.Generator) -> Floats:
        """Return draws from the posterior of the mean, shape (n_draw, n_occ, n_target)."""
        x = values_of(x)
        draws = []
        for line in self._lines:
            noise = rng.standard_normal((line.root.shape[1], n_draw))
            coefficients = line.coefficients[:, None] + line.root @ noise
            means = line.mean + line.mean_error * rng.standard_normal(n_draw)
            draws.append((means + (x - line.centre) / line.scale @ coefficients).T)
        return np.stack(draws, axis=2)

    @property
    def chosen_alphas(self) -> tuple[float, ...]:
        """Penalty chosen for each target (per row)."""
        return tuple(line.alpha for line in self._lines)


def _fit_pattern(
    x: Floats, y: Floats, groups: Texts, weights: Floats, alphas: Sequence[float]
) -> list[_Line]:
    """Fit the targets that are observed on the same rows."""
    n_row = len(x)
    share = weights / weights.sum()
    centre = share @ x
    scale = np.sqrt(share @ (x - centre) ** 2)
    scale = np.where(scale > 1e-9, scale, 1.0)  # a constant descriptor says nothing
    means = share @ y
    root_weight = np.sqrt(weights * n_row / weights.sum())[:, None]
    design = (x - centre) / scale * root_weight
    response = (y - means) * root_weight
    values, vectors = np.linalg.eigh(design.T @ design)
    values = values.clip(0.0)
    scores = design @ vectors  # principal components of the rows
    projected = scores.T @ response
    blocks = _families_by_size(groups)
    constant = root_weight / np.sqrt(n_row)
    losses = np.empty((len(alphas), y.shape[1]))
    for place, alpha in enumerate(alphas):
        shrunk = scores / (values + alpha * n_row)
        residual = response - shrunk @ projected
        losses[place] = _left_out_loss(residual, scores, shrunk, constant, blocks)
    best = losses.argmin(axis=0)
    lines = []
    for target, place in enumerate(best):
        inner = values + alphas[place] * n_row
        coefficients = vectors @ (projected[:, target] / inner)
        residual = response[:, target] - design @ coefficients
        freedom = max(n_row - 1 - float((values / inner).sum()), 1.0)
        sigma = float(np.sqrt((residual**2).sum() / freedom))
        lines.append(
            _Line(
                alpha=float(alphas[place]),
                centre=centre,
                scale=scale,
                mean=float(means[target]),
                coefficients=coefficients,
                root=sigma * vectors / np.sqrt(inner),
                mean_error=sigma / np.sqrt(n_row),
            )
        )
    return lines


def _families_by_size(groups: Texts) -> list[NDArray[np.int64]]:
    """List the rows of families, one array (n_family, size) for each size: few large solves."""
    _, family_of, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    rows = np.argsort(family_of, kind="stable")
    parts = np.split(rows, np.cumsum(sizes)[:-1])
    return [np.stack([part for part in parts if len(part) == size]) for size in np.unique(sizes)]


def _left_out_loss(
    residual: Floats,
    scores: Floats,
    shrunk: Floats,
    constant: Floats,
    blocks: list[NDArray[np.int64]],
) -> Floats:
    """Sum of squared errors, by target, when one family at a time is left out."""
    loss = np.zeros(residual.shape[1])
    for rows in blocks:
        hat = scores[rows] @ shrunk[rows].transpose(0, 2, 1)
        hat += constant[rows] @ constant[rows].transpose(0, 2, 1)
        gap = np.eye(rows.shape[1]) - hat
        loss += (np.linalg.solve(gap, residual[rows]) ** 2).sum(axis=(0, 1))
    return loss
