"""Every table of the cohort stage: targets, their totals and registry, and what explains them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd

from forecast.options import CohortOptions, ProgrammeOptions
from forecast.stages.coarse_tables import coarse_tables
from forecast.stages.cohort_explanation import explanation_tables
from forecast.stages.cohort_registry import (
    contradictions_table,
    defaults_table,
    figures_table,
    registry_table,
)
from forecast.stages.cohort_rules import REST, SMART, all_rules, rules_beside
from forecast.stages.cohort_sites import cohort_sites
from forecast.stages.cohort_texts import OPEN
from forecast.stages.cohort_totals import checked_totals, cohort_totals
from forecast.stages.cohorts import Solved, balance_table, solve_cohorts, target_table
from forecast.types import CohortPlan, ReskillingDemand

Tables = Mapping[str, pd.DataFrame]
_PEOPLE_KO = {"employed": "재직자", "separated": "이·전직자", "entering": "구직자(취업 예정자)"}
_NEED_KO = {"ai_basic": "AI 기초", "ax": "AX", "job_change": "직무전환"}
_WHO_NEED_KO = {"ai_basic": "AI 기초가", "ax": "AX가", "job_change": "직무전환이"}


def plan_cohorts(
    options: CohortOptions,
    shipped: CohortOptions,
    demand: ReskillingDemand,
    tables: Tables,
    *,
    rng: np.random.Generator,
    advance: Callable[[str], None] = lambda text: None,
) -> CohortPlan:
    """Plan whole-number targets for every programme of persons, and explain the plan.

    Parameters
    ----------
    options, shipped : CohortOptions
        Of this run, and as the project ships them: a departure is flagged.
    demand : ReskillingDemand
        People in need by scenario, year and cell.
    tables : mapping of str to DataFrame
        The reference tables.
    rng : Generator
        Draws the futures that plans are judged under.
    advance : callable
        Told what is being done.

    Raises
    ------
    InfeasiblePlan, ConfigError
        See :func:`forecast.stages.cohorts.solve_cohorts`.
    """
    solved = solve_cohorts(options, demand, tables, advance=advance)
    advance("cohorts: dealing seats out to sites and people")
    targets = target_table(solved, tables)
    balance = balance_table(solved)
    sites = cohort_sites(
        tables,
        years=options.years,
        regions=options.regions,
        weights=_employed(solved),
        semantics=options.goal_semantics,
    )
    totals = cohort_totals(
        tables, targets, years=options.years, semantics=options.goal_semantics, sites=sites
    )
    rules = all_rules(options)
    details = {
        "cohort_release": release_table(targets, options.release_years),
        "cohort_balance": balance,
        "cohort_sites": sites,
        "cohort_programmes": registry_table(
            tables, {name: _for_whom(rule) for name, rule in rules.items()}, options.years
        ),
        "cohort_figures": figures_table(tables),
        "cohort_defaults": defaults_table(open_values(options), open_values(shipped)),
        "cohort_contradictions": contradictions_table(tables),
        **explanation_tables(options, solved, demand, tables, rng=rng, advance=advance),
    }
    plans = [done.plan for done in solved.rounds]
    gain, bound = (float(sum(getattr(plan, key) for plan in plans)) for key in ("gain", "bound"))
    return CohortPlan(
        targets=targets,
        totals=checked_totals(totals, _published_years(options)),
        objective=gain,
        gap=max(bound - gain, 0.0) / bound if bound > 0 else 0.0,
        notes=_notes(solved, balance, options),
        details=details,
    )


def open_values(options: CohortOptions) -> dict[str, object]:
    """Value of every option that fills what the documents leave open."""
    rules = all_rules(options)
    values = asdict(options) | {
        "every_campus": [name for name, rule in rules.items() if rule.every_campus],
        "programmes": {name: _for_whom(rule) for name, rule in options.programmes.items()},
        "beside": {name: _for_whom(rule) for name, rule in rules_beside(options).items()},
        "beyond_need": {name: rule.beyond for name, rule in rules.items()},
    }
    return {key: values[key] for key in OPEN}


def release_table(targets: pd.DataFrame, years: Collection[int]) -> pd.DataFrame:
    """Write contract table ``cohort_release``: coarser tables that may be handed out together.

    Numbers below five, and those that would give one away, are empty in all of them.
    """
    made = []
    chosen = targets[targets["year"].isin(list(years))]
    for dims, table in coarse_tables(chosen).items() if len(chosen) else ():
        named = [dim for dim in dims if dim not in ("year", "programme")]
        persons = table["persons"].astype("Int64").mask(table["mark"] != "")
        made.append(table[list(dims)].assign(level=" x ".join(named) or "all", persons=persons))
    columns = ["year", "programme", "level", "site", "sido", "major", "age_group", "need"]
    empty = pd.DataFrame(columns=[*columns, "persons"])
    return pd.concat(made, ignore_index=True).reindex(columns=empty.columns) if made else empty


def _for_whom(rule: ProgrammeOptions) -> str:
    """Who gets its seats, in both languages."""
    ages = ", ".join(rule.ages) or "all ages"
    jobs = f", KSCO {'/'.join(rule.occupations)}" if rule.occupations else ""
    korean = f"{_WHO_NEED_KO[rule.need]} 필요한 {_PEOPLE_KO[rule.people]}"
    return f"{rule.people} in need of {rule.need}, {ages}{jobs} / {korean}"


def _published_years(options: CohortOptions) -> dict[str, list[int]]:
    """Years in which each programme must be given its published number exactly."""
    rules = all_rules(options)
    return {
        name: [year for year in options.years if not rule.years or year in rule.years]
        for name, rule in rules.items()
        if options.seats.get(name) is None and name not in (SMART, REST)
    }


def _employed(solved: Solved) -> pd.Series:
    people = solved.people
    return pd.Series(people.eligible["employed"][0].sum(axis=(1, 2)), index=list(people.provinces))


def _notes(solved: Solved, balance: pd.DataFrame, options: CohortOptions) -> list[str]:
    """What the plan carries: how far seats go, and how near it is to the best plan."""
    notes = [
        f"demand: {options.scenario}, in need since {options.since_year} / "
        f"수요: {options.scenario} 시나리오, {options.since_year}년부터의 대기자"
    ]
    first = balance[balance["year"] == options.years[0]]
    for row in first.to_dict("records"):
        waiting = int(row["waiting_before"] + row["newly_in_need"])
        seats = int(row["seats_in_need"] + row["seats_beyond_need"])
        share = f"{seats / waiting:.1%}" if waiting else "-"
        people, need = _PEOPLE_KO[row["people"]], _NEED_KO[row["need"]]
        notes.append(
            f"{row['people']}/{row['need']} {row['year']}: {seats:,} seats, {waiting:,} people in "
            f"need ({share}), {int(row['seats_beyond_need']):,} seats above the need / "
            f"{people} {need}: 정원 {seats:,}명, 필요 {waiting:,}명, 필요 초과 정원 "
            f"{int(row['seats_beyond_need']):,}명"
        )
    for done in solved.rounds:
        plan = done.plan
        notes.append(
            f"integer programme of {len(done.rules)} programmes: proven gap {plan.gap:.4%} / "
            f"정수계획 {len(done.rules)}개 사업: 최적해와의 증명된 차이 {plan.gap:.4%}"
        )
    whole = sum(int(array.sum()) for array in solved.whole.values())
    exact = float(np.sum([array.sum() for array in solved.people.new.values()]))
    notes.append(
        f"people in need: {exact:,.1f} projected, {whole:,} after rounding each year to whole "
        f"people / 필요 인원 {exact:,.1f}명을 연도별로 반올림해 {whole:,}명"
    )
    return notes
