"""Published figures outside the goal: persons not planned or beside it, and all other units."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

from forecast.stages import cohort_texts as texts
from forecast.stages.cohort_book import Book, Row, carried, persons_row
from forecast.stages.cohort_registry import PERSONS, Tables, all_programmes, why_no_seats, year_of
from forecast.stages.site_counts import SITES, published_sites


def other_persons(book: Book, figures: pd.DataFrame, known: Collection[str]) -> list[Row]:
    """Return a row for every other published number of persons, in the year it is printed for.

    Parameters
    ----------
    book : Book
    figures : DataFrame
        The table ``programme_figures``.
    known : collection of str
        Programmes that have their rows already.
    """
    rows = []
    mine = book.registry["unit"] == PERSONS
    for name in map(str, book.registry.index[mine & ~book.registry.index.isin(list(known))]):
        facts = book.facts(name)
        beside = texts.BESIDE_DOCUMENTS if facts["kind"] == "beside" else ""
        for year, number, remark in _printed(book, figures, name):
            seated = book.given([name], [year])
            own = facts | {"year_stated": str(year)}
            why = "" if seated else why_no_seats(name, own, book.years)
            rows.append(persons_row(name, year, number, seated, beside, why, remark))
    return rows


def other_units(
    tables: Tables, sites: pd.DataFrame | None, years: Sequence[int], semantics: str
) -> list[Row]:
    """Return the rows in units other than persons: those that are placed, and all others.

    Parameters
    ----------
    sites : DataFrame or None
        Contract table ``cohort_sites``; None: nothing is placed.
    """
    placed = pd.Series(dtype="int64")
    if sites is not None:
        placed = sites.groupby(["programme", "unit", "year"])["count"].sum()
    rows = []
    for row in published_sites(tables, years=years, semantics=semantics).to_dict("records"):
        name, unit, year = row["programme"], row["unit"], row["year"]
        numbers = {"published": row["published"], "allocated": placed.get((name, unit, year), 0)}
        notes = (carried(row["year_stated"] or None, year), texts.counted_in(unit, spread=True))
        rows.append(_unit_row(name, unit, year, *notes) | numbers)
    registry = all_programmes(tables)
    others = registry[~registry["unit"].isin([PERSONS, "none"]) & registry["published"].notna()]
    for facts in others[~others.index.isin(dict(SITES))].reset_index().to_dict("records"):
        note = texts.counted_in(facts["unit"], spread=False)
        numbers = {"published": facts["published"], "allocated": 0}
        year = year_of(facts) or years[0]
        rows.append(_unit_row(facts["programme"], facts["unit"], year, note) | numbers)
    return rows


def _printed(book: Book, figures: pd.DataFrame, name: str) -> list[tuple[int, int, str]]:
    """Year, number and remark of each printed figure; one that is planned is carried forward."""
    if pd.isna(book.registry["published"][name]):
        return _of_figures(figures, name)
    number, stated = book.published(name), book.stated(name)
    return [(year, number, carried(stated, year)) for year in book.years_of([name])]


def _of_figures(figures: pd.DataFrame, name: str) -> list[tuple[int, int, str]]:
    """Persons printed by year, in the documents, for a programme without one number."""
    own = figures[
        (figures["programme"] == name)
        & (figures["unit"] == PERSONS)
        & figures["figure"].isin(["target", "participants"])
        & (figures["group"].fillna("") == "")
        & ~figures["source_line"].str.startswith("programmes-")
    ]
    rows: Any = own.sort_values("year").itertuples()
    return [
        (int(row.year), int(row.high), f"printed «{row.printed}» / 「{row.printed}」 인쇄")
        for row in rows
    ]


def _unit_row(name: str, unit: str, year: int, *notes: str) -> Row:
    text = "; ".join(filter(None, notes))
    return {"programme": name, "unit": unit, "year": year, "note": text}
