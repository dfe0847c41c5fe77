"""What the page says about reasons, years, crosswalk and joins, read off the tables of exposure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

Tables = Mapping[str, pd.DataFrame]
UNSTABLE = 10  # minor groups listed whose score depends most on the crosswalk
LARGEST = 10  # occupations whose exposure is shown by year
YEARS = (2023, 2026, 2030, 2035)
SURE_NAMES = {"high": "높음", "medium": "중간", "low": "낮음", "unknown": "알 수 없음"}
BASIS_NAMES = {"measured": "실측", "imputed": "대체값 포함", "absent": "파일 없음"}


def evidence_sections(tables: Tables) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the page's tables on what scores rest on; a missing table gives no rows.

    Returns
    -------
    dict
        ``reasons``, ``by_year``, ``trend``, ``unraked``, ``unstable`` and ``joins``: lists of rows.
    """
    return {
        "reasons": _reasons(tables),
        "by_year": _by_year(tables),
        "trend": _trend(tables),
        "unraked": _unraked(tables),
        "unstable": _unstable(tables),
        "joins": _joins(tables),
    }


def _reasons(tables: Tables) -> list[dict[str, Any]]:
    """One sentence a sub-major group, the most exposed first; who is not described comes last."""
    if "exposure_reasons" not in tables:
        return []
    table = tables["exposure_reasons"].query("level == 'sub_major'")
    names = dict(zip(table["ksco7"], table["name_ko"], strict=True))
    table = table.sort_values("exposure", ascending=False, kind="stable", na_position="last")
    nearest = [", ".join(names[code] for code in codes.split()) for codes in table["nearest"]]
    return _rows(table.assign(sure_ko=table["sure"].map(SURE_NAMES), nearest_ko=nearest))


def _by_year(tables: Tables) -> list[dict[str, Any]]:
    """Exposure of the largest occupations in some years: median and 80 % interval."""
    if "exposure_by_year" not in tables or "exposure_ksco" not in tables:
        return []
    groups = tables["exposure_ksco"].query("level == 'sub_major'")
    largest = groups.sort_values("employed_persons", ascending=False, kind="stable").head(LARGEST)
    wide = tables["exposure_by_year"].pivot(
        index=["ksco7", "year"], columns="level", values="exposure"
    )
    years = [year for year in YEARS if year in wide.index.get_level_values("year")]
    rows = []
    for group in _rows(largest[["ksco7", "name_ko"]]):
        ends = [wide.loc[(group["ksco7"], year), [0.1, 0.5, 0.9]] for year in years]
        cells = [f"{middle:.2f} ({low:.2f}–{high:.2f})" for low, middle, high in ends]
        rows.append(group | {"years": years, "cells": cells})
    return rows


def _trend(tables: Tables) -> list[dict[str, Any]]:
    """How the trend that the chain uses scored from past origins, beside the last value."""
    if "scores" not in tables:
        return []
    table = tables["scores"]
    used = (table["stage"] == "exposure_trend") & table["model"].str.endswith("_calibrated")
    return _rows(table[used])


def _unraked(tables: Tables) -> list[dict[str, Any]]:
    """Published cells beside what our scores give before they are raked, the farthest first."""
    if "at_risk_cells" not in tables:
        return []
    cells = tables["at_risk_cells"]
    whole = (cells["ksic"] == "TOT") & (cells["occupation_group"] == "TOT")  # calibrated to it
    cells = cells[cells["published_persons"].notna() & ~whole]
    reached = cells["before_raking_persons"] / cells["published_persons"]
    return _rows(cells.assign(reached=reached).sort_values("reached", kind="stable"))


def _unstable(tables: Tables) -> list[dict[str, Any]]:
    """The minor groups whose exposure moves most with the crosswalk weights."""
    if "crosswalk_sensitivity" not in tables:
        return []
    table = tables["crosswalk_sensitivity"].query("level == 'minor'")
    return _rows(table.sort_values("crosswalk_sd", ascending=False, kind="stable").head(UNSTABLE))


def _joins(tables: Tables) -> list[dict[str, Any]]:
    if "join_report" not in tables:
        return []
    table = tables["join_report"]
    return _rows(table.assign(basis_ko=table["basis"].map(BASIS_NAMES)))


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
