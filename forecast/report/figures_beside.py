"""The count beside other evidence: another model, what was observed by age, and take-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.report.reskilling_words import (
    CHEON,
    FLOW_MODEL_NAMES,
    OUTCOME_NAMES,
    SHOWN,
    age_name,
    baseline_name,
    in_plan_year,
    plan_year,
)
from forecast.report.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    NEED_COLOURS,
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

Tables = Mapping[str, pd.DataFrame]
Names = Mapping[str, Mapping[str, str]]
FEWEST = 0.05  # thousand people: what is smaller stands at the edge of a logarithmic scale

OUTCOMES = ("separated", "not_employed", "long_term")
MODEL_COLOURS = {"ledger": BLUE, "labour_flow_network": ORANGE}
MODEL_DASHES = {"ledger": "-", "labour_flow_network": "--"}


def draw_flow_comparison(tables: Tables, names: Names) -> Figure:
    """Separated, not employed and long-term, by year, from the ledger and the flow network."""
    table = tables["flow_comparison"]
    table = table[table["scenario"] == SHOWN]
    figure = sheet(
        "같은 충격을 다른 모형에 넣으면: 계정과 노동 흐름 연결망",
        "The same shock in our ledger and in the labour-flow network (del Rio-Chanona et al. "
        f"2021); means and 80 % intervals of {int(table['draws'].max()):,} draws, central "
        "scenario, against no AI",
        width=11.5,
        height=4.4,
    )
    panels = figure.subplots(1, len(OUTCOMES))
    for axes, outcome in zip(panels, OUTCOMES, strict=True):
        for model, colour in MODEL_COLOURS.items():
            rows = table[(table["outcome"] == outcome) & (table["model"] == model)]
            rows = rows.sort_values("year")
            low, high = rows["lower80"] / CHEON, rows["upper80"] / CHEON
            axes.fill_between(rows["year"], low, high, color=colour, alpha=0.2, lw=0)
            axes.plot(
                rows["year"],
                rows["persons"] / CHEON,
                color=colour,
                ls=MODEL_DASHES[model],
                marker="o",
                ms=4,
                lw=1.8,
                label=FLOW_MODEL_NAMES[model],
            )
        axes.axhline(0, color=GREY, lw=0.7)
        axes.set_title(OUTCOME_NAMES[outcome])
        whole_years(axes)
    panels[0].set_ylabel("사람 (천 명)")
    legend_below(figure, panels[0].get_legend_handles_labels())
    return figure


def draw_age_pattern(tables: Tables, names: Names) -> Figure:
    """What was observed by age beside our effect of AI and the change without AI."""
    table = tables["age_pattern"].iloc[::-1].reset_index(drop=True)
    places = np.arange(len(table))
    figure = sheet(
        "관측된 연령 패턴과 이 모형: 모양을 견줄 뿐 맞추지 않았다",
        "Observed change of pension members 2022–2025 (BOK), our AI effect with 80 % interval, and "
        "our change without AI; every panel has its own scale",
        width=11.5,
        height=4.8,
    )
    observed, effect, baseline = figure.subplots(1, 3, sharey=True)
    _observed(observed, table, places)
    ai = table["ai_effect"] / CHEON
    error = [ai - table["lower80"] / CHEON, table["upper80"] / CHEON - ai]
    effect.barh(
        places,
        ai,
        xerr=np.maximum(np.array(error), 0.0),
        color=np.where(ai >= 0, GREEN, VERMILLION),
        error_kw={"ecolor": INK, "lw": 1.0, "capsize": 3},
    )
    effect.set_title("이 모형: AI의 영향 (AI 없음 대비)")
    baseline.barh(places, table["baseline_change"] / CHEON, color=GREY)
    baseline.set_title("이 모형: AI 없이 변하는 몫")
    for axes in (observed, effect, baseline):
        axes.axvline(0, color=INK, lw=0.8)
        axes.set_xlabel("천 명")
        horizontal_only(axes)
    observed.set_yticks(places, [age_name(str(age)) for age in table["age_group"]])
    legend_below(figure, observed.get_legend_handles_labels(), place="left")
    return figure


def draw_take_up(tables: Tables, names: Names) -> Figure:
    """Demand with its interval against the training that people take up today."""
    table = in_plan_year(tables, "take_up")
    year = plan_year(tables, "take_up")
    needs = [need for need in (*NEED_NAMES, "all") if need in set(table["need"])]
    count = table["baseline"].nunique()
    figure = sheet(
        f"{year}년 새로 필요한 사람과 지금의 훈련 참여",
        "People newly in need (mean, 80 % interval) against published take-up, logarithmic scale; "
        "flagged: above it in most draws",
        width=11.5,
        height=1.6 + len(needs) * (0.55 + 0.34 * count),
    )
    panels = figure.subplots(len(needs), 1, squeeze=False, sharex=True)[:, 0]
    panels[0].set_xscale("log")  # needs and ceilings lie three powers of ten apart
    panels[0].xaxis.set_major_formatter("{x:,g}")
    for axes, need in zip(panels, needs, strict=True):
        _take_up_panel(axes, table[table["need"] == need].iloc[::-1], need)
    panels[-1].set_xlabel("사람 (천 명)")
    legend_below(figure, panels[0].get_legend_handles_labels())
    return figure


def _observed(axes: Axes, table: pd.DataFrame, places: np.ndarray) -> None:
    parts = {
        "observed_high_exposure": ("고노출 업종", PURPLE),
        "observed_low_exposure": ("그 밖의 업종", SKY),
    }
    # Parts of one sign are stacked; parts of two signs stand on either side of zero.
    right, left = np.zeros(len(table)), np.zeros(len(table))
    for key, (label, colour) in parts.items():
        values = table[key].fillna(0.0).to_numpy() / CHEON
        start = np.where(values >= 0, right, left)
        axes.barh(places, values, left=start, color=colour, label=label)
        right, left = right + np.maximum(values, 0), left + np.minimum(values, 0)
    axes.plot(table["observed_persons"] / CHEON, places, "D", ms=6, color=INK, label="관측된 변화")
    for place, missing in zip(places, table["observed_persons"].isna(), strict=True):
        if missing:
            axes.annotate(
                "공표 값 없음",
                (0, place),
                (5, 0),
                textcoords="offset points",
                va="center",
                size=9,
                color=GREY,
            )
    axes.set_title("관측 (한국은행, 국민연금 가입자)")


def _take_up_panel(axes: Axes, rows: pd.DataFrame, need: str) -> None:
    places = np.arange(len(rows))
    colour = NEED_COLOURS.get(need, GREEN)
    low = (rows["lower80"] / CHEON).clip(lower=FEWEST)
    high = (rows["upper80"] / CHEON).clip(lower=FEWEST)
    axes.hlines(places, low, high, color=colour, alpha=0.35, lw=8)
    persons = (rows["persons"] / CHEON).clip(lower=FEWEST)
    taken = rows["baseline_persons"] / CHEON
    axes.plot(persons, places, "o", ms=7, mfc="white", mec=INK, mew=1.6, label="새로 필요한 사람")
    axes.plot(taken, places, "D", ms=7, color=INK, label="지금의 훈련 참여")
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        flagged = row["flagged"] == "yes"
        text = f"{row['ratio']:,.2f}배 · 넘을 확률 {row['probability_above']:.0%}"
        axes.annotate(
            text.replace("%", " %") + (" · 참여를 넘음" if flagged else ""),
            (1.01, place),
            xycoords=("axes fraction", "data"),
            va="center",
            size=9,
            color=VERMILLION if flagged else INK,
        )
    axes.set_yticks(places, [baseline_name(str(b)) for b in rows["baseline"]])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlim(FEWEST, 1.5 * max(float(axes.get_xlim()[1] / 1.5), high.max(), taken.max()))
    axes.set_title("세 필요의 합" if need == "all" else NEED_NAMES[need])
    horizontal_only(axes)
