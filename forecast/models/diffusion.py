"""Bayesian diffusion of a share that few, noisy surveys have seen.

The position on a curve, for the logistic ``logit(share / ceiling)``, rises by `speed` a year, plus
yearly shocks with heavy tails: a question understood differently than the year before moves the
series once and for good, and must not be read as speed. Without shocks the share follows the curve:
the logistic one is ``ceiling / (1 + exp(-speed * (t - midpoint)))``. Speed and shocks are stated in
the terms of the logistic curve; another curve has the same growth at the share last seen. Five or
six points hardly tell the ceiling, so priors are stated as 95 % ranges and belong beside the
posterior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from scipy.stats import norm
from scipy.stats import t as student

from forecast.errors import ConfigError, InputError
from forecast.models.curves import LOGISTIC, Curve

Floats = NDArray[np.float64]

PARAMETERS = ("ceiling", "speed", "yearly_shock")
SHOCK_DEGREES = 3.0  # Student t: heavy tails, finite variance
_Z95 = float(norm.ppf(0.975))


@dataclass(frozen=True)
class DiffusionPrior:
    """Priors as central 95 % ranges.

    Parameters
    ----------
    ceiling : (float, float)
        Share that adoption tends to, within (0, 1); normal on the logit scale.
    speed : (float, float)
        Growth rate per year far below the ceiling; log-normal.
    yearly_shock : (float, float)
        Scale of the yearly shocks on the logit scale; log-normal.
    """

    ceiling: tuple[float, float]
    speed: tuple[float, float]
    yearly_shock: tuple[float, float]

    def __post_init__(self) -> None:
        for name in PARAMETERS:
            low, high = getattr(self, name)
            if not 0.0 < low < high:
                raise ConfigError(
                    f"95 % prior range of {name}: {low} to {high}; use 0 < low < high."
                )
        if self.ceiling[1] >= 1.0:
            raise ConfigError(
                f"95 % prior range of ceiling ends at {self.ceiling[1]:.0%}; end it below 100 %."
            )

    def quantile(self, level: float) -> dict[str, float]:
        """Return the `level` quantile of every parameter.

        Examples
        --------
        >>> prior = DiffusionPrior((0.1, 0.9), (0.1, 0.4), (0.05, 0.2))
        >>> {name: round(value, 3) for name, value in prior.quantile(0.5).items()}
        {'ceiling': 0.5, 'speed': 0.2, 'yearly_shock': 0.1}
        """
        z = norm.ppf([level])
        return {name: float(self._value(name, z)[0]) for name in PARAMETERS}

    def sample(self, n: int, rng: np.random.Generator) -> dict[str, Floats]:
        """Draw `n` values of every parameter, independently."""
        return {name: self._value(name, rng.standard_normal(n)) for name in PARAMETERS}

    def _value(self, name: str, z: Floats) -> Floats:
        forward, back = (logit, expit) if name == "ceiling" else (np.log, np.exp)
        low, high = forward(np.array(getattr(self, name)))
        return np.asarray(back((low + high) / 2.0 + (high - low) / (2.0 * _Z95) * z))


@dataclass(frozen=True)
class Diffusion:
    """Posterior draws of one diffusion, jumping off from the last observation.

    Parameters
    ----------
    ceiling, speed, yearly_shock : ndarray (n_draw,)
        As in :class:`DiffusionPrior`.
    start : float or ndarray (n_draw,)
        Share observed last; draws where only a range of it was published.
    effective : float
        Effective number of proposals behind the draws.
    curve : Curve
    """

    ceiling: Floats
    speed: Floats
    yearly_shock: Floats
    start: float | Floats
    effective: float
    curve: Curve = LOGISTIC

    def paths(self, shocks: Floats, *, speed_factor: float = 1.0) -> Floats:
        """Return the share (n_draw, n_year) in the years after the last observation.

        Parameters
        ----------
        shocks : ndarray (n_draw, n_year)
            Standard shocks (:func:`draw_shocks`); zeros give the smooth logistic curve. The same
            shocks under another `speed_factor` keep every draw of a faster scenario above.
        speed_factor : float
            Multiplier of the speed: a scenario's assumption.

        Examples
        --------
        >>> one = Diffusion(np.array([0.8]), np.array([0.5]), np.array([0.1]), 0.4, 1.0)
        >>> one.paths(np.zeros((1, 3))).round(3)
        array([[0.498, 0.585, 0.654]])
        """
        part = self.start / self.ceiling
        rise = speed_factor * self.speed[:, None] + self.yearly_shock[:, None] * shocks
        gone = _gain(self.curve, part)[:, None] * np.cumsum(rise, axis=1)
        return np.asarray(
            self.ceiling[:, None] * self.curve.fraction(self.curve.position(part)[:, None] + gone)
        )


def logistic_level(years: ArrayLike, *, ceiling: float, speed: float, midpoint: float) -> Floats:
    """Return ceiling / (1 + exp(-speed (t - midpoint))), a share.

    Examples
    --------
    >>> logistic_level([2020.0, 2030.0], ceiling=0.6, speed=0.5, midpoint=2030.0).round(3)
    array([0.004, 0.3  ])
    """
    return np.asarray(ceiling * expit(speed * (np.asarray(years, dtype=float) - midpoint)))


def draw_shocks(
    n_draw: int, n_year: int, *, rng: np.random.Generator, degrees: float = SHOCK_DEGREES
) -> Floats:
    """Draw standard yearly shocks (n_draw, n_year), mirrored in pairs: their median is zero.

    Examples
    --------
    >>> draw_shocks(4, 2, rng=np.random.default_rng(0)).sum(axis=0)
    array([0., 0.])
    """
    half = rng.standard_t(degrees, size=(-(-n_draw // 2), n_year))
    return np.concatenate([half, -half])[:n_draw]


def fit_diffusion(
    years: ArrayLike,
    share: ArrayLike,
    *,
    n_firms: ArrayLike,
    prior: DiffusionPrior,
    proposals: int,
    n_draw: int,
    rng: np.random.Generator,
    curve: Curve = LOGISTIC,
) -> Diffusion:
    """Weigh proposals from the prior by how likely they make the observed changes.

    Parameters
    ----------
    years, share, n_firms : array_like (n_year,)
        Year (ascending), share of firms (0 to 1, exclusive), and number of firms asked; where that
        is NaN (not published) the shocks alone account for sampling error.
    prior : DiffusionPrior
    proposals, n_draw : int
        Proposals weighed, and draws resampled from them.
    rng : Generator
    curve : Curve

    Raises
    ------
    InputError
        If there are fewer than three points, a share is 0 or 1, or the priors exclude the data.

    Examples
    --------
    >>> years = np.arange(2012, 2023)
    >>> share = logistic_level(years, ceiling=0.4, speed=0.5, midpoint=2018.0)
    >>> wide = DiffusionPrior((0.1, 0.9), (0.05, 1.5), (0.01, 0.1))
    >>> rng = np.random.default_rng(0)
    >>> known = dict(n_firms=[20_000] * 11, prior=wide, proposals=40_000, n_draw=400)
    >>> abs(float(np.median(fit_diffusion(years, share, rng=rng, **known).ceiling)) - 0.4) < 0.03
    True
    """
    years, share = np.asarray(years, dtype=float), np.asarray(share, dtype=float)
    if len(years) < 3 or not ((share > 0) & (share < 1)).all():
        raise InputError(
            f"a diffusion needs at least three shares between 0 and 1; got {share.tolist()}. "
            "Choose a measure with a longer series."
        )
    steps = np.diff(years)
    if not (steps > 0).all():
        raise InputError(f"years {years.tolist()} do not ascend; sort them, one row per year.")
    drawn = prior.sample(proposals, rng)
    ceiling = drawn["ceiling"][:, None]
    possible = drawn["ceiling"] > share.max()
    if not possible.any():
        raise InputError(
            f"adoption of {share.max():.1%} lies above every ceiling of the prior; raise the range."
        )
    relative = np.where(possible[:, None], share / ceiling, 0.5)
    # Slope of the position against the share: carries sampling error over, and is the Jacobian.
    slope = curve.slope(relative) / ceiling
    sampling = slope**2 * binomial_variance(share, n_firms)
    gain = _gain(curve, relative[:, -1:])
    shock = (gain * drawn["yearly_shock"][:, None]) ** 2 * steps
    scale = np.sqrt(shock + sampling[:, 1:] + sampling[:, :-1])
    rise = np.diff(curve.position(relative), axis=1)
    surprise = (rise - gain * drawn["speed"][:, None] * steps) / scale
    terms = student.logpdf(surprise, SHOCK_DEGREES) - np.log(scale) + np.log(slope[:, 1:])
    log_weight = np.where(possible, terms.sum(axis=1), -np.inf)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    chosen = systematic_resample(weight, n_draw, rng)
    return Diffusion(
        **{name: values[chosen] for name, values in drawn.items()},
        start=float(share[-1]),
        effective=float(1.0 / np.square(weight).sum()),
        curve=curve,
    )


def _gain(curve: Curve, part: Floats) -> Floats:
    """Return positions of `curve` per position of the logistic curve, at this part of the ceiling.

    Exactly 1 for the logistic curve itself.
    """
    if curve is LOGISTIC:
        return np.ones_like(part)
    return np.asarray(curve.elasticity(part) / LOGISTIC.elasticity(part))


def binomial_variance(share: ArrayLike, n_firms: ArrayLike) -> Floats:
    """Return the sampling variance of a share; zero where the number of firms is NaN.

    Examples
    --------
    >>> binomial_variance([0.5, 0.5], [100.0, float("nan")])
    array([0.0025, 0.    ])
    """
    share, firms = np.asarray(share, dtype=float), np.asarray(n_firms, dtype=float)
    return np.asarray(np.where(np.isfinite(firms), share * (1.0 - share) / firms, 0.0))


def systematic_resample(weight: Floats, n_draw: int, rng: np.random.Generator) -> NDArray[np.int_]:
    """Return `n_draw` indices in proportion to `weight`, in random order.

    One uniform number places an even comb on the cumulated weights, so an index of weight w is
    taken floor(n w) or ceil(n w) times.

    Examples
    --------
    >>> sorted(systematic_resample(np.array([0.25, 0.75]), 4, np.random.default_rng(0)).tolist())
    [0, 1, 1, 1]
    """
    comb = (np.arange(n_draw) + rng.random()) / n_draw
    cumulated = np.cumsum(weight)
    chosen = np.searchsorted(cumulated / cumulated[-1], comb, side="right")
    return np.asarray(rng.permutation(np.minimum(chosen, len(weight) - 1)))
