"""A sweep: all trials checked first, those done before skipped, the winner judged once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from forecast.errors import ConfigError
from forecast.options import Options
from forecast.pipeline import check_options
from forecast.store_address import masked
from forecast.sweeps import home as homes
from forecast.sweeps import records
from forecast.sweeps.objectives import NONE, check_objective
from forecast.sweeps.records import FAILED, FINISHED, TrialRecord
from forecast.sweeps.trial import Trial, code_version, identify
from forecast.sweeps.worker import Work, load_inputs, work
from forecast.sweeps.workers import WorkerDied, Workers, WorkerSettings

if TYPE_CHECKING:
    from forecast.launching import Composed, Request
    from forecast.sweeps.tracked import TrackedSweep

Progress = Callable[[str], None]
SHARED = ("name", "run_dir", "resume", "sweep", "tracking")  # of the sweep, not of one trial


@dataclass(frozen=True)
class SweepResult:
    """What a sweep leaves.

    Parameters
    ----------
    home : Path
    tables : dict of DataFrame
    opened : int
        How often the locked test was opened in this folder of work; 0 where there is none.
    tracked : str or None
        MLflow run of the sweep.
    seconds : float
    skipped : int
        Trials that an earlier process had finished.
    failures : list of TrialRecord
    """

    home: Path
    tables: dict[str, pd.DataFrame]
    opened: int
    tracked: str | None
    seconds: float
    skipped: int
    failures: list[TrialRecord]


class Sweep:
    """Runs the batches of one multirun; see :class:`forecast.launching.Multirun`.

    Use it as a context: it holds the sweep's folder, and says to MLflow how it ended.
    """

    def __init__(self, advance: Progress = lambda text: None) -> None:
        self.advance = advance
        self.started = time.perf_counter()
        self.trials: dict[str, Trial] = {}  # by identity, in the order of the request
        self.records: dict[str, TrialRecord] = {}
        self.skipped = 0
        self.home: Path | None = None
        self.log: TrackedSweep | None = None
        self.workers: Workers | None = None
        self._open = ExitStack()

    def __enter__(self) -> Sweep:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is not None and self.log is not None:
            self.log.stopped()
        self._open.close()

    def check(self, options: Options) -> None:
        """Refuse options that no trial can run with, before anything runs.

        Raises
        ------
        ConfigError
        """
        untracked = replace(options.tracking, kind="disabled")
        check_options(replace(options, run_dir=None, tracking=untracked))
        scored = options.sweep.objective != NONE
        check_objective(options, load_inputs(options.data)[0] if scored else None)
        if not scored and "exposure" in options.stages:
            from forecast.models.base import build_model
            from forecast.stages.presets import require_preset

            build_model(options.model)
            require_preset(options.at_risk.preset)

    def launch(self, trials: Sequence[Composed], request: Request) -> tuple[list[float], Path]:
        """Run one batch of trials.

        Returns
        -------
        scores : list of float
            In the order of the batch; NaN where a trial has none.
        home : Path
        """
        _settings(request, Path())  # an error now rather than after the checks
        for composed in trials:
            self.check(composed.options)
        self._same_for_all([composed.options for composed in trials])
        first = trials[0].options
        if request.chooses and first.sweep.objective == NONE:
            raise ConfigError(
                "sweep.objective=none gives no score to search by; add sweep=exposure."
            )
        batch = [self._trial(composed) for composed in trials]
        if self.home is None:
            self._begin(first, request)
        assert self.home is not None
        self._run([t for t in batch if t.identity not in self.records], self.home)
        scores = [self.records[trial.identity].score for trial in batch]
        return [float("nan") if s is None else s.score for s in scores], self.home

    def finish(self) -> SweepResult:
        """Choose the winner, open the locked test for it, write tables, figures and page."""
        from forecast.sweeps.outcome import conclude

        assert self.home is not None
        self.advance("sweep: choosing, and judging the choice")
        ordered = sorted(self.trials.values(), key=lambda trial: trial.number)
        outcome = conclude(self.home, ordered, self.records)
        if self.log is not None:
            self.advance("tracking: telling MLflow")
            self.log.finish(self.home, outcome.tables, outcome.facts)
        failures = [self.records[t.identity] for t in ordered]
        return SweepResult(
            home=self.home,
            tables=outcome.tables,
            opened=outcome.opened,
            tracked=self.log.run_id if self.log is not None else None,
            seconds=time.perf_counter() - self.started,
            skipped=self.skipped,
            failures=[record for record in failures if record.status == FAILED],
        )

    def _trial(self, composed: Composed) -> Trial:
        """Identify a trial; the same one twice is one."""
        options = composed.options
        _, inputs = load_inputs(options.data)
        identity = identify(options, inputs=inputs, code=code_version())
        if identity not in self.trials:
            self.trials[identity] = Trial(len(self.trials), composed.overrides, options, identity)
        return self.trials[identity]

    def _same_for_all(self, options: Sequence[Options]) -> None:
        """Refuse a search over keys that belong to the sweep itself."""
        first = next(iter(self.trials.values())).options if self.trials else options[0]
        for key in SHARED:
            if any(getattr(other, key) != getattr(first, key) for other in options):
                raise ConfigError(f"{key}: is of the whole sweep; give it one value.")

    def _begin(self, options: Options, request: Request) -> None:
        """Take the folder, and tell MLflow that the sweep goes on."""
        home = homes.find_home(options, request.searched)
        if options.tracking.kind != "disabled":
            from forecast import tracking

            tracking.require_store(options.tracking)
        self._open.enter_context(homes.held(home))
        self.home = home
        state = homes.read_state(home) or {"request": list(request.searched), "mlflow": {}}
        if options.tracking.kind != "disabled":
            from forecast.sweeps.tracked import TrackedSweep

            uri = masked(options.tracking.uri)
            self.log = TrackedSweep(options, home, request.searched, state["mlflow"].get(uri))
            state["mlflow"][uri] = self.log.run_id
        homes.write_state(home, state)
        self.workers = self._open.enter_context(Workers(_settings(request, home)))

    def _run(self, batch: Sequence[Trial], home: Path) -> None:
        """Run the trials of a batch that no earlier process finished."""
        waiting: list[Trial] = []
        for trial in {trial.identity: trial for trial in batch}.values():
            record = records.read_record(home, trial.identity)
            if record is not None and record.status == FINISHED:
                self.skipped += 1
                self._keep(trial, record)
                continue
            records.forget(home, trial.identity)
            waiting.append(trial)
        tasks = [self._work(trial, home) for trial in waiting]
        self._say()
        assert self.workers is not None
        for place, outcome in self.workers.run(work, tasks):
            trial = waiting[place]
            if isinstance(outcome, WorkerDied):
                outcome = TrialRecord(trial.identity, FAILED, error=outcome.message, exit_code=1)
                records.write_record(home, outcome, {})
            self._keep(trial, outcome)
            self._say()

    def _keep(self, trial: Trial, record: TrialRecord) -> None:
        assert self.home is not None
        self.records[trial.identity] = record
        if self.log is not None:
            self.log.trial(trial, record, records.read_seconds(self.home, trial.identity))

    def _work(self, trial: Trial, home: Path) -> Work:
        options = trial.options
        if options.sweep.objective == NONE:
            options = replace(options, run_dir=self._run_dir(trial, home).as_posix())
        return Work(options, trial.identity, home, str(Path.cwd()))

    def _run_dir(self, trial: Trial, home: Path) -> Path:
        """Whole runs lie where runs lie, named by the sweep's clock; in a named folder below it."""
        if trial.options.run_dir is not None:
            return records.folder_of(home, trial.identity) / "run"
        began = home.name.rsplit("-", 1)[0]
        return Path("runs") / trial.options.name / f"{began}-{trial.identity}"

    def _say(self) -> None:
        done, failed = len(self.records), sum(r.status == FAILED for r in self.records.values())
        told = f" ({failed} failed)" if failed else ""
        self.advance(f"sweep: {done} of {len(self.trials)} trials done{told}")


def _settings(request: Request, home: Path) -> WorkerSettings:
    return WorkerSettings(request.backend, request.workers, home, request.extra)
