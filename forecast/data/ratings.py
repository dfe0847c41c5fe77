"""One long O*NET table (occupation x element x scale) as its users really have it.

Workbook, comma or tab; 8-digit O*NET-SOC 2019 or 2010, or 6-digit SOC-2018 or SOC-2010: the codes
say which (:func:`forecast.data.revisions.code_system`). Rows marked ``Recommend Suppress`` are
kept: the mark says that few raters or a wide interval stand behind a value, not that it is wrong,
and without them 21 % of the knowledge levels would be gaps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from forecast.data.crosswalks import soc2010_to_soc2018, to_six_digits
from forecast.data.files import first_row, locate, read_sheet, read_table, to_number
from forecast.data.revisions import code_system
from forecast.errors import InputError

CONTENT_MODEL = "onet/Content Model Reference.xlsx"
IMPORTANCE, LEVEL = "IM", "LV"
# Lowest and highest value of a scale, from O*NET's Scales Reference.
SCALES: dict[str, tuple[float, float]] = {
    IMPORTANCE: (1, 5),
    LEVEL: (0, 7),
    "OI": (1, 7),
    "JZ": (1, 5),
}
_CODE, _NAME, _ID = "O*NET-SOC Code", "Element Name", "Element ID"
_SCALE, _VALUE = "Scale ID", "Data Value"


@dataclass(frozen=True)
class Domain:
    """Where the elements of one domain stand: file, main scale, source, ids in O*NET's model."""

    name: str
    file: str
    scale: str
    source: str
    elements: str


def read_ratings(root: Path, domain: Domain, *, scales: tuple[str, ...]) -> pd.DataFrame:
    """Read one rating table.

    Returns
    -------
    DataFrame
        One row an 8-digit occupation (6-digit where the file has no more), element and scale of
        `scales`: system (soc2010 or soc2018), soc (6 digits), descriptor, element_id, name,
        domain, scale, source, value. Rows keep their order.

    Raises
    ------
    InputError
        If a code is unknown or of unclear revision, a row occurs twice, a value lies off its
        scale, or a scale is absent.
    """
    file = locate(root, domain.file)
    columns = (_CODE, _NAME, _SCALE, _VALUE)
    table = read_table(root, domain.file, columns=columns, optional=(_ID,))
    table = table[table[_SCALE].isin(scales)]
    for scale in scales:
        if not (table[_SCALE] == scale).any():
            raise InputError(
                f"{file} has no row on scale {scale}. `forecast data pull` takes it anew."
            )
    refuse_repeated(table, [_CODE, _NAME, _SCALE], file=file)
    if _ID not in table:
        table = table.assign(**{_ID: _element_ids(root, table[_NAME], domain, file=file)})
    system = code_system(table[_CODE], soc2010_to_soc2018(root), file=file)
    names = {name: f"{domain.name}_{slug(name)}" for name in table[_NAME].unique()}
    value = to_number(table, _VALUE, file=file)
    lowest, highest = (table[_SCALE].map({s: SCALES[s][end] for s in scales}) for end in (0, 1))
    off = (value < lowest) | (value > highest)
    if off.any():
        scale = str(table.loc[off, _SCALE].iloc[0])
        raise InputError(
            f"{file}, row {first_row(table, off)}: {value[off].iloc[0]} is off scale {scale} "
            f"({SCALES[scale][0]} to {SCALES[scale][1]}). Correct it, or "
            "`forecast data pull` takes it anew."
        )
    return pd.DataFrame(
        {
            "system": system,
            "soc": to_six_digits(table[_CODE], soc2010=system == "soc2010"),
            "descriptor": table[_NAME].map(names),
            "element_id": table[_ID],
            "name": table[_NAME],
            "domain": domain.name,
            "scale": table[_SCALE],
            "source": domain.source,
            "value": value,
        }
    )


def refuse_repeated(table: pd.DataFrame, keys: list[str], *, file: str) -> None:
    """Refuse a table in which two rows have the same keys."""
    repeated = table.duplicated(keys)
    if repeated.any():
        row = table.loc[repeated, keys].iloc[0]
        raise InputError(
            f"{file}, row {first_row(table, repeated)}: {', '.join(row)} occurs twice. "
            "Keep one row."
        )


def slug(name: str) -> str:
    """Turn an element name into a column name.

    >>> slug("Achievement/Effort")
    'achievement_effort'
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _element_ids(root: Path, names: pd.Series, domain: Domain, *, file: str) -> pd.Series:
    """Look the ids up in the content model, for a file that has names only."""
    model = read_sheet(root, CONTENT_MODEL, columns=(_ID, _NAME))
    model = model[model[_ID].str.fullmatch(domain.elements)]
    ids = model.set_index(_NAME)[_ID]
    unknown = ~names.isin(ids.index)
    if unknown.any():
        raise InputError(
            f"{file}, row {first_row(names, unknown)}: {names[unknown].iloc[0]!r} is no "
            f"{domain.name} in {CONTENT_MODEL}. `forecast data pull` takes it anew."
        )
    return names.map(ids)
