"""A yearly capability index beyond its last year: past years drawn again, recent ones more often.

The index adds up progress on benchmarks, so it rises in every occupation at once. A draw therefore
takes whole past years, with their growth in all occupations together: what is common stays common,
and what an occupation had apart from the others comes with the year it had it in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from forecast.errors import ConfigError, InputError

Floats = NDArray[np.float64]

NAIVE = "last_value"
LEAST_YEARS = 3  # two changes: the least that a change can be drawn from
CALIBRATED = 0.80  # central interval whose width is set by past errors


@dataclass(frozen=True)
class YearDraws:
    """Which past changes each draw repeats.

    Parameters
    ----------
    weight : ndarray (n_draw, n_change)
        How likely each past change is in a draw; rows sum to 1 and differ between draws, because
        a few years hardly tell the usual change (the Bayesian bootstrap).
    change : ndarray of int (n_draw, horizon)
        The past change that each future year repeats.
    sign : ndarray (n_draw, horizon)
        -1 or 1, for a walk without direction.
    """

    weight: Floats
    change: NDArray[np.int_]
    sign: Floats


class Member(Protocol):
    """A way to extend positive series; returns log growth since the last observed year."""

    def __call__(self, past: Floats, years: YearDraws, *, damping: float) -> Floats: ...


def draw_years(
    n_change: int, *, horizon: int, n_draw: int, half_life: float, rng: np.random.Generator
) -> YearDraws:
    """Draw past changes with Dirichlet weights; a change `half_life` years older counts half.

    References
    ----------
    Rubin (1981), The Bayesian bootstrap, Annals of Statistics 9(1).

    Examples
    --------
    >>> one = draw_years(9, horizon=3, n_draw=4, half_life=3.0, rng=np.random.default_rng(0))
    >>> one.change.shape, one.weight.sum(axis=1).round(6).tolist()
    ((4, 3), [1.0, 1.0, 1.0, 1.0])
    """
    share = 0.5 ** (np.arange(n_change)[::-1] / half_life)
    share /= share.sum()
    # Old years that hardly count do not make the usual change any better known.
    gamma = rng.standard_gamma(share / np.square(share).sum(), size=(n_draw, n_change))
    weight = gamma / gamma.sum(axis=1, keepdims=True)
    chance = rng.random((n_draw, horizon))
    change = (chance[:, :, None] > np.cumsum(weight, axis=1)[:, None, :]).sum(axis=2)
    sign = rng.choice([-1.0, 1.0], size=(n_draw, horizon))
    return YearDraws(weight, np.minimum(change, n_change - 1), sign)


def last_value(past: Floats, years: YearDraws, *, damping: float) -> Floats:
    """Stay at the last value, give or take past log growth: the declared naive model.

    Parameters
    ----------
    past : ndarray (n_series, n_year)
        Positive values, oldest first.
    years : YearDraws
    damping : float
        Not used here.

    Returns
    -------
    ndarray (n_draw, n_series, horizon)
        Log growth since the last observed year.
    """
    return _cumulated(_repeated(np.diff(np.log(past)), years) * years.sign[:, None, :])


def drift(past: Floats, years: YearDraws, *, damping: float) -> Floats:
    """Repeat past log growth: exponential progress. The other declared naive model."""
    return _cumulated(_repeated(np.diff(np.log(past)), years))


def damped_drift(past: Floats, years: YearDraws, *, damping: float) -> Floats:
    """Repeat past log growth, `damping` times less of it with each further year."""
    growth = _repeated(np.diff(np.log(past)), years)
    return _cumulated(growth * damping ** np.arange(growth.shape[2]))


def linear(past: Floats, years: YearDraws, *, damping: float) -> Floats:
    """Repeat past changes of the index itself: equal steps are ever less growth.

    Examples
    --------
    >>> past = np.array([[1.0, 2.0, 3.0]])
    >>> years = draw_years(2, horizon=2, n_draw=2, half_life=9.0, rng=np.random.default_rng(0))
    >>> np.exp(linear(past, years, damping=1.0)[:, 0] + np.log(3.0)).round(6).tolist()
    [[4.0, 5.0], [4.0, 5.0]]
    """
    steps = _cumulated(_repeated(np.diff(past), years))
    return np.log(np.maximum(past[:, -1:] + steps, np.finfo(float).tiny)) - np.log(past[:, -1:])


def logistic(past: Floats, years: YearDraws, *, damping: float) -> Floats:
    """Let common log growth fall in a line with the level: saturation where the past shows one."""
    logs = np.log(past)
    growth, level = np.diff(logs).mean(axis=0), np.exp(logs.mean(axis=0))
    own = _repeated(np.diff(logs) - growth, years)
    mean_level, mean_growth = years.weight @ level[:-1], years.weight @ growth
    away = level[:-1] - mean_level[:, None]
    cross = (years.weight * away * (growth - mean_growth[:, None])).sum(axis=1)
    square = (years.weight * away**2).sum(axis=1)
    slope = np.minimum(cross / np.maximum(square, np.finfo(float).tiny), 0.0)
    surprise = growth - mean_growth[:, None] - slope[:, None] * away
    reached = np.full(len(slope), level[-1])
    common = np.empty(years.change.shape)
    for ahead, change in enumerate(years.change.T):
        expected = mean_growth + slope * (reached - mean_level)
        common[:, ahead] = np.maximum(expected + surprise[np.arange(len(slope)), change], 0.0)
        reached = reached * np.exp(common[:, ahead])
    return _cumulated(np.maximum(common[:, None, :] + own, 0.0))


# recent_linear is `linear` whose years are drawn with a half-life; see `extend`.
MEMBERS: Mapping[str, Member] = {
    NAIVE: last_value,
    "drift": drift,
    "damped_drift": damped_drift,
    "linear": linear,
    "recent_linear": linear,
    "logistic": logistic,
}
_EVEN = 1e6  # half-life in years at which all years count alike


def extend(
    name: str,
    past: Floats,
    *,
    horizon: int,
    n_draw: int,
    half_life: float,
    damping: float,
    rng: np.random.Generator,
) -> Floats:
    """Extend positive series by the member called `name`.

    Parameters
    ----------
    name : str
        A key of :data:`MEMBERS`.
    past : ndarray (n_series, n_year)
        Positive values in one unit, oldest first, at least three years.
    horizon, n_draw : int
    half_life : float
        Years after which a change counts half; read by ``recent_linear``.
    damping : float
        Read by ``damped_drift``.
    rng : Generator

    Returns
    -------
    ndarray (n_draw, n_series, horizon)
        Log growth since the last observed year.

    Examples
    --------
    >>> past = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]])
    >>> some = dict(horizon=4, n_draw=5, half_life=3.0, damping=0.8, rng=np.random.default_rng(0))
    >>> extend("recent_linear", past, **some).shape
    (5, 2, 4)
    """
    if name not in MEMBERS:
        raise ConfigError(
            f"exposure.trend.model: {name!r} is unknown; choose auto or one of {list(MEMBERS)}."
        )
    if past.shape[1] < LEAST_YEARS or not (past > 0).all():
        raise InputError(
            f"a trend needs at least {LEAST_YEARS} years of positive values, got "
            f"{past.shape[1]} year(s) from {past.min():g}. Start the series later."
        )
    years = draw_years(
        past.shape[1] - 1,
        horizon=horizon,
        n_draw=n_draw,
        half_life=half_life if name == "recent_linear" else _EVEN,
        rng=rng,
    )
    return MEMBERS[name](past, years, damping=damping)


def width_factor(draws: Sequence[Floats], observed: Sequence[Floats]) -> float:
    """Return how much wider intervals must be to have covered past errors.

    Parameters
    ----------
    draws : sequence of ndarray (n_draw, n_series, n_horizon)
        Forecasts from past origins.
    observed : sequence of ndarray (n_series, n_horizon)
        What then happened, in the same unit.

    Returns
    -------
    float
        At least 1: at that multiple of their width, 80 % intervals cover as many pairs of origin
        and horizon, with the finite-sample step of split conformal prediction. Series of one pair
        count once: they move together.

    References
    ----------
    Lei et al. (2018), Distribution-free predictive inference for regression, JASA 113(523).

    Examples
    --------
    >>> made = [np.linspace(-1.0, 1.0, 11)[:, None, None] for _ in range(9)]
    >>> round(width_factor(made, [np.array([[1.6]]) for _ in range(9)]), 6)
    2.0
    """
    distances: list[float] = []
    for made, seen in zip(draws, observed, strict=True):
        tail = (1.0 - CALIBRATED) / 2.0
        low, middle, high = np.quantile(made, [tail, 0.5, 1.0 - tail], axis=0)
        reach = np.where(seen >= middle, high - middle, middle - low)
        distance = np.abs(seen - middle) / np.maximum(reach, np.finfo(float).tiny)
        distances += np.median(distance, axis=0).tolist()
    place = min(int(np.ceil((len(distances) + 1) * CALIBRATED)), len(distances)) - 1
    return max(float(np.sort(distances)[place]), 1.0)


def widened(draws: Floats, factor: float) -> Floats:
    """Multiply the distance of draws from their median; what rises in every draw goes on rising.

    Parameters
    ----------
    draws : ndarray (n_draw, n_series, horizon)
        Log growth since the last observed year.
    factor : float

    Examples
    --------
    >>> rising = np.array([0.1, 0.2, 0.3])[:, None, None]
    >>> widened(rising, 3.0).ravel().round(6).tolist()
    [0.0, 0.2, 0.5]
    """
    middle = np.median(draws, axis=0)
    wide = middle + factor * (draws - middle)
    rising = bool((draws[:, :, 0] >= 0).all() and (np.diff(draws, axis=2) >= 0).all())
    return np.maximum.accumulate(np.maximum(wide, 0.0), axis=2) if rising else np.asarray(wide)


def common_share(past: Floats) -> float:
    """Return the share of all yearly log growth (sum of squares) that is common to the series.

    Examples
    --------
    >>> common_share(np.array([[1.0, 2.0, 6.0], [3.0, 6.0, 18.0]]))
    1.0
    """
    growth = np.diff(np.log(past))
    return float(1.0 - ((growth - growth.mean(axis=0)) ** 2).sum() / (growth**2).sum())


def _repeated(changes: Floats, years: YearDraws) -> Floats:
    """Changes (n_series, n_change) in the drawn order: (n_draw, n_series, horizon)."""
    return np.ascontiguousarray(np.moveaxis(changes[:, years.change], 0, 1))


def _cumulated(changes: Floats) -> Floats:
    return np.cumsum(changes, axis=2)
