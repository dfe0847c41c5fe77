"""Read named columns of one source file as text; say what is missing and where to get it."""

from __future__ import annotations

import csv
from contextlib import closing
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from forecast.errors import InputError

REMEDY = (
    "`forecast data verify --root DIR` lists what is missing or changed; "
    "`forecast data pull --root DIR` takes it anew."
)
# Layouts that O*NET and its users keep the same table in: workbook, comma, tab without quoting.
SUFFIXES = (".xlsx", ".csv", ".txt")


def find(root: Path, relative: str) -> Path:
    """Return the path of a source file below `root`.

    Raises
    ------
    InputError
        If the file is absent or empty.

    Examples
    --------
    >>> find(Path("nowhere"), "onet/Skills.xlsx")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    forecast.errors.InputError: nowhere/onet/Skills.xlsx is missing. `forecast data verify ...
    """
    path = Path(root) / relative
    if not path.is_file():
        raise InputError(f"{path} is missing. {REMEDY}")
    if not path.stat().st_size:
        raise InputError(f"{path} is empty. {REMEDY}")
    return path


def locate(root: Path, relative: str) -> str:
    """Return `relative`, or the same table as workbook, .csv or .txt if that is what is there.

    Raises
    ------
    InputError
        If there is none, or more than one: which of them counts is not guessed.
    """
    stem = relative.rsplit(".", 1)[0]
    there = [stem + suffix for suffix in SUFFIXES if (Path(root) / (stem + suffix)).is_file()]
    if len(there) > 1:
        raise InputError(f"{root} has {' and '.join(there)}; keep the one that is to be used.")
    return there[0] if there else relative


def read_table(
    root: Path, relative: str, *, columns: tuple[str, ...], optional: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Read columns as stripped text in whichever layout of :data:`SUFFIXES` the table is there.

    An `optional` column that the file lacks is left out.
    """
    relative = locate(root, relative)
    if relative.endswith(".xlsx"):
        return read_sheet(root, relative, columns=columns, optional=optional)
    tabs = relative.endswith(".txt")
    table = read_text_table(
        root,
        relative,
        columns=columns,
        optional=optional,
        separator="\t" if tabs else ",",
        quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL,
    )
    return table.apply(lambda column: column.str.strip())


def read_text_table(
    root: Path,
    relative: str,
    *,
    columns: tuple[str, ...],
    optional: tuple[str, ...] = (),
    separator: str = ",",
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL,
) -> pd.DataFrame:
    """Read `columns` of a delimited UTF-8 file as text; an empty cell is the empty string."""
    path = find(root, relative)
    try:
        header = pd.read_csv(
            path, sep=separator, nrows=0, dtype=str, encoding="utf-8", quoting=quoting
        )
        wanted = _wanted(path, list(header.columns), columns, optional)
        return pd.read_csv(
            path,
            sep=separator,
            usecols=wanted,
            dtype=str,
            encoding="utf-8",
            keep_default_na=False,
            quoting=quoting,
        )[wanted]
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 (byte {error.start}). {REMEDY}") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path} cannot be parsed: {error}. {REMEDY}") from error


def read_sheet(
    root: Path,
    relative: str,
    *,
    columns: tuple[str, ...],
    optional: tuple[str, ...] = (),
    sheet: str | None = None,
) -> pd.DataFrame:
    """Read `columns` of one sheet of a workbook, by default the first, as stripped text.

    Cells to the right of the last wanted column are never parsed: an O*NET file takes 3 s, not 7.
    """
    path = find(root, relative)
    try:
        workbook = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException) as error:
        raise InputError(f"{path} is not an Excel workbook: {error}. {REMEDY}") from error
    with closing(workbook):
        if sheet is not None and sheet not in workbook.sheetnames:
            raise InputError(
                f"{path} lacks sheet {sheet!r}; it has {workbook.sheetnames}. {REMEDY}"
            )
        page = workbook.worksheets[0] if sheet is None else workbook[sheet]
        header = [str(cell) for cell in next(page.iter_rows(max_row=1, values_only=True), ())]
        wanted = _wanted(path, header, columns, optional)
        places = [header.index(name) for name in wanted]
        rows = page.iter_rows(min_row=2, max_col=max(places) + 1, values_only=True)
        records = [
            ["" if row[place] is None else str(row[place]).strip() for place in places]
            for row in rows
        ]
    return pd.DataFrame(records, columns=wanted)


def to_number(table: pd.DataFrame, column: str, *, file: str) -> pd.Series:
    """Turn a text column into floats; the empty string becomes missing, other text is refused.

    Examples
    --------
    >>> to_number(pd.DataFrame({"value": ["1,200", ""]}), "value", file="a.csv").tolist()
    [1200.0, nan]
    >>> to_number(pd.DataFrame({"value": ["1", "many"]}), "value", file="a.csv")
    ... # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    forecast.errors.InputError: a.csv, row 3, column value: 'many' is not a number. ...
    """
    text = table[column].str.replace(",", "", regex=False).str.strip()
    numbers = pd.to_numeric(text.where(text != ""), errors="coerce").astype(float)
    wrong = numbers.isna() & (text != "")
    if wrong.any():
        raise InputError(
            f"{file}, row {first_row(table, wrong)}, column {column}: "
            f"{table.loc[wrong, column].iloc[0]!r} is not a number. "
            "Correct it, or `forecast data pull` takes it anew."
        )
    return numbers


def first_row(table: pd.DataFrame | pd.Series, wrong: pd.Series) -> int:
    """Return the line in the file of the first wrong row; a filtered table keeps its lines.

    >>> table = pd.DataFrame({"scale": ["LV", "IM", "IM"]}).query("scale == 'IM'")
    >>> first_row(table, table["scale"] == "IM")
    3
    """
    return int(table.index[wrong.to_numpy()][0]) + 2


def _wanted(
    path: Path, header: list[str], columns: tuple[str, ...], optional: tuple[str, ...]
) -> list[str]:
    """Return the columns to read, in the order asked for; refuse a file that lacks one."""
    missing = [name for name in columns if name not in header]
    if missing:
        raise InputError(f"{path} lacks column(s) {missing}; it has {header}. {REMEDY}")
    return [*columns, *(name for name in optional if name in header)]
