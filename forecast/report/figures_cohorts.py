"""The plan: seats per campus and province by programme; and how well every model did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.report.style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    VERMILLION,
    horizontal_only,
    sheet,
    shorten,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tables = Mapping[str, pd.DataFrame]
Names = Mapping[str, Mapping[str, str]]

PROGRAMME_NAMES = {
    "P000-POLY-BASIC": "폴리텍 AI 기초활용",
    "P000-AX-COURSE": "AX 훈련과정",
    "P000-JOB-SWITCH": "직무 전환훈련",
}
COLOURS = (BLUE, ORANGE, VERMILLION, "#009E73", "#AA4499", "#56B4E9")
STAGE_NAMES = {
    "exposure": "노출",
    "adoption": "도입",
    "employment": "고용",
    "reskilling": "재교육",
    "cohorts": "배분",
}
# Where a larger value is better; every other metric is an error, smaller is better.
LARGER_IS_BETTER = ("r2", "spearman", "pearson", "kendall", "coverage")
MAX_SCORES = 14


def programme_name(code: str, names: Names) -> str:
    """Korean name of a programme, else its code."""
    return names.get("programme", {}).get(code) or PROGRAMME_NAMES.get(code, code)


def draw_cohorts_by_site(tables: Tables, names: Names) -> Figure:
    """Seats at every site and in every province, by programme."""
    targets = tables["cohort_targets"]
    sites = targets[targets["site_kind"] == "campus"]
    sites = sites if len(sites) else targets
    programmes = list(dict.fromkeys(targets["programme"]))
    figure = sheet(
        "교육 정원 배분: 캠퍼스별과 시도별",
        "Seats by campus and by province and programme; whole persons",
        width=11.5,
        height=2.2 + 0.235 * sites["site"].nunique(),
    )
    left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
    known = names.get("sido", {})
    sido_of = sites.drop_duplicates("site").set_index("site")["sido"]
    labels = {site: f"{site} ({known.get(sido, sido)})" for site, sido in sido_of.items()}
    _seats(left, sites, "site", labels, programmes, names)
    _seats(right, targets, "sido", known, programmes, names)
    left.set_title("캠퍼스별")
    right.set_title("시도별")
    handles, texts = left.get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside lower right", ncols=len(texts))
    return figure


def draw_scoreboard(tables: Tables, names: Names) -> Figure:
    """Each model's score beside the declared naive one: one panel a stage."""
    scores = tables["scores"].dropna(subset=["naive_value"])
    stages = [stage for stage in STAGE_NAMES if stage in set(scores["stage"])]
    stages += sorted(set(scores["stage"]) - set(stages))
    parts = {stage: scores[scores["stage"] == stage].head(MAX_SCORES) for stage in stages}
    rows = [max(len(part), 2) for part in parts.values()] or [2]
    figure = sheet(
        "얼마나 맞았나: 모형과 단순(naive) 모형",
        "Out-of-sample scores against the declared naive model; ▲ larger is better, ▼ smaller",
        height=2.0 + 0.42 * sum(rows) + 0.5 * len(rows),
    )
    panels = figure.subplots(len(rows), 1, height_ratios=rows, squeeze=False).ravel()
    for axes, (stage, part) in zip(panels, parts.items(), strict=False):
        _score_panel(axes, part.iloc[::-1], STAGE_NAMES.get(stage, stage))
    if parts:
        handles, texts = panels[0].get_legend_handles_labels()
        figure.legend(handles, texts, loc="outside lower right", ncols=len(texts))
    return figure


def larger_is_better(metric: str) -> bool:
    """Whether a larger value of a metric is the better one.

    Examples
    --------
    >>> larger_is_better("spearman"), larger_is_better("crps"), larger_is_better("coverage80")
    (True, False, True)
    """
    return metric.lower().startswith(LARGER_IS_BETTER)


def _seats(
    axes: Axes,
    targets: pd.DataFrame,
    key: str,
    labels: Mapping[str, str],
    programmes: list[str],
    names: Names,
) -> None:
    table = targets.pivot_table(index=key, columns="programme", values="persons", aggfunc="sum")
    table = table.reindex(columns=programmes).fillna(0)
    table = table.loc[table.sum(axis=1).sort_values(kind="stable").index]
    rows = np.arange(len(table))
    left = np.zeros(len(table))
    for programme, colour in zip(programmes, COLOURS, strict=False):
        values = table[programme].to_numpy()
        axes.barh(rows, values, left=left, color=colour, label=programme_name(programme, names))
        left = left + values
    for row, total, values in zip(rows, left, table.to_numpy(), strict=True):
        text = f"{total:,.0f}  ({' / '.join(f'{value:,.0f}' for value in values)})"
        axes.annotate(
            text, (total, row), (4, 0), textcoords="offset points", va="center", size=8.5,
            color=INK,
        )  # fmt: skip
    axes.set_yticks(rows, [labels.get(code, code) for code in table.index])
    axes.set_xlim(0, left.max() * 1.45)
    axes.set_ylim(-0.7, len(table) - 0.3)
    axes.set_xlabel("정원 (명)")
    horizontal_only(axes)


def _score_panel(axes: Axes, part: pd.DataFrame, title: str) -> None:
    rows = np.arange(len(part))
    axes.hlines(rows, part["naive_value"], part["value"], color=GREY, lw=1.2)
    axes.plot(part["naive_value"], rows, "s", color=GREY, ms=7, label="단순 모형")
    better = np.array(
        [
            (value > naive) == larger_is_better(metric)
            for value, naive, metric in zip(
                part["value"], part["naive_value"], part["metric"], strict=True
            )
        ]
    )
    axes.plot(part["value"][better], rows[better], "o", color=BLUE, ms=8, label="모형(더 나음)")
    axes.plot(
        part["value"][~better], rows[~better], "X", color=VERMILLION, ms=8, label="모형(못함)"
    )
    axes.set_yticks(
        rows,
        [
            f"{shorten(model, 18)} · {shorten(target, 18)} · {metric} "
            f"{'▲' if larger_is_better(metric) else '▼'}"
            for model, target, metric in zip(
                part["model"], part["target"], part["metric"], strict=True
            )
        ],
    )
    axes.set_ylim(-0.7, len(part) - 0.3)
    axes.set_title(title)
    axes.margins(x=0.1)
    horizontal_only(axes)
