"""The scoreboard: what each model scored on what it had not seen, beside the naive model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.report.forecast_scores import default_rows
from forecast.report.leaderboard import main_scores
from forecast.report.style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    horizontal_only,
    sheet,
    shorten,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tables = Mapping[str, pd.DataFrame]
Names = Mapping[str, Mapping[str, str]]

FIT = {"exposure": "", "exposure_soc": " · SOC"}  # stage -> what its labels add
AHEAD = ("adoption", "employment", "exposure_trend")  # stages whose errors are those of forecasts
ERRORS = ("mae", "crps", "mase", "crps_scaled")  # the smaller the better, in some unit
NOMINAL = {"coverage80": 0.80, "coverage95": 0.95}


def draw_scoreboard(tables: Tables, names: Names) -> Figure:
    """Fit of the exposure models, errors against the naive model, and coverage of intervals."""
    scores = default_rows(main_scores(tables["scores"]), tables)
    # Of the trends that were tried the one that the chain goes on with.
    tried = (scores["stage"] == "exposure_trend") & ~scores["model"].str.endswith("_calibrated")
    scores = scores[~tried]
    fit, ahead = scores["stage"].isin(list(FIT)), scores["stage"].isin(AHEAD)
    parts = [
        (_fit_panel, scores[fit & (scores["metric"] == "r2")]),
        (_error_panel, scores[ahead & scores["metric"].isin(ERRORS)]),
        (_coverage_panel, scores[scores["metric"].isin(NOMINAL) & (scores["split"] != "random")]),
    ]
    parts = [(draw, table) for draw, table in parts if len(table)]
    heights = [max(table.groupby(["stage", "model", "target"]).ngroups, 3) for _, table in parts]
    figure = sheet(
        "얼마나 맞았나: 보지 않은 자료에서 잰 점수와 단순 모형",
        "Out-of-sample scores: fit (R2), errors relative to the naive model, coverage of intervals",
        width=10.5,
        height=2.0 + 0.5 * len(parts) + 0.33 * sum(heights),
    )
    panels = figure.subplots(len(parts), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes, (draw, table) in zip(panels, parts, strict=True):
        draw(axes, table)
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.2)
    return figure


def _fit_panel(axes: Axes, fit: pd.DataFrame) -> None:
    """R2 when whole families are left out, when rows are, and of the naive model."""
    keys = ["stage", "target", "model"]
    wide = fit.pivot_table(index=keys, columns="split", values="value").iloc[::-1]
    naive = fit[fit["split"] == "grouped"].set_index(keys)["naive_value"].reindex(wide.index)
    rows = np.arange(len(wide))
    axes.hlines(rows, naive, wide["grouped"], color=GREY, lw=1)
    axes.plot(naive, rows, "s", color=GREY, ms=6, label="단순 모형")
    axes.plot(wide["random"], rows, "o", mfc="white", mec=SKY, ms=7, label="무작위로 뺌 (부풀려짐)")
    axes.plot(wide["grouped"], rows, "o", color=BLUE, ms=7, label="직업군을 통째로 뺌")
    _label(axes, rows, wide.index)
    axes.set_title("노출: 설명력 R² (클수록 좋음)")


def _error_panel(axes: Axes, errors: pd.DataFrame) -> None:
    """Error divided by the error of the naive model: below 1 the model is better."""
    keys = ["stage", "target", "model"]
    ratio = errors.assign(ratio=errors["value"] / errors["naive_value"])
    absolute = ratio[ratio["metric"].isin(("mae", "mase"))].set_index(keys)["ratio"]
    crps = ratio[~ratio["metric"].isin(("mae", "mase"))].set_index(keys)["ratio"]
    wide = pd.DataFrame({"absolute": absolute, "crps": crps}).iloc[::-1]
    rows = np.arange(len(wide))
    axes.axvline(1.0, color=INK, lw=1)
    axes.plot(wide["absolute"], rows, "^", color=ORANGE, ms=7, label="절대 오차 (MAE, MASE)")
    axes.plot(wide["crps"], rows, "v", color=PURPLE, ms=7, label="분포 오차 (CRPS)")
    _label(axes, rows, wide.index)
    axes.set_title("오차 ÷ 단순 모형의 오차 (1보다 작으면 나음)")


def _coverage_panel(axes: Axes, cover: pd.DataFrame) -> None:
    """Share of outcomes inside the interval, beside what the interval promises."""
    keys = ["stage", "target", "model"]
    wide = cover.pivot_table(index=keys, columns="metric", values="value", sort=False).iloc[::-1]
    rows = np.arange(len(wide))
    for (metric, nominal), colour in zip(NOMINAL.items(), (BLUE, SKY), strict=True):
        if metric not in wide:
            continue
        axes.axvline(nominal, color=colour, lw=1, ls="--")
        axes.plot(wide[metric], rows, "D", color=colour, ms=6, label=f"{nominal:.0%} 구간")
    _label(axes, rows, wide.index)
    axes.set_title("구간에 실제 값이 든 비율 (점선: 약속한 비율)")


def _label(axes: Axes, rows: np.ndarray, keys: pd.Index) -> None:
    labels = [f"{target} · {model}{FIT.get(stage, '')}" for stage, target, model in keys]
    axes.set_yticks(rows, [shorten(label, 44) for label in labels], size=9)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.margins(x=0.06)
    horizontal_only(axes)
