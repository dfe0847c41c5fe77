"""What a sweep says once its trials are done: the choice, the locked test, tables and page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from forecast import run_folder
from forecast.pipeline import provenance, stage_rng
from forecast.report.sweep_tables import TrialRow, headline_tables, scored_tables, winner_of
from forecast.sweeps import home as homes
from forecast.sweeps.objectives import NONE, block_length, score_locked
from forecast.sweeps.records import TrialRecord, plain_score, score_of, write_json
from forecast.sweeps.trial import Trial, code_version
from forecast.sweeps.worker import load_inputs
from forecast.types_sweep import TrialScore

LOCKED = "locked_test.json"
RESULTS = ("tables", "figures", "report.html")


@dataclass(frozen=True)
class Outcome:
    """Tables of a sweep, facts for its page and manifest, openings of the locked test."""

    tables: dict[str, pd.DataFrame]
    facts: dict[str, Any] = field(default_factory=dict)
    opened: int = 0


def conclude(home: Path, trials: Sequence[Trial], records: Mapping[str, TrialRecord]) -> Outcome:
    """Make everything that follows from the trials, and write it below `home`.

    Parameters
    ----------
    home : Path
    trials : sequence of Trial
        In the order of the request.
    records : mapping of TrialRecord
        By identity, one for each trial.

    Returns
    -------
    Outcome
        Nothing in its tables depends on workers, on the order in which trials ended, or on how
        often the sweep was interrupted.
    """
    options = trials[0].options
    rows = [_row(trial, records[trial.identity]) for trial in trials]
    opened = 0
    if options.sweep.objective == NONE:
        tables = headline_tables(rows)
    else:
        winner = winner_of(rows)
        locked = None
        if winner is not None:
            chosen = next(trial for trial in trials if trial.identity == winner)
            locked = _locked(home, chosen)
            opened = homes.count_openings(locked.split)
        tables = scored_tables(
            rows,
            locked=locked,
            winner=winner,
            rng=stage_rng(min(trial.options.seed for trial in trials), "sweep"),
            n_resample=options.sweep.resamples,
            length=block_length(options.sweep.objective),
        )
    facts = _facts(home, trials, opened)
    _write(home, tables, facts)
    return Outcome(tables, facts, opened)


def _row(trial: Trial, record: TrialRecord) -> TrialRow:
    return TrialRow(
        identity=trial.identity,
        number=trial.number,
        name=trial.name,
        model=record.model,
        status=record.status,
        error=record.error,
        score=record.score,
        headline=record.headline,
    )


def _locked(home: Path, winner: Trial) -> TrialScore:
    """Score the winner on the locked cases; what was scored once is not scored again."""
    path = home / LOCKED
    if path.exists():
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["trial"] == winner.identity:
            return score_of(known["score"])
    tables, _ = load_inputs(winner.options.data)
    score = score_locked(winner.options, tables)
    homes.note_opening(score.split, home=home, trial=winner.identity)
    write_json(home / "timing.json", {"locked_fit": round(score.fit_seconds, 4)})
    write_json(path, {"trial": winner.identity, "score": plain_score(score)})
    return score


def _facts(home: Path, trials: Sequence[Trial], opened: int) -> dict[str, Any]:
    """Return what page, manifest and MLflow say about the sweep as a whole."""
    options = trials[0].options
    inputs: dict[str, str] = {}
    for trial in trials:
        inputs |= load_inputs(trial.options.data)[1]
    return {
        **run_folder.manifest(options, inputs, provenance(options)),
        "objective": options.sweep.objective,
        "target": options.sweep.target,
        "locked_share": options.sweep.locked_share,
        "resamples": options.sweep.resamples,
        "request": homes.read_state(home).get("request", []),
        "trials": [trial.identity for trial in trials],
        "code": code_version(),
        "locked_test_opened": opened,
    }


def _write(home: Path, tables: dict[str, pd.DataFrame], facts: dict[str, Any]) -> None:
    """Replace what an earlier end of the sweep wrote; the manifest goes first and comes last."""
    from forecast.report.figures_sweep import draw_sweep_figures
    from forecast.report.page_sweep import render_sweep_page

    aside = home / ".results"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    run_folder.write_tables(aside, tables)
    figures = draw_sweep_figures(tables, aside / "figures", provenance=facts["provenance"])
    page = render_sweep_page(tables, figures, meta=facts, opened=facts["locked_test_opened"])
    (aside / "report.html").write_text(page, encoding="utf-8")
    (home / "manifest.json").unlink(missing_ok=True)
    for name in RESULTS:
        old = home / name
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink(missing_ok=True)
        if (aside / name).exists():
            (aside / name).replace(old)
    shutil.rmtree(aside)
    run_folder.write_manifest(home, facts)
