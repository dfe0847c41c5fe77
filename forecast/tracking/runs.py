"""One MLflow run per experiment, written when its run folder is complete; and the list of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.entities import Metric, Param

from forecast.data import reference
from forecast.models import scoring
from forecast.options import Options, TrackingOptions
from forecast.store_address import masked
from forecast.tracking.champion import champion_facts, move_champion
from forecast.tracking.description import EXPERIMENT_TAGS, description, run_name, run_tags
from forecast.tracking.lineage import lineage
from forecast.tracking.metrics import flatten, metrics
from forecast.tracking.model_card import facts_of_run, model_card
from forecast.tracking.models import log_model
from forecast.tracking.store import absent, explained, open_experiment, reach

Tables = Mapping[str, pd.DataFrame]
PARAM_LENGTH, BATCH = 500, 100  # what MLflow takes in one value and in one request
PARENT = "mlflow.parentRunId"  # of the trials of a sweep
MODEL = "model"  # folder of the run's saved exposure model
LOGGED = (  # small tables that the dashboard shows as tables
    *("headline", "headline_variants", "cohort_totals", "cohort_balance", "reskilling_totals"),
    *("mechanism_parameters", "take_up", "variance_shares"),
    *("leaderboard", "scoreboard", "forecast_comparison"),
    *("cohort_defaults", "cohort_contradictions", "cohort_robust"),
)


def log_run(
    options: Options,
    run_dir: Path,
    tables: Tables,
    manifest: Mapping[str, Any],
    seconds: Mapping[str, float],
    tags: Mapping[str, str] | None = None,
) -> str:
    """Log one finished run folder and return the id of its MLflow run.

    Parameters
    ----------
    options : Options
        Become parameters, flattened to dotted keys.
    run_dir : Path
        Finished run folder; all of it becomes artifacts. A model saved in it is logged with
        signature and example, and registered unless the run is a trial of a sweep: the best of
        many trials is not scored like a single run.
    tables : mapping of DataFrame
        Contract tables; headline, totals and scores become metrics.
    manifest : mapping
        Inputs with sha256 (become dataset lineage), commit, provenance.
    seconds : mapping of float
        Seconds per stage.
    tags : mapping of str, optional
        Further tags, such as those that make it a child of a sweep.

    Raises
    ------
    ConfigError
        If the store cannot be reached; the run folder is complete all the same.
    """
    with explained(options.tracking, f"The run itself is complete in {run_dir}; "):
        client, experiment_id = open_experiment(options.tracking)
        introduce(client, experiment_id)
        run = client.create_run(
            experiment_id,
            run_name=run_name(options, tables, manifest),
            tags={**run_tags(options, run_dir, tables, manifest), **(tags or {})},
        )
        run_id: str = run.info.run_id
        try:
            note = description(
                options, tables, manifest, _links(run_dir, tables, experiment_id, run_id)
            )
            client.set_tag(run_id, "mlflow.note.content", note)
            for table in LOGGED:  # before the metrics: MLflow reads the whole run for each table
                if table in tables:
                    client.log_table(run_id, tables[table], f"{table}.json")
            values = metrics(tables, seconds, preset=options.at_risk.preset)
            _log_values(client, run_id, options, values)
            client.log_inputs(run_id, lineage(manifest))
            client.log_artifacts(run_id, str(run_dir))
            if (run_dir / MODEL).is_dir():
                registered = "" if PARENT in (tags or {}) else options.tracking.register
                _log_model(client, run_id, run_dir / MODEL, registered, tables, manifest)
        except BaseException:  # also an interrupt: a half-logged run must not look finished
            client.set_terminated(run_id, "FAILED")
            raise
        client.set_terminated(run_id)
    return run_id


def recent_runs(options: TrackingOptions, n: int) -> list[dict[str, str]]:
    """List finished runs, newest first: when, id, name, headline, folder.

    The trials of sweeps stand under their sweep, not here.
    """
    if absent(options.uri):
        return []
    with explained(options, ""):
        client = reach(options)
        known = client.get_experiment_by_name(options.experiment)
        if known is None:
            return []
        finished = f"attributes.status = 'FINISHED' AND tags.`{PARENT}` IS NULL"
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


def introduce(client: mlflow.MlflowClient, experiment_id: str) -> None:
    """Say once what the experiment is; what somebody wrote there stays."""
    present = client.get_experiment(experiment_id).tags
    for key, text in EXPERIMENT_TAGS.items():
        if key not in present:
            client.set_experiment_tag(experiment_id, key, text)


def _links(run_dir: Path, tables: Tables, experiment_id: str, run_id: str) -> dict[str, str]:
    """Link to what a reader opens, by path; only what this run has."""
    paths = [f"{table}.json" for table in LOGGED if table in tables]
    paths += [name for name in ("report.html", "figures", "tables") if (run_dir / name).exists()]
    paths += [f"figures/{path.name}" for path in sorted((run_dir / "figures").glob("*.png"))]
    page = f"#/experiments/{experiment_id}/runs/{run_id}/artifacts"
    return {path: f"{page}/{path}" for path in paths}


def _log_values(
    client: mlflow.MlflowClient, run_id: str, options: Options, values: Mapping[str, float]
) -> None:
    now = int(time.time() * 1000)
    entries = [Metric(key, value, now, 0) for key, value in values.items()]
    chosen = asdict(options)
    chosen["tracking"]["uri"] = masked(options.tracking.uri)
    params = [Param(key, text[:PARAM_LENGTH]) for key, text in flatten(chosen).items()]
    for start in range(0, max(len(entries), len(params)), BATCH):
        part = slice(start, start + BATCH)
        client.log_batch(run_id, metrics=entries[part], params=params[part])


def _log_model(
    client: mlflow.MlflowClient,
    run_id: str,
    folder: Path,
    registered: str,
    tables: Tables,
    manifest: Mapping[str, Any],
) -> None:
    """Log the saved model; where it is registered, decide whether it becomes the champion."""
    card, facts = facts_of_run(tables, manifest, scoring.load(folder)), None
    facts = champion_facts(tables, manifest)
    version = log_model(
        run_id,
        folder,
        reference.load("isco_descriptors"),
        registered,
        card=model_card(card),
        tags={**card.tags(), **(facts.tags() if facts is not None else {})},
    )
    if version is not None:
        decision = move_champion(client, registered, version, facts)
        client.set_tag(run_id, "model_version", version)
        client.set_tag(run_id, "champion_decision", decision)
