"""What firms expect of themselves as a leading indicator of their adoption."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Of what firms expect, about half comes true: assumption, with a wide deviation; as much as one
# full span of expectations that have been put to the test counts the same.
REALISED_PRIOR = (0.5, 0.25)


def realised_share(current: Floats, expected: Floats, *, ahead: int) -> tuple[float, float]:
    """Estimate how much of the expected rise came true so far.

    Parameters
    ----------
    current, expected : ndarray (n_unit, n_time)
        Share now, and share expected `ahead` periods later; NaN where not published.
    ahead : int
        Span of the expectation.

    Returns
    -------
    (float, float)
        Mean and standard deviation: the prior, updated by the ratio of realised to expected rises
        over all origins whose span has passed. Overlapping origins count once per span.

    Examples
    --------
    >>> now = np.array([[0.05, 0.06, 0.07]])
    >>> mean, deviation = realised_share(now, now + 0.01, ahead=1)  # all came true, twice
    >>> round(mean, 3), round(deviation, 3)
    (0.833, 0.144)
    """
    n_origin = current.shape[1] - ahead
    prior, deviation = REALISED_PRIOR
    if n_origin < 1:
        return prior, deviation
    rise = current[:, ahead:] - current[:, :-ahead]
    gap = (expected - current)[:, :n_origin]
    both = np.isfinite(rise) & np.isfinite(gap)
    if not gap[both].sum() > 0:
        return prior, deviation
    weight = n_origin / ahead
    ratio = rise[both].sum() / gap[both].sum()
    return float((prior + weight * ratio) / (1.0 + weight)), deviation / (1.0 + weight) ** 0.5


def expected_paths(
    current: Floats,
    expected: Floats,
    *,
    ahead: int,
    realised: tuple[float, float],
    rng: np.random.Generator,
) -> Floats:
    """Let the median rise follow the expectations; keep the uncertainty of the paths.

    Parameters
    ----------
    current : ndarray (n_draw, n_unit, 1 + horizon)
        True shares, now and ahead, of a model of the current use.
    expected : ndarray (n_draw, n_unit)
        True expected share now.
    ahead : int
        Span of the expectation; the rise is spread evenly over it.
    realised : (float, float)
        From :func:`realised_share`.

    Returns
    -------
    ndarray (n_draw, n_unit, 1 + horizon)
    """
    lead = np.arange(current.shape[2]) / ahead
    part = realised[0] + realised[1] * rng.standard_normal(len(current))
    gap = np.maximum(expected - current[:, :, 0], 0.0)
    usual = np.median(current - current[:, :, :1], axis=0)
    return np.clip(current - usual + part[:, None, None] * gap[:, :, None] * lead, 1e-6, 1 - 1e-6)
