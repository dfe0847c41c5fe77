"""Small panels of occupations by age whose truth is known. Figures mean nothing."""

from __future__ import annotations

import numpy as np

from forecast.models.hierarchy import Hierarchy, occupation_age

AGES = ("15-29", "30-39", "40-49")
N_AGE = len(AGES)
CODES = ("11", "12", "21", "22", "31", "32", "41", "42", "51", "52", "61", "62")


def tree(n_occupation: int = 6) -> Hierarchy:
    """Hierarchy of the first occupations at every age."""
    return occupation_age(CODES[:n_occupation], AGES)


def walks(
    *,
    n_occupation: int = 6,
    n_time: int = 14,
    seed: int = 0,
    common: float = 0.0,
    step: float = 2_000.0,
) -> np.ndarray:
    """Random walks in persons (n_cell, n_time); steps share the part `common` of their variance."""
    rng = np.random.default_rng(seed)
    shape = (n_occupation * N_AGE, n_time)
    alone, together = rng.normal(size=shape), rng.normal(size=n_time)
    steps = np.sqrt(1.0 - common) * alone + np.sqrt(common) * together
    return 80_000.0 + step * steps.cumsum(axis=1)


def cohort_flow(
    *, n_occupation: int = 12, n_time: int = 14, seed: int = 0, passed_on: float = 0.25
) -> np.ndarray:
    """Panel in which every age passes a part of its people to the next one each half-year.

    Entrants come in waves, so a level rises and falls as the wave passes through: its own past
    line says little about what comes, the next younger age says all of it.
    """
    rng = np.random.default_rng(seed)
    people = rng.uniform(20_000.0, 200_000.0, size=(n_occupation, N_AGE))
    made = [people]
    for _ in range(n_time - 1):
        entrants = rng.uniform(0.0, 60_000.0, size=(n_occupation, 1))
        inflow = np.concatenate([entrants, passed_on * people[:, :-1]], axis=1)
        people = people * (1.0 - passed_on) + inflow
        made.append(people)
    return np.stack(made, axis=-1).reshape(n_occupation * N_AGE, n_time)
