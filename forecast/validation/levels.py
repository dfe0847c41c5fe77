"""Levels of a hierarchy of series: which nodes a score is averaged over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.models.hierarchy import Hierarchy

Floats = NDArray[np.float64]

SERIES = ("cells", "occupations")  # levels whose nodes readers call the series
ALL_SERIES = "all_series"
ALL_HORIZONS = 0


@dataclass(frozen=True)
class Levels:
    """Names of levels, and which nodes belong to each.

    Parameters
    ----------
    names : tuple of str
        The levels of the nodes, then ``all_series``: :data:`SERIES` together.
    members : ndarray (n_level, n_node)
        Ones where a node belongs to a level.
    """

    names: tuple[str, ...]
    members: Floats

    @classmethod
    def of(cls, hierarchy: Hierarchy) -> Levels:
        """Read the level of each node off its hierarchy.

        Examples
        --------
        >>> from forecast.models.hierarchy import occupation_age
        >>> levels = Levels.of(occupation_age(["11"], ["60+"]))
        >>> levels.names[0], levels.members[0].tolist()
        ('cells', [1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
        >>> levels.names[-1], levels.members[-1].tolist()
        ('all_series', [1.0, 0.0, 1.0, 0.0, 0.0, 0.0])
        """
        level = np.array(hierarchy.levels)
        masks = {name: level == name for name in dict.fromkeys(hierarchy.levels)}
        masks[ALL_SERIES] = np.isin(level, SERIES)
        return cls(tuple(masks), np.array(list(masks.values()), dtype=float))

    def sums(self, per_node: Floats) -> Floats:
        """Add up over the nodes of each level: (..., n_node, n) to (..., n_level, n)."""
        return self.members @ per_node

    def index(self, n_column: int) -> pd.MultiIndex:
        """Rows (target, horizon) of a flattened array (n_level, n_column), horizon 0 first."""
        keys = [list(self.names), range(n_column)]
        return pd.MultiIndex.from_product(keys, names=["target", "horizon"])


def totals(values: Floats) -> tuple[Floats, Floats]:
    """Sum forecasts and count them, over all horizons first and then for each.

    Parameters
    ----------
    values : ndarray (n_origin, n_node, n_horizon)
        NaN where there is no forecast.

    Returns
    -------
    tuple of ndarray (n_origin, n_node, 1 + n_horizon)
        Sums and counts.

    Examples
    --------
    >>> sums, counts = totals(np.array([[[1.0, 3.0]], [[2.0, np.nan]]]))
    >>> sums.tolist(), counts.tolist()
    ([[[4.0, 1.0, 3.0]], [[2.0, 2.0, 0.0]]], [[[2.0, 1.0, 1.0]], [[1.0, 1.0, 0.0]]])
    """
    known = np.isfinite(values)
    sums, counts = (
        np.concatenate([array.sum(axis=2, keepdims=True), array], axis=2)
        for array in (np.where(known, values, 0.0), known.astype(float))
    )
    return sums, counts


def mean(sums: Floats, counts: Floats) -> Floats:
    """Divide sums by counts; NaN where nothing was counted.

    Examples
    --------
    >>> mean(np.array([3.0, 0.0]), np.array([2.0, 0.0]))
    array([1.5, nan])
    """
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
