"""A weighted mean of other models, with weights learnt on families that they had not seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from forecast.errors import ConfigError, InputError
from forecast.models.base import Regressor, Scoring, build_model, checked_arrays
from forecast.models.design import Design, Floats, Texts, as_design

INNER_FOLDS = 5
# Pull towards equal weights, in rows of data: some twenty occupations' worth of caution.
CAUTION = 20.0
SUM_TO_ONE = 1e4  # weight of that condition against rows of data: it holds to some eight digits


class Stack(Regressor):
    """Stacked regression: weights per target, not negative, summing to one.

    Parameters
    ----------
    members : mapping
        Name to model options. A member that needs tasks is left out where there are none.

    References
    ----------
    Breiman (1996), Stacked regressions, Machine Learning 24.
    """

    name = "stack"
    settings_tried = 1  # its own; the members have theirs

    def __init__(self, members: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        if not members or len(members) < 2:
            raise ConfigError("model.members: a stack takes at least two models.")
        self.members = {name: build_model(options) for name, options in sorted(members.items())}
        self._weights: dict[str, Floats] = {}  # by member, (n_target,)
        self._learnt = False

    @property
    def weights(self) -> dict[str, Floats]:
        """Weight of each member by target."""
        return dict(self._weights)

    def usable(self, x: Design | Floats) -> dict[str, Regressor]:
        """Return the members that this design can feed."""
        tasks = as_design(x).tasks is not None
        kept = {
            name: model for name, model in self.members.items() if tasks or not model.needs_tasks
        }
        if not kept:
            raise ConfigError("model.members: every member needs tasks, and there are none here.")
        return kept

    def learn(self, left_out: Mapping[str, Floats], y: Floats) -> Self:
        """Take the weights from predictions of unseen rows, each (n_occ, n_target)."""
        stacked = np.stack([left_out[name] for name in sorted(left_out)])
        self._weights = dict(zip(sorted(left_out), _weights(stacked, y), strict=True))
        self._learnt = True
        return self

    def fit(
        self,
        x: Design | Floats,
        y: Floats,
        *,
        groups: Texts,
        rng: np.random.Generator,
        weights: Any = None,
    ) -> Self:
        """Fit the members; learn the weights on inner folds unless :meth:`learn` has done so."""
        design = as_design(x)
        _, y, weights = checked_arrays(design.values, y, groups, weights)
        members = self.usable(design)
        if not self._learnt:
            names, family_of = np.unique(groups, return_inverse=True)
            folds = (rng.permutation(len(names)) % min(INNER_FOLDS, len(names)))[family_of]
            stacked = np.stack(
                [
                    member.cross_predict(
                        design, y, folds=folds[None], groups=groups, rng=rng, weights=weights
                    )[0]
                    for member in members.values()
                ]
            )
            self._weights = dict(zip(members, _weights(stacked, y), strict=True))
        for member in members.values():
            member.fit(design, y, groups=groups, rng=rng, weights=weights)
        return self

    def cross_predict(
        self,
        x: Design | Floats,
        y: Floats,
        *,
        folds: NDArray[np.int64],
        groups: Texts,
        rng: np.random.Generator,
        weights: Any = None,
    ) -> Floats:
        """Predict each fold with weights from the other folds' unseen rows; see :meth:`combine`."""
        left_out = {
            name: member.cross_predict(x, y, folds=folds, groups=groups, rng=rng, weights=weights)
            for name, member in self.usable(x).items()
        }
        return self.combine(left_out, y, folds=folds)

    def combine(
        self, left_out: Mapping[str, Floats], y: Floats, *, folds: NDArray[np.int64]
    ) -> Floats:
        """Weigh members' out-of-fold predictions, each fold with weights from the other folds.

        Parameters
        ----------
        left_out : mapping
            Member to out-of-fold predictions, (n_split, n_occ, n_target).
        y : ndarray of shape (n_occ, n_target)
        folds : ndarray of shape (n_split, n_occ)

        Notes
        -----
        The members behind the other folds' predictions have seen this fold; only the few weights
        can carry that over. A full second level of folds costs ten times as much; docs/decisions
        has the measured difference.
        """
        stacked = np.stack([left_out[name] for name in sorted(left_out)])
        predicted = np.full(stacked.shape[1:], np.nan)
        for split, numbers in enumerate(folds):
            for fold in np.unique(numbers):
                out = numbers == fold
                weights = _weights(stacked[:, split, ~out], y[~out])
                predicted[split, out] = np.einsum("mot,mt->ot", stacked[:, split, out], weights)
        return predicted

    def predict(self, x: Design | Floats) -> Floats:
        """Return the weighted mean, shape (n_occ, n_target)."""
        return np.asarray(
            sum(self.members[name].predict(x) * weight for name, weight in self._fitted.items())
        )

    def predict_target(self, x: Design | Floats, target: int) -> Floats:
        """Return the weighted mean of one target, shape (n_occ,); weightless members rest."""
        parts = [
            self.members[name].predict_target(x, target) * weight[target]
            for name, weight in self._fitted.items()
            if weight[target] > 0
        ]
        return np.asarray(np.sum(parts, axis=0))

    def scoring(self, target: int) -> Scoring:
        """Return the members that have a weight for the target, and their weights."""
        kept = {name: weight[target] for name, weight in self._fitted.items() if weight[target] > 0}
        return Scoring(
            "mean",
            {"weights": np.array(list(kept.values()))},
            tuple(self.members[name].scoring(target) for name in kept),
        )

    def predict_draws(self, x: Design | Floats, *, n_draw: int, rng: np.random.Generator) -> Floats:
        """Return draws of the mixture: each draw follows one member, chosen by its weight."""
        names = list(self._fitted)
        draws = np.stack(
            [self.members[name].predict_draws(x, n_draw=n_draw, rng=rng) for name in names]
        )
        ends = np.cumsum([self._fitted[name] for name in names], axis=0)  # (n_member, n_target)
        ticket = rng.uniform(size=(n_draw, ends.shape[1])) * ends[-1]
        chosen = (ticket[None] >= ends[:-1, None]).sum(axis=0)  # (n_draw, n_target)
        return np.take_along_axis(draws, chosen[None, :, None, :], axis=0)[0]

    @property
    def _fitted(self) -> dict[str, Floats]:
        if not self._weights:
            raise InputError("the stack is not fitted yet.")
        return self._weights


def _weights(stacked: Floats, y: Floats) -> Floats:
    """Return weights (n_member, n_target) that fit `y` best, drawn towards equal ones."""
    n_member = len(stacked)
    weights = np.full((n_member, y.shape[1]), 1.0 / n_member)
    for target, column in enumerate(y.T):
        seen = np.isfinite(column) & np.isfinite(stacked[:, :, target]).all(axis=0)
        spread = column[seen].std()
        if seen.sum() < 2 * n_member or not spread > 0:
            continue
        centre = column[seen].mean()
        design = (stacked[:, seen, target].T - centre) / spread
        pull = np.sqrt(CAUTION) * np.eye(n_member)
        found, _ = nnls(
            np.vstack([design, pull, np.full((1, n_member), SUM_TO_ONE)]),
            np.concatenate(
                [(column[seen] - centre) / spread, pull @ weights[:, target], [SUM_TO_ONE]]
            ),
        )
        weights[:, target] = found / found.sum()
    return weights
