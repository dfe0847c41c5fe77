"""A newcomer's test: every command of the README is executed, here or by CI."""

import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.split("  #")[0].strip()
    for block in BLOCK.findall(README)
    for line in block.splitlines()
    if line.strip() and not line.lstrip().startswith("#")
]
MAKE = [c for c in COMMANDS if c.startswith("make ")]
FORECAST = [c for c in COMMANDS if c.startswith("forecast ")]
OTHER = [c for c in COMMANDS if c not in (*MAKE, *FORECAST)]


def test_the_readme_has_commands_and_only_kinds_that_are_executed():
    assert {"make forecast", "make test"} <= set(MAKE)
    assert len(FORECAST) >= 5
    assert set(OTHER) <= {"source .venv/bin/activate"}


def test_make_targets_of_the_readme_are_run_by_ci_or_dry_run_here():
    ci = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    for command in MAKE:
        _, target, *_ = shlex.split(command)
        dry = subprocess.run(["make", "-n", target], cwd=REPOSITORY, capture_output=True, text=True)
        assert dry.returncode == 0, dry.stderr
    for target in ("forecast", "test", "lint", "type"):
        assert re.search(rf"^make .*\b{target}\b", ci, re.MULTILINE), f"CI does not make {target}"


ELSEWHERE = ("forecast ui", "forecast run data=sources")  # below, and in test_sources_run.py


@pytest.mark.parametrize("command", [c for c in FORECAST if c not in ELSEWHERE])
def test_command_of_the_readme_works(command, finished_run, sources_root):
    work = finished_run.parent.parent  # a folder with a finished, tracked run
    arguments = shlex.split(command)[1:]
    if arguments[0] == "run":  # the same command, small: what is tested is that it works as written
        arguments += ["draws=20", "tracking=disabled"]
        arguments += [] if "model=" in command else ["model=ridge"]
        arguments += ["exposure.folds=3"] if "leaderboard" in command else []
        if "scoreboard" in command:  # one origin, one comparator, no state panel
            arguments += ["employment.first_origin=2021H2", "employment.comparators=[auto_theta]"]
            arguments += ["adoption.panel_backtest=false"]
    done = subprocess.run(
        [sys.executable, "-m", "forecast", *arguments],
        cwd=work, env={**os.environ, "FORECAST_SOURCES": str(sources_root)},
        capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_ui_command_of_the_readme_serves_the_store_on_loopback_only(finished_run):
    assert set(ELSEWHERE) <= set(FORECAST)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "forecast", "ui", "--port", str(port)],
        cwd=finished_run.parent.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert "MLflow" in _page(f"http://127.0.0.1:{port}/", seconds=60)
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=30)


def _page(address: str, *, seconds: float) -> str:
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.read().decode("utf-8")
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
