"""The registry of programmes, what binds the plan, and what the documents leave open."""

from __future__ import annotations

from typing import Any

import pandas as pd

from forecast.report.cohort_print import in_korean, korean, source_words
from forecast.report.cohort_words import (
    ROUNDINGS,
    Names,
    Tables,
    programme_name,
    unit_name,
)

Rows = list[dict[str, Any]]
BINDING = 10  # constraints told in words

PRICE_UNITS = {  # of a shadow price
    "seat": "정원 1명", "person": "사람 1명", "class": "반 1개", "class-month": "반·개월",
    "million won": "백만 원", "point of fairness (0.01)": "하한 1%p",
}  # fmt: skip


def with_registry(tables: Tables, names: Names) -> Names:
    """Add the Korean names of the registry, those beside the documents too."""
    if "cohort_programmes" not in tables:
        return names
    registry = tables["cohort_programmes"]
    own = dict(zip(registry["programme"], registry["name_ko"], strict=True))
    return {**names, "programme": {**own, **names.get("programme", {})}}


def binding_rows(tables: Tables) -> Rows:
    """Binding constraints by what one more unit would gain, most first."""
    if "cohort_constraints" not in tables:
        return []
    table = tables["cohort_constraints"].query("binding == 'yes'")
    order = table["shadow_price"].abs().sort_values(ascending=False, kind="stable").index
    top = table.loc[order].head(BINDING)
    return _rows(top.assign(unit=[PRICE_UNITS.get(unit, unit) for unit in top["unit"]]))


def registry_rows(tables: Tables, names: Names) -> dict[str, Rows]:
    """Return every programme, the flagged defaults, the contradictions, and the roundings."""
    programmes = records(tables, "cohort_programmes")
    for row in programmes:
        number = row["published"]
        # A number is printed with its unit, so that sites are never read as people.
        printed: str = "–" if pd.isna(number) else f"{number:,.0f}{unit_name(row['unit'])}"
        row |= {
            "printed": printed,
            "year_ko": in_korean(row["year_stated"]),
            "ministry": in_korean(row["ministry"]),
            "reason": korean(row["reason"]),
            "source_words": source_words(row["source"], row["source_line"]),
        }
    contradictions = records(tables, "cohort_contradictions")
    for row in contradictions:
        codes = [code.strip() for code in str(row["programmes"] or "").split(",") if code.strip()]
        row["names"] = [programme_name(code, names) for code in codes]
        row["shown_ko"] = korean(row["shown"])
    return {
        "programmes": programmes,
        "defaults": records(tables, "cohort_defaults"),
        "contradictions": contradictions,
        "rounding_words": [row for row in contradictions if row["code"] in ROUNDINGS],
    }


def records(tables: Tables, name: str) -> Rows:
    """Rows of a table, empty text where text is missing; none where the table is absent."""
    if name not in tables:
        return []
    return _rows(_text_without_gaps(tables[name]))


def _text_without_gaps(table: pd.DataFrame) -> pd.DataFrame:
    """Empty text where text is missing; numbers stay as they are."""
    words = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    return table.assign(**{name: table[name].fillna("") for name in words})


def _rows(table: pd.DataFrame) -> Rows:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
