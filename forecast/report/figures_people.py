"""People: who newly needs which training, and the ledger that the number comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.report.style import (
    BLUE,
    GREEN,
    GREY,
    NEED_COLOURS,
    NEED_NAMES,
    PERSONS_PER_MAN,
    SCENARIO_COLOURS,
    SCENARIO_DASHES,
    SCENARIO_NAMES,
    VERMILLION,
    horizontal_only,
    legend_below,
    sheet,
    whole_years,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tables = Mapping[str, pd.DataFrame]
Names = Mapping[str, Mapping[str, str]]

FLOW_NAMES = {
    "opening": "연초 취업자",
    "closing": "연말 취업자",
    "entry": "신규 진입",
    "exit": "이탈 (60세 미만)",
    "retirement": "이탈 (60세 이상)",
    "job_change_out": "다른 직업으로",
    "job_change_in": "다른 직업에서",
    "ageing_out": "다음 연령대로",
    "ageing_in": "앞 연령대에서",
    "ai_separation": "AI로 인한 이직",
    "reemployment_same": "같은 직업 재취업",
    "reemployment_other": "다른 직업 재취업",
    "reinstatement": "새 과업으로 복원",
    "ai_hiring": "AI로 인한 채용 변화",
}

AI_FLOWS = (
    "ai_separation",
    "reemployment_same",
    "reemployment_other",
    "reinstatement",
    "ai_hiring",
)


def programme_year(tables: Tables) -> int:
    """Year of the cohort plan; without one, the last year of demand."""
    if "cohort_targets" in tables and len(tables["cohort_targets"]):
        return int(tables["cohort_targets"]["year"].iloc[0])
    return int(tables["reskilling_demand"]["year"].max())


def draw_reskilling(tables: Tables, names: Names) -> Figure:
    """People newly in need by year, need and scenario; by province and age in one year."""
    demand = tables["reskilling_demand"]
    totals = reskilling_totals(tables)
    year = programme_year(tables)
    figure = sheet(
        "재교육이 새로 필요한 사람: 필요별·시나리오별·지역별·연령별",
        f"People newly in need of training by year; by province and age in {year}, central "
        "scenario" + ("; band: 80 % of central" if "lower80" in totals else ""),
        width=11.5,
        height=8.2,
    )
    panels = figure.subplots(2, 3)
    for axes, need in zip(panels[0], NEED_NAMES, strict=True):
        _need_panel(axes, totals.query("need == @need"), NEED_NAMES[need])
    panels[0, 0].set_ylabel("새로 필요한 사람 (만 명/년)")
    central = demand.query("year == @year and scenario == 'central'")
    wide = figure.add_subplot(panels[1, 0].get_gridspec()[1, :2])
    panels[1, 0].remove()
    panels[1, 1].remove()
    _stacked(wide, central, "sido", names.get("sido", {}), f"시도별 · {year} · 중간 시나리오")
    _stacked(panels[1, 2], central, "age_group", {}, f"연령별 · {year}")
    wide.set_ylabel("사람 (만 명)")
    panels[0, 2].legend(loc="upper left", fontsize=8.5)
    legend_below(figure, wide.get_legend_handles_labels())
    return figure


def reskilling_totals(tables: Tables) -> pd.DataFrame:
    """National people in need by year, scenario and need, with an interval where draws gave one.

    Intervals of cells do not add up; without the table of totals only the means are summed.
    """
    if "reskilling_totals" in tables:
        return tables["reskilling_totals"]
    keys = ["year", "scenario", "need"]
    return tables["reskilling_demand"].groupby(keys)["persons"].sum().reset_index()


def draw_ledger(tables: Tables, names: Names) -> Figure:
    """One year of the ledger: every flow as a waterfall, and those of AI on their own scale."""
    ledger = tables["ledger"]
    year = min(max(int(ledger["year"].min()), _plan_year(tables)), int(ledger["year"].max()))
    part = ledger[(ledger["year"] == year) & (ledger["scenario"] == "central")]
    flows = part.groupby("flow", sort=False)["persons"].sum()
    middle = flows.drop(["opening", "closing"])
    figure = sheet(
        f"{year}년 취업자 계정: 연초에서 연말까지의 모든 흐름 (중간 시나리오)",
        "Opening + flows = closing; means over draws; right: the flows of AI alone",
        width=11.5,
        height=2.0 + 0.40 * len(flows),
    )
    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
    _waterfall(left, flows["opening"], middle, flows["closing"])
    _ai_flows(right, middle[[flow for flow in middle.index if flow in AI_FLOWS]])
    return figure


def _waterfall(axes: Axes, opening: float, middle: pd.Series, closing: float) -> None:
    man = middle.to_numpy() / PERSONS_PER_MAN
    first, last = opening / PERSONS_PER_MAN, closing / PERSONS_PER_MAN
    starts = first + np.concatenate([[0.0], man.cumsum()])
    margin = max(float(np.ptp(starts)) * 0.3, first * 0.002)
    lowest = float(starts.min()) - margin / 3
    rows = np.arange(len(man) + 2)[::-1]
    axes.barh(rows[0], first - lowest, left=lowest, color=GREY)
    axes.barh(rows[-1], last - lowest, left=lowest, color=BLUE)
    axes.barh(rows[1:-1], man, left=starts[:-1], color=np.where(man >= 0, GREEN, VERMILLION))
    texts = [f"{first:,.1f}", *(f"{value:+,.1f}" for value in man), f"{last:,.1f}"]
    ends = [first, *np.maximum(starts[:-1], starts[1:]), last]
    for row, end, text in zip(rows, ends, texts, strict=True):
        axes.annotate(text, (end, row), (5, 0), textcoords="offset points", va="center", size=9.5)
    order = ["opening", *middle.index, "closing"]
    axes.set_yticks(rows, [FLOW_NAMES.get(str(flow), str(flow)) for flow in order])
    axes.set_xlim(lowest, float(starts.max()) + margin)
    axes.set_xlabel("취업자 (만 명) · 축은 0에서 시작하지 않음")
    horizontal_only(axes)


def _ai_flows(axes: Axes, flows: pd.Series) -> None:
    thousand = flows.to_numpy() / 1_000
    rows = np.arange(len(thousand))[::-1]
    axes.barh(rows, thousand, color=np.where(thousand >= 0, GREEN, VERMILLION))
    axes.axvline(0, color=GREY, lw=0.8)
    for row, value in zip(rows, thousand, strict=True):
        axes.annotate(
            f"{value:+,.1f}", (max(value, 0.0), row), (5, 0), textcoords="offset points",
            va="center", size=9.5,
        )  # fmt: skip
    axes.set_yticks(rows, [FLOW_NAMES.get(str(flow), str(flow)) for flow in flows.index])
    axes.margins(x=0.2)
    axes.set_title("AI가 만든 흐름")
    axes.set_xlabel("천 명")
    horizontal_only(axes)


def _plan_year(tables: Tables) -> int:
    if "cohort_targets" in tables or "reskilling_demand" in tables:
        return programme_year(tables)
    return int(tables["ledger"]["year"].min())


def _need_panel(axes: Axes, part: pd.DataFrame, title: str) -> None:
    for scenario, colour in SCENARIO_COLOURS.items():
        line = part.query("scenario == @scenario").sort_values("year")
        if "lower80" in line and scenario == "central":
            low, high = line["lower80"] / PERSONS_PER_MAN, line["upper80"] / PERSONS_PER_MAN
            axes.fill_between(line["year"], low, high, color=colour, alpha=0.25, lw=0)
        axes.plot(
            line["year"],
            line["persons"] / PERSONS_PER_MAN,
            color=colour,
            ls=SCENARIO_DASHES[scenario],
            lw=1.8,
            label=SCENARIO_NAMES[scenario],
        )
    axes.set_title(title)
    highest = part["persons"].max()
    if "upper80" in part:  # the band is that of the central scenario
        highest = max(highest, part.loc[part["scenario"] == "central", "upper80"].max())
    axes.set_ylim(0, 1.1 * highest / PERSONS_PER_MAN or 1.0)
    whole_years(axes)


def _stacked(
    axes: Axes, part: pd.DataFrame, key: str, known: Mapping[str, str], title: str
) -> None:
    table = part.pivot_table(index=key, columns="need", values="persons", aggfunc="sum")
    if key == "sido":
        table = table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    table = table / PERSONS_PER_MAN
    bottom = np.zeros(len(table))
    for need, label in NEED_NAMES.items():
        if need not in table:
            continue
        values = table[need].fillna(0).to_numpy()
        places = np.arange(len(table))
        axes.bar(places, values, bottom=bottom, color=NEED_COLOURS[need], label=label)
        bottom = bottom + values
    axes.set_xticks(np.arange(len(table)), [known.get(code, code) for code in table.index])
    axes.set_title(title)
    axes.grid(visible=False, axis="x")
