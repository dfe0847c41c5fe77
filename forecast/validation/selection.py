"""What the best of many trials is worth, when the cases that scored it also chose it.

The best of many scores is flattered: part of it is luck on these cases. Chosen in resamples of
the cases and scored on the cases outside them, the choice pays for its luck. Everything here works
on losses by case, made by models that had not seen the case; a score is 1 less the share of the
reference loss, as in :class:`forecast.types_sweep.TrialScore`.

Trials are in a stated order, that of the rows of `loss`: of trials that only rounding tells apart,
the earliest wins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm
from scipy.stats import t as student

from forecast.errors import InputError
from forecast.validation.comparison import circular_blocks
from forecast.validation.paired_folds import check_folds, check_losses

Floats = NDArray[np.float64]

ROUNDING = 1e-9  # relative; sums of equal losses may differ by it, in the order they were added


@dataclass(frozen=True)
class Resamples:
    """Cases drawn with replacement, with what every trial lost on them.

    `loss` is (n_trial, n_case), `reference` (n_case,). `counts` (n_resample, n_case) says how often
    a case was drawn, `drawn_loss` (n_resample, n_trial) is summed over what was drawn. `n_blocks`
    fit into the cases: as many as cases, where each is drawn alone.
    """

    loss: Floats
    reference: Floats
    counts: Floats
    drawn_loss: Floats
    n_blocks: int


@dataclass(frozen=True)
class AdjustedScore:
    """Score of choosing the best trial, with its 95 % interval.

    `won_share` (n_trial,) is the share of resamples in which each trial was the best.
    """

    score: float
    lower95: float
    upper95: float
    won_share: Floats


def resampled_scores(
    loss: ArrayLike,
    reference: ArrayLike,
    *,
    n_resample: int,
    rng: np.random.Generator,
    length: int = 1,
) -> Resamples:
    """Draw cases with replacement, the same for all trials.

    Parameters
    ----------
    loss : array_like of shape (n_trial, n_case)
        In the stated order of trials.
    reference : array_like of shape (n_case,)
        What scores are relative to.
    n_resample : int
    rng : Generator
    length : int
        Neighbouring cases drawn as one, in a circle: 1 for families of occupations, as many as
        forecasts overlap for origins.

    Raises
    ------
    InputError
        Of losses that make no score, and where fewer than two blocks fit.

    Examples
    --------
    >>> loss, rng = [[1.0, 2.0, 3.0], [3.0, 2.0, 2.0]], np.random.default_rng(0)
    >>> made = resampled_scores(loss, [4.0, 4.0, 4.0], n_resample=2, rng=rng)
    >>> made.counts.tolist(), made.drawn_loss.tolist()
    ([[0.0, 2.0, 1.0], [3.0, 0.0, 0.0]], [[7.0, 6.0], [3.0, 9.0]])
    """
    lost, relative = check_losses(loss, reference)
    n_case = len(relative)
    if n_resample < 1 or not 1 <= length <= n_case // 2:
        raise InputError(
            f"resampling {n_case} cases {n_resample} times in blocks of {length}: expected at "
            "least 2 blocks and 1 resample; use shorter blocks or more cases."
        )
    drawn = circular_blocks(n_case, length=length, n_sample=n_resample, rng=rng)
    cells = drawn + n_case * np.arange(n_resample)[:, None]
    counts = np.bincount(cells.ravel(), minlength=n_resample * n_case).astype(float)
    counts = counts.reshape(n_resample, n_case)
    return Resamples(lost, relative, counts, counts @ lost.T, n_case // length)


def trial_intervals(resamples: Resamples) -> tuple[Floats, Floats]:
    """Return the 95 % interval of every trial's own score (n_trial,): of a trial NOT chosen by it.

    Percentiles of the bootstrap, further out for few cases: at the level where a normal interval
    is as wide as Student's. Plain percentiles of ten cases hold the true score too rarely.

    References
    ----------
    Hesterberg (2015), What teachers should know about the bootstrap, The American Statistician
    69(4), on expanded percentiles.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> loss = [[1.0, 2.0, 3.0, 2.0], [2.0, 2.0, 2.0, 2.0]]
    >>> low, high = trial_intervals(resampled_scores(loss, [4.0] * 4, n_resample=500, rng=rng))
    >>> low.tolist(), high.tolist()
    ([0.25, 0.5], [0.6875, 0.5])
    """
    drawn = resamples.counts @ resamples.reference
    usable = drawn > 0
    scores = 1.0 - resamples.drawn_loss[usable] / drawn[usable, None]
    low, high = _central95(scores, resamples.n_blocks)
    return low, high


def adjusted_score(resamples: Resamples) -> AdjustedScore:
    """Score the choice of the best trial: chosen on the cases drawn, scored on those left out.

    Returns
    -------
    AdjustedScore
        `score` is lower than the best score by what choosing added to it. Trials are chosen on
        63 % of the cases: where they differ by about as much as luck does, the choice on all
        cases is a little better than said. Left-out origins that overlap drawn ones share their
        luck: some flattery stays, less in blocks. With one trial it is that trial's own score.

    Raises
    ------
    InputError
        If two cases were never left out together: too few cases, too long blocks, few resamples.

    Notes
    -----
    The bias-corrected cross-validation of Tsamardinos and others, but for two things.

    Losses of a case are averaged over the resamples that left it out, and summed before they are
    divided, as in the leave-one-out bootstrap of Efron and Tibshirani: a mean of ratios of a few
    left-out cases is biased, and loses resamples whose left-out reference is 0.

    Their interval, percentiles of left-out scores, is that of 37 % of the cases: up to twice as
    wide as it need be. The winner's own, shifted down, is too narrow: its losses were chosen for
    being small. Here the left-out losses are resampled as a trial's own are, and the interval is
    stretched by what choosing adds to the standard error: a jackknife that leaves out each case,
    choice and all, relative to one that keeps the choice (Efron's jackknife after bootstrap).

    References
    ----------
    Tsamardinos, Greasidou and Borboudakis (2018), Machine Learning 107. Efron and Tibshirani
    (1997), Improvements on cross-validation, JASA 92. Efron (1992), Journal of the Royal
    Statistical Society B 54(1).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> loss = np.vstack([rng.uniform(0, 2, (40, 30)), np.full(30, 0.5)])  # luck, and one better
    >>> found = adjusted_score(resampled_scores(loss, np.ones(30), n_resample=500, rng=rng))
    >>> found.score, found.won_share[-1].tolist()
    (0.5, 1.0)
    """
    loss, reference = resamples.loss, resamples.reference
    winner = _first_best(resamples.drawn_loss)
    out = (resamples.counts == 0).astype(float)
    together = out.T @ out
    if (together == 0).any():
        raise InputError(
            f"of {len(reference)} cases in {resamples.n_blocks} blocks, two were never left out by "
            f"the same of {len(out)} resamples; use more cases, shorter blocks or more resamples."
        )
    # [i, j]: what a choice made without case i lost on case j, which it was made without as well
    without = out.T @ (loss[winner] * out) / together
    left_out = without.diagonal()
    score = 1.0 - left_out.sum() / reference.sum()
    kept = _deleted(np.broadcast_to(left_out, without.shape), reference).std()
    stretch = max(1.0, _deleted(without, reference).std() / kept) if kept > 0 else 1.0
    drawn = resamples.counts @ reference
    usable = drawn > 0
    resampled = 1.0 - (resamples.counts @ left_out)[usable] / drawn[usable]
    low, high = score + stretch * (_central95(resampled, resamples.n_blocks) - score)
    won = np.bincount(winner, minlength=len(loss)) / len(winner)
    return AdjustedScore(float(score), float(low), min(float(high), 1.0), won)


def nested_score(
    loss: ArrayLike, reference: ArrayLike, folds: ArrayLike
) -> tuple[float, dict[int, int]]:
    """Choose the best trial without each fold, and score it on that fold.

    Parameters
    ----------
    loss : array_like of shape (n_trial, n_case)
    reference : array_like of shape (n_case,)
    folds : array_like of int, shape (n_case,)

    Returns
    -------
    float
        Score over all cases. The choice is free of the fold it is scored on; the models that lost
        what it was made by had seen that fold, so it is nested in the choice and not in the fit.
    dict of int to int
        By fold, the row of the trial that was chosen without it.

    Examples
    --------
    >>> nested_score([[1.0, 1.0, 9.0], [2.0, 2.0, 2.0]], [10.0, 10.0, 6.0], [0, 0, 1])
    (0.5, {0: 1, 1: 0})
    """
    lost, relative = check_losses(loss, reference)
    names, fold_of = check_folds(folds, n_case=len(relative))
    inside = np.zeros((len(names), len(relative)))
    inside[fold_of, np.arange(len(relative))] = 1.0
    chosen = _first_best((1.0 - inside) @ lost.T)
    total = lost[chosen[fold_of], np.arange(len(relative))].sum()
    return float(1.0 - total / relative.sum()), dict(zip(names, chosen.tolist(), strict=True))


def _first_best(summed: Floats) -> NDArray[np.intp]:
    """Return the place of the smallest sum (..., n_trial): the first that rounding leaves."""
    least = summed.min(axis=-1, keepdims=True)
    return np.asarray((summed <= least * (1.0 + ROUNDING)).argmax(axis=-1))


def _deleted(losses: Floats, reference: Floats) -> Floats:
    """Score without each case, from losses (n_deleted, n_case) in the absence of each."""
    others = losses.sum(axis=1) - losses.diagonal()
    return np.asarray(1.0 - others / (reference.sum() - reference))


def _central95(samples: Floats, n_blocks: int) -> Floats:
    """Return the ends (2, ...) of the expanded percentile interval over resamples."""
    widening = np.sqrt(n_blocks / (n_blocks - 1))
    tail = norm.sf(widening * student.ppf(0.975, df=n_blocks - 1))
    return np.asarray(np.quantile(samples, (tail, 1.0 - tail), axis=0))
