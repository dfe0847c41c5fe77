"""Published numbers of firms and places, by planning year: what is to be placed, never persons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from forecast.errors import InputError
from forecast.stages.cohort_registry import Tables, all_programmes, year_of
from forecast.stages.cohort_rules import SMART
from forecast.stages.goal_years import published_per_year

ROADMAP, CUSTOM = "P000-SME-ROADMAP", "P000-AX-CUSTOM"
HUB, JOINT, LABS = "P000-SME-HUB", "P001-JOINT", "P000-PHYS-LAB"
BASICS, CENTRE = "P000-POLY-BASIC", "K-CENTRE"
SITES: tuple[tuple[str, str], ...] = (
    *((ROADMAP, "sites"), (CUSTOM, "sites"), (HUB, "centres"), (JOINT, "centres")),
    *((SMART, "firms"), (SMART, "consortia"), (LABS, "labs"), (BASICS, "campuses")),
    (CENTRE, "centres"),
)
FLOWS = (ROADMAP, CUSTOM)  # firms served anew each year; every other place stands


def published_sites(tables: Tables, *, years: Sequence[int], semantics: str) -> pd.DataFrame:
    """Return what is to be placed: programme, unit, year, published, year_stated (0: none).

    Smart manufacturing is of its own year only.
    """
    registry = all_programmes(tables)
    rows = []
    for name, unit in SITES:
        total = published_count(registry, tables["programme_figures"], name, unit)
        stated = year_of(registry.loc[name].to_dict()) or 0
        wanted = published_per_year(total, years, semantics if name in FLOWS else "annual")
        rows += [
            {"programme": name, "unit": unit, "year": year, "published": number}
            | {"year_stated": stated}
            for year, number in wanted.items()
            if name != SMART or year == stated
        ]
    return pd.DataFrame(rows)


def published_count(
    registry: pd.DataFrame, figures: pd.DataFrame, programme: str, unit: str
) -> int:
    """Return the one number that the registry, or else the documents, print in a unit.

    Parameters
    ----------
    registry : DataFrame
        From :func:`~forecast.stages.cohort_registry.all_programmes`.
    figures : DataFrame
        The table ``programme_figures``.
    """
    if programme not in registry.index:
        raise InputError(f"programmes: no row {programme!r}, whose {unit} are to be placed.")
    own: Any = registry.loc[programme]
    if own["unit"] == unit and not pd.isna(own["published"]):
        return int(own["published"])
    found = figures[
        (figures["programme"] == programme)
        & (figures["unit"] == unit)
        & figures["figure"].isin(["target", "infra"])
        & ~figures["source_line"].str.startswith("programmes-")
    ]
    if len(found) != 1 or found["low"].item() != found["high"].item():
        raise InputError(
            f"programme_figures, {programme}: expected one number of {unit} printed in the "
            f"documents, got {len(found)}."
        )
    return int(found["low"].item())
