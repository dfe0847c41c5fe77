"""What the past of all cells says about the next change of each: rows for global models.

One model for all cells learns from every change that any cell has ever made. A cell is an
occupation at an age; what it inherits from its occupation, its age, the whole country and the next
younger age (whose people grow into it) is what its own short past cannot say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.models.naive import HALVES

Floats = NDArray[np.float64]

FIRST_ROW = 4  # half-years seen by the first row: two for a level, two for a change of it
LEAST_SCALE = 500.0  # persons: half the rounding step, no cell moves by less than can be seen
HALVES_IN_AGE = 20.0  # an age group spans ten years
MANY_SIGMA = 5.0  # features beyond are cut: a new cell must not be extrapolated from


@dataclass(frozen=True)
class TrainingRows:
    """Changes that a vintage has seen, beside what was known before them.

    Parameters
    ----------
    x : ndarray (n_pair, n_series, n_feature)
        One pair is an origin and a number of half-years ahead.
    change : ndarray (n_pair, n_series)
        From the origin to the end, in scales of the series over the root of the half-years ahead:
        so far as series wander, a long change is then as large as a short one.
    known_after : ndarray (n_pair,)
        Half-years that must have been seen for the change to be known.
    """

    x: Floats
    change: Floats
    known_after: NDArray[np.int_]


def panel_features(past: Floats, *, n_age: int) -> Floats:
    """Describe every cell by changes in persons per half-year.

    Parameters
    ----------
    past : ndarray (n_series, n_seen)
        Persons by occupation and age, the age fastest; at least :data:`FIRST_ROW` half-years.
    n_age : int

    Returns
    -------
    ndarray (n_series, n_feature)
        Change per half-year since the start, over the last year and in the last half-year: its own,
        and those of its occupation and of its age at the cell's own level; the first two of the
        total; the growth of the next younger age; the net inflow if every age passed on what ageing
        takes; level of the cell and of the next younger one, by age.

    Examples
    --------
    >>> panel_features(np.arange(24.0).reshape(6, 4), n_age=3).shape
    (6, 18)
    """
    n_seen = past.shape[1]
    by_age = past.reshape(-1, n_age, n_seen)
    now = past[:, -HALVES:].mean(axis=1)
    level = np.maximum(now, LEAST_SCALE)
    occupation = np.repeat(by_age.sum(axis=1), n_age, axis=0)
    age = np.tile(by_age.sum(axis=0), (len(by_age), 1))
    total = past.sum(axis=0, keepdims=True)
    spans = (n_seen - HALVES, HALVES)
    own = level * _growth(past, spans[0])
    # An age passes people on to the next older one; nobody is younger than the first.
    has_younger = np.arange(n_age) > 0
    younger, growth_of_younger, inflow = (
        np.where(has_younger, np.roll(values.reshape(-1, n_age), 1, axis=1) - less, 0.0).ravel()
        for values, less in ((now, 0.0), (own, 0.0), (now, now.reshape(-1, n_age)))
    )
    columns = [own, level * _growth(past, spans[1]), past[:, -1] - past[:, -2]]
    for group in (occupation, age):
        columns += [level * _growth(group, span) for span in spans]
        columns += [level * _last_growth(group)]
    columns += [level * _growth(total, span) for span in spans]
    columns += [growth_of_younger, inflow / HALVES_IN_AGE]
    of_age = np.tile(np.eye(n_age), (len(by_age), 1)) / HALVES_IN_AGE
    return np.column_stack([*columns, of_age * level[:, None], (of_age * younger[:, None])[:, 1:]])


def panel_scale(past: Floats) -> Floats:
    """Return the usual yearly change of each series (n_series,), at least half the rounding step.

    Examples
    --------
    >>> panel_scale(np.array([[0.0, 0.0, 2000.0, 2000.0]]))
    array([2000.])
    """
    return np.maximum(np.abs(past[:, HALVES:] - past[:, :-HALVES]).mean(axis=1), LEAST_SCALE)


def forecast_rows(past: Floats, horizon: int, *, n_age: int) -> Floats:
    """Return features of every step ahead of `past` (horizon, n_series, n_feature).

    In scales of the series; the last two columns are the root of the half-years ahead, which a
    steady growth multiplies, and which half of the year it ends in.
    """
    features = panel_features(past, n_age=n_age) / panel_scale(past)[:, None]
    steps = np.arange(1, horizon + 1)
    root = np.broadcast_to(np.sqrt(steps)[:, None, None], (horizon, len(past), 1))
    half = np.broadcast_to(
        ((past.shape[1] + steps) % HALVES)[:, None, None], (horizon, len(past), 1)
    )
    every = np.broadcast_to(features, (horizon, *features.shape))
    return np.concatenate([every, root, half.astype(float)], axis=2)


def training_rows(
    history: Floats, horizon: int, *, n_age: int, breaks: Sequence[int] = ()
) -> TrainingRows:
    """Collect every change up to `horizon` half-years long inside `history`.

    Parameters
    ----------
    history : ndarray (n_series, n_time)
    horizon : int
    n_age : int
    breaks : sequence of int
        Columns of half-years that were broken from outside: changes from before to after teach
        nothing about the times between breaks and are left out.

    Returns
    -------
    TrainingRows
        Ordered by origin, then length; rows of one origin use what was known there alone.
    """
    n_time = history.shape[1]
    x, change, known_after = [], [], []
    for n_seen in range(FIRST_ROW, n_time):
        past = history[:, :n_seen]
        rows = forecast_rows(past, min(horizon, n_time - n_seen), n_age=n_age)
        scale = panel_scale(past)
        for step, row in enumerate(rows, start=1):
            end = n_seen + step - 1
            if any(n_seen - 1 < column <= end for column in breaks):
                continue
            x.append(row)
            change.append((history[:, end] - past[:, -1]) / scale / np.sqrt(step))
            known_after.append(end + 1)
    return TrainingRows(np.array(x), np.array(change), np.array(known_after, dtype=int))


def standardised(x: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return centre and spread, above zero, of each feature in the `known` pairs."""
    seen = x[known].reshape(-1, x.shape[2])
    spread = seen.std(axis=0)
    return seen.mean(axis=0), np.where(spread > 0, spread, 1.0)


def within_reach(x: Floats, centre: Floats, spread: Floats) -> Floats:
    """Standardise features and cut what lies beyond :data:`MANY_SIGMA`."""
    return np.clip((x - centre) / spread, -MANY_SIGMA, MANY_SIGMA)


def _growth(series: Floats, span: int) -> Floats:
    """Growth per half-year of yearly means over `span` half-years, relative to the mean level."""
    now = series[:, -HALVES:].mean(axis=1)
    before = series[:, -HALVES - span : series.shape[1] - span].mean(axis=1)
    level = np.maximum(series[:, -HALVES - span :].mean(axis=1), LEAST_SCALE)
    return (now - before) / span / level


def _last_growth(series: Floats) -> Floats:
    """Growth in the last half-year, relative to the mean level of the year."""
    level = np.maximum(series[:, -HALVES:].mean(axis=1), LEAST_SCALE)
    return (series[:, -1] - series[:, -2]) / level
