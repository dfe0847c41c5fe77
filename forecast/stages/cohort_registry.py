"""Registry of every programme and figure, the contradictions, and the open points of a run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

import pandas as pd

from forecast.codebook import check_table
from forecast.errors import InputError
from forecast.stages import cohort_texts as texts

Tables = Mapping[str, pd.DataFrame]
PERSONS = "persons"
# Programmes of no persons whose firms and places cohort_sites gives.
PLACED = (
    *("P000-SME-ROADMAP", "P000-AX-CUSTOM", "P000-SME-HUB", "P000-PHYS-LAB", "P001-JOINT"),
    "K-CENTRE",
)
_YEAR = re.compile(r"\b(19|20)\d{2}\b")


def registry_table(
    tables: Tables, planned: Mapping[str, str], years: Sequence[int]
) -> pd.DataFrame:
    """List every programme of the documents and beside them, planned or with the reason why not.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``programmes`` and ``beside_programmes``.
    planned : mapping of str to str
        Programme that gets seats -> for whom, in texts.
    years : sequence of int
        Planning years.

    Returns
    -------
    DataFrame
        Contract table ``cohort_programmes``, in the order of the two tables.
    """
    table = all_programmes(tables).reset_index()
    unknown = sorted(set(planned) - set(table["programme"]))
    if unknown:
        raise InputError(f"programmes: no row for {unknown}, planned by cohorts.programmes.")
    known = [str(name) for name in table["programme"]]
    table["planned"] = ["yes" if name in planned else "no" for name in known]
    table["reason"] = [
        planned[name] if name in planned else why_no_seats(name, row, years)
        for name, row in zip(known, table.to_dict("records"), strict=True)
    ]
    table["published"] = table["published"].astype("Int64")
    return check_table("cohort_programmes", table)


def all_programmes(tables: Tables) -> pd.DataFrame:
    """Stack the programmes of the documents and those beside them, indexed by programme."""
    both = [tables["programmes"], tables["beside_programmes"]]
    return by_programme(pd.concat([table.astype({"published": "Float64"}) for table in both]))


def by_programme(programmes: pd.DataFrame) -> pd.DataFrame:
    """Index the registry by programme; one named twice would get its seats twice."""
    repeated = programmes.loc[programmes["programme"].duplicated(), "programme"]
    if len(repeated):
        raise InputError(f"programmes: {repeated.iloc[0]!r} occurs twice. Drop one row.")
    return programmes.set_index("programme")


def why_no_seats(name: str, row: Mapping[Any, Any], years: Sequence[int]) -> str:
    """Say why a programme gets no seats: the first reason that holds.

    Examples
    --------
    >>> why_no_seats("P", {"kind": "goal"}, [2026])
    'sums items: they get the seats / 항목의 합: 인원은 항목에 배분'
    """
    if row["kind"] == "reference":
        return texts.ABROAD if row["stage"] == "해외 참고" else texts.ADVICE
    if row["kind"] == "goal":
        return texts.GOAL
    if name in texts.BESIDE:
        return texts.BESIDE[name]
    if row["unit"] == "none":
        return texts.NO_NUMBER
    if row["unit"] != PERSONS:
        return texts.counted_in(row["unit"], spread=name in PLACED)
    if name in texts.STUDENTS:
        return texts.NO_ORIGIN
    year = year_of(row)
    if year is not None and year < min(years):
        return texts.before(year, min(years))
    return texts.NO_NUMBER if pd.isna(row["published"]) else texts.NOT_CHOSEN


def year_of(row: Mapping[Any, Any]) -> int | None:
    """Return the first year printed with a programme, or None.

    Examples
    --------
    >>> year_of({"year_stated": "", "year_text": "5 years from 2022"})
    2022
    """
    for text in (row["year_stated"], row["year_text"]):
        found = _YEAR.search(str(text))
        if found:
            return int(found.group())
    return None


def figures_table(tables: Tables) -> pd.DataFrame:
    """Give every printed figure of the programmes: contract table ``cohort_figures``."""
    figures = tables["programme_figures"]
    unknown = sorted(set(figures["programme"]) - set(all_programmes(tables).index))
    if unknown:
        raise InputError(f"programme_figures: {unknown} are no programmes; add them or correct.")
    return check_table("cohort_figures", figures.reset_index(drop=True))


def contradictions_table(tables: Tables, shown: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Say of every contradiction how this run shows it.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``contradictions``: code, programmes, what_ko, what_en, lines_a, lines_b, source.
    shown : mapping of str to str, optional
        Code -> how this run shows it, where it departs from ``cohort_texts.SHOWN``.

    Returns
    -------
    DataFrame
        Contract table ``cohort_contradictions``.

    Raises
    ------
    InputError
        If one that touches a programme is shown nowhere: nothing is resolved in silence.
    """
    table = tables["contradictions"].fillna("").reset_index(drop=True)
    unknown = sorted(set(shown or {}) - set(table["code"]))
    if unknown:
        raise InputError(f"contradictions: no code(s) {unknown}; expected one of the table.")
    ways = texts.SHOWN | dict(shown or {})
    hidden = sorted(table.loc[(table["programmes"] != "") & ~table["code"].isin(ways), "code"])
    if hidden:
        raise InputError(
            f"contradictions: {hidden} touch a programme and no table shows them; say how in "
            "SHOWN of forecast/stages/cohort_texts.py."
        )
    table["shown"] = [ways.get(code, texts.NO_PROGRAMME) for code in table["code"]]
    sides = zip(table["lines_a"], table["lines_b"], strict=True)
    table["source_line"] = [" | ".join(dict.fromkeys(filter(None, pair))) for pair in sides]
    return check_table("cohort_contradictions", table.drop(columns=["lines_a", "lines_b"]))


def defaults_table(values: Mapping[str, object], shipped: Mapping[str, object]) -> pd.DataFrame:
    """List what the documents leave open, with the value of this run.

    Parameters
    ----------
    values, shipped : mapping of str to object
        Option -> value in this run, and as it ships; every key of ``cohort_texts.OPEN``.

    Returns
    -------
    DataFrame
        Contract table ``cohort_defaults``; structured values as JSON.

    Raises
    ------
    InputError
        If an option is unknown, or an open point has no value.
    """
    for name, given in (("values", values), ("shipped", shipped)):
        odd = sorted(set(given) ^ set(texts.OPEN))
        if odd:
            raise InputError(
                f"cohort_defaults, {name}: {odd} are unknown or lack a value; expected each of "
                f"{list(texts.OPEN)}."
            )
    rows = [
        {
            "key": key,
            "value": _text(values[key]),
            "open_ko": korean,
            "open_en": english,
            "changed": "no" if _text(values[key]) == _text(shipped[key]) else "yes",
        }
        for key, (korean, english) in texts.OPEN.items()
    ]
    return check_table("cohort_defaults", pd.DataFrame(rows))


def _text(value: object) -> str:
    """One spelling for equal values: the order of a mapping and the kind of sequence are none."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise InputError(f"cohort_defaults: {value!r} is no plain value.")
