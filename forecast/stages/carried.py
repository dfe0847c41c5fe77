"""Any ISCO-08 score at the Korean levels as it stands, with the share of weight it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.classifications import Crosswalk, is_military
from forecast.errors import InputError
from forecast.models.base import Floats
from forecast.stages.korea import KoreanScores

PULL_ONLY = "isco_indices_pull_only"  # indices that may be used but not shipped


@dataclass(frozen=True)
class Carried:
    """Scores at one Korean level.

    Parameters
    ----------
    value : DataFrame (group, index)
        Mean over the ISCO groups that have the index; missing where none has.
    covered : DataFrame (group, index)
        Share of the group's crosswalk weight behind that mean, 0 to 1.
    """

    value: pd.DataFrame
    covered: pd.DataFrame


def isco_indices_wide(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return published indices, ISCO-08 group x index, with those that are only pulled.

    Parameters
    ----------
    tables : mapping
        ``isco_indices`` and, where the sources were pulled, ``isco_indices_pull_only`` (isco08,
        index, value): an own copy of an index that may not be shipped goes there.
    """
    columns = ["isco08", "index", "value"]
    parts = [tables[name][columns] for name in ("isco_indices", PULL_ONLY) if name in tables]
    long = pd.concat(parts, ignore_index=True)
    repeated = long[long.duplicated(["isco08", "index"])]
    if len(repeated):
        code, index = repeated[["isco08", "index"]].iloc[0]
        raise InputError(f"isco_indices: {code}, {index} occurs twice; give each value once.")
    return long.pivot(index="isco08", columns="index", values="value").astype(float)


def carry(
    scores: pd.DataFrame, korea: KoreanScores, tables: Mapping[str, pd.DataFrame]
) -> dict[str, Carried]:
    """Carry scores to minor groups by the crosswalk, and on to sub-major groups by people.

    Parameters
    ----------
    scores : DataFrame (isco08, index)
        Missing values are left out of the means, never filled.
    korea : KoreanScores
        Its mean shares make minor groups up to sub-major groups.
    tables : mapping
        ``isco08`` and ``ksco7_isco08``.

    Returns
    -------
    dict
        ``minor`` and ``sub_major``.
    """
    minors, groups = korea.minor.titles.index, korea.sub_major.titles.index
    walk = isco_to_minor(tables, minors)
    values = scores.reindex(list(walk.sources)).to_numpy(dtype=float)
    minor = _mean_of_present(walk.average().T, values, np.isfinite(values).astype(float))
    share = korea.share.mean(axis=0)
    sub_major = _mean_of_present(share, minor[0], minor[1])
    return {
        level: Carried(
            value=pd.DataFrame(value, index=codes, columns=scores.columns),
            covered=pd.DataFrame(covered, index=codes, columns=scores.columns),
        )
        for level, codes, (value, covered) in (
            ("minor", minors, minor),
            ("sub_major", groups, sub_major),
        )
    }


def isco_to_minor(tables: Mapping[str, pd.DataFrame], minors: pd.Index) -> Crosswalk:
    """Return the links of civilian minor groups with the ISCO-08 unit groups."""
    links = tables["ksco7_isco08"]
    return Crosswalk.from_links(
        links[~links["ksco7"].map(is_military)],
        source="isco08",
        target="ksco7",
        sources=tables["isco08"]["isco08"],
        targets=minors,
    )


def _mean_of_present(weight: Floats, values: Floats, covered: Floats) -> tuple[Floats, Floats]:
    """Average over members with a value: means (n_group, n_index), and the weight they cover."""
    present = np.isfinite(values)
    counted = weight @ present.astype(float)
    total = weight @ np.where(present, values, 0.0)
    mean = np.divide(total, counted, out=np.full_like(total, np.nan), where=counted > 0)
    return mean, (weight @ covered).clip(0.0, 1.0)
