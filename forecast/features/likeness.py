"""Which groups of occupations are most alike in what their work asks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NEIGHBOURS = 5


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


def distance_to_others(
    values: Floats, families: NDArray[np.str_], known: NDArray[np.bool_]
) -> Floats:
    """Return how far each occupation is from the nearest known ones of other families.

    Parameters
    ----------
    values : ndarray of shape (n_occ, n_descriptor)
        In any unit; standardised here over the known occupations.
    families : ndarray of str, shape (n_occ,)
    known : ndarray of bool, shape (n_occ,)
        Occupations that a model can be trained on.

    Returns
    -------
    ndarray of shape (n_occ,)
        Mean distance to the :data:`NEIGHBOURS` nearest, in standard deviations per descriptor.

    Examples
    --------
    >>> where = np.array([[0.0], [1.0], [4.0]])
    >>> known = np.array([True, True, True])
    >>> distance_to_others(where, np.array(["a", "a", "b"]), known).round(2).tolist()
    [2.35, 1.77, 2.06]
    """
    scale = values[known].std(axis=0)
    standard = (values - values[known].mean(axis=0)) / np.where(scale > 1e-9, scale, 1.0)
    squares = (standard**2).sum(axis=1)
    distance = squares[:, None] + squares[known] - 2.0 * standard @ standard[known].T
    distance = np.sqrt(np.maximum(distance, 0.0) / values.shape[1])
    distance[families[:, None] == families[known]] = np.inf
    nearest = np.sort(distance, axis=1)[:, :NEIGHBOURS]
    # Where a family is nearly all there is, fewer neighbours are averaged.
    there = np.isfinite(nearest)
    total = np.where(there, nearest, 0.0).sum(axis=1)
    return np.asarray(total / np.maximum(there.sum(axis=1), 1))
