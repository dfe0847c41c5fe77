"""Synthetic cohort tables, true to the codebook and adding up as a plan does.

No figure in them means anything but the published ones of the programmes: seats are drawn from a
seed, so that what the report says can be compared with what it was given.
"""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd
from reskilling_cases import names, occupations, product, provinces

from forecast.codebook import check_table
from forecast.codebook_cohorts import COHORT_TABLES
from forecast.data import reference
from forecast.report.cohort_words import by_basis
from forecast.types import AGE_GROUPS, NEEDS

YEARS = (2026, 2027, 2028)
# programme: stage, site kind, people, need, published, share beyond the need
PLAN = {
    "P000-NAEIL-AI": ("진입기", "province", "entering", "ai_basic", 56_000, 0.6),
    "P000-KDC": ("진입기", "national", "entering", "ai_basic", 33_000, 0.6),
    "P000-KDT-AI": ("진입기", "province", "entering", "ax", 10_000, 0.8),
    "P002-T1": ("진입기", "province", "entering", "ax", 400, 0.0),
    "P002-T2": ("진입기", "province", "entering", "ax", 80, 0.0),
    "P002-SMART": ("진입기", "province", "entering", "ax", 120, 0.0),
    "P000-ONLINE-FREE": ("활동기", "national", "employed", "ai_basic", 100_000, 0.3),
    "P000-POLY-BASIC": ("전환기", "campus", "employed", "ai_basic", 28_000, 0.1),
    "P000-AX-COURSE": ("전환기", "campus", "employed", "ax", 1_000, 0.0),
    "P000-JOB-SWITCH": ("전환기", "campus", "separated", "job_change", 500, 0.0),
    "K-MIDLIFE": ("전환기", "campus", "separated", "job_change", 15_000, 0.7),
    "K-CAREER": ("전환기", "national", "separated", "job_change", 2_000, 0.5),
}
ONCE = ("P002-T1", "P002-T2", "P002-SMART")  # of the first year only
KEPT_BACK = ("P000-ONLINE-FREE", "27")  # what the released tables do not tell
SMALL = ("P002-T2",)  # so few seats that cells of one to four people are common
PLACES = (
    ("P000-SME-ROADMAP", "활동기", "sites", "province", 2_000),
    ("P000-AX-CUSTOM", "활동기", "sites", "province", 600),
    ("P000-SME-HUB", "활동기", "centres", "region", 10),
    ("P001-JOINT", "활동기", "centres", "region", 20),
    ("P000-POLY-BASIC", "전환기", "campuses", "campus", 39),
    ("K-CENTRE", "전환기", "centres", "national", 35),
)
REGIONS = (
    "수도권",
    "강원권",
    "중부권",
    "전북권",
    "광주·전남권",
    "대구·경북권",
    "부산·울산·경남권",
    "제주권",
)
POOLS = tuple(dict.fromkeys((people, need) for _, _, people, need, _, _ in PLAN.values()))
CASES = ("scenario slow", "scenario fast", "demand -20 %", "demand +20 %")


def campuses() -> pd.DataFrame:
    table = reference.load("campuses")
    own = table[table["is_campus"].astype(str).str.lower() == "true"]
    return own.sort_values("campus", ignore_index=True)


@cache
def cohort_tables(seed: int = 11) -> dict[str, pd.DataFrame]:
    """Every table of ``codebook_cohorts``, of one seed; read only."""
    rng = np.random.default_rng(seed)
    targets = _targets(rng)
    balance = _balance(rng, targets)
    tables = {
        "cohort_targets": targets,
        "cohort_release": _release(targets),
        "cohort_totals": _totals(targets),
        "cohort_notes": pd.DataFrame({"note": ["both readings / 두 해석 병기"]}),
        "cohort_programmes": _programmes(),
        "cohort_figures": _figures(),
        "cohort_defaults": _defaults(),
        "cohort_contradictions": _contradictions(),
        "cohort_sites": _sites(rng),
        "cohort_balance": balance,
        "cohort_coverage": _coverage(rng),
        "cohort_constraints": _constraints(rng),
        "cohort_frontier": _frontier(),
        "cohort_rules": _rules(rng),
        "cohort_robust": _robust(rng),
        "cohort_scenarios": _scenarios(rng, targets),
    }
    assert set(tables) == set(COHORT_TABLES)
    return {name: check_table(name, table) for name, table in tables.items()}


def _targets(rng):
    listed, sido, codes = campuses(), provinces(), occupations()[::7]
    frames = []
    for programme, (stage, kind, _, need, published, beyond) in PLAN.items():
        if kind == "campus":
            places = listed.rename(columns={"campus": "site"})[["site", "sido"]]
        elif kind == "province":
            places = pd.DataFrame({"site": [names()["sido"][code] for code in sido], "sido": sido})
        else:
            places = pd.DataFrame({"site": "전국", "sido": sido})
        cells = product(place=range(len(places)), ksco7=codes, age_group=AGE_GROUPS)
        cells = cells.join(places, on="place").drop(columns="place")
        cells["site_kind"] = kind
        for year in YEARS[: 1 if programme in ONCE else len(YEARS)]:
            weight = rng.gamma(0.4, 1.0, len(cells))
            fractional = published * weight / weight.sum()
            persons = rng.multinomial(published, weight / weight.sum())
            own = cells.assign(
                year=year, programme=programme, stage=stage, need=need, persons=persons,
                fractional=fractional,
            )  # fmt: skip
            own["in_need"] = np.where(rng.random(len(own)) < beyond, 0, own["persons"])
            frames.append(own[own["persons"] > 0])
    table = pd.concat(frames, ignore_index=True)
    table["mark"] = np.where(
        table["persons"] < 5, "under_5", np.where(rng.random(len(table)) < 0.05, "secondary", "")
    )
    return table[list(COHORT_TABLES["cohort_targets"])]


def _release(targets):
    """Sums of the first year; a small one is kept back, and 대구 as a whole by one programme."""
    first = targets[targets["year"] == YEARS[0]]
    frames = []
    for dims in (["site"], ["sido"], ["age_group"], ["sido", "age_group"]):
        own = first.groupby(["year", "programme", *dims], as_index=False)["persons"].sum()
        frames.append(own.assign(level=" x ".join(dims)))
    table = pd.concat(frames, ignore_index=True)
    kept = (table["programme"] == KEPT_BACK[0]) & (table["sido"] == KEPT_BACK[1])
    table["persons"] = table["persons"].astype("Int64").mask((table["persons"] < 5) | kept)
    return table.reindex(columns=list(COHORT_TABLES["cohort_release"]))


def _totals(targets):
    given = targets.groupby(["year", "programme"])["persons"].sum()
    rows = []
    for (year, programme), allocated in given.items():
        published = 600 if programme == "P002-SMART" else int(allocated)
        rows.append([year, programme, "persons", published, published, ""])
    rows += [
        [
            2026,
            "P002-REST",
            "persons",
            120,
            120,
            "600 less both tracks / 600명과 두 트랙 480명의 차이",
        ],
        [
            2026,
            "STAGE-진입기",
            "persons",
            100_000,
            99_600,
            "9만 + 1만 is printed / 인쇄값 9만 + 1만",
        ],
        [2026, "STAGE-활동기", "persons", 110_000, 100_000, "11만 is printed / 인쇄값 11만"],
        [2026, "STAGE-전환기", "persons", 30_000, 29_500, "3만 is printed / 인쇄값 3만"],
        [2026, "STAGE-전체", "persons", 1_000_000, 229_100, "5년간 100만 / 인쇄값 100만"],
        [2026, "P000-E-GOAL1", "persons", 90_000, 89_000, "9만 is printed / 인쇄값 9만"],
        [2026, "P000-A-REST", "persons", 10_000, 0, "no programme / 항목 없음"],
        [2030, "P003-AICHIP3000", "persons", 3_000, 0, "no origin / 출발 직업 없음"],
        *([2026, code, unit, count, count, ""] for code, _, unit, _, count in PLACES),
        [2025, "P004-AIGRAD", "schools", 10, 0, "schools / schools 단위"],
    ]
    table = pd.DataFrame(
        rows, columns=["year", "programme", "unit", "published", "allocated", "note"]
    )
    table["unallocated"] = table["published"] - table["allocated"]
    return table[list(COHORT_TABLES["cohort_totals"])]


def _programmes():
    own = reference.load("programmes")
    beside = own[own["programme"].isin(["P000-KDC", "P000-KDT-AI", "P000-LIFECAREER"])].assign(
        programme=["K-MIDLIFE", "K-CAREER", "K-CENTRE"],
        kind="beside",
        stage="전환기",
        name_ko=["폴리텍 중장년특화과정", "중장년 경력지원제", "중장년내일센터"],
    )
    table = pd.concat([own, beside], ignore_index=True)
    table["planned"] = np.where(table["programme"].isin(PLAN), "yes", "no")
    table["published"] = table["published"].astype("Int64")
    table["reason"] = "counted elsewhere / 다른 곳에서 셈"
    table["source_line"] = "000:47"
    return table[list(COHORT_TABLES["cohort_programmes"])]


def _figures():
    rows = [
        ("K-MIDLIFE", "기계", "2021", 76.8), ("K-MIDLIFE", "기계", "2022", 80.0),
        ("K-MIDLIFE", "전기", "2023", 66.9), ("K-KDT", "", "2021", 67.4),
        ("K-CARD", "실업자", "2020", 54.2), ("K-POLY-COURSES", "하이테크", "2025", 85.8),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["programme", "group", "year", "low"])
    words = zip(table["group"], table["low"], strict=True)
    return table.assign(
        figure="outcome", high=table["low"], unit="percent", confidence="seen_verbatim",
        printed=[f"취업률({group}): {low} %" for group, low in words],
        source="programmes", source_line="programmes-0082", measure="employment_rate", bound="",
        note="",
    )[list(COHORT_TABLES["cohort_figures"])]  # fmt: skip


def _defaults():
    rules = {code: {"need": need} for code, (_, _, _, need, _, _) in PLAN.items()}
    values = {
        "years": list(YEARS), "goal_semantics": "annual", "minimum_class": 20,
        "programmes": rules, "beside": rules, "unitemised": None,
    }  # fmt: skip
    rows = [
        {"key": key, "value": json.dumps(value, ensure_ascii=False), "open_ko": f"{key}는 가정",
         "open_en": f"{key} is an assumption", "changed": "no"}
        for key, value in values.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _contradictions():
    rows = [
        (
            "C1.2",
            "P000-AX-COURSE,P000-JOB-SWITCH,P000-POLY-BASIC",
            "3만 명으로 인쇄, 합은 29,500명",
        ),
        ("C1.3", "P000-KDC,P000-NAEIL-AI", "9만 명으로 인쇄, 합은 89,000명"),
        ("C1.4", "P000-ONLINE-FREE", "11만 명으로 인쇄, 항목은 100,000명"),
        ("C1.5", "P000-GOAL", "단계의 합은 24만 명, 목표는 100만 명"),
        ("C1.7", "P002-SMART,P002-T1,P002-T2", "양성 인원은 600명, 두 트랙의 합은 480명"),
        ("D1.5", "K-POLY-AX,P000-AX-COURSE", "AX 과정은 1,000명 또는 1,100명"),
    ]
    table = pd.DataFrame(rows, columns=["code", "programmes", "what_ko"])
    return table.assign(
        what_en="they differ", printed_a="", printed_b="", unit="",
        shown="a row of its own / 별도 행으로 둠", source="moel",
        source_line="000:47",
    )  # fmt: skip


def _sites(rng):
    frames = []
    for year in YEARS:
        for programme, stage, unit, kind, count in PLACES:
            if kind == "campus":
                own = campuses().rename(columns={"campus": "site"})[["site", "sido"]]
                own["count"] = 1
            elif kind == "national":
                own = pd.DataFrame({"site": ["전국"], "sido": ["00"], "count": [count]})
            else:
                sites = [names()["sido"][code] for code in provinces()]
                sites = sites if kind == "province" else list(REGIONS)
                share = rng.dirichlet(np.ones(len(sites)))
                own = pd.DataFrame({"site": sites, "count": rng.multinomial(count, share)})
                own["sido"] = provinces() if kind == "province" else "00"
            facts = {"year": year, "programme": programme, "stage": stage, "unit": unit}
            own = own.assign(site_kind=kind, fractional=own["count"].astype(float), **facts)
            frames.append(own[own["count"] > 0].assign(note="by people / 사람 수에 비례: 가정"))
    return pd.concat(frames, ignore_index=True)[list(COHORT_TABLES["cohort_sites"])]


def _balance(rng, targets):
    pool = {code: people for code, (_, _, people, _, _, _) in PLAN.items()}
    given = by_basis(targets.assign(people=targets["programme"].map(pool))).pivot_table(
        index=["year", "people", "need"], columns="basis", values="persons", aggfunc="sum",
        fill_value=0,
    )  # fmt: skip
    rows = []
    for (year, people, need), own in given.iterrows():
        # Everybody enters with a seat; of the others most of the first year's need waits.
        newly = int(own["in_need"] * (1 if people == "entering" else 6 if year == YEARS[0] else 1))
        waiting = 0 if people == "entering" else rows_of(rows, people, need)
        rows.append(
            {"year": year, "people": people, "need": need, "waiting_before": waiting,
             "newly_in_need": newly, "seats_in_need": own["in_need"],
             "seats_beyond_need": own["beyond_need"],
             "waiting_after": max(waiting + newly - int(own["in_need"]), 0),
             "fractional_need": newly + float(rng.random())}
        )  # fmt: skip
    return pd.DataFrame(rows)


def rows_of(rows, people, need):
    """People still waiting at the end of the year before."""
    left = [r["waiting_after"] for r in rows if (r["people"], r["need"]) == (people, need)]
    return left[-1] if left else 700


def _coverage(rng):
    groups = [("age_group", age) for age in AGE_GROUPS]
    groups += [("sex", "women"), ("sex", "men"), *(("sido", code) for code in provinces())]
    table = product(year=YEARS, pool=POOLS, by_group=groups)
    table["people"], table["need"] = zip(*table.pop("pool"), strict=True)
    table["by"], table["group"] = zip(*table.pop("by_group"), strict=True)
    table["in_need"] = rng.gamma(2.0, 900.0, len(table))
    table["seated"] = table["in_need"] * rng.beta(3, 5, len(table))
    table["coverage"] = table["seated"] / table["in_need"]
    return table[list(COHORT_TABLES["cohort_coverage"])]


def _constraints(rng):
    table = pd.DataFrame({"year": 2026, "label": [f"칸 {k}" for k in range(14)]})
    return table.assign(
        constraint="seats",
        binding=np.where(np.arange(14) < 12, "yes", "no"),
        shadow_price=rng.permutation(np.linspace(-3.0, 2.0, 14)),
        unit="seat",
        words_ko=[f"조건 {k}의 정원이 하나 늘면" for k in range(14)],
    )[list(COHORT_TABLES["cohort_constraints"])]


def _frontier():
    fairness = np.array([0.0, 0.25, 0.5, 0.75, 0.9, 1.0])
    gain = np.array([100.0, 99.7, 98.9, 96.0, 91.0, np.nan])
    return pd.DataFrame(
        {"fairness": fairness, "feasible": ["yes"] * 5 + ["no"], "gain": 1e4 * gain,
         "gain_share": gain / 100, "least_coverage": [0.1, 0.25, 0.5, 0.75, 0.9, np.nan],
         "chosen": ["no", "no", "yes", "no", "no", "no"]}
    )  # fmt: skip


def _rules(rng):
    words = {
        "tree 2": "50대 이상이면 먼저, 아니면 서비스직 먼저",
        "proportional": "필요한 사람 수에 비례",
    }
    table = product(rule=list(words), pool=POOLS, year=YEARS)
    table["people"], table["need"] = zip(*table.pop("pool"), strict=True)
    share = rng.uniform(0.7, 0.99, len(table))
    table["gain"] = rng.gamma(2.0, 500.0, len(table))
    return table.assign(
        share_of_optimum=share, share_of_plan=share * 1.01, words_ko=table["rule"].map(words)
    )[list(COHORT_TABLES["cohort_rules"])]


def _robust(rng):
    plans = ("central", "slow", "fast", "mean", "proportional")
    table = product(plan=plans, judged=("draws", "scenarios"), need=("all", *NEEDS))
    mean = rng.gamma(2.0, 400.0, len(table))
    return table.assign(
        gain=20 * mean, regret_mean=mean, regret_90=1.6 * mean, regret_max=2.4 * mean,
        filled_share=rng.beta(8, 2, len(table)),
        chosen=np.where(table["plan"] == "mean", "yes", "no"),
    )  # fmt: skip


def _scenarios(rng, targets):
    own = targets.groupby(["year", "programme", "sido"], as_index=False)["persons"].sum()
    frames = []
    for case in CASES:
        change = np.rint(rng.normal(0, 0.05, len(own)) * own["persons"])
        persons = (own["persons"] + change).clip(lower=0).astype("int64")
        frames.append(
            own.assign(
                case=case, persons=persons, in_need=persons // 2,
                change=(persons - own["persons"]).astype(float),
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)[list(COHORT_TABLES["cohort_scenarios"])]
