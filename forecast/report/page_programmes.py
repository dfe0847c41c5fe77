"""One page per planned programme: its facts, what it rests on, and its seats in whole persons."""

from __future__ import annotations

import json
import re
from typing import Any

import pandas as pd

from forecast.report.cohort_print import in_korean, korean, source_words, title
from forecast.report.cohort_words import (
    EVIDENCE,
    PERSONS,
    Names,
    Tables,
    group_name,
    plan_years,
    planned_programmes,
    programme_name,
    unit_name,
)
from forecast.report.page_programme_seats import (
    basis_seats,
    occupation_seats,
    province_tables,
    site_seats,
    withheld,
)
from forecast.report.small_cells import SECONDARY, TOTAL, UNDER, seats, shown
from forecast.types import AGE_GROUPS

Rows = list[dict[str, Any]]
ENTRY = "진입기"  # its people are counted by the occupation that they enter
EVERY = ("years", "goal_semantics", "since_year", "programmes", "beyond_need", "fairness", "later")
OF_CAMPUSES = (
    "every_campus", "minimum_class", "maximum_class", "maximum_share_per_campus", "room_months",
    "served_by",
)  # fmt: skip
RULES = ("programmes", "beside", "beyond_need")  # defaults with one value a programme
MEASURES = ("유지취업률", "취업률", "수료율", "자격취득률")


def programme_pages(tables: Tables, names: Names) -> Rows:
    """Return what stands on the page of each planned programme.

    Parameters
    ----------
    tables : mapping of DataFrame
        ``cohort_targets``; without it there are no pages. ``cohort_programmes``,
        ``cohort_defaults``, ``cohort_contradictions`` and ``cohort_figures`` add to a page.
    names : mapping
        ``sido``, ``ksco7`` and ``programme``: code to Korean name.

    Returns
    -------
    list of dict
        One a programme, in the order of the stages.
    """
    codes = planned_programmes(tables)
    if not codes:
        return []
    years = plan_years(tables)
    by_programme = dict(list(tables["cohort_targets"].groupby("programme", sort=False)))
    return [_page(code, by_programme[code], years, tables, names) for code in codes]


def _page(
    code: str, own: pd.DataFrame, years: list[int], tables: Tables, names: Names
) -> dict[str, Any]:
    name, first = programme_name(code, names), int(own["year"].min())
    of_first = own[own["year"] == first]
    kept_back = withheld(tables, code)
    counts, marks = province_tables(own, years, kept_back)
    cells = shown(counts, marks)
    known = names.get("sido", {})
    places = [TOTAL, *(known.get(str(sido), str(sido)) for sido in counts.index[1:])]
    sites = site_seats(own, marks, kept_back)
    entering = own["stage"].iloc[0] == ENTRY
    when = f"{first}년"
    return {
        "code": code,
        "name": name,
        "stage": own["stage"].iloc[0],
        "year": first,
        "seats": int(of_first["persons"].sum()),
        "every_year": int(own["persons"].sum()),
        "facts": _facts(code, tables),
        "defaults": _defaults(code, own, tables),
        "contradictions": _contradictions(code, tables),
        "provinces": {
            "title": title(name, "시도별·연령별 정원", when, PERSONS),
            "columns": [TOTAL, *(group_name("age_group", age, {}) for age in AGE_GROUPS)],
            "years": [f"{c}년" if c != "모든 연도" else c for c in counts.columns[6:]],
            "rows": [{"name": p, "cells": c} for p, c in zip(places, cells, strict=True)],
            "hidden": bool((marks != "").any(axis=None)),
        },
        "sites": {
            "title": title(name, "캠퍼스별 정원", when, PERSONS),
            "rows": [
                row | {"sido": known.get(row["sido"], row["sido"])}
                | {"persons": seats(row["persons"], row["mark"])}
                for row in sites.to_dict("records")
            ],
        },
        "occupations": occupation_seats(of_first, names)
        | {
            "title": title(
                name, f"정원이 많은 {'진입하는' if entering else '출신'} 직업", when, PERSONS
            )
        },
        "basis": basis_seats(own, years),
        "evidence": _evidence(code, tables, names),
        "cells": len(of_first),
        "under": int((of_first["mark"] == UNDER).sum()),
        "secondary": int((of_first["mark"] == SECONDARY).sum()),
    }  # fmt: skip


def _facts(code: str, tables: Tables) -> list[tuple[str, str]]:
    if "cohort_programmes" not in tables:
        return []
    table = tables["cohort_programmes"]
    found = table[table["programme"] == code]
    if found.empty:
        return []
    row = found.iloc[0]
    number = row["published"]
    printed = "문서에 없음" if pd.isna(number) else f"{number:,.0f}{unit_name(row['unit'])}"
    words = in_korean(row["published_text"])
    if re.sub(r"\D", "", words) != words.strip():  # more than the number is printed
        printed += f" (인쇄: {words})"
    return [
        ("부처", in_korean(row["ministry"])),
        ("단계", row["stage"]),
        ("대상", in_korean(row["target_group"])),
        ("발표 인원", printed),
        ("발표 연도", in_korean(row["year_stated"])),
        ("장소", in_korean(row["place"])),
        ("훈련 기관", in_korean(row["delivery"])),
        ("기간", in_korean(row["duration_text"])),
        ("비용·수당", in_korean(row["cost_text"])),
        ("조건·비고", in_korean(row["conditions"])),
        ("배분", korean(row["reason"]) or in_korean("")),
        ("출처", source_words(row["source"], row["source_line"])),
    ]


def _defaults(code: str, own: pd.DataFrame, tables: Tables) -> Rows:
    """Defaults that the seats of a programme rest on, with its own value where there is one."""
    if "cohort_defaults" not in tables:
        return []
    table = tables["cohort_defaults"].fillna({"value": ""})
    wanted = {*EVERY, *(OF_CAMPUSES if (own["site_kind"] == "campus").any() else ())}
    if code.startswith("K-"):
        wanted = (wanted | {"beside"}) - {"programmes"}
    rows = []
    for row in table.to_dict("records"):
        if row["key"] in wanted or code in row["key"]:
            value = _own_value(row["value"], code) if row["key"] in RULES else row["value"]
            rows.append({str(key): cell for key, cell in row.items()} | {"value": value})
    return rows


def _own_value(value: str, code: str) -> str:
    """Rule of one programme out of those of all."""
    try:
        rules = json.loads(value)
    except ValueError:
        return value  # free words
    if not isinstance(rules, dict) or code not in rules:
        return value
    own = rules[code]
    return korean(own) if isinstance(own, str) else json.dumps(own, ensure_ascii=False)


def _contradictions(code: str, tables: Tables) -> Rows:
    if "cohort_contradictions" not in tables:
        return []
    table = tables["cohort_contradictions"]
    touched = [code in re.split(r"\s*,\s*", str(codes)) for codes in table["programmes"]]
    return [
        {str(key): cell for key, cell in row.items()} | {"shown_ko": korean(row["shown"])}
        for row in table[touched].to_dict("records")
    ]


def _evidence(code: str, tables: Tables, names: Names) -> dict[str, Any] | None:
    """Published outcomes of the same or a wider programme, and how far they lie apart."""
    if "cohort_figures" not in tables:
        return None
    table = tables["cohort_figures"]
    related = (code,) if code.startswith("K-") else EVIDENCE.get(code, ())
    found = table[table["programme"].isin(related) & (table["figure"] == "outcome")]
    if found.empty:
        return None
    found = found.assign(
        name=[programme_name(one, names) for one in found["programme"]],
        group=found["group"].fillna(""),
        year=found["year"].fillna(""),
        what=[_measure(str(words)) for words in found["printed"]],
        source_line=found["source_line"].fillna(""),
    )
    shares = found[found["unit"] == "percent"]
    spread = [
        {
            "name": name,
            "what": what,
            "low": part["low"].min(),
            "high": part["high"].max(),
            "count": len(part),
            "first": min(part["year"]),
            "last": max(part["year"]),
        }
        for (name, what), part in shares.groupby(["name", "what"], sort=True)
    ]
    rows = [{str(k): v for k, v in row.items()} for row in found.to_dict("records")]
    return {"spread": spread, "rows": rows}


def _measure(printed: str) -> str:
    """Which outcome was printed: the first known word in it, else what stands before the colon."""
    for word in MEASURES:
        if word in printed:
            return word
    return printed.partition(":")[0]
