"""Compare candidate models outside the families they were fitted on, and take the best."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from forecast.errors import ConfigError
from forecast.models.base import Regressor
from forecast.models.design import Design, Floats
from forecast.models.ensemble import BestOf
from forecast.models.stack import Stack
from forecast.stages.naive import mean_rank_forecast, parent_forecast
from forecast.validation.intervals import left_out_coverage
from forecast.validation.scores import mae, r2, spearman
from forecast.validation.splits import SPLITS, grouped_folds, random_folds, split_hash

METRICS: dict[str, Callable[[Floats, Floats], float]] = {"r2": r2, "spearman": spearman, "mae": mae}
SCORE_COLUMNS = ["stage", "model", "split", "target", "metric", "value", "n", "naive_value"]
CONSENSUS = "consensus"  # latent exposure from all chosen indices: what is forecast
MEAN_RANK = "mean_rank"  # declared naive: mean rank of the unrelated indices of the occupation
SELECTED = "auto_nested"  # the choice between candidates made anew without each fold


@dataclass(frozen=True)
class TrainingSet:
    """The rows that models are compared on, and their targets side by side.

    Parameters
    ----------
    codes, families, parents : ndarray of str, shape (n_occ,)
    x : Design
        Descriptors, groups and tasks of the rows.
    y : ndarray of shape (n_occ, n_target)
    targets : list of str
        Names of the columns of `y`.
    weights : ndarray of shape (n_occ,)
        Reliability of the rows.
    noise : ndarray of shape (n_occ,)
        Variance of the measured latent exposure (column ``consensus``).
    distances : ndarray of shape (n_occ,)
        To the nearest occupations of other families.
    indices : DataFrame (n_occ, n_index)
        Published indices of the rows, relatives of the descriptors included.
    """

    codes: NDArray[np.str_]
    families: NDArray[np.str_]
    parents: NDArray[np.str_]
    x: Design
    y: Floats
    targets: list[str]
    weights: Floats
    noise: Floats
    distances: Floats
    indices: pd.DataFrame

    def __getitem__(self, rows: ArrayLike) -> TrainingSet:
        """Keep some rows, in their order."""
        places = np.arange(len(self.codes))[np.asarray(rows)]
        arrays = ("codes", "families", "parents", "x", "y", "weights", "noise", "distances")
        cut = {name: getattr(self, name)[places] for name in arrays}
        return replace(self, **cut, indices=self.indices.iloc[places])


@dataclass(frozen=True)
class Comparison:
    """The chosen model (not yet fitted), its out-of-fold predictions and everybody's scores.

    `left_out` holds grouped out-of-fold predictions, shape (n_occ, n_target); `hashes` the
    fingerprint of each split; `seconds` the time of one fit of each model, all targets.
    """

    model: Regressor
    left_out: Floats
    folds: NDArray[np.int64]
    scores: pd.DataFrame
    hashes: dict[str, str]
    seconds: dict[str, float] = field(default_factory=dict)


def compare_models(
    model: Regressor,
    data: TrainingSet,
    *,
    n_fold: int,
    stage: str,
    judged_on: str,
    rng: np.random.Generator,
    advance: Callable[[str], None] = lambda text: None,
) -> Comparison:
    """Score each candidate on grouped and on random folds, beside the naive forecasts.

    Parameters
    ----------
    model : Regressor
        A single model, or :class:`BestOf` several.
    data : TrainingSet
    n_fold : int
    stage : str
        Written to the column ``stage`` of the scores.
    judged_on : str
        The target whose grouped out-of-fold R2 decides.
    rng : Generator
    advance : callable
        Told which model is being fitted.

    Returns
    -------
    Comparison
        The naive value beside each score is the mean of the parent (sub-major) group in the
        training folds. Further rows: model :data:`MEAN_RANK`, which knows the other indices of
        the very occupation, and :data:`SELECTED`, the honest score of choosing.
    """
    folds = np.stack(
        [
            grouped_folds(list(data.families), n_fold=n_fold),
            random_folds(list(data.codes), n_fold=n_fold),
        ]
    )
    naive = parent_forecast(data.y, parents=data.parents, folds=folds)
    candidates = usable_candidates(model, data.x)
    left_out, seconds = _predict_all(candidates, data, folds, rng=rng, advance=advance)
    rows = []
    for name, predicted in left_out.items():
        rows += _score_rows(name, predicted, naive, data, folds[0])
    ranked = mean_rank_forecast(data.y, data.targets, data.indices, folds=folds)
    rows += _score_rows(MEAN_RANK, ranked, naive, data, folds[0])
    place = data.targets.index(judged_on)
    if isinstance(model, BestOf):
        judged = data.y[:, place]
        known = np.isfinite(judged)
        model.choose({name: r2(judged[known], p[0, known, place]) for name, p in left_out.items()})
        if len(left_out) > 1:
            nested = select_without_each_fold(left_out, judged, folds[0], place)
            rows += _score_rows(SELECTED, nested, naive, data, folds[0])
    chosen = candidates[model.name]
    if isinstance(chosen, Stack):
        members = chosen.usable(data.x)
        if _are_predicted(members, candidates, left_out):
            chosen.learn({name: left_out[name][0] for name in members}, data.y)
    return Comparison(
        model=model,
        left_out=left_out[model.name][0],
        folds=folds[0],
        scores=pd.DataFrame(rows).assign(stage=stage)[SCORE_COLUMNS],
        hashes={
            split: split_hash(list(data.codes), numbers)
            for split, numbers in zip(SPLITS, folds, strict=True)
        },
        seconds=seconds,
    )


def usable_candidates(model: Regressor, design: Design) -> dict[str, Regressor]:
    """Return the candidates that this design can feed, stacks last.

    Raises
    ------
    ConfigError
        If none is left: every one learns from labelled tasks, and there are none.
    """
    every = model.candidates if isinstance(model, BestOf) else {model.name: model}
    kept = {
        name: candidate
        for name, candidate in every.items()
        if design.tasks is not None or not candidate.needs_tasks
    }
    if not kept:
        raise ConfigError(
            f"model: {', '.join(every)} learns from labelled tasks, which come with data=sources "
            "at SOC level only; choose another model."
        )
    return dict(sorted(kept.items(), key=lambda item: isinstance(item[1], Stack)))


def _predict_all(
    candidates: Mapping[str, Regressor],
    data: TrainingSet,
    folds: NDArray[np.int64],
    *,
    rng: np.random.Generator,
    advance: Callable[[str], None],
) -> tuple[dict[str, Floats], dict[str, float]]:
    """Predict out of fold with every candidate; a stack takes what its members have predicted."""
    left_out: dict[str, Floats] = {}
    seconds: dict[str, float] = {}
    n_fit = sum(len(np.unique(numbers)) for numbers in folds)
    for (name, candidate), stream in zip(
        candidates.items(), rng.spawn(len(candidates)), strict=True
    ):
        advance(f"fitting {name}")
        started = time.perf_counter()
        members = candidate.usable(data.x) if isinstance(candidate, Stack) else {}
        spent_before = 0.0
        if _are_predicted(members, candidates, left_out):
            assert isinstance(candidate, Stack)
            known = {member: left_out[member] for member in members}
            left_out[name] = candidate.combine(known, data.y, folds=folds)
            spent_before = sum(seconds[member] for member in members)  # a stack fits them all
        else:
            left_out[name] = candidate.cross_predict(
                data.x, data.y, folds=folds, groups=data.families, weights=data.weights, rng=stream
            )
        seconds[name] = spent_before + (time.perf_counter() - started) / n_fit
    return left_out, seconds


def _are_predicted(
    members: Mapping[str, Regressor],
    candidates: Mapping[str, Regressor],
    left_out: Mapping[str, Floats],
) -> bool:
    """Whether every member is a candidate of the same settings that has predicted already."""
    return bool(members) and all(
        name in left_out and member.has_settings_of(candidates[name])
        for name, member in members.items()
    )


def select_without_each_fold(
    left_out: Mapping[str, Floats], judged: Floats, folds: NDArray[np.int64], place: int
) -> Floats:
    """Predict each fold by the candidate that is best on the other folds.

    Parameters
    ----------
    left_out : mapping
        Candidate to out-of-fold predictions, (n_split, n_occ, n_target); the first split counts.
    judged : ndarray of shape (n_occ,)
    folds : ndarray of shape (n_occ,)
    place : int
        Column of the predictions that is judged.
    """
    first = next(iter(left_out.values()))
    chosen = np.full(first.shape, np.nan)
    for fold in np.unique(folds):
        kept = (folds != fold) & np.isfinite(judged)
        best = max(sorted(left_out), key=lambda n: r2(judged[kept], left_out[n][0, kept, place]))
        chosen[:, folds == fold] = left_out[best][:, folds == fold]
    chosen[1:] = np.nan  # the choice is made on grouped folds only
    return chosen


def _score_rows(
    name: str, predicted: Floats, naive: Floats, data: TrainingSet, grouped: NDArray[np.int64]
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for place, target in enumerate(data.targets):
        for split, forecast, base in zip(SPLITS, predicted, naive, strict=True):
            seen = np.isfinite(data.y[:, place]) & np.isfinite(forecast[:, place])
            if seen.sum() < 3:
                continue
            y = data.y[seen, place]
            common: dict[str, object] = {"model": name, "target": target, "n": int(seen.sum())}
            for metric, score in METRICS.items():
                value = score(y, forecast[seen, place])
                plain = score(y, base[seen, place])
                row = {"split": split, "metric": metric, "value": value, "naive_value": plain}
                rows.append({**common, **row})
            if split != "grouped":
                continue
            covered = [
                left_out_coverage(
                    y - point[seen, place],
                    groups=data.families[seen],
                    folds=grouped[seen],
                    noise_variances=data.noise[seen] * (target == CONSENSUS),
                    distances=data.distances[seen],
                )
                for point in (forecast, base)
            ]
            for level, value in covered[0].items():
                row = {"metric": f"coverage{level * 100:.0f}", "value": value}
                rows.append({**common, **row, "split": split, "naive_value": covered[1][level]})
    return rows
