"""Is one of two trials better on the same folds, or only luckier? And of many such questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from forecast.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PairedFolds:
    """Score of one trial less that of another, with its 95 % interval; above 0 the first is better.

    `p_value` is two-sided, `folds_won` counts folds in which the first lost less, of `n_folds`.
    """

    difference: float
    standard_error: float
    lower95: float
    upper95: float
    p_value: float
    folds_won: int
    n_folds: int


def paired_folds(
    loss_a: ArrayLike, loss_b: ArrayLike, reference: ArrayLike, folds: ArrayLike
) -> PairedFolds:
    """Compare two trials by the folds of one cross-validation: corrected resampled t-test.

    Parameters
    ----------
    loss_a, loss_b, reference : array_like of shape (n_case,)
        A score is 1 less the share of the reference loss.
    folds : array_like of int, shape (n_case,)

    Returns
    -------
    PairedFolds
        `difference` is that of the scores over all cases. Trials without any difference in any
        fold have difference 0 and p 1.

    Notes
    -----
    With k folds, fold f has difference d(f) and share w(f) of the reference loss. The score over
    all cases is the mean of d weighted by w; k w(f) (d(f) - mean) is what fold f adds to its
    error, and their variance over k - 1 is that of the plain test where folds weigh the same. No
    fold needs a reference loss of its own.

    Folds share training cases, so their differences are correlated: the variance of the mean is
    multiplied not by 1 / k but by 1 / k + 1 / (k - 1), the second being cases tested by cases
    trained on. Student's t has k - 1 degrees of freedom. Of trials that were chosen by these
    cases, the test does not know that they were chosen.

    References
    ----------
    Nadeau and Bengio (2003), Inference for the generalization error, Machine Learning 52.

    Examples
    --------
    >>> found = paired_folds([1, 2, 1], [2, 4, 3], [4, 4, 4], [0, 1, 2])
    >>> round(found.difference, 3), round(found.p_value, 3), found.folds_won, found.n_folds
    (0.417, 0.087, 3, 3)
    """
    (a, b), relative = check_losses([loss_a, loss_b], reference)
    names, fold_of = check_folds(folds, n_case=len(a))
    k, total = len(names), relative.sum()
    gained = np.bincount(fold_of, weights=b - a) / total  # w(f) d(f)
    share = np.bincount(fold_of, weights=relative) / total
    difference = gained.sum()
    variance = ((k * (gained - share * difference)) ** 2).sum() / (k - 1)
    error = np.sqrt((1.0 / k + 1.0 / (k - 1)) * variance)
    reach = student.ppf(0.975, df=k - 1) * error
    if error > 0:
        p_value = 2.0 * student.sf(abs(difference) / error, df=k - 1)
    else:
        p_value = float(difference == 0)
    return PairedFolds(
        difference=float(difference),
        standard_error=float(error),
        lower95=float(difference - reach),
        upper95=float(difference + reach),
        p_value=float(p_value),
        folds_won=int((gained > 0).sum()),
        n_folds=k,
    )


def holm(p_values: ArrayLike) -> Floats:
    """Adjust p-values for having asked as many questions: step-down Bonferroni of Holm (1979).

    Below 0.05 are those that can be called different with 5 % risk of even one false call.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.02]).tolist()
    [0.03, 0.04, 0.04]
    """
    p = np.asarray(p_values, dtype=float)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise InputError(f"p-values must be a row of numbers from 0 to 1; they are {p.tolist()}.")
    order = p.argsort(kind="stable")
    adjusted = np.empty_like(p)
    remaining = len(p) - np.arange(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(remaining * p[order]), 1.0)
    return adjusted


def check_folds(folds: ArrayLike, *, n_case: int) -> tuple[list[int], NDArray[np.intp]]:
    """Return the folds in ascending order, and the place of each case's fold among them.

    Raises
    ------
    InputError
        If there is not one whole number a case, or only one fold.

    Examples
    --------
    >>> names, place = check_folds([7, 3, 7], n_case=3)
    >>> names, place.tolist()
    ([3, 7], [1, 0, 1])
    """
    given = np.asarray(folds)
    if given.shape != (n_case,) or given.dtype.kind not in "iu":
        raise InputError(
            f"folds have shape {given.shape} and type {given.dtype}; expected one whole number "
            f"for each of {n_case} cases."
        )
    names, place = np.unique(given, return_inverse=True)
    if len(names) < 2:
        raise InputError("all cases are in one fold; expected at least 2: raise the folds.")
    return names.tolist(), place


def check_losses(
    loss: ArrayLike | Sequence[ArrayLike], reference: ArrayLike
) -> tuple[Floats, Floats]:
    """Return losses (n_trial, n_case) and reference losses (n_case,) that make scores.

    Raises
    ------
    InputError
        If shapes differ, a loss is negative or not finite, or fewer than two cases have a
        reference loss: nothing then tells how sure a score is.

    Examples
    --------
    >>> check_losses([[1, 2]], [4, 4])[0].tolist()
    [[1.0, 2.0]]
    """
    try:
        lost, relative = np.asarray(loss, dtype=float), np.asarray(reference, dtype=float)
    except ValueError as error:
        raise InputError(f"losses are not one number for each trial and case: {error}") from error
    if lost.ndim != 2 or not len(lost) or lost.shape[1:] != relative.shape or len(relative) < 2:
        raise InputError(
            f"losses have shape {lost.shape}, reference losses {relative.shape}; expected "
            "(n_trial, n_case) and (n_case,), with at least 1 trial and 2 cases."
        )
    if not all(np.isfinite(part).all() and (part >= 0).all() for part in (lost, relative)):
        raise InputError("losses and reference losses of trials must be finite, not negative.")
    if (relative > 0).sum() < 2:
        raise InputError("scores are relative to reference losses; fewer than 2 cases have any.")
    return lost, relative
