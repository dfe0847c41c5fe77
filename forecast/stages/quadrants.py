"""The map of four quadrants: exposure against complementarity, with what AI does of the tasks.

The same exposure means another thing where people stay in charge. Groups are cut at the medians
over minor groups that the IMF presets use, in every draw; how often a group falls into its
quadrant is its probability.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from forecast.models.base import Floats
from forecast.options import AtRiskOptions
from forecast.stages.at_risk import employed_in
from forecast.stages.counting import above_cuts, median
from forecast.stages.korea import KoreanScores
from forecast.types import OccupationScores

# exposure, then complementarity
QUADRANTS = ("high_high", "high_low", "low_high", "low_low")


def quadrant_map(
    korea: KoreanScores, tables: Mapping[str, pd.DataFrame], *, options: AtRiskOptions
) -> pd.DataFrame:
    """Put every minor and sub-major group into a quadrant.

    Parameters
    ----------
    korea : KoreanScores
        With both shares of tasks among its extras.
    tables : mapping
        ``employment_age``.
    options : AtRiskOptions

    Returns
    -------
    DataFrame
        ksco7, level, name_ko, exposure, complementarity, task_substitution_share,
        task_assistance_share (means of draws, 0-1), quadrant (the most probable), probability,
        one column of probability a quadrant, exposure_cut, complementarity_cut (means of draws)
        and employed_persons (at sub_major).
    """
    minor = korea.minor
    cuts = median(minor.exposure.to_numpy()), median(minor.complementarity.to_numpy())
    shares = {
        name: korea.extras[name] for name in ("task_substitution_share", "task_assistance_share")
    }
    upward = {name: np.einsum("dsm,dm->ds", korea.share, value) for name, value in shares.items()}
    upper = _rows(korea.sub_major, upward, cuts).assign(level="sub_major")
    employed = employed_in(tables, options.base_period)
    upper["employed_persons"] = employed.reindex(upper["ksco7"]).to_numpy()
    lower = _rows(minor, shares, cuts).assign(level="minor", employed_persons=np.nan)
    table = pd.concat([upper, lower], ignore_index=True)
    first = ["ksco7", "level", "name_ko"]
    return table[[*first, *(column for column in table if column not in first)]]


def _rows(
    scores: OccupationScores, shares: Mapping[str, Floats], cuts: tuple[Floats, Floats]
) -> pd.DataFrame:
    exposure, theta = scores.exposure.to_numpy(), scores.complementarity.to_numpy()
    exposed, shielded = above_cuts(exposure, theta, cuts)
    inside = [exposed & shielded, exposed & ~shielded, ~exposed & shielded, ~exposed & ~shielded]
    probability = np.stack([member.mean(axis=0) for member in inside])
    chosen = probability.argmax(axis=0)
    return pd.DataFrame(
        {
            "ksco7": scores.titles.index,
            "name_ko": scores.titles.to_numpy(),
            "exposure": exposure.mean(axis=0),
            "complementarity": theta.mean(axis=0),
            **{name: value.mean(axis=0) for name, value in shares.items()},
            "quadrant": np.asarray(QUADRANTS, dtype=object)[chosen],
            "probability": probability.max(axis=0),
            **{f"p_{name}": row for name, row in zip(QUADRANTS, probability, strict=True)},
            "exposure_cut": float(cuts[0].mean()),
            "complementarity_cut": float(cuts[1].mean()),
        }
    )
