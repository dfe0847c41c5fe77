"""One self-contained page of a sweep: what was chosen, how sure that is, what it does not say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.report.figures_sweep import ESTIMATE_NAMES, METRIC_NAMES
from forecast.report.page import embedded, man, templates
from forecast.report.style import MODEL_NAMES, PRESET_NAMES, TARGET_NAMES
from forecast.report.sweep_choice import NAIVE, SURE

Tables = Mapping[str, pd.DataFrame]
Row = dict[str, Any]
OPEN_ROWS = 40  # a table of more trials is folded in
OBJECTIVES = {"exposure": "직업의 노출", "employment": "고용 전망"}
CASE_NAMES = {"exposure": "직업군", "employment": "시점"}  # what errs together
NOTE_NAMES = {
    "cross_validation": "고를 때 쓴 바로 그 자료의 점수라서 부풀어 있음",
    "selection_adjusted": "자료를 다시 뽑아 그때마다 새로 고르고, 뽑히지 않은 자료로 매김",
    "nested": "폴드를 하나씩 빼고 새로 골라 그 폴드로 매김 (구간 없음)",
    "locked_test": "어느 시행도, 고르는 데에도 쓰지 않은 자료의 점수",
}


def render_sweep_page(
    tables: Tables, figures: Mapping[str, Path], *, meta: Mapping[str, Any], opened: int
) -> str:
    """Render the report of a sweep.

    Parameters
    ----------
    tables : mapping of DataFrame
        From :mod:`forecast.report.sweep_tables`: of scores, or of whole runs.
    figures : mapping of Path
        From :func:`forecast.report.figures_sweep.draw_sweep_figures`; embedded as data.
    meta : mapping
        `name`, `request` (overrides as asked for), `objective` (exposure, employment or none),
        `target`, `seed`, `provenance`, `commit`, `schema_version`.
    opened : int
        How often the locked cases were opened in this work folder, this time included.

    Returns
    -------
    str
        HTML, UTF-8, without any outside request. Same arguments, same text.
    """
    target = TARGET_NAMES.get(meta["target"], meta["target"])
    template = templates().get_template("sweep.html.j2")
    return template.render(
        meta=meta,
        opened=opened,
        figures={name: embedded(path) for name, path in figures.items()},
        objective=OBJECTIVES.get(meta["objective"], meta["objective"]),
        target=target if meta["objective"] == "exposure" else "",
        cases=CASE_NAMES.get(meta["objective"], "묶음"),
        open_rows=OPEN_ROWS,
        **sweep_sections(tables),
    )


def sweep_sections(tables: Tables) -> dict[str, Any]:
    """Return the rows and numbers of the page.

    Parameters
    ----------
    tables : mapping of DataFrame
        ``sweep_trials``; with ``sweep_selection``, ``sweep_comparison`` and ``sweep_folds`` of a
        sweep of scores, or ``sweep_headlines`` of whole runs.

    Returns
    -------
    dict
        `trials`, `failures` and `apart` (scored, but not compared): rows. `finished`: how many.
        `metric`: its Korean name. `choice`: of the winner, or None; `headlines`: rows.
    """
    table = tables["sweep_trials"].assign(
        model_ko=tables["sweep_trials"]["model"].map(lambda name: MODEL_NAMES.get(name, name))
    )
    finished = table["status"] == "finished"
    compared = table[table["comparable"]].sort_values("rank", kind="stable")
    metric = next(iter(compared["metric"]), "")
    return {
        "trials": _rows(compared),
        "failures": _rows(table[~finished]),
        "apart": _rows(table[finished & ~table["comparable"] & table["score"].notna()]),
        "finished": int(finished.sum()),
        "metric": METRIC_NAMES.get(metric, metric),
        "choice": _choice(tables, compared) if len(compared) else None,
        "whole_runs": "sweep_headlines" in tables,
        "headlines": _headlines(tables),
    }


def _choice(tables: Tables, compared: pd.DataFrame) -> Row:
    """Everything that the page says of the winner."""
    selection = tables["sweep_selection"].set_index("estimate", drop=False)
    estimates = {str(name): row for name, row in selection.to_dict("index").items()}
    own, adjusted = estimates["cross_validation"], estimates["selection_adjusted"]
    locked = estimates.get("locked_test")
    comparison = tables["sweep_comparison"]
    trials = comparison["rival"] != NAIVE
    unsure = trials & ~(comparison["p_value_holm"] < SURE)
    return {
        **_rows(compared.head(1))[0],
        "own": _told(own, own),
        "adjusted": _told(adjusted, own),
        "nested": _told(estimates["nested"], own) if "nested" in estimates else None,
        "locked": _told(locked, own) if locked else None,
        "within": locked and adjusted["lower95"] <= locked["score"] <= adjusted["upper95"],
        "estimates": [_told(row, own) for row in estimates.values()],
        "naive": next((_pair(row) for row in _rows(comparison[~trials])), None),
        "rivals": [_pair(row) for row in _rows(comparison[trials])],
        "unsure": int(unsure.sum()),
        "folds": _folds(tables, compared["trial"].head(2).tolist()),
    }


def _told(row: Mapping[Any, Any], own: Mapping[Any, Any]) -> Row:
    """One estimate of the winner's score in words, with what it differs from the one chosen by."""
    return {
        **row,
        "name": ESTIMATE_NAMES[row["estimate"]],
        "note_ko": NOTE_NAMES[row["estimate"]],
        "words": interval(row["score"], row["lower95"], row["upper95"]),
        "change": f"{row['score'] - own['score']:+.3f}",
        "beats": row["score"] > row["naive_score"],
    }


def _pair(row: Mapping[Any, Any]) -> Row:
    return {
        **row,
        "words": interval(row["difference"], row["lower95"], row["upper95"], sign="+"),
        "sure": row["p_value_holm"] < SURE,
        "p_ko": p_words(row["p_value"]),
        "p_holm_ko": p_words(row["p_value_holm"]),
    }


def interval(value: float, low: float, high: float, *, sign: str = "") -> str:
    """Write a score with its 95 % interval where it has one.

    Examples
    --------
    >>> interval(0.6271, 0.596, 0.665), interval(0.01, -0.02, 0.04, sign="+")
    ('0.627 (0.596 ~ 0.665)', '+0.010 (-0.020 ~ +0.040)')
    >>> interval(0.5, float("nan"), float("nan"))
    '0.500'
    """
    middle, *ends = (f"{round(number, 3) + 0.0:{sign}.3f}" for number in (value, low, high))
    return middle if math.isnan(low) else f"{middle} ({ends[0]} ~ {ends[1]})"


def p_words(p_value: float) -> str:
    """Write a p-value; none is 0.

    Examples
    --------
    >>> p_words(0.0314), p_words(8e-5)
    ('0.031', '<0.001')
    """
    return "<0.001" if p_value < 0.0005 else f"{p_value:.3f}"


def _folds(tables: Tables, best: list[str]) -> list[Row]:
    """Scores of the winner by fold, beside the naive model and the next best trial."""
    folds = tables["sweep_folds"]
    own = folds[folds["trial"] == best[0]]
    others = [folds.loc[folds["trial"] == name, ["fold", "score"]] for name in best[1:]]
    for other in others:
        own = own.merge(other, on="fold", suffixes=("", "_next"), validate="one_to_one")
    return _rows(own)


def _headlines(tables: Tables) -> list[Row]:
    if "sweep_headlines" not in tables:
        return []
    table = tables["sweep_headlines"]
    return [
        {
            **row,
            "preset_ko": PRESET_NAMES.get(row["preset"], row["preset"]),
            "at_risk_ko": _people(row),
        }
        for row in _rows(table[table["status"] == "finished"])
    ]


def _people(row: Row) -> str:
    people, low, high = (man(row[key]) for key in ("at_risk_persons", "lower80", "upper80"))
    return people if math.isnan(row["lower80"]) else f"{people} ({low}–{high})"


def _rows(table: pd.DataFrame) -> list[Row]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
