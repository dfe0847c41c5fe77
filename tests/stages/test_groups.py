"""Two overlapping groups of people in need: parts of all, and nobody in them twice."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from capacity_cases import evidence, without
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.codebook import check_table
from forecast.errors import InputError
from forecast.stages.groups import group_persons, midlife_share, transition_groups
from forecast.types import AGE_GROUPS, GROUPS, NEEDS

SIDO = ["11", "26", "51"]
YEARS = [2023, 2024]


def in_need(*, n_draw=7, seed=1) -> xr.DataArray:
    rng = np.random.default_rng(seed)
    coords = {
        "scenario": ["no_ai", "central"],
        "draw": np.arange(n_draw),
        "year": YEARS,
        "sido": SIDO,
        "age_group": list(AGE_GROUPS),
        "need": list(NEEDS),
    }
    values = rng.gamma(1.0, 900.0, size=tuple(len(labels) for labels in coords.values()))
    values[0] = 0.0
    return xr.DataArray(values, coords)


def shares(*, n_draw=7, seed=2):
    rng = np.random.default_rng(seed)
    return rng.uniform(size=n_draw), rng.uniform(0.0, 0.5, size=(n_draw, len(AGE_GROUPS)))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1_000))
def test_groups_are_parts_of_all_by_inclusion_and_exclusion(seed):
    midlife, moving = shares(seed=seed)
    persons = in_need(seed=seed)
    split = group_persons(persons, midlife=midlife, moving=moving)
    group = {name: split.sel(group=name) for name in GROUPS}
    joined = group["midlife"] + group["movers"] - group["midlife_movers"]
    np.testing.assert_allclose(joined, group["transition"], rtol=1e-9, atol=1e-9)
    assert (group["transition"] <= group["all"] * (1 + 1e-12)).all()
    for name in ("midlife", "movers"):
        assert (group[name] <= group["transition"] * (1 + 1e-12)).all()
        assert (group["midlife_movers"] <= group[name] * (1 + 1e-12)).all()
    everybody = persons.sum("age_group").transpose(*group["all"].sel(sido=SIDO).dims)
    np.testing.assert_allclose(group["all"].sel(sido=SIDO), everybody)


def test_provinces_sum_to_the_nation_in_every_draw():
    midlife, moving = shares()
    split = group_persons(in_need(), midlife=midlife, moving=moving)
    assert split["sido"].values.tolist() == ["00", *SIDO]
    np.testing.assert_allclose(split.sel(sido=SIDO).sum("sido"), split.sel(sido="00"), rtol=1e-12)


def test_each_group_counts_the_ages_and_needs_it_names():
    midlife, moving = shares()
    persons = in_need()
    split = group_persons(persons, midlife=midlife, moving=moving)
    at = {"scenario": "central", "year": 2024, "sido": "26"}
    cell, got = persons.sel(at).transpose("draw", "age_group", "need"), split.sel(at)
    ages = cell.to_numpy()
    basic = NEEDS.index("ai_basic")
    old = ages[:, 2] + ages[:, 3] + midlife[:, None] * ages[:, 4]
    np.testing.assert_allclose(got.sel(group="midlife").transpose("draw", "need"), old)
    # AI has separated everybody who needs another job.
    separated = got.sel(need="job_change")
    np.testing.assert_allclose(separated.sel(group="movers"), separated.sel(group="all"))
    np.testing.assert_allclose(
        separated.sel(group="midlife_movers"), separated.sel(group="midlife")
    )
    kept = (ages[:, :, basic] * moving).sum(axis=1)
    np.testing.assert_allclose(got.sel(need="ai_basic", group="movers"), kept)
    both = moving[:, 2] * ages[:, 2, basic] + moving[:, 3] * ages[:, 3, basic]
    both += moving[:, 4] * midlife * ages[:, 4, basic]
    np.testing.assert_allclose(got.sel(need="ai_basic", group="midlife_movers"), both)


def test_draws_pair_by_position_whatever_the_order_of_dimensions():
    midlife, moving = shares()
    persons = in_need()
    turned = persons.transpose("need", "age_group", "sido", "year", "draw", "scenario")
    one = group_persons(persons, midlife=midlife, moving=moving)
    xr.testing.assert_identical(one, group_persons(turned, midlife=midlife, moving=moving))


def test_the_table_keeps_the_codebook_and_no_ai_needs_nothing():
    midlife, moving = shares()
    table = transition_groups(in_need(), midlife=midlife, moving=moving)
    check_table("transition_groups", table)
    assert len(table) == 2 * len(YEARS) * (1 + len(SIDO)) * len(GROUPS) * len(NEEDS)
    assert (table.loc[table["scenario"] == "no_ai", "persons"] == 0.0).all()
    assert (table.loc[table["scenario"] == "central", "persons"] > 0.0).all()


def test_a_nation_among_the_provinces_and_impossible_shares_are_refused():
    midlife, moving = shares()
    twice = in_need().assign_coords(sido=["00", "11", "26"])
    with pytest.raises(InputError, match="by province"):
        group_persons(twice, midlife=midlife, moving=moving)
    with pytest.raises(InputError, match="between 0 and 1"):
        group_persons(in_need(), midlife=midlife, moving=moving + 1.0)
    with pytest.raises(InputError, match="do not fit 7 draws"):
        group_persons(in_need(), midlife=midlife[:-1], moving=moving)


def employed(ages, *, n_draw=3) -> xr.DataArray:
    coords = {
        "draw": np.arange(n_draw),
        "occupation": ["11", "22"],
        "age_group": list(AGE_GROUPS),
        "period": ["2023H1", "2023H2", "2024H1"],
    }
    halves = np.array([0.9, 1.1, 7.0])  # the mean of 2023 is 1, 2024 must not count
    values = np.asarray(ages)[None, None, :, None] / 2.0 * halves
    values = np.broadcast_to(values, (n_draw, 2, len(AGE_GROUPS), 3)).copy()
    values[1, :, 2] *= 1.1
    return xr.DataArray(values, coords)


def test_midlife_share_is_what_the_published_total_leaves_for_60_to_64():
    persons = employed([4e6, 5e6, 6e6, 6.5e6, 6e6])
    share = midlife_share({"evidence": evidence()}, persons)
    np.testing.assert_allclose(share, [2.5 / 6, 1.9 / 6, 2.5 / 6])


@pytest.mark.parametrize(
    ("ages", "said"), [([0, 0, 9e6, 9e6, 6e6], "-0.5"), ([0] * 4 + [1e6], "15")]
)
def test_a_total_that_does_not_fit_the_baseline_is_refused(ages, said):
    with pytest.raises(InputError, match=rf"share of {said}") as caught:
        midlife_share({"evidence": evidence()}, employed(ages))
    assert "\n" not in str(caught.value)


def test_missing_figure_or_year_is_named():
    persons = employed([4e6, 5e6, 6e6, 6.5e6, 6e6])
    with pytest.raises(InputError, match="employed_40_64"):
        midlife_share({"evidence": without(evidence(), "employed_40_64")}, persons)
    with pytest.raises(InputError, match="both half-years"):
        midlife_share({"evidence": evidence()}, persons.isel(period=[1, 2]))
