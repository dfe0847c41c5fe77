"""What the page says about firms, centres and campuses: counted by themselves, never as people."""

from __future__ import annotations

from typing import Any

import pandas as pd

from forecast.report.cohort_print import korean
from forecast.report.cohort_words import (
    SITE_NAMES,
    Names,
    Tables,
    programme_name,
    unit_name,
)

Rows = list[dict[str, Any]]
FUNNEL = ("P000-SME-ROADMAP", "P000-AX-CUSTOM")  # firms with a roadmap, of them with own courses
IN_PROVINCE = ("province", "campus")  # kinds of site whose 시도 is that of all they stand for


def place_sections(tables: Tables, names: Names) -> dict[str, Any]:
    """Return ``funnel``, ``places`` (one row a programme and unit) and ``place_table``."""
    table = first_places(tables)
    if table.empty:
        return {"funnel": None, "places": [], "place_table": None}
    return {
        "funnel": _funnel(table, names),
        "places": _places(table, names),
        "place_table": _by_province(table, names),
    }


def first_places(tables: Tables) -> pd.DataFrame:
    """Rows of ``cohort_sites`` of their first year."""
    if "cohort_sites" not in tables:
        return pd.DataFrame(columns=["year", "programme", "unit", "site_kind", "sido", "count"])
    table = tables["cohort_sites"]
    return table[table["year"] == table["year"].min()]


def _funnel(table: pd.DataFrame, names: Names) -> dict[str, Any] | None:
    """Firms diagnosed and firms that get courses of their own, both in 개소."""
    counts = table[table["unit"] == "sites"].groupby("programme")["count"].sum()
    if not set(FUNNEL) <= set(counts.index) or not counts[FUNNEL[0]]:
        return None
    wide, narrow = (int(counts[code]) for code in FUNNEL)
    return {
        "year": int(table["year"].min()),
        "wide": wide,
        "narrow": narrow,
        "share": narrow / wide,
        "wide_name": programme_name(FUNNEL[0], names),
        "narrow_name": programme_name(FUNNEL[1], names),
    }


def _places(table: pd.DataFrame, names: Names) -> Rows:
    rows = []
    for _, part in table.groupby(["programme", "unit"], sort=False):
        code, unit = str(part["programme"].iloc[0]), str(part["unit"].iloc[0])
        kinds = "·".join(SITE_NAMES.get(kind, kind) for kind in sorted(part["site_kind"].unique()))
        spread = part[~part["site_kind"].isin(IN_PROVINCE)].sort_values(
            "count", ascending=False, kind="stable"
        )
        named = [
            f"{site} {count:,}" for site, count in zip(spread["site"], spread["count"], strict=True)
        ]
        rows.append(
            {
                "code": code,
                "name": programme_name(code, names),
                "stage": part["stage"].iloc[0],
                "unit": unit_name(unit),
                "count": int(part["count"].sum()),
                "kind": kinds,
                "regions": ", ".join(named),
                "note": korean(part["note"].iloc[0]),
            }
        )
    return rows


def _by_province(table: pd.DataFrame, names: Names) -> dict[str, Any] | None:
    """Provinces in rows, a programme and its unit in a column; columns are never added."""
    own = table[table["site_kind"].isin(IN_PROVINCE)]
    if own.empty:
        return None
    wide = own.pivot_table(
        index="sido", columns=["programme", "unit"], values="count", aggfunc="sum", sort=False
    )
    kinds = own[["programme", "unit"]].drop_duplicates()
    wide = wide[list(kinds.itertuples(index=False, name=None))]
    wide = wide.fillna(0).astype("int64").sort_index()
    columns = [
        {"name": programme_name(code, names), "unit": unit_name(unit)}
        for code, unit in zip(kinds["programme"], kinds["unit"], strict=True)
    ]
    known = names.get("sido", {})
    rows = [
        {"name": known.get(str(sido), str(sido)), "cells": cells}
        for sido, cells in zip(wide.index, wide.to_numpy().tolist(), strict=True)
    ]
    return {"columns": columns, "total": wide.sum().tolist(), "rows": rows}
