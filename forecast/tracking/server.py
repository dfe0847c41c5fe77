"""The MLflow UI over the project's store, on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable

from forecast.errors import ConfigError
from forecast.options import TrackingOptions
from forecast.store_address import absent, is_server, masked, resolved
from forecast.tracking.access import PASSWORD, guarded
from forecast.tracking.store import artifact_root, explained, reach, require_store


def entry_page(options: TrackingOptions, *, port: int) -> str:
    """Return the address of the list of runs, for a reader to start at.

    A bare address opens what MLflow shows for language models first.
    """
    page = f"http://127.0.0.1:{port}"
    with explained(options, ""):
        known = reach(options).get_experiment_by_name(options.experiment)
    if known is None:
        return page
    return f"{page}/#/experiments/{known.experiment_id}/runs?workflowType=machine_learning"


def serve(
    options: TrackingOptions,
    *,
    port: int,
    auth: bool = False,
    told: Callable[[str], None] = lambda page: None,
) -> int:
    """Run the MLflow UI over the store on 127.0.0.1 until it is stopped.

    Parameters
    ----------
    options : TrackingOptions
        Its store: SQLite or PostgreSQL.
    port : int
        On 127.0.0.1; there is no other interface to choose.
    auth : bool
        Ask for user and password, which MLflow keeps in the folder ``mlauth``.
    told : callable
        Told the address to open, when nothing stands in the way of the server.

    Raises
    ------
    ConfigError
        If there is no store yet, the store is a server itself, the port is taken or impossible, or
        there is no password to start with.
    """
    if is_server(options.uri):
        address = masked(options.uri)
        raise ConfigError(f"--uri {address}: a server is there already: open {address}.")
    if absent(options.uri):
        raise ConfigError(f"no run yet in {options.uri}: `forecast run` makes one.")
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        raise ConfigError(f"--port {port}: {error}; choose another.") from error
    environment = {key: value for key, value in os.environ.items() if key != PASSWORD}
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1"]
    command += ["--default-artifact-root", artifact_root(options)]
    if auth:
        environment |= guarded(os.environ)
        command += ["--app-name", "basic-auth"]
    require_store(options)
    # Not an argument: every user of the machine can read those, and it may have a password.
    environment["MLFLOW_BACKEND_STORE_URI"] = resolved(options.uri)
    told(entry_page(options, port=port))
    with subprocess.Popen(command, env=environment) as server:
        try:
            return server.wait()
        except KeyboardInterrupt:
            server.terminate()
            server.wait()
            return 130
