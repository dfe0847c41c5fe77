"""Jobs of a Slurm cluster, or processes of this machine in their place, by submitit.

A job takes payloads from a folder, one after the other, and leaves results in another. So jobs
that are still in Slurm's queue hold nothing up, and results come as they are made.
"""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import submitit

from forecast.errors import ConfigError
from forecast.sweeps.workers import WorkerSettings
from forecast.sweeps.workers_call import died_twice, guarded, inherited, raised, settle

SHARED = ("timeout_min", "mem_gb", "cpus_per_task")  # submitit's names for every cluster
LOCAL_MINUTES = 60 * 24 * 365  # submitit would end a local job after two minutes
SECONDS_BETWEEN_LOOKS = 0.05


class Pool:
    """Jobs that stay from batch to batch; one that dies is replaced."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._workers, self._home = settings.workers, settings.home
        self._open = self._home / "open"
        for folder in ("open", "waiting", "taken", "done"):
            (self._home / folder).mkdir()
        self._executor = _executor(settings)
        self._parent = os.getpid() if self._executor.cluster == "local" else None
        self._jobs: dict[str, submitit.Job[None]] = {}
        self._started = self._numbered = 0

    def run(
        self, work: Callable[[Any], Any], numbered: Sequence[tuple[int, Any]]
    ) -> Iterator[tuple[int, Any]]:
        """Yield results as their files appear."""
        left: dict[str, int] = {}
        for position, payload in numbered:
            name = f"{self._numbered + position:08d}"  # a name of its own in all batches
            _write(self._home / "waiting" / name, (work, payload))
            left[name] = position
        self._numbered += len(numbered)
        tried: set[str] = set()
        while left:
            self._fill(len(left))
            ended = [name for name, job in self._jobs.items() if job.done()]  # before we look
            found = sorted(path for path in (self._home / "done").iterdir() if path.name in left)
            for path in found:
                result = pickle.loads(path.read_bytes())
                path.unlink()
                yield left.pop(path.name), result
            for job in ended:
                yield from self._bury(job, left, tried)
            if not found and not ended:
                time.sleep(SECONDS_BETWEEN_LOOKS)

    def close(self) -> None:
        """Tell the jobs to end, and wait for those of this machine."""
        self._open.rmdir()
        for job in self._jobs.values():
            if self._parent is None:
                job.cancel(check=False)
            while self._parent is not None and not job.done():
                time.sleep(SECONDS_BETWEEN_LOOKS)
        self._jobs.clear()

    def _fill(self, wanted: int) -> None:
        while len(self._jobs) < min(self._workers, wanted):
            name = f"{self._started:04d}"
            with inherited():
                self._jobs[name] = self._executor.submit(serve, self._home, name, self._parent)
            self._started += 1

    def _bury(self, job: str, left: dict[str, int], tried: set[str]) -> Iterator[tuple[int, Any]]:
        """Put back what a job died of, or give it up; to one that took nothing, the next falls."""
        state = self._jobs.pop(job).state
        if not list((self._home / "taken").glob(f"*-{job}")):
            _take(self._home, job)
        for path in (self._home / "taken").glob(f"*-{job}"):
            name = path.name.split("-")[0]
            if name not in left:  # its result came
                path.unlink()
            elif name in tried:
                path.unlink()
                yield left.pop(name), died_twice(f"its job is {state.lower()}")
            else:
                tried.add(name)
                path.replace(self._home / "waiting" / name)


def serve(home: Path, name: str, parent: int | None) -> None:
    """Take payloads, one after the other, until the parent closes: what a job does."""
    settle(parent, home / "open")
    while (home / "open").exists():
        path = _take(home, name)
        if path is None:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            continue
        try:
            result = guarded(*pickle.loads(path.read_bytes()))
            content = pickle.dumps(result)
        except Exception as error:  # what does not unpickle here, or not pickle for the parent
            content = pickle.dumps(raised(error))
        target = home / "done" / path.name.split("-")[0]
        part = path.with_suffix(".part")
        part.write_bytes(content)
        part.replace(target)
        path.unlink()


def _take(home: Path, name: str) -> Path | None:
    """Claim the first payload that nobody else was quicker to claim."""
    for path in sorted((home / "waiting").glob("[0-9]*")):
        try:
            return path.rename(home / "taken" / f"{path.name}-{name}")
        except FileNotFoundError:
            continue
    return None


def _write(path: Path, content: object) -> None:
    part = path.with_name(f".{path.name}")
    part.write_bytes(pickle.dumps(content))
    part.replace(path)


def _executor(settings: WorkerSettings) -> submitit.AutoExecutor:
    extra = {key: value for key, value in settings.extra.items() if value is not None}
    cluster = extra.pop("cluster", "local")
    named = {
        key if key in SHARED or key.startswith("slurm_") else f"slurm_{key}": value
        for key, value in extra.items()
    }
    which = None if cluster == "auto" else cluster
    try:
        executor = submitit.AutoExecutor(settings.home, cluster=which)
        if executor.cluster == "local":
            named["timeout_min"] = LOCAL_MINUTES
        executor.update_parameters(name="forecast-sweep", **named)
    except (RuntimeError, NameError, AssertionError) as error:  # submitit's three ways to refuse
        raise ConfigError(
            f"hydra.launcher.cluster is {cluster!r}, with {named}: {' '.join(str(error).split())} "
            "Correct hydra.launcher, or choose hydra/launcher=joblib."
        ) from error
    return executor
