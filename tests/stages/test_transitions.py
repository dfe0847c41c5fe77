"""Moves add up, lead where work is alike and open, and stand beside the risk."""

from __future__ import annotations

import dataclasses

import move_cases as made
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from stage_factories import OCCUPATIONS, SIDO

from forecast.checked import labelled
from forecast.codebook import check_table
from forecast.errors import InputError
from forecast.features.moves import COSTS
from forecast.stages.move_fit import move_fit
from forecast.stages.opportunity import move_measures, opportunity_table
from forecast.stages.transitions import draw_transitions, transition_tables
from forecast.types import AGE_GROUPS

TABLES = made.move_tables()
PARAMETERS = made.weights()
NEUTRAL = made.weights(**dict.fromkeys(made.WEIGHT_NAMES, 0.0))


def transitions(parameters: xr.DataArray = PARAMETERS, **changed):
    return draw_transitions(
        {**TABLES, **changed}, parameters, occupations=OCCUPATIONS, provinces=SIDO
    )


def stock(*, seed: int = 8) -> xr.DataArray:
    shape = (len(OCCUPATIONS), len(AGE_GROUPS), len(SIDO))
    persons = np.random.default_rng(seed).uniform(1e3, 1e5, size=shape)
    coords = {"occupation": list(OCCUPATIONS), "age_group": list(AGE_GROUPS), "sido": list(SIDO)}
    return labelled(persons, coords, unit="persons")


def displaced(*, sido=SIDO, seed: int = 9) -> xr.DataArray:
    values = np.random.default_rng(seed).uniform(0, 0.1, size=(len(OCCUPATIONS), len(sido)))
    return labelled(values, {"occupation": list(OCCUPATIONS), "sido": list(sido)}, unit="share")


def all_tables(parameters: xr.DataArray = PARAMETERS):
    return transition_tables(transitions(parameters), TABLES, parameters=parameters)


def test_each_weight_of_the_scenario_reaches_its_own_cost():
    alone = made.weights(n_draw=1, **dict.fromkeys(made.WEIGHT_NAMES, 0.0))
    for name, cost in zip(made.WEIGHT_NAMES, COSTS, strict=True):
        one = alone.copy()
        one.loc[{"parameter": name}] = 0.7
        found = transitions(one)
        expected = np.exp(-0.7 * found.costs[cost].to_numpy())
        np.fill_diagonal(expected, 0.0)
        np.testing.assert_allclose(found.feasibility[0], expected)


def test_neutral_weights_let_moves_follow_openings_alone():
    found = transitions(NEUTRAL)
    moves = all_tables(NEUTRAL)["occupation_moves"]
    assert (moves["feasibility"] == 1.0).all()
    open_ = dict(zip(OCCUPATIONS, found.country_openings, strict=True))
    for origin, rows in moves.groupby("ksco7"):
        others = sum(value for code, value in open_.items() if code != origin)
        np.testing.assert_allclose(rows["move_share"], rows["ksco7_to"].map(open_) / others)


def test_every_pair_has_one_row_and_shares_of_an_origin_sum_to_one():
    moves = all_tables()["occupation_moves"]
    n = len(OCCUPATIONS)
    assert len(moves) == n * (n - 1) and not moves.duplicated(["ksco7", "ksco7_to"]).any()
    assert (moves["ksco7"] != moves["ksco7_to"]).all()
    np.testing.assert_allclose(moves.groupby("ksco7")["move_share"].sum(), 1.0)
    for _, rows in moves.groupby("ksco7"):
        assert list(rows["rank"]) == list(range(1, n))
        assert (rows["move_share"].diff().dropna() <= 0).all()
    assert (moves["lower80"] <= moves["feasibility"]).all()
    assert (moves["feasibility"] <= moves["upper80"]).all()


def test_costs_of_a_pair_are_told_from_origin_to_destination():
    moves = all_tables()["occupation_moves"].set_index(["ksco7", "ksco7_to"])
    assert moves.loc[("11", "94"), "wage_change"] == pytest.approx(-0.8)
    assert moves.loc[("94", "11"), "wage_change"] == pytest.approx(4.0)
    assert moves.loc[("11", "22"), "licensed_share"] > 0
    assert moves.loc[("22", "11"), "licensed_share"] == 0
    found = transitions()
    assert moves.loc[("11", "22"), "vacancies"] == pytest.approx(found.country_openings[1])


def test_tables_are_as_the_codebook_says():
    for name, table in all_tables().items():
        check_table(name, table)
    check_table("opportunity", opportunity_table(transitions(), stock(), displaced()))


def test_gaps_are_listed_for_the_likeliest_moves():
    tables = all_tables()
    moves = tables["occupation_moves"].set_index(["ksco7", "ksco7_to"])
    gaps = tables["skill_gaps"]
    assert set(gaps.set_index(["ksco7", "ksco7_to"]).index) <= set(moves.index)
    assert gaps.groupby(["ksco7", "ksco7_to"])["rank"].max().le(5).all()
    assert (gaps["gap_sd"] > 0).all()


def test_fitted_weights_are_those_behind_the_related_occupations():
    found, true = transitions(), dict(zip(COSTS, (2.0, 0.5, 1.0, 0.8), strict=True))
    size = np.full(len(OCCUPATIONS), 2.0)  # two minor groups with one US occupation each
    pull = size * np.exp(-sum(true[name] * found.costs[name].to_numpy() for name in COSTS))
    np.fill_diagonal(pull, 0.0)
    share = pull / pull.sum(axis=1, keepdims=True)
    of, to = np.nonzero(share)
    codes = np.asarray(OCCUPATIONS)
    columns = {"ksco7": codes[of], "ksco7_to": codes[to], "weight": share[of, to]}
    tables = {**TABLES, "related_occupations": pd.DataFrame(columns)}
    fit = move_fit(tables, found.costs, used=dict.fromkeys(COSTS, 0.0)).set_index("cost")
    assert fit["weight"].to_dict() == pytest.approx(true, rel=1e-4)
    assert (fit["used"] == 0.0).all()
    assert fit["auc_fitted"].isna().all()  # every pair is related: none to tell apart
    assert fit["pseudo_r2"].iloc[0] == pytest.approx(fit["attainable_r2"].iloc[0])


def test_auc_tells_related_destinations_from_the_others():
    found = transitions()
    pairs = found.costs["distance"].to_series().rename("cost").reset_index()
    pairs = pairs[pairs["origin"] != pairs["destination"]].assign(weight=1.0)
    pairs = pairs.rename(columns={"origin": "ksco7", "destination": "ksco7_to"})
    near = pairs[pairs["cost"] <= pairs.groupby("ksco7")["cost"].transform("median")]
    tables = {**TABLES, "related_occupations": near}
    used = {**dict.fromkeys(COSTS, 0.0), "distance": 1.0}
    fit = move_fit(tables, found.costs, used=used)
    assert (fit["auc_used"] == 1.0).all()
    none = move_fit(tables, found.costs, used=dict.fromkeys(COSTS, 0.0))
    assert (none["auc_used"] == 0.5).all()


def test_a_group_related_to_itself_is_refused():
    related = TABLES["related_occupations"].assign(ksco7_to="11")
    with pytest.raises(InputError, match="itself"):
        move_fit(
            {**TABLES, "related_occupations": related},
            transitions().costs,
            used=dict.fromkeys(COSTS, 1.0),
        )


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30)
def test_openings_are_shared_among_workers_and_none_counts_twice(seed):
    rng = np.random.default_rng(seed)
    feasible = rng.uniform(0.01, 1, size=(2, 4, 4))
    feasible[:, np.arange(4), np.arange(4)] = 0.0
    openings, people = rng.uniform(0, 9, size=(4, 3)), rng.uniform(1, 90, size=(4, 3))
    wage = rng.uniform(1, 5, size=4)
    destinations, per_100, ratio = move_measures(feasible, openings, wage, people=people)
    np.testing.assert_allclose(
        np.einsum("dop,op->dp", per_100, people) / 100, openings.sum(axis=0)[None].repeat(2, 0)
    )
    draw, origin, place = 1, 2, 0
    pull = feasible[draw, origin] * openings[:, place]
    share = pull[pull > 0] / pull.sum()
    assert destinations[draw, origin, place] == pytest.approx(
        np.exp(-(share * np.log(share)).sum())
    )
    assert ratio[draw, origin, place] == pytest.approx((pull @ wage) / pull.sum() / wage[origin])
    assert (destinations <= 3 + 1e-9).all() and (destinations >= 1 - 1e-9).all()


def test_without_an_opening_there_is_no_destination():
    feasible = 1.0 - np.eye(2)[None]
    destinations, per_100, ratio = move_measures(
        feasible, np.zeros((2, 1)), np.ones(2), people=np.ones((2, 1))
    )
    assert not destinations.any() and not per_100.any() and not ratio.any()


def test_opportunity_is_the_mean_standing_of_the_three_measures():
    persons = stock()
    table = opportunity_table(transitions(), persons, displaced())
    workers = persons.sum("age_group").to_series()
    provinces = table[table["sido"] != "00"].set_index(["ksco7", "sido"])
    workers = workers.loc[provinces.index].to_numpy()
    expected = np.zeros(len(provinces))
    for name in ("destinations", "openings_per_100", "wage_ratio"):
        value = provinces[name].to_numpy()
        below = (value[None, :] < value[:, None]) + (value[None, :] == value[:, None]) / 2
        expected += below @ workers / workers.sum() / 3
    np.testing.assert_allclose(provinces["opportunity"], expected)
    # Half of all workers stand below the mean worker, in the provinces and in the country.
    assert np.average(provinces["opportunity"], weights=workers) == pytest.approx(0.5)
    country = table[table["sido"] == "00"]
    total = persons.sum(("age_group", "sido")).sel(occupation=list(country["ksco7"]))
    assert np.average(country["opportunity"], weights=total) == pytest.approx(0.5)


def test_the_country_is_displaced_as_its_workers_are():
    persons, risk = stock(), displaced()
    table = opportunity_table(transitions(), persons, risk).set_index(["ksco7", "sido"])
    workers = persons.sum("age_group")
    mean = ((risk * workers).sum("sido") / workers.sum("sido")).to_series()
    np.testing.assert_allclose(table.xs("00", level="sido")["displaced_share"], mean)
    told = displaced(sido=("00", *SIDO))
    table = opportunity_table(transitions(), persons, told).set_index(["ksco7", "sido"])
    assert table.loc[("22", "00"), "displaced_share"] == told.sel(occupation="22", sido="00")
    assert table.loc[("22", "36"), "displaced_share"] == told.sel(occupation="22", sido="36")


def test_the_order_of_provinces_in_an_input_does_not_matter():
    turned = list(reversed(SIDO))
    table = opportunity_table(transitions(), stock(), displaced())
    again = opportunity_table(transitions(), stock().sel(sido=turned), displaced().sel(sido=turned))
    assert again.equals(table)


def test_a_place_without_workers_has_no_opportunity():
    persons = stock()
    persons.loc[{"occupation": "31", "sido": "36"}] = 0.0
    table = opportunity_table(transitions(), persons, displaced())
    assert len(table) == len(OCCUPATIONS) * (len(SIDO) + 1) - 1
    assert table[["ksco7", "sido"]].eq(["31", "36"]).all(axis=1).sum() == 0


def test_inputs_of_other_occupations_or_provinces_are_refused():
    with pytest.raises(InputError, match="provinces"):
        opportunity_table(transitions(), stock().isel(sido=slice(1, None)), displaced())
    with pytest.raises(InputError, match="occupations"):
        opportunity_table(transitions(), stock(), displaced().isel(occupation=slice(1, None)))
    with pytest.raises(InputError, match="do not fit"):
        dataclasses.replace(transitions(), wage=np.ones(2))
    with pytest.raises(InputError, match="0 to one's own"):
        whole = np.ones_like(transitions().feasibility)
        dataclasses.replace(transitions(), feasibility=whole)
