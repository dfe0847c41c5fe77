"""An ensemble of networks, and the choice between candidates by score outside their families."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from forecast.errors import ConfigError, InputError
from forecast.models.base import Regressor, Scoring, build_model, checked_arrays, member_draws
from forecast.models.design import Design, Floats, Texts, values_of

CANDIDATES: Mapping[str, Mapping[str, Any]] = {
    "ridge": {"_target_": "forecast.models.linear.Ridge"},
    "network": {"_target_": "forecast.models.ensemble.NetworkEnsemble"},
}


class NetworkEnsemble(Regressor):
    """Small networks with one hidden layer, all targets at once, trained by Lightning.

    Parameters
    ----------
    members : int
        Networks per training set. Each sees its families under its own random weights (a
        Bayesian bootstrap), so that their disagreement says how far the sample decides.
    hidden : int
        Units in the hidden layer.
    steps : int
        Full-batch steps.
    learning_rate : float
    decay_inner, decay_skip : float
        Quadratic penalties on the hidden layer and the linear shortcut.

    Notes
    -----
    Prediction needs NumPy only: the weights are kept as arrays.
    """

    name = "network"
    settings_tried = 17  # sizes, steps, penalties

    def __init__(
        self,
        members: int = 4,
        hidden: int = 16,
        steps: int = 200,
        learning_rate: float = 0.01,
        decay_inner: float = 0.05,
        decay_skip: float = 0.3,
    ) -> None:
        for key, value in (("members", members), ("hidden", hidden), ("steps", steps)):
            if value < 1 + (key == "members"):
                raise ConfigError(f"model.{key} is {value}; it is too small for an ensemble.")
        if not learning_rate > 0:
            raise ConfigError(f"model.learning_rate is {learning_rate}; give a number above 0.")
        self.members, self.hidden, self.steps = members, hidden, steps
        self.learning_rate = learning_rate
        self.decay_inner, self.decay_skip = decay_inner, decay_skip
        self._weights: dict[str, Floats] = {}
        self._scaling: dict[str, Floats] = {}

    def fit(
        self,
        x: Design | Floats,
        y: Floats,
        *,
        groups: Texts,
        rng: np.random.Generator,
        weights: Any = None,
    ) -> Self:
        """Train on all rows."""
        x, y, weights = checked_arrays(x, y, groups, weights)
        seen = np.ones((1, len(x)), dtype=bool)
        trained, scaling = self._train(x, y, seen, groups=groups, weights=weights, rng=rng)
        self._weights = {name: value[0] for name, value in trained.items()}
        self._scaling = {name: value[0] for name, value in scaling.items()}
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
        """Train the networks of all folds and all splits together; see :class:`Regressor`."""
        x, y, weights = checked_arrays(x, y, groups, weights)
        places = [(split, fold) for split, row in enumerate(folds) for fold in np.unique(row)]
        seen = np.stack([folds[split] != fold for split, fold in places])
        trained, scaling = self._train(x, y, seen, groups=groups, weights=weights, rng=rng)
        predicted = np.full((*folds.shape, y.shape[1]), np.nan)
        for number, (split, _) in enumerate(places):
            left_out = ~seen[number]
            forecast = _forward(
                x[left_out],
                {name: value[number] for name, value in trained.items()},
                {name: value[number] for name, value in scaling.items()},
            )
            predicted[split, left_out] = forecast.mean(axis=0)
        return predicted

    def predict(self, x: Design | Floats) -> Floats:
        """Return the mean over members, shape (n_occ, n_target)."""
        return _forward(values_of(x), self._weights, self._scaling).mean(axis=0)

    def scoring(self, target: int) -> Scoring:
        """Return the networks with the output of one target only."""
        only = slice(target, target + 1)
        outputs = {name: self._weights[name][..., only] for name in ("outer", "outer_bias", "skip")}
        scales = {name: self._scaling[name][only] for name in ("mean", "spread")}
        return Scoring("network", {**self._weights, **self._scaling, **outputs, **scales})

    def predict_draws(self, x: Design | Floats, *, n_draw: int, rng: np.random.Generator) -> Floats:
        """Return normal draws with the mean and covariance of the members."""
        forecast = _forward(values_of(x), self._weights, self._scaling)
        return member_draws(forecast.mean(axis=0), forecast, n_draw=n_draw, rng=rng)

    def _train(
        self,
        x: Floats,
        y: Floats,
        seen: NDArray[np.bool_],
        *,
        groups: Texts,
        weights: Floats,
        rng: np.random.Generator,
    ) -> tuple[dict[str, Floats], dict[str, Floats]]:
        # Torch takes seconds to import and only training needs it.
        from forecast.models.lightning import TrainingPlan, train_stack

        n_split = len(seen)
        share = seen * weights
        share = share / share.sum(axis=1, keepdims=True)
        centre = share @ x
        scale = np.sqrt(np.maximum(share @ x**2 - centre**2, 0.0))
        scale = np.where(scale > 1e-9, scale, 1.0)
        observed = np.isfinite(y)
        filled = np.where(observed, y, 0.0)
        sizes = share @ observed
        mean = share @ filled / sizes
        spread = np.sqrt(np.maximum(share @ filled**2 / sizes - mean**2, 1e-12))
        family_of = np.unique(groups, return_inverse=True)[1]
        lottery = rng.exponential(size=(n_split, self.members, family_of.max() + 1))
        weight = (lottery[:, :, family_of] * share[:, None])[..., None] * observed
        weight = weight / weight.sum(axis=2, keepdims=True)
        trained = train_stack(
            (x - centre[:, None]) / scale[:, None],
            (filled - mean[:, None]) / spread[:, None],
            weight,
            plan=TrainingPlan(
                n_hidden=self.hidden,
                n_step=self.steps,
                learning_rate=self.learning_rate,
                decay_inner=self.decay_inner,
                decay_skip=self.decay_skip,
            ),
            seed=int(rng.integers(2**31)),
        )
        scaling = {"centre": centre, "scale": scale, "mean": mean, "spread": spread}
        return trained, scaling


class BestOf(Regressor):
    """The candidate with the best out-of-fold R2 when whole families are left out.

    The caller scores the candidates (it reports them all anyway) and says which one won with
    :meth:`choose`; before that there is nothing to fit.

    Parameters
    ----------
    candidates : mapping, optional
        Name to model options; a ridge and a network ensemble by default.
    """

    name = "auto"

    def __init__(self, candidates: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        chosen = CANDIDATES if candidates is None else candidates
        if not chosen:
            raise ConfigError("model.candidates is empty; name at least one model.")
        self.candidates = {name: build_model(options) for name, options in sorted(chosen.items())}
        self._best: Regressor | None = None

    def choose(self, scores: Mapping[str, float]) -> Self:
        """Take the candidate with the highest score; the simpler name first on a tie.

        A candidate without a score could not be tried (it lacks its tasks) and is passed over.
        """
        unknown = sorted(set(scores) - set(self.candidates))
        if unknown or not scores:
            raise InputError(
                f"scores of {unknown or 'no candidate'}: expected {list(self.candidates)}."
            )
        self._best = self.candidates[max(sorted(scores), key=lambda name: scores[name])]
        self.name = self._best.name
        return self

    @property
    def best(self) -> Regressor:
        """The chosen candidate."""
        if self._best is None:
            raise InputError("no candidate is chosen yet; score them and call choose().")
        return self._best

    def fit(
        self,
        x: Design | Floats,
        y: Floats,
        *,
        groups: Texts,
        rng: np.random.Generator,
        weights: Any = None,
    ) -> Self:
        """Fit the chosen candidate."""
        self.best.fit(x, y, groups=groups, rng=rng, weights=weights)
        return self

    def predict(self, x: Design | Floats) -> Floats:
        """Predict by the chosen candidate."""
        return self.best.predict(x)

    def predict_target(self, x: Design | Floats, target: int) -> Floats:
        """Predict one target by the chosen candidate."""
        return self.best.predict_target(x, target)

    def scoring(self, target: int) -> Scoring:
        """Return the arrays of the chosen candidate."""
        return self.best.scoring(target)

    def predict_draws(self, x: Design | Floats, *, n_draw: int, rng: np.random.Generator) -> Floats:
        """Draw from the chosen candidate."""
        return self.best.predict_draws(x, n_draw=n_draw, rng=rng)


def _forward(x: Floats, weights: Mapping[str, Floats], scaling: Mapping[str, Floats]) -> Floats:
    """Run the members of one training set: (n_member, n_occ, n_target), in the unit of `y`."""
    x = (x - scaling["centre"]) / scaling["scale"]
    hidden = np.tanh(x @ weights["inner"] + weights["inner_bias"])
    output = hidden @ weights["outer"] + x @ weights["skip"] + weights["outer_bias"]
    return np.asarray(output * scaling["spread"] + scaling["mean"])
