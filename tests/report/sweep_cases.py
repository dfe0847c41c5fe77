"""Made sweeps: trials on families of occupations, and whole runs of scenarios."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from forecast.report.sweep_tables import TrialRow, headline_tables, scored_tables, winner_of
from forecast.types_sweep import TrialScore

CASES = tuple(f"{family:02}" for family in range(11, 47))
FOLDS = np.arange(len(CASES), dtype=np.int64) % 5
MODELS = ("ridge", "boosting", "gaussian_process")
FAILURE = "ConfigError: model.max_depth: expected at least 1, got 0"
RESAMPLES = 300


def a_score(loss, reference, **changes):
    """Losses by case as a trial hands them back; the naive model is as good as the reference."""
    made = TrialScore(
        objective="exposure",
        metric="r2",
        cases=CASES,
        folds=FOLDS,
        loss=loss,
        reference=reference,
        naive=0.97 * reference,
        rows=np.full(len(CASES), 9),
        split="5f1c",
    )
    return replace(made, **changes)


def made_trials(n=12, *, seed=5, failed=(3,), apart=()):
    """Trials that differ a little; those `failed` have no score, those `apart` other cases."""
    rng = np.random.default_rng(seed)
    reference = rng.gamma(4.0, 1.0, len(CASES))
    hard = rng.uniform(0.2, 0.5, len(CASES))  # what no model gets right of a family
    trials = []
    for number in range(n):
        model = MODELS[number % len(MODELS)]
        name = f"model={model} model.strength={0.1 * (number // len(MODELS) + 1):.1f}"
        identity = f"{number:03x}{rng.integers(16**9):09x}"
        if number in failed:
            trials.append(TrialRow(identity, number, name, model, "failed", error=FAILURE))
            continue
        worse = 1.0 + 0.03 * rng.gamma(1.5)
        loss = reference * hard * worse * rng.lognormal(0.0, 0.06, len(CASES))
        score = a_score(loss, reference, split="other" if number in apart else "5f1c")
        trials.append(TrialRow(identity, number, name, model, "finished", score=score))
    return trials


def made_locked(seed=6):
    """The winner on a few locked families, where it does worse."""
    rng = np.random.default_rng(seed)
    cases = ("51", "52", "53", "61", "62", "71", "72", "81")
    reference = rng.gamma(4.0, 1.0, len(cases))
    loss = reference * rng.uniform(0.25, 0.6, len(cases))
    return replace(
        a_score(np.ones(len(CASES)), np.ones(len(CASES))),
        cases=cases,
        folds=np.zeros(len(cases), dtype=np.int64),
        loss=loss,
        reference=reference,
        naive=1.02 * reference,
        rows=np.full(len(cases), 7),
        split="locked",
    )


def scored(trials=None, *, locked=True, seed=7) -> dict[str, pd.DataFrame]:
    """Tables of a sweep of scores."""
    trials = made_trials() if trials is None else trials
    winner = winner_of(trials)
    return scored_tables(
        trials,
        locked=made_locked() if locked and winner else None,
        winner=winner,
        rng=np.random.default_rng(seed),
        n_resample=RESAMPLES,
    )


def made_runs(n=6, *, seed=8, failed=(4,), stages=("needs", "seats")):
    """Whole runs; without `stages` the stages after jobs at risk did not run."""
    rng = np.random.default_rng(seed)
    trials = []
    for number in range(n):
        name = f"scenario=s{number} at_risk=kiet_2022"
        identity = f"{number:03x}{rng.integers(16**9):09x}"
        if number in failed:
            trials.append(TrialRow(identity, number, name, "auto", "failed", error=FAILURE))
            continue
        people = rng.uniform(3.0e6, 3.6e6)
        headline = {
            "preset": "kiet_2022",
            "at_risk_persons": people,
            "lower80": 0.9 * people,
            "upper80": 1.15 * people,
        }
        if "needs" in stages:
            needs = rng.uniform(1e4, 9e4, 3)
            keys = ("ai_basic_persons", "ax_persons", "job_change_persons")
            headline |= dict(zip(keys, needs.tolist(), strict=True))
        if "seats" in stages:
            headline["allocated_persons"] = float(rng.integers(300_000, 320_000))
        trials.append(TrialRow(identity, number, name, "auto", "finished", headline=headline))
    return trials


def whole_runs(trials=None) -> dict[str, pd.DataFrame]:
    """Tables of a sweep of whole runs."""
    return headline_tables(made_runs() if trials is None else trials)
