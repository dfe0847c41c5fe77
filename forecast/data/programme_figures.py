"""Every number that is printed of a programme, long: what it is, of whom, when, in what unit."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from forecast.data.collected_figures import PREFIX, collected, numbers_of
from forecast.data.files import read_text_table
from forecast.data.published import FIRST_YEAR, PROGRAMMES, document_lines, source_of
from forecast.errors import InputError

MEANINGS = "scripts/programme_figures.csv"
COLUMNS = (
    "programme",
    "figure",
    "measure",
    "group",
    "year",
    "low",
    "high",
    "bound",
    "unit",
    "printed",
    "note",
    "confidence",
    "source",
    "source_line",
)
KEYS = ["programme", "figure", "group", "year", "unit", "source_line", "printed"]
_CELLS = ("target_headcount", "target_sites", "cost_allowance", "duration")
_REMARKS = "seed_line"  # a number may stand in a remark to the line reference
_NO_FIGURE = "-"  # words with a digit that is no figure, as in "phase 2"
_SEEN = "seen_verbatim"


def table(root: Path, from_policy: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of all programmes: those of the data root, and `from_policy` with them.

    Parameters
    ----------
    root : Path
        Data root with ``korea/programmes.csv``.
    from_policy : DataFrame
        What :func:`policy_figures` returns.

    Returns
    -------
    DataFrame
        programme, figure, measure, group, year, low, high, bound, unit, printed, note, confidence,
        source, source_line. `measure` says what an outcome counts. `low` equals `high` where one
        number is printed; `bound` is ``at_least``, ``at_most`` or ``about`` where the words say
        so. Units differ from row to row: persons, sites, firms and centres never add. A number
        that two documents print has two rows.
    """
    both = pd.concat([from_policy[list(COLUMNS)], pd.DataFrame(collected(root))])
    repeated = both[both.duplicated(KEYS)]
    if len(repeated):
        raise InputError(f"programme figure {tuple(repeated[KEYS].iloc[0])} occurs twice.")
    return both[list(COLUMNS)].sort_values(KEYS, ignore_index=True)


def of_policy(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of :func:`table` that the policy documents print."""
    return figures[~figures["source_line"].str.startswith(PREFIX)]


def policy_figures(policy: Path, meanings: pd.DataFrame) -> pd.DataFrame:
    """Read the numbers that ``programmes.csv`` of the policy documents prints, in base units.

    Parameters
    ----------
    policy : Path
        Folder of the policy documents.
    meanings : DataFrame
        The hand-written meaning of the words: programme, column, printed, figure, group, year
        (empty: the year the programme states), unit, bound (empty: as the words say). It holds no
        number of its own: the numbers are read from `printed`, which the document must print.

    Raises
    ------
    InputError
        If the document does not print the words, or prints a number without a meaning.
    """
    columns = ("programme_id", "year_horizon", _REMARKS, *_CELLS)
    documents = read_text_table(policy, PROGRAMMES, columns=columns).set_index("programme_id")
    left = {
        (str(name), column): str(documents.loc[name, column])
        for name in documents.index
        for column in (_REMARKS, *_CELLS)
    }
    rows = []
    for place, meaning in enumerate(meanings.fillna("").to_dict("records")):
        name, printed = str(meaning["programme"]), str(meaning["printed"])
        cell = (name, str(meaning["column"]))
        if printed not in left.get(cell, ""):
            raise InputError(
                f"{MEANINGS}, row {place + 2}: {printed!r} is not in {cell[1]} of {name} in "
                f"{PROGRAMMES}, or is taken twice. Give the words as the document prints them."
            )
        left[cell] = left[cell].replace(printed, " ", 1)
        year = str(meaning["year"])
        left[cell] = left[cell].replace(f"({year}", " ") if year else left[cell]
        if meaning["figure"] == _NO_FIGURE:
            continue
        stated = FIRST_YEAR.search(str(documents.loc[name, "year_horizon"]))
        rows.append(
            numbers_of(meaning, f"{MEANINGS}, row {place + 2}", given_year=year)
            | {
                "year": year or (stated.group(1) if stated else ""),
                "measure": "",
                "note": "",
                "confidence": _SEEN,
                "source": source_of(name),
                "source_line": document_lines(str(documents.loc[name, _REMARKS])),
            }
        )
    for (name, column), text in left.items():
        if column != _REMARKS and re.search(r"\d", text):
            raise InputError(
                f"{PROGRAMMES}, {name}, {column}: {text.strip()!r} prints a number that "
                f"{MEANINGS} gives no meaning. Add a row there; figure {_NO_FIGURE} if it is none."
            )
    return pd.DataFrame(rows)[list(COLUMNS)]
