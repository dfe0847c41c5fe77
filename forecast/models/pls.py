"""Partial least squares: a few directions of the descriptors that covary with the scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from forecast.errors import ConfigError
from forecast.models.base import Regressor, Scoring, checked_arrays, member_draws
from forecast.models.design import Design, Floats, Texts, values_of

INNER_FOLDS = 5
BOOTSTRAPS = 20  # refits on redrawn families behind the spread of the draws


class PartialLeastSquares(Regressor):
    """scikit-learn's PLS regression, one per target; families left out choose its size.

    Parameters
    ----------
    components : sequence of int
        Numbers of directions to choose from.

    References
    ----------
    Wold, Sjostrom and Eriksson (2001), PLS-regression, Chemometrics 58(2).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(60, 3))
    >>> groups = np.repeat(np.arange(20), 3).astype(str)
    >>> model = PartialLeastSquares([1, 2]).fit(x, x[:, :1], groups=groups, rng=rng)
    >>> bool(np.abs(model.predict(x) - x[:, :1]).max() < 0.2)
    True
    """

    name = "pls"
    settings_tried = 1  # the number of directions is chosen inside each training set
    separate_targets = True

    def __init__(self, components: Sequence[int] = (2, 4, 6, 8, 12)) -> None:
        if not len(components) or min(components) < 1:
            raise ConfigError(f"model.components is {list(components)}; give numbers from 1 up.")
        self.components = tuple(sorted(int(number) for number in components))
        self._lines: list[tuple[Floats, float]] = []  # slopes and constant per target
        self._sizes: list[int] = []
        self._training: tuple[Floats, Floats, Texts] | None = None

    def fit(
        self,
        x: Design | Floats,
        y: Floats,
        *,
        groups: Texts,
        rng: np.random.Generator,
        weights: Any = None,
    ) -> Self:
        """Fit every target on the rows where it is observed; weights are not used."""
        values, y, _ = checked_arrays(x, y, groups, weights)
        self._lines, self._sizes = [], []
        for column in y.T:
            rows = np.flatnonzero(np.isfinite(column))
            size = _best_size(values[rows], column[rows], groups[rows], self.components)
            self._sizes.append(size)
            self._lines.append(_line(values[rows], column[rows], size))
        self._training = values, y, np.asarray(groups)
        return self

    def predict(self, x: Design | Floats) -> Floats:
        """Return the prediction, shape (n_occ, n_target)."""
        values = values_of(x)
        return np.stack([values @ slope + constant for slope, constant in self._lines], axis=1)

    def scoring(self, target: int) -> Scoring:
        """Return the line of one target as arrays."""
        slopes, constant = self._lines[target]
        return Scoring(
            "linear",
            {
                "centre": np.zeros(len(slopes)),
                "scale": np.ones(len(slopes)),
                "slopes": slopes,
                "constant": np.array(constant),
            },
        )

    def predict_draws(self, x: Design | Floats, *, n_draw: int, rng: np.random.Generator) -> Floats:
        """Return normal draws with the covariance of refits on redrawn families."""
        values = values_of(x)
        padded = np.column_stack([values, np.ones(len(values))])
        if self._training is None:
            raise ConfigError("the PLS model is not fitted yet.")
        seen, y, groups = self._training
        spreads = []
        for column, size in zip(y.T, self._sizes, strict=True):
            rows = np.flatnonzero(np.isfinite(column))
            spreads.append(_bootstrap(seen[rows], column[rows], groups[rows], size, rng))
        refits = np.einsum("ok,bkt->bot", padded, np.stack(spreads, axis=2))
        return member_draws(self.predict(values), refits, n_draw=n_draw, rng=rng)


def _best_size(x: Floats, y: Floats, groups: Texts, sizes: Sequence[int]) -> int:
    """Choose the number of directions with the smallest error on left-out families."""
    names, family_of = np.unique(groups, return_inverse=True)
    fold = np.arange(len(names)) % min(INNER_FOLDS, len(names))
    possible = [size for size in sizes if size <= min(x.shape[1], len(x) // 2)]
    if len(possible) < 2 or len(names) < 2:
        return possible[0] if possible else 1
    losses = np.zeros(len(possible))
    for number in np.unique(fold):
        out = fold[family_of] == number
        for place, size in enumerate(possible):
            slope, constant = _line(x[~out], y[~out], size)
            losses[place] += ((y[out] - x[out] @ slope - constant) ** 2).sum()
    return possible[int(losses.argmin())]


def _line(x: Floats, y: Floats, size: int) -> tuple[Floats, float]:
    # Importing scikit-learn takes a second; only training needs it.
    from sklearn.cross_decomposition import PLSRegression

    if not np.ptp(y) > 0:
        return np.zeros(x.shape[1]), float(y[0])
    scale = x.std(axis=0)
    kept = scale > 1e-9  # a constant descriptor says nothing and cannot be standardised
    fitted = PLSRegression(min(size, int(kept.sum())), scale=True).fit(x[:, kept], y)
    slope = np.zeros(x.shape[1])
    slope[kept] = np.ravel(fitted.coef_)
    return slope, float(np.ravel(fitted.intercept_)[0] - x[:, kept].mean(axis=0) @ slope[kept])


def _bootstrap(x: Floats, y: Floats, groups: Texts, size: int, rng: np.random.Generator) -> Floats:
    """Refit on families drawn with replacement; slopes with the constant last, a row a refit."""
    names, family_of = np.unique(groups, return_inverse=True)
    members: list[NDArray[np.int64]] = [np.flatnonzero(family_of == n) for n in range(len(names))]
    lines = []
    for _ in range(BOOTSTRAPS):
        rows = np.concatenate([members[n] for n in rng.integers(len(names), size=len(names))])
        slope, constant = (
            _line(x[rows], y[rows], size) if np.ptp(y[rows]) > 0 else _line(x, y, size)
        )
        lines.append(np.append(slope, constant))
    return np.stack(lines)
