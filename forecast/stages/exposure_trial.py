"""Objective ``exposure`` of a sweep: how well a model forecasts families that it has not seen.

A trial fits on development families only and is scored on their folds; the locked families
(:mod:`forecast.stages.trial_cases`) are for the winner. A model that fits each target by itself
is fitted on the judged target alone, which is what its trial is defined as: where it draws by
chance, its score differs a little from that of a run, which fits all targets one after the other.
"""

from __future__ import annotations

import copy
import time

import numpy as np
from threadpoolctl import threadpool_limits

from forecast.errors import ConfigError
from forecast.features.panel import ANCESTORS, RELATIVES
from forecast.models.base import Regressor, build_model
from forecast.models.design import Design, Floats
from forecast.models.ensemble import BestOf
from forecast.models.stack import Stack
from forecast.options import Options
from forecast.stages.candidates import (
    CONSENSUS,
    TrainingSet,
    select_without_each_fold,
    usable_candidates,
)
from forecast.stages.estimation import UNRELATED
from forecast.stages.presets import require_preset
from forecast.stages.trial_cases import ScoredRows, Tables, prepared
from forecast.types_sweep import TrialScore
from forecast.validation.locked import check_share
from forecast.validation.locked import locked_families as locked_families
from forecast.validation.scores import r2


def check_trial(options: Options, tables: Tables | None = None) -> None:
    """Refuse what no trial could run with, before any does.

    Parameters
    ----------
    options : Options
    tables : mapping, optional
        Reference tables: with them names of domains and indices, and the number of folds are
        checked too.

    Raises
    ------
    ConfigError

    Examples
    --------
    >>> from forecast.options import SweepOptions
    >>> check_trial(Options(sweep=SweepOptions(locked_share=0.9)))
    Traceback (most recent call last):
    ...
    forecast.errors.ConfigError: sweep.locked_share=0.9: lock more than 0 and at most 0.5 of the...
    """
    check_share(options.sweep.locked_share)
    require_preset(options.at_risk.preset)
    if options.exposure.folds < 2:
        raise ConfigError(f"exposure.folds is {options.exposure.folds}; cut at least 2.")
    target = options.sweep.target
    known = [*sorted(set(ANCESTORS) - set(RELATIVES)), CONSENSUS, UNRELATED]
    if target not in known:
        reason = RELATIVES.get(target, "nothing that is known")
        raise ConfigError(
            f"sweep.target={target!r} ({reason}) cannot be forecast from descriptors; "
            f"choose one of {known}."
        )
    # ISCO-08 has no labelled tasks: a model that needs them is refused here and not in a trial.
    _require_usable(build_model(options.model), Design(np.zeros((1, 1))))
    if tables is not None:
        prepared(options, tables)


def score_trial(options: Options, tables: Tables, *, rng: np.random.Generator) -> TrialScore:
    """Score a model on development families, each forecast by a fit that has not seen its fold.

    Parameters
    ----------
    options : Options
        `features`, `exposure`, `model` and `sweep` are read.
    tables : mapping
        Reference tables.
    rng : Generator

    Returns
    -------
    TrialScore
        A choice between candidates is scored by choosing anew without each fold, a stack by
        weights that have not seen the fold.
    """
    model = build_model(options.model)
    # Another number of threads adds in another order: losses would differ between machines. The
    # BLAS of scipy is loaded with the models, so that the limit holds for it as well.
    with threadpool_limits(limits=1, user_api="blas"):
        rows = prepared(options, tables).development
        started = time.perf_counter()
        left_out = _LeftOut(rows, rng).of_candidates(model)
        if isinstance(model, BestOf):
            chosen = select_without_each_fold(
                {name: column[None, :, None] for name, column in left_out.items()},
                rows.judged,
                rows.folds,
                0,
            )[0, :, 0]
        else:
            (chosen,) = left_out.values()
        seconds = time.perf_counter() - started
    return rows.scored(chosen, seconds=seconds)


def score_locked(options: Options, tables: Tables, *, rng: np.random.Generator) -> TrialScore:
    """Fit on all development families and score the locked ones: for a winner, once.

    Parameters as in :func:`score_trial`. Of several candidates the one with the best R2 on
    development folds is fitted.
    """
    model = build_model(options.model)
    with threadpool_limits(limits=1, user_api="blas"):
        cases = prepared(options, tables)
        started = time.perf_counter()
        left_out = _LeftOut(cases.development, rng)
        predicted = _predict_locked(
            _decided(model, left_out), left_out, cases.locked.data.x, rng=rng
        )
        seconds = time.perf_counter() - started
    return cases.locked.scored(predicted, seconds=seconds)


class _LeftOut:
    """Out-of-fold predictions of the judged target; equal settings are fitted once."""

    def __init__(self, rows: ScoredRows, rng: np.random.Generator) -> None:
        self.rows, self._rng = rows, rng
        self._known: list[tuple[Regressor, Floats]] = []

    def of_candidates(self, model: Regressor) -> dict[str, Floats]:
        """Predict by every candidate, or by the one model there is, (n_occ,) each."""
        candidates = usable_candidates(model, self.rows.data.x)
        return {name: self.of(candidate) for name, candidate in candidates.items()}

    def of(self, model: Regressor) -> Floats:
        """Predict by one model, (n_occ,)."""
        data, folds = self.rows.data, self.rows.folds[None]
        if isinstance(model, Stack):
            members = {name: column[None] for name, column in self.of_members(model).items()}
            return model.combine(members, self.rows.judged[:, None], folds=folds)[0, :, 0]
        for known, column in self._known:
            if known.has_settings_of(model):
                return column
        y, place = _targets(model, data, self.rows.place)
        predicted = model.cross_predict(
            data.x,
            y,
            folds=folds,
            groups=data.families,
            weights=data.weights,
            rng=self._rng.spawn(1)[0],
        )
        self._known.append((model, predicted[0, :, place]))
        return predicted[0, :, place]

    def of_members(self, stack: Stack) -> dict[str, Floats]:
        """Predict by each member of a stack, (n_occ, 1)."""
        usable = stack.usable(self.rows.data.x)
        return {name: self.of(member)[:, None] for name, member in usable.items()}


def _targets(model: Regressor, data: TrainingSet, place: int) -> tuple[Floats, int]:
    """Return the targets to fit and which of them is judged."""
    return (data.y[:, [place]], 0) if model.separate_targets else (data.y, place)


def _decided(model: Regressor, left_out: _LeftOut) -> Regressor:
    """Return the model, or the candidate that forecasts development folds best."""
    if not isinstance(model, BestOf):
        _require_usable(model, left_out.rows.data.x)
        return model
    judged = left_out.rows.judged
    known = np.isfinite(judged)
    columns = left_out.of_candidates(model)
    return model.choose({name: r2(judged[known], p[known]) for name, p in columns.items()}).best


def _predict_locked(
    model: Regressor, left_out: _LeftOut, x: Design, *, rng: np.random.Generator
) -> Floats:
    """Fit on all development rows and predict others, (n_row,)."""
    rows = left_out.rows
    if isinstance(model, Stack):
        weights = model.learn(left_out.of_members(model), rows.judged[:, None]).weights
        parts = [
            share[0] * _predict_locked(model.members[name], left_out, x, rng=rng)
            for name, share in weights.items()
        ]
        return np.asarray(np.sum(parts, axis=0))
    data = rows.data
    y, place = _targets(model, data, rows.place)
    fitted = copy.deepcopy(model).fit(
        data.x, y, groups=data.families, weights=data.weights, rng=rng.spawn(1)[0]
    )
    return fitted.predict(x)[:, place]


def _require_usable(model: Regressor, x: Design) -> None:
    for candidate in usable_candidates(model, x).values():
        if isinstance(candidate, Stack):
            candidate.usable(x)
