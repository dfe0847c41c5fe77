"""Controlled rounding: whole numbers whose margins are the rounded margins too (HiGHS).

Knows nothing of programmes or people's needs: arrays in, integers out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.errors import ConfigError, InputError
from forecast.stages.integer_program import PRESOLVE_OFF

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

WHOLE = 1e-7  # a fraction below this is rounding noise of a sum, not a part of a person
_AXES = {"province": 0, "occupation": 1, "age": 2}
# Groupings of (province, occupation, age) cells, in the order in which they are given up. What is
# left at the end is two nested families, a network, for which a rounding always exists.
_FAMILIES: tuple[tuple[str, ...], ...] = (
    ("province", "age"),
    ("occupation", "age"),
    ("age",),
    ("province",),
    ("occupation",),
    ("province", "occupation"),
)
_ALWAYS = 5  # of the total and these families, how many never conflict


def round_under_margins(
    target: Floats, margins: Sequence[Ints], *, time_limit_seconds: float = 30.0
) -> Ints | None:
    """Round cells up or down so that every margin is rounded up or down too.

    Parameters
    ----------
    target : ndarray (cell,)
        Fractional targets, at least 0.
    margins : sequence of ndarray of int (cell,)
        One grouping of the cells each: group number of every cell. A group whose targets sum to
        a whole number keeps that number exactly.

    Returns
    -------
    ndarray of int (cell,) or None
        Floor or ceiling of every cell, preferring ceilings of large fractions; None where no such
        rounding exists (never with two margins, nor with two families of nested margins).

    References
    ----------
    Cox (1987), A constructive procedure for unbiased controlled rounding, JASA 82(398).

    Examples
    --------
    >>> cells = np.array([0.5, 0.5, 0.5, 0.5])
    >>> rows, columns = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> rounded = round_under_margins(cells, [rows, columns]).reshape(2, 2)
    >>> rounded.sum(axis=0).tolist(), rounded.sum(axis=1).tolist()
    ([1, 1], [1, 1])
    """
    target = np.asarray(target, dtype=float)
    totals = [np.bincount(groups, weights=target).astype(float) for groups in margins]
    bounds = [(_floor(total), _ceil(total)) for total in totals]
    return _round(target, margins, bounds, time_limit_seconds)


def whole_people(persons: Floats, *, time_limit_seconds: float = 30.0) -> Ints:
    """Round yearly demand to whole people, each year under all its margins at once.

    Parameters
    ----------
    persons : ndarray (year, province, occupation, age)
        Persons, at least 0.

    Returns
    -------
    ndarray of int, same shape
        Every cell rounded up or down; every year's total is the nearest whole number; margins by
        province x age, occupation x age, age and province are rounded up or down. So are those
        by occupation and by province x occupation wherever such a rounding exists, which no
        theorem promises: :func:`margin_departures` says what holds.

    Examples
    --------
    >>> persons = np.full((1, 2, 2, 2), 0.3)
    >>> whole = whole_people(persons)
    >>> int(whole.sum()), max(margin_departures(persons, whole).values()) < 1
    (2, True)
    """
    persons = np.asarray(persons, dtype=float)
    if persons.ndim != 4 or not np.isfinite(persons).all() or (persons < 0).any():
        raise InputError(
            f"people to round: expected (year, province, occupation, age) >= 0, got "
            f"{persons.shape}. Check the demand table."
        )
    whole = np.zeros(persons.shape, dtype=np.int64)
    groups = [_groups(persons.shape[1:], family) for family in _FAMILIES]
    groups = [np.zeros(persons[0].size, dtype=np.int64), *groups]
    for year, people in enumerate(persons):
        target = people.ravel()
        totals = [np.bincount(group, weights=target).astype(float) for group in groups]
        bounds = [(_floor(total), _ceil(total)) for total in totals]
        nearest = np.floor(totals[0] + 0.5)
        bounds[0] = (nearest, nearest)
        for kept in range(len(groups), _ALWAYS - 1, -1):
            found = _round(target, groups[:kept], bounds[:kept], time_limit_seconds)
            if found is not None:
                whole[year] = found.reshape(people.shape)
                break
        else:  # pragma: no cover - a network always has a rounding
            raise InputError("people to round: no whole numbers found; report this.")
    return whole


def margin_departures(persons: Floats, whole: Ints) -> dict[str, float]:
    """Largest difference of each margin from its fractional value, persons; below 1 if it holds.

    Keys name the margin: ``province x age``, ``total`` and so on, over all years.
    """
    gap = np.asarray(whole) - np.asarray(persons)
    departures = {"cell": float(np.abs(gap).max(initial=0.0))}
    for family in (*_FAMILIES, ()):
        others = tuple(axis + 1 for name, axis in _AXES.items() if name not in family)
        key = " x ".join(family) or "total"
        departures[key] = float(np.abs(gap.sum(axis=others)).max(initial=0.0))
    return departures


def _groups(shape: tuple[int, ...], family: Sequence[str]) -> Ints:
    """Group number of every cell of (province, occupation, age) under a margin."""
    index = np.indices(shape)
    axes = [_AXES[name] for name in family]
    number = np.ravel_multi_index([index[a] for a in axes], [shape[a] for a in axes])
    return np.asarray(number, dtype=np.int64).ravel()


def _round(
    target: Floats,
    margins: Sequence[Ints],
    bounds: Sequence[tuple[Floats, Floats]],
    seconds: float,
) -> Ints | None:
    lower = _floor(target)
    fraction = np.clip(target - lower, 0.0, 1.0)
    free = np.flatnonzero(fraction > WHOLE)
    rows, starts = [], [0]
    low, high = [], []
    for groups, (least, most) in zip(margins, bounds, strict=True):
        fixed = np.bincount(groups, weights=lower, minlength=len(least))
        low.append(least - fixed)
        high.append(most - fixed)
        rows.append(groups[free] + starts[-1])
        starts.append(starts[-1] + len(least))
    rounded = lower.astype(np.int64)
    every_low = np.concatenate([*low, np.zeros(0)])
    every_high = np.concatenate([*high, np.zeros(0)])
    if not len(free):
        return rounded if (every_low <= 0).all() and (every_high >= 0).all() else None
    # A tiny order-dependent tilt makes the optimum unique: the same input gives the same cells.
    cost = 0.5 - fraction[free] + 1e-6 * np.arange(len(free)) / len(free)
    ups = _ups(cost, rows, every_low, every_high, seconds)
    if ups is None:
        return None
    rounded[free] += ups
    return rounded


def _ups(
    cost: Floats, rows: Sequence[Ints], low: Floats, high: Floats, seconds: float
) -> Ints | None:
    """Which cells go up at least cost: a linear programme, integer only if its corner is not."""
    import highspy  # 50 ms and a native library: only when something is rounded

    model: Any = highspy.HighsLp()
    count, each = len(cost), len(rows)
    model.num_col_, model.num_row_ = count, len(low)
    model.col_cost_ = cost
    model.col_lower_, model.col_upper_ = np.zeros(count), np.ones(count)
    model.row_lower_, model.row_upper_ = low, high
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.arange(count + 1, dtype=np.int32) * each
    index = np.stack(rows, axis=1) if each else np.zeros((count, 0))
    model.a_matrix_.index_ = index.astype(np.int32).ravel()
    model.a_matrix_.value_ = np.ones(count * each)
    highs: Any = highspy.Highs()
    highs.silent()
    # One thread and a fixed seed: equal inputs give equal cells on any machine.
    for option, value in {
        "threads": 1,
        "random_seed": 1,
        "parallel": "off",
        "time_limit": float(seconds),
        "presolve_rule_off": PRESOLVE_OFF,
        "mip_max_improving_sols": 1,  # any whole solution of the few cells left will do
    }.items():
        highs.setOptionValue(option, value)
    highs.passModel(model)
    solution = _run(highs, highspy)
    if solution is not None and (part := np.abs(solution - solution.round()) > 1e-6).any():
        every = np.arange(count, dtype=np.int32)
        kind = np.full(count, int(highspy.HighsVarType.kInteger), dtype=np.uint8)
        highs.changeColsIntegrality(count, every, kind)
        # Most cells are whole already: first choose among the others only, then among all.
        low_part, high_part = (
            np.where(part, 0, solution.round()),
            np.where(part, 1, solution.round()),
        )
        highs.changeColsBounds(count, every, low_part, high_part)
        solution = _run(highs, highspy)
        if solution is None:
            highs.changeColsBounds(count, every, np.zeros(count), np.ones(count))
            solution = _run(highs, highspy)
    return None if solution is None else solution.round().astype(np.int64)


def _run(highs: Any, api: Any) -> Floats | None:
    highs.run()
    status, known = highs.getModelStatus(), api.HighsModelStatus
    if status == known.kTimeLimit and highs.getInfo().primal_solution_status != 2:
        raise ConfigError("HiGHS found no rounding in time: raise cohorts.time_limit_seconds.")
    if status not in (known.kOptimal, known.kSolutionLimit, known.kTimeLimit):
        return None
    return np.asarray(highs.getSolution().col_value, dtype=float)


def _floor(values: Floats) -> Floats:
    return np.asarray(np.floor(values + WHOLE))


def _ceil(values: Floats) -> Floats:
    return np.asarray(np.ceil(values - WHOLE))
