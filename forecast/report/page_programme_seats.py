"""Seat tables of one programme, in whole persons, with small counts hidden in all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from forecast.report.cohort_words import PERSONS, Names, Tables, by_basis
from forecast.report.small_cells import TOTAL, Bools, hide_small, shown, with_totals
from forecast.types import AGE_GROUPS

Rows = list[dict[str, Any]]
OCCUPATIONS = 10  # occupations named on a page; the others are one row
OTHERS = "그 밖의 직업"


def withheld(tables: Tables, programme: str) -> pd.DataFrame:
    """Rows of ``cohort_release`` of a programme whose number is kept back; none without it."""
    if "cohort_release" not in tables:
        return pd.DataFrame(columns=["year", "level", "site", "sido", "age_group"])
    table = tables["cohort_release"]
    return table[(table["programme"] == programme) & table["persons"].isna()]


def province_tables(
    own: pd.DataFrame, years: list[int], kept_back: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Seats by province: by age in the first year, and by year; what small cells hide is hidden.

    Parameters
    ----------
    own : DataFrame
        ``cohort_targets`` of one programme.
    years : list of int
        Years to show.
    kept_back : DataFrame, optional
        What :func:`withheld` gives: hidden here too.

    Returns
    -------
    seats, marks : DataFrame
        Rows 합계 and 시도 codes; columns 합계 and ages of the first year, then the sum of every
        year. What is hidden in one of the two tables is hidden in the other.
    """
    first = own[own["year"] == own["year"].min()]
    sido = sorted(own["sido"].unique())
    ages = _wide(first, "sido", "age_group").reindex(index=sido, columns=list(AGE_GROUPS))
    yearly = _wide(own, "sido", "year").reindex(index=sido, columns=years)
    ages, yearly = (with_totals(table.fillna(0).astype("int64")) for table in (ages, yearly))
    shared = 1 + years.index(int(own["year"].min()))
    alone, later = _given_away(first, ages), np.zeros(yearly.shape, dtype=bool)
    if kept_back is not None:
        now = kept_back[kept_back["year"] == years[shared - 1]]
        alone |= _named(now, ages, "sido", "age_group")
        later |= _named(kept_back[kept_back["level"] == "sido"], yearly, "sido", "year")
    of_ages, of_years = hide_small(ages, also=alone), hide_small(yearly, also=later)
    while (of_ages.iloc[:, 0] != "").ne(of_years.iloc[:, shared] != "").any():
        either = (of_ages.iloc[:, 0] != "") | (of_years.iloc[:, shared] != "")
        of_ages, of_years = (
            hide_small(table, also=_with_column(marks, column, either))
            for table, marks, column in ((ages, of_ages, 0), (yearly, of_years, shared))
        )
    rest = [column for column in yearly.columns if column != years[shared - 1]]
    every = {TOTAL: "모든 연도"}
    both = pd.concat([ages, yearly[rest].rename(columns=every)], axis=1)
    return both, pd.concat([of_ages, of_years[rest].rename(columns=every)], axis=1)


def site_seats(
    own: pd.DataFrame,
    marks: pd.DataFrame | None = None,
    kept_back: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Seats at each campus in the first year, most first; empty for one without campuses.

    Returns
    -------
    DataFrame
        ``site``, ``sido`` (of most of its people), ``persons``, ``mark``. A campus is hidden where
        the province that it serves is (`marks` of :func:`province_tables`).
    """
    first = own[(own["year"] == own["year"].min()) & (own["site_kind"] == "campus")]
    by_place = first.groupby(["site", "sido"], as_index=False)["persons"].sum()
    most = by_place.sort_values("persons", kind="stable").drop_duplicates("site", keep="last")
    total = by_place.groupby("site", as_index=False)["persons"].sum()
    table = total.merge(most[["site", "sido"]], on="site", validate="one_to_one")
    table = table.sort_values(["persons", "site"], ascending=[False, True], ignore_index=True)
    hidden = np.zeros((len(table) + 1, 1), dtype=bool)
    if marks is not None:
        provinces = set(marks.index[marks.iloc[:, 0] != ""])
        hidden[1:, 0] = table["sido"].isin(provinces)
    if kept_back is not None:
        now = (kept_back["level"] == "site") & (kept_back["year"] == own["year"].min())
        hidden[1:, 0] |= table["site"].isin(kept_back.loc[now, "site"])
    column = pd.DataFrame({PERSONS: [int(table["persons"].sum()), *table["persons"]]})
    return table.assign(mark=hide_small(column, also=hidden)[PERSONS].to_numpy()[1:])


def occupation_seats(first: pd.DataFrame, names: Names) -> dict[str, Any]:
    """Ten occupations with most seats and all the others, split by the ground of a seat."""
    wide = _wide(by_basis(first), "ksco7", "basis").reindex(columns=["in_need", "beyond_need"])
    wide = wide.fillna(0).astype("int64")
    order = wide.sum(axis=1).sort_values(ascending=False, kind="stable").index
    top = wide.loc[order[:OCCUPATIONS]]
    rest = wide.loc[order[OCCUPATIONS:]]
    if len(rest):
        top = pd.concat([top, rest.sum().rename(OTHERS).to_frame().T])
    table = with_totals(top)
    known = names.get("ksco7", {})
    labels = [f"{code} {known[code]}" if code in known else code for code in table.index]
    cells = shown(table, hide_small(table))
    return {"rows": [{"name": n, "cells": c} for n, c in zip(labels, cells, strict=True)]}


def basis_seats(own: pd.DataFrame, years: list[int]) -> Rows:
    """Seats of every year: all, for people in need, and above the need."""
    wide = _wide(by_basis(own), "year", "basis").reindex(
        index=years, columns=["in_need", "beyond_need"]
    )
    wide = wide.fillna(0).astype("int64")
    wide = wide[wide.sum(axis=1) > 0]
    wide.insert(0, TOTAL, wide.sum(axis=1))
    cells = shown(wide, hide_small(wide))
    return [{"year": year, "cells": row} for year, row in zip(wide.index, cells, strict=True)]


def _wide(table: pd.DataFrame, rows: str, columns: str) -> pd.DataFrame:
    return table.groupby([rows, columns])["persons"].sum().unstack(columns)


def _given_away(first: pd.DataFrame, ages: pd.DataFrame) -> Bools:
    """Sums that are a single cell which the plan itself marks."""
    key = ["sido", "age_group"]
    some = first[first["persons"] > 0]
    alone = some[~some.duplicated(key, keep=False)]
    marked = alone.loc[alone["mark"].fillna("") != "", key]
    hidden = np.zeros(ages.shape, dtype=bool)
    for sido, age in marked.itertuples(index=False):
        hidden[ages.index.get_loc(sido), ages.columns.get_loc(age)] = True
    return hidden


def _named(rows: pd.DataFrame, table: pd.DataFrame, row: str, column: str) -> Bools:
    """Cells of a table that rows name by their labels; a label of no kind is that of a sum."""
    hidden = np.zeros(table.shape, dtype=bool)
    of_sums = {f"{row} x {column}", row, column}
    for level, one, other in rows[["level", row, column]].itertuples(index=False):
        if level not in of_sums:
            continue
        place = one if level != column else TOTAL
        across = other if level != row or column == "year" else TOTAL
        if place in table.index and across in table.columns:
            hidden[table.index.get_loc(place), table.columns.get_loc(across)] = True
    return hidden


def _with_column(marks: pd.DataFrame, column: int, hidden: pd.Series) -> Bools:
    also = (marks != "").to_numpy(copy=True)
    also[:, column] |= hidden.to_numpy()
    return also
