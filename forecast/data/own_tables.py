"""A user's employment file of any layout: told by its content, read into its schema."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from forecast.data import ksco
from forecast.data.employment import KEYS, VALUE, read_employment
from forecast.data.encodings import decode, read_bytes
from forecast.data.kosis import SURVEYS
from forecast.data.kosis_cells import Figures, from_long
from forecast.data.kosis_reply import read_reply
from forecast.data.kosis_wide import is_wide, read_wide
from forecast.errors import InputError

PLAIN, WIDE, REPLY, LONG = "plain table", "KOSIS export", "KOSIS OpenAPI reply", "KOSIS long table"
# A column that only the long table of this survey has.
_TOLD_BY = {
    "breakdown": "employment_age",
    "ind_code": "employment_industry",
    "sido_code": "employment_province",
}


@dataclass(frozen=True)
class OwnTable:
    """What a file holds, and the layout it was told to have."""

    figures: Figures
    layout: str  # PLAIN, WIDE, REPLY or LONG


def read_own(path: Path, *, encoding: str | None = None) -> OwnTable:
    """Read an employment file in whichever layout it is.

    Parameters
    ----------
    path : Path
        A KOSIS web export (wide CSV), a saved KOSIS OpenAPI reply (JSON), a long KOSIS table, or
        a plain table as :func:`forecast.data.employment.read_employment` describes.
    encoding : str, optional
        Of a plain table. Default, and always for the others: UTF-8 or CP949, whichever it is.

    Returns
    -------
    OwnTable
        Its table has ``employed_persons`` as floats, as the reference tables have.

    Raises
    ------
    InputError
        If the layout is none of these, or for what its reader refuses.
    """
    content = read_bytes(path)
    text, found = decode(content, file=str(path))
    header = _header(text)
    if text.lstrip()[:1] in ("[", "{"):
        read = OwnTable(read_reply(content, file=str(path)), REPLY)
    elif is_wide(header):
        read = OwnTable(read_wide(text, file=str(path)), WIDE)
    elif set(header) & {*KEYS[1:], VALUE}:
        table = read_employment(path, ksco.sub_major_codes(), encoding=encoding or found)
        read = OwnTable(Figures("employment_age", table), PLAIN)
    elif kind := next((kind for column, kind in _TOLD_BY.items() if column in header), None):
        read = OwnTable(_read_long(kind, text, file=str(path)), LONG)
    else:
        raise InputError(
            f"{path}: its first row, read as {found}, is {header[:5]}. Expected a plain table "
            f"{[*KEYS, VALUE]}, a KOSIS export that begins with 직업별, 산업별, 행정구역별 or "
            "성별, a long KOSIS table or a KOSIS OpenAPI reply."
        )
    table = read.figures.table.astype({VALUE: "float64"})
    return OwnTable(Figures(read.figures.kind, table), read.layout)


def _header(text: str) -> list[str]:
    first = next(csv.reader(io.StringIO(text, newline="")), [])
    return [cell.strip() for cell in first]


def _read_long(kind: str, text: str, *, file: str) -> Figures:
    survey = SURVEYS[kind]
    try:
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, csv.Error) as error:
        raise InputError(f"{file}: cannot be read as CSV ({error}).") from None
    missing = [column for column in survey.columns if column not in table]
    if missing or table.empty:
        raise InputError(
            f"{file}: "
            + (f"lacks column(s) {missing}" if missing else "has no row")
            + f"; a long KOSIS table of this kind has {list(survey.columns)}. Add them."
        )
    ksco.require_ksco7(table, [survey.system], file=file)
    name = survey.occupation.replace("code", "name")
    ksco.require_codes(table[survey.occupation], table.get(name), file=file)
    return from_long(kind, table, file=file)
