"""The choice among the trials of a sweep: how sure it is, and what choosing adds to a score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from forecast.types_sweep import Floats, TrialScore
from forecast.validation.paired_folds import holm, paired_folds
from forecast.validation.selection import (
    Resamples,
    adjusted_score,
    nested_score,
    resampled_scores,
    trial_intervals,
)

DIGITS = 9  # of a score; sums of equal losses may differ beyond, in the order they were added
NAIVE = "naive"  # the rival that is no trial
SURE = 0.05  # adjusted p-value below which two trials are told apart
NOTES = {  # estimate -> what it rests on
    "cross_validation": "the very cases that the trial was chosen by: flattered by choosing",
    "selection_adjusted": "chosen anew in every resample of cases, scored on the cases outside it",
    "nested": "chosen anew without every fold, scored on that fold; without interval",
    "locked_test": "cases that no trial and no choice saw",
}
ONE_TRIAL = "; one trial only: nothing was chosen"
Record = dict[str, object]


@dataclass(frozen=True)
class Choice:
    """Rows of the tables of a sweep that rest on comparing its trials.

    Parameters
    ----------
    trials : mapping
        Identity to interval, rank and share of resamples won, columns of ``sweep_trials``.
    comparison, selection : list
        Rows of ``sweep_comparison`` and ``sweep_selection``.
    """

    trials: Mapping[str, Record]
    comparison: list[Record]
    selection: list[Record]


def choice(
    scores: Mapping[str, TrialScore],
    names: Mapping[str, str],
    *,
    winner: str,
    locked: TrialScore | None,
    rng: np.random.Generator,
    n_resample: int,
    length: int = 1,
) -> Choice:
    """Compare the winner with every other trial, and its score with what choosing took to get it.

    Parameters
    ----------
    scores : mapping of TrialScore
        By identity, in order of number; all of the same cases.
    names : mapping
        Identity to name.
    winner : str
        The first of the best scores.
    locked : TrialScore or None
        The winner on the locked cases.
    rng, n_resample, length
        Resamples of cases, in blocks of `length` neighbours.
    """
    own = scores[winner]
    order = ranked(scores)
    loss = np.array([score.loss for score in scores.values()])
    resampled = partial(_resampled, n_resample=n_resample, rng=rng, length=length)
    resamples = resampled(loss, own.reference)
    low, high = trial_intervals(resamples)
    adjusted = adjusted_score(resamples)
    trials: dict[str, Record] = {
        identity: {
            "error": "",
            "lower95": float(low[place]),
            "upper95": float(high[place]),
            "rank": order.index(identity) + 1,
            "won_share": float(adjusted.won_share[place]),
            "comparable": True,
        }
        for place, identity in enumerate(scores)
    }
    place = list(scores).index(winner)
    estimates = [
        _estimate("cross_validation", own, own.score, low[place], high[place]),
        _estimate("selection_adjusted", own, adjusted.score, adjusted.lower95, adjusted.upper95),
    ]
    comparison: list[Record] = []
    if len(set(own.folds.tolist())) > 1:
        nested, _ = nested_score(loss, own.reference, own.folds)
        estimates.append(_estimate("nested", own, nested))
        comparison = _comparison(scores, names, winner, [name for name in order if name != winner])
    if locked is not None and len(locked.cases) > 1:
        ends = trial_intervals(resampled(locked.loss[None], locked.reference))
        estimates.append(_estimate("locked_test", locked, locked.score, *(end[0] for end in ends)))
    elif locked is not None:
        estimates.append(_estimate("locked_test", locked, locked.score))
    alone = ONE_TRIAL if len(scores) == 1 else ""
    shared: Record = {"trial": winner, "n_trials": len(scores)}
    selection = [row | shared | {"note": f"{row['note']}{alone}"} for row in estimates]
    return Choice(trials, comparison, selection)


def ranked(scores: Mapping[str, TrialScore]) -> list[str]:
    """Order trials by score, the best first; those that only rounding tells apart stay in order.

    Examples
    --------
    >>> ranked({})
    []
    """
    return sorted(scores, key=lambda identity: -round(scores[identity].score, DIGITS))


def _resampled(
    loss: Floats, reference: Floats, *, n_resample: int, rng: np.random.Generator, length: int
) -> Resamples:
    """Draw cases in blocks of at most a third: longer ones seldom leave out two far apart."""
    length = max(1, min(length, len(reference) // 3))
    return resampled_scores(loss, reference, n_resample=n_resample, rng=rng, length=length)


def _estimate(
    name: str, on: TrialScore, score: float, low: float = np.nan, high: float = np.nan
) -> Record:
    return {
        "estimate": name,
        "score": float(score),
        "lower95": float(low),
        "upper95": float(high),
        "naive_score": on.naive_score,
        "n_cases": len(on.cases),
        "note": NOTES[name],
    }


def _comparison(
    scores: Mapping[str, TrialScore], names: Mapping[str, str], winner: str, rivals: Sequence[str]
) -> list[Record]:
    """The winner against the naive model first, then against the others, the best first."""
    own = scores[winner]
    losses = {NAIVE: own.naive} | {rival: scores[rival].loss for rival in rivals}
    found = {
        rival: paired_folds(own.loss, loss, own.reference, own.folds)
        for rival, loss in losses.items()
    }
    adjusted = holm([pair.p_value for pair in found.values()])
    return [
        {
            "trial": winner,
            "rival": rival,
            "name": names.get(rival, rival),
            **asdict(pair),
            "p_value_holm": float(p_value),
        }
        for (rival, pair), p_value in zip(found.items(), adjusted, strict=True)
    ]
