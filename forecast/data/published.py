"""Programmes, polytechnic campuses and stage totals, as the policy documents print them.

The documents are no part of the public data root: their folder is named apart.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from pathlib import Path

import pandas as pd

from forecast.data.files import read_text_table
from forecast.data.kosis import CURRENT_SIDO, SHORT_SIDO
from forecast.data.source_list import CAMPUS_FILE
from forecast.errors import InputError

PROGRAMMES = "programmes.csv"
FIGURES = "figures.csv"
FIRST_YEAR = re.compile(r"^(20\d\d)(?= |$)")

# Document number (the first part of a programme id) to source id.
_DOCUMENTS = {
    "P000": "moel_ai_upskilling_2025",
    "P001": "hrdk_joint_centres_2026",
    "P002": "mss_smart_manufacturing_2026",
    "P003": "kiet_2024_report",
    "P004": "msit_ai_capability_2025",
}
_COLUMNS = {
    "programme_id": "programme",
    "name_ko": "name_ko",
    "name_en": "name_en",
    "owner_ministry": "ministry",
    "stage": "stage",
    "target_population": "target_group",
    "target_headcount": "target_headcount",
    "target_sites": "target_sites",
    "year_horizon": "year_text",
    "region_granularity": "place",
    "delivery_institution": "delivery",
    "cost_allowance": "cost_text",
    "duration": "duration_text",
    "conditions": "conditions",
    "seed_line": "source_line",
}
COLUMNS = (
    *("programme", "name_ko", "name_en", "ministry", "stage", "kind", "target_group"),
    *("unit", "published", "published_text", "year_stated", "year_text", "place"),
    *("delivery", "cost_text", "duration_text", "conditions", "source", "source_line"),
)
_TEXT = ("year_text", "place", "delivery", "cost_text", "duration_text", "conditions")
_UNITS = ("firms/sites", "sites", "firms", "centres", "campuses", "labs", "universities", "schools")
_PARTS = ("P001-S1", "P001-S2", "P001-S3", "P002-T1", "P002-T2")
_CAMPUSES = 39
# Document, its lines, and perhaps a remark.
_LINES = re.compile(r"(\d{3}):(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)(?: \(.*\))?")
# Rows of figures.csv that print a stage total, with the words printed.
_PRINTED: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("진입기", ("F0030", "F0031"), "9만 + 1만"),
    ("활동기", ("F0032",), "11만"),
    ("전환기", ("F0033",), "3만"),
)
_GOAL = "F0029"
_STAGE_NOTES = {
    "진입기": "56,000 + 33,000 printed 9만; 10,000 printed 1만",
    "활동기": "10,000 of the printed total is not itemised",
    "전환기": "28,000 + 1,000 + 500 = 29,500 printed 3만",
    "전체": "sum of the printed stage totals against the five-year goal; the document does not "
    "say whether the stage totals are annual or cumulative",
}


def programmes(policy: Path) -> pd.DataFrame:
    """Return the 58 programmes: published target where one number is printed, else its text.

    `kind` is ``goal`` (a stage or overall goal that sums items), ``part`` (a part of another
    programme), ``reference`` (a recommendation or a foreign example) or ``item``: add up items
    of one unit only, persons and sites never together.
    """
    table = read_text_table(policy, PROGRAMMES, columns=tuple(_COLUMNS))
    table = table.rename(columns=_COLUMNS)
    repeated = table["programme"][table["programme"].duplicated()]
    if len(repeated):
        raise InputError(f"{PROGRAMMES}: programme {repeated.iloc[0]} occurs twice.")
    targets = [_target(row) for row in table.to_dict("records")]
    table["kind"] = [_kind(row) for row in table.to_dict("records")]
    table["unit"] = [unit for unit, _, _ in targets]
    table["published"] = pd.array([number for _, number, _ in targets], dtype="Int64")
    table["published_text"] = [text for _, _, text in targets]
    table["year_stated"] = table["year_text"].str.extract(FIRST_YEAR, expand=False)
    table["stage"] = table["stage"].str.replace(r" \(.*\)$", "", regex=True)
    table["source"] = table["programme"].map(source_of)
    table["source_line"] = table["source_line"].map(document_lines)
    for column in _TEXT:
        table[column] = table[column].str.strip().replace("not stated", "")
    return table[list(COLUMNS)].sort_values("programme", ignore_index=True)


def source_of(programme: str) -> str:
    """Return the source id of the document that a programme's id begins with.

    >>> source_of("P002-SMART")
    'mss_smart_manufacturing_2026'
    """
    if programme[:4] not in _DOCUMENTS:
        raise InputError(
            f"{PROGRAMMES}, {programme}: no document {programme[:4]!r}; expected an id that begins "
            f"with one of {', '.join(_DOCUMENTS)}. Correct the id."
        )
    return _DOCUMENTS[programme[:4]]


def document_lines(text: str) -> str:
    """Put source ids in the place of the collection's document numbers in a line reference.

    >>> document_lines("000:54;001:4,7")
    'moel_ai_upskilling_2025:54;hrdk_joint_centres_2026:4,7'
    >>> document_lines("54")
    Traceback (most recent call last):
    ...
    forecast.errors.InputError: programmes.csv: line reference '54'; expected a document and its \
lines, as in '000:54;001:4,7'. Restore the file.
    """
    parts = [_LINES.fullmatch(part) for part in text.split(";")]
    if any(part is None for part in parts):
        raise InputError(
            f"{PROGRAMMES}: line reference {text!r}; expected a document and its lines, as in "
            "'000:54;001:4,7'. Restore the file."
        )
    return ";".join(f"{source_of('P' + part[1])}:{part[2]}" for part in parts if part)


def campuses(root: Path) -> pd.DataFrame:
    """Return the polytechnic campuses with their province; `is_campus` is true for 39 of them."""
    columns = ("campus", "polytech_univ", "sido_code", "sido", "confidence", "note")
    table = read_text_table(root, CAMPUS_FILE, columns=columns)
    table["is_campus"] = table["polytech_univ"] != "법인부설"
    place = table["sido"]
    table["sido"] = table["sido_code"].replace(CURRENT_SIDO)
    unknown = table.loc[table["is_campus"] & ~table["sido"].isin(SHORT_SIDO), "campus"]
    if table["is_campus"].sum() != _CAMPUSES or len(unknown) or table["campus"].duplicated().any():
        raise InputError(
            f"{CAMPUS_FILE}: {int(table['is_campus'].sum())} campuses, without a province: "
            f"{list(unknown)}; {_CAMPUSES} different ones with a province were expected."
        )
    table["sido_basis"] = "campus name or general knowledge, not printed in the source: " + place
    table["source"] = "polytech_campus_map_2027"
    kept = ["campus", "polytech_univ", "sido", "is_campus", "sido_basis", "source", "note"]
    return table[kept].sort_values("campus", ignore_index=True)


def stage_totals(policy: Path) -> pd.DataFrame:
    """Return itemised persons beside the printed, rounded total of each stage."""
    items = programmes(policy)
    items = items[
        (items["source"] == _DOCUMENTS["P000"])
        & (items["kind"] == "item")
        & (items["unit"] == "persons")
    ]
    itemised = items.groupby("stage")["published"].sum()
    figures = read_text_table(policy, FIGURES, columns=("id", "value")).set_index("id")
    wanted = [row for _, printed, _ in _PRINTED for row in (*printed, _GOAL)]
    missing = sorted(set(wanted) - set(figures.index))
    if missing:
        raise InputError(f"{FIGURES}: row(s) {missing} are missing. Restore the file.")
    amounts = figures.loc[sorted(set(wanted)), "value"].astype(int)
    rows = [
        (stage, int(itemised[stage]), int(amounts[list(printed)].sum()), words)
        for stage, printed, words in _PRINTED
    ]
    sum_printed = sum(row[2] for row in rows)
    rows.append(("전체", sum_printed, int(amounts[_GOAL]), "5년간 100만"))
    table = pd.DataFrame(rows, columns=["stage", "itemised", "printed", "printed_ko"])
    table.insert(1, "unit", "persons")
    return table.assign(
        source=_DOCUMENTS["P000"], note=[_STAGE_NOTES[stage] for stage in table["stage"]]
    )


def _target(row: Mapping[Hashable, str]) -> tuple[str, int | None, str]:
    """Return unit, number and printed text of a programme's target; persons come first."""
    persons, sites = row["target_headcount"], row["target_sites"]
    text = "; ".join(part for part in (persons, sites) if part)
    if persons:
        return "persons", _single_number(persons), text
    unit = next((name for name in _UNITS if re.search(rf"^\d+ {name}\b", sites)), "none")
    number = None if unit == "none" else int(sites.split()[0])
    return ("sites" if unit == "firms/sites" else unit), number, text


def _single_number(text: str) -> int | None:
    """Return the number a text starts with, if it is one number and then only a remark.

    >>> _single_number("90000 (rounded; 56000+33000)"), _single_number("118 to 218")
    (90000, None)
    """
    found = re.fullmatch(r"(\d+)(?: \(.*)?", text)
    return int(found.group(1)) if found else None


def _kind(row: Mapping[Hashable, str]) -> str:
    if "GOAL" in row["programme"]:
        return "goal"
    if row["programme"] in _PARTS:
        return "part"
    foreign_or_advice = "recommendation" in row["stage"] or row["stage"] == "해외 참고"
    return "reference" if foreign_or_advice else "item"
