"""One seed: the same bytes. Another seed: other draws, the same published totals."""

import hashlib

import pandas as pd
import pytest


def digests(folder):
    files = sorted((folder / "tables").iterdir())
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture(scope="module")
def runs(forecast_command, tmp_path_factory):
    folders = {}
    for name, seed in (("first", 5), ("again", 5), ("other", 6)):
        work = tmp_path_factory.mktemp(name)
        arguments = ("draws=20", f"seed={seed}", "tracking=disabled", "run_dir=out")
        done = forecast_command("run", *arguments, cwd=work)
        assert done.returncode == 0, done.stderr
        folders[name] = work / "out"
    return folders


def test_two_runs_with_one_seed_give_byte_identical_tables(runs):
    assert digests(runs["first"]) == digests(runs["again"])


def test_another_seed_draws_anew_but_keeps_the_published_totals(runs):
    first, other = digests(runs["first"]), digests(runs["other"])
    for name in ("headline", "adoption_forecast", "employment_forecast", "reskilling_demand"):
        assert first[f"{name}.csv"] != other[f"{name}.csv"], name
    assert first["cohort_totals.csv"] == other["cohort_totals.csv"]
    for run in (runs["first"], runs["other"]):
        headline = pd.read_csv(run / "tables/headline.csv").set_index("preset")
        assert headline.loc["kiet_2022", "at_risk_persons"] == pytest.approx(3.27e6, rel=0.01)


def test_untracked_runs_never_import_mlflow(forecast_command, tmp_path):
    arguments = ("draws=20", "tracking=disabled", "stages=[adoption,report]", "run_dir=out")
    done = forecast_command("run", *arguments, cwd=tmp_path, PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    assert " mlflow" not in done.stderr
    assert not list(tmp_path.glob("mlflow*"))
