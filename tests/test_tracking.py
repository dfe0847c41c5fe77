"""What MLflow is told about a run, read back from the store."""

import json
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from forecast import tracking
from forecast.data import reference
from forecast.errors import ConfigError
from forecast.options import Options, TrackingOptions
from forecast.report.forecast_scores import default_rows
from forecast.tracking import metrics, runs


@pytest.fixture(scope="module")
def store(finished_run):
    work = finished_run.parent.parent
    uri = f"sqlite:///{work / 'mlflow.db'}"
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient()
    (experiment,) = (e for e in client.search_experiments() if e.name == "forecast")
    (run,) = client.search_runs([experiment.experiment_id])
    return client, run, uri


def test_one_finished_run_with_parameters_and_a_name_that_says_what_it_is(store):
    _, run, _ = store
    assert run.info.status == "FINISHED"
    assert "kiet_2022" in run.info.run_name
    assert run.data.params["draws"] == "40"
    assert run.data.params["scenario.parameters.cost_effective_share.mode"] == "0.23"


def test_metrics_are_those_of_the_tables(store, finished_run):
    _, run, _ = store
    headline = pd.read_parquet(finished_run / "tables/headline.parquet").set_index("preset")
    for key in ("at_risk_persons", "lower80", "upper80"):
        logged = run.data.metrics[f"headline/kiet_2022/{key}"]
        assert logged == pytest.approx(headline.loc["kiet_2022", key])
    assert run.data.metrics["cohorts/P000-POLY-BASIC/allocated_persons"] == 28_000
    scores = pd.read_parquet(finished_run / "tables/scores.parquet")
    named = [m for m in run.data.metrics if m.startswith("scores/") and not m.endswith("_naive")]
    name = "forecast_comparison"
    tables = {name: pd.read_parquet(finished_run / f"tables/{name}.parquet")}
    shown = default_rows(scores, tables)
    assert len(named) == np.isfinite(shown["value"]).sum() < np.isfinite(scores["value"]).sum()
    board = pd.read_parquet(finished_run / "tables/scoreboard.parquet")
    (skill,) = board.query(
        "target == 'all_series' and horizon == 0 and metric == 'crps_scaled' and "
        "model == 'combination'"
    )["skill_percent"]
    assert run.data.metrics["employment/crps_skill_percent"] == pytest.approx(skill)
    fits = json.loads((finished_run / "manifest.json").read_text("utf-8"))["fit_seconds"]
    for model, spent in fits.items():
        assert run.data.metrics[f"time/fit/{model}_seconds"] == pytest.approx(spent, abs=6e-4)


def test_every_input_is_in_the_lineage_with_its_hash(store, finished_run):
    _, run, _ = store
    inputs = json.loads((finished_run / "manifest.json").read_text("utf-8"))["inputs"]
    logged = {
        json.loads(i.dataset.source)["uri"]: json.loads(i.dataset.source)["sha256"]
        for i in run.inputs.dataset_inputs
    }
    assert logged == inputs


def test_description_is_korean_first_and_says_that_exposure_is_not_displacement(store):
    _, run, _ = store
    note = run.data.tags["mlflow.note.content"]
    assert "노출은 대체가 아니다" in note
    assert note.index("위험 일자리") < note.index("jobs at risk")
    assert "kli_2024_gpt" in note and "kli_2024_gpt_complemented" not in note  # not at risk
    assert run.data.tags["provenance"] == "official"


def test_tables_figures_and_page_are_artifacts(store):
    client, run, _ = store
    names = {a.path for a in client.list_artifacts(run.info.run_id)}
    assert {"tables", "figures", "report.html", "manifest.json", "headline.json"} <= names
    assert {"scoreboard.json", "forecast_comparison.json"} <= names
    assert "tables/headline.csv" in {
        a.path for a in client.list_artifacts(run.info.run_id, "tables")
    }


def test_registered_model_scores_occupations_and_has_a_signature(store):
    client, _, _ = store
    (version,) = client.search_model_versions("name='ai-exposure'")
    model = mlflow.pyfunc.load_model(f"models:/ai-exposure/{version.version}")
    descriptors = reference.load("isco_descriptors")
    columns = model.metadata.signature.inputs.input_names()
    scored = model.predict(descriptors[columns])["exposure"]
    assert scored.between(0, 1).all() and scored.std() > 0.1
    with pytest.raises(mlflow.exceptions.MlflowException):
        model.predict(descriptors[columns[1:]])


def test_recent_runs_show_the_headline_and_do_not_create_a_store(store, tmp_path):
    _, run, uri = store
    (row,) = tracking.recent_runs(TrackingOptions(uri=uri), 5)
    assert row["run_id"] == run.info.run_id and row["headline"].startswith("3.27 million")
    absent = tmp_path / "none.db"
    assert tracking.recent_runs(TrackingOptions(uri=f"sqlite:///{absent}"), 5) == []
    assert not absent.exists()


def test_a_store_that_cannot_be_reached_names_the_key_and_the_finished_run(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "file").touch()
    options = Options(tracking=TrackingOptions(uri=f"sqlite:///{tmp_path / 'file/x.db'}"))
    manifest = {"inputs": {}, "commit": None, "provenance": "official", "schema_version": 1}
    with pytest.raises(ConfigError, match=r"tracking\.uri=.*complete in"):
        tracking.log_run(options, tmp_path / "run", {}, manifest, None, None, {})


def test_a_run_that_could_not_be_logged_whole_is_marked_failed_and_not_listed(
    tmp_path, monkeypatch
):
    def full_disk(manifest):
        raise OSError("no space left on device")

    monkeypatch.setattr(runs, "_lineage", full_disk)
    options = Options(tracking=TrackingOptions(uri=f"sqlite:///{tmp_path / 'x.db'}"))
    options.tracking.artifacts = str(tmp_path / "artifacts")
    manifest = {"inputs": {}, "commit": None, "provenance": "official", "schema_version": 1}
    with pytest.raises(ConfigError, match="no space left"):
        tracking.log_run(options, tmp_path, {}, manifest, None, None, {})
    assert tracking.recent_runs(options.tracking, 5) == []
    client = mlflow.MlflowClient()
    (run,) = client.search_runs([client.get_experiment_by_name("forecast").experiment_id])
    assert run.info.status == "FAILED"


def test_names_keep_korean_and_drop_what_mlflow_refuses():
    assert metrics.metrics({}, {"read": 1.0}) == {"time/read_seconds": 1.0}
    assert metrics.flatten({"a": {"60+": Path("x")}}) == {"a.60_": "x"}
