"""A sweep as MLflow shows it: the parent run, and a child for every trial that is over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.options import Options
from forecast.pipeline import provenance
from forecast.sweeps.records import TrialRecord
from forecast.sweeps.trial import Trial
from forecast.tracking.runs import log_run
from forecast.tracking.sweeps import TrialEnd, open_sweep


class TrackedSweep:
    """Tells the store about trials as they end; `run_id` is the parent run's."""

    def __init__(
        self, options: Options, home: Path, searched: Sequence[str], known: str | None
    ) -> None:
        self._log = open_sweep(options, home, searched, known, provenance=provenance(options))
        self.run_id = self._log.run_id

    def trial(self, trial: Trial, record: TrialRecord, seconds: Mapping[str, float]) -> None:
        """Log a trial: whole runs with tables, figures and page, scored ones with their score."""
        if record.run_dir is not None:
            tags = self._log.run_tags(trial.identity)
            if tags is not None:
                run_dir = Path(record.run_dir)
                log_run(trial.options, run_dir, _tables(run_dir), _manifest(run_dir), seconds, tags)
            return
        pairs = (text.lstrip("+~").partition("=") for text in trial.overrides)
        self._log.trial(
            TrialEnd(
                identity=trial.identity,
                name=trial.name,
                model=record.model,
                overrides={key: value for key, _, value in pairs},
                error=record.error,
                score=record.score,
                seconds=seconds,
            )
        )

    def finish(self, home: Path, tables: Mapping[str, pd.DataFrame], facts: dict[str, Any]) -> None:
        """End the sweep's run with its tables, figures and page."""
        self._log.finish(home, tables, facts)

    def stopped(self) -> None:
        """Say that the sweep ended early."""
        self._log.stopped()


def _tables(run_dir: Path) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_parquet(path) for path in (run_dir / "tables").glob("*.parquet")}


def _manifest(run_dir: Path) -> dict[str, Any]:
    return dict(json.loads((run_dir / "manifest.json").read_text(encoding="utf-8")))
