"""What the page says that the scores rest on."""

from __future__ import annotations

import pandas as pd
import pytest

from forecast.report.page_evidence import LARGEST, UNSTABLE, evidence_sections

NAMES = (
    "exposure_reasons", "exposure_by_year", "exposure_ksco", "scores", "at_risk_cells",
    "crosswalk_sensitivity", "join_report",
)  # fmt: skip


@pytest.fixture(scope="module")
def tables(finished_run):
    return {name: pd.read_parquet(finished_run / f"tables/{name}.parquet") for name in NAMES}


@pytest.fixture(scope="module")
def sections(tables):
    return evidence_sections(tables)


def test_every_sub_major_group_has_its_sentence_and_the_armed_forces_come_last(sections, tables):
    rows = sections["reasons"]
    groups = tables["exposure_ksco"].query("level == 'sub_major'")
    assert {row["ksco7"] for row in rows[:-1]} == set(groups["ksco7"])
    assert rows[-1]["ksco7"] == "A0" and rows[-1]["sure_ko"] == "알 수 없음"
    assert [row["exposure"] for row in rows[:-1]] == sorted(groups["exposure"], reverse=True)
    assert all(row["reason_ko"] and row["nearest_ko"] for row in rows[:-1])


def test_exposure_moves_by_year_and_its_interval_is_printed(sections):
    rows = sections["by_year"]
    assert len(rows) == LARGEST and rows[0]["years"] == [2023, 2026, 2030, 2035]
    medians = [float(row["cells"][i].split()[0]) for row in rows for i in (0, 3)]
    assert all(later > first for first, later in zip(medians[::2], medians[1::2], strict=True))


def test_the_trend_in_use_stands_beside_the_last_value(sections):
    assert {row["metric"] for row in sections["trend"]} >= {"mase", "crps_scaled", "coverage80"}
    assert len({row["model"] for row in sections["trend"]}) == 1


def test_published_cells_stand_beside_what_the_model_says_before_raking(sections, tables):
    rows = sections["unraked"]
    published = tables["at_risk_cells"]["published_persons"].notna().sum()
    assert len(rows) == published - 1  # all but the total, to which the scores are calibrated
    assert rows[0]["reached"] < 0.5
    for row in rows:
        assert row["reached"] * row["multiplier"] == pytest.approx(1.0, rel=0.02)


def test_groups_that_hang_on_the_crosswalk_are_named_from_the_worst(sections, tables):
    found = [row["crosswalk_sd"] for row in sections["unstable"]]
    assert len(found) == UNSTABLE and found == sorted(found, reverse=True)
    assert found[0] == tables["crosswalk_sensitivity"].query("level == 'minor'").crosswalk_sd.max()


def test_every_join_is_shown_with_what_it_rests_on(sections, tables):
    assert len(sections["joins"]) == len(tables["join_report"])
    assert {row["basis_ko"] for row in sections["joins"]} <= {"실측", "대체값 포함", "파일 없음"}


def test_the_page_has_the_sections_and_the_banner_stands_over_the_reasons(finished_run, sections):
    page = (finished_run / "report.html").read_text("utf-8")
    reasons = page.index("직업별 한 문장")
    assert page.index("노출은 대체가 아닙니다", reasons) < page.index(
        sections["reasons"][0]["reason_ko"]
    )
    for words in ("해마다 달라지는 노출", "조정하기 전의 이 모형", "직업 연계표에 기대는 점수"):
        assert words in page
    assert len(page.encode()) < 7_000_000  # with a page for every programme


def test_missing_tables_give_no_rows():
    assert not any(evidence_sections({}).values())
