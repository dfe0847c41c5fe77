"""Rules that count jobs: each turns draws of Korean scores into P(counted) by minor group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

from forecast.errors import ConfigError, InputError
from forecast.models.base import Floats
from forecast.options import AtRiskOptions
from forecast.stages.job_tasks import task_spread
from forecast.stages.korea import KoreanScores

# Half of the unit that the documents print (만, ten thousand): the published count is that exact.
HALF_PRINTED_UNIT = 5_000


@dataclass(frozen=True)
class Basis:
    """What a rule may look at.

    Parameters
    ----------
    korea : KoreanScores
    people : ndarray of shape (n_draw, n_minor)
        The base by minor group, persons or jobs.
    base_persons, published : float
        Sum of the base, and the published count in its unit.
    tables : mapping
    options : AtRiskOptions
    rng : Generator
    """

    korea: KoreanScores
    people: Floats
    base_persons: float
    published: float
    tables: Mapping[str, pd.DataFrame]
    options: AtRiskOptions
    rng: np.random.Generator


Rule = Callable[[Basis], tuple[Floats, float]]  # probability (n_draw, n_minor) and threshold


def above_threshold(korea: KoreanScores, threshold: float | Floats) -> Floats:
    """Return P(substitution of a job > threshold) by minor group: jobs spread around their mean.

    Parameters
    ----------
    threshold : float or ndarray of shape (n_draw, 1)
        Share of tasks, 0 to 1.

    Returns
    -------
    ndarray of shape (n_draw, n_minor)
        Falls as the threshold rises.
    """
    score, spread = korea.minor.substitution.to_numpy(), korea.minor.spread.to_numpy()
    return np.asarray(ndtr((score - threshold) / spread))


def calibrated_threshold(basis: Basis) -> tuple[Floats, float]:
    """Find the threshold whose mean count is the published one; draws share it."""

    def excess(threshold: float, shift: float | Floats = 0.0) -> float:
        jobs = above_threshold(basis.korea, threshold + shift) * basis.people
        return float(jobs.sum(axis=1).mean()) - basis.published

    low, high = -1.0, 2.0  # scores lie in 0-1: everybody and nobody is at risk there
    if not excess(high) < 0.0 < excess(low):
        raise InputError(
            f"anchors: {basis.published:,.0f} jobs at risk cannot be reached with a base of "
            f"{basis.people[0].sum():,.0f}."
        )
    first = float(brentq(excess, low, high, xtol=1e-12))
    # The published count is rounded: the threshold that it implies is uncertain by as much.
    slope = (excess(first + 1e-4) - excess(first - 1e-4)) / 2e-4
    rounding = basis.rng.uniform(-HALF_PRINTED_UNIT, HALF_PRINTED_UNIT, size=len(basis.people))
    shift = (rounding / slope)[:, None]
    threshold = float(brentq(excess, low, high, args=(shift,), xtol=1e-12))
    return above_threshold(basis.korea, threshold + shift), threshold


def top_groups(share: float) -> Rule:
    """Make the rule: the most exposed `share` of minor groups, counted as groups."""

    def rule(basis: Basis) -> tuple[Floats, float]:
        exposure = basis.korea.minor.exposure.to_numpy()
        count = round(share * exposure.shape[1])
        order = np.argsort(-exposure, axis=1, kind="stable")
        probability = np.zeros_like(exposure)
        np.put_along_axis(probability, order[:, :count], 1.0, axis=1)
        last = np.take_along_axis(exposure, order[:, count - 1 : count], axis=1)
        return probability, float(last.mean())

    return rule


def high_exposure(*, high_complementarity: bool) -> Rule:
    """Make the rule: exposure above, complementarity not below (or below) the median of groups."""

    def rule(basis: Basis) -> tuple[Floats, float]:
        exposure = basis.korea.minor.exposure.to_numpy()
        theta = basis.korea.minor.complementarity.to_numpy()
        cuts = median(exposure), median(theta)
        exposed, shielded = above_cuts(exposure, theta, cuts)
        return (exposed & (shielded == high_complementarity)).astype(float), float(cuts[0].mean())

    return rule


def median(values: Floats, weights: Floats | None = None) -> Floats:
    """Return the median over groups in every draw: each group counts once, or by its people.

    Parameters
    ----------
    values : ndarray of shape (n_draw, n_group)
    weights : ndarray of shape (n_draw, n_group), optional

    Returns
    -------
    ndarray of shape (n_draw, 1)

    Examples
    --------
    >>> median(np.array([[1.0, 2.0, 9.0]])).tolist()
    [[2.0]]
    >>> median(np.array([[1.0, 2.0, 9.0]]), np.array([[1.0, 1.0, 5.0]])).tolist()
    [[9.0]]
    """
    if weights is None:
        return np.asarray(np.median(values, axis=1, keepdims=True))
    order = np.argsort(values, axis=1, kind="stable")
    upto = np.take_along_axis(weights, order, axis=1).cumsum(axis=1)
    place = (upto < 0.5 * upto[:, -1:]).sum(axis=1, keepdims=True)
    return np.take_along_axis(np.take_along_axis(values, order, axis=1), place, axis=1)


def above_cuts(
    exposure: Floats, theta: Floats, cuts: tuple[Floats, Floats]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which groups are highly exposed, and which highly complementary, in every draw.

    A group at the cut itself is not highly exposed, and not of low complementarity.
    """
    return exposure > cuts[0], theta >= cuts[1]


def more_than_bar(share: str) -> Rule:
    """Make the rule: jobs of whose tasks more than `options.whole_job_bar` are counted by a share.

    Parameters
    ----------
    share : str
        ``task_substitution_share`` (done whole) or ``task_assistance_share`` (done faster).
    """

    def rule(basis: Basis) -> tuple[Floats, float]:
        mean, spread = share_of_jobs(basis, share)
        bar = basis.options.whole_job_bar
        if not 0.0 < bar < 1.0:
            raise ConfigError(f"at_risk.whole_job_bar is {bar}; expected between 0 and 1.")
        return np.asarray(ndtr((mean - bar) / spread)), bar

    return rule


def share_of_jobs(basis: Basis, share: str) -> tuple[Floats, Floats]:
    """Return a share of tasks by minor group and how jobs spread around it.

    Returns
    -------
    mean : ndarray of shape (n_draw, n_minor)
        With the sampling error of its tasks, drawn; it may leave 0-1 by that error.
    spread : ndarray of shape (n_minor,)
    """
    carried = basis.korea.extras[share]
    spread = task_spread(basis.tables, share, basis.korea.minor.titles.index)
    return carried + spread.sampling * basis.rng.standard_normal(carried.shape), spread.between_jobs
