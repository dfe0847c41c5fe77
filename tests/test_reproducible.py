"""One seed: the same bytes. Another seed: other draws, the same published totals."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest


def digests(folder):
    files = sorted((folder / "tables").iterdir())
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


STAGES = "stages=[exposure,adoption,employment,reskilling,cohorts]"  # the report makes no table
THREADS = "OMP_NUM_THREADS"


@pytest.fixture(scope="module")
def runs(forecast_command, smaller, quick, tmp_path_factory):
    """Folders of runs in processes of their own, two at a time.

    "again" is the finished run with other threads: one of OpenMP if that had as many as there
    are cores, and as many as there are cores if that had one.
    """
    ridge = (*quick, "model=ridge")
    chosen = {"again": (*smaller, "tracking=disabled")}
    chosen |= {"five": (*ridge, "seed=5"), "six": (*ridge, "seed=6")}
    single = os.environ.get(THREADS) != "1"
    folders = {name: tmp_path_factory.mktemp(name) for name in chosen}  # not safe in threads

    def run(name):
        work = folders[name]
        threads = {THREADS: "1"} if single else {}
        arguments = (STAGES, "run_dir=out", *chosen[name])
        done = forecast_command("run", *arguments, cwd=work, **threads)
        assert done.returncode == 0, done.stderr
        return work / "out"

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.delenv(THREADS, raising=False)
        return dict(zip(chosen, pool.map(run, chosen), strict=True))


def test_another_process_with_other_threads_gives_byte_identical_tables(runs, finished_run):
    assert digests(finished_run) == digests(runs["again"])


def test_another_seed_draws_anew_but_keeps_the_published_totals(runs):
    first, other = digests(runs["five"]), digests(runs["six"])
    for name in ("headline", "adoption_forecast", "employment_forecast", "reskilling_demand"):
        assert first[f"{name}.csv"] != other[f"{name}.csv"], name
    assert first["cohort_totals.csv"] == other["cohort_totals.csv"]
    for name in ("five", "six"):
        headline = pd.read_csv(runs[name] / "tables/headline.csv").set_index("preset")
        assert headline.loc["kiet_2022", "at_risk_persons"] == pytest.approx(3.27e6, rel=0.01)


def test_untracked_runs_never_import_mlflow(forecast_command, tmp_path):
    arguments = ("draws=20", "tracking=disabled", "stages=[adoption,report]", "run_dir=out")
    done = forecast_command("run", *arguments, cwd=tmp_path, PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    assert " mlflow" not in done.stderr
    assert not list(tmp_path.glob("mlflow*"))
