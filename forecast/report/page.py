"""One self-contained page of a run: figures inside, nothing fetched, Korean first."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from forecast.report.forecast_scores import default_rows
from forecast.report.leaderboard import main_scores
from forecast.report.page_cohorts import cohort_sections
from forecast.report.page_evidence import evidence_sections
from forecast.report.page_exposure import exposure_sections
from forecast.report.page_leaderboard import leaderboard_sections
from forecast.report.page_reskilling import reskilling_sections
from forecast.report.page_scoreboard import scoreboard_sections
from forecast.report.reskilling_words import people
from forecast.report.small_cells import seats
from forecast.report.style import NEED_NAMES, PRESET_NAMES, SCENARIO_NAMES

Tables = Mapping[str, pd.DataFrame]
STAGE_NAMES = {
    "exposure": "노출",
    "exposure_soc": "노출 (SOC)",
    "exposure_trend": "노출 추세",
    "adoption": "도입",
    "employment": "고용",
}
TARGETS = ("consensus", "human_beta", "gpt4_beta", "ilo_2023", "frey_osborne", "sml")


def render_page(
    tables: Tables,
    figures: Mapping[str, Path],
    *,
    meta: Mapping[str, Any],
    names: Mapping[str, Mapping[str, str]],
) -> str:
    """Render the report page.

    Parameters
    ----------
    tables : mapping of DataFrame
        Tables of the run; a section appears where its table is there.
    figures : mapping of Path
        Figure name to PNG file; embedded as data.
    meta : mapping
        The manifest of the run: name, seed, draws, provenance, preset, inputs, versions, commit.
    names : mapping
        ``programme``, ``ksic`` and ``ksco7``: code to Korean name.

    Returns
    -------
    str
        HTML, UTF-8, without any outside request. Same tables and figures, same text.
    """
    template = templates().get_template("page.html.j2")
    return template.render(
        meta=meta,
        names=names,
        figures={name: embedded(path) for name, path in figures.items()},
        preset_names=PRESET_NAMES,
        need_names=NEED_NAMES,
        headline=_records(tables, "headline"),
        occupations=_occupations(tables),
        impossible=_impossible(tables),
        adoption=_adoption(tables),
        adoption_posterior=_records(tables, "adoption_posterior"),
        structural_breaks=_records(tables, "structural_breaks"),
        scores=_scores(tables),
        **exposure_sections(tables),
        **evidence_sections(tables),
        **leaderboard_sections(tables),
        **scoreboard_sections(tables),
        **reskilling_sections(tables),
        **cohort_sections(tables, names),
    )


@cache
def templates() -> Environment:
    """Templates of the page, compiled once in a process."""
    environment = Environment(
        loader=PackageLoader("forecast", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "man": man,
        "people": people,
        "count": count,
        "percent": percent,
        "short": short,
        "signed": signed,
        "seats": seats,
    }
    return environment


def man(persons: float) -> str:
    """Write a number of people in 만, the unit of Korean readers.

    Examples
    --------
    >>> man(3_270_000), man(float("nan"))
    ('327.0만', '–')
    """
    return "–" if math.isnan(persons) else f"{persons / 1e4:,.1f}만"


def count(number: float) -> str:
    """Write a whole number with separators.

    Examples
    --------
    >>> count(29_500.0)
    '29,500'
    """
    return "–" if math.isnan(number) else f"{number:,.0f}"


def percent(share: float) -> str:
    """Write a share as a percentage.

    Examples
    --------
    >>> percent(0.131)
    '13.1 %'
    """
    return f"{share:.1%}".replace("%", " %")


def short(number: float) -> str:
    """Write a score with three decimals, or a dash where there is none.

    Examples
    --------
    >>> short(0.12345), short(float("nan"))
    ('0.123', '–')
    """
    return "–" if math.isnan(number) else f"{number:.3f}"


def signed(percent: float) -> str:
    """Write a gain or loss in percent with its sign, or a dash where there is none.

    Examples
    --------
    >>> signed(8.06), signed(-0.01), signed(float("nan"))
    ('+8.1 %', '+0.0 %', '–')
    """
    return "–" if math.isnan(percent) else f"{round(percent, 1) + 0.0:+.1f} %"


def embedded(path: Path) -> str:
    """Return a PNG file as an address that holds the file itself."""
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def _records(tables: Tables, name: str) -> list[dict[str, Any]]:
    return _rows(tables[name]) if name in tables else []


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _occupations(tables: Tables) -> list[dict[str, Any]]:
    if "exposure_ksco" not in tables:
        return []
    groups = tables["exposure_ksco"].query("level == 'sub_major'")
    return _rows(groups.sort_values("at_risk_persons", ascending=False).head(12))


def _impossible(tables: Tables) -> list[dict[str, Any]]:
    if "at_risk_cells" not in tables:
        return []
    cells = tables["at_risk_cells"]
    above = cells["flag"].str.contains("exceeds_employment")
    return _rows(cells[above & cells["published_persons"].notna()])


def _adoption(tables: Tables) -> list[dict[str, Any]]:
    """National adoption in some years: median and 80 % interval by scenario."""
    if "adoption_forecast" not in tables:
        return []
    table = tables["adoption_forecast"].query("scope_kind == 'all' and role == 'main'")
    wide = table.pivot_table(index=["scenario", "year"], columns="level", values="value_percent")
    years = [y for y in (2023, 2026, 2030, 2035) if y in wide.index.get_level_values("year")]
    return [
        {"name": SCENARIO_NAMES[name], "cells": [_interval(wide.loc[[(name, y)]]) for y in years]}
        | {"years": years}
        for name in ("slow", "central", "fast")
        if name in wide.index.get_level_values("scenario")
    ]


def _interval(row: pd.DataFrame) -> str:
    low, middle, high = (float(row[level].iloc[0]) for level in (0.1, 0.5, 0.9))
    return f"{middle:.1f} ({low:.1f}–{high:.1f})"


def _scores(tables: Tables) -> list[dict[str, Any]]:
    """The lines a reader needs to judge the stages; the whole table lies in ``tables/scores``."""
    if "scores" not in tables:
        return []
    table = default_rows(main_scores(tables["scores"]), tables)
    judged = (
        table["target"].isin(TARGETS)
        & (table["split"] == "grouped")
        & table["metric"].isin(["r2", "coverage80", "coverage95"])
    )
    used = table["model"].str.endswith("_calibrated")  # the trend that the chain goes on with
    keep = ~table["stage"].str.startswith("exposure") | judged | used
    names = table["stage"].map(lambda stage: STAGE_NAMES.get(stage, stage))
    return _rows(table[keep].assign(stage_ko=names))
