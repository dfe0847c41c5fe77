"""One latent exposure behind several indices: a one-factor model with gaps, fitted by EM."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.errors import InputError
from forecast.models.base import Floats

N_STEP = 500
TOLERANCE = 1e-8
# A noise share below this is a Heywood case: one index would be taken for the truth itself.
SMALLEST_NOISE = 0.02


@dataclass(frozen=True)
class OneFactor:
    """index_j = intercept_j + loading_j E + noise_j, with E ~ N(0, 1) over occupations.

    Parameters
    ----------
    intercepts, loadings, noise_sds : ndarray of shape (n_index,)
        In the unit of the indices.
    n_step : int
        Steps of EM until the loadings moved by less than the tolerance.
    """

    intercepts: Floats
    loadings: Floats
    noise_sds: Floats
    n_step: int

    def measure(self, indices: Floats) -> tuple[Floats, Floats]:
        """Return each occupation's exposure as its indices alone measure it, and the noise.

        Parameters
        ----------
        indices : ndarray of shape (n_occ, n_index)
            Missing where not published.

        Returns
        -------
        score, variance : ndarray of shape (n_occ,)
            Generalised least squares (Bartlett): unbiased for E, so that no prior counts twice
            when it meets another forecast of E. No index: score missing, variance infinite.
        """
        observed = np.isfinite(indices)
        precision = observed @ (self.loadings / self.noise_sds) ** 2
        deviations = np.where(observed, indices - self.intercepts, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = 1.0 / precision
            score = deviations @ (self.loadings / self.noise_sds**2) / precision
        return score, variance

    @property
    def reliabilities(self) -> Floats:
        """Share of each index's variance that the common factor explains."""
        signal = self.loadings**2
        return np.asarray(signal / (signal + self.noise_sds**2))


def fit_one_factor(indices: Floats) -> OneFactor:
    """Fit a one-factor model by maximum likelihood; gaps are left out, not filled.

    Parameters
    ----------
    indices : ndarray of shape (n_occ, n_index)
        At least two columns (two indices alone share one variance equally).

    Returns
    -------
    OneFactor
        The first loading is positive: E rises with the first index.

    References
    ----------
    Rubin and Thayer (1982), EM algorithms for ML factor analysis, Psychometrika 47(1).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> truth = rng.normal(size=(500, 1))
    >>> factor = fit_one_factor(truth * [1.0, 2.0, 0.5] + 0.1 * rng.normal(size=(500, 3)))
    >>> (factor.loadings / factor.loadings[0]).round(1)
    array([1. , 2. , 0.5])
    """
    indices = np.asarray(indices, dtype=float)
    observed = np.isfinite(indices)
    if indices.shape[1] < 2 or (observed.sum(axis=0) < 3).any():
        raise InputError(
            f"{indices.shape[1]} index column(s) with {observed.sum(axis=0).tolist()} occupations: "
            "two columns with three occupations each are the least. Name more in exposure.indices."
        )
    means = np.nanmean(indices, axis=0)
    sds = np.nanstd(indices, axis=0)
    if not (sds > 0).all():
        raise InputError("an index is the same for every occupation; leave it out.")
    scaled = np.where(observed, (indices - means) / sds, 0.0)
    counts = observed.sum(axis=0)
    intercepts, loadings, noise = np.zeros(len(sds)), np.full(len(sds), 0.7), np.full(len(sds), 0.5)
    for step in range(N_STEP):
        # E step: posterior of E given the indices that are there.
        precision = 1.0 + observed @ (loadings**2 / noise)
        mean = (observed * (scaled - intercepts)) @ (loadings / noise) / precision
        square = mean**2 + 1.0 / precision
        # M step: regress each index on (1, E) over its own occupations.
        first, second = observed.T @ mean, observed.T @ square
        cross, total = scaled.T @ mean, scaled.sum(axis=0)
        determinant = counts * second - first**2
        new_loadings = (counts * cross - first * total) / determinant
        intercepts = (total - new_loadings * first) / counts
        residual = (scaled**2).sum(axis=0) - intercepts * total - new_loadings * cross
        noise = np.maximum(residual / counts, SMALLEST_NOISE)
        moved = float(np.abs(new_loadings - loadings).max())
        loadings = new_loadings
        n_step = step + 1
        if moved < TOLERANCE:
            break
    sign = 1.0 if loadings[0] >= 0 else -1.0
    return OneFactor(
        intercepts=means + intercepts * sds,
        loadings=sign * loadings * sds,
        noise_sds=np.sqrt(noise) * sds,
        n_step=n_step,
    )
