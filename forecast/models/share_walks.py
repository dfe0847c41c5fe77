"""Last value, drift and damped trend of shares that are measured with a known sampling error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from forecast.errors import InputError
from forecast.models.diffusion import draw_shocks

Floats = NDArray[np.float64]

_SMALLEST_VARIANCE = 1e-10
_LARGEST_DEGREES = 200.0  # more changes than that: a Student t is normal


@dataclass(frozen=True)
class ShareWalk:
    """One extrapolation.

    Parameters
    ----------
    drift : bool
        Whether the mean change from the first to the last value goes on.
    on_logit : bool
        Walk on the logit scale (odds), or in points.
    damping : float
        Of each further period's drift; 1 is a straight line.
    """

    drift: bool
    on_logit: bool
    damping: float = 1.0


WALKS = {
    "last_value": ShareWalk(drift=False, on_logit=True),
    "drift": ShareWalk(drift=True, on_logit=False),
    "drift_logit": ShareWalk(drift=True, on_logit=True),
    # 0.9: the usual damping of Gardner and McKenzie (1985), Management Science 31(10); not tuned.
    "damped_trend": ShareWalk(drift=True, on_logit=True, damping=0.9),
}


def walk_draws(
    walk: ShareWalk,
    share: Floats,
    error: Floats,
    *,
    horizon: int,
    n_draw: int,
    rng: np.random.Generator,
) -> Floats:
    """Draw what a survey will measure in the periods ahead.

    Parameters
    ----------
    walk : ShareWalk
    share, error : ndarray (n_series, n_time)
        Shares and their standard errors, oldest first; NaN where not published.
    horizon, n_draw : int
    rng : Generator

    Returns
    -------
    ndarray (n_draw, n_series, horizon)
        Shares between 0 and 1; NaN for a series without any value. The variance is that of the
        steps (pooled over the series, sampling error taken off), of the last value, of the slope,
        and of the sampling error to come.

    Examples
    --------
    >>> flat = np.array([[0.1, 0.1, 0.1]])
    >>> known = dict(horizon=2, n_draw=4, rng=np.random.default_rng(0))
    >>> walk_draws(WALKS["drift"], flat, 0.0 * flat, **known).round(4)[0].tolist()
    [[0.1, 0.1]]
    """
    seen = np.isfinite(share)
    if not (seen.sum(axis=1) > 1).any():
        raise InputError("a walk needs a series with two values; its steps are unknown otherwise.")
    value = logit(share) if walk.on_logit else share
    noise = np.square(error / (share * (1.0 - share)) if walk.on_logit else error)
    period = np.arange(share.shape[1])
    final = np.where(seen, period, -1).max(axis=1)
    first = np.where(seen, period, len(period)).min(axis=1)
    rows, span = np.arange(len(share)), np.maximum(final - first, 0)
    start = value[rows, final]
    rise = np.where(span > 0, start - value[rows, np.minimum(first, len(period) - 1)], 0.0)
    slope = rise / np.maximum(span, 1) * walk.drift
    step, n_change = _step_variance(value, noise, slope)
    age = (period[-1] - final)[:, None]
    lead = age + np.arange(1, horizon + 1)
    run = _damped(lead, walk.damping)
    stretch = np.where(span > 0, 1.0, 0.0)[:, None] * run / np.maximum(span, 1)[:, None]
    stretch = stretch * walk.drift
    own = np.nanmean(np.where(seen, noise, np.nan)[seen.any(axis=1)], axis=1)
    later = np.full(len(share), np.nan)
    later[seen.any(axis=1)] = own
    variance = step * lead * (1.0 + stretch)
    variance = variance + later[:, None] * (1.0 + (1.0 + stretch) ** 2 + stretch**2)
    shocks = draw_shocks(n_draw, len(share), rng=rng, degrees=min(n_change, _LARGEST_DEGREES))
    drawn = start[:, None] + slope[:, None] * run + np.sqrt(variance) * shocks[:, :, None]
    return np.asarray(expit(drawn) if walk.on_logit else np.clip(drawn, 0.0, 1.0))


def _step_variance(value: Floats, noise: Floats, slope: Floats) -> tuple[float, float]:
    """Return the variance of one period's step by moments, and the number of changes behind it."""
    total, periods = 0.0, 0
    for lag in range(1, value.shape[1]):
        change = value[:, lag:] - value[:, :-lag] - lag * slope[:, None]
        both = np.isfinite(change)
        total += (change**2 - noise[:, lag:] - noise[:, :-lag])[both].sum()
        periods += lag * int(both.sum())
    n_change = float((np.isfinite(value).sum(axis=1) - 1).clip(min=0).sum())
    return max(total / periods, _SMALLEST_VARIANCE), n_change


def _damped(lead: NDArray[np.int_], damping: float) -> Floats:
    """Return the sum of the powers 1 to `lead` of the damping: `lead` itself without damping."""
    if damping == 1.0:
        return lead.astype(float)
    return np.asarray(damping * (1.0 - damping**lead) / (1.0 - damping))
