"""What drives the count, and what it is read beside: bars, marks and words of the tables."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from figure_texts import boxes
from reskilling_cases import names, reskilling_tables

from forecast.codebook_reskilling import RESKILLING_TABLES
from forecast.report.figures_beside import draw_age_pattern, draw_flow_comparison, draw_take_up
from forecast.report.figures_drivers import PARAMETERS, draw_sensitivity, draw_variance, strongest
from forecast.report.reskilling_words import (
    OUTCOME_NAMES,
    PARAMETER_NAMES,
    SOURCE_NAMES,
    STEP_NAMES,
    baseline_name,
    parameter_name,
)
from forecast.report.style import NEED_NAMES, drawing
from forecast.types import NEEDS

DEFAULT = Path(__file__).resolve().parents[2] / "conf" / "scenario" / "default.yaml"


@pytest.fixture(scope="module")
def tables():
    return reskilling_tables()


def drawn(draw, tables):
    with drawing():
        return draw(tables, names())


def words(figure):
    return [text for text, _ in boxes(figure)]


def test_every_parameter_of_the_scenario_has_a_korean_name():
    given = yaml.safe_load(DEFAULT.read_text("utf-8"))["parameters"]
    assert [name for name in given if parameter_name(name) == name] == []
    assert len(set(PARAMETER_NAMES.values())) == len(PARAMETER_NAMES)


def test_every_source_and_outcome_of_the_codebook_has_a_korean_name():
    assert set(RESKILLING_TABLES["variance_shares"]["source"].values) == set(SOURCE_NAMES)
    assert set(RESKILLING_TABLES["flow_comparison"]["outcome"].values) == set(OUTCOME_NAMES)
    assert all(not name.isascii() for name in STEP_NAMES.values())


def test_bars_of_variance_are_the_shares_with_their_standard_errors(tables):
    figure = drawn(draw_variance, tables)
    table = tables["variance_shares"]
    order = table.groupby("source")["total_effect"].mean().sort_values(kind="stable").index
    for axes, need in zip(figure.axes, NEEDS, strict=True):
        rows = table[table["need"] == need].set_index("source").loc[order]
        first, total = axes.containers[1], axes.containers[3]  # each after its error bars
        for bars, key in ((first, "first_order"), (total, "total_effect")):
            found = [bar.get_width() for bar in bars]
            assert found == pytest.approx((100 * rows[key]).tolist())
            segments = bars.errorbar.lines[2][0].get_segments()
            ends = [100 * rows[f"{key}_se"].iloc[k] for k in range(len(rows))]
            found = [(line[1][0] - line[0][0]) / 2 for line in segments]
            assert found == pytest.approx(ends)
    assert {SOURCE_NAMES[str(source)] for source in order} <= set(words(figure))


def test_the_tornado_shows_the_strongest_parameters_around_the_mean(tables):
    figure = drawn(draw_sensitivity, tables)
    table = tables["parameter_sensitivity"]
    for axes, need in zip(figure.axes, NEEDS, strict=True):
        rows = strongest(table, need).iloc[::-1]
        assert len(rows) == PARAMETERS
        swing = (rows["at_high"] - rows["at_low"]).abs()
        assert swing.is_monotonic_increasing
        left_out = table[(table["need"] == need) & ~table["name"].isin(rows["name"])]
        assert (left_out["at_high"] - left_out["at_low"]).abs().max() <= swing.min()
        shown = [label.get_text() for label in axes.get_yticklabels()]
        assert shown == [parameter_name(name) for name in rows["name"]]
        for bars, key in zip(axes.containers, ("at_low", "at_high"), strict=True):
            ends = [bar.get_x() + bar.get_width() for bar in bars]
            assert ends == pytest.approx((rows[key] / 1_000).tolist())
        marks = axes.lines[0].get_xdata()
        assert np.asarray(marks) == pytest.approx((rows["at_neutral"] / 1_000).to_numpy())
        low, high = axes.get_xlim()
        assert low <= min(marks) and max(marks) <= high


def test_both_models_are_drawn_year_by_year(tables):
    figure = drawn(draw_flow_comparison, tables)
    table = tables["flow_comparison"].query("scenario == 'central'")
    for axes, outcome in zip(figure.axes, ("separated", "not_employed", "long_term"), strict=True):
        assert axes.get_title(loc="left") == OUTCOME_NAMES[outcome]
        for line, model in zip(axes.lines, ("ledger", "labour_flow_network"), strict=False):
            rows = table[(table["outcome"] == outcome) & (table["model"] == model)]
            assert np.asarray(line.get_ydata()) * 1_000 == pytest.approx(rows["persons"].to_numpy())
        assert len(axes.collections) == 2  # a band each


def test_an_age_without_a_published_change_says_so(tables):
    figure = drawn(draw_age_pattern, tables)
    table = tables["age_pattern"]
    assert words(figure).count("공표 값 없음") == table["observed_persons"].isna().sum() == 3
    effect = figure.axes[1].containers[1]
    found = [bar.get_width() * 1_000 for bar in effect][::-1]
    assert found == pytest.approx(table["ai_effect"].tolist())


def test_take_up_is_shown_with_ratio_probability_and_flag(tables):
    figure = drawn(draw_take_up, tables)
    table = tables["take_up"].query("year == 2027 and scenario == 'central'")
    flagged = [text for text in words(figure) if "참여를 넘음" in text]
    assert len(flagged) == (table["flagged"] == "yes").sum() > 0
    for row in table.to_dict("records"):
        assert any(text.startswith(f"{row['ratio']:,.2f}배") for text in words(figure))
        assert baseline_name(row["baseline"]) in words(figure)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [*NEED_NAMES.values(), "세 필요의 합"]
