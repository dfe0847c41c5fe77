"""What each score rests on: the occupation's own measurements, its relatives', or nothing near."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecast.classifications import Crosswalk
from forecast.features.panel import OccupationPanel
from forecast.models.base import Floats

INDICES = "indices"  # own indices and own descriptors
DESCRIPTORS = "descriptors"  # own descriptors only: a forecast of the model
INDICES_ALONE = "indices_alone"  # own indices; descriptors are a mean of relatives
RELATIVES = "relatives"  # no index; descriptors are a mean of relatives
IMPUTED = "imputed"  # no index and no described relative: the mean of all occupations
MIXED = "mixed"  # a Korean group over occupations that rest on different things
BASES = (INDICES, DESCRIPTORS, INDICES_ALONE, RELATIVES, IMPUTED, MIXED)


def occupation_provenance(panel: OccupationPanel, chosen: Sequence[str]) -> pd.DataFrame:
    """Say what the score of every occupation of a panel rests on.

    Parameters
    ----------
    panel : OccupationPanel
    chosen : sequence of str
        The indices of the factor.

    Returns
    -------
    DataFrame
        Indexed like the panel: basis (one of :data:`BASES`) and n_indices (how many of the
        chosen indices are published for it).
    """
    count = panel.indices[list(chosen)].notna().sum(axis=1)
    described = panel.described.to_numpy(dtype=bool)
    near = np.zeros(len(described), dtype=bool)
    for groups in (panel.families, panel.parents):
        near |= panel.described.groupby(groups.to_numpy()).transform("any").to_numpy(dtype=bool)
    basis = np.select(
        [described & (count > 0), described, (count > 0).to_numpy(), near],
        [INDICES, DESCRIPTORS, INDICES_ALONE, RELATIVES],
        default=IMPUTED,
    )
    return pd.DataFrame(
        {"basis": basis.astype(object), "n_indices": count.astype("int64")},
        index=panel.titles.index,
    )


def weight_sd(weights_alone: Floats) -> Floats:
    """Return the standard deviation over draws, exactly 0 where the weights move nothing."""
    return np.asarray(weights_alone.std(axis=0).round(12))


def carried_provenance(
    walk: Crosswalk, sources: pd.DataFrame, *, weights_alone: Floats
) -> pd.DataFrame:
    """Say what the averaged scores of a crosswalk's targets rest on.

    Parameters
    ----------
    walk : Crosswalk
    sources : DataFrame
        `basis` by source code; `described_share` where the sources are themselves averages.
    weights_alone : ndarray of shape (n_draw, n_target)
        Exposure under the drawn weights with every source at its mean.

    Returns
    -------
    DataFrame
        Indexed by target: basis (what all its sources share, else ``mixed``), described_share
        (0-1: share of the averaging weight on occupations with own descriptors and indices) and
        crosswalk_sd (standard deviation of exposure that the weights alone cause).

    Examples
    --------
    >>> walk = Crosswalk(("x", "y"), ("1",), np.array([[1.0, 3.0]]))
    >>> sources = pd.DataFrame({"basis": ["indices", "imputed"]}, index=["x", "y"])
    >>> table = carried_provenance(walk, sources, weights_alone=np.full((2, 1), 0.3))
    >>> table.to_dict("list")
    {'basis': ['mixed'], 'described_share': [0.25], 'crosswalk_sd': [0.0]}
    """
    rows = sources.loc[list(walk.sources)]
    if "described_share" in rows:
        own = rows["described_share"].to_numpy(dtype=float)
    else:
        own = (rows["basis"] == INDICES).to_numpy(dtype=float)
    names = rows["basis"].to_numpy()
    bases = [sorted(set(names[linked])) for linked in walk.weights > 0]
    return pd.DataFrame(
        {
            "basis": [found[0] if len(found) == 1 else MIXED for found in bases],
            "described_share": (walk.average().T @ own).round(12).clip(0.0, 1.0),
            "crosswalk_sd": weight_sd(weights_alone),
        },
        index=list(walk.targets),
    )
