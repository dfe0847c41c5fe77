"""What each index would call at risk under one rule, and where the indices disagree.

Every index is carried raw: crosswalk means, no model, no filling. The rule is the same for all:
the most exposed groups that hold a given share of the employed, the group at the margin in part.
Indices of other constructs stand beside those of language ability and are never averaged with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.models.base import Floats
from forecast.options import AtRiskOptions
from forecast.stages.at_risk import employed_in, spread_over_groups
from forecast.stages.carried import Carried, carry, isco_indices_wide
from forecast.stages.korea import KoreanScores
from forecast.types import OccupationScores

LANGUAGE = "language_ability"
CONSTRUCTS = {
    "human_beta": LANGUAGE,
    "gpt4_beta": LANGUAGE,
    "automation": LANGUAGE,
    "ilo_2023": LANGUAGE,
    "daioe_genai": LANGUAGE,
    "daioe_allapps": LANGUAGE,
    "aioe": LANGUAGE,
    "aioe_lm": LANGUAGE,
    "sml": "machine_learning",
    "frey_osborne": "computerisation",
}
OURS = ("exposure", "substitution")  # carried from the model; no evidence beside its own sources
# No exposure of its own: another cut of the same labels, a part of a task, or complementarity.
LEFT_OUT = (
    "gpt4_alpha",
    "human_alpha",
    "task_substitution_share",
    "task_assistance_share",
    "theta",
)
_KEYS = ["level", "ksco7"]


def triangulate(
    tables: Mapping[str, pd.DataFrame], korea: KoreanScores, *, options: AtRiskOptions
) -> dict[str, pd.DataFrame]:
    """Compare the indices group by group and pair by pair.

    Parameters
    ----------
    tables : mapping
        ``isco_indices``, ``isco08``, ``ksco7_isco08``, ``employment_age`` and, where pulled,
        ``isco_indices_pull_only``; an index unknown here is shown as construct ``other``.
    korea : KoreanScores
    options : AtRiskOptions
        `common_top_share` of the employed is called at risk by every index.

    Returns
    -------
    dict of DataFrame
        ``triangulation``: one row an index and group. ``triangulation_pairs``: one row a pair of
        indices and level. ``triangulation_occupations``: one row a group, where the published
        indices agree and where not. Columns are described in the codebook. People of minor groups
        are imputed: employment is published by sub-major group.
    """
    share = options.common_top_share
    if not 0.0 < share < 1.0:
        raise InputError(f"at_risk.common_top_share is {share}; expected between 0 and 1.")
    indices = isco_indices_wide(tables)
    carried = carry(indices.drop(columns=list(LEFT_OUT), errors="ignore"), korea, tables)
    employed = employed_in(tables, options.base_period)
    by_group = spread_over_groups(float(employed.sum()), employed, korea)
    parts = [
        _one_level(level, carried[level], scores, people, share)
        for level, scores, people in (
            ("sub_major", korea.sub_major, by_group),
            ("minor", korea.minor, by_group @ korea.share.mean(axis=0)),
        )
    ]
    rows = pd.concat(parts, ignore_index=True)
    return {
        "triangulation": rows.drop(columns=["name_ko", "employed_persons"]),
        "triangulation_pairs": _pairs(rows, share),
        "triangulation_occupations": _occupations(rows),
    }


def construct_of(index: str) -> str:
    """Return what an index measures; an own copy of another index is ``other``.

    Examples
    --------
    >>> construct_of("sml"), construct_of("exposure"), construct_of("webb_ai")
    ('machine_learning', 'language_ability', 'other')
    """
    return LANGUAGE if index in OURS else CONSTRUCTS.get(index, "other")


def weighted_percentile(values: Floats, people: Floats) -> Floats:
    """Return the share of people below a group, and half of those level with it, in percent.

    A group without a value has no percentile and does not count.

    Examples
    --------
    >>> weighted_percentile(np.array([0.1, 0.9, 0.9]), np.array([2.0, 1.0, 1.0])).tolist()
    [25.0, 75.0, 75.0]
    """
    percentile = np.full(len(values), np.nan)
    known = np.isfinite(values)
    _, place = np.unique(values[known], return_inverse=True)
    level = np.bincount(place, weights=people[known])
    middle = level.cumsum() - level / 2
    percentile[known] = 100.0 * middle[place] / level.sum()
    return percentile


def share_at_risk(values: Floats, people: Floats, share: float) -> Floats:
    """Return what part of each group is at risk: the highest values that hold `share` of people.

    The groups at the margin are split exactly, alike where they are level. Groups without a value
    are never at risk, but their people count in the total.

    Examples
    --------
    >>> share_at_risk(np.array([0.9, 0.5, 0.1]), np.array([1.0, 2.0, 7.0]), 0.2).tolist()
    [1.0, 0.5, 0.0]
    """
    fraction = np.zeros(len(values))
    known = np.isfinite(values)
    _, place = np.unique(-values[known], return_inverse=True)
    level = np.bincount(place, weights=people[known])
    left = share * people.sum() - (level.cumsum() - level)
    part = np.divide(left, level, out=(left > 0).astype(float), where=level > 0)
    fraction[known] = part.clip(0.0, 1.0)[place]
    return fraction


def _one_level(
    level: str, published: Carried, scores: OccupationScores, people: Floats, share: float
) -> pd.DataFrame:
    ours = {name: getattr(scores, name).mean("draw").to_numpy() for name in OURS}
    values = published.value.assign(**ours)
    covered = published.covered.assign(**dict.fromkeys(OURS, 1.0))
    rows = []
    for name in _ordered(values.columns):
        column = values[name].to_numpy()
        at_risk = share_at_risk(column, people, share)
        rows.append(
            pd.DataFrame(
                {
                    "index": name,
                    "construct": construct_of(name),
                    "level": level,
                    "ksco7": values.index,
                    "name_ko": scores.titles.to_numpy(),
                    "value": column,
                    "percentile": weighted_percentile(column, people),
                    "at_risk_share": at_risk,
                    "at_risk_persons": at_risk * people,
                    "employed_persons": people,
                    "covered_share": covered[name].to_numpy(),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def _ordered(indices: pd.Index) -> list[str]:
    """Ours first, then the known indices by construct, then own copies by name."""
    known = [*OURS, *CONSTRUCTS]
    return [*(n for n in known if n in indices), *sorted(set(indices) - set(known))]


def _pairs(rows: pd.DataFrame, share: float) -> pd.DataFrame:
    pairs = []
    for level, part in rows.groupby("level", sort=False):
        wide = {
            column: part.pivot(index="ksco7", columns="index", values=column)
            for column in ("value", "at_risk_share")
        }
        people = part.drop_duplicates("ksco7").set_index("ksco7")["employed_persons"]
        weight = people.loc[wide["value"].index].to_numpy()
        for first, second in combinations(part["index"].drop_duplicates(), 2):
            one, other = (wide["value"][name].to_numpy() for name in (first, second))
            both = np.isfinite(one) & np.isfinite(other)
            risk = wide["at_risk_share"][[first, second]].min(axis=1).to_numpy()
            overlap = float((risk * weight).sum())
            pairs.append(
                {
                    "level": level,
                    "index_a": first,
                    "index_b": second,
                    "construct_a": construct_of(first),
                    "construct_b": construct_of(second),
                    "n_groups": int(both.sum()),
                    "spearman": _rank_correlation(one[both], other[both], np.ones(both.sum())),
                    "spearman_weighted": _rank_correlation(one[both], other[both], weight[both]),
                    "overlap_persons": overlap,
                    # Both may be the same people, whose sum then differs in its last digit.
                    "overlap_share": min(overlap / (share * weight.sum()), 1.0),
                }
            )
    return pd.DataFrame(pairs)


def _rank_correlation(one: Floats, other: Floats, weight: Floats) -> float:
    """Correlate ranks among the same people; with equal weights it is Spearman's."""
    ranks = np.stack([weighted_percentile(values, weight) for values in (one, other)])
    centred = ranks - np.average(ranks, axis=1, weights=weight)[:, None]
    cover = (centred * weight) @ centred.T
    return float(cover[0, 1] / np.sqrt(cover[0, 0] * cover[1, 1]))


def _occupations(rows: pd.DataFrame) -> pd.DataFrame:
    """Say for every group how many published indices call it at risk and how far they disagree."""
    published = rows[~rows["index"].isin(OURS) & rows["value"].notna()]
    language = published[published["construct"] == LANGUAGE]
    at_risk = published["at_risk_share"] > 0.5
    ends = language.sort_values("percentile", kind="stable").groupby(_KEYS)
    ours = rows[rows["index"] == OURS[0]].set_index(_KEYS)
    table = ours[["name_ko", "employed_persons"]].assign(
        exposure_percentile=ours["percentile"],
        n_indices=published.groupby(_KEYS).size(),
        n_indices_at_risk=at_risk.groupby([published[key] for key in _KEYS]).sum(),
        lowest_index=ends["index"].first(),
        lowest_percentile=ends["percentile"].first(),
        highest_index=ends["index"].last(),
        highest_percentile=ends["percentile"].last(),
        disagreement=language.groupby(_KEYS)["percentile"].std(ddof=0),
    )
    counts = ["n_indices", "n_indices_at_risk"]
    table[counts] = table[counts].fillna(0).astype(int)
    return table.reset_index()
