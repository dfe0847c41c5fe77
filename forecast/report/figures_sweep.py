"""A sweep of scores as one figure: its trials, and what choosing the best of them flatters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.report.figures_sweep_rows import (
    NAMED,
    ROW_INCHES,
    name_rows,
    row_places,
    trial_label,
)
from forecast.report.figures_sweep_runs import draw_headlines
from forecast.report.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    MODEL_NAMES,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    drawing,
    horizontal_only,
    legend_below,
    save,
    sheet,
    shorten,
)
from forecast.report.sweep_choice import SURE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forecast.types_sweep import Floats

Tables = Mapping[str, pd.DataFrame]

RIVALS = 10  # next best trials whose difference to the winner is shown
REACH = 0.6  # of what the named trials span: the axis goes on so far for the naive model, no more
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, INK)  # by model; with more models all are blue
METRIC_NAMES = {"r2": "설명력 R²", "crps_skill": "단순 모형 대비 CRPS 개선"}
ESTIMATE_NAMES = {
    "cross_validation": "고른 점수 그대로",
    "selection_adjusted": "고른 만큼 바로잡음",
    "nested": "고르기까지 시험",
    "locked_test": "잠가 둔 시험",
}


def draw_sweep_figures(
    tables: Tables, folder: Path, *, provenance: str = "unstated"
) -> dict[str, Path]:
    """Draw the figure of a sweep: of scores, or of whole runs.

    Parameters
    ----------
    tables : mapping of DataFrame
        From :mod:`forecast.report.sweep_tables`.
    folder : Path
        Where the PNG goes; made if absent.
    provenance : str
        ``official`` or ``synthetic``; printed on the figure.

    Returns
    -------
    dict
        ``sweep_trials`` or ``sweep_headlines`` to its file; empty where no trial has a result.
        Same tables, same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draw = {"sweep_selection": draw_trials, "sweep_headlines": draw_headlines}
    names = {"sweep_selection": "sweep_trials", "sweep_headlines": "sweep_headlines"}
    paths = {}
    with drawing():
        for table in [name for name in draw if name in tables]:
            figure = draw[table](tables)
            if figure is not None:
                path = folder / f"{names[table]}.png"
                paths[names[table]] = save(figure, path, provenance=provenance)
    return paths


def draw_trials(tables: Tables) -> Figure | None:
    """Trials by score, the winner's score by four estimates, and the winner less its rivals.

    Parameters
    ----------
    tables : mapping of DataFrame
        ``sweep_trials``, ``sweep_selection`` and ``sweep_comparison``.

    Returns
    -------
    Figure or None
        None where no trial has a score.
    """
    table = tables["sweep_trials"]
    compared = table[table["comparable"]].sort_values("rank", ignore_index=True)
    if compared.empty:
        return None
    rows = row_places(len(compared))
    rivals = _rivals(tables)
    heights = [1.5 + 0.42 * len(tables["sweep_selection"])]
    if len(rivals):
        heights.append(0.9 + 0.3 * len(rivals))
    room = max(0.9 + ROW_INCHES * (rows[-1] + 1.5), sum(heights))
    metric = METRIC_NAMES.get(compared["metric"].iloc[0], compared["metric"].iloc[0])
    figure = sheet(
        f"시행 {len(compared)}개의 점수, 그리고 가장 좋은 것을 고른 만큼의 부풀림",
        "Trials with their own 95 % intervals; beside them the chosen one's score as it is, "
        "adjusted for choosing, nested and locked",
        width=12.4,
        height=1.3 + room,
    )
    if room - sum(heights) > 1:
        heights.append(room - sum(heights))  # stays empty
    grid = figure.add_gridspec(len(heights), 2, width_ratios=[1.3, 1.0], height_ratios=heights)
    left = figure.add_subplot(grid[:, 0])
    _trials(left, compared, rows)
    left.set_xlabel(f"{metric} (높을수록 좋음)")
    _estimates(figure.add_subplot(grid[0, 1]), tables["sweep_selection"])
    if len(rivals):
        _differences(figure.add_subplot(grid[1, 1]), rivals)
    legend_below(figure, left.get_legend_handles_labels(), place="left")
    return figure


def _trials(axes: Axes, compared: pd.DataFrame, rows: Floats) -> None:
    score = compared["score"].to_numpy()
    named = compared.head(NAMED)
    low, high, naive_shown = _span(named, float(compared["naive_score"].iloc[0]))
    naive = float(compared["naive_score"].iloc[0])
    if naive_shown:
        words = f"단순 모형 {naive:.3f}"
        axes.axvline(naive, color=GREY, ls="--", lw=1.4, label=words)
    else:
        axes.plot([], [], "--", color=GREY, label=f"단순 모형 {naive:.3f} (축의 왼쪽 밖)")
    models = list(dict.fromkeys(compared.sort_values("number")["model"]))
    colours = dict(zip(models, COLOURS, strict=False)) if len(models) <= len(COLOURS) else {}
    for model in models if colours else [""]:
        own = (compared["model"] == model).to_numpy() if colours else np.full(len(score), True)
        colour = colours.get(model, BLUE)
        ends = compared[own & (compared.index < NAMED)]
        axes.hlines(
            rows[ends.index], ends["lower95"], ends["upper95"], color=colour, alpha=0.45, lw=2
        )
        label = shorten(MODEL_NAMES.get(model, model) or "시행", 13)
        seen = own & (score >= low)
        axes.plot(score[seen], rows[seen], "o", ms=4.5, color=colour, label=label)
        for row in rows[own & (score < low)]:
            axes.plot(low, row, "<", ms=4, color=colour, clip_on=False)
    if (score < low).any():
        axes.plot([], [], "<", ms=4, color=GREY, label="축의 왼쪽 밖")
    axes.plot(
        score[:1], rows[:1], "o", ms=11, mfc="none", mec=VERMILLION, mew=1.8, label="고른 시행"
    )
    axes.set_xlim(low, high)
    labels = [trial_label(r, n) for r, n in zip(compared["rank"], compared["name"], strict=True)]
    name_rows(axes, labels, rows)
    axes.set_title("시행마다의 점수와 자기 95 % 구간")


def _span(named: pd.DataFrame, naive: float) -> tuple[float, float, bool]:
    """Ends of the axis of scores, and whether the naive model lies within them."""
    low, high = float(named["lower95"].min()), float(named["upper95"].max())
    span = max(high - low, 1e-3)
    shown = low - REACH * span <= naive <= high + REACH * span
    if shown:
        low, high = min(low, naive), max(high, naive)
    return low - 0.06 * span, high + 0.06 * span, shown


def _estimates(axes: Axes, selection: pd.DataFrame) -> None:
    """The score of the winner by every estimate, with what it loses to the one it was chosen by."""
    rows = np.arange(len(selection))
    own = float(selection["score"].iloc[0])
    axes.axvline(own, color=VERMILLION, ls=":", lw=1.2)
    for row, found in zip(rows, selection.to_dict("records"), strict=True):
        colour = VERMILLION if row == 0 else BLUE
        axes.hlines(row, found["lower95"], found["upper95"], color=colour, alpha=0.45, lw=5)
        axes.plot(found["score"], row, "o", ms=7, color=colour)
        words = f"{found['score']:.3f}"
        if not np.isnan(found["lower95"]):
            words += f" ({found['lower95']:.3f}–{found['upper95']:.3f})"
        if row:
            words += f"  {found['score'] - own:+.3f}"
        axes.annotate(
            words, (found["score"], row), (0, 8), textcoords="offset points", ha="center", size=9
        )
    axes.set_yticks(rows, [ESTIMATE_NAMES[name] for name in selection["estimate"]])
    axes.set_ylim(len(rows) - 0.5, -0.75)
    axes.margins(x=0.16)
    axes.locator_params(axis="x", nbins=6)
    horizontal_only(axes)
    axes.set_title("고른 시행의 점수, 네 가지로")


def _rivals(tables: Tables) -> pd.DataFrame:
    """Differences between the winner and the next best trials, with their ranks."""
    ranks = tables["sweep_trials"].set_index("trial")["rank"]
    rivals = tables["sweep_comparison"]
    rivals = rivals[rivals["rival"].isin(ranks.index)].head(RIVALS)
    return rivals.assign(rank=rivals["rival"].map(ranks))


def _differences(axes: Axes, rivals: pd.DataFrame) -> None:
    rows = np.arange(len(rivals))
    sure = (rivals["p_value_holm"] < SURE).to_numpy()
    axes.axvline(0.0, color=GREY, lw=1.2)
    axes.hlines(rows, rivals["lower95"], rivals["upper95"], color=BLUE, alpha=0.45, lw=3)
    axes.plot(rivals["difference"][sure], rows[sure], "o", ms=6, color=BLUE, label="구별됨")
    axes.plot(
        rivals["difference"][~sure], rows[~sure], "o", ms=6, mfc="white", mec=BLUE,
        label="구별되지 않음",
    )  # fmt: skip
    axes.set_yticks(rows, [f"{rank}위" for rank in rivals["rank"]])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.locator_params(axis="x", nbins=6)
    horizontal_only(axes)
    axes.set_title("고른 시행에서 다음 시행을 뺀 차이 (폴드끼리)")
    axes.set_xlabel("점수 차이와 95 % 구간; 빈 점은 구별되지 않음 (Holm)")
