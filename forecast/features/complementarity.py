"""Complementarity: how far people stay in charge, and what it takes off exposure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from forecast.errors import ConfigError

Floats = NDArray[np.float64]


def draw_weights(bounds: Sequence[float], *, n_draw: int, rng: np.random.Generator) -> Floats:
    """Draw the weight of complementarity, one for all occupations in a draw.

    Parameters
    ----------
    bounds : sequence of two floats
        Smallest and largest weight; 0 switches complementarity off, 1 is the weight of Pizzinelli
        et al. (2023). An assumption: `exposure.complementarity_weight`.

    Examples
    --------
    >>> draw_weights([1.0, 1.0], n_draw=2, rng=np.random.default_rng(0)).tolist()
    [1.0, 1.0]
    """
    if len(bounds) != 2 or not 0.0 <= bounds[0] <= bounds[1]:
        raise ConfigError(
            f"exposure.complementarity_weight is {list(bounds)}; give [low, high] with "
            "0 <= low <= high."
        )
    return rng.uniform(bounds[0], bounds[1], size=n_draw)


def substitution(
    exposure: ArrayLike, complementarity: ArrayLike, *, weight: ArrayLike, floor: float
) -> Floats:
    """Take complementarity off exposure: E (1 - w max(theta - theta_min, 0)), within 0 and 1.

    Parameters
    ----------
    exposure, complementarity : array_like of shape (n_draw, n_occ)
        Shares, 0 to 1.
    weight : array_like of shape (n_draw,)
    floor : float
        The smallest published complementarity: there, and below it, nothing is taken off.

    References
    ----------
    Pizzinelli et al. (2023), IMF Working Paper 23/216.

    Examples
    --------
    >>> substitution([[0.8, 0.8]], [[0.4, 0.9]], weight=[1.0], floor=0.4).round(2)
    array([[0.8, 0.4]])
    """
    above = np.maximum(np.asarray(complementarity, dtype=float) - floor, 0.0)
    kept = 1.0 - np.asarray(weight, dtype=float)[:, None] * above
    return np.asarray((np.asarray(exposure, dtype=float) * kept).clip(0.0, 1.0))
