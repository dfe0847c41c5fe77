"""Futures: cells of single draws that meet both margins, and the same people as the plan sees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import stage_factories as made
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import ConfigError, InputError
from forecast.stages.cohort_people import people_of
from forecast.stages.futures import futures, match_margins
from forecast.types import AGE_GROUPS, ReskillingDemand

FLOWS = ("opening", "entry", "exit", "job_change_out", "closing")
OPTIONS = made.cohort_options(years=[2026], since_year=2025)


def demand(n_draw: int | None = None) -> ReskillingDemand:
    """Made-up demand with flows and priorities; with one draw, cells are that draw."""
    whole = made.demand()
    rng = np.random.default_rng(3)
    old = whole.ledger
    coords = {name: old[name].values for name in old.dims} | {"flow": list(FLOWS)}
    flows = rng.uniform(50.0, 90.0, size=[len(coords[str(name)]) for name in old.dims])
    ledger = made.labelled(flows, coords, unit="persons")
    cells = whole.cells.sel(statistic="persons", scenario="central")
    index = pd.MultiIndex.from_product(
        [cells["sido"].values, cells["occupation"].values, list(AGE_GROUPS)],
        names=["sido", "ksco7", "age_group"],
    )
    figures = rng.uniform(0.1, 0.9, size=(len(index), 3))
    columns = ["displaced_share", "adaptive_capacity", "expected_gain"]
    priority = pd.DataFrame(figures, index, columns).reset_index()
    found = replace(whole, ledger=ledger, details={"reskilling_priority": priority})
    if n_draw is None:
        return found
    by_province = found.cells.sel(statistic="persons").sum("occupation").expand_dims("draw", 1)
    persons = found.cells.sel(statistic="persons").sum("sido").expand_dims("draw", 1)
    return replace(
        found,
        persons=persons.transpose(*found.persons.dims).assign_attrs(unit="persons"),
        by_province=by_province.transpose(*found.by_province.dims).assign_attrs(unit="persons"),
    )


def many(n=3, seed=0, **changed):
    return futures(demand(), OPTIONS, n=n, rng=np.random.default_rng(seed), **changed)


positive = st.floats(0.01, 100.0)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_cells_meet_both_margins_and_nobody_is_made_up(data):
    shape = data.draw(st.tuples(*[st.integers(1, 4)] * 4))
    numbers = st.lists(positive, min_size=int(np.prod(shape)), max_size=int(np.prod(shape)))
    mean, draw = (np.array(data.draw(numbers)).reshape(shape) for _ in range(2))
    empty = np.arange(mean.size).reshape(shape) % 5 == 4  # nobody is ever there
    if shape[0] > 2 and shape[1] > 2:
        mean, draw = np.where(empty, 0.0, mean), np.where(empty, 0.0, draw)
    fitted = match_margins(mean, draw.sum(axis=1), draw.sum(axis=0), tolerance=1e-6)
    assert np.abs(fitted.sum(axis=1) - draw.sum(axis=1)).max() <= 1e-6
    assert np.abs(fitted.sum(axis=0) - draw.sum(axis=0)).max() <= 1e-6
    assert (fitted >= 0).all() and (fitted[mean == 0] == 0).all()


def test_scaling_keeps_what_province_and_occupation_share():
    mean = np.array([[6.0, 1.0], [2.0, 3.0]])[..., None, None]
    fitted = match_margins(mean, np.array([9.0, 3.0])[:, None, None], mean.sum(axis=0))[..., 0, 0]
    odds = fitted[0, 0] * fitted[1, 1] / (fitted[0, 1] * fitted[1, 0])
    assert odds == pytest.approx(9.0)


def test_margins_that_contradict_each_other_are_refused():
    ones = np.ones((2, 2, 1, 1))
    with pytest.raises(InputError, match="contradict each other"):
        match_margins(ones, np.full((2, 1, 1), 2.0), np.full((2, 1, 1), 3.0))


def test_futures_are_the_draws_of_the_projection():
    found, own = demand(), many()
    assert own.scenario == ("central",) * 3 and own.draw.tolist() == [0, 1, 2]
    for need, pool in (("ax", "employed/ax"), ("job_change", "separated/job_change")):
        backlog = found.by_province.sel(scenario="central", need=need, year=slice(2025, 2026)).sum(
            "year"
        )
        wanted = backlog.transpose("draw", "sido", "age_group").to_numpy()
        assert own.new[pool][:, 0].sum(axis=2) == pytest.approx(wanted, abs=1e-6)
        backlog = found.persons.sel(scenario="central", need=need, year=slice(2025, 2026)).sum(
            "year"
        )
        wanted = backlog.transpose("draw", "occupation", "age_group").to_numpy()
        assert own.new[pool][:, 0].sum(axis=1) == pytest.approx(wanted, abs=1e-6)


def test_a_single_draw_and_the_mean_are_the_people_of_the_plan():
    found = demand(n_draw=1)
    sexes = pd.DataFrame({"year": 2024, "ksco7": list("123456789"), "women_share": 0.4})
    own = futures(found, OPTIONS, n=1, rng=np.random.default_rng(0))
    people = people_of(OPTIONS, found, {"employment_sex": sexes})
    for name, new in people.new.items():
        assert own.mean["central"][name] == pytest.approx(new), name
        assert own.new[name][0] == pytest.approx(new), name
    assert people.new["entering/ax"].sum() > 0


def test_draws_are_sampled_evenly_without_repeating_and_by_the_seed():
    found = demand()
    twin = found.cells["scenario"].values.tolist()
    renamed = {"no_ai": "slow", "central": "fast"}
    assert twin == list(renamed)
    parts = {
        name: getattr(found, name).assign_coords(scenario=list(renamed.values()))
        for name in ("persons", "by_province", "cells", "parts", "ledger", "displaced")
    }
    found = replace(found, **parts)
    own = futures(found, OPTIONS, n=5, rng=np.random.default_rng(1))
    assert own.scenario == ("slow",) * 3 + ("fast",) * 2
    assert len(set(own.draw[own.of("slow")])) == 3 and len(set(own.draw[own.of("fast")])) == 2
    again = futures(found, OPTIONS, n=5, rng=np.random.default_rng(1))
    assert (again.new["employed/ax"] == own.new["employed/ax"]).all()
    most = futures(found, OPTIONS, n=500, rng=np.random.default_rng(1))
    assert len(most.scenario) == 2 * found.persons.sizes["draw"]


def test_years_that_are_not_projected_are_refused():
    options = made.cohort_options(years=[2039], since_year=2025)
    with pytest.raises(ConfigError, match="2039 is not projected"):
        futures(demand(), options, n=2, rng=np.random.default_rng(0))
