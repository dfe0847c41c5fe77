"""The input files of a run as datasets, each with the sha256 of what was read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlflow.entities import Dataset, DatasetInput, InputTag

DIGEST_LENGTH = 36  # what MLflow takes as the digest of a dataset; all of it is in the source


def lineage(manifest: Mapping[str, Any]) -> list[DatasetInput]:
    """Name one dataset per input file, its digest the head of its sha256.

    Parameters
    ----------
    manifest : mapping
        ``inputs`` maps each file to its sha256.

    Examples
    --------
    >>> (entry,) = lineage({"inputs": {"data/own.csv": "ab" * 32}})
    >>> entry.dataset.name, entry.dataset.digest == "ab" * 18
    ('own.csv', True)
    >>> json.loads(entry.dataset.source)["sha256"] == "ab" * 32
    True
    """
    return [
        DatasetInput(
            dataset=Dataset(
                name=Path(path).name,
                digest=digest[:DIGEST_LENGTH],
                source_type="local",
                source=json.dumps({"uri": path, "sha256": digest}, ensure_ascii=False),
            ),
            tags=[InputTag("mlflow.data.context", "input")],
        )
        for path, digest in manifest["inputs"].items()
    ]
