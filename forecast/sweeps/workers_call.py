"""What happens inside a worker process: quiet, one thread, and never outliving its parent."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from threadpoolctl import threadpool_limits

P = TypeVar("P")
R = TypeVar("R")

ONE_THREAD = {  # read when a library is loaded: workers share the processors between them
    f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
}
SECONDS_BETWEEN_LOOKS = 0.5


@dataclass(frozen=True)
class WorkerDied:
    """What a payload yields when there is no result for it.

    Parameters
    ----------
    message : str
        Why: its worker process died twice, or the call raised.
    """

    message: str


@dataclass(frozen=True)
class Raised:
    """A call raised, in a worker that lives on: trying again would raise again."""

    message: str


def guarded(work: Callable[[P], R], payload: P) -> R | Raised:
    """Call `work` with one thread and hand back what it raises.

    Examples
    --------
    >>> guarded(int, "7"), guarded(int, "seven")
    (7, Raised(message="ValueError: invalid literal for int() with base 10: 'seven'"))
    """
    try:
        with threadpool_limits(limits=1):
            return work(payload)
    except (Exception, SystemExit) as error:
        return raised(error)


def raised(error: BaseException) -> Raised:
    """Put an exception into words."""
    return Raised("".join(traceback.format_exception_only(error)).strip())


def died_twice(reason: str) -> WorkerDied:
    """Say that a payload took two workers with it.

    Examples
    --------
    >>> died_twice("SIGKILL(-9)").message
    'its worker process died twice without a result: SIGKILL(-9).'
    """
    return WorkerDied(f"its worker process died twice without a result: {reason.rstrip('.')}.")


def settle(parent: int | None, home: Path) -> None:
    """Make this process a worker that is quiet and ends when it is not needed.

    Parameters
    ----------
    parent : int or None
        Process that hands out the work, None where it is on another machine.
    home : Path
        Folder whose end is the end of the work.
    """
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    if parent is not None and os.getpgrp() != os.getpid():
        os.setpgid(0, 0)  # what this process starts can then end with it
    threading.Thread(target=_watch, args=(parent, home), daemon=True).start()


def log_to(path: Path) -> None:
    """Send what this process and its libraries print to a file instead of the terminal."""
    with path.open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)


@contextmanager
def inherited(**more: str) -> Iterator[None]:
    """Start processes that use one thread each, import what we can, and leave Ctrl-C to us."""
    path = os.pathsep.join(filter(None, sys.path))
    ours = {**more, **ONE_THREAD, "PYTHONWARNINGS": "ignore", "PYTHONPATH": path}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _watch(parent: int | None, home: Path) -> None:
    while home.exists() and (parent is None or _lives(parent)):
        time.sleep(SECONDS_BETWEEN_LOOKS)
    if parent is not None:
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
        status = Path(f"/proc/{process}/stat")  # one that nobody has waited for yet is no more
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
