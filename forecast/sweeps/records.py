"""What a trial leaves on disk: one file, moved into place when the trial is over.

``trial.json`` holds the result and nothing that differs between two runs of the same trial;
seconds stand beside it in ``timing.json``. A trial without ``trial.json`` has not been run.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecast.errors import InputError
from forecast.types_sweep import TrialScore

FINISHED, FAILED = "finished", "failed"
RECORD, TIMING = "trial.json", "timing.json"


@dataclass(frozen=True)
class TrialRecord:
    """How a trial ended.

    Parameters
    ----------
    identity : str
    status : str
        ``finished`` or ``failed``.
    model : str
        Name of the exposure model, empty where the trial has none.
    score : TrialScore or None
        Of a trial that is scored.
    headline : mapping or None
        Of a whole run: the figures that trials are compared by.
    run_dir : str or None
        Of a whole run.
    error : str
        What it failed with.
    exit_code : int
        What a single run would have ended with.
    """

    identity: str
    status: str
    model: str = ""
    score: TrialScore | None = None
    headline: Mapping[str, float | str] | None = None
    run_dir: str | None = None
    error: str = ""
    exit_code: int = 0


def folder_of(home: Path, identity: str) -> Path:
    """Return the folder of a trial."""
    return home / "trials" / identity


def write_record(home: Path, record: TrialRecord, seconds: Mapping[str, float]) -> None:
    """Write the record of a trial; it is there whole or not at all.

    Examples
    --------
    >>> import tempfile
    >>> home = Path(tempfile.mkdtemp())
    >>> write_record(home, TrialRecord("0a", FAILED, error="no memory"), {"total": 1.0})
    >>> read_record(home, "0a").error
    'no memory'
    """
    folder = folder_of(home, record.identity)
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / TIMING, {name: round(value, 4) for name, value in seconds.items()})
    content = asdict(record)
    if record.score is not None:
        content["score"] = plain_score(record.score)
    _replace(folder / RECORD, content)


def read_record(home: Path, identity: str) -> TrialRecord | None:
    """Read the record of a trial; None where it has not ended."""
    content = _read(folder_of(home, identity) / RECORD)
    if content is None:
        return None
    score = content.pop("score")
    return TrialRecord(**content, score=None if score is None else score_of(score))


def read_seconds(home: Path, identity: str) -> dict[str, float]:
    """Read what a trial took; empty where that is not known."""
    return dict(_read(folder_of(home, identity) / TIMING) or {})


def forget(home: Path, identity: str) -> None:
    """Remove what a failed or interrupted trial left behind."""
    shutil.rmtree(folder_of(home, identity), ignore_errors=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a small file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, content)


def plain_score(score: TrialScore) -> dict[str, Any]:
    """Turn a score into what JSON holds exactly."""
    content = {
        key: value.tolist() if isinstance(value, np.ndarray) else value
        for key, value in asdict(score).items()
    }
    del content["fit_seconds"]
    return content


def score_of(content: Mapping[str, Any]) -> TrialScore:
    """Turn what JSON held back into a score."""
    return TrialScore(
        objective=content["objective"],
        metric=content["metric"],
        cases=tuple(content["cases"]),
        folds=np.asarray(content["folds"], dtype=np.int64),
        loss=np.asarray(content["loss"]),
        reference=np.asarray(content["reference"]),
        naive=np.asarray(content["naive"]),
        rows=np.asarray(content["rows"], dtype=np.int64),
        split=content["split"],
    )


def _replace(path: Path, content: Mapping[str, Any]) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    with aside.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise InputError(f"{path}: is no JSON ({error}); remove the file and resume.") from error
    return content
