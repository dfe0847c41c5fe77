"""MLflow, and nothing else imports it: one run per experiment, written when the run is complete."""

from __future__ import annotations

import io
import json
import logging
import os
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import asdict
from pathlib import Path
from typing import Any

# Nothing about a run leaves the machine unless the store is elsewhere.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
# A store that does not answer is said to be so within seconds, not minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")

import mlflow
import numpy as np
import pandas as pd
from alembic.util.exc import CommandError
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from forecast.errors import ConfigError
from forecast.models.exposure import ExposureModel
from forecast.options import Options, TrackingOptions
from forecast.report.forecast_scores import default_rows, headline
from forecast.report.summary import companions, planned_rows

Tables = Mapping[str, pd.DataFrame]
PARAM_LENGTH, BATCH = 500, 100  # what MLflow takes in one value and in one request
LOGGED = (  # small tables that the dashboard shows as tables
    *("headline", "cohort_totals", "scoreboard", "forecast_comparison"),
    *("reskilling_totals", "take_up", "variance_shares"),
    *("cohort_balance", "cohort_defaults", "cohort_contradictions", "cohort_robust"),
)
STORE_ERRORS = (MlflowException, SQLAlchemyError, CommandError, ImportError, OSError)
PATIENCE_SECONDS = 20.0  # a new SQLite store is locked while another process sets it up


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
    with _explained(options.tracking, f"The run itself is complete in {run_dir}; "):
        client, experiment_id = _open(options.tracking)
        name = f"{options.name} · {options.at_risk.preset} · seed {options.seed}"
        run = client.create_run(
            experiment_id, run_name=name, tags=_tags(options, run_dir, tables, manifest)
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
                _log_model(run_id, model, example, options.tracking.register)
        except BaseException:  # also an interrupt: a half-logged run must not look finished
            client.set_terminated(run_id, "FAILED")
            raise
        client.set_terminated(run_id)
    return run_id


def require_store(options: TrackingOptions) -> None:
    """Ask the store before any work is done for it.

    Raises
    ------
    ConfigError
        If it does not answer.
    """
    with _explained(options, ""):
        _client(options).search_experiments(max_results=1)


def metrics(tables: Tables, seconds: Mapping[str, float]) -> dict[str, float]:
    """Choose what the dashboard charts, named so that the page sorts as it is read.

    Examples
    --------
    >>> metrics({}, {"exposure": 2.0})
    {'time/exposure_seconds': 2.0}
    """
    chosen: dict[str, float] = {}
    if "headline" in tables:
        for row in tables["headline"].to_dict("records"):
            for key in ("at_risk_persons", "lower80", "upper80", "published_persons", "share"):
                chosen[f"headline/{row['preset']}/{key}"] = row[key]
    if "reskilling_totals" in tables:
        totals = tables["reskilling_totals"]
        for row in totals[totals["scenario"] == "central"].to_dict("records"):
            for key in ("persons", "lower80", "upper80"):
                chosen[f"reskilling/{row['need']}/{row['year']}/{key}"] = row[key]
    if "cohort_totals" in tables:
        totals = tables["cohort_totals"][planned_rows(tables)]
        for row in totals[totals["year"] == totals["year"].min()].to_dict("records"):
            label = _plain(row["programme"])
            chosen[f"cohorts/{label}/allocated_{row['unit']}"] = row["allocated"]
            chosen[f"cohorts/{label}/unallocated_{row['unit']}"] = row["unallocated"]
    if "scores" in tables:
        # Rivals of the default forecasts stand in the tables that are logged beside.
        for row in default_rows(tables["scores"], tables).to_dict("records"):
            keys = ("stage", "model", "split", "target", "metric")
            name = "scores/" + "/".join(_plain(str(row[k])) for k in keys)
            chosen[name], chosen[f"{name}_naive"] = row["value"], row["naive_value"]
    chosen |= headline(tables)
    chosen |= {f"time/{stage}_seconds": value for stage, value in seconds.items()}
    return {key: float(value) for key, value in chosen.items() if np.isfinite(value)}


def recent_runs(options: TrackingOptions, n: int) -> list[dict[str, str]]:
    """List finished runs, newest first: when, id, name, headline, folder."""
    if _absent(options.uri):
        return []
    with _explained(options, ""):
        client = _client(options)
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


def serve(options: TrackingOptions, *, port: int) -> int:
    """Run the MLflow UI over the store on 127.0.0.1 until it is stopped.

    Raises
    ------
    ConfigError
        If there is no store yet, or the port is taken or impossible.
    """
    if _absent(options.uri):
        raise ConfigError(f"no run yet in {options.uri}: `forecast run` makes one.")
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        raise ConfigError(f"--port {port}: {error}; choose another.") from error
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1", "--backend-store-uri", options.uri]
    command += ["--default-artifact-root", _artifact_root(options)]
    with subprocess.Popen(command) as server:
        try:
            return server.wait()
        except KeyboardInterrupt:
            server.terminate()
            server.wait()
            return 130


@contextmanager
def _explained(options: TrackingOptions, state: str) -> Iterator[None]:
    """Turn what a store can fail with into one message that names the key."""
    try:
        yield
    except STORE_ERRORS as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ConfigError(
            f"tracking.uri={options.uri}: {lines[0]} {state}correct the address, or run with "
            "tracking=disabled."
        ) from error


def _client(options: TrackingOptions) -> mlflow.MlflowClient:
    """Reach the store; two first runs in one folder set it up one after the other."""
    logging.getLogger("mlflow").setLevel(logging.ERROR)  # the first use migrates a new store aloud
    logging.getLogger("alembic").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(options.uri)
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            client = mlflow.MlflowClient()
            client.search_experiments(max_results=1)
            return client
        except (CommandError, SQLAlchemyError, MlflowException) as error:
            busy = any(word in str(error) for word in ("locked", "already exists", "igration"))
            if not busy or time.monotonic() > until:
                raise
            time.sleep(1.0)


def _open(options: TrackingOptions) -> tuple[mlflow.MlflowClient, str]:
    client = _client(options)
    known = client.get_experiment_by_name(options.experiment)
    if known is None:
        try:
            return client, client.create_experiment(options.experiment, _artifact_root(options))
        except MlflowException:  # another process was first
            known = client.get_experiment_by_name(options.experiment)
            if known is None:
                raise
    return client, known.experiment_id


def _artifact_root(options: TrackingOptions) -> str:
    return Path(options.artifacts).resolve().as_uri()


def _absent(uri: str) -> bool:
    """Say whether a local store does not exist yet, so that listing does not create one."""
    return uri.startswith("sqlite:///") and not Path(uri.removeprefix("sqlite:///")).exists()


def _log_values(
    client: mlflow.MlflowClient, run_id: str, options: Options, values: Mapping[str, float]
) -> None:
    now = int(time.time() * 1000)
    entries = [Metric(key, value, now, 0) for key, value in values.items()]
    params = [Param(key, text[:PARAM_LENGTH]) for key, text in flatten(asdict(options)).items()]
    for start in range(0, max(len(entries), len(params)), BATCH):
        part = slice(start, start + BATCH)
        client.log_batch(run_id, metrics=entries[part], params=params[part])


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Flatten nested options to dotted keys and text.

    Examples
    --------
    >>> flatten({"a": {"b": 1}, "c": [2, 3]})
    {'a.b': '1', 'c': '[2, 3]'}
    """
    flat: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[_plain(f"{prefix}{key}")] = str(value)
    return flat


def _tags(
    options: Options, run_dir: Path, tables: Tables, manifest: Mapping[str, Any]
) -> dict[str, str]:
    tags = {
        "mlflow.note.content": description(options, tables, manifest),
        "mlflow.source.name": "forecast run",
        "run_dir": str(run_dir),
        "preset": options.at_risk.preset,
        "scenario": options.cohorts.scenario,
        "stages": ", ".join(options.stages),
        "provenance": str(manifest["provenance"]),
        "schema_version": str(manifest["schema_version"]),
        "seed": str(options.seed),
        "splits": json.dumps(manifest.get("splits", {}), sort_keys=True),
        "mlflow.source.git.commit": str(manifest["commit"] or "not in a repository"),
    }
    if "headline" in tables:
        row = tables["headline"].set_index("preset").loc[options.at_risk.preset]
        tags["headline"] = (
            f"{row.at_risk_persons / 1e6:.2f} million "
            f"({row.lower80 / 1e6:.2f}-{row.upper80 / 1e6:.2f})"
        )
    return tags


def description(options: Options, tables: Tables, manifest: Mapping[str, Any]) -> str:
    """Describe a run in Korean first, then English, for people who do not read parameters."""
    korean = [
        f"### {options.name}: AI 노출·도입·고용·재교육·교육 정원",
        "",
        "**노출은 대체가 아니다**: AI가 할 수 있는 일의 크기이며, 사라질 일자리 수가 아니다.",
        "",
    ]
    english = ["", "### In English", ""]
    if "headline" in tables:
        at_risk = tables["headline"][~companions(tables["headline"])]
        for row in at_risk.to_dict("records"):
            low, middle, high = (row[k] / 1e4 for k in ("lower80", "at_risk_persons", "upper80"))
            korean.append(
                f"- **{row['preset']}** 위험 일자리 {middle:,.0f}만 "
                f"(80 % 구간 {low:,.0f}–{high:,.0f}만)"
            )
            english.append(
                f"- **{row['preset']}** {middle / 100:.2f} million jobs at risk "
                f"(80 % interval {low / 100:.2f}–{high / 100:.2f})"
            )
    if "cohort_targets" in tables:
        targets = tables["cohort_targets"]
        year = int(targets["year"].min())
        first = targets[targets["year"] == year]
        for stage, seats in first.groupby("stage", sort=True)["persons"].sum().items():
            korean.append(f"- {year}년 {stage} 교육 정원 {seats:,}명 (문서 밖 사업 포함)")
            english.append(f"- {year}: {seats:,} seats of {stage}, programmes beside included")
    korean += [
        "",
        "노출은 대체가 아니다: AI가 할 수 있는 일의 크기이며, 사라질 일자리 수가 아니다.",
    ]
    english += ["", "Exposure is not displacement: it is what the technology could do."]
    origin = f"자료 {manifest['provenance']} · seed {options.seed} · draws {options.draws}"
    return "\n".join([*korean, *english, "", origin])


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


class ServedExposure(mlflow.pyfunc.PythonModel):
    """O*NET descriptors in, exposure (share of tasks, 0 to 1) out."""

    def __init__(self, model: ExposureModel) -> None:
        self.model = model

    def predict(
        self, context: object, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Score each row of descriptors."""
        return pd.DataFrame({"exposure": self.model.predict(model_input)})


def _log_model(run_id: str, model: ExposureModel, example: pd.DataFrame, registered: str) -> None:
    inputs = example[list(model.columns)].astype(float)
    served = ServedExposure(model)
    signature = mlflow.models.infer_signature(inputs, served.predict(None, inputs))
    quiet = redirect_stderr(io.StringIO())  # MLflow prints that it registered a version
    with quiet, warnings.catch_warnings(), mlflow.start_run(run_id=run_id):
        warnings.simplefilter("ignore")  # MLflow advises type hints that cannot name 184 columns
        mlflow.pyfunc.log_model(
            name="exposure_model",
            python_model=served,
            signature=signature,
            input_example=inputs.head(2),
            registered_model_name=registered,
            pip_requirements=["forecast-kr"],
            metadata={"out_of_scope": "exposure is not displacement; no person is scored"},
        )


def _plain(text: str) -> str:
    """Keep what MLflow allows in a name; Korean stays."""
    return "".join(c if c.isalnum() or c in "_-. /" else "_" for c in text)
