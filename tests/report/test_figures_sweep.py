"""Figures of a sweep: every trial is there, up to 200 are readable, no label over another."""

import re
from dataclasses import replace

import numpy as np
import pytest
from figure_texts import boxes, outside, overlaps
from sweep_cases import CASES, a_score, made_runs, made_trials, scored, whole_runs

from forecast.report.figures_sweep import ESTIMATE_NAMES, draw_sweep_figures, draw_trials
from forecast.report.figures_sweep_rows import NAMED, row_places, trial_label
from forecast.report.figures_sweep_runs import draw_headlines
from forecast.report.style import PERSONS_PER_MAN, drawing
from forecast.report.sweep_tables import TrialRow


def drawn(draw, tables):
    with drawing():
        return draw(tables)


def dots(axes, marker="o", size=4.5):
    """Places of all dots of one size, as pairs."""
    lines = [x for x in axes.get_lines() if x.get_marker() == marker and x.get_markersize() == size]
    return sorted((float(x), float(y)) for line in lines for x, y in line.get_xydata())


def said(figure):
    return [text for text, _ in boxes(figure)]


@pytest.mark.parametrize("n", [1, 3, 40, 200])
def test_trials_are_readable_however_many(n):
    trials = made_trials(n, failed=(1,) if n > 2 else (), apart=(2,) if n > 3 else ())
    figure = drawn(draw_trials, scored(trials, locked=n != 3))
    assert overlaps(figure) == [] and outside(figure) == []
    assert figure.get_figheight() < 16  # a page, not a scroll
    assert re.search("[가-힣]", figure.texts[0].get_text())
    assert re.search("[A-Z]", figure.texts[1].get_text())


@pytest.mark.parametrize("n", [1, 6, 40, 200])
@pytest.mark.parametrize("stages", [("needs", "seats"), ("seats",), ()])
def test_runs_are_readable_however_many(n, stages):
    figure = drawn(draw_headlines, whole_runs(made_runs(n, failed=(), stages=stages)))
    assert overlaps(figure) == [] and outside(figure) == []
    assert len(figure.axes) == 1 + len(stages)


def test_long_names_and_many_models_still_fit():
    trials = [
        replace(t, name=f"{t.name} features.levels=true model.kernel=matern model.alphas=[0.{n}]",
                model=f"a_long_name_of_a_model_{n % 6}")
        for n, t in enumerate(made_trials(24))
    ]  # fmt: skip
    figure = drawn(draw_trials, scored(trials))
    assert overlaps(figure) == [] and outside(figure) == []


def test_every_compared_trial_is_a_dot_at_its_score_and_the_first_thirty_are_named():
    tables = scored(made_trials(90, failed=(3, 17), apart=(8,)))
    figure = drawn(draw_trials, tables)
    table = tables["sweep_trials"].query("comparable").sort_values("rank")
    axes = figure.axes[0]
    expected = sorted(zip(table["score"], row_places(len(table)), strict=True))
    found = dots(axes)
    low = axes.get_xlim()[0]
    beyond = [pair for pair in expected if pair[0] < low]
    assert found == pytest.approx(np.array(expected[len(beyond) :]))
    assert len(dots(axes, "<", 4)) == len(beyond)
    labels = said(figure)
    named = [trial_label(r, n) for r, n in zip(table["rank"], table["name"], strict=True)]
    assert set(named[:NAMED]) < set(labels) and not set(named[NAMED:]) & set(labels)
    assert f"그 밖의 {len(table) - NAMED}개" in labels
    ends = [s for lines in axes.collections for s in lines.get_segments()]
    assert len(ends) == NAMED
    lows = sorted(s[0][0] for s in ends)
    assert lows == pytest.approx(sorted(table["lower95"].head(NAMED)))


def test_the_winner_has_a_ring_and_its_score_is_shown_four_ways():
    tables = scored()
    figure = drawn(draw_trials, tables)
    best = tables["sweep_trials"].query("rank == 1").iloc[0]
    ((ring, row),) = dots(figure.axes[0], size=11)
    assert (ring, row) == (best["score"], 0.0)
    selection, beside = tables["sweep_selection"], figure.axes[1]
    assert sorted(x for x, _ in dots(beside, size=7)) == sorted(selection["score"])
    labels = said(figure)
    assert set(ESTIMATE_NAMES.values()) < set(labels)
    own, adjusted = selection["score"].iloc[:2]
    taken = f"{adjusted - own:+.3f}"
    assert taken.startswith("-") and any(text.endswith(taken) for text in labels)
    assert len(beside.collections) == len(selection)


def test_without_a_locked_test_there_are_three():
    figure = drawn(draw_trials, scored(locked=False))
    assert ESTIMATE_NAMES["locked_test"] not in said(figure)


def test_rivals_are_drawn_by_their_difference_and_filled_where_told_apart():
    tables = scored()
    tables["sweep_comparison"] = tables["sweep_comparison"].assign(p_value_holm=0.9)
    tables["sweep_comparison"].loc[[0, 2], "p_value_holm"] = 0.01  # naive, and the third
    axes = drawn(draw_trials, tables).axes[2]
    lines = {line.get_label(): line for line in axes.get_lines()}
    expected = tables["sweep_comparison"]["difference"].iloc[1:]
    assert lines["구별됨"].get_xdata().tolist() == [expected.iloc[1]]
    assert len(lines["구별되지 않음"].get_xdata()) == len(expected) - 1
    assert len(drawn(draw_trials, scored(made_trials(1, failed=()))).axes) == 2


@pytest.mark.parametrize(("naive", "shown"), [(0.52, True), (0.99, False)])
def test_the_naive_model_is_a_line_or_is_said_to_be_off_the_axis(naive, shown):
    rng = np.random.default_rng(3)
    loss = 0.5 * rng.lognormal(0.0, 0.1, (4, len(CASES)))
    ones = np.ones(len(CASES))
    trials = [
        TrialRow(f"t{n}", n, f"x={n}", "ridge", "finished",
                 score=a_score(own, ones, naive=naive * ones))
        for n, own in enumerate(loss)
    ]  # fmt: skip
    axes = drawn(draw_trials, scored(trials)).axes[0]
    places = [line.get_xdata() for line in axes.get_lines() if line.get_linestyle() == "--"]
    assert [len(x) == 2 and x[0] == pytest.approx(1 - naive) for x in places] == [shown]
    words = axes.get_legend_handles_labels()[1][0]
    assert f"{1 - naive:.3f}" in words and ("밖" in words) is not shown


def test_headlines_are_drawn_in_man_with_their_intervals():
    tables = whole_runs()
    figure = drawn(draw_headlines, tables)
    table = tables["sweep_headlines"].query("status == 'finished'")
    first, second, third = figure.axes
    assert sorted(x for x, _ in dots(first)) == pytest.approx(
        sorted(table["at_risk_persons"] / PERSONS_PER_MAN)
    )
    ends = np.array(first.collections[0].get_segments())[:, :, 0]
    assert ends == pytest.approx(table[["lower80", "upper80"]].to_numpy() / PERSONS_PER_MAN)
    needs = table[["ai_basic_persons", "ax_persons", "job_change_persons"]].to_numpy()
    assert sum(bar.get_width() for bar in second.patches) == pytest.approx(needs.sum() / 1e4)
    right = sorted(bar.get_x() + bar.get_width() for bar in second.patches)
    assert right[-1] == pytest.approx(needs.sum(axis=1).max() / PERSONS_PER_MAN)
    assert [bar.get_width() for bar in third.patches] == pytest.approx(
        (table["allocated_persons"] / PERSONS_PER_MAN).tolist()
    )


def test_same_tables_same_bytes_and_nothing_to_show_is_no_figure(tmp_path):
    for tables, name in ((scored(), "sweep_trials"), (whole_runs(), "sweep_headlines")):
        one, two = (
            draw_sweep_figures(tables, tmp_path / folder, provenance="synthetic")
            for folder in ("a", "b")
        )
        assert list(one) == [name] and one[name].read_bytes() == two[name].read_bytes()
    assert draw_sweep_figures(scored(made_trials(2, failed=(0, 1))), tmp_path / "c") == {}
    assert draw_sweep_figures(whole_runs(made_runs(1, failed=(0,))), tmp_path / "c") == {}
    partly = made_runs(3, failed=(0,))
    assert draw_sweep_figures(whole_runs(partly), tmp_path / "c")
