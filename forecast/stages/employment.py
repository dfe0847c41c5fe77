"""Baseline employment by occupation and age: cells are forecast, totals are sums of their draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.checked import labelled
from forecast.errors import ConfigError
from forecast.models.baseline import PanelSettings, forecast_panel
from forecast.models.combination import COMBINATION
from forecast.models.comparators import COMPARATORS, require_comparators
from forecast.models.hierarchy import Hierarchy, occupation_age
from forecast.models.naive import HALVES, NAIVE_MODELS
from forecast.options import EmploymentOptions
from forecast.stages.control_total import control_total, with_control_total
from forecast.stages.employment_history import MINIMUM_HALVES, employment_history
from forecast.stages.employment_method import method_tables
from forecast.stages.employment_scopes import MajorDraws, forecast_scopes
from forecast.stages.half_years import half_label, half_number
from forecast.types import AGE_GROUPS, EmploymentForecast
from forecast.validation.backtest import roll_origins
from forecast.validation.scoreboard import scoreboard_tables

Floats = NDArray[np.float64]
Progress = Callable[[str], None]

COMPARATOR_PROCESSES = 2  # they take one series at a time; their draws do not depend on it


def forecast_employment(
    options: EmploymentOptions,
    tables: Mapping[str, pd.DataFrame],
    *,
    n_draw: int,
    rng: np.random.Generator,
    advance: Progress = lambda text: None,
) -> EmploymentForecast:
    """Forecast employed persons by KSCO-7 sub-major group, age and half-year, without AI effects.

    Parameters
    ----------
    options : EmploymentOptions
    tables : mapping
        Needs ``employment_age`` (period, ksco7, age_group, employed_persons); half-years without
        a gap, every sub-major group at every age.
    n_draw : int
    rng : Generator
    advance : callable
        Told which vintage is being tested, for people who wait.

    Returns
    -------
    EmploymentForecast
        Half-years from the one after the last observed to ``options.last_period``.

    Raises
    ------
    InputError, ConfigError
        If the table has gaps, or the options name periods or members that do not exist.
    """
    require_comparators(options.comparators)
    history = employment_history(tables["employment_age"])
    panel = history.pivot(index=["ksco7", "age_group"], columns="period", values="employed_persons")
    panel = panel.reindex(AGE_GROUPS, level="age_group")
    occupations, periods = sorted(set(history["ksco7"])), list(panel.columns)
    values = panel.to_numpy(dtype=float)
    ahead = _periods_ahead(periods[-1], options.last_period)
    tree = occupation_age(occupations, AGE_GROUPS)
    forecast_rng, backtest_rng, bootstrap_rng, scope_rng = rng.spawn(4)
    forecast = partial(
        forecast_panel,
        tree=tree,
        n_age=len(AGE_GROUPS),
        settings=panel_settings(options, periods),
        n_draw=n_draw,
        seed=int(rng.integers(2**31)),
        memory={},  # what a vintage has learnt is the same whoever asks for it
    )

    made = forecast(values, len(ahead), rng=forecast_rng, only=(COMBINATION,))
    baseline = made[COMBINATION]
    draws = baseline.draws
    if (control := control_total(options.control_total, tables, periods=ahead)) is not None:
        draws = with_control_total(draws, control, mode=options.control_mode)
    majors_by_origin: dict[str, Floats] = {}

    def draw_nodes(past: Floats, horizon: int) -> dict[str, Floats]:
        origin = periods[past.shape[1] - 1]
        advance(f"employment: back-test from {origin}")
        forecasts = forecast(past[tree.rows("cells")], horizon, rng=backtest_rng)
        drawn = {name: tree.aggregate(model.draws) for name, model in forecasts.items()}
        majors_by_origin[origin] = drawn[COMBINATION][:, tree.rows("majors")]
        return drawn | _beside(past, horizon, options, n_draw=n_draw, rng=backtest_rng)

    test = roll_origins(
        tree.aggregate(values),
        draw_nodes,
        origins=backtest_origins(periods, options),
        max_horizon=options.max_horizon,
        season=HALVES,
        hierarchy=tree,
    )
    details = scoreboard_tables(
        test,
        tree,
        stage="employment",
        default=COMBINATION,
        naive=list(NAIVE_MODELS),
        rng=bootstrap_rng,
    )
    details |= method_tables(baseline, tree, periods, declared=options.breaks)
    advance("employment: industries and provinces")
    majors = _majors(tree, periods[-1], ahead, draws, majors_by_origin)
    scopes = forecast_scopes(options, tables, majors, rng=scope_rng)
    parts = [details.pop("scores"), *(scope.scores for scope in scopes.values())]
    boards = [details["scoreboard"], *(scope.scoreboard for scope in scopes.values())]
    details["scoreboard"] = pd.concat(boards, ignore_index=True)
    cells: dict[str, object] = {"occupation": occupations, "age_group": list(AGE_GROUPS)}
    coords = {"draw": np.arange(n_draw), **cells, "period": ahead}
    shape = (len(occupations), len(AGE_GROUPS))
    persons = draws.reshape(n_draw, *shape, len(ahead))
    return EmploymentForecast(
        persons=labelled(persons, coords, unit="persons", low=0.0),
        opening=labelled(values[:, -1].reshape(shape), cells, unit="persons", low=0.0),
        origin=periods[-1],
        history=history,
        scores=pd.concat(parts, ignore_index=True),
        details=details,
        scopes={name: scope.persons for name, scope in scopes.items()},
    )


def panel_settings(options: EmploymentOptions, periods: Sequence[str]) -> PanelSettings:
    """Turn the options into choices of the model, broken half-years into columns of `periods`."""
    breaks = [half_number(period, key="employment.breaks") for period in options.breaks]
    first = half_number(periods[0])
    return PanelSettings(
        members=options.members,
        candidates=options.candidates,
        sum_members=options.sum_members,
        sum_levels=options.sum_levels,
        reconciliation=options.reconciliation,
        breaks=[half - first for half in breaks],
        damping=options.drift_damping,
        resolution=options.rounding_persons,
    )


def _beside(
    past: Floats,
    horizon: int,
    options: EmploymentOptions,
    *,
    n_draw: int,
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """Forecast every node by itself: the declared naive models and the comparators asked for."""
    naive = {
        name: model.draw(past, horizon, n_draw=n_draw, rng=rng)
        for name, model in NAIVE_MODELS.items()
    }
    return naive | {
        name: COMPARATORS[name](
            past,
            horizon,
            n_draw=n_draw,
            rng=rng,
            resolution=options.rounding_persons,
            n_process=COMPARATOR_PROCESSES,
        )
        for name in options.comparators
    }


def _majors(
    tree: Hierarchy,
    origin: str,
    ahead: list[str],
    draws: Floats,
    by_origin: Mapping[str, Floats],
) -> MajorDraws:
    rows = tree.rows("majors")
    return MajorDraws(
        codes=tuple(tree.codes[row][0] for row in rows),
        origin=origin,
        periods=tuple(ahead),
        ahead=tree.aggregate(draws)[:, rows],
        by_origin=by_origin,
    )


def _periods_ahead(origin: str, last: str) -> list[str]:
    first, end = half_number(origin) + 1, half_number(last, key="employment.last_period")
    if end < first:
        raise ConfigError(
            f"employment.last_period={last} is not after the last observed half-year {origin}; "
            "choose a later one."
        )
    return [half_label(half) for half in range(first, end + 1)]


def backtest_origins(periods: list[str], options: EmploymentOptions) -> list[int]:
    """Return how many half-years each back-test vintage sees, within what the data allow."""
    first = half_number(options.first_origin, key="employment.first_origin")
    last = half_number(options.last_origin, key="employment.last_origin")
    origins = [
        n_seen
        for n_seen in range(MINIMUM_HALVES, len(periods))
        if first <= half_number(periods[n_seen - 1]) <= last
    ]
    if not origins:
        raise ConfigError(
            f"employment.first_origin={options.first_origin}, last_origin={options.last_origin}: "
            f"no half-year in between has {MINIMUM_HALVES} half-years up to it and one after it in "
            f"{periods[0]} to {periods[-1]}. Choose others."
        )
    return origins
