"""Forecast of people in a two-way table, given draws of its column totals.

Rows are scopes (industries or provinces), columns are major occupation groups whose totals have
been forecast elsewhere. A single cell of a labour force survey is mostly sampling noise, so its
share keeps its smoothed level; scope totals are large enough to have a trend. Both are drawn in
people at the present column totals and fitted to each other, then moved to the columns' future.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from forecast.errors import ConfigError, InputError
from forecast.models.error_components import COMPONENTS, fit_error_components
from forecast.models.hierarchy import Hierarchy
from forecast.models.reconciliation import reconcile
from forecast.models.rolling import rolling_errors
from forecast.models.smoothing import ets
from forecast.models.timeseries import damped_drift

Floats = NDArray[np.float64]

CALIBRATION_HORIZON = 6  # half-years ahead at which past errors are compared with draws
# Columns as in forecast.models.smoothing.GRID, without a trend: level and season only.
LEVEL_GRID: Floats = np.array(
    [
        (alpha, 0.0, 0.0, gamma * (1.0 - alpha))
        for alpha, gamma in product((0.1, 0.3, 0.5, 0.7, 0.9), (0.0, 0.1, 0.3))
    ]
).T


@dataclass(frozen=True)
class TwoWaySettings:
    """Choices of the forecast.

    Parameters
    ----------
    damping : float
        Of each further half-year's change in the drift of scope totals.
    resolution : float
        Rounding step of the source in the unit of the table.
    """

    damping: float = 0.95
    resolution: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 < self.damping <= 1.0:
            raise ConfigError(f"employment.drift_damping={self.damping}: use 0 < value <= 1.")


def forecast_two_way(
    history: Floats,
    columns: Floats,
    *,
    tree: Hierarchy,
    settings: TwoWaySettings,
    rng: np.random.Generator,
    lag: int = 0,
) -> Floats:
    """Draw every cell so that each column adds up to its given draw.

    Parameters
    ----------
    history : ndarray (n_cell, n_time)
        Half-yearly values, oldest first, never negative; no column is ever empty.
    columns : ndarray (n_draw, n_column, n_horizon)
        Draws of the column totals, in the unit of `history`.
    tree : Hierarchy
        Of scopes by major groups (:data:`forecast.models.hierarchy.SCOPE_LEVELS`).
    settings : TwoWaySettings
    rng : Generator
    lag : int
        Half-years between the end of `history` and the period before the first of `columns`.

    Returns
    -------
    ndarray (n_draw, n_cell, n_horizon)
        Never negative; sums over scopes are `columns` in every draw.

    References
    ----------
    Deming and Stephan (1940), On a least squares adjustment of a sampled frequency table when the
    expected marginal totals are known, Annals of Mathematical Statistics 11(4).

    Examples
    --------
    >>> from forecast.models.hierarchy import SCOPE_LEVELS, crossed
    >>> tree = crossed(["A", "B", "C"], ["1", "2"], levels=SCOPE_LEVELS)
    >>> past = np.random.default_rng(0).uniform(20.0, 30.0, (6, 10))
    >>> known, rng = np.full((4, 2, 5), 90.0), np.random.default_rng(1)
    >>> made = forecast_two_way(past, known, tree=tree, settings=TwoWaySettings(), rng=rng)
    >>> made.shape, bool(np.allclose(tree.aggregate(made)[:, tree.rows("majors")], known))
    ((4, 6, 5), True)
    """
    to_scopes, to_columns = (tree.summing[tree.rows(level)] for level in ("scopes", "majors"))
    totals = to_columns @ history
    if not (totals > 0).all():
        raise InputError(
            f"{int((totals <= 0).sum())} of {totals.size} column totals are zero: a column needs "
            "people in every period. Leave the column out."
        )
    n_draw, horizon = columns.shape[0], columns.shape[2] + lag
    now = totals[:, -1:]
    cells = history * (to_columns.T @ (now / totals))
    scopes = to_scopes @ cells
    reach = max(horizon, CALIBRATION_HORIZON)
    cell_rng, scope_rng = rng.spawn(2)
    step = settings.resolution
    smoothed = ets(cells, reach, resolution=step, grid=LEVEL_GRID)
    trended = 0.5 * damped_drift(scopes, reach, damping=settings.damping)
    trended += 0.5 * ets(scopes, reach, resolution=step)
    size = (n_draw, horizon)
    cell_draws = _drawn(smoothed, cells, size=size, resolution=step, rng=cell_rng)
    scope_draws = _drawn(trended, scopes, size=size, resolution=step, rng=scope_rng)
    scope_draws = np.maximum(scope_draws, 1.0)  # one person: shares of nobody are no shares
    scope_draws *= now.sum() / scope_draws.sum(axis=1, keepdims=True)
    fitted = _fitted(
        cell_draws, scope_draws, now, tree=tree, level=np.maximum(cells.mean(axis=1), step / 2.0)
    )
    ahead = fitted[..., lag:]
    return np.asarray(ahead * (to_columns.T @ (columns / (to_columns @ ahead))))


def _drawn(
    points: Floats,
    history: Floats,
    *,
    size: tuple[int, int],
    resolution: float,
    rng: np.random.Generator,
) -> Floats:
    """Draw around the last vintage of `points`, as wide as past vintages erred.

    Each series has shocks of its own only: totals are given, so shared ones would cancel.
    """
    n_draw, horizon = size
    points = np.maximum(points, 0.0)
    errors = rolling_errors(history, points)[:, :, :CALIBRATION_HORIZON]
    parts = fit_error_components(errors, history, n_age=1, resolution=resolution)
    shares = {name: float(name == "cell") for name in COMPONENTS}
    paths = dataclasses.replace(parts, shares=shares).draw(n_draw, horizon, rng)
    return np.asarray(np.maximum(points[-1, :, :horizon] + paths, 0.0))


def _fitted(
    cells: Floats, scopes: Floats, columns: Floats, *, tree: Hierarchy, level: Floats
) -> Floats:
    """Find the nearest cells (n_draw, n_cell, n_horizon) with these scope and column totals.

    Distances are weighed as the sampling error of a count, whose variance is like its size; a cell
    that was always printed as 0 may hold half a rounding step.
    """
    rows = np.concatenate([tree.rows(name) for name in ("cells", "scopes", "majors")])
    given = np.broadcast_to(columns, (len(cells), *columns.shape[:1], cells.shape[2]))
    base = np.concatenate([cells, scopes, given], axis=1)
    fixed = {row: base[:, row] for row in range(cells.shape[1], len(rows))}
    # The totals are met exactly, so their own weight has no effect.
    variance = np.full(len(rows), level.mean())
    variance[: len(level)] = np.maximum(level, 1e-6 * level.mean())
    return reconcile(base, tree.summing[rows], covariance=np.diag(variance), fixed=fixed)
