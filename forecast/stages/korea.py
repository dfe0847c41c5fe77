"""Carry ISCO-08 scores to KSCO-7 minor and sub-major groups, with the crosswalk as draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.classifications import Crosswalk, is_military, require_codes
from forecast.errors import InputError
from forecast.models.base import Floats
from forecast.stages.estimation import occupation_scores
from forecast.types import OccupationScores

CHUNK = 50  # draws of crosswalk weights held in memory at a time: 50 x 150 x 436 are 26 MB


@dataclass(frozen=True)
class KoreanScores:
    """Scores of the two Korean levels and how minor groups make up sub-major groups.

    Parameters
    ----------
    minor, sub_major : OccupationScores
        Without the armed forces, for whom no employment is published.
    share : ndarray of shape (n_draw, n_sub_major, n_minor)
        Share of a sub-major group's people in each minor group; rows sum to 1. An imputation:
        employment is published by sub-major group only, so it is split by the number of unit
        groups, as Dirichlet draws.
    extra : ndarray of shape (n_draw, n_minor)
        The extra ISCO index, carried the same way.
    """

    minor: OccupationScores
    sub_major: OccupationScores
    share: Floats
    extra: Floats


def carry_to_korea(
    scores: OccupationScores,
    extra: Floats,
    tables: Mapping[str, pd.DataFrame],
    *,
    concentration: float,
    smallest_spread: float,
    rng: np.random.Generator,
) -> KoreanScores:
    """Average ISCO scores to minor groups, and these to the 51 sub-major groups.

    Parameters
    ----------
    scores : OccupationScores
        Of ISCO-08 unit groups.
    extra : ndarray of shape (n_draw, n_isco)
        Another 0-1 score to be carried along (the share of tasks done whole).
    tables : mapping
        ``ksco7``, ``ksco7_isco08`` and ``employment_age``.
    concentration : float
        Dirichlet parameter per link.
    smallest_spread : float
        Lower bound of the spread inside an occupation: what task sampling alone leaves.
    rng : Generator
    """
    minors, units = _minor_groups(tables["ksco7"])
    walk = _isco_links(tables["ksco7_isco08"], scores, minors)
    parts = {
        "exposure": scores.exposure.to_numpy(),
        "complementarity": scores.complementarity.to_numpy(),
        "substituted": scores.substitution.to_numpy(),
        "extra": extra,
    }
    carried = _average_in_draws(walk, parts, concentration=concentration, rng=rng)
    carried_extra = carried.pop("extra")
    typical = parts["substituted"].mean(axis=0)
    spread = np.maximum(_spread(walk.average().T, typical), smallest_spread)
    minor = occupation_scores("ksco7_minor", minors, spread=spread, **carried)

    groups = sub_major_groups(tables)
    upward = _minor_links(units, groups)
    share = upward.draw(rng, len(extra), concentration)
    means = {
        name: np.einsum("dsm,dm->ds", share, value).clip(0.0, 1.0)
        for name, value in carried.items()
    }
    weight = upward.average().T
    between = _spread(weight, carried["substituted"].mean(axis=0))
    within = np.sqrt(weight @ spread**2)
    sub_major = occupation_scores(
        "ksco7_sub_major", groups, spread=np.sqrt(between**2 + within**2).clip(0.0, 1.0), **means
    )
    return KoreanScores(minor=minor, sub_major=sub_major, share=share, extra=carried_extra)


def sub_major_groups(tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Return code to Korean name of the sub-major groups, in the order of the employment table."""
    employment = tables["employment_age"]
    codes = employment.loc[employment["level"] == "sub_major", "ksco7"].drop_duplicates()
    listed = tables["ksco7"].query("level == 'sub_major'").set_index("ksco7")["name_ko"]
    require_codes(codes, listed.index, what="employment_age ksco7")
    return listed.loc[sorted(codes)]


def _minor_groups(ksco7: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return code to name of the civilian minor groups, and how many unit groups each has."""
    civilian = ksco7[~ksco7["ksco7"].map(is_military)]
    minors = civilian.query("level == 'minor'").set_index("ksco7")["name_ko"].sort_index()
    counts = civilian.query("level == 'unit'").groupby("parent").size().reindex(minors.index)
    if counts.isna().any():
        raise InputError(f"ksco7: minor group(s) {list(counts[counts.isna()].index)} have no unit.")
    return minors, counts


def _isco_links(links: pd.DataFrame, scores: OccupationScores, minors: pd.Series) -> Crosswalk:
    civilian = links[~links["ksco7"].map(is_military)]
    walk = Crosswalk.from_links(
        civilian,
        source="isco08",
        target="ksco7",
        sources=list(scores.titles.index),
        targets=list(minors.index),
    )
    walk.require_no_target_lost()
    return walk


def _minor_links(units: pd.Series, groups: pd.Series) -> Crosswalk:
    links = pd.DataFrame({"minor": units.index, "weight": units.to_numpy(dtype=float)})
    links["sub_major"] = links["minor"].str[:2]
    links = links[links["sub_major"].isin(groups.index)]
    walk = Crosswalk.from_links(
        links, source="minor", target="sub_major", sources=units.index, targets=groups.index
    )
    walk.require_no_target_lost()
    return walk


def _average_in_draws(
    walk: Crosswalk, parts: Mapping[str, Floats], *, concentration: float, rng: np.random.Generator
) -> dict[str, Floats]:
    """Average each part with the same weights within a draw; chunks keep memory flat."""
    n_draw = len(next(iter(parts.values())))
    carried: dict[str, list[Floats]] = {name: [] for name in parts}
    for start in range(0, n_draw, CHUNK):
        chunk = slice(start, min(start + CHUNK, n_draw))
        weights = walk.draw(rng, chunk.stop - chunk.start, concentration)
        stacked = np.stack([value[chunk] for value in parts.values()], axis=2)
        # One product per draw: (n_target, n_source) @ (n_source, n_part).
        averaged = np.matmul(weights, stacked).clip(0.0, 1.0)
        for place, name in enumerate(parts):
            carried[name].append(averaged[:, :, place])
    return {name: np.concatenate(pieces) for name, pieces in carried.items()}


def _spread(weight: Floats, values: Sequence[float] | Floats) -> Floats:
    """Return the weighted standard deviation of `values` inside each row's group."""
    values = np.asarray(values, dtype=float)
    mean = weight @ values
    return np.sqrt(np.maximum(weight @ values**2 - mean**2, 0.0))
