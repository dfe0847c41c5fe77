"""Members of the forecast of AI use by state: walks, pooled curves, expectations of firms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from forecast.models.adoption_panel import PanelFit, fit_panel
from forecast.models.combination import pool_draws
from forecast.models.curves import CURVES, LOGISTIC, Curve
from forecast.models.diffusion import DiffusionPrior
from forecast.models.expectation import expected_paths, realised_share
from forecast.models.share_walks import WALKS, walk_draws

Floats = NDArray[np.float64]

CYCLES_PER_YEAR = 26
EXPECTED_AHEAD = 13  # six months of two-week cycles
CEILING_LEVELS = (0.1, 0.5, 0.9)  # quantiles of the prior that stand for it
EXPECTATION = "expectation"
DRIFT = "drift_logit"  # pooled like the curves, without a ceiling below 1
COMBINED = (*CURVES, EXPECTATION)
_Z95 = float(norm.ppf(0.975))


@dataclass(frozen=True)
class StatePanel:
    """AI use of firms by state and cycle, as shares with standard errors.

    Parameters
    ----------
    states : tuple of str
    current, current_error, expected, expected_error : ndarray (n_state, n_cycle)
        NaN where the bureau suppressed a value.
    """

    states: tuple[str, ...]
    current: Floats
    current_error: Floats
    expected: Floats
    expected_error: Floats

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> StatePanel:
        """Read table ``btos_state``."""
        states = sorted(table["state"].unique())
        periods = range(int(table["period"].max()) + 1)
        arrays = []
        for series in ("current", "expected_6m"):
            rows = table[table["series"] == series]
            for column in ("yes_percent", "standard_error"):
                wide = rows.pivot(index="state", columns="period", values=column)
                arrays.append(wide.reindex(index=states, columns=periods).to_numpy() / 100.0)
        return cls(tuple(states), *arrays)

    def until(self, n_seen: int) -> StatePanel:
        """Return what was known after `n_seen` cycles."""
        kept = (
            array[:, :n_seen].copy()
            for array in (self.current, self.current_error, self.expected, self.expected_error)
        )
        return StatePanel(self.states, *kept)


def fit_states(
    share: Floats,
    error: Floats,
    prior: DiffusionPrior,
    curve: Curve,
    *,
    ceiling: float | None = None,
) -> PanelFit:
    """Pool the states under the yearly `prior`, for a fixed `ceiling` or its prior."""
    levels = [ceiling] if ceiling else [prior.quantile(p)["ceiling"] for p in CEILING_LEVELS]
    low, high = (end / CYCLES_PER_YEAR for end in prior.speed)
    usual = prior.quantile(0.5)["speed"] / CYCLES_PER_YEAR
    growth = (usual, (high - low) / (2.0 * _Z95))
    return fit_panel(share, error, curve=curve, ceilings=np.array(levels), growth=growth)


def member_draws(
    seen: StatePanel,
    *,
    prior: DiffusionPrior,
    horizon: int,
    n_draw: int,
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """Draw what the survey will measure, by every member.

    Returns
    -------
    dict of str to ndarray (n_draw, n_state, horizon)
        Walks and pooled logit drift for comparison, and the members of the combination.
    """
    share, error = seen.current, seen.current_error
    drawn = {
        name: walk_draws(walk, share, error, horizon=horizon, n_draw=n_draw, rng=rng)
        for name, walk in WALKS.items()
        if name != DRIFT
    }
    fits = {name: fit_states(share, error, prior, curve) for name, curve in CURVES.items()}
    fits[DRIFT] = fit_states(share, error, prior, LOGISTIC, ceiling=1.0)
    true = {name: fit.draw(horizon, n_draw=n_draw, rng=rng) for name, fit in fits.items()}
    hoped = fit_states(seen.expected, seen.expected_error, prior, LOGISTIC)
    true[EXPECTATION] = expected_paths(
        true["logistic"],
        hoped.draw(0, n_draw=n_draw, rng=rng)[:, :, 0],
        ahead=EXPECTED_AHEAD,
        realised=realised_share(share, seen.expected, ahead=EXPECTED_AHEAD),
        rng=rng,
    )
    size = fits["logistic"]
    return drawn | {name: size.measured(paths[:, :, 1:], rng) for name, paths in true.items()}


def combine(
    drawn: Mapping[str, Floats],
    weights: Floats,
    rng: np.random.Generator,
    *,
    members: Sequence[str] = COMBINED,
) -> Floats:
    """Pool one horizon of the members' draws (n_draw, n_state)."""
    named = dict(zip(members, weights, strict=True))
    return pool_draws({name: drawn[name] for name in members}, named, rng)


def growth_per_year(
    panel: StatePanel, prior: DiffusionPrior, *, n_draw: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw the states' common yearly growth of the log share, and its spread between states.

    Returns
    -------
    (ndarray (n_draw,), ndarray (n_draw,))
        Both per year, in log share.
    """
    # No ceiling: the one of the prior is another population's.
    fit = fit_states(panel.current, panel.current_error, prior, LOGISTIC, ceiling=1.0)
    common, spread = fit.growth(n_draw=n_draw, rng=rng)
    return CYCLES_PER_YEAR * common, CYCLES_PER_YEAR * spread


def informed_prior(prior: DiffusionPrior, growth: Floats, *, transfer_sd: float) -> DiffusionPrior:
    """Update the prior of the speed by growth seen in another population.

    Parameters
    ----------
    prior : DiffusionPrior
    growth : ndarray (n_draw,)
        Posterior draws of the other population's growth per year.
    transfer_sd : float
        Standard deviation of the log ratio between the two populations' speeds: an assumption. The
        larger, the less is borrowed.

    Examples
    --------
    >>> prior = DiffusionPrior((0.1, 0.9), (0.1, 0.4), (0.05, 0.2))
    >>> seen = np.full(9, 0.4)
    >>> loose, close = (informed_prior(prior, seen, transfer_sd=sd) for sd in (9.0, 0.1))
    >>> [round(each.quantile(0.5)["speed"], 2) for each in (loose, close)]
    [0.2, 0.38]
    """
    low, high = np.log(prior.speed)
    own_mean, own_sd = (low + high) / 2.0, (high - low) / (2.0 * _Z95)
    middle = float(np.median(growth))
    if not middle > 0:
        return prior  # a panel that does not grow says nothing about the speed of growth
    seen_sd = float(np.std(growth)) / middle  # of the logarithm, to first order
    precision = np.array([own_sd**-2, 1.0 / (seen_sd**2 + transfer_sd**2)])
    mean = precision @ [own_mean, np.log(middle)] / precision.sum()
    reach = _Z95 * precision.sum() ** -0.5
    return replace(prior, speed=(float(np.exp(mean - reach)), float(np.exp(mean + reach))))
