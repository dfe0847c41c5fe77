"""A sweep of whole runs as one figure: jobs at risk, training needed and seats, run by run."""

from __future__ import annotations

from collections.abc import Mapping
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
from forecast.report.style import (
    BLUE,
    GREEN,
    INK,
    NEED_COLOURS,
    NEED_NAMES,
    PERSONS_PER_MAN,
    SKY,
    legend_below,
    sheet,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forecast.types_sweep import Floats

Tables = Mapping[str, pd.DataFrame]
NEED_COLUMNS = {need: f"{need}_persons" for need in NEED_NAMES}
FULL = 0.62  # of a row: height of the bar of a named trial


def draw_headlines(tables: Tables) -> Figure | None:
    """Headline figures of every finished run side by side, in order of request.

    Parameters
    ----------
    tables : mapping of DataFrame
        ``sweep_headlines``.

    Returns
    -------
    Figure or None
        A panel for jobs at risk, training needed and seats where any run has them; None where
        none has anything.
    """
    table = tables["sweep_headlines"]
    table = table[table["status"] == "finished"].reset_index(drop=True)
    panels = [
        draw
        for draw, columns in (
            (_at_risk, ["at_risk_persons"]),
            (_needs, list(NEED_COLUMNS.values())),
            (_seats, ["allocated_persons"]),
        )
        if table[columns].notna().any(axis=None)
    ]
    if not panels:
        return None
    rows = row_places(len(table))
    figure = sheet(
        f"실행 {len(table)}개의 결과: 가정이 다르면 수도 다르다",
        "Headlines of every run with central 80 % intervals; no score decides between them",
        width=12.4,
        height=3.0 + ROW_INCHES * (rows[-1] + 1.5),
    )
    every = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for draw, axes in zip(panels, every, strict=True):
        draw(axes, table, rows)
        axes.locator_params(axis="x", nbins=5)
    labels = [
        trial_label(number, name)
        for number, name in zip(table["number"], table["name"], strict=True)
    ]
    name_rows(every[0], labels, rows)
    for axes in every[1:]:
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
    found = [axes.get_legend_handles_labels() for axes in every]
    entries = ([h for one, _ in found for h in one], [text for _, two in found for text in two])
    legend_below(figure, entries, place="left")
    return figure


def _at_risk(axes: Axes, table: pd.DataFrame, rows: Floats) -> None:
    people, low, high = (
        table[column] / PERSONS_PER_MAN for column in ("at_risk_persons", "lower80", "upper80")
    )
    named = slice(0, NAMED)
    axes.hlines(rows[named], low[named], high[named], color=SKY, lw=5, label="80 % 구간")
    axes.plot(people, rows, "o", ms=4.5, color=BLUE, label="위험 일자리")
    axes.margins(x=0.1)
    axes.set_title("위험 일자리에 있는 취업자")
    axes.set_xlabel("만 명 (0에서 시작하지 않음)")


def _needs(axes: Axes, table: pd.DataFrame, rows: Floats) -> None:
    start = np.zeros(len(table))
    for need, column in NEED_COLUMNS.items():
        people = table[column].to_numpy() / PERSONS_PER_MAN
        axes.barh(
            rows,
            people,
            height=_heights(rows),
            left=start,
            color=NEED_COLOURS[need],
            label=NEED_NAMES[need],
        )
        start += np.nan_to_num(people)
    axes.set_xlim(0, 1.06 * max(start.max(), 1e-9))
    axes.set_title("마지막 해에 새로 훈련이 필요한 사람")
    axes.set_xlabel("만 명 (중간 시나리오)")


def _seats(axes: Axes, table: pd.DataFrame, rows: Floats) -> None:
    seats = table["allocated_persons"] / PERSONS_PER_MAN
    axes.barh(rows, seats, height=_heights(rows), color=GREEN, label="배분한 정원")
    for row, value in zip(rows[:NAMED], seats[:NAMED], strict=True):
        if not np.isnan(value):
            axes.annotate(
                f"{value:,.1f}", (value, row), (4, 0), textcoords="offset points", va="center",
                size=8, color=INK,
            )  # fmt: skip
    axes.set_xlim(0, 1.25 * max(seats.max(), 1e-9))
    axes.set_title("첫해의 교육 정원")
    axes.set_xlabel("만 명")


def _heights(rows: Floats) -> Floats:
    """Bars of named trials have a row; those of the others only what a dot has."""
    gaps = np.diff(rows, append=rows[-1:] + 1.0)
    return FULL * np.where(np.arange(len(rows)) < NAMED, 1.0, np.minimum(gaps, gaps.min()))
