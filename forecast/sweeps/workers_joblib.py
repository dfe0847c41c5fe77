"""Worker processes of this machine, by loky, which joblib carries.

The executor is used without ``joblib.Parallel``, which computes in this process when there is
one worker, and forgets every result that is on its way when a worker dies.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from joblib.externals.loky import ProcessPoolExecutor

from forecast.sweeps.workers import WorkerSettings
from forecast.sweeps.workers_call import (
    ONE_THREAD,
    WorkerDied,
    died_twice,
    guarded,
    inherited,
    log_to,
    raised,
    settle,
)

Numbered = tuple[int, Any]


class Pool:
    """Processes that stay from batch to batch, and are replaced together when one of them dies."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._workers, self._home = settings.workers, settings.home
        self._executor: ProcessPoolExecutor | None = None
        self._running: dict[Future[Any], Numbered] = {}

    def run(
        self, work: Callable[[Any], Any], numbered: Sequence[Numbered]
    ) -> Iterator[tuple[int, Any]]:
        """Yield results as they come; what was on its way when a worker died goes again, alone.

        Loky ends all workers when one dies, so up to two payloads a worker come into question.
        """
        suspects: list[Numbered] = []
        for item, result in self._first(work, deque(numbered)):
            if isinstance(result, WorkerDied):
                suspects.append(item)
            else:
                yield item[0], result
        for suspect in suspects:
            self.close()
            self._executor = _executor(1, self._home)
            for item, result in self._first(work, deque([suspect])):
                yield item[0], result
        if suspects:
            self.close()

    def close(self) -> None:
        """End the processes, at once if they are at work."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, kill_workers=bool(self._running))
        self._executor = None
        self._running.clear()

    def _first(
        self, work: Callable[[Any], Any], waiting: deque[Numbered]
    ) -> Iterator[tuple[Numbered, Any]]:
        while waiting or self._running:
            self._refill(work, waiting)
            done, _ = wait(self._running, return_when=FIRST_COMPLETED)
            for future in done:
                item, error = self._running.pop(future), future.exception()
                if isinstance(error, BrokenProcessPool):
                    self._executor = None
                    yield item, died_twice(_reason(error))
                else:
                    yield item, future.result() if error is None else raised(error)

    def _refill(self, work: Callable[[Any], Any], waiting: deque[Numbered]) -> None:
        """Keep two payloads a worker on their way, so that none waits for us."""
        while waiting and len(self._running) < 2 * self._workers:
            if self._executor is None:
                if self._running:  # of the broken one: hear them out first
                    return
                self._executor = _executor(self._workers, self._home)
            try:
                future = self._executor.submit(guarded, work, waiting[0][1])
            except BrokenProcessPool:  # one died between two batches
                self._executor = None
                continue
            self._running[future] = waiting.popleft()


def _executor(workers: int, home: Path) -> ProcessPoolExecutor:
    with inherited():  # loky's bookkeeper starts here
        executor = ProcessPoolExecutor(
            max_workers=workers, initializer=_begin, initargs=(os.getpid(), home), env=ONE_THREAD
        )
    with inherited():  # and the workers with the first thing to do
        executor.submit(os.getpid)
    return executor


def _reason(error: BaseException) -> str:
    """Loky's account of a broken pool, less its advice."""
    codes = re.search(r"exit codes of the workers are \{(.*?)\}", str(error))
    return codes.group(1) if codes else str(error).splitlines()[0]


def _begin(parent: int, home: Path) -> None:
    log_to(home / f"{os.getpid()}.log")
    settle(parent, home)
