"""What the page says about people in need: who, where, when and which training, off the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from forecast.report.figures_transition import transition_rates
from forecast.report.page_drivers import driver_sections
from forecast.report.reskilling_words import (
    CAPACITY_NAMES,
    COUNTRY,
    GROUP_NAMES,
    SHOWN,
    age_name,
    in_plan_year,
    most_displaced,
    of_country,
    plan_year,
)
from forecast.report.style import NEED_NAMES

Tables = Mapping[str, pd.DataFrame]
Rows = list[dict[str, Any]]
PROVINCES, OCCUPATIONS, CELLS = 8, 10, 10  # rows of the tables of the page
FEWEST_EMPLOYED = 1_000  # of a cell of the priority list: a rank of few people says little
CELL = ["sido", "ksco7", "age_group"]


def reskilling_sections(tables: Tables) -> dict[str, Rows]:
    """Return the rows of the section on reskilling; a missing table gives none.

    Returns
    -------
    dict
        ``reskilling`` (by year), ``need_lead``, ``need_balance``, ``need_groups``,
        ``need_provinces``, ``need_occupations``, ``risk_occupations``, ``priority`` and
        ``need_example``; then what :func:`~forecast.report.page_drivers.driver_sections` gives.
    """
    return {
        "reskilling": _by_year(tables),
        "need_lead": _lead(tables),
        "need_balance": _balance(tables),
        "need_groups": _groups(tables),
        "need_provinces": _provinces(tables),
        "need_occupations": _occupations(tables),
        "risk_occupations": _risk(tables),
        "priority": _priority(tables),
        "need_example": _example(tables),
        **driver_sections(tables),
    }


def _by_year(tables: Tables) -> Rows:
    """National people in need by year: one cell a need, with its interval."""
    if "reskilling_totals" not in tables:
        return []
    totals = tables["reskilling_totals"]
    totals = totals[totals["scenario"] == SHOWN]
    return [
        {"year": year, "cells": _cells(part.set_index("need"))}
        for year, part in totals.groupby("year")
    ]


def _lead(tables: Tables) -> Rows:
    """One row: the year, each need, all together where they were summed by draw, and of whom."""
    if "reskilling_totals" not in tables:
        return []
    totals = in_plan_year(tables, "reskilling_totals").set_index("need")
    means = float(totals.loc[list(NEED_NAMES), "persons"].sum())
    row = {
        "year": plan_year(tables, "reskilling_totals"),
        "cells": _cells(totals),
        "together": None,  # an interval of a sum is not the sum of intervals
        "persons": means,
        "groups": [],
    }
    if "take_up" in tables:
        every = in_plan_year(tables, "take_up").query("need == 'all'")
        row["together"] = every.iloc[0].to_dict() if len(every) else None
    if "transition_groups" in tables:
        row["groups"] = [
            {"name": GROUP_NAMES[group], "persons": count, "share": count / means if means else 0.0}
            for group, count in _of_whom(tables).items()
        ]
    return [row]


def _of_whom(tables: Tables) -> dict[str, float]:
    country = of_country(in_plan_year(tables, "transition_groups"))
    by_group = country.groupby("group")["persons"].sum()
    return {group: float(by_group[group]) for group in ("midlife", "movers", "midlife_movers")}


def _balance(tables: Tables) -> Rows:
    """One row: touched + separated - returned - adapted = in need, the country."""
    if "reskilling_cells" not in tables:
        return []
    cells = in_plan_year(tables, "reskilling_cells")
    kinds = ("opening", "touched", "separated", "returned", "adapted")
    row = {kind: float(cells[f"{kind}_persons"].sum()) for kind in kinds}
    row["in_need"] = row["touched"] + row["separated"] - row["returned"] - row["adapted"]
    return [row | {"year": plan_year(tables, "reskilling_cells")}]


def _groups(tables: Tables) -> Rows:
    if "transition_groups" not in tables:
        return []
    country = of_country(in_plan_year(tables, "transition_groups"))
    return [
        {"name": name, "cells": _cells(country[country["group"] == group].set_index("need"))}
        for group, name in GROUP_NAMES.items()
    ]


def _provinces(tables: Tables) -> Rows:
    """Provinces with most people in transition newly in need per 1,000 employed."""
    if "transition_groups" not in tables or "ledger_province" not in tables:
        return []
    rates = transition_rates(tables).sum(axis=1)
    ranked = rates.drop(COUNTRY).sort_values(ascending=False, kind="stable").head(PROVINCES)
    people = in_plan_year(tables, "transition_groups").query("group == 'transition'")
    return [
        {
            "sido": code,
            "rate": float(rate),
            "country": float(rates[COUNTRY]),
            "cells": _cells(people[people["sido"] == code].set_index("need")),
        }
        for code, rate in ranked.items()
    ]


def _occupations(tables: Tables) -> Rows:
    """Occupations with most people newly in need, by need, and the age that has most of them."""
    if "reskilling_demand" not in tables:
        return []
    table = in_plan_year(tables, "reskilling_demand")
    wide = table.pivot_table(index="ksco7", columns="need", values="persons", aggfunc="sum")
    ages = table.pivot_table(index="ksco7", columns="age_group", values="persons", aggfunc="sum")
    total = wide.sum(axis=1).sort_values(ascending=False, kind="stable").head(OCCUPATIONS)
    wide, ages = wide.loc[total.index, list(NEED_NAMES)], ages.loc[total.index]
    rows = pd.DataFrame({"ksco7": total.index, "persons": total.to_numpy()})
    rows["needs"] = wide.to_numpy().tolist()
    rows["age"] = [age_name(str(age)) for age in ages.idxmax(axis=1)]
    rows["age_share"] = (ages.max(axis=1) / total).fillna(0.0).to_numpy()
    return _rows(rows)


def _risk(tables: Tables) -> Rows:
    """Occupations that most people are displaced from, with their way out."""
    if "opportunity" not in tables or "displaced_ledger" not in tables:
        return []
    left = most_displaced(tables, OCCUPATIONS).rename("persons")
    table = of_country(tables["opportunity"]).set_index("ksco7").join(left, how="inner")
    table = table.sort_values("persons", ascending=False, kind="stable").reset_index()
    best = _best_moves(tables)
    return [row | {"to": best.get(row["ksco7"], [])} for row in _rows(table)]


def _best_moves(tables: Tables) -> dict[str, list[str]]:
    """Occupation to its three best destinations."""
    if "occupation_moves" not in tables:
        return {}
    moves = tables["occupation_moves"].query("rank <= 3").sort_values(["ksco7", "rank"])
    return {str(code): list(part) for code, part in moves.groupby("ksco7")["ksco7_to"]}


def _priority(tables: Tables) -> Rows:
    """First cells of the priority list, with what adaptive capacity rests on."""
    if "reskilling_priority" not in tables:
        return []
    table = in_plan_year(tables, "reskilling_priority").sort_values("rank", kind="stable")
    first = table[table["employed_persons"] >= FEWEST_EMPLOYED].head(CELLS)
    if "adaptive_capacity" in tables:
        capacity = tables["adaptive_capacity"].drop(columns="capacity")
        first = first.merge(capacity, on=CELL, how="left", validate="one_to_one")
        parts = first[list(CAPACITY_NAMES)]
        first = first.assign(lacking=parts.idxmin(axis=1).map(CAPACITY_NAMES))
    return _rows(first.assign(age=first["age_group"].map(age_name)))


def _example(tables: Tables) -> Rows:
    """One row: the largest cell of the plan year, as a target of ``forecast explain``."""
    if "reskilling_demand" not in tables:
        return []
    table = in_plan_year(tables, "reskilling_demand")
    largest = _rows(table.sort_values("persons", ascending=False, kind="stable").head(1))[0]
    keys = ("year", "scenario", *CELL, "need")
    target = ",".join(f"{key}={largest[key]}" for key in keys)
    return [largest | {"target": target, "age": age_name(largest["age_group"])}]


def _cells(by_need: pd.DataFrame) -> Rows:
    """One cell a need, in the order of the report: persons, lower80, upper80."""
    return _rows(by_need.loc[list(NEED_NAMES), ["persons", "lower80", "upper80"]])


def _rows(table: pd.DataFrame) -> Rows:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
