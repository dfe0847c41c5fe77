"""The source registry: address, licence and sha256 of every public file, and their state."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from forecast.data.files import find
from forecast.errors import InputError

MANIFEST = "MANIFEST.json"
COLUMNS = ("path", "bytes", "sha256", "source", "licence", "url", "file_url")
_BLOCK_BYTES = 1 << 20


def registry() -> pd.DataFrame:
    """Return the registered files, one a row.

    `path` lies below the data root; `source` is the citation; `url` is the publisher's page (empty
    for figures that name their source row by row) and `file_url` the file itself, empty where none
    is known.

    Examples
    --------
    >>> registry().set_index("path").loc["onet/Skills.xlsx", "licence"]
    'CC BY 4.0'
    """
    from forecast.data import reference  # the embedded tables import this module to build theirs

    return reference.load("registry")


def select(paths: Iterable[str] = ()) -> pd.DataFrame:
    """Return the registered files among `paths`, which are files or folders; all if none is named.

    Examples
    --------
    >>> select(["aioe"])["path"].tolist()
    ['aioe/AIOE_DataAppendix.xlsx', 'aioe/Language Modeling AIOE and AIIE.xlsx']
    """
    listed = registry()
    names = [str(path).rstrip("/") for path in paths]
    if not names:
        return listed
    chosen = pd.Series(False, index=listed.index)
    for name in names:
        found = (listed["path"] == name) | listed["path"].str.startswith(f"{name}/")
        if not found.any():
            near = get_close_matches(name, listed["path"], n=1)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise InputError(f"{name} is not registered. {hint}See `forecast data list`.")
        chosen |= found
    return listed[chosen].reset_index(drop=True)


def is_pull_only(licence: str) -> bool:
    """Say whether a file states no licence: to be pulled and cited, never passed on.

    Examples
    --------
    >>> is_pull_only("none stated; README asks for citation"), is_pull_only("CC BY 4.0")
    (True, False)
    """
    return licence.startswith("none stated")


def registry_from(root: Path, *, addresses: pd.DataFrame) -> pd.DataFrame:
    """Derive the registry from ``MANIFEST.json`` of a data root.

    Parameters
    ----------
    root : Path
        Data root.
    addresses : DataFrame
        path and file_url of the files that have a direct address.
    """
    path = find(root, MANIFEST)
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid JSON: {error}. Restore it.") from error
    direct = addresses.set_index("path")["file_url"]
    rows = [
        {
            "path": entry["path"].removeprefix("data/"),
            "bytes": entry["bytes"],
            "sha256": entry["sha256"],
            "source": entry["source"],
            "licence": entry["licence"],
            "url": entry["official_url"] or "",
            "file_url": direct.get(entry["path"].removeprefix("data/"), ""),
        }
        for entry in entries
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("path", ignore_index=True)


def verify(root: Path, *, paths: Iterable[str] = ()) -> pd.DataFrame:
    """Return path, bytes, state of the registered files below `root`, all or those of `paths`.

    `state` is ``ok``, ``missing`` or ``changed`` (other size or other sha256 than registered).
    Files are hashed in blocks, so memory stays flat.
    """
    listed = select(paths)
    states = [
        _state(Path(root) / path, size, digest)
        for path, size, digest in zip(
            listed["path"], listed["bytes"], listed["sha256"], strict=True
        )
    ]
    return listed[["path", "bytes"]].assign(state=states)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _state(path: Path, size: int, digest: str) -> str:
    if not path.is_file():
        return "missing"
    if path.stat().st_size != size or sha256_of(path) != digest:
        return "changed"
    return "ok"
