"""Source ids: every row of the embedded reference carries one, with its citation here.

A published figure keeps the citation of the row it comes from; :func:`source_ids` turns that text
into an id and refuses a citation that is not registered, so no figure travels without a source.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from forecast.data.files import read_text_table
from forecast.data.source_list import (
    CAMPUS_FILE,
    CITED,
    DATASETS,
    DOCUMENTS,
    NAMED_OTHERWISE,
)
from forecast.errors import InputError

COLUMNS = ("source", "citation", "licence", "url", "files", "vintage")
FACTS = "published facts, cited"
# The collection numbers its documents; readers elsewhere cannot look that number up.
_COLLECTION_NUMBER = re.compile(r"\s*\(seed \d+\)")


def source_ids(root: Path) -> dict[str, str]:
    """Return citation text to source id for the published figures below `root`.

    Raises
    ------
    InputError
        If a row that prints a citation is gone.
    """
    by_file = {name: _citations(root, name) for name in {_file(row) for _, row in CITED}}
    ids: dict[str, str] = {}
    for source, row in CITED:
        texts = by_file[_file(row)]
        if row not in texts:
            raise InputError(
                f"{_file(row)} lacks row {row}, which cites {source}. `forecast data pull` takes "
                "the file anew."
            )
        ids[texts[row]] = source
    return ids


def table(root: Path) -> pd.DataFrame:
    """Return the source list: source, citation, licence, url, files, vintage."""
    rows = list(DATASETS)
    texts = {source: text for text, source in source_ids(root).items()}
    for source, row in CITED:
        citation = _COLLECTION_NUMBER.sub("", texts[source])
        rows.append((source, citation, FACTS, "", _file(row), _date_of(citation)))
    rows += [(source, text, FACTS, "", "", year) for source, text, year in DOCUMENTS]
    listed = pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("source", ignore_index=True)
    repeated = listed["source"][listed["source"].duplicated()]
    if len(repeated):
        raise ValueError(
            f"source id(s) {list(repeated)} occur twice in forecast/data/source_list.py"
        )
    return listed


def _file(row: str) -> str:
    table = row.rsplit("-", 1)[0]
    return NAMED_OTHERWISE.get(table, f"korea/{table}.csv")


def _citations(root: Path, file: str) -> dict[str, str]:
    """Return row id to citation; the campus list has one citation and no ids."""
    if file == CAMPUS_FILE:
        rows = read_text_table(root, file, columns=("source",))
        return {"polytech_campuses-0001": str(rows["source"].iloc[0])}
    rows = read_text_table(root, file, columns=("id", "source"))
    return dict(zip(rows["id"], rows["source"], strict=True))


def _date_of(text: str) -> str:
    """Return the first date a citation prints, as printed, or its first year."""
    found = re.search(r"20\d\d-(?:0[1-9]|1[0-2])(?:-\d\d)?\b", text) or re.search(r"20\d\d", text)
    return found.group() if found else ""
