"""What the page says about seats: totals, need against seats, what binds, and the registry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from forecast.report.cohort_print import in_man, korean
from forecast.report.cohort_words import (
    BESIDE,
    PERSONS,
    REST,
    STAGE,
    STAGE_OF_REST,
    STAGES,
    SUMS,
    Names,
    Tables,
    by_need,
    plan_years,
    planned_programmes,
    pool_name,
    programme_name,
    unit_name,
)
from forecast.report.page_cohort_registry import (
    binding_rows,
    records,
    registry_rows,
    with_registry,
)
from forecast.report.page_places import place_sections
from forecast.report.page_plan_choices import choice_sections
from forecast.report.page_programmes import programme_pages
from forecast.report.style import NEED_NAMES
from forecast.report.summary_cohorts import planned_rows

Rows = list[dict[str, Any]]
SMART_REST = "P002-REST"  # a part of the smart-manufacturing programme
EVERY = "전체"  # stage of the goal as a whole


def cohort_sections(tables: Tables, names: Names) -> dict[str, Any]:
    """Return the section on seats; a missing table leaves out what rests on it.

    Parameters
    ----------
    tables : mapping of DataFrame
        Any of ``codebook_cohorts``; without ``cohort_totals`` there is no section.
    names : mapping
        ``sido``, ``ksco7`` and ``programme``: code to Korean name.

    Returns
    -------
    dict
        ``planned``: one row a stage for the cards at the head of the page; ``cohort``: everything
        of the section, or None.
    """
    years = plan_years(tables)
    if "cohort_totals" not in tables or not years:
        return {"planned": [], "cohort": None}
    names = with_registry(tables, names)
    totals = _totals(tables, names, years[0])
    cohort = {
        "year": years[0],
        "years": years,
        **_overview(totals, tables),
        "by_year": _by_year(tables, names),
        "balance": _balance(tables, years[0]),
        "need_against_seats": need_against_seats(tables),
        "binding": binding_rows(tables),
        "notes": [korean(row["note"]) for row in records(tables, "cohort_notes")],
        **registry_rows(tables, names),
        **choice_sections(tables, names),
        **place_sections(tables, names),
        "pages": programme_pages(tables, names),
    }
    return {"planned": _cards(totals), "cohort": cohort}


def need_against_seats(tables: Tables) -> Rows:
    """Seats of the first year beside everybody in need of them, by need.

    Returns
    -------
    list of dict
        ``need``, ``in_need`` (waiting and newly in need), ``seats``, ``for_them``, ``beyond``
        and ``share``, seats / in need (None where nobody is in need).
    """
    years = plan_years(tables)
    if "cohort_balance" not in tables or not years:
        return []
    table = tables["cohort_balance"]
    table = table[table["year"] == years[0]]
    rows = []
    for need in by_need(table):
        own = table[table["need"] == need].sum(numeric_only=True)
        in_need = int(own["waiting_before"] + own["newly_in_need"])
        for_them, beyond = int(own["seats_in_need"]), int(own["seats_beyond_need"])
        rows.append(
            {
                "need": need,
                "name": NEED_NAMES[need],
                "in_need": in_need,
                "seats": for_them + beyond,
                "for_them": for_them,
                "beyond": beyond,
                "share": (for_them + beyond) / in_need if in_need else None,
            }
        )
    return rows


def _totals(tables: Tables, names: Names, year: int) -> pd.DataFrame:
    """One row a programme: that of the first year of the plan, else its only one; with names."""
    totals = tables["cohort_totals"].assign(planned=planned_rows(tables))
    totals = totals.assign(elsewhere=totals["year"] != year)
    totals = totals.sort_values(["elsewhere", "year"], kind="stable")
    totals = totals.drop_duplicates(["programme", "unit"]).sort_index()
    code = totals["programme"]
    return totals.assign(
        stage=_stages(tables, code),
        name=[programme_name(str(one), names) for one in code],
        unit_ko=totals["unit"].map(unit_name),
        note=totals["note"].map(korean),
        sums=code.str.contains(SUMS),
        part=code.isin(_parts(tables)) | code.eq(SMART_REST),
        told=totals["planned"] | code.str.contains(SUMS) | code.str.endswith(REST),
    )


def _once(totals: pd.DataFrame) -> pd.DataFrame:
    """Leave out a goal that prints a stage total once more, number by number."""
    stages = totals[totals["programme"].str.startswith(STAGE)]
    key = ["stage", "published", "allocated"]
    known = set(stages[key].itertuples(index=False, name=None))
    again = [tuple(row) in known for row in totals[key].itertuples(index=False, name=None)]
    return totals[~(totals["sums"] & np.array(again)) | totals.index.isin(stages.index)]


def _parts(tables: Tables) -> list[str]:
    """Programmes that are a part of another one, whose number holds theirs."""
    if "cohort_programmes" not in tables:
        return []
    return list(tables["cohort_programmes"].query("kind == 'part'")["programme"])


def _stages(tables: Tables, code: pd.Series) -> pd.Series:
    known = dict(STAGE_OF_REST)
    if "cohort_targets" in tables:
        known |= dict(tables["cohort_targets"].groupby("programme")["stage"].first())
    if "cohort_programmes" in tables:
        registry = tables["cohort_programmes"]
        known |= dict(zip(registry["programme"], registry["stage"], strict=True))
        beside = registry.loc[registry["kind"] == "beside", "programme"]
        known |= dict.fromkeys(beside, BESIDE)
    own = code.str.removeprefix(STAGE).where(code.str.startswith(STAGE))
    return own.fillna(code.map(known)).fillna("")


def _overview(totals: pd.DataFrame, tables: Tables) -> dict[str, Rows]:
    totals = _once(totals)
    persons = totals["unit"] == PERSONS
    seated = totals[persons & totals["told"]]
    order = [*(stage for stage in STAGES if stage != EVERY), BESIDE, "", EVERY]
    stages = []
    for stage in order:
        own = seated[seated["stage"] == stage]
        if len(own):
            first = own.sort_values(["sums", "published"], ascending=False, kind="stable")
            stages.append({"stage": stage or "그 밖", "rows": _rows(first)})
    off = persons & (totals["unallocated"] != 0) & totals["told"]
    rounded = totals[off].assign(
        printed=totals["published"].map(in_man), itemised=totals["allocated"].map(in_man)
    )
    others = totals[~persons & totals["planned"]]
    unplanned = totals[~totals["told"]]
    return {
        "stages": stages,
        "others": _rows(others.sort_values("unit", kind="stable")),
        "unplanned": _rows(unplanned),
        "rounded": _rows(rounded),
    }


def _cards(totals: pd.DataFrame) -> Rows:
    """Stage totals of people; without any, the programmes themselves."""
    persons = totals[totals["planned"] & (totals["unit"] == PERSONS)]
    stages = persons[persons["programme"].str.startswith(STAGE)]
    return _rows(stages if len(stages) else persons)


def _by_year(tables: Tables, names: Names) -> dict[str, Any] | None:
    """Seats of each programme by year; those beside the documents are in no sum."""
    codes = planned_programmes(tables)
    if not codes:
        return None
    wide = tables["cohort_targets"].pivot_table(
        index="programme", columns="year", values="persons", aggfunc="sum", fill_value=0
    )
    wide.insert(0, "합계", wide.sum(axis=1))
    in_documents = [code for code in codes if not code.startswith("K-")]
    cells = wide.loc[codes].to_numpy().tolist()
    rows = [
        {"name": programme_name(code, names), "cells": row}
        for code, row in zip(codes, cells, strict=True)
    ]
    total = wide.loc[in_documents].sum().tolist() if in_documents else []
    return {"columns": [str(column) for column in wide.columns], "total": total, "rows": rows}


def _balance(tables: Tables, year: int) -> Rows:
    if "cohort_balance" not in tables:
        return []
    table = tables["cohort_balance"]
    rows = _rows(table[table["year"] == year])
    for row in rows:
        in_need = row["waiting_before"] + row["newly_in_need"]
        row |= {
            "name": pool_name(row["people"], row["need"]),
            "in_need": in_need,
            "covered": row["seats_in_need"] / in_need if in_need else None,
        }
    return rows


def _rows(table: pd.DataFrame) -> Rows:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
