"""Walk the years for many draws at once: mechanism, ledger and needs by cell and province.

A scenario of 500 draws, 51 occupations, 5 ages, 17 provinces and 8 years is 17 million cells for
each of some thirty flows. A few draws at a time stay in the processor's cache; only sums over
draws, national and provincial draws, and the needs of one scenario are kept.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import xarray as xr

from forecast.models.base import Floats
from forecast.stages.draw_tables import interval_ends
from forecast.stages.effect import apply_mechanism
from forecast.stages.exposure_trend import MovingScores
from forecast.stages.ledger import (
    DISPLACED_ROWS,
    FLOWS,
    NOISE_PERSONS,
    ROWS,
    account,
    baseline_year,
    closing_error,
    exchange_error,
    scenario_year,
)
from forecast.stages.needs import PARTS, people_in_need
from forecast.stages.world import NO_AI, World
from forecast.types import AGE_GROUPS, NEEDS

CHUNK_CELLS = 90_000  # at a time: 20 draws x 51 x 5 x 17 doubles are 0.7 MB, which fits a cache
CLOSED = 1e-9  # relative gap of a cell that rounding can explain


@dataclass(frozen=True)
class Path:
    """One scenario; cells are (occupation, age_group, sido), persons unless said otherwise.

    Parameters
    ----------
    national : ndarray (draw, year, occupation, age_group, need)
    provincial : ndarray (draw, year, sido, age_group, need)
    cells : ndarray (statistic, year, occupation, age_group, sido, need)
        Mean over draws and the ends of the central 80 % interval.
    parts : ndarray (part, year, occupation, age_group, sido)
        Means of :data:`forecast.stages.needs.PARTS`.
    ledger : ndarray (flow, year, occupation, age_group, sido)
        Means, by :data:`forecast.stages.ledger.ROWS`.
    displaced : ndarray (flow, year, occupation, age_group, sido)
        Means, by :data:`forecast.stages.ledger.DISPLACED_ROWS`.
    factor : ndarray (draw, year, occupation, age_group)
        Employment relative to the baseline at year ends.
    separated, not_employed, long_term : ndarray (draw, year, occupation)
        By the occupation left.
    separated_share : ndarray (draw, occupation, age_group, sido)
        Separated by AI over all years, relative to the first opening stock.
    """

    national: Floats
    provincial: Floats
    cells: Floats
    parts: Floats
    ledger: Floats
    displaced: Floats
    factor: Floats
    separated: Floats
    not_employed: Floats
    long_term: Floats
    separated_share: Floats


def walk(world: World, scenario: str, *, workers: int | None = None) -> Path:
    """Walk the years of one scenario.

    Parameters
    ----------
    world : World
    scenario : str
        ``no_ai`` or one of `world.firms`.
    workers : int, optional
        Threads; the result does not depend on them. Default: the processors there are.

    Raises
    ------
    ArithmeticError
        If an account of some draw and cell does not close to 1e-9 of its stock.
    """
    store = _Store(world)
    cells = len(world.occupations) * len(AGE_GROUPS) * len(world.provinces.codes)
    edges = [*range(0, world.n_draw, max(1, CHUNK_CELLS // cells)), world.n_draw]
    chunks = [slice(start, stop) for start, stop in pairwise(edges)]
    with ThreadPoolExecutor(workers or _processors()) as pool:
        sums = list(pool.map(lambda part: _walk_draws(world, scenario, part, store), chunks))
    gap = float(np.max([part.gap for part in sums]))
    if not gap <= CLOSED:  # not `gap > CLOSED`: a gap that is no number is no balance
        raise ArithmeticError(f"the ledger does not close: off by {gap:.1e} of a stock")
    return store.path(sums)


class _Store:
    """Arrays that chunks of draws fill, each its own slice."""

    def __init__(self, world: World) -> None:
        shape = (len(world.occupations), len(AGE_GROUPS), len(world.provinces.codes))
        n_year, n_draw, n_need = len(world.years), world.n_draw, len(NEEDS)
        n_occupation, n_age, n_sido = shape
        self.national = np.zeros((n_draw, n_year, n_occupation, n_age, n_need))
        self.provincial = np.zeros((n_draw, n_year, n_sido, n_age, n_need))
        # Single precision is for quantiles only: sums and means are taken in double.
        self.draws = np.zeros((n_year, *shape, n_need, n_draw), dtype=np.float32)
        self.factor = np.ones((n_draw, n_year, n_occupation, n_age))
        self.idle = np.zeros((3, n_draw, n_year, n_occupation))
        self.separated_share = np.zeros((n_draw, *shape))

    def path(self, sums: Sequence[_Sums]) -> Path:
        n_draw = len(self.national)
        mean = np.zeros(self.draws.shape[:-1])
        totals = [np.zeros_like(part) for part in (sums[0].parts, sums[0].ledger, sums[0].idle)]
        for part in sums:  # always in the same order: the last digits would follow the threads
            mean += part.needs
            for total, more in zip(totals, (part.parts, part.ledger, part.idle), strict=True):
                total += more
        ends = np.stack([interval_ends(year) for year in self.draws], axis=1)
        return Path(
            national=self.national,
            provincial=self.provincial,
            cells=np.concatenate([mean[None] / n_draw, ends]),
            parts=totals[0] / n_draw,
            ledger=totals[1] / n_draw,
            displaced=totals[2] / n_draw,
            factor=self.factor,
            separated=self.idle[0],
            not_employed=self.idle[1],
            long_term=self.idle[2],
            separated_share=self.separated_share,
        )


@dataclass
class _Sums:
    """Sums over the draws of one chunk."""

    needs: Floats
    parts: Floats
    ledger: Floats
    idle: Floats
    gap: float = field(default=0.0)

    def widen(self, gap: float) -> None:
        """Keep the widest gap; one that is no number stays one."""
        self.gap = float(np.maximum(self.gap, gap))


def _walk_draws(world: World, scenario: str, draws: slice, store: _Store) -> _Sums:
    shape = (len(world.occupations), len(AGE_GROUPS), len(world.provinces.codes))
    n_year, n_draw = len(world.years), draws.stop - draws.start
    turnover = world.turnover.of(draws)
    steps = None if scenario == NO_AI else _steps(world, scenario, draws)
    sums = _Sums(
        np.zeros((n_year, *shape, len(NEEDS))),
        np.zeros((len(PARTS), n_year, *shape)),
        np.zeros((len(ROWS), n_year, *shape)),
        np.zeros((len(DISPLACED_ROWS), n_year, *shape)),
    )
    before, idle = np.ones((n_draw, *shape)), np.zeros((n_draw, *shape))
    ax_share = world.ax_share[draws, :, None, None]
    for year in range(n_year):
        base_opening, base_closing = (
            _baseline(world, year, draws),
            _baseline(world, year + 1, draws),
        )
        base = baseline_year(base_opening, base_closing, turnover)
        if steps is None or not (steps.changes(year) or idle.any()):
            # The baseline itself, not an equal copy with rounding noise.
            opening, closing, flows, account_idle = base_opening, base_closing, base, None
        else:
            after = steps.factor[:, year]
            opening, closing = base_opening * before, base_closing * after
            flows, account_idle = scenario_year(
                opening,
                closing,
                idle,
                baseline=base,
                baseline_opening=base_opening,
                separation=steps.separated[:, year] * opening,
                reinstatement=steps.reinstated[:, year] * opening,
                turnover=turnover,
            )
            before = after
            people = base_closing.sum(axis=3)
            np.divide(closing.sum(axis=3), people, out=store.factor[draws, year], where=people > 0)
        sums.widen(closing_error(opening, flows, closing))
        for row, name in enumerate(FLOWS, start=1):
            sums.ledger[row, year] = flows[name].sum(axis=0)
        sums.ledger[0, year], sums.ledger[-1, year] = opening.sum(axis=0), closing.sum(axis=0)
        sums.parts[0, year] = opening.sum(axis=0)
        separated = returned = np.zeros_like(opening)
        if account_idle is not None:
            idle_closing = account(idle, account_idle)
            sums.widen(exchange_error(flows, account_idle))
            sums.widen(float(np.max(-idle_closing)) if (idle_closing < -NOISE_PERSONS).any() else 0)
            _keep_idle(sums, store, year, draws, idle, account_idle, idle_closing)
            idle = np.maximum(idle_closing, 0.0)
            separated, returned = account_idle["separated"], account_idle["returned"]
        if steps is not None and (account_idle is not None or steps.touched[:, year].any()):
            needs = people_in_need(
                opening,
                steps.touched[:, year],
                separated,
                returned,
                ax_share=ax_share,
                adapting=world.adapting[draws],
            )
            # einsum, because sums over a strided axis before a last one of three are slow
            store.national[draws, year] = np.einsum("doasn->doan", needs.by_need)
            store.provincial[draws, year] = needs.by_need.sum(axis=1).swapaxes(1, 2)
            store.draws[year, ..., draws] = np.moveaxis(needs.by_need, 0, -1)
            store.separated_share[draws] += separated
            sums.needs[year] = needs.by_need.sum(axis=0)
            for row, name in enumerate(PARTS[1:], start=1):
                sums.parts[row, year] = getattr(needs, name).sum(axis=0)
    first = _baseline(world, 0, draws)
    store.separated_share[draws] /= np.where(first > 0, first, np.inf)
    return sums


@dataclass(frozen=True)
class _Steps:
    """What the mechanism says for a chunk: (draw, year, occupation, age_group, sido)."""

    factor: Floats
    separated: Floats
    reinstated: Floats
    touched: Floats  # one age: work is touched alike at every age

    def changes(self, year: int) -> bool:
        """Whether AI has changed employment by the end of this year."""
        return bool((self.factor[:, : year + 1] != 1.0).any() or self.separated[:, year].any())


def _steps(world: World, scenario: str, draws: slice) -> _Steps:
    moving = world.moving

    def bare(array: xr.DataArray) -> xr.DataArray:
        """Take the draws and drop the labels: comparing them would take longer than the steps."""
        return array.isel(draw=draws).drop_vars(
            ("draw", "year", "occupation", "age_group", "sido"), errors="ignore"
        )

    effect = apply_mechanism(
        bare(world.firms.sel(scenario=scenario, drop=True)),
        MovingScores(bare(moving.exposure), bare(moving.substitution), None),
        bare(world.parameters),
        bare(world.age_factor),
        bare(world.provinces.relative),
    )
    order = ("draw", "year", "occupation", "age_group", "sido")
    return _Steps(
        factor=effect.factor.transpose(*order).to_numpy(),
        separated=effect.separated.transpose(*order).to_numpy(),
        reinstated=effect.reinstated.transpose(*order).to_numpy(),
        touched=effect.touched.expand_dims("age_group").transpose(*order).to_numpy(),
    )


def _baseline(world: World, year: int, draws: slice) -> Floats:
    """Employed persons without AI at a year end: (draw, occupation, age_group, sido)."""
    share = world.provinces.share[year, draws]
    return np.asarray(world.stock[year, draws, :, :, None] * share[:, :, None, :])


def _keep_idle(
    sums: _Sums,
    store: _Store,
    year: int,
    draws: slice,
    opening: Floats,
    flows: dict[str, Floats],
    closing: Floats,
) -> None:
    rows = {**flows, "opening": opening, "closing": closing}
    for row, name in enumerate(DISPLACED_ROWS):
        sums.idle[row, year] = rows[name].sum(axis=0)
    kept = (flows["separated"], closing, flows["long_term"])
    for place, values in enumerate(kept):
        store.idle[place, draws, year] = values.sum(axis=(2, 3))


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
