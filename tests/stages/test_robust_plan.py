"""Plans for scarce seats judged under many futures, and seats under other demand."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.codebook_cohorts import COHORT_TABLES
from forecast.stages.demand_shift import shift_table, whole_seats
from forecast.stages.futures import Futures
from forecast.stages.other_demand import filled, most_seated, scarce_pools, under
from forecast.stages.robust_plan import best_gain, judge, proportional_seats, robust_table
from forecast.stages.seat_plan import plan_seats
from forecast.stages.seat_problem import Fairness, Pool, Programme, SeatProblem

YEARS, SHAPE = (2026, 2027), (2, 3, 2, 2)  # year, province, occupation, age
NAMES = ("employed/ax", "separated/job_change", "employed/ai_basic")
SEATS = (30, 12, 900)  # a year: the last pool has seats for all


def people(seed=1, mean=20.0):
    return np.random.default_rng(seed).poisson(mean, SHAPE).astype(np.int64)


def problem(*, fairness=0.3, seats=SEATS, seed=1):
    rng = np.random.default_rng(seed)
    pools = tuple(
        Pool(name, people(seed + place), rng.uniform(0.2, 3.0, SHAPE[1:]))
        for place, name in enumerate(NAMES)
    )
    programmes = [
        Programme(name, place, np.full(2, number), np.ones(SHAPE[2:], bool), np.ones(2))
        for place, (name, number) in enumerate(zip("abc", seats, strict=True))
    ]
    programmes[2] = replace(programmes[2], beyond=np.full((2, 3), 1 / 3))
    return SeatProblem(
        YEARS, pools, tuple(programmes), np.array([0.3, 0.6]), np.arange(3),
        fairness=Fairness(age=fairness, province=fairness), later=0.97,
    )  # fmt: skip


def many(own, *, n=6, seed=2, alike=False):
    """Futures around the people of a problem; `alike`: all are its own people."""
    rng = np.random.default_rng(seed)
    scale = np.ones((n, *SHAPE)) if alike else rng.gamma(1.0, 1.0, (n, *SHAPE))
    new = {pool.name: pool.new * scale for pool in own.pools}
    half = tuple("slow" if i < n // 2 else "fast" for i in range(n))
    mean = {pool.name: pool.new.astype(float) for pool in own.pools}
    return Futures(half, np.arange(n), new, {"slow": mean, "fast": mean})


def robust(own, futures):
    return robust_table(own, plan_seats(own), futures, scenario="slow")


def test_only_pools_with_fewer_seats_than_people_are_scarce():
    own = problem()
    assert [own.pools[i].name for i in scarce_pools(own)] == list(NAMES[:2])
    assert scarce_pools(problem(seats=(0, 10**6, 900))) == []
    assert robust_table(own, plan_seats(own), many(own, n=0), scenario="slow").empty


def test_table_has_every_plan_under_every_set_of_futures():
    table = robust(problem(), many(problem()))
    assert list(table.columns) == list(COHORT_TABLES["cohort_robust"])
    keys = set(table[["plan", "judged", "need"]].itertuples(index=False, name=None))
    plans = {"plan", "slow", "fast", "mean", "half", "mixed", "proportional"}
    assert keys >= set(product(plans, ("all", "slow", "fast"), ("all", "ax", "job_change")))
    assert not table.duplicated(["plan", "judged", "need"]).any()
    sums = table[table["need"] != "all"].groupby(["plan", "judged"])[["gain", "regret_mean"]].sum()
    whole = table[table["need"] == "all"].set_index(["plan", "judged"])[["gain", "regret_mean"]]
    assert sums.loc[whole.index].to_numpy() == pytest.approx(whole.to_numpy())
    assert table["filled_share"].between(0.0, 1.0 + 1e-9).all()


def test_the_chosen_plan_has_the_least_largest_regret():
    table = robust(problem(), many(problem()))
    over_all = table[table["judged"] == "all"]
    for _, part in over_all.groupby("need"):
        chosen = part[part["chosen"] == "yes"]
        assert len(chosen) == 1
        assert float(chosen["regret_max"].iloc[0]) == part["regret_max"].min()
    picked = table[table["chosen"] == "yes"].groupby("need")["plan"].unique()
    assert all(len(plans) == 1 for plans in picked)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_no_plan_beats_the_best_gain_and_seats_fill_with_real_people(seed, waits):
    rng = np.random.default_rng(seed)
    own = problem(seed=seed % 97)
    pools = tuple(replace(pool, waits=waits) for pool in own.pools)
    own = replace(own, pools=pools)
    futures = many(own, seed=seed)
    seats = (
        rng.multinomial(30, rng.dirichlet(np.full(12, 0.5)), size=2).reshape(SHAPE).astype(float)
    )
    judged = judge(own, 0, seats, futures)
    assert (judged.gain <= best_gain(own, 0, futures.new[NAMES[0]]) + 1e-9).all()
    flat, new = seats.reshape(2, -1), futures.new[NAMES[0]].reshape(6, 2, -1)
    taken = filled(flat, new, waits=waits)
    assert (taken <= flat + 1e-12).all() and (taken >= 0).all()
    assert (taken.cumsum(axis=1) <= new.cumsum(axis=1) + 1e-9).all()
    assert waits or (taken <= new + 1e-12).all()
    assert judged.filled == pytest.approx(taken.sum(axis=(1, 2)))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_best_gain_is_the_optimum_without_fairness(seed):
    own = problem(fairness=0.0, seed=seed % 1009)
    alone = under(own, {pool.name: pool.new.astype(float) for pool in own.pools}, [0])
    plan = plan_seats(alone, relative_gap=0.0)
    assert best_gain(own, 0, own.pools[0].new[None].astype(float))[0] == pytest.approx(plan.gain)


def test_the_plan_made_for_a_future_is_best_when_it_comes():
    own = problem(fairness=0.0)
    futures = many(own, alike=True)
    table = robust(own, futures).query("need == 'all' and judged == 'all'").set_index("plan")
    for name in ("plan", "slow", "mean", "median", "future 50"):
        assert table.at[name, "regret_max"] == pytest.approx(0.0, abs=1e-6), name
        assert table.at[name, "filled_share"] == pytest.approx(1.0)
    assert table.at["proportional", "regret_max"] > 1.0


def test_alike_futures_give_alike_regrets_and_fairness_costs():
    own = problem(fairness=0.9)
    table = robust(own, many(own, alike=True)).query("need == 'all'")
    for _, part in table.groupby("plan"):
        assert np.ptp(part[["regret_mean", "regret_90", "regret_max"]].to_numpy()) < 1e-6
    fair = table.query("judged == 'all'").set_index("plan")
    assert fair.at["slow", "regret_max"] > 0.1  # against the bound without fairness
    assert fair.at["slow", "regret_max"] == pytest.approx(fair.at["mean", "regret_max"])


def test_seats_in_proportion_follow_who_waits():
    own = problem()
    new = own.pools[0].new.astype(float)
    seats = proportional_seats(own, 0, new)
    assert seats.sum(axis=(1, 2, 3)) == pytest.approx([30.0, 30.0])
    assert seats[0] == pytest.approx(new[0] * 30.0 / new[0].sum())
    waiting = new[0] - seats[0] + new[1]
    assert seats[1] == pytest.approx(waiting * 30.0 / waiting.sum())
    young = replace(own.programmes[0], open_to=np.array([[True, False]] * 2))
    own = replace(own, programmes=(young, *own.programmes[1:]))
    assert proportional_seats(own, 0, new)[..., 1].sum() == 0.0


def test_people_who_do_not_wait_are_gone_next_year():
    seats, new = np.array([[1.0], [5.0]]), np.array([[4.0], [1.0]])
    assert filled(seats, new, waits=True).ravel().tolist() == [1.0, 4.0]
    assert filled(seats, new, waits=False).ravel().tolist() == [1.0, 1.0]
    worth = np.array([1.0])
    assert most_seated(np.array([1, 5]), new, worth, waits=False).ravel().tolist() == [1.0, 1.0]


def shift(own, others=None, *, changes=()):
    others = others or {}

    def make(name):
        return others.get(name, own)

    return shift_table(
        make, own, plan_seats(own, relative_gap=0.0), provinces=("11", "26", "27"),
        scenario="central", others=list(others), changes=changes,
    )  # fmt: skip


def test_the_same_demand_changes_nothing():
    table = shift(problem(), {"slow": problem()}, changes=[0.0])
    assert list(table.columns) == list(COHORT_TABLES["cohort_scenarios"])
    assert set(table["case"]) == {"slow", "demand +0 %"}
    assert (table["change"] == 0).all()
    assert set(table["programme"]) == {"a", "b", "c"}


def test_seats_follow_people_and_their_sums_stay():
    own = problem()
    moved = own.pools[0].new.copy()
    moved[:, 0], moved[:, 1] = 0, 2 * moved[:, 1]
    fast = replace(own, pools=(replace(own.pools[0], new=moved), *own.pools[1:]))
    table = shift(own, {"fast": fast}, changes=[-0.2, 0.2])
    sums = table.groupby(["case", "programme", "year"])["persons"].sum().unstack("programme")
    assert (sums.to_numpy() == SEATS).all()
    assert (table["in_need"] <= table["persons"]).all() and (table["in_need"] >= 0).all()
    of_a = table[(table["case"] == "fast") & (table["programme"] == "a")]
    assert of_a[of_a["sido"] == "11"]["persons"].sum() == 0
    assert of_a[of_a["sido"] == "26"]["change"].sum() > 0
    assert of_a["change"].sum() == 0


def test_more_people_leave_fewer_seats_above_the_need():
    table = shift(problem(), changes=[-0.2, 0.2])
    in_need = table[table["programme"] == "c"].groupby("case", sort=False)["in_need"].sum()
    total = problem().pools[2].new.sum()
    assert in_need.to_list() == pytest.approx([0.8 * total, 1.2 * total], abs=2.0)


def test_whole_seats_never_exceed_what_there_is():
    seats = whole_seats(np.array([[3.4, 3.4], [0.2, 0.1]]), np.array([6, 6]))
    assert seats.sum(axis=1).tolist() == [6, 0] and (seats >= 0).all()
