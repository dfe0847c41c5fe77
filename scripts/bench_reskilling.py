"""Seconds and peak memory of the reskilling stage alone, and how they grow with draws.

The inputs are made: tables of the embedded reference, but exposure, adoption and employment walk at
random, because the stages before would take minutes and the work is the same for any figures. Each
line of figures comes from a process of its own. Beside the stage:

- the country as one province, and on the same shock the labour-flow network of del Rio-Chanona et
  al. (2021), which has neither provinces nor ages;
- the ledger as a loop over pandas rows, for a few years of a few draws, whose flows must equal
  ours; its seconds are scaled up to all years, draws and scenarios with AI.

    python scripts/bench_reskilling.py                                       # full size, minutes
    python scripts/bench_reskilling.py --set scenario.sensitivity_draws=0    # a part left out
    python scripts/bench_reskilling.py --draws 10 20 --provinces 1           # a quick look
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from made_results import made_results
from naive_ledger import naive_year, rates_of_cells, year_of_cells
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from forecast.config import compose
from forecast.models.labour_flow import mobility_network
from forecast.models.labour_flow_rates import FlowRates
from forecast.options import Options
from forecast.pipeline import STAGES, Results, stage_rng
from forecast.publishing import contract_tables
from forecast.stages.effect import Effect, apply_mechanism
from forecast.stages.flow_comparison import LedgerOutcomes, compare_flow_models
from forecast.stages.ledger import DISPLACED_FLOWS, DISPLACED_ROWS, FLOWS, ROWS
from forecast.stages.projection import walk
from forecast.stages.reskilling_draws import Draws, draw_everything
from forecast.stages.world import World, build_world
from forecast.types import SCENARIOS

CENTRAL, WITH_AI = "central", SCENARIOS[1:]
ACCEPTED_DRAWS = 500  # of the comparison, or as many as there are below
LOOP_DRAWS = 1
EQUAL = 1e-6  # persons, and relative to the flow
N_SIDO = 17
STAGE, TABLES, PEAK = "whole stage", "its tables in a run", "peak"
WIDTH = 48
Floats = NDArray[np.float64]
Mark = tuple[str, float, float]  # what begins; seconds by the clock, of processors
Marks = list[Mark]
Found = dict[str, list[float]]  # what -> the two kinds of seconds; or PEAK -> MiB


def main() -> None:
    """Measure each size and model, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--draws", type=int, nargs="+", default=[125, 250, 500, 1000])
    parser.add_argument("--years", type=int, default=2, help="of the loop: the first so many")
    parser.add_argument("--provinces", type=int, default=N_SIDO, help="of the loop: 1 to 17")
    parser.add_argument("--set", nargs="*", default=[], help="options as of `forecast run`")
    parser.add_argument("--one", choices=MEASURES, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one is not None:
        with threadpool_limits(limits=1, user_api="blas"):  # as in the chain
            found = MEASURES[chosen.one](chosen.draws[0], chosen)
        print(json.dumps({**found, PEAK: [peak_mib()]}))
        return
    stages = {n: in_new_process("stage", n, chosen) for n in sorted(chosen.draws)}
    print_stages(stages)
    below = [n for n in stages if n <= ACCEPTED_DRAWS] or list(stages)
    n_draw = below[-1]
    country = in_new_process("country", n_draw, chosen)
    loop = in_new_process("loop", LOOP_DRAWS, chosen)
    print_beside(stages[n_draw], country, loop, n_draw=n_draw, chosen=chosen)


def in_new_process(what: str, n_draw: int, chosen: argparse.Namespace) -> Found:
    """Measure in a fresh interpreter and an empty folder."""
    loop = ["--years", str(chosen.years), "--provinces", str(chosen.provinces)]
    choices = [*loop, "--set", *chosen.set]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(__file__).resolve()
        done = subprocess.run(
            [sys.executable, str(script), "--one", what, "--draws", str(n_draw), *choices],
            cwd=folder, stdout=subprocess.PIPE, text=True, check=True,
            env={**os.environ, "PYTHONPATH": str(script.parent.parent)},
        )  # fmt: skip
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def measure_stage(n_draw: int, chosen: argparse.Namespace) -> Found:
    """Run the stage as the chain does, and note the clocks at every change of what it does."""
    options, results = made_results(n_draw, chosen.set)
    marks = [mark("draws and their world")]
    STAGES["reskilling"](results, options, lambda text: marks.append(mark(text)))
    marks.append(mark(STAGE))
    alone = Results(reference=results.reference, inputs={}, reskilling=results.reskilling)
    contract_tables(alone, options)
    last = mark("")
    return {
        **spent(marks),
        STAGE: between(marks[0], marks[-1]),
        TABLES: between(marks[-1], last),
    }


def measure_country(n_draw: int, chosen: argparse.Namespace) -> Found:
    """Walk the country as one province, then send the same shock through the network."""
    options, results = made_results(n_draw, chosen.set)
    draws = drawn(options, results)
    world = build_world(options.scenario, draws, results.reference, nation=True)
    marks = [mark("country")]
    paths = [walk(world, scenario) for scenario in WITH_AI]
    marks.append(mark("between"))
    stock = np.moveaxis(world.stock, 0, 1)  # (draw, year, occupation, age_group)
    demanded = np.stack([(path.factor * stock[:, 1:]).sum(axis=3) for path in paths])
    outcomes = LedgerOutcomes(
        scenarios=WITH_AI,
        years=tuple(world.years),
        occupations=tuple(world.occupations),
        baseline=stock.sum(axis=3),
        factor=demanded / stock[:, 1:].sum(axis=3),
        separated=np.stack([path.separated for path in paths]),
        not_employed=np.stack([path.not_employed for path in paths]),
        long_term=np.stack([path.long_term for path in paths]),
    )
    marks.append(mark("network"))
    rates, moves = FlowRates(), draws.transitions
    network = mobility_network(moves.feasibility, moves.country_openings, self_loop=rates.self_loop)
    compare_flow_models(outcomes, network, rates=rates, draws=n_draw)
    return spent([*marks, mark("")])


def measure_loop(n_draw: int, chosen: argparse.Namespace) -> Found:
    """Walk a few years in rows of pandas; refuse to report seconds if it is not the same work."""
    options, results = made_results(n_draw, chosen.set)
    options.scenario.last_year = options.scenario.first_year + chosen.years - 1
    world = build_world(options.scenario, drawn(options, results), results.reference)
    marks = [mark("ours")]
    path = walk(world, CENTRAL)
    marks.append(mark("between"))
    effect = apply_mechanism(
        world.firms.sel(scenario=CENTRAL, drop=True),
        world.moving, world.parameters, world.age_factor, world.provinces.relative,
    )  # fmt: skip
    marks.append(mark("loop"))
    places = world.provinces.codes[: chosen.provinces]
    flows = np.mean([in_rows(world, effect, draw, places) for draw in range(n_draw)], axis=0)
    marks.append(mark("end"))
    ledger = [*FLOWS, *ROWS[-1:]]
    displaced = [*DISPLACED_FLOWS, *DISPLACED_ROWS[-1:]]
    ours = [path.ledger[ROWS.index(name)] for name in ledger]
    ours += [path.displaced[DISPLACED_ROWS.index(name)] for name in displaced]
    same = np.stack(ours)[..., : len(places)].reshape(flows.shape)
    np.testing.assert_allclose(flows, same, rtol=EQUAL, atol=EQUAL)
    if not (np.abs(flows).sum(axis=(1, 2)) > 0).all():
        raise ArithmeticError("a flow is zero in every cell: the comparison would prove nothing")
    return spent(marks)


def in_rows(world: World, effect: Effect, draw: int, places: list[str]) -> Floats:
    """Walk one draw in rows: (flow, year, cell). What happens in a province stays there."""
    rates, codes = rates_of_cells(world, draw), world.occupations
    likeness = pd.DataFrame(world.turnover.likeness[draw], codes, codes)
    here = rates["sido"].isin(places)
    idle, years = pd.Series(0.0, rates.index[here]), []
    for year in range(len(world.years)):
        cells = year_of_cells(world, effect, rates, draw=draw, year=year)[here]
        flows = naive_year(cells.assign(idle=idle), likeness)
        idle = flows["displaced_closing"].clip(lower=0.0)
        years.append(flows.to_numpy(dtype=float).T)
    return np.stack(years, axis=1)


def drawn(options: Options, results: Results) -> Draws:
    """Draw what the stage is uncertain about."""
    assert results.exposure and results.adoption and results.employment
    given = (results.exposure, results.adoption, results.employment, results.reference)
    return draw_everything(options.scenario, *given, rng=stage_rng(options.seed, "reskilling"))


def spent(marks: Marks) -> Found:
    """Seconds between one mark and the next, by what began there."""
    return {begin[0]: between(begin, end) for begin, end in itertools.pairwise(marks)}


def between(begin: Mark, end: Mark) -> list[float]:
    """Seconds by the clock and of processors, all threads together."""
    return [end[1] - begin[1], end[2] - begin[2]]


def mark(text: str) -> Mark:
    """Note what begins now."""
    return text.removeprefix("reskilling: "), time.perf_counter(), time.process_time()


def peak_mib() -> float:
    """Peak resident memory of this process so far."""
    unit = 1024**2 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def print_stages(stages: dict[int, Found]) -> None:
    """Print a line per phase and a column per number of draws, then the power of time in draws."""
    print(f"{processors()} processors; seconds by the clock, [of processors]")
    print(f"{'draws':<{WIDTH}}{''.join(f'{n:>16}' for n in stages)}   power of draws")
    for phase in [name for name in next(iter(stages.values())) if name != PEAK]:
        seconds = np.array([found[phase] for found in stages.values()])
        cells = "".join(f"{clock:>8.1f} [{busy:>5.1f}]" for clock, busy in seconds)
        print(f"{phase:<{WIDTH}}{cells}{powers(list(stages), seconds)}")
    each = "".join(
        f"{found[STAGE][0] / n:>8.3f} [{found[STAGE][1] / n:>5.3f}]" for n, found in stages.items()
    )
    print(f"{'whole stage, per draw':<{WIDTH}}{each}")
    print(f"{'peak, MiB':<{WIDTH}}{''.join(f'{f[PEAK][0]:>16,.0f}' for f in stages.values())}")
    if len(stages) > 2:  # a line meets any two
        print(f"by the clock {straight(stages, 0)}; [of processors {straight(stages, 1)}]")


def straight(stages: dict[int, Found], kind: int) -> str:
    """Straight line through the seconds of the whole stage, and its largest miss."""
    n_draws = np.array(list(stages))
    seconds = np.array([found[STAGE][kind] for found in stages.values()])
    each, start = np.polyfit(n_draws, seconds, 1)
    miss = np.abs(start + each * n_draws - seconds).max()
    return f"{start:.1f} s + {each:.4f} s per draw, missed by {miss:.1f} s at most"


def powers(n_draws: list[int], seconds: Floats) -> str:
    """Slope of log seconds in log draws: 1 is linear, less where a part is there for any number."""
    if len(n_draws) == 1:
        return ""
    clock, busy = np.polyfit(np.log(n_draws), np.log(seconds), 1)[0]
    return f"{clock:>9.2f} [{busy:.2f}]"


def print_beside(
    stage: Found, country: Found, loop: Found, *, n_draw: int, chosen: argparse.Namespace
) -> None:
    """Print what the scenarios with AI take, here and in the other models."""
    scenario = compose(*chosen.set).scenario
    years = scenario.last_year - scenario.first_year + 1
    walks = np.sum([stage[f"balancing the ledger, {name}"] for name in WITH_AI], axis=0)
    done = LOOP_DRAWS * chosen.years * chosen.provinces
    looped = np.array(loop["loop"]) * n_draw * years * len(WITH_AI) * N_SIDO / done
    rows = {
        "ledger by province": (walks, stage),
        "ledger, the country as one province": (country["country"], country),
        "labour-flow network": (country["network"], country),
        "loop over pandas rows, scaled up": (looped, loop),
    }
    print(f"\n{n_draw} draws, {years} years, {', '.join(WITH_AI)}; last column: peak MiB")
    for name, ((clock, busy), found) in rows.items():
        print(f"{name:<{WIDTH}}{clock:>10,.1f} [{busy:,.1f}]{found[PEAK][0]:>10,.0f}")
    clock, busy = loop["loop"]
    print(
        f"loop: {clock:.1f} [{busy:.1f}] s for {LOOP_DRAWS} draw, {chosen.years} year(s), "
        f"{chosen.provinces} province(s), {CENTRAL}; every flow and stock equals ours to {EQUAL:g}"
    )


def processors() -> int:
    """How many this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


MEASURES = {"stage": measure_stage, "country": measure_country, "loop": measure_loop}

if __name__ == "__main__":
    main()
