"""Size, seconds, gain and proven gap of the plan of seats, beside two solvers left to themselves.

The people are made (``made_demand.py``) unless a run folder is given. All programmes of
``conf/cohorts`` are planned. Each block of figures comes from a process of its own:

- ours: the steps of the cohort stage, those who still wait in a second round included;
- scipy: the integer programme of the first round handed to ``scipy.optimize.milp`` (HiGHS);
- cp_sat: the same in whole coefficients handed to OR-tools CP-SAT, where it is installed.

    python scripts/bench_cohorts.py                                   # full size, minutes
    python scripts/bench_cohorts.py --run runs/chain/20260101T000000  # the people of a run
    python scripts/bench_cohorts.py --set cohorts.years=[2026] --seconds 5 --only ours
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.optimize
from cp_sat_program import SCALE, broken, cp_sat_model, in_whole_numbers, unit_of
from made_demand import made_demand, read_demand
from threadpoolctl import threadpool_limits

from forecast.config import compose
from forecast.data import reference
from forecast.options import Options
from forecast.stages.cohort_people import People, people_of
from forecast.stages.cohort_rules import (
    campuses,
    rules_beside,
    rules_in_order,
    seat_problem,
    seats_by_year,
)
from forecast.stages.cohorts import still_waiting
from forecast.stages.integer_program import IntegerProgram, Ints
from forecast.stages.rounding import whole_people
from forecast.stages.seat_model import SeatModel, seat_model
from forecast.stages.seat_plan import plan_seats, relax_seats
from forecast.stages.seat_problem import SeatPlan, SeatProblem

ACCEPTED = {"gap": 1e-3, "seconds": 60.0, "MiB": 3 * 1024.0}
TABLES = ("programmes", "beside_programmes", "stage_totals", "campuses", "employment_sex")
WHOLE = 1e-5  # a number this close to a whole one is one
WIDTH = 34
Found = dict[str, Any]


def main() -> None:
    """Measure each solver and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--run", type=Path, help="run folder whose people are planned for")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each solver")
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--set", nargs="*", default=[], help="options as of `forecast run`")
    parser.add_argument("--only", nargs="+", choices=SOLVERS, default=list(SOLVERS))
    parser.add_argument("--one", choices=[*SOLVERS, "prepare"], help=argparse.SUPPRESS)
    parser.add_argument("--problem", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one is not None:
        with threadpool_limits(limits=1, user_api="blas"):  # as in the chain
            found = {**SOLVERS, "prepare": prepare}[chosen.one](chosen)
        print(json.dumps({**found, "peak, MiB": peak_mib()}))
        return
    print(
        f"{processors()} processors; at most {chosen.seconds:g} s; gap asked for {chosen.gap:.2%}"
    )
    with tempfile.TemporaryDirectory() as folder:
        chosen.problem = Path(folder) / "problem.pickle"
        if chosen.only != ["ours"]:
            in_new_process("prepare", chosen)
        found = {name: in_new_process(name, chosen) for name in chosen.only}
    for name, figures in found.items():
        print_one(name, figures)
    if "ours" in found:
        print_accepted(found["ours"])


def in_new_process(name: str, chosen: argparse.Namespace) -> Found:
    """Measure in a fresh interpreter."""
    script = Path(__file__).resolve()
    path = [str(script.parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    run = [] if chosen.run is None else ["--run", str(chosen.run.resolve())]
    run += ["--problem", str(chosen.problem)]
    limits = ["--seconds", str(chosen.seconds), "--gap", str(chosen.gap)]
    done = subprocess.run(
        [sys.executable, str(script), "--one", name, *run, *limits, "--set", *chosen.set],
        stdout=subprocess.PIPE, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
    )  # fmt: skip
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


# ---- the problem -----------------------------------------------------------------------------


def planned_for(chosen: argparse.Namespace) -> tuple[Options, People, dict[str, pd.DataFrame]]:
    """Options, people and tables."""
    options = compose(*chosen.set)
    tables = {name: reference.load(name) for name in TABLES}
    demand = made_demand(options) if chosen.run is None else read_demand(chosen.run, options)
    return options, people_of(options.cohorts, demand, tables), tables


def prepare(chosen: argparse.Namespace) -> Found:
    """Write the problem of the programmes of the documents for the other solvers.

    OR-tools brings a HiGHS of its own, beside which highspy does not load: rounding people is left
    to a process before.
    """
    options, people, tables = planned_for(chosen)
    whole = {name: whole_people(new) for name, new in people.new.items()}
    problem = problem_of(options, people, tables, whole, beside=False)
    chosen.problem.write_bytes(pickle.dumps(problem))
    return {}


def problem_of(
    options: Options,
    people: People,
    tables: dict[str, pd.DataFrame],
    whole: dict[str, Ints],
    *,
    beside: bool,
) -> SeatProblem:
    """Put a round together."""
    rules = (rules_beside if beside else rules_in_order)(options.cohorts)
    seats = seats_by_year(options.cohorts, tables)
    sites = campuses(tables["campuses"])
    return seat_problem(options.cohorts, rules, seats, people, whole, sites)


def everything(problem: SeatProblem) -> tuple[SeatModel, IntegerProgram]:
    """All pools in one integer programme."""
    model = seat_model(problem, list(range(len(problem.pools))))
    return model, model.build.finish()


# ---- solvers ---------------------------------------------------------------------------------


def ours(chosen: argparse.Namespace) -> Found:
    """The steps of the cohort stage, timed."""
    options, people, tables = planned_for(chosen)
    clock = [time.perf_counter()]
    whole = {name: whole_people(new) for name, new in people.new.items()}
    clock.append(time.perf_counter())
    problem = problem_of(options, people, tables, whole, beside=False)
    _, program = everything(problem)
    clock.append(time.perf_counter())
    limits = {"relative_gap": chosen.gap, "time_limit_seconds": chosen.seconds}
    relaxed = relax_seats(problem, time_limit_seconds=chosen.seconds)
    plan = plan_seats(problem, relaxed=relaxed, **limits)
    clock.append(time.perf_counter())
    if plan is None:
        raise SystemExit("no plan exists: the choices conflict")
    left = dict(whole)
    for index, pool in enumerate(problem.pools):
        members = [plan.in_need[i] for i in problem.of_pool(index)]
        left[pool.name] = still_waiting(pool.new, np.sum(members, axis=0))
    second = None
    if rules_beside(options.cohorts):
        second = plan_seats(problem_of(options, people, tables, left, beside=True), **limits)
    clock.append(time.perf_counter())
    seconds = np.diff(clock)
    return {
        **sizes(problem, program),
        "people to whole people, s": seconds[0],
        "building, s": seconds[1],
        "solving, s": seconds[2],
        "those who still wait, s": seconds[3],
        "seats": seats_of(plan),
        **({} if second is None else {"seats of those who still wait": seats_of(second)}),
        **result(plan.gain, plan.bound),
    }


def scipy_milp(chosen: argparse.Namespace) -> Found:
    """The whole integer programme as it is, handed to scipy's HiGHS."""
    problem = pickle.loads(chosen.problem.read_bytes())
    begin = time.perf_counter()
    model, program = everything(problem)
    built = time.perf_counter()
    found = scipy.optimize.milp(
        -program.gain,
        integrality=program.integer.astype(int),
        bounds=scipy.optimize.Bounds(program.low, program.high),
        constraints=scipy.optimize.LinearConstraint(
            program.matrix, program.row_low, program.row_high
        ),
        options={"time_limit": chosen.seconds, "mip_rel_gap": chosen.gap},
    )
    solved = time.perf_counter()
    bound = None if found.mip_dual_bound is None else -float(found.mip_dual_bound)
    figures: Found = {"building, s": built - begin, "solving, s": solved - built}
    if found.x is None:
        return {**sizes(problem, program), **figures, **result(None, bound)}
    cells = np.concatenate([found.x[columns.seat.ravel()] for columns in model.programmes])
    cut = int((np.abs(cells - np.round(cells)) > WHOLE).sum())
    figures["cells that are not whole"] = cut
    return {**sizes(problem, program), **figures, **result(-float(found.fun), bound)}


def cp_sat(chosen: argparse.Namespace) -> Found:
    """The whole integer programme in whole numbers, handed to CP-SAT."""
    if find_spec("ortools") is None:
        return {"absent": "OR-tools is not here: pip install 'forecast-kr[comparators]'"}
    problem = pickle.loads(chosen.problem.read_bytes())
    cp_model = import_module("ortools.sat.python.cp_model")
    begin = time.perf_counter()
    model, program = everything(problem)
    scaled = in_whole_numbers(problem, model, program)
    sat, columns = cp_sat_model(cp_model, scaled)
    built = time.perf_counter()
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = chosen.seconds
    solver.parameters.relative_gap_limit = chosen.gap
    solver.parameters.num_workers = processors()
    solver.parameters.random_seed = 1
    status = solver.solve(sat)
    solved = time.perf_counter()
    figures: Found = {"building, s": built - begin, "solving, s": solved - built}
    figures["status"] = solver.status_name(status)
    cut = np.abs(scaled.gain / SCALE - program.gain)[program.gain > 0].max()
    figures["scaling: gain lost at most"] = cut * sum(
        int(p.seats.sum()) for p in problem.programmes
    )
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return {**sizes(problem, program), **figures, **result(None, None)}
    values = np.array([solver.value(column) for column in columns]) / unit_of(program, model)
    figures["scaling: a row broken by at most"] = broken(program, values)
    gain, bound = float(program.gain @ values), solver.best_objective_bound / SCALE
    return {**sizes(problem, program), **figures, **result(gain, bound)}


SOLVERS = {"ours": ours, "scipy": scipy_milp, "cp_sat": cp_sat}


# ---- figures ---------------------------------------------------------------------------------


def sizes(problem: SeatProblem, program: IntegerProgram) -> Found:
    """Columns, rows, entries and whole columns, and what they are of."""
    years, provinces, jobs, ages = problem.pools[0].new.shape
    sites = [len(p.sites.province) for p in problem.programmes if p.sites is not None]
    return {
        "of": f"{len(problem.programmes)} programmes, {max(sites, default=0)} campuses, {jobs} "
        f"occupations, {ages} ages, {provinces} provinces, {years} years",
        "columns": program.matrix.shape[1],
        "rows": program.matrix.shape[0],
        "nonzeros": program.matrix.nnz,
        "integers": int(program.integer.sum()),
    }


def seats_of(plan: SeatPlan) -> int:
    """All seats given out."""
    return int(sum(seats.sum() for seats in plan.in_need) + plan.beyond.sum())


def result(gain: float | None, bound: float | None) -> Found:
    """Gain, proven bound and gap."""
    known = gain is not None and bound is not None and bound > 0
    gap = max(bound - gain, 0.0) / bound if known and gain is not None and bound else None
    return {"gain": gain, "bound": bound, "proven gap": gap}


def print_one(name: str, found: Found) -> None:
    """Print the figures of one solver, a line each."""
    if "absent" in found:
        print(f"\n{name}: {found['absent']}")
        return
    print(f"\n{name}: {found.pop('of')}")
    for what, value in found.items():
        print(f"{what:<{WIDTH}}{shown(what, value):>16}")


def shown(what: str, value: object) -> str:
    """A figure as text."""
    if value is None:
        return "none in time"
    if isinstance(value, float):
        if what == "proven gap":
            return f"{value:.4%}"
        if what.startswith("scaling"):
            return f"{value:.2g}"
        return f"{value:,.2f}" if what.endswith(" s") else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def print_accepted(found: Found) -> None:
    """Say whether the plan is within what was asked for."""
    seconds = found["solving, s"]
    met = {
        f"gap {ACCEPTED['gap']:.1%}": found["proven gap"] <= ACCEPTED["gap"],
        f"{ACCEPTED['seconds']:g} s": seconds <= ACCEPTED["seconds"],
        f"{ACCEPTED['MiB']:,.0f} MiB": found["peak, MiB"] <= ACCEPTED["MiB"],
    }
    print("\naccepted: " + ", ".join(f"{what} {'yes' if ok else 'NO'}" for what, ok in met.items()))


def peak_mib() -> float:
    """Peak resident memory of this process so far."""
    unit = 1024**2 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def processors() -> int:
    """How many this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


if __name__ == "__main__":
    main()
