"""Totals of the cohort plan against every published figure, with the rounding left visible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from forecast.errors import InputError

TOTAL_COLUMNS = ["year", "programme", "unit", "published", "allocated", "unallocated", "note"]
PERSONS = "persons"
ALL_STAGES = "전체"
ROUNDING = 0.05  # figures printed to one digit of 만 differ from their items by less than this
# Numbers of the contradictions in the requirements drawn from the policy documents.
CODES = {"전환기": "C1.2", "진입기": "C1.3", "활동기": "C1.4", ALL_STAGES: "C1.5"}


def published_seats(programmes: pd.DataFrame, names: Sequence[str]) -> dict[str, int]:
    """Published persons of each programme; refuse one without a number or in another unit.

    Examples
    --------
    >>> registry = pd.DataFrame({"programme": ["P"], "unit": ["persons"], "published": [500.0]})
    >>> published_seats(registry, ["P"])
    {'P': 500}
    """
    registry = by_programme(programmes)
    seats = {}
    for name in names:
        if name not in registry.index:
            raise InputError(f"programmes.csv: no row {name!r}, named in cohorts.needs.")
        row: Any = registry.loc[name]
        unit, number = row["unit"], row["published"]
        if unit != PERSONS or pd.isna(number):
            raise InputError(
                f"programmes.csv, {name}: expected a published number of persons, got "
                f"{number} {unit}. Take it out of cohorts.needs."
            )
        seats[name] = int(number)
    return seats


def by_programme(programmes: pd.DataFrame) -> pd.DataFrame:
    """Registry indexed by programme; a programme named twice would get its seats twice."""
    repeated = programmes.loc[programmes["programme"].duplicated(), "programme"]
    if len(repeated):
        raise InputError(f"programmes.csv: programme {repeated.iloc[0]!r} occurs twice. Drop one.")
    return programmes.set_index("programme")


def cohort_totals(
    tables: Mapping[str, pd.DataFrame], allocated: pd.Series, *, year: int
) -> pd.DataFrame:
    """Set allocated persons beside every published number, and stages beside their sums.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``programmes`` and ``stage_totals``.
    allocated : Series
        Programme to allocated persons.
    year : int
        Year assumed where the documents state none.

    Returns
    -------
    DataFrame
        Contract table ``cohort_totals``. Rows in units other than persons stay apart: a number
        of sites or centres is never added to a number of people.
    """
    registry = tables["programmes"]
    items = registry[registry["published"].notna() & registry["kind"].isin(["item", "part"])]
    rows = []
    named: Any = items.itertuples()
    for row in named:
        rows.append(
            {
                "programme": row.programme,
                "unit": row.unit,
                "published": int(row.published),
                "allocated": int(allocated.get(row.programme, 0)),
                "note": _programme_note(row, given=row.programme in allocated.index, year=year),
                "year": _stated_year(row.year_stated) or year,
            }
        )
    stage_of = by_programme(registry)["stage"].reindex(allocated.index)
    stages: Any = tables["stage_totals"].itertuples()
    for row in stages:
        seats = int(allocated[(stage_of == row.stage) | (row.stage == ALL_STAGES)].sum())
        rows.append(
            {
                "programme": f"STAGE-{row.stage}",
                "unit": row.unit,
                "published": int(row.printed),
                "allocated": seats,
                "note": _stage_note(row, seats),
                "year": year,
            }
        )
    totals = pd.DataFrame(rows)
    totals["unallocated"] = totals["published"] - totals["allocated"]
    whole = ["year", "published", "allocated", "unallocated"]
    return totals.astype(dict.fromkeys(whole, "int64"))[TOTAL_COLUMNS]


def contradictions(tables: Mapping[str, pd.DataFrame], *, year: int) -> list[str]:
    """What the published documents say twice and differently, wherever this plan touches it."""
    notes = [
        f"C1: the documents state no year for the 전환기 targets; {year} is an assumption "
        f"(cohorts.year) / 전환기 목표의 연도는 문서에 없음: {year}년은 가정"
    ]
    stages: Any = tables["stage_totals"].itertuples()
    for row in stages:
        if row.itemised != row.printed:
            notes.append(f"{CODES.get(row.stage, 'C1')} {row.stage}: {_rounding(row)}")
    return notes


def _programme_note(row: Any, *, given: bool, year: int) -> str:
    parts = []
    if row.kind == "part":
        parts.append("part of another programme, counted there / 다른 사업의 일부")
    if not given and row.unit == PERSONS:
        parts.append("not allocated in this release: no site list / 이번 판에서는 배분하지 않음")
    elif not given:
        parts.append(
            f"not allocated in this release: counted in {row.unit}, never added to persons / "
            f"{row.unit} 단위이므로 인원에 더하지 않음"
        )
    if _stated_year(row.year_stated) is None:
        parts.append(
            f"year not stated in the documents; {year} is assumed / 연도 미기재, {year} 가정"
        )
    return "; ".join(parts)


def _stage_note(row: Any, allocated: int) -> str:
    return (
        f"{_rounding(row)}; {allocated:,} allocated here, the rest stays unallocated / "
        f"{allocated:,}명 배분, 나머지는 미배분으로 남김"
    )


def _rounding(row: Any) -> str:
    """Say in both languages how the printed figure differs from the sum of its items."""
    printed, itemised = int(row.printed), int(row.itemised)
    text = f"{row.printed_ko} is printed ({printed:,}), its items sum to {itemised:,}"
    text_ko = f"인쇄값 {row.printed_ko}, 항목 합계 {itemised:,}명"
    if printed == itemised:
        return f"{text} / {text_ko}"
    if row.stage == ALL_STAGES:
        return f"{text} / {text_ko}; {row.note}"
    if abs(printed - itemised) < ROUNDING * printed:
        return f"{text}: rounded / {text_ko}을 반올림한 값; {row.note}"
    return f"{text}: {printed - itemised:,} not itemised / {text_ko}; {row.note}"


def _stated_year(text: object) -> int | None:
    digits = str(text)
    return int(digits) if len(digits) == 4 and digits.isdigit() else None
