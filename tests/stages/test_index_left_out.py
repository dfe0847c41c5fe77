"""Whole indices are left out with all their relatives, and the estimate beats the mean rank."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from exposure_cases import reference_tables

from forecast.features.panel import ANCESTORS, RELATIVES, isco_panel
from forecast.models.gaussian_process import GaussianProcess
from forecast.models.linear import Ridge
from forecast.stages.index_left_out import (
    balanced_consensus,
    given_indices_scores,
    index_left_out_scores,
)

DOMAINS = ["skill", "ability", "activity"]


@pytest.fixture(scope="module")
def panel():
    return isco_panel(reference_tables(), domains=DOMAINS)


def left_out(panel, model, more=None) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return index_left_out_scores(panel, more, model=model, n_fold=5, stage="x", rng=rng)


def test_the_embedded_indices_leave_enough_unrelated_ones(panel):
    rows = left_out(panel, GaussianProcess(tuning_rows=120, steps=8)).set_index("target")
    assert set(rows.index) == {"gpt4_beta", "human_beta", "ilo_2023", "daioe_genai"}
    # The ILO index is beaten only with the pull-only ability indices; see test_sources_run.
    rest = rows.drop("ilo_2023")
    assert (rest["value"] > rest["naive_value"]).all()


def test_relatives_and_the_index_itself_are_used_nowhere(panel):
    shuffled = panel.indices.copy()
    rng = np.random.default_rng(1)
    own = [name for name in shuffled if ANCESTORS.get(name) == ANCESTORS["gpt4_beta"]]
    for name in own:
        if name != "gpt4_beta":
            shuffled[name] = rng.permutation(shuffled[name].to_numpy())
    shuffled[own] = shuffled[own].where(panel.indices[own].notna())
    changed = type(panel)(**{**vars(panel), "indices": shuffled})
    first, second = (
        left_out(p, Ridge()).set_index("target").loc["gpt4_beta"] for p in (panel, changed)
    )
    assert first["value"] == second["value"]
    assert first["naive_value"] == second["naive_value"]


def test_one_ancestor_counts_once():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"ilo_2023": rng.normal(size=50), "aioe": rng.normal(size=50)})
    doubled = table.assign(aioe_lm=table["aioe"], daioe_genai=table["aioe"])
    assert np.abs(balanced_consensus(table) - balanced_consensus(doubled)).max() < 1e-12


def test_other_indices_of_an_occupation_help_and_relatives_of_descriptors_are_no_target(panel):
    model = GaussianProcess(tuning_rows=120, steps=8)
    rng = np.random.default_rng(0)
    rows = given_indices_scores(panel, model=model, n_fold=5, stage="x", rng=rng)
    assert not set(rows["target"]) & set(RELATIVES)
    ilo = rows.query("target == 'ilo_2023' and metric == 'r2'")
    assert ilo["value"].item() > ilo["naive_value"].item()


def test_the_given_indices_and_their_naive_are_scored_on_the_same_occupations(panel):
    rng = np.random.default_rng(0)
    rows = given_indices_scores(panel, model=Ridge(), n_fold=5, stage="x", rng=rng)
    both = panel.indices[["gpt4_beta", "ilo_2023"]].notna().all(axis=1) & panel.described
    assert both.sum() < (panel.indices["gpt4_beta"].notna() & panel.described).sum()
    assert set(rows.loc[rows["target"] == "gpt4_beta", "n"]) == {both.sum()}
