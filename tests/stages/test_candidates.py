"""A stack is scored and timed as what it is: its own members, with their settings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecast.models.base import build_model
from forecast.models.design import Design
from forecast.models.ensemble import BestOf
from forecast.stages.candidates import Comparison, TrainingSet, compare_models

RIDGE = {"_target_": "forecast.models.linear.Ridge", "alphas": [0.01, 1.0]}
BLUNT = {**RIDGE, "alphas": [1e6]}
PLS = {"_target_": "forecast.models.pls.PartialLeastSquares", "components": [1, 2]}
N = 60


def training_set() -> TrainingSet:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 3))
    families = np.repeat(np.arange(N // 3), 3).astype(str)
    y = x[:, :1] + 0.3 * rng.normal(size=(N, 1))
    return TrainingSet(
        codes=np.arange(N).astype(str),
        families=families,
        parents=families,
        x=Design(x),
        y=y,
        targets=["consensus"],
        weights=np.ones(N),
        noise=np.zeros(N),
        distances=np.zeros(N),
        indices=pd.DataFrame({"gpt4_beta": y[:, 0]}),
    )


def compared(candidate_ridge: dict[str, object]) -> Comparison:
    stack = {
        "_target_": "forecast.models.stack.Stack",
        "members": {"ridge": RIDGE, "pls": PLS},
    }
    model = BestOf({"ridge": candidate_ridge, "pls": PLS, "stack": stack})
    rng = np.random.default_rng(1)
    return compare_models(
        model, training_set(), n_fold=5, stage="x", judged_on="consensus", rng=rng
    )


def grouped_r2(comparison: Comparison, model: str) -> float:
    rows = comparison.scores.query(f"model == '{model}' and split == 'grouped' and metric == 'r2'")
    return float(rows["value"].item())


def test_a_candidate_of_other_settings_does_not_stand_in_for_a_member():
    same, other = compared(RIDGE), compared(BLUNT)
    assert grouped_r2(other, "ridge") < 0.1 < grouped_r2(same, "ridge")
    assert grouped_r2(other, "stack") == pytest.approx(grouped_r2(same, "stack"), abs=1e-9)


def test_a_fit_of_a_stack_takes_as_long_as_its_members():
    seconds = compared(RIDGE).seconds
    assert seconds["stack"] >= seconds["ridge"] + seconds["pls"]


def test_settings_count_and_fits_do_not():
    x = np.random.default_rng(0).normal(size=(12, 2))
    groups = np.repeat(np.arange(4), 3).astype(str)
    fitted = build_model(RIDGE).fit(x, x[:, :1], groups=groups, rng=np.random.default_rng(0))
    assert fitted.has_settings_of(build_model(RIDGE))
    assert not fitted.has_settings_of(build_model(BLUNT))
    assert not fitted.has_settings_of(build_model(PLS))
