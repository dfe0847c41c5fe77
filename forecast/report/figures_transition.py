"""Who newly needs training and where, and what becomes of those whom AI separates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.report.label_places import apart
from forecast.report.reskilling_words import (
    CHEON,
    COUNTRY,
    GROUP_NAMES,
    SHOWN,
    age_name,
    in_plan_year,
    plan_year,
)
from forecast.report.style import (
    GREEN,
    GREY,
    INK,
    NEED_COLOURS,
    NEED_NAMES,
    SKY,
    VERMILLION,
    horizontal_only,
    legend_below,
    sheet,
    shorten,
    whole_years,
)
from forecast.report.tile_map import DARK, draw_tiles
from forecast.types import AGE_GROUPS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tables = Mapping[str, pd.DataFrame]
Names = Mapping[str, Mapping[str, str]]

# Provinces as equal squares, roughly where they lie: column, row.
FATES = {
    "reemployed_same": ("같은 직업에 재취업", GREEN),
    "reemployed_other": ("다른 직업에 재취업", SKY),
    "withdrawn": ("구직을 그만둠", GREY),
    "closing": ("아직 미취업", VERMILLION),
}


def draw_transition_groups(tables: Tables, names: Names) -> Figure:
    """Everybody, midlife, movers and both, by need, with 80 % intervals, in the plan year."""
    table = in_plan_year(tables, "transition_groups")
    table = table[table["sido"] == COUNTRY]
    year = plan_year(tables, "transition_groups")
    figure = sheet(
        f"{year}년 누가 새로 훈련이 필요한가: 전환기의 중장년과 이·전직자",
        "People newly in need by group and need, means and 80 % intervals, central scenario; "
        "groups overlap",
        width=11.5,
        height=4.6,
    )
    panels = figure.subplots(1, len(NEED_NAMES), sharey=True)
    order = list(GROUP_NAMES)[::-1]
    for axes, need in zip(panels, NEED_NAMES, strict=True):
        rows = table[table["need"] == need].set_index("group")
        rows = rows.loc[order, ["persons", "lower80", "upper80"]] / CHEON
        _group_panel(axes, rows, NEED_COLOURS[need])
        axes.set_title(NEED_NAMES[need])
        axes.set_xlabel("사람 (천 명)")
    panels[0].set_yticks(np.arange(len(order)), [GROUP_NAMES[group] for group in order])
    panels[0].set_ylim(-0.5, len(order) - 0.35)
    return figure


def draw_transition_provinces(tables: Tables, names: Names) -> Figure:
    """People in transition newly in need per 1,000 employed: ranked by province, and as a map."""
    rates = transition_rates(tables)
    year = plan_year(tables, "transition_groups")
    figure = sheet(
        f"{year}년 어디에 많은가: 취업자 1,000명당 새로 훈련이 필요한 전환기 사람",
        "People in transition (midlife or movers) newly in need per 1,000 employed, means, central "
        "scenario",
        width=11.5,
        height=6.4,
    )
    left, right = figure.subplots(1, 2, width_ratios=[1.35, 1])
    known = names.get("sido", {})
    every = rates.sum(axis=1)
    ranked = rates.drop(COUNTRY)
    ranked = ranked.loc[every.drop(COUNTRY).sort_values(kind="stable").index]
    _ranked(left, ranked, known, float(every[COUNTRY]))
    _tile_map(right, ranked.sum(axis=1), known)
    legend_below(figure, left.get_legend_handles_labels())
    return figure


def transition_rates(tables: Tables) -> pd.DataFrame:
    """People in transition newly in need per 1,000 employed in the plan year.

    Returns
    -------
    DataFrame
        Index ``sido`` (``00`` the country), one column a need; a sum over needs is the rate of all.
    """
    people = in_plan_year(tables, "transition_groups").query("group == 'transition'")
    wide = people.pivot(index="sido", columns="need", values="persons")[list(NEED_NAMES)]
    stock = in_plan_year(tables, "ledger_province").query("flow == 'opening'")
    employed = stock.groupby("sido")["persons"].sum()
    employed.loc[COUNTRY] = employed.sum()
    return wide.div(employed, axis=0).loc[wide.index] * 1_000


def draw_need_map(tables: Tables, names: Names) -> Figure:
    """Major groups of occupations by age, for each need in the plan year."""
    table = in_plan_year(tables, "reskilling_demand")
    year = plan_year(tables, "reskilling_demand")
    table = table.assign(major=table["ksco7"].str[0])
    majors = sorted(table["major"].unique())
    figure = sheet(
        f"{year}년 누가 새로 훈련이 필요한가: 직업 대분류 × 연령",
        "People newly in need by major occupation group and age, means, central scenario; each "
        "need has its own colour scale",
        width=11.5,
        height=2.0 + 0.36 * len(majors),
    )
    panels = figure.subplots(1, len(NEED_NAMES), sharey=True)
    for axes, need in zip(panels, NEED_NAMES, strict=True):
        part = table[table["need"] == need]
        wide = part.pivot_table(index="major", columns="age_group", values="persons", aggfunc="sum")
        _heat(axes, wide.reindex(index=majors, columns=list(AGE_GROUPS), fill_value=0.0))
        axes.set_title(f"{NEED_NAMES[need]} (명)")
    known = names.get("ksco7", {})
    panels[0].set_yticks(range(len(majors)), [shorten(known.get(m, m), 14) for m in majors])
    return figure


def draw_displaced(tables: Tables, names: Names) -> Figure:
    """What has become of everybody separated by AI so far: four fates that add up to all."""
    fates = displaced_fates(tables)
    last = fates.iloc[-1]
    figure = sheet(
        "AI로 일자리를 떠난 사람은 그 뒤 어떻게 되는가 (누적)",
        "People separated by AI since the first year, by where they are at year end; means, "
        "central scenario; the four add up to all who were separated",
        width=10.4,
        height=4.8,
    )
    axes = figure.subplots()
    values = fates[list(FATES)].to_numpy().T / CHEON
    colours = [colour for _, colour in FATES.values()]
    axes.stackplot(fates.index, values, colors=colours, alpha=0.85, linewidth=0)
    top = float(values.sum(axis=0).max()) or 1.0
    axes.set_ylim(0, 1.05 * top)
    axes.set_xlim(fates.index.min(), fates.index.max())
    ends = values[:, -1].cumsum() - values[:, -1] / 2
    places = apart(list(ends / (1.05 * top)), 0.075)
    for (name, colour), place, key in zip(FATES.values(), places, FATES, strict=True):
        share = last[key] / last.sum() if last.sum() else 0.0
        axes.annotate(
            f"{name} {last[key] / CHEON:,.1f}천 명 ({share:.0%})".replace("%", " %"),
            (1.015, place),
            xycoords="axes fraction",
            va="center",
            size=10,
            color=colour if colour != SKY else INK,
        )
    axes.set_ylabel("사람 (천 명, 누적)")
    whole_years(axes)
    return figure


def displaced_fates(tables: Tables) -> pd.DataFrame:
    """Where those separated by AI are at each year end, the country, central scenario.

    Returns
    -------
    DataFrame
        Index ``year``; ``reemployed_same``, ``reemployed_other``, ``withdrawn`` since the first
        year, ``closing`` (still not employed), persons.
    """
    table = tables["displaced_ledger"]
    table = table[table["scenario"] == SHOWN]
    wide = table.pivot_table(index="year", columns="flow", values="persons", aggfunc="sum")
    gone = [fate for fate in FATES if fate != "closing"]
    wide[gone] = wide[gone].abs().cumsum()  # outflows are negative in an account
    return wide[list(FATES)]


def _group_panel(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    places = np.arange(len(rows))
    axes.hlines(places, rows["lower80"], rows["upper80"], color=colour, alpha=0.35, lw=7)
    axes.plot(rows["persons"], places, "o", ms=7, mfc="white", mec=colour, mew=1.8)
    for place, (_, row) in zip(places, rows.iterrows(), strict=True):
        text = f"{row['persons']:,.1f} ({row['lower80']:,.1f}–{row['upper80']:,.1f})"
        axes.annotate(
            text,
            (0.02, place),
            (0, 7),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            size=9,
        )
    axes.set_xlim(0, 1.05 * float(rows["upper80"].max()) or 1.0)
    horizontal_only(axes)


def _ranked(axes: Axes, rates: pd.DataFrame, known: Mapping[str, str], country: float) -> None:
    rows = np.arange(len(rates))
    start = np.zeros(len(rates))
    for need, label in NEED_NAMES.items():
        values = rates[need].to_numpy()
        axes.barh(rows, values, left=start, color=NEED_COLOURS[need], label=label)
        start = start + values
    for row, value in zip(rows, start, strict=True):
        axes.annotate(
            f"{value:.2f}", (value, row), (5, 0), textcoords="offset points", va="center", size=9,
            bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"},
        )  # fmt: skip
    axes.axvline(country, color=INK, lw=1.0, ls="--", zorder=1, label=f"전국 {country:.2f}")
    axes.set_yticks(rows, [known.get(str(code), str(code)) for code in rates.index])
    axes.set_ylim(-0.6, len(rates) - 0.4)
    axes.set_xlim(0, 1.14 * float(start.max()) or 1.0)
    axes.set_xlabel("취업자 1,000명당 사람")
    horizontal_only(axes)


def _tile_map(axes: Axes, rates: pd.Series, known: Mapping[str, str]) -> None:
    least, most = float(rates.min()), float(rates.max())
    wide = most - least if most > least else 1.0
    levels = (rates - least) / wide if most > least else 0.5 + 0.0 * rates
    draw_tiles(axes, levels, {code: f"{rate:.2f}" for code, rate in rates.items()}, known)
    axes.set_title("시도를 같은 크기로 둔 지도 (밝을수록 많음)")


def _heat(axes: Axes, wide: pd.DataFrame) -> None:
    values = wide.to_numpy()
    most = float(values.max()) or 1.0
    axes.imshow(values, cmap="cividis", vmin=0, vmax=most, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        axes.annotate(
            f"{value:,.0f}",
            (column, row),
            ha="center",
            va="center",
            size=9,
            color=INK if value / most > DARK else "white",
        )
    ages = [age_name(str(age)).replace("세 이상", "+").removesuffix("세") for age in wide.columns]
    axes.set_xticks(range(len(ages)), ages)
    axes.tick_params(length=0)
    axes.grid(visible=False)
