"""How the baseline was made, as tables: weights of its members, shares of its errors, breaks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecast.models.baseline import PanelForecast
from forecast.models.error_components import COMPONENTS
from forecast.models.hierarchy import Hierarchy

BROKEN = 2.5  # usual errors of the total: by chance one half-year in 27 goes so far


def method_tables(
    baseline: PanelForecast, tree: Hierarchy, periods: Sequence[str], *, declared: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Return contract tables ``employment_method`` and ``structural_breaks``.

    Parameters
    ----------
    baseline : PanelForecast
        The combination, forecast from the last of `periods`.
    tree : Hierarchy
    periods : sequence of str
        Half-years seen, oldest first.
    declared : sequence of str
        Half-years that the options call broken.
    """
    return {
        "employment_method": _method(baseline),
        "structural_breaks": _breaks(baseline, tree, periods, declared),
    }


def _method(baseline: PanelForecast) -> pd.DataFrame:
    parts = baseline.errors
    rows = [
        *(("weight", name, weight) for name, weight in baseline.weights.items()),
        *(("error_share", name, parts.shares[name]) for name in COMPONENTS),
        ("error_growth", "exponent", parts.exponent),
    ]
    return pd.DataFrame(rows, columns=["item", "name", "value"])


def _breaks(
    baseline: PanelForecast, tree: Hierarchy, periods: Sequence[str], declared: Sequence[str]
) -> pd.DataFrame:
    """Error of the total one half-year ahead, beside its usual size."""
    one_step = baseline.past_errors[:, :, 0]
    known = np.isfinite(one_step).all(axis=1)
    total = one_step[known].sum(axis=1)
    usual = float(baseline.errors.size_of(tree.summing[[tree.row("total")]])[0])
    # The last vintage has nothing to compare with: errors end with the last half-year seen.
    seen, size = list(periods[-len(total) :]), total / usual
    return pd.DataFrame(
        {
            "period": seen,
            "error_persons": total,
            "usual_errors": size,
            "unusual": ["yes" if abs(value) > BROKEN else "no" for value in size],
            "declared": ["yes" if period in declared else "no" for period in seen],
        }
    )
