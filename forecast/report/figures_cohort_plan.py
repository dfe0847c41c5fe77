"""How fair the plan is, what fairness costs, and how the plan stands in other futures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.report.cohort_words import (
    BY_NAMES,
    PEOPLE_NAMES,
    Names,
    Tables,
    by_need,
    case_name,
    group_name,
    plan_name,
    pool_name,
)
from forecast.report.page_plan_choices import first_cases, last_coverage
from forecast.report.style import (
    BLUE,
    BOLD,
    GREY,
    INK,
    NEED_COLOURS,
    SKY,
    VERMILLION,
    horizontal_only,
    legend_below,
    sheet,
)
from forecast.types import AGE_GROUPS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = dict(zip(PEOPLE_NAMES, "osD", strict=True))
REGRETS = {"regret_mean": ("평균", SKY), "regret_90": ("열에 한 번 넘음", BLUE),
           "regret_max": ("가장 큼", VERMILLION)}  # fmt: skip
BEYOND = 0.6  # of the colour scale in either direction: there white reads better than ink


def draw_coverage(tables: Tables, names: Names) -> Figure | None:
    """Share of those in need who have been seated up to the last year, by age, sex, province."""
    table = last_coverage(tables)
    if table.empty:
        return None
    year = int(table["year"].iloc[0])
    kinds = [by for by in BY_NAMES if by in set(table["by"])]
    figure = sheet(
        f"{year}년까지 필요한 사람 가운데 정원을 받은 비중: 연령, 성별, 시도",
        "Share of people in need who have been given a seat up to the last year, by group",
        width=11.5,
        height=6.4,
    )
    panels = figure.subplots(1, len(kinds), squeeze=False)[0]
    for axes, by in zip(panels, kinds, strict=True):
        _covered(axes, table[table["by"] == by], by, names)
        axes.set_title(BY_NAMES[by])
        axes.set_xlabel("받은 비중 (%)")
    legend_below(figure, panels[0].get_legend_handles_labels())
    return figure


def draw_frontier(tables: Tables, names: Names) -> Figure | None:
    """Gain as a share of the gain without fairness, against how much fairness is asked for."""
    table = tables["cohort_frontier"].sort_values("fairness", kind="stable")
    made = table[(table["feasible"] == "yes") & table["gain_share"].notna()]
    if made.empty:
        return None
    figure = sheet(
        "형평을 요구하면 이득이 얼마나 줄어드는가",
        "Gain (priority points) against the bound asked of age, sex and province alike; the plan "
        "is marked at its lowest bound. An association, no effect of training",
        width=9.6,
        height=4.6,
    )
    axes = figure.subplots()
    y = 100 * made["gain_share"]
    # The bounds of the run may differ by group: then its point is not of the line beside it.
    line = made[(made["chosen"] == "no") | ~made["fairness"].duplicated(keep=False)]
    axes.plot(100 * line["fairness"], 100 * line["gain_share"], color=BLUE, marker="o", ms=5)
    room = max(float(y.max() - y.min()), 0.5)
    axes.set_ylim(float(y.min()) - 0.45 * room, float(y.max()) + 0.2 * room)
    axes.set_xlim(-5, 105)
    chosen = made[made["chosen"] == "yes"]
    for row in chosen.to_dict("records"):
        place = (100 * row["fairness"], 100 * row["gain_share"])
        axes.plot(*place, "o", ms=13, mfc="none", mec=VERMILLION, mew=2)
        axes.annotate(
            f"이 계획: {place[0]:.0f} %에서 이득 {place[1]:.1f} %",
            place,
            (0, -26),
            textcoords="offset points",
            ha="center",
            color=VERMILLION,
        )
    for fairness in 100 * table.loc[table["feasible"] == "no", "fairness"]:
        axes.axvline(fairness, color=GREY, ls=":", lw=1.2)
        axes.annotate(
            "계획 없음", (fairness, 0.04), (-5, 0), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="right", color=GREY, size=9.5,
        )  # fmt: skip
    axes.set_xlabel("가장 적게 받은 집단의 하한 (평균 대비 %)")
    axes.set_ylabel("이득 (조건 없을 때 대비 %)")
    return figure


def draw_robust(tables: Tables, names: Names) -> Figure | None:
    """Regret of each plan over the futures it is judged under, all needs together."""
    table = tables["cohort_robust"].query("need == 'all'")
    if table.empty:
        return None
    judged = list(dict.fromkeys(table["judged"]))
    plans = list(dict.fromkeys(table["plan"]))[::-1]
    figure = sheet(
        "여러 미래에서 가장 좋았을 계획보다 얼마나 잃는가",
        "Regret of each plan against the best plan of each future, priority points; the bold plan "
        "has the least largest regret",
        width=11.5,
        height=2.1 + 0.62 * len(plans),
    )
    panels = figure.subplots(1, len(judged), sharey=True, squeeze=False)[0]
    height = 0.8 / len(REGRETS)
    for axes, case in zip(panels, judged, strict=True):
        own = table[table["judged"] == case].set_index("plan").reindex(plans)
        for place, (column, (label, colour)) in enumerate(REGRETS.items()):
            rows = np.arange(len(plans)) + 0.4 - (place + 0.5) * height
            values = own[column].to_numpy(dtype=float)
            axes.barh(rows, values, height * 0.9, color=colour, label=label)
            for row, value in zip(rows, values, strict=True):
                if np.isfinite(value):
                    axes.annotate(
                        f"{value:,.0f}", (value, row), (3, 0), textcoords="offset points",
                        va="center", size=8.5,
                    )  # fmt: skip
        most = float(np.nanmax(own[list(REGRETS)].to_numpy(dtype=float), initial=0.0)) or 1.0
        axes.set_xlim(0, 1.16 * most)
        axes.set_title(case_name(case))
        axes.set_xlabel("후회 (우선순위 점수)")
        horizontal_only(axes)
    chosen = set(table.loc[table["chosen"] == "yes", "plan"])
    panels[0].set_yticks(range(len(plans)), [plan_name(plan) for plan in plans])
    for label, plan in zip(panels[0].get_yticklabels(), plans, strict=True):
        label.set_fontweight(BOLD if plan in chosen else "normal")
    panels[0].set_ylim(-0.5, len(plans) - 0.5)
    legend_below(figure, panels[0].get_legend_handles_labels())
    return figure


def draw_scenarios(tables: Tables, names: Names) -> Figure | None:
    """Change of the seats of each province in the first year, one column a case."""
    wide = scenario_changes(tables)
    if wide.empty:
        return None
    year = int(first_cases(tables)["year"].iloc[0])
    figure = sheet(
        f"수요가 다르면 {year}년 시도별 정원이 얼마나 바뀌는가",
        "Change of seats by province against the plan, all programmes of the policy documents, "
        "whole persons",
        width=min(11.5, 4.2 + 1.5 * wide.shape[1]),
        height=1.7 + 0.3 * len(wide),
    )
    axes = figure.subplots()
    values = wide.to_numpy()
    most = float(np.abs(values).max()) or 1.0
    axes.imshow(values, cmap="RdBu", vmin=-most, vmax=most, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        axes.annotate(
            f"{value:+,.0f}" if value else "0",
            (column, row),
            ha="center",
            va="center",
            size=9,
            color="white" if abs(value) / most > BEYOND else INK,
        )
    known = names.get("sido", {})
    axes.set_yticks(range(len(wide)), [known.get(str(code), str(code)) for code in wide.index])
    axes.set_xticks(range(wide.shape[1]), [case_name(str(case)) for case in wide.columns])
    axes.tick_params(length=0)
    axes.grid(visible=False)
    return figure


def scenario_changes(tables: Tables) -> pd.DataFrame:
    """Change of seats, provinces in rows and cases in columns; programmes beside left out."""
    table = first_cases(tables)
    table = table[~table["programme"].astype(str).str.startswith("K-")]
    if table.empty:
        return pd.DataFrame()
    wide = table.pivot_table(
        index="sido", columns="case", values="change", aggfunc="sum", sort=False
    )
    return wide.fillna(0).sort_index()


def _covered(axes: Axes, table: pd.DataFrame, by: str, names: Names) -> None:
    groups = list(dict.fromkeys(table["group"]))
    if by == "age_group":
        groups = [age for age in AGE_GROUPS if age in groups]
    if by == "sido":
        groups.sort()
    places = {group: place for place, group in enumerate(groups[::-1])}
    most = 100 * float(table["coverage"].max())
    for need in by_need(table):
        for people, part in table[table["need"] == need].groupby("people", sort=False):
            axes.plot(
                100 * part["coverage"],
                [places[group] for group in part["group"]],
                MARKERS[str(people)],
                ms=6,
                mfc="none",
                mec=NEED_COLOURS[need],
                mew=1.6,
                label=pool_name(str(people), need),
            )
    labels = [group_name(by, group, names) for group in groups[::-1]]
    axes.set_yticks(range(len(groups)), labels)
    axes.set_ylim(-0.6, len(groups) - 0.4)
    axes.set_xlim(0, 1.06 * max(most, 1.0))
