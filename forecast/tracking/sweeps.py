"""A sweep on the dashboard: one parent run, a child for every trial, written by one process.

Workers do not write here: what a killed one had begun would be seen twice. The parent logs a trial
when its record is on disk, and after an interrupt whatever is on disk and not yet here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.entities import Metric, Param

from forecast.errors import ConfigError
from forecast.options import Options, TrackingOptions
from forecast.tracking.lineage import lineage
from forecast.tracking.metrics import plain
from forecast.tracking.runs import introduce
from forecast.tracking.store import explained, open_experiment
from forecast.tracking.sweep_description import (
    describe_sweep,
    finite,
    headline_of_sweep,
    sweep_metrics,
)
from forecast.types_sweep import TrialScore

PARENT, TRIAL = "mlflow.parentRunId", "trial"
PARAM_LENGTH, CHILDREN = 500, 1000  # of one value; of one page of a search


@dataclass(frozen=True)
class TrialEnd:
    """A trial that is over, as its child run shows it.

    Parameters
    ----------
    identity, name, model : str
    overrides : mapping of str
        Key to value, of what makes it differ.
    error : str
        Empty where it finished.
    score : TrialScore or None
    seconds : mapping of float
    """

    identity: str
    name: str
    model: str
    overrides: Mapping[str, str]
    error: str = ""
    score: TrialScore | None = None
    seconds: Mapping[str, float] | None = None


class SweepLog:
    """The runs of one sweep in the store; `run_id` is the parent's."""

    def __init__(
        self,
        client: mlflow.MlflowClient,
        experiment: str,
        run_id: str,
        options: TrackingOptions,
        *,
        provenance: str,
    ) -> None:
        self.client, self.experiment, self.run_id = client, experiment, run_id
        self.options, self.provenance = options, provenance
        self.logged = self._children()

    def trial(self, trial: TrialEnd) -> None:
        """Log a trial; one that finished and stands here already is left alone."""
        if self._standing(trial.identity):
            return
        with explained(self.options, "The trial itself is kept; "):
            run = self.client.create_run(
                self.experiment, run_name=trial.name, tags=self._tags(trial)
            )
            status = "FAILED"
            try:
                now = int(time.time() * 1000)
                values = _trial_metrics(trial)
                self.client.log_batch(
                    run.info.run_id,
                    metrics=[Metric(key, value, now, 0) for key, value in values.items()],
                    params=[
                        Param(plain(key), value[:PARAM_LENGTH])
                        for key, value in trial.overrides.items()
                    ],
                )
                status = "FAILED" if trial.error else "FINISHED"
            finally:
                self.client.set_terminated(run.info.run_id, status)
        self.logged[trial.identity] = (run.info.run_id, status)

    def run_tags(self, identity: str) -> dict[str, str] | None:
        """Return the tags that make a whole run a child; None where it stands here already."""
        if self._standing(identity):
            return None
        return {PARENT: self.run_id, TRIAL: identity}

    def finish(self, home: Path, tables: Mapping[str, pd.DataFrame], facts: dict[str, Any]) -> None:
        """Log tables, figures, page and headline of the sweep, and end its run."""
        with explained(self.options, f"The sweep itself is complete in {home}; "):
            for name, table in tables.items():
                self.client.log_table(self.run_id, table, f"{name}.json")
            now = int(time.time() * 1000)
            values = sweep_metrics(tables)
            self.client.log_batch(
                self.run_id, metrics=[Metric(key, value, now, 0) for key, value in values.items()]
            )
            self.client.log_inputs(self.run_id, lineage(facts))
            for name in ("tables", "figures"):
                if (home / name).is_dir():
                    self.client.log_artifacts(self.run_id, str(home / name), name)
            for name in ("report.html", "manifest.json"):
                self.client.log_artifact(self.run_id, str(home / name))
            page = f"#/experiments/{self.experiment}/runs/{self.run_id}/artifacts"
            self.client.set_tag(
                self.run_id, "mlflow.note.content", describe_sweep(tables, facts, page)
            )
            for key in ("schema_version", "commit"):
                self.client.set_tag(self.run_id, key, str(facts[key]))
            self.client.set_tag(self.run_id, "headline", headline_of_sweep(tables))
            self.client.set_terminated(self.run_id)

    def stopped(self) -> None:
        """Say that the sweep ended early; what is told about it must not fail again."""
        with suppress(ConfigError), explained(self.options, ""):
            self.client.set_terminated(self.run_id, "KILLED")

    def _standing(self, identity: str) -> bool:
        """Whether a trial stands here as finished; a failed one makes room for its repetition."""
        run_id, status = self.logged.get(identity, ("", ""))
        if status == "FINISHED":
            return True
        if run_id:
            with explained(self.options, ""):
                self.client.delete_run(run_id)
            del self.logged[identity]
        return False

    def _children(self) -> dict[str, tuple[str, str]]:
        """Find the children; those that an interrupt left half-written make room."""
        found: dict[str, tuple[str, str]] = {}
        token: str | None = None
        with explained(self.options, ""):
            while True:
                page = self.client.search_runs(
                    [self.experiment],
                    f"tags.`{PARENT}` = '{self.run_id}'",
                    max_results=CHILDREN,
                    page_token=token,
                )
                for run in page:
                    if run.info.status == "RUNNING":
                        self.client.delete_run(run.info.run_id)
                    elif TRIAL in run.data.tags:
                        found[run.data.tags[TRIAL]] = (run.info.run_id, run.info.status)
                token = page.token
                if not token:
                    return found

    def _tags(self, trial: TrialEnd) -> dict[str, str]:
        tags = {
            PARENT: self.run_id,
            TRIAL: trial.identity,
            "kind": "trial",
            "provenance": self.provenance,
            "mlflow.source.name": "forecast run -m",
        }
        if trial.model:
            tags["model"] = trial.model
        if trial.score is not None:
            tags["splits"] = trial.score.split
            tags["headline"] = f"{trial.score.metric} {trial.score.score:.3f} (not adjusted)"
        if trial.error:
            tags["error"] = trial.error
        return tags


def open_sweep(
    options: Options, home: Path, searched: Sequence[str], known: str | None, *, provenance: str
) -> SweepLog:
    """Begin the parent run of a sweep, or go on with the `known` one.

    Parameters
    ----------
    options : Options
        Of the first trial: name, seed, objective and store are those of the sweep.
    home : Path
    searched : sequence of str
        Overrides as asked for; they become parameters.
    known : str or None
        Run that an earlier process began.
    provenance : str

    Raises
    ------
    ConfigError
        If the store cannot be reached.
    """
    with explained(options.tracking, ""):
        client, experiment = open_experiment(options.tracking)
        introduce(client, experiment)
        if known is not None:
            client.update_run(known, status="RUNNING")
            return SweepLog(client, experiment, known, options.tracking, provenance=provenance)
        objective = options.sweep.objective
        sought = "비교(실행)" if objective == "none" else f"모형 탐색({objective})"
        run = client.create_run(
            experiment,
            run_name=f"{options.name} · {sought} · seed {options.seed}",
            tags={
                "kind": "sweep",
                "objective": objective,
                "run_dir": str(home),
                "request": " ".join(searched),
                "provenance": provenance,
                "seed": str(options.seed),
                "mlflow.source.name": "forecast run -m",
            },
        )
        for text in searched:
            key, _, value = text.partition("=")
            client.log_param(run.info.run_id, plain(key), value[:PARAM_LENGTH])
    return SweepLog(client, experiment, run.info.run_id, options.tracking, provenance=provenance)


def _trial_metrics(trial: TrialEnd) -> dict[str, float]:
    values = {f"time/{name}_seconds": value for name, value in (trial.seconds or {}).items()}
    if trial.score is not None:
        values[f"score/{trial.score.metric}"] = trial.score.score
        values[f"score/{trial.score.metric}_naive"] = trial.score.naive_score
    return finite(values)
