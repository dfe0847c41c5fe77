"""A model in the store: any Python with MLflow loads and scores it, without this package."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from numpy.testing import assert_allclose

from forecast.data import reference
from forecast.errors import InputError
from forecast.models.base import Regressor
from forecast.models.design import Design
from forecast.models.exposure import ExposureModel
from forecast.models.linear import Ridge
from forecast.models.saved import save_model
from forecast.models.stack import Stack
from forecast.tracking import model_card, models

HOME = "forecast.models"
MEMBERS = {
    "ridge": {"_target_": f"{HOME}.linear.Ridge"},
    "pls": {"_target_": f"{HOME}.pls.PartialLeastSquares", "components": [1, 2]},
    "process": {
        "_target_": f"{HOME}.gaussian_process.GaussianProcess",
        "tuning_rows": 60,
        "steps": 3,
    },
    "trees": {"_target_": f"{HOME}.boosting.Boosting", "trees": 10},
    "network": {"_target_": f"{HOME}.ensemble.NetworkEnsemble", "hidden": 3, "steps": 20},
}
FACTS = model_card.CardFacts(
    "stack", "stack", "r2", 0.75, 0.25, "grouped", "consensus", 420, 184, "official", 12, "abc"
)
CARD = model_card.model_card(FACTS)
# No `forecast`, nothing that trains: what is left scores.
ALONE = """
import json, sys
for name in ("forecast", "sklearn", "torch", "scipy"):
    sys.modules[name] = None
import mlflow, pandas
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model(sys.argv[2])
table = pandas.read_parquet(sys.argv[3])
print(json.dumps(model.predict(table)["exposure"].tolist()))
"""


@dataclass(frozen=True)
class Store:
    """A store with one run, and the model that was logged to it."""

    uri: str
    client: mlflow.MlflowClient
    run_id: str
    experiment: str
    number: str

    @property
    def model_uri(self) -> str:
        return f"models:/served/{self.number}"


def descriptors() -> pd.DataFrame:
    return reference.load("isco_descriptors")


def fit(regressor: Regressor) -> ExposureModel:
    table = descriptors()
    columns = tuple(table.select_dtypes("float").columns)
    x = table[list(columns)].to_numpy()
    codes = table["isco08"].to_numpy(dtype=str)
    rng = np.random.default_rng(0)
    score = (x - x.mean(axis=0)) / x.std(axis=0) @ rng.normal(size=x.shape[1])
    design = Design(x, codes.astype("U2"))
    regressor.fit(design, score[:, None] / score.std(), groups=codes.astype("U3"), rng=rng)
    return ExposureModel(regressor, columns, target=0, centre=0.3, scale=0.1)


@pytest.fixture(scope="module")
def ridge(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("ridge")
    save_model(fit(Ridge()), folder)
    return folder


@pytest.fixture(scope="module")
def model() -> ExposureModel:
    """A mean of one model of every kind, each with the same weight."""
    stack = Stack(MEMBERS)
    same = np.zeros((4, 1))
    stack.learn({name: same for name in MEMBERS}, np.zeros((4, 1)))
    return fit(stack)


@pytest.fixture(scope="module")
def store(model, tmp_path_factory) -> Iterator[Store]:
    work = tmp_path_factory.mktemp("store")
    save_model(model, work / "saved")
    before = mlflow.get_tracking_uri()
    uri = f"sqlite:///{work / 'mlflow.db'}"
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient()
    experiment = client.create_experiment("노출", (work / "산출물").as_uri())
    run_id = client.create_run(experiment).info.run_id
    number = models.log_model(
        run_id, work / "saved", descriptors(), "served", card=CARD, tags=FACTS.tags()
    )
    assert number is not None
    yield Store(uri, client, run_id, experiment, number)
    mlflow.set_tracking_uri(before)


@pytest.fixture(scope="module")
def artifact(store, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("artifact")
    source = store.client.get_model_version("served", store.number).source
    return Path(mlflow.artifacts.download_artifacts(source, dst_path=str(folder)))


@pytest.fixture(scope="module")
def loaded(store) -> mlflow.pyfunc.PyFuncModel:
    return mlflow.pyfunc.load_model(store.model_uri)


def test_it_scores_without_this_package_and_without_what_trained_it(store, model, tmp_path):
    descriptors()[list(model.columns)].to_parquet(tmp_path / "table.parquet")
    (tmp_path / "alone.py").write_text(ALONE, "utf-8")
    done = subprocess.run(
        [sys.executable, "alone.py", store.uri, store.model_uri, "table.parquet"],
        cwd=tmp_path,
        env={**os.environ, "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    expected = model.predict(descriptors())
    assert expected.std() > 0.05
    assert_allclose(json.loads(done.stdout), expected, rtol=0, atol=1e-9)


def test_the_artifact_holds_text_arrays_and_one_scorer_and_no_pickle(artifact):
    files = {str(p.relative_to(artifact)) for p in artifact.rglob("*") if p.is_file()}
    names = sorted(files - {"registered_model_meta"})  # YAML by which MLflow notes a loaded version
    (scorer,) = (name for name in names if name.endswith(".py"))
    assert scorer.startswith("code/forecast_scoring_")
    assert names == [
        "MLmodel",
        scorer,
        "conda.yaml",
        "data/model/arrays.npz",
        "data/model/model.json",
        "input_example.json",
        "model_card.md",
        "python_env.yaml",
        "requirements.txt",
        "serving_input_example.json",
    ]
    needed = [f"{name}=={version(name)}" for name in ("mlflow", "numpy", "pandas")]
    assert (artifact / "requirements.txt").read_text().split() == needed
    flavors = mlflow.models.Model.load(artifact).flavors
    assert list(flavors) == ["python_function"]
    assert flavors["python_function"]["loader_module"] == Path(scorer).stem
    assert (artifact / "model_card.md").read_text("utf-8") == CARD


def test_every_descriptor_is_a_required_number_in_the_signature(loaded, model):
    signature = loaded.metadata.signature
    assert signature.inputs.input_names() == list(model.columns)
    assert {str(column.type) for column in signature.inputs.inputs} == {"DataType.double"}
    assert signature.inputs.required_input_names() == list(model.columns)
    assert [column.name for column in signature.outputs.inputs] == ["exposure"]


def test_the_input_example_is_of_real_descriptors_and_scores(loaded, model):
    example = loaded.input_example
    first = descriptors().head(2)
    assert_allclose(example[list(model.columns)], first[list(model.columns)])
    assert_allclose(loaded.predict(example)["exposure"], model.predict(first), atol=1e-9)


def test_a_missing_column_text_and_gaps_are_refused_on_predict(loaded, model):
    columns = list(model.columns)
    table = descriptors()[columns]
    with pytest.raises(MlflowException, match=f"missing.*{columns[7]}"):
        loaded.predict(table.drop(columns=columns[7]))
    with pytest.raises(MlflowException, match=f"(?s){columns[7]}.*double"):
        loaded.predict(table.assign(**{columns[7]: "0.5"}))
    with pytest.raises(ValueError, match="gaps"):
        loaded.predict(table.assign(**{columns[7]: np.nan}))


def test_run_model_and_version_know_each_other_and_no_run_is_left_active(store):
    assert mlflow.active_run() is None
    run = store.client.get_run(store.run_id)
    assert run.info.status == "RUNNING"  # whoever opened it ends it
    (output,) = run.outputs.model_outputs
    logged = store.client.get_logged_model(output.model_id)
    assert logged.source_run_id == store.run_id and logged.experiment_id == store.experiment
    assert logged.status == "READY" and logged.tags["mlflow.note.content"] == CARD
    assert json.loads(logged.tags["mlflow.modelVersions"]) == [{"name": "served", "version": "1"}]
    known = store.client.get_model_version("served", store.number)
    assert (known.run_id, known.source) == (store.run_id, f"models:/{logged.model_id}")
    assert known.description == CARD and known.status == "READY"
    assert known.tags == FACTS.tags()
    assert "사람을 평가하지 않는다" in store.client.get_registered_model("served").description


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"example": None}, "takes an input example"),
        ({"example": descriptors().head(0)}, "takes an input example"),
        ({"example": descriptors()[["isco08"]]}, "184 descriptor.*missing"),
        ({"example": descriptors().astype(str)}, "no numbers"),
        ({"example": descriptors().assign(ability_arm_hand_steadiness=np.nan)}, "gaps"),
        ({"card": ""}, "0 characters"),
        ({"card": "가" * 5001}, "5001 characters"),
    ],
)
def test_nothing_is_logged_without_an_example_that_scores_and_a_card(store, ridge, change, message):
    run_id = store.client.create_run(store.experiment).info.run_id
    given = {"example": descriptors(), "card": CARD} | change
    with pytest.raises(InputError, match=message):
        models.log_model(run_id, ridge, given["example"], "refused", card=given["card"], tags={})
    assert store.client.search_registered_models("name='refused'") == []
    assert not store.client.get_run(run_id).outputs.model_outputs


def test_a_folder_without_a_model_or_without_columns_is_refused(store, ridge, tmp_path):
    with pytest.raises(InputError, match="holds no saved model"):
        models.log_model(store.run_id, tmp_path, descriptors(), "refused", card=CARD, tags={})
    header = json.loads((ridge / "model.json").read_text("utf-8"))
    (tmp_path / "model.json").write_text(json.dumps({**header, "columns": []}), "utf-8")
    (tmp_path / "arrays.npz").write_bytes((ridge / "arrays.npz").read_bytes())
    with pytest.raises(InputError, match="no columns"):
        models.log_model(store.run_id, tmp_path, descriptors(), "refused", card=CARD, tags={})


def test_many_threads_register_versions_of_one_model_at_once(store, ridge):
    def log(_: int) -> str | None:
        run_id = store.client.create_run(store.experiment).info.run_id
        return models.log_model(run_id, ridge, descriptors(), "many", card=CARD, tags={})

    with ThreadPoolExecutor(6) as pool:
        numbers = sorted(pool.map(log, range(6)))
    assert numbers == ["1", "2", "3", "4", "5", "6"]
    runs = {v.run_id for v in store.client.search_model_versions("name='many'")}
    assert len(runs) == 6 and mlflow.active_run() is None


@pytest.mark.parametrize(
    ("said", "number"),
    [("Model Version creation error (name=late). Giving up after 3 attempts.", "1"), ("no", None)],
)
def test_a_number_that_others_took_is_asked_for_again(store, ridge, monkeypatch, said, number):
    asked: list[str] = []
    create = mlflow.MlflowClient.create_model_version

    def taken_once(self, name, *values, **named):
        asked.append(name)
        if len(asked) == 1:
            raise MlflowException(said)
        return create(self, name, *values, **named)

    monkeypatch.setattr(mlflow.MlflowClient, "create_model_version", taken_once)
    run_id = store.client.create_run(store.experiment).info.run_id
    if number is None:
        with pytest.raises(MlflowException, match=said):
            models.log_model(run_id, ridge, descriptors(), "late", card=CARD, tags={})
        assert asked == ["late"]
    else:
        given = models.log_model(run_id, ridge, descriptors(), "late", card=CARD, tags={})
        assert given == number and asked == ["late", "late"]


def test_a_model_is_logged_but_not_registered_without_a_name(store, ridge):
    run_id = store.client.create_run(store.experiment).info.run_id
    assert models.log_model(run_id, ridge, descriptors(), "", card=CARD, tags={}) is None
    (output,) = store.client.get_run(run_id).outputs.model_outputs
    assert store.client.get_logged_model(output.model_id).status == "READY"


def test_an_upload_that_fails_leaves_a_model_that_says_so(store, ridge, monkeypatch):
    def full_disk(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(mlflow.MlflowClient, "log_model_artifacts", full_disk)
    run_id = store.client.create_run(store.experiment).info.run_id
    with pytest.raises(OSError, match="no space"):
        models.log_model(run_id, ridge, descriptors(), "failed", card=CARD, tags={})
    found = store.client.search_logged_models(
        [store.experiment], "source_run_id = '" + run_id + "'"
    )
    assert [logged.status for logged in found] == ["FAILED"]
    assert store.client.search_registered_models("name='failed'") == []


def test_a_lock_file_of_the_working_folder_stays_out(store, ridge, tmp_path, monkeypatch):
    for name in ("uv.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    run_id = store.client.create_run(store.experiment).info.run_id
    models.log_model(run_id, ridge, descriptors(), "", card=CARD, tags={})
    (output,) = store.client.get_run(run_id).outputs.model_outputs
    root = mlflow.artifacts.download_artifacts(f"models:/{output.model_id}")
    assert not {"uv.lock", "pyproject.toml"} & {path.name for path in Path(root).iterdir()}


def test_two_versions_with_their_own_scorers_live_in_one_process(
    store, ridge, loaded, model, tmp_path, monkeypatch
):
    source = Path(models.scoring.__file__).read_text("utf-8")
    changed = tmp_path / "scoring.py"
    changed.write_text(source.replace(".clip(0.0, 1.0)", ".clip(0.0, 0.0)"), "utf-8")
    monkeypatch.setattr(models.scoring, "__file__", str(changed))
    run_id = store.client.create_run(store.experiment).info.run_id
    number = models.log_model(run_id, ridge, descriptors(), "served", card=CARD, tags={})
    table = descriptors()[list(model.columns)]
    first = loaded.predict(table)["exposure"]
    other = mlflow.pyfunc.load_model(f"models:/served/{number}")
    assert (other.predict(table)["exposure"] == 0.0).all()
    again = mlflow.pyfunc.load_model(store.model_uri).predict(table)["exposure"]
    assert_allclose(again, first, rtol=0, atol=0)


@pytest.fixture
def server(tmp_path) -> Iterator[str]:
    """A remote store on loopback that also keeps the artifacts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1"]
    command += ["--port", str(port), "--backend-store-uri", f"sqlite:///{tmp_path / 'far.db'}"]
    command += ["--artifacts-destination", str(tmp_path / "far")]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"{address}/health", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < until
                time.sleep(0.5)
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)


def test_a_remote_server_takes_and_gives_back_the_model(store, server, ridge, model):
    mlflow.set_tracking_uri(server)
    try:
        client = mlflow.MlflowClient()
        run_id = client.create_run(client.create_experiment("far")).info.run_id
        number = models.log_model(run_id, ridge, descriptors(), "far", card=CARD, tags={"a": "b"})
        far = mlflow.pyfunc.load_model(f"models:/far/{number}")
        known = client.get_model_version("far", number)
    finally:
        mlflow.set_tracking_uri(store.uri)
    table = descriptors()[list(model.columns)]
    assert_allclose(far.predict(table)["exposure"], fit(Ridge()).predict(table), atol=1e-12)
    assert known.description == CARD and known.tags == {"a": "b"}


def test_the_card_is_korean_first_and_says_what_the_model_is_not_for():
    korean, english = CARD.split("\n---\n")
    for word in ("노출은 대체가 아니다", "사람을 평가하지 않는다", "채용·해고", "미국", "0.750"):
        assert word in korean
    for word in (
        "Exposure is not displacement", "No person is scored", "hiring, firing",
        "rated in the US", "0.750 (naive forecast 0.250), 420 occupations", "abc",
    ):  # fmt: skip
        assert word in english
    assert len(CARD) < models.CARD_LENGTH
    unscored = model_card.model_card(replace(FACTS, score=float("nan")))
    assert "Not scored" in unscored and "점수를 내지 않았다" in unscored and " nan" not in unscored


def test_the_facts_of_a_run_are_the_score_that_the_choice_was_made_by(ridge):
    row = {
        "stage": "exposure", "model": "auto_nested", "split": "grouped", "metric": "r2",
        "target": "consensus_unrelated", "value": 0.9, "n": 420, "naive_value": 0.5,
    }  # fmt: skip
    others = [{**row, key: "other", "value": 0.1} for key in list(row)[:5]]
    tables = {"scores": pd.DataFrame([*others, row])}
    manifest = {"inputs": {"a": "0", "b": "1"}, "commit": None, "provenance": "official"}
    facts = model_card.facts_of_run(tables, manifest, models.scoring.load(ridge))
    assert (facts.score, facts.naive_score, facts.n_rows) == (0.9, 0.5, 420)
    assert (facts.n_inputs, facts.n_columns, facts.model) == (2, 184, "ridge")
    assert facts.commit == "not in a repository"
    card = model_card.model_card(facts)
    assert "part of the score (`auto_nested`)" in card and "part of the score" not in CARD
    assert np.isnan(model_card.facts_of_run({}, manifest, models.scoring.load(ridge)).score)
