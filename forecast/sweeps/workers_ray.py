"""Tasks of a Ray cluster: the one that is named, or one of this machine for as long as we need it.

Ray's own processes and their logs lie where Ray keeps them (``/tmp/ray``).
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from forecast.errors import ConfigError
from forecast.sweeps.workers import WorkerSettings
from forecast.sweeps.workers_call import ONE_THREAD, died_twice, guarded, inherited, raised

STORE_BYTES = 128 * 2**20  # results are small; Ray would take a third of the memory
SECONDS_TO_ANSWER = 10
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # what Ray will do from its next version on
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # it would print deaths, which we report ourselves
}
with inherited(**QUIET):  # Ray reads some of it when it is imported
    import ray
    from ray.exceptions import RayError, RayTaskError


class Pool:
    """A connection to Ray; ended with the sweep if the sweep began it."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._workers = settings.workers
        self._ours = not ray.is_initialized()
        if self._ours:
            _connect(settings)
        self._task = ray.remote(max_retries=0, num_cpus=1)(guarded)
        self._running: dict[ray.ObjectRef, tuple[int, Any]] = {}

    def run(
        self, work: Callable[[Any], Any], numbered: Sequence[tuple[int, Any]]
    ) -> Iterator[tuple[int, Any]]:
        """Yield results as they come; Ray says whose worker died, and that one goes once more."""
        waiting, tried = deque(numbered), set()
        while waiting or self._running:
            while waiting and len(self._running) < 2 * self._workers:
                item = waiting.popleft()
                self._running[self._task.remote(work, item[1])] = item
            (reference, *_), _ = ray.wait(list(self._running), num_returns=1)
            item = self._running.pop(reference)
            try:
                result = ray.get(reference)
            except RayTaskError as error:
                result = raised(error.cause)
            except RayError as error:
                if item[0] not in tried:
                    tried.add(item[0])
                    waiting.append(item)
                    continue
                result = died_twice(str(error).splitlines()[0])
            yield item[0], result

    def close(self) -> None:
        """Cancel what runs, and end Ray if we began it."""
        for reference in self._running:
            ray.cancel(reference, force=True)
        self._running.clear()
        if self._ours:
            ray.shutdown()


def _connect(settings: WorkerSettings) -> None:
    address = settings.extra.get("address")
    where: dict[str, Any] = (
        {"address": address, "runtime_env": {"env_vars": ONE_THREAD}}
        if address
        else {
            "address": "local",
            "num_cpus": settings.workers,
            "include_dashboard": False,
            "object_store_memory": STORE_BYTES,
        }
    )
    try:
        _knock(address)
        with inherited(**QUIET):
            ray.init(logging_level="ERROR", log_to_driver=False, **where)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"hydra.launcher.address is {address!r}: {' '.join(str(error).split())} "
            "Give the address of a running Ray cluster, or null for one of this machine."
        ) from error


def _knock(address: str | None) -> None:
    """Ray would try for minutes where nobody listens."""
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=SECONDS_TO_ANSWER).close()
