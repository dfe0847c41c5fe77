"""Read named columns of one source file as text; say what is missing and where to get it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from zipfile import BadZipFile

import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from forecast.errors import InputError

REMEDY = (
    "`forecast data verify --root DIR` lists what is missing or changed; "
    "`forecast data list` says where each file comes from."
)


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


def read_text_table(
    root: Path, relative: str, *, columns: tuple[str, ...], separator: str = ","
) -> pd.DataFrame:
    """Read `columns` of a delimited UTF-8 file as text; an empty cell is the empty string."""
    path = find(root, relative)
    try:
        header = pd.read_csv(path, sep=separator, nrows=0, dtype=str, encoding="utf-8")
        _require_columns(path, list(header.columns), columns)
        return pd.read_csv(
            path,
            sep=separator,
            usecols=list(columns),
            dtype=str,
            encoding="utf-8",
            keep_default_na=False,
        )[list(columns)]
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 (byte {error.start}). {REMEDY}") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path} cannot be parsed: {error}. {REMEDY}") from error


def read_sheet(root: Path, relative: str, *, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read `columns` of the first sheet of a workbook as stripped text.

    Cells to the right of the last wanted column are never parsed: an O*NET file takes 3 s, not 7.
    """
    path = find(root, relative)
    try:
        workbook = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException) as error:
        raise InputError(f"{path} is not an Excel workbook: {error}. {REMEDY}") from error
    with closing(workbook):
        sheet = workbook.worksheets[0]
        header = [str(cell) for cell in next(sheet.iter_rows(max_row=1, values_only=True))]
        _require_columns(path, header, columns)
        places = [header.index(name) for name in columns]
        rows = sheet.iter_rows(min_row=2, max_col=max(places) + 1, values_only=True)
        records = [
            ["" if row[place] is None else str(row[place]).strip() for place in places]
            for row in rows
        ]
    return pd.DataFrame(records, columns=list(columns))


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
        place = int(wrong.to_numpy().argmax())
        raise InputError(
            f"{file}, row {place + 2}, column {column}: {table[column].iloc[place]!r} "
            "is not a number. Correct the file or pull it again."
        )
    return numbers


def _require_columns(path: Path, header: list[str], columns: tuple[str, ...]) -> None:
    missing = [name for name in columns if name not in header]
    if missing:
        raise InputError(f"{path} lacks column(s) {missing}; it has {header}. {REMEDY}")
