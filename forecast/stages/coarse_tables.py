"""Cohort targets in tables coarse enough to release, hidden cells consistent across them.

Seats by site, occupation and age are mostly fewer than five to a cell. A ministry prints seats by
site, by 시도 and age, by major occupation group and age. These tables share the totals by age and
of the programme: what one hides another must not show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from forecast.stages.suppression import OPEN, SECONDARY, protect
from forecast.stages.suppression_audit import Dims, audit_released, sum_by

BLOCK = ("year", "programme")
_AGE = (*BLOCK, "age_group")
# Table: cells, first totals (hidden last), second totals.
TABLES: dict[str, tuple[Dims, Dims, Dims]] = {
    "site": ((*BLOCK, "site", "need"), (*BLOCK, "site"), (*BLOCK, "need")),
    "sido_age": ((*BLOCK, "sido", "age_group"), _AGE, (*BLOCK, "sido")),
    "major_age": ((*BLOCK, "major", "age_group"), _AGE, (*BLOCK, "major")),
}
_BASE = ("site", "sido", "major", "age_group", "need")


def coarsen(targets: pd.DataFrame, dims: Sequence[str], *, value: str = "persons") -> pd.DataFrame:
    """Sum seats over everything but `dims`; ``major`` is the first digit of ``ksco7``.

    Examples
    --------
    >>> targets = pd.DataFrame({"ksco7": ["21", "23", "31"], "persons": [3, 4, 9]})
    >>> coarsen(targets, ["major"]).to_dict("list")
    {'major': ['2', '3'], 'persons': [7, 9]}
    """
    if "major" in dims and "major" not in targets:
        targets = targets.assign(major=targets["ksco7"].str[:1])
    return sum_by(targets, dims, value=value)


def coarse_tables(targets: pd.DataFrame, *, k: int = 5) -> dict[Dims, pd.DataFrame]:
    """Tables of `TABLES` with their totals, each with its `mark`, safe to release together.

    Parameters
    ----------
    targets : DataFrame
        Columns of contract table ``cohort_targets``.
    k : int
        Fewest people that may be shown; see :func:`forecast.stages.suppression.protect`.

    Returns
    -------
    dict of tuple of str to DataFrame
        Keyed by the columns that name a cell or total. Whatever two tables share is marked alike.
        Where tables could be played off against each other, which a linear programme decides,
        the finer ones of that programme and year are hidden.

    Examples
    --------
    >>> targets = pd.DataFrame({
    ...     "year": 2026, "programme": "P", "site": ["A", "A", "B"], "sido": ["11", "11", "26"],
    ...     "ksco7": ["21", "31", "21"], "age_group": "15-29", "need": "ax",
    ...     "persons": [30, 3, 20]})
    >>> tables = coarse_tables(targets)
    >>> tables[("year", "programme", "major", "age_group")]["mark"].tolist()
    ['secondary', 'under_5']
    """
    base = coarsen(targets, [*BLOCK, *_BASE])
    released = _protect_each(base, k)
    for key, part in base.groupby(list(BLOCK), sort=True):
        mine = {family: _rows(table, key) for family, table in released.items()}
        if not _linked(mine):
            continue
        for level in range(len(_LEVELS) + 1):
            found = audit_together(part, mine, k=k)
            if found.empty or level == len(_LEVELS):
                break
            for family in _LEVELS[level]:
                mine[family] = mine[family].assign(mark=_shut(mine[family]["mark"]))
        for family, table in mine.items():
            released[family].loc[table.index, "mark"] = table["mark"]
    return released


def audit_together(
    part: pd.DataFrame, released: Mapping[Dims, pd.DataFrame], *, k: int = 5
) -> pd.DataFrame:
    """What :func:`coarse_tables` of one programme and year give away; empty if nothing.

    Site x 시도 (where people are sent is known), 시도 x age and occupation x age hang together in
    a chain, so counts that agree on 시도 and age always come from some full table: the linear
    programme needs no finer cells.

    Parameters
    ----------
    part : DataFrame
        Targets of one programme and year.
    released : mapping of tuple of str to DataFrame
        The tables, restricted to the same programme and year.

    Returns
    -------
    DataFrame
        As :func:`forecast.stages.suppression_audit.audit`.
    """
    chain = [coarsen(part, [*BLOCK, *dims]) for dims in _CHAIN]
    inside = [
        (family, table, next(n for n, dims in enumerate(_CHAIN) if {*family} <= {*BLOCK, *dims}))
        for family, table in released.items()
    ]
    links = [((*BLOCK, "sido"), 0, 1), (_AGE, 1, 2)]
    return audit_released(chain, inside, links=links, k=k)


_CHAIN = (("site", "sido", "need"), ("sido", "age_group"), ("major", "age_group"))

# What is hidden, in this order, where tables give each other away; grand totals never are.
_LEVELS: tuple[tuple[Dims, ...], ...] = (
    (TABLES["sido_age"][0], TABLES["major_age"][0]),
    (TABLES["sido_age"][2], TABLES["major_age"][2]),
    (_AGE,),
    (TABLES["site"][0], TABLES["site"][1]),
)


def _protect_each(base: pd.DataFrame, k: int) -> dict[Dims, pd.DataFrame]:
    """Each table alone; a total that one of them hides is hidden."""
    released: dict[Dims, pd.DataFrame] = {}
    for dims, first, second in TABLES.values():
        cells = coarsen(base, dims)
        marks = protect(cells, k=k, dims=dims, total_dims=(first, second))
        released[dims] = cells.assign(mark=marks.cells)
        for family, totals in marks.totals.items():
            before = released.get(family)
            released[family] = totals if before is None else _either(before, totals)
    return released


def _either(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Marks of a total that two tables share: hidden if either hides it."""
    mark = one["mark"].where(one["mark"] != OPEN, other["mark"])
    return one.assign(mark=mark)


def _rows(table: pd.DataFrame, key: tuple[object, ...]) -> pd.DataFrame:
    return table[(table["year"] == key[0]) & (table["programme"] == key[1])]


def _linked(mine: Mapping[Dims, pd.DataFrame]) -> bool:
    """Whether hidden numbers of one table touch those of another.

    They do not while every site and every total is shown: given the totals by age, any table by
    시도 goes with any table by occupation.
    """
    inner = {TABLES["sido_age"][0], TABLES["major_age"][0]}
    return any((table["mark"] != OPEN).any() for dims, table in mine.items() if dims not in inner)


def _shut(mark: pd.Series) -> pd.Series:
    return mark.where(mark != OPEN, SECONDARY)
