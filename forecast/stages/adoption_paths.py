"""Paths of adoption from what was seen last: curves pooled, scopes borrowing from their nation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit, logit

from forecast.checked import labelled
from forecast.models.combination import pool_draws
from forecast.models.curves import CURVES
from forecast.models.diffusion import Diffusion, DiffusionPrior, draw_shocks, fit_diffusion
from forecast.stages.adoption_series import Series

Floats = NDArray[np.float64]
ByCurve = dict[str, Diffusion]

LEAST_PART = 0.01  # of the way to another ceiling: a scope is never exactly its nation


@dataclass(frozen=True)
class Outlook:
    """What all scopes of a forecast share.

    Parameters
    ----------
    years : list of int
        Forecast years.
    speeds : dict of str to float
        Scenario to multiplier of the speed after the last observation.
    weights : dict of str to float
        Weight of each curve; sums to 1.
    n_draw : int
    """

    years: list[int]
    speeds: dict[str, float]
    weights: dict[str, float]
    n_draw: int

    def paths(
        self, fits: Mapping[str, ByCurve], last_years: Mapping[str, int], rng: np.random.Generator
    ) -> xr.DataArray:
        """Draw percentages (scenario, draw, scope, year) from the fits of every scope.

        All scopes of a draw follow the same curve and the same yearly shocks; a faster scenario
        is never below a slower one in any draw. ``no_ai`` holds the last observed value.
        """
        first = min(last_years.values()) + 1
        shocks = draw_shocks(self.n_draw, self.years[-1] - first + 1, rng=rng)
        drawn = {name: self._moving(fits, last_years, first, shocks, name) for name in CURVES}
        moving = pool_draws(drawn, self.weights, rng)
        shape = (self.n_draw, 1, len(fits), len(self.years))
        starts = [next(iter(by_curve.values())).start for by_curve in fits.values()]
        start = np.stack([np.broadcast_to(value, self.n_draw) for value in starts], axis=1)
        held = np.broadcast_to(start[:, None, :, None], shape)
        value = np.moveaxis(np.concatenate([held, moving], axis=1), 1, 0)
        return labelled(
            100.0 * value,
            {
                "scenario": ["no_ai", *self.speeds],
                "draw": np.arange(self.n_draw),
                "scope": list(fits),
                "year": self.years,
            },
            unit="percent",
            low=0.0,
            high=100.0,
        )

    def _moving(
        self,
        fits: Mapping[str, ByCurve],
        last_years: Mapping[str, int],
        first: int,
        shocks: Floats,
        curve: str,
    ) -> Floats:
        """Return shares (n_draw, n_scenario, n_scope, n_year) of one curve."""
        scopes = [
            [
                fits[scope][curve].paths(
                    shocks[:, last_years[scope] + 1 - first :], speed_factor=speed
                )[:, -len(self.years) :]
                for scope in fits
            ]
            for speed in self.speeds.values()
        ]
        return np.asarray(np.moveaxis(np.array(scopes), 2, 0))


def fit_curves(
    series: Series,
    prior: DiffusionPrior,
    *,
    proposals: int,
    n_draw: int,
    rng: np.random.Generator,
) -> ByCurve:
    """Fit every curve to a national series."""
    return {
        name: fit_diffusion(
            series.years,
            series.share,
            n_firms=series.n_firms,
            prior=prior,
            proposals=proposals,
            n_draw=n_draw,
            rng=rng,
            curve=curve,
        )
        for name, curve in CURVES.items()
    }


def borrow(
    nation: ByCurve, share: float | Floats, *, spread: float, rng: np.random.Generator
) -> ByCurve:
    """Borrow the national posterior for a scope that was seen once.

    One point cannot tell whether a scope is ahead in time (part 0: the nation's ceiling) or heads
    elsewhere (part 1: as far below its ceiling as the nation is below its own, on the logit scale).
    The part is drawn evenly over all values that keep the ceiling above what was observed; the
    speed differs from the nation's by a log-normal factor of standard deviation `spread`.
    """
    size = next(iter(nation.values())).ceiling.shape
    chance, factor = rng.uniform(LEAST_PART, 1.0, size=size), rng.standard_normal(size)
    return {
        name: replace(
            fit,
            ceiling=_ceiling(fit, share, chance),
            speed=fit.speed * np.exp(spread * factor),
            start=share,
        )
        for name, fit in nation.items()
    }


def _ceiling(fit: Diffusion, share: float | Floats, chance: Floats) -> Floats:
    ceiling = logit(fit.ceiling)
    shift = np.broadcast_to(logit(share) - logit(fit.start), ceiling.shape)
    short = np.maximum(logit(share) - ceiling, 0.0)  # how far the nation's ceiling is too low
    lowest = np.divide(short, shift, out=np.zeros_like(ceiling), where=shift > 0)
    return np.asarray(expit(ceiling + (lowest + (1.0 - lowest) * chance) * shift))
