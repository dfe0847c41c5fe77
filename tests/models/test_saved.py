"""Saved models score like the fitted ones, from files that hold no code and no clock."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from forecast.data import reference
from forecast.errors import ConfigError
from forecast.models import scoring
from forecast.models.base import Regressor, build_model
from forecast.models.boosting import Boosting
from forecast.models.design import Design
from forecast.models.exposure import ExposureModel
from forecast.models.saved import save_model
from forecast.models.stack import Stack
from forecast.models.task_text import TaskText

HOME = "forecast.models"
SMALL = {
    "ridge": {"_target_": f"{HOME}.linear.Ridge"},
    "pls": {"_target_": f"{HOME}.pls.PartialLeastSquares", "components": [1, 2, 3]},
    "gaussian_process": {
        "_target_": f"{HOME}.gaussian_process.GaussianProcess",
        "tuning_rows": 60,
        "steps": 5,
    },
    "boosting": {"_target_": f"{HOME}.boosting.Boosting", "members": 2, "trees": 20},
    "network": {
        "_target_": f"{HOME}.ensemble.NetworkEnsemble",
        "members": 2,
        "hidden": 4,
        "steps": 25,
    },
}
TASK_TEXT = {"_target_": f"{HOME}.task_text.TaskText"}
OPTIONS = {
    **SMALL,
    "stack": {"_target_": f"{HOME}.stack.Stack", "members": {**SMALL, "task_text": TASK_TEXT}},
    "auto": {"_target_": f"{HOME}.ensemble.BestOf", "candidates": SMALL},
}
every_kind = pytest.mark.parametrize("name", OPTIONS)


@cache
def panel() -> pd.DataFrame:
    return reference.load("isco_descriptors").set_index("isco08")


@cache
def columns() -> tuple[str, ...]:
    return tuple(panel().select_dtypes("float").columns)


@cache
def fitted(name: str) -> ExposureModel:
    """Fit on every other occupation, two targets and known groups: the second one is saved."""
    x = panel()[list(columns())].to_numpy()
    codes = panel().index.to_numpy(dtype=str)
    rng = np.random.default_rng(0)
    score = (x - x.mean(axis=0)) / x.std(axis=0) @ rng.normal(size=x.shape[1])
    y = np.column_stack([x[:, 0], np.tanh(score / score.std()) + 0.3 * rng.normal(size=len(x))])
    y[1::20, 1] = np.nan
    kept = np.arange(0, len(x), 2)
    model = build_model(OPTIONS[name])
    if name == "auto":
        model.choose({"boosting": 0.9, "ridge": 0.8})
    parents, families = codes.astype("U2"), codes.astype("U3")
    model.fit(Design(x[kept], parents[kept]), y[kept], groups=families[kept], rng=rng)
    return ExposureModel(model, columns(), target=1, centre=0.3, scale=0.2)


def saved(name: str, folder: Path) -> scoring.SavedExposure:
    save_model(fitted(name), folder)
    return scoring.load(folder)


@every_kind
def test_a_saved_model_scores_every_occupation_like_the_fitted_one(name, tmp_path):
    expected = fitted(name).predict(panel())
    table = saved(name, tmp_path).predict(panel())
    assert expected.std() > 0.03 and (expected[1::2] != expected[::2]).any()
    assert table.index.equals(panel().index)
    assert_allclose(table["exposure"], expected, rtol=0, atol=1e-12)


def test_trees_are_equal_to_the_last_bit(tmp_path):
    expected = fitted("boosting").predict(panel())
    assert_array_equal(saved("boosting", tmp_path).predict(panel())["exposure"], expected)


def test_a_value_on_a_threshold_goes_the_way_of_the_fitted_tree(tmp_path):
    rng = np.random.default_rng(1)
    x = rng.integers(4, size=(300, 2)).astype(float)
    trees = Boosting(members=2, trees=5, column_share=1.0).fit(
        x, x[:, :1] * x[:, 1:], groups=np.arange(300).astype(str), rng=rng
    )
    model = ExposureModel(trees, ("a", "b"), 0, 0.0, 0.05)
    save_model(model, tmp_path)
    cuts = {
        step[0].nodes["num_threshold"][place]
        for member in trees._fitted[0]
        for step in member._predictors
        for place in np.flatnonzero(step[0].nodes["is_leaf"] == 0)
    }
    table = pd.DataFrame([(a, b) for a in sorted(cuts) for b in sorted(cuts)], columns=["a", "b"])
    assert_array_equal(scoring.load(tmp_path).predict(table)["exposure"], model.predict(table))


@every_kind
def test_the_files_are_the_same_whenever_and_however_often_they_are_written(name, tmp_path):
    for folder in ("first", "second"):
        save_model(fitted(name), tmp_path / folder)
    for file in ("model.json", "arrays.npz"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()
    assert {p.name for p in (tmp_path / "first").iterdir()} == {"model.json", "arrays.npz"}
    with zipfile.ZipFile(tmp_path / "first" / "arrays.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.create_system for entry in archive.infolist()} == {3}


def test_only_the_saved_target_is_in_the_files(tmp_path):
    save_model(fitted("network"), tmp_path)
    with np.load(tmp_path / "arrays.npz", allow_pickle=False) as arrays:
        assert arrays["outer"].shape == (2, 4, 1) and arrays["mean"].shape == (1,)


def test_the_header_says_what_the_model_is(tmp_path):
    save_model(fitted("auto"), tmp_path)
    header = json.loads((tmp_path / "model.json").read_text("utf-8"))
    assert header["name"] == "boosting" and header["tree"]["kind"] == "trees"
    assert tuple(header["columns"]) == columns() and header["format"] == 1


def test_members_of_a_stack_without_weight_are_left_out(tmp_path):
    model = fitted("stack")
    stack = model.regressor
    assert isinstance(stack, Stack)
    used = [name for name, weight in stack.weights.items() if weight[1] > 0]
    save_model(model, tmp_path)
    tree = json.loads((tmp_path / "model.json").read_text("utf-8"))["tree"]
    assert len(tree["members"]) == len(used) > 1


def test_a_model_that_needs_tasks_is_refused_by_name_also_inside_a_stack(tmp_path):
    with pytest.raises(ConfigError, match=r"task_text .*words of tasks"):
        save_model(ExposureModel(TaskText(), ("a",), 0, 0.3, 0.2), tmp_path)
    stack = Stack({"line": SMALL["ridge"], "text": TASK_TEXT})
    stack.learn({"text": np.arange(9.0)[:, None], "line": np.ones((9, 1))}, np.arange(9.0)[:, None])
    assert stack.weights["text"] > 0.5
    stack.members["line"] = fitted("ridge").regressor
    with pytest.raises(ConfigError, match="task_text"):
        save_model(ExposureModel(stack, ("a",), 0, 0.3, 0.2), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_class_of_somebody_else_is_told_which_method_it_lacks(tmp_path):
    class Own(Regressor):
        name = "own"
        fit = predict = predict_draws = None

    with pytest.raises(ConfigError, match=r"own .*no scoring\(\)"):
        save_model(ExposureModel(Own(), ("a",), 0, 0.3, 0.2), tmp_path)


def test_wrong_tables_are_refused(tmp_path):
    model = saved("ridge", tmp_path)
    with pytest.raises(ValueError, match=f"1 descriptor.*{columns()[3]}"):
        model.predict(panel().drop(columns=columns()[3]))
    with pytest.raises(ValueError, match=f"{columns()[2]}.*no numbers"):
        model.predict(panel().astype({columns()[2]: str}))
    with pytest.raises(ValueError, match="gaps"):
        model.predict(panel().assign(**{columns()[1]: np.nan}))


def test_files_that_do_not_belong_together_are_refused(tmp_path):
    save_model(fitted("ridge"), tmp_path / "one")
    other = replace(fitted("pls"), target=0)
    save_model(other, tmp_path / "two")
    (tmp_path / "two" / "arrays.npz").replace(tmp_path / "one" / "arrays.npz")
    with pytest.raises(ValueError, match=r"arrays\.npz is not the file"):
        scoring.load(tmp_path / "one")


def test_a_later_format_is_refused(tmp_path):
    save_model(fitted("ridge"), tmp_path)
    header = json.loads((tmp_path / "model.json").read_text("utf-8"))
    (tmp_path / "model.json").write_text(json.dumps({**header, "format": 2}), "utf-8")
    with pytest.raises(ValueError, match="format 2"):
        scoring.load(tmp_path)
