"""The plan: seats per campus and per province, by programme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.report.style import (
    BLUE,
    INK,
    ORANGE,
    VERMILLION,
    horizontal_only,
    legend_below,
    sheet,
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


def programme_name(code: str, names: Names) -> str:
    """Korean name of a programme, else its code."""
    return PROGRAMME_NAMES.get(code) or names.get("programme", {}).get(code, code)


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
    labels = {str(site): f"{site} ({known.get(sido, sido)})" for site, sido in sido_of.items()}
    _seats(left, sites, "site", labels, programmes, names)
    _seats(right, targets, "sido", known, programmes, names)
    left.set_title("캠퍼스별")
    right.set_title("시도별")
    legend_below(figure, left.get_legend_handles_labels())
    return figure


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
