"""The plan drawn: seats per campus and per province, and need against seats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.report.cohort_words import (
    STAGES,
    Names,
    Tables,
    by_basis,
    by_need,
    plan_years,
    planned_programmes,
    programme_name,
)
from forecast.report.page_programme_seats import province_tables, site_seats, withheld
from forecast.report.small_cells import hide_small, seats, shown, with_totals
from forecast.report.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    NEED_NAMES,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    horizontal_only,
    legend_below,
    sheet,
    whole_years,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CHEON = 1_000
COLOURS = (BLUE, ORANGE, VERMILLION, GREEN, PURPLE, SKY)
STAGE_COLOURS = {"진입기": SKY, "활동기": GREEN, "전환기": VERMILLION, "기반": PURPLE}
BASIS = {"in_need": ("필요한 사람", BLUE), "beyond_need": ("필요를 넘는 정원", ORANGE)}
BALANCE = {
    "in_need": ("필요한 사람", INK),
    "seats_in_need": ("이들의 정원", BLUE),
    "seats_beyond_need": ("필요를 넘는 정원", ORANGE),
    "waiting_after": ("기다리는 사람", GREY),
}


def draw_cohorts_by_site(tables: Tables, names: Names) -> Figure | None:
    """Seats at every campus in the first year, one colour a programme that is taught there."""
    wide = campus_seats(tables)
    if wide.empty:
        return None
    codes, year = [str(code) for code in wide.columns], plan_years(tables)[0]
    figure = sheet(
        f"{year}년 캠퍼스별 정원 ({len(wide)}개 캠퍼스)",
        "Seats of campus programmes by campus in the first year, whole persons; in brackets by "
        "programme, in the order of the legend",
        width=10.6,
        height=2.0 + 0.215 * len(wide),
    )
    axes = figure.subplots()
    labels = [programme_name(code, names) for code in codes]
    _stacked(axes, wide, labels, COLOURS)
    total = wide.sum(axis=1).to_numpy()
    for row, (first, *rest) in enumerate(_words(tables, wide)):
        parts = f"  ({' / '.join(rest)})" if len(codes) > 1 else ""
        _at_end(axes, f"{first}{parts}", total[row], row)
    axes.set_yticks(range(len(wide)), [str(site) for site in wide.index], size=9)
    axes.set_xlim(0, 1.45 * float(total.max()))
    axes.set_xlabel("정원 (명)")
    legend_below(figure, axes.get_legend_handles_labels())
    return figure


def campus_seats(tables: Tables) -> pd.DataFrame:
    """Seats of the first year, campuses in rows, fewest first, and programmes in columns."""
    years = plan_years(tables)
    if not years or "cohort_targets" not in tables:
        return pd.DataFrame()
    targets = tables["cohort_targets"]
    codes = [
        code
        for code in planned_programmes(tables)
        if (targets.loc[targets["programme"] == code, "site_kind"] == "campus").any()
    ]
    own = targets[
        targets["programme"].isin(codes)
        & (targets["year"] == years[0])
        & (targets["site_kind"] == "campus")
    ]
    wide = own.pivot_table(index="site", columns="programme", values="persons", aggfunc="sum")
    wide = wide.reindex(columns=[code for code in codes if code in wide.columns])
    wide = wide.fillna(0).astype("int64")
    return wide.loc[wide.sum(axis=1).sort_values(kind="stable").index]


def _words(tables: Tables, wide: pd.DataFrame) -> list[list[str]]:
    """Seats of each campus in words, its sum first; hidden where the table of a page hides them."""
    targets = tables["cohort_targets"]
    hidden = pd.DataFrame(False, index=wide.index, columns=wide.columns)
    for code in wide.columns:
        own = targets[targets["programme"] == code]
        kept_back = withheld(tables, str(code))
        _, marks = province_tables(own, sorted(own["year"].unique()), kept_back)
        sites = site_seats(own, marks, kept_back)
        hidden.loc[sites.loc[sites["mark"] != "", "site"], code] = True
    matrix = with_totals(wide)
    also = np.zeros(matrix.shape, dtype=bool)
    also[1:, 1:] = hidden.to_numpy()
    return shown(matrix, hide_small(matrix, also=also))[1:]


def draw_provinces(tables: Tables, names: Names) -> Figure:
    """Seats by province in the first year: by stage, and for whom."""
    targets = tables["cohort_targets"]
    year = plan_years(tables)[0]
    # Programmes beside the documents may seat the same people again: they are not in a sum.
    own = targets[(targets["year"] == year) & ~targets["programme"].str.startswith("K-")]
    figure = sheet(
        f"{year}년 시도별 정원: 단계별과 필요 여부별",
        "Seats of the programmes of the policy documents by province, whole persons; people are "
        "counted where they live",
        width=11.5,
        height=6.6,
    )
    left, right = figure.subplots(1, 2, sharey=True)
    stages = [stage for stage in STAGES if stage in set(own["stage"])]
    by_stage = own.pivot_table(index="sido", columns="stage", values="persons", aggfunc="sum")
    by_stage = by_stage.reindex(columns=stages).fillna(0)
    order = by_stage.sum(axis=1).sort_values(kind="stable").index
    parts = by_basis(own)
    needed = parts.pivot_table(index="sido", columns="basis", values="persons", aggfunc="sum")
    needed = needed.reindex(index=order, columns=list(BASIS)).fillna(0)
    _stacked(left, by_stage.loc[order], stages, [STAGE_COLOURS.get(s, GREY) for s in stages])
    kinds, colours = zip(*BASIS.values(), strict=True)
    _stacked(right, needed, list(kinds), list(colours))
    known = names.get("sido", {})
    for axes, table in ((left, by_stage.loc[order]), (right, needed)):
        total = table.sum(axis=1).to_numpy()
        for row, value in enumerate(total):
            _at_end(axes, seats(value), value, row)
        axes.set_xlim(0, 1.17 * float(total.max()))
        axes.set_xlabel("정원 (명)")
    left.set_yticks(range(len(order)), [known.get(str(code), str(code)) for code in order])
    left.set_title("단계별")
    right.set_title("필요한 사람과 필요를 넘는 정원")
    handles, labels = left.get_legend_handles_labels()
    more, texts = right.get_legend_handles_labels()
    legend_below(figure, (handles + more, labels + texts))
    return figure


def draw_balance(tables: Tables, names: Names) -> Figure:
    """People in need, their seats, seats above the need and people still waiting, by need."""
    table = tables["cohort_balance"]
    table = table.assign(in_need=table["waiting_before"] + table["newly_in_need"])
    wanted = by_need(table)
    figure = sheet(
        "필요한 사람과 정원: 훈련별, 연도별",
        "People in need (waiting and new), seats for them, published seats beyond the need, and "
        "people still waiting; each need has its own scale",
        width=11.5,
        height=4.6,
    )
    panels = figure.subplots(1, len(wanted), squeeze=False)[0]
    for axes, need in zip(panels, wanted, strict=True):
        own = table[table["need"] == need].groupby("year")[list(BALANCE)].sum() / CHEON
        years = own.index.to_numpy()
        width = 0.8 / len(BALANCE)
        for place, (column, (label, colour)) in enumerate(BALANCE.items()):
            left = years - 0.4 + (place + 0.5) * width
            axes.bar(left, own[column], width * 0.92, color=colour, label=label)
        axes.set_title(NEED_NAMES[need])
        axes.set_xlim(years.min() - 0.55, years.max() + 0.55)
        whole_years(axes)
    panels[0].set_ylabel("사람, 정원 (천 명)")
    legend_below(figure, panels[0].get_legend_handles_labels())
    return figure


def _stacked(
    axes: Axes, table: pd.DataFrame, labels: list[str], colours: tuple[str, ...] | list[str]
) -> None:
    """Stack the columns of a table as bars, one a row."""
    left = np.zeros(len(table))
    rows = np.arange(len(table))
    for column, label, colour in zip(table.columns, labels, colours, strict=False):
        values = table[column].to_numpy(dtype=float)
        axes.barh(rows, values, left=left, color=colour, label=label)
        left = left + values
    axes.set_ylim(-0.6, len(table) - 0.4)
    horizontal_only(axes)


def _at_end(axes: Axes, text: str, value: float, row: int) -> None:
    axes.annotate(
        text, (value, row), (4, 0), textcoords="offset points", va="center", size=8.5, color=INK
    )
