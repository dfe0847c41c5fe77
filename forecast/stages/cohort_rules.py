"""From options and the registry to programmes with seats: who, where, how many, which year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from forecast.errors import ConfigError, InputError
from forecast.options import CohortOptions, ProgrammeOptions
from forecast.stages.cohort_people import POOLS, People
from forecast.stages.seat_plan import largest_remainder
from forecast.stages.seat_problem import (
    Fairness,
    Floats,
    Ints,
    Pool,
    Programme,
    SeatProblem,
    Sites,
)
from forecast.types import AGE_GROUPS

PERSONS = "persons"
REST = "P000-A-REST"  # the 활동기 seats that the printed total has and no document itemises
_STAGE = "활동기"
SMART, TRACKS = "P002-SMART", ("P002-T1", "P002-T2")
CAPITAL = ("11", "28", "41")  # 수도권: 서울, 인천, 경기
_SITE_KINDS = ("campus", "province", "national")
POOL_NAMES = tuple(f"{people}/{need}" for people, need in POOLS)


def campuses(table: pd.DataFrame) -> pd.DataFrame:
    """Return the campuses among the listed places, in the order of their names."""
    is_campus = table["is_campus"].astype(str).str.lower() == "true"
    return table[is_campus].sort_values("campus", kind="stable").reset_index(drop=True)


def check_rules(options: CohortOptions) -> None:
    """Refuse options that contradict each other before anything is read."""
    rules = {**options.programmes, **options.beside}
    if not options.programmes:
        raise ConfigError("cohorts.programmes: expected at least one programme.")
    for name, rule in rules.items():
        key = f"cohorts.programmes.{name}"
        if (rule.people, rule.need) not in POOLS:
            raise ConfigError(
                f"{key}: nobody is {rule.people}/{rule.need}; expected one of {list(POOL_NAMES)}."
            )
        if rule.site_kind not in _SITE_KINDS:
            raise ConfigError(f"{key}.site_kind={rule.site_kind}: expected one of {_SITE_KINDS}.")
        if rule.beyond not in ("none", "employed", "entering", "leaving"):
            raise ConfigError(
                f"{key}.beyond={rule.beyond}: expected none, employed, entering or leaving."
            )
        wrong = sorted(set(rule.ages) - set(AGE_GROUPS))
        if wrong:
            raise ConfigError(f"{key}.ages: {wrong} expected among {list(AGE_GROUPS)}.")
    known = [*rules, REST]
    asked = {name for name, seats in options.seats.items() if seats is not None}
    unknown = sorted(asked - set(known))
    if unknown:
        raise ConfigError(f"cohorts.seats: {unknown} get no seats; expected among {known}.")
    negative = sorted(name for name, seats in options.seats.items() if (seats or 0) < 0)
    if negative:
        raise ConfigError(f"cohorts.seats: {negative} below 0; expected a whole number of seats.")
    if options.goal_semantics not in ("annual", "cumulative"):
        raise ConfigError(
            f"cohorts.goal_semantics={options.goal_semantics}: expected annual or cumulative."
        )
    if options.unitemised is not None and options.unitemised not in options.programmes:
        raise ConfigError(
            f"cohorts.unitemised={options.unitemised}: expected null or one of "
            f"{list(options.programmes)}."
        )
    if not 0 < options.minimum_class <= options.maximum_class:
        raise ConfigError(
            f"cohorts: expected 0 < minimum_class <= maximum_class, got {options.minimum_class} "
            f"and {options.maximum_class}."
        )
    if not 0 < options.maximum_share_per_campus <= 1:
        raise ConfigError(
            "cohorts.maximum_share_per_campus: expected above 0 to 1, got "
            f"{options.maximum_share_per_campus:g}."
        )
    if not 0 < options.later <= 1:
        raise ConfigError(f"cohorts.later={options.later:g}: expected above 0 to 1.")
    for key in ("age", "sex", "province"):
        value = getattr(options.fairness, key)
        if not 0 <= value <= 1:
            raise ConfigError(f"cohorts.fairness.{key}={value:g}: expected 0 to 1.")
    missing = sorted(set(AGE_GROUPS) - set(options.age_priority))
    if missing or min(options.age_priority.values()) < 0:
        raise ConfigError(f"cohorts.age_priority: expected a number >= 0 for {list(AGE_GROUPS)}.")


def seats_by_year(options: CohortOptions, tables: Mapping[str, pd.DataFrame]) -> dict[str, Ints]:
    """Seats of every planned programme by planning year, and of the rest if it is planned.

    A published number is of each year (`annual`) or of all together (`cumulative`, spread evenly;
    K-* programmes and those with years of their own print a number a year). Tracks are part of
    their programme: it keeps what no track has.
    """
    registry = pd.concat([tables["programmes"], tables["beside_programmes"]])
    registry = registry.set_index("programme")
    rules = all_rules(options)
    years = list(options.years)
    made = {}
    for name, rule in rules.items():
        number = options.seats.get(name)
        if number is None:
            number = published_persons(registry, name)
            if name == SMART:
                planned = [track for track in TRACKS if track in rules]
                number -= sum(published_persons(registry, track) for track in planned)
        made[name] = _over_years(number, rule, options, spread=name not in options.beside)
    if options.unitemised is not None:
        stage: Any = tables["stage_totals"].set_index("stage").loc[_STAGE]
        rest = options.seats.get(REST)
        number = int(stage["printed"] - stage["itemised"]) if rest is None else rest
        rule = options.programmes[options.unitemised]
        made[REST] = _over_years(number, rule, options, spread=True)
    if not years:
        raise ConfigError("cohorts.years: expected at least one year.")
    return made


def published_persons(registry: pd.DataFrame, name: str) -> int:
    """Published persons of a programme; refuse one without a number or in another unit."""
    if name not in registry.index:
        raise ConfigError(
            f"cohorts.programmes.{name}: no such programme in programmes.csv or "
            "beside_programmes.csv."
        )
    row: Any = registry.loc[name]
    unit, number = row["unit"], row["published"]
    if unit != PERSONS or pd.isna(number):
        raise InputError(
            f"programmes.csv, {name}: expected a published number of persons, got {number} {unit}. "
            "Take it out of cohorts.programmes."
        )
    return int(number)


def _over_years(
    number: int, rule: ProgrammeOptions, options: CohortOptions, *, spread: bool
) -> Ints:
    years = list(options.years)
    own = np.array([not rule.years or year in rule.years for year in years])
    if spread and options.goal_semantics == "cumulative" and not rule.years:
        return largest_remainder(np.ones(len(years)), number)
    return np.where(own, number, 0).astype(np.int64)


def rules_beside(options: CohortOptions) -> dict[str, ProgrammeOptions]:
    """Programmes published beside the documents, if they are seated."""
    return dict(options.beside) if options.seat_beside else {}


def all_rules(options: CohortOptions) -> dict[str, ProgrammeOptions]:
    """Every programme that gets seats, but for the rest that nobody itemises."""
    return {**options.programmes, **rules_beside(options)}


def rules_in_order(options: CohortOptions) -> dict[str, ProgrammeOptions]:
    """Planned programmes of the documents; the rest follows the rule of whoever takes it."""
    rules = dict(options.programmes)
    if options.unitemised is not None:
        rules[REST] = replace(rules[options.unitemised])
    return rules


def seat_problem(
    options: CohortOptions,
    rules: Mapping[str, ProgrammeOptions],
    seats: Mapping[str, Ints],
    people: People,
    whole: Mapping[str, Ints],
    sites: pd.DataFrame,
) -> SeatProblem:
    """Put the arrays of :mod:`forecast.stages.seat_problem` together.

    Parameters
    ----------
    rules, seats : mapping
        Of the programmes to plan.
    people : People
    whole : mapping of str to ndarray of int (year, province, occupation, age)
        By pool: people newly in need, in whole persons.
    sites : DataFrame
        From :func:`campuses`.
    """
    used = [name for name in POOL_NAMES if any(_pool(rule) == name for rule in rules.values())]
    pools = tuple(
        Pool(name, whole[name], people.priority[name], waits=not name.startswith("entering"))
        for name in used
    )
    served_by = _served_by(options, people.provinces, sites)
    programmes = tuple(
        _programme(name, rule, seats[name], used.index(_pool(rule)), options, people, sites)
        for name, rule in rules.items()
    )
    budget = None
    if options.budget_krw:
        budget = np.array([options.budget_krw.get(year, np.inf) for year in people.years])
    room = None
    if options.room_months is not None:
        number = sites["sido"].value_counts().reindex(list(people.provinces), fill_value=0)
        room = np.asarray(number, dtype=np.float64) * options.room_months
    fair = options.fairness
    return SeatProblem(
        years=people.years,
        pools=pools,
        programmes=programmes,
        women=people.women,
        served_by=served_by,
        fairness=Fairness(age=fair.age, sex=fair.sex, province=fair.province),
        later=options.later,
        room=room,
        budget=budget,
    )


def _pool(rule: ProgrammeOptions) -> str:
    return f"{rule.people}/{rule.need}"


def _programme(
    name: str,
    rule: ProgrammeOptions,
    seats: Ints,
    pool: int,
    options: CohortOptions,
    people: People,
    sites: pd.DataFrame,
) -> Programme:
    open_to = open_cells(rule, people)
    beyond = most = None
    if rule.beyond != "none":
        by_province = np.einsum("tsoa,oa->ts", people.eligible[rule.beyond], open_to)
        total = by_province.sum(axis=1)
        if (total > 0).all():
            beyond = by_province / total[:, None]
            most = np.floor(total).astype(np.int64)
    return Programme(
        name=name,
        pool=pool,
        seats=seats,
        open_to=open_to,
        weight=np.array([float(options.age_priority[age]) for age in AGE_GROUPS]),
        beyond=beyond,
        beyond_most=most,
        sites=_sites(rule, seats, options, people, sites) if rule.site_kind == "campus" else None,
        unit_cost=_unit_cost(rule, people),
    )


def open_cells(rule: ProgrammeOptions, people: People) -> np.ndarray:
    """Whom a programme takes, bool (occupation, age)."""
    ages = np.array([not rule.ages or age in rule.ages for age in AGE_GROUPS])
    starts = tuple(rule.occupations)
    jobs = np.array([not starts or code.startswith(starts) for code in people.occupations])
    if not jobs.any():
        raise ConfigError(f"cohorts.programmes: occupations {list(starts)} are none of KSCO-7.")
    return jobs[:, None] & ages


def _sites(
    rule: ProgrammeOptions,
    seats: Ints,
    options: CohortOptions,
    people: People,
    sites: pd.DataFrame,
) -> Sites:
    places = {code: index for index, code in enumerate(people.provinces)}
    most = int(np.floor(options.maximum_share_per_campus * seats.max() + 1e-9))
    return Sites(
        province=np.array([places[code] for code in sites["sido"]], dtype=np.int64),
        smallest_class=options.minimum_class,
        largest_class=options.maximum_class,
        most=max(most, options.maximum_class),  # one class is never too much for a campus
        every_site=rule.every_campus,
        months=rule.months,
    )


def _unit_cost(rule: ProgrammeOptions, people: People) -> Floats | None:
    """Published cost of a person by province: fee and the allowance of the months, at most."""
    if not rule.fee_krw and not rule.allowance_krw:
        return None
    if rule.allowance_krw and set(rule.allowance_krw) != {"capital", "other"}:
        raise ConfigError(
            f"cohorts.programmes: allowance_krw has {sorted(rule.allowance_krw)}; expected "
            "capital and other."
        )
    allowance = rule.allowance_krw or {"capital": 0.0, "other": 0.0}
    monthly = [allowance["capital" if code in CAPITAL else "other"] for code in people.provinces]
    return rule.fee_krw + rule.allowance_months * np.array(monthly)


def _served_by(options: CohortOptions, provinces: tuple[str, ...], sites: pd.DataFrame) -> Ints:
    with_campus = set(sites["sido"])
    serving = [options.served_by.get(code, code) for code in provinces]
    unserved = [p for p, r in zip(provinces, serving, strict=True) if r not in with_campus]
    if unserved:
        raise ConfigError(
            f"cohorts.served_by: 시도 {unserved} have no campus; name the 시도 that serves each, "
            f"one of {sorted(with_campus)}."
        )
    places = {code: index for index, code in enumerate(provinces)}
    return np.array([places[code] for code in serving], dtype=np.int64)
