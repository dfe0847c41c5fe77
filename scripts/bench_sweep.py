"""What a sweep costs beside its fits: one worker, two workers, and a shell loop of single runs.

Trials are ridge, Gaussian process and boosting on three sets of descriptors, over seeds. Overhead
is everything but fit and predict. Wall times of whole processes, imports included.

    python scripts/bench_sweep.py --trials 200        (about 25 minutes on two cores)
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODELS, FEATURES = ("ridge", "gaussian_process", "boosting"), ("all", "no_abilities", "skills")
SEARCH = (f"model={','.join(MODELS)}", f"features={','.join(FEATURES)}")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def main() -> None:
    """Run the same trials in three ways and print seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200, help="at least this many (default 200)")
    parser.add_argument("--looped", type=int, default=9, help="single runs of the loop (default 9)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--override", action="append", default=[], help="more overrides")
    chosen = parser.parse_args()
    n_seed = -(-chosen.trials // (len(MODELS) * len(FEATURES)))
    seeds = f"seed=range({n_seed})"
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        more = chosen.override
        one = sweep(work, "one", *SEARCH, seeds, *more)
        several = sweep(
            *(work, "several", *SEARCH, seeds, *more),
            *("hydra/launcher=joblib", f"hydra.launcher.workers={chosen.workers}"),
        )
        loop = looped(work, chosen.looped, more)
        same = all(
            (work / "one/tables" / path.name).read_bytes() == path.read_bytes()
            for path in (work / "several/tables").iterdir()
        )
    report("one worker", one)
    report(f"{chosen.workers} workers", several, chosen.workers)
    report(f"shell loop of {chosen.looped} single runs", loop)
    print(f"speed-up of {chosen.workers} workers: {one['wall'] / several['wall']:.2f}")
    print(f"overhead of a looped run over one of a sweep: {_each(loop) / _each(one):.1f} times")
    print(f"tables of one and {chosen.workers} workers byte-identical: {same}")


def sweep(work: Path, name: str, *overrides: str) -> dict[str, float]:
    """Run one sweep in a process of its own; seconds and number of its trials."""
    arguments = [sys.executable, "-m", "forecast", "run", "-m", "sweep=exposure", *overrides]
    started = time.perf_counter()
    subprocess.run(
        [*arguments, f"run_dir={name}"],
        cwd=work,
        env={**os.environ, **ONE_THREAD},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    wall = time.perf_counter() - started
    timings = [json.loads(path.read_text()) for path in (work / name).glob("trials/*/timing.json")]
    locked = json.loads((work / name / "timing.json").read_text())["locked_fit"]
    fits = sum(timing["fit"] for timing in timings) + locked
    return {"wall": wall, "fit": fits, "trials": len(timings)}


def looped(work: Path, n: int, more: list[str]) -> dict[str, float]:
    """Run single trials one process after the other, as a shell loop would."""
    total = {"wall": 0.0, "fit": 0.0, "trials": 0}
    for number in range(n):
        model, features = MODELS[number % 3], FEATURES[number // 3 % 3]
        choice = (f"model={model}", f"features={features}", f"seed={number // 9}")
        spent = sweep(work, f"loop{number}", *choice, *more)
        total = {key: total[key] + spent[key] for key in total}
    return total


def report(name: str, spent: dict[str, float], workers: int = 1) -> None:
    """Print one line of the table."""
    print(
        f"{name:32} {spent['trials']:5.0f} trials  wall {spent['wall']:8.1f} s  fit and predict "
        f"{spent['fit']:8.1f} s  overhead {_each(spent, workers):6.3f} s a trial"
    )


def _each(spent: dict[str, float], workers: int = 1) -> float:
    """Seconds of wall time a trial beside its share of fit and predict."""
    return (spent["wall"] - spent["fit"] / workers) / spent["trials"]


if __name__ == "__main__":
    main()
