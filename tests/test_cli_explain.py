"""The verb ``explain`` as a user meets it: text, JSON, exit codes, one line for every refusal."""

import json
import shutil

import pytest
from explain_cases import TARGET, run_tables, write_run

from forecast.cli import main


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    write_run(folder / "runs" / "chain" / "first")
    return folder


def explain(capsys, *arguments):
    code = main(["explain", *arguments])
    return code, *capsys.readouterr()


@pytest.mark.parametrize("named", ["runs/chain/first", "chain/first", "chain", "latest"])
def test_a_cell_is_explained_however_its_run_is_named(work, capsys, monkeypatch, named):
    monkeypatch.chdir(work)
    code, out, err = explain(capsys, "--run", named, "--target", TARGET)
    assert code == 0 and err == ""
    assert "People newly in need of job_change" in out and "서울특별시" in out


def test_json_is_one_object(work, capsys, monkeypatch):
    monkeypatch.chdir(work)
    code, out, _ = explain(capsys, "--run", "latest", "--target", TARGET, "--format", "json")
    assert code == 0
    assert json.loads(out)["target"]["need"] == "job_change"


@pytest.mark.parametrize(
    ("run", "target", "says"),
    [
        ("latest", "occupation=31", "occupation"),
        ("latest", "scenario=central,sido=10", "Did you mean 11"),
        ("nowhere", TARGET, "no such run"),
        ("half", TARGET, "manifest.json"),
        ("short", TARGET, "reskilling_demand"),
    ],
)
def test_wrong_use_ends_with_one_line_and_two(work, capsys, monkeypatch, run, target, says):
    monkeypatch.chdir(work)
    if run == "half":
        (work / "half").mkdir()
    if run == "short":
        (work / "short" / "tables").mkdir(parents=True)
        shutil.copy(work / "runs/chain/first/manifest.json", work / "short" / "manifest.json")
    code, out, err = explain(capsys, "--run", run, "--target", target)
    assert code == 2 and out == ""
    assert says in err and err.count("\n") == 1


def test_contradicting_tables_are_shown_and_end_with_two(tmp_path, capsys):
    tables = run_tables()
    cells = tables["reskilling_cells"]
    doubled = cells.assign(adapted_persons=2 * cells["adapted_persons"])
    write_run(tmp_path / "run", {**tables, "reskilling_cells": doubled})
    code, out, err = explain(capsys, "--run", str(tmp_path / "run"), "--target", TARGET)
    assert code == 2 and "DOES NOT HOLD" in out and "contradict" in err
