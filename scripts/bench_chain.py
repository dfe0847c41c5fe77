"""Seconds and peak memory of the chain, per stage, and how they grow with the number of draws.

Each number of draws runs in a process of its own, so that one peak does not hide the next.

    python scripts/bench_chain.py [--draws 50 200 800]
"""

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Run the chain at each number of draws and print one line per stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--draws", type=int, nargs="+", default=[50, 200, 800])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one is not None:
        print(json.dumps(measure(chosen.one)))
        return
    columns = {n: in_new_process(n) for n in chosen.draws}
    print(f"{os.cpu_count()} cores; seconds, and peak MiB so far in brackets")
    print(f"{'stage':<12}" + "".join(f"{n:>16} draws" for n in columns))
    for stage in next(iter(columns.values())):
        cells = (f"{c[stage][0]:>12.1f} [{c[stage][1]:>6.0f}]" for c in columns.values())
        print(f"{stage:<12}" + "  ".join(cells))


def in_new_process(n_draw: int) -> dict[str, tuple[float, float]]:
    """Measure in a fresh interpreter and an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        here = str(Path(__file__).resolve().parent.parent)
        done = subprocess.run(
            [sys.executable, str(Path(__file__).resolve()), "--one", str(n_draw)],
            cwd=folder, capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": here},
        )  # fmt: skip
    result: dict[str, tuple[float, float]] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(n_draw: int) -> dict[str, tuple[float, float]]:
    """Run the default chain, tracked, and note the clock and the peak at each change of stage."""
    from forecast.config import run_with_hydra
    from forecast.pipeline import run_experiment

    marks: list[tuple[str, float, float]] = []

    def note(text: str) -> None:
        marks.append((text.split(":")[0], time.perf_counter(), peak_mib()))

    started = time.perf_counter()
    run_with_hydra(
        [f"draws={n_draw}"], lambda options: void(run_experiment(options, progress=note))
    )
    note("end")
    result: dict[str, tuple[float, float]] = {}
    for (stage, begin, _), (_, end, peak) in itertools.pairwise(marks):
        seconds = result.get(stage, (0.0, 0.0))[0] + end - begin
        result[stage] = (seconds, peak)
    result["whole"] = (time.perf_counter() - started, peak_mib())
    return result


def peak_mib() -> float:
    """Peak resident memory of this process so far."""
    unit = 1024**2 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def void(_: object) -> None:
    """Drop a result."""


if __name__ == "__main__":
    main()
