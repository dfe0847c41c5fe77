"""Which groups of occupations are most alike in what their work asks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def nearest_codes(
    descriptors: Floats, codes: Sequence[str], *, n: int, outside_length: int = 0
) -> list[list[str]]:
    """List the nearest groups of each group by distance in standardised descriptors.

    Parameters
    ----------
    descriptors : ndarray of shape (n_group, n_descriptor)
        Standardised over occupations, so that no unit counts more than another.
    codes : sequence of str
        One a group.
    n : int
        Neighbours of each.
    outside_length : int
        If above 0, only groups whose codes differ in their first `outside_length` characters.

    Returns
    -------
    list of list of str
        The nearest first; equal distances in the order of the codes.

    Examples
    --------
    >>> where = np.array([[0.0], [0.1], [0.3], [5.0]])
    >>> nearest_codes(where, ["221", "222", "311", "911"], n=2)[0]
    ['222', '311']
    >>> nearest_codes(where, ["221", "222", "311", "911"], n=2, outside_length=2)[0]
    ['311', '911']
    """
    squares = (descriptors**2).sum(axis=1)
    distance = squares[:, None] + squares[None, :] - 2 * descriptors @ descriptors.T
    names = np.asarray(codes, dtype=str)
    nearest = []
    for own, row in enumerate(distance.round(9)):
        stem = names[own][:outside_length]
        allowed = [
            place
            for place in np.lexsort((names, row))
            if place != own and not (outside_length and names[place].startswith(stem))
        ]
        nearest.append([str(names[place]) for place in allowed[:n]])
    return nearest
