"""What many tests share: the real sources, one finished run and its store, a command line."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import settings

from forecast.cli import main
from forecast.data import onet

REPOSITORY = Path(__file__).resolve().parent.parent
Command = Callable[..., subprocess.CompletedProcess[str]]
WORKER = "PYTEST_XDIST_WORKER"  # pytest-xdist sets it in every worker
# Most costly first, so that no worker begins one of them when the others are done.
FIRST = (
    *("test_reproducible.py", "test_readme.py", "test_mlflow_ui.py", "test_exposure.py"),
    *("test_at_risk.py", "test_conflicts.py", "test_cohort_tables.py", "test_employment.py"),
)

if WORKER in os.environ:  # one process per core: threads of their own would only be in the way
    os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("unhurried", deadline=None)  # the time of an example tells of the machine
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the costly modules; all others stay in their order."""
    place = {name: index for index, name in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[], Any]], Any]:
    """Make a thing once for all workers of pytest-xdist: who asks first makes it, others wait."""

    def made_once(name: str, make: Callable[[], Any]) -> Any:
        if WORKER not in os.environ:
            return make()
        kept = tmp_path_factory.getbasetemp().parent / f"{name}.pickle"
        with FileLock(f"{kept}.lock"):
            if not kept.is_file():
                kept.write_bytes(pickle.dumps(make()))
            return pickle.loads(kept.read_bytes())

    return made_once


@pytest.fixture(scope="session")
def sources_root() -> Path:
    """Folder of the real source files; required in CI, skipped elsewhere if absent."""
    named = os.environ.get("FORECAST_SOURCES")
    root = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    if (root / "MANIFEST.json").is_file():
        return root
    reason = "the source files are not here; set FORECAST_SOURCES to their folder"
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must not skip: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def onet_read(sources_root: Path, once: Callable[..., onet.Onet]) -> onet.Onet:
    """O*NET of the real sources: reading it takes longer than all the rest of them."""
    return once("onet", lambda: onet.read_onet(sources_root))


@pytest.fixture(scope="session")
def forecast_command() -> Command:
    """Run ``forecast ARGUMENTS`` as a user would, in a process and folder of its own."""

    def run(
        *arguments: str, cwd: Path, timeout: float = 300, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error::UserWarning:forecast", "-m", "forecast", *arguments],
            cwd=cwd,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture
def forecast_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Command:
    """Run ``forecast ARGUMENTS`` in `tmp_path` and in this process: what ends early ends sooner.

    What the process would have written is captured, and warnings are errors as everywhere here.
    """

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        capfd.readouterr()
        with monkeypatch.context() as patch, contextlib.chdir(tmp_path):
            for name, value in environment.items():
                patch.setenv(name, value)
            code = main(list(arguments))
        said, warned = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, code, said, warned)

    return run


@pytest.fixture(scope="session")
def smaller() -> tuple[str, ...]:
    """Overrides of the finished run: it is smaller than the default one, and otherwise the same."""
    return ("draws=40", "exposure.folds=3")


@pytest.fixture(scope="session")
def quick() -> tuple[str, ...]:
    """Overrides of a run that shows whether the chain runs: one origin and year, nothing beside."""
    return (
        *("draws=20", "tracking=disabled", "exposure.folds=3", "employment.members=[ridge]"),
        *("employment.first_origin=2021H2", "scenario.comparators=[]", "cohorts.years=[2026]"),
        *("cohorts.frontier=[]", "cohorts.future_draws=0", "cohorts.demand_changes=[]"),
    )


@pytest.fixture(scope="session")
def finished_run(
    smaller: tuple[str, ...],
    tmp_path_factory: pytest.TempPathFactory,
    once: Callable[..., Path],
) -> Path:
    """One finished, tracked run of the whole chain; its folder lies two below its work folder.

    It runs in a process of the tests, so that warnings are errors here too and coverage sees it.
    """

    def run() -> Path:
        work, said = tmp_path_factory.mktemp("work"), io.StringIO()
        with contextlib.chdir(work), contextlib.redirect_stdout(said):
            assert main(["run", *smaller, "run_dir=runs/shared"]) == 0
        (work / "stdout.txt").write_text(said.getvalue(), encoding="utf-8")
        return work / "runs" / "shared"

    return once("finished_run", run)


@pytest.fixture(scope="session")
def serve_ui() -> Callable[[Path], contextlib.AbstractContextManager[str]]:
    """Serve the store of a folder of work by ``forecast ui``, on a free port of loopback."""
    return _served


@pytest.fixture(scope="session")
def mlflow_ui(finished_run: Path) -> Iterator[str]:
    """Address of ``forecast ui`` over the store of the finished run."""
    with _served(finished_run.parent.parent) as address:
        yield address


@contextlib.contextmanager
def _served(work: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "forecast", "ui", "--port", str(port)],
        cwd=work,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/health", server)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _wait_for(address: str, server: subprocess.Popen[bytes], seconds: float = 240) -> None:
    until = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"the MLflow UI did not answer at {address}")
