"""Conditional logit of choices among alternatives of different size (McFadden 1974)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.errors import InputError

Floats = NDArray[np.float64]
MAX_STEPS = 100
_FLAT = 1e-8  # information, relative to where nothing is fitted, that identifies no weight
_CONVERGED = 1e-10  # Newton decrement per chooser


@dataclass(frozen=True)
class ChoiceFit:
    """Coefficients of utility and how well they describe the choices.

    Parameters
    ----------
    coefficients, standard_errors : ndarray (attribute)
        Standard errors are clustered by chooser (sandwich, with the factor n / (n - 1)).
    log_likelihood, log_likelihood_size : float
        Of the fit, and of size alone.
    """

    coefficients: Floats
    standard_errors: Floats
    log_likelihood: float
    log_likelihood_size: float

    @property
    def pseudo_r2(self) -> float:
        """McFadden's share of log likelihood explained beyond size; 0 = nothing, 1 = all."""
        return 1.0 - self.log_likelihood / self.log_likelihood_size


def fit_choice(
    attributes: Floats, share: Floats, *, log_size: Floats, names: Sequence[str]
) -> ChoiceFit:
    """Fit P(alternative) = size x exp(coefficients . attributes), normalised, by Newton's method.

    Parameters
    ----------
    attributes : ndarray (chooser, alternative, attribute)
    share : ndarray (chooser, alternative)
        What each chooser chose, as shares that sum to 1: every chooser counts the same.
    log_size : ndarray (alternative) or (chooser, alternative)
        Offset with coefficient 1; -inf where an alternative is not open to a chooser.
    names : sequence of str
        Of the attributes, for messages.

    Raises
    ------
    InputError
        If shapes or shares are wrong, fewer than two choosers are left, or the coefficients are
        not identified (attributes that do not vary, are combinations, or separate the choices).

    References
    ----------
    McFadden (1974), Conditional logit analysis of qualitative choice behavior.

    Examples
    --------
    >>> near = np.array([[[0.0], [1.0]], [[1.0], [0.0]]])  # choosers, alternatives, one attribute
    >>> share = np.array([[0.2, 0.8], [0.7, 0.3]])
    >>> fit = fit_choice(near, share, log_size=np.zeros(2), names=["near"])
    >>> fit.coefficients.round(3).tolist(), bool(np.isclose(fit.coefficients, np.log(3.0)))
    ([1.099], True)
    """
    offset = _checked(attributes, share, log_size, names)
    beta = np.zeros(attributes.shape[2])
    chance = _chances(offset, attributes, beta)
    scale = _scale(chance, attributes, names)
    size_alone = value = _log_likelihood(share, chance)
    for _ in range(MAX_STEPS):
        score = np.einsum("ij,ijk->ik", share - chance, attributes)
        inverse = _inverse(_information(chance, attributes), scale, names)
        step = inverse @ score.sum(axis=0)
        if score.sum(axis=0) @ step < _CONVERGED * len(share):
            bread = inverse * len(share) / (len(share) - 1)
            meat = score.T @ score
            errors = np.sqrt(np.diag(bread @ meat @ inverse))
            return ChoiceFit(beta, errors, value, size_alone)
        # The likelihood is concave: halving a Newton step always ends in a rise.
        for halving in range(MAX_STEPS):
            tried = beta + step / 2.0**halving
            chance = _chances(offset, attributes, tried)
            reached = _log_likelihood(share, chance)
            if reached >= value:
                break
        beta, value = tried, reached
    raise _unidentified(names)


def concordance(score: Floats, share: Floats, *, log_size: Floats) -> float:
    """Return the chance that a chosen alternative scores above one that is not: AUC by chooser.

    Parameters
    ----------
    score : ndarray (chooser, alternative)
        In any unit; ties count half.
    share : ndarray (chooser, alternative)
        Above 0 where chosen. Every chooser counts the same, whatever it chose in proportion to
        its shares.
    log_size : ndarray (alternative) or (chooser, alternative)
        -inf where an alternative is not open. Alternatives not chosen count the same.

    Returns
    -------
    float
        0.5 = no better than chance, 1 = perfect. Choosers who chose everything are left out; NaN
        if all did.

    Examples
    --------
    >>> score = np.array([[0.9, 0.5, 0.1]])
    >>> concordance(score, np.array([[0.5, 0.5, 0.0]]), log_size=np.zeros(3))
    1.0
    >>> concordance(score, np.array([[0.5, 0.0, 0.5]]), log_size=np.zeros(3))
    0.5
    """
    passed = (share == 0) & ~np.isneginf(np.broadcast_to(log_size, share.shape))
    above = np.sign(score[:, :, None] - score[:, None, :]) / 2.0 + 0.5
    n_passed = passed.sum(axis=1)
    judged = n_passed > 0
    if not judged.any():
        return float("nan")
    won = np.einsum("ij,ijk,ik->i", share, above, passed.astype(float))[judged] / n_passed[judged]
    return float((won / share[judged].sum(axis=1)).mean())


def _checked(attributes: Floats, share: Floats, log_size: Floats, names: Sequence[str]) -> Floats:
    offset = np.broadcast_to(np.asarray(log_size, dtype=float), share.shape)
    if attributes.shape != (*share.shape, len(names)) or len(share) < 2:
        raise InputError(
            f"choices: attributes {attributes.shape}, shares {share.shape}, {len(names)} names; "
            "expected (chooser, alternative, attribute) of at least two choosers."
        )
    if not np.isfinite(attributes).all() or not np.allclose(share.sum(axis=1), 1.0):
        raise InputError("choices: attributes must be finite and shares of a chooser sum to 1.")
    if (share < 0).any() or (share[np.isneginf(offset)] > 0).any():
        raise InputError("choices: a share is negative, or of an alternative that is not open.")
    return offset


def _chances(offset: Floats, attributes: Floats, beta: Floats) -> Floats:
    utility = offset + attributes @ beta
    weight = np.exp(utility - utility.max(axis=1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def _log_likelihood(share: Floats, chance: Floats) -> float:
    chosen = share > 0
    with np.errstate(divide="ignore"):
        return float((share[chosen] * np.log(chance[chosen])).sum())


def _information(chance: Floats, attributes: Floats) -> Floats:
    centred = attributes - np.einsum("ij,ijk->ik", chance, attributes)[:, None, :]
    return np.asarray(np.einsum("ij,ijk,ijl->kl", chance, centred, centred))


def _scale(chance: Floats, attributes: Floats, names: Sequence[str]) -> Floats:
    """Return the unit in which each attribute carries as much information before the fit."""
    information = np.diag(_information(chance, attributes))
    size = np.einsum("ij,ijk->k", chance, attributes**2)
    if not (information > _FLAT * size).all():
        raise _unidentified(names)
    return np.sqrt(information)


def _inverse(information: Floats, scale: Floats, names: Sequence[str]) -> Floats:
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    if values[0] < _FLAT:
        raise _unidentified(names)
    inverse = (vectors / values) @ vectors.T
    return np.asarray(inverse / np.outer(scale, scale))


def _unidentified(names: Sequence[str]) -> InputError:
    return InputError(
        f"choices do not identify the weights of {', '.join(names)}: an attribute does not vary, "
        "is a combination of others, or separates what is chosen from what is not. Leave one out."
    )
