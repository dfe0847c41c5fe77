"""Seconds and accuracy of our employment forecasts beside statsforecast's, in one run.

The series are the sub-major groups of the embedded reference, each at every age and over all ages.
Seconds are those of one forecast of all series from the last origin, in one process; accuracy is
over all origins. The loop is our own smoothing called series by series.

    python scripts/bench_forecast.py                                     # all origins
    python scripts/bench_forecast.py --origins 2021H2 --occupations 5    # a quick look
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from forecast.data.inputs import load
from forecast.models.baseline import forecast_panel
from forecast.models.combination import COMBINATION
from forecast.models.comparators import COMPARATORS
from forecast.models.hierarchy import Hierarchy, occupation_age
from forecast.models.naive import HALVES
from forecast.models.rolling import rolling_errors
from forecast.models.smoothing import ets
from forecast.options import DataOptions, EmploymentOptions
from forecast.stages.employment import panel_settings
from forecast.stages.employment_history import employment_history
from forecast.types import AGE_GROUPS
from forecast.validation.backtest import roll_origins
from forecast.validation.levels import SERIES

Floats = NDArray[np.float64]
Forecast = Callable[[Floats, int], Floats]  # past of all series, horizon -> draws of all series

OPTIONS = EmploymentOptions()
METRICS = ("mase", "crps_scaled", "coverage80")


def main() -> None:
    """Measure each model and print one line for it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--origins", nargs="+", help="last half-years seen, e.g. 2018H1 2021H2")
    parser.add_argument("--occupations", type=int, help="only the first so many")
    parser.add_argument("--draws", type=int, default=200)
    chosen = parser.parse_args()
    tree, persons, periods = observed(chosen.occupations)
    origins = chosen.origins or [
        period for period in periods if OPTIONS.first_origin <= period <= OPTIONS.last_origin
    ]
    n_seen = [periods.index(origin) + 1 for origin in origins]
    compared = models(tree, periods, n_draw=chosen.draws, n_process=2)
    test = roll_origins(
        persons,
        lambda past, horizon: {name: model(past, horizon) for name, model in compared.items()},
        origins=n_seen,
        max_horizon=OPTIONS.max_horizon,
        season=HALVES,
    )
    # After the back-test, so that the import of a library is no model's time.
    one_process = models(tree, periods, n_draw=chosen.draws, n_process=1)
    seconds = {name: timed(model, persons[:, : n_seen[-1]]) for name, model in one_process.items()}
    print(
        f"{len(persons)} series, {len(origins)} origin(s) {origins[0]} to {origins[-1]}, horizons "
        f"1 to {OPTIONS.max_horizon}, {chosen.draws} draws; {os.cpu_count()} cores"
    )
    print(f"{'model':<17}{'seconds':>9}" + "".join(f"{metric:>13}" for metric in METRICS))
    for name, spent in seconds.items():
        means = [np.nanmean(test.forecasts(name, metric)) for metric in METRICS]
        print(f"{name:<17}{spent:>9.2f}" + "".join(f"{mean:>13.3f}" for mean in means))


def observed(n_occupation: int | None) -> tuple[Hierarchy, Floats, list[str]]:
    """Return how series add up, employed persons (n_series, n_time), and the half-years."""
    table = load(DataOptions(kind="reference"))[0]["employment_age"]
    history = employment_history(table)
    cells = history.pivot(index=["ksco7", "age_group"], columns="period", values="employed_persons")
    occupations = sorted(set(history["ksco7"]))[:n_occupation]
    tree = occupation_age(occupations, AGE_GROUPS)
    values = cells.loc[[(code, age) for code in occupations for age in AGE_GROUPS]].to_numpy()
    return tree, summing(tree) @ values, list(cells.columns)


def summing(tree: Hierarchy) -> Floats:
    """Return the rows of the hierarchy that are series here; the cells come first."""
    return tree.summing[np.isin(tree.levels, SERIES)]


def models(
    tree: Hierarchy, periods: list[str], *, n_draw: int, n_process: int
) -> dict[str, Forecast]:
    """Return what is compared; processes are for the methods that take one series at a time."""
    n_cell, resolution = tree.shape[1], OPTIONS.rounding_persons

    def ours(name: str, members: list[str], past: Floats, horizon: int) -> Floats:
        made = forecast_panel(
            past[:n_cell],
            horizon,
            tree=tree,
            n_age=len(AGE_GROUPS),
            settings=panel_settings(replace(OPTIONS, members=members), periods),
            n_draw=n_draw,
            rng=np.random.default_rng(0),
            only=[name],
        )
        return np.asarray(summing(tree) @ made[name].draws)

    def looped(past: Floats, horizon: int) -> Floats:
        rng, steps, made = np.random.default_rng(0), np.arange(1, horizon + 1), []
        for series in past[:, None]:
            points = ets(series, horizon, resolution=resolution)
            variance = np.nanmean(rolling_errors(series, points)[:, 0, 0] ** 2) + resolution**2 / 12
            away = np.sqrt(variance * steps) * rng.standard_normal((n_draw, horizon))
            made.append(np.maximum(points[-1, 0] + away, 0.0))
        return np.stack(made, axis=1)

    def alone(name: str, past: Floats, horizon: int) -> Floats:
        return COMPARATORS[name](
            past,
            horizon,
            n_draw=n_draw,
            rng=np.random.default_rng(0),
            resolution=resolution,
            n_process=n_process,
        )

    members = list(OPTIONS.members)
    return {
        COMBINATION: partial(ours, COMBINATION, members),
        **{name: partial(ours, name, [name]) for name in members},
        "per-series loop": looped,
        **{name: partial(alone, name) for name in COMPARATORS},
    }


def timed(model: Forecast, past: Floats) -> float:
    """Return the seconds of one forecast."""
    started = time.perf_counter()
    model(past, OPTIONS.max_horizon)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
