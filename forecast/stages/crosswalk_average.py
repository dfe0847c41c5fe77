"""Averages over the links of a crosswalk whose weights are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from forecast.classifications import Crosswalk
from forecast.models.base import Floats

CHUNK = 50  # draws of crosswalk weights held in memory at a time: 50 x 150 x 436 are 26 MB


def average_in_draws(
    walk: Crosswalk,
    sets: Sequence[Mapping[str, Floats]],
    *,
    concentration: Floats,
    rng: np.random.Generator,
) -> list[dict[str, Floats]]:
    """Average shares over the links of each target, with weights drawn once for all of them.

    Parameters
    ----------
    walk : Crosswalk
    sets : sequence of mapping of ndarray (n_draw, n_source)
        Shares (0-1) by name. What one set holds does not move the digits of another.
    concentration : ndarray of shape (n_target,)
        Dirichlet parameter per link.
    rng : Generator

    Returns
    -------
    list of dict of ndarray (n_draw, n_target)
        Like `sets`.
    """
    n_draw = len(next(iter(sets[0].values())))
    averages: list[dict[str, Floats]] = [
        {name: np.empty((n_draw, len(walk.targets))) for name in parts} for parts in sets
    ]
    for start in range(0, n_draw, CHUNK):
        chunk = slice(start, min(start + CHUNK, n_draw))
        weights = walk.draw(rng, chunk.stop - chunk.start, concentration)
        # Set by set: a wider product could add in another order.
        for parts, averaged in zip(sets, averages, strict=True):
            stacked = np.stack([value[chunk] for value in parts.values()], axis=2)
            # One product per draw: (n_target, n_source) @ (n_source, n_part).
            product = np.matmul(weights, stacked).clip(0.0, 1.0)
            for place, name in enumerate(parts):
                averaged[name][chunk] = product[:, :, place]
    return averages
