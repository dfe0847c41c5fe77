"""Is one forecaster better than another, or only luckier? Tests over the origins of a back-test.

Series are strongly dependent on each other and origins overlap, so the number of independent
cases is close to the number of origins. Every statistic here first averages over series within an
origin: neither the number of series nor that of cells can make a difference look certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from forecast.errors import InputError
from forecast.validation.backtest import BackTest
from forecast.validation.levels import Floats, Levels, totals
from forecast.validation.scores import skill_percent

COMPARED = ("mase", "crps_scaled")
RESAMPLES = 2_000  # of the origins: the ends of a 95 % interval rest on fifty each


@dataclass(frozen=True)
class DieboldMariano:
    """Statistic and two-sided p-value; negative where the first forecaster errs less.

    Both are NaN where the origins do not outnumber the periods that a forecast reaches ahead.
    """

    statistic: float
    p_value: float


def diebold_mariano(
    difference: ArrayLike, *, horizon: int, weights: ArrayLike | None = None
) -> DieboldMariano:
    """Test whether the mean loss of two forecasters is equal.

    Parameters
    ----------
    difference : array_like of shape (n_origin,)
        Loss of the first less loss of the second, by origin, in order of time.
    horizon : int
        Periods ahead: errors of `horizon` steps overlap and are correlated over ``horizon - 1``
        origins. Their autocovariances are weighted as by Newey and West, which keeps the variance
        positive in short samples.
    weights : array_like of shape (n_origin,), optional
        Forecasts behind each difference, where origins near the end of the data have fewer: the
        mean that is tested is weighted by them.

    References
    ----------
    Diebold and Mariano (1995), Journal of Business and Economic Statistics 13(3), with the
    correction for few origins and Student's t of Harvey, Leybourne and Newbold (1997),
    International Journal of Forecasting 13(2), equation 9; Newey and West (1987), Econometrica
    55(3).

    Examples
    --------
    >>> test = diebold_mariano([-1.0, -3.0, -2.0, -2.0], horizon=1)
    >>> round(test.statistic, 3), round(test.p_value, 3)
    (-4.899, 0.016)
    """
    d = np.asarray(difference, dtype=float)
    w = np.ones(d.shape) if weights is None else np.asarray(weights, dtype=float)
    usable = d.ndim == 1 and d.shape == w.shape and np.isfinite(d).all() and (w > 0).all()
    if not usable or horizon < 1:
        raise InputError(
            "a test of loss differences needs one finite number per origin, weights above 0 and "
            f"a horizon of at least 1; it was given shape {d.shape} and horizon {horizon}."
        )
    n, w = len(d), w / w.mean()
    mean = (w * d).mean()
    centred = w * (d - mean)
    weighted = [
        (1.0 if lag == 0 else 2.0) * (1.0 - lag / horizon) * (centred[lag:] @ centred[: n - lag])
        for lag in range(min(horizon, n))
    ]
    variance = sum(weighted) / n**2
    if n <= horizon or n < 2 or not variance > 0:
        return DieboldMariano(np.nan, np.nan)
    # (n + 1 - 2h + h (h - 1) / n) / n, written as a product
    few = (n - horizon) * (n - horizon + 1) / n**2
    statistic = float(np.sqrt(few) * mean / np.sqrt(variance))
    return DieboldMariano(statistic, float(2.0 * student.sf(abs(statistic), df=n - 1)))


def circular_blocks(
    n_origin: int, *, length: int, n_sample: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Resample origins in blocks of neighbours, the last followed by the first.

    Returns
    -------
    ndarray (n_sample, n_origin)
        Positions; every origin is as likely as any other.

    References
    ----------
    Politis and Romano (1992), A circular block-resampling procedure for stationary data.

    Examples
    --------
    >>> blocks = circular_blocks(4, length=2, n_sample=1, rng=np.random.default_rng(0))
    >>> blocks.tolist()
    [[3, 0, 2, 3]]
    """
    n_block = -(-n_origin // length)
    starts = rng.integers(n_origin, size=(n_sample, n_block, 1))
    blocks = (starts + np.arange(length)) % n_origin
    return np.asarray(blocks.reshape(n_sample, -1)[:, :n_origin])


def forecast_comparison(
    test: BackTest, levels: Levels, *, default: str, rng: np.random.Generator
) -> pd.DataFrame:
    """Set the default model against every other, by level, horizon and metric.

    Returns
    -------
    DataFrame
        target, horizon (0: all), metric, model, rival, difference (mean loss of the model less
        that of the rival), skill_percent with its bootstrap interval `lower95` and `upper95`,
        series_won_share, dm_statistic, dm_p_value, n_origins, n. Origins are resampled in blocks
        as long as forecasts overlap, at most half of them.
    """
    n_horizon = test.models[default].crps.shape[2]
    cases = levels.index(1 + n_horizon)
    samples: dict[tuple[int, int], NDArray[np.intp]] = {}  # shared by all rows that can share them
    rows: list[dict[str, object]] = []
    rivals = [model for model in test.models if model != default]
    for metric, rival in product(COMPARED, rivals):
        own, n = totals(test.forecasts(default, metric))
        other, _ = totals(test.forecasts(rival, metric))
        won = levels.sums((own.sum(axis=0) < other.sum(axis=0)).astype(float)).ravel()
        scored = levels.sums(np.sign(n.sum(axis=0))).ravel()
        sums = (levels.sums(part).reshape(len(part), -1) for part in (n, own, other))
        counts, first, second = sums  # (n_origin, n_case)
        for case, (target, horizon) in enumerate(cases):
            seen = counts[:, case] > 0
            if not seen.any():
                continue
            reach, n_origin = horizon or n_horizon, int(seen.sum())
            if (horizon, n_origin) not in samples:
                samples[horizon, n_origin] = _resamples(n_origin, reach, rng)
            found = _compared(
                first[seen, case],
                second[seen, case],
                counts[seen, case],
                reach=reach,
                samples=samples[horizon, n_origin],
            )
            labels = {"target": target, "horizon": horizon, "metric": metric}
            share = {"series_won_share": won[case] / scored[case]}
            rows.append({**labels, "model": default, "rival": rival, **found, **share})
    keys = ["target", "horizon", "metric", "rival"]
    return pd.DataFrame(rows).sort_values(keys, ignore_index=True)


def _resamples(n_origin: int, reach: int, rng: np.random.Generator) -> NDArray[np.intp]:
    length = max(1, min(reach, n_origin // 2))
    return circular_blocks(n_origin, length=length, n_sample=RESAMPLES, rng=rng)


def _compared(
    first: Floats, second: Floats, counts: Floats, *, reach: int, samples: NDArray[np.intp]
) -> dict[str, float]:
    """Compare sums of losses by origin (n_origin,) over `counts` forecasts each."""
    test = diebold_mariano((first - second) / counts, horizon=reach, weights=counts)
    resampled = skill_percent(first[samples].sum(axis=1), second[samples].sum(axis=1))
    lower, upper = np.quantile(resampled, (0.025, 0.975))
    return {
        "difference": float((first - second).sum() / counts.sum()),
        "skill_percent": float(skill_percent(first.sum(), second.sum())),
        "lower95": float(lower),
        "upper95": float(upper),
        "dm_statistic": test.statistic,
        "dm_p_value": test.p_value,
        "n_origins": len(counts),
        "n": int(counts.sum()),
    }
