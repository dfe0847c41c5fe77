"""Cases kept apart from every trial of a sweep: whole families, or the last origins.

The cut follows from the cases and the share alone, so that no choice of a trial moves it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forecast.errors import ConfigError
from forecast.validation.splits import grouped_folds

LOCKED_FOLD = 0  # of the folds that the share asks for: declared, so that nobody can choose it
LARGEST_SHARE = 0.5


def locked_folds(families: Sequence[str], share: float) -> NDArray[np.int64]:
    """Cut families into as many folds as the share asks for; :data:`LOCKED_FOLD` is locked.

    Parameters
    ----------
    families : sequence of str
        Of every occupation of the classification, whether it can be scored or not.
    share : float
        Above 0, at most a half; the nearest 1/n of the occupations is locked.

    Examples
    --------
    >>> locked_folds(["211", "211", "212", "311"], 0.5).tolist()
    [0, 0, 1, 1]
    """
    check_share(share)
    n_fold = round(1.0 / share)
    if n_fold > (n_family := len(set(families))):
        raise ConfigError(
            f"sweep.locked_share={share} asks for 1 of {n_fold} parts of {n_family} families; "
            f"choose at least {1.0 / n_family:.3g}."
        )
    return grouped_folds(families, n_fold=n_fold)


def locked_families(families: Sequence[str], share: float) -> tuple[str, ...]:
    """Return the families that no trial may see; parameters as in :func:`locked_folds`.

    Examples
    --------
    >>> locked_families(["211", "211", "212", "311"], 0.5)
    ('211',)
    """
    locked = locked_folds(families, share) == LOCKED_FOLD
    return tuple(str(name) for name in np.unique(np.asarray(families, dtype=str)[locked]))


def check_share(share: float) -> None:
    """Refuse a locked share that is not above 0 and at most a half."""
    if not 0.0 < share <= LARGEST_SHARE:
        raise ConfigError(
            f"sweep.locked_share={share}: lock more than 0 and at most {LARGEST_SHARE} of the "
            "cases; the winner is scored on them, once."
        )


def locked_origins(origins: Sequence[int], share: float) -> tuple[int, ...]:
    """Return the last origins: the nearest number to their share, at least one.

    Examples
    --------
    >>> locked_origins([9, 10, 11, 12, 13, 14, 15, 16], 0.2)
    (15, 16)
    """
    check_share(share)
    n_locked = max(1, round(share * len(origins)))
    if n_locked >= len(origins):
        raise ConfigError(
            f"sweep.locked_share={share} locks all {len(origins)} origins of employment."
            "first_origin to last_origin; name more of them."
        )
    return tuple(sorted(origins)[-n_locked:])
