"""Forecasts on their own past as people see them: bars, closing words, figure, page, dashboard."""

import numpy as np
import pandas as pd
import pytest
import scoreboard_cases as cases
from figure_words import collisions

from forecast.report.figures_forecast import draw_forecast_scoreboard
from forecast.report.figures_scores import draw_scoreboard
from forecast.report.forecast_bars import forecast_bars
from forecast.report.forecast_scores import (
    adoption_scores,
    default_rows,
    losses,
    losses_ahead,
    rivals,
    series_won_percent,
)
from forecast.report.page import render_page
from forecast.report.page_scoreboard import scoreboard_sections
from forecast.report.style import drawing
from forecast.report.summary import summary
from forecast.report.summary_leaderboard import WIDTH
from forecast.report.summary_scoreboard import forecast_lines
from forecast.tracking.metrics import metrics

ADOPTION = ("last_value", "drift", "logistic", "gompertz", "bass", "combination")
TARGETS = ("btos_state_6", "btos_state_13", "firm_50plus_research_sample")


def with_comparators(past, horizon):
    """The four models of the case, and three automatic ones that err more and more."""
    made = cases.models(past, horizon)
    rng = np.random.default_rng(1)
    for size, name in enumerate(("auto_ets", "auto_theta", "auto_arima"), start=1):
        error = rng.normal(0.0, 4.0 * size, made["walk"].shape[1:])
        made[name] = made["walk"] + error
    return made


def adoption_rows():
    """Scores of adoption; the further down the list a model stands, the better it is."""
    rows = []
    for target in TARGETS:
        for place, model in enumerate(ADOPTION):
            found = {"mae": 1.5 - 0.05 * place, "crps": 1.1 - 0.05 * place, "coverage80": 0.78}
            naive = {"mae": 1.5, "crps": 1.1, "coverage80": 0.78}
            rows += [
                ["adoption", model, "rolling_origin", target, metric, value, 100, naive[metric]]
                for metric, value in found.items()
            ]
        rows.append(
            ["adoption", "sampling_error", "rolling_origin", target, "mae_floor", 1.0, 100, np.nan]
        )
    columns = ["stage", "model", "split", "target", "metric", "value", "n", "naive_value"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture(scope="module")
def tables():
    made = cases.tables(forecaster=with_comparators)
    return {**made, "scores": pd.concat([made["scores"], adoption_rows()], ignore_index=True)}


def verdict(tables, words):
    (bar,) = (bar for bar in forecast_bars(tables) if words in bar.asked)
    return bar


@pytest.mark.parametrize(
    ("words", "metric", "where", "column", "passes", "fails"),
    [
        ("CRPS at least 10 %", "crps_scaled", ("all_series", 0), "skill_percent", 10.0, 9.99),
        ("MASE at least 5 %", "mase", ("all_series", 0), "skill_percent", 5.0, 4.99),
        ("no loss above 2 %", "crps_scaled", ("total", 0), "skill_percent", -2.0, -2.01),
        ("no loss above 2 %", "mase", ("total", 0), "skill_percent", -2.0, -2.01),
        ("adds up", "coherence_gap", ("all_nodes", 0), "value", 1e-6, 2e-6),
        ("no negative draw", "smallest_draw", ("all_nodes", 0), "value", 0.0, -1e-9),
    ],
)
def test_a_bar_is_met_up_to_its_edge(tables, words, metric, where, column, passes, fails):
    for value, met in ((passes, True), (fails, False)):
        board = tables["scoreboard"].copy()
        rows = (board["model"] == "walk") & (board["metric"] == metric)
        rows &= (board["target"] == where[0]) & (board["horizon"] == where[1])
        assert rows.sum() == 1
        board.loc[rows, column] = value
        assert verdict({**tables, "scoreboard": board}, words).met is met


@pytest.mark.parametrize(("metric", "percent"), [("coverage80", 80), ("coverage95", 95)])
def test_intervals_are_held_to_their_level_at_every_single_horizon(tables, metric, percent):
    board = tables["scoreboard"].copy()
    rows = (board["metric"] == metric) & (board["target"] == "all_series")
    for share, met in ((percent / 100 + 0.049, True), (percent / 100 - 0.051, False)):
        board.loc[rows, "value"] = percent / 100
        board.loc[rows & (board["horizon"] == 4), "value"] = share
        said = verdict({**tables, "scoreboard": board}, f"{percent} % intervals within 5 points at")
        assert said.met is met and f"{100 * share:.1f}" in said.found


def test_series_are_won_only_against_both_naive_models(tables):
    series = tables["scoreboard_series"]
    own = series[(series["model"] == "walk") & series["target"].isin(["cells", "occupations"])]
    both = (own["crps_scaled"] < own["naive_crps_scaled"]).mean()
    assert series_won_percent(tables) == pytest.approx(100 * both)
    assert len(own) == 18
    none = series.assign(beats_naive="no")
    assert series_won_percent({**tables, "scoreboard_series": none}) == 0.0
    bar = verdict(tables, "of the series below both")
    assert bar.found.startswith(f"{100 * both:.0f} %") and bar.met == (both >= 0.6)


def test_every_comparator_must_be_beaten_in_both_errors(tables):
    assert verdict(tables, "auto_arima").met is True
    table = tables["forecast_comparison"].copy()
    one = (table["rival"] == "auto_arima") & (table["metric"] == "mase")
    one &= (table["target"] == "all_series") & (table["horizon"] == 0)
    table.loc[one, "skill_percent"] = -0.1
    assert verdict({**tables, "forecast_comparison": table}, "auto_arima").met is False
    without = table[table["rival"] != "auto_theta"]
    bar = verdict({**tables, "forecast_comparison": without}, "auto_theta")
    assert bar.met is None and bar.found == "not run"
    plain = forecast_bars(cases.tables())
    assert plain and not any("statsforecast" in bar.asked for bar in plain)


def test_adoption_is_held_to_drift_to_every_curve_and_to_its_interval(tables):
    for cycles in (6, 13):
        bars = [bar for bar in forecast_bars(tables) if f"{cycles} cycles" in bar.asked]
        assert len(bars) == 3 and all(bar.met for bar in bars)
    scores = tables["scores"].copy()
    own = (scores["model"] == "combination") & (scores["target"] == "btos_state_6")
    for metric, value in (("mae", 1.46), ("crps", 0.91), ("coverage80", 0.74)):
        scores.loc[own & (scores["metric"] == metric), "value"] = value
    bars = [bar for bar in forecast_bars({"scores": scores}) if "6 cycles" in bar.asked]
    assert [bar.met for bar in bars] == [False, False, False]


def test_rivals_stand_from_the_hardest_and_losses_from_the_largest(tables):
    found = rivals(tables)
    assert set(found["rival"]) == {
        "alone", "auto_arima", "auto_ets", "auto_theta", "drift", "seasonal_naive",
    }  # fmt: skip
    assert found["skill_percent"].is_monotonic_increasing
    lost = losses(tables)
    assert (lost["skill_percent"] < 0).all() and lost["skill_percent"].is_monotonic_increasing
    board = tables["scoreboard"].copy()
    total = (board["target"] == "total") & (board["horizon"] == 0) & (board["model"] == "walk")
    board.loc[total & (board["metric"] == "mase"), "skill_percent"] = -33.3
    worst = losses({**tables, "scoreboard": board}).iloc[0]
    assert (worst["target"], worst["skill_percent"]) == ("total", -33.3)
    lines = forecast_lines({**tables, "scoreboard": board})
    assert any("loses to a naive model on total: MASE -33.3 %" in line for line in lines)
    sections = scoreboard_sections({**tables, "scoreboard": board})
    assert sections["forecast_losses"][0]["level_ko"] == "전체"
    assert sections["forecast_losses"][0]["percent"] == pytest.approx(33.3)


def test_a_single_horizon_that_loses_is_named_though_the_mean_wins(tables):
    board = tables["scoreboard"].copy()
    case = (board["target"] == "total") & (board["model"] == "walk") & (board["horizon"] == 6)
    board.loc[case & (board["metric"] == "crps_scaled"), "skill_percent"] = -48.4
    changed = {**tables, "scoreboard": board}
    worst = losses_ahead(changed).iloc[0]
    assert (worst["target"], worst["horizon"]) == ("total", 6)
    (line,) = (line for line in forecast_lines(changed) if "at single horizons" in line)
    assert "total 6 ahead -48 %" in line and len(line) <= WIDTH
    row = scoreboard_sections(changed)["forecast_losses_ahead"][0]
    assert (row["level_ko"], row["horizon"], row["percent"]) == ("전체", 6, pytest.approx(48.4))
    assert (losses(changed)["horizon"] == 0).all()  # the mean over horizons did not lose


def test_scores_of_a_reader_are_those_of_the_default_forecasts(tables):
    kept = default_rows(tables["scores"], tables)
    assert set(kept.query("stage == 'employment'")["model"]) == {"walk"}
    assert set(kept.query("stage == 'adoption'")["model"]) == {"combination"}
    alone = tables["scores"].query("stage == 'employment'")
    assert len(default_rows(alone, {})) == len(alone)  # nobody says which is the default


def test_industries_stand_beside_with_the_model_that_is_no_naive_one(tables):
    board = tables["scoreboard"]
    other = board[(board["target"] == "total") & board["model"].isin(["walk", *cases.NAIVE])]
    other = other.assign(target="industry", model=other["model"].replace("walk", "two_way"))
    other.loc[other["metric"] == "mase", "skill_percent"] = -44.0
    both = {**tables, "scoreboard": pd.concat([board, other], ignore_index=True)}
    levels = scoreboard_sections(both)["forecast_levels"]
    assert [row["level_ko"] for row in levels][-1] == "산업" and levels[-1]["mase"] == -44.0
    assert len(levels) == 8
    assert losses(both)["model"].tolist() == ["two_way"]
    rows = tables["scores"].query("target == 'total' and model in ['walk', 'drift']")
    rows = rows.assign(target="industry", model=rows["model"].replace("walk", "two_way"))
    kept = default_rows(pd.concat([tables["scores"], rows], ignore_index=True), both)
    assert set(kept.query("target == 'industry'")["model"]) == {"two_way"}
    with drawing():
        assert not collisions(draw_forecast_scoreboard(both, {}))


def test_adoption_models_stand_in_order_of_target_and_then_of_crps(tables):
    found = adoption_scores(tables)
    assert list(found["target"].unique()) == list(TARGETS)
    for _, part in found.groupby("target"):
        assert list(part["model"]) == list(ADOPTION)[::-1]
    assert adoption_scores({"scores": tables["scores"].head(0)}).empty


def test_closing_words_set_the_bars_beside_the_figures(tables, tmp_path):
    said = summary(tables, tmp_path, None, {})
    lines = forecast_lines(tables)
    assert all(line in said for line in lines) and max(map(len, lines)) <= WIDTH
    verdicts = [line for line in lines if "  met  " in line or "  NOT MET  " in line]
    assert len(verdicts) == len(forecast_bars(tables))
    assert "18 series, 8 origins, 1-6 half-years ahead" in lines[0]
    skill = rivals(tables).set_index("rival").at["drift", "skill_percent"]
    (drift,) = (line for line in lines if line.startswith("  drift "))
    assert f"{skill:+.1f}" in drift
    assert forecast_lines({"scores": tables["scores"]}) == []


@pytest.mark.parametrize("draw", [draw_forecast_scoreboard, draw_scoreboard])
def test_words_of_the_figure_do_not_run_into_each_other(draw, tables):
    with drawing():
        assert not collisions(draw(tables, {}))


def test_the_figure_shows_the_skill_of_every_level_model_and_rival(tables):
    with drawing():
        figure = draw_forecast_scoreboard(tables, {})
    skill, coverage, models, against, *adoption = figure.axes
    board = tables["scoreboard"].query("model == 'walk' and metric == 'crps_scaled'")
    lines = {line.get_label(): line.get_ydata() for line in skill.get_lines()}
    total = board.query("target == 'total' and horizon > 0")["skill_percent"]
    np.testing.assert_allclose(lines["전체"], total)
    assert len([label for label in lines if not label.startswith("_")]) == 7
    shown = {line.get_label(): line.get_ydata() for line in coverage.get_lines()}
    assert len(shown["80 % 구간"]) == len(shown["95 % 구간"]) == 6
    assert len(models.get_yticklabels()) == 7 and len(against.get_yticklabels()) == 6
    assert [len(axes.get_yticklabels()) for axes in adoption] == [len(ADOPTION)] * 3
    assert adoption[0].get_title(loc="left") == "미국 주 · 12주 앞"


def test_the_page_says_by_how_much_the_default_wins_in_korean(tables):
    sections = scoreboard_sections(tables)
    (lead,) = sections["forecast_lead"]
    board = (
        tables["scoreboard"]
        .query("model == 'walk' and target == 'all_series' and horizon == 0")
        .set_index("metric")
    )
    for gain, metric in zip(lead["gains"], ("crps_scaled", "mase"), strict=True):
        assert gain["skill_percent"] == pytest.approx(board.at[metric, "skill_percent"])
        assert gain["lower95"] <= gain["upper95"]
    assert [gain["metric"] for gain in lead["gains"]] == ["CRPS", "MASE"]
    assert (lead["n_series"], lead["n_origins"], lead["max_horizon"]) == (18, 8, 6)
    by_level = {row["level_ko"]: row for row in sections["forecast_levels"]}
    assert by_level["계열 전부"]["coverage80"] == board.at["coverage80", "value"]
    assert by_level["계열 전부"]["mase"] == pytest.approx(board.at["mase", "skill_percent"])
    own_names = {"walk", "alone"}  # of this case
    names = {row["rival_ko"] for row in sections["forecast_rivals"]} - own_names
    names |= {row["model_ko"] for row in sections["adoption_models"]}
    names |= {row["target_ko"] for row in sections["adoption_models"]} | set(by_level)
    assert not any("_" in name for name in names)
    assert not any(scoreboard_sections({}).values())


def test_the_page_has_the_section_where_the_run_has_a_back_test(tables):
    meta = {"name": "x", "seed": 1, "draws": 40, "preset": "p", "provenance": "official"}
    meta |= {"commit": None, "schema_version": 1, "inputs": {}}
    names = {"programme": {}, "ksic": {}, "ksco7": {}}
    page = render_page(tables, {}, meta=meta, names=names)
    section = page[page.index('id="scoreboard"') :]
    (lead,) = scoreboard_sections(tables)["forecast_lead"]
    for gain in lead["gains"]:
        assert f"{abs(gain['skill_percent']):.1f} % 작고" in section
    assert "지지 않습니다" in section and "AutoARIMA" in section
    for bar in forecast_bars(tables):
        assert bar.asked_ko in section and bar.found in section
    board = tables["scoreboard"].assign(skill_percent=-7.25)
    table = tables["forecast_comparison"].assign(skill_percent=-7.25)
    losing = {**tables, "scoreboard": board, "forecast_comparison": table}
    page = render_page(losing, {}, meta=meta, names=names)
    assert "7.2 % 크고" in page and "직업 × 연령 CRPS 7.2 % (" in page
    assert "경쟁 모형 가운데 CRPS가 더 작은 것" in page
    assert 'id="scoreboard"' not in render_page({}, {}, meta=meta, names=names)


def test_the_dashboard_gets_a_few_headline_figures_and_not_the_rivals(tables):
    logged = metrics(tables, {})
    assert set(name for name in logged if name.startswith("employment/")) == {
        "employment/crps_skill_percent",
        "employment/mase_skill_percent",
        "employment/coverage80",
        "employment/coverage95",
        "employment/series_won_percent",
        "employment/coherence_gap",
    }
    assert logged["adoption/btos_state_6/crps_skill_percent"] == pytest.approx(100 * 0.25 / 1.1)
    assert logged["adoption/btos_state_13/coverage80"] == 0.78
    assert not any("drift" in name or "auto_" in name for name in logged)
    assert len(logged) < 70
