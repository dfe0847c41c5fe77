"""What the page says about quadrants, other choices and other indices, read off the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from forecast.report.style import CONSTRUCT_NAMES, INDEX_NAMES, QUADRANT_NAMES

Tables = Mapping[str, pd.DataFrame]
NAMED = 4  # occupations named per quadrant
DISPUTED = 10  # occupations over which the indices disagree most
VARIANT_NAMES = {
    "median=persons": "중앙값을 취업자 기준으로",
    "median=isco_unit_groups": "중앙값을 ISCO 세분류에서",
    "bar=implied_by_published": "공표 수치를 만드는 기준",
    "count=share_of_tasks": "일자리 대신 과업 비중의 합",
}


def exposure_sections(tables: Tables) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the page's tables on exposure; a missing table gives no rows.

    Returns
    -------
    dict
        ``quadrants``, ``variants``, ``agreement`` and ``disputed``: lists of rows.
    """
    return {
        "quadrants": _quadrants(tables),
        "variants": _variants(tables),
        "agreement": _agreement(tables),
        "disputed": _disputed(tables),
    }


def variant_name(variant: str) -> str:
    """Say in Korean what a variant changes.

    Examples
    --------
    >>> variant_name("index=ilo_2023"), variant_name("median=persons")
    ('지표: ILO 2023', '중앙값을 취업자 기준으로')
    """
    kind, _, name = variant.partition("=")
    if kind == "index":
        return f"지표: {INDEX_NAMES.get(name, name)}"
    return VARIANT_NAMES.get(variant, variant)


def _quadrants(tables: Tables) -> list[dict[str, Any]]:
    if "quadrants" not in tables:
        return []
    table = tables["quadrants"].query("level == 'sub_major'")
    rows = []
    for quadrant, name in QUADRANT_NAMES.items():
        people = table["employed_persons"] * table[f"p_{quadrant}"]
        inside = table[table["quadrant"] == quadrant]
        largest = inside.sort_values("employed_persons", ascending=False, kind="stable")
        rows.append(
            {
                "name": name,
                "persons": float(people.sum()),
                "share": float(people.sum() / table["employed_persons"].sum()),
                "done_whole": _mean(table["task_substitution_share"], people),
                "assisted": _mean(table["task_assistance_share"], people),
                "examples": ", ".join(largest["name_ko"].head(NAMED)),
            }
        )
    return rows


def _mean(values: pd.Series, weights: pd.Series) -> float:
    total = float(weights.sum())
    return float((values * weights).sum() / total) if total > 0 else float("nan")


def _variants(tables: Tables) -> list[dict[str, Any]]:
    if "headline_variants" not in tables:
        return []
    table = tables["headline_variants"]
    return _rows(table.assign(name=table["variant"].map(variant_name)))


def _agreement(tables: Tables) -> list[dict[str, Any]]:
    """Our exposure against each published index, at minor groups."""
    if "triangulation_pairs" not in tables:
        return []
    pairs = tables["triangulation_pairs"].query(
        "level == 'minor' and index_a == 'exposure' and index_b != 'substitution'"
    )
    return _rows(
        pairs.assign(
            name=pairs["index_b"].map(lambda index: INDEX_NAMES.get(index, index)),
            construct=pairs["construct_b"].map(CONSTRUCT_NAMES),
        )
    )


def _disputed(tables: Tables) -> list[dict[str, Any]]:
    """The sub-major groups over which the language indices disagree most."""
    if "triangulation_occupations" not in tables:
        return []
    table = tables["triangulation_occupations"].query("level == 'sub_major'")
    table = table.sort_values("disagreement", ascending=False, kind="stable").head(DISPUTED)
    ends = {
        column: table[column].map(lambda index: INDEX_NAMES.get(index, index))
        for column in ("lowest_index", "highest_index")
    }
    return _rows(table.assign(**ends))


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
