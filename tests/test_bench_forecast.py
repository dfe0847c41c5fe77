"""The benchmark of forecasts prints one line of finite figures for every model."""

import os
import subprocess
import sys
from pathlib import Path

from forecast.models.combination import COMBINATION
from forecast.models.comparators import COMPARATORS
from forecast.options import EmploymentOptions

REPOSITORY = Path(__file__).resolve().parent.parent


def test_every_model_has_seconds_and_scores():
    options = ["--origins", "2021H2", "--occupations", "2", "--draws", "20"]
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "scripts/bench_forecast.py"), *options],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    title, header, *rows = done.stdout.splitlines()
    assert title.startswith("12 series, 1 origin(s) 2021H2 to 2021H2")
    assert header.split() == ["model", "seconds", "mase", "crps_scaled", "coverage80"]
    figures = {row[:17].strip(): [float(cell) for cell in row[17:].split()] for row in rows}
    expected = {COMBINATION, "per-series loop", *EmploymentOptions().members, *COMPARATORS}
    assert set(figures) == expected
    for seconds, mase, crps, coverage in figures.values():
        assert seconds >= 0 and 0 < crps < mase and 0 <= coverage <= 1
