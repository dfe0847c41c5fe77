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
    sheet,
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
    "retirement": "은퇴",
    "ordinary_turnover": "통상 이직",
    "ai_separation": "AI 이탈",
    "reinstatement": "새 과업 복원",
}


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
        "scenario" + ("; band: 80 %" if "lower80" in totals else ""),
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
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=len(labels))
    handles, labels = wide.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower right", ncols=len(labels))
    return figure


def reskilling_totals(tables: Tables) -> pd.DataFrame:
    """National people in need by year, scenario and need, with an interval where draws gave one.

    Intervals of cells do not add up; without the table of totals only the means are summed.
    """
    if "reskilling_totals" in tables:
        return tables["reskilling_totals"]
    keys = ["year", "scenario", "need"]
    return tables["reskilling_demand"].groupby(keys, as_index=False)["persons"].sum()


def draw_ledger(tables: Tables, names: Names) -> Figure:
    """One year of the ledger as a waterfall: opening, every flow, closing."""
    ledger = tables["ledger"]
    year = min(max(int(ledger["year"].min()), _plan_year(tables)), int(ledger["year"].max()))
    part = ledger.query("year == @year and scenario == 'central'")
    flows = part.groupby("flow", sort=False)["persons"].sum() / PERSONS_PER_MAN
    middle = flows.drop(["opening", "closing"])
    figure = sheet(
        f"{year}년 취업자 계정: 연초에서 연말까지의 모든 흐름 (중간 시나리오)",
        "Ledger: opening + flows = closing; persons, means over draws",
        height=2.0 + 0.46 * len(flows),
    )
    axes = figure.subplots()
    starts = flows["opening"] + np.concatenate([[0.0], middle.cumsum().to_numpy()])
    edges = np.concatenate([starts, [flows["opening"], flows["closing"]]])
    margin = max(np.ptp(edges) * 0.25, flows["opening"] * 0.002)
    left = edges.min() - margin
    rows = np.arange(len(flows))[::-1]
    axes.barh(rows[0], flows["opening"] - left, left=left, color=GREY)
    for row, start, (flow, value) in zip(rows[1:-1], starts, middle.items(), strict=False):
        axes.barh(row, value, left=start, color=GREEN if value >= 0 else VERMILLION)
        axes.plot([start, start], [row + 1.4, row - 0.4], color=GREY, lw=0.8)
        axes.annotate(
            f"{value:+,.1f}", (max(start, start + value), row), (5, 0),
            textcoords="offset points", va="center", size=9.5,
        )  # fmt: skip
    axes.barh(rows[-1], flows["closing"] - left, left=left, color=BLUE)
    for row, name in ((rows[0], "opening"), (rows[-1], "closing")):
        axes.annotate(
            f"{flows[name]:,.1f}", (flows[name], row), (5, 0), textcoords="offset points",
            va="center", size=9.5,
        )  # fmt: skip
    order = ["opening", *middle.index, "closing"]
    axes.set_yticks(rows, [FLOW_NAMES.get(flow, flow) for flow in order])
    axes.set_xlim(left, edges.max() + margin)
    axes.set_xlabel("취업자 (만 명) · 축은 0에서 시작하지 않음")
    horizontal_only(axes)
    return figure


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
    axes.set_ylim(bottom=0)
    axes.xaxis.get_major_locator().set_params(integer=True)


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
        axes.bar(np.arange(len(table)), values, bottom=bottom, color=NEED_COLOURS[need], label=label)
        bottom = bottom + values
    axes.set_xticks(np.arange(len(table)), [known.get(code, code) for code in table.index])
    axes.set_title(title)
    axes.grid(visible=False, axis="x")
