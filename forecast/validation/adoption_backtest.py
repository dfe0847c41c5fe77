"""Rolling-origin tests of adoption forecasts, by vintage: a national series and the state panel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import InputError
from forecast.models.combination import COMBINATION, crps_weights, pool_draws
from forecast.models.curves import CURVES
from forecast.models.diffusion import (
    DiffusionPrior,
    binomial_variance,
    draw_shocks,
    fit_diffusion,
)
from forecast.models.share_walks import WALKS, walk_draws
from forecast.models.state_panel import COMBINED, StatePanel, combine, member_draws
from forecast.validation.scores import coverage_draws, crps_draws, mae, pinball_loss

Floats = NDArray[np.float64]

NAIVE = "last_value"
FLOOR = "sampling_error"  # a forecast that knew the true share would err by this much
HORIZONS = (6, 13)  # cycles ahead that are scored: a quarter and half a year
FIRST_WEIGHED = 8  # cycles seen by the first vintage; it and the next ones only earn weights
FIRST_SCORED = 13  # half a year seen
LEAST_VALUES = 2  # a drift needs them; states with fewer are not scored
PINBALL = (0.1, 0.9)


def score_series(
    years: NDArray[np.int_],
    share: Floats,
    *,
    n_firms: Floats,
    prior: DiffusionPrior,
    first: int,
    proposals: int,
    n_draw: int,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Forecast a yearly series from every vintage what is known today, and score it.

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
        model, metric, value, n, naive_value, for each curve, their combination, and the walks of
        :data:`forecast.models.share_walks.WALKS`. ``mae``, ``crps`` and ``pinball10``,
        ``pinball90`` are in percentage points of firms, lower is better; ``coverage80`` and
        ``coverage95`` are good at their level. The naive model is the last value.
    dict of str to float
        Weights of the curves, from all vintages: those of a forecast made today.
    """
    drawn: dict[str, list[Floats]] = defaultdict(list)
    observed: list[Floats] = []
    past: dict[tuple[int, int], Floats] = {}  # (years seen, year forecast) -> CRPS by curve
    for n_seen in range(first, len(years)):
        later = slice(n_seen, None)
        ahead = years[later] - years[n_seen - 1]
        curves = _curve_draws(
            years[:n_seen],
            share[:n_seen],
            n_firms[:n_seen],
            ahead,
            prior=prior,
            proposals=proposals,
            n_draw=n_draw,
            rng=rng,
        )
        grid = _yearly(years[:n_seen], share[:n_seen], n_firms[:n_seen])
        walks = {
            name: walk_draws(walk, *grid, horizon=int(ahead[-1]), n_draw=n_draw, rng=rng)
            for name, walk in WALKS.items()
        }
        walks = {name: draws[:, 0, ahead - 1] for name, draws in walks.items()}
        known = [crps for (_, year), crps in past.items() if year <= years[n_seen - 1]]
        weights = crps_weights(np.array(known).reshape(len(known), len(CURVES)).T)
        pooled = pool_draws(curves, dict(zip(CURVES, weights, strict=True)), rng)
        for name, draws in {**walks, **curves, COMBINATION: pooled}.items():
            drawn[name].append(draws)
        observed.append(share[later])
        crps = np.array([crps_draws(curves[name], share[later]) for name in CURVES])
        past |= {(n_seen, int(year)): crps[:, at] for at, year in enumerate(years[later])}
    y = np.concatenate(observed)
    scores = {name: _score(np.hstack(parts), y) for name, parts in drawn.items()}
    weights = crps_weights(np.array(list(past.values())).T)
    return _rows(scores, len(y)), dict(zip(CURVES, map(float, weights), strict=True))


def score_states(
    panel: StatePanel,
    *,
    prior: DiffusionPrior,
    n_draw: int,
    rng: np.random.Generator,
    horizons: Sequence[int] = HORIZONS,
    first: int = FIRST_SCORED,
) -> pd.DataFrame:
    """Forecast every state from every cycle on, and score what the survey then measured.

    Parameters
    ----------
    panel : StatePanel
    prior : DiffusionPrior
        Per year; declared, not fitted to anything.
    n_draw : int
    rng : Generator
    horizons : sequence of int
        Cycles ahead.
    first : int
        Cycles seen by the first vintage that is scored. Vintages from :data:`FIRST_WEIGHED` on
        only earn the weights of the combination.

    Returns
    -------
    DataFrame
        target (``btos_state_6`` is six cycles ahead), model, metric, value, n, naive_value; metrics
        as in :func:`score_series`. ``mae_floor`` of ``sampling_error`` is what a forecast of the
        true share would err by, since the target is a survey.

    Notes
    -----
    The weights of a vintage come from forecasts that were verified by then.
    """
    longest, n_cycle = max(horizons), panel.current.shape[1]
    if first + longest > n_cycle:
        raise InputError(
            f"{n_cycle} cycles leave no forecast of {longest} cycles after {first} seen; shorten "
            "the horizons."
        )
    parts: dict[tuple[str, int], list[Floats]] = defaultdict(list)
    observed: dict[int, list[Floats]] = defaultdict(list)
    errors: dict[int, list[Floats]] = defaultdict(list)
    past: dict[tuple[int, int], Floats] = {}  # (cycles seen, cycle forecast) -> CRPS by member
    for n_seen in range(min(FIRST_WEIGHED, first), n_cycle):
        seen = panel.until(n_seen)
        drawn = member_draws(seen, prior=prior, horizon=longest, n_draw=n_draw, rng=rng)
        known = [crps for (_, cycle), crps in past.items() if cycle < n_seen]
        weights = crps_weights(np.array(known).reshape(len(known), len(COMBINED)).T)
        enough = np.isfinite(seen.current).sum(axis=1) >= LEAST_VALUES
        for ahead in range(1, min(longest, n_cycle - n_seen) + 1):
            cycle = n_seen + ahead - 1
            there = enough & np.isfinite(panel.current[:, cycle])
            y = panel.current[there, cycle]
            now = {name: draws[:, there, ahead - 1] for name, draws in drawn.items()}
            past[n_seen, cycle] = np.array([crps_draws(now[m], y).mean() for m in COMBINED])
            if ahead not in horizons or n_seen < first:
                continue
            now[COMBINATION] = combine(now, weights, rng)
            for name, draws in now.items():
                parts[name, ahead].append(draws)
            observed[ahead].append(y)
            errors[ahead].append(panel.current_error[there, cycle])
    tables = []
    for ahead in horizons:
        y = np.concatenate(observed[ahead])
        models = [name for name, at in parts if at == ahead]
        scores = {name: _score(np.hstack(parts[name, ahead]), y) for name in models}
        floor = 100.0 * np.sqrt(2.0 / np.pi) * np.concatenate(errors[ahead]).mean()
        scores[FLOOR] = {"mae_floor": float(floor)}
        tables.append(_rows(scores, len(y)).assign(target=f"btos_state_{ahead}"))
    return pd.concat(tables, ignore_index=True)


def _curve_draws(
    years: NDArray[np.int_],
    share: Floats,
    n_firms: Floats,
    ahead: NDArray[np.int_],
    *,
    prior: DiffusionPrior,
    proposals: int,
    n_draw: int,
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """Draw the share (n_draw, n_ahead) under every curve."""
    drawn = {}
    for name, curve in CURVES.items():
        fit = fit_diffusion(
            years,
            share,
            n_firms=n_firms,
            prior=prior,
            proposals=proposals,
            n_draw=n_draw,
            rng=rng,
            curve=curve,
        )
        shocks = draw_shocks(n_draw, int(ahead[-1]), rng=rng)
        drawn[name] = fit.paths(shocks)[:, ahead - 1]
    return drawn


def _yearly(years: NDArray[np.int_], share: Floats, n_firms: Floats) -> tuple[Floats, Floats]:
    """Place a series on every year between its first and last (1, n_year), with its errors."""
    values = np.full((1, years[-1] - years[0] + 1), np.nan)
    errors = values.copy()
    values[0, years - years[0]] = share
    errors[0, years - years[0]] = np.sqrt(binomial_variance(share, n_firms))
    return values, errors


def _score(draws: Floats, y: Floats) -> dict[str, float]:
    """Score shares; errors in percentage points."""
    points = 100.0
    lost = {
        f"pinball{round(100 * level)}": points
        * float(pinball_loss(y, np.quantile(draws, level, axis=0), level).mean())
        for level in PINBALL
    }
    return {
        "mae": points * mae(y, np.median(draws, axis=0)),
        "crps": points * float(crps_draws(draws, y).mean()),
        **lost,
        "coverage80": coverage_draws(draws, y, 0.80),
        "coverage95": coverage_draws(draws, y, 0.95),
    }


def _rows(scores: dict[str, dict[str, float]], n: int) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "model": model,
                "metric": metric,
                "value": value,
                "n": n,
                "naive_value": scores[NAIVE].get(metric, np.nan),
            }
            for model, found in scores.items()
            for metric, value in found.items()
        ]
    )
