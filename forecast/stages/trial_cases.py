"""The occupations that exposure models of a sweep are scored on, and those that none may see.

A sweep compares many trials, so the best of them is flattered. Some families of occupations are
therefore locked: they are cut without chance from the whole classification, the same whatever a
trial's descriptors, model or seed, and only the winner meets them. No label of theirs reaches a
trial, not even through the consensus of indices, which is measured as on the other families, nor
through a twin: families that O*NET describes by the same row are kept together, in folds as well.
Descriptors that O*NET lacks are means over relatives, locked ones included: they hold no labels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import ConfigError
from forecast.features.descriptors import descriptor_matrix
from forecast.features.panel import OccupationPanel, isco_panel
from forecast.features.twins import join_twins
from forecast.models.design import Floats
from forecast.models.measurement import fit_one_factor
from forecast.options import ExposureOptions, Options
from forecast.stages.candidates import TrainingSet
from forecast.stages.estimation import chosen_indices, training_set
from forecast.stages.naive import parent_forecast
from forecast.types_sweep import TrialScore
from forecast.validation.locked import LOCKED_FOLD, locked_families, locked_folds
from forecast.validation.splits import grouped_folds, split_hash

Tables = Mapping[str, pd.DataFrame]

OBJECTIVE, METRIC = "exposure", "r2"
DIGITS = 6  # of a target in a fingerprint: machines may differ in the last of its digits


@dataclass(frozen=True)
class ScoredRows:
    """Rows that are scored together on one target.

    Parameters
    ----------
    data : TrainingSet
    place : int
        Column of its targets that is judged.
    folds : ndarray of int, shape (n_occ,)
    naive : ndarray of shape (n_occ,)
        Mean of the parent group among the rows that a model may see when this one is left out.
    split : str
        Fingerprint of codes, folds, locked families and the values of the target.
    """

    data: TrainingSet
    place: int
    folds: NDArray[np.int64]
    naive: Floats
    split: str

    @property
    def judged(self) -> Floats:
        """The target, shape (n_occ,); missing where it is not published."""
        return self.data.y[:, self.place]

    def scored(self, predicted: Floats, *, seconds: float) -> TrialScore:
        """Sum squared errors by family; the reference is the mean of the rows scored."""
        known = np.isfinite(self.judged)
        names, first, family_of = np.unique(
            self.data.families[known], return_index=True, return_inverse=True
        )
        y = self.judged[known]

        def squared(forecast: Floats | float) -> Floats:
            return np.bincount(family_of, weights=(y - forecast) ** 2).astype(float)

        return TrialScore(
            objective=OBJECTIVE,
            metric=METRIC,
            cases=tuple(str(name) for name in names),
            folds=self.folds[known][first],
            loss=squared(predicted[known]),
            reference=squared(float(y.mean())),
            naive=squared(self.naive[known]),
            rows=np.bincount(family_of),
            split=self.split,
            fit_seconds=seconds,
        )


@dataclass(frozen=True)
class TrialCases:
    """All that a trial needs and its model does not change."""

    development: ScoredRows
    locked: ScoredRows


def prepared(options: Options, tables: Tables) -> TrialCases:
    """Return the cases of a trial; trials that share descriptors, indices and folds share them.

    Parameters
    ----------
    options : Options
        ``features.domains``, ``exposure.indices``, ``anchor_index`` and ``folds``,
        ``sweep.target`` and ``locked_share`` are read.
    tables : mapping
        Reference tables; recognised by identity, so change a copy and not the tables.

    Raises
    ------
    ConfigError
        If there is no such domain, index or target, or not so many folds.
    """
    exposure, sweep = options.exposure, options.sweep
    return _prepared(
        SameTables(tables),
        tuple(sorted(set(options.features.domains))),
        tuple(exposure.indices),
        exposure.anchor_index,
        exposure.folds,
        sweep.target,
        sweep.locked_share,
    )


@dataclass(frozen=True, eq=False)
class SameTables:
    """Tables as a key: equal where they are the same object, which the key keeps alive."""

    tables: Tables

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameTables) and self.tables is other.tables

    def __hash__(self) -> int:
        return id(self.tables)


@lru_cache(maxsize=8)
def _panel(same: SameTables, domains: tuple[str, ...]) -> OccupationPanel:
    return isco_panel(same.tables, domains=domains)


def joined_families(tables: Tables, panel: OccupationPanel) -> list[str]:
    """Return the family of every occupation, those with twins in another under one name.

    Twins are told by all descriptors, so that they are the same whatever a trial looks at.
    """
    columns = sorted(tables["descriptors"]["descriptor"])
    wide = descriptor_matrix(tables["isco_descriptors"], columns, key="isco08").dropna()
    own = panel.families.astype(str)
    joined = join_twins(list(own.reindex(wide.index)), wide.to_numpy())
    return [joined.get(family, family) for family in own]


@lru_cache(maxsize=16)
def _prepared(
    same: SameTables,
    domains: tuple[str, ...],
    indices: tuple[str, ...],
    anchor: str,
    n_fold: int,
    target: str,
    share: float,
) -> TrialCases:
    panel = _panel(same, domains)
    families = joined_families(same.tables, panel)
    locked = locked_folds(families, share) == LOCKED_FOLD
    chosen = chosen_indices(panel, ExposureOptions(indices=list(indices), anchor_index=anchor))
    published = panel.indices[chosen].to_numpy()
    factor = fit_one_factor(published[~locked])
    data, rows, _ = training_set(
        panel, *factor.measure(published), chosen, factor, learnt_on=~locked
    )
    data = replace(data, families=np.asarray(families)[rows])
    place = _place(data, target)
    hidden = locked[rows]
    names = locked_families(families, share)

    def scored(part: NDArray[np.bool_], seen: TrainingSet, folds: NDArray[np.int64]) -> ScoredRows:
        """Rows of a part, forecast from those of `seen` in other folds."""
        naive = parent_forecast(seen.y[:, [place]], parents=seen.parents, folds=folds[None])
        split = _fingerprint(seen.codes[part], folds[part], names, seen.y[part, place])
        return ScoredRows(seen[part], place, folds[part], naive[0, part, 0], split)

    kept = data[~hidden]
    return TrialCases(
        development=scored(
            np.ones(len(kept.codes), dtype=bool),
            kept,
            grouped_folds(list(kept.families), n_fold=n_fold),
        ),
        locked=scored(hidden, data, np.where(hidden, LOCKED_FOLD, LOCKED_FOLD + 1)),
    )


def _place(data: TrainingSet, target: str) -> int:
    if target not in data.targets:
        raise ConfigError(f"sweep.target={target!r} is unknown; choose one of {data.targets}.")
    return data.targets.index(target)


def _fingerprint(
    codes: NDArray[np.str_], folds: NDArray[np.int64], locked: Sequence[str], target: Floats
) -> str:
    """Twelve hexadecimal digits; losses compare only where they are equal."""
    values = np.round(target, DIGITS) + 0.0  # no negative zero
    lines = sorted(f"{code}:{value:.{DIGITS}f}" for code, value in zip(codes, values, strict=True))
    text = "\n".join([split_hash(list(codes), folds), ",".join(locked), *lines])
    return hashlib.sha256(text.encode()).hexdigest()[:12]
