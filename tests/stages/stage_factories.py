"""Small inputs made of the real types: codes are real, figures are made up and mean nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from forecast.checked import labelled
from forecast.data import reference
from forecast.options import (
    CohortOptions,
    FairnessOptions,
    ParameterOptions,
    ProgrammeOptions,
    ScenarioOptions,
)
from forecast.types import (
    AGE_GROUPS,
    NEEDS,
    AdoptionForecast,
    EmploymentForecast,
    ExposureGrowth,
    ExposureResult,
    OccupationScores,
    ReskillingDemand,
)

CONF = Path(__file__).resolve().parents[2] / "conf"
OCCUPATIONS = ("11", "22", "31", "52", "94")
SIDO = ("11", "26", "30", "36", "41")
COHORT_JOBS = ("22", "31", "75")  # some for each track of smart manufacturing
COHORT_TABLES = (
    *("programmes", "beside_programmes", "programme_figures", "contradictions"),
    *("stage_totals", "campuses", "sido", "employment_sex", "ksco7"),
)


def scenario_options(name: str = "default", *, last_year: int = 2026) -> ScenarioOptions:
    """The shipped parameters; ``neutral`` switches all of them off."""
    shipped = yaml.safe_load((CONF / "scenario" / "default.yaml").read_text(encoding="utf-8"))
    parameters = {key: ParameterOptions(**row) for key, row in shipped["parameters"].items()}
    for option in parameters.values():
        option.enabled = name != "neutral"
    return ScenarioOptions(first_year=2023, last_year=last_year, parameters=parameters)


def cohort_options(
    *,
    only: Collection[str] | None = None,
    rules: Mapping[str, Mapping[str, object]] | None = None,
    fairness: Mapping[str, float] | None = None,
    **changed: object,
) -> CohortOptions:
    """The shipped options, for two years, without other futures, a rough optimum.

    Parameters
    ----------
    only : collection of str, optional
        Programmes to plan; default: all.
    rules : mapping of str to mapping, optional
        Changes of the rule of a programme; one that is not shipped is added.
    fairness : mapping of str to float, optional
        Changes of the fairness bounds.
    """
    shipped = yaml.safe_load((CONF / "cohorts" / "default.yaml").read_text(encoding="utf-8"))
    rules = dict(rules or {})
    for group in ("beside", "programmes"):
        own = shipped[group]
        if group == "programmes":
            own |= {name: {} for name in rules if name not in own | shipped["beside"]}
        shipped[group] = {
            name: ProgrammeOptions(**{**rule, **rules.get(name, {})})
            for name, rule in own.items()
            if only is None or name in only or name in rules
        }
    shipped["fairness"] = FairnessOptions(**(shipped["fairness"] | dict(fairness or {})))
    quick = {"years": [2026, 2027], "relative_gap": 0.01}
    quick |= {"future_draws": 0, "frontier": [], "demand_changes": []}
    return CohortOptions(**(shipped | quick | changed))


def cohort_tables() -> dict[str, pd.DataFrame]:
    """The embedded reference tables that the cohort stage reads."""
    return {name: reference.load(name) for name in COHORT_TABLES}


def exposure(*, n_draw: int = 8, seed: int = 1, occupations=OCCUPATIONS) -> ExposureResult:
    rng = np.random.default_rng(seed)
    coords = {"draw": np.arange(n_draw), "occupation": list(occupations)}
    shape = (n_draw, len(occupations))
    value = rng.uniform(0.2, 0.6, size=shape)
    scores = OccupationScores(
        system="ksco7_sub_major",
        titles=pd.Series({code: f"직업 {code}" for code in occupations}),
        exposure=labelled(value, coords, unit="share"),
        complementarity=labelled(rng.uniform(0.3, 0.7, size=shape), coords, unit="share"),
        substitution=labelled(value * rng.uniform(0.4, 0.8, size=shape), coords, unit="share"),
        spread=labelled(
            np.full(len(occupations), 0.1), {"occupation": list(occupations)}, unit="share"
        ),
    )
    empty = pd.DataFrame()
    return ExposureResult(
        isco=scores,
        minor=scores,
        sub_major=scores,
        at_risk={},
        preset="kiet_2022",
        cells=empty,
        sweep=empty,
        scores=empty,
        model=None,
        model_name="none",
        columns=[],
    )


def growth(*, n_draw: int = 8, seed: int = 5, occupations=OCCUPATIONS) -> ExposureGrowth:
    rng = np.random.default_rng(seed)
    years = list(range(2021, 2036))
    steps = rng.uniform(0.05, 0.15, size=(n_draw, len(occupations), len(years)))
    coords = {"draw": np.arange(n_draw), "occupation": list(occupations), "year": years}
    return ExposureGrowth(
        daioe=labelled(np.exp(np.cumsum(steps, axis=2)), coords, unit="daioe"),
        base_year=2023,
        model="recent_linear",
        index="daioe_genai",
        history=pd.DataFrame(),
        scores=pd.DataFrame(),
    )


def adoption(*, n_draw: int = 8, seed: int = 2, last_year: int = 2030) -> AdoptionForecast:
    rng = np.random.default_rng(seed)
    years, scopes = list(range(2023, last_year + 1)), ["all:all", "industry:J"]
    last = pd.Series({"all:all": 4.2, "industry:J": 19.0})
    speed = rng.uniform(0.5, 2.0, size=(n_draw, 1, 1))
    ahead = np.arange(1, len(years) + 1)
    paths = [last.to_numpy()[:, None] + factor * speed * ahead for factor in (0.5, 1.0, 1.5)]
    value = labelled(
        np.stack(paths),
        {
            "scenario": ["slow", "central", "fast"],
            "draw": np.arange(n_draw),
            "scope": scopes,
            "year": years,
        },
        unit="percent",
        high=100.0,
    )
    return AdoptionForecast(value, "firm", last, pd.DataFrame(), pd.DataFrame(), pd.DataFrame())


def employment(
    *, n_draw: int = 8, seed: int = 3, last_year: int = 2030, occupations=OCCUPATIONS
) -> EmploymentForecast:
    rng = np.random.default_rng(seed)
    periods = [f"{year}H{half}" for year in range(2023, last_year + 1) for half in (1, 2)]
    shape = (len(occupations), len(AGE_GROUPS))
    opening = rng.uniform(50_000, 900_000, size=shape)
    steps = rng.normal(0.0, 0.01, size=(n_draw, *shape, len(periods)))
    coords = {"occupation": list(occupations), "age_group": list(AGE_GROUPS)}
    return EmploymentForecast(
        persons=labelled(
            opening[None, :, :, None] * np.exp(np.cumsum(steps, axis=-1)),
            {"draw": np.arange(n_draw), **coords, "period": periods},
            unit="persons",
        ),
        opening=labelled(opening, coords, unit="persons"),
        origin="2022H2",
        history=pd.DataFrame(),
        scores=pd.DataFrame(),
    )


def tables(*, seed: int = 4, occupations=OCCUPATIONS) -> dict[str, pd.DataFrame]:
    """The reference tables that the two stages read, with their real columns."""
    rng = np.random.default_rng(seed)
    majors = sorted({code[0] for code in occupations})
    minors = [f"{code}{last}" for code in occupations for last in "12"]
    industry = [
        (half, ksic, code) for half in ("2022H1", "2022H2") for ksic in "CJQ" for code in majors
    ]
    province = [
        (half, sido, code) for half in ("2022H1", "2022H2") for sido in SIDO for code in majors
    ]
    return {
        "employment_industry": _employed(industry, "ksic", rng),
        "employment_province": _employed(province, "sido", rng),
        "evidence": _evidence(),
        "isco_descriptors": pd.DataFrame(
            rng.normal(size=(len(minors), 3)), columns=["reading", "stamina", "repairing"]
        ).assign(isco08=[f"{code}0" for code in minors], n_soc=1, source="made_up"),
        "ksco7_isco08": pd.DataFrame(
            {"ksco7": minors, "isco08": [f"{code}0" for code in minors], "weight": 1.0}
        ),
    }


def demand(*, seed: int = 5, scale: float = 1.0) -> ReskillingDemand:
    """Made-up demand of 2023-2030 of about the size of the default run, in every 시도.

    Nobody is in need under ``no_ai``; `scale` multiplies those in need under ``central``.
    """
    rng = np.random.default_rng(seed)
    workers = sido_workers()
    sido, weight = list(workers.index), workers.to_numpy() / workers.mean()
    coords = {
        "scenario": ["no_ai", "central"],
        "draw": np.arange(3),
        "year": list(range(2023, 2031)),
        "occupation": list(COHORT_JOBS),
        "age_group": list(AGE_GROUPS),
    }
    shape = tuple(len(labels) for labels in coords.values())
    size = rng.gamma(1.0, 1.0, size=(1, len(coords["year"]), *shape[3:], len(sido), 1))
    size = size * weight[:, None] * np.array([80.0, 12.0, 5.0]) * scale  # persons a year, by need
    cells = size * rng.uniform(0.8, 1.2, size=(2, 3, *size.shape[1:]))
    cells[0] = 0.0
    place = {name: coords[name] for name in ("year", "occupation", "age_group")}
    place |= {"sido": sido}
    scenario, needs = {"scenario": coords["scenario"]}, {"need": list(NEEDS)}
    statistic = np.stack([cells.mean(axis=1), *np.quantile(cells, (0.1, 0.9), axis=1)], axis=1)
    by_province = cells.sum(axis=3).transpose(0, 1, 2, 4, 3, 5)
    provinces = {name: coords[name] for name in ("scenario", "draw", "year")}
    provinces |= {"sido": sido, "age_group": list(AGE_GROUPS), **needs}
    empty = np.zeros((2, 3, *cells.shape[2:-1]))

    def persons(values: np.ndarray, labels: dict[str, object]):
        return labelled(values, labels, unit="persons")

    return ReskillingDemand(
        persons=persons(cells.sum(axis=5), {**coords, **needs}),
        by_province=persons(by_province, provinces),
        cells=persons(
            statistic,
            {**scenario, "statistic": ["persons", "lower80", "upper80"], **place, **needs},
        ),
        parts=persons(empty, {**scenario, "part": ["opening", "touched", "separated"], **place}),
        ledger=persons(*_flows(rng, weight, scenario, place)),
        displaced=persons(empty, {**scenario, "flow": ["opening", "entry", "closing"], **place}),
        employment_factor=labelled(np.ones(shape), coords, unit="share"),
        parameters=pd.DataFrame(),
        details={"reskilling_priority": _priority(rng, place)},
    )


def sido_workers() -> pd.Series:
    """Employed of each 시도 in the last half-year published: 세종 is small, and has no campus."""
    table = reference.load("employment_province")
    last = table[(table["period"] == table["period"].max()) & (table["sido"] != "00")]
    return last.groupby("sido")["employed_persons"].sum()


def _flows(
    rng: np.random.Generator,
    weight: np.ndarray,
    scenario: dict[str, list],
    place: dict[str, list],
) -> tuple[np.ndarray, dict[str, list]]:
    """Ledger that closes: 28 million employed, of whom about a tenth start, leave and change."""
    shape = tuple(len(labels) for labels in place.values())
    opening = weight * rng.uniform(20_000.0, 110_000.0, size=shape)
    flows = {
        "opening": opening,
        "entry": opening * rng.uniform(0.1, 0.2, size=shape),
        "exit": -opening * rng.uniform(0.05, 0.12, size=shape),
        "job_change_out": -opening * rng.uniform(0.02, 0.06, size=shape),
    }
    flows["closing"] = np.sum(list(flows.values()), axis=0)
    values = np.stack([np.stack(list(flows.values()))] * len(scenario["scenario"]))
    return values, {**scenario, "flow": list(flows), **place}


def _priority(rng: np.random.Generator, place: dict[str, list]) -> pd.DataFrame:
    """Table ``reskilling_priority`` of every cell, as far as the cohort stage reads it."""
    labels = [place["sido"], place["occupation"], place["age_group"]]
    cells = pd.MultiIndex.from_product(labels, names=["sido", "ksco7", "age_group"])
    return cells.to_frame(index=False).assign(
        displaced_share=rng.uniform(0.001, 0.02, size=len(cells)),
        adaptive_capacity=rng.uniform(0.3, 0.7, size=len(cells)),
        expected_gain=rng.uniform(0.1, 0.4, size=len(cells)),
    )


def _employed(keys: list[tuple[str, ...]], column: str, rng: np.random.Generator) -> pd.DataFrame:
    table = pd.DataFrame(keys, columns=["period", column, "ksco7"])
    return table.assign(employed_persons=rng.integers(1, 900, size=len(table)) * 1000.0)


def _evidence() -> pd.DataFrame:
    rows = [
        ("job_mobility_rate", 15.1, "all"),
        ("job_mobility_rate", 16.0, "all"),
        ("job_mobility_rate", 21.1, "age_29_or_less"),
        ("job_mobility_rate", 15.6, "age_30s"),
        ("job_mobility_rate", 15.2, "age_50s"),
        ("job_mobility_rate", 14.1, "age_60_plus"),
        ("job_exit_rate", 13.6, "all"),
        ("job_entry_rate", 15.0, "all"),
        ("job_retention_rate", 70.8, "age_30s"),
        ("job_retention_rate", 76.2, "age_40s"),
        ("job_retention_rate", 75.6, "age_50s"),
        ("reemployment_rate_1y_wage", 53.4, "age_25_54"),
        ("reemployment_rate_1y_wage", 32.8, "age_55_74"),
        ("reemployment_rate_1y_nonwage", 15.7, "age_25_54"),
        ("reemployment_rate_1y_nonwage", 12.5, "age_55_74"),
        ("reemployment_rate_1y", 45.3, "age_55_74"),
        ("no_reemployment_rate_5y", 32.4, "age_55_74"),
        ("occupation_change_rate", 53.5, "midlife_job_seekers_reemployed"),
    ]
    table = pd.DataFrame(rows, columns=["key", "value", "population"])
    return table.assign(unit="percent", year="2023", source="made_up", note="")
