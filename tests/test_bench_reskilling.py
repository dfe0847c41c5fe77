"""The benchmark of the reskilling stage measures every phase, and the same work beside it."""

import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
NUMBER = re.compile(r"(?<![\w.])[-\d,]+(?:\.\d+)?")
WALKS = [f"balancing the ledger, {name}" for name in ("no_ai", "slow", "central", "fast")]


def figures(line: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(line[48:])]


def test_every_phase_and_every_model_has_seconds_and_memory():
    options = ["--draws", "10", "20", "--provinces", "1", "--set", "scenario.sensitivity_draws=0"]
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "scripts/bench_reskilling.py"), *options],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    top, beside = done.stdout.split("\n\n")
    phases = {line[:48].strip(): figures(line) for line in top.splitlines()[1:]}
    assert phases["draws"] == [10, 20]
    assert {*WALKS, "whole stage"} < set(phases)
    seconds = [phases[name][:4:2] for name in phases if name in WALKS]
    assert all(sum(walk[size] for walk in seconds) <= phases["whole stage"][2 * size] + 0.2
               for size in (0, 1))  # fmt: skip
    assert all(100 < mib < 3 * 1024 for mib in phases["peak, MiB"])
    title, *models, loop = beside.splitlines()
    assert title.startswith("20 draws, 8 years, slow, central, fast")
    rows = {line[:48].strip(): figures(line) for line in models}
    names = ["ledger by province", "ledger, the country as one province",
             "labour-flow network", "loop over pandas rows, scaled up"]  # fmt: skip
    assert list(rows) == names
    assert rows[names[-1]][0] > 10 * rows[names[0]][0]  # scaled up from a 1/17th of a draw
    assert loop.endswith("every flow and stock equals ours to 1e-06")
