"""Published Korean figures: one row a figure, its amount in plain units, its source id."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from forecast.data.citations import source_ids
from forecast.data.files import read_text_table
from forecast.errors import InputError

_COLUMNS = ("id", "item", "code", "name", "value", "unit", "year", "source", "note", "confidence")
# Korean unit to (factor, unit here): jobs and persons stay apart, as do shares and counts.
_UNITS = {
    "%": (1, "percent"),
    "%p": (1, "percentage_points"),
    "만명": (10_000, "persons"),
    "명": (1, "persons"),
    "만개": (10_000, "jobs"),
    "개": (1, "firms"),
    "개소": (1, "sites"),
    "세": (1, "years_of_age"),
    "만원/명": (10_000, "krw_per_person"),
    "만원/월": (10_000, "krw_per_month"),
    "억원": (100_000_000, "krw"),
    "대1": (1, "applicants_per_seat"),
    "log pts per percentile": (1, "log_points_per_percentile"),
}


def read_figures(root: Path, topic: str) -> pd.DataFrame:
    """Read ``korea/<topic>.csv``, indexed by row id, as text, with source ids.

    Parameters
    ----------
    root : Path
        Data root.
    topic : str
        File name without suffix, for example ``ai_adoption``.
    """
    file = f"korea/{topic}.csv"
    table = read_text_table(root, file, columns=_COLUMNS)
    repeated = table["id"][table["id"].duplicated()]
    if len(repeated):
        raise InputError(
            f"{file}: id {repeated.iloc[0]} occurs twice. `forecast data pull` takes it anew."
        )
    table["source_id"] = table["source"].map(source_ids(root))
    return table.set_index("id")


@dataclass(frozen=True)
class Figure:
    """One published figure: `amount` in the plain `unit`, and where it was printed."""

    amount: float
    unit: str
    code: str
    name: str
    year: str
    source: str
    note: str
    confidence: str  # how whoever collected it came by it: seen_verbatim, computed, ...

    @property
    def computed(self) -> bool:
        """Whether whoever collected it worked it out from printed figures."""
        return self.confidence.startswith("computed")


def figure(table: pd.DataFrame, row: str) -> Figure:
    """Return one figure of a table read by :func:`read_figures`.

    Raises
    ------
    InputError
        If the row is absent, is text, has a unit without a factor, or cites no registered source.
    """
    if row not in table.index:
        raise InputError(
            f"the published figure {row} is missing. `forecast data pull` takes it anew."
        )
    found = table.loc[row]
    if found["unit"] not in _UNITS:
        raise InputError(f"figure {row} has unit {found['unit']!r}; expected one of {list(_UNITS)}")
    if pd.isna(found["source_id"]):
        raise InputError(
            f"figure {row} cites {found['source']!r}, which forecast/data/source_list.py does not "
            "list. Register the citation there."
        )
    factor, unit = _UNITS[found["unit"]]
    try:
        # Rounded because 5.6 x 10 000 is 55 999.999... in binary and these are counts.
        amount = round(float(found["value"].replace(",", "")) * factor, 9)
    except ValueError as error:
        raise InputError(f"figure {row}: {found['value']!r} is text, not a number.") from error
    text = {name: str(found[name]) for name in ("code", "name", "year", "note", "confidence")}
    return Figure(amount=amount, unit=unit, source=str(found["source_id"]), **text)
