"""Intervals that keep their promise on families never seen: residual scales and calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from forecast.errors import InputError

MOST_AWAY = 0.25  # in standard deviations of a descriptor: no width is extrapolated further
CALIBRATED_AT = (0.8, 0.95)  # the two levels that every table prints
# Student's t from heavy tails to nearly normal; below 3 a few outliers would rule every interval.
FREEDOMS = (3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 30.0, 1_000.0)


@dataclass(frozen=True)
class ResidualScale:
    """How far a forecast misses an occupation it has not seen: a Student t shared by siblings.

    Parameters
    ----------
    family, unit : float
        Variance of what siblings share and of what is the occupation's own.
    factor, freedom : float
        Conformal factor and degrees of freedom: a miss is `factor` times a t with these
        variances as squared scales; measurement noise is stretched alike.
    slope, typical : float
        How the log of the width grows with the distance to the nearest known occupations, and
        the distance at which it is neither stretched nor shrunk.
    """

    family: float
    unit: float
    factor: float
    freedom: float
    slope: float = 0.0
    typical: float = 0.0

    def stretch(self, distances: ArrayLike) -> NDArray[np.float64]:
        """Return the factor on the width at each distance; never below that of the typical one.

        >>> ResidualScale(0.5, 0.5, factor=1.0, freedom=9.0).stretch([0.1, 9.0]).tolist()
        [1.0, 1.0]
        """
        away = np.asarray(distances, dtype=float) - self.typical
        return np.asarray(np.exp(self.slope * np.clip(away, 0.0, MOST_AWAY)))

    @property
    def total(self) -> float:
        """Variance of the miss for one occupation, before factor and tails."""
        return self.family + self.unit

    def reach(self, level: float) -> float:
        """Half the width of the central `level` interval, in roots of the variance.

        >>> round(ResidualScale(0.5, 0.5, factor=1.0, freedom=1000.0).reach(0.95), 2)
        1.96
        """
        return float(self.factor * student.ppf(0.5 + level / 2.0, self.freedom))


def residual_scale(
    residuals: ArrayLike,
    *,
    groups: ArrayLike,
    noise_variances: ArrayLike,
    distances: ArrayLike | None = None,
) -> ResidualScale:
    """Split out-of-fold residuals into a family and an own part, and calibrate their sum.

    Parameters
    ----------
    residuals : array_like of shape (n_occ,)
        Measured less forecast, each from a model that has not seen the family.
    groups : array_like of shape (n_occ,)
        Family of each occupation.
    noise_variances : array_like of shape (n_occ,)
        Variance of the measurement itself, which is no fault of the forecast.
    distances : array_like of shape (n_occ,), optional
        To the nearest occupations outside the family: what lies far is missed by more.

    Returns
    -------
    ResidualScale
        The family share comes from products of siblings' residuals (a method of moments); scale
        and tails are such that central 80 and 95 % intervals cover as many residuals.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> family = np.repeat(np.arange(400), 3)
    >>> residuals = 0.3 * rng.normal(size=400)[family] + 0.4 * rng.normal(size=1200)
    >>> scale = residual_scale(residuals, groups=family, noise_variances=np.zeros(1200))
    >>> round(scale.total**0.5, 1), round(scale.family**0.5, 1)
    (0.5, 0.3)
    """
    residuals = np.asarray(residuals, dtype=float)
    noise = np.asarray(noise_variances, dtype=float)
    if len(residuals) < 3 or not np.isfinite(residuals).all():
        raise InputError(f"{len(residuals)} residual(s), some missing: three are the least.")
    slope, typical = _widening(residuals, distances)
    stretch = ResidualScale(0.0, 0.0, 1.0, 1.0, slope, typical).stretch(
        np.zeros(len(residuals)) if distances is None else distances
    )
    residuals = residuals / stretch
    noise = noise / stretch**2
    square = float((residuals**2).mean())
    # The measurement noise cannot explain more than the residuals; a tenth always stays ours.
    own = max(square - float(noise.mean()), 0.1 * square)
    _, family = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.bincount(family, weights=residuals)
    squares = np.bincount(family, weights=residuals**2)
    sizes = np.bincount(family)
    n_pair = (sizes * (sizes - 1)).sum()
    shared = float((sums**2 - squares).sum() / n_pair) if n_pair else 0.0
    share = min(max(shared / own, 0.0), 0.9)
    factor, freedom = conformal_shape(residuals / np.sqrt(own + noise))
    return ResidualScale(
        family=share * own,
        unit=(1.0 - share) * own,
        factor=factor,
        freedom=freedom,
        slope=slope,
        typical=typical,
    )


def _widening(residuals: NDArray[np.float64], distances: ArrayLike | None) -> tuple[float, float]:
    """Regress the log of the absolute residual on the distance above the median; never below 0."""
    if distances is None:
        return 0.0, 0.0
    distances = np.asarray(distances, dtype=float)
    typical = float(np.median(distances))
    away = np.clip(distances - typical, 0.0, MOST_AWAY)
    size = np.log(np.maximum(np.abs(residuals), 1e-3 * np.abs(residuals).max() + 1e-12))
    away = away - away.mean()
    spread = float(away @ away)
    return (max(float(away @ size) / spread, 0.0) if spread > 0 else 0.0), typical


def conformal_shape(
    standardised: ArrayLike, *, levels: tuple[float, float] = CALIBRATED_AT
) -> tuple[float, float]:
    """Return the scale and degrees of freedom of the t whose central intervals cover `levels`.

    The empirical quantiles of the absolute residuals take the finite-sample step of split
    conformal prediction. Their ratio decides the tails, their size the scale.

    References
    ----------
    Lei et al. (2018), Distribution-free predictive inference for regression, JASA 113(523).

    Examples
    --------
    >>> scale, freedom = conformal_shape(np.random.default_rng(0).normal(scale=2.0, size=20_000))
    >>> round(scale, 1), freedom > 10
    (2.0, True)
    """
    size = np.sort(np.abs(np.asarray(standardised, dtype=float)))
    places = [min(int(np.ceil((len(size) + 1) * level)), len(size)) - 1 for level in levels]
    found = size[places]
    expected = np.array(
        [student.ppf(0.5 + np.array(levels) / 2.0, freedom) for freedom in FREEDOMS]
    )
    tails = np.log(expected[:, 1] / expected[:, 0]) - np.log(found[1] / found[0])
    best = int(np.abs(tails).argmin())
    return float((found / expected[best]).mean()), FREEDOMS[best]


def left_out_coverage(
    residuals: ArrayLike,
    *,
    groups: ArrayLike,
    folds: NDArray[np.int64],
    noise_variances: ArrayLike,
    distances: ArrayLike | None = None,
    levels: tuple[float, ...] = CALIBRATED_AT,
) -> dict[float, float]:
    """Measure coverage of left-out families with the scale taken from the other folds only.

    Parameters
    ----------
    residuals, groups, noise_variances, distances
        As in :func:`residual_scale`.
    folds : ndarray of shape (n_occ,)
        No family in two folds.

    Returns
    -------
    dict
        Level to measured coverage; good is within three points of the level.
    """
    residuals = np.asarray(residuals, dtype=float)
    noise = np.asarray(noise_variances, dtype=float)
    groups = np.asarray(groups)
    far = np.zeros(len(residuals)) if distances is None else np.asarray(distances, dtype=float)
    inside = dict.fromkeys(levels, 0)
    for fold in np.unique(folds):
        out = folds == fold
        scale = residual_scale(
            residuals[~out],
            groups=groups[~out],
            noise_variances=noise[~out],
            distances=None if distances is None else far[~out],
        )
        width = np.sqrt(scale.stretch(far[out]) ** 2 * scale.total + noise[out])
        size = np.abs(residuals[out]) / width
        for level in levels:
            inside[level] += int((size <= scale.reach(level)).sum())
    return {level: count / len(residuals) for level, count in inside.items()}
