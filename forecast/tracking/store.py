"""Reach the MLflow store: one message when it fails, patience when others write too."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Nothing about a run leaves the machine unless the store is elsewhere.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
# A store that does not answer is said to be so within seconds, not minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")

import mlflow
from alembic.util.exc import CommandError
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from forecast.errors import ConfigError
from forecast.options import TrackingOptions

STORE_ERRORS = (MlflowException, SQLAlchemyError, CommandError, ImportError, OSError)
PATIENCE_SECONDS = 20.0  # a new SQLite store is locked while another process sets it up


def require_store(options: TrackingOptions) -> None:
    """Ask the store before any work is done for it.

    Raises
    ------
    ConfigError
        If it does not answer.
    """
    with explained(options, ""):
        reach(options).search_experiments(max_results=1)


@contextmanager
def explained(options: TrackingOptions, state: str) -> Iterator[None]:
    """Turn what a store can fail with into one message that names the key."""
    try:
        yield
    except STORE_ERRORS as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ConfigError(
            f"tracking.uri={options.uri}: {lines[0]} {state}correct the address, or run with "
            "tracking=disabled."
        ) from error


def reach(options: TrackingOptions) -> mlflow.MlflowClient:
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


def open_experiment(options: TrackingOptions) -> tuple[mlflow.MlflowClient, str]:
    client = reach(options)
    known = client.get_experiment_by_name(options.experiment)
    if known is None:
        try:
            return client, client.create_experiment(options.experiment, artifact_root(options))
        except MlflowException:  # another process was first
            known = client.get_experiment_by_name(options.experiment)
            if known is None:
                raise
    return client, known.experiment_id


def artifact_root(options: TrackingOptions) -> str:
    return Path(options.artifacts).resolve().as_uri()


def absent(uri: str) -> bool:
    """Say whether a local store does not exist yet, so that listing does not create one."""
    return uri.startswith("sqlite:///") and not Path(uri.removeprefix("sqlite:///")).exists()
