"""The source registry: address, licence and sha256 of every public file, and their state."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd

from forecast.data.files import find
from forecast.errors import InputError

MANIFEST = "MANIFEST.json"
COLUMNS = ("path", "bytes", "sha256", "source", "licence", "url")
_BLOCK_BYTES = 1 << 20


def registry() -> pd.DataFrame:
    """Return the registered files: path (below the data root), bytes, sha256, source, licence, url.

    Examples
    --------
    >>> registry().set_index("path").loc["onet/Skills.xlsx", "licence"]
    'CC BY 4.0'
    """
    from forecast.data import reference  # the embedded tables import this module to build theirs

    return reference.load("registry")


def registry_from(root: Path) -> pd.DataFrame:
    """Derive the registry from ``MANIFEST.json`` of a data root."""
    path = find(root, MANIFEST)
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid JSON: {error}. Pull it again.") from error
    rows = [
        {
            "path": entry["path"].removeprefix("data/"),
            "bytes": entry["bytes"],
            "sha256": entry["sha256"],
            "source": entry["source"],
            "licence": entry["licence"],
            "url": entry["official_url"] or "",
        }
        for entry in entries
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("path", ignore_index=True)


def verify(root: Path) -> pd.DataFrame:
    """Return path, bytes, state of every registered file below `root`.

    `state` is ``ok``, ``missing`` or ``changed`` (other size or other sha256 than registered).
    Files are hashed in blocks, so memory stays flat.
    """
    listed = registry()
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
