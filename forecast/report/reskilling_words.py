"""Korean words of the reskilling section, and which year and rows of a table it shows."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from forecast.report.figures_people import programme_year
from forecast.report.style import PERSONS_PER_MAN

Tables = Mapping[str, pd.DataFrame]
SHOWN = "central"  # the scenario that the section tells; the others stay in the tables
COUNTRY = "00"
CHEON = 1_000  # 천: counts too small to be read in 만

GROUP_NAMES = {
    "all": "모든 취업자",
    "transition": "전환기 (둘 중 하나 이상)",
    "midlife": "중장년 (40–64세)",
    "movers": "이·전직자",
    "midlife_movers": "중장년 이·전직자",
}
SOURCE_NAMES = {
    "index": "노출 지표의 선택",
    "model": "노출 모형",
    "crosswalk": "직업 연계표",
    "adoption": "AI 도입 전망",
    "employment": "고용 전망",
    "mechanism": "노출에서 사람까지의 가정",
    "transitions": "직업 이동의 가정",
}
PARAMETER_NAMES = {
    "worker_reach": "도입 기업 대비 닿는 근로자",
    "surveyed_share": "조사 밖 취업자의 상대 도달",
    "province_adoption_weight": "시도별 도입 격차의 반영",
    "cost_effective_share": "비용이 맞는 과업의 비중",
    "hours_saved_share": "절약되는 시간의 비중",
    "output_response": "생산 증가로 지켜지는 일",
    "reinstatement_share": "새 과업으로 되살아나는 일",
    "attrition_share": "자연 감소로 흡수되는 몫",
    "age_factor_15_29": "연령 계수 15–29세",
    "age_factor_30_39": "연령 계수 30–39세",
    "age_factor_40_49": "연령 계수 40–49세",
    "age_factor_50_59": "연령 계수 50–59세",
    "age_factor_60_plus": "연령 계수 60세 이상",
    "training_need_share": "훈련이 필요한 비중",
    "ax_share": "AX 훈련의 몫",
    "self_adaptation": "과정 없이 스스로 적응",
    "exposure_growth": "노출의 연도별 증가",
    "registered_share": "등록 취업자의 비중",
    "exit_relative": "이탈률의 배율",
    "occupation_change_relative": "직업 변경률의 배율",
    "occupation_change_share": "이직자의 직업 변경 비중",
    "later_reemployment_relative": "다음 해 이후 재취업의 배율",
    "withdrawal_share": "구직을 그만두는 비중",
    "congestion_elasticity": "구직 혼잡의 탄력성",
    "feasibility_weight": "이동 비용: 하는 일의 거리",
    "zone_weight": "이동 비용: 직무 수준",
    "wage_fall_weight": "이동 비용: 임금 하락",
    "licence_weight": "이동 비용: 면허",
    "vacancy_weight": "빈 일자리를 따르는 정도",
    "ageing_share_15_29": "15–29세의 연령 이동",
    "ageing_share_decade": "10세 구간의 연령 이동",
    "implied_user_hours_saved": "이용자가 아끼는 시간 (계산값)",
}
TRAINEES = "ai_trainees_as_of_"
BASELINE_NAMES = {
    "if_intending_workplaces_train": "뜻있는 사업장이 지금처럼 훈련하면",
    "if_intending_workplaces_train_everyone": "뜻있는 사업장이 전원을 훈련하면",
}
CAPACITY_NAMES = {
    "age": "나이",
    "education": "학력",
    "wage": "임금",
    "moves": "옮길 수 있는 직업",
    "local_demand": "지역의 빈 일자리",
}
OUTCOME_NAMES = {
    "employed": "취업자의 변화",
    "separated": "AI로 일자리를 떠난 사람",
    "not_employed": "그 가운데 연말에 미취업",
    "long_term": "반년 넘게 미취업",
}
FLOW_MODEL_NAMES = {"ledger": "이 모형의 계정", "labour_flow_network": "노동 흐름 연결망"}
STEP_NAMES = {
    "adoption_gained": "그 해 늘어난 AI 도입",
    "workers_reached": "새로 AI가 닿는 근로자",
    "exposure": "노출된 과업",
    "substitution": "대체될 수 있는 과업",
    "cost_effective_tasks": "비용이 맞는 과업",
    "hours_saved": "절약되는 시간",
    "demand_loss": "줄어드는 일자리",
    "employment_factor": "AI 없음 대비 고용",
    "separated": "AI로 떠나는 사람",
    "reinstated": "새 과업으로 돌아오는 사람",
    "touched": "일자리를 지키며 AI가 새로 닿는 사람",
    "ax_share": "그 가운데 AX가 맞는 사람",
}


def parameter_name(name: str) -> str:
    """Korean name of a parameter; an unknown one keeps its own.

    Examples
    --------
    >>> parameter_name("zone_weight"), parameter_name("own")
    ('이동 비용: 직무 수준', 'own')
    """
    return PARAMETER_NAMES.get(name, name)


def baseline_name(baseline: str) -> str:
    """Korean name of a take-up that demand is read against; an unknown one keeps its own.

    Examples
    --------
    >>> baseline_name("ai_trainees_as_of_2025-10"), baseline_name("own")
    ('AI 훈련을 받은 근로자 (2025-10 발표)', 'own')
    """
    date = baseline.removeprefix(TRAINEES)
    if date != baseline:
        return f"AI 훈련을 받은 근로자 ({date} 발표)"
    return BASELINE_NAMES.get(baseline, baseline)


def age_name(age: str) -> str:
    """Write an age group as a Korean reader expects it.

    Examples
    --------
    >>> age_name("40-49"), age_name("60+"), age_name("all")
    ('40–49세', '60세 이상', '모든 연령')
    """
    if age == "all":
        return "모든 연령"
    return f"{age[:-1]}세 이상" if age.endswith("+") else age.replace("-", "–") + "세"


def plan_year(tables: Tables, name: str) -> int:
    """Year of the cohort plan, or the nearest one that table `name` has.

    Examples
    --------
    >>> plan_year({"opportunity_by_year": pd.DataFrame({"year": [2025, 2027]})},
    ...           "opportunity_by_year")
    2027
    """
    years = tables[name]["year"].unique()
    if "cohort_targets" not in tables and "reskilling_demand" not in tables:
        return int(max(years))
    wanted = programme_year(tables)
    return int(min(years, key=lambda year: (abs(year - wanted), year)))


def people(persons: float) -> str:
    """Write a number of people as a Korean reader says it: in 만 from 10,000 on.

    Examples
    --------
    >>> people(57_085.4), people(3_094.7), people(float("nan"))
    ('5.7만 명', '3,095명', '–')
    """
    if math.isnan(persons):
        return "–"
    if abs(persons) >= PERSONS_PER_MAN:
        return f"{persons / PERSONS_PER_MAN:,.1f}만 명"
    return f"{round(persons) + 0:,}명"


def in_plan_year(tables: Tables, name: str) -> pd.DataFrame:
    """Rows of table `name` in the year of the plan under the scenario that is told."""
    table = tables[name]
    return table[(table["year"] == plan_year(tables, name)) & (table["scenario"] == SHOWN)]


def of_country(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table by province that are of the country as a whole."""
    return table[table["sido"] == COUNTRY]


def most_displaced(tables: Tables, count: int) -> pd.Series:
    """Occupations that lose most people to AI over all years: code to persons, most first."""
    table = tables["displaced_ledger"]
    left = table[(table["flow"] == "separated") & (table["scenario"] == SHOWN)]
    total = left.groupby("ksco7")["persons"].sum().abs()
    total = total[total > 0].sort_values(ascending=False, kind="stable")
    return total.head(count)
