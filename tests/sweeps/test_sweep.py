"""A sweep of real trials: skipped when done, repeated when failed, the same however it was run."""

import json
import os
import signal
import subprocess
import sys
import time

import mlflow
import pandas as pd
import pytest

from forecast.errors import InputError
from forecast.stages import exposure_trial
from forecast.sweeps import home as homes
from forecast.sweeps.trial import identify

QUICK = ("sweep=exposure", "sweep.resamples=200", "exposure.folds=3", "model=ridge")
FOUR = "model.alphas=[0.03],[0.1],[1.0],[100.0]"
UNTRACKED = "tracking=disabled"
JOBLIB = ("hydra/launcher=joblib", "hydra.launcher.workers=2")


def table_bytes(home):
    return {path.name: path.read_bytes() for path in sorted((home / "tables").iterdir())}


def records(home):
    found = (json.loads(path.read_text("utf-8")) for path in home.glob("trials/*/trial.json"))
    return {record["identity"]: record for record in found}


@pytest.fixture(scope="module")
def plain_home(tmp_path_factory, forecast_command):
    """Four trials, one after the other, never interrupted."""
    work = tmp_path_factory.mktemp("plain")
    done = forecast_command("run", "-m", *QUICK, FOUR, UNTRACKED, "run_dir=out", cwd=work)
    assert done.returncode == 0, done.stderr
    (work / "said.txt").write_text(done.stdout, encoding="utf-8")
    return work / "out"


def test_a_sweep_leaves_trials_tables_figures_page_and_manifest(plain_home):
    trials = pd.read_parquet(plain_home / "tables/sweep_trials.parquet")
    assert len(trials) == 4 and set(trials["status"]) == {"finished"}
    assert sorted(trials["rank"]) == [1, 2, 3, 4]
    assert set(records(plain_home)) == set(trials["trial"])
    assert list(trials["name"]) == [f"model.alphas=[{a}]" for a in ("0.03", "0.1", "1.0", "100.0")]
    assert (plain_home / "report.html").exists() and list((plain_home / "figures").iterdir())
    manifest = json.loads((plain_home / "manifest.json").read_text("utf-8"))
    assert manifest["trials"] == list(trials["trial"]) and manifest["inputs"]
    said = (plain_home.parent / "said.txt").read_text("utf-8")
    assert "4 trials" in said and "locked" in said.lower()


def test_the_winner_is_judged_on_families_that_no_trial_saw(plain_home):
    trials = pd.read_parquet(plain_home / "tables/sweep_trials.parquet").set_index("rank")
    chosen = pd.read_parquet(plain_home / "tables/sweep_selection.parquet").set_index("estimate")
    assert set(chosen.index) == {"cross_validation", "selection_adjusted", "nested", "locked_test"}
    assert set(chosen["trial"]) == {trials.loc[1, "trial"]} and set(chosen["n_trials"]) == {4}
    locked = json.loads((plain_home / "locked_test.json").read_text("utf-8"))
    seen = {case for record in records(plain_home).values() for case in record["score"]["cases"]}
    assert seen and not seen & set(locked["score"]["cases"])
    assert locked["trial"] == trials.loc[1, "trial"]


@pytest.mark.parametrize("launcher", ["joblib", "submitit", "ray"])
def test_neither_launcher_nor_workers_change_a_byte(
    plain_home, forecast_command, tmp_path, launcher
):
    how = (f"hydra/launcher={launcher}", "hydra.launcher.workers=2")
    done = forecast_command(
        *("run", "-m", *QUICK, FOUR, *how, UNTRACKED, "run_dir=out"), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert table_bytes(tmp_path / "out") == table_bytes(plain_home)
    assert records(tmp_path / "out") == records(plain_home)


def test_the_order_of_the_request_changes_only_numbers(plain_home, forecast_here, tmp_path):
    backwards = "model.alphas=[100.0],[1.0],[0.1],[0.03]"
    done = forecast_here("run", "-m", *QUICK, backwards, UNTRACKED, "run_dir=out")
    assert done.returncode == 0, done.stderr
    assert records(tmp_path / "out") == records(plain_home)
    chosen = "tables/sweep_selection.parquet"
    other = pd.read_parquet(tmp_path / "out" / chosen)
    pd.testing.assert_frame_equal(other, pd.read_parquet(plain_home / chosen), rtol=1e-12)


@pytest.fixture
def counted(monkeypatch):
    """Count the trials that are scored in this process; those of one penalty fail if asked to."""
    calls, failing = [], []
    real = exposure_trial.score_trial

    def score(options, tables, *, rng):
        calls.append(options.model["alphas"])
        if options.model["alphas"] in failing:
            raise InputError("the rows of this trial cannot be read.")
        return real(options, tables, rng=rng)

    monkeypatch.setattr(exposure_trial, "score_trial", score)
    return calls, failing


def test_a_failed_trial_is_recorded_and_repeated_and_the_others_are_not(
    plain_home, forecast_here, tmp_path, counted
):
    calls, failing = counted
    failing.append([1.0])
    arguments = ("run", "-m", *QUICK, FOUR, UNTRACKED, "run_dir=out")
    done = forecast_here(*arguments)
    assert done.returncode == 2 and len(calls) == 4
    assert "1 of the trials failed" in done.stderr and "resume=true" in done.stderr
    trials = pd.read_parquet(tmp_path / "out/tables/sweep_trials.parquet").set_index("name")
    failed = trials.loc["model.alphas=[1.0]"]
    assert failed["status"] == "failed" and "cannot be read" in failed["error"]
    assert (trials["status"] == "finished").sum() == 3
    failing.clear()
    again = forecast_here(*arguments, "resume=true")
    assert again.returncode == 0, again.stderr
    assert calls[4:] == [[1.0]]
    assert table_bytes(tmp_path / "out") == table_bytes(plain_home)
    assert forecast_here(*arguments, "resume=true").returncode == 0 and len(calls) == 5


def test_a_fault_of_ours_leaves_its_traceback_beside_the_record(
    forecast_here, tmp_path, monkeypatch
):
    def broken(options, tables, *, rng):
        raise ZeroDivisionError("by design of this test")

    monkeypatch.setattr(exposure_trial, "score_trial", broken)
    arguments = ("run", "-m", *QUICK, "model.alphas=[0.1]", UNTRACKED, "run_dir=out")
    done = forecast_here(*arguments)
    assert done.returncode == 1 and "ZeroDivisionError" in done.stderr
    (trace,) = (tmp_path / "out").glob("trials/*/traceback.txt")
    assert "by design of this test" in trace.read_text("utf-8")


def test_without_a_named_folder_the_same_request_goes_on_and_another_does_not(
    forecast_here, tmp_path, counted
):
    calls, _ = counted
    arguments = ("run", "-m", *QUICK, "model.alphas=[0.1],[1.0]", UNTRACKED, "name=again")
    assert forecast_here(*arguments).returncode == 0
    assert forecast_here(*arguments, "resume=true").returncode == 0
    assert len(calls) == 2
    (home,) = (tmp_path / "runs/again/sweeps").iterdir()
    assert forecast_here(*arguments).returncode == 0
    assert len(calls) == 4 and len(list((tmp_path / "runs/again/sweeps").iterdir())) == 2
    more = [*arguments[:-3], "model.alphas=[0.1],[1.0],[10.0]", *arguments[-2:]]
    assert forecast_here(*more, "resume=true", f"run_dir={home}").returncode == 0
    assert calls[4:] == [[10.0]]  # a named folder goes on with other requests too


def test_a_folder_with_a_sweep_is_not_taken_without_resume(forecast_here, plain_home):
    done = forecast_here("run", "-m", *QUICK, FOUR, UNTRACKED, f"run_dir={plain_home}")
    assert done.returncode == 2 and "resume=true" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("model=ridge,pls,boosting,network,nope",), "model/nope"),
        (("exposure.folds=3,4,5,6,900",), "exposure.folds"),
        (("sweep.target=a,b",), "sweep"),
        (("sweep.locked_share=0.9",), "sweep.locked_share"),
        (("sweep.target=nothing",), "sweep.target"),
        (("sweep.objective=beauty",), "sweep.objective"),
        (("model.alphas=[-1.0],[1.0]",), "alpha"),
        (("name=a,b",), "name"),
        (("draws=20,30,40,50,1", "sweep=runs"), "draws"),
        (("at_risk.preset=kiet_2022,nobody", "sweep=runs"), "preset"),
        (("hydra/sweeper=optuna", "sweep=runs", "seed=int(interval(1,9))"), "sweep=exposure"),
        (("hydra/launcher=joblib", "hydra.launcher.workers=0"), "hydra.launcher.workers"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_wrong_sweep_fails_before_its_first_trial(
    forecast_here, tmp_path, counted, arguments, says
):
    calls, _ = counted
    model = () if "model=" in arguments[0] else ("model=ridge",)
    done = forecast_here(
        *("run", "-m", "sweep=exposure", "exposure.folds=3", *model, UNTRACKED, *arguments)
    )
    assert done.returncode == 2 and says in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1
    assert calls == [] and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [("resume=true",), ("sweep=exposure",)])
def test_what_is_of_a_multirun_is_refused_in_a_single_run(forecast_here, arguments):
    done = forecast_here("run", UNTRACKED, *arguments)
    assert done.returncode == 2 and "-m" in done.stderr


def test_a_sweep_that_runs_is_not_run_by_another_process(forecast_here, plain_home):
    with homes.held(plain_home):
        done = forecast_here(
            "run", "-m", *QUICK, FOUR, UNTRACKED, f"run_dir={plain_home}", "resume=true"
        )
    assert done.returncode == 2 and "another process" in done.stderr


def test_the_locked_test_is_opened_once_and_every_opening_counts(forecast_here, tmp_path):
    arguments = ("run", "-m", *QUICK, "model.alphas=[0.1],[1.0]", UNTRACKED)
    opened = lambda: len((tmp_path / "runs/locked_tests.jsonl").read_text("utf-8").splitlines())  # noqa: E731
    assert forecast_here(*arguments, "run_dir=a").returncode == 0 and opened() == 1
    assert forecast_here(*arguments, "run_dir=a", "resume=true").returncode == 0 and opened() == 1
    assert forecast_here(*arguments, "run_dir=b").returncode == 0 and opened() == 2
    manifest = json.loads((tmp_path / "b/manifest.json").read_text("utf-8"))
    assert manifest["locked_test_opened"] == 2
    assert table_bytes(tmp_path / "a") == table_bytes(tmp_path / "b")


def test_a_search_resumes_by_asking_the_same_again(forecast_here, tmp_path, counted):
    calls, _ = counted
    search = (
        *("hydra/sweeper=optuna", "hydra.sweeper.n_trials=8", "hydra.sweeper.n_jobs=4"),
        "exposure.task_sampling_error=interval(0.01,0.1)",
    )
    arguments = ("run", "-m", *QUICK, *search, UNTRACKED, "run_dir=out")
    assert forecast_here(*arguments).returncode == 0 and len(calls) == 8
    before = table_bytes(tmp_path / "out")
    for record in list((tmp_path / "out").glob("trials/*/trial.json"))[:3]:
        record.unlink()
    done = forecast_here(*arguments, "resume=true")
    assert done.returncode == 0, done.stderr
    assert len(calls) == 11 and table_bytes(tmp_path / "out") == before


def test_whole_runs_stand_side_by_side_and_no_winner_is_named(forecast_here, tmp_path):
    arguments = ("stages=[adoption]", "draws=20", "name=two")
    done = forecast_here("run", "-m", *arguments[:3], "seed=1,2", UNTRACKED)
    assert done.returncode == 0, done.stderr
    (home,) = (tmp_path / "runs/two/sweeps").iterdir()
    runs = sorted((tmp_path / "runs/two").glob("*/manifest.json"))
    assert [json.loads(path.read_text("utf-8"))["seed"] for path in runs] in ([1, 2], [2, 1])
    headlines = pd.read_parquet(home / "tables/sweep_headlines.parquet")
    assert list(headlines["name"]) == ["seed=1", "seed=2"]
    assert not (home / "tables/sweep_selection.parquet").exists()
    single = forecast_here("run", *arguments[:3], "seed=2", UNTRACKED, "run_dir=single")
    assert single.returncode == 0
    swept = runs[0 if '"seed": 2' in runs[0].read_text("utf-8") else 1].parent
    assert table_bytes(swept) == table_bytes(tmp_path / "single")


def test_identity_follows_config_inputs_and_code():
    from forecast.options import Options

    def identity(options=None, inputs=None, code="c"):
        return identify(options or Options(), inputs=inputs or {"a": "0"}, code=code)

    assert identity() == identity(Options(run_dir="x", resume=True, name="other"))
    assert len({identity(), identity(Options(seed=1)), identity(inputs={"a": "1"}),
                identity(code="d")}) == 4  # fmt: skip


FORTY = "model.alphas=" + ",".join(f"[{0.01 * 1.3**n:.5g}]" for n in range(40))


def test_killed_three_times_a_sweep_ends_as_if_it_never_was(forecast_command, tmp_path):
    """Forty trials, kill -9 to the parent after some have finished; then MLflow agrees too."""
    arguments = ("run", "-m", *QUICK, FORTY, *JOBLIB)
    whole = forecast_command(*arguments, UNTRACKED, "run_dir=whole", cwd=tmp_path)
    assert whole.returncode == 0, whole.stderr
    home = tmp_path / "cut"
    killed = 0
    for wanted in (3, 12, 25):
        process = subprocess.Popen(
            [sys.executable, "-m", "forecast", *arguments, "run_dir=cut", "resume=true"],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 120
        while len(records(home)) < wanted and process.poll() is None:
            assert time.monotonic() < until, f"{len(records(home))} trials after two minutes"
            time.sleep(0.02)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
    assert killed == 3 and 25 <= len(records(home)) < 40
    done = forecast_command(*arguments, "run_dir=cut", "resume=true", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(records(home)) == 40 and records(home) == records(tmp_path / "whole")
    assert table_bytes(home) == table_bytes(tmp_path / "whole")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    client = mlflow.MlflowClient()
    (experiment,) = (e for e in client.search_experiments() if e.name == "forecast")
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = (run for run in runs if "mlflow.parentRunId" not in run.data.tags)
    children = [run for run in runs if run is not parent]
    assert parent.info.status == "FINISHED" and parent.data.metrics["sweep/finished_trials"] == 40
    assert {run.info.status for run in children} == {"FINISHED"}
    assert sorted(run.data.tags["trial"] for run in children) == sorted(records(home))
    scores = {i: r["score"] for i, r in records(home).items()}
    for run in children:
        score = scores[run.data.tags["trial"]]
        r2 = 1 - sum(score["loss"]) / sum(score["reference"])
        assert run.data.metrics["score/r2"] == pytest.approx(r2, rel=1e-9)
