"""How much of an outcome's variance each uncertain input explains, from runs of the model.

With f(A) and f(B) from independent draws of all inputs and f(A, g of B) from A with input g taken
from B, over draws:

    first order of g    E[z(B) (z(A, g of B) - z(A))]           Saltelli et al. (2010), table 2 (b)
    total effect of g   E[(z(A) - z(A, g of B))^2] / 2          Jansen (1999)

First order is what the variance would fall by if g were known; the total effect adds what g does
together with others, so that total effects may sum to more than 1. Shares are of the variance on
the outcome's own scale, not of ranks or logs. z is each run less its mean over its standard
deviation: counts of people lie near 0 with a long tail, and a tail draw then moves the numerator
with the denominator. An input that changes nothing gets exactly 0 of both.

References
----------
Jansen (1999), Computer Physics Communications 117. Saltelli et al. (2010), Computer Physics
Communications 181.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.errors import InputError

Floats = NDArray[np.float64]
N_BLOCK = 50  # of the jackknife


@dataclass(frozen=True)
class VarianceShares:
    """Shares of variance (n_group, n_outcome), each with its standard error.

    An estimate may lie a little below 0 or above 1, as its standard error says. Where an outcome
    does not vary, all four are 0.
    """

    groups: tuple[str, ...]
    first_order: Floats
    first_order_se: Floats
    total_effect: Floats
    total_effect_se: Floats


def variance_shares(
    base: Floats, other: Floats, mixed: Mapping[str, Floats], *, n_block: int = N_BLOCK
) -> VarianceShares:
    """Estimate first-order and total effect of every group of inputs.

    Parameters
    ----------
    base, other : ndarray of shape (n_draw, n_outcome)
        f(A) and f(B).
    mixed : mapping of str to ndarray (n_draw, n_outcome)
        Group g to f(A with g taken from B).
    n_block : int
        Blocks of neighbouring draws that the jackknife leaves out in turn. As many as draws where
        rows are independent; fewer where a row shares draws with its neighbours, as rows along
        the circle of :func:`circle` do.

    Raises
    ------
    InputError
        If shapes differ or a value is not finite.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> a, b = rng.standard_normal((2, 4_000, 2))
    >>> def f(x, y): return (x + y)[:, None]
    >>> mixed = {"x": f(b[:, 0], a[:, 1]), "y": f(a[:, 0], b[:, 1])}
    >>> found = variance_shares(f(*a.T), f(*b.T), mixed)
    >>> found.groups, found.first_order[:, 0].round(1).tolist()
    (('x', 'y'), [0.5, 0.5])
    """
    shapes = {np.shape(run) for run in (base, other, *mixed.values())}
    if len(shapes) != 1 or base.ndim != 2 or len(base) < 2 or not mixed:
        raise InputError(
            f"variance shares: runs have shapes {sorted(shapes)}; expected one shape (n_draw, "
            "n_outcome) with at least 2 draws, and at least one group."
        )
    if not all(np.isfinite(run).all() for run in (base, other, *mixed.values())):
        raise InputError("variance shares: a run of the model has an outcome that is not finite.")
    # Sums of squares keep their digits around a centre; its value moves nothing else.
    centre = np.median(base, axis=0)
    known, redrawn, blocks = base - centre, other - centre, min(n_block, len(base))
    found = [_both(known, redrawn, run - centre, n_block=blocks) for run in mixed.values()]
    parts = np.stack(found, axis=1)  # (estimate or error of the two, group, outcome)
    return VarianceShares(tuple(mixed), parts[0], parts[2], parts[1], parts[3])


def circle(order: NDArray[np.intp]) -> NDArray[np.intp]:
    """Walk from draw to the draw it is redrawn from, until back at the first.

    Parameters
    ----------
    order : ndarray of int, shape (n_draw,)
        Draw d of the redrawn group is draw ``order[d]``: f(B) is f(A) in this order, for nothing.

    Raises
    ------
    InputError
        If `order` is no single circle: its terms would depend on each other in unknown ways.

    Examples
    --------
    >>> circle(np.array([2, 3, 1, 0])).tolist()
    [0, 2, 1, 3]
    """
    walked = np.zeros(len(order), dtype=np.intp)
    for step in range(1, len(order)):
        walked[step] = order[walked[step - 1]]
    if not np.array_equal(np.sort(walked), np.arange(len(order))) or order[walked[-1]] != 0:
        raise InputError("the order of redrawn draws is not one circle through all of them.")
    return walked


def _both(base: Floats, other: Floats, mixed: Floats, *, n_block: int) -> Floats:
    """Return first order, total effect and their standard errors: (4, n_outcome)."""
    edges = np.linspace(0, len(base), n_block + 1).astype(np.intp)[:-1]
    terms = np.stack(
        [
            np.ones_like(base), base, other, mixed,
            base * base, other * other, mixed * mixed,
            base * mixed, base * other, other * mixed,
        ]
    )  # fmt: skip
    sums = np.add.reduceat(terms, edges, axis=1)  # (term, block, outcome)
    whole = sums.sum(axis=1)
    estimate = _from_sums(whole)
    left_out = _from_sums(whole[:, None] - sums)  # (2, block, outcome)
    spread = ((left_out - left_out.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return np.concatenate([estimate, np.sqrt((n_block - 1) / n_block * spread)])


def _from_sums(sums: Floats) -> Floats:
    """Return first order and total effect from sums of terms over draws: (2, ...)."""
    n, *rest = sums
    a, b, m, aa, bb, mm, am, ab, bm = (value / n for value in rest)
    vary = [np.maximum(square - mean * mean, 0.0) for square, mean in ((aa, a), (bb, b), (mm, m))]

    def correlation(product: Floats, first: int, second: int) -> Floats:
        means = (a, b, m)
        scale = np.sqrt(vary[first] * vary[second])
        together = product - means[first] * means[second]
        # A run of the same outcomes correlates by exactly 1 even where nothing varies.
        same = np.ones_like(scale)
        return np.divide(together, scale, out=same, where=scale > 0)

    return np.stack(
        [
            correlation(bm, 1, 2) - correlation(ab, 0, 1),
            1.0 - correlation(am, 0, 2),
        ]
    )
