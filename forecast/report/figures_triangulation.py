"""Where the indices agree and where not: occupations against indices, as a map of percentiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.report.style import (
    CONSTRUCT_NAMES,
    GREY,
    INDEX_NAMES,
    INK,
    PALE,
    VERMILLION,
    sheet,
    shorten,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tables = Mapping[str, pd.DataFrame]
Names = Mapping[str, Mapping[str, str]]

OURS = ("exposure", "substitution")
ROW_INCHES = 0.205


def index_name(index: str) -> str:
    """Korean name of an index; an own copy keeps its own.

    Examples
    --------
    >>> index_name("ilo_2023"), index_name("webb_ai")
    ('ILO 2023', 'webb_ai')
    """
    return INDEX_NAMES.get(index, index)


def draw_triangulation(tables: Tables, names: Names) -> Figure:
    """Sub-major groups by index: employment percentile, and whom the index calls at risk."""
    rows = tables["triangulation"].query("level == 'sub_major'")
    groups = tables["triangulation_occupations"].query("level == 'sub_major'").set_index("ksco7")
    order = list(dict.fromkeys(rows["index"]))
    percentile = rows.pivot(index="ksco7", columns="index", values="percentile")[order]
    published = [name for name in order if name not in OURS]
    ranked = percentile[published].mean(axis=1).sort_values(ascending=False, kind="stable").index
    percentile = percentile.loc[ranked]
    at_risk = rows.pivot(index="ksco7", columns="index", values="at_risk_share")
    figure = sheet(
        "지표마다 누구를 위험하다고 하는가: 직업 중분류 × 지표",
        "Employment-weighted percentile by index; dots: among the most exposed under one rule",
        width=10.4,
        height=2.6 + ROW_INCHES * len(percentile),
    )
    axes = figure.subplots()
    axes.set_facecolor(PALE)  # what an index does not cover stays bare
    picture = axes.imshow(percentile.to_numpy(), cmap="cividis", vmin=0, vmax=100, aspect="auto")
    _mark_at_risk(axes, at_risk.loc[ranked, order])
    _divide(axes, rows.drop_duplicates("index").set_index("index")["construct"].loc[order])
    axes.set_xticks(
        range(len(order)), [index_name(name) for name in order], rotation=40, ha="right"
    )
    axes.set_yticks(
        range(len(percentile)), [f"{shorten(groups['name_ko'][c], 20)} {c}" for c in ranked], size=9
    )
    agreeing = axes.secondary_yaxis("right")
    counts = [f"{groups['n_indices_at_risk'][c]}/{groups['n_indices'][c]}" for c in ranked]
    agreeing.set_yticks(range(len(percentile)), counts, size=9)
    agreeing.set_ylabel("위험하다고 보는 발표 지표의 수 / 값이 있는 지표의 수")
    for side in (axes, agreeing):
        side.tick_params(length=0)
    axes.grid(visible=False)
    bar = figure.colorbar(picture, ax=axes, location="bottom", shrink=0.5, aspect=40, pad=0.01)
    bar.set_label("취업자 가중 백분위 (100 = 가장 노출)")
    return figure


def _mark_at_risk(axes: Axes, at_risk: pd.DataFrame) -> None:
    """A full dot where most of the group is at risk, a ring where it is split at the margin."""
    shares = at_risk.to_numpy()
    for inside, face in ((shares > 0.5, VERMILLION), ((shares > 0) & (shares <= 0.5), "none")):
        down, across = np.nonzero(inside)
        axes.scatter(across, down, s=22, facecolor=face, edgecolor=VERMILLION, linewidth=1.0)


def _divide(axes: Axes, constructs: pd.Series) -> None:
    """Draw a line between ours and the published, and between constructs, and name the parts."""
    parts = ["ours" if index in OURS else name for index, name in constructs.items()]
    starts = [p for p in range(len(parts)) if p == 0 or parts[p] != parts[p - 1]]
    for start, end in zip(starts, [*starts[1:], len(parts)], strict=True):
        if start:
            axes.axvline(start - 0.5, color=INK, lw=1.6)
        text = "이 모형" if parts[start] == "ours" else CONSTRUCT_NAMES[parts[start]]
        middle = (start + end - 1) / 2
        axes.annotate(
            text,
            (middle, 1.0),
            (0, 4),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            size=9,
            color=GREY,
        )
