"""What is published and what a plan gives, in persons by programme and year: looked up, checked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from forecast.errors import InputError
from forecast.stages.cohort_registry import PERSONS, year_of
from forecast.stages.cohort_rules import REST
from forecast.stages.goal_years import published_per_year

Row = dict[str, Any]
UMBRELLA = "P000-"  # documents of the five-year goal: only their items make up its stages


@dataclass(frozen=True)
class Book:
    """Published persons, and what the targets give.

    Parameters
    ----------
    registry : DataFrame
        From :func:`forecast.stages.cohort_registry.all_programmes`.
    targets : DataFrame
        year, programme, persons of contract table ``cohort_targets``.
    years : tuple of int
        Planning years.
    semantics : str
        ``annual`` or ``cumulative``.
    """

    registry: pd.DataFrame
    targets: pd.DataFrame
    years: tuple[int, ...]
    semantics: str

    def __post_init__(self) -> None:
        for name in sorted(set(self.targets["programme"]) - {REST}):
            unit = self.registry["unit"].get(name)
            if unit != PERSONS:
                raise InputError(
                    f"cohort_targets, {name}: the registry counts it in {unit}; targets are "
                    "persons. Take it out of cohorts.programmes."
                )

        outside = sorted(set(self.targets["year"]) - set(self.years))
        if outside:
            raise InputError(f"cohort_targets: years {outside} are not in cohorts.years.")

    def given(self, names: Collection[str], years: Collection[int]) -> int:
        """Persons that the targets give to some programmes in some years."""
        return sum(self._seats.get((name, year), 0) for name in names for year in years)

    @cached_property
    def _seats(self) -> dict[tuple[str, int], int]:
        sums = self.targets.groupby(["programme", "year"])["persons"].sum()
        return dict(zip(sums.index.tolist(), sums.tolist(), strict=True))

    def published(self, name: str) -> int:
        """Published persons of a programme; another unit is never read as persons."""
        row: Any = self.registry.loc[name]
        if pd.isna(row["published"]) or row["unit"] != PERSONS:
            raise InputError(
                f"programmes, {name}: expected a number of persons, got {row['published']} "
                f"{row['unit']}; nothing is summed across units."
            )
        return int(row["published"])

    def per_year(self, number: int) -> dict[int, int]:
        """What a printed number asks of each planning year."""
        return published_per_year(number, self.years, self.semantics)

    def years_of(self, names: Collection[str]) -> list[int]:
        """Years that programmes outside the goal have rows for: the printed one, and any given."""
        mine = self.targets["programme"].isin(list(names))
        printed = {self.stated(name) or self.years[0] for name in names}
        return sorted({int(year) for year in self.targets.loc[mine, "year"]} | printed)

    def stated(self, name: str) -> int | None:
        """Return the year printed with a programme, or None."""
        return year_of(self.facts(name))

    def facts(self, name: str) -> Row:
        """Return the columns of a programme."""
        row: Any = self.registry.loc[name]
        return {str(key): value for key, value in row.items()}

    def items(self, stage: str | None = None) -> list[str]:
        """Items of the five-year goal that count persons, of one stage or of all."""
        table = self.registry
        mine = table.index.str.startswith(UMBRELLA) & (table["kind"] == "item")
        mine &= (table["unit"] == PERSONS) & table["published"].notna()
        if stage is not None:
            mine &= table["stage"] == stage
        return list(table.index[mine])


def persons_row(name: str, year: int, published: int, allocated: int, *notes: str) -> Row:
    """Make one row of ``cohort_totals`` in persons; empty notes are left out."""
    numbers = {"year": year, "published": published, "allocated": allocated}
    text = "; ".join(filter(None, notes))
    return {"programme": name, "unit": PERSONS, "note": text} | numbers


def carried(stated: int | None, year: int) -> str:
    """Say that a number printed for one year, or for none, is taken for `year`.

    Examples
    --------
    >>> carried(2026, 2027)
    'printed for 2026, in 2027 an assumption / 2026년 수치, 2027년은 가정'
    """
    if stated is None:
        return f"no year printed, {year} assumed / 연도 미기재, {year}년 가정"
    if stated == year:
        return ""
    return f"printed for {stated}, in {year} an assumption / {stated}년 수치, {year}년은 가정"
