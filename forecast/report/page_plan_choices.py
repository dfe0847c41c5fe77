"""What the page says about fairness, simple rules, and other futures than the one planned for."""

from __future__ import annotations

from typing import Any

import pandas as pd

from forecast.report.cohort_words import (
    BY_NAMES,
    Names,
    Tables,
    by_need,
    case_name,
    group_name,
    need_words,
    plan_name,
    plan_years,
    pool_name,
    programme_name,
)
from forecast.report.small_cells import FEWEST, seats

Rows = list[dict[str, Any]]
MOVED = 3  # provinces named that gain, and that lose, most seats


def choice_sections(tables: Tables, names: Names) -> dict[str, Any]:
    """Return ``coverage``, ``frontier``, ``rules``, ``robust``, ``cases`` and what they change."""
    return {
        "coverage": coverage_rows(tables, names),
        "frontier": _frontier(tables),
        "rules": rule_rows(tables),
        "robust": _robust(tables),
        "cases": case_rows(tables, names),
        "case_changes": _case_changes(tables, names),
        "case_seats": _case_seats(tables, names),
    }


def coverage_rows(tables: Tables, names: Names) -> Rows:
    """Least and best covered group of each pool and dimension, up to the last year.

    Returns
    -------
    list of dict
        ``pool``, ``by``, ``least``, ``least_share``, ``most``, ``most_share``, ``year``.
    """
    table = last_coverage(tables)
    rows = []
    for _, part in table.groupby(["people", "need", "by"], sort=False):
        ordered = part.sort_values("coverage", kind="stable").to_dict("records")
        low, high = ordered[0], ordered[-1]
        by = low["by"]
        rows.append(
            {
                "pool": pool_name(low["people"], low["need"]),
                "by": BY_NAMES[by],
                "least": group_name(by, low["group"], names),
                "least_share": float(low["coverage"]),
                "most": group_name(by, high["group"], names),
                "most_share": float(high["coverage"]),
                "year": int(low["year"]),
            }
        )
    return rows


def last_coverage(tables: Tables) -> pd.DataFrame:
    """Rows of ``cohort_coverage`` of the last year that have a coverage; it counts all years."""
    if "cohort_coverage" not in tables:
        return pd.DataFrame(columns=["year", "people", "need", "by", "group", "coverage"])
    table = tables["cohort_coverage"]
    return table[(table["year"] == table["year"].max()) & table["coverage"].notna()]


def rule_rows(tables: Tables) -> Rows:
    """Each printable rule: what share of the best gain it reaches, over all pools and years.

    Returns
    -------
    list of dict
        ``words``, ``of_optimum``, ``of_plan`` and the pool where it loses most; best rule first.
    """
    if "cohort_rules" not in tables:
        return []
    table = tables["cohort_rules"]
    rows = []
    for rule, part in table.groupby("rule", sort=False):
        worst = part.sort_values("share_of_optimum", kind="stable").to_dict("records")[0]
        rows.append(
            {
                "rule": rule,
                "words": part["words_ko"].iloc[0],
                "of_optimum": _share(part, "share_of_optimum"),
                "of_plan": _share(part, "share_of_plan"),
                "worst": pool_name(worst["people"], worst["need"]),
                "worst_share": float(worst["share_of_optimum"]),
            }
        )
    return sorted(rows, key=lambda row: (-row["of_optimum"], row["rule"]))


def case_rows(tables: Tables, names: Names) -> Rows:
    """Provinces that gain and that lose most seats of the first year in each case.

    Returns
    -------
    list of dict
        ``name``, ``gain`` and ``lose``: lists of province and seats, most first.
    """
    table = first_cases(tables)
    rows = []
    for case, part in table.groupby("case", sort=False):
        moved = part.groupby("sido")["change"].sum().sort_values(kind="stable")
        rows.append(
            {
                "name": case_name(str(case)),
                "lose": _moved(moved[moved <= -FEWEST].head(MOVED), names),
                "gain": _moved(moved[moved >= FEWEST].iloc[::-1].head(MOVED), names),
            }
        )
    return rows


def _case_changes(tables: Tables, names: Names) -> Rows:
    """One row a programme: seats won and lost by provinces in each case, all provinces together."""
    table = first_cases(tables)
    cases = list(dict.fromkeys(table["case"]))
    rows = []
    for code, part in table.groupby("programme", sort=False):
        changes = [part.loc[part["case"] == case, "change"] for case in cases]
        up = [int(change.clip(lower=0).sum()) for change in changes]
        down = [int(-change.clip(upper=0).sum()) for change in changes]
        cells = [
            f"{_signed(more, '+')} / {_signed(less, '−')}" if more or less else "–"
            for more, less in zip(up, down, strict=True)
        ]
        rows.append({"name": programme_name(str(code), names), "cells": cells})
    return rows


def first_cases(tables: Tables) -> pd.DataFrame:
    """Rows of ``cohort_scenarios`` of the first year, those of the plan itself left out."""
    if "cohort_scenarios" not in tables:
        return pd.DataFrame(columns=["case", "year", "programme", "sido", "persons", "change"])
    table = tables["cohort_scenarios"]
    return table[(table["year"] == table["year"].min()) & (table["case"] != "plan")]


def _case_seats(tables: Tables, names: Names) -> dict[str, Any] | None:
    """Seats for people in need of the first year, by programme: the plan and each case."""
    table = first_cases(tables)
    if table.empty:
        return None
    wide = table.pivot_table(
        index="programme", columns="case", values="in_need", aggfunc="sum", sort=False
    ).fillna(0)
    columns = [case_name(str(case)) for case in wide.columns]
    years = plan_years(tables)
    if "cohort_targets" in tables:
        own = tables["cohort_targets"]
        own = own[own["year"] == years[0]]
        plan = own.groupby("programme")["in_need"].sum().reindex(wide.index).fillna(0)
        wide.insert(0, "plan", plan)
        columns.insert(0, "이 계획")
    rows = [
        {"name": programme_name(code, names), "cells": [int(cell) for cell in cells]}
        for code, cells in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    return {"columns": columns, "rows": rows, "total": [int(x) for x in wide.sum()]}


def _frontier(tables: Tables) -> dict[str, Any] | None:
    """Chosen point of the frontier and the strictest one that a plan exists for."""
    if "cohort_frontier" not in tables:
        return None
    table = tables["cohort_frontier"].sort_values("fairness", kind="stable")
    feasible = table[(table["feasible"] == "yes") & table["gain_share"].notna()]
    chosen = feasible[feasible["chosen"] == "yes"]
    if feasible.empty or chosen.empty:
        return None
    last = feasible.iloc[-1]
    return {
        "fairness": float(chosen["fairness"].iloc[0]),
        "gain_share": float(chosen["gain_share"].iloc[0]),
        "strictest": float(last["fairness"]),
        "strictest_share": float(last["gain_share"]),
        "infeasible": [float(x) for x in table.loc[table["feasible"] == "no", "fairness"]],
    }


def _robust(tables: Tables) -> Rows:
    """Every plan under every set of futures, all needs together; the chosen one is marked."""
    if "cohort_robust" not in tables:
        return []
    table = tables["cohort_robust"]
    rows: Rows = []
    needs = ["all", *by_need(table)]
    for need in needs:
        for row in table[table["need"] == need].to_dict("records"):
            named = {
                "plan": plan_name(row["plan"]),
                "judged": case_name(row["judged"]),
                "need_ko": need_words(need),
            }
            rows.append({str(key): value for key, value in row.items()} | named)
    return rows


def _signed(number: int, sign: str) -> str:
    return f"{sign}{seats(number)}" if number else "0"


def _share(part: pd.DataFrame, column: str) -> float:
    """Gain of the rule over the gain that its shares are of, all rows together."""
    known = part[part[column] > 0]
    whole = float((known["gain"] / known[column]).sum())
    return float(known["gain"].sum()) / whole if whole else 0.0


def _moved(changes: pd.Series, names: Names) -> Rows:
    return [
        {"name": group_name("sido", str(code), names), "seats": int(change)}
        for code, change in changes.items()
    ]
