"""The same definition with one choice changed: what moves a count, and what bar would meet it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtr

from forecast.errors import InputError
from forecast.models.base import Floats
from forecast.options import AtRiskOptions
from forecast.stages.at_risk import basis_of
from forecast.stages.carried import carry, isco_indices_wide
from forecast.stages.counting import Basis, above_cuts, median, share_of_jobs
from forecast.stages.korea import KoreanScores
from forecast.stages.triangulation import LANGUAGE, LEFT_OUT, construct_of
from forecast.types import OccupationScores

TOP = {"bok_2023_top20": 0.20, "bok_2023_top25": 0.25}
QUADRANT = {  # preset -> high complementarity?
    "imf_high_exposure_low_complementarity": False,
    "imf_high_exposure_high_complementarity": True,
}
TASKS = {
    "kli_2024_gpt": "task_substitution_share",
    "kli_2024_gpt_complemented": "task_assistance_share",
}
Variant = tuple[str, str, Floats, float]  # preset, variant, jobs (n_draw), threshold


def headline_variants(
    korea: KoreanScores,
    isco: OccupationScores,
    tables: Mapping[str, pd.DataFrame],
    *,
    options: AtRiskOptions,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Count again with other indices, other medians, another bar; nothing here moves a headline.

    Parameters
    ----------
    korea : KoreanScores
    isco : OccupationScores
        Of ISCO-08 unit groups, for medians taken there.
    tables : mapping
    options : AtRiskOptions
    rng : Generator

    Returns
    -------
    DataFrame
        preset, variant, at_risk_persons, lower80, upper80, share, threshold (where the variant
        has one), published_persons, difference_percent.
    """
    indices = isco_indices_wide(tables).drop(columns=list(LEFT_OUT), errors="ignore")
    by_index = carry(indices, korea, tables)["minor"].value
    language = by_index[[name for name in map(str, by_index) if construct_of(name) == LANGUAGE]]
    rows: list[dict[str, object]] = []
    for preset, stream in zip((*TOP, *QUADRANT, *TASKS), rng.spawn(6), strict=True):
        basis, _ = basis_of(preset, korea, tables, options=options, rng=stream)
        if preset in TOP:
            found = _other_indices(preset, basis, by_index)
        elif preset in QUADRANT:
            found = [
                *_other_medians(preset, basis, isco),
                *_other_exposure(preset, basis, language),
            ]
        else:
            found = _other_bars(preset, basis)
        rows += [_row(variant, basis) for variant in found]
    return pd.DataFrame(rows)


def _other_indices(preset: str, basis: Basis, by_index: pd.DataFrame) -> list[Variant]:
    """Count the most exposed groups by each published index, among the groups that have it."""
    found = []
    for name, column in by_index.items():
        values = column.dropna().sort_values(ascending=False, kind="stable")
        top = values.index[: round(TOP[preset] * len(values))]
        inside = column.index.isin(top).astype(float)
        threshold = float(values.loc[top[-1]])
        found.append((preset, f"index={name}", basis.people @ inside, threshold))
    return found


def _other_medians(preset: str, basis: Basis, isco: OccupationScores) -> list[Variant]:
    """Cut at medians over persons, and at medians over ISCO unit groups."""
    minor = basis.korea.minor
    exposure, theta = minor.exposure.to_numpy(), minor.complementarity.to_numpy()
    cuts = {
        "median=persons": (median(exposure, basis.people), median(theta, basis.people)),
        "median=isco_unit_groups": (
            median(isco.exposure.to_numpy()),
            median(isco.complementarity.to_numpy()),
        ),
    }
    return [
        (preset, name, _in_quadrant(preset, basis, exposure, theta, cut), float(cut[0].mean()))
        for name, cut in cuts.items()
    ]


def _other_exposure(preset: str, basis: Basis, by_index: pd.DataFrame) -> list[Variant]:
    """Put a published index in the place of our exposure; complementarity stays ours.

    The median is taken over the groups that have the index; the others are not highly exposed.
    """
    theta = basis.korea.minor.complementarity.to_numpy()
    found = []
    for name, column in by_index.items():
        exposure = np.broadcast_to(column.to_numpy(), theta.shape)
        cut = np.full((len(theta), 1), column.median()), median(theta)
        jobs = _in_quadrant(preset, basis, exposure, theta, cut)
        found.append((preset, f"index={name}", jobs, float(cut[0].mean())))
    return found


def _in_quadrant(
    preset: str, basis: Basis, exposure: Floats, theta: Floats, cuts: tuple[Floats, Floats]
) -> Floats:
    exposed, shielded = above_cuts(exposure, theta, cuts)
    inside = exposed & (shielded == QUADRANT[preset])
    return np.asarray((basis.people * inside).sum(axis=1))


def _other_bars(preset: str, basis: Basis) -> list[Variant]:
    """Find the bar that would meet the published count, and count tasks instead of jobs."""
    mean, spread = share_of_jobs(basis, TASKS[preset])

    def jobs(bar: float) -> Floats:
        return np.asarray((ndtr((mean - bar) / spread) * basis.people).sum(axis=1))

    def excess(bar: float) -> float:
        return float(jobs(bar).mean()) - basis.published

    low, high = -2.0, 3.0  # shares lie in 0-1: every job and no job counts there
    if not excess(high) < 0.0 < excess(low):
        raise InputError(
            f"anchors: {basis.published:,.0f} jobs of {preset} cannot be reached with a base of "
            f"{basis.base_persons:,.0f}."
        )
    bar = float(brentq(excess, low, high, xtol=1e-9))
    tasks = basis.korea.extras[TASKS[preset]]
    whole = np.asarray((tasks * basis.people).sum(axis=1))
    return [
        (preset, "bar=implied_by_published", jobs(bar), bar),
        (preset, "count=share_of_tasks", whole, float("nan")),
    ]


def _row(variant: Variant, basis: Basis) -> dict[str, object]:
    preset, name, jobs, threshold = variant
    low, high = np.quantile(jobs, [0.1, 0.9])
    mean = float(jobs.mean())
    return {
        "preset": preset,
        "variant": name,
        "at_risk_persons": mean,
        "lower80": low,
        "upper80": high,
        "share": mean / basis.base_persons,
        "threshold": threshold,
        "published_persons": basis.published,
        "difference_percent": 100.0 * (mean / basis.published - 1.0),
    }
