"""People and moves to place: five occupations with made-up figures, and published rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from stage_factories import OCCUPATIONS, SIDO, tables

from forecast.types import AGE_GROUPS

EDUCATION = ("lower_secondary", "upper_secondary", "tertiary")
PUBLISHED = (
    ("training_card_completion_rate", 90.0, "percent", "unemployed", "2020"),
    ("training_card_employment_rate", 54.0, "percent", "unemployed_completers", "2020"),
    ("polytech_midlife_employment_rate", 61.0, "percent", "midlife_courses", "2023"),
    ("kdt_employment_rate_6m", 67.0, "percent", "all", "2021"),
    ("kdt_employment_rate_6m", 68.0, "percent", "all", "2022"),
    ("employed_40_64", 15_000_000.0, "persons", "age_40_64", "2023"),
    ("ai_training_participants", 70_000.0, "persons", "trained_workers", "2025-10"),
    ("ai_training_participant_share", 4.0, "percent", "trained_workers", "2025-10"),
    ("ai_training_workplace_share", 7.0, "percent", "training_workplaces", "2025-10"),
    ("ai_training_intent_3y", 70.0, "percent", "firms", "2025-08"),
    *(
        ("pension_members_change_2022_2025", value, "persons", f"age_{age}{end}", "2025")
        for age, change in (("15_29", -200.0), ("30s", 190.0), ("40s", -120.0), ("50s", 210.0))
        for end, value in (
            ("", change),
            ("_high_exposure", change + 5.0),
            ("_low_exposure", -5.0),
        )
    ),
)


@dataclass(frozen=True)
class FakeTransitions:
    """What capacity reads of the real ones."""

    occupations: tuple[str, ...]
    provinces: tuple[str, ...]
    feasibility: np.ndarray
    openings: xr.DataArray
    wage: np.ndarray


def evidence() -> pd.DataFrame:
    columns = ["key", "value", "unit", "population", "year"]
    more = pd.DataFrame(PUBLISHED, columns=columns).assign(source="made_up", note="")
    return pd.concat([tables()["evidence"], more], ignore_index=True)


def without(table: pd.DataFrame, key: str) -> pd.DataFrame:
    assert (table["key"] == key).any()
    return table[table["key"] != key]


def capacity_tables(*, seed: int = 11) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    cells = [
        (period, code, "sub_major", education)
        for period in ("2022H1", "2022H2")
        for code in OCCUPATIONS
        for education in EDUCATION
    ]
    education = pd.DataFrame(cells, columns=["period", "ksco7", "level", "education"])
    education["employed_persons"] = rng.integers(1, 300, size=len(cells)) * 1_000
    return {"evidence": evidence(), "employment_education": education}


def transitions(*, n_draw: int = 6, seed: int = 12, **changed: object) -> FakeTransitions:
    rng = np.random.default_rng(seed)
    n = len(OCCUPATIONS)
    feasibility = rng.uniform(0.1, 1.0, size=(n_draw, n, n))
    feasibility[:, np.arange(n), np.arange(n)] = 0.0
    given = {
        "occupations": OCCUPATIONS,
        "provinces": SIDO,
        "feasibility": feasibility,
        "openings": xr.DataArray(
            rng.uniform(100.0, 9_000.0, size=(n, len(SIDO))),
            {"occupation": list(OCCUPATIONS), "sido": list(SIDO)},
        ),
        "wage": rng.uniform(2e6, 6e6, size=n),
    }
    return FakeTransitions(**{**given, **changed})


def stock(*, seed: int = 13) -> xr.DataArray:
    rng = np.random.default_rng(seed)
    coords = {
        "occupation": list(OCCUPATIONS),
        "age_group": list(AGE_GROUPS),
        "sido": list(SIDO),
    }
    shape = tuple(len(labels) for labels in coords.values())
    return xr.DataArray(rng.uniform(0.0, 90_000.0, size=shape), coords)
