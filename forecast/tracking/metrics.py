"""What the dashboard charts, and how keys are named so that it sorts as it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from forecast.report.forecast_scores import default_rows, headline
from forecast.report.summary import planned_rows

Tables = Mapping[str, pd.DataFrame]


def metrics(tables: Tables, seconds: Mapping[str, float]) -> dict[str, float]:
    """Choose what the dashboard charts, named so that the page sorts as it is read.

    Examples
    --------
    >>> metrics({}, {"exposure": 2.0})
    {'time/exposure_seconds': 2.0}
    """
    chosen: dict[str, float] = {}
    if "headline" in tables:
        for row in tables["headline"].to_dict("records"):
            for key in ("at_risk_persons", "lower80", "upper80", "published_persons", "share"):
                chosen[f"headline/{row['preset']}/{key}"] = row[key]
    if "reskilling_totals" in tables:
        totals = tables["reskilling_totals"]
        for row in totals[totals["scenario"] == "central"].to_dict("records"):
            for key in ("persons", "lower80", "upper80"):
                chosen[f"reskilling/{row['need']}/{row['year']}/{key}"] = row[key]
    if "cohort_totals" in tables:
        totals = tables["cohort_totals"][planned_rows(tables)]
        for row in totals[totals["year"] == totals["year"].min()].to_dict("records"):
            label = plain(row["programme"])
            chosen[f"cohorts/{label}/allocated_{row['unit']}"] = row["allocated"]
            chosen[f"cohorts/{label}/unallocated_{row['unit']}"] = row["unallocated"]
    if "scores" in tables:
        # Rivals of the default forecasts stand in the tables that are logged beside.
        for row in default_rows(tables["scores"], tables).to_dict("records"):
            keys = ("stage", "model", "split", "target", "metric")
            name = "scores/" + "/".join(plain(str(row[k])) for k in keys)
            chosen[name], chosen[f"{name}_naive"] = row["value"], row["naive_value"]
    chosen |= headline(tables)
    chosen |= {f"time/{stage}_seconds": value for stage, value in seconds.items()}
    return {key: float(value) for key, value in chosen.items() if np.isfinite(value)}


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Flatten nested options to dotted keys and text.

    Examples
    --------
    >>> flatten({"a": {"b": 1}, "c": [2, 3]})
    {'a.b': '1', 'c': '[2, 3]'}
    """
    flat: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[plain(f"{prefix}{key}")] = str(value)
    return flat


def plain(text: str) -> str:
    """Keep what MLflow allows in a name; Korean stays."""
    return "".join(c if c.isalnum() or c in "_-. /" else "_" for c in text)
