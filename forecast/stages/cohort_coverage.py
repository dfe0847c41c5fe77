"""Who of those in need has been given a seat so far, by age, sex and province."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from forecast.codebook_cohorts import COHORT_TABLES
from forecast.stages.cohort_names import Names
from forecast.stages.seat_problem import Floats, SeatPlan, SeatProblem


def people_open(problem: SeatProblem, pool: int) -> Floats:
    """New people whom any programme of the pool takes, (year, province, occupation, age)."""
    return problem.pools[pool].new * problem.open_in(pool).astype(float)


def without_seat(problem: SeatProblem, pool: int) -> Floats:
    """People for whom there are no seats even if all go to people in need, (year,).

    Of a pool that waits: those still waiting; else all of them up to the year.
    """
    new = people_open(problem, pool).sum(axis=(1, 2, 3))
    seats = np.sum([problem.programmes[i].seats for i in problem.of_pool(pool)], axis=0)
    if not problem.pools[pool].waits:
        return np.asarray(np.maximum(new - seats, 0.0).cumsum(), dtype=float)
    left = np.zeros(len(new))
    waiting = 0.0
    for year in range(len(new)):
        waiting = left[year] = max(waiting + new[year] - seats[year], 0.0)
    return left


def by_group(cells: Floats, women: Floats) -> dict[str, Floats]:
    """Sum cells (…, province, occupation, age) to groups: (…, group) by age, sex and province.

    Examples
    --------
    >>> cells = np.array([[[2.0], [4.0]]])  # one province, two occupations, one age
    >>> {by: sums.tolist() for by, sums in by_group(cells, np.array([0.5, 0.25])).items()}
    {'age_group': [6.0], 'sex': [2.0, 4.0], 'sido': [6.0]}
    """
    jobs = cells.sum(axis=(-3, -1))
    of_women = jobs @ women
    return {
        "age_group": cells.sum(axis=(-3, -2)),
        "sex": np.stack([of_women, jobs.sum(axis=-1) - of_women], axis=-1),
        "sido": cells.sum(axis=(-2, -1)),
    }


def coverage_table(problem: SeatProblem, plan: SeatPlan, *, labels: Names) -> pd.DataFrame:
    """Write contract table ``cohort_coverage`` of a whole-number plan.

    Counted as the fairness of the plan counts: people open to any programme of their pool, those
    in need and those seated both summed up to the year, also of people who enter and do not wait.
    By sex both are persons times the share of women in the occupation.
    """
    frames = [_of_pool(problem, plan, pool, labels) for pool in range(len(problem.pools))]
    table = pd.concat(frames, ignore_index=True)
    return table[list(COHORT_TABLES["cohort_coverage"])]


def _of_pool(problem: SeatProblem, plan: SeatPlan, pool: int, labels: Names) -> pd.DataFrame:
    people = people_open(problem, pool)
    seated: Any = sum((plan.in_need[i] for i in problem.of_pool(pool)), np.zeros_like(people))
    need, given = (by_group(cells.cumsum(axis=0), problem.women) for cells in (people, seated))
    groups = {"age_group": labels.ages, "sex": ("women", "men"), "sido": tuple(labels.provinces)}
    frames = []
    for by, codes in groups.items():
        in_need = need[by].ravel()
        share = np.full(len(in_need), np.nan)
        np.divide(given[by].ravel(), in_need, out=share, where=in_need > 0)
        frames.append(
            pd.DataFrame(
                {
                    "year": np.repeat(problem.years, len(codes)),
                    "by": by,
                    "group": list(codes) * len(problem.years),
                    "in_need": in_need,
                    "seated": given[by].ravel(),
                    "coverage": share,
                }
            )
        )
    name, need_name = problem.pools[pool].name.split("/")
    return pd.concat(frames, ignore_index=True).assign(people=name, need=need_name)
