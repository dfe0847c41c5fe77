"""Where the documents contradict themselves or each other on a target: shown, never resolved."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import pandas as pd

from forecast.data.files import read_text_table
from forecast.data.published import FIGURES, document_lines
from forecast.errors import InputError

FILE = "scripts/contradictions.csv"
SOURCE = "contradictions_own"
CAMPUSES = "campuses"
COLUMNS = ("code", "programmes", "what_ko", "what_en", "printed_a", "printed_b", "unit")
_SIDES = ("a", "b")


@dataclass(frozen=True)
class Published:
    """What the numbers of a contradiction are looked up in.

    Parameters
    ----------
    programmes : DataFrame
        The tables `programmes` and `beside_programmes`, one under the other.
    programme_figures, campuses : DataFrame
        The tables of those names.
    documents : DataFrame
        id, value, verbatim_context, source of ``figures.csv`` of the policy documents.
    """

    programmes: pd.DataFrame
    programme_figures: pd.DataFrame
    campuses: pd.DataFrame
    documents: pd.DataFrame


def read_documents(policy: Path) -> pd.DataFrame:
    """Return the numbers of ``figures.csv`` with the words around each."""
    return read_text_table(policy, FIGURES, columns=("id", "value", "verbatim_context"))


def contradictions(written: pd.DataFrame, published: Published) -> pd.DataFrame:
    """Return the contradictions, each with both figures as they are published.

    Parameters
    ----------
    written : DataFrame
        The hand-written list: code, programmes, what_ko, what_en, unit and, for each side (a, b),
        from (what the number is: terms joined by " + " and " * "; a term is a programme, a row of
        ``figures.csv``, a row of ``korea/programmes.csv`` with ``@`` words it prints, or the
        campuses), words (printed instead of the number, which the terms must print) and lines.
    published : Published
        Where the terms are looked up.

    Returns
    -------
    DataFrame
        code, programmes, what_ko, what_en, printed_a, printed_b (text; digits where a number),
        unit, lines_a, lines_b, source. Both sentences name both figures.
    """
    rows = [_row(row, published) for row in written.fillna("").to_dict("records")]
    table = pd.DataFrame(rows)
    repeated = table.loc[table["code"].duplicated(), "code"]
    if len(repeated):
        raise InputError(f"{FILE}: {repeated.iloc[0]} occurs twice; give each its own code.")
    return table.sort_values("code", ignore_index=True)


def _row(row: Mapping[Hashable, str], published: Published) -> dict[str, str]:
    code = row["code"]
    unknown = set(row["programmes"].split(",")) - set(published.programmes["programme"])
    if unknown:
        raise InputError(f"{FILE}, {code}: {sorted(unknown)} are no programmes; correct the ids.")
    printed = {}
    for side in _SIDES:
        printed[f"printed_{side}"], shown = _printed(row, side, published)
        if shown not in row["what_ko"] or shown not in row["what_en"]:
            raise InputError(
                f"{FILE}, {code}: side {side} is {shown}, which what_ko or what_en does not name; "
                "both sentences name both figures. Correct the words, or the terms."
            )
    kept = {name: row[name] for name in COLUMNS if name in row}
    lines = {f"lines_{side}": _lines(row[f"lines_{side}"], code) for side in _SIDES}
    return {name: (kept | printed)[name] for name in COLUMNS} | lines | {"source": SOURCE}


def _printed(row: Mapping[Hashable, str], side: str, published: Published) -> tuple[str, str]:
    """Return one side, its number or the words that differ, and how a sentence writes it."""
    words, terms = row[f"words_{side}"], row[f"from_{side}"]
    place = f"{FILE}, {row['code']}, side {side}"
    if not terms:
        if not words:
            raise InputError(f"{place}: give the terms of a number, or words.")
        return words, words
    looked_up = [
        [_term(term, published, place) for term in product.split(" * ")]
        for product in terms.split(" + ")
    ]
    if words:
        if not any(words in context for product in looked_up for _, context in product):
            raise InputError(f"{place}: {terms} does not print {words!r}. Correct the words.")
        return words, words
    numbers = [number for product in looked_up for number, _ in product]
    if any(pd.isna(number) for number in numbers):
        raise InputError(f"{place}: {terms} has no published number; give other terms, or words.")
    total = round(sum(prod(number for number, _ in product) for product in looked_up), 6)
    whole = total == int(total)
    return (f"{total:.0f}", f"{total:,.0f}") if whole else (f"{total:g}", f"{total:g}")


def _term(term: str, published: Published, place: str) -> tuple[float, str]:
    """Return the number a term stands for, and the words it is printed in."""
    name, _, words = (part.strip() for part in term.partition("@"))
    if name == CAMPUSES:
        listed = published.campuses
        return float(listed["is_campus"].sum() if words else len(listed)), ""
    documents = published.documents[published.documents["id"] == name]
    if len(documents):
        return float(documents["value"].item()), str(documents["verbatim_context"].item())
    programme = published.programmes[published.programmes["programme"] == name]
    if len(programme):
        text = " ".join(str(cell) for cell in programme.iloc[0])
        number = programme["published"].item()
        return (float("nan") if pd.isna(number) else float(number)), text
    figures = published.programme_figures
    found = figures[
        (figures["source_line"] == name) & figures["printed"].str.contains(words, regex=False)
    ]
    if len(found) != 1:
        raise InputError(
            f"{place}: {term!r} names {len(found)} published numbers; expected one: a programme, "
            f"a row of {FIGURES}, or a row of korea/programmes.csv with words it prints after @."
        )
    figure = found.iloc[0]
    if figure["low"] != figure["high"]:
        raise InputError(f"{place}: {term!r} is a range; expected one number.")
    return float(figure["low"]), " ".join((figure["printed"], figure["note"], figure["year"]))


def _lines(text: str, code: str) -> str:
    """Return a line reference with source ids; rows of the data keep their names."""
    if not re.match(r"\d{3}:", text):
        return text
    try:
        return document_lines(text)
    except InputError as error:
        raise InputError(f"{FILE}, {code}: {error}") from error
