"""Errors of a panel as shocks to all, to an age, to an occupation and to a cell alone.

A covariance of 255 cells cannot be learnt from a dozen past vintages; four shares can. Every error
is a sum of independent shocks in proportion to the usual error of the cell, so the intervals of
cells, occupations, ages and of the total follow from one description and fit together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from forecast.errors import InputError

Floats = NDArray[np.float64]

COMPONENTS = ("total", "age", "occupation", "cell")
CALIBRATED = 0.80  # central interval that the factor is made to cover on past vintages
DEGREES = 8.0  # of the Student t: a draw is calmer or wilder as a whole
LONGEST = 8.0  # usual errors over the root of time: one cell's upheaval does not set the shares
LEAST_OCCUPATION = 0.02
# Priors, each as firm as so many vintages. Two crises a generation hit all cells at once, and a
# dozen half-years need not hold one.
PRIOR_VINTAGES = 4.0
PRIOR_SHARES = {"total": 0.15, "age": 0.10}
PRIOR_EXPONENT = 1.0  # of the variance over the horizon: a random walk
SHRINKAGE = 10.0  # how firmly a cell's error size is held to what its level and changes suggest


@dataclass(frozen=True)
class ErrorComponents:
    """What past vintages teach about errors to come.

    Parameters
    ----------
    size : ndarray (n_series,)
        Usual one-step error of every cell, in the unit of the series.
    shares : dict of str to float
        Part of the variance of each of :data:`COMPONENTS`; they sum to 1.
    factor, exponent : float
        The variance at horizon h is ``factor * h**exponent`` up to `reach`, the longest horizon
        that past errors speak of; beyond, it grows as that of a random walk.
    reach, n_age : int
    """

    size: Floats
    shares: dict[str, float]
    factor: float
    exponent: float
    reach: int
    n_age: int

    def growth(self, horizon: int) -> Floats:
        """Return the size of an error by horizon (horizon,), in one-step errors.

        Examples
        --------
        >>> parts = ErrorComponents(np.ones(1), {}, 4.0, 0.0, reach=2, n_age=1)
        >>> parts.growth(4).round(3)
        array([2.   , 2.   , 2.449, 2.828])
        """
        steps = np.arange(1.0, horizon + 1.0)
        known = np.minimum(steps, self.reach)
        return np.asarray(np.sqrt(self.factor * known**self.exponent * steps / known))

    def size_of(self, cells: Floats) -> Floats:
        """Return the usual one-step error of sums of cells (n_sum,).

        Parameters
        ----------
        cells : ndarray (n_sum, n_series)
            Ones where a cell belongs to a sum.

        Examples
        --------
        >>> shares = {"total": 0.0, "age": 0.0, "occupation": 0.0, "cell": 1.0}
        >>> parts = ErrorComponents(np.array([3.0, 4.0]), shares, 1.0, 1.0, reach=1, n_age=1)
        >>> parts.size_of(np.ones((1, 2)))
        array([5.])
        """
        sizes = (cells * self.size).reshape(len(cells), -1, self.n_age)
        squares = {
            "total": sizes.sum(axis=(1, 2)) ** 2,
            "age": (sizes.sum(axis=1) ** 2).sum(axis=1),
            "occupation": (sizes.sum(axis=2) ** 2).sum(axis=1),
            "cell": (sizes**2).sum(axis=(1, 2)),
        }
        variance = sum(self.shares[name] * squares[name] for name in COMPONENTS)
        return np.asarray(self.growth(1)[0] * np.sqrt(variance))

    def draw(self, n_draw: int, horizon: int, rng: np.random.Generator) -> Floats:
        """Draw error paths (n_draw, n_series, horizon): each shock wanders, none is forgotten.

        Draws come in mirrored pairs, so the median of an even number of draws is exactly zero.
        """
        half, n_occupation = -(-n_draw // 2), len(self.size) // self.n_age
        shapes = {
            "total": (1, 1),
            "age": (1, self.n_age),
            "occupation": (n_occupation, 1),
            "cell": (n_occupation, self.n_age),
        }
        heavy = np.sqrt(DEGREES / rng.chisquare(DEGREES, size=(half, 1, 1, 1)))
        errors = np.zeros((half, n_occupation, self.n_age, horizon))
        for name in COMPONENTS:
            walk = np.cumsum(rng.standard_normal((half, *shapes[name], horizon)), axis=3)
            errors += np.sqrt(self.shares[name]) * walk
        errors *= heavy * self.growth(horizon) / np.sqrt(np.arange(1, horizon + 1))
        paths = errors.reshape(half, -1, horizon) * self.size[:, None]
        return np.concatenate([paths, -paths])[:n_draw]


def fit_error_components(
    errors: Floats, history: Floats, *, n_age: int, resolution: float
) -> ErrorComponents:
    """Learn sizes, shares and growth from the rolling errors of past vintages.

    Parameters
    ----------
    errors : ndarray (n_vintage, n_series, n_horizon)
        Observed less forecast, NaN where not yet observed; series by occupation and age, the age
        fastest.
    history : ndarray (n_series, n_time)
        What was known, same unit.
    n_age : int
    resolution : float
        Rounding step of the source: no error is believed to be smaller than rounding leaves.

    References
    ----------
    Searle, Casella and McCulloch (1992), Variance Components, ch. 5: estimates from sums of
    products, here of pairs of cells that share an age, an occupation, both or neither.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> common = 100.0 * rng.normal(size=(40, 1, 1)) * np.ones((1, 60, 1))
    >>> past = rng.uniform(50.0, 99.0, size=(60, 9))
    >>> fit_error_components(common, past, n_age=5, resolution=1.0).shares["total"] > 0.8
    True
    """
    known = np.asarray(np.isfinite(errors).all(axis=1))  # (n_vintage, n_horizon)
    if known[:, 0].sum() < 2:
        raise InputError(
            f"{int(known[:, 0].sum())} past one-step error(s): at least 2 are needed for an "
            "interval. Give a longer history or a later first origin."
        )
    size = _usual_error(errors[known[:, 0], :, 0], history, resolution=resolution)
    scaled = errors / size[:, None]
    reach = int(np.flatnonzero(known.any(axis=0)).max()) + 1
    counts = known[:, :reach].sum(axis=0).astype(float)
    steps = np.arange(1.0, reach + 1.0)
    rounding = resolution / np.sqrt(12.0) / size
    spread = np.array(
        [_reached(np.maximum(np.abs(scaled[known[:, h], :, h]), rounding)) for h in range(reach)]
    )
    factor, exponent = _growth(spread**2, steps, counts)
    products = np.array(
        [
            _shared_products(scaled[known[:, h], :, h], n_age, LONGEST * np.sqrt(h + 1))
            for h in range(reach)
        ]
    )
    return ErrorComponents(size, _shares(products, counts), factor, exponent, reach, n_age)


def _usual_error(one_step: Floats, history: Floats, *, resolution: float) -> Floats:
    """Size of one-step errors (n_series,), held to what level and past changes suggest."""
    own = (one_step**2).mean(axis=0) + resolution**2 / 12.0 + np.finfo(float).tiny
    floor = max(resolution, 1e-3 * float(history.mean()), np.finfo(float).tiny)
    level = np.maximum(history[:, -4:].mean(axis=1), floor)
    yearly = np.maximum(np.abs(history[:, 2:] - history[:, :-2]).mean(axis=1), floor / 4.0)
    x = np.column_stack([np.ones(len(own)), np.log(level), np.log(yearly)])
    # Least squares of least norm: series that are all alike have one usual size.
    usual = x @ np.linalg.lstsq(x, np.log(own), rcond=None)[0]
    weight = len(one_step) / (len(one_step) + SHRINKAGE)
    return np.asarray(np.exp((weight * np.log(own) + (1.0 - weight) * usual) / 2.0))


def _reached(absolute: Floats) -> float:
    """Size at which the calibrated interval of the t distribution covers `absolute` errors."""
    nominal = float(student.ppf(0.5 + CALIBRATED / 2.0, DEGREES))
    reached = float(np.quantile(absolute, CALIBRATED)) / nominal
    return max(reached, np.finfo(float).eps)


def _growth(variance: Floats, steps: Floats, counts: Floats) -> tuple[float, float]:
    """Fit factor and exponent of the variance by horizon, weighted by vintages."""
    x, y = np.log(steps), np.log(variance) - PRIOR_EXPONENT * np.log(steps)
    centre_x, centre_y = np.average(x, weights=counts), np.average(y, weights=counts)
    cross = float((counts * (x - centre_x) * (y - centre_y)).sum())
    extra = cross / (float((counts * (x - centre_x) ** 2).sum()) + PRIOR_VINTAGES)
    exponent = max(PRIOR_EXPONENT + extra, 0.0)  # nothing is easier to say further ahead
    return float(np.exp(centre_y - (exponent - PRIOR_EXPONENT) * centre_x)), exponent


def _shared_products(scaled: Floats, n_age: int, longest: float) -> Floats:
    """Mean products of pairs of cells that share nothing, an age, an occupation, or are one.

    As parts of the mean square, so that horizons can be averaged.
    """
    z = np.clip(scaled, -longest, longest).reshape(len(scaled), -1, n_age)
    n_occ = z.shape[1]
    square = (z**2).sum(axis=(1, 2))
    within_occupation = (z.sum(axis=2) ** 2).sum(axis=1) - square
    within_age = (z.sum(axis=1) ** 2).sum(axis=1) - square
    apart = z.sum(axis=(1, 2)) ** 2 - square - within_occupation - within_age
    n_cell = n_occ * n_age
    pairs = np.array([(n_occ - 1) * (n_age - 1), n_occ - 1, n_age - 1, 1]) * n_cell
    sums = np.stack([apart, within_age, within_occupation, square]).sum(axis=1)
    means = np.divide(sums, pairs * len(z), out=np.zeros(4), where=pairs > 0)
    return np.asarray(means / means[3] if means[3] > 0 else np.zeros(4))


def _shares(products: Floats, counts: Floats) -> dict[str, float]:
    """Turn mean products by horizon (n_horizon, 4) into parts of the variance."""
    apart, age, occupation, _ = np.average(products, axis=0, weights=counts)
    n_vintage = counts[0]
    seen = {"total": apart, "age": max(age - apart, 0.0)}
    shares = {
        name: max(
            (n_vintage * seen[name] + PRIOR_VINTAGES * prior) / (n_vintage + PRIOR_VINTAGES), 0.0
        )
        for name, prior in PRIOR_SHARES.items()
    }
    shares["occupation"] = max(occupation - apart, LEAST_OCCUPATION)
    shares["cell"] = max(1.0 - sum(shares.values()), 0.1)
    whole = sum(shares.values())
    return {name: float(shares[name] / whole) for name in COMPONENTS}
