"""The numbers that ``korea/programmes.csv`` prints, and how printed words become a number."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

from forecast.data import programme_rows as spec
from forecast.data.amounts import amount, bound
from forecast.data.citations import source_ids
from forecast.data.files import first_row, read_text_table
from forecast.errors import InputError

FILE = "korea/programmes.csv"
PREFIX = "programmes-"
FIGURES = (*dict.fromkeys(spec.FIGURES.values()), "duration", "class")


def collected(root: Path) -> list[dict[str, object]]:
    """Return the figures of the data root, a mapping each: all columns of the table.

    Raises
    ------
    InputError
        If a row of the file is unknown to the package, gone, or prints something else.
    """
    columns = ("id", "item", "dimension", "name", "value", "unit", "year")
    read = read_text_table(root, FILE, columns=(*columns, "source", "confidence", "note"))
    programme_of = {row: name for name, rows in spec.ROWS.items() for row in spec.numbers(rows)}
    known = {*programme_of, *spec.numbers(spec.OF_NO_PROGRAMME)}
    read["row"] = read["id"].str.removeprefix(PREFIX)
    if set(read["row"]) != known or read["id"].duplicated().any():
        wrong = sorted(set(read["row"]) ^ known) or list(read["id"][read["id"].duplicated()])
        raise InputError(
            f"{FILE}: row id(s) {wrong[:5]} are new, gone or twice; expected {len(known)} rows, "
            f"{PREFIX}{min(known)} to {max(known)}. Take the file anew, or name them in "
            "forecast/data/programme_rows.py."
        )
    read = read[read["row"].isin(programme_of)].copy()
    read["source_id"] = read["source"].map(source_ids(root))
    if read["source_id"].isna().any():
        row = first_row(read, read["source_id"].isna())
        raise InputError(
            f"{FILE}, row {row}: citation {read.loc[row - 2, 'source']!r} is not registered; "
            "expected one of CITED in forecast/data/source_list.py. Add it there."
        )
    return [
        numbers_of(meaning, f"{FILE}, row {record['id']}", given_year="")
        | {
            "programme": programme_of[str(record["row"])],
            "year": meaning["year"],
            "measure": _measure(record) if meaning["figure"] == "outcome" else "",
            "note": record["note"],
            "confidence": record["confidence"],
            "source": record["source_id"],
            "source_line": record["id"],
            "printed": meaning["words"],
        }
        for record in read.to_dict("records")
        for meaning in _meanings(record)
    ]


def _meanings(record: Mapping[Hashable, Any]) -> list[dict[str, str]]:
    """Return what a row prints: its value, or the parts of it, and the numbers of its remark."""
    row, value, unit, item = record["row"], record["value"], record["unit"], record["item"]
    place = f"{FILE}, row {record['id']}"
    if row in spec.PLACES:
        figure, counted = spec.PLACES[row]
        named = [(figure, name, counted, "1", name) for name in value.split("·")]
    elif row in spec.PARTS:
        parts = re.split(r"\s?[/·]\s?", value)
        if len(parts) != len(spec.PARTS[row]):
            raise InputError(
                f"{place}: {value!r} has {len(parts)} parts, {len(spec.PARTS[row])} were expected. "
                "Restore the file, or change PARTS in forecast/data/programme_rows.py."
            )
        multiple = "만" if unit == "만원/월" else ""
        named = [
            (figure, group, counted, part + multiple, f"{item}: {value} {unit}")
            for (figure, group, counted), part in zip(spec.PARTS[row], parts, strict=True)
        ]
    else:
        named = [_value(record, place)]
    meanings = [
        {"figure": figure, "group": group, "unit": to, "printed": text, "words": words}
        | {"year": record["year"]}
        for figure, group, to, text, words in named
    ]
    for at, printed, figure, group, year, to in spec.REMARKS:
        if at == row and printed not in record["note"]:
            raise InputError(
                f"{place}, column note: {printed!r} was expected, {record['note']!r} is there. "
                "Restore the file, or change REMARKS in forecast/data/programme_rows.py."
            )
        if at == row:
            words = {"printed": printed, "words": printed, "year": year, "unit": to}
            meanings.append({"figure": figure, "group": group, **words})
    return meanings


def _value(record: Mapping[Hashable, Any], place: str) -> tuple[str, str, str, str, str]:
    """Return figure, group, unit, number with its multiple, and words of a row with one value."""
    row, printed_unit = record["row"], record["unit"]
    counted = spec.COUNTED.get(row)
    factor, unit = spec.UNITS.get(printed_unit, (1, counted))
    unit = counted or unit
    figure = spec.OTHER_FIGURES.get(row) or spec.FIGURES.get(record["dimension"])
    if unit is None or figure is None:
        raise InputError(
            f"{place}: unit {printed_unit!r} or dimension {record['dimension']!r} is unknown; "
            f"expected a unit of {list(spec.UNITS)} and a dimension of {list(spec.FIGURES)}. "
            "Restore the file, or change forecast/data/programme_rows.py."
        )
    if figure == "spec" and unit in ("hours", "months"):
        figure = "duration"
    multiple = {1: "", 10**4: "만", 10**8: "억", 10**12: "조"}[factor]
    words = f"{record['item']}: {record['value']} {printed_unit}"
    group = spec.GROUPS.get(row, record["name"])
    return figure, group, unit, record["value"] + multiple, words


def _measure(record: Mapping[Hashable, Any]) -> str:
    """Return what an outcome measures, from the words of its item."""
    found = [name for words, name in spec.MEASURES.items() if words in record["item"]]
    if not found:
        raise InputError(
            f"{FILE}, row {record['id']}: outcome {record['item']!r} is unknown; expected one of "
            f"{', '.join(spec.MEASURES)}. Restore the file, or add it to programme_rows.py."
        )
    return found[0]


def numbers_of(meaning: Mapping[Any, Any], place: str, *, given_year: str) -> dict[str, object]:
    """Return the numbers of one meaning and its bound; refuse one without a number or figure."""
    printed = str(meaning["printed"])
    if meaning["figure"] not in FIGURES or not meaning["unit"]:
        raise InputError(
            f"{place}: figure {meaning['figure']!r} in unit {meaning['unit']!r}; expected one of "
            f"{', '.join(FIGURES)} and a unit."
        )
    try:
        low, high = amount(printed, year=given_year)
    except InputError as error:
        raise InputError(f"{place}: {error}") from error
    names = ("programme", "figure", "group", "unit", "printed")
    kept = {name: meaning[name] for name in names if name in meaning}
    limit = meaning.get("bound") or bound(str(meaning.get("words", printed)))
    return kept | {"low": low, "high": high, "bound": limit}
