"""Draws of latent exposure from a forecast and whatever indices an occupation has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.models.base import Floats
from forecast.models.measurement import OneFactor
from forecast.validation.intervals import ResidualScale

Order = NDArray[np.intp]


@dataclass(frozen=True)
class LatentDraws:
    """What draws of latent exposure are put together from, so that one part can be redrawn alone.

    Parameters
    ----------
    prior, width : ndarray of shape (n_draw, n_occ)
        Exposure before its indices, and how wide the family of an occupation is missed.
    measured, noise_sds, noise : ndarray of shape (n_draw, n_seen)
        Reading of the indices under the trust of a draw, its error, and a standard normal draw.
    seen : ndarray of bool, shape (n_occ,)
        Where there is a reading.
    gain : ndarray of shape (n_occ, n_seen)
        What the readings say about every occupation.
    """

    prior: Floats
    width: Floats
    measured: Floats
    noise_sds: Floats
    noise: Floats
    seen: NDArray[np.bool_]
    gain: Floats

    def combined(self, *, index: Order | None = None, model: Order | None = None) -> Floats:
        """Return latent exposure (n_draw, n_occ).

        Parameters
        ----------
        index, model : ndarray of int, shape (n_draw,), optional
            Take what the indices say (their trust and noise), or what the model says and misses
            (coefficients, families, occupations), from other draws: the two are independent.
        """
        prior, width = _in_order(model, self.prior, self.width)
        measured, sds, noise = _in_order(index, self.measured, self.noise_sds, self.noise)
        error = width[:, self.seen] * sds * noise
        return np.asarray(prior + (measured - prior[:, self.seen] - error) @ self.gain.T)


def draw_latent(
    forecast: Floats,
    indices: Floats,
    *,
    factor: OneFactor,
    scale: ResidualScale,
    described: NDArray[np.bool_],
    families: NDArray[np.str_],
    rng: np.random.Generator,
    distances: Floats | None = None,
) -> LatentDraws:
    """Draw latent exposure from a forecast and whatever indices there are, in its parts.

    Parameters
    ----------
    forecast : ndarray of shape (n_draw, n_occ)
        Draws of f: its mean and the uncertainty of its coefficients.
    indices : ndarray of shape (n_occ, n_index)
        Missing where not published.
    factor, scale
        The measurement model, and how far f misses unseen occupations.
    described : ndarray of bool, shape (n_occ,)
        Where false, f rests on imputed descriptors: the width of E over all occupations is added.
    families : ndarray of str, shape (n_occ,)
    rng : Generator
    distances : ndarray of shape (n_occ,), optional
        To the nearest known occupations: the width grows with it as `scale` says.

    Notes
    -----
    Conditioning by kriging (Matheron's rule): a draw before the indices, plus the gain times what
    the indices say beyond a draw of what they would have said.
    """
    n_draw, n_occ = forecast.shape
    # The uncertainty of the coefficients is already in the out-of-fold residuals: take it off.
    left = max(1.0 - float(forecast.var(axis=0).mean()) / scale.total, 0.25)
    own = np.where(described, scale.unit * left, 1.0)
    _, family_of = np.unique(families, return_inverse=True)
    shape = (n_draw, int(family_of.max()) + 1)
    # Siblings share one random width per draw: their misses follow a multivariate t.
    width = scale.factor * np.sqrt(scale.freedom / rng.chisquare(scale.freedom, size=shape))
    far = np.ones(n_occ) if distances is None else scale.stretch(distances)
    width = width[:, family_of]
    family = np.sqrt(scale.family * left) * rng.standard_normal(shape)
    missed = family[:, family_of] + np.sqrt(own) * rng.standard_normal((n_draw, n_occ))
    prior = forecast + width * far * missed

    measured, noise = _reweighted_measure(indices, factor, n_draw=n_draw, rng=rng)
    seen = np.isfinite(measured[0])
    same = family_of[:, None] == family_of[None, :]
    covariance = scale.family * same + np.diag(np.where(described, scale.unit, 1.0))
    covariance = covariance * np.outer(far, far)
    _, variance = factor.measure(indices)
    gain = np.linalg.solve(
        covariance[np.ix_(seen, seen)] + np.diag(variance[seen]), covariance[seen]
    ).T
    return LatentDraws(
        prior=prior,
        width=width,
        measured=measured[:, seen],
        noise_sds=np.sqrt(noise[:, seen]),
        noise=rng.standard_normal((n_draw, int(seen.sum()))),
        seen=seen,
        gain=gain,
    )


def _in_order(order: Order | None, *parts: Floats) -> tuple[Floats, ...]:
    return parts if order is None else tuple(part[order] for part in parts)


def _reweighted_measure(
    indices: Floats, factor: OneFactor, *, n_draw: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Measure E once per draw, each time trusting the indices in other proportions.

    Returns score and noise variance, (n_draw, n_occ). The weights are a Bayesian bootstrap over
    indices: which of them is right is not known, and they differ for whole groups at once.
    """
    n_index = indices.shape[1]
    trust = rng.dirichlet(np.ones(n_index), size=n_draw) * n_index
    observed = np.isfinite(indices)
    information = observed * (factor.loadings / factor.noise_sds) ** 2
    reading = np.where(observed, (indices - factor.intercepts) / factor.loadings, 0.0)
    total = trust @ information.T
    with np.errstate(divide="ignore", invalid="ignore"):
        score = trust @ (information * reading).T / total
        variance = trust**2 @ information.T / total**2
    return score, variance
