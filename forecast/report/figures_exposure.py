"""Exposure by occupation: the map of four quadrants, and the top and bottom of the ranking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.report.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PERSONS_PER_MAN,
    QUADRANT_NAMES,
    VERMILLION,
    halo,
    horizontal_only,
    legend_below,
    sheet,
    shorten,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tables = Mapping[str, pd.DataFrame]
Names = Mapping[str, Mapping[str, str]]

LABELLED = 12  # bubbles with a name: the largest employers
RANKED = 10  # occupations at either end
POINTS_PER_MAN = 2.6  # bubble area (points²) for 10,000 employed

SURE = 0.8  # a group in its quadrant in fewer draws is drawn hollow

QUADRANT_COLOURS = {
    "high_low": VERMILLION,
    "high_high": BLUE,
    "low_low": ORANGE,
    "low_high": GREEN,
}


def draw_quadrants(tables: Tables, names: Names) -> Figure:
    """Exposure against complementarity by sub-major group, cut as the IMF presets are."""
    from matplotlib.collections import PathCollection

    table = tables["quadrants"].query("level == 'sub_major'").reset_index(drop=True)
    employed = table["employed_persons"].fillna(0)
    figure = sheet(
        "노출과 보완성의 네 구역: 같은 노출도 보완성에 따라 뜻이 다르다",
        "Area = employed; lines = medians over minor groups; hollow = the quadrant is uncertain",
        height=6.8,
    )
    axes = figure.subplots()
    axes.axvline(table["exposure_cut"].mean(), color=GREY, lw=0.9, ls="--")
    axes.axhline(table["complementarity_cut"].mean(), color=GREY, lw=0.9, ls="--")
    for quadrant, colour in QUADRANT_COLOURS.items():
        share = (employed * table[f"p_{quadrant}"]).sum() / max(employed.sum(), 1)
        for sure in (True, False):
            inside = (table["quadrant"] == quadrant) & ((table["probability"] >= SURE) == sure)
            axes.scatter(
                table["exposure"][inside],
                table["complementarity"][inside],
                s=employed[inside] / PERSONS_PER_MAN * POINTS_PER_MAN + 8,
                facecolor=colour if sure else "none",
                edgecolors="white" if sure else colour,
                alpha=0.55 if sure else 0.9,
                label=f"{QUADRANT_NAMES[quadrant]} (취업자 {share:.0%})" if sure else None,
            )
    axes.margins(0.09)
    axes.set_xlabel("노출 (AI가 하거나 도울 수 있는 과업의 비중, 0–1)")
    axes.set_ylabel("보완성 θ (0–1)")
    legend_below(figure, axes.get_legend_handles_labels())
    for handle in figure.legends[0].legend_handles:
        if isinstance(handle, PathCollection):
            handle.set_sizes([60])
    _label_largest(figure, axes, table.assign(employed_persons=employed))
    return figure


def draw_ranking(tables: Tables, names: Names) -> Figure:
    """The occupations with the highest and lowest substitution, with 80 % intervals."""
    table = _sub_major(tables).sort_values("substitution", ascending=False, kind="stable")
    count = min(RANKED, len(table) // 2)
    figure = sheet(
        f"대체 점수 상위 {count}개와 하위 {count}개 직업 (중분류)",
        "Highest and lowest substitution scores, with the central 80 % interval and exposure",
        width=11.5,
        height=1.9 + 0.36 * count,
    )
    axes = figure.subplots(1, 2, sharex=True)
    highest = table["substitution_upper80"].max()
    for place, (part, title, colour) in enumerate(
        [(table.head(count), "가장 높은", VERMILLION), (table.tail(count), "가장 낮은", GREEN)]
    ):
        _ranking_panel(axes[place], part.iloc[::-1], title, colour)
    axes[0].set_xlim(0, min(1.0, 1.05 * max(highest, table["exposure"].max())))
    legend_below(figure, axes[0].get_legend_handles_labels())
    return figure


def _ranking_panel(axes: Axes, part: pd.DataFrame, title: str, colour: str) -> None:
    rows = np.arange(len(part))
    axes.hlines(
        rows,
        part["substitution_lower80"],
        part["substitution_upper80"],
        color=colour,
        alpha=0.45,
        lw=7,
        label="80 % 구간",
    )
    axes.plot(part["substitution"], rows, "o", color=colour, ms=7, label="대체 점수")
    axes.plot(part["exposure"], rows, "|", color=INK, ms=11, mew=1.6, label="노출")
    axes.set_yticks(rows, [shorten(name, 20) for name in part["name_ko"]])
    axes.set_ylim(-0.6, len(part) - 0.4)
    axes.set_title(f"{title} 직업")
    axes.set_xlabel("점수 (0–1)")
    horizontal_only(axes)


def _sub_major(tables: Tables) -> pd.DataFrame:
    table = tables["exposure_ksco"]
    return table[table["level"] == "sub_major"].reset_index(drop=True)


def _label_largest(figure: Figure, axes: Axes, table: pd.DataFrame) -> None:
    """Name the largest bubbles; a label moves away from those already placed."""
    figure.draw_without_rendering()  # lays the axes out, so that places in pixels are known
    largest = table.sort_values("employed_persons", ascending=False, kind="stable").head(LABELLED)
    places = largest[["exposure", "complementarity"]].to_numpy()
    points = axes.transData.transform(places)
    pixels = figure.dpi / 72
    taken: list[tuple[float, float, float, float]] = []
    for (x, y), (exposure, theta), name in zip(points, places, largest["name_ko"], strict=True):
        text = shorten(name, 14)
        width, height = 10.0 * len(text) * pixels * 0.92, 13 * pixels
        best = min(
            _offsets(pixels),
            key=lambda move: (
                _overlap((x + move[0], y + move[1], width, height), taken, axes)
                + 0.01 * (abs(move[0]) + abs(move[1]))
            ),
        )
        taken.append((x + best[0], y + best[1], width, height))
        label = axes.annotate(
            text,
            (exposure, theta),
            (best[0] / pixels, best[1] / pixels),
            textcoords="offset points",
            size=9,
            ha="center",
            va="center",
        )
        halo(label).set_in_layout(False)


def _offsets(pixels: float) -> list[tuple[float, float]]:
    return [
        (dx * pixels, dy * pixels)
        for dy in (0, 12, -12, 22, -22, 34, -34)
        for dx in (0, 40, -40, 75, -75)
    ]


def _overlap(
    box: tuple[float, float, float, float],
    taken: list[tuple[float, float, float, float]],
    axes: Axes,
) -> float:
    x, y, width, height = box
    total = 0.0
    for other_x, other_y, other_width, other_height in taken:
        across = (width + other_width) / 2 - abs(x - other_x)
        along = (height + other_height) / 2 - abs(y - other_y)
        total += max(across, 0.0) * max(along, 0.0)
    frame = axes.get_window_extent()
    total += 50 * max(frame.x0 - (x - width / 2), 0) + 50 * max(x + width / 2 - frame.x1, 0)
    return total + 50 * max(frame.y0 - y, 0) + 50 * max(y - frame.y1, 0)
