"""Adaptive capacity: a share, one half on average, and higher where a component is higher."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from capacity_cases import capacity_tables, stock, transitions, without
from hypothesis import given, settings
from hypothesis import strategies as st
from stage_factories import OCCUPATIONS, SIDO

from forecast.codebook import check_table
from forecast.errors import InputError
from forecast.stages.capacity import (
    CELL,
    COMPONENTS,
    adaptable_share,
    adaptive_capacity,
    capacity_table,
)
from forecast.stages.ranking import share_below
from forecast.types import AGE_GROUPS

N_DRAW = 6


def placed(tables=None, moves=None, people=None, *, concentration=4.0, n_draw=N_DRAW):
    return adaptive_capacity(
        tables or capacity_tables(),
        moves or transitions(n_draw=n_draw),
        stock() if people is None else people,
        n_draw=n_draw,
        rng=np.random.default_rng(1),
        concentration=concentration,
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-3, 3), st.floats(0.0, 1e6)), min_size=1, max_size=12).filter(
        lambda cells: sum(persons for _, persons in cells) > 1e-3
    )
)
def test_share_below_counts_persons_one_by_one(cells):
    values, persons = (np.array(column, dtype=float) for column in zip(*cells, strict=True))
    below = (values[None, :] < values[:, None]) @ persons
    same = (values[None, :] == values[:, None]) @ persons
    got = share_below(values, persons)
    np.testing.assert_allclose(got, (below + same / 2) / persons.sum(), atol=1e-12)
    assert np.average(got, weights=persons) == pytest.approx(0.5)
    np.testing.assert_array_equal(share_below(np.stack([values, -values]), persons)[0], got)


def test_every_component_is_one_half_on_average_over_workers():
    capacity, people = placed(), stock().to_numpy()
    assert capacity.components.dims == ("component", *CELL)
    for name in COMPONENTS:
        part = capacity.components.sel(component=name).to_numpy()
        assert np.average(part, weights=people) == pytest.approx(0.5)
        assert part.min() >= 0.0
        assert part.max() <= 1.0
    for draw in capacity.value:
        assert np.average(draw, weights=people) == pytest.approx(0.5)


def test_capacity_is_the_weighted_mean_of_the_components():
    """With equal feasibility in all draws the components are those of every draw."""
    moves = transitions(n_draw=1)
    moves = transitions(n_draw=N_DRAW, feasibility=np.repeat(moves.feasibility, N_DRAW, axis=0))
    capacity = placed(moves=moves)
    np.testing.assert_allclose(capacity.weights.sum(axis=1), 1.0)
    expected = np.einsum("dk,koas->doas", capacity.weights, capacity.components.to_numpy())
    np.testing.assert_allclose(capacity.value, expected, atol=1e-12)


def test_weights_are_equal_on_average_and_as_tight_as_asked():
    many = placed(n_draw=4_000, concentration=4.0).weights
    np.testing.assert_allclose(many.mean(axis=0), 0.2, atol=0.01)
    np.testing.assert_allclose(many.std(axis=0), np.sqrt(0.2 * 0.8 / 21), atol=0.005)
    assert placed(concentration=1e6).weights == pytest.approx(0.2, abs=1e-3)


def test_ages_follow_their_published_re_employment():
    age = placed().components.sel(component="age").isel(occupation=0, sido=0).to_series()
    assert age["15-29"] == age["30-39"] == age["40-49"] > age["50-59"] > age["60+"]


@pytest.mark.parametrize(("raised", "component"), [("wage", "wage"), ("tertiary", "education")])
def test_capacity_rises_with_a_component_and_with_that_one_alone(raised, component):
    moves, tables = transitions(n_draw=N_DRAW), capacity_tables()
    before, row = placed(tables, moves), 2
    if raised == "wage":
        moves = transitions(n_draw=N_DRAW, wage=moves.wage * np.where(np.arange(5) == row, 9, 1))
    else:
        education = tables["employment_education"].copy()
        chosen = (education["ksco7"] == OCCUPATIONS[row]) & (education["education"] == "tertiary")
        education.loc[chosen, "employed_persons"] *= 500
        tables["employment_education"] = education
    after = placed(tables, moves)
    assert (after.value[:, row] > before.value[:, row]).all()
    for name in COMPONENTS:
        same = after.components.sel(component=name).equals(before.components.sel(component=name))
        assert same == (name != component)


def test_openings_nearby_count_where_they_are():
    """Openings of one province raise capacity of those who can move there, not of others."""
    moves = transitions(n_draw=N_DRAW)
    boosted = moves.openings.copy()
    boosted.loc[{"sido": SIDO[1]}] *= 100.0
    after = placed(moves=transitions(n_draw=N_DRAW, openings=boosted)).components
    local = after.sel(component="local_demand")
    before = placed(moves=moves).components.sel(component="local_demand")
    assert (local.sel(sido=SIDO[1]) >= before.sel(sido=SIDO[1])).all()
    others = [sido for sido in SIDO if sido != SIDO[1]]
    assert (local.sel(sido=others) <= before.sel(sido=others)).all()
    assert float(local.sel(sido=SIDO[1]).min()) > float(local.sel(sido=others).max())


def test_workers_of_the_destinations_compete_for_openings():
    people = stock()
    crowded = people.copy()
    crowded.loc[{"sido": SIDO[0]}] *= 1_000.0
    one = placed(people=crowded).components.sel(component="local_demand", sido=SIDO[0])
    other = placed(people=crowded).components.sel(component="local_demand", sido=SIDO[2])
    assert float(one.max()) < float(other.min())


def test_ways_out_are_counted_over_the_country_wherever_their_openings_lie():
    moves = transitions(n_draw=N_DRAW)
    turned = moves.openings.copy()
    for row in range(len(OCCUPATIONS)):
        turned[row] = np.roll(moves.openings[row].to_numpy(), row + 1)
    before, after = placed(moves=moves), placed(moves=transitions(openings=turned))
    same, other = (
        [capacity.components.sel(component=name) for capacity in (before, after)]
        for name in ("moves", "local_demand")
    )
    xr.testing.assert_allclose(*same)
    assert not np.allclose(*other)


def test_whoever_has_one_way_out_stands_below_those_with_many():
    feasibility = transitions(n_draw=N_DRAW).feasibility.copy()
    feasibility[:, 2] = 0.0
    feasibility[:, 2, 0] = 1.0
    moves = placed(moves=transitions(feasibility=feasibility)).components.sel(component="moves")
    below = moves.isel(age_group=0, sido=0)
    assert below.to_numpy().argmin() == 2
    people = stock().sum(["age_group", "sido"])
    assert float(below[2]) == pytest.approx(float(people[2] / people.sum()) / 2)


def test_the_table_keeps_the_codebook_and_has_every_cell_once():
    capacity = placed()
    table = capacity_table(capacity)
    check_table("adaptive_capacity", table)
    keys = ["ksco7", "age_group", "sido"]
    assert len(table) == len(OCCUPATIONS) * len(AGE_GROUPS) * len(SIDO)
    assert not table.duplicated(keys).any()
    row = table.set_index(keys).loc[(OCCUPATIONS[3], "50-59", SIDO[2])]
    cell = {"occupation": OCCUPATIONS[3], "age_group": "50-59", "sido": SIDO[2]}
    for name in COMPONENTS:
        assert row[name] == float(capacity.components.sel(component=name, **cell))
    assert row["capacity"] == pytest.approx(capacity.value[:, 3, 3, 2].mean())
    assert (table["lower80"] <= table["capacity"]).all()
    assert (table["upper80"] >= table["capacity"]).all()


def test_share_of_exposed_who_can_adapt_counts_the_border_in_part():
    capacity, people = placed(), xr.ones_like(stock())
    # One of five ages is above the median, and everybody in the most exposed occupation.
    value = np.full_like(capacity.value, 0.4)
    value[:, :, :4] = 0.2
    value[:, 1] = 0.9
    chosen = type(capacity)(value, capacity.components, capacity.weights)
    exposure = np.tile([0.1, 0.9, 0.5, 0.2, 0.3], (N_DRAW, 1))
    above = (value > np.median(value)).mean(axis=(2, 3))
    expected = (0.2 * above[:, 1] + 0.05 * above[:, 2]) / 0.25
    np.testing.assert_allclose(adaptable_share(chosen, exposure, people), expected)
    assert expected[0] == pytest.approx((0.2 * 1.0 + 0.05 * 0.2) / 0.25)
    everybody = adaptable_share(chosen, exposure, people, most_exposed=1.0)
    np.testing.assert_allclose(everybody, above.mean(axis=1))


def test_same_seed_same_capacity_and_the_order_of_the_stock_does_not_matter():
    turned = (
        stock().transpose("sido", "occupation", "age_group").isel(occupation=slice(None, None, -1))
    )
    np.testing.assert_array_equal(placed().value, placed(people=turned).value)


def test_missing_inputs_are_named():
    tables = capacity_tables()
    tables["evidence"] = without(tables["evidence"], "reemployment_rate_1y_nonwage")
    with pytest.raises(InputError, match="reemployment_rate_1y_nonwage"):
        placed(tables)
    tables = capacity_tables()
    education = tables["employment_education"]
    tables["employment_education"] = education[education["ksco7"] != "31"]
    with pytest.raises(InputError, match=r"employment_education: .*\['31'\]"):
        placed(tables)
    with pytest.raises(InputError, match="6 draws"):
        adaptive_capacity(
            capacity_tables(), transitions(), stock(), n_draw=5, rng=np.random.default_rng(1)
        )
