"""Text of a user's file: UTF-8 with or without its mark, or what Korean Windows writes."""

from __future__ import annotations

from pathlib import Path

from forecast.errors import InputError

ENCODINGS = ("utf-8-sig", "cp949")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def decode(content: bytes, *, file: str) -> tuple[str, str]:
    """Return the text of a file and its encoding, UTF-8 where both would do.

    Raises
    ------
    InputError
        If it is empty, a workbook, or in neither encoding.

    Examples
    --------
    >>> decode("직업별".encode("cp949"), file="export.csv")
    ('직업별', 'cp949')
    """
    if not content.strip():
        raise InputError(f"{file}: is empty. Expected a table with a header.")
    if content.startswith(_WORKBOOKS):
        raise InputError(f"{file}: is an Excel workbook. Export or save it as CSV.")
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise InputError(f"{file}: is neither UTF-8 nor CP949. Save it as UTF-8.")


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a user's file, or say that there is none.

    Examples
    --------
    >>> read_bytes(Path("nowhere.csv"))
    Traceback (most recent call last):
    ...
    forecast.errors.InputError: nowhere.csv: no such file. Check the path.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file. Check the path.") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
