"""The scoreboard says what the back-test found: every level and horizon, beside the right naive."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scoreboard_cases import NAIVE, TREE, back_test, tables, walks

from forecast.codebook import check_table
from forecast.errors import InputError
from forecast.models.hierarchy import occupation_age
from forecast.validation.metrics import METRICS
from forecast.validation.scoreboard import scoreboard_tables

KEYS = ["target", "horizon", "model", "metric"]


@pytest.fixture(scope="module")
def found():
    return back_test()


@pytest.fixture(scope="module")
def made():
    return tables()


@pytest.fixture(scope="module")
def board(made):
    return made["scoreboard"].set_index(KEYS)


def test_tables_are_those_of_the_codebook(made):
    for name, table in made.items():
        checked = check_table(name, table)
        assert list(checked.columns) == list(table.columns), name
        assert (table["stage"] == "employment").all()
    assert not made["scoreboard"].duplicated(KEYS).any()


@pytest.mark.parametrize("metric", list(METRICS))
def test_values_are_means_over_the_forecasts_of_a_level(board, found, metric):
    values = found.forecasts("drift", metric)
    for level in ("cells", "majors_by_age", "occupations", "majors", "ages", "total"):
        nodes = values[:, TREE.rows(level)]
        every = board.loc[(level, 0, "drift", metric)]
        assert every["value"] == pytest.approx(np.nanmean(nodes))
        assert every["n"] == np.isfinite(nodes).sum()
        third = board.loc[(level, 3, "drift", metric)]
        assert third["value"] == pytest.approx(np.nanmean(nodes[:, :, 2]))


def test_all_series_are_cells_and_occupations_each_once(board, found):
    nodes = np.r_[TREE.rows("cells"), TREE.rows("occupations")]
    values = found.forecasts("walk", "crps_scaled")[:, nodes]
    row = board.loc[("all_series", 0, "walk", "crps_scaled")]
    assert row["value"] == pytest.approx(np.nanmean(values))
    assert row["n"] == np.isfinite(values).sum()


def test_the_naive_model_beside_a_value_is_the_better_one_of_that_very_case(board):
    for key, row in board.drop("all_nodes").iterrows():
        target, horizon, _, metric = key
        ideal = METRICS[metric].ideal
        values = {name: board.at[(target, horizon, name, metric), "value"] for name in NAIVE}
        best = min(values, key=lambda name: abs(values[name] - ideal))
        assert abs(row["naive_value"] - ideal) == abs(values[best] - ideal)
        assert values[row["naive_model"]] == row["naive_value"]
    declared = board.drop("all_nodes")["naive_model"]
    assert set(declared) == set(NAIVE)  # else the case would not tell them apart


def test_skill_is_of_errors_only_and_negative_where_the_naive_model_wins(board):
    errors = board[board.index.get_level_values("metric").isin(["mase", "crps_scaled"])]
    assert_allclose(
        errors["skill_percent"], 100 * (1 - errors["value"] / errors["naive_value"]), atol=1e-9
    )
    others = ["coverage80", "coverage95", "sign_accuracy", "coherence_gap", "smallest_draw"]
    kept = board[board.index.get_level_values("metric").isin(others)]
    assert kept["skill_percent"].isna().all()
    assert board.at[("cells", 0, "walk", "crps_scaled"), "skill_percent"] > 0
    assert board.at[("cells", 1, "seasonal_naive", "crps_scaled"), "skill_percent"] < 0


def test_what_was_found_in_the_draws_is_on_the_board(board, found):
    for model, scores in found.models.items():
        for metric in ("coherence_gap", "smallest_draw"):
            row = board.loc[("all_nodes", 0, model, metric)]
            assert row["value"] == getattr(scores, metric)
            assert row["n"] == TREE.shape[0]
    assert board.at[("all_nodes", 0, "alone", "coherence_gap"), "value"] > 0.5


def test_every_series_stands_beside_the_lowest_naive_score_it_has(made, found):
    table = made["scoreboard_series"].set_index(["target", "ksco7", "age_group", "model"])
    assert len(table) == TREE.shape[0] * 4 and table.index.is_unique
    node = TREE.row("cells", "12", "40-49")
    means = {
        (name, metric): np.nanmean(found.forecasts(name, metric)[:, node])
        for name in ("walk", *NAIVE)
        for metric in ("mase", "crps_scaled", "coverage80")
    }
    row = table.loc[("cells", "12", "40-49", "walk")]
    for metric in ("mase", "crps_scaled", "coverage80"):
        assert row[metric] == pytest.approx(means["walk", metric])
    for metric, column in (("crps_scaled", "beats_naive"), ("mase", "beats_naive_mase")):
        least = min(means[name, metric] for name in NAIVE)
        assert row[f"naive_{metric}"] == pytest.approx(least)
        assert row[column] == ("yes" if row[metric] < least else "no")
    assert means[row["naive_model"], "crps_scaled"] == pytest.approx(row["naive_crps_scaled"])
    assert set(made["scoreboard_series"]["beats_naive"]) == {"yes", "no"}


def test_a_series_that_never_moved_is_neither_won_nor_lost():
    still = walks()
    cell = TREE.row("cells", "11", "60+")
    moved = still[TREE.rows("cells")]
    moved[cell] = 300.0
    made = tables(history=TREE.aggregate(moved))
    series = made["scoreboard_series"].query("ksco7 == '11' and age_group == '60+'")
    row = series.query("target == 'cells' and model == 'walk'").iloc[0]
    empty = ["mase", "crps_scaled", "naive_mase", "naive_model", "beats_naive", "beats_naive_mase"]
    assert row[empty].isna().all() and np.isfinite(row["coverage80"])
    board = made["scoreboard"].set_index(KEYS)
    n = {m: board.at[("cells", 1, "walk", m), "n"] for m in ("mase", "coverage80")}
    assert n == {"mase": 8 * 14, "coverage80": 8 * 15}
    check_table("scoreboard_series", made["scoreboard_series"])
    won = made["forecast_comparison"]["series_won_share"]
    assert won.between(0, 1).all()


def test_contract_scores_are_the_rows_over_all_horizons_under_their_old_names(made, board):
    rows = made["scores"]
    targets = {"cells", "all_ages", "all_occupations", "total"}
    assert set(rows["target"]) == targets and set(rows["split"]) == {"rolling_origin"}
    assert len(rows) == len(targets) * 4 * 4
    row = rows.set_index(["target", "model", "metric"]).loc[("all_ages", "walk", "mase")]
    told = board.loc[("occupations", 0, "walk", "mase")]
    assert all(row[column] == told[column] for column in ("value", "naive_value", "n"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"default": "best"}, r"default 'best'.*\['best'\] were not in the back-test"),
        ({"naive": ["drift", "last"]}, r"\['last'\] were not"),
        ({"naive": []}, "Name at least one naive model"),
    ],
)
def test_models_that_did_not_run_are_refused(found, change, says):
    choices = {"default": "walk", "naive": NAIVE, **change}
    with pytest.raises(InputError, match=says):
        scoreboard_tables(found, TREE, stage="employment", rng=np.random.default_rng(0), **choices)


def test_another_hierarchy_is_refused(found):
    other = occupation_age(["11"], ["60+"])
    with pytest.raises(InputError, match="hand over the one"):
        scoreboard_tables(
            found, other, stage="e", default="walk", naive=NAIVE, rng=np.random.default_rng(0)
        )
