"""Diffusion over a panel of units: pooled by empirical Bayes, sampling errors known.

On the curve's scale the position of unit i in period t is a line common to all units plus the
unit's own line, each with random-walk shocks::

    position[i, t] = (level + growth t + common[t]) + (level[i] + growth[i] t + shock[i, t])

and the survey adds its published sampling error. All terms are Gaussian, so for given spreads the
posterior is exact; spreads and ceiling are averaged over a small grid by their likelihood. A unit
with few or noisy values is drawn towards the others as far as its errors ask for.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.errors import InputError
from forecast.models.curves import Curve

Floats = NDArray[np.float64]

# Candidate spreads, in log share per period (level: in log share).
COMMON_SHOCK = (0.015, 0.03, 0.05)
UNIT_GROWTH = (0.0, 0.004, 0.008)
UNIT_SHOCK = (0.0, 0.01, 0.03)
UNIT_LEVEL = (0.2, 0.3)
_VAGUE_LEVEL = 3.0  # spread of the common level: the data place it
_UNSEEN = 1e8  # variance of a missing value, in units of position
_PRIOR_VALUES = 2.0  # a unit's level and error are shrunk as if seen so often at the mean
_JITTER = 1e-9
_LARGEST_PART = 0.95  # of the ceiling that a mean level may take


@dataclass(frozen=True)
class Spread:
    """One point of the grid, in units of position."""

    ceiling: float
    scale: float  # position per log share at the mean level
    common_shock: float
    unit_growth: float
    unit_shock: float
    unit_level: float


@dataclass(frozen=True)
class PanelFit:
    """Posterior of a panel, a mixture over the grid.

    Parameters
    ----------
    curve : Curve
    components : tuple
        Grid points with their Gaussian posteriors.
    weight : ndarray (n_component,)
        Posterior probability of each point; sums to 1.
    effective_size : ndarray (n_unit,)
        Number of independent answers that would give the unit's sampling errors.
    """

    curve: Curve
    components: tuple[_Component, ...]
    weight: Floats
    effective_size: Floats

    def draw(self, horizon: int, *, n_draw: int, rng: np.random.Generator) -> Floats:
        """Draw true shares (n_draw, n_unit, 1 + horizon): the last period seen, then ahead."""
        counts = np.bincount(
            rng.choice(len(self.weight), n_draw, p=self.weight), minlength=len(self.weight)
        )
        parts = [
            component.ceiling * self.curve.fraction(component.draw(horizon, int(n), rng))
            for component, n in zip(self.components, counts, strict=True)
            if n
        ]
        return np.asarray(rng.permutation(np.concatenate(parts)))

    def measured(self, share: Floats, rng: np.random.Generator) -> Floats:
        """Add the sampling error that a survey of the usual size makes; axes as in :meth:`draw`."""
        error = np.sqrt(share * (1.0 - share) / self.effective_size[:, None])
        return np.clip(share + error * rng.standard_normal(share.shape), 0.0, 1.0)

    def growth(self, *, n_draw: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw common growth of the log share per period, and its spread over units (n_draw,)."""
        picked = rng.choice(len(self.weight), n_draw, p=self.weight)
        means, sds, spreads = np.array([c.growth() for c in self.components])[picked].T
        return means + sds * rng.standard_normal(n_draw), spreads


def fit_panel(
    share: Floats,
    error: Floats,
    *,
    curve: Curve,
    ceilings: Floats,
    growth: tuple[float, float],
) -> PanelFit:
    """Fit a panel of shares.

    Parameters
    ----------
    share, error : ndarray (n_unit, n_time)
        Shares and standard errors, oldest first; NaN where not published.
    curve : Curve
    ceilings : ndarray (n_ceiling,)
        Equally likely ceilings, below 1 (the logit drift takes 1).
    growth : (float, float)
        Prior mean and standard deviation of common growth of the log share per period.

    References
    ----------
    Fay and Herriot (1979), Estimates of income for small places, JASA 74(366), for known errors;
    Rasmussen and Williams (2006), Gaussian processes, chapter 2, for the posterior.

    Examples
    --------
    >>> from forecast.models.curves import LOGISTIC
    >>> level = np.array([0.05, 0.1])[:, None] * 1.02 ** np.arange(12)
    >>> fit = fit_panel(level, 0.05 * level, curve=LOGISTIC, ceilings=np.array([0.5, 0.8]),
    ...                 growth=(0.0, 0.1))
    >>> ahead = fit.draw(4, n_draw=200, rng=np.random.default_rng(0))
    >>> ahead.shape, bool(np.median(ahead[:, 1, 4]) > 0.12)
    ((200, 2, 5), True)
    """
    seen = np.isfinite(share) & np.isfinite(error)
    if share.shape[1] < 3 or not seen.any():
        raise InputError(f"a panel needs three periods with values; got shape {share.shape}.")
    level, size = _levels(np.where(seen, share, 0.0), np.where(seen, error, 0.0), seen)
    components, log_weight = [], []
    for ceiling in ceilings[ceilings > level.max() / _LARGEST_PART]:
        part = np.clip(np.where(seen, share / ceiling, 0.5), 1e-6, 1.0 - 1e-6)
        own = level / ceiling
        # Errors are carried to positions at the unit's level: at the value itself a low one would
        # seem less certain because it is low.
        at_level = level * (1.0 - level) / size * (curve.slope(own) / ceiling) ** 2
        variance = np.where(seen, at_level[:, None], _UNSEEN)
        jacobian = np.log(curve.slope(part) / ceiling)[seen].sum()
        scale = float(np.median(curve.elasticity(own)))
        position = curve.position(part)
        line = (float(position[seen].mean()), growth[0] * scale)
        for units in itertools.product(UNIT_GROWTH, UNIT_SHOCK, UNIT_LEVEL):
            own_spread = [scale * value for value in units]
            # What the units say does not depend on the common shocks: inverted once for all.
            precision, volume = _unit_precision(variance, seen, own_spread)
            for common in COMMON_SHOCK:
                spread = Spread(float(ceiling), scale, scale * common, *own_spread)
                one = _Component.of(position, seen, spread, line, scale * growth[1], precision)
                components.append(one)
                log_weight.append(one.log_likelihood() - 0.5 * volume + jacobian)
    if not components:
        raise InputError(f"adoption of {level.max():.1%} is above every ceiling {ceilings}.")
    weight = np.exp(np.array(log_weight) - max(log_weight))
    return PanelFit(curve, tuple(components), weight / weight.sum(), size)


@dataclass(frozen=True)
class _Component:
    """Gaussian posterior at one point of the grid; period 0 is the last one seen."""

    spread: Spread
    line: tuple[float, float]  # prior mean of the common line: level now, growth per period
    growth_sd: float
    precision: Floats  # (n_unit, n_time, n_time), inverse covariance of what was seen
    residual: Floats  # (n_unit, n_time)

    @classmethod
    def of(
        cls,
        position: Floats,
        seen: NDArray[np.bool_],
        spread: Spread,
        line: tuple[float, float],
        growth_sd: float,
        precision: Floats,
    ) -> _Component:
        past = np.arange(1.0 - position.shape[1], 1.0)
        residual = np.where(seen, position - line[0] - line[1] * past, 0.0)
        return cls(spread, line, growth_sd, precision, residual)

    @property
    def ceiling(self) -> float:
        return self.spread.ceiling

    def log_likelihood(self) -> float:
        """Return the log density of what was seen, without the volume of the units' own terms."""
        past = self._past()
        kernel = _common_kernel(past, past, self.spread, self.growth_sd)
        inner = np.eye(len(past)) + kernel @ self.precision.sum(axis=0)
        weighed = (self.precision @ self.residual[:, :, None])[:, :, 0]
        pull = weighed.sum(axis=0)
        squares = (self.residual * weighed).sum() - pull @ np.linalg.solve(inner, kernel @ pull)
        return float(-0.5 * (squares + np.linalg.slogdet(inner)[1]))

    def growth(self) -> tuple[float, float, float]:
        """Return mean and deviation of common growth and its spread over units, in log share."""
        past = self._past()
        weight = self.precision.sum(axis=0)
        kernel = _common_kernel(past, past, self.spread, self.growth_sd)
        # Growth is the slope of the common line: its covariance with the path is prior times t.
        across = self.growth_sd**2 * past
        solve = np.linalg.inv(np.eye(len(past)) + weight @ kernel)
        mean = self.line[1] + across @ solve @ self._pull()
        variance = self.growth_sd**2 - across @ solve @ weight @ across
        scale = self.spread.scale
        deviation = max(float(variance), 0.0) ** 0.5
        return float(mean) / scale, deviation / scale, self.spread.unit_growth / scale

    def draw(self, horizon: int, n_draw: int, rng: np.random.Generator) -> Floats:
        """Draw positions (n_draw, n_unit, 1 + horizon)."""
        past, ahead = self._past(), np.arange(horizon + 1.0)
        periods = np.concatenate([past, ahead])
        weight = self.precision.sum(axis=0)
        whole = _common_kernel(periods, periods, self.spread, self.growth_sd)
        seen = whole[:, : len(past)]
        solve = np.linalg.inv(np.eye(len(past)) + weight @ whole[: len(past), : len(past)])
        noise = rng.standard_normal((n_draw, len(periods)))
        spread = _root(whole - seen @ solve @ weight @ seen.T, self.spread.scale)
        common = seen @ solve @ self._pull() + noise @ spread.T
        left = self.residual - common[:, None, : len(past)]
        own_spread = self.spread.unit_growth, self.spread.unit_shock, self.spread.unit_level
        reach = _unit_kernel(ahead, past, *own_spread)
        gain = np.einsum("hj,ijk->ihk", reach, self.precision)
        mean = np.einsum("ihk,dik->dih", gain, left)
        own = _unit_kernel(ahead, ahead, *own_spread) - np.einsum("ihk,jk->ihj", gain, reach)
        deviation = np.einsum(
            "ihj,dij->dih",
            _root(own, self.spread.scale),
            rng.standard_normal((n_draw, len(own), len(ahead))),
        )
        line = self.line[0] + self.line[1] * ahead
        return np.asarray(line + common[:, None, len(past) :] + mean + deviation)

    def _past(self) -> Floats:
        return np.arange(1.0 - self.residual.shape[1], 1.0)

    def _pull(self) -> Floats:
        return np.asarray((self.precision @ self.residual[:, :, None]).sum(axis=(0, 2)))


def _levels(share: Floats, error: Floats, seen: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return each unit's shrunken mean share and effective number of answers (n_unit,)."""
    mean = share.sum() / seen.sum()
    level = (share.sum(axis=1) + _PRIOR_VALUES * mean) / (seen.sum(axis=1) + _PRIOR_VALUES)
    spread = (share * (1.0 - share)).sum(axis=1)
    squared = np.square(error).sum(axis=1)
    usual = squared.sum() / spread.sum()
    more = _PRIOR_VALUES * level * (1.0 - level)
    return level, (spread + more) / (squared + usual * more)


def _unit_precision(
    variance: Floats, seen: NDArray[np.bool_], spread: Sequence[float]
) -> tuple[Floats, float]:
    """Return inverse covariances of what was seen (n_unit, n_time, n_time), and log volume."""
    past = np.arange(1.0 - variance.shape[1], 1.0)
    covariance = _unit_kernel(past, past, *spread) + variance[:, :, None] * np.eye(len(past))
    volume = np.linalg.slogdet(covariance)[1].sum() - np.log(variance[~seen]).sum()
    inverse = np.asarray(np.linalg.inv(covariance), dtype=float)
    return inverse * (seen[:, :, None] & seen[:, None, :]), float(volume)


def _common_kernel(a: Floats, b: Floats, spread: Spread, growth_sd: float) -> Floats:
    level = (_VAGUE_LEVEL * spread.scale) ** 2
    walk = spread.common_shock**2 * _walked_together(a, b)
    return np.asarray(level + growth_sd**2 * np.outer(a, b) + walk)


def _unit_kernel(a: Floats, b: Floats, growth: float, shock: float, level: float) -> Floats:
    return np.asarray(level**2 + growth**2 * np.outer(a, b) + shock**2 * _walked_together(a, b))


def _walked_together(a: Floats, b: Floats) -> Floats:
    """Covariance of a random walk that is tied to 0 in period 0 and runs both ways."""
    same_side = np.sign(a)[:, None] * np.sign(b)[None, :] > 0
    return np.asarray(np.minimum(np.abs(a)[:, None], np.abs(b)[None, :]) * same_side)


def _root(covariance: Floats, scale: float) -> Floats:
    jitter = (_JITTER**0.5 * scale) ** 2 * np.eye(covariance.shape[-1])
    return np.asarray(np.linalg.cholesky(covariance + jitter))
