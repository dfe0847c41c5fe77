"""Adoption and employment: what was observed, and the fan of what may follow by scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecast.report.style import (
    GREY,
    INK,
    PERSONS_PER_MAN,
    SCENARIO_COLOURS,
    SCENARIO_DASHES,
    SCENARIO_NAMES,
    legend_below,
    sheet,
    whole_years,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tables = Mapping[str, pd.DataFrame]
Names = Mapping[str, Mapping[str, str]]

MEDIAN, BAND80, BAND95 = 0.5, (0.1, 0.9), (0.025, 0.975)
SHADED = "central"  # one fan is shaded at two levels, the other scenarios are lines


def draw_adoption(tables: Tables, names: Names) -> Figure:
    """Share of firms using AI: observed points and one fan per scenario."""
    table = tables["adoption_forecast"].query("scope_kind == 'all' and role == 'main'")
    scenarios = [s for s in SCENARIO_COLOURS if s in set(table["scenario"]) and s != "no_ai"]
    figure = sheet(
        "AI 도입 기업 비율: 관측과 시나리오별 전망",
        f"Share of firms using AI ({', '.join(sorted(table['measure'].unique()))}); "
        "bands: 80 % and 95 %",
        width=11.5,
        height=5.0,
    )
    panels = figure.subplots(1, len(scenarios), sharey=True, squeeze=False)[0]
    for axes, scenario in zip(panels, scenarios, strict=True):
        quantiles = _quantiles(table.query("scenario == @scenario"), "year", "value_percent")
        _fan(axes, quantiles.index.to_numpy(), quantiles, SCENARIO_COLOURS[scenario], bands=True)
        if "adoption_observed" in tables:
            seen = tables["adoption_observed"].query("scope_kind == 'all'")
            seen = seen[seen["measure"].isin(table["measure"].unique())]
            axes.plot(seen["year"], seen["value_percent"], "o", color=INK, ms=5, label="관측")
        axes.set_title(SCENARIO_NAMES[scenario])
        axes.set_xlabel("연도")
        whole_years(axes)
    highest = table.loc[table["level"] == BAND95[1], "value_percent"].max()
    panels[0].set_ylim(0, min(100.0, 1.05 * highest))
    panels[0].set_ylabel("AI를 쓰는 기업 (%)")
    legend_below(figure, panels[0].get_legend_handles_labels())
    return figure


def draw_employment(tables: Tables, names: Names) -> Figure:
    """Employed persons, history and fan: in total, and by age."""
    forecast, exact = _employment_by_age(tables)
    history = _history_by_age(tables)
    # Without AI effects there is one scenario, the baseline; it has the band then.
    shaded = SHADED if SHADED in set(forecast["scenario"]) else "no_ai"
    note = f"band: 80 % and 95 % of scenario {shaded}" if exact else "sums of cell medians"
    figure = sheet(
        "취업자 전망: 전체와 연령별",
        f"Employed persons by half-year; {note}; lines: scenarios",
        width=11.5,
        height=6.6,
    )
    ages = [age for age in ("all", *sorted(set(forecast["age_group"]) - {"all"}))]
    panels = figure.subplots(2, (len(ages) + 1) // 2, squeeze=False).ravel()
    for axes, age in zip(panels, ages, strict=False):
        seen = history.query("age_group == @age")
        persons = seen["employed_persons"] / PERSONS_PER_MAN
        axes.plot(_half_year(seen["period"]), persons, color=INK, lw=1.4, label="관측")
        for place in _half_year(_broken(tables)):
            axes.axvline(place, color=GREY, lw=1, ls=":", label="구조 변화")
        for scenario in SCENARIO_COLOURS:
            part = forecast.query("age_group == @age and scenario == @scenario")
            if part.empty:
                continue
            quantiles = _quantiles(part, "period", "employed_persons") / PERSONS_PER_MAN
            _fan(
                axes,
                _half_year(quantiles.index),
                quantiles,
                SCENARIO_COLOURS[scenario],
                bands=scenario == shaded and exact,
                dashes=SCENARIO_DASHES[scenario],
                label=SCENARIO_NAMES[scenario],
            )
        axes.set_title("전체" if age == "all" else f"{age}세".replace("60+세", "60세 이상"))
        axes.margins(y=0.12)
    for axes in panels[len(ages) :]:
        axes.set_visible(False)
    for axes in panels[:: (len(ages) + 1) // 2]:
        axes.set_ylabel("취업자 (만 명)")
    legend_below(figure, panels[0].get_legend_handles_labels())
    return figure


def _quantiles(table: pd.DataFrame, key: str, value: str) -> pd.DataFrame:
    return table.pivot_table(index=key, columns="level", values=value, aggfunc="sum").sort_index()


def _fan(
    axes: Axes,
    x: np.ndarray,
    quantiles: pd.DataFrame,
    colour: str,
    *,
    bands: bool,
    dashes: str = "-",
    label: str = "중앙값",
) -> None:
    if bands:
        for (low, high), alpha, text in ((BAND95, 0.15, "95 % 구간"), (BAND80, 0.3, "80 % 구간")):
            axes.fill_between(
                x, quantiles[low], quantiles[high], color=colour, alpha=alpha, lw=0, label=text
            )
    axes.plot(x, quantiles[MEDIAN], color=colour, lw=1.8, ls=dashes, label=label)


def _employment_by_age(tables: Tables) -> tuple[pd.DataFrame, bool]:
    """Quantiles of the total by age, or, without that table, the sum of medians alone.

    Quantiles of cells do not add up, so no band may be made from the cells.
    """
    if "employment_totals" in tables:
        return tables["employment_totals"], True
    table = tables["employment_forecast"]
    keys = ["age_group", "period", "scenario", "level"]
    medians = table[table["level"] == MEDIAN].groupby(keys)["employed_persons"].sum()
    return medians.reset_index(), False


def _history_by_age(tables: Tables) -> pd.DataFrame:
    columns = ["period", "age_group", "employed_persons"]
    if "employment_history" not in tables:
        return pd.DataFrame(columns=columns)
    history = tables["employment_history"]
    cells = history[history["ksco7"].str.len() == 2]
    by_age = cells.groupby(["period", "age_group"])["employed_persons"].sum().reset_index()
    if not (by_age["age_group"] == "all").any():
        total = by_age.groupby("period")["employed_persons"].sum().reset_index()
        by_age = pd.concat([by_age, total.assign(age_group="all")])
    return by_age.sort_values("period")[["period", "age_group", "employed_persons"]]


def _broken(tables: Tables) -> pd.Series:
    """Half-years that are declared broken, or were as far off as a broken one."""
    if "structural_breaks" not in tables:
        return pd.Series(dtype=str)
    return tables["structural_breaks"].query("declared == 'yes' or unusual == 'yes'")["period"]


def _half_year(periods: pd.Series | pd.Index) -> np.ndarray:
    """Place of half-years on the axis: 2022H1 at 2022.0, 2022H2 at 2022.5."""
    return np.array([int(text[:4]) + (int(text[-1]) - 1) / 2 for text in periods], dtype=float)
