"""Needs: from people touched or separated to people who need a course, one need each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.special import ndtr

from forecast.types import NEEDS

PARTS = ("opening", "touched", "separated", "returned", "adapted")


@dataclass(frozen=True)
class Needs:
    """People of one year by cell, (draw, occupation, age_group, sido), unit persons.

    Parameters
    ----------
    touched, separated, returned : ndarray
        Kept in work that AI newly touches; separated by AI; of these back in their old work.
    adapted : ndarray
        Of touched + separated - returned, those who adapt without a programme.
    by_need : ndarray (…, need)
        What is left, by :data:`forecast.types.NEEDS`.
    """

    touched: np.ndarray
    separated: np.ndarray
    returned: np.ndarray
    adapted: np.ndarray
    by_need: np.ndarray


def people_in_need(
    opening: np.ndarray,
    touched_share: np.ndarray,
    separated: np.ndarray,
    returned: np.ndarray,
    *,
    ax_share: np.ndarray,
    adapting: np.ndarray,
) -> Needs:
    """Give everybody whom AI newly concerns one need, or none where they adapt alone.

    Parameters
    ----------
    opening, separated, returned : ndarray (draw, occupation, age_group, sido)
        Persons.
    touched_share : ndarray (draw, occupation, 1, sido)
        Share of workers whose work AI newly touches and who are not trained for it.
    ax_share : ndarray (draw, occupation, 1, 1)
        Part of the touched whose need is ``ax``; the need of the others is ``ai_basic``.
    adapting : ndarray (draw, occupation, age_group, sido)
        Share who adapt without a programme, 0 to 1.

    Examples
    --------
    >>> one = np.ones((1, 1, 1, 1))
    >>> needs = people_in_need(100 * one, 0.3 * one, 10 * one, 4 * one, ax_share=0.25 * one,
    ...                        adapting=0.5 * one)
    >>> needs.by_need.ravel().tolist(), needs.adapted.item()
    ([7.5, 2.5, 3.0], 13.0)
    """
    # Separated people already have their need (or their old work back): nobody counts twice.
    touched = np.maximum(np.minimum(touched_share * opening, opening) - separated, 0.0)
    displaced = np.maximum(separated - returned, 0.0)
    left = 1.0 - adapting
    ax = touched * ax_share
    by_need = {"ai_basic": (touched - ax) * left, "ax": ax * left, "job_change": displaced * left}
    return Needs(
        touched=touched,
        separated=separated,
        returned=returned,
        adapted=(touched + displaced) * adapting,
        by_need=np.stack([by_need[name] for name in NEEDS], axis=-1),
    )


def complemented(complementarity: xr.DataArray, weight: xr.DataArray) -> xr.DataArray:
    """Share of an occupation's workers in work that AI complements more than average.

    Complementarity within an occupation is taken as normal around its score, as wide as between
    occupations (assumption: no within-occupation spread is published).
    """
    weighted = complementarity.weighted(weight)
    centre, spread = weighted.mean("occupation"), weighted.std("occupation")
    score = (complementarity - centre) / spread.where(spread > 0, np.inf)
    return score.copy(data=ndtr(score.to_numpy()))
