"""What the page says about why the count is what it is, and what it is read beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from forecast.report.figures_drivers import strongest
from forecast.report.figures_transition import FATES, displaced_fates
from forecast.report.reskilling_words import (
    OUTCOME_NAMES,
    SHOWN,
    SOURCE_NAMES,
    STEP_NAMES,
    age_name,
    baseline_name,
    in_plan_year,
    most_displaced,
    parameter_name,
)
from forecast.report.style import NEED_NAMES

Tables = Mapping[str, pd.DataFrame]
Rows = list[dict[str, Any]]
NAMED = 3  # parameters named in the text of a need
STEP_AGES = ("all", "50-59")  # rows of the chain of steps: those without age, and one age


def driver_sections(tables: Tables) -> dict[str, Rows]:
    """Return the rows on sources, parameters, steps, other models and take-up; or none.

    Returns
    -------
    dict
        ``parameters``, ``fates``, ``need_take_up``, ``need_above``, ``need_sources``,
        ``need_levers``, ``need_steps``, ``need_models``, ``need_ages`` and ``move_fit``.
    """
    return {
        "parameters": _parameters(tables),
        "fates": _fates(tables),
        "need_take_up": _take_up(tables),
        "need_above": [row for row in _take_up(tables) if row["flagged"] == "yes"],
        "need_sources": _sources(tables),
        "need_levers": _levers(tables),
        "need_steps": _steps(tables),
        "need_models": _models(tables),
        "need_ages": _ages(tables),
        "move_fit": _rows(tables["move_fit"]) if "move_fit" in tables else [],
    }


def leading_sources(variance: pd.DataFrame, need: str, count: int) -> pd.DataFrame:
    """Sources with the largest total effect on one need, the largest first.

    Examples
    --------
    >>> table = pd.DataFrame({"need": "ax", "source": ["index", "model"],
    ...                       "total_effect": [0.2, 0.7]})
    >>> leading_sources(table, "ax", 1)["source"].tolist()
    ['model']
    """
    part = variance[variance["need"] == need]
    return part.sort_values("total_effect", ascending=False, kind="stable").head(count)


def _parameters(tables: Tables) -> Rows:
    if "mechanism_parameters" not in tables:
        return []
    table = tables["mechanism_parameters"]
    return _rows(table.assign(name_ko=table["name"].map(parameter_name)))


def _fates(tables: Tables) -> Rows:
    """Where those separated by AI are at the end of the last year: persons and share of all."""
    if "displaced_ledger" not in tables:
        return []
    fates = displaced_fates(tables)
    last, year = fates.iloc[-1], int(fates.index[-1])
    every = float(last.sum())
    return [
        {
            "name": name,
            "persons": float(last[fate]),
            "share": float(last[fate]) / every if every else 0.0,
            "year": year,
            "first": int(fates.index[0]),
            "every": every,
        }
        for fate, (name, _) in FATES.items()
    ]


def _take_up(tables: Tables) -> Rows:
    if "take_up" not in tables:
        return []
    table = in_plan_year(tables, "take_up")
    need = table["need"].map(NEED_NAMES | {"all": "세 필요의 합"})
    return _rows(table.assign(need_ko=need, baseline_ko=table["baseline"].map(baseline_name)))


def _sources(tables: Tables) -> Rows:
    """Per need, the two sources that explain most of its variance."""
    if "variance_shares" not in tables:
        return []
    table = tables["variance_shares"]
    rows = []
    for need, name in NEED_NAMES.items():
        first = leading_sources(table, need, 2)
        source = first["source"].map(lambda key: SOURCE_NAMES.get(key, key))
        rows.append({"need_ko": name, "sources": _rows(first.assign(source_ko=source))})
    return rows


def _levers(tables: Tables) -> Rows:
    """Per need, the parameters that move it most."""
    if "parameter_sensitivity" not in tables:
        return []
    rows = []
    for need, name in NEED_NAMES.items():
        first = strongest(tables["parameter_sensitivity"], need).head(NAMED)
        named = first.assign(name_ko=first["name"].map(parameter_name))
        rows.append({"need_ko": name, "parameters": _rows(named)})
    return rows


def _steps(tables: Tables) -> Rows:
    """The chain of steps for the occupation with most displaced people, in the order it runs."""
    if "mechanism_steps" not in tables or "displaced_ledger" not in tables:
        return []
    left = most_displaced(tables, 1)
    table = in_plan_year(tables, "mechanism_steps")
    table = table[table["ksco7"].isin(left.index) & table["age_group"].isin(STEP_AGES)]
    step = table["step"].map(lambda key: STEP_NAMES.get(key, key))
    return _rows(table.assign(step_ko=step, age=table["age_group"].map(age_name)))


def _models(tables: Tables) -> Rows:
    """Outcomes of the last year from the two models side by side."""
    if "flow_comparison" not in tables:
        return []
    table = tables["flow_comparison"]
    table = table[table["scenario"] == SHOWN]
    last = table[table["year"] == table["year"].max()]
    rows = []
    for outcome, name in OUTCOME_NAMES.items():
        models = last[last["outcome"] == outcome].set_index("model").to_dict("index")
        if len(models) == 2:
            rows.append({"name": name, "year": int(last["year"].iloc[0])} | models)
    return rows


def _ages(tables: Tables) -> Rows:
    """Ages with an observed change, ours beside it, and whether the signs agree."""
    if "age_pattern" not in tables:
        return []
    table = tables["age_pattern"]
    same = np.sign(table["observed_persons"]) == np.sign(table["ai_effect"])
    agree = np.where(table["observed_persons"].isna(), "–", np.where(same, "같음", "다름"))
    return _rows(table.assign(age=table["age_group"].map(age_name), agree=agree))


def _rows(table: pd.DataFrame) -> Rows:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
