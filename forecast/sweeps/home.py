"""The folder of a sweep: found again by what was asked for, and held by one process at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from forecast import run_folder
from forecast.errors import ConfigError
from forecast.options import Options
from forecast.sweeps.records import write_json

STATE = "sweep.json"
LEDGER = Path("runs") / "locked_tests.jsonl"  # every opening of a locked test, of all sweeps here


def request_id(searched: Sequence[str]) -> str:
    """Fingerprint what a multirun searches.

    Examples
    --------
    >>> request_id(["model=ridge,pls"]) == request_id(["model=ridge"])
    False
    """
    return hashlib.sha256("\n".join(sorted(searched)).encode()).hexdigest()[:8]


def find_home(options: Options, searched: Sequence[str]) -> Path:
    """Name the folder of a sweep.

    Parameters
    ----------
    options : Options
        `run_dir` names it; else it lies in ``runs/<name>/sweeps`` and is named by the clock and
        the request. With `resume` the newest one of the same request goes on, if there is one.
    searched : sequence of str

    Raises
    ------
    ConfigError
        If the folder holds a sweep and `resume` is not set, or something else.
    """
    named = request_id(searched)
    if options.run_dir is not None:
        home = Path(options.run_dir)
        if (home / STATE).exists():
            if not options.resume:
                raise ConfigError(
                    f"run_dir={home}: holds a sweep; go on with resume=true, or name a new folder."
                )
            return home
        run_folder.require_free(home)
        return home
    root = Path("runs") / options.name / "sweeps"
    if options.resume:
        earlier = sorted(path.parent for path in root.glob(f"*-{named}/{STATE}"))
        if earlier:
            return earlier[-1]
    return root / f"{datetime.now():%Y-%m-%d_%H-%M-%S.%f}-{named}"


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold the folder: two processes would run the same trials.

    Raises
    ------
    ConfigError
        If another process holds it, or it cannot be written.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = FileLock(home / ".lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ConfigError(f"{home}: another process runs this sweep; wait for it.") from error
    except OSError as error:
        raise ConfigError(f"sweep folder {home} cannot be written: {error}.") from error
    try:
        yield
    finally:
        lock.release()


def read_state(home: Path) -> dict[str, Any]:
    """Read what an earlier process of the sweep noted; empty for a new one."""
    path = home / STATE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def write_state(home: Path, state: dict[str, Any]) -> None:
    """Note what a process that goes on needs to know."""
    write_json(home / STATE, state)


def note_opening(split: str, *, home: Path, trial: str) -> None:
    """Write down that a locked test was opened: a test set wears out with use."""
    LEDGER.parent.mkdir(parents=True, exist_ok=True)
    line = {"split": split, "sweep": home.as_posix(), "trial": trial}
    with LEDGER.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def count_openings(split: str) -> int:
    """Count how often the locked cases of `split` were opened in this folder of work."""
    if not LEDGER.exists():
        return 0
    lines = [json.loads(line) for line in LEDGER.read_text(encoding="utf-8").splitlines()]
    return len({(line["sweep"], line["trial"]) for line in lines if line["split"] == split})
