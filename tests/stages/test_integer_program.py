"""Blocks of columns and rows, and what HiGHS makes of them."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from forecast.errors import ConfigError
from forecast.stages.integer_program import Builder, IntegerProgram, solve


def knapsack(*, high: float = 3.0, room: float = 7.0) -> IntegerProgram:
    build = Builder()
    things = build.columns((3,), high=high, gain=[5.0, 4.0, 3.0], integer=True)
    build.add(build.rows("weight", "bag", (1,), high=room), things, [4.0, 3.0, 2.0])
    return build.finish()


def enumerated(program: IntegerProgram) -> float | None:
    """Best gain of all whole points within the bounds."""
    ranges = [
        range(int(low), int(high) + 1) for low, high in zip(program.low, program.high, strict=True)
    ]
    points = np.array(list(itertools.product(*ranges)), dtype=float)
    rows = points @ program.matrix.toarray().T
    fits = ((rows >= program.row_low - 1e-9) & (rows <= program.row_high + 1e-9)).all(axis=1)
    return float((points[fits] @ program.gain).max()) if fits.any() else None


def random_program(seed: int) -> IntegerProgram:
    rng = np.random.default_rng(seed)
    n_column, n_row = rng.integers(2, 6, size=2)
    build = Builder()
    columns = build.columns(
        (n_column,), low=rng.integers(0, 2, n_column), high=rng.integers(2, 5, n_column),
        gain=rng.integers(-4, 9, n_column) / 4, integer=True,
    )  # fmt: skip
    low = np.where(rng.random(n_row) < 0.5, -np.inf, rng.integers(-3, 5, n_row))
    rows = build.rows("any", "all", (n_row,), low=low, high=np.where(
        np.isinf(low), rng.integers(0, 12, n_row), low + rng.integers(0, 5, n_row)
    ))  # fmt: skip
    build.add(rows[:, None], columns, rng.integers(-2, 4, size=(n_row, n_column)))
    return build.finish()


def test_blocks_keep_their_shape_names_and_bounds():
    build = Builder()
    seat = build.columns((2, 3), high=[[1.0], [2.0]], gain=[1.0, 2.0, 3.0])
    more = build.columns((2,), low=-1.0, integer=True)
    first = build.rows("seats", "course", (2,), low=4.0, high=[5.0, 6.0])
    second = build.rows("need", "people", (2, 3), high=7.0)
    build.add(first[:, None], seat, 1.0)
    build.add(first, more, [2.0, 3.0])
    build.add(second, seat, np.array([[1.0], [-1.0]]))
    program = build.finish()
    assert seat.tolist() == [[0, 1, 2], [3, 4, 5]] and more.tolist() == [6, 7]
    assert program.high.tolist() == [1, 1, 1, 2, 2, 2, np.inf, np.inf]
    assert program.low.tolist() == [0] * 6 + [-1] * 2
    assert program.gain.tolist() == [1, 2, 3, 1, 2, 3, 0, 0]
    assert program.integer.tolist() == [False] * 6 + [True] * 2
    assert [(b.kind, b.owner, b.shape) for b in program.blocks] == [
        ("seats", "course", (2,)), ("need", "people", (2, 3)),
    ]  # fmt: skip
    assert program.blocks[1].rows.tolist() == second.tolist() == [[2, 3, 4], [5, 6, 7]]
    assert program.row_low.tolist() == [4, 4, *[-np.inf] * 6]
    assert program.row_high.tolist() == [5, 6, *[7] * 6]
    expected = np.zeros((8, 8))
    expected[0, :3] = expected[1, 3:6] = 1
    expected[0, 6], expected[1, 7] = 2, 3
    expected[[2, 3, 4], [0, 1, 2]], expected[[5, 6, 7], [3, 4, 5]] = 1, -1
    np.testing.assert_array_equal(program.matrix.toarray(), expected)


def test_entries_of_one_place_add_up():
    build = Builder()
    column = build.columns((1,), high=9.0, gain=1.0)
    row = build.rows("room", "box", (1,), high=6.0)
    build.add(row, column, 1.0)
    build.add(row, column, 2.0)
    solution = solve(build.finish())
    assert solution is not None and solution.values.tolist() == [2.0]


def test_whole_numbers_are_asked_for_and_can_be_left_out():
    program = knapsack()
    whole, relaxed = solve(program), solve(program, relax=True)
    assert whole is not None and relaxed is not None
    assert whole.gain == pytest.approx(10.0) == enumerated(program)
    assert relaxed.gain == pytest.approx(9 + 4 / 3) == relaxed.bound
    assert whole.bound >= whole.gain
    assert not whole.row_dual.any()
    # One more unit of room is worth a third of the thing that is cut.
    wider = solve(knapsack(room=7.5), relax=True)
    assert wider is not None
    assert relaxed.row_dual[0] == pytest.approx(2 * (wider.gain - relaxed.gain)) == 4 / 3


def test_a_gap_is_allowed_but_its_bound_is_true():
    best = enumerated(knapsack(room=11.0))
    rough = solve(knapsack(room=11.0), relative_gap=0.5)
    assert rough is not None and best is not None
    assert rough.gain <= best <= rough.bound + 1e-9
    assert rough.bound <= 1.5 * rough.gain + 1e-9


def test_what_cannot_be_is_none_and_what_never_ends_is_refused():
    program = knapsack()
    assert solve(replace(program, row_low=np.array([99.0]), row_high=np.array([99.0]))) is None
    assert solve(replace(program, row_low=np.array([99.0])), relax=True) is None
    build = Builder()
    build.add(build.rows("none", "all", (1,)), build.columns((1,), gain=1.0), 1.0)
    with pytest.raises(ConfigError, match="options of cohorts"):
        solve(build.finish())


@pytest.mark.parametrize("relax", [True, False])
def test_no_solution_in_time_is_said(relax):
    rng = np.random.default_rng(1)
    build = Builder()
    columns = build.columns((60,), high=1.0, gain=rng.random(60), integer=True)
    weights = rng.integers(1000, 9999, size=(20, 60))
    half = weights.sum(axis=1) // 2
    rows = build.rows("exact", "all", (20,), low=half, high=half)
    build.add(rows[:, None], columns, weights)
    with pytest.raises(ConfigError, match=r"raise cohorts\.time_limit_seconds"):
        solve(build.finish(), relax=relax, time_limit_seconds=0.0)


def test_a_start_changes_nothing_but_time():
    program = knapsack()
    first = solve(program, relax=True)
    again = solve(program, relax=True, start=first)
    assert first is not None and again is not None
    np.testing.assert_array_equal(first.values, again.values)


def test_small_programmes_are_solved_to_the_best_or_found_impossible():
    kinds = set()
    for seed in range(300):
        program = random_program(seed)
        best, solution = enumerated(program), solve(program)
        assert (best is None) == (solution is None), seed
        if solution is not None:
            assert solution.gain == pytest.approx(best, abs=1e-9), seed
            assert solution.bound == pytest.approx(best, abs=1e-9), seed
        kinds.add(best is None)
    assert kinds == {True, False}
