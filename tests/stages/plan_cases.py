"""What tests of the cohort tables share: the shipped registry, and targets that meet it exactly."""

from __future__ import annotations

import re

import pandas as pd

from forecast.data import reference
from forecast.stages.goal_years import published_per_year

YEARS = (2026, 2027, 2028, 2029, 2030)
TABLES = (
    *("programmes", "beside_programmes", "programme_figures", "contradictions"),
    *("stage_totals", "campuses", "sido"),
)
REGIONS = {
    "수도권": ["11", "28", "41"],
    "중부권": ["30", "36", "43", "44"],
    "강원": ["51"],
    "전북": ["52"],
    "광주전남": ["29", "46"],
    "대구경북": ["27", "47"],
    "부산울산경남": ["26", "31", "48"],
    "제주": ["50"],
}
GOAL_SEATS = {
    "P000-NAEIL-AI": 56_000,
    "P000-KDC": 33_000,
    "P000-KDT-AI": 10_000,
    "P000-ONLINE-FREE": 100_000,
    "P000-POLY-BASIC": 28_000,
    "P000-AX-COURSE": 1_000,
    "P000-JOB-SWITCH": 500,
}
BESIDE_SEATS = {"K-MIDLIFE": 15_000, "K-CAREER": 2_000}
SMART_SEATS = {"P002-SMART": 120, "P002-T1": 400, "P002-T2": 80}
PLANNED = dict.fromkeys(GOAL_SEATS | BESIDE_SEATS, YEARS) | dict.fromkeys(SMART_SEATS, YEARS[:1])
PRINTED_GOALS = [  # row of cohort_totals, and what is published, allocated and left each year
    ("P000-E-GOAL1", (90_000, 89_000, 1_000)),
    ("P000-A-GOAL", (110_000, 100_000, 10_000)),
    ("P000-A-REST", (10_000, 0, 10_000)),
    ("P000-T-GOAL", (30_000, 29_500, 500)),
    ("STAGE-진입기", (100_000, 99_000, 1_000)),
    ("STAGE-활동기", (110_000, 100_000, 10_000)),
    ("STAGE-전환기", (30_000, 29_500, 500)),
]


def tables() -> dict[str, pd.DataFrame]:
    """The shipped tables that the cohort tables read; each call gives copies."""
    return {name: reference.load(name) for name in TABLES}


def targets(semantics: str = "annual", years: tuple[int, ...] = YEARS) -> pd.DataFrame:
    """Targets that give every planned programme its published number, two rows a year."""
    rows = []
    for name, seats in GOAL_SEATS.items():
        for year, number in published_per_year(seats, years, semantics).items():
            rows += [(year, name, number - 3), (year, name, 3)]
    rows += [(year, name, seats) for name, seats in BESIDE_SEATS.items() for year in years]
    rows += [(2026, name, seats) for name, seats in SMART_SEATS.items()]
    return pd.DataFrame(rows, columns=["year", "programme", "persons"])


def bilingual(note: str) -> bool:
    """Whether every part of a note is English / Korean, as the report splits it."""
    halves = [part.split(" / ") for part in note.split("; ")]
    return all(
        len(pair) == 2 and re.search("[a-z]", pair[0]) and re.search("[가-힣]", pair[1])
        for pair in halves
    )
