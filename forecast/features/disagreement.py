"""Which exposure indices read a group of occupations otherwise than the rest do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecast.errors import InputError

Floats = NDArray[np.float64]
LEAST_COVERED = 0.5  # share of a group that an index must rate to be compared


def discordant_indices(
    readings: Floats,
    variances: Floats,
    weights: Floats,
    *,
    least_sds: float,
    least_difference: float,
) -> dict[int, float]:
    """Name the indices that stand apart, the most discordant first.

    Each index is held against the precision-weighted mean of the others, occupation by occupation,
    and the differences are averaged over the group. The most discordant one is named and set
    aside, and the rest are compared again: otherwise one outlier would make its peers look odd.

    Parameters
    ----------
    readings : ndarray of shape (n_occ, n_index)
        Each index as a reading of the same quantity; missing where not published.
    variances : ndarray of shape (n_index,)
        Noise of a reading, independent between occupations.
    weights : ndarray of shape (n_occ,)
        Share of each occupation in the group; sums to 1.
    least_sds : float
        How many standard deviations of the mean difference make a disagreement.
    least_difference : float
        And how large it must be, in the unit of the readings.

    Returns
    -------
    dict
        Column of the index to its mean difference from the others. Occupations in which an index
        cannot be compared do not count; an index that rates less than half of the group is left
        out.

    Examples
    --------
    >>> readings = np.array([[0.0, 0.1, 2.0], [0.2, 0.1, 2.1]])
    >>> found = discordant_indices(readings, np.full(3, 0.04), np.array([0.5, 0.5]),
    ...                            least_sds=1.5, least_difference=0.2)
    >>> {column: round(difference, 2) for column, difference in found.items()}
    {2: 1.95}
    """
    readings = np.asarray(readings, dtype=float)
    if readings.shape != (len(weights), len(variances)):
        raise InputError(
            f"readings have shape {readings.shape}; expected {(len(weights), len(variances))}."
        )
    # An index that rates little of the group neither stands apart nor makes others look odd.
    left = np.flatnonzero(weights @ np.isfinite(readings) >= LEAST_COVERED).tolist()
    named: dict[int, float] = {}
    while len(left) > 1:
        difference, sds = _mean_differences(readings[:, left], variances[left], weights)
        apart = (np.abs(sds) > least_sds) & (np.abs(difference) > least_difference)
        if not apart.any():
            break
        worst = int(np.where(apart, np.abs(sds), 0.0).argmax())
        named[left.pop(worst)] = float(difference[worst])
    return named


def _mean_differences(
    readings: Floats, variances: Floats, weights: Floats
) -> tuple[Floats, Floats]:
    """Return the mean difference of each index from the others, and the same in its own sd.

    Both are 0 where too little of the group can be compared.
    """
    seen = np.isfinite(readings)
    precision = seen / variances
    filled = np.where(seen, readings, 0.0)
    others = precision.sum(axis=1, keepdims=True) - precision
    comparable = seen & (others > 0)
    weighted = (precision * filled).sum(axis=1, keepdims=True) - precision * filled
    safe = np.where(comparable, others, 1.0)
    difference = np.where(comparable, filled - weighted / safe, 0.0)
    variance = np.where(comparable, variances + 1.0 / safe, 0.0)
    share = weights[:, None] * comparable
    total = share.sum(axis=0)
    enough = total >= LEAST_COVERED
    share = share / np.where(enough, total, 1.0)
    mean = (share * difference).sum(axis=0)
    sd = np.sqrt((share**2 * variance).sum(axis=0))
    return np.where(enough, mean, 0.0), np.where(enough, mean / np.where(enough, sd, 1.0), 0.0)
