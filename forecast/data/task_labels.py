"""What a published label of a task counts: one definition for scores, profiles and models.

Eloundou et al. (2024): E0 not exposed, E1 exposed directly, E2 exposed with software around the
model; T0 to T4 no to full automation. Core tasks weigh 1, all others 0.5: with these weights the
published occupation scores come back to 1e-15.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

EXPOSURES = ("E0", "E1", "E2")
AUTOMATION = {"T0": 0.0, "T1": 0.25, "T2": 0.5, "T3": 0.75, "T4": 1.0}
CORE_WEIGHT, OTHER_WEIGHT = 1.0, 0.5


def task_weights(core: pd.Series) -> NDArray[np.float64]:
    """Return the weight of each task, core or not.

    >>> task_weights(pd.Series([True, False])).tolist()
    [1.0, 0.5]
    """
    return np.where(core, CORE_WEIGHT, OTHER_WEIGHT)


def done_whole(exposure: pd.Series, automation: pd.Series) -> pd.Series:
    """Tell which tasks AI does whole: E1, T3 or T4."""
    return (exposure == "E1") | automation.isin(("T3", "T4"))


def assisted(exposure: pd.Series, automation: pd.Series) -> pd.Series:
    """Tell which tasks AI assists: not done whole, and E2 or T2.

    >>> labels = pd.DataFrame({"e": ["E1", "E2", "E0"], "t": ["T2", "T0", "T1"]})
    >>> assisted(labels["e"], labels["t"]).tolist()
    [False, True, False]
    """
    return ~done_whole(exposure, automation) & ((exposure == "E2") | (automation == "T2"))
