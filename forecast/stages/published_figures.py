"""Look up what the table ``evidence`` holds; a figure that is missing stops with its key."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from forecast.errors import InputError
from forecast.models.base import Floats


def published_row(
    evidence: pd.DataFrame,
    key: str,
    *,
    unit: str,
    population: str | None = None,
) -> pd.Series:
    """Return the one row of a figure.

    Parameters
    ----------
    evidence : DataFrame
        key, value, unit, year, population, source, note.
    key, unit : str
        Which figure, and the unit it must have.
    population : str, optional
        Needed only where the figure exists for several.

    Raises
    ------
    InputError
        If there is no such row, more than one, or another unit.

    Examples
    --------
    >>> rows = pd.DataFrame({"key": ["trained"], "value": [7.0], "unit": ["persons"],
    ...     "population": ["all"], "year": ["2025"]})
    >>> float(published_row(rows, "trained", unit="persons")["value"])
    7.0
    """
    rows = evidence[evidence["key"] == key]
    asked = [f"key {key!r}"]
    if population is not None:
        rows = rows[rows["population"] == population]
        asked.append(f"population {population!r}")
    if len(rows) != 1 or rows["unit"].iloc[0] != unit:
        raise InputError(
            f"evidence.csv: expected one row with {', '.join(asked)} in {unit}; found {len(rows)} "
            f"in {sorted(set(rows['unit']))}. Rebuild it with scripts/build_reference.py."
        )
    return rows.iloc[0]


def published_shares(
    evidence: pd.DataFrame, key: str, populations: Sequence[str] | None = None
) -> Floats:
    """Return every published value of a rate, of all years, as shares of one.

    Raises
    ------
    InputError
        If none is in percent for one of the populations.

    Examples
    --------
    >>> rows = pd.DataFrame({"key": ["rate"] * 2, "value": [15.0, 16.0], "unit": ["percent"] * 2,
    ...     "population": ["all", "men"]})
    >>> published_shares(rows, "rate", ["men"]).tolist()
    [0.16]
    """
    rows = evidence[evidence["key"] == key]
    if populations is not None:
        rows = rows[rows["population"].isin(populations)]
    missing = sorted(set(populations or ()) - set(rows["population"]))
    if rows.empty or missing or (rows["unit"] != "percent").any():
        raise InputError(
            f"evidence.csv: expected rows in percent with key {key!r} and population "
            f"{list(populations) if populations else 'any'}; found {len(rows)}. "
            "Rebuild it with scripts/build_reference.py."
        )
    return rows["value"].to_numpy(dtype=float) / 100.0
