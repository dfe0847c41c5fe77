"""How far each Korean score depends on the weights of the crosswalk."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.models.base import Floats
from forecast.stages.korea import KoreanScores
from forecast.stages.provenance import weight_sd
from forecast.types import OccupationScores


def crosswalk_sensitivity(korea: KoreanScores) -> pd.DataFrame:
    """Say how much of each Korean score's uncertainty the crosswalk causes, and what it can do.

    The crosswalk is the weights of ISCO occupations inside a minor group and of minor groups
    inside a sub-major group. The draws are those of the scores themselves; ranks are taken with
    every ISCO occupation at its mean, so that they move by the weights alone.

    Parameters
    ----------
    korea : KoreanScores

    Returns
    -------
    DataFrame
        Table ``crosswalk_sensitivity``: ksco7, level, name_ko, exposure (mean), crosswalk_sd,
        rank (1 = most exposed of its level), rank_lower80, rank_upper80, share_of_variance
        (crosswalk variance / variance of all draws, 0-1). Civilian groups only.
    """
    return pd.concat(
        [
            _rows(korea.sub_major, korea.sub_major_weights_alone, level="sub_major"),
            _rows(korea.minor, korea.minor_weights_alone, level="minor"),
        ],
        ignore_index=True,
    )


def _rows(scores: OccupationScores, alone: Floats, *, level: str) -> pd.DataFrame:
    rank = ranks(alone)
    low, high = np.quantile(rank, (0.1, 0.9), axis=0, method="nearest")
    total, crosswalk = scores.exposure.to_numpy().var(axis=0), weight_sd(alone)
    share = np.divide(crosswalk**2, total, out=np.zeros_like(total), where=total > 0)
    return pd.DataFrame(
        {
            "ksco7": scores.titles.index,
            "level": level,
            "name_ko": scores.titles.to_numpy(),
            "exposure": scores.exposure.mean("draw").to_numpy(),
            "crosswalk_sd": crosswalk,
            "rank": ranks(alone.mean(axis=0, keepdims=True))[0],
            "rank_lower80": low,
            "rank_upper80": high,
            "share_of_variance": share.clip(0.0, 1.0),
        }
    )


def ranks(values: Floats) -> Floats:
    """Rank each row, 1 = largest; equal values keep their order.

    Parameters
    ----------
    values : ndarray of shape (n_draw, n_group)

    Examples
    --------
    >>> ranks(np.array([[0.2, 0.9, 0.5]])).tolist()
    [[3, 1, 2]]
    """
    order = np.argsort(-values, axis=1, kind="stable")
    ranked = np.empty(values.shape, dtype="int64")
    np.put_along_axis(ranked, order, np.arange(1, values.shape[1] + 1)[None, :], axis=1)
    return ranked
