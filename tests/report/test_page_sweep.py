"""Report and closing words of a sweep: they say what was chosen, how sure that is, and no more."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sweep_cases import FAILURE, made_runs, made_trials, scored, whole_runs

from forecast.report.figures_sweep import draw_sweep_figures
from forecast.report.page import render_page
from forecast.report.page_sweep import interval, render_sweep_page, sweep_sections
from forecast.report.summary_sweep import FAILURES_SHOWN, sweep_summary

META = {
    "name": "models", "request": ["model=ridge,boosting", "model.strength=range(1,4)"],
    "objective": "exposure", "target": "consensus_unrelated", "seed": 1, "provenance": "synthetic",
    "commit": "", "schema_version": 1,
}  # fmt: skip
RUNS = META | {"objective": "none", "target": "", "request": ["scenario=slow,fast"]}


def page(tables, *, opened=1, meta=META):
    return render_sweep_page(tables, {}, meta=meta, opened=opened)


def words(text):
    """The page as a reader sees it, white space squeezed."""
    text = re.sub(r"<style>.*?</style>", "", text, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def closing(tables, home=Path("sweeps/x"), **changes):
    given = {"opened": 1, "tracked": None, "seconds": 2.0, "skipped": 0} | changes
    return sweep_summary(tables, home, **given)


def sentence(row, **kwargs):
    return interval(row["score"], row["lower95"], row["upper95"], **kwargs)


def apart(tables, **p_values):
    """Tables in which comparisons have other adjusted p-values: of naive, first, others."""
    table = tables["sweep_comparison"].assign(p_value_holm=p_values["others"])
    table.loc[0, "p_value_holm"] = p_values["naive"]
    table.loc[1, "p_value_holm"] = p_values["first"]
    return tables | {"sweep_comparison": table}


def test_the_page_asks_for_nothing_outside_and_is_the_same_again(tmp_path):
    tables = scored()
    figures = draw_sweep_figures(tables, tmp_path)
    made = [render_sweep_page(tables, figures, meta=META, opened=1) for _ in range(2)]
    assert made[0] == made[1] and made[0].count("data:image/png;base64,") == 1
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", made[0])
    assert "@import" not in made[0] and "url(" not in made[0]


def test_its_style_is_that_of_the_page_of_a_run():
    run = render_page({}, {}, meta=META | {"draws": 1, "preset": "p", "inputs": {}}, names={})
    (one,), (two,) = (
        re.findall(r"<style>.*?</style>", made, re.S) for made in (run, page(scored()))
    )
    assert one == two and len(one) > 1000


@pytest.mark.parametrize(
    "tables",
    [
        scored(),
        scored(locked=False),
        scored(made_trials(1, failed=())),
        scored(made_trials(2, failed=(0, 1))),
        whole_runs(),
        whole_runs(made_runs(1, failed=(0,))),
    ],
    ids=["scores", "not_opened", "one", "all_failed", "runs", "run_failed"],
)
def test_every_link_leads_to_a_section_and_no_number_is_missing(tables):
    made = page(tables, meta=RUNS if "sweep_headlines" in tables else META)
    links = re.findall(r'<a\s+href="#(\w+)"', made)
    ids = re.findall(r'<h2 id="(\w+)"', made)
    assert links == ids and {"glance", "searched", "limits"} <= set(ids)
    said = words(made)
    for odd in ("nan", "None", "NaN", "True", "False"):
        assert not re.search(rf"\b{odd}\b", said), odd
    assert "노출은 대체가 아닙니다" in said and "Exposure is not displacement" in said
    closing(tables)  # has words for all of them
    assert "nan" not in closing(tables)


def test_the_page_says_what_was_searched_and_what_came_of_it():
    said = words(page(scored(made_trials(9, failed=(3, 5), apart=(4,)))))
    for override in META["request"]:
        assert override in said
    assert "시행 9개 가운데 7개가 끝났고 2개가 실패했습니다" in said
    assert "1개는 다른 자료로" in said and "지표들의 합의 (고르는 기준)" in said
    assert said.count(FAILURE) == 2
    other = words(page(scored(), meta=META | {"objective": "employment"}))
    assert "고용 전망" in other and "지표들의 합의" not in other and "배우지 않은 시점에서" in other


def test_the_winner_is_told_with_the_adjusted_score_before_the_locked_test():
    tables = scored()
    selection = tables["sweep_selection"].set_index("estimate")
    winner = tables["sweep_trials"].query("rank == 1").iloc[0]
    said = words(page(tables, opened=3))
    adjusted, locked = selection.loc["selection_adjusted"], selection.loc["locked_test"]
    assert f"고를 때 쓴 점수는 {sentence(selection.loc['cross_validation'])}" in said
    assert f"고른 만큼 바로잡은 점수는 {sentence(adjusted)}" in said
    assert f"직업군 8개에서 {sentence(locked)}" in said and "3번 열렸습니다" in said
    assert f"단순 모형은 {locked['naive_score']:.3f}입니다 (단순 모형보다 나음)" in said
    assert f"{winner['name']} ({winner['number']}번, 가우스 과정)" in said
    assert said.index("바로잡은 점수는") < said.index("잠가 둔 시험 :")
    assert "처음 보는 자료가 아닙니다" in said
    assert "처음 보는 자료가 아닙니다" not in words(page(tables, opened=1))


def test_a_locked_score_below_naive_or_outside_the_interval_is_said():
    tables = scored()
    table = tables["sweep_selection"]
    bad = table.assign(score=table["score"].mask(table["estimate"] == "locked_test", -0.5))
    said = words(page(tables | {"sweep_selection": bad}))
    assert "단순 모형보다 낫지 않음" in said and "95 % 구간 밖에" in said
    assert "95 % 구간 안에" in words(page(tables))


def test_an_unopened_test_and_a_lack_of_scores_are_said():
    assert "잠가 둔 시험은 아직 열지 않았습니다" in words(page(scored(locked=False)))
    said = words(page(scored(made_trials(2, failed=(0, 1)))))
    assert "고른 것이 없습니다" in said and "바로잡은 점수는" not in said


@pytest.mark.parametrize(("first", "told"), [(0.01, "구별됩니다"), (0.2, "구별되지 않습니다")])
def test_naive_and_the_next_best_are_called_different_only_where_the_folds_say_so(first, told):
    tables = apart(scored(), naive=0.3 - first, first=first, others=0.9)
    rival = tables["sweep_comparison"].iloc[1]
    said = words(page(tables))
    found = re.search(rf"다음으로 좋은 {re.escape(rival['name'])} 보다 (.*?)\. ([^.]*)\. ", said)
    words_of_p = f"바로잡으면 {first:.3f}; 폴드 5개 가운데 {rival['folds_won']}개에서 나음"
    assert words_of_p in said
    assert told in said[found.start() : found.end() + 40]
    others = len(tables["sweep_comparison"]) - 1
    unsure = others - (first < 0.05)
    assert f"다른 시행 {others}개 가운데 {unsure}개는 고른 시행과 구별되지 않습니다" in said
    lines = closing(tables).splitlines()
    (line,) = [line for line in lines if line.startswith("  less trial")]
    assert line.endswith(": told apart" if first < 0.05 else ": NOT told apart")
    assert f"  not told apart from it: {unsure} of {others} other trials" in lines


def test_an_error_message_cannot_break_the_page():
    trials = made_trials(4)
    nasty = replace(trials[3], error="<script>alert('x')</script> & more")
    made = page(scored([*trials[:3], nasty]))
    assert "<script>" not in made and html.escape(nasty.error, quote=False)[:20] in made


def test_every_compared_trial_has_its_row_and_many_are_folded_in():
    tables = scored(made_trials(50, failed=(3,), apart=(4,)))
    made = page(tables)
    section = made[made.index('<h2 id="trials">') : made.index("견주지 않은 시행")]
    assert section.count("<tr") == 48 + 1 and "<details open>" not in section
    assert "고른 것을 감안하지 않았습니다" in section
    few = page(scored())
    assert "<details open>" in few[few.index('<h2 id="trials">') :]
    folds = sweep_sections(tables)["choice"]["folds"]
    best = tables["sweep_trials"].sort_values("rank").query("rank > 0")["trial"].tolist()
    own = tables["sweep_folds"].set_index(["trial", "fold"])["score"]
    assert [(r["score"], r["score_next"]) for r in folds] == [
        (own[best[0], fold], own[best[1], fold]) for fold in range(5)
    ]


def test_whole_runs_are_a_table_without_a_winner():
    tables = whole_runs()
    said = words(page(tables, meta=RUNS))
    assert "어느 시나리오가 맞는지는 점수로 정할 수 없습니다" in said
    assert "No score decides between scenarios" in said
    assert "고른 시행" not in said and "잠가 둔" not in said and "견주지" not in said
    for row in tables["sweep_headlines"].query("status == 'finished'").to_dict("records"):
        people, low, high = (
            f"{row[key] / 1e4:,.1f}만" for key in ("at_risk_persons", "lower80", "upper80")
        )
        assert f"산업연구원 2022 {people} ({low}–{high})" in said
        assert f"{row['allocated_persons']:,.0f}" in said
    lines = closing(tables)
    assert "no score decides between them" in lines and "Best of" not in lines
    for row in tables["sweep_headlines"].query("status == 'finished'").to_dict("records"):
        assert f"{row['at_risk_persons'] / 1e6:.2f} (" in lines
        assert f"{row['allocated_persons']:,.0f}" in lines


def test_closing_words_give_numbers_of_trials_winner_and_where_everything_is(tmp_path):
    tables = scored(made_trials(20, failed=tuple(range(3, 3 + FAILURES_SHOWN + 2)), apart=(1,)))
    (tmp_path / "report.html").write_text("", encoding="utf-8")
    said = closing(tables, tmp_path, opened=2, tracked="r1", seconds=3.21, skipped=6)
    lines = said.splitlines()
    assert lines[0] == "Sweep: 20 trials; 13 finished (6 of them before, not repeated), 7 failed"
    assert sum(line.startswith("  failed") for line in lines) == FAILURES_SHOWN
    assert "  and 2 more failed, see the report" in lines
    assert "  1 scored on other cases: neither compared nor chosen" in lines
    selection = tables["sweep_selection"].set_index("estimate")
    for estimate, name in (("cross_validation", "cross-validated"), ("locked_test", "locked test")):
        row = selection.loc[estimate]
        (line,) = [line for line in lines if line.startswith(f"  {name}")]
        for number in (row["score"], row["lower95"], row["upper95"]):
            assert f"{number:.3f}" in line
    (adjusted,) = [line for line in lines if line.startswith("  selection-adjusted")]
    assert f"{selection.loc['selection_adjusted', 'score']:.3f}" in adjusted
    assert "opened 2 times" in said and "Best of 12 by r2: trial" in said
    assert lines[-4:] == [
        f"  tables    {tmp_path / 'tables'}",
        f"  report    {tmp_path / 'report.html'}",
        "  MLflow    run r1   (forecast ui)",
        "  seconds   3.2",
    ]


def test_closing_words_of_what_is_missing():
    assert "  locked test         not opened" in closing(scored(locked=False)).splitlines()
    one = closing(scored(made_trials(1, failed=())))
    assert "nothing was chosen" in one and "selection-adjusted" not in one
    assert "opened once" in one and "less trial" not in one
    assert "No trial has a score" in closing(scored(made_trials(2, failed=(0, 1))))
    assert "report" not in closing(scored())
