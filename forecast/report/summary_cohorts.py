"""Seats of the first year as a run prints them: by stage and programme, and against the need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from forecast.report.cohort_words import (
    PERSONS,
    STAGE,
    SUMS,
    Tables,
    by_need,
    plan_years,
    planned_programmes,
)

INDENT = "  "


def cohort_lines(tables: Tables) -> list[str]:
    """Lay out the seats of the plan in its first year: stage totals, programmes, need.

    Parameters
    ----------
    tables : mapping of DataFrame
        ``cohort_totals``; without it there is nothing to say. ``cohort_targets`` names the
        stages, ``cohort_balance`` adds what stands against the seats.

    Examples
    --------
    >>> totals = pd.DataFrame({"year": 2026, "programme": ["P", "STAGE-전환기"], "unit": "persons",
    ...                        "published": [500, 600], "allocated": [500, 500],
    ...                        "unallocated": [0, 100], "note": ["", "rounded"]})
    >>> print("\\n".join(cohort_lines({"cohort_totals": totals})))
    Cohort targets, 2026 (persons; sites and firms are counted apart)
      STAGE-전환기             500 of     600 persons published; unallocated 100
        rounded
      P                     500 of     500 persons published; unallocated 0
    """
    years = plan_years(tables)
    if "cohort_totals" not in tables or not years:
        return []
    totals = tables["cohort_totals"]
    totals = totals[planned_rows(tables) & (totals["unit"] == PERSONS)]
    stages = totals["programme"].str.startswith(STAGE)
    sums = stages | totals["programme"].str.contains(SUMS)  # goals print the stages once more
    lines = [f"Cohort targets, {years[0]} (persons; sites and firms are counted apart)"]
    for row in totals[stages].to_dict("records"):
        lines += [_line(row), f"{INDENT * 2}{row['note'].partition('; ')[0]}"]
    own = totals[~sums].set_index("programme", drop=False)
    for code in [code for code in planned_programmes(tables) if code in own.index] or own.index:
        lines.append(_line(own.loc[code].to_dict()))
    return lines + _need(tables, years[0])


def planned_rows(tables: Tables) -> pd.Series:
    """Mark the rows of ``cohort_totals`` of the plan's first year: programmes and their stages."""
    totals = tables["cohort_totals"]
    code = totals["programme"]
    of_plan = totals["allocated"] > 0
    if "cohort_targets" in tables:
        stages = STAGE + pd.Series(tables["cohort_targets"]["stage"].unique(), dtype=object)
        of_plan &= ~code.str.startswith(STAGE) | code.isin(stages)
    years = plan_years(tables)
    return of_plan & (totals["year"] == years[0]) if years else of_plan


def _line(row: Mapping[Any, Any]) -> str:
    return (
        f"{INDENT}{row['programme']:<16} {row['allocated']:>7,.0f} of {row['published']:>7,.0f} "
        f"persons published; unallocated {row['unallocated']:,.0f}"
    )


def _need(tables: Tables, year: int) -> list[str]:
    """One line a need: its seats beside the people in need of them."""
    if "cohort_balance" not in tables:
        return []
    table = tables["cohort_balance"]
    table = table[table["year"] == year]
    lines = []
    for need in by_need(table):
        own = table[table["need"] == need].sum(numeric_only=True)
        in_need = own["waiting_before"] + own["newly_in_need"]
        given = own["seats_in_need"] + own["seats_beyond_need"]
        share = f" ({given / in_need:.1%})" if in_need else ""
        lines.append(
            f"{INDENT}{need:<16} {given:>7,.0f} seats for {in_need:,.0f} in need{share}; "
            f"{own['seats_beyond_need']:,.0f} beyond the need, "
            f"{own['waiting_after']:,.0f} still waiting"
        )
    return lines
