"""Gradient-boosted trees on the descriptors, averaged over redrawn families."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from threadpoolctl import threadpool_limits

from forecast.errors import ConfigError
from forecast.models.base import Regressor, Scoring, checked_arrays, member_draws
from forecast.models.design import Design, Floats, Texts, values_of

FAMILY_SHARE = 0.8


class Boosting(Regressor):
    """scikit-learn's histogram gradient boosting, one ensemble per target.

    Parameters
    ----------
    members : int
        Ensembles per target, each grown on its own random share of the families: their mean
        predicts, their disagreement is the uncertainty of the model.
    trees, leaves, smallest_leaf : int
        Trees in an ensemble, leaves in a tree, rows in a leaf.
    learning_rate, column_share : float
        Step of a tree, and share of the descriptors that a split may look at.

    Notes
    -----
    Weights of rows are not used: scikit-learn's binning of weighted rows takes longer than all
    the trees together.

    References
    ----------
    Friedman (2001), Greedy function approximation, Annals of Statistics 29(5).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(200, 2))
    >>> y = (x[:, :1] > 0).astype(float)
    >>> model = Boosting().fit(x, y, groups=np.arange(200).astype(str), rng=rng)
    >>> bool(np.abs(model.predict(np.array([[1.5, 0.0]])) - 1.0) < 0.1)
    True
    """

    name = "boosting"
    settings_tried = 3  # sizes of trees
    separate_targets = True

    def __init__(
        self,
        members: int = 2,
        trees: int = 150,
        leaves: int = 8,
        smallest_leaf: int = 10,
        learning_rate: float = 0.06,
        column_share: float = 0.3,
    ) -> None:
        if members < 2:
            raise ConfigError(f"model.members is {members}; the spread takes at least 2.")
        for key, size, least in (
            ("trees", trees, 1),
            ("leaves", leaves, 2),
            ("smallest_leaf", smallest_leaf, 1),
        ):
            if size < least or size != int(size):
                raise ConfigError(f"model.{key} is {size}; give a whole number from {least} up.")
        if not learning_rate > 0 or not 0 < column_share <= 1:
            raise ConfigError(
                f"model.learning_rate={learning_rate}, model.column_share={column_share}; give a "
                "rate above 0 and a share above 0, at most 1."
            )
        self.members, self.trees, self.leaves = members, trees, leaves
        self.smallest_leaf, self.learning_rate = smallest_leaf, learning_rate
        self.column_share = column_share
        self._fitted: list[list[Any]] = []  # by target, then by member

    def fit(
        self,
        x: Design | Floats,
        y: Floats,
        *,
        groups: Texts,
        rng: np.random.Generator,
        weights: Any = None,
    ) -> Self:
        """Grow the trees of every target on the rows where it is observed."""
        # Importing scikit-learn takes a second; only training needs it.
        from sklearn.ensemble import HistGradientBoostingRegressor

        values, y, _ = checked_arrays(x, y, groups, weights)
        names, family_of = np.unique(groups, return_inverse=True)
        self._fitted = []
        for column in y.T:
            seen = np.isfinite(column)
            ensembles = []
            for _ in range(self.members):
                drawn = rng.permutation(len(names)) < FAMILY_SHARE * len(names)
                rows = seen & (drawn[family_of] if seen[drawn[family_of]].sum() > 1 else True)
                trees = HistGradientBoostingRegressor(
                    max_iter=self.trees,
                    max_leaf_nodes=self.leaves,
                    min_samples_leaf=self.smallest_leaf,
                    learning_rate=self.learning_rate,
                    max_features=self.column_share,
                    l2_regularization=1.0,
                    early_stopping=False,
                    random_state=int(rng.integers(2**31)),
                )
                # Threads would wait for each other on trees this small.
                with threadpool_limits(limits=1, user_api="openmp"):
                    trees.fit(values[rows], column[rows])
                ensembles.append(trees)
            self._fitted.append(ensembles)
        return self

    def predict(self, x: Design | Floats) -> Floats:
        """Return the mean over members, shape (n_occ, n_target)."""
        return self._members(x).mean(axis=0)

    def predict_target(self, x: Design | Floats, target: int) -> Floats:
        """Return the mean over members of one target, shape (n_occ,)."""
        values = values_of(x)
        return np.asarray(
            np.mean([trees.predict(values) for trees in self._fitted[target]], axis=0)
        )

    def scoring(self, target: int) -> Scoring:
        """Return the trees of one target as one list of nodes; a leaf's children are itself."""
        members = self._fitted[target]
        trees = [step[0].nodes for trees in members for step in trees._predictors]
        starts = np.cumsum([0, *(len(nodes) for nodes in trees)])
        nodes = np.concatenate(trees)
        first = np.repeat(starts[:-1], np.diff(starts))
        leaf, own = nodes["is_leaf"].astype(bool), np.arange(len(nodes))
        return Scoring(
            "trees",
            {
                "feature": np.where(leaf, 0, nodes["feature_idx"]),
                "threshold": np.where(leaf, np.inf, nodes["num_threshold"]),
                "left": np.where(leaf, own, first + nodes["left"]),
                "right": np.where(leaf, own, first + nodes["right"]),
                "value": np.array(nodes["value"]),
                "roots": starts[:-1].reshape(len(members), -1),
                "baseline": np.array([trees._baseline_prediction.item() for trees in members]),
            },
        )

    def predict_draws(self, x: Design | Floats, *, n_draw: int, rng: np.random.Generator) -> Floats:
        """Return normal draws with the mean and covariance of the members."""
        members = self._members(x)
        return member_draws(members.mean(axis=0), members, n_draw=n_draw, rng=rng)

    def _members(self, x: Design | Floats) -> Floats:
        values = values_of(x)
        by_target = [[trees.predict(values) for trees in row] for row in self._fitted]
        return np.asarray(by_target).transpose(1, 2, 0)
