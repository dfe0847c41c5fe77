"""A fitted exposure model as two files: a page of JSON and plain arrays, equal byte by byte."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.models.base import Scoring
from forecast.models.exposure import ExposureModel
from forecast.models.scoring import ARRAYS, FORMAT, HEADER

FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the clock must not be in the bytes; a zip knows no earlier day
UNIX = 3  # nor the system that wrote them


def save_model(model: ExposureModel, folder: Path) -> None:
    """Write ``model.json`` and ``arrays.npz``, which :mod:`forecast.models.scoring` reads.

    Parameters
    ----------
    model : ExposureModel
        Fitted; only what its own target needs is written.
    folder : Path
        Made if absent.

    Raises
    ------
    ConfigError
        If the regressor cannot predict from descriptors alone, or does not say how.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from forecast.models import scoring
    >>> from forecast.models.linear import Ridge
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(60, 1))
    >>> ridge = Ridge().fit(x, x, groups=np.arange(60).astype(str), rng=rng)
    >>> model = ExposureModel(ridge, columns=("a",), target=0, centre=0.3, scale=0.1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(model, Path(folder))
    ...     scored = scoring.load(folder).predict(pd.DataFrame({"a": [1.0]}))
    >>> scored["exposure"].round(2).tolist()
    [0.4]
    """
    part = model.regressor.scoring(model.target)
    arrays = _packed(dict(_named(part, "")))
    header = {
        "format": FORMAT,
        "name": model.name,
        "columns": list(model.columns),
        "centre": model.centre,
        "scale": model.scale,
        "tree": _tree(part),
        "arrays_sha256": hashlib.sha256(arrays).hexdigest(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ARRAYS).write_bytes(arrays)
    text = json.dumps(header, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / HEADER).write_text(f"{text}\n", encoding="utf-8")


def _tree(part: Scoring) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "arrays": sorted(part.arrays),
        "members": [_tree(member) for member in part.members],
    }


def _named(part: Scoring, prefix: str) -> Iterator[tuple[str, NDArray[Any]]]:
    for name, values in part.arrays.items():
        yield f"{prefix}{name}", values
    for number, member in enumerate(part.members):
        yield from _named(member, f"{prefix}{number}.")


def _packed(arrays: dict[str, NDArray[Any]]) -> bytes:
    """Pack like :func:`numpy.savez`, but with a fixed date and order."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, values in sorted(arrays.items()):
            entry = zipfile.ZipInfo(f"{name}.npy", FIRST_DAY)
            entry.create_system = UNIX
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asarray(values, order="C"), allow_pickle=False)
            archive.writestr(entry, content.getvalue())
    return packed.getvalue()
