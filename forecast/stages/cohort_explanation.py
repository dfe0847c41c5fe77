"""The tables that explain a plan: what binds, whom it reaches, what other plans would gain.

They are of the documents' programmes (the first round): those beside them are seated after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import cast

import numpy as np
import pandas as pd

from forecast.options import CohortOptions
from forecast.stages.cohort_coverage import coverage_table
from forecast.stages.cohort_limits import limits_table
from forecast.stages.cohort_names import names_of
from forecast.stages.cohort_people import people_of
from forecast.stages.cohort_rules import rules_in_order, seat_problem
from forecast.stages.cohorts import Solved
from forecast.stages.demand_shift import shift_table
from forecast.stages.frontier import frontier
from forecast.stages.futures import futures
from forecast.stages.other_demand import linear_seats
from forecast.stages.robust_plan import robust_table
from forecast.stages.seat_problem import Ints, SeatProblem
from forecast.stages.simple_rules import rules_table
from forecast.types import SCENARIOS, ReskillingDemand


def explanation_tables(
    options: CohortOptions,
    solved: Solved,
    demand: ReskillingDemand,
    tables: Mapping[str, pd.DataFrame],
    *,
    rng: np.random.Generator,
    advance: Callable[[str], None] = lambda text: None,
) -> dict[str, pd.DataFrame]:
    """Write the tables ``cohort_coverage`` to ``cohort_scenarios`` of the codebook.

    Parameters
    ----------
    options : CohortOptions
        `frontier`, `future_draws` and `demand_changes` say how much is tried.
    solved : Solved
    demand : ReskillingDemand
    tables : mapping of str to DataFrame
        The reference tables.
    rng : Generator
        Draws the futures.
    """
    done, people = solved.documents, solved.people
    problem, plan = done.problem, done.plan
    names = names_of(people.provinces, people.occupations, tables)
    solver = partial(
        linear_seats, starts=list(done.relaxed), time_limit_seconds=options.time_limit_seconds
    )
    made = {
        "cohort_coverage": coverage_table(problem, plan, labels=names),
        "cohort_constraints": limits_table(problem, done.relaxed, names=names),
        "cohort_rules": rules_table(problem, plan, names=names),
    }
    if options.frontier:
        advance("cohorts: what fairness costs")
        made["cohort_frontier"] = frontier(
            problem, options.frontier, chosen=problem.fairness, known=done.relaxed
        )
    if options.future_draws:
        advance("cohorts: judging plans under other futures")
        many = futures(demand, options, n=options.future_draws, rng=rng)
        made["cohort_robust"] = robust_table(
            problem, plan, many, scenario=options.scenario, solver=solver
        )
    if options.demand_changes:
        advance("cohorts: planning for other demand")

        def make(scenario: str) -> SeatProblem:
            others = people_of(options, demand, tables, scenario=scenario)
            rules = rules_in_order(options)
            fractions = cast(
                Mapping[str, Ints], others.new
            )  # a linear programme takes them as well
            return seat_problem(options, rules, solved.seats, others, fractions, solved.sites)

        made["cohort_scenarios"] = shift_table(
            make,
            problem,
            plan,
            provinces=people.provinces,
            scenario=options.scenario,
            others=_others(options, demand),
            changes=options.demand_changes,
            solver=solver,
        )
    return made


def _others(options: CohortOptions, demand: ReskillingDemand) -> Sequence[str]:
    known = [str(name) for name in demand.cells["scenario"].values]
    return [name for name in known if name not in (SCENARIOS[0], options.scenario)]
