"""Occupations that are described by the very same rows, and so can be told by each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components


def join_twins(groups: Sequence[str], descriptors: NDArray[np.float64]) -> dict[str, str]:
    """Join groups that hold equal rows, directly or through others, under their first name.

    Where a classification is finer than the source, one source occupation describes (and rates)
    several of its occupations. If they stood on both sides of a split, the answer would be known.

    Parameters
    ----------
    groups : sequence of str
        Group of each row.
    descriptors : ndarray of shape (n_row, n_descriptor)
        As published, without gaps.

    Returns
    -------
    dict of str to str
        Group to the first of those it is joined with; most stand alone.

    Examples
    --------
    >>> rows = np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0], [5.0, 6.0]])
    >>> join_twins(["132", "132", "711", "712"], rows)
    {'132': '132', '711': '132', '712': '712'}
    """
    names, group_of = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    row_of = np.unique(descriptors, axis=0, return_inverse=True)[1].ravel()
    holds = csr_array((np.ones(len(row_of)), (group_of, row_of)))
    _, joined = connected_components(holds @ holds.T, directed=False)
    first = {part: str(names[np.flatnonzero(joined == part)[0]]) for part in set(joined.tolist())}
    return {str(name): first[part] for name, part in zip(names, joined.tolist(), strict=True)}
