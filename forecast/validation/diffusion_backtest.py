"""Rolling-origin test of the diffusion curve against the last value and a drift, by vintage."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from forecast.models.diffusion import DiffusionPrior, draw_shocks, fit_diffusion
from forecast.validation.scores import coverage_draws, crps_draws, mae

Floats = NDArray[np.float64]

NAIVE = "naive"


def score_diffusion(
    years: NDArray[np.int_],
    share: Floats,
    *,
    n_firms: Floats,
    prior: DiffusionPrior,
    first: int,
    proposals: int,
    n_draw: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Forecast from every vintage what is known today, and score it.

    Parameters
    ----------
    years, share, n_firms : ndarray (n_year,)
        As for :func:`forecast.models.diffusion.fit_diffusion`, ascending.
    prior : DiffusionPrior
    first : int
        Points that the first vintage sees, at least three.
    proposals, n_draw : int
    rng : Generator

    Returns
    -------
    DataFrame
        model (``logistic``, ``drift_logit``), metric, value, n, naive_value. ``mae`` and ``crps``
        are in percentage points of firms, lower is better; ``coverage80`` is good at 0.80. The
        naive model is the last value, its intervals those of a walk without drift.
    """
    drawn: dict[str, list[Floats]] = {NAIVE: [], "logistic": [], "drift_logit": []}
    for n_seen in range(first, len(years)):
        ahead = years[n_seen:] - years[n_seen - 1]
        fit = fit_diffusion(
            years[:n_seen],
            share[:n_seen],
            n_firms=n_firms[:n_seen],
            prior=prior,
            proposals=proposals,
            n_draw=n_draw,
            rng=rng,
        )
        shocks = draw_shocks(n_draw, int(ahead[-1]), rng=rng)
        drawn["logistic"].append(fit.paths(shocks)[:, ahead - 1])
        walks = _walks(years[:n_seen], share[:n_seen], ahead, n_draw=n_draw, rng=rng)
        for name, walk in walks.items():
            drawn[name].append(walk)
    y = 100.0 * np.concatenate([share[n_seen:] for n_seen in range(first, len(years))])
    scores = {name: _score(100.0 * np.hstack(parts), y) for name, parts in drawn.items()}
    rows = [
        {
            "model": name,
            "metric": metric,
            "value": value,
            "n": len(y),
            "naive_value": scores[NAIVE][metric],
        }
        for name in ("logistic", "drift_logit")
        for metric, value in scores[name].items()
    ]
    return pd.DataFrame(rows)


def _walks(
    years: NDArray[np.int_],
    share: Floats,
    ahead: NDArray[np.int_],
    *,
    n_draw: int,
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """Draw random walks on the logit scale from the last value, without and with drift."""
    changes = np.diff(logit(share)) / np.diff(years)
    # A step's size is known from as many changes as were seen: Student t with that many degrees.
    steps = draw_shocks(n_draw, int(ahead[-1]), rng=rng, degrees=float(len(changes)))
    walk = np.cumsum(steps, axis=1)[:, ahead - 1]
    start = logit(share[-1])
    return {
        # Without a drift all of a past change is step.
        NAIVE: np.asarray(expit(start + np.sqrt((changes**2).mean()) * walk)),
        "drift_logit": np.asarray(
            expit(start + changes.mean() * ahead + changes.std(ddof=1) * walk)
        ),
    }


def _score(draws: Floats, y: Floats) -> dict[str, float]:
    return {
        "mae": mae(y, np.median(draws, axis=0)),
        "crps": float(crps_draws(draws, y).mean()),
        "coverage80": coverage_draws(draws, y, 0.8),
    }
