"""Reconciliation: draws of every node become draws of cells that add up, none of them negative.

Each draw at each horizon is projected by itself, so the result is coherent in every draw and keeps
the dependence of the base forecasts (Panagiotelis et al. 2023). The projection is generalised least
squares, min (y - S b)' W^-1 (y - S b), subject to b >= 0 and to control totals at chosen nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, qr, solve_triangular

from forecast.errors import ConfigError, InputError
from forecast.models.nonnegative import nearest_nonnegative

Floats = NDArray[np.float64]

COVARIANCES = ("ols", "wls_variance", "mint_shrink")
LEAST_SHRINKAGE = 0.01  # fewer errors than nodes: below it the covariance could not be inverted
TOLERANCE = 1e-6  # relative, and in persons: how exactly control totals are met


def error_covariance(
    errors: Floats, *, method: str = "mint_shrink", resolution: float = 0.0
) -> Floats:
    """Estimate the covariance of one-step base errors that weighs the nodes.

    Parameters
    ----------
    errors : ndarray (n_vector, n_node)
        One-step errors of the base forecasts, one row per past period.
    method : str
        ``ols``: every node alike; ``wls_variance``: variances only; ``mint_shrink``: the whole
        covariance, its correlations shrunk to zero as far as few errors make them doubtful.
    resolution : float
        Rounding step of the source: no node is believed to err less than rounding leaves.

    Returns
    -------
    ndarray (n_node, n_node)
        Positive definite, in the square of the unit of `errors`.

    References
    ----------
    Wickramasuriya, Athanasopoulos and Hyndman (2019), Optimal forecast reconciliation through trace
    minimization, JASA 114. Schäfer and Strimmer (2005), A shrinkage approach to large-scale
    covariance matrix estimation, Statistical Applications in Genetics and Molecular Biology 4(1).

    Examples
    --------
    >>> error_covariance(np.array([[1.0, 3.0], [-1.0, 1.0]]), method="wls_variance")
    array([[1., 0.],
           [0., 5.]])
    """
    if method not in COVARIANCES:
        raise ConfigError(f"reconciliation {method!r} is unknown; choose of {list(COVARIANCES)}.")
    n_vector, n_node = errors.shape
    if method == "ols":
        return np.eye(n_node)
    if n_vector < 2 or not np.isfinite(errors).all():
        raise InputError(
            f"{n_vector} one-step error(s), {int((~np.isfinite(errors)).sum())} value(s) not "
            "finite: a covariance needs at least 2 complete errors. Give a longer history."
        )
    variance = (errors**2).mean(axis=0) + resolution**2 / 12.0
    if not (variance > 0).any():
        raise InputError("no node has ever erred: give base errors, or the resolution they have.")
    # A node that never erred is as good as fixed; it still needs a variance to be inverted.
    size = np.sqrt(np.maximum(variance, variance.max() * np.finfo(float).eps))
    if method == "wls_variance":
        return np.diag(size**2)
    standard = errors / size
    correlation = (1.0 - shrinkage(standard)) * (standard.T @ standard) / n_vector
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation * np.outer(size, size))


def shrinkage(standard: Floats) -> float:
    """Return how far correlations of standardised errors (n_vector, n_node) are shrunk to zero.

    Estimated variance of the correlations over their sum of squares (Schäfer and Strimmer 2005,
    target D), between :data:`LEAST_SHRINKAGE` and 1.
    """
    n_vector = len(standard)
    squares = standard**2
    mean_product = standard.T @ standard / n_vector
    variance = (squares.T @ squares / n_vector - mean_product**2) / (n_vector - 1)
    off_diagonal = ~np.eye(standard.shape[1], dtype=bool)
    doubt, signal = variance[off_diagonal].sum(), (mean_product[off_diagonal] ** 2).sum()
    return float(np.clip(doubt / signal if signal > 0 else 1.0, LEAST_SHRINKAGE, 1.0))


def reconcile(
    base: Floats,
    summing: Floats,
    *,
    covariance: Floats,
    fixed: Mapping[int, Floats] | None = None,
) -> Floats:
    """Project every draw of all nodes on the nearest non-negative cells that add up.

    Parameters
    ----------
    base : ndarray (n_draw, n_node, n_horizon)
        Base forecasts of every node; they need not add up.
    summing : ndarray (n_node, n_bottom)
        Ones where a cell belongs to a node (:class:`forecast.models.hierarchy.Hierarchy`).
    covariance : ndarray (n_node, n_node)
        From :func:`error_covariance`. It is the same at all horizons: a factor cancels out.
    fixed : mapping of int to array, optional
        Row of a node to its control total, (n_horizon,) or (n_draw, n_horizon); met in every draw.

    Returns
    -------
    ndarray (n_draw, n_bottom, n_horizon)
        Cells, never negative; every node is their sum. A base that adds up already, without
        negatives and with the control totals, is returned as it was.

    Raises
    ------
    InputError
        If shapes do not fit, or no non-negative cells meet the control totals.

    References
    ----------
    Wickramasuriya, Turlach and Hyndman (2020), Optimal non-negative forecast reconciliation,
    Statistics and Computing 30. Panagiotelis, Gamakumara, Athanasopoulos and Hyndman (2023),
    Probabilistic forecast reconciliation, European Journal of Operational Research 306(2).

    Examples
    --------
    >>> summing = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> base = np.array([4.0, 1.0, 8.0]).reshape(1, 3, 1)
    >>> reconcile(base, summing, covariance=np.eye(3))[0, :, 0].round(6)
    array([5., 2.])
    >>> reconcile(base, summing, covariance=np.eye(3), fixed={2: np.array([1.0])})[0, :, 0].round(6)
    array([1., 0.])
    """
    n_node, n_bottom = summing.shape
    if base.ndim != 3 or base.shape[1] != n_node or covariance.shape != (n_node, n_node):
        raise InputError(
            f"base {base.shape} and covariance {covariance.shape} do not fit {n_node} nodes; "
            "give (n_draw, n_node, n_horizon) and (n_node, n_node)."
        )
    if not np.isfinite(base).all():
        raise InputError("base forecasts hold values that are not finite; forecast every node.")
    n_draw, _, n_horizon = base.shape
    # One column a problem: draws and horizons only differ in the right-hand side.
    columns = np.moveaxis(base, 1, 0).reshape(n_node, -1)
    cells, spread = _least_squares(columns, summing, covariance)
    controls = _controls(fixed or {}, summing, (n_draw, n_horizon))
    cells, spread = _constrained(cells, spread, controls)
    cells = nearest_nonnegative(cells, spread)
    _require_met(cells, controls)
    return np.ascontiguousarray(np.moveaxis(cells.reshape(n_bottom, n_draw, n_horizon), 1, 0))


@dataclass(frozen=True)
class _Controls:
    """Rows of the fixed nodes, their summing rows (n_fixed, n_bottom) and totals per problem."""

    rows: tuple[int, ...]
    summing: Floats
    totals: Floats


def _controls(fixed: Mapping[int, Floats], summing: Floats, problems: tuple[int, int]) -> _Controls:
    rows = tuple(sorted(fixed))
    if rows and not 0 <= rows[0] <= rows[-1] < len(summing):
        raise InputError(f"control totals for nodes {list(rows)}; there are {len(summing)} nodes.")
    totals = np.empty((len(rows), problems[0] * problems[1]))
    for place, row in enumerate(rows):
        total = np.asarray(fixed[row], dtype=float)
        if total.shape not in (problems, problems[1:]):
            raise InputError(
                f"the control total of node {row} has shape {total.shape}; give {problems[1:]} or "
                f"{problems}: horizons, or draws and horizons."
            )
        if not (np.isfinite(total) & (total >= 0)).all():
            raise InputError(
                f"the control total of node {row} is {total.min():g} at its lowest; give finite "
                "totals of 0 or more."
            )
        totals[place] = np.broadcast_to(total, problems).ravel()
    return _Controls(rows, summing[list(rows)], totals)


def _least_squares(columns: Floats, summing: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Return the unconstrained cells (n_bottom, n_problem) and (S' W^-1 S)^-1."""
    try:
        root = cholesky(covariance, lower=True)
    except np.linalg.LinAlgError as error:
        raise InputError(
            f"the covariance of the base errors is not positive definite ({error}); shrink it."
        ) from error
    whitened = solve_triangular(root, summing, lower=True)
    # An orthogonal factor instead of normal equations: coherent forecasts return to the last digit.
    orthogonal, triangle = qr(whitened, mode="economic")
    cells = solve_triangular(triangle, orthogonal.T @ solve_triangular(root, columns, lower=True))
    inverse = solve_triangular(triangle, np.eye(len(triangle)))
    return cells, inverse @ inverse.T


def _constrained(cells: Floats, spread: Floats, controls: _Controls) -> tuple[Floats, Floats]:
    """Move cells to the control totals along `spread`; return them and the spread that is left."""
    if not controls.rows:
        return cells, spread
    cross = spread @ controls.summing.T
    gain = cross @ np.linalg.pinv(controls.summing @ cross, rcond=1e-10, hermitian=True)
    for _ in range(2):  # the second step removes what rounding left of the first
        cells = cells + gain @ (controls.totals - controls.summing @ cells)
    _require_met(cells, controls)
    left = spread - gain @ cross.T
    return cells, (left + left.T) / 2.0


def _require_met(cells: Floats, controls: _Controls) -> None:
    if not controls.rows:
        return
    missed = np.abs(controls.summing @ cells - controls.totals)
    worst = missed.max(axis=1)
    if (missed > TOLERANCE * np.maximum(controls.totals, 1.0)).any():
        row = controls.rows[int(worst.argmax())]
        raise InputError(
            f"control totals contradict each other: no cells of 0 or more meet them (node {row} "
            f"is missed by {worst.max():g}). Make totals of overlapping nodes agree."
        )
