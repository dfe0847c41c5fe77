"""A newcomer's test: every command of the README is executed, here or by CI."""

import os
import re
import shlex
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

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


HERE = [command for command in FORECAST if command not in ELSEWHERE]


@pytest.fixture(scope="module")
def ended(finished_run, quick, sources_root, tmp_path_factory):
    """The commands tested here, two at a time: by command, what its process said in the end."""
    stored = finished_run.parent.parent  # a folder with a finished, tracked run
    folders = {command: tmp_path_factory.mktemp("readme") for command in HERE}

    def run(command):
        arguments, work = shlex.split(command)[1:], stored
        if arguments[0] == "run":  # the same, small: what is tested is that it works as written
            work = folders[command]
            arguments += [*quick, *([] if "model=" in command else ["model=ridge"])]
            if "scoreboard" in command:  # one comparator, no state panel
                arguments += ["employment.comparators=[auto_theta]"]
                arguments += ["adoption.panel_backtest=false"]
        return subprocess.run(
            [sys.executable, "-m", "forecast", *arguments],
            cwd=work, env={**os.environ, "FORECAST_SOURCES": str(sources_root)},
            capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip

    pool = ThreadPoolExecutor(2)
    yield {command: pool.submit(run, command) for command in HERE}
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("command", HERE)
def test_command_of_the_readme_works(command, ended):
    done = ended[command].result()
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_ui_command_of_the_readme_serves_the_store_on_loopback_only(mlflow_ui):
    assert set(ELSEWHERE) <= set(FORECAST)
    port = urlsplit(mlflow_ui).port
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=5):
        pass
    with urllib.request.urlopen(mlflow_ui, timeout=60) as answer:
        assert "MLflow" in answer.read().decode("utf-8")
