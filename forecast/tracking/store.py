"""Reach the MLflow store: made whole or not at all, patient with others, one message if it fails.

SQLite: MLflow makes a store in some sixty steps that are no transaction. Two processes that do so
at once, or one that is killed, leave a file that nobody can open again. So a new store is made
beside its place, by one process at a time, and moved there when it is whole.
"""

from __future__ import annotations

import functools
import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

# Nothing about a run leaves the machine unless the store is elsewhere.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
# A store that does not answer is said to be so within a minute, not after six.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")

import mlflow
import sqlalchemy
from alembic.util.exc import CommandError
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy.exc import SQLAlchemyError

from forecast.errors import ConfigError
from forecast.options import TrackingOptions
from forecast.store_address import (
    absent,
    is_postgresql,
    is_server,
    masked,
    resolved,
    sqlite_path,
    without_secrets,
)

__all__ = [
    "PatientClient",
    "absent",
    "artifact_root",
    "explained",
    "open_experiment",
    "patiently",
    "reach",
    "require_store",
]

P = ParamSpec("P")
R = TypeVar("R")
STORE_ERRORS = (
    *(MlflowException, SQLAlchemyError, CommandError),
    *(sqlite3.Error, ImportError, OSError),
)
PATIENCE_SECONDS = 120.0  # MLflow itself waits 20 for the lock of SQLite
ANSWER_SECONDS = 10  # of a PostgreSQL server; MLflow would ask for 100
# What a store says when others wrote at the same time; it has undone the whole request.
COLLISIONS = (
    *("is locked", "deadlock detected", "could not serialize access"),
    # Two runs name one dataset at once: the second finds it there when it asks again.
    *("UNIQUE constraint failed: datasets.", 'unique constraint "dataset_pk"'),
)
MAKING = 0x666F7265636173  # PostgreSQL names locks by number: "forecas"
REMEDIES = (
    ("password", "correct user and password (PGPASSWORD and ~/.pgpass keep it out of files)"),
    ("error code 401", "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"),
    ("out-of-date database schema", "back it up and run `mlflow db upgrade` on it"),
    ("", "correct the address"),
)


def require_store(options: TrackingOptions) -> None:
    """Ask the store before any work is done for it.

    Raises
    ------
    ConfigError
        If it does not answer.
    """
    with explained(options, ""):
        reach(options)


@contextmanager
def explained(options: TrackingOptions, state: str) -> Iterator[None]:
    """Turn what a store can fail with into one message that names the key, and no password."""
    try:
        yield
    except STORE_ERRORS as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        remedy = next(remedy for sign, remedy in REMEDIES if sign in str(error))
        if isinstance(error, ImportError) and is_postgresql(options.uri):
            remedy = "install the driver: pip install 'forecast-kr[postgresql]'"
        said = without_secrets(lines[0], options.uri).rstrip(".")
        advice = f"{state}{remedy}, or run with tracking=disabled."
        raise ConfigError(
            f"tracking.uri={masked(options.uri)}: {said}. {advice[0].upper()}{advice[1:]}"
        ) from error


def patiently(act: Callable[P, R]) -> Callable[P, R]:
    """Let a request to the store wait for its turn while other processes write.

    Examples
    --------
    >>> answers = [sqlite3.OperationalError("database is locked"), None]
    >>> def write():
    ...     answer = answers.pop(0)
    ...     if answer:
    ...         raise answer
    ...     return "written"
    >>> patiently(write)()
    'written'
    """

    @functools.wraps(act)
    def insist(*values: P.args, **named: P.kwargs) -> R:
        until, pause = time.monotonic() + PATIENCE_SECONDS, 0.05
        while True:
            try:
                return act(*values, **named)
            except (MlflowException, SQLAlchemyError, sqlite3.Error) as error:
                collided = any(words in str(error) for words in COLLISIONS)
                if not collided or time.monotonic() > until:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, 1.0)

    return insist


class PatientClient(mlflow.MlflowClient):
    """MLflow's client, each of whose requests waits for its turn.

    Requests that MLflow composes of others (``log_table`` sets a tag last) repeat only the one that
    was refused, for the inner ones are patient too.
    """

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        return patiently(value) if callable(value) and not name.startswith("_") else value


def reach(options: TrackingOptions) -> mlflow.MlflowClient:
    """Reach the store, and make it where it is a database that is new."""
    logging.getLogger("mlflow").setLevel(logging.ERROR)  # the first use migrates a new store aloud
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # refusals are repeated
    logging.getLogger("alembic").setLevel(logging.ERROR)
    address = resolved(options.uri)
    path = sqlite_path(address)
    if path is not None:
        _make_sqlite(path, artifact_root(options))
    elif is_postgresql(address):
        _make_postgresql(address, artifact_root(options))
    mlflow.set_tracking_uri(address)
    client = PatientClient()
    client.search_experiments(max_results=1)
    return client


def open_experiment(options: TrackingOptions) -> tuple[mlflow.MlflowClient, str]:
    """Reach the store and find the experiment there, or make it."""
    client = reach(options)
    known = client.get_experiment_by_name(options.experiment)
    if known is None:
        # A server keeps artifacts itself: our folder would be a folder of its machine.
        root = None if is_server(options.uri) else artifact_root(options)
        try:
            return client, client.create_experiment(options.experiment, root)
        except MlflowException:  # another process was first
            known = client.get_experiment_by_name(options.experiment)
            if known is None:
                raise
    return client, known.experiment_id


def artifact_root(options: TrackingOptions) -> str:
    """Name the place of artifacts as an address; a folder is one of this machine."""
    if "://" in options.artifacts:
        return options.artifacts
    return Path(options.artifacts).resolve().as_uri()


def _make_sqlite(path: Path, root: str) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path):
        if path.exists():
            return
        work = path.with_name(f".{path.name}-new")  # one killed before may have left its own
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        made = work / path.name
        SqlAlchemyStore(f"sqlite:///{made.resolve()}", root).engine.dispose()
        with closing(sqlite3.connect(made)) as connection:
            # Readers do not wait for writers, and a commit costs one flush instead of three.
            connection.execute("PRAGMA journal_mode=WAL")
        made.replace(path)
        shutil.rmtree(work)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Be the only process that makes this store; one that dies lets go.

    The lock is SQLite's own, on an empty file, for it works wherever a SQLite store does.
    """
    lock = path.with_name(f"{path.name}-lock")  # it stays: others may be waiting for this very file
    with closing(sqlite3.connect(lock, timeout=PATIENCE_SECONDS)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield


def _make_postgresql(address: str, root: str) -> None:
    engine = sqlalchemy.create_engine(
        address,
        poolclass=sqlalchemy.NullPool,
        connect_args={"connect_timeout": ANSWER_SECONDS},
    )
    with engine.connect() as connection:  # closing it lets go of the lock
        connection.execute(sqlalchemy.text(f"SET lock_timeout = '{PATIENCE_SECONDS:.0f}s'"))
        connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(:key)"), {"key": MAKING})
        SqlAlchemyStore(address, root)
