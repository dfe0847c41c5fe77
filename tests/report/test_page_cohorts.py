"""The section on seats: its numbers are those of the tables, exact, and small ones are hidden."""

import re

import numpy as np
import pandas as pd
import pytest
from cohort_cases import KEPT_BACK, PLACES, PLAN, SMALL, YEARS, cohort_tables, names
from page_cases import META, plain, section_of

from forecast.report.cohort_words import plan_years, programme_name
from forecast.report.page import render_page
from forecast.report.page_cohorts import cohort_sections, need_against_seats
from forecast.report.page_plan_choices import rule_rows
from forecast.report.page_programme_seats import province_tables, site_seats, withheld
from forecast.report.page_programmes import programme_pages
from forecast.report.summary import summary
from forecast.report.summary_cohorts import cohort_lines, planned_rows
from forecast.types import AGE_GROUPS, NEEDS

FIRST = YEARS[0]


@pytest.fixture(scope="module")
def tables():
    return cohort_tables()


def source(tables):
    return section_of(tables, "cohorts", names())


@pytest.fixture(scope="module")
def section(tables):
    return source(tables)


@pytest.fixture(scope="module")
def words(section):
    return plain(section)


@pytest.fixture(scope="module")
def pages(tables):
    return {page["code"]: page for page in programme_pages(tables, names())}


def _page(tables, code):
    return next(page for page in programme_pages(tables, names()) if page["code"] == code)


def of_first(tables, code):
    return tables["cohort_targets"].query("programme == @code and year == @FIRST")


def test_every_planned_figure_stands_beside_its_published_one(tables, words):
    totals = tables["cohort_totals"]
    rows = totals[(totals["year"] == FIRST) & (totals["unit"] == "persons")]
    for row in rows.to_dict("records"):
        numbers = f"{row['published']:,} {row['allocated']:,} {row['unallocated']:,}"
        assert numbers in words, row["programme"]


@pytest.mark.parametrize(
    ("printed", "items", "code"),
    [("3만 명", "29,500명", "C1.2"), ("9만 명", "89,000명", "C1.3"), ("11만 명", "10만 명", "C1.4"),
     ("100만 명", "229,100명", "C1.5")],
)  # fmt: skip
def test_the_roundings_are_shown_with_their_contradiction(tables, words, printed, items, code):
    assert f"{printed} {items}" in words
    what = tables["cohort_contradictions"].set_index("code").loc[code, "what_ko"]
    assert f"{code} {what}" in words


def test_smart_manufacturing_shows_600_beside_its_parts(words):
    overview = words[: words.index("어림수와 남은 수")]
    parts = [overview.index(f"P002-{part}") for part in ("SMART 600", "T1 400", "REST 120")]
    assert parts == sorted(parts) and "└ 스마트제조 Track 2" in overview


def test_persons_and_sites_never_share_a_table_or_a_sum(tables):
    cohort = cohort_sections(tables, names())["cohort"]
    in_persons = {row["unit"] for stage in cohort["stages"] for row in stage["rows"]}
    assert in_persons == {"persons"}
    assert "persons" not in {row["unit"] for row in cohort["others"]}
    counts = {row["code"]: row["count"] for row in cohort["places"]}
    assert counts == {code: count for code, _, _, _, count in PLACES}
    assert "total" not in cohort["places"][0]


def test_programmes_beside_the_documents_are_in_no_sum(tables):
    by_year = cohort_sections(tables, names())["cohort"]["by_year"]
    targets = tables["cohort_targets"]
    own = targets[~targets["programme"].str.startswith("K-")]
    assert by_year["total"] == [own["persons"].sum(), *own.groupby("year")["persons"].sum()]
    assert by_year["rows"][-1]["name"] == programme_name("K-CAREER", {})


def test_a_goal_that_prints_a_stage_once_more_is_left_out(tables):
    totals = tables["cohort_totals"]
    stage = totals[totals["programme"] == "STAGE-전환기"]
    again = pd.concat([totals, stage.assign(programme="P000-T-GOAL")], ignore_index=True)
    rows = cohort_sections({**tables, "cohort_totals": again}, names())["cohort"]
    shown = [row["programme"] for part in rows["stages"] for row in part["rows"]]
    assert "P000-T-GOAL" not in shown and "STAGE-전환기" in shown and "P000-E-GOAL1" in shown
    other = stage.assign(programme="P000-T-GOAL", allocated=29_000, unallocated=1_000)
    both = pd.concat([totals, other], ignore_index=True)
    rows = cohort_sections({**tables, "cohort_totals": both}, names())["cohort"]
    assert "P000-T-GOAL" in [row["programme"] for part in rows["stages"] for row in part["rows"]]


def test_regions_are_named_and_stand_in_no_column_of_provinces(tables):
    sites = tables["cohort_sites"]
    single = (sites["site"] == "제주권") & (sites["year"] == FIRST)
    moved = sites.assign(sido=sites["sido"].mask(single, "50"))
    cohort = cohort_sections({**tables, "cohort_sites": moved}, names())["cohort"]
    columns = [column["name"] for column in cohort["place_table"]["columns"]]
    assert columns == [programme_name(code, {}) for code, _, _, kind, _ in PLACES
                       if kind in ("province", "campus")]  # fmt: skip
    hubs = next(row for row in cohort["places"] if row["code"] == "P001-JOINT")
    own = moved[(moved["programme"] == "P001-JOINT") & (moved["year"] == FIRST)]
    assert sorted(hubs["regions"].split(", ")) == sorted(
        f"{site} {count}" for site, count in zip(own["site"], own["count"], strict=True)
    )
    assert cohort["place_table"]["total"] == [2_000, 600, 39]


def test_need_and_seats_are_told_in_words_computed_from_the_balance(tables, words):
    table = tables["cohort_balance"].query("year == @FIRST")
    rows = need_against_seats(tables)
    assert [row["need"] for row in rows] == list(NEEDS)
    for row in rows:
        own = table[table["need"] == row["need"]].sum(numeric_only=True)
        need = own["waiting_before"] + own["newly_in_need"]
        given = own["seats_in_need"] + own["seats_beyond_need"]
        assert (row["in_need"], row["seats"]) == (need, given)
        sentence = f"정원 {given:,.0f}명은 필요한 사람 {need:,.0f}명의 {100 * given / need:.1f} %"
        assert sentence + ("로 필요를 넘습니다" if given > need else "입니다") in words
    assert {row["share"] > 1 for row in rows} == {True, False}


def test_a_need_of_nobody_is_told_without_a_share(tables):
    none = tables["cohort_balance"].assign(newly_in_need=0, waiting_before=0)
    text = plain(source({**tables, "cohort_balance": none}))
    assert "필요한 사람 0명보다 많습니다" in text


def test_each_planned_programme_has_a_page_that_prints_open(section, pages):
    assert list(pages) == list(dict.fromkeys(pages)) and set(pages) == set(PLAN)
    assert list(pages)[-2:] == ["K-MIDLIFE", "K-CAREER"]
    ids = re.findall(r'<article class="programme" id="programme-([\w-]+)">', section)
    assert ids == list(pages)
    page = render_page({"cohort_totals": cohort_tables()["cohort_totals"]}, {}, meta=META, names={})
    style = page[page.index("@media print") : page.index("</style>")]
    assert "details:not(.print) { display: none; }" in style
    assert "details.print::details-content { content-visibility: visible" in style
    assert "article.programme { break-before: page;" in style
    assert section.count('<details class="print"><summary><strong>') == len(PLAN)


def test_titles_are_those_of_a_ministry_and_numbered_in_order(words):
    assert "폴리텍 AI 기초활용 교육: 시도별·연령별 정원 (2026년, 단위: 명)" in words
    numbers = [int(number) for number in re.findall(r"<표 (\d+)>", words)]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 30


@pytest.mark.parametrize("code", sorted(PLAN))
def test_province_tables_hold_the_seats_and_hide_the_few(tables, code):
    own = tables["cohort_targets"].query("programme == @code")
    counts, marks = province_tables(own, list(YEARS))
    first = of_first(tables, code)
    assert counts.iloc[0, 0] == first["persons"].sum()
    by_age = first.groupby("age_group")["persons"].sum().reindex(AGE_GROUPS).fillna(0)
    assert counts.iloc[0, 1:6].tolist() == by_age.tolist()
    assert counts.loc["11", "모든 연도"] == own.query("sido == '11'")["persons"].sum()
    values = counts.to_numpy()
    few = (values > 0) & (values < 5)
    assert (marks.to_numpy()[few] == "under_5").all()
    assert not (marks.to_numpy()[~few] == "under_5").any()
    for block in (slice(0, 6), [0, *range(6, counts.shape[1])]):
        hidden = (marks.iloc[:, block] != "").to_numpy()
        assert not (hidden.sum(axis=0) == 1).any()
    assert (code in SMALL) <= few.any()


def test_a_small_programme_prints_no_small_count(section):
    start = section.index('id="programme-P002-T2"')
    page = section[start : section.index("</article>", start)]
    cells = re.findall(r"<td>([^<]*)</td>", page)
    assert "5명 미만" in cells
    assert not {"1", "2", "3", "4"} & set(cells)


def test_a_sum_of_one_marked_cell_is_hidden(tables):
    own = of_first(tables, "P000-ONLINE-FREE").query("sido == '11' and age_group == '15-29'")
    one = own.head(1).assign(persons=40, mark="secondary")
    rest = of_first(tables, "P000-ONLINE-FREE").drop(own.index)
    _, marks = province_tables(pd.concat([one, rest]), [FIRST])
    assert marks.loc["11", "15-29"] == "secondary"
    _, calm = province_tables(pd.concat([one.assign(mark=""), rest]), [FIRST])
    assert calm.loc["11", "15-29"] == ""


def test_what_the_released_tables_keep_back_is_hidden_here_too(tables):
    code, sido = KEPT_BACK
    own = tables["cohort_targets"].query("programme == @code")
    _, open_ = province_tables(own, list(YEARS))
    _, marks = province_tables(own, list(YEARS), withheld(tables, code))
    assert (open_.loc[sido] == "").all()
    assert (marks.loc[sido].iloc[:6] == "secondary").all()
    assert (marks.iloc[:, 0] != "").sum() >= 2  # nor do the other provinces give it away
    rows = {row["name"]: row["cells"] for row in _page(tables, code)["provinces"]["rows"]}
    assert rows[names()["sido"][sido]][:6] == ["…"] * 6


def test_a_later_year_that_is_kept_back_is_hidden(tables):
    own = tables["cohort_targets"].query("programme == 'P000-KDC'")
    row = {"year": YEARS[-1], "level": "sido", "site": None, "sido": "26", "age_group": None}
    _, marks = province_tables(own, list(YEARS), pd.DataFrame([row]))
    assert marks.loc["26", YEARS[-1]] == "secondary"
    assert (marks[YEARS[-1]] != "").sum() == 2 and (marks.loc["26"] != "").sum() >= 2
    _, calm = province_tables(own, list(YEARS))
    assert (calm.loc["26"] == "").all()


def test_a_campus_that_the_released_tables_keep_back_is_hidden(tables):
    own = tables["cohort_targets"].query("programme == 'P000-POLY-BASIC'")
    release = tables["cohort_release"].copy()
    one = (release["programme"] == "P000-POLY-BASIC") & (release["site"] == "강릉")
    release.loc[one, "persons"] = pd.NA
    kept = withheld({"cohort_release": release}, "P000-POLY-BASIC")
    sites = site_seats(own, None, kept).set_index("site")["mark"]
    assert sites["강릉"] == "secondary" and (sites != "").sum() == 2
    assert (site_seats(own)["mark"] == "").all()


def test_what_is_hidden_by_year_is_hidden_by_age(tables):
    own = tables["cohort_targets"].query("programme == 'P000-ONLINE-FREE'")
    later = own["year"] > FIRST
    few = own[~(later & (own["sido"] == "50"))]  # one year alone: its sum is the total of all
    extra = own[later & (own["sido"] == "50")].head(1).assign(persons=2)
    counts, marks = province_tables(pd.concat([few, extra]), list(YEARS))
    year = int(extra["year"].iloc[0])
    assert counts.loc["50", year] == 2 and marks.loc["50", year] == "under_5"
    row = marks.loc["50"]
    assert (row != "").sum() >= 2
    if row.iloc[0]:  # the first year's sum: not computable from its ages either
        assert (row.iloc[1:6] != "").any()


def test_campuses_of_a_hidden_province_are_hidden(tables):
    own = tables["cohort_targets"].query("programme == 'P000-JOB-SWITCH'")
    _, marks = province_tables(own, list(YEARS))
    marks = marks.copy()
    marks.loc[:, :] = ""
    assert (site_seats(own, marks)["mark"] != "").sum() in (0, 2, 3, 4, 5, 6)
    marks.loc["50", marks.columns[0]] = "secondary"
    sites = site_seats(own, marks).set_index("site")
    assert sites.loc["제주", "mark"] == "secondary" and (sites["mark"] != "").sum() >= 2
    assert sites["persons"].sum() == of_first(tables, "P000-JOB-SWITCH")["persons"].sum()


def test_occupations_and_ground_of_seats_add_up(tables, pages):
    for code, page in pages.items():
        first = of_first(tables, code)
        rows = page["occupations"]["rows"]
        assert rows[0]["cells"][0] == f"{first['persons'].sum():,}"
        assert len(rows) <= 12
        order = first.groupby("ksco7")["persons"].sum().sort_values(ascending=False)
        assert rows[1]["name"] == f"{order.index[0]} {names()['ksco7'][order.index[0]]}"
        in_need = first["in_need"].sum()
        assert page["basis"][0]["cells"][1] in (f"{in_need:,}", "–")
    assert "진입하는 직업" in pages["P000-KDC"]["occupations"]["title"]
    assert "출신 직업" in pages["P000-JOB-SWITCH"]["occupations"]["title"]


def test_a_page_gives_facts_defaults_contradictions_and_outcomes(tables, pages):
    page = pages["P000-POLY-BASIC"]
    facts = dict(page["facts"])
    assert facts["발표 인원"].startswith("28,000명") and facts["발표 연도"] == "문서에 없음"
    assert [row["code"] for row in page["contradictions"]] == ["C1.2"]
    keys = [row["key"] for row in page["defaults"]]
    assert "minimum_class" in keys and "unitemised" not in keys
    assert page["defaults"][keys.index("programmes")]["value"] == '{"need": "ai_basic"}'
    online = [row["key"] for row in pages["P000-ONLINE-FREE"]["defaults"]]
    assert "minimum_class" not in online and "beside" not in online
    assert "beside" in [row["key"] for row in pages["K-CAREER"]["defaults"]]
    spread = {row["name"]: row for row in page["evidence"]["spread"]}
    midlife = spread[programme_name("K-MIDLIFE", {})]
    assert (midlife["low"], midlife["high"], midlife["count"]) == (66.9, 80.0, 3)
    assert (midlife["first"], midlife["last"]) == ("2021", "2023")
    assert pages["P000-ONLINE-FREE"]["evidence"] is None


def test_marked_cells_are_counted(tables, pages):
    first = of_first(tables, "P002-T2")
    page = pages["P002-T2"]
    assert page["under"] == (first["mark"] == "under_5").sum()
    assert page["secondary"] == (first["mark"] == "secondary").sum()


def test_ten_conditions_that_bind_come_by_their_price(tables):
    rows = cohort_sections(tables, names())["cohort"]["binding"]
    prices = [abs(row["shadow_price"]) for row in rows]
    assert prices == sorted(prices, reverse=True) and len(rows) == 10
    assert {row["binding"] for row in rows} == {"yes"}


def test_rules_are_weighed_by_the_gain_they_are_shares_of(tables, words):
    for row in rule_rows(tables):
        own = tables["cohort_rules"].query("rule == @row['rule']")
        best = (own["gain"] / own["share_of_optimum"]).sum()
        assert row["of_optimum"] == pytest.approx(own["gain"].sum() / best)
        assert f"{row['words']} {100 * row['of_optimum']:.1f} %" in words
        assert row["worst_share"] == own["share_of_optimum"].min()


def test_frontier_robust_plans_and_cases_are_told(tables, words):
    assert "가장 낮은 것은 평균의 50.0 %입니다" in words and "98.9 %입니다" in words
    assert "100.0 %에서는 계획이 없습니다" in words and "추출의 평균 (고름)" in words
    case = tables["cohort_scenarios"].query("year == @FIRST and case == 'demand -20 %'")
    moved = case.groupby("sido")["change"].sum()
    most = f"{names()['sido'][moved.idxmax()]} +{moved.max():,.0f}명"
    assert f"수요 -20 % : 늘어나는 곳 {most}" in words
    changed = case.query("programme == 'P000-KDC'")["change"]
    assert f"+{changed.clip(lower=0).sum():,.0f} / −{-changed.clip(upper=0).sum():,.0f}" in words


def test_coverage_names_the_least_covered_group(tables, words):
    last = tables["cohort_coverage"].query("year == @YEARS[-1]")
    own = last.query("people == 'employed' and need == 'ax' and by == 'sido'").set_index("group")
    share = own["coverage"]
    low, high = (names()["sido"][place] for place in (share.idxmin(), share.idxmax()))
    assert f"{low} {100 * share.min():.1f} % {high} {100 * share.max():.1f} %" in words


def test_the_funnel_is_in_sites_and_every_programme_is_listed(tables, words):
    assert "2,000개소 → AX 기업 맞춤형 훈련 600개소 ( 30.0 %" in words.replace("(30", "( 30")
    for code in tables["cohort_programmes"]["programme"]:
        assert code in words
    for row in tables["cohort_defaults"].to_dict("records"):
        assert f"cohorts.{row['key']}" in words and row["open_ko"] in words


@pytest.mark.parametrize("name", sorted(cohort_tables()))
def test_any_one_table_may_be_missing(tables, name):
    rest = {key: table for key, table in tables.items() if key != name}
    page = render_page(rest, {}, meta=META, names=names())
    assert ('id="cohorts"' in page) == (name != "cohort_totals")
    assert bool(cohort_lines(rest)) == (name != "cohort_totals")


def test_totals_alone_make_a_section(tables):
    only = {"cohort_totals": tables["cohort_totals"]}
    text = plain(source(only))
    assert "28,000 28,000 0" in text and "사업별 쪽" not in text


def test_without_tables_nothing_is_said():
    assert cohort_sections({}, {}) == {"planned": [], "cohort": None}
    assert 'id="cohorts"' not in render_page({}, {}, meta=META, names=names())
    assert cohort_lines({}) == [] and plan_years({}) == [] and programme_pages({}, {}) == []


def test_cards_are_the_stage_totals_in_their_unit(tables):
    cards = cohort_sections(tables, names())["planned"]
    assert [row["programme"] for row in cards] == ["STAGE-진입기", "STAGE-활동기", "STAGE-전환기"]
    assert {row["unit_ko"] for row in cards} == {"명"}


def test_planned_rows_are_of_the_first_year_and_of_stages_that_have_programmes(tables):
    totals = tables["cohort_totals"][planned_rows(tables)]
    assert set(totals["year"]) == {FIRST} and (totals["allocated"] > 0).all()
    assert "STAGE-전체" not in set(totals["programme"])
    assert not totals.duplicated(["programme", "unit"]).any()


def test_the_console_lists_stages_programmes_and_need(tables, tmp_path):
    text = summary(tables, tmp_path, None, {})
    lines = text.splitlines()
    start = lines.index("Cohort targets, 2026 (persons; sites and firms are counted apart)")
    block = lines[start : lines.index("", start)]
    assert any(
        re.match(r"  STAGE-전환기 +29,500 of +30,000 persons published; un", x) for x in block
    )
    assert not any("GOAL" in line for line in block)
    for code in PLAN:
        published = 600 if code == "P002-SMART" else PLAN[code][4]
        found = [line for line in block if line.split()[0] == code]
        assert len(found) == 1 and f"of {published:>7,} persons published" in found[0]
    for row in need_against_seats(tables):
        own = [line for line in block if line.split()[0] == row["need"]]
        assert f"{row['seats']:,} seats for {row['in_need']:,} in need" in own[0]
        assert f"({row['share']:.1%})" in own[0]
    assert not any("sites published" in line for line in block)


def test_same_tables_give_the_same_text(tables):
    assert source(tables) == source({name: table.copy() for name, table in tables.items()})


def test_text_of_a_table_is_escaped(tables):
    odd = tables["cohort_defaults"].assign(open_ko="<script>x</script>")
    assert "<script>" not in source({**tables, "cohort_defaults": odd})


def test_missing_text_is_no_nan(tables):
    gaps = tables["cohort_programmes"].assign(duration_text=np.nan, reason=None)
    assert "nan" not in plain(source({**tables, "cohort_programmes": gaps})).lower().split()
