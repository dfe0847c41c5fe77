"""Published rates and counts that the reskilling steps and the report cite, by stable key."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.data.evidence_rows import KEYS, LITERATURE, POLICY, POLICY_UNITS, TOPICS
from forecast.data.figures import Figure, figure, read_figures
from forecast.data.files import read_text_table
from forecast.data.published import FIGURES
from forecast.errors import InputError

POLICY_SOURCE = "moel_ai_upskilling_2025"
BY_YEAR = "korea/employment_occupation_sex_annual.csv"
COLUMNS = ("key", "value", "unit", "year", "population", "source", "note", "confidence")
_SEEN, _COMPUTED, _QUOTED = "seen_verbatim", "computed", "quoted"


def table(root: Path, from_policy: pd.DataFrame) -> pd.DataFrame:
    """Return the evidence: key, value, unit, year, population, source, note, confidence.

    One row per (key, population, year). `confidence` is ``seen_verbatim`` or ``computed`` where a
    row of the data says so (with its own remark in brackets), ``quoted`` from the literature and
    ``computed`` here. The yearly exit rate is derived here: people registered as working one year
    and not the next, over those registered the year before. `from_policy` holds the rows of
    :func:`policy_rows`.
    """
    topics = {name: read_figures(root, name) for name in TOPICS}
    rows = [
        _row(key, population, figure(topics[topic], f"{topic}-{number}"))
        for key, (topic, pairs) in KEYS.items()
        for population, number in pairs
    ]
    rows += [dict(zip(COLUMNS, (*values, _QUOTED), strict=True)) for values in LITERATURE]
    rows.append(_exit_rate(pd.DataFrame(rows)))
    rows += _yearly_employment(root)
    evidence = pd.concat([pd.DataFrame(rows, columns=list(COLUMNS)), from_policy])
    evidence = evidence.sort_values(["key", "population", "year"], ignore_index=True)
    repeated = evidence[evidence.duplicated(["key", "population", "year"])]
    if len(repeated):
        raise InputError(f"evidence {tuple(repeated.iloc[0, [0, 4, 3]])} occurs twice.")
    return evidence


def policy_rows(policy: Path) -> pd.DataFrame:
    """Return the rows that the policy documents print, in the columns of :func:`table`."""
    figures = read_text_table(policy, FIGURES, columns=("id", "value", "unit", "year"))
    figures = figures.set_index("id")
    rows = []
    for key, population, row, unit in POLICY:
        if row not in figures.index or figures.loc[row, "unit"] != unit:
            raise InputError(f"{FIGURES}: row {row} in {unit} is missing. Restore the file.")
        rows.append(
            {
                "key": key,
                "value": float(str(figures.loc[row, "value"])),
                "unit": POLICY_UNITS[unit],
                "year": figures.loc[row, "year"],
                "population": population,
                "source": POLICY_SOURCE,
                "note": "",
                "confidence": _SEEN,
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _yearly_employment(root: Path) -> list[dict[str, object]]:
    """Employed persons as the mean of the months of a year: the level that projections speak of."""
    columns = ("year", "code", "group", "value", "unit", "confidence")
    rows = read_text_table(root, BY_YEAR, columns=columns)
    rows = rows[(rows["code"] == "TOT") & (rows["group"] == "계")]
    if rows.empty or set(rows["unit"]) != {"천명"}:
        raise InputError(f"{BY_YEAR}: no rows of all occupations and both sexes in 천명; add them.")
    return [
        {
            "key": "employment_yearly_mean",
            "value": 1_000.0 * float(row["value"]),
            "unit": "persons",
            "year": row["year"],
            "population": "all",
            "source": "kosis_employment_year",
            "note": "",
            "confidence": row["confidence"],
        }
        for _, row in rows.iterrows()
    ]


def _row(key: str, population: str, found: Figure) -> dict[str, object]:
    return {
        "key": key,
        "value": found.amount,
        "unit": found.unit,
        "year": found.year,
        "population": population,
        "source": found.source,
        "note": found.note,
        "confidence": found.confidence,
    }


def _exit_rate(rows: pd.DataFrame) -> dict[str, object]:
    everyone = rows[rows["population"] == "all"]
    leavers = everyone[(everyone["key"] == "job_leavers") & (everyone["year"] == "2023")].iloc[0]
    workers = everyone[everyone["key"] == "registered_workers"].set_index("year")["value"]
    before = workers["2022"]
    return {
        "key": "job_exit_rate",
        "value": round(100 * leavers["value"] / before, 2),
        "unit": "percent",
        "year": "2023",
        "population": "all",
        "source": leavers["source"],
        "note": "computed here: job_leavers 2023 / registered_workers 2022",
        "confidence": _COMPUTED,
    }
