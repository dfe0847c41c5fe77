"""What many tests share: the real sources where they are, one finished run, a command line."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from forecast.cli import main

REPOSITORY = Path(__file__).resolve().parent.parent
Command = Callable[..., subprocess.CompletedProcess[str]]


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


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One finished, tracked run of the whole chain; its folder lies two below its work folder.

    It runs in this process, so that warnings are errors here too and coverage sees it.
    """
    work = tmp_path_factory.mktemp("work")
    said = io.StringIO()
    with contextlib.chdir(work), contextlib.redirect_stdout(said):
        assert main(["run", "draws=40", "run_dir=runs/shared"]) == 0
    (work / "stdout.txt").write_text(said.getvalue(), encoding="utf-8")
    return work / "runs" / "shared"
