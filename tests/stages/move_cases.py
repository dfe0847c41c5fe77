"""Small tables of moves: real codes and columns, made-up figures that mean nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from stage_factories import OCCUPATIONS, SIDO, tables

WEIGHT_NAMES = ("feasibility_weight", "zone_weight", "wage_fall_weight", "licence_weight")


def move_tables(*, seed: int = 6, occupations=OCCUPATIONS, sido=SIDO) -> dict[str, pd.DataFrame]:
    """Return the tables of the two stages with those that moves read."""
    rng = np.random.default_rng(seed)
    minors = [f"{code}{last}" for code in occupations for last in "12"]
    shipped = tables(occupations=occupations)
    described = shipped["isco_descriptors"].assign(job_zone=rng.uniform(1, 5, size=len(minors)))
    majors = sorted({code[0] for code in occupations})
    halves = ("2022H1", "2022H2")
    keco = [str(place % 3) for place in range(len(occupations))]
    vacancies = [(half, place, group) for half in halves for place in sido for group in "012"]
    # Every group is related to all others but one.
    pairs = [(a, b) for a in occupations for b in occupations if a != b]
    pairs = [pair for place, pair in enumerate(pairs) if place % len(occupations) != 0]
    related = pd.DataFrame(pairs, columns=["ksco7", "ksco7_to"])
    weight = rng.uniform(0.1, 1.0, size=len(pairs))
    return {
        **shipped,
        "isco_descriptors": described,
        "ksco7": _ksco7(occupations, minors),
        "descriptors": pd.DataFrame(
            {
                "descriptor": ["reading", "stamina", "repairing", "job_zone"],
                "name": ["Reading", "Stamina", "Repairing", "Job Zone"],
                "name_ko": ["읽기", "체력", "수리", "직업 준비 수준"],
                "domain": ["knowledge", "ability", "skill", "zone"],
            }
        ),
        "employment_age": pd.DataFrame(
            {
                "period": "2022H2",
                "ksco7": list(occupations),
                "level": "sub_major",
                "age_group": "all",
                "employed_persons": rng.integers(50, 900, size=len(occupations)) * 1000.0,
            }
        ).pipe(_earlier),
        "minor_employment": pd.DataFrame(
            {
                "ksco7": minors[0],
                "period": ["2021H2", "2022H2"],
                "sex": "all",
                "employed_persons": [20_000.0, 25_000.0],
            }
        ),
        "wages": pd.DataFrame(
            {
                "year": 2022,
                "ksco7": majors,
                "wage_krw_month": np.arange(len(majors), 0, -1) * 1_000_000.0,
            }
        ),
        "licensed_minors": pd.DataFrame({"ksco7": [minors[2]], "act": "made_up"}),
        "vacancies": pd.DataFrame(vacancies, columns=["period", "sido", "keco"]).assign(
            vacancies=rng.integers(100, 9000, size=len(vacancies)).astype(float)
        ),
        "keco_ksco7": pd.DataFrame({"keco": keco, "ksco7": list(occupations), "weight": 1.0}),
        "related_occupations": related.assign(
            weight=weight / pd.Series(weight).groupby(related["ksco7"]).transform("sum")
        ),
    }


def weights(*, n_draw: int = 8, seed: int = 7, **fixed: float) -> xr.DataArray:
    """Draw the four weights of moving costs; those named are the same in every draw."""
    drawn = np.random.default_rng(seed).uniform(0.0, 2.0, size=(len(WEIGHT_NAMES), n_draw))
    for name, value in fixed.items():
        drawn[WEIGHT_NAMES.index(name)] = value
    coords = {"parameter": list(WEIGHT_NAMES), "draw": np.arange(n_draw)}
    return xr.DataArray(drawn, coords=coords, dims=list(coords))


def _ksco7(occupations, minors: list[str]) -> pd.DataFrame:
    rows = [(code, "sub_major", code[0]) for code in occupations]
    rows += [(code, "minor", code[:2]) for code in minors]
    rows += [(f"{code}{last}", "unit", code) for code in minors for last in "12"]
    table = pd.DataFrame(rows, columns=["ksco7", "level", "parent"])
    return table.assign(name_ko="직업 " + table["ksco7"])


def _earlier(employment: pd.DataFrame) -> pd.DataFrame:
    """Add the half-year a year before, in which as many people worked."""
    return pd.concat([employment.assign(period="2021H2"), employment], ignore_index=True)
