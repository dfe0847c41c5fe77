"""Published programmes beside those of the policy documents, in the columns of `programmes`."""

from __future__ import annotations

import pandas as pd

from forecast.data import programme_rows as spec
from forecast.data.published import COLUMNS
from forecast.errors import InputError

FILE = "scripts/beside_programmes.csv"
KIND = "beside"
_COSTS = ("allowance", "unit_cost", "budget")
_WANTED = ("target", "quota", "infra")


def beside_programmes(written: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """Return the programmes of ``korea/programmes.csv`` that no policy document names.

    Parameters
    ----------
    written : DataFrame
        The hand-written names: programme, name_ko, name_en, ministry, stage, target_group, row
        (of the published number; empty: none), place, delivery, conditions.
    figures : DataFrame
        The table `programme_figures`, which holds every number.

    Returns
    -------
    DataFrame
        The columns of `programmes`, with `kind` ``beside``: several of them count the people of a
        programme of the policy documents once more (`conditions` says which), so the two sets
        never add. `source_line` names the rows of ``korea/programmes.csv``.
    """
    named = written.fillna("").set_index("programme")
    wanted = {name for name in spec.ROWS if name.startswith("K-")}
    if set(named.index) != wanted or named.index.has_duplicates:
        raise InputError(
            f"{FILE}: programme(s) {sorted(set(named.index) ^ wanted)} lack a row or are unknown, "
            f"or one is there twice; expected each of {sorted(wanted)} once."
        )
    rows = []
    for name, text in named.iterrows():
        own = figures[figures["programme"] == name]
        rows.append(
            {"programme": name, "kind": KIND}
            | {column: text[column] for column in COLUMNS if column in named.columns}
            | _published(str(name), text["row"], own)
            | {
                "cost_text": _words(own[own["figure"].isin(_COSTS)]),
                "duration_text": _words(own[own["figure"] == "duration"]),
                "source_line": "programmes-" + ",".join(spec.numbers(spec.ROWS[str(name)])),
            }
        )
    table = pd.DataFrame(rows)[list(COLUMNS)]
    table["published"] = table["published"].astype("Int64")
    return table.sort_values("programme", ignore_index=True)


def _published(name: str, row: str, own: pd.DataFrame) -> dict[str, object]:
    """Return the number a programme is known by, with unit, year and source."""
    if not row:
        first = own.sort_values("source_line").iloc[0]
        empty = dict.fromkeys(("published_text", "year_stated", "year_text"), "")
        return {"unit": "none", "published": None, "source": first["source"]} | empty
    found = own[
        (own["source_line"] == row)
        & own["figure"].isin(_WANTED)
        & (own["printed"].str.contains(":"))
    ]
    if len(found) != 1 or found["low"].item() != found["high"].item():
        raise InputError(
            f"{FILE}, {name}: row {row} prints {len(found)} of {', '.join(_WANTED)} for it; "
            "expected one number. Name another row, or leave it empty."
        )
    figure = found.iloc[0]
    return {
        "unit": figure["unit"],
        "published": int(figure["low"]),
        "published_text": figure["printed"],
        "year_stated": figure["year"],
        "year_text": figure["year"],
        "source": figure["source"],
    }


def _words(rows: pd.DataFrame) -> str:
    """Return the printed words of some figures, each once, in the order of their source.

    The words of a remark do not say what they are about: their group stands before them.
    """
    ordered = rows.sort_values(["source_line", "printed"])
    named = [
        printed if ":" in printed else f"{group} {printed}".strip()
        for group, printed in zip(ordered["group"], ordered["printed"], strict=True)
    ]
    return "; ".join(dict.fromkeys(named))
