"""Tables of a sweep, made from what its trials handed back: in order of number, not of finishing.

Only trials scored on the same cases are compared and can be chosen; others keep score and rank 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.codebook import TABLES, check_table
from forecast.errors import InputError
from forecast.report.sweep_choice import choice, ranked
from forecast.types_sweep import TrialScore

FINISHED, FAILED = "finished", "failed"
OTHER_CASES = (
    "scored on other cases or another target than most trials: neither compared nor chosen"
)
Record = dict[str, object]
Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class TrialRow:
    """One trial of a sweep, as its tables need it.

    Parameters
    ----------
    identity : str
        Hash of configuration, inputs and code.
    number : int
        Place in the request, from 0.
    name, model : str
        Overrides in which the trials of the sweep differ, and the model of this one.
    status, error : str
        ``finished`` or ``failed``, and what a failed trial said.
    score : TrialScore, optional
        Of a trial that was scored.
    headline : mapping, optional
        Of a whole run: columns of ``sweep_headlines`` from `preset` on; what is absent is empty.

    Examples
    --------
    >>> TrialRow("a1", 0, "model=ridge", "ridge", "failed", error="out of memory").score is None
    True
    """

    identity: str
    number: int
    name: str
    model: str
    status: str
    error: str = ""
    score: TrialScore | None = None
    headline: Mapping[str, float | str] | None = None

    def __post_init__(self) -> None:
        if self.status not in (FINISHED, FAILED):
            raise InputError(
                f"trial {self.identity}: status {self.status!r}; expected finished or failed."
            )
        if self.status == FAILED and not (self.score is None and self.headline is None):
            raise InputError(f"trial {self.identity}: it failed, so it cannot have a result.")
        unknown = set(self.headline or {}) - set(TABLES["sweep_headlines"])
        if unknown:
            raise InputError(f"trial {self.identity}: no column for {sorted(unknown)}.")


def winner_of(trials: Iterable[TrialRow]) -> str | None:
    """Return the identity of the trial with the best score; of equal ones, the earliest.

    Examples
    --------
    >>> winner_of([TrialRow("a1", 0, "", "ridge", "failed", error="out of memory")]) is None
    True
    """
    return next(iter(ranked(_comparable(_ordered(trials)))), None)


def scored_tables(
    trials: Sequence[TrialRow],
    *,
    locked: TrialScore | None,
    winner: str | None,
    rng: np.random.Generator,
    n_resample: int,
    length: int = 1,
) -> Tables:
    """Make the tables of a sweep whose trials were scored.

    Parameters
    ----------
    trials : sequence of TrialRow
        In any order, failed ones among them.
    locked : TrialScore or None
        The winner on the locked cases; None before they are opened.
    winner : str or None
        From :func:`winner_of`.
    rng : Generator
        Draws the resamples of cases; nothing else is random.
    n_resample : int
    length : int
        Neighbouring cases drawn together, where cases are origins that overlap.

    Returns
    -------
    dict of DataFrame
        ``sweep_trials``, ``sweep_folds``, ``sweep_comparison`` and ``sweep_selection``; a table
        that has nothing to say is empty. Same trials and same state of `rng`, same tables.
    """
    ordered = _ordered(trials)
    compared = _comparable(ordered)
    if winner != winner_of(ordered) or (locked is not None and winner is None):
        raise InputError(
            f"the winner of these trials is {winner_of(ordered)}, not {winner}; a locked test is "
            "the winner's alone."
        )
    rows = [_trial(trial) for trial in ordered]
    comparison: list[Record] = []
    selection: list[Record] = []
    if winner is not None:
        names = {trial.identity: trial.name for trial in ordered}
        chosen = choice(
            compared,
            names,
            winner=winner,
            locked=locked,
            rng=rng,
            n_resample=n_resample,
            length=length,
        )
        rows = [row | chosen.trials.get(str(row["trial"]), {}) for row in rows]
        comparison, selection = chosen.comparison, chosen.selection
    return {
        "sweep_trials": _table("sweep_trials", rows),
        "sweep_folds": _table("sweep_folds", [row for trial in ordered for row in _folds(trial)]),
        "sweep_comparison": _table("sweep_comparison", comparison),
        "sweep_selection": _table("sweep_selection", selection),
    }


def headline_tables(trials: Sequence[TrialRow]) -> Tables:
    """Make the tables of a sweep of whole runs: no score decides between them, so nobody wins.

    Returns
    -------
    dict of DataFrame
        ``sweep_trials`` (scores empty, rank 0) and ``sweep_headlines``.

    Examples
    --------
    >>> trial = TrialRow("a1", 0, "scenario=fast", "ridge", "finished",
    ...                  headline={"preset": "kiet_2022", "at_risk_persons": 3e6})
    >>> tables = headline_tables([trial])
    >>> tables["sweep_headlines"][["name", "at_risk_persons", "allocated_persons"]].values.tolist()
    [['scenario=fast', 3000000.0, nan]]
    """
    ordered = _ordered(trials)
    told = ("trial", "number", "name", "status", "error")
    rows = [_trial(trial) for trial in ordered]
    headlines = [
        {key: row[key] for key in told} | {"preset": ""} | dict(trial.headline or {})
        for trial, row in zip(ordered, rows, strict=True)
    ]
    return {
        "sweep_trials": _table("sweep_trials", rows),
        "sweep_headlines": _table("sweep_headlines", headlines),
    }


def _ordered(trials: Iterable[TrialRow]) -> list[TrialRow]:
    """Trials by number; a setting that was asked for again is the trial that it was before."""
    once: dict[str, TrialRow] = {}
    for trial in sorted(trials, key=lambda trial: trial.number):
        once.setdefault(trial.identity, trial)
    numbers = [trial.number for trial in once.values()]
    if len(set(numbers)) < len(numbers):
        raise InputError(f"two trials of the sweep share one number: {numbers}.")
    return list(once.values())


def _comparable(ordered: Sequence[TrialRow]) -> dict[str, TrialScore]:
    """Find the largest group of trials with the same cases; of equal ones, the earliest."""
    groups: list[dict[str, TrialScore]] = []
    for trial in ordered:
        if trial.score is None:
            continue
        for group in groups:
            if _same_cases(next(iter(group.values())), trial.score):
                group[trial.identity] = trial.score
                break
        else:
            groups.append({trial.identity: trial.score})
    return max(groups, key=len, default={})


def _same_cases(one: TrialScore, two: TrialScore) -> bool:
    """Compare what two scores are of: reference losses tell targets apart."""
    kinds = ((score.objective, score.metric, score.split, score.cases) for score in (one, two))
    return len(set(kinds)) == 1 and np.allclose(one.reference, two.reference, rtol=1e-9, atol=0.0)


def _trial(trial: TrialRow) -> Record:
    """Row of a trial as if it were compared with none."""
    row: Record = {
        "trial": trial.identity,
        "number": trial.number,
        "name": trial.name,
        "model": trial.model,
        "status": trial.status,
        "error": trial.error,
        "rank": 0,
        "comparable": False,
    }
    if trial.score is None:
        return row
    own = trial.score
    scored = {"metric": own.metric, "score": own.score, "naive_score": own.naive_score}
    return row | scored | {"error": trial.error or OTHER_CASES}


def _folds(trial: TrialRow) -> list[Record]:
    """Rows of a trial in ``sweep_folds``."""
    own = trial.score
    if own is None:
        return []
    folds, place = np.unique(own.folds, return_inverse=True)
    reference, loss, naive, n = (
        np.bincount(place, weights=part) for part in (own.reference, own.loss, own.naive, own.rows)
    )
    relative = np.where(reference > 0, reference, np.nan)  # without any, no score
    columns = ("fold", "score", "naive_score", "n_cases", "n")
    parts = (folds, 1.0 - loss / relative, 1.0 - naive / relative, np.bincount(place), n)
    rows = zip(*(part.tolist() for part in parts), strict=True)
    return [{"trial": trial.identity, **dict(zip(columns, row, strict=True))} for row in rows]


def _table(name: str, rows: Sequence[Record]) -> pd.DataFrame:
    """Lay rows out as the codebook has them, with the same types whether there are any or none."""
    types = {"text": "str", "count": "int64"}
    made = {}
    for key, column in TABLES[name].items():
        kind = "bool" if column.values == (True, False) else types.get(column.kind, "float64")
        empty = "" if kind == "str" else np.nan
        made[key] = pd.Series([row.get(key, empty) for row in rows], dtype=kind)
    return check_table(name, pd.DataFrame(made))
