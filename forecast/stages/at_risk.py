"""Jobs at risk under published definitions: ours beside theirs, each with its denominator.

A definition gives every minor group a probability of being at risk in every draw; sub-major
groups average it by their people, and jobs are people times probability. Published figures are
read from the anchors and never used to move ours, except where a definition says *calibrated*.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from forecast.checked import labelled
from forecast.errors import InputError
from forecast.models.base import Floats
from forecast.options import AtRiskOptions
from forecast.stages.counting import Basis, above_threshold
from forecast.stages.korea import KoreanScores
from forecast.stages.presets import PRESETS
from forecast.types import AtRisk

THRESHOLD_GRID = tuple(np.round(np.arange(0.0, 0.8001, 0.02), 2).tolist())


def assess(
    preset: str,
    korea: KoreanScores,
    tables: Mapping[str, pd.DataFrame],
    *,
    options: AtRiskOptions,
    rng: np.random.Generator,
) -> AtRisk:
    """Count jobs under one preset, at risk or (a companion) beside those at risk.

    Parameters
    ----------
    preset : str
        A key of :data:`PRESETS`.
    korea : KoreanScores
    tables : mapping
        ``employment_age`` and ``anchors``, and what the rule of the preset needs.
    options : AtRiskOptions
        `base_period` is the year whose half-years are averaged.
    rng : Generator
    """
    chosen = PRESETS[preset]
    basis, people = basis_of(preset, korea, tables, options=options, rng=rng)
    probability, threshold = chosen.rule(basis)
    upper = np.einsum("dsm,dm->ds", korea.share, probability).clip(0.0, 1.0)
    draws = np.arange(len(upper))
    minor: dict[str, object] = {"draw": draws, "occupation": list(korea.minor.titles.index)}
    major: dict[str, object] = {"draw": draws, "occupation": list(korea.sub_major.titles.index)}
    return AtRisk(
        preset=preset,
        definition=chosen.definition.format(bar=f"{100 * options.whole_job_bar:g} %"),
        base=chosen.base.format(year=options.base_period),
        probability=labelled(upper, major, unit="share", low=0.0, high=1.0),
        probability_minor=labelled(probability, minor, unit="share", low=0.0, high=1.0),
        jobs=labelled(upper * people, major, unit="jobs", low=0.0),
        base_persons=basis.base_persons,
        published_persons=basis.published,
        threshold=threshold,
    )


def basis_of(
    preset: str,
    korea: KoreanScores,
    tables: Mapping[str, pd.DataFrame],
    *,
    options: AtRiskOptions,
    rng: np.random.Generator,
) -> tuple[Basis, Floats]:
    """Return what the rule of a preset counts on, and its base by sub-major group."""
    chosen, anchors = PRESETS[preset], tables["anchors"]
    named = chosen.anchor or preset
    employed = employed_in(tables, options.base_period)
    implied = chosen.implied_base
    total = anchor(anchors, named, "base_persons") if implied else float(employed.sum())
    people = spread_over_groups(total, employed, korea)
    basis = Basis(
        korea=korea,
        people=np.einsum("s,dsm->dm", people, korea.share),
        base_persons=total,
        published=published_count(anchors, named, base=total, counted=chosen.counted),
        tables=tables,
        options=options,
        rng=rng,
    )
    return basis, people


def spread_over_groups(total: float, employed: pd.Series, korea: KoreanScores) -> Floats:
    """Spread `total` over sub-major groups like employed persons; shape (n_sub_major,)."""
    aligned = employed.reindex(korea.sub_major.titles.index)
    if aligned.isna().any():
        missing = list(aligned[aligned.isna()].index)
        raise InputError(f"employment_age: no employment for sub-major group(s) {missing}.")
    return np.asarray(aligned / aligned.sum() * total)


def employed_in(tables: Mapping[str, pd.DataFrame], year: str) -> pd.Series:
    """Return employed persons by sub-major group, all ages, mean of the year's half-years."""
    table = tables["employment_age"]
    rows = table[(table["level"] == "sub_major") & (table["age_group"] == "all")]
    chosen = rows[rows["period"].str.startswith(year)]
    if chosen.empty:
        periods = sorted(rows["period"].unique())
        raise InputError(
            f"employment_age has no period of at_risk.base_period={year!r}; it runs from "
            f"{periods[0] if periods else 'nothing'} to {periods[-1] if periods else 'nothing'}."
        )
    return chosen.groupby("ksco7")["employed_persons"].mean().astype(float).sort_index()


def anchor(
    anchors: pd.DataFrame, preset: str, dimension: str, *, ksic: str = "", group: str = ""
) -> float:
    """Return one published figure, in its own unit; it must be there exactly once."""
    found = anchors[
        (anchors["preset"] == preset)
        & (anchors["dimension"] == dimension)
        & (anchors["ksic"] == ksic)
        & (anchors["occupation_group"] == group)
    ]
    if len(found) != 1:
        raise InputError(
            f"anchors: {preset}, {dimension}, {ksic or '-'}, {group or '-'} occurs {len(found)} "
            "times; expected once. Rebuild the reference."
        )
    return float(found["value"].iloc[0])


def published_count(
    anchors: pd.DataFrame, preset: str, *, base: float, counted: str = "at_risk_persons"
) -> float:
    """Return the published count, or the published share of `base` where only that is printed."""
    if ((anchors["preset"] == preset) & (anchors["dimension"] == counted)).any():
        return anchor(anchors, preset, counted)
    return anchor(anchors, preset, "share_percent") / 100.0 * base


def sweep_thresholds(
    risk: AtRisk,
    korea: KoreanScores,
    tables: Mapping[str, pd.DataFrame],
    *,
    options: AtRiskOptions,
) -> pd.DataFrame:
    """Return jobs at risk (mean and central 80 % interval) over a grid of thresholds.

    Returns
    -------
    DataFrame
        threshold, at_risk_persons, lower80, upper80, share: in the unit of the preset's base.
    """
    employed = employed_in(tables, options.base_period)
    people = spread_over_groups(risk.base_persons, employed, korea)
    by_minor = np.einsum("s,dsm->dm", people, korea.share)
    rows = []
    for threshold in THRESHOLD_GRID:
        total = (above_threshold(korea, threshold) * by_minor).sum(axis=1)
        low, high = np.quantile(total, [0.1, 0.9])
        rows.append((threshold, total.mean(), low, high, total.mean() / risk.base_persons))
    return pd.DataFrame(
        rows, columns=["threshold", "at_risk_persons", "lower80", "upper80", "share"]
    )
