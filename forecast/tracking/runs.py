"""One MLflow run per experiment, written when its run folder is complete; and the list of them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param

from forecast.models.exposure import ExposureModel
from forecast.options import Options, TrackingOptions
from forecast.tracking.description import tags
from forecast.tracking.metrics import flatten, metrics
from forecast.tracking.models import log_model
from forecast.tracking.store import absent, explained, open_experiment, reach

Tables = Mapping[str, pd.DataFrame]
PARAM_LENGTH, BATCH = 500, 100  # what MLflow takes in one value and in one request
LOGGED = (  # small tables that the dashboard shows as tables
    *("headline", "cohort_totals", "scoreboard", "forecast_comparison"),
    *("reskilling_totals", "take_up", "variance_shares"),
    *("cohort_balance", "cohort_defaults", "cohort_contradictions", "cohort_robust"),
)


def log_run(
    options: Options,
    run_dir: Path,
    tables: Tables,
    manifest: Mapping[str, Any],
    model: ExposureModel | None,
    example: pd.DataFrame | None,
    seconds: Mapping[str, float],
) -> str:
    """Log one finished run folder and return the id of its MLflow run.

    Parameters
    ----------
    options : Options
        Become parameters, flattened to dotted keys.
    run_dir : Path
        Finished run folder; all of it becomes artifacts.
    tables : mapping of DataFrame
        Contract tables; headline, totals and scores become metrics.
    manifest : mapping
        Inputs with sha256 (become dataset lineage), commit, provenance.
    model, example : ExposureModel, DataFrame
        Logged with signature and registered, unless None.
    seconds : mapping of float
        Seconds per stage.

    Raises
    ------
    ConfigError
        If the store cannot be reached; the run folder is complete all the same.
    """
    with explained(options.tracking, f"The run itself is complete in {run_dir}; "):
        client, experiment_id = open_experiment(options.tracking)
        name = f"{options.name} · {options.at_risk.preset} · seed {options.seed}"
        run = client.create_run(
            experiment_id, run_name=name, tags=tags(options, run_dir, tables, manifest)
        )
        run_id: str = run.info.run_id
        try:
            _log_values(client, run_id, options, metrics(tables, seconds))
            client.log_inputs(run_id, _lineage(manifest))
            client.log_artifacts(run_id, str(run_dir))
            for table in LOGGED:
                if table in tables:
                    client.log_table(run_id, tables[table], f"{table}.json")
            if model is not None and example is not None:
                log_model(run_id, model, example, options.tracking.register)
        except BaseException:  # also an interrupt: a half-logged run must not look finished
            client.set_terminated(run_id, "FAILED")
            raise
        client.set_terminated(run_id)
    return run_id


def recent_runs(options: TrackingOptions, n: int) -> list[dict[str, str]]:
    """List finished runs, newest first: when, id, name, headline, folder."""
    if absent(options.uri):
        return []
    with explained(options, ""):
        client = reach(options)
        known = client.get_experiment_by_name(options.experiment)
        if known is None:
            return []
        finished = "attributes.status = 'FINISHED'"
        runs = client.search_runs([known.experiment_id], finished, max_results=n)
    rows = []
    for run in runs:
        started = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.info.start_time / 1000))
        tags = run.data.tags
        rows.append(
            {
                "started": started,
                "run_id": run.info.run_id,
                "name": run.info.run_name,
                "headline": tags.get("headline", "no headline"),
                "run_dir": tags.get("run_dir", ""),
            }
        )
    return rows


def _log_values(
    client: mlflow.MlflowClient, run_id: str, options: Options, values: Mapping[str, float]
) -> None:
    now = int(time.time() * 1000)
    entries = [Metric(key, value, now, 0) for key, value in values.items()]
    params = [Param(key, text[:PARAM_LENGTH]) for key, text in flatten(asdict(options)).items()]
    for start in range(0, max(len(entries), len(params)), BATCH):
        part = slice(start, start + BATCH)
        client.log_batch(run_id, metrics=entries[part], params=params[part])


def _lineage(manifest: Mapping[str, Any]) -> list[DatasetInput]:
    """One dataset per input file, its digest the head of its sha256."""
    return [
        DatasetInput(
            dataset=Dataset(
                name=Path(path).name,
                digest=digest[:36],
                source_type="local",
                source=json.dumps({"uri": path, "sha256": digest}, ensure_ascii=False),
            ),
            tags=[InputTag("mlflow.data.context", "input")],
        )
        for path, digest in manifest["inputs"].items()
    ]
