"""Small contract tables with the shape of real ones, so that report and tracking are tested alone.

Figures in here are made up and mean nothing; codes, names and column types are real.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from forecast.types import AGE_GROUPS, LEVELS, NEEDS, SCENARIOS

KSCO = {
    "13": "전문 서비스 관리직",
    "21": "과학 전문가 및 관련직",
    "22": "정보 통신 전문가 및 기술직",
    "23": "공학 전문가 및 기술직",
    "24": "보건·사회복지 및 종교 관련직",
    "25": "교육 전문가 및 관련직",
    "26": "법률 및 행정 전문직",
    "27": "경영·금융전문가 및 관련직",
    "28": "문화·예술·스포츠 전문가 및 관련직",
    "31": "경영 및 회계 관련 사무직",
    "32": "금융 사무직",
    "39": "상담·안내·통계 및 기타 사무직",
    "41": "경찰·소방 및 보안 관련 서비스직",
    "42": "돌봄·보건 및 개인 생활 서비스직",
    "44": "조리 및 음식 서비스직",
    "51": "영업직",
    "52": "매장 판매 및 상품 대여직",
    "61": "농·축산 숙련직",
    "75": "운송 및 기계 관련 기능직",
    "78": "건설 및 채굴 관련 기능직",
    "85": "기계 제조 및 관련 기계 조작직",
    "87": "운전 및 운송 관련직",
    "91": "건설 및 광업 관련 단순 노무직",
    "94": "청소 및 경비 관련 단순 노무직",
    "95": "가사·음식 및 판매 관련 단순 노무직",
}
SIDO = {
    "11": "서울",
    "26": "부산",
    "27": "대구",
    "28": "인천",
    "29": "광주",
    "30": "대전",
    "31": "울산",
    "36": "세종",
    "41": "경기",
    "43": "충북",
    "44": "충남",
    "46": "전남",
    "47": "경북",
    "48": "경남",
    "50": "제주",
    "51": "강원",
    "52": "전북",
}
KSIC = {
    "C": "제조업",
    "F": "건설업",
    "J": "정보통신업",
    "K": "금융 및 보험업",
    "M": "전문, 과학 및 기술 서비스업",
}
CAMPUSES = {
    "서울정수": "11",
    "서울강서": "11",
    "성남": "41",
    "제주": "50",
    "인천": "28",
    "화성": "41",
    "춘천": "51",
    "대전": "30",
    "청주": "43",
    "아산": "44",
    "광주": "29",
    "전북": "52",
    "전남": "46",
    "대구": "27",
    "구미": "47",
    "창원": "48",
    "부산": "26",
    "울산": "31",
}
NAMES = {"ksco7": KSCO, "sido": SIDO, "ksic": KSIC}
PROGRAMMES = {
    "P000-POLY-BASIC": ("ai_basic", 28_000),
    "P000-AX-COURSE": ("ax", 1_000),
    "P000-JOB-SWITCH": ("job_change", 500),
}
YEARS = tuple(range(2023, 2031))
PERIODS = tuple(f"{year}H{half}" for year in YEARS for half in (1, 2))


def contract_tables(seed: int = 7) -> dict[str, pd.DataFrame]:
    """All tables that figures and page know, small enough to draw in seconds."""
    rng = np.random.default_rng(seed)
    ksco = _exposure_ksco(rng)
    return {
        "exposure_isco": _exposure_isco(rng),
        "exposure_ksco": ksco,
        "headline": _headline(),
        "threshold_sweep": _threshold_sweep(),
        "at_risk_cells": _at_risk_cells(),
        "adoption_forecast": _adoption_forecast(),
        "adoption_observed": _adoption_observed(),
        "employment_history": _employment_history(ksco),
        "employment_forecast": _employment_forecast(ksco),
        "employment_totals": _employment_totals(ksco),
        "reskilling_demand": (demand := _reskilling_demand(ksco, rng)),
        "reskilling_totals": _reskilling_totals(demand),
        "ledger": _ledger(ksco),
        "cohort_targets": (targets := _cohort_targets()),
        "cohort_totals": _cohort_totals(targets),
        "mechanism_parameters": _mechanism_parameters(),
        "scores": _scores(),
    }


def run_meta(name: str = "chain") -> dict[str, object]:
    """What the pipeline knows about a run beside its tables."""
    return {
        "name": name,
        "seed": 20221231,
        "draws": 200,
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "versions": {"python": "3.11.7", "numpy": "2.4.6"},
        "provenance": "synthetic",
        "preset": "kiet_2022",
        "inputs": {"reference/adoption.csv": "a" * 64, "reference/ksco7.csv": "b" * 64},
        "schema_version": 1,
    }


def _spread(share: np.ndarray, name: str) -> dict[str, np.ndarray]:
    return {
        name: share,
        f"{name}_lower80": np.clip(share - 0.07, 0, 1),
        f"{name}_upper80": np.clip(share + 0.07, 0, 1),
    }


def _exposure_isco(rng: np.random.Generator) -> pd.DataFrame:
    codes = [f"{major}{minor}{unit}0" for major in "1234" for minor in "12" for unit in "12"]
    exposure = rng.uniform(0.1, 0.8, len(codes))
    return pd.DataFrame(
        {"isco08": codes, "title": [f"Unit group {code}" for code in codes]}
        | _spread(exposure, "exposure")
        | {"complementarity": rng.uniform(0.3, 0.8, len(codes))}
        | _spread(exposure * 0.7, "substitution")
    )


def _exposure_ksco(rng: np.random.Generator) -> pd.DataFrame:
    by_major = {"1": 0.5, "2": 0.62, "3": 0.66, "4": 0.3, "5": 0.45}
    exposure = np.array([by_major.get(code[0], 0.2) for code in KSCO])
    exposure = np.clip(exposure + rng.normal(0, 0.06, len(KSCO)), 0.03, 0.95)
    complementarity = np.clip(0.35 + 0.4 * rng.random(len(KSCO)), 0, 1)
    substitution = exposure * (1.1 - 0.6 * complementarity)
    employed = np.round(rng.lognormal(12.9, 0.9, len(KSCO)), -3)
    probability = np.clip((substitution - 0.3) * 1.2, 0.01, 0.9)
    table = pd.DataFrame(
        {"ksco7": list(KSCO), "level": "sub_major", "name_ko": list(KSCO.values())}
        | _spread(exposure, "exposure")
        | {"complementarity": complementarity}
        | _spread(substitution, "substitution")
        | {"p_at_risk": probability, "employed_persons": employed}
    )
    at_risk = employed * probability
    table["at_risk_persons"] = at_risk
    table["at_risk_lower80"] = at_risk * 0.7
    table["at_risk_upper80"] = at_risk * 1.35
    minor = table.head(6).assign(ksco7=lambda t: t.ksco7 + "1", level="minor")
    minor[["employed_persons", "at_risk_persons", "at_risk_lower80", "at_risk_upper80"]] = np.nan
    return pd.concat([table, minor], ignore_index=True)


def _headline() -> pd.DataFrame:
    rows = [
        ("kiet_2022", "특허 지수 상위", "전체 일자리", 24.96e6, 3.268e6, 3.27e6),
        ("bok_2023_top20", "노출 상위 20 % 직업", "취업자", 28.4e6, 3.46e6, 3.41e6),
        ("bok_2023_top25", "노출 상위 25 % 직업", "취업자", 28.4e6, 4.1e6, 3.98e6),
        ("imf_high_exposure_low_complementarity", "고노출·저보완", "취업자", 28.4e6, 7.6e6, np.nan),
        ("kli_2024_gpt", "GPT 대체 과업", "취업자", 28.4e6, 2.7e6, 2.77e6),
    ]
    table = pd.DataFrame(
        rows,
        columns=[
            "preset",
            "definition",
            "base",
            "base_persons",
            "at_risk_persons",
            "published_persons",
        ],
    )
    for name, factor in (("lower80", 0.78), ("upper80", 1.3), ("lower95", 0.66), ("upper95", 1.5)):
        table[name] = table.at_risk_persons * factor
    table["share"] = table.at_risk_persons / table.base_persons
    table["threshold"] = [0.52, 0.5, 0.47, 0.4, 0.55]
    table["difference_percent"] = 100 * (table.at_risk_persons / table.published_persons - 1)
    return table


def _threshold_sweep() -> pd.DataFrame:
    threshold = np.round(np.arange(0.2, 0.81, 0.05), 2)
    at_risk = 24.96e6 / (1 + np.exp((threshold - 0.35) * 11))
    return pd.DataFrame(
        {
            "threshold": threshold,
            "at_risk_persons": at_risk,
            "lower80": at_risk * 0.75,
            "upper80": at_risk * 1.3,
        }
    )


def _at_risk_cells() -> pd.DataFrame:
    rows = [
        ("kiet_2022", "TOT", "TOT", 3_270_000.0, 3_270_000.0, 1.02, "published"),
        ("kiet_2022", "TOT", "2", 1_960_000.0, 1_960_000.0, 1.6, "published"),
        ("kiet_2022", "TOT", "23", 1_130_000.0, 1_130_000.0, 3.1, "exceeds_employment"),
        ("kiet_2022", "C", "2", 370_000.0, 370_000.0, 1.4, "published"),
        ("kiet_2022", "C", "!2", 560_000.0, np.nan, 0.9, "raked"),
        ("kiet_2022", "F", "2", 430_000.0, 430_000.0, 5.2, "exceeds_employment"),
        ("kiet_2022", "F", "!2", 80_000.0, np.nan, 0.3, "raked"),
        ("kiet_2022", "J", "2", 380_000.0, 380_000.0, 1.3, "published"),
        ("kiet_2022", "J", "!2", 30_000.0, np.nan, 0.5, "raked"),
        ("kiet_2022", "M", "2", 450_000.0, 450_000.0, 1.2, "published"),
        ("kiet_2022", "M", "!2", 10_000.0, np.nan, 0.2, "raked"),
        ("kiet_2022", "other", "2", 330_000.0, np.nan, 0.4, "raked"),
        ("kiet_2022", "other", "!2", 630_000.0, np.nan, 0.7, "raked"),
    ]
    columns = ["preset", "ksic", "occupation_group", "at_risk_persons", "published_persons"]
    return pd.DataFrame(rows, columns=[*columns, "multiplier", "flag"])


def _adoption_forecast() -> pd.DataFrame:
    speed = {"no_ai": 0.0, "slow": 0.12, "central": 0.24, "fast": 0.36}
    rows = [
        (
            "firm_50plus_research_sample",
            kind,
            scope,
            year,
            scenario,
            level,
            base + (60 * (1 / (1 + np.exp(-(year - 2030) * speed[scenario] / (1.2 - level) * 0.9))))
            if scenario != "no_ai"
            else base,
        )
        for (kind, scope, base), year, scenario, level in product(
            [("all", "all", 4.5), ("industry", "J", 20.0), ("industry", "C", 4.0)],
            range(2023, 2036),
            SCENARIOS,
            LEVELS,
        )
    ]
    columns = ["measure", "scope_kind", "scope", "year", "scenario", "level", "value_percent"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(value_percent=table.value_percent.clip(0, 100))


def _adoption_observed() -> pd.DataFrame:
    rows = [
        ("firm_50plus_research_sample", "all", "all", year, value)
        for year, value in [(2017, 1.4), (2019, 1.6), (2020, 2.5), (2021, 3.9), (2022, 4.5)]
    ]
    rows += [("firm_50plus_research_sample", "industry", "J", 2022, 22.0)]
    return pd.DataFrame(
        rows, columns=["measure", "scope_kind", "scope", "year", "value_percent"]
    )


def _age_share() -> dict[str, float]:
    return dict(zip(AGE_GROUPS, (0.14, 0.2, 0.23, 0.23, 0.2), strict=True)) | {"all": 1.0}


def _sub_major(ksco: pd.DataFrame) -> pd.DataFrame:
    return ksco.query("level == 'sub_major'")


def _employment_history(ksco: pd.DataFrame) -> pd.DataFrame:
    periods = [f"{year}H{half}" for year in range(2014, 2023) for half in (1, 2)]
    rows = [
        (period, code, age, round(persons * share * (0.9 + 0.005 * step)))
        for step, period in enumerate(periods)
        for code, persons in zip(*_sizes(ksco), strict=True)
        for age, share in _age_share().items()
    ]
    return pd.DataFrame(rows, columns=["period", "ksco7", "age_group", "employed_persons"])


def _sizes(ksco: pd.DataFrame) -> tuple[list[str], list[float]]:
    table = _sub_major(ksco)
    return table.ksco7.tolist(), table.employed_persons.tolist()


def _path(persons: float, step: int, scenario: str, level: float) -> float:
    drag = {"no_ai": 0.0, "slow": 0.001, "central": 0.003, "fast": 0.006}[scenario]
    return persons * (1 + (0.003 - drag) * step + (level - 0.5) * 0.02 * np.sqrt(step + 1))


def _employment_forecast(ksco: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (code, age, period, scenario, level, _path(persons * share, step, scenario, level))
        for code, persons in zip(*_sizes(ksco), strict=True)
        for age, share in _age_share().items()
        for step, period in enumerate(PERIODS)
        for scenario in SCENARIOS
        for level in LEVELS
    ]
    columns = ["ksco7", "age_group", "period", "scenario", "level", "employed_persons"]
    return pd.DataFrame(rows, columns=columns)


def _employment_totals(ksco: pd.DataFrame) -> pd.DataFrame:
    total = sum(_sizes(ksco)[1])
    rows = [
        (age, period, scenario, level, _path(total * share, step, scenario, level))
        for age, share in _age_share().items()
        for step, period in enumerate(PERIODS)
        for scenario in SCENARIOS
        for level in LEVELS
    ]
    columns = ["age_group", "period", "scenario", "level", "employed_persons"]
    return pd.DataFrame(rows, columns=columns)


def _reskilling_demand(ksco: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    size = {"no_ai": 0.0, "slow": 0.5, "central": 1.0, "fast": 1.6}
    need_size = dict(zip(NEEDS, (0.02, 0.006, 0.002), strict=True))
    weight = dict(zip(SIDO, rng.dirichlet(np.full(len(SIDO), 4.0)), strict=True))
    codes, persons = _sizes(ksco)
    rows = [
        (year, scenario, sido, code, age, need, value, value * 0.4, value * 1.7)
        for year, scenario, sido, (code, jobs), age, need in product(
            YEARS, SCENARIOS, SIDO, zip(codes, persons, strict=True), AGE_GROUPS, NEEDS
        )
        for value in [
            jobs
            * size[scenario]
            * weight[sido]
            * _age_share()[age]
            * need_size[need]
            * (1 + 0.2 * (year - 2023))
        ]
    ]
    columns = ["year", "scenario", "sido", "ksco7", "age_group", "need"]
    return pd.DataFrame(rows, columns=[*columns, "persons", "lower80", "upper80"])


def _reskilling_totals(demand: pd.DataFrame) -> pd.DataFrame:
    total = demand.groupby(["year", "scenario", "need"], as_index=False)["persons"].sum()
    return total.assign(lower80=total.persons * 0.6, upper80=total.persons * 1.45)


def _ledger(ksco: pd.DataFrame) -> pd.DataFrame:
    shares = {
        "entry": 0.05,
        "retirement": -0.03,
        "ordinary_turnover": -0.02,
        "ai_separation": -0.008,
        "reinstatement": 0.004,
    }
    rows = []
    for scenario, year, (code, persons), age in product(
        SCENARIOS, YEARS, zip(*_sizes(ksco), strict=True), AGE_GROUPS
    ):
        opening = persons * _age_share()[age]
        flows = {name: opening * share for name, share in shares.items()}
        if scenario == "no_ai":
            flows |= {"ai_separation": 0.0, "reinstatement": 0.0}
        cell = {"opening": opening, **flows, "closing": opening + sum(flows.values())}
        rows += [(year, scenario, code, age, flow, value) for flow, value in cell.items()]
    columns = ["year", "scenario", "ksco7", "age_group", "flow", "persons"]
    return pd.DataFrame(rows, columns=columns)


def _cohort_targets() -> pd.DataFrame:
    rows = []
    for programme, (need, seats) in PROGRAMMES.items():
        share = np.arange(1, len(CAMPUSES) + 1) + 10
        whole = np.floor(seats * share / share.sum()).astype(int)
        whole[-1] += seats - whole.sum()
        for (campus, sido), persons in zip(CAMPUSES.items(), whole, strict=True):
            half = int(persons) // 2
            head = (2026, programme, "전환기", "campus", campus, sido)
            rows.append((*head, "31", "50-59", need, half))
            rows.append((*head, "75", "40-49", need, int(persons) - half))
    columns = ["year", "programme", "stage", "site_kind", "site", "sido", "ksco7", "age_group"]
    return pd.DataFrame(rows, columns=[*columns, "need", "persons"])


def _cohort_totals(targets: pd.DataFrame) -> pd.DataFrame:
    allocated = targets.groupby("programme")["persons"].sum()
    rows = [
        (2026, code, "persons", seats, int(allocated[code]), seats - int(allocated[code]), "")
        for code, (_, seats) in PROGRAMMES.items()
    ]
    note = "합 29,500 → 발표 3만(반올림) · itemised 29,500 printed as 30,000"
    rows.append((2026, "STAGE-전환기", "persons", 30_000, 29_500, 500, note))
    columns = ["year", "programme", "unit", "published", "allocated", "unallocated", "note"]
    return pd.DataFrame(rows, columns=columns)


def _mechanism_parameters() -> pd.DataFrame:
    rows = [
        ("cost_effective_share", 0.23, 0.1, 0.4, 0.0, "Svanberg 2024"),
        ("hours_saved_share", 0.038, 0.0, 0.08, 0.0, "BOK 2025"),
        ("demand_elasticity", 0.5, 0.0, 1.0, 1.0, "assumption"),
    ]
    return pd.DataFrame(
        rows, columns=["name", "value", "lower80", "upper80", "neutral", "source"]
    )


def _scores() -> pd.DataFrame:
    family = "isco_minor_group_10_fold"
    rows = [
        ("exposure", "ridge", family, "ilo_2023", "r2", 0.668, 427, -0.02),
        ("exposure", "ridge", family, "ilo_2023", "spearman", 0.805, 427, 0.0),
        ("exposure", "network", family, "ilo_2023", "r2", 0.641, 427, -0.02),
        ("exposure", "ridge", family, "ilo_2023", "coverage80", 0.79, 427, np.nan),
        ("adoption", "logistic", "rolling_origin", "all", "crps", 0.6, 3, 0.9),
        ("adoption", "logistic", "rolling_origin", "all", "mae", 0.8, 3, 1.1),
        ("employment", "combination", "rolling_origin", "sub_major", "mase", 0.9, 255, 1.0),
        ("employment", "combination", "rolling_origin", "sub_major", "coverage80", 0.81, 255, 0.7),
    ]
    columns = ["stage", "model", "split", "target", "metric", "value", "n", "naive_value"]
    return pd.DataFrame(rows, columns=columns)
