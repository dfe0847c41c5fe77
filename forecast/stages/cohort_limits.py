"""What holds the plan back: slack and shadow price of every limit of the linear relaxation.

HiGHS gives for each row the change of the gain per unit by which its side moves up, also when it
maximises: at least 0 for «at most», at most 0 for «at least». A limit that is a row and a bound of
columns at once (all people of a cell, all seats of a site) has the prices of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.codebook_cohorts import COHORT_TABLES
from forecast.errors import InfeasiblePlan
from forecast.stages.cohort_coverage import by_group
from forecast.stages.cohort_limit_words import UNITS, Limit, limit_words
from forecast.stages.cohort_names import Names
from forecast.stages.integer_program import Floats, Ints, RowBlock
from forecast.stages.seat_model import ProgrammeColumns
from forecast.stages.seat_plan import Relaxed
from forecast.stages.seat_problem import SeatProblem

_POINT = 0.01  # of fairness
_TIGHT = 1e-6  # relative: a row this close to its side lies on it
_FAIR = {"fair_age": "age_group", "fair_province": "sido", "fair_sex": "sex"}


def limits_table(
    problem: SeatProblem, relaxed: Sequence[Relaxed], *, names: Names
) -> pd.DataFrame:
    """Write contract table ``cohort_constraints``: what would give way, and what that would gain.

    Prices are of the linear relaxation, in which a quarter of a class may open: of the plan in
    whole numbers they are an indication. Where several prices are right (a degenerate optimum) the
    gain of one unit is at most the one given. Limits of years and places without seats are left
    out. Seats are asked exactly: the words say whether more or fewer of them would gain.

    Parameters
    ----------
    problem : SeatProblem
    relaxed : sequence of Relaxed
        Of :func:`~forecast.stages.seat_plan.relax_seats`.
    names : Names

    Returns
    -------
    DataFrame
        People in need are one row per pool and year: the price of one more person newly in need,
        mean over cells weighted by people, the shares of the fairness rows held. Fairness is
        priced per 0.01 of it, for one group and year. Slack, where there is any, is in the words.

    Raises
    ------
    InfeasiblePlan
        If the relaxation has no solution: there are no prices then.
    """
    if any(part.solution is None for part in relaxed):
        raise InfeasiblePlan("No plan fulfils all rows, so no limit has a price.")
    limits = [limit for part in relaxed for limit in _limits(_Prices.of(problem, part), names)]
    rows = [
        {
            "year": limit.year,
            "constraint": limit.kind,
            "label": limit.label,
            "binding": "yes" if limit.binding else "no",
            "shadow_price": abs(limit.price),
            "unit": UNITS[limit.kind],
            "words_ko": limit_words(limit, names),
        }
        for limit in limits
    ]
    table = pd.DataFrame(rows, columns=list(COHORT_TABLES["cohort_constraints"]))
    return table.sort_values(["constraint", "label", "year"], kind="stable", ignore_index=True)


@dataclass(frozen=True)
class _Prices:
    """A solved part: by row activity, sides and price, by column the price of its upper bound."""

    problem: SeatProblem
    part: Relaxed
    values: Floats
    activity: Floats
    low: Floats
    high: Floats
    dual: Floats
    upper: Floats

    @classmethod
    def of(cls, problem: SeatProblem, part: Relaxed) -> _Prices:
        assert part.solution is not None
        program, values = part.program, part.solution.values
        dual = part.solution.row_dual
        # What a column would still gain beyond what its rows charge for it.
        upper = np.maximum(program.gain - program.matrix.T @ dual, 0.0)
        activity = program.matrix @ values
        sides = program.row_low, program.row_high
        return cls(problem, part, values, activity, *sides, dual, upper)

    @property
    def programmes(self) -> list[ProgrammeColumns]:
        return self.part.model.programmes

    def columns(self, name: str) -> ProgrammeColumns:
        programmes = self.problem.programmes
        return next(c for c in self.programmes if programmes[c.programme].name == name)

    def pool(self, name: str) -> int:
        return next(i for i, pool in enumerate(self.problem.pools) if pool.name == name)


def _limits(prices: _Prices, names: Names) -> Iterator[Limit]:
    men = set()
    for block in prices.part.program.blocks:
        if block.kind == "seats":
            yield from _seats(prices, block)
        elif block.kind == "need":
            yield from _need(prices, block)
        elif block.kind in ("class", "most", "every_site"):
            yield from _of_sites(prices, block, names)
        elif block.kind in _FAIR:
            yield from _fair(prices, block, names, second=block.owner in men)
            if block.kind == "fair_sex":  # women first, then men
                men.add(block.owner)
        elif block.kind in ("room", "budget"):
            yield from _shared(prices, block, names)


def _seats(prices: _Prices, block: RowBlock) -> Iterator[Limit]:
    columns = prices.columns(block.owner)
    programme = prices.problem.programmes[columns.programme]
    # Bounds of columns that say the same again: nobody has more seats than there are.
    price = prices.dual[block.rows] + prices.upper[columns.group].sum(axis=(1, 2))
    most = programme.beyond_most
    if columns.beyond is not None:
        same = np.ones(block.shape, bool) if most is None else programme.seats <= most
        price += np.where(same, prices.upper[columns.beyond], 0.0)
    if columns.beyond_at is not None:
        price += prices.upper[columns.beyond_at].sum(axis=1)
    for year, asked in enumerate(programme.seats):
        if asked > 0:
            when = prices.problem.years[year]
            yield Limit(when, "seats", block.owner, price[year], 0.0, True, size=float(asked))


def _need(prices: _Prices, block: RowBlock) -> Iterator[Limit]:
    """One row per year: cells with nobody left, and what one more person in a cell would gain."""
    problem, pool = prices.problem, prices.pool(block.owner)
    where = problem.pools[pool]
    members = [c for c in prices.programmes if problem.programmes[c.programme].pool == pool]
    open_cells = np.argwhere((where.new.sum(axis=0) > 0) & problem.open_in(pool))
    place = np.full(where.new.shape[1:], -1)
    place[tuple(open_cells.T)] = np.arange(len(open_cells))
    people = where.new[:, *open_cells.T].astype(float)
    seated, upper = np.zeros_like(people), np.zeros_like(people)
    for columns in members:
        at = place[tuple(columns.cells.T)]
        seated[:, at] += prices.values[columns.seat]
        upper[:, at] += prices.upper[columns.seat]
    price, limit, used = prices.dual[block.rows] + upper, people, seated
    if where.waits:
        limit, used = people.cumsum(axis=0), seated.cumsum(axis=0)
        # One more person raises what may be seated, and may wait, in every later year too.
        waiting = _waiting(prices, block)
        later = np.cumsum((upper + prices.upper[waiting])[::-1], axis=0)[::-1]
        price = prices.dual[block.rows] + later
    # Of a pool that waits, the cells with people waiting or new in the year.
    there = people if not where.waits else limit - np.vstack([np.zeros_like(used[:1]), used[:-1]])
    tight = (limit - used <= _TIGHT * np.maximum(limit, 1.0)) & (there > _TIGHT)
    for year, when in enumerate(problem.years):
        total = people[year].sum()
        mean = float(price[year] @ people[year] / total) if total > 0 else 0.0
        yield Limit(
            when,
            "need",
            block.owner,
            max(mean, 0.0),
            float((limit - used)[year].sum()),
            bool(tight[year].any()),
            size=float(total),
            count=(int(tight[year].sum()), int((there[year] > _TIGHT).sum())),
        )


def _waiting(prices: _Prices, block: RowBlock) -> Ints:
    """Columns of those who wait: the only ones of a need row that are no seats."""
    matrix = prices.part.program.matrix[block.rows.ravel()].tocoo()
    seats = np.concatenate([c.seat.ravel() for c in prices.programmes])
    kept = (matrix.data > 0) & ~np.isin(matrix.col, seats)
    waiting = np.empty(block.shape, dtype=np.int64)
    waiting.ravel()[matrix.row[kept]] = matrix.col[kept]
    return waiting


def _sided(prices: _Prices, rows: Ints) -> tuple[Floats, Floats]:
    """Price, and slack, of rows with one side."""
    upper = np.isfinite(prices.high[rows])
    price = np.maximum(np.where(upper, prices.dual[rows], -prices.dual[rows]), 0.0)
    activity = prices.activity[rows]
    slack = np.where(upper, prices.high[rows] - activity, activity - prices.low[rows])
    return price, np.maximum(slack, 0.0)


def _of_sites(prices: _Prices, block: RowBlock, names: Names) -> Iterator[Limit]:
    columns = prices.columns(block.owner)
    programme = prices.problem.programmes[columns.programme]
    sites = programme.sites
    assert sites is not None and columns.taught is not None
    number = np.bincount(sites.province, minlength=block.shape[1])
    price, slack = _sided(prices, block.rows)
    kind, size = block.kind, number * 1.0
    if kind == "class":
        smallest = np.isfinite(prices.low[block.rows]).all()
        kind, seats = (
            ("class_smallest", sites.smallest_class)
            if smallest
            else ("class_largest", sites.largest_class)
        )
        size = np.full(len(number), float(seats))
    elif kind == "most":
        price = price + prices.upper[columns.taught]
        size = number * float(sites.most)
        slack = np.minimum(slack, size - prices.values[columns.taught])
    scale = np.maximum(size, 1.0)
    for year in np.flatnonzero(programme.seats > 0):
        for place in np.flatnonzero(number):
            yield Limit(
                prices.problem.years[year],
                kind,
                f"{block.owner}/{list(names.provinces)[place]}",
                price[year, place],
                slack[year, place],
                bool(slack[year, place] <= _TIGHT * scale[place]),
                size=size[place],
            )


def _fair(prices: _Prices, block: RowBlock, names: Names, *, second: bool) -> Iterator[Limit]:
    problem, pool = prices.problem, prices.pool(block.owner)
    people = (problem.pools[pool].new * problem.open_in(pool)).cumsum(axis=0)
    by = _FAIR[block.kind]
    share = by_group(people.astype(float), problem.women)[by]
    share = share / np.maximum(people.sum(axis=(1, 2, 3)), 1)[:, None]
    codes = {"age_group": names.ages, "sido": tuple(names.provinces), "sex": ("women", "men")}[by]
    rows = block.rows
    if by == "sex":
        share, codes, rows = share[:, [int(second)]], codes[int(second) :], rows[:, None]
    seated = np.zeros(len(problem.years))
    for columns in prices.programmes:
        if problem.programmes[columns.programme].pool == pool:
            seated += prices.values[columns.group].sum(axis=(1, 2)).cumsum()
    price, slack = _sided(prices, rows)
    price = price * _POINT * share * seated[:, None]  # of its row: one unit is a person
    fair = problem.fairness
    least = {"age_group": fair.age, "sido": fair.province, "sex": fair.sex}[by]
    for year, place in np.argwhere(share > 0):
        tight = slack[year, place] <= _TIGHT * max(seated[year], 1.0)
        label = f"{block.owner}/{codes[place]}"
        when = problem.years[year]
        yield Limit(
            when, block.kind, label, price[year, place], slack[year, place], bool(tight), size=least
        )


def _shared(prices: _Prices, block: RowBlock, names: Names) -> Iterator[Limit]:
    price, slack = _sided(prices, block.rows)
    used = prices.part.program.matrix[block.rows.ravel()].getnnz(axis=1).reshape(block.shape) > 0
    sites = [
        p.sites for p in prices.problem.programmes if p.sites is not None and p.sites.months > 0
    ]
    if block.kind == "room" and sites:
        there = np.unique(np.concatenate([s.province for s in sites]))
        used &= np.isin(np.arange(block.shape[1]), there)
    for index in np.argwhere(used & np.isfinite(prices.high[block.rows])):
        at = tuple(index)
        size = prices.high[block.rows[at]]
        label = list(names.provinces)[at[1]] if block.kind == "room" else "all"
        tight = slack[at] <= _TIGHT * max(size, 1.0)
        when = prices.problem.years[at[0]]
        yield Limit(when, block.kind, label, price[at], slack[at], bool(tight), size=float(size))
