"""Figures of who, where and whereto: drawn from their tables, in order, no label over another."""

import numpy as np
import pandas as pd
import pytest
from figure_texts import boxes, outside, overlaps
from reskilling_cases import names, reskilling_tables

from forecast.codebook import check_table
from forecast.codebook_reskilling import RESKILLING_TABLES
from forecast.report.figures import FIGURES, draw_figures
from forecast.report.figures_moves import draw_moves, draw_opportunity, move_rows, notable
from forecast.report.figures_moves import risk_and_opportunity as occupations_of
from forecast.report.figures_transition import (
    displaced_fates,
    draw_displaced,
    draw_need_map,
    draw_transition_groups,
    draw_transition_provinces,
    transition_rates,
)
from forecast.report.label_places import place_labels
from forecast.report.reskilling_words import GROUP_NAMES, most_displaced, plan_year
from forecast.report.style import NEED_NAMES, drawing, sheet
from forecast.report.tile_map import TILES
from forecast.types import GROUPS

OURS = (
    "reskilling", "transition_groups", "need_map", "transition_provinces", "displaced",
    "opportunity", "moves", "take_up", "variance", "sensitivity", "flow_comparison", "age_pattern",
)  # fmt: skip
LAST = 2027  # without a cohort plan the last year is told


@pytest.fixture(scope="module")
def tables():
    return reskilling_tables()


def drawn(draw, tables):
    with drawing():
        return draw(tables, names())


def test_the_synthetic_tables_are_every_reskilling_table_and_true_to_the_codebook(tables):
    assert set(RESKILLING_TABLES) <= set(tables)
    for name, table in tables.items():
        assert len(check_table(name, table)), name


def test_the_synthetic_accounts_add_up(tables):
    cells = tables["reskilling_cells"]
    balance = cells["touched_persons"] + cells["separated_persons"]
    balance = balance - cells["returned_persons"] - cells["adapted_persons"]
    assert balance.sum() == pytest.approx(tables["reskilling_demand"]["persons"].sum())
    for name in ("ledger", "displaced_ledger", "ledger_province"):
        by_flow = tables[name].groupby("flow")["persons"].sum()
        closing = by_flow.pop("closing")
        assert by_flow.sum() == pytest.approx(closing), name


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("seed", [7, 8])
def test_no_text_covers_another_or_leaves_the_sheet(name, seed):
    figure = drawn(FIGURES[name][1], reskilling_tables(seed))
    assert overlaps(figure) == [] and outside(figure) == []


def test_the_test_of_overlaps_sees_one():
    with drawing():
        figure = sheet("제목", "title")
        axes = figure.subplots()
        for place in (0.5, 0.505):
            axes.text(place, 0.5, "서로 겹치는 말")
        axes.text(5.0, 0.5, "종이 밖").set_in_layout(False)
        assert overlaps(figure) == [("서로 겹치는 말", "서로 겹치는 말")]
        assert outside(figure) == ["종이 밖"]


def test_labels_beside_one_mark_are_written_apart_or_left_out():
    with drawing():
        figure = sheet("제목", "title", width=4, height=3)
        axes = figure.subplots()
        marks = np.full((80, 2), 0.5)
        labels = place_labels(figure, axes, marks, ["같은 곳의 이름"] * 80)
        assert 3 < len(labels) < 80
        assert overlaps(figure) == [] and outside(figure) == []


@pytest.mark.parametrize("name", OURS)
def test_a_figure_needs_its_tables_and_is_drawn_once_they_are_there(
    name, tables, tmp_path, monkeypatch
):
    monkeypatch.setattr("forecast.report.figures.save", lambda figure, path, provenance: path)
    needed = FIGURES[name][0]
    only = {table: tables[table] for table in needed}
    assert name in draw_figures(only, tmp_path / "with", names=names(), provenance="synthetic")
    for table in needed:
        fewer = {key: value for key, value in only.items() if key != table}
        assert name not in draw_figures(fewer, tmp_path / f"without_{table}", names=names())


def test_groups_are_shown_with_the_means_and_intervals_of_the_table(tables):
    figure = drawn(draw_transition_groups, tables)
    table = tables["transition_groups"].query("sido == '00' and scenario == 'central'")
    table = table[table["year"] == LAST]
    assert set(GROUP_NAMES) == set(GROUPS)
    texts = {text for text, _ in boxes(figure)}
    for row in table.to_dict("records"):
        mean, low, high = (row[key] / 1_000 for key in ("persons", "lower80", "upper80"))
        assert f"{mean:,.1f} ({low:,.1f}–{high:,.1f})" in texts
    assert set(GROUP_NAMES.values()) | set(NEED_NAMES.values()) <= texts


def test_provinces_are_ranked_by_people_per_1000_employed(tables):
    rates = transition_rates(tables)
    people = tables["transition_groups"].query(
        "year == @LAST and scenario == 'central' and sido == '11' and group == 'transition'"
    )["persons"]
    stock = tables["ledger_province"].query(
        "year == @LAST and scenario == 'central' and sido == '11' and flow == 'opening'"
    )["persons"]
    assert rates.loc["11"].sum() == pytest.approx(1_000 * people.sum() / stock.sum())
    figure = drawn(draw_transition_provinces, tables)
    bars, tiles = figure.axes
    shown = [label.get_text() for label in bars.get_yticklabels()]
    ranked = rates.drop("00").sum(axis=1).sort_values(kind="stable").index
    assert shown == [names()["sido"][code] for code in ranked]
    assert len(tiles.patches) == len(TILES) == 17 and set(TILES) == set(ranked)
    assert len(set(TILES.values())) == 17


def test_the_map_of_needs_holds_everybody(tables):
    figure = drawn(draw_need_map, tables)
    central = tables["reskilling_demand"].query("year == @LAST and scenario == 'central'")
    for axes, need in zip(figure.axes, NEED_NAMES, strict=True):
        assert axes.get_title(loc="left") == f"{NEED_NAMES[need]} (명)"
        values = axes.images[0].get_array()
        assert values.shape == (9, 5)
        assert values.sum() == pytest.approx(central.query("need == @need")["persons"].sum())


def test_the_fates_of_the_displaced_add_up_to_all_who_were_separated(tables):
    fates = displaced_fates(tables)
    account = tables["displaced_ledger"].query("scenario == 'central' and flow == 'separated'")
    separated = account.groupby("year")["persons"].sum().cumsum()
    assert fates.sum(axis=1).tolist() == pytest.approx(separated.tolist())
    bands = drawn(draw_displaced, tables).axes[0].collections
    top = max(band.get_paths()[0].vertices[:, 1].max() for band in bands)
    assert top * 1_000 == pytest.approx(separated.iloc[-1])


def test_the_scatter_names_the_most_displaced_and_every_quadrant(tables):
    figure = drawn(draw_opportunity, tables)
    texts = [text for text, _ in boxes(figure)]
    assert sum("갈 곳" in text for text in texts) >= 4
    table = occupations_of(tables)
    points = sum(len(group.get_offsets()) for group in figure.axes[0].collections)
    assert points == len(table) == 51
    chosen = notable(table)
    assert table["displaced"].idxmax() in chosen and table["employed"].idxmax() in chosen
    known = names()["ksco7"]
    written = [code for code in chosen if any(known[code][:10] in text for text in texts)]
    assert len(written) >= len(chosen) - 2  # a label without a free place is left out
    assert known[table["displaced"].idxmax()][:10] in " ".join(texts)


def test_moves_start_where_most_people_leave_and_say_what_is_lacking(tables):
    origins = most_displaced(tables, 8)
    left = tables["displaced_ledger"].query("scenario == 'central' and flow == 'separated'")
    assert origins.iloc[0] == left.groupby("ksco7")["persons"].sum().max()
    rows = move_rows(tables, origins, names())
    assert rows["ksco7"].unique().tolist() == origins.index.tolist() and len(rows) == 24
    assert rows["gaps"].str.contains(r"\+\d\.\d").all()
    first = tables["occupation_moves"].query("ksco7 == @origins.index[0] and rank == 1").iloc[0]
    assert rows["move_share"][0] == first["move_share"]
    assert drawn(draw_moves, tables).axes[0].patches  # bars of the shares


def test_nobody_displaced_leaves_the_figure_of_moves_out(tables):
    none = tables["displaced_ledger"].assign(persons=0.0)
    assert draw_moves({**tables, "displaced_ledger": none}, names()) is None
    assert drawn(draw_displaced, {**tables, "displaced_ledger": none}).axes


def test_the_year_of_the_plan_is_told_and_not_the_last(tables):
    plan = pd.DataFrame({"year": [2026]})
    assert plan_year(tables, "transition_groups") == LAST
    assert plan_year({**tables, "cohort_targets": plan}, "transition_groups") == 2026
    figure = drawn(draw_transition_groups, {**tables, "cohort_targets": plan})
    assert any("2026년" in text for text, _ in boxes(figure))


def test_a_code_without_a_name_shows_itself(tables, tmp_path):
    drawn_figures = draw_figures(tables, tmp_path, names={})
    assert set(OURS) <= set(drawn_figures)
