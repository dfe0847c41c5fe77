"""What drives the count of people in need: sources of variance, and one parameter at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.report.reskilling_words import CHEON, SOURCE_NAMES, parameter_name
from forecast.report.style import (
    BLUE,
    INK,
    NEED_COLOURS,
    NEED_NAMES,
    SKY,
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

PARAMETERS = 12  # bars of each tornado


def draw_variance(tables: Tables, names: Names) -> Figure:
    """Share of variance by source and need: alone, and with all interactions."""
    table = tables["variance_shares"]
    order = table.groupby("source")["total_effect"].mean().sort_values(kind="stable").index
    figure = sheet(
        "이 수는 왜 불확실한가: 불확실성의 출처",
        f"Share of variance by source: alone (first order) and with interactions (total effect), "
        f"± one standard error; {int(table['draws'].max()):,} draws",
        width=11.5,
        height=2.2 + 0.42 * len(order),
    )
    panels = figure.subplots(1, len(NEED_NAMES), sharey=True, sharex=True)
    for axes, need in zip(panels, NEED_NAMES, strict=True):
        rows = table[table["need"] == need].set_index("source").reindex(order)
        places = np.arange(len(rows))
        for shift, key, face, label in (
            (0.19, "first_order", NEED_COLOURS[need], "그 출처만으로"),
            (-0.19, "total_effect", "white", "다른 출처와 얽힌 것까지"),
        ):
            axes.barh(
                places + shift,
                100 * rows[key],
                height=0.36,
                xerr=100 * rows[f"{key}_se"],
                facecolor=face,
                edgecolor=NEED_COLOURS[need],
                error_kw={"ecolor": INK, "lw": 1.0, "capsize": 2},
                label=label,
            )
        axes.set_title(NEED_NAMES[need])
        axes.set_xlabel("분산의 비중 (%)")
        axes.axvline(0, color=INK, lw=0.8)
        horizontal_only(axes)
    panels[0].set_yticks(
        np.arange(len(order)), [SOURCE_NAMES.get(str(source), str(source)) for source in order]
    )
    legend_below(figure, panels[0].get_legend_handles_labels())
    return figure


def draw_sensitivity(tables: Tables, names: Names) -> Figure:
    """The parameters that move each need most, at their 10 % and 90 % quantile and off."""
    table = tables["parameter_sensitivity"]
    needs = [need for need in NEED_NAMES if need in set(table["need"])]
    rows = {need: strongest(table, need) for need in needs}
    figure = sheet(
        "어떤 가정이 이 수를 가장 크게 바꾸는가",
        "One parameter at a time at its 10 % and 90 % quantile in every draw, and switched off; "
        "all years together, central scenario",
        width=10.4,
        height=1.6 + sum(0.9 + 0.26 * len(part) for part in rows.values()),
    )
    panels = figure.subplots(
        len(needs), 1, squeeze=False, height_ratios=[2 + len(rows[need]) for need in needs]
    )[:, 0]
    for axes, need in zip(panels, needs, strict=True):
        _tornado(axes, rows[need].iloc[::-1])
        axes.set_title(NEED_NAMES[need])
    panels[-1].set_xlabel("새로 필요한 사람 (천 명, 모든 연도 합)")
    legend_below(figure, panels[0].get_legend_handles_labels())
    return figure


def strongest(table: pd.DataFrame, need: str) -> pd.DataFrame:
    """Rows of ``parameter_sensitivity`` of one need, the widest swing first.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["a", "b"], "need": "ax", "at_low": [1.0, 5.0],
    ...                       "at_high": [2.0, 1.0], "base_persons": 1.5, "at_neutral": 0.0})
    >>> strongest(table, "ax")["name"].tolist()
    ['b', 'a']
    """
    part = table[table["need"] == need]
    swing = (part["at_high"] - part["at_low"]).abs()
    return part.loc[swing.sort_values(ascending=False, kind="stable").index].head(PARAMETERS)


def _tornado(axes: Axes, rows: pd.DataFrame) -> None:
    places = np.arange(len(rows))
    base = float(rows["base_persons"].iloc[0]) / CHEON
    for key, colour, label in (
        ("at_low", SKY, "10 % 분위일 때"),
        ("at_high", VERMILLION, "90 % 분위일 때"),
    ):
        values = rows[key].to_numpy() / CHEON
        axes.barh(places, values - base, left=base, height=0.68, color=colour, label=label)
    axes.plot(rows["at_neutral"] / CHEON, places, "D", ms=5, color=INK, label="끄면 (중립값)")
    axes.axvline(base, color=BLUE, lw=1.2, label="평균")
    axes.set_yticks(places, [parameter_name(str(name)) for name in rows["name"]])
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.set_xlim(left=min(0.0, float(rows["at_neutral"].min()) / CHEON))
    axes.margins(x=0.05)
    horizontal_only(axes)
