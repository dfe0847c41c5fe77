"""The published ways to count jobs at risk, each as a rule over draws of Korean scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from forecast.errors import ConfigError, InputError
from forecast.models.base import Floats
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
    published : float
        Published count in the unit of the base.
    rng : Generator
    """

    korea: KoreanScores
    people: Floats
    published: float
    rng: np.random.Generator


Rule = Callable[[Basis], tuple[Floats, float]]  # probability (n_draw, n_minor) and threshold


@dataclass(frozen=True)
class Preset:
    """A published way to count: definition, denominator and the rule that does it.

    `implied_base` is true where the base is the one that the document implies, false where it is
    the mean number of employed persons of the base year.
    """

    name: str
    definition: str
    base: str
    rule: Rule
    implied_base: bool = False


def require_preset(name: str) -> str:
    """Return `name`, or refuse it with the list of presets.

    Examples
    --------
    >>> require_preset("kiet_2022")
    'kiet_2022'
    """
    if name not in PRESETS:
        raise ConfigError(f"at_risk.preset is {name!r}; choose one of {', '.join(PRESETS)}.")
    return name


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


def _calibrated_threshold(basis: Basis) -> tuple[Floats, float]:
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


def _top(share: float) -> Rule:
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


def _high_exposure_low_complementarity(basis: Basis) -> tuple[Floats, float]:
    """Cut at the unweighted medians over minor groups, in every draw."""
    exposure = basis.korea.minor.exposure.to_numpy()
    theta = basis.korea.minor.complementarity.to_numpy()
    median = np.median(exposure, axis=1, keepdims=True)
    low = theta < np.median(theta, axis=1, keepdims=True)
    return ((exposure > median) & low).astype(float), float(median.mean())


def _tasks_done_whole(basis: Basis) -> tuple[Floats, float]:
    """Count a job as the share of its tasks that AI does whole: there is no cut-off."""
    return basis.korea.extra, float("nan")


_EMPLOYED = "employed persons, mean of the half-years of {year}"
PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="kiet_2022",
            definition=(
                "P(substitution of a job > threshold); the threshold is calibrated so that the "
                "mean over draws equals the published count: the level is theirs, the "
                "distribution over occupations and the interval are ours (they used the patent "
                "index of Webb 2020)"
            ),
            base=(
                "jobs implied by the published count and share, spread over occupations like "
                "employed persons of {year}"
            ),
            rule=_calibrated_threshold,
            implied_base=True,
        ),
        Preset(
            name="bok_2023_top20",
            definition=(
                "all persons in the most exposed 20 % of minor groups (share of groups, not of "
                "persons); not calibrated (they used the patent index of Webb 2020)"
            ),
            base=_EMPLOYED,
            rule=_top(0.20),
        ),
        Preset(
            name="bok_2023_top25",
            definition=(
                "all persons in the most exposed 25 % of minor groups (share of groups, not of "
                "persons); not calibrated (they used the patent index of Webb 2020)"
            ),
            base=_EMPLOYED,
            rule=_top(0.25),
        ),
        Preset(
            name="imf_high_exposure_low_complementarity",
            definition=(
                "all persons in minor groups with exposure above and complementarity below the "
                "unweighted median over groups; not calibrated; the published share is applied "
                "to our base"
            ),
            base=_EMPLOYED,
            rule=_high_exposure_low_complementarity,
        ),
        Preset(
            name="kli_2024_gpt",
            definition=(
                "persons x share of their tasks that AI does whole (labels E1, T3, T4), without "
                "a cut-off; not calibrated; the published figure is for the first half of 2023"
            ),
            base=_EMPLOYED,
            rule=_tasks_done_whole,
        ),
    )
}
