"""Totals of the cohort plan against every published figure, with what is left over visible."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from forecast.codebook import check_table
from forecast.errors import InputError
from forecast.stages import cohort_texts as texts
from forecast.stages.cohort_book import Book, Row, carried, persons_row
from forecast.stages.cohort_others import other_persons, other_units
from forecast.stages.cohort_registry import PERSONS, Tables, all_programmes
from forecast.stages.cohort_rules import REST, SMART, TRACKS

TOTAL_COLUMNS = ["year", "programme", "unit", "published", "allocated", "unallocated", "note"]
WHOLE_GOAL, ALL_STAGES = "P000-GOAL", "전체"  # the same number: its row is STAGE-전체
GOAL_ITEMS = {  # printed goal -> the items printed under it
    "P000-E-GOAL1": ("P000-NAEIL-AI", "P000-KDC"),
    "P000-A-GOAL": ("P000-ONLINE-FREE",),
    "P000-T-GOAL": ("P000-POLY-BASIC", "P000-AX-COURSE", "P000-JOB-SWITCH"),
}
REST_OF = "P000-A-GOAL"
SMART_REST = "P002-REST"
SAME_COURSE = {"P000-AX-COURSE": "K-POLY-AX"}


def cohort_totals(
    tables: Tables,
    targets: pd.DataFrame,
    *,
    years: Sequence[int],
    semantics: str,
    sites: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Set what is allocated beside every published number, goals and stages beside their items.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``programmes``, ``beside_programmes``, ``programme_figures`` and ``stage_totals``.
    targets : DataFrame
        Contract table ``cohort_targets``; year, programme and persons are read.
    years : sequence of int
        Planning years.
    semantics : str
        ``annual``: printed numbers of the goal hold in every planning year; ``cumulative``: the
        planning years sum to them.
    sites : DataFrame, optional
        Contract table ``cohort_sites``; without it no firms and places are allocated.

    Returns
    -------
    DataFrame
        Contract table ``cohort_totals``. Every row has one unit; nothing is summed across units.

    Raises
    ------
    InputError
        If a goal or stage would sum units, or its printed items are not those of the registry.
    """
    book = Book(all_programmes(tables), targets, tuple(years), semantics)
    known = {*book.items(), *GOAL_ITEMS, SMART, *TRACKS, WHOLE_GOAL}
    rows = [
        *_items(book),
        *_goals(book),
        *_stages(book, tables["stage_totals"]),
        *_smart(book),
        *other_persons(book, tables["programme_figures"], known),
        *other_units(tables, sites, years, semantics),
    ]
    totals = pd.DataFrame(rows)
    totals["unallocated"] = totals["published"] - totals["allocated"]
    whole = ["year", "published", "allocated", "unallocated"]
    totals = totals.astype(dict.fromkeys(whole, "int64"))[TOTAL_COLUMNS]
    return check_table("cohort_totals", totals)


def checked_totals(totals: pd.DataFrame, planned: Mapping[str, Collection[int]]) -> pd.DataFrame:
    """Return the totals if every planned programme is allocated its published persons exactly.

    Parameters
    ----------
    totals : DataFrame
        From :func:`cohort_totals`.
    planned : mapping of str to collection of int
        Programme -> years that give its published number. One whose seats the options set
        otherwise does not belong here.

    Raises
    ------
    InputError
        Naming the first programme and year whose numbers differ, or that the totals lack.
    """
    persons = totals[totals["unit"] == PERSONS].set_index(["programme", "year"])
    for name, years in planned.items():
        for year in years:
            if (name, year) not in persons.index:
                raise InputError(f"cohort_totals: no row for {name} in {year}, which is planned.")
            row: Any = persons.loc[(name, year)]
            if row["published"] != row["allocated"]:
                raise InputError(
                    f"cohort_totals, {name}, {year}: {row['allocated']:,} persons allocated, "
                    f"{row['published']:,} published. Correct the plan, or set cohorts.seats."
                )
    return totals


def _items(book: Book) -> list[Row]:
    rows = []
    for name in book.items():
        for year, number in book.per_year(book.published(name)).items():
            given = book.given([name], [year])
            notes = (carried(book.stated(name), year), _same_course(name), _left_out(given))
            rows.append(persons_row(name, year, number, given, *notes))
    return rows


def _goals(book: Book) -> list[Row]:
    rows = []
    for goal, items in GOAL_ITEMS.items():
        printed, itemised = book.published(goal), sum(book.published(name) for name in items)
        members = (*items, REST) if goal == REST_OF else items
        for year, number in book.per_year(printed).items():
            note = texts.rounding(printed, itemised)
            rows.append(persons_row(goal, year, number, book.given(members, [year]), note))
        if goal == REST_OF:
            for year, number in book.per_year(printed - itemised).items():
                given = book.given([REST], [year])
                rows.append(persons_row(REST, year, number, given, texts.NOT_ITEMISED))
    return rows


def _stages(book: Book, stage_totals: pd.DataFrame) -> list[Row]:
    rows = []
    stages = stage_totals.set_index("stage")
    if set(stages["unit"]) != {PERSONS}:
        raise InputError(f"stage_totals: units {sorted(set(stages['unit']))}; expected persons.")
    parts = stages.drop(index=ALL_STAGES)
    for stage, printed, itemised in zip(
        map(str, parts.index), parts["printed"], parts["itemised"], strict=True
    ):
        items = book.items(stage)
        counted = sum(book.published(name) for name in items)
        if counted != itemised:
            raise InputError(f"stage_totals, {stage}: {itemised:,}, its items sum to {counted:,}.")
        members = [*items, REST] if stage == book.facts(REST_OF)["stage"] else items
        note = f"{texts.rounding(int(printed), counted)}; {texts.APART}"
        for year, number in book.per_year(int(printed)).items():
            given = book.given(members, [year])
            rows.append(persons_row(f"STAGE-{stage}", year, number, given, note))
    whole: Any = stages.loc[ALL_STAGES]
    note = texts.five_years(
        int(parts["printed"].sum()),
        int(parts["itemised"].sum()),
        count=int(re.findall(r"(\d+)년", whole["printed_ko"])[0]),
        semantics=book.semantics,
    )
    given = book.given([*book.items(), REST], book.years)
    name = f"STAGE-{ALL_STAGES}"
    return [*rows, persons_row(name, book.years[0], int(whole["printed"]), given, note)]


def _smart(book: Book) -> list[Row]:
    """Smart manufacturing of its own year: both tracks, and the persons of no track."""
    rows = []
    whole, tracks = book.published(SMART), [book.published(name) for name in TRACKS]
    for year in book.years_of((SMART, *TRACKS)):
        given = book.given((SMART, *TRACKS), [year])
        notes = (texts.smart(whole, tracks), carried(book.stated(SMART), year), _left_out(given))
        rows.append(persons_row(SMART, year, whole, given, *notes))
        for name, number in zip(TRACKS, tracks, strict=True):
            part = book.given([name], [year])
            rows.append(persons_row(name, year, number, part, texts.PART, _left_out(part)))
        own = book.given([SMART], [year])
        rows.append(persons_row(SMART_REST, year, whole - sum(tracks), own, texts.NO_TRACK))
    return rows


def _same_course(name: str) -> str:
    other = SAME_COURSE.get(name)
    return f"the course of {other}, never added / {other}와 같은 과정, 더하지 않음" if other else ""


def _left_out(given: int) -> str:
    return "" if given else texts.NOT_CHOSEN
