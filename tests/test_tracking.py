"""What MLflow is told about a run, read back from the store."""

import json
import re
import shutil
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
from forecast.tracking.champion import inputs_digest
from forecast.tracking.description import description, run_name

NOTE_LENGTH = 8_000  # what MLflow keeps of a tag
BARE = {"inputs": {}, "commit": None, "provenance": "official", "schema_version": 1}


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
    assert re.match(
        r"위험 일자리 327만 \(\d+–\d+만\) · kiet_2022 · 2022 · chain", run.info.run_name
    )
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


def test_tags_say_what_a_run_rests_on(store, finished_run):
    _, run, _ = store
    tags = run.data.tags
    history = pd.read_parquet(finished_run / "tables/employment_history.parquet")
    assert tags["vintage"] == f"base 2022, employment to {history['period'].max()}"
    manifest = json.loads((finished_run / "manifest.json").read_text("utf-8"))
    expected = {
        "provenance": "official",
        "scenario": "central",
        "preset": "kiet_2022",
        "seed": "20221231",
        "stages": "exposure, adoption, employment, reskilling, cohorts, report",
        "schema_version": str(manifest["schema_version"]),
        "splits": json.dumps(manifest["splits"], sort_keys=True),
    }
    assert {key: tags[key] for key in expected} == expected


def test_the_headline_comes_first_with_its_intervals_and_repeats_the_plain_names(store):
    _, run, _ = store
    found = run.data.metrics
    sections = sorted({key.split("/")[0] for key in found})
    assert sections[0] == "01_at_risk" and sections[1].startswith("02_need_")
    front = {key.split("_", 1)[1]: v for key, v in found.items() if key.startswith("01_")}
    for key in ("at_risk_persons", *metrics.BOUNDS, "published_persons", "difference_percent"):
        (value,) = (v for name, v in front.items() if name.endswith(f"_{key}"))
        assert value == found[f"headline/kiet_2022/{key}"]
    assert found["02_need_2026/ax_1_persons"] == found["reskilling/ax/2026/persons"]
    seats = found["cohorts/STAGE-전환기/allocated_persons"]
    assert found["03_seats_2026/전환기_1_allocated"] == seats
    nested = found["scores/exposure/auto_nested/grouped/consensus_unrelated/r2"]
    assert found["04_scores/1_exposure_r2"] == nested


def test_description_is_korean_first_and_says_that_exposure_is_not_displacement(store):
    _, run, _ = store
    note = run.data.tags["mlflow.note.content"]
    assert "노출은 대체가 아니다" in note and "Exposure is not displacement" in note
    assert note.index("위험 일자리") < note.index("jobs at risk")
    assert "kli_2024_gpt" in note and "kli_2024_gpt_complemented" not in note  # not at risk
    assert len(note) < NOTE_LENGTH
    assert "추출이 40회뿐이다" in note and "가상" not in note


def test_description_holds_the_figures_of_the_tables(store, finished_run):
    _, run, _ = store
    note = run.data.tags["mlflow.note.content"]
    headline = pd.read_parquet(finished_run / "tables/headline.parquet").set_index("preset")
    for preset in ("kiet_2022", "bok_2023_top20"):
        row = headline.loc[preset]
        low, middle, high = (
            f"{row[key] / 1e4:,.0f}" for key in ("lower80", "at_risk_persons", "upper80")
        )
        assert f"`{preset}` | **{middle}만** | {low}–{high}만" in note
    assert f"{headline.loc['bok_2023_top20', 'difference_percent']:+.0f} %" in note
    assert "공표 327만에 맞춘 값" in note.splitlines()[0]  # its difference is no finding
    totals = pd.read_parquet(finished_run / "tables/reskilling_totals.parquet")
    for row in totals.query("year == 2026 and scenario == 'central'").to_dict("records"):
        assert (
            f"2026, {row['need']}: {row['persons']:,.0f} people newly in need (80 % interval "
            f"{row['lower80']:,.0f}–{row['upper80']:,.0f})"
        ) in note
    assert "전환기: **29,500명** 배정 (공표 30,000명, 배정 못 함 500명)" in note


def test_every_link_of_the_description_leads_to_an_artifact(store):
    client, run, _ = store
    found = re.findall(r"\]\(([^)]+)\)", run.data.tags["mlflow.note.content"])
    page = f"#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}/artifacts/"
    names = {a.path for a in client.list_artifacts(run.info.run_id)}
    names |= {a.path for a in client.list_artifacts(run.info.run_id, "figures")}
    assert len(found) == 8
    for link in found:
        assert link.startswith(page) and link.removeprefix(page) in names


def test_synthetic_figures_are_said_to_be_so_before_any_of_them():
    manifest = {**BARE, "provenance": "synthetic"}
    note = description(Options(draws=500), {}, manifest, {})
    assert note.startswith("**가상 자료(synthetic)**") and "synthetic data" in note
    assert run_name(Options(), {}, manifest).startswith("[synthetic] ")
    assert "돌리지 않은 단계" not in note and "추출이" not in note
    alone = description(Options(stages=["adoption"]), {}, manifest, {})
    assert "돌리지 않은 단계: 노출, 고용, 재교육, 교육 정원, 보고서" in alone


def test_the_experiment_introduces_itself_and_keeps_what_somebody_wrote(store):
    client, run, _ = store
    experiment = client.get_experiment(run.info.experiment_id)
    assert "노출은 대체가 아니다" in experiment.tags["mlflow.note.content"]
    client.set_experiment_tag(experiment.experiment_id, "mlflow.note.content", "우리 실험")
    runs.introduce(client, experiment.experiment_id)
    kept = client.get_experiment(experiment.experiment_id).tags["mlflow.note.content"]
    written = experiment.tags["mlflow.note.content"]
    client.set_experiment_tag(experiment.experiment_id, "mlflow.note.content", written)
    assert kept == "우리 실험"


def test_tables_figures_and_page_are_artifacts(store):
    client, run, _ = store
    names = {a.path for a in client.list_artifacts(run.info.run_id)}
    assert {"tables", "figures", "report.html", "manifest.json", "headline.json"} <= names
    assert {"scoreboard.json", "forecast_comparison.json", "mechanism_parameters.json"} <= names
    assert "tables/headline.csv" in {
        a.path for a in client.list_artifacts(run.info.run_id, "tables")
    }


def test_the_first_official_model_is_champion_by_the_honest_score(store, finished_run):
    client, run, _ = store
    assert run.data.tags["champion_decision"].startswith("챔피언이 됨")
    found = client.get_model_version_by_alias("ai-exposure", "champion")
    assert str(found.version) == run.data.tags["model_version"]
    manifest = json.loads((finished_run / "manifest.json").read_text("utf-8"))
    assert found.tags["inputs"] == inputs_digest(manifest["inputs"])
    assert found.tags["splits"] == manifest["splits"]["grouped"]
    key = "scores/exposure/auto_nested/grouped/consensus_unrelated/r2"
    assert float(found.tags["score"]) == run.data.metrics[key]
    assert float(found.tags["naive_score"]) == run.data.metrics[f"{key}_naive"]


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
    with pytest.raises(ConfigError, match=r"tracking\.uri=.*complete in"):
        tracking.log_run(options, tmp_path / "run", {}, BARE, {})


def test_a_run_that_could_not_be_logged_whole_is_marked_failed_and_not_listed(
    tmp_path, monkeypatch
):
    def full_disk(manifest):
        raise OSError("no space left on device")

    monkeypatch.setattr(runs, "lineage", full_disk)
    options = Options(tracking=TrackingOptions(uri=f"sqlite:///{tmp_path / 'x.db'}"))
    options.tracking.artifacts = str(tmp_path / "artifacts")
    with pytest.raises(ConfigError, match="no space left"):
        tracking.log_run(options, tmp_path, {}, BARE, {})
    assert tracking.recent_runs(options.tracking, 5) == []
    client = mlflow.MlflowClient()
    (run,) = client.search_runs([client.get_experiment_by_name("forecast").experiment_id])
    assert run.info.status == "FAILED"


def test_trials_of_a_sweep_are_neither_listed_nor_registered(tmp_path, finished_run):
    options = Options(tracking=TrackingOptions(uri=f"sqlite:///{tmp_path / 'x.db'}"))
    options.tracking.artifacts = str(tmp_path / "artifacts")
    small = tmp_path / "run"
    small.mkdir()
    shutil.copytree(finished_run / "model", small / "model")
    own = tracking.log_run(options, small, {}, BARE, {})
    tracking.log_run(options, small, {}, BARE, {}, {"mlflow.parentRunId": own, "trial": "0"})
    assert [row["run_id"] for row in tracking.recent_runs(options.tracking, 5)] == [own]
    (version,) = mlflow.MlflowClient().search_model_versions("name='ai-exposure'")
    assert version.run_id == own
    assert "did not score" in version.tags["champion_decision"]


def test_names_keep_korean_and_drop_what_mlflow_refuses():
    assert metrics.metrics({}, {"read": 1.0}) == {"time/read_seconds": 1.0}
    assert metrics.flatten({"a": {"60+": Path("x")}}) == {"a.60_": "x"}
