"""How a column is described, and the columns that tables of several stages share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.types import LEVELS, SCENARIOS


@dataclass(frozen=True)
class Column:
    """What one column may hold."""

    kind: str  # text | share | persons | count | year | number | level
    meaning: str
    values: tuple[object, ...] | None = None
    pattern: str | None = None
    required: bool = True  # False: may be empty


def text(
    meaning: str, *values: object, pattern: str | None = None, required: bool = True
) -> Column:
    """Describe a text column, closed (`values`), patterned or free."""
    return Column("text", meaning, values or None, pattern, required)


def number(kind: str, meaning: str, *, required: bool = True) -> Column:
    """Describe a numeric column of a kind that fixes unit and range."""
    return Column(kind, meaning, LEVELS if kind == "level" else None, None, required)


# kind -> unit shown to readers, lower and upper bound
UNITS: dict[str, tuple[str, float, float]] = {
    "text": ("", -np.inf, np.inf),
    "share": ("share, 0 to 1", 0.0, 1.0),
    "percent": ("percent", 0.0, 100.0),
    "persons": ("persons", 0.0, np.inf),
    "signed_persons": ("persons, outflows negative", -np.inf, np.inf),
    "count": ("whole number", 0.0, np.inf),
    "signed_count": ("whole number", -np.inf, np.inf),
    "year": ("calendar year", 1900, 2200),
    "level": ("quantile level", 0.0, 1.0),
    "number": ("as named", -np.inf, np.inf),
}

SUB_MAJOR = text("KSCO-7 sub-major group", pattern=r"[1-9]\d")
SCENARIO = text("scenario; no_ai is the baseline", *SCENARIOS)
YEAR = number("year", "calendar year")
PERIOD = text("half-year", pattern=r"\d{4}H[12]")
