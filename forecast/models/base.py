"""The contract of a regressor of occupation scores on descriptors, and how one is named.

A regressor takes several targets at once (columns of `y`, missing values allowed), knows which
rows are siblings (`groups`) and gives its prediction as draws as well as a mean.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from forecast.errors import ConfigError, InputError
from forecast.models.design import Design, Floats, Texts, as_design

DEFAULT_MODEL: Mapping[str, Any] = {"_target_": "forecast.models.ensemble.BestOf"}


@dataclass(frozen=True)
class Scoring:
    """What the mean prediction of one target takes, as plain arrays.

    Parameters
    ----------
    kind : str
        A key of ``KINDS`` in :mod:`forecast.models.scoring`, which says what the arrays are.
    arrays : mapping of ndarray
    members : tuple of Scoring
        Of a mean of models.
    """

    kind: str
    arrays: Mapping[str, NDArray[Any]]
    members: tuple[Scoring, ...] = ()


class Regressor(ABC):
    """A model of one or more scores given descriptors; standardisation happens inside `fit`."""

    name: str = "regressor"
    needs_tasks: bool = False  # such a model is left out where no task is labelled
    # Settings looked at on the grouped folds while the model was developed: what its score owes.
    settings_tried: int = 1
    # Whether each column of `y` is fitted as if it were alone: then one may be fitted alone.
    separate_targets: bool = False

    @abstractmethod
    def fit(
        self,
        x: Design | Floats,
        y: Floats,
        *,
        groups: Texts,
        rng: np.random.Generator,
        weights: Any = None,
    ) -> Self:
        """Fit in place and return itself.

        Parameters
        ----------
        x : Design, or ndarray of shape (n_occ, n_descriptor)
            Complete, in any unit.
        y : ndarray of shape (n_occ, n_target)
            Scores; a missing one is left out for its target only.
        groups : ndarray of shape (n_occ,)
            Family of each row: siblings never stand on both sides of an inner split.
        rng : Generator
        weights : ndarray of shape (n_occ,), optional
            Reliability of the rows, positive.
        """

    @abstractmethod
    def predict(self, x: Design | Floats) -> Floats:
        """Return the mean prediction, shape (n_occ, n_target), in the unit of `y`."""

    def has_settings_of(self, other: Regressor) -> bool:
        """Whether `other` is the same model with the same settings, whatever both were fitted on.

        Examples
        --------
        >>> ridge = {"_target_": "forecast.models.linear.Ridge"}
        >>> build_model(ridge).has_settings_of(build_model({**ridge, "alphas": [1.0]}))
        False
        """
        mine, theirs = (
            {key: value for key, value in vars(model).items() if not key.startswith("_")}
            for model in (self, other)
        )
        return type(self) is type(other) and repr(mine) == repr(theirs)

    def predict_target(self, x: Design | Floats, target: int) -> Floats:
        """Return the mean prediction of one target, shape (n_occ,), without the others' cost."""
        return self.predict(x)[:, target]

    def scoring(self, target: int) -> Scoring:
        """Return the fitted model of one target as arrays, to predict from descriptors alone.

        Raises
        ------
        ConfigError
            If the model needs more than descriptors, or is of a class without this method.
        """
        reason = "it needs the words of tasks" if self.needs_tasks else "its class has no scoring()"
        raise ConfigError(
            f"model {self.name} cannot score descriptors by itself: {reason}. "
            "Choose another model to save, such as model=auto."
        )

    @abstractmethod
    def predict_draws(self, x: Design | Floats, *, n_draw: int, rng: np.random.Generator) -> Floats:
        """Return draws of the mean, shape (n_draw, n_occ, n_target): model uncertainty only."""

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
        """Predict every row by models that have not seen its fold.

        Parameters
        ----------
        folds : ndarray of shape (n_split, n_occ)
            Fold number of each row, one row of the array for each way to split.

        Returns
        -------
        ndarray of shape (n_split, n_occ, n_target)
        """
        x = as_design(x)
        predicted = np.full((*folds.shape, y.shape[1]), np.nan)
        for split, numbers in enumerate(folds):
            for fold in np.unique(numbers):
                left_out = numbers == fold
                kept = ~left_out
                fitted = copy.deepcopy(self).fit(
                    x[kept],
                    y[kept],
                    groups=groups[kept],
                    rng=rng,
                    weights=None if weights is None else weights[kept],
                )
                predicted[split, left_out] = fitted.predict(x[left_out])
        return predicted


def build_model(options: Mapping[str, Any]) -> Regressor:
    """Build the regressor that `options` names by ``_target_``; other keys are its arguments.

    Raises
    ------
    ConfigError
        If the class does not exist, is no regressor, or does not know or take an argument.

    Examples
    --------
    >>> build_model({"_target_": "forecast.models.linear.Ridge"}).name
    'ridge'
    >>> build_model({"_target_": "forecast.models.linear.Ridge", "alpha": 1.0})
    Traceback (most recent call last):
    ...
    forecast.errors.ConfigError: model.alpha is unknown to forecast.models.linear.Ridge; it takes...
    """
    chosen = dict(options) or dict(DEFAULT_MODEL)
    target = chosen.pop("_target_", None)
    module_name, _, class_name = str(target).rpartition(".")
    try:
        factory = getattr(import_module(module_name), class_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"model._target_ is {target!r}, which is no importable class. "
            "Choose model=auto, model=ridge or model=network, or name a Regressor by its path."
        ) from error
    known = list(signature(factory).parameters)
    for key in chosen:
        if key not in known:
            raise ConfigError(f"model.{key} is unknown to {target}; it takes {known}.")
    try:
        model = factory(**chosen)
    except (TypeError, ValueError) as error:  # a word or a number where the other is expected
        given = ", ".join(f"model.{key}={value!r}" for key, value in chosen.items())
        raise ConfigError(f"{given}: {target} cannot take this ({error}).") from error
    if not isinstance(model, Regressor):
        raise ConfigError(f"model._target_ {target} is no Regressor of forecast.models.base.")
    return model


def member_draws(
    centre: Floats, members: Floats, *, n_draw: int, rng: np.random.Generator
) -> Floats:
    """Draw normally around a prediction, with the covariance of several fits of one model.

    Parameters
    ----------
    centre : ndarray of shape (n_occ, n_target)
    members : ndarray of shape (n_member, n_occ, n_target)
        At least two; only their differences count.

    Returns
    -------
    ndarray of shape (n_draw, n_occ, n_target)
    """
    away = (members - members.mean(axis=0)) / np.sqrt(len(members) - 1)
    noise = rng.standard_normal((n_draw, len(members)))
    return np.asarray(centre + np.tensordot(noise, away, axes=1))


def checked_arrays(x: Any, y: Any, groups: Any, weights: Any) -> tuple[Floats, Floats, Floats]:
    """Return `x`, two-dimensional `y` and weights of mean 1, after a check of shapes and gaps."""
    x, y = as_design(x).values, np.asarray(y, dtype=float)
    y = y[:, None] if y.ndim == 1 else y
    weights = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    if not len(x) == len(y) == len(groups) == len(weights):
        raise InputError(
            f"rows differ: {len(x)} of x, {len(y)} of y, {len(groups)} groups, "
            f"{len(weights)} weights."
        )
    if (np.isfinite(y).sum(axis=0) < 2).any():
        raise InputError("a target has fewer than two observed rows; leave it out.")
    if not (weights > 0).all():
        raise InputError("weights must be positive.")
    return x, y, weights / weights.mean()
