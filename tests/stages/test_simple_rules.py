"""Rules against the best choice: never better, and equal where they can be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seat_cases import problem_of

from forecast.codebook_cohorts import COHORT_TABLES
from forecast.stages.cohort_names import Names, names_of
from forecast.stages.seat_plan import plan_seats
from forecast.stages.seat_problem import Fairness, SeatProblem
from forecast.stages.simple_rules import (
    best_order,
    cells_of,
    fill,
    orders,
    rules_table,
    tree_order,
)

JOBS = {"21": "과학 전문가", "31": "경영 사무직", "33": "금융 사무직", "51": "매장 판매직"}
NAMES = Names(
    programmes={},
    provinces={"11": "서울", "26": "부산"},
    occupations=JOBS,
    majors={"2": "전문가", "3": "사무 종사자", "5": "판매 종사자"},
    ages=("15-29", "30-39", "60+"),
)
SHAPE = (2, len(JOBS), 3)  # province, occupation, age
RULES = ["proportional", "priority_list", "oldest_first", "tree_2", "tree_3"]


def some_problem(seed: int, *, seats: int = 30, priority: object = None) -> SeatProblem:
    rng = np.random.default_rng(seed)
    value = rng.random(SHAPE) if priority is None else priority
    people = rng.integers(0, 12, size=(1, *SHAPE))
    return problem_of(people, [seats], priority=value, women=[0.3, 0.5, 0.6, 0.4])


def gain(problem: SeatProblem, group: np.ndarray, seats: float) -> float:
    cells = cells_of(problem, 0)
    return float(fill(group, cells.people, seats) @ cells.value)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.integers(1, 60))
def test_rules_give_all_seats_to_people_there_are_and_never_beat_the_optimum(seed, seats):
    cells = cells_of(some_problem(seed), 0)
    seats = min(seats, int(cells.people.sum()))
    best = fill(best_order(cells), cells.people, seats)
    for order in orders(cells, NAMES).values():
        given_seats = fill(order.group, cells.people, seats)
        assert given_seats.sum() == pytest.approx(seats)
        assert (given_seats >= 0).all()
        assert (given_seats <= cells.people + 1e-9).all()
        assert given_seats @ cells.value <= best @ cells.value + 1e-9


@pytest.mark.parametrize("seed", range(10))
def test_the_closed_form_is_the_plan_without_fairness(seed):
    problem = some_problem(seed)
    plan = plan_seats(problem, relative_gap=0.0)
    assert gain(problem, best_order(cells_of(problem, 0)), 30) == pytest.approx(plan.gain)


def test_the_priority_list_is_best_where_priority_is_of_the_occupation():
    value = np.broadcast_to(np.array([1.0, 4.0, 2.0, 3.0])[:, None], SHAPE)
    problem = some_problem(3, priority=value)
    table = rules_table(problem, plan_seats(problem), names=NAMES).set_index("rule")
    assert table["share_of_optimum"]["priority_list"] == pytest.approx(1.0)
    assert table["share_of_optimum"].drop(["priority_list", "tree_3"]).max() < 1.0
    assert table["words_ko"]["priority_list"].startswith("먼저 경영 사무직 ")


def test_oldest_first_is_best_where_priority_is_of_age():
    problem = some_problem(4, priority=np.broadcast_to([1.0, 2.0, 3.0], SHAPE))
    table = rules_table(problem, plan_seats(problem), names=NAMES).set_index("rule")
    assert table["share_of_optimum"]["oldest_first"] == pytest.approx(1.0)
    assert table["words_ko"]["oldest_first"].startswith("먼저 60세 이상 ")


def test_a_tree_without_limit_reaches_the_optimum_and_deeper_ones_are_as_good():
    # Age, major group, capital and women tell all cells apart here.
    for seed in range(10):
        problem = some_problem(seed)
        cells = cells_of(problem, 0)
        best = gain(problem, best_order(cells), 30)
        assert gain(problem, tree_order(cells, NAMES, depth=None).group, 30) == pytest.approx(best)
        assert gain(problem, tree_order(cells, NAMES, depth=1).group, 30) < best


def test_words_of_a_tree_are_those_of_its_leaves():
    # First the oldest in clerical and sales jobs, then the others of these jobs, nobody else.
    value = np.zeros(SHAPE)
    value[:, 1:, :] = 2.0
    value[:, 1:, 2] = 5.0
    problem = problem_of(np.full((1, *SHAPE), 10), [90], priority=value, women=[0.3, 0.5, 0.6, 0.4])
    order = tree_order(cells_of(problem, 0), NAMES, depth=2)
    assert order.words[0] == "60세 이상이고 사무 종사자, 판매 종사자이면"
    assert order.words[1] == "60세 미만이고 사무 종사자, 판매 종사자이면"
    table = rules_table(problem, plan_seats(problem), names=NAMES).set_index("rule")
    assert table["words_ko"]["tree_2"] == (
        "먼저 60세 이상이고 사무 종사자, 판매 종사자이면 모두, "
        "이어서 60세 미만이고 사무 종사자, 판매 종사자이면 25.0%"
    )
    assert table["share_of_optimum"]["tree_2"] == pytest.approx(1.0)
    assert table["words_ko"]["proportional"] == "누구나 수요에 비례: 37.5%"


def test_words_name_the_capital_region_and_middle_ages():
    value = np.zeros(SHAPE)
    value[0] = 1.0
    value[0, :, 1] = 3.0
    cells = cells_of(problem_of(np.full((1, *SHAPE), 10), [9], priority=value), 0)
    words = tree_order(cells, NAMES, depth=3).words
    assert words[0] == "30~59세이고 수도권이면"
    assert any(text.endswith("비수도권이면") for text in words)


def test_table_follows_the_contract_and_repeats():
    problem = replace(some_problem(5), fairness=Fairness(0.9, 0.0, 0.9))
    plan = plan_seats(problem, relative_gap=0.0)
    table = rules_table(problem, plan, names=NAMES)
    assert list(table) == list(COHORT_TABLES["cohort_rules"])
    assert table["rule"].tolist() == RULES
    assert table.equals(rules_table(problem, plan, names=NAMES))
    np.testing.assert_allclose(table["gain"], table["share_of_plan"] * plan.gain)
    assert (table["share_of_plan"] >= table["share_of_optimum"] - 1e-12).all()


def test_pools_with_a_seat_for_everybody_have_no_rules():
    people = int(some_problem(6).pools[0].new.sum())
    problem = some_problem(6, seats=people)
    assert rules_table(problem, plan_seats(problem), names=NAMES).empty
    none = some_problem(6, seats=0)
    assert rules_table(none, plan_seats(none), names=NAMES).empty


def test_names_come_from_the_reference():
    from forecast.data import reference

    keys = ("programmes", "beside_programmes", "sido", "ksco7")
    names = names_of(["11", "51"], ["31"], {key: reference.load(key) for key in keys})
    assert names.provinces == {"11": "서울", "51": "강원"}
    assert names.occupations == {"31": "경영 및 회계 관련 사무직"}
    assert names.majors["3"] == "사무 종사자"
    assert names.programme("P000-JOB-SWITCH") != "P000-JOB-SWITCH"
    assert names.programme("no such") == "no such"
    assert names.pool("separated/job_change") == "AI로 떠난 사람 · 직무 전환"
