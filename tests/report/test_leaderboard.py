"""The comparison of exposure models as people see it: table, closing words, figure, page."""

import json

import numpy as np
import pandas as pd
import pytest
from figure_words import collisions, words_of

from forecast.codebook import check_table
from forecast.errors import InputError
from forecast.models.ensemble import BestOf, NetworkEnsemble
from forecast.models.stack import Stack
from forecast.report.figures_leaderboard import draw_leaderboard
from forecast.report.figures_scores import draw_scoreboard
from forecast.report.leaderboard import (
    MAIN_INDICES,
    NO_CANDIDATES,
    PLAINEST,
    candidates,
    chosen_models,
    is_comparison,
    leaderboard,
    main_scores,
    settings_tried,
)
from forecast.report.page_leaderboard import leaderboard_sections
from forecast.report.style import drawing
from forecast.report.summary import summary
from forecast.report.summary_leaderboard import WIDTH, comparison

MODELS = ("stack", "gaussian_process", "boosting", "network", "pls", "ridge")
TARGETS = {"exposure": ("ilo_2023", "gpt4_beta"), "exposure_soc": ("sml", "frey_osborne")}
BOTH = ("consensus_unrelated", "consensus", "human_beta", "task_substitution_share")
SETTINGS = dict.fromkeys((*MODELS, "task_text", *NO_CANDIDATES), 2)


def made(models=MODELS):
    """Scores of two classifications; the first model leads everywhere but on human_beta."""
    rows = []
    for stage, own in TARGETS.items():
        every = (*models, "task_text") if stage == "exposure_soc" else models
        for target in (*BOTH, *own):
            values = dict(zip(every, 0.9 - 0.02 * np.arange(len(every)), strict=True))
            if target == "human_beta":
                values["ridge"] = 0.95
            values["auto_nested"] = values[every[0]] - 0.005
            if target in ("human_beta", "sml"):
                values |= {"mean_rank": 0.4, "descriptors_and_indices": 0.8}
            for model, value in values.items():
                rows += score_rows(stage, model, target, value)
    for target, value in (("human_beta", 0.93), ("daioe_genai", 0.87)):
        row = ["exposure", "consensus_and_descriptors", "index_left_out", target, "spearman"]
        rows.append([*row, value, 90, 0.9])
    rows.append(["employment", "ridge", "rolling_origin", "cells", "mae", 2.0, 10, 3.0])
    columns = ["stage", "model", "split", "target", "metric", "value", "n", "naive_value"]
    return pd.DataFrame(rows, columns=columns)


def score_rows(stage, model, target, value):
    naive = 0.6 if model == "descriptors_and_indices" else -0.021
    metrics = {"r2": value, "spearman": value + 0.04}
    if model != "descriptors_and_indices":
        metrics |= {"coverage80": 0.79, "coverage95": 0.96}
    rows = [[stage, model, "grouped", target, m, v, 100, naive] for m, v in metrics.items()]
    if model not in ("auto_nested", "descriptors_and_indices"):
        rows.append([stage, model, "random", target, "r2", value + 0.05, 100, 0.3])
    return rows


@pytest.fixture(scope="module")
def tables():
    scores = made()
    return {"scores": scores, "leaderboard": leaderboard(scores, settings=SETTINGS)}


@pytest.fixture(scope="module")
def run(finished_run):
    names = ("scores", "leaderboard")
    return {name: pd.read_parquet(finished_run / f"tables/{name}.parquet") for name in names}


def test_every_exposure_model_of_the_scores_has_its_row_and_nothing_else(run):
    scores, board = run["scores"], run["leaderboard"]
    rows = scores[scores["stage"].eq("exposure") & scores["split"].eq("grouped")]
    keys = ["stage", "target", "model"]
    expected = rows.query("metric == 'r2'").set_index(keys)["value"].sort_index()
    found = board.set_index(keys)["r2_grouped"].sort_index()
    pd.testing.assert_series_equal(found, expected, check_names=False)
    random = scores[scores["stage"].eq("exposure") & scores["split"].eq("random")]
    random = random.query("metric == 'r2'").set_index(keys)["value"].sort_index()
    seen = board.set_index(keys)["r2_random"].dropna().sort_index()
    pd.testing.assert_series_equal(seen, random, check_names=False)
    assert np.allclose(board["inflation"], board["r2_random"] - board["r2_grouped"], equal_nan=True)


def test_the_best_of_a_target_comes_first_and_ties_are_in_order_of_name(tables):
    board = tables["leaderboard"]
    check_table("leaderboard", board)
    assert board.groupby(["stage", "target"])["r2_grouped"].is_monotonic_decreasing.all()
    assert not board.duplicated(["stage", "target", "model"]).any()
    same = made().assign(value=0.5)
    for _, part in leaderboard(same, settings=SETTINGS).groupby(["stage", "target"]):
        assert list(part["model"]) == sorted(part["model"])


def test_chosen_is_the_model_that_the_run_went_on_with(run, finished_run):
    board = run["leaderboard"]
    (chosen,) = board.loc[board["chosen"] == "yes", "model"].unique()
    judged = candidates(board.query("target == 'consensus_unrelated'"))
    assert judged.loc[judged["r2_grouped"].idxmax(), "model"] == chosen
    assert set(board.query("chosen == 'yes'")["target"]) == set(board["target"])
    fits = json.loads((finished_run / "manifest.json").read_text("utf-8"))["fit_seconds"]
    assert set(fits) == {f"exposure/{name}" for name in candidates(board)["model"]}
    assert all(spent >= 0 and spent == round(spent, 3) for spent in fits.values())


def test_the_choice_is_the_one_that_the_stage_makes():
    scores = {"ridge": 0.7, "network": 0.7}
    rows = pd.DataFrame({"model": list(scores), "r2_grouped": list(scores.values())})
    board = rows.assign(stage="exposure", target="consensus_unrelated")
    assert chosen_models(board) == {"exposure": BestOf().choose(scores).name}


def test_naive_forecasts_are_not_mixed_up(tables):
    board = tables["leaderboard"].set_index(["target", "model"]).loc["human_beta"]
    given = board.loc[["descriptors_and_indices"]]
    assert given["naive_group_mean_r2"].isna().all() and (given["naive_mean_rank_r2"] == 0.6).all()
    others = board.drop(index="descriptors_and_indices")
    assert (others["naive_mean_rank_r2"] == 0.4).all()
    assert (others["naive_group_mean_r2"] == -0.021).all()
    unranked = tables["leaderboard"].query("target == 'consensus'")
    assert unranked["naive_mean_rank_r2"].isna().all()


def test_settings_come_from_the_models_and_choosing_owes_those_of_all():
    ridge = {"_target_": "forecast.models.linear.Ridge"}
    network = {"_target_": "forecast.models.ensemble.NetworkEnsemble"}
    model = BestOf({"ridge": ridge, "mine": network, "network": network})
    tried = settings_tried(model)
    assert tried["mine"] == NetworkEnsemble.settings_tried == 17 and tried["ridge"] == 1
    both = settings_tried(Stack({"a": ridge, "b": network}))
    assert both["stack"] == 1 and "a" not in both
    board = leaderboard(made(("ridge", "network", "mine")), settings={**tried, "task_text": 6})
    nested = board.query("model == 'auto_nested'").groupby("stage")["settings_tried"].unique()
    assert nested.map(list).to_dict() == {"exposure": [35], "exposure_soc": [41]}
    with pytest.raises(InputError, match="task_text"):
        leaderboard(made(("ridge", "network", "mine")), settings=tried)


def test_closing_words_compare_the_models_within_the_width(tables):
    fits = {"exposure/ridge": 0.0612, "exposure_soc/task_text": 12.3}
    lines = comparison(tables, fits)
    assert max(map(len, lines)) <= WIDTH
    words = " ".join("\n".join(lines).split())
    for name in ("ISCO-08", "SOC-2018", "daioe_genai", ".930 (.900)", "-.021/-.021", "0.06"):
        assert name in words, name
    first = words.split("SOC-2018")[0]
    assert "12.30" in words and "12.30" not in first
    rows = [line.split() for line in lines]
    human = next(row for row in rows if row[:1] == ["human_beta"])
    assert [cell for cell in human if cell.endswith("*")] == [".950/.990*"]
    assert ["settings", "tried", *["2"] * len(MODELS), "12", "2", "1"] in rows
    assert not any(line.startswith("  human_beta") and ".900/.940*" in line for line in lines)


def test_a_longer_leaderboard_is_cut_into_blocks_that_lose_no_model():
    names = tuple(f"model{number:02}" for number in range(20))
    scores = made((*names, "ridge"))
    settings = SETTINGS | dict.fromkeys(names, 3)
    board = leaderboard(scores, settings=settings)
    lines = comparison({"scores": scores, "leaderboard": board}, {})
    assert max(map(len, lines)) <= WIDTH
    headings = " ".join(lines).split()
    assert all(headings.count(name) >= 2 for name in names)


def test_a_few_models_are_no_comparison():
    scores = made(("ridge", "network"))
    scores = scores[scores["stage"] != "exposure_soc"]
    board = leaderboard(scores, settings=SETTINGS)
    few = {"scores": scores, "leaderboard": board}
    assert not is_comparison(board) and comparison(few, {}) == []
    assert draw_leaderboard(few, {}) is None
    assert not any(leaderboard_sections(few).values())
    assert not any(leaderboard_sections({}).values())
    kept = main_scores(scores).query("stage == 'exposure'")
    assert set(kept["model"]) == {"ridge", "network", "consensus_and_descriptors"}
    assert set(kept["target"]) >= set(scores["target"]) - {"cells"}


def test_the_last_line_stays_short(tables, tmp_path):
    fits = {"exposure/ridge": 0.1}
    said = summary(tables, tmp_path, None, {"exposure": 2.0}, fit_seconds=fits)
    assert said.splitlines()[-1] == "  seconds   exposure 2.0"
    assert "auto_nested chooses a model anew" in said


def test_the_everyday_run_shows_its_comparison_in_the_report_and_not_on_the_terminal(
    run, finished_run
):
    said = (finished_run.parent.parent / "stdout.txt").read_text("utf-8")
    assert is_comparison(run["leaderboard"])
    assert "seconds per fit" not in said
    assert comparison(run, {}) == []


def test_the_scoreboard_keeps_the_chosen_and_the_plainest_of_many(tables):
    kept = main_scores(tables["scores"])
    ours = kept[kept["stage"].str.startswith("exposure")]
    assert set(ours["model"]) == {"stack", PLAINEST}
    published = {"human_beta", "gpt4_beta", "ilo_2023", "sml", "frey_osborne"}
    assert set(ours["target"]) == {"consensus", *published} and published < set(MAIN_INDICES)
    assert (kept["stage"] == "employment").sum() == 1


@pytest.mark.parametrize("draw", [draw_leaderboard, draw_scoreboard])
def test_words_of_the_figure_do_not_run_into_each_other(draw, tables):
    with drawing():
        figure = draw(tables, {})
        assert len(words_of(figure)) > 40
        assert not collisions(figure)


def test_the_figure_shows_every_score_of_every_panel(tables):
    board = tables["leaderboard"]
    with drawing():
        figure = draw_leaderboard(tables, {})
    panels = [axes for axes in figure.axes if axes.get_visible()]
    shown = board[board["target"].isin(("consensus_unrelated", *MAIN_INDICES))].drop_duplicates(
        ["stage", "target"]
    )
    assert len(panels) == len(shown)
    for axes in panels:
        lines = {line.get_label(): line for line in axes.get_lines()}
        grouped = np.asarray(lines["직업군을 통째로 뺌"].get_xdata(), dtype=float)
        random = np.asarray(lines["무작위로 뺌 (형제를 봄)"].get_xdata(), dtype=float)
        assert np.isfinite(grouped).all() and np.isfinite(random).sum() == len(grouped) - 1
        assert len(lines["고른 모형"].get_xdata()) == 1
        assert lines["상위 직업군 평균"].get_xdata()[0] == -0.021
    ranked = [
        axes
        for axes in panels
        if "다른 지표의 평균 순위" in str(axes.get_legend_handles_labels()[1])
    ]
    assert len(ranked) == 3  # human_beta twice, sml once


def test_the_page_says_what_the_comparison_rests_on(run, finished_run):
    page = (finished_run / "report.html").read_text("utf-8")
    section = page[page.index('id="models"') :]
    for words in (
        "무작위로 나누면",
        "features.activities=false",
        "auto_nested",
        "작업 활동도 평가",
    ):
        assert words in section, words
    sections = leaderboard_sections(run)
    assert len(sections["leaderboard"]) == len(run["leaderboard"])
    (choice,) = sections["choices"]
    assert f"{choice['n_settings']}가지" in section and f"{choice['nested']:.3f}" in section
    assert choice["least"] <= choice["most"]
    names = {row["model_ko"] for row in sections["leaderboard"]}
    assert not any("_" in name for name in names)
