"""Forecasts on their own past: skill by level and horizon, intervals, models side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast.report.forecast_bars import COVERAGE_POINTS, PROMISED
from forecast.report.forecast_scores import default_model, default_scores, rivals
from forecast.report.style import (
    BLUE,
    BOLD,
    GREEN,
    GREY,
    INK,
    LEVEL_NAMES,
    MODEL_NAMES,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    adoption_target,
    horizontal_only,
    sheet,
    shorten,
)
from forecast.validation.levels import ALL_HORIZONS, ALL_SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

Tables = Mapping[str, pd.DataFrame]
Names = Mapping[str, Mapping[str, str]]

ACROSS = 3  # adoption panels side by side
LEVEL_COLOURS = {
    "cells": SKY,
    "majors_by_age": PURPLE,
    "occupations": BLUE,
    "majors": GREEN,
    "ages": ORANGE,
    "total": VERMILLION,
    ALL_SERIES: INK,
}
INTERVAL_COLOURS = {"coverage80": BLUE, "coverage95": ORANGE}


def draw_forecast_scoreboard(tables: Tables, names: Names) -> Figure:
    """Back-test of employment, and of adoption where the run has it."""
    n_model = 1 + len(rivals(tables))
    adoption = _adoption_parts(tables)
    rows = [adoption[start : start + ACROSS] for start in range(0, len(adoption), ACROSS)]
    heights = [3.8, 1.6 + 0.3 * n_model]
    heights += [1.6 + 0.3 * max(part["model"].nunique() for part in row) for row in rows]
    figure = sheet(
        "과거에서 다시 해 본 예측: 미리 정한 단순 모형보다 나은가",
        "Rolling-origin back-test: skill over the better naive model, coverage, every rival; "
        "below zero a loss",
        width=11.0,
        height=1.0 + sum(heights),
    )
    lines = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    left, right = lines[0].subplots(1, 2)
    _by_horizon(left, tables)
    _coverage(right, tables)
    left, right = lines[1].subplots(1, 2)
    _models(left, tables)
    _against_default(right, tables)
    for line, row in zip(lines[2:], rows, strict=True):
        panels = line.subplots(1, ACROSS)
        for axes, part in zip(panels, row, strict=False):
            _adoption(axes, part)
        for axes in panels[len(row) :]:
            axes.set_visible(False)
    for line in lines:
        _legend(line)
    return figure


def _by_horizon(axes: Axes, tables: Tables) -> None:
    """Skill of the default in scaled CRPS, one line a level."""
    axes.axhline(0.0, color=INK, lw=1)
    for level in tables["scoreboard"]["target"].unique():
        if level not in LEVEL_COLOURS:
            continue
        skill = default_scores(tables, level, "crps_scaled")["skill_percent"].drop(ALL_HORIZONS)
        axes.plot(
            skill.index,
            skill,
            "o-",
            color=LEVEL_COLOURS[level],
            lw=2.4 if level == ALL_SERIES else 1.3,
            ms=4,
            label=LEVEL_NAMES[level],
        )
    axes.set_xticks(skill.index)
    axes.set_xlabel("몇 반기 앞")
    axes.set_ylabel("CRPS 개선 (%)")
    axes.set_title("나은 단순 모형보다 얼마나 작은가")


def _coverage(axes: Axes, tables: Tables) -> None:
    """Share of outcomes inside the intervals of the default, over all series."""
    for metric, promised in PROMISED.items():
        share = 100.0 * default_scores(tables, ALL_SERIES, metric)["value"].drop(ALL_HORIZONS)
        colour = INTERVAL_COLOURS[metric]
        low, high = promised - COVERAGE_POINTS, min(promised + COVERAGE_POINTS, 100.0)
        axes.axhspan(low, high, color=colour, alpha=0.12, lw=0)
        axes.axhline(promised, color=colour, lw=1, ls="--")
        axes.plot(share.index, share, "D-", color=colour, ms=5, label=f"{promised:.0f} % 구간")
    axes.set_xticks(share.index)
    axes.set_xlabel("몇 반기 앞")
    axes.set_ylabel("실제 값이 든 비율 (%)")
    axes.set_title(f"구간은 약속을 지키는가 (띠: ±{COVERAGE_POINTS:.0f}점)")


def _models(axes: Axes, tables: Tables) -> None:
    """Skill of every model over the better naive model, the best on top."""
    board = tables["scoreboard"]
    every = board[(board["target"] == ALL_SERIES) & (board["horizon"] == ALL_HORIZONS)]
    wide = every.pivot(index="model", columns="metric", values="skill_percent")
    wide = wide.sort_values("crps_scaled")
    rows = np.arange(len(wide))
    axes.axvline(0.0, color=INK, lw=1)
    axes.plot(wide["mase"], rows, "^", color=ORANGE, ms=7, label="절대 오차 (MASE)")
    axes.plot(wide["crps_scaled"], rows, "v", color=PURPLE, ms=7, label="분포 오차 (CRPS)")
    _label(axes, rows, list(wide.index))
    chosen = list(wide.index).index(default_model(tables))
    axes.get_yticklabels()[chosen].set_fontweight(BOLD)
    axes.set_xlabel("나은 단순 모형보다 개선 (%)")
    axes.set_title("모형별, 계열 전부")


def _against_default(axes: Axes, tables: Tables) -> None:
    """How far the default is below every rival, with the interval of the bootstrap."""
    found = rivals(tables).iloc[::-1]
    rows, skill = np.arange(len(found)), found["skill_percent"].to_numpy()
    # A percentile interval need not hold the estimate; a bar cannot reach backwards.
    ends = [
        np.maximum(skill - found["lower95"].to_numpy(), 0.0),
        np.maximum(found["upper95"].to_numpy() - skill, 0.0),
    ]
    colours = [BLUE if value > 0 else VERMILLION for value in skill]
    axes.axvline(0.0, color=INK, lw=1)
    axes.errorbar(skill, rows, xerr=ends, fmt="none", ecolor=GREY, capsize=3)
    axes.scatter(skill, rows, c=colours, s=36, zorder=3)
    _label(axes, rows, list(found["rival"]))
    axes.set_xlabel("기본 모형의 CRPS가 작은 정도 (%)")
    name = MODEL_NAMES.get(default_model(tables), default_model(tables))
    axes.set_title(f"기본 모형({name}) 대 경쟁 모형, 95 % 구간")


def _adoption_parts(tables: Tables) -> list[pd.DataFrame]:
    """Errors of adoption models relative to the last value, one table a target."""
    if "scores" not in tables:
        return []
    rows = tables["scores"]
    errors = rows[(rows["stage"] == "adoption") & rows["metric"].isin(("mae", "crps"))]
    ratio = errors.assign(ratio=errors["value"] / errors["naive_value"]).dropna(subset="ratio")
    return [part for _, part in ratio.groupby("target", sort=False)]


def _adoption(axes: Axes, part: pd.DataFrame) -> None:
    wide = part.pivot(index="model", columns="metric", values="ratio")
    wide = wide.sort_values("crps", ascending=False)
    rows = np.arange(len(wide))
    axes.axvline(1.0, color=INK, lw=1)
    axes.plot(wide["mae"], rows, "^", color=ORANGE, ms=6, label="MAE")
    axes.plot(wide["crps"], rows, "v", color=PURPLE, ms=6, label="CRPS")
    _label(axes, rows, list(wide.index))
    axes.set_xlabel("오차 ÷ 직전 값의 오차")
    axes.set_title(shorten(adoption_target(part["target"].iloc[0]), 24))


def _label(axes: Axes, rows: np.ndarray, models: list[str]) -> None:
    axes.set_yticks(rows, [shorten(MODEL_NAMES.get(name, name), 22) for name in models], size=9)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.margins(x=0.08)
    axes.locator_params(axis="x", nbins=6)
    horizontal_only(axes)


def _legend(line: SubFigure) -> None:
    """One legend under the panels of a line, each label once."""
    entries: dict[str, Any] = {}
    for axes in line.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    line.legend(
        list(entries.values()), list(entries), loc="outside lower center", ncols=len(entries)
    )
