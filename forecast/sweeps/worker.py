"""What a worker does with one trial: run or score it, and leave a record whatever happens."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from functools import lru_cache
from pathlib import Path

import pandas as pd

from forecast.errors import ForecastError
from forecast.options import DataOptions, Options
from forecast.sweeps import records
from forecast.sweeps.records import FAILED, FINISHED, TrialRecord

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Work:
    """One trial as it is sent to a worker.

    Parameters
    ----------
    options : Options
        With `run_dir` where the trial is a whole run.
    identity : str
    home : Path
        Folder of the sweep.
    cwd : str
        Folder of work, which relative paths are relative to.
    """

    options: Options
    identity: str
    home: Path
    cwd: str


def work(task: Work) -> TrialRecord:
    """Run or score one trial and write its record.

    A failure is part of the result: the sweep goes on, and ``resume=true`` tries again.
    """
    if Path.cwd() != Path(task.cwd):
        os.chdir(task.cwd)
    started = time.perf_counter()
    fitted = 0.0
    try:
        if task.options.sweep.objective == "none":
            record = _run(task)
        else:
            record, fitted = _score(task)
    except ForecastError as error:
        record = TrialRecord(task.identity, FAILED, error=str(error), exit_code=error.exit_code)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        record = TrialRecord(task.identity, FAILED, error=text, exit_code=1)
        folder = records.folder_of(task.home, task.identity)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "traceback.txt").write_text(traceback.format_exc(), encoding="utf-8")
    seconds = {"total": time.perf_counter() - started, "fit": fitted}
    records.write_record(task.home, record, seconds)
    return record


def load_inputs(options: DataOptions) -> tuple[Tables, dict[str, str]]:
    """Load the inputs of a trial; a worker does so once for all trials that share them."""
    return _load(astuple(options))


@lru_cache(maxsize=2)
def _load(values: tuple[str | None, ...]) -> tuple[Tables, dict[str, str]]:
    from forecast.data import inputs

    return inputs.load(DataOptions(*values))  # type: ignore[arg-type]


def _score(task: Work) -> tuple[TrialRecord, float]:
    from forecast.sweeps.objectives import model_name, score_trial

    tables, _ = load_inputs(task.options.data)
    score = score_trial(task.options, tables)
    name = model_name(task.options)
    record = TrialRecord(task.identity, FINISHED, model=name, score=score)
    return record, score.fit_seconds


def _run(task: Work) -> TrialRecord:
    from forecast.pipeline import run_experiment
    from forecast.sweeps.headlines import headline_of

    assert task.options.run_dir is not None  # the sweep names it
    folder = Path(task.options.run_dir)
    if not (folder / "manifest.json").exists():  # else only its record was interrupted
        untracked = replace(task.options.tracking, kind="disabled")
        options = replace(task.options, tracking=untracked)
        run_experiment(options, inputs=load_inputs(task.options.data))
    return headline_of(task.identity, folder)
