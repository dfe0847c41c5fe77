"""Folds that never part siblings, cut without chance, and their fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forecast.errors import ConfigError

SPLITS = ("grouped", "random")


def grouped_folds(groups: Sequence[str], *, n_fold: int) -> NDArray[np.int64]:
    """Deal whole families to folds, the largest first, each to the smallest fold so far.

    Parameters
    ----------
    groups : sequence of str
        Family of each row.
    n_fold : int

    Returns
    -------
    ndarray of shape (n_row,)
        Fold of each row, 0 to ``n_fold - 1``. The order of the rows does not matter: equally
        large families are dealt in the order of a hash of their name, so that neighbouring codes
        (which are alike) do not gather in one fold.

    Examples
    --------
    >>> grouped_folds(["211", "211", "212", "311"], n_fold=2).tolist()
    [0, 0, 1, 1]
    """
    names, family_of, sizes = np.unique(
        np.asarray(groups, dtype=str), return_inverse=True, return_counts=True
    )
    if not 2 <= n_fold <= len(names):
        raise ConfigError(
            f"exposure.folds is {n_fold}; with {len(names)} families, 2 to {len(names)} can be cut."
        )
    order = sorted(range(len(names)), key=lambda place: (-sizes[place], _digest(str(names[place]))))
    load = np.zeros(n_fold, dtype=int)
    fold_of_family = np.empty(len(names), dtype=np.int64)
    for place in order:
        fold = int(load.argmin())
        fold_of_family[place] = fold
        load[fold] += sizes[place]
    return fold_of_family[family_of]


def random_folds(codes: Sequence[str], *, n_fold: int) -> NDArray[np.int64]:
    """Deal single rows to folds, shuffled by a hash of their code: the split NOT to trust.

    It is reported beside the grouped one to show what siblings on both sides pretend.

    Examples
    --------
    >>> sorted(random_folds(["2111", "2112", "2113", "2114"], n_fold=2).tolist())
    [0, 0, 1, 1]
    """
    if not 2 <= n_fold <= len(codes):
        raise ConfigError(f"exposure.folds is {n_fold}; with {len(codes)} rows that cannot be cut.")
    order = sorted(range(len(codes)), key=lambda place: _digest(str(codes[place])))
    folds = np.empty(len(codes), dtype=np.int64)
    folds[order] = np.arange(len(codes)) % n_fold
    return folds


def split_hash(codes: Sequence[str], folds: NDArray[np.int64]) -> str:
    """Return twelve hexadecimal digits that change when any row changes its fold.

    Examples
    --------
    >>> split_hash(["1", "2"], np.array([0, 1])) == split_hash(["2", "1"], np.array([1, 0]))
    True
    >>> len(split_hash(["1", "2"], np.array([0, 1])))
    12
    """
    lines = sorted(f"{code}:{fold}" for code, fold in zip(codes, folds, strict=True))
    return _digest("\n".join(lines))[:12]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
