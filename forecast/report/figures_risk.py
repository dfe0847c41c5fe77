"""Jobs at risk: by preset beside the published figure, over thresholds, and by cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.report.style import (
    BLUE,
    GREY,
    INK,
    PERSONS_PER_MAN,
    PRESET_NAMES,
    SKY,
    VERMILLION,
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

GROUP_NAMES = {
    "TOT": "전체 직업",
    "2x": "그 밖의 전문가(2)",
    "!2": "전문가(2) 밖",
    "2": "전문가(2)",
}
IMPOSSIBLE = "exceeds_employment"  # a published cell larger than its employment
MAX_CELLS = 24  # rows that still read well on one sheet


def preset_name(preset: str) -> str:
    """Korean name of a preset; an unknown one keeps its own."""
    return PRESET_NAMES.get(preset, preset)


def cell_name(ksic: str, group: str, names: Names) -> str:
    """Korean name of an industry × occupation cell.

    Examples
    --------
    >>> cell_name("C", "!2", {"ksic": {"C": "제조업"}})
    '제조업 × 전문가(2) 밖'
    >>> cell_name("TOT", "23", {"ksco7": {"23": "공학 전문가 및 기술직"}})
    '전 산업 × 공학 전문가 및 기술직(23)'
    """
    industry = {"TOT": "전 산업", "other": "그 밖의 산업"}.get(ksic)
    if industry is None:
        industry = shorten(names.get("ksic", {}).get(ksic, ksic), 14)
    occupation = GROUP_NAMES.get(group)
    if occupation is None:
        known = names.get("ksco7", {}).get(group)
        occupation = group if known is None else f"{shorten(known, 14)}({group})"
    return f"{industry} × {occupation}"


def draw_headline(tables: Tables, names: Names) -> Figure:
    """Jobs at risk by preset with 80 and 95 % intervals and the published figure."""
    table = tables["headline"].iloc[::-1].reset_index(drop=True)
    rows = np.arange(len(table))
    figure = sheet(
        "AI 위험 일자리: 정의마다 다른 수, 그리고 그 불확실성",
        "Jobs by definition, with central 80 % and 95 % intervals and the published figure",
        height=1.9 + 0.62 * len(table),
    )
    axes = figure.subplots()
    _interval(axes, table, rows, "lower95", "upper95", width=3, colour=SKY, label="95 % 구간")
    _interval(axes, table, rows, "lower80", "upper80", width=8, colour=BLUE, label="80 % 구간")
    ours = table["at_risk_persons"] / PERSONS_PER_MAN
    axes.plot(ours, rows, "o", ms=8, mfc="white", mec=INK, mew=1.6, label="추정", zorder=4)
    published = table["published_persons"] / PERSONS_PER_MAN
    axes.plot(published, rows, "D", ms=7, color=VERMILLION, label="발표 값", zorder=5, alpha=0.9)
    for row, value, low, high in zip(rows, ours, table["lower80"], table["upper80"], strict=True):
        text = f"{value:,.0f} 만 ({low / PERSONS_PER_MAN:,.0f}–{high / PERSONS_PER_MAN:,.0f})"
        axes.annotate(text, (value, row), (0, 11), textcoords="offset points", ha="center", size=9)
    labels = [
        f"{preset_name(preset)}\n분모 {base / PERSONS_PER_MAN:,.0f}만"
        for preset, base in zip(table["preset"], table["base_persons"], strict=True)
    ]
    axes.set_yticks(rows, labels)
    axes.set_ylim(-0.6, len(table) - 0.3)
    axes.set_xlim(left=0)
    axes.set_xlabel("일자리 (만 개)")
    horizontal_only(axes)
    legend_below(figure, axes.get_legend_handles_labels())
    return figure


def draw_sweep(tables: Tables, names: Names) -> Figure:
    """Jobs at risk as the threshold moves: a count depends on where the line is drawn."""
    table = tables["threshold_sweep"].sort_values("threshold")
    figure = sheet(
        "기준선을 옮기면 위험 일자리 수가 이렇게 변한다",
        "Jobs at risk over the threshold on substitution; the band is the central 80 % interval",
    )
    axes = figure.subplots()
    low, high = table["lower80"] / PERSONS_PER_MAN, table["upper80"] / PERSONS_PER_MAN
    axes.fill_between(table["threshold"], low, high, color=SKY, alpha=0.35, lw=0, label="80 % 구간")
    count = table["at_risk_persons"] / PERSONS_PER_MAN
    axes.plot(table["threshold"], count, color=BLUE, lw=2, label="추정")
    axes.set_ylim(bottom=0)
    axes.set_xlim(table["threshold"].min(), table["threshold"].max())
    if "headline" in tables:
        _mark_published(axes, tables["headline"])
    axes.set_xlabel("대체 점수의 기준선 (0–1)")
    axes.set_ylabel("위험 일자리 (만 개)")
    axes.legend(loc="upper right")
    return figure


def draw_cells(tables: Tables, names: Names) -> Figure:
    """Industry × occupation cells after raking, beside the published ones, impossible flagged."""
    table = tables["at_risk_cells"]
    telling = table["published_persons"].notna() | table["flag"].str.contains(IMPOSSIBLE)
    table = table[telling & ~((table["ksic"] == "TOT") & (table["occupation_group"] == "TOT"))]
    table = table.sort_values("at_risk_persons", ascending=False, kind="stable").head(MAX_CELLS)
    table = table.iloc[::-1].reset_index(drop=True)
    rows = np.arange(len(table))
    impossible = table["flag"].str.contains(IMPOSSIBLE, regex=False).to_numpy()
    figure = sheet(
        "산업 × 직업 위험 일자리: 발표 값에 맞춘 칸과 배율",
        "Raked to the published cells; line: before raking; hatched: it exceeds its employment",
        height=2.0 + 0.30 * len(table),
    )
    axes = figure.subplots()
    ours = table["at_risk_persons"] / PERSONS_PER_MAN
    axes.barh(rows[~impossible], ours[~impossible], color=SKY, label="조정 후 추정")
    axes.barh(
        rows[impossible],
        ours[impossible],
        color="white",
        edgecolor=VERMILLION,
        hatch="////",
        label="취업자 수를 넘는 칸",
    )
    before = table["before_raking_persons"] / PERSONS_PER_MAN
    axes.plot(before, rows, "|", ms=13, mew=2, color=BLUE, label="조정 전 (이 모형)")
    published = table["published_persons"] / PERSONS_PER_MAN
    axes.plot(published, rows, "D", ms=6, color=INK, label="발표 값")
    for row, value, multiplier in zip(rows, ours, table["multiplier"], strict=True):
        times = "" if pd.isna(multiplier) else f"  (×{multiplier:.2f})"
        axes.annotate(
            f"{value:,.0f}{times}", (value, row), (9, 0), textcoords="offset points", va="center",
            size=9,
        )  # fmt: skip
    labels = [
        cell_name(ksic, group, names)
        for ksic, group in zip(table["ksic"], table["occupation_group"], strict=True)
    ]
    axes.set_yticks(rows, labels)
    axes.set_xlim(0, ours.max() * 1.18)
    axes.set_ylim(-0.6, len(table) - 0.4)
    axes.set_xlabel("위험 일자리 (만 개) · 괄호: 조정 배율")
    horizontal_only(axes)
    axes.legend(loc="lower right")
    return figure


def _interval(
    axes: Axes,
    table: pd.DataFrame,
    rows: np.ndarray,
    low: str,
    high: str,
    *,
    width: float,
    colour: str,
    label: str,
) -> None:
    axes.hlines(
        rows,
        table[low] / PERSONS_PER_MAN,
        table[high] / PERSONS_PER_MAN,
        color=colour,
        lw=width,
        label=label,
    )


def _mark_published(axes: Axes, headline: pd.DataFrame) -> None:
    """Draw each published figure as a line, named in the right margin, names kept apart."""
    top = axes.get_ylim()[1]
    known = headline.dropna(subset=["published_persons"]).sort_values("published_persons")
    free = 0.0
    for row in known.to_dict("records"):
        value = row["published_persons"] / PERSONS_PER_MAN
        if value > top:
            continue
        axes.axhline(value, color=GREY, lw=0.9, ls=(0, (4, 3)))
        place = max(value / top, free)
        free = place + 0.055
        axes.annotate(
            f"{preset_name(row['preset'])} 발표 {value:,.0f}만",
            (1.0, value),
            (1.02, place),
            xycoords=("axes fraction", "data"),
            textcoords="axes fraction",
            va="center",
            size=9,
            color=INK,
            arrowprops={"arrowstyle": "-", "color": GREY, "lw": 0.6},
        )
