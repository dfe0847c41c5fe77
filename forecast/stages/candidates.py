"""Compare candidate models outside the families they were fitted on, and take the best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.models.base import Floats, Regressor
from forecast.models.ensemble import BestOf
from forecast.validation.intervals import left_out_coverage
from forecast.validation.scores import mae, r2, spearman
from forecast.validation.splits import SPLITS, grouped_folds, random_folds, split_hash

METRICS: dict[str, Callable[[Floats, Floats], float]] = {"r2": r2, "spearman": spearman, "mae": mae}
SCORE_COLUMNS = ["stage", "model", "split", "target", "metric", "value", "n", "naive_value"]


@dataclass(frozen=True)
class TrainingSet:
    """The rows that models are compared on, and their targets side by side.

    Parameters
    ----------
    codes, families, parents : ndarray of str, shape (n_occ,)
    x : ndarray of shape (n_occ, n_descriptor)
    y : ndarray of shape (n_occ, n_target)
    targets : list of str
        Names of the columns of `y`.
    weights : ndarray of shape (n_occ,)
        Reliability of the rows.
    noise : ndarray of shape (n_occ,)
        Variance of the measured latent exposure (column ``consensus``).
    """

    codes: NDArray[np.str_]
    families: NDArray[np.str_]
    parents: NDArray[np.str_]
    x: Floats
    y: Floats
    targets: list[str]
    weights: Floats
    noise: Floats


@dataclass(frozen=True)
class Comparison:
    """The chosen model (not yet fitted), its out-of-fold predictions and everybody's scores.

    `left_out` holds grouped out-of-fold predictions, shape (n_occ, n_target); `hashes` the
    fingerprint of each split.
    """

    model: Regressor
    left_out: Floats
    folds: NDArray[np.int64]
    scores: pd.DataFrame
    hashes: dict[str, str]


def compare_models(
    model: Regressor,
    data: TrainingSet,
    *,
    n_fold: int,
    stage: str,
    judged_on: str,
    rng: np.random.Generator,
) -> Comparison:
    """Score each candidate on grouped and on random folds, beside the naive forecast.

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

    Returns
    -------
    Comparison
        The naive forecast is the mean of the parent (sub-major) group in the training folds.
    """
    folds = np.stack(
        [
            grouped_folds(list(data.families), n_fold=n_fold),
            random_folds(list(data.codes), n_fold=n_fold),
        ]
    )
    naive = naive_forecast(data.y, parents=data.parents, folds=folds)
    candidates = model.candidates if isinstance(model, BestOf) else {model.name: model}
    streams = rng.spawn(len(candidates))
    left_out, rows = {}, []
    for (name, candidate), stream in zip(candidates.items(), streams, strict=True):
        left_out[name] = candidate.cross_predict(
            data.x, data.y, folds=folds, groups=data.families, weights=data.weights, rng=stream
        )
        rows += _score_rows(name, left_out[name], naive, data, folds[0])
    scores = pd.DataFrame(rows).assign(stage=stage)[SCORE_COLUMNS]
    if isinstance(model, BestOf):
        decisive = scores.query("split == 'grouped' and metric == 'r2' and target == @judged_on")
        model.choose(dict(zip(decisive["model"], decisive["value"], strict=True)))
    return Comparison(
        model=model,
        left_out=left_out[model.name][0],
        folds=folds[0],
        scores=scores,
        hashes={
            split: split_hash(list(data.codes), numbers)
            for split, numbers in zip(SPLITS, folds, strict=True)
        },
    )


def naive_forecast(
    y: Floats, *, parents: NDArray[np.str_], folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Forecast each row by the mean of its parent group outside its fold, else by the mean of all.

    Returns
    -------
    ndarray of shape (n_split, n_occ, n_target)

    Examples
    --------
    >>> naive_forecast(np.array([[1.0], [3.0], [8.0]]), parents=np.array(["a", "a", "b"]),
    ...     folds=np.array([[0, 1, 2]])).ravel().tolist()
    [3.0, 1.0, 2.0]
    """
    _, parent_of = np.unique(parents, return_inverse=True)
    member = np.eye(parent_of.max() + 1)[:, parent_of]  # (n_parent, n_occ)
    observed = np.isfinite(y)
    filled = np.where(observed, y, 0.0)
    forecast = np.empty((len(folds), *y.shape))
    for split, numbers in enumerate(folds):
        for fold in np.unique(numbers):
            kept = (numbers != fold)[:, None]
            sums, counts = member @ (filled * kept), member @ (observed * kept)
            overall = (filled * kept).sum(axis=0) / (observed * kept).sum(axis=0)
            means = np.divide(
                sums, counts, out=np.broadcast_to(overall, sums.shape).copy(), where=counts > 0
            )
            forecast[split, ~kept[:, 0]] = means[parent_of[~kept[:, 0]]]
    return forecast


def _score_rows(
    name: str, predicted: Floats, naive: Floats, data: TrainingSet, grouped: NDArray[np.int64]
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for place, target in enumerate(data.targets):
        seen = np.isfinite(data.y[:, place])
        y = data.y[seen, place]
        common: dict[str, object] = {"model": name, "target": target, "n": int(seen.sum())}
        for split, forecast, base in zip(SPLITS, predicted, naive, strict=True):
            for metric, score in METRICS.items():
                value = score(y, forecast[seen, place])
                plain = score(y, base[seen, place])
                row = {"split": split, "metric": metric, "value": value, "naive_value": plain}
                rows.append({**common, **row})
        if target == "consensus":
            covered = [
                left_out_coverage(
                    y - forecast[0][seen, place],
                    groups=data.families[seen],
                    folds=grouped[seen],
                    noise_variances=data.noise[seen],
                )
                for forecast in (predicted, naive)
            ]
            for level, value in covered[0].items():
                row = {"metric": f"coverage{level * 100:.0f}", "value": value}
                rows.append({**common, **row, "split": "grouped", "naive_value": covered[1][level]})
    return rows
