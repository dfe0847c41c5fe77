"""Korean words of the section on seats: names, units, and which years and programmes it tells."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from forecast.report.style import NEED_NAMES, SCENARIO_NAMES
from forecast.types import NEEDS

Tables = Mapping[str, pd.DataFrame]
Names = Mapping[str, Mapping[str, str]]
STAGES = ("진입기", "활동기", "전환기", "기반", "전체", "해외 참고")
PERSONS = "persons"
STAGE = "STAGE-"
SUMS = r"^STAGE-|^GOAL-|-GOAL\d*$"  # codes of rows that sum others
REST = "-REST"  # ends the code of a row for persons whom the documents itemise nowhere
BESIDE = "문서 밖 사업"
STAGE_OF_REST = {"P000-A-REST": "활동기", "P002-REST": "진입기"}  # rows that no registry names

PROGRAMME_NAMES = {
    "P000-NAEIL-AI": "내일배움카드 AI 기초 과정",
    "P000-KDC": "K-디지털 크레딧 (AI 원격 훈련)",
    "P000-KDT-AI": "KDT AI 캠퍼스",
    "P002-SMART": "스마트제조 전문인력",
    "P002-REST": "스마트제조: 트랙 없는 인원",
    "P000-A-REST": "활동기: 항목 없는 인원",
    "P002-T1": "스마트제조 Track 1",
    "P002-T2": "스마트제조 Track 2",
    "P000-ONLINE-FREE": "AI 온라인 무료교육",
    "P000-POLY-BASIC": "폴리텍 AI 기초활용 교육",
    "P000-AX-COURSE": "AX 훈련과정",
    "P000-JOB-SWITCH": "직무 전환훈련",
    "K-MIDLIFE": "폴리텍 중장년 특화과정",
    "K-CAREER": "중장년 경력지원제",
    "P000-SME-ROADMAP": "훈련 진단·로드맵 기업",
    "P000-AX-CUSTOM": "AX 기업 맞춤형 훈련",
    "P000-SME-HUB": "중소기업 AI 훈련 확산센터",
    "P001-JOINT": "AI 특화 공동훈련센터",
    "P000-PHYS-LAB": "피지컬 AI 실습실",
    "K-CENTRE": "중장년내일센터",
}
UNIT_NAMES = {
    PERSONS: "명",
    "sites": "개소",
    "firms": "개사",
    "centres": "개 센터",
    "campuses": "개 캠퍼스",
    "labs": "개 실습실",
    "consortia": "개 사업단",
    "councils": "개 위원회",
    "universities": "개 대학",
    "schools": "개 대학원",
    "projects": "개 과제",
    "desks": "개 창구",
    "institutions": "개 기관",
}
PEOPLE_NAMES = {"employed": "재직자", "separated": "AI로 떠난 사람", "entering": "진입하는 사람"}
SEX_NAMES = {
    "women": "여성", "female": "여성", "F": "여성", "men": "남성", "male": "남성", "M": "남성",
}  # fmt: skip
BY_NAMES = {"age_group": "연령", "sex": "성별", "sido": "시도"}
SITE_NAMES = {"campus": "캠퍼스", "province": "시도", "region": "권역", "national": "전국"}
PLAN_NAMES = {
    "proportional": "수요에 비례", "draws": "추출 전체", "mean": "추출의 평균",
    "scenarios": "시나리오 전체", "all": "모든 미래", "plan": "이 계획",
    "half": "수요가 절반일 때", "median": "칸마다 중앙값", "future 50": "가운데 미래 하나",
    "mixed": "위 계획들의 평균",
}  # fmt: skip
# Whose published outcomes say something about a programme: the same course in earlier years, or
# the programme that it is a part of.
EVIDENCE = {
    "P000-NAEIL-AI": ("K-CARD",),
    "P000-KDC": ("K-CARD",),
    "P000-KDT-AI": ("K-KDT",),
    "P000-POLY-BASIC": ("K-MIDLIFE", "K-POLY-COURSES"),
    "P000-AX-COURSE": ("K-POLY-AX", "K-POLY-COURSES"),
    "P000-JOB-SWITCH": ("K-MIDLIFE", "K-POLY-COURSES"),
}
# Contradictions that are roundings of a goal, or of the smart-manufacturing programme.
ROUNDINGS = ("C1.2", "C1.3", "C1.4", "C1.5", "C1.7")


def programme_name(code: str, names: Names) -> str:
    """Korean name of a programme, a stage total or the goal; an unknown one keeps its code.

    Examples
    --------
    >>> programme_name("K-CAREER", {}), programme_name("STAGE-전환기", {})
    ('중장년 경력지원제', '전환기 합계')
    """
    if code.startswith(STAGE):
        return f"{code.removeprefix(STAGE)} 합계"
    return PROGRAMME_NAMES.get(code) or names.get("programme", {}).get(code, code)


def unit_name(unit: str) -> str:
    """Counter word of a unit; an unknown unit keeps its own.

    Examples
    --------
    >>> unit_name("sites"), unit_name("persons"), unit_name("boats")
    ('개소', '명', 'boats')
    """
    return UNIT_NAMES.get(unit, unit)


def pool_name(people: str, need: str) -> str:
    """Name whose need of which training it is.

    Examples
    --------
    >>> pool_name("employed", "ax")
    '재직자 · AX(도메인+AI)'
    """
    return f"{PEOPLE_NAMES.get(people, people)} · {NEED_NAMES.get(need, need)}"


def group_name(by: str, group: str, names: Names) -> str:
    """Name of an age, a sex or a province."""
    if by == "sido":
        return names.get("sido", {}).get(group, group)
    if by == "sex":
        return SEX_NAMES.get(group, group)
    return f"{group[:-1]}세 이상" if group.endswith("+") else group.replace("-", "–") + "세"


def case_name(case: str) -> str:
    """Name of a scenario, or of a demand changed by a share.

    Examples
    --------
    >>> case_name("fast"), case_name("demand -20 %"), case_name("demand_plus_20"), case_name("own")
    ('시나리오: 빠름', '수요 -20 %', '수요 +20 %', 'own')
    """
    plain = case.removeprefix("scenario").strip("-_:/= ")
    if plain in SCENARIO_NAMES:
        return f"시나리오: {SCENARIO_NAMES[plain]}"
    changed = re.search(r"(minus|plus|[-−+])[ _]*(\d+(?:\.\d+)?)", case)
    if not changed:
        return PLAN_NAMES.get(case, case)
    number = float(changed[2])
    sign = "+" if changed[1] in ("plus", "+") else "-"  # the font of the figures has no −
    return f"수요 {sign}{number if number >= 1 else 100 * number:.0f} %"


def plan_name(plan: str) -> str:
    """Name of a plan that is judged under many futures."""
    return PLAN_NAMES.get(plan) or case_name(plan)


def need_words(need: str) -> str:
    """Name of a need, or of all of them."""
    return "모두" if need == "all" else NEED_NAMES.get(need, need)


def plan_years(tables: Tables) -> list[int]:
    """Years of the plan in order; empty where there is none.

    Examples
    --------
    >>> plan_years({"cohort_targets": pd.DataFrame({"year": [2027, 2026, 2026]})})
    [2026, 2027]
    """
    if "cohort_targets" in tables:
        return sorted(int(year) for year in tables["cohort_targets"]["year"].unique())
    if "cohort_totals" in tables:
        totals = tables["cohort_totals"]
        return sorted(int(year) for year in totals.loc[totals["allocated"] > 0, "year"].unique())
    return []


def planned_programmes(tables: Tables) -> list[str]:
    """Programmes that get seats, by stage and then in the order of their seats, most first."""
    if "cohort_targets" not in tables:
        return []
    targets = tables["cohort_targets"]
    seats = targets.groupby("programme")["persons"].sum()
    stage = targets.drop_duplicates("programme").set_index("programme")["stage"]
    order = {name: place for place, name in enumerate(STAGES)}
    return sorted(
        (str(code) for code in seats.index),
        key=lambda code: (
            code.startswith("K-"),  # those beside the documents come last
            order.get(stage[code], len(order)),
            -int(seats[code]),
            code,
        ),
    )


def by_need(table: pd.DataFrame) -> list[str]:
    """Needs that a table has, in the order of the report."""
    return [need for need in NEEDS if need in set(table["need"])]


def by_basis(targets: pd.DataFrame) -> pd.DataFrame:
    """Rows of targets by `basis`: for people in need, and above the need.

    Examples
    --------
    >>> rows = by_basis(pd.DataFrame({"persons": [5, 2], "in_need": [3, 2]}))
    >>> rows[["basis", "persons"]].to_numpy().tolist()
    [['in_need', 3], ['in_need', 2], ['beyond_need', 2]]
    """
    in_need = targets.assign(basis="in_need", persons=targets["in_need"])
    beyond = targets.assign(basis="beyond_need", persons=targets["persons"] - targets["in_need"])
    both = pd.concat([in_need, beyond], ignore_index=True)
    return both[both["persons"] > 0].drop(columns="in_need")
