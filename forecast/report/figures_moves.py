"""Risk beside opportunity, and where the people of the most affected occupations could go."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecast.report.label_places import place_labels
from forecast.report.reskilling_words import CHEON, COUNTRY, in_plan_year, most_displaced
from forecast.report.style import (
    BLUE,
    BOLD,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    PERSONS_PER_MAN,
    SKY,
    VERMILLION,
    sheet,
    shorten,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

Tables = Mapping[str, pd.DataFrame]
Names = Mapping[str, Mapping[str, str]]

POINTS_PER_MAN = 2.2  # bubble area (points²) for 10,000 employed
ORIGINS, DESTINATIONS, GAPS = 8, 3, 3  # rows of the table of moves, and skills named in each
# more displaced than the middle worker?, better placed than the middle worker? -> name, colour
QUADRANTS = {
    (True, False): ("위험은 크고 갈 곳은 적음", VERMILLION),
    (True, True): ("위험은 크지만 갈 곳이 있음", ORANGE),
    (False, False): ("위험은 작지만 갈 곳도 적음", BLUE),
    (False, True): ("위험은 작고 갈 곳이 있음", GREEN),
}
# left edge of each column, in shares of the width
COLUMNS = {
    "from": 0.0,
    "to": 0.20,
    "share": 0.385,
    "feasible": 0.485,
    "wage": 0.555,
    "vacancies": 0.625,
    "licence": 0.705,
    "gaps": 0.765,
}
HEADINGS = {
    "from": "떠나는 직업 (누적)",
    "to": "갈 만한 직업",
    "share": "옮기는 사람 중",
    "feasible": "실현성",
    "wage": "임금",
    "vacancies": "빈 일자리",
    "licence": "면허",
    "gaps": "더 배워야 할 것 (표준편차)",
}


def draw_opportunity(tables: Tables, names: Names) -> Figure:
    """Displaced share against opportunity by occupation; area is people employed."""
    table = risk_and_opportunity(tables)
    figure = sheet(
        "위험 옆에 기회를: 직업마다 떠나는 비중과 옮길 수 있는 기회",
        "Separated by AI over all years against opportunity (feasible moves, openings, wage), "
        "central scenario; area = employed; lines = the middle worker",
        width=10.4,
        height=7.2,
    )
    axes = figure.subplots()
    cuts = [weighted_median(table[c], table["employed"]) for c in ("displaced", "opportunity")]
    risky, placed = table["displaced"] > cuts[0], table["opportunity"] >= cuts[1]
    for (risk, chance), (_, colour) in QUADRANTS.items():
        inside = table[(risky == risk) & (placed == chance)]
        axes.scatter(
            inside["displaced"],
            inside["opportunity"],
            s=inside["employed"] / PERSONS_PER_MAN * POINTS_PER_MAN + 8,
            facecolor=colour,
            edgecolors="white",
            alpha=0.55,
        )
    axes.axvline(cuts[0], color=GREY, lw=0.9, ls="--")
    axes.axhline(cuts[1], color=GREY, lw=0.9, ls="--")
    axes.set_xlim(0, 1.12 * float(table["displaced"].max()) or 1.0)
    axes.set_ylim(-0.06, 1.06)
    axes.set_xlabel("AI로 떠나는 사람의 비중 (%, 모든 연도 합, 취업자 대비)")
    axes.set_ylabel("기회 (0–1, 갈 곳·빈 일자리·임금의 백분위 평균)")
    corners = _name_quadrants(axes)
    chosen = notable(table)
    known = names.get("ksco7", {})
    place_labels(
        figure,
        axes,
        table.loc[chosen, ["displaced", "opportunity"]].to_numpy(),
        [shorten(known.get(code, code), 15) for code in chosen],
        around=corners,
    )
    return figure


def risk_and_opportunity(tables: Tables) -> pd.DataFrame:
    """Occupations of the country: displaced (%), opportunity (0 to 1), employed (persons)."""
    table = tables["opportunity"]
    table = table[table["sido"] == COUNTRY].set_index("ksco7")
    stock = in_plan_year(tables, "ledger").query("flow == 'opening'")
    employed = stock.groupby("ksco7")["persons"].sum()
    return pd.DataFrame(
        {
            "displaced": 100 * table["displaced_share"],
            "opportunity": table["opportunity"],
            "employed": employed.reindex(table.index).fillna(0.0),
        }
    )


def notable(table: pd.DataFrame) -> list[str]:
    """Choose the occupations to name: most displaced, worst and best placed of these, largest.

    Examples
    --------
    >>> table = pd.DataFrame({"displaced": [3.0, 2, 1], "opportunity": [0.1, 0.9, 0.5],
    ...                       "employed": [5.0, 6, 7]}, index=["31", "52", "94"])
    >>> notable(table)
    ['31', '52', '94']
    """
    by_risk = table.sort_values("displaced", ascending=False, kind="stable")
    upper = by_risk.head(max(1, len(table) // 2)).sort_values("opportunity", kind="stable")
    largest = table.sort_values("employed", ascending=False, kind="stable")
    parts = (by_risk.index[:6], upper.index[:3], upper.index[::-1][:2], largest.index[:4])
    return list(dict.fromkeys(str(code) for part in parts for code in part))


def weighted_median(values: pd.Series, weights: pd.Series) -> float:
    """Value that the middle worker has.

    Examples
    --------
    >>> weighted_median(pd.Series([1.0, 2.0, 3.0]), pd.Series([1.0, 1.0, 5.0]))
    3.0
    """
    order = np.argsort(values.to_numpy(), kind="stable")
    reached = weights.to_numpy()[order].cumsum()
    return float(values.to_numpy()[order][np.searchsorted(reached, reached[-1] / 2)])


def draw_moves(tables: Tables, names: Names) -> Figure | None:
    """The occupations with most displaced people, their best destinations, and what is lacking."""
    origins = most_displaced(tables, ORIGINS)
    rows = move_rows(tables, origins, names)
    if rows.empty:
        return None
    figure = sheet(
        "어디로 옮길 수 있고 무엇을 더 배워야 하나: 떠나는 사람이 많은 직업",
        "Best three destinations by feasibility and openings; descriptors where the need there is "
        "widest above here. Feasible is not taken: nobody is assigned",
        width=12.4,
        height=1.7 + 0.27 * len(rows),
    )
    axes = figure.subplots()
    axes.set_xlim(0, 1)
    axes.set_ylim(len(rows) - 0.4, -1.6)
    axes.set_axis_off()
    for key, text in HEADINGS.items():
        _write(axes, key, -1.0, text, weight=BOLD)
    widest = float(rows["move_share"].max())
    for place, row in enumerate(rows.to_dict("records")):
        if row["first"]:
            axes.axhline(place - 0.5, color=PALE, lw=0.9)
            _write(axes, "from", place, row["from"])
            _write(axes, "from", place + 1, f"{row['displaced'] / CHEON:,.1f}천 명", color=GREY)
        _write_move(axes, place, row, widest)
    return figure


def move_rows(tables: Tables, origins: pd.Series, names: Names) -> pd.DataFrame:
    """Best destinations of each origin with what they ask for.

    Parameters
    ----------
    origins : Series
        Occupation to displaced persons, as :func:`most_displaced` gives it.

    Returns
    -------
    DataFrame
        One row a move, in the order of `origins` and of rank, with ``from``, ``to``, ``gaps`` in
        Korean, ``displaced`` of the origin, and ``first`` at the first row of an origin.
    """
    known = names.get("ksco7", {})
    moves = tables["occupation_moves"]
    moves = moves[moves["ksco7"].isin(origins.index) & (moves["rank"] <= DESTINATIONS)]
    order = {code: place for place, code in enumerate(origins.index)}
    moves = moves.assign(order=moves["ksco7"].map(order)).sort_values(["order", "rank"])
    gaps = _gaps(tables)
    pairs = zip(moves["ksco7"], moves["ksco7_to"], strict=True)
    moves["from"] = [shorten(known.get(code, code), 13) for code in moves["ksco7"]]
    moves["to"] = [shorten(known.get(code, code), 13) for code in moves["ksco7_to"]]
    moves["gaps"] = [gaps.get(pair, "–") for pair in pairs]
    moves["displaced"] = moves["ksco7"].map(origins)
    moves["first"] = ~moves["ksco7"].duplicated()
    return moves.reset_index(drop=True)


def _gaps(tables: Tables) -> dict[tuple[str, str], str]:
    """Move to the Korean names of its widest gaps."""
    if "skill_gaps" not in tables:
        return {}
    table = tables["skill_gaps"]
    table = table[(table["rank"] <= GAPS) & (table["gap_sd"] > 0)].sort_values("rank")
    words = [
        f"{shorten(name, 9)} +{gap:.1f}"
        for name, gap in zip(table["name_ko"], table["gap_sd"], strict=True)
    ]
    by_move = table.assign(words=words).groupby(["ksco7", "ksco7_to"])["words"]
    return {(str(origin), str(to)): ", ".join(texts) for (origin, to), texts in by_move}


def _write_move(axes: Axes, place: int, row: Mapping[Hashable, Any], widest: float) -> None:
    share = float(row["move_share"])
    start = COLUMNS["share"]
    length = 0.05 * share / widest if widest > 0 else 0.0
    axes.barh(place, length, left=start, height=0.6, color=SKY)
    axes.annotate(
        f"{share:.0%}".replace("%", " %"),
        (start + length, place),
        (3, 0),
        textcoords="offset points",
        va="center",
        size=9,
    )
    _write(axes, "to", place, str(row["to"]))
    _write(axes, "feasible", place, f"{row['feasibility']:.2f}")
    change = round(100 * float(row["wage_change"])) + 0
    _write(axes, "wage", place, f"{change:+d} %", color=VERMILLION if change < 0 else INK)
    _write(axes, "vacancies", place, f"{row['vacancies']:,.0f}")
    licensed = float(row["licensed_share"])
    _write(axes, "licence", place, f"{licensed:.0%}".replace("%", " %") if licensed else "–")
    _write(axes, "gaps", place, str(row["gaps"]))


def _write(
    axes: Axes, column: str, place: float, text: str, *, color: str = INK, weight: int = 400
) -> None:
    axes.text(COLUMNS[column], place, text, va="center", size=9, color=color, weight=weight)


def _name_quadrants(axes: Axes) -> list[Text]:
    texts = []
    for (risk, chance), (name, colour) in QUADRANTS.items():
        text = axes.text(
            0.99 if risk else 0.01,
            0.985 if chance else 0.015,
            name,
            transform=axes.transAxes,
            ha="right" if risk else "left",
            va="top" if chance else "bottom",
            color=colour,
            weight=BOLD,
        )
        text.set_in_layout(False)
        texts.append(text)
    return texts
