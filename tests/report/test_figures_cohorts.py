"""Figures of the plan: drawn from their tables, in whole persons, no label over another."""

import re

import numpy as np
import pandas as pd
import pytest
from cohort_cases import CASES, PLACES, YEARS, cohort_tables, names
from figure_texts import boxes, outside, overlaps

from forecast.codebook import check_table
from forecast.codebook_cohorts import COHORT_TABLES
from forecast.report.figures import FIGURES, draw_figures
from forecast.report.figures_cohort_plan import draw_coverage, draw_frontier, scenario_changes
from forecast.report.figures_cohorts import (
    BALANCE,
    campus_seats,
    draw_balance,
    draw_cohorts_by_site,
    draw_provinces,
)
from forecast.report.figures_places import draw_places
from forecast.report.style import NEED_NAMES, drawing

OURS = (
    "cohorts", "cohort_provinces", "cohort_balance", "cohort_coverage", "cohort_frontier",
    "cohort_robust", "cohort_scenarios", "cohort_places",
)  # fmt: skip
FIRST = YEARS[0]


@pytest.fixture(scope="module")
def tables():
    return cohort_tables()


def drawn(draw, tables):
    with drawing():
        return draw(tables, names())


def texts(figure):
    return [text for text, _ in boxes(figure)]


def test_the_synthetic_tables_are_every_cohort_table_and_true_to_the_codebook(tables):
    assert set(tables) == set(COHORT_TABLES)
    for name, table in tables.items():
        assert len(check_table(name, table)), name


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("seed", [11, 12])
def test_no_text_covers_another_or_leaves_the_sheet(name, seed):
    figure = drawn(FIGURES[name][1], cohort_tables(seed))
    assert overlaps(figure) == [] and outside(figure) == []


@pytest.mark.parametrize("name", OURS)
def test_titles_are_korean_and_a_code_without_a_name_shows_itself(name, tables, tmp_path):
    figure = drawn(FIGURES[name][1], tables)
    assert re.search("[가-힣]", figure.texts[0].get_text())
    assert re.search("[A-Z]", figure.texts[1].get_text())
    needed = FIGURES[name][0]
    assert name in draw_figures({key: tables[key] for key in needed}, tmp_path, names={})


def test_campus_bars_are_the_seats_of_39_campuses_in_the_first_year(tables):
    wide = campus_seats(tables)
    own = tables["cohort_targets"].query("site_kind == 'campus' and year == @FIRST")
    assert len(wide) == own["site"].nunique() == 39
    assert wide.sum().to_dict() == own.groupby("programme")["persons"].sum().to_dict()
    assert wide.columns[-1] == "K-MIDLIFE" and "P000-ONLINE-FREE" not in wide
    totals = wide.sum(axis=1).tolist()
    assert totals == sorted(totals)
    axes = drawn(draw_cohorts_by_site, tables).axes[0]
    assert sum(bar.get_width() for bar in axes.patches) == pytest.approx(own["persons"].sum())


def test_a_campus_of_a_few_people_is_not_printed(tables):
    targets = tables["cohort_targets"]
    job = (targets["programme"] == "P000-JOB-SWITCH") & (targets["site"] == "강릉")
    few = targets[~job | ~targets.index.isin(targets.index[job][1:])].copy()
    few.loc[targets.index[job][0], "persons"] = 3
    words = texts(drawn(draw_cohorts_by_site, {"cohort_targets": few}))
    own = next(text for text in words if "5명 미만" in text)
    # Neither the sum of the campus nor another campus gives it away.
    assert own.count("…") >= 1
    assert sum("…" in text for text in words) >= 2


def test_a_campus_that_is_kept_back_is_hidden_in_the_figure(tables):
    one = {"year": FIRST, "programme": "P000-POLY-BASIC", "level": "site", "site": "강릉"}
    kept = pd.DataFrame([one | {"sido": None, "age_group": None, "persons": pd.NA}])
    targets = tables["cohort_targets"].query("programme != 'P000-JOB-SWITCH'")
    calm = targets[(targets["site_kind"] == "campus") & (targets["persons"] >= 5)]
    words = texts(drawn(draw_cohorts_by_site, {"cohort_targets": calm, "cohort_release": kept}))
    without = texts(drawn(draw_cohorts_by_site, {"cohort_targets": calm}))
    assert sum("…" in text for text in words) > sum("…" in text for text in without)


def test_without_campuses_there_is_no_campus_figure(tables):
    targets = tables["cohort_targets"].query("site_kind != 'campus'")
    assert draw_cohorts_by_site({"cohort_targets": targets}, names()) is None


def test_both_panels_of_provinces_hold_every_seat_of_the_documents_once(tables):
    own = tables["cohort_targets"].query("year == @FIRST")
    seats = own.loc[~own["programme"].str.startswith("K-"), "persons"].sum()
    for axes in drawn(draw_provinces, tables).axes[:2]:
        assert sum(bar.get_width() for bar in axes.patches) == pytest.approx(seats)


def test_balance_bars_are_those_of_the_table(tables):
    panels = drawn(draw_balance, tables).axes
    assert [axes.get_title(loc="left") for axes in panels] == list(NEED_NAMES.values())
    for axes, need in zip(panels, NEED_NAMES, strict=True):
        table = tables["cohort_balance"]
        own = table[table["need"] == need]
        own = own.assign(in_need=own["waiting_before"] + own["newly_in_need"])
        heights = {c.get_label(): [bar.get_height() for bar in c] for c in axes.containers}
        for column, (label, _) in BALANCE.items():
            by_year = own.groupby("year")[column].sum() / 1_000
            assert heights[label] == pytest.approx(by_year.tolist())


def test_coverage_has_a_mark_for_every_group_and_pool_of_the_last_year(tables):
    last = tables["cohort_coverage"].query("year == @YEARS[-1]")
    axes = drawn(draw_coverage, tables).axes
    for panel, by in zip(axes, ("age_group", "sex", "sido"), strict=True):
        own = last[last["by"] == by]
        points = np.concatenate([line.get_xdata() for line in panel.lines])
        assert sorted(points) == pytest.approx(sorted(100 * own["coverage"]))
    empty = tables["cohort_coverage"].assign(coverage=np.nan)
    assert draw_coverage({"cohort_coverage": empty}, names()) is None


def test_the_frontier_marks_the_chosen_point_and_where_no_plan_exists(tables):
    words = " ".join(texts(drawn(draw_frontier, tables)))
    assert "이 계획: 50 %에서 이득 98.9 %" in words and words.count("계획 없음") == 1
    none = tables["cohort_frontier"].assign(feasible="no")
    assert draw_frontier({"cohort_frontier": none}, names()) is None


def test_scenario_cells_are_sums_of_changes_without_programmes_beside(tables):
    wide = scenario_changes(tables)
    assert list(wide.columns) == list(CASES) and len(wide) == 17
    own = tables["cohort_scenarios"].query("year == @FIRST and sido == '11'")
    own = own[~own["programme"].str.startswith("K-")]
    assert wide.loc["11"].to_dict() == own.groupby("case")["change"].sum().to_dict()


def test_maps_count_places_and_never_people(tables):
    figure = drawn(draw_places, tables)
    words = texts(figure)
    with_province = [row for row in PLACES if row[3] in ("province", "campus")]
    for _, _, _, _, count in with_province:
        assert any(f"\n{count:,}개" in text for text in words)
    squares = sum(len(axes.patches) for axes in figure.axes)
    assert squares == 17 * len(with_province)
    assert not any(text.endswith("명") for text in words)


def test_regions_alone_have_no_map():
    sites = cohort_tables()["cohort_sites"].query("site_kind == 'region'")
    assert draw_places({"cohort_sites": sites.assign(sido="51")}, names()) is None


def test_an_empty_list_of_cases_has_no_figure(tables):
    plan = tables["cohort_scenarios"].assign(case="plan")
    assert scenario_changes({"cohort_scenarios": plan}).empty
    assert isinstance(scenario_changes(tables), pd.DataFrame)
