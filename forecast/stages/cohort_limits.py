"""What holds the plan back: slack and shadow price of every limit of the linear relaxation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from forecast.codebook_cohorts import COHORT_TABLES
from forecast.errors import InfeasiblePlan
from forecast.stages.cohort_coverage import by_group
from forecast.stages.cohort_limit_words import UNITS, Limit, limit_words
from forecast.stages.cohort_names import Names
from forecast.stages.integer_program import RowBlock
from forecast.stages.limit_prices import TIGHT, Prices
from forecast.stages.seat_plan import Relaxed
from forecast.stages.seat_problem import SeatProblem

_POINT = 0.01  # of fairness
_FAIR = {"fair_age": "age_group", "fair_province": "sido", "fair_sex": "sex"}


def limits_table(problem: SeatProblem, relaxed: Sequence[Relaxed], *, names: Names) -> pd.DataFrame:
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
        mean over cells weighted by people, the shares of the fairness rows held; binding where any
        cell has nobody left. It has a price elsewhere too: who waits may be seated in a later year.
        Fairness is priced per 0.01 of it, for one group and year. Slack is in the words.

    Raises
    ------
    InfeasiblePlan
        If the relaxation has no solution: there are no prices then.
    """
    if any(part.solution is None for part in relaxed):
        raise InfeasiblePlan("No plan fulfils all rows, so no limit has a price.")
    limits = [limit for part in relaxed for limit in _limits(Prices.of(problem, part), names)]
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


def _limits(prices: Prices, names: Names) -> Iterator[Limit]:
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


def _seats(prices: Prices, block: RowBlock) -> Iterator[Limit]:
    columns = prices.columns(block.owner)
    programme = prices.problem.programmes[columns.programme]
    price = prices.dual[block.rows].copy()
    high = prices.part.program.high
    for part in (columns.group, columns.beyond, columns.beyond_at):
        if part is not None:
            # A bound as high as the seats only says again that nobody gets more than there are.
            by_year = part.reshape(len(price), -1)
            same = high[by_year] >= programme.seats[:, None]
            price += (prices.upper[by_year] * same).sum(axis=1)
    for year, asked in enumerate(programme.seats):
        if asked > 0:
            when = prices.problem.years[year]
            yield Limit(when, "seats", block.owner, price[year], 0.0, True, size=float(asked))


def _need(prices: Prices, block: RowBlock) -> Iterator[Limit]:
    """One row per year: cells with nobody left, and what one more person in a cell would gain."""
    cells = prices.people(block)
    for year, when in enumerate(prices.problem.years):
        total = cells.new[year].sum()
        mean = float(cells.price[year] @ cells.new[year] / total) if total > 0 else 0.0
        there = cells.there[year] > TIGHT
        tight = there & (cells.left[year] <= TIGHT * np.maximum(cells.there[year], 1.0))
        yield Limit(
            when,
            "need",
            block.owner,
            max(mean, 0.0),
            float(cells.left[year].sum()),
            bool(tight.any()),
            size=float(total),
            count=(int(tight.sum()), int(there.sum())),
        )


def _of_sites(prices: Prices, block: RowBlock, names: Names) -> Iterator[Limit]:
    columns = prices.columns(block.owner)
    programme = prices.problem.programmes[columns.programme]
    sites = programme.sites
    assert sites is not None and columns.taught is not None
    number = np.bincount(sites.province, minlength=block.shape[1])
    price, slack = prices.sided(block.rows)
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
                bool(slack[year, place] <= TIGHT * scale[place]),
                size=size[place],
            )


def _fair(prices: Prices, block: RowBlock, names: Names, *, second: bool) -> Iterator[Limit]:
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
    price, slack = prices.sided(rows)
    price = price * _POINT * share * seated[:, None]  # of its row: one unit is a person
    fair = problem.fairness
    least = {"age_group": fair.age, "sido": fair.province, "sex": fair.sex}[by]
    for year, place in np.argwhere(share > 0):
        tight = slack[year, place] <= TIGHT * max(seated[year], 1.0)
        label = f"{block.owner}/{codes[place]}"
        when = problem.years[year]
        yield Limit(
            when, block.kind, label, price[year, place], slack[year, place], bool(tight), size=least
        )


def _shared(prices: Prices, block: RowBlock, names: Names) -> Iterator[Limit]:
    price, slack = prices.sided(block.rows)
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
        tight = slack[at] <= TIGHT * max(size, 1.0)
        when = prices.problem.years[at[0]]
        yield Limit(when, block.kind, label, price[at], slack[at], bool(tight), size=float(size))
