"""What the dashboard charts, and how keys are named so that it sorts as it is read.

MLflow charts one section per prefix, in the order of the alphabet. The few figures that a policy
team reads come first under numbered prefixes; all of them stand again under the plain names that
scripts use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from forecast.report.cohort_words import PERSONS, STAGE
from forecast.report.forecast_scores import default_rows, headline
from forecast.report.leaderboard import chosen_models
from forecast.report.reskilling_words import plan_year
from forecast.report.summary import planned_rows
from forecast.stages.candidates import SELECTED
from forecast.stages.estimation import UNRELATED
from forecast.types import NEEDS

Tables = Mapping[str, pd.DataFrame]
BOUNDS = ("lower80", "upper80", "lower95", "upper95")
AT_RISK = ("at_risk_persons", *BOUNDS, "published_persons", "difference_percent")
SKILLS = ("crps_skill_percent", "coverage80", "coverage95")  # of employment, charted in front


def metrics(tables: Tables, seconds: Mapping[str, float], *, preset: str = "") -> dict[str, float]:
    """Choose what the dashboard charts, in the order in which a page of a run lists it.

    Parameters
    ----------
    tables : mapping of DataFrame
        Contract tables; what was not made is left out.
    seconds : mapping of float
        Seconds per stage.
    preset : str
        The definition of jobs at risk that the run goes on with; it is charted in front.

    Examples
    --------
    >>> metrics({}, {"exposure": 2.0})
    {'time/exposure_seconds': 2.0}
    """
    chosen = in_front(tables, preset)
    if "headline" in tables:
        for row in tables["headline"].to_dict("records"):
            for key in _present(row, (*AT_RISK, "share")):
                chosen[f"headline/{row['preset']}/{key}"] = row[key]
    if "reskilling_totals" in tables:
        totals = tables["reskilling_totals"]
        for row in totals[totals["scenario"] == "central"].to_dict("records"):
            for key in _present(row, ("persons", *BOUNDS)):
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


def in_front(tables: Tables, preset: str) -> dict[str, float]:
    """Choose the figures of the first sections: jobs at risk, people in need, seats, scores.

    Examples
    --------
    >>> table = pd.DataFrame({"preset": ["p"], "at_risk_persons": [3.0], "lower80": [1.0],
    ...                       "upper80": [5.0], "published_persons": [2.0]})
    >>> for key, value in in_front({"headline": table}, "p").items():
    ...     print(key, value)
    01_at_risk/1_at_risk_persons 3.0
    01_at_risk/2_lower80 1.0
    01_at_risk/3_upper80 5.0
    01_at_risk/6_published_persons 2.0
    """
    chosen: dict[str, float] = {}
    if "headline" in tables:
        rows = tables["headline"]
        for row in rows[rows["preset"] == preset].to_dict("records"):
            for place, key in enumerate(AT_RISK, start=1):
                if key in row:
                    chosen[f"01_at_risk/{place}_{key}"] = row[key]
    if "reskilling_totals" in tables:
        year = plan_year(tables, "reskilling_totals")
        totals = tables["reskilling_totals"].query("scenario == 'central' and year == @year")
        own = totals.set_index("need")
        for need in [need for need in NEEDS if need in own.index]:
            row = own.loc[need].to_dict()
            for place, key in enumerate(("persons", *BOUNDS), start=1):
                if key in row:
                    chosen[f"02_need_{year}/{need}_{place}_{key}"] = row[key]
    if "cohort_totals" in tables:
        totals = tables["cohort_totals"][planned_rows(tables)]
        of_stage = totals["programme"].str.startswith(STAGE) & (totals["unit"] == PERSONS)
        for row in totals[of_stage].to_dict("records"):
            stage = plain(row["programme"].removeprefix(STAGE))
            for place, key in enumerate(("allocated", "published"), start=1):
                chosen[f"03_seats_{row['year']}/{stage}_{place}_{key}"] = row[key]
    return chosen | _scores_in_front(tables)


def judging_score(tables: Tables) -> dict[str, Any] | None:
    """Return the row of ``scores`` that exposure models are judged by, or None.

    It is the grouped out-of-fold R2 at ISCO-08 on the indices that are no relatives of the
    descriptors. Where the model was chosen among several, it is the row in which the choice was
    made anew without each fold: the best of many scores is no honest score of the best.

    Examples
    --------
    >>> row = {"stage": "exposure", "split": "grouped", "target": UNRELATED, "metric": "r2"}
    >>> scores = pd.DataFrame([{**row, "model": "ridge", "value": 0.9},
    ...                        {**row, "model": SELECTED, "value": 0.8}])
    >>> judging_score({"scores": scores})["value"]
    0.8
    """
    if "scores" not in tables:
        return None
    rows = tables["scores"].query("stage == 'exposure' and split == 'grouped' and metric == 'r2'")
    rows = rows[rows["target"] == UNRELATED]
    names = [SELECTED]
    if "leaderboard" in tables:
        names += [chosen_models(tables["leaderboard"]).get("exposure", SELECTED)]
    for name in names:
        for row in rows[rows["model"] == name].to_dict("records"):
            return {str(key): value for key, value in row.items()}
    return None


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


def _present(row: Mapping[Any, Any], keys: tuple[str, ...]) -> list[str]:
    return [key for key in keys if key in row]


def _scores_in_front(tables: Tables) -> dict[str, float]:
    chosen: dict[str, float] = {}
    row = judging_score(tables)
    if row is not None:
        chosen["04_scores/1_exposure_r2"] = row["value"]
        chosen["04_scores/2_exposure_r2_naive"] = row["naive_value"]
    found = headline(tables)
    for place, key in enumerate(SKILLS, start=3):
        if f"employment/{key}" in found:
            chosen[f"04_scores/{place}_employment_{key}"] = found[f"employment/{key}"]
    return chosen
