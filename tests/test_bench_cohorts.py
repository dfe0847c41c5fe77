"""The benchmark of the cohort plan says what each solver found, and goes on without OR-tools."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
WIDTH = 34


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One year and three solvers; a package that cannot be found hides OR-tools."""
    folder = tmp_path_factory.mktemp("hidden")
    (folder / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'ortools' else find(name, *more)\n",
        encoding="utf-8",
    )
    options = ["--seconds", "20", "--set", "cohorts.years=[2026]"]
    script = REPOSITORY / "scripts/bench_cohorts.py"
    done = subprocess.run(
        [sys.executable, str(script), *options],
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{folder}"},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def figures(block: str) -> dict[str, str]:
    return {line[:WIDTH].strip(): line[WIDTH:].strip() for line in block.splitlines()[1:]}


def number(text: str) -> float:
    return float(re.sub(r"[,%]", "", text))


def test_size_seconds_gain_and_gap_of_each_solver(printed):
    head, ours, scipy, _, accepted = printed.strip().split("\n\n")
    assert "at most 20 s; gap asked for 0.10%" in head
    of = "10 programmes, 39 campuses, 51 occupations, 5 ages, 17 provinces, 1 years"
    assert ours.startswith(f"ours: {of}") and scipy.startswith(f"scipy: {of}")
    found, other = figures(ours), figures(scipy)
    for what in ("columns", "rows", "nonzeros", "integers"):
        assert number(found[what]) == number(other[what]) > 1000
    assert number(found["seats"]) == 229_100  # published for 2026, tracks in their programme
    assert 0 < number(found["gain"]) <= number(found["bound"])
    gap = 1 - number(found["gain"]) / number(found["bound"])
    assert number(found["proven gap"]) / 100 == pytest.approx(gap, abs=2e-6)
    assert 100 < number(found["peak, MiB"]) < 3 * 1024
    assert number(found["solving, s"]) > 0
    assert accepted.startswith("accepted: gap 0.1% yes")
    if other["gain"] != "none in time":
        # Both are plans of one programme: neither is above the bound that the other proves.
        assert number(other["gain"]) <= number(found["bound"]) + 1
        assert number(found["gain"]) <= number(other["bound"]) + 1


def test_an_absent_package_is_said(printed):
    assert "cp_sat: OR-tools is not here: pip install 'forecast-kr[comparators]'" in printed
