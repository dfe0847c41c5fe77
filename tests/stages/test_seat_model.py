"""Columns and rows of the seat problem: what a province stands for, and which pools meet."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seat_cases import classes_of, problem_of

from forecast.stages.integer_program import solve
from forecast.stages.seat_model import linked_pools, seat_model, seats_at_sites
from forecast.stages.seat_problem import Fairness, Pool, Programme, SeatProblem, Sites

PEOPLE = [[[[4], [5]], [[6], [3]]]]  # one year, two provinces, two occupations, one age


def three_pools(**changed: object) -> SeatProblem:
    """Courses at sites, courses with a price, and one with neither."""
    pools = tuple(Pool(name, np.full((1, 1, 1, 1), 9), np.ones((1, 1, 1))) for name in "abc")
    sites = Sites(np.array([0]), 1, 2, 4)
    anyone, same = np.ones((1, 1), bool), np.ones(1)
    programmes = (
        Programme("taught", 0, np.array([2]), anyone, same, sites=sites),
        Programme("paid", 1, np.array([2]), anyone, same, unit_cost=np.array([5.0])),
        Programme("both", 2, np.array([2]), anyone, same, sites=sites, unit_cost=np.array([5.0])),
    )
    return SeatProblem((2026,), pools, programmes, np.zeros(1), np.array([0]), **changed)


def test_pools_meet_where_they_share_room_or_budget_only():
    room, budget = np.array([9.0]), np.array([99.0])
    assert linked_pools(three_pools()) == [[0], [1], [2]]
    assert sorted(map(sorted, linked_pools(three_pools(room=room)))) == [[0, 2], [1]]
    assert sorted(map(sorted, linked_pools(three_pools(budget=budget)))) == [[0], [1, 2]]
    assert linked_pools(three_pools(room=room, budget=budget)) == [[0, 1, 2]]
    free = three_pools(budget=budget)
    programmes = tuple(
        p if p.unit_cost is None else replace(p, unit_cost=np.zeros(1)) for p in free.programmes
    )
    assert linked_pools(replace(free, programmes=programmes)) == [[0], [1], [2]]
    assert linked_pools(replace(free, programmes=free.programmes[:1])) == [[0]]


def test_people_only_count_where_a_programme_takes_them():
    open_to = np.array([[True], [False]])
    model = seat_model(problem_of(PEOPLE, [6], open_to=open_to), [0])
    columns = model.programmes[0]
    assert columns.cells.tolist() == [[0, 0, 0], [1, 0, 0]]
    program = model.build.finish()
    assert program.high[columns.seat].tolist() == [[4, 6]]
    assert program.integer[columns.group].all() and not program.integer[columns.seat].any()


def test_the_rows_say_what_they_ask_and_of_whom():
    sites = Sites(np.array([0, 1]), 1, 3, 9, every_site=True, months=2.0)
    problem = problem_of(
        PEOPLE, [6], sites=sites, beyond=np.array([[0.5, 0.5]]), unit_cost=np.array([1e6, 2e6]),
        fairness=Fairness(0.5, 0.5, 0.5), room=np.array([8.0, 8.0]), budget=np.array([9e6]),
    )  # fmt: skip
    blocks = seat_model(problem, [0]).build.finish().blocks
    asked = {(block.kind, block.owner) for block in blocks if block.kind != "sum"}
    course = ("seats", "beyond", "class", "most", "every_site", "region")
    pool = ("need", "fair_age", "fair_province", "fair_sex")
    assert asked == {
        *((kind, "course") for kind in course),
        *((kind, "employed/ax") for kind in pool),
        ("room", "sites"),
        ("budget", "all"),
    }
    none = seat_model(problem_of(PEOPLE, [6]), [0]).build.finish().blocks
    assert {block.kind for block in none} == {"sum", "seats", "need"}


def test_a_row_that_binds_has_a_price_of_its_own():
    # Six seats, the best people first: one more seat goes to somebody of priority 2.
    problem = problem_of(PEOPLE, [6], priority=np.array([[[1.0], [3.0]], [[2.0], [0.5]]]))
    program = seat_model(problem, [0]).build.finish()
    solution = solve(program, relax=True)
    assert solution is not None and solution.gain == pytest.approx(5 * 3 + 2)
    (seats,) = (block for block in program.blocks if block.kind == "seats")
    assert solution.row_dual[seats.rows] == pytest.approx([2.0])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    number=st.integers(1, 3),
    smallest=st.integers(1, 4),
    wider=st.integers(0, 3),
    most=st.integers(0, 11),
    every_site=st.booleans(),
)
def test_a_province_stands_for_its_sites_exactly(number, smallest, wider, most, every_site):
    """Sums that the rows allow are those that some whole use of the sites has."""
    sites = Sites(np.zeros(number, int), smallest, smallest + wider, most, every_site)
    ways = [
        (seats, classes)
        for seats in range(most + 1)
        for classes in range(int(every_site), seats + 1 if seats else 1)
        if classes * smallest <= seats <= classes * (smallest + wider)
    ]
    possible = {
        tuple(np.sum(way, axis=0)) for way in itertools.product(ways, repeat=number)
    } - {(0, 0)}  # fmt: skip
    capacity = number * most
    problem = problem_of(np.full((1, 1, 1, 1), capacity + 1), [capacity + 1], sites=sites)
    problem = replace(problem, programmes=(replace(problem.programmes[0], sites=sites),))
    program_rows = seat_model(problem, [0])
    program, columns = program_rows.build.finish(), program_rows.programmes[0]
    assert columns.taught is not None and columns.classes is not None
    kept = [
        row
        for block in program.blocks
        if block.kind in ("class", "most", "every_site")
        for row in block.rows.ravel()
    ]
    matrix = program.matrix[kept].toarray()
    allowed = set()
    for seats, classes in itertools.product(range(1, capacity + 2), repeat=2):
        x = np.zeros(len(program.gain))
        x[columns.taught], x[columns.classes] = seats, classes
        rows = matrix @ x
        if (
            (x <= program.high + 1e-9).all()
            and (rows >= program.row_low[kept] - 1e-9).all()
            and (rows <= program.row_high[kept] + 1e-9).all()
        ):
            allowed.add((seats, classes))
    assert allowed == possible
    for seats, classes in possible:
        given_back = seats_at_sites(
            problem.programmes[0], np.array([[seats]]), np.array([[classes]])
        )[0]
        assert given_back.sum() == seats
        fewest = [classes_of(sites, int(at), int(every_site)) for at in given_back]
        assert None not in fewest and sum(fewest) <= classes
