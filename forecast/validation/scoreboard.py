"""The public scoreboard: a back-test as tables, every model beside the better naive model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.models.hierarchy import Hierarchy
from forecast.validation.backtest import BackTest
from forecast.validation.comparison import forecast_comparison
from forecast.validation.levels import (
    ALL_HORIZONS,
    Floats,
    Levels,
    mean,
    totals,
)
from forecast.validation.metrics import ERRORS, MAIN_METRICS, METRICS
from forecast.validation.scores import skill_percent

ALL_NODES = "all_nodes"
# The levels of contract table ``scores``, under the names that it has always had.
SCORE_TARGETS = {
    "cells": "cells",
    "occupations": "all_ages",
    "ages": "all_occupations",
    "total": "total",
}
SPLIT = "rolling_origin"
_CASE = ["target", "horizon", "metric"]  # within which models compete


def scoreboard_tables(
    test: BackTest,
    hierarchy: Hierarchy,
    *,
    stage: str,
    default: str,
    naive: Sequence[str],
    rng: np.random.Generator,
) -> dict[str, pd.DataFrame]:
    """Make the contract tables of a back-test.

    Parameters
    ----------
    test : BackTest
    hierarchy : Hierarchy
        Of occupations and ages; its nodes are those of the back-test, in order.
    stage : str
    default : str
        Model that the chain goes on with; it is compared with every other.
    naive : sequence of str
        The declared naive models; beside each value stands that of the better of them.
    rng : Generator
        Of the bootstrap.

    Returns
    -------
    dict of str to DataFrame
        ``scoreboard``, ``scoreboard_series``, ``forecast_comparison`` and the rows of ``scores``;
        the columns stand in the codebook.
    """
    unknown = sorted({default, *naive} - set(test.models))
    if unknown or not naive:
        raise InputError(
            f"scoreboard: default {default!r}, naive models {list(naive)}; {unknown} were not in "
            f"the back-test of {list(test.models)}. Name at least one naive model of it."
        )
    n_node = test.scale.shape[1]
    if hierarchy.shape[0] != n_node:
        raise InputError(
            f"scoreboard: the back-test has {n_node} nodes, its hierarchy {hierarchy.shape[0]}; "
            "hand over the one that the history was added up by."
        )
    levels = Levels.of(hierarchy)
    board = scoreboard(test, levels, naive=naive)
    made = {
        "scores": score_rows(board),
        "scoreboard": board,
        "scoreboard_series": scoreboard_series(test, hierarchy, naive=naive),
        "forecast_comparison": forecast_comparison(test, levels, default=default, rng=rng),
    }
    for table in made.values():
        table.insert(0, "stage", stage)
    return made


def scoreboard(test: BackTest, levels: Levels, *, naive: Sequence[str]) -> pd.DataFrame:
    """Score every model by level and horizon; horizon 0 is the mean over all forecasts.

    Returns
    -------
    DataFrame
        target (a level), horizon, model, metric, value, n, naive_value, naive_model,
        skill_percent. The naive model of a row is the one nearest to the ideal value of the metric
        at that level and horizon; `skill_percent` is by how much the error is below its error.
        Two rows a model of target ``all_nodes`` say what was found in its draws:
        ``coherence_gap`` and ``smallest_draw``.
    """
    parts = {
        (model, name): _means(test, levels, model, name)
        for model in test.models
        for name in METRICS
    }
    table = pd.concat(parts, names=["model", "metric"]).reset_index().dropna(subset="value")
    ideal = table["metric"].map({name: metric.ideal for name, metric in METRICS.items()})
    table["distance"] = (table["value"] - ideal).abs()
    declared = table[table["model"].isin(naive)].sort_values("distance", kind="stable")
    best = declared.drop_duplicates(_CASE)[[*_CASE, "value", "model"]]
    best = best.rename(columns={"value": "naive_value", "model": "naive_model"})
    table = table.merge(best, on=_CASE, how="left", validate="many_to_one")
    error = table["value"].where(table["metric"].isin(ERRORS))
    skill = skill_percent(error, table["naive_value"])
    table = pd.concat([table.assign(skill_percent=skill), _findings(test)])
    columns = ["target", "horizon", "model", "metric", "value", "n"]
    naive_columns = ["naive_value", "naive_model", "skill_percent"]
    return table.sort_values(columns[:4], ignore_index=True)[[*columns, *naive_columns]]


def scoreboard_series(
    test: BackTest, hierarchy: Hierarchy, *, naive: Sequence[str]
) -> pd.DataFrame:
    """Score every model on every node over all origins and horizons.

    Returns
    -------
    DataFrame
        target, ksco7, age_group, model, mase, crps_scaled, coverage80, then the lowest scores of
        the naive models on this very node, the naive model of the lowest scaled CRPS, and whether
        the model is below: the hardest comparison there is. Empty but for coverage where a node
        had never changed before any origin.
    """
    labels = pd.DataFrame(hierarchy.codes, columns=["ksco7", "age_group"])
    labels.insert(0, "target", hierarchy.levels)
    scores = {
        name: pd.DataFrame({model: _node_means(test, model, name) for model in test.models})
        for name in ("mase", "crps_scaled", "coverage80")
    }
    declared = {name: scores[name][list(naive)] for name in ("mase", "crps_scaled")}
    beside = pd.DataFrame(
        {
            "naive_mase": declared["mase"].min(axis=1),
            "naive_crps_scaled": declared["crps_scaled"].min(axis=1),
            "naive_model": declared["crps_scaled"].dropna().idxmin(axis=1),
        }
    )
    parts = [
        labels.assign(model=model, **{name: table[model] for name, table in scores.items()})
        for model in test.models
    ]
    table = pd.concat([part.join(beside) for part in parts], ignore_index=True)
    for column, name in (("beats_naive", "crps_scaled"), ("beats_naive_mase", "mase")):
        beats = pd.Series(np.where(table[name] < table[f"naive_{name}"], "yes", "no"), dtype=object)
        table[column] = beats.where(table[name].notna())
    return table


def score_rows(board: pd.DataFrame) -> pd.DataFrame:
    """Take the rows of contract table ``scores``, less its stage, off the scoreboard."""
    rows = board[
        board["target"].isin(list(SCORE_TARGETS))
        & board["metric"].isin(MAIN_METRICS)
        & (board["horizon"] == ALL_HORIZONS)
    ]
    named = rows.assign(target=rows["target"].map(SCORE_TARGETS), split=SPLIT)
    columns = ["model", "split", "target", "metric", "value", "n", "naive_value"]
    return named[columns].reset_index(drop=True)


def _means(test: BackTest, levels: Levels, model: str, metric: str) -> pd.DataFrame:
    """Mean and number of forecasts by level and horizon."""
    sums, counts = (levels.sums(part.sum(axis=0)) for part in totals(test.forecasts(model, metric)))
    columns = {"value": mean(sums, counts).ravel(), "n": counts.ravel().astype(int)}
    return pd.DataFrame(columns, index=levels.index(sums.shape[1]))


def _node_means(test: BackTest, model: str, metric: str) -> Floats:
    """Mean over origins and horizons by node."""
    sums, counts = (
        part[:, :, ALL_HORIZONS].sum(axis=0) for part in totals(test.forecasts(model, metric))
    )
    return mean(sums, counts)


def _findings(test: BackTest) -> pd.DataFrame:
    """What was found in the draws of each model, as rows of the scoreboard."""
    found = pd.DataFrame(
        {
            model: {name: getattr(scores, name) for name in ("coherence_gap", "smallest_draw")}
            for model, scores in test.models.items()
        }
    )
    long = found.rename_axis("metric").melt(var_name="model", ignore_index=False).reset_index()
    n_node = test.scale.shape[1]
    return long.dropna().assign(target=ALL_NODES, horizon=ALL_HORIZONS, n=n_node)
