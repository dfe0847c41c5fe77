"""What is published on adoption, one measure at a time, checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import ConfigError, InputError

Floats = NDArray[np.float64]

MINIMUM_YEARS = 3  # two changes: one cannot tell speed from shock
TABLE = "adoption"
_COLUMNS = ["measure", "scope_kind", "scope", "year", "value_percent", "n_firms"]
_KEYS = ["measure", "scope_kind", "scope", "year"]


@dataclass(frozen=True)
class Series:
    """One measure for the whole country, years ascending, as a share of firms."""

    measure: str
    years: NDArray[np.int_]
    share: Floats
    n_firms: Floats

    @property
    def last_year(self) -> int:
        return int(self.years[-1])

    @property
    def long_enough(self) -> bool:
        return len(self.years) >= MINIMUM_YEARS


@dataclass(frozen=True)
class Point:
    """The last published share of one scope; where only a range was printed, its two ends."""

    year: int
    low: float
    high: float

    def start(self, n_draw: int, rng: np.random.Generator) -> float | Floats:
        """Return the share, or draws (n_draw,) spread evenly over the range."""
        if self.low == self.high:
            return self.low
        return rng.uniform(self.low, self.high, size=n_draw)


def national_series(table: pd.DataFrame, measure: str) -> Series:
    """Return the national series of a measure, which may be a single year."""
    missing = set(_COLUMNS) - set(table.columns)
    if missing:
        raise InputError(f"{TABLE} lacks column(s) {sorted(missing)}; add them.")
    national = table["scope_kind"] == "all"
    rows = table[national & (table["measure"] == measure)].sort_values("year")
    if rows["year"].duplicated().any():
        raise InputError(f"{TABLE}: {measure} has two national values in one year; keep one.")
    return Series(
        measure,
        rows["year"].to_numpy(dtype=int),
        _share(rows),
        rows["n_firms"].to_numpy(dtype=float, na_value=np.nan),
    )


def main_series(table: pd.DataFrame, measure: str) -> Series:
    """Return the series that the forecast rests on; refuse one that cannot carry a curve."""
    series = national_series(table, measure)
    if not series.long_enough:
        counts = table.loc[table["scope_kind"] == "all", "measure"].value_counts()
        long = sorted(counts[counts >= MINIMUM_YEARS].index)
        raise ConfigError(
            f"adoption.measure={measure!r} has {len(series.years)} national value(s), "
            f"{MINIMUM_YEARS} are needed; choose one of {long}."
        )
    return series


def scopes_of_year(table: pd.DataFrame, measure: str, *, year: int) -> dict[str, Point]:
    """Return the scopes below the nation published for `year`, by ``kind:code``."""
    rows = _below_nation(table, measure)
    rows = rows[rows["year"] == year]
    if rows.empty:
        scoped = table[(table["year"] == year) & (table["scope_kind"] != "all")]
        raise ConfigError(
            f"adoption.scope_measure={measure!r} has no industry, province or size in {year}; "
            f"choose one of {sorted(scoped['measure'].unique())}, or null for the nation alone."
        )
    return _points(rows)


def last_points(table: pd.DataFrame, measure: str) -> dict[str, Point]:
    """Return the last published value of every scope of a measure, the nation included."""
    series = national_series(table, measure)
    points = {}
    if len(series.years):
        share = float(series.share[-1])
        points["all:all"] = Point(series.last_year, share, share)
    rows = _below_nation(table, measure)
    last = rows.groupby(["scope_kind", "scope"])["year"].transform("max")
    return points | _points(rows[rows["year"] == last])


def ranged_points(ranges: pd.DataFrame, measure: str) -> dict[str, Point]:
    """Return the scopes of a measure whose share was printed as a range."""
    rows = ranges[ranges["measure"] == measure].sort_values(["scope_kind", "scope"])
    low, high = rows["low_percent"], rows["high_percent"]
    wrong = rows[~((low > 0) & (low < high) & (high < 100))]
    if len(wrong):
        raise InputError(
            f"adoption_ranges: {tuple(wrong[_KEYS].iloc[0])} is no range between 0 and 100 %."
        )
    names, years = rows["scope_kind"] + ":" + rows["scope"], rows["year"].to_list()
    ends = zip((low / 100.0).to_list(), (high / 100.0).to_list(), strict=True)
    return {
        name: Point(int(year), *both) for name, year, both in zip(names, years, ends, strict=True)
    }


def observed(table: pd.DataFrame, measure: str, scopes: list[str]) -> pd.DataFrame:
    """Return the rows of a measure that a forecast of `scopes` (``kind:code``) rests on."""
    names = table["scope_kind"] + ":" + table["scope"]
    rows = table.loc[(table["measure"] == measure) & names.isin(scopes), [*_KEYS, "value_percent"]]
    return rows.sort_values(_KEYS, ignore_index=True)


def _below_nation(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    rows = table[(table["measure"] == measure) & (table["scope_kind"] != "all")]
    return rows.sort_values(["scope_kind", "scope", "year"])


def _points(rows: pd.DataFrame) -> dict[str, Point]:
    names = pd.Index(rows["scope_kind"] + ":" + rows["scope"], dtype=object)
    if names.has_duplicates:
        raise InputError(
            f"{TABLE}: {rows['measure'].iloc[0]} of {rows['year'].iloc[0]} repeats a scope of "
            f"{list(names)}."
        )
    years, shares = rows["year"].to_list(), _share(rows).tolist()
    return {
        str(name): Point(int(year), share, share)
        for name, year, share in zip(names, years, shares, strict=True)
    }


def _share(rows: pd.DataFrame) -> Floats:
    percent = rows["value_percent"].to_numpy(dtype=float)
    wrong = rows[~((percent > 0) & (percent < 100))]
    if len(wrong):
        raise InputError(
            f"{TABLE}: {tuple(wrong[_COLUMNS[:5]].iloc[0])} is not between 0 and 100 %, exclusive."
        )
    return np.asarray(percent / 100.0)
