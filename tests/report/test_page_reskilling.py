"""The section on reskilling: its numbers are those of the tables, and its words keep them apart."""

import re

import numpy as np
import pandas as pd
import pytest
from page_cases import META, plain, section_of
from reskilling_cases import names, reskilling_tables

from forecast.report.page import render_page
from forecast.report.page_reskilling import reskilling_sections
from forecast.report.reskilling_words import GROUP_NAMES, people
from forecast.report.summary import summary
from forecast.report.summary_reskilling import reskilling_lines
from forecast.types import NEEDS

YEAR = 2027


@pytest.fixture(scope="module")
def tables():
    return reskilling_tables()


def words(tables):
    """The section as a reader sees it."""
    return plain(section_of(tables, "reskilling", names()))


@pytest.fixture(scope="module")
def section(tables):
    return words(tables)


def told(table):
    return table[(table["year"] == YEAR) & (table["scenario"] == "central")]


def test_the_leading_sentence_gives_each_need_with_its_interval_and_of_whom(tables, section):
    lead = section[: section.index("이 가운데")]
    for row in told(tables["reskilling_totals"]).to_dict("records"):
        interval = f"(80 % 구간 {people(row['lower80'])}–{people(row['upper80'])})"
        assert people(row["persons"]) + " " + interval in lead
    together = told(tables["take_up"]).query("need == 'all'").iloc[0]
    assert f"모두 합하면 {people(together['persons'])}" in lead
    groups = told(tables["transition_groups"]).query("sido == '00'")
    total = told(tables["reskilling_totals"])["persons"].sum()
    for group in ("midlife", "movers"):
        count = groups.query("group == @group")["persons"].sum()
        assert f"{GROUP_NAMES[group]} {people(count)} ({100 * count / total:.1f} %)" in section


def test_exposure_and_displacement_stand_apart_and_the_balance_holds(tables, section):
    cells = told(tables["reskilling_cells"])
    row = reskilling_sections(tables)["need_balance"][0]
    need = told(tables["reskilling_demand"])["persons"].sum()
    assert row["in_need"] == pytest.approx(need)
    assert "노출은 실직이 아닙니다" in section and "Exposure is not displacement" in section
    for kind in ("touched", "separated", "returned", "adapted"):
        assert people(cells[f"{kind}_persons"].sum()) in section


def test_groups_years_and_provinces_are_printed_as_in_the_tables(tables, section):
    country = told(tables["transition_groups"]).query("sido == '00'")
    every_year = tables["reskilling_totals"].query("scenario == 'central'")
    for row in [*country.to_dict("records"), *every_year.to_dict("records")]:
        mean, low, high = (people(row[key]) for key in ("persons", "lower80", "upper80"))
        assert f"{mean} ({low}–{high})" in section
    rows = reskilling_sections(tables)["need_provinces"]
    rates = [row["rate"] for row in rows]
    assert rates == sorted(rates, reverse=True) and len(rows) == 8
    assert f"{names()['sido'][rows[0]['sido']]} {rates[0]:.2f}" in section


def test_top_occupations_hold_the_sums_of_their_cells(tables, section):
    rows = reskilling_sections(tables)["need_occupations"]
    central = told(tables["reskilling_demand"])
    totals = central.groupby("ksco7")["persons"].sum().sort_values(ascending=False)
    assert [row["ksco7"] for row in rows] == totals.index[:10].tolist()
    for row in rows:
        own = central[central["ksco7"] == row["ksco7"]]
        assert row["needs"] == pytest.approx(
            [own.query(f"need == {n!r}")["persons"].sum() for n in NEEDS]
        )
        assert (
            f"{row['ksco7']} {names()['ksco7'][row['ksco7']]} {people(row['persons'])}" in section
        )


def test_the_priority_list_shows_cells_of_many_people_and_what_is_lacking(tables, section):
    rows = reskilling_sections(tables)["priority"]
    large = told(tables["reskilling_priority"]).query("employed_persons >= 1000")
    assert [row["rank"] for row in rows] == sorted(large["rank"])[:10]
    capacity = tables["adaptive_capacity"].set_index(["sido", "ksco7", "age_group"])
    for row in rows:
        own = capacity.loc[(row["sido"], row["ksco7"], row["age_group"])]
        assert row["adaptive_capacity"] == pytest.approx(own["capacity"])
        assert f"({own['lower80']:.2f}–{own['upper80']:.2f})" in section
        parts = own[["age", "education", "wage", "moves", "local_demand"]].astype(float)
        words_of = {"age": "나이", "education": "학력", "wage": "임금"}
        assert row["lacking"] == words_of.get(parts.idxmin(), row["lacking"])
    assert "연관이며, 훈련의 효과로 증명된 것이 아닙니다" in section


def test_demand_above_take_up_is_flagged_and_only_then(tables, section):
    flagged = told(tables["take_up"]).query("flagged == 'yes'")
    assert len(flagged) and "수요가 지금의 훈련 참여보다 많습니다" in section
    for row in flagged.to_dict("records"):
        assert f"{people(row['baseline_persons'])}의 {row['ratio']:.2f}배" in section
    calm = tables["take_up"].assign(flagged="no", probability_above=0.1)
    quiet = words({**tables, "take_up": calm})
    assert "수요가 지금의 훈련 참여보다 많습니다" not in quiet and "넘을 확률은 절반" in quiet


def test_sources_and_parameters_are_named_from_the_strongest(tables, section):
    for row in reskilling_sections(tables)["need_sources"]:
        shares = [source["total_effect"] for source in row["sources"]]
        assert len(shares) == 2 and shares == sorted(shares, reverse=True)
        assert f"{row['sources'][0]['source_ko']} {100 * shares[0]:.0f} %" in section
    for row in reskilling_sections(tables)["need_levers"]:
        first = row["parameters"][0]
        assert (
            f"{first['name_ko']} ({people(first['at_low'])} → {people(first['at_high'])}" in section
        )


def test_signs_by_age_agree_only_where_they_do(tables):
    rows = reskilling_sections(tables)["need_ages"]
    assert [row["agree"] for row in rows] == ["같음", "–", "–", "같음", "–"]
    turned = tables["age_pattern"].assign(ai_effect=-tables["age_pattern"]["ai_effect"])
    rows = reskilling_sections({**tables, "age_pattern": turned})["need_ages"]
    assert [row["agree"] for row in rows] == ["다름", "–", "–", "다름", "–"]


def test_the_chain_of_steps_keeps_its_order_and_units(tables):
    rows = reskilling_sections(tables)["need_steps"]
    assert rows[0]["step"] == "adoption_gained" and rows[-1]["step"] == "ax_share"
    assert len(rows) == 12 and len({row["ksco7"] for row in rows}) == 1
    assert {row["age_group"] for row in rows} == {"all", "50-59"}


def test_a_number_can_be_traced_by_a_command_that_the_parser_takes(tables, section):
    from forecast.report.explanation_target import parse_target

    target = re.search(r"forecast explain --run RUN --target (\S+) ?로", section).group(1)
    cell = parse_target(target)
    table = tables["reskilling_demand"]
    match = np.logical_and.reduce([table[k].astype(str) == v for k, v in cell.items()])
    assert match.sum() == 1 and people(table.loc[match, "persons"].iloc[0]) in section


def test_without_the_new_tables_the_section_still_stands(tables):
    old = ("reskilling_demand", "reskilling_totals", "ledger", "mechanism_parameters")
    text = words({name: tables[name] for name in old})
    assert people(told(tables["reskilling_totals"])["persons"].iloc[0]) in text
    for absent in ("어디인가", "누구부터인가", "이 가운데", "중장년 이·전직자", "지금의 훈련으로"):
        assert absent not in text
    assert not any(reskilling_sections({}).values())
    page = render_page({}, {}, meta=META, names=names())
    assert 'id="reskilling"' not in page


@pytest.mark.parametrize("name", sorted(reskilling_tables()))
def test_any_one_table_may_be_missing(tables, name):
    rest = {key: table for key, table in tables.items() if key != name}
    page = render_page(rest, {}, meta=META, names=names())
    assert ('id="reskilling"' in page) == (name != "reskilling_totals")
    assert reskilling_lines(rest) or name == "reskilling_totals"


def test_the_console_names_need_interval_groups_and_two_sources(tables, tmp_path):
    lines = summary(tables, tmp_path, None, {}).splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("People newly in need, 2027"))
    totals = told(tables["reskilling_totals"]).set_index("need")
    groups = told(tables["transition_groups"]).query("sido == '00'")
    groups = groups.set_index(["need", "group"])["persons"]
    for line, need in zip(lines[start + 1 :], NEEDS, strict=False):
        row = totals.loc[need]
        assert line.split()[:2] == [need, f"{row['persons']:,.0f}"]
        assert f"80 % interval {row['lower80']:,.0f}-{row['upper80']:,.0f}" in line
        midlife, movers = (groups[(need, group)] for group in ("midlife", "movers"))
        assert f"of whom midlife {midlife:,.0f}, movers {movers:,.0f}" in line
        variance = tables["variance_shares"].query("need == @need")
        first = variance.sort_values("total_effect", ascending=False)["source"].iloc[:2]
        assert re.search(rf"variance {first.iloc[0]} \d+%, {first.iloc[1]} \d+%", line)


def test_the_year_of_the_plan_leads(tables):
    plan = pd.DataFrame(
        {"year": [2026], "site": ["a"], "programme": ["P"], "persons": [1], "stage": ["전환기"]}
    )
    lead = reskilling_sections({**tables, "cohort_targets": plan})["need_lead"][0]
    assert lead["year"] == 2026
    assert "2026" in reskilling_lines({**tables, "cohort_targets": plan})[0]
