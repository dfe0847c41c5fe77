"""Shadow prices against small programmes that are solved again with a limit moved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from seat_cases import problem_of, random_problem

from forecast.codebook_cohorts import COHORT_TABLES
from forecast.errors import InfeasiblePlan
from forecast.stages.cohort_limits import limits_table
from forecast.stages.cohort_names import Names
from forecast.stages.integer_program import solve
from forecast.stages.limit_prices import Prices
from forecast.stages.seat_plan import relax_seats
from forecast.stages.seat_problem import Fairness, Programme, SeatProblem, Sites

NAMES = Names(
    programmes={"course": "직무전환훈련"},
    provinces={"11": "서울", "26": "부산"},
    occupations={"31": "사무직", "51": "판매직"},
    majors={"3": "사무", "5": "판매"},
    ages=("15-29", "60+"),
)
POOLS = ("employed/ax", "separated/job_change")
MANY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
SEEDS = st.integers(0, 10_000)
CLOSE = 1e-6


def some_problem(seed: int, **changed: object) -> SeatProblem:
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, sizes=(2, 2, 2, 2), n_pool=2, n_programme=2)
    pools = tuple(replace(p, name=n) for p, n in zip(problem.pools, POOLS, strict=True))
    return replace(problem, pools=pools, **changed)


def best(problem: SeatProblem) -> float:
    """Gain of the relaxation; -inf where there is no plan."""
    parts = [part.solution for part in relax_seats(problem)]
    return -np.inf if None in parts else sum(part.gain for part in parts)


def table_of(problem: SeatProblem):
    relaxed = relax_seats(problem)
    assume(all(part.solution is not None for part in relaxed))
    return limits_table(problem, relaxed, names=NAMES)


def with_seats(problem: SeatProblem, index: int, year: int, more: int) -> SeatProblem:
    seats = problem.programmes[index].seats.copy()
    seats[year] += more
    programmes = list(problem.programmes)
    programmes[index] = replace(programmes[index], seats=seats)
    return replace(problem, programmes=tuple(programmes))


@MANY
@given(SEEDS)
@example(280)  # no seat above the need is for the second province: that bound is no seat
def test_no_seat_more_or_less_gains_above_its_price(seed):
    # The gain is concave in the seats, so a right price bounds a step up and a step down: where
    # the optimum is not degenerate it is the slope on both sides.
    problem = some_problem(seed)
    table = table_of(problem)
    gain = best(problem)
    index = {programme.name: i for i, programme in enumerate(problem.programmes)}
    for row in table[table["constraint"] == "seats"].itertuples():
        price = -row.shadow_price if "줄이면" in row.words_ko else row.shadow_price
        for more in (-1, 1):
            year = problem.years.index(row.year)
            if problem.programmes[index[row.label]].seats[year] + more == 0:
                continue  # with no seats at all the sites need not open
            moved = with_seats(problem, index[row.label], year, more)
            assert best(moved) <= gain + more * price + CLOSE


@MANY
@given(SEEDS)
def test_no_person_more_or_less_gains_above_the_price_of_the_cell(seed):
    problem = some_problem(seed, fairness=Fairness())
    relaxed = relax_seats(problem)
    assume(all(part.solution is not None for part in relaxed))
    gain = sum(part.solution.gain for part in relaxed)
    table = limits_table(problem, relaxed, names=NAMES).set_index(["constraint", "label", "year"])
    for part in relaxed:
        prices = Prices.of(problem, part)
        for block in (b for b in part.program.blocks if b.kind == "need"):
            pool = prices.pool(block.owner)
            new = problem.pools[pool].new
            cells = np.argwhere((new.sum(axis=0) > 0) & problem.open_in(pool))
            price = prices.people(block).price
            assert price.min(initial=0.0) >= -CLOSE
            for year in range(len(problem.years)):
                people = new[year, *cells.T]
                mean = price[year] @ people / max(people.sum(), 1)
                key = ("need", block.owner, problem.years[year])
                assert table["shadow_price"][key] == pytest.approx(mean, abs=CLOSE)
                for number, cell in enumerate(cells[:3]):
                    for more in (-1, 1):
                        moved = new.copy()
                        moved[year, *cell] += more
                        if moved.min() < 0:
                            continue
                        pools = list(problem.pools)
                        pools[pool] = replace(pools[pool], new=moved)
                        step = best(replace(problem, pools=tuple(pools)))
                        assert step <= gain + more * price[year, number] + CLOSE


@MANY
@given(SEEDS, st.sampled_from(["class", "most", "every_site", "room", "budget", "fair_age"]))
def test_rows_with_one_side_have_the_sign_and_the_slope_of_moving_it(seed, kind):
    problem = some_problem(seed)
    for part in relax_seats(problem):
        assume(part.solution is not None)
        prices, program = Prices.of(problem, part), part.program
        for block in (b for b in program.blocks if b.kind == kind):
            price, slack = prices.sided(block.rows)
            assert (price * slack <= CLOSE * 10).all()
            for at in np.ndindex(block.shape):
                row = block.rows[at]
                for gives in (-0.5, 0.5):
                    low, high = program.row_low.copy(), program.row_high.copy()
                    low[row] -= gives
                    high[row] += gives
                    found = solve(replace(program, row_low=low, row_high=high), relax=True)
                    if found is not None:
                        limit = part.solution.gain + gives * price[at] + CLOSE
                        assert found.gain <= limit


@pytest.mark.parametrize("kind", ["age", "province", "sex"])
def test_prices_of_fairness_sum_to_the_slope_of_its_option(kind):
    met, step = 0, 1e-4
    for seed in range(60):
        rng = np.random.default_rng(seed)
        people = rng.integers(3, 40, size=(2, 2, 2, 2))
        problem = problem_of(
            people,
            [9, 14],
            priority=rng.random((2, 2, 2)),
            women=[0.2, 0.7],
            fairness=Fairness(**{kind: 0.6}),
        )
        moved = [
            best(replace(problem, fairness=Fairness(**{kind: 0.6 + by}))) for by in (-step, 0, step)
        ]
        before, after = (moved[0] - moved[1]) / step, (moved[1] - moved[2]) / step
        if not np.isfinite(moved).all() or abs(before - after) > 1e-3 * max(abs(before), 1.0):
            continue  # a corner: no one slope
        table = limits_table(problem, relax_seats(problem), names=NAMES)
        rows = table[table["constraint"] == f"fair_{kind}"]
        assert rows["shadow_price"].sum() == pytest.approx(0.01 * before, rel=2e-3, abs=1e-7)
        met += before > CLOSE
    assert met > 10


def test_budget_is_priced_per_million_won_and_room_per_class_month():
    # Two seats of three points at two million each, two of one point at one: six million.
    dear = problem_of(
        [[[[5]], [[5]]]],
        [4],
        priority=[[[3.0]], [[1.0]]],
        unit_cost=np.array([2e6, 1e6]),
        budget=np.array([6e6]),
    )
    table = limits_table(dear, relax_seats(dear), names=NAMES).set_index("constraint")
    assert table["words_ko"]["budget"] == (
        "2026년 예산 6백만 원: 1백만 원을 늘리면 이득이 2.00 늘어납니다"
    )
    assert table["words_ko"]["seats"].endswith("1명을 줄이면 이득이 1.00 늘어납니다")
    ample = replace(dear, budget=np.array([9e6]))
    table = limits_table(ample, relax_seats(ample), names=NAMES).set_index("constraint")
    assert table["words_ko"]["budget"] == "2026년 예산 9백만 원: 1.0백만 원 여유가 있습니다"
    sites = Sites(np.array([0]), smallest_class=1, largest_class=2, most=8, months=3.0)
    course = problem_of([[[[5], [5]]]], [4], priority=[[[2.0], [1.0]]], sites=sites)
    # The room holds exactly two classes of two: without it no plan, so more of it gains nothing.
    problem = replace(course, room=np.array([6.0]))
    table = limits_table(problem, relax_seats(problem), names=NAMES).set_index("constraint")
    assert table["binding"]["room"] == "yes"
    assert table["unit"]["room"] == "class-month"
    assert table["words_ko"]["most"].startswith("직무전환훈련 2026년 서울 캠퍼스 정원 합계 8명")
    with pytest.raises(InfeasiblePlan):
        short = replace(course, room=np.array([5.0]))
        limits_table(short, relax_seats(short), names=NAMES)


def test_seats_say_which_way_they_would_gain():
    problem = problem_of([[[[5]]]], [5], beyond=np.ones((1, 1)))
    other = Programme("evening", 0, np.array([2]), np.ones((1, 1), bool), np.array([0.5]))
    problem = replace(problem, programmes=(*problem.programmes, other))
    table = limits_table(problem, relax_seats(problem), names=NAMES).set_index(
        ["constraint", "label"]
    )
    assert table["words_ko"]["seats", "evening"] == (
        "evening 2026년 정원 2명: 1명을 줄이면 이득이 0.50 늘어납니다"
    )
    assert table["words_ko"]["seats", "course"] == (
        "직무전환훈련 2026년 정원 5명: 1명을 늘려도 이득은 그대로입니다"
    )
    assert table["shadow_price"]["need", "employed/ax"] == pytest.approx(1.0)
    assert "1개 셀 중 1개에서 모두 배정" in table["words_ko"]["need", "employed/ax"]


@pytest.mark.parametrize("most", [4, 5])
def test_most_seats_of_a_site_have_one_price_whichever_row_or_bound_carries_it(most):
    # Four or five seats worth 3 here, the others worth 1 there: one more here gains 2.
    sites = Sites(np.array([0, 1]), smallest_class=1, largest_class=2, most=most)
    problem = problem_of([[[[9]], [[9]]]], [7], priority=[[[3.0]], [[1.0]]], sites=sites)
    (part,) = relax_seats(problem)
    table = limits_table(problem, [part], names=NAMES).set_index(["constraint", "label"])
    assert table["shadow_price"]["most", "course/11"] == pytest.approx(2.0)
    assert table["binding"]["most", "course/11"] == "yes"
    # The same programme with the price on the bound of the column is as right.
    columns = part.model.programmes[0]
    dual, matrix = part.solution.row_dual.copy(), part.program.matrix
    (block,) = (b for b in part.program.blocks if b.kind == "most")
    dual[block.rows[0, 0]] = 0.0
    reduced = part.program.gain - matrix.T @ dual
    if most == 4:  # there the row is the bound
        assert table["words_ko"]["most", "course/26"].endswith(": 1.0명 여유가 있습니다")
        assert reduced[columns.taught[0, 0]] == pytest.approx(2.0)
        other = replace(part, solution=replace(part.solution, row_dual=dual))
        table = limits_table(problem, [other], names=NAMES).set_index(["constraint", "label"])
        assert table["shadow_price"]["most", "course/11"] == pytest.approx(2.0)


def test_seats_that_all_go_beyond_the_need_are_worth_nothing_by_any_right_price():
    problem = problem_of([[[[0]]]], [3], beyond=np.ones((1, 1)))
    (part,) = relax_seats(problem)
    # -1 per seat is right too: the bound of the column gives it back.
    other = replace(part, solution=replace(part.solution, row_dual=np.full(2, -1.0)))
    for relaxed in (part, other):
        table = limits_table(problem, [relaxed], names=NAMES).set_index("constraint")
        assert table["shadow_price"]["seats"] == 0.0
        assert table["words_ko"]["seats"].endswith("1명을 늘려도 이득은 그대로입니다")


def test_table_has_the_columns_of_the_contract_and_a_row_per_limit():
    for seed in range(40):
        problem = some_problem(seed)
        relaxed = relax_seats(problem)
        if any(part.solution is None for part in relaxed):
            continue
        table = limits_table(problem, relaxed, names=NAMES)
        assert list(table) == list(COHORT_TABLES["cohort_constraints"])
        assert not table.duplicated(["year", "constraint", "label"]).any()
        assert (table["shadow_price"] >= 0).all()
        # People may wait: who is new in a year with people left over may be seated in the next.
        slack = (table["binding"] == "no") & (table["constraint"] != "need")
        assert (table.loc[slack, "shadow_price"] < CLOSE).all()
