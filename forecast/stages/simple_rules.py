"""Rules short enough to print, and what they lose against the best choice of people.

Every rule gives the seats of the plan in the first year to people of one pool, in order of groups
(occupations, ages, leaves of a tree) and in proportion to need inside a group. Seats are
fractional here, and sites, classes and fairness are not asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.codebook_cohorts import COHORT_TABLES
from forecast.stages.cohort_coverage import people_open, without_seat
from forecast.stages.cohort_names import Names, age_words
from forecast.stages.cohort_rules import CAPITAL
from forecast.stages.integer_program import Floats, Ints
from forecast.stages.rule_tree import tree_groups
from forecast.stages.seat_problem import SeatPlan, SeatProblem

_LISTED = 4  # groups named in words; the others are counted


@dataclass(frozen=True)
class Cells:
    """People of one pool and year who may be seated, cell by cell.

    Parameters
    ----------
    people, value : ndarray (cell,)
        Persons above 0, and gain of a seat in priority points.
    province, occupation, age : ndarray of int (cell,)
        Positions on the axes.
    women : ndarray (cell,)
        Share of women in the occupation.
    """

    people: Floats
    value: Floats
    province: Ints
    occupation: Ints
    age: Ints
    women: Floats


@dataclass(frozen=True)
class Order:
    """Who comes first: the group of each cell, 0 first, and words for each group."""

    group: Ints
    words: tuple[str, ...]


def rules_table(problem: SeatProblem, plan: SeatPlan, *, names: Names) -> pd.DataFrame:
    """Write contract table ``cohort_rules`` for the pools with fewer seats than people.

    The optimum takes cells by priority from the top and the last in part; like the rules it may
    seat everybody whom any programme of the pool takes, so plan and rules are at most as good. A
    rule may beat the plan, which is held to fairness, sites and whole numbers.

    Parameters
    ----------
    problem : SeatProblem
    plan : SeatPlan
        Its seats for people in need of each pool in the first year are what every rule gives out.
    names : Names
        Of the axes; KSCO-7 codes give the major group.
    """
    rows = []
    for pool in range(len(problem.pools)):
        seats, planned = _planned(problem, plan, pool)
        if seats <= 0.0 or without_seat(problem, pool)[0] <= 0.0:
            continue
        people, need = problem.pools[pool].name.split("/")
        cells = cells_of(problem, pool)
        best = float(fill(best_order(cells), cells.people, seats) @ cells.value)
        for rule, order in orders(cells, names).items():
            gain = float(fill(order.group, cells.people, seats) @ cells.value)
            rows.append(
                {
                    "rule": rule,
                    "people": people,
                    "need": need,
                    "year": problem.years[0],
                    "gain": gain,
                    "share_of_optimum": gain / best if best > 0 else np.nan,
                    "share_of_plan": gain / planned if planned > 0 else np.nan,
                    "words_ko": _words(order, cells.people, seats),
                }
            )
    return pd.DataFrame(rows, columns=list(COHORT_TABLES["cohort_rules"]))


def cells_of(problem: SeatProblem, pool: int) -> Cells:
    """Cells of the first year; the best age weight counts where programmes differ in it."""
    people = people_open(problem, pool)[0]
    where = np.nonzero(people)
    weight = np.max([problem.programmes[i].weight for i in problem.of_pool(pool)], axis=0)
    return Cells(
        people=people[where],
        value=problem.pools[pool].priority[where] * weight[where[2]],
        province=where[0],
        occupation=where[1],
        age=where[2],
        women=problem.women[where[1]],
    )


def orders(cells: Cells, names: Names) -> dict[str, Order]:
    """All rules for some cells, by name."""
    ages, jobs = len(names.ages), list(names.occupations.values())
    job_order = _by_mean(cells, cells.occupation, len(jobs))
    place = np.empty(len(jobs), dtype=np.int64)
    place[job_order] = np.arange(len(jobs))
    rules = {
        "proportional": Order(np.zeros(len(cells.people), dtype=np.int64), ("누구나",)),
        "priority_list": Order(place[cells.occupation], tuple(jobs[i] for i in job_order)),
        "oldest_first": Order(
            ages - 1 - cells.age, tuple(age_words(age) for age in reversed(names.ages))
        ),
    }
    for depth in (2, 3):
        rules[f"tree_{depth}"] = tree_order(cells, names, depth=depth)
    return rules


def tree_order(cells: Cells, names: Names, *, depth: int | None) -> Order:
    """Leaves of a regression tree on priority, weighted by people, highest mean first.

    Splits on age, sets of KSCO major groups (ordered by their mean priority, which loses no split
    of them in two), capital region, and share of women; `depth` None: until leaves are pure.
    """
    group, words = tree_groups(
        people=cells.people,
        value=cells.value,
        age=cells.age,
        major=np.array([code[0] for code in names.occupations])[cells.occupation],
        capital=np.array([code in CAPITAL for code in names.provinces])[cells.province],
        women=cells.women,
        ages=names.ages,
        majors=names.majors,
        depth=depth,
    )
    return Order(group, words)


def best_order(cells: Cells) -> Ints:
    """Every cell its own group, highest priority first."""
    group = np.empty(len(cells.value), dtype=np.int64)
    group[np.argsort(-cells.value, kind="stable")] = np.arange(len(group))
    return group


def fill(group: Ints, people: Floats, seats: float) -> Floats:
    """Seats per cell: groups in order, in proportion to people inside a group, never above them.

    Examples
    --------
    >>> fill(np.array([1, 0, 1]), np.array([2.0, 3.0, 6.0]), 5.0).tolist()
    [0.5, 3.0, 1.5]
    """
    return people * _filled(group, people, seats)[group]


def _filled(group: Ints, people: Floats, seats: float) -> Floats:
    """Share of each group that is given a seat."""
    size = np.bincount(group, weights=people)
    before = np.concatenate([[0.0], size.cumsum()[:-1]])
    return np.clip((seats - before) / np.maximum(size, 1e-12), 0.0, 1.0)


def _by_mean(cells: Cells, label: Ints, n: int) -> Ints:
    """Labels by their mean priority, highest first; equal ones in their order."""
    size = np.bincount(label, weights=cells.people, minlength=n)
    total = np.bincount(label, weights=cells.people * cells.value, minlength=n)
    mean = np.where(size > 0, total / np.maximum(size, 1e-12), -np.inf)
    return np.argsort(-mean, kind="stable")


def _planned(problem: SeatProblem, plan: SeatPlan, pool: int) -> tuple[float, float]:
    """Seats for people in need in the first year, and what they gain."""
    seats = gain = 0.0
    for index in problem.of_pool(pool):
        given = plan.in_need[index][0]
        worth = problem.pools[pool].priority * problem.programmes[index].weight
        seats += float(given.sum())
        gain += float((given * worth).sum())
    return seats, gain


def _words(order: Order, people: Floats, seats: float) -> str:
    """Say the order in Korean, as far as the seats reach."""
    size = np.bincount(order.group, weights=people, minlength=len(order.words))
    share = _filled(order.group, people, seats)
    share = np.pad(share, (0, len(order.words) - len(share)))
    given = [i for i in np.flatnonzero(share > 0) if size[i] > 0]
    if len(order.words) == 1:
        return f"{order.words[0]} 수요에 비례: {share[0]:.1%}"
    named = [*given[: _LISTED - 1], given[-1]] if len(given) > _LISTED else given
    parts = [
        f"{order.words[i]} " + ("모두" if share[i] >= 1.0 else f"{share[i]:.1%}") for i in named
    ]
    if len(named) < len(given):
        parts.insert(_LISTED - 1, f"그다음 {len(given) - len(named)}개 모두")
    return "먼저 " + ", 이어서 ".join(parts)
