"""Non-negative least squares for many right-hand sides at once, by block principal pivoting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecast.errors import InputError

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

RIDGE = 1e-11  # relative; makes every block invertible when equality constraints leave a null space
ZERO = 1e-10  # in standard deviations: smaller violations are rounding
PATIENCE = 3  # full exchanges without progress before single ones, which cannot cycle
BLOCK = 512  # problems solved together; bounds memory


def nearest_nonnegative(cells: Floats, spread: Floats) -> Floats:
    """Move unconstrained least-squares solutions to the best ones without negatives.

    With H the Hessian and P its inverse (or what equality constraints leave of it), the solution
    is ``cells + P @ price`` with price >= 0, solution >= 0 and one of both zero everywhere: a
    linear complementarity problem. Only cells at zero enter it, and they are few.

    Parameters
    ----------
    cells : ndarray (n_cell, n_problem)
        Minima without the bound, one column a problem.
    spread : ndarray (n_cell, n_cell)
        P, positive semidefinite and common to all problems.

    Returns
    -------
    ndarray (n_cell, n_problem)
        Zero or more. Columns without a negative are returned as they are.

    References
    ----------
    Júdice and Pires (1994), A block principal pivoting algorithm for large-scale strictly monotone
    linear complementarity problems, Computers and Operations Research 21(5). Kim and Park (2011),
    Fast nonnegative matrix factorization, SIAM Journal on Scientific Computing 33(6).

    Examples
    --------
    >>> nearest_nonnegative(np.array([[3.0], [-1.0]]), np.array([[1.0, 0.5], [0.5, 1.0]]))
    array([[3.5],
           [0. ]])
    """
    scale = np.sqrt(np.maximum(np.diag(spread), np.finfo(float).tiny))
    matrix = spread / np.outer(scale, scale)
    result = cells.copy()
    n_below = (cells < 0).sum(axis=0)
    # Problems of like size together: a block is padded to its widest.
    below = np.argsort(n_below, kind="stable")[int((n_below == 0).sum()) :]
    for start in range(0, below.size, BLOCK):
        problems = below[start : start + BLOCK]
        standard = (cells[:, problems] / scale[:, None]).T
        result[:, problems] = _pivoted(standard, matrix).T * scale[:, None]
    return result


def _pivoted(start: Floats, matrix: Floats) -> Floats:
    """Solve the problems (n_problem, n_cell) of one block, in standard deviations."""
    n_problem, n_cell = start.shape
    at_zero: Mask = start < 0
    solution = np.empty_like(start)
    fewest = np.full(n_problem, n_cell + 1)
    patience = np.full(n_problem, PATIENCE)
    open_problems = np.arange(n_problem)
    for _ in range(100 + 10 * n_cell):
        values, prices = _solved(start[open_problems], at_zero[open_problems], matrix)
        tolerance = ZERO * np.maximum(np.abs(start[open_problems]).max(axis=1, keepdims=True), 1.0)
        wrong = np.where(at_zero[open_problems], prices < -tolerance, values < -tolerance)
        count = wrong.sum(axis=1)
        done = count == 0
        solution[open_problems[done]] = np.maximum(values[done], 0.0)
        open_problems, wrong, count = open_problems[~done], wrong[~done], count[~done]
        if not open_problems.size:
            return solution
        better = count < fewest[open_problems]
        fewest[open_problems] = np.minimum(fewest[open_problems], count)
        patience[open_problems] = np.where(better, PATIENCE, patience[open_problems] - 1)
        stuck = patience[open_problems] < 0
        wrong[stuck] = _last_only(wrong[stuck])
        at_zero[open_problems] ^= wrong
    raise InputError(
        f"{open_problems.size} of {n_problem} forecasts could not be made non-negative: the base "
        "covariance is too close to singular. Shrink it, or use wls_variance."
    )


def _solved(start: Floats, at_zero: Mask, matrix: Floats) -> tuple[Floats, Floats]:
    """Return values and prices when the cells marked `at_zero` are held there."""
    width = max(int(at_zero.sum(axis=1).max()), 1)
    # Marked cells first, padded to the widest problem: one batch instead of a loop over problems.
    places = np.argsort(~at_zero, axis=1, kind="stable")[:, :width]
    held = np.take_along_axis(at_zero, places, axis=1)
    blocks = matrix[places[:, :, None], places[:, None, :]] * (held[:, :, None] & held[:, None, :])
    diagonal = np.arange(width)
    blocks[:, diagonal, diagonal] += np.where(held, RIDGE, 1.0)
    prices, values = np.zeros_like(start), start
    for _ in range(2):  # the second step takes back what the ridge added
        target = np.where(held, -np.take_along_axis(values, places, axis=1), 0.0)
        step = np.linalg.solve(blocks, target[:, :, None])[:, :, 0]
        held_prices = np.take_along_axis(prices, places, axis=1) + step
        np.put_along_axis(prices, places, held_prices, axis=1)
        values = start + prices @ matrix
    return np.where(at_zero, 0.0, values), prices


def _last_only(wrong: Mask) -> Mask:
    """Keep the last violation of each problem: single exchanges in this order end (Murty 1974)."""
    last = wrong.shape[1] - 1 - wrong[:, ::-1].argmax(axis=1)
    return np.asarray(np.arange(wrong.shape[1]) == last[:, None])
