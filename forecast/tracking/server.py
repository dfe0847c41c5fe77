"""The MLflow UI over the project's store, on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys

from forecast.errors import ConfigError
from forecast.options import TrackingOptions
from forecast.tracking.store import absent, artifact_root


def serve(options: TrackingOptions, *, port: int) -> int:
    """Run the MLflow UI over the store on 127.0.0.1 until it is stopped.

    Raises
    ------
    ConfigError
        If there is no store yet, or the port is taken or impossible.
    """
    if absent(options.uri):
        raise ConfigError(f"no run yet in {options.uri}: `forecast run` makes one.")
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        raise ConfigError(f"--port {port}: {error}; choose another.") from error
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1", "--backend-store-uri", options.uri]
    command += ["--default-artifact-root", artifact_root(options)]
    with subprocess.Popen(command) as server:
        try:
            return server.wait()
        except KeyboardInterrupt:
            server.terminate()
            server.wait()
            return 130
