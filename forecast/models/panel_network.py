"""A global network of employment changes: the networks of all vintages trained side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forecast.models.naive import FIRST_VINTAGE, vintages
from forecast.models.panel_design import (
    forecast_rows,
    standardised,
    training_rows,
    within_reach,
)
from forecast.models.panel_members import REACH, levels, told

Floats = NDArray[np.float64]
Memory = dict[bytes, Floats]  # vintage, by what it had seen -> the changes it expects

N_MEMBER = 8  # networks per vintage, averaged
N_STEP, N_BATCH = 250, 256
N_HIDDEN, LEARNING_RATE, DECAY = 16, 1e-2, 1e-4


def network(
    history: Floats,
    horizon: int,
    *,
    n_age: int,
    damping: float,
    breaks: Sequence[int] = (),
    first: int = FIRST_VINTAGE,
    seed: int = 0,
    memory: Memory | None = None,
) -> Floats:
    """Forecast from every vintage by the mean of small networks with a linear shortcut.

    Parameters and result as :func:`forecast.models.panel_members.learnt`; `seed` and the number of
    half-years seen decide starting weights and batches. Networks of one vintage see rows known to
    it alone, and none sees another: that they are trained together changes their time only.
    Vintages that `memory` knows are not trained again, and new ones are added to it.
    """
    memory = {} if memory is None else memory
    pasts = [history[:, :n_seen] for n_seen in vintages(history.shape[1], first)]
    keys = [_key(past, n_age=n_age, breaks=breaks, seed=seed) for past in pasts]
    new = {key: past for key, past in zip(keys, pasts, strict=True) if key not in memory}
    if new:
        made = _trained(list(new.values()), n_age=n_age, breaks=breaks, seed=seed)
        memory.update(zip(new, made, strict=True))
    return np.stack(
        [
            levels(past, memory[key][:horizon], horizon, damping=damping)
            for past, key in zip(pasts, keys, strict=True)
        ]
    )


def _key(past: Floats, *, n_age: int, breaks: Sequence[int], seed: int) -> bytes:
    """Name a vintage by all that its forecast depends on."""
    seen = sorted(column for column in breaks if column < past.shape[1])
    text = repr((past.shape, n_age, seen, seed)).encode()
    return hashlib.sha256(text + np.ascontiguousarray(past).tobytes()).digest()


def _trained(pasts: list[Floats], *, n_age: int, breaks: Sequence[int], seed: int) -> list[Floats]:
    """Return the changes that each vintage expects (n_step, n_series), per root of time."""
    from forecast.models.lightning import TrainingPlan, train_batches

    history = pasts[-1]  # the longest: it holds the rows of all
    rows = training_rows(history, REACH, n_age=n_age, breaks=breaks)
    known = [rows.known_after <= past.shape[1] for past in pasts]
    taught = [place for place, mask in enumerate(known) if mask.any()]
    ahead = [forecast_rows(past, REACH, n_age=n_age) for past in pasts]
    changes = [np.zeros(row.shape[:2]) for row in ahead]
    if taught:
        scales = [standardised(rows.x, known[place]) for place in taught]
        flat = rows.x.reshape(-1, rows.x.shape[2])
        rngs = [np.random.default_rng([seed, pasts[place].shape[1]]) for place in taught]
        batches = [
            _batches(known[place], len(history), rng=rng)
            for place, rng in zip(taught, rngs, strict=True)
        ]
        weights = train_batches(
            np.stack([within_reach(flat, *scale) for scale in scales]),
            told(rows.change).reshape(-1, 1),
            np.stack(batches, axis=1),
            n_member=N_MEMBER,
            plan=TrainingPlan(N_HIDDEN, N_STEP, LEARNING_RATE, DECAY, DECAY),
            seeds=[int(rng.integers(2**31)) for rng in rngs],
        )
        for split, (place, scale) in enumerate(zip(taught, scales, strict=True)):
            mine = {name: array[split] for name, array in weights.items()}
            changes[place] = _mean_output(within_reach(ahead[place], *scale), mine)
    return changes


def _batches(
    known: NDArray[np.bool_], n_series: int, *, rng: np.random.Generator
) -> NDArray[np.int_]:
    """Draw rows of known pairs (n_step, n_batch)."""
    pairs = np.flatnonzero(known)
    place = rng.integers(len(pairs) * n_series, size=(N_STEP, N_BATCH))
    return np.asarray(pairs[place // n_series] * n_series + place % n_series)


def _mean_output(x: Floats, weights: dict[str, Floats]) -> Floats:
    """Mean over members of the first target (n_step, n_series)."""
    flat = x.reshape(-1, x.shape[2])
    hidden = np.tanh(flat @ weights["inner"] + weights["inner_bias"])
    made = hidden @ weights["outer"] + weights["outer_bias"] + flat @ weights["skip"]
    return np.asarray(made.mean(axis=0)[:, 0].reshape(x.shape[:2]))
