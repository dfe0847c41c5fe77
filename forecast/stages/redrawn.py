"""Scores in which one source of uncertainty is redrawn and the others keep their draws.

Draws of independent sources may be paired anew: to take one source from another draw is as good
as to draw it again, costs no fit, and leaves each source with exactly the draws that it had.

`index`      which index to trust, and the noise of their reading: acts on occupations that have
             indices, and through their families a little on the others.
`model`      coefficients of the model, what it misses of families and occupations, and the
             complementarity that it forecasts, with the weight of complementarity.
`crosswalk`  weights of ISCO occupations, people of minor groups, and the shift to Korean work.
`all`        the three together.

What every draw shares (the fitted factor, the scale of the misses, the model chosen) is redrawn
by none of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from forecast.features.complementarity import substitution
from forecast.models.base import Floats
from forecast.stages.fusion import LatentDraws, Order
from forecast.types import OccupationScores

EXPOSURE_SOURCES = ("index", "model", "crosswalk")
ALL = "all"
_SCORES = ("exposure", "complementarity", "substitution")


@dataclass(frozen=True)
class ScoreParts:
    """What draws of scores are put together from; see :class:`LatentDraws`.

    Parameters
    ----------
    latent : LatentDraws
    intercept, loading : float
        Of the anchor index: exposure = intercept + loading x latent, within 0 and 1.
    complementarity : ndarray of shape (n_draw, n_occ)
    weight : ndarray of shape (n_draw,)
        Of complementarity, which takes nothing off at `floor` and below.
    floor : float
    """

    latent: LatentDraws
    intercept: float
    loading: float
    complementarity: Floats
    weight: Floats
    floor: float

    def combined(
        self, *, index: Order | None = None, model: Order | None = None
    ) -> dict[str, Floats]:
        """Return exposure, complementarity and substituted (n_draw, n_occ); see `LatentDraws`."""
        latent = self.latent.combined(index=index, model=model)
        exposure = (self.intercept + self.loading * latent).clip(0.0, 1.0)
        theta, weight = self.complementarity, self.weight
        if model is not None:
            theta, weight = theta[model], weight[model]
        substituted = substitution(exposure, theta, weight=weight, floor=self.floor)
        return {"exposure": exposure, "complementarity": theta, "substituted": substituted}


def redraw_order(n_draw: int, *, rng: np.random.Generator) -> Order:
    """Choose the draw that a redrawn source is taken from: one random circle through all draws.

    No draw keeps its own, and the terms of an average depend on their neighbours in the circle
    only, which its standard error has to know.

    Examples
    --------
    >>> redraw_order(4, rng=np.random.default_rng(0)).tolist()
    [1, 3, 0, 2]
    """
    circle = rng.permutation(n_draw)
    order = np.empty(n_draw, dtype=np.intp)
    order[circle] = np.roll(circle, -1)
    return order


def redrawn_isco(
    scores: OccupationScores, parts: ScoreParts, order: Order
) -> dict[str, OccupationScores]:
    """Return the ISCO scores that have to be carried to Korea to redraw each source alone.

    Parameters
    ----------
    scores : OccupationScores
        As drawn.
    parts : ScoreParts
        Of `scores`.
    order : ndarray of int, shape (n_draw,)
        From :func:`redraw_order`.
    """

    def again(**taken: Order) -> OccupationScores:
        values = parts.combined(**taken)
        values["substitution"] = values.pop("substituted")
        arrays = {name: getattr(scores, name).copy(data=values[name]) for name in _SCORES}
        return replace(scores, **arrays)

    # To redraw the way to Korea, each draw of it meets the scores of the draw that takes it.
    back = np.argsort(order)
    return {
        "index": again(index=order),
        "model": again(model=order),
        "crosswalk": scores_in_order(scores, back),
    }


def redrawn_sub_major(
    carried: dict[str, OccupationScores], scores: OccupationScores, order: Order
) -> dict[str, OccupationScores]:
    """Return Korean scores with each source redrawn, draw by draw beside `scores`.

    Parameters
    ----------
    carried : dict of OccupationScores
        The scores of :func:`redrawn_isco`, carried.
    scores : OccupationScores
        As drawn.
    order : ndarray of int, shape (n_draw,)
    """
    return {
        **carried,
        "crosswalk": scores_in_order(carried["crosswalk"], order),
        ALL: scores_in_order(scores, order),
    }


def scores_in_order(scores: OccupationScores, order: Order | slice) -> OccupationScores:
    """Return scores whose draw d is draw ``order[d]`` of `scores`, for as many as `order` takes."""
    return replace(
        scores,
        exposure=draws_in_order(scores.exposure, order),
        complementarity=draws_in_order(scores.complementarity, order),
        substitution=draws_in_order(scores.substitution, order),
    )


def draws_in_order(array: xr.DataArray, order: Order | slice) -> xr.DataArray:
    """Take draws in another order; labels stay, because draws pair by position."""
    taken = array.isel(draw=order)
    return taken.assign_coords(draw=array["draw"][: taken.sizes["draw"]])
