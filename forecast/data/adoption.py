"""AI adoption series to 2022, one measure per survey, question and population: never mixed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.data.citations import source_ids
from forecast.data.figures import Figure, figure, read_figures
from forecast.data.files import read_text_table
from forecast.data.kosis import CURRENT_SIDO, sido
from forecast.errors import InputError

LAST_YEAR = 2022
_TOPIC = "ai_adoption"
_SIZES = {"250인 이상": "250+", "50~249인": "50-249", "10~49인": "10-49"}

# measure, scope_kind, rows of shares in the file, row -> row with the number of firms surveyed.
_SERIES: tuple[tuple[str, str, tuple[str, ...], dict[str, str]], ...] = (
    ("firm_50plus_business_survey", "all", ("0001", "0216", "0036", "0003"), {"0003": "0005"}),
    (
        "firm_50plus_business_survey",
        "industry",
        ("0009", "0010", "0011", "0012", "0013", "0014"),
        {"0013": "0006", "0014": "0007"},
    ),
    ("firm_50plus_business_survey", "region", ("0015", "0016", "0017"), {}),
    (
        "firm_50plus_research_sample",
        "all",
        ("0196", "0199", "0202", "0205", "0208", "0211"),
        {
            "0196": "0194",
            "0199": "0197",
            "0202": "0200",
            "0205": "0203",
            "0208": "0206",
            "0211": "0209",
        },
    ),
    ("firm_10plus_nia", "all", ("0136", "0137", "0038", "0039", "0040"), {}),
    ("firm_10plus_nia", "industry", ("0041", "0042"), {}),
    ("firm_10plus_nia", "size", ("0139", "0140"), {}),
    ("firm_10plus_nia_2022", "all", ("0043",), {}),
    ("firm_10plus_nia_2022", "size", ("0044", "0045", "0046"), {}),
    ("establishment_all_nia", "all", ("0138",), {}),
    ("establishment_30plus_kli_panel", "all", ("0233",), {}),
    ("firm_20plus_kdi", "all", ("0252",), {}),
    ("firm_five_industries_kisdi", "all", ("0047",), {}),
    ("firm_five_industries_kisdi", "industry", ("0232",), {}),
)
# The same figure printed twice: (kept, other). They must agree, or the file has changed.
_REPEATED = (
    ("0038", "0189"),
    ("0039", "0190"),
    ("0040", "0191"),
    ("0041", "0192"),
    ("0042", "0193"),
    ("0043", "0183"),
    ("0044", "0184"),
    ("0045", "0185"),
    ("0046", "0186"),
)
_NOTES = {
    "0001": "174 firms use AI; printed as 1.41 elsewhere",
    "0216": "printed by a later study of the same survey; the research sample has 2.7",
    "0036": "denominator not published; the research sample has 3.7",
    "0003": "620 of 13,824 firms; the research sample has 4.2",
    "0043": "question became multiple choice: not comparable with firm_10plus_nia",
    "0139": "250 employees and more, derived size label from the item text",
    "0140": "250 employees and more, derived size label from the item text",
    "0047": "quoted in a government plan of 2023; another survey than 기업활동조사",
    "0232": "KISDI survey of 2021, quoted by the press",
}
# Printed as one range for all provinces without a value of their own: "1~4".
_RANGE = ("firm_50plus_business_survey", "region", "0018")


def ranges(root: Path) -> pd.DataFrame:
    """Return shares known as a range: measure, scope_kind, scope, year, low and high, source.

    One printed range stands for the 14 provinces without a value; it is repeated for each.
    """
    measure, kind, number = _RANGE
    listed = read_text_table(root, f"korea/{_TOPIC}.csv", columns=("id", "value", "year", "source"))
    found = listed[listed["id"] == f"{_TOPIC}-{number}"].to_dict("records")
    row = {str(key): str(value) for key, value in found[0].items()} if found else {}
    ends = row.get("value", "").split("~")
    if len(ends) != 2 or int(row["year"]) > LAST_YEAR:
        raise InputError(f"korea/{_TOPIC}.csv: row {number} is not a range such as 1~4 any more.")
    exact = table(root)
    own = exact[(exact["measure"] == measure) & (exact["scope_kind"] == kind)]["scope"]
    return pd.DataFrame(
        {
            "measure": measure,
            "scope_kind": kind,
            "scope": [code for code in sido(root)["sido"] if code not in set(own)],
            "year": int(row["year"]),
            "low_percent": float(ends[0]),
            "high_percent": float(ends[1]),
            "source": source_ids(root)[row["source"]],
        }
    )


def table(root: Path) -> pd.DataFrame:
    """Return adoption shares: measure, scope_kind, scope, year, value_percent, n_firms, source."""
    published = read_figures(root, _TOPIC)
    for kept, other in _REPEATED:
        pair = published.reindex([f"{_TOPIC}-{kept}", f"{_TOPIC}-{other}"])[["value", "year"]]
        if pair.isna().any(axis=None) or len(pair.drop_duplicates()) != 1:
            raise InputError(f"korea/{_TOPIC}.csv: rows {kept} and {other} no longer agree.")
    rows = [
        _row(published, measure, scope_kind, number, firms)
        for measure, scope_kind, numbers, firms in _SERIES
        for number in numbers
    ]
    series = pd.DataFrame(rows)
    series["n_firms"] = series["n_firms"].astype("Int64")
    return series.sort_values(["measure", "scope_kind", "scope", "year"], ignore_index=True)


def _row(
    published: pd.DataFrame, measure: str, scope_kind: str, number: str, firms: dict[str, str]
) -> dict[str, object]:
    found = _figure(published, number)
    surveyed = _figure(published, firms[number]) if number in firms else None
    if surveyed is not None and surveyed.year != found.year:
        raise InputError(f"korea/{_TOPIC}.csv: rows {number} and {firms[number]} differ in year.")
    return {
        "measure": measure,
        "scope_kind": scope_kind,
        "scope": _scope(scope_kind, found),
        "year": int(found.year),
        "value_percent": found.amount,
        "n_firms": None if surveyed is None else int(surveyed.amount),
        "source": found.source,
        "note": _NOTES.get(number, ""),
    }


def _figure(published: pd.DataFrame, number: str) -> Figure:
    found = figure(published, f"{_TOPIC}-{number}")
    if int(found.year) > LAST_YEAR:
        raise InputError(f"korea/{_TOPIC}.csv: row {number} is later than {LAST_YEAR}.")
    return found


def _scope(scope_kind: str, found: Figure) -> str:
    if scope_kind == "all":
        return "all"
    if scope_kind == "size":
        # Two rows carry the size in the item text only.
        return _SIZES[found.name or "250인 이상"]
    return CURRENT_SIDO.get(found.code, found.code)
