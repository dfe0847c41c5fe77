"""Moves cost nothing to stay, more to where work, zone, wage or licence stand in the way."""

from __future__ import annotations

import move_cases as made
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform
from stage_factories import OCCUPATIONS

from forecast.data.reference import load
from forecast.errors import InputError
from forecast.features import moves

TABLES = made.move_tables()
MINORS = [f"{code}{last}" for code in OCCUPATIONS for last in "12"]
SHARE = pd.Series(np.tile([0.75, 0.25], len(OCCUPATIONS)), index=MINORS)


def costs(**changed: pd.DataFrame) -> xr.Dataset:
    return moves.move_costs({**TABLES, **changed}, OCCUPATIONS, minor_share=SHARE)


def constant_weights(value: float, n_draw: int = 1) -> dict[str, np.ndarray]:
    return {name: np.full(n_draw, value) for name in moves.COSTS}


def test_staying_costs_nothing_and_no_move_costs_less():
    for name, cost in costs().data_vars.items():
        values = cost.to_numpy()
        assert (np.diag(values) == 0).all(), name
        assert (values >= 0).all() and values.any(), name


def test_distance_is_that_of_standardised_profiles_over_their_median():
    profile = moves.profiles(TABLES["isco_descriptors"], TABLES["ksco7_isco08"], OCCUPATIONS)
    standard = (profile - profile.mean()) / profile.std(ddof=0)
    expected = pdist(standard.to_numpy())
    np.testing.assert_allclose(costs()["distance"], squareform(expected / np.median(expected)))


def test_every_minor_group_counts_the_same_however_many_links_it_has():
    links = pd.DataFrame(
        {"ksco7": ["111", "111", "112"], "isco08": ["1", "2", "3"], "weight": [0.5, 0.5, 1.0]}
    )
    described = pd.DataFrame({"isco08": ["1", "2", "3"], "reading": [1.0, 3.0, 6.0]})
    assert moves.profiles(described, links, ["11"])["reading"].item() == 4.0
    with pytest.raises(InputError, match="22"):
        moves.profiles(described, links, ["11", "22"])


def test_zones_count_upwards_only_and_in_zones():
    zone = moves.profiles(TABLES["isco_descriptors"], TABLES["ksco7_isco08"], OCCUPATIONS)
    zone = zone["job_zone"].to_numpy()
    rise = costs()["zone_rise"].to_numpy()
    np.testing.assert_allclose(rise - rise.T, zone[None, :] - zone[:, None])
    assert (np.minimum(rise, rise.T) == 0).all()


def test_wages_cost_only_where_they_fall_and_by_major_group():
    fall = costs()["wage_fall"]
    # Made-up wages fall from major group to major group: 5, 4, 3, 2, 1 million.
    assert fall.sel(origin="11", destination="94").item() == pytest.approx(np.log(5.0))
    assert fall.sel(origin="94", destination="11").item() == 0.0
    earlier = TABLES["wages"].assign(year=2020, wage_krw_month=1.0)
    both = pd.concat([TABLES["wages"], earlier])
    np.testing.assert_array_equal(costs(wages=both)["wage_fall"], fall)


def test_the_licence_of_a_destination_is_the_share_of_its_licensed_people():
    licence = costs()["licence"]  # the first minor group of 22, three quarters of its people
    assert licence.sel(origin="11", destination="22").item() == 0.75
    assert licence.sel(origin="22", destination="11").item() == 0.0
    none = costs(licensed_minors=TABLES["licensed_minors"].iloc[:0])
    assert not none["licence"].any()


def test_impossible_tables_are_refused():
    wages = TABLES["wages"]
    with pytest.raises(InputError, match=r"no wage above 0 .*'9'"):
        costs(wages=wages[wages["ksco7"] != "9"])
    with pytest.raises(InputError, match="two wages"):
        costs(wages=pd.concat([wages, wages]))
    with pytest.raises(InputError, match="999"):
        costs(licensed_minors=pd.DataFrame({"ksco7": ["999"]}))
    with pytest.raises(InputError, match="job_zone"):
        costs(isco_descriptors=TABLES["isco_descriptors"].drop(columns="job_zone"))


@given(seed=st.integers(0, 10_000))
def test_feasibility_is_the_exponent_of_the_weighted_costs(seed):
    rng = np.random.default_rng(seed)
    weights = {name: rng.uniform(0, 3, size=4) for name in moves.COSTS}
    found, cost = moves.feasibility(costs(), weights), costs()
    draw, origin, to = 2, 0, 3
    total = sum(weights[name][draw] * float(cost[name][origin, to]) for name in moves.COSTS)
    assert found[draw, origin, to] == pytest.approx(np.exp(-total))
    assert (found.diagonal(0, 1, 2) == 0).all()
    assert ((found >= 0) & (found <= 1)).all()


def test_without_weights_every_other_occupation_is_as_feasible():
    found = moves.feasibility(costs(), constant_weights(0.0))[0]
    np.testing.assert_array_equal(found, 1.0 - np.eye(len(OCCUPATIONS)))


@pytest.mark.parametrize("name", moves.COSTS)
def test_a_heavier_weight_never_makes_a_move_easier(name):
    light, heavy = constant_weights(0.5), constant_weights(0.5)
    heavy[name] = np.array([0.6])
    before, after = (moves.feasibility(costs(), weights)[0] for weights in (light, heavy))
    costly = costs()[name].to_numpy() > 0
    assert (after[costly] < before[costly]).all()
    np.testing.assert_array_equal(after[~costly], before[~costly])


def test_a_weight_that_is_missing_is_named():
    with pytest.raises(InputError, match=r"\['licence'\]"):
        weights = constant_weights(1.0)
        del weights["licence"]
        moves.feasibility(costs(), weights)


def test_gaps_are_the_widest_needs_of_skill_and_knowledge_above_here():
    described = pd.DataFrame(
        {
            "isco08": ["1110", "2210"],
            "a_skill": [1.0, 3.0],
            "b_knowledge": [4.0, 1.0],
            "c_ability": [1.0, 5.0],
        }
    )
    names = pd.DataFrame(
        {
            "descriptor": ["a_skill", "b_knowledge", "c_ability"],
            "name": ["A", "B", "C"],
            "name_ko": ["가", "나", "다"],
            "domain": ["skill", "knowledge", "ability"],
        }
    )
    links = pd.DataFrame({"ksco7": ["111", "221"], "isco08": ["1110", "2210"], "weight": 1.0})
    tables = {"isco_descriptors": described, "descriptors": names, "ksco7_isco08": links}
    both_ways = pd.DataFrame({"ksco7": ["11", "22"], "ksco7_to": ["22", "11"]})
    gaps = moves.skill_gaps(tables, ["11", "22"], moves=both_ways, n_gap=5)
    assert gaps.to_dict("list") == {
        "ksco7": ["11", "22"],
        "ksco7_to": ["22", "11"],
        "rank": [1, 1],
        "descriptor": ["a_skill", "b_knowledge"],
        "name_ko": ["가", "나"],
        "name_en": ["A", "B"],
        "gap_sd": [2.0, 2.0],  # two groups lie one standard deviation on either side
    }
    with pytest.raises(InputError, match="skill or knowledge"):
        moves.skill_gaps(
            {**tables, "descriptors": names.tail(1)}, ["11", "22"], moves=both_ways, n_gap=5
        )


def test_gaps_of_the_real_tables_are_ranked_and_named_in_korean():
    tables = {n: load(n) for n in ("isco_descriptors", "descriptors", "ksco7_isco08")}
    groups = ["22", "31", "52", "78", "94"]
    pairs = pd.DataFrame({"ksco7": ["31", "94"], "ksco7_to": ["22", "31"]})
    gaps = moves.skill_gaps(tables, groups, moves=pairs, n_gap=5)
    assert list(gaps["rank"]) == [1, 2, 3, 4, 5] * 2
    assert (gaps.groupby("ksco7")["gap_sd"].diff().dropna() <= 0).all()
    assert gaps["name_ko"].str.contains("[가-힣]").all()
    assert gaps["descriptor"].str.match("(skill|knowledge)_").all()
