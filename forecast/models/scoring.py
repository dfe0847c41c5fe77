"""Score occupations with a saved exposure model: NumPy and pandas, nothing else of this project.

This file travels inside the artifact of every served model, beside ``model.json`` and
``arrays.npz``, so it must not import the package. It reads no pickle.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FORMAT = 1  # of model.json and arrays.npz
HEADER, ARRAYS = "model.json", "arrays.npz"
Arrays = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True)
class _Part:
    """A model, or one member of a mean of models."""

    kind: str
    arrays: Arrays
    members: tuple[_Part, ...]

    def latent(self, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the latent exposure of each row."""
        if self.members:
            weights = self.arrays["weights"]
            parts = [m.latent(x) * w for m, w in zip(self.members, weights, strict=True)]
            return np.asarray(np.sum(parts, axis=0))
        return KINDS[self.kind](x, **self.arrays)


@dataclass(frozen=True)
class SavedExposure:
    """A saved model: descriptors in O*NET units in, exposure (share of tasks, 0 to 1) out."""

    name: str
    columns: tuple[str, ...]
    centre: float
    scale: float
    part: _Part

    def predict(self, table: pd.DataFrame) -> pd.DataFrame:
        """Score each row.

        Parameters
        ----------
        table : DataFrame
            At least :attr:`columns`, numbers without gaps; other columns are ignored.

        Returns
        -------
        DataFrame
            Column ``exposure``, with the index of `table`.
        """
        missing = [column for column in self.columns if column not in table]
        if missing:
            raise ValueError(f"{len(missing)} descriptor column(s) are missing: {missing[:5]}.")
        chosen = table[list(self.columns)]
        text = [name for name, kind in chosen.dtypes.items() if kind.kind not in "iuf"]
        if text:
            raise ValueError(f"descriptor column(s) {text[:5]} are no numbers.")
        x = chosen.to_numpy(dtype=float)
        if not np.isfinite(x).all():
            raise ValueError("descriptors have gaps; fill or drop these rows before predicting.")
        exposure = (self.centre + self.scale * self.part.latent(x)).clip(0.0, 1.0)
        return pd.DataFrame({"exposure": exposure}, index=table.index)


def load(folder: str | Path) -> SavedExposure:
    """Read a saved model.

    Parameters
    ----------
    folder : path
        Holds ``model.json`` and ``arrays.npz``.

    Raises
    ------
    ValueError
        If the format is unknown, or the two files do not belong together.
    """
    header = json.loads((Path(folder) / HEADER).read_text(encoding="utf-8"))
    if header.get("format") != FORMAT:
        raise ValueError(
            f"{HEADER} has format {header.get('format')!r}; this scorer reads {FORMAT}."
        )
    data = (Path(folder) / ARRAYS).read_bytes()
    if hashlib.sha256(data).hexdigest() != header["arrays_sha256"]:
        raise ValueError(f"{ARRAYS} is not the file that {HEADER} was written with; save it anew.")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        part = _read(header["tree"], dict(arrays), "")
    return SavedExposure(
        name=header["name"],
        columns=tuple(header["columns"]),
        centre=header["centre"],
        scale=header["scale"],
        part=part,
    )


def _load_pyfunc(data_path: str) -> SavedExposure:
    """Load for MLflow, which looks for this name."""
    return load(data_path)


def _read(tree: dict[str, Any], arrays: Arrays, prefix: str) -> _Part:
    return _Part(
        kind=tree["kind"],
        arrays={name: arrays[f"{prefix}{name}"] for name in tree["arrays"]},
        members=tuple(
            _read(member, arrays, f"{prefix}{number}.")
            for number, member in enumerate(tree["members"])
        ),
    )


def _linear(x: Any, *, centre: Any, scale: Any, slopes: Any, constant: Any) -> Any:
    return constant + (x - centre) / scale @ slopes


def _gaussian_process(
    x: Any,
    *,
    centre: Any,
    scale: Any,
    points: Any,
    weights: Any,
    parameters: Any,
    mean: Any,
    spread: Any,
) -> Any:
    """Posterior mean; the parts of unknown groups and texts are zero.

    `points` are the standardised rows of the fit, (n_row, n_column); `parameters` are logs: of the
    variance of the linear and of the curved part, and of the square of its length.
    """
    x = (x - centre) / scale
    product = x @ points.T
    squares = (x**2).sum(axis=1)[:, None] + (points**2).sum(axis=1) - 2.0 * product
    distance = np.maximum(squares, 0.0) / x.shape[1]
    kernel = np.exp(parameters[0]) * product / x.shape[1]
    kernel += np.exp(parameters[1] - 0.5 * distance / np.exp(parameters[2]))
    return mean + spread * (kernel @ weights)


def _trees(
    x: Any,
    *,
    feature: Any,
    threshold: Any,
    left: Any,
    right: Any,
    value: Any,
    roots: Any,
    baseline: Any,
) -> Any:
    """Mean of ensembles of trees; all their nodes stand in one list and a leaf leads to itself.

    `roots` are the places of the first nodes, (n_member, n_tree).
    """
    rows = np.arange(len(x))
    place = np.repeat(roots[..., None], len(x), axis=2)
    while True:
        lower = x[rows, feature[place]] <= threshold[place]
        following = np.where(lower, left[place], right[place])
        if np.array_equal(following, place):
            break
        place = following
    total = np.repeat(baseline[:, None], len(x), axis=1)
    for tree in range(roots.shape[1]):  # one after the other, as the ensemble adds them
        total += value[place[:, tree]]
    return total.mean(axis=0)


def _network(
    x: Any,
    *,
    centre: Any,
    scale: Any,
    inner: Any,
    inner_bias: Any,
    outer: Any,
    outer_bias: Any,
    skip: Any,
    mean: Any,
    spread: Any,
) -> Any:
    """Mean of networks with one hidden layer and a shortcut; first axis of the weights: member."""
    x = (x - centre) / scale
    hidden = np.tanh(x @ inner + inner_bias)
    output = hidden @ outer + x @ skip + outer_bias
    return (output * spread + mean).mean(axis=0)[:, 0]


KINDS: dict[str, Callable[..., Any]] = {
    "linear": _linear,
    "gaussian_process": _gaussian_process,
    "trees": _trees,
    "network": _network,
}
