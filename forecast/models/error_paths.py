"""Joint error paths of many series: past one-step errors, resampled together and accumulated.

All series of one past half-year are resampled as one vector, so that errors which occurred
together (2020!) stay together and intervals of totals are not too narrow. Errors are split into
two layers, group totals (ages: demography and the business cycle) and what is left of each cell,
because they grow with the horizon at speeds of their own. Sizes are calibrated to past errors of
the same horizon only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from forecast.errors import InputError

Floats = NDArray[np.float64]

CALIBRATED = 0.80  # central interval that the factor is made to cover on past origins
# Both in vintages, both to keep a few errors from being believed like many:
PRIOR_VINTAGES = 5.0  # how firmly the growth over horizons is held to its prior shape
SHRINKAGE = 4.0  # how firmly a cell's error size is held to what its level suggests


@dataclass(frozen=True)
class Growth:
    """Size of an error by horizon h, in one-step errors.

    Up to `reach`, the longest horizon that past errors speak of: factor * h**exponent *
    sqrt(h + h**2 / n_seen), whose last part is the error of a random walk with a drift estimated
    from `n_seen` half-years (the prior shape). Beyond it: as a random walk without drift.
    """

    factor: float
    exponent: float
    n_seen: int
    reach: int

    def size(self, horizon: int) -> Floats:
        """Return the sizes at 1 .. `horizon`.

        Examples
        --------
        >>> Growth(2.0, 0.0, n_seen=10**9, reach=4).size(4).round(3)
        array([2.   , 2.828, 3.464, 4.   ])
        """
        steps = np.arange(1.0, horizon + 1.0)
        known = np.minimum(steps, self.reach)
        shape = np.sqrt(known + known**2 / self.n_seen) * np.sqrt(steps / known)
        return np.asarray(self.factor * known**self.exponent * shape)


@dataclass(frozen=True)
class Layer:
    """Errors of one level of aggregation, less what coarser levels explain.

    Parameters
    ----------
    one_step : ndarray (n_vector, n_group)
        One-step errors, one row per past half-year, at their calibrated size.
    loading : ndarray (n_group, n_series) or None
        Share of each series in the error of its group, rows sum to 1; None: each is its own group.
    growth : Growth
    """

    one_step: Floats
    loading: Floats | None
    growth: Growth

    def errors(self, walk: Floats) -> Floats:
        """Mix past errors along a `walk` (n_draw, horizon, n_vector) of unit variance."""
        errors = (walk * self.growth.size(walk.shape[1])[:, None]) @ self.one_step
        return np.asarray(errors if self.loading is None else errors @ self.loading)


@dataclass(frozen=True)
class ErrorPaths:
    """What past vintages teach about future errors: those of `groups` and those `within` add up."""

    groups: Layer
    within: Layer

    def draw(self, n_draw: int, horizon: int, rng: np.random.Generator) -> Floats:
        """Draw error paths (n_draw, n_series, horizon) in the unit of the series.

        Draws come in mirrored pairs, so the median of an even number of draws is exactly zero.
        """
        half, n_vector = -(-n_draw // 2), len(self.within.one_step)
        degrees = _degrees(n_vector)
        mix = rng.standard_normal((half, horizon, n_vector)) / np.sqrt(n_vector)
        heavy = np.sqrt(degrees / rng.chisquare(degrees, size=(half, 1, 1)))
        # Accumulating the mixing weights instead of the errors keeps the large array untouched.
        walk = heavy * np.cumsum(mix, axis=1) / np.sqrt(np.arange(1, horizon + 1))[:, None]
        # One walk for both layers: what came together in 2020 comes together again.
        paths = self.groups.errors(walk) + self.within.errors(walk)
        mirrored = np.concatenate([paths, -paths])[:n_draw]
        return np.ascontiguousarray(np.moveaxis(mirrored, 1, 2))


def fit_error_paths(
    errors: Floats, level: Floats, *, groups: Floats, resolution: float, n_seen: int
) -> ErrorPaths:
    """Learn sizes, dependence and growth from the rolling errors of past vintages.

    Parameters
    ----------
    errors : ndarray (n_vintage, n_series, n_horizon)
        Observed less forecast, NaN where the target was not yet observed.
    level : ndarray (n_series,)
        Recent size of each series, same unit.
    groups : ndarray (n_group, n_series)
        Ones where a series belongs to a group; every series belongs to one.
    resolution : float
        Rounding step of the source: no error is believed to be smaller than rounding leaves.
    n_seen : int
        Half-years of history.

    Examples
    --------
    >>> past = np.random.default_rng(0).normal(size=(9, 40, 1))
    >>> one = dict(groups=np.ones((1, 40)), resolution=0.1, n_seen=20)
    >>> fit_error_paths(past, np.full(40, 9.0), **one).draw(6, 3, np.random.default_rng(0)).shape
    (6, 40, 3)
    """
    rounding = resolution**2 / 12.0
    share = groups * (level + max(resolution, np.finfo(float).tiny))
    loading = share / share.sum(axis=1, keepdims=True)
    common = np.einsum("gs,vsh->vgh", groups, errors)
    within = errors - np.einsum("gs,vgh->vsh", loading, common)
    group_step, group_growth = _calibrated(common, None, rounding=rounding, n_seen=n_seen)
    # An empty cell has a size too: that of a thousandth of an average cell, or of the rounding.
    size = np.maximum(level + resolution, 1e-3 * level.mean() + np.finfo(float).tiny)
    cell_step, cell_growth = _calibrated(within, size, rounding=rounding, n_seen=n_seen)
    return ErrorPaths(Layer(group_step, loading, group_growth), Layer(cell_step, None, cell_growth))


def _calibrated(
    errors: Floats, level: Floats | None, *, rounding: float, n_seen: int
) -> tuple[Floats, Growth]:
    """Return one-step vectors and how their size grows; with a `level`, sizes are shrunk to it."""
    one_step = errors[np.isfinite(errors[:, :, 0]).all(axis=1), :, 0]
    n_vector = len(one_step)
    if n_vector < 2:
        raise InputError(
            f"{n_vector} past one-step error(s): at least 2 are needed for an interval. "
            "Give a longer history or a later first origin."
        )
    own = (one_step**2).mean(axis=0) + rounding
    size = np.sqrt(own if level is None else _shrunken(own, level, n_vector=n_vector))
    size = np.maximum(size, np.finfo(float).tiny)
    rescaled = one_step * (size / np.sqrt(np.maximum(own, np.finfo(float).tiny)))
    scaled = errors / size[None, :, None]
    if level is None:
        # A handful of totals is too few for a quantile: it would not see the one crisis among them.
        return rescaled, _growth(scaled, _root_mean_square, nominal=1.0, n_seen=n_seen)
    nominal = float(student.ppf(0.5 + CALIBRATED / 2.0, _degrees(n_vector)))
    return rescaled, _growth(scaled, _reach, nominal=nominal, n_seen=n_seen)


def _shrunken(variance: Floats, level: Floats, *, n_vector: int) -> Floats:
    """Pull a cell's variance towards the line of log variance on log level over all cells."""
    logs = np.log(np.maximum(variance, np.finfo(float).tiny))
    if len(logs) < 3 or not np.ptp(level) > 0:
        usual = np.full(len(logs), logs.mean())
    else:
        x = np.log(level)
        slope, intercept = np.polyfit(x, logs, 1)
        usual = intercept + slope * x
    own_weight = n_vector / (n_vector + SHRINKAGE)
    return np.asarray(np.exp(own_weight * logs + (1.0 - own_weight) * usual))


def _root_mean_square(scaled: Floats) -> float:
    return float(np.sqrt((scaled**2).mean()))


def _reach(scaled: Floats) -> float:
    return float(np.quantile(np.abs(scaled), CALIBRATED))


def _growth(
    scaled: Floats, measure: Callable[[Floats], float], *, nominal: float, n_seen: int
) -> Growth:
    """Fit factor and exponent to the measured size of scaled errors, horizon by horizon."""
    reach = scaled.shape[2]
    prior = Growth(1.0, 0.0, n_seen, reach).size(reach)
    logs, steps, counts = [], [], []
    for step in range(reach):
        known = scaled[np.isfinite(scaled[:, :, step]).all(axis=1), :, step]
        size = measure(known) if len(known) else 0.0
        if size > 0:
            logs.append(np.log(size / nominal / prior[step]))
            steps.append(np.log(step + 1.0))
            counts.append(float(len(known)))
    if not logs:
        return Growth(1.0, 0.0, n_seen, reach)
    y, x, weight = np.array(logs), np.array(steps), np.array(counts)
    centre_x, centre_y = np.average(x, weights=weight), np.average(y, weights=weight)
    cross = float((weight * (x - centre_x) * (y - centre_y)).sum())
    exponent = cross / (float((weight * (x - centre_x) ** 2).sum()) + PRIOR_VINTAGES)
    exponent = float(np.clip(exponent, -0.5, 0.5))
    return Growth(float(np.exp(centre_y - exponent * centre_x)), exponent, n_seen, reach)


def _degrees(n_vector: int) -> float:
    """Degrees of freedom: a size known from n vectors is no better known than that."""
    return float(max(n_vector, 3))
