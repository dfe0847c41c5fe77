"""Sentences say what was found, briefly, and nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.stages.findings import Findings, Push
from forecast.stages.sentence_en import sentence_en
from forecast.stages.sentence_ko import LONGEST, sentence_ko

WRITING = Push("정보의 문서화와 기록", "Documenting/Recording Information", 0.07, 0.13, 0.9)
CARRYING = Push("물건 다루기와 옮기기", "Handling and Moving Objects", -0.08, 0.28, 0.0)
WORDS = Push("읽기·쓰기·말하기", "reading, writing and speaking", 0.05, more=True)
BODY = Push("체력·손동작", "strength and handwork", -0.06, more=True)
HIGH = Findings(
    name_ko="경영 관련 사무원",
    exposure=0.5,
    lower=0.46,
    upper=0.53,
    average=0.28,
    sure="high",
    tasks=[WRITING],
    bundles=[WORDS],
    open_share=0.7,
    n_index=3,
    discordant={},
    own_indices=0.0,
)
LOW = replace(HIGH, exposure=0.03, lower=0.01, upper=0.05, tasks=[CARRYING], bundles=[BODY])
MIXED = replace(HIGH, exposure=0.29, lower=0.2, tasks=[WRITING, CARRYING], bundles=[WORDS, BODY])


@pytest.mark.parametrize(
    ("findings", "korean", "english"),
    [
        (HIGH, "평균(28%)을 크게 웃도는데", "well above the average worker's 28%"),
        (replace(HIGH, exposure=0.4), "평균(28%)보다 높은데", ", above the average worker's 28%"),
        (MIXED, "평균(28%)과 비슷한데", "much like the average worker's 28%"),
        (replace(LOW, exposure=0.2), "평균(28%)보다 낮은데", ", below the average worker's 28%"),
        (LOW, "평균(28%)에 크게 못 미치는데", "well below the average worker's 28%"),
    ],
)
def test_the_place_among_workers_is_said(findings, korean, english):
    assert korean in sentence_ko(findings)
    assert english in sentence_en(findings)


def test_what_pushes_to_its_side_is_the_reason():
    assert "정보의 문서화와 기록(업무의 13%" in sentence_ko(HIGH)
    assert "읽기·쓰기·말하기 비중이 크기 때문" in sentence_ko(HIGH)
    assert "documenting/recording information (13% of tasks" in sentence_en(HIGH)
    assert "물건 다루기와 옮기기(업무의 28%)처럼 AI가 돕기 어려운 일" in sentence_ko(LOW)
    assert "relies more on strength and handwork" in sentence_en(LOW)


def test_where_pushes_balance_both_sides_are_named():
    assert "끌어올리는 만큼" in sentence_ko(MIXED)
    for side in ("읽기·쓰기·말하기의 큰 비중", "체력·손동작의 큰 비중"):
        assert side in sentence_ko(MIXED)
    assert " raise it while " in sentence_en(MIXED)


def test_a_strong_push_the_other_way_is_conceded_and_a_weak_one_is_not():
    strong = replace(LOW, tasks=[CARRYING, WRITING], sure="medium")
    assert "기록(업무의 13%)도 있지만" in sentence_ko(strong)
    assert "although documenting" in sentence_en(strong)
    weak = replace(LOW, tasks=[CARRYING, replace(WRITING, contribution=0.015)])
    assert "지만" not in sentence_ko(weak)
    assert "although" not in sentence_en(weak)


@pytest.mark.parametrize(
    ("change", "korean", "english"),
    [
        ({"n_index": 0, "discordant": {"a": 0.1}}, "잰 지표가 없어", "no index measures it"),
        ({"discordant": {"ilo_2023": -0.12}, "sure": "low"}, "ILO 지표는 다른 지표보다 12%p 낮다",
         "the ILO index reads 12 points lower"),
        ({"sure": "low", "own_indices": 0.2}, "구간이 넓어", "the interval is wide"),
        ({"own_indices": 0.05}, "직무 특성에 견주어 5%p 높다", "its indices read 5 points higher"),
        ({"n_index": 1}, "하나뿐", "only one index"),
        ({}, "지표 3개의 판단도 비슷하다", "the 3 indices agree"),
    ],
)  # fmt: skip
def test_the_most_important_doubt_comes_last_and_alone(change, korean, english):
    findings = replace(HIGH, **change)
    assert sentence_ko(findings).split("때문")[1].count(",") == 1
    assert korean in sentence_ko(findings)
    assert sentence_en(findings).split("; ")[-1].startswith(english)


def test_nothing_to_name_is_said_plainly():
    bare = replace(MIXED, tasks=[], bundles=[])
    assert "끌어올리거나 끌어내리는 일이 없기 때문" in sentence_ko(bare)
    assert "nothing in the work" in sentence_en(bare)
    assert "many small things" in sentence_en(replace(HIGH, tasks=[], bundles=[]))


PUSHES = st.builds(
    Push,
    name_ko=st.sampled_from(
        ["상사, 동료, 부하와의 의사소통", "차량, 기계장치, 장비의 운전", "정보 처리"]
    ),
    name_en=st.just("Anything"),
    contribution=st.floats(-0.2, 0.2),
    share=st.floats(0, 1),
    done_whole=st.floats(0, 1),
)
BUNDLED = st.builds(
    Push,
    name_ko=st.sampled_from(["읽기·쓰기·말하기", "지휘·교육·자원 관리", "정보 수집·분석·기록"]),
    name_en=st.just("anything"),
    contribution=st.floats(-0.2, 0.2),
    more=st.booleans(),
)


@given(
    exposure=st.floats(0, 1),
    tasks=st.lists(PUSHES, max_size=5),
    bundles=st.lists(BUNDLED, max_size=5),
    sure=st.sampled_from(["high", "medium", "low"]),
    n_index=st.integers(0, 6),
    own=st.floats(-0.1, 0.1),
)
def test_any_finding_makes_one_short_sentence(exposure, tasks, bundles, sure, n_index, own):
    findings = replace(
        HIGH, exposure=exposure, tasks=tasks, bundles=bundles, sure=sure, n_index=n_index,
        own_indices=own, name_ko="기타 돌봄·보건 및 개인 생활 서비스 종사자",
    )  # fmt: skip
    korean, english = sentence_ko(findings), sentence_en(findings)
    assert len(korean) <= LONGEST
    for text in (korean, english):
        assert text.endswith(".")
        assert text.count(". ") == 0
        assert "  " not in text
        assert f"{round(100 * exposure)}%" in text
