"""Every exposure model on every main target: families left out, random folds, naive forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast.report.leaderboard import MAIN_INDICES, UNRELATED, candidates, is_comparison
from forecast.report.style import (
    BLUE,
    GREY,
    MODEL_NAMES,
    ORANGE,
    SKY,
    TARGET_NAMES,
    VERMILLION,
    horizontal_only,
    legend_below,
    sheet,
)
from forecast.stages.candidates import SELECTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tables = Mapping[str, pd.DataFrame]
Names = Mapping[str, Mapping[str, str]]

ACROSS = 3  # panels side by side
SYSTEMS = {"exposure": "ISCO", "exposure_soc": "SOC"}
NAIVE = {  # column -> colour, dashes, words of the legend
    "naive_group_mean_r2": (GREY, "-", "상위 직업군 평균"),
    "naive_mean_rank_r2": (ORANGE, "--", "다른 지표의 평균 순위"),
}


def draw_leaderboard(tables: Tables, names: Names) -> Figure | None:
    """One panel a target; nothing where only a few candidates ran."""
    board = tables["leaderboard"]
    if not is_comparison(board):
        return None
    # The choice stands in the last line: what a run gets that does not know the best beforehand.
    shown = pd.concat([candidates(board), board[board["model"] == SELECTED]])
    rows: list[list[pd.DataFrame]] = []
    for _, part in shown.groupby("stage"):
        every = [part[part["target"] == target] for target in (UNRELATED, *MAIN_INDICES)]
        own = [table for table in every if len(table)]
        rows += [own[start : start + ACROSS] for start in range(0, len(own), ACROSS)]
    heights = [1.1 + 0.27 * row[0]["model"].nunique() for row in rows]
    figure = sheet(
        "모형 순위표: 보지 않은 직업군을 얼마나 맞히는가 (설명력 R²)",
        "Grouped against random folds, with the naive forecasts; orange ring: chosen",
        width=11.0,
        height=1.5 + sum(heights),
    )
    grid = figure.subplots(len(rows), ACROSS, squeeze=False, height_ratios=heights)
    for line, row in zip(grid, rows, strict=True):
        order = _order(shown[shown["stage"] == row[0]["stage"].iloc[0]])
        for place, axes in enumerate(line):
            if place < len(row):
                _panel(axes, row[place], order, labelled=place == 0)
            else:
                axes.set_visible(False)
    entries: tuple[list[Any], list[Any]] = ([], [])
    for axes in grid.ravel():
        for found, handles in zip(entries, axes.get_legend_handles_labels(), strict=True):
            found.extend(handles)
    legend_below(figure, entries)
    return figure


def _order(shown: pd.DataFrame) -> list[str]:
    """Models from the worst to the best where the choice is made, the choice itself first."""
    judged = shown[shown["target"] == UNRELATED].set_index("model")["r2_grouped"]
    ranked = sorted(set(judged.index) - {SELECTED}, key=lambda name: (judged[name], name))
    return [name for name in (SELECTED,) if name in judged.index] + ranked


def _panel(axes: Axes, table: pd.DataFrame, order: list[str], *, labelled: bool) -> None:
    table = table.set_index("model").reindex(order)
    rows = np.arange(len(order))
    for column, (colour, dashes, words) in NAIVE.items():
        value = table[column].dropna()
        if len(value):
            axes.axvline(value.iloc[0], color=colour, ls=dashes, lw=1.4, label=words)
    axes.plot(
        table["r2_random"], rows, "o", mfc="white", mec=SKY, ms=7, label="무작위로 뺌 (형제를 봄)"
    )
    axes.plot(table["r2_grouped"], rows, "o", color=BLUE, ms=6, label="직업군을 통째로 뺌")
    won = (table["chosen"] == "yes").to_numpy()
    axes.plot(
        table["r2_grouped"][won],
        rows[won],
        "o",
        mfc="none",
        mec=VERMILLION,
        ms=11,
        label="고른 모형",
    )
    axes.set_yticks(rows, [MODEL_NAMES.get(name, name) for name in order] if labelled else [])
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.margins(x=0.08)
    axes.locator_params(axis="x", nbins=5)
    horizontal_only(axes)
    stage, target = table["stage"].dropna().iloc[0], table["target"].dropna().iloc[0]
    axes.set_title(f"{SYSTEMS[stage]} · {TARGET_NAMES.get(target, target)}")
