"""What the workers of these tests are given to do; they import it by its name."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info


@dataclass(frozen=True)
class Job:
    """One payload: what to do, with what, and a folder to leave a mark in."""

    act: str
    number: int
    folder: Path


@dataclass(frozen=True)
class Answer:
    """What comes back: the process that worked, and the singular values it found."""

    process: int
    values: tuple[float, ...]
    threads: int


def do(job: Job) -> Answer:
    """Do what the payload says."""
    (job.folder / "processes").mkdir(exist_ok=True)
    (job.folder / "processes" / str(os.getpid())).touch()
    with (job.folder / "tries.txt").open("a", encoding="utf-8") as file:
        file.write(f"{job.number}\n")
    tried = (job.folder / "tries.txt").read_text(encoding="utf-8").split().count(str(job.number))
    if job.act == "die" or (job.act == "die once" and tried == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    if job.act == "raise":
        raise ValueError(f"no {job.number}")
    if job.act == "print":
        os.write(1, b"garbled out\n")
        os.write(2, b"garbled err\n")
    if job.act == "sleep":
        time.sleep(job.number)
    matrix = np.random.default_rng(job.number).normal(size=(60, 60))
    values = np.linalg.svd(matrix, compute_uv=False)
    threads = max(library["num_threads"] for library in threadpool_info())
    return Answer(os.getpid(), tuple(values), threads)


def _sleepers(backend: str, folder: Path) -> None:
    """Be the parent of workers that have more to do than there is time."""
    from forecast.sweeps.workers import WorkerSettings, run_all

    jobs = [here.Job("ok", 0, folder), *(here.Job("sleep", 60, folder) for _ in range(4))]
    try:
        for position, _ in run_all(here.do, jobs, WorkerSettings(backend, 2, folder)):
            print(position, flush=True)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    import sweep_jobs as here  # workers know it by this name

    # A shell that runs the tests in the background has Ctrl-C ignored by all that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _sleepers(sys.argv[1], Path(sys.argv[2]))
