"""Who newly needs which training, as a run prints it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from forecast.report.page_drivers import leading_sources
from forecast.report.reskilling_words import COUNTRY, in_plan_year, plan_year
from forecast.types import NEEDS

Tables = Mapping[str, pd.DataFrame]
INDENT = "  "
SOURCES = 2  # of variance, named behind each need


def reskilling_lines(tables: Tables) -> list[str]:
    """Lay out people newly in need in the plan year: interval, of whom, and what drives it.

    Parameters
    ----------
    tables : mapping of DataFrame
        ``reskilling_totals``; without it there is nothing to say. ``transition_groups`` and
        ``variance_shares`` add to it.

    Examples
    --------
    >>> totals = pd.DataFrame({"year": 2026, "scenario": "central", "need": ["ai_basic", "ax"],
    ...                        "persons": [57085.4, 7550.3], "lower80": [1869.3, 179.2],
    ...                        "upper80": [143998.7, 19757.0]})
    >>> print("\\n".join(reskilling_lines({"reskilling_totals": totals})))
    People newly in need, 2026, central scenario (exposure is not displacement)
      ai_basic     57,085  80 % interval 1,869-143,999
      ax            7,550  80 % interval 179-19,757
    """
    if "reskilling_totals" not in tables:
        return []
    totals = in_plan_year(tables, "reskilling_totals").set_index("need")
    year = plan_year(tables, "reskilling_totals")
    lines = [f"People newly in need, {year}, central scenario (exposure is not displacement)"]
    for need in (need for need in NEEDS if need in totals.index):
        row = totals.loc[need]
        parts = [
            f"{row['persons']:>9,.0f}  80 % interval {row['lower80']:,.0f}-{row['upper80']:,.0f}",
            *_of_whom(tables, need),
            *_driven_by(tables, need),
        ]
        lines.append(f"{INDENT}{need:<10}" + ";  ".join(parts))
    return lines


def _of_whom(tables: Tables, need: str) -> list[str]:
    if "transition_groups" not in tables:
        return []
    table = in_plan_year(tables, "transition_groups")
    own = table[(table["sido"] == COUNTRY) & (table["need"] == need)]
    persons = own.set_index("group")["persons"]
    return [f"of whom midlife {persons['midlife']:,.0f}, movers {persons['movers']:,.0f}"]


def _driven_by(tables: Tables, need: str) -> list[str]:
    if "variance_shares" not in tables:
        return []
    first = leading_sources(tables["variance_shares"], need, SOURCES)
    words = [
        f"{source} {share:.0%}"
        for source, share in zip(first["source"], first["total_effect"], strict=True)
    ]
    return [f"variance {', '.join(words)}"]
