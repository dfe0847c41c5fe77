"""Bring what lies at an address into a file; a broken transfer goes on where it stopped."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

TRIES = 5  # of one file, each only if the one before brought something
TIMEOUT_SECONDS = (10, 30)  # to connect; between two blocks
_BLOCK_BYTES = 1 << 16
_PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 206, 416


def transfer(address: str, part: Path, *, advance: Callable[[int], None]) -> None:
    """Complete `part` from a ``file:`` or ``http(s):`` address, keeping the bytes it already has.

    A server that ignores byte ranges sends everything again, and `part` starts anew. Whether the
    bytes are the right ones is for the caller to check.

    Parameters
    ----------
    address : str
        Where the file lies.
    part : Path
        The unfinished file; it need not exist.
    advance : callable
        Told the bytes present after every block.

    Raises
    ------
    OSError
        What the disk or requests raise; `part` keeps what came.
    """
    if urlsplit(address).scheme == "file":
        shutil.copyfile(url2pathname(urlsplit(address).path), part)
        return
    import requests

    for left in reversed(range(TRIES)):
        before = present_bytes(part)
        try:
            return _stream(address, part, advance)
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            if left == 0 or present_bytes(part) <= before:
                raise


def present_bytes(path: Path) -> int:
    """Return the size of a file, 0 if there is none.

    Examples
    --------
    >>> present_bytes(Path("nowhere/Skills.xlsx.part"))
    0
    """
    return path.stat().st_size if path.is_file() else 0


def cause_of(error: Exception) -> str:
    """Name what lies below requests' long account, like NameResolutionError when offline.

    Examples
    --------
    >>> cause_of(TimeoutError("10.0.0.1 took too long"))
    'TimeoutError'
    """
    below = getattr(error.args[0], "reason", None) if error.args else None
    return type(below or error).__name__


def _stream(address: str, part: Path, advance: Callable[[int], None]) -> None:
    import requests

    have = present_bytes(part)
    headers = {"Accept-Encoding": "identity"}  # a range counts bytes as they are stored
    if have:
        headers["Range"] = f"bytes={have}-"
    with requests.get(address, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as answer:
        if have and answer.status_code == _RANGE_NOT_SATISFIABLE:
            part.unlink()  # the file is no longer than its part: they are of different versions
            return _stream(address, part, advance)
        answer.raise_for_status()
        mode = "ab" if answer.status_code == _PARTIAL_CONTENT else "wb"
        with part.open(mode) as stream:
            for block in answer.iter_content(_BLOCK_BYTES):
                stream.write(block)
                advance(stream.tell())
