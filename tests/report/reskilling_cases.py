"""Synthetic reskilling tables, true to the codebook in type and in what adds up to what.

No figure in them means anything: they are drawn from a seed, so that what the report says can be
compared with what it was given.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pandas as pd

from forecast.data import reference
from forecast.types import AGE_GROUPS, GROUPS, NEEDS, SCENARIOS

YEARS = (2025, 2026, 2027)
PARAMETERS = (
    "worker_reach", "surveyed_share", "cost_effective_share", "hours_saved_share",
    "output_response", "reinstatement_share", "attrition_share", "age_factor_15_29",
    "age_factor_50_59", "training_need_share", "ax_share", "self_adaptation", "exposure_growth",
    "congestion_elasticity", "later_reemployment_relative",
)  # fmt: skip
STEPS = {
    "adoption_gained": "share of firms", "workers_reached": "share of workers",
    "exposure": "share of tasks", "substitution": "share of tasks",
    "cost_effective_tasks": "share of tasks", "hours_saved": "share of hours",
    "demand_loss": "share of jobs", "employment_factor": "relative to no_ai",
    "separated": "share of opening", "reinstated": "share of opening",
    "touched": "share of workers", "ax_share": "share of touched",
}  # fmt: skip
BY_AGE = ("demand_loss", "employment_factor", "separated", "reinstated")
SIZES = {"ai_basic": 14.0, "ax": 2.0, "job_change": 0.8}  # persons of a cell, roughly
CELL = ["sido", "ksco7", "age_group"]
STRENGTH = {"no_ai": 0.0, "slow": 0.6, "central": 1.0, "fast": 1.7}


def occupations() -> list[str]:
    codes = reference.load("ksco7")["ksco7"]
    return sorted(code for code in codes if code.isdigit() and len(code) == 2)


def provinces() -> list[str]:
    return sorted(reference.load("sido")["sido"])


def names() -> dict[str, dict[str, str]]:
    """Korean names as the pipeline hands them to the report."""
    ksco7, sido = reference.load("ksco7"), reference.load("sido")
    return {
        "ksco7": dict(zip(ksco7["ksco7"], ksco7["name_ko"], strict=True)),
        "sido": dict(zip(sido["sido"], sido["short_ko"], strict=True)),
        "ksic": {},
        "programme": {},
    }


@cache
def reskilling_tables(seed: int = 7) -> dict[str, pd.DataFrame]:
    """Every table of ``codebook_reskilling`` and those beside it, of one seed; read only."""
    rng = np.random.default_rng(seed)
    demand = _demand(rng)
    totals = _with_interval(
        demand.groupby(["year", "scenario", "need"], as_index=False)["persons"].sum()
    )
    cells = _cells(rng, demand)
    displaced = _displaced(cells)
    return {
        "reskilling_demand": demand,
        "reskilling_totals": totals,
        "reskilling_cells": cells,
        "ledger": _ledger(cells, displaced),
        "ledger_province": _ledger_province(cells),
        "displaced_ledger": displaced,
        "mechanism_parameters": _parameters(),
        "mechanism_steps": _steps(rng),
        "transition_groups": _groups(rng, demand),
        "take_up": _take_up(totals),
        **_moves(rng),
        "opportunity": _opportunity(rng, cells),
        "adaptive_capacity": (capacity := _capacity(rng)),
        "reskilling_priority": _priority(rng, capacity, cells),
        "variance_shares": _variance(rng),
        "parameter_sensitivity": _sensitivity(rng, totals),
        "age_pattern": _age_pattern(),
        "flow_comparison": _flows(rng),
        "flow_comparison_occupation": _flows_by_occupation(rng),
    }


def product(**columns) -> pd.DataFrame:
    return pd.DataFrame(list(itertools.product(*columns.values())), columns=list(columns))


def _with_interval(table: pd.DataFrame, column: str = "persons") -> pd.DataFrame:
    low, high = 0.1 * table[column], 2.4 * table[column]
    return table.assign(lower80=np.minimum(low, high), upper80=np.maximum(low, high))


def _demand(rng):
    table = product(
        year=YEARS, scenario=SCENARIOS, sido=provinces(), ksco7=occupations(),
        age_group=AGE_GROUPS, need=NEEDS,
    )  # fmt: skip
    size = table["need"].map(SIZES) * table["scenario"].map(STRENGTH) * (table["year"] - 2020) / 5
    weight = dict(zip(occupations(), rng.lognormal(-0.5, 1.0, len(occupations())), strict=True))
    size *= table["ksco7"].map(weight)  # a few occupations hold much of it, as in a run
    return _with_interval(table.assign(persons=size * rng.gamma(0.6, 1.0, len(table))))


def _cells(rng, demand):
    """Cells whose balance is the sum of the three needs."""
    key = ["year", "scenario", "sido", "ksco7", "age_group"]
    table = demand.groupby(key, as_index=False)["persons"].sum()
    opening = table[CELL].drop_duplicates()
    opening["opening_persons"] = rng.gamma(0.8, 8_000.0, len(opening))
    table = table.merge(opening, on=CELL, how="left", validate="many_to_one")
    in_need = table.pop("persons")
    left = rng.uniform(0.02, 0.08, len(table)) * in_need
    touched = 1.25 * in_need - 0.7 * left
    return table.assign(
        touched_persons=touched,
        separated_persons=left,
        returned_persons=0.3 * left,
        adapted_persons=0.25 * in_need,
    )


def _displaced(cells):
    """An account of those separated, year after year, that closes."""
    key = ["scenario", "ksco7", "age_group"]
    left = cells.pivot_table(
        index=key, columns="year", values="separated_persons", aggfunc="sum"
    ).sort_index()
    stock, parts = 0.0 * left[YEARS[0]], []
    for year in YEARS:
        pool = stock + left[year]
        flows = {
            "opening": stock, "separated": left[year], "reemployed_same": -0.30 * pool,
            "reemployed_other": -0.25 * pool, "withdrawn": -0.04 * pool,
            "ageing_out": 0.0 * pool, "ageing_in": 0.0 * pool, "closing": 0.41 * pool,
        }  # fmt: skip
        stock = flows["closing"]
        parts += [
            persons.rename("persons").reset_index().assign(year=year, flow=flow)
            for flow, persons in flows.items()
        ]
    return pd.concat(parts, ignore_index=True)


def _ledger(cells, displaced):
    key = ["year", "scenario", "ksco7", "age_group"]
    opening = cells.groupby(key, as_index=False)["opening_persons"].sum()
    left = displaced[displaced["flow"] == "separated"]
    wide = opening.merge(left[[*key, "persons"]], on=key, how="left", validate="one_to_one")
    flows = {
        "opening": wide["opening_persons"],
        "entry": 0.02 * wide["opening_persons"],
        "retirement": -0.015 * wide["opening_persons"],
        "ai_separation": -wide["persons"],
        "reemployment_same": 0.3 * wide["persons"],
    }
    flows["closing"] = sum(flows.values())
    parts = [wide[key].assign(flow=flow, persons=values) for flow, values in flows.items()]
    return pd.concat(parts, ignore_index=True)


def _ledger_province(cells):
    key = ["year", "scenario", "sido", "age_group"]
    table = cells.groupby(key, as_index=False)["opening_persons"].sum()
    flows = {"opening": 1.0, "entry": 0.02, "retirement": -0.015, "closing": 1.005}
    return pd.concat(
        [
            table[key].assign(flow=flow, persons=share * table["opening_persons"])
            for flow, share in flows.items()
        ],
        ignore_index=True,
    )


def _parameters():
    return pd.DataFrame(
        {
            "name": PARAMETERS, "value": 0.4, "lower80": 0.1, "upper80": 0.8, "neutral": 0.0,
            "source": "assumption; synthetic",
        }
    )  # fmt: skip


def _steps(rng):
    table = product(year=YEARS, scenario=SCENARIOS, ksco7=occupations(), step=tuple(STEPS)).assign(
        unit=lambda rows: rows["step"].map(STEPS)
    )
    ages = table["step"].map(lambda step: list(AGE_GROUPS) if step in BY_AGE else ["all"])
    table = table.assign(age_group=ages).explode("age_group", ignore_index=True)
    return _with_interval(table.assign(value=rng.uniform(0, 0.3, len(table))), "value")


def _groups(rng, demand):
    share = {"all": 1.0, "midlife": 0.5, "movers": 0.2, "midlife_movers": 0.1, "transition": 0.6}
    key = ["year", "scenario", "sido", "need"]
    by_province = demand.groupby(key, as_index=False)["persons"].sum()
    country = by_province.groupby(["year", "scenario", "need"], as_index=False)["persons"].sum()
    both = pd.concat([by_province, country.assign(sido="00")], ignore_index=True)
    parts = [both.assign(group=g, persons=share[g] * both["persons"]) for g in GROUPS]
    return _with_interval(pd.concat(parts, ignore_index=True))


def _take_up(totals):
    key = ["year", "scenario"]
    every = totals.groupby(key, as_index=False)["persons"].sum().assign(need="all")
    table = _with_interval(pd.concat([totals, every], ignore_index=True))
    baselines = pd.DataFrame(
        {
            "baseline": ["ai_trainees_as_of_2025-10", "if_intending_workplaces_train"],
            "baseline_persons": [20_000.0, 90_000.0],
        }
    )
    table = table.merge(baselines, how="cross")
    ratio = table["persons"] / table["baseline_persons"]
    probability = np.clip(ratio / 2, 0.0, 1.0)
    flagged = np.where(probability > 0.5, "yes", "no")
    return table.assign(ratio=ratio, probability_above=probability, flagged=flagged)


def _moves(rng):
    codes = occupations()
    moves, gaps = [], []
    skills = [("2.B.1.a", "설득", "Persuasion"), ("2.C.3.a", "컴퓨터와 전자", "Computers"),
              ("2.C.4.a", "수학", "Mathematics"), ("2.C.7.a", "국어", "Language")]  # fmt: skip
    for code in codes:
        others = rng.permutation([other for other in codes if other != code])[:5]
        shares = np.sort(rng.dirichlet(np.ones(8)))[::-1]
        for rank, (to, share) in enumerate(zip(others, shares, strict=False), start=1):
            feasible = rng.uniform(0.05, 0.6)
            moves.append((
                code, str(to), rank, rng.uniform(0.2, 2), rng.integers(0, 3),
                rng.uniform(-0.3, 0.4), rng.choice([0.0, 0.0, 0.6]), rng.gamma(2, 3_000), feasible,
                0.5 * feasible, min(1.5 * feasible, 1.0), share,
            ))  # fmt: skip
            for place, (descriptor, korean, english) in enumerate(skills, start=1):
                gaps.append((code, str(to), place, descriptor, korean, english, 1.5 / place))
    move_columns = [
        "ksco7", "ksco7_to", "rank", "distance", "zone_rise", "wage_change", "licensed_share",
        "vacancies", "feasibility", "lower80", "upper80", "move_share",
    ]  # fmt: skip
    gap_columns = ["ksco7", "ksco7_to", "rank", "descriptor", "name_ko", "name_en", "gap_sd"]
    fit = pd.DataFrame(
        {
            "cost": ["distance", "zone_rise", "wage_fall", "licence"],
            "weight": [1.8, 0.4, 0.9, 0.2], "standard_error": [0.1, 0.1, 0.3, 0.3],
            "used": [1.0, 0.4, 1.3, 1.3], "pseudo_r2": 0.21,
            "attainable_r2": 0.6, "auc_fitted": 0.85, "auc_used": 0.8,
        }
    )  # fmt: skip
    return {
        "occupation_moves": pd.DataFrame(moves, columns=move_columns),
        "skill_gaps": pd.DataFrame(gaps, columns=gap_columns),
        "move_fit": fit,
    }


def _opportunity(rng, cells):
    central = cells[cells["scenario"] == "central"]
    both = pd.concat([central, central.assign(sido="00")], ignore_index=True)
    sums = both.groupby(["ksco7", "sido"], as_index=False)[
        ["separated_persons", "opening_persons"]
    ].sum()
    employed = sums["opening_persons"] / len(YEARS)  # every year opens with the same people
    table, size = sums[["ksco7", "sido"]], len(sums)
    return table.assign(
        displaced_share=np.minimum(sums["separated_persons"] / employed, 1.0),
        destinations=rng.uniform(2, 20, size),
        openings_per_100=rng.gamma(2, 1.0, size),
        wage_ratio=rng.uniform(0.7, 1.2, size),
        opportunity=rng.uniform(0, 1, size),
    )


def _capacity(rng):
    table = product(ksco7=occupations(), age_group=AGE_GROUPS, sido=provinces())
    parts = {
        name: rng.uniform(0, 1, len(table))
        for name in ("age", "education", "wage", "moves", "local_demand")
    }
    table = table.assign(**parts, capacity=np.mean(list(parts.values()), axis=0))
    return table.assign(lower80=0.8 * table["capacity"], upper80=(1 + table["capacity"]) / 2)


def _priority(rng, capacity, cells):
    people = cells.drop_duplicates(CELL)[[*CELL, "opening_persons"]]
    base = capacity[[*CELL, "capacity"]].merge(people, on=CELL, how="left", validate="one_to_one")
    base = base.rename(
        columns={"capacity": "adaptive_capacity", "opening_persons": "employed_persons"}
    )
    parts = []
    for year, scenario in itertools.product(YEARS, ("central",)):
        part = base.assign(
            year=year,
            scenario=scenario,
            displaced_share=rng.beta(0.7, 60, len(base)),
            expected_gain=rng.uniform(0.05, 0.3, len(base)),
        )
        score = part["displaced_share"] * (1 - part["adaptive_capacity"]) * part["expected_gain"]
        rank = score.rank(ascending=False, method="first").astype(int)
        parts.append(part.assign(priority=score, rank=rank))
    return pd.concat(parts, ignore_index=True)


def _variance(rng):
    sources = (
        "index", "model", "crosswalk", "adoption", "employment", "mechanism", "transitions",
    )  # fmt: skip
    table = product(need=NEEDS, source=sources)
    first = rng.dirichlet(np.ones(len(table))) * 2.4
    return table.assign(
        first_order=first, first_order_se=0.03, total_effect=first + 0.05, total_effect_se=0.04,
        draws=256,
    )  # fmt: skip


def _sensitivity(rng, totals):
    base = totals.query("scenario == 'central'").groupby("need")["persons"].sum()
    table = product(name=PARAMETERS, need=NEEDS)
    persons = table["need"].map(base)
    return table.assign(
        low=0.1, high=0.8, base_persons=persons,
        at_low=persons * rng.uniform(0.5, 1.1, len(table)),
        at_high=persons * rng.uniform(0.9, 1.8, len(table)),
        at_neutral=persons * rng.choice([0.0, 0.9, 1.2], len(table)),
    )  # fmt: skip


def _age_pattern():
    return _with_interval(
        pd.DataFrame(
            {
                "age_group": AGE_GROUPS,
                "observed_persons": [-90.0, np.nan, np.nan, 80.0, np.nan],
                "observed_high_exposure": [-85.0, np.nan, np.nan, 50.0, np.nan],
                "observed_low_exposure": [-5.0, np.nan, np.nan, 30.0, np.nan],
                "ai_effect": [-400.0, -200.0, -180.0, 20.0, -30.0],
                "baseline_change": [-9_000.0, -2_000.0, 1_000.0, 6_000.0, 20_000.0],
                "source": ["synthetic", None, None, "synthetic", None],
            }
        ),
        "ai_effect",
    )


def _flows(rng):
    outcomes = ("employed", "separated", "not_employed", "long_term")
    table = product(
        year=YEARS, scenario=SCENARIOS, model=("ledger", "labour_flow_network"), outcome=outcomes
    )
    sign = np.where(table["outcome"] == "employed", -1.0, 1.0)
    size = 3_000 * table["scenario"].map(STRENGTH) * (table["year"] - 2024)
    persons = sign * size * rng.uniform(0.4, 1, len(table))
    return _with_interval(table.assign(persons=persons, draws=60))


def _flows_by_occupation(rng):
    table = product(ksco7=occupations(), year=YEARS, scenario=("central",))
    return table.assign(
        shock=-rng.beta(1, 80, len(table)),
        ledger_not_employed=rng.beta(1, 200, len(table)),
        network_not_employed=rng.beta(1, 150, len(table)),
        draws=60,
    )
