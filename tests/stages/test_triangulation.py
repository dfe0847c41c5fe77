"""One rule for every index: the same number of people at risk, ranks as they are, no averaging."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from exposure_cases import options, reference_tables, ridge_result
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.stats import spearmanr

from forecast.codebook import check_table
from forecast.errors import InputError
from forecast.options import AtRiskOptions
from forecast.stages.at_risk import employed_in
from forecast.stages.exposure import score_exposure
from forecast.stages.triangulation import (
    OURS,
    share_at_risk,
    triangulate,
    weighted_percentile,
)
from forecast.types import ExposureResult

VALUES = arrays(float, 9, elements=st.floats(-5, 5).map(lambda x: round(x, 1)))
PEOPLE = arrays(float, 9, elements=st.floats(0.5, 100))
NAMES = ("triangulation", "triangulation_pairs", "triangulation_occupations")


@given(values=VALUES, people=PEOPLE, share=st.floats(0.01, 0.99))
def test_exactly_the_given_share_of_people_is_at_risk(values, people, share):
    part = share_at_risk(values, people, share)
    assert (part * people).sum() == pytest.approx(share * people.sum())
    assert ((part >= 0) & (part <= 1)).all()
    order = np.argsort(values)
    assert (np.diff(part[order]) >= -1e-9).all()


@given(values=VALUES, people=PEOPLE, seed=st.integers(0, 99))
def test_the_order_of_groups_does_not_matter(values, people, seed):
    shuffled = np.random.default_rng(seed).permutation(len(values))
    for rule in (lambda v, p: share_at_risk(v, p, 0.2), weighted_percentile):
        assert_allclose(rule(values, people)[shuffled], rule(values[shuffled], people[shuffled]))


@given(values=VALUES, people=PEOPLE)
def test_percentiles_average_to_fifty_among_people_and_follow_the_values(values, people):
    percentile = weighted_percentile(values, people)
    assert np.average(percentile, weights=people) == pytest.approx(50.0)
    assert_allclose(weighted_percentile(np.exp(values), people), percentile)


def test_groups_without_a_value_are_never_at_risk_and_have_no_percentile():
    values, people = np.array([np.nan, 0.9, 0.1]), np.array([8.0, 1.0, 1.0])
    assert share_at_risk(values, people, 0.2).tolist() == [0.0, 1.0, 1.0]
    assert np.isnan(weighted_percentile(values, people)[0])


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return {name: ridge_result().details[name] for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_keep_the_codebook(tables, name):
    check_table(name, tables[name])


def test_every_index_calls_the_same_number_of_people_at_risk(tables):
    whole = employed_in(reference_tables(), "2022").sum()
    sums = tables["triangulation"].groupby(["level", "index"])["at_risk_persons"].sum()
    assert_allclose(sums, 0.2 * whole)
    assert len(sums) == 2 * 8


def test_indices_stand_raw_and_only_exposures_of_their_own(tables):
    rows = tables["triangulation"]
    assert {"gpt4_beta", "human_beta", "ilo_2023", "automation", "daioe_genai", "daioe_allapps"} < (
        set(rows["index"])
    )
    assert not {"theta", "gpt4_alpha", "task_substitution_share"} & set(rows["index"])
    links = reference_tables()["ksco7_isco08"].query("ksco7 == '222'")
    known = reference_tables()["isco_indices"]
    known = known[known["index"] == "daioe_allapps"].set_index("isco08")["value"]
    joined = links.assign(value=links["isco08"].map(known)).dropna(subset="value")
    expected = np.average(joined["value"], weights=joined["weight"])
    found = rows.query("level == 'minor' and ksco7 == '222'").set_index("index")["value"]
    assert found["daioe_allapps"] == pytest.approx(expected)


def test_plain_rank_correlation_is_spearmans(tables):
    rows = tables["triangulation"].query("level == 'minor'")
    wide = rows.pivot(index="ksco7", columns="index", values="value")
    pairs = tables["triangulation_pairs"].query("level == 'minor'")
    assert len(pairs) == len(list(combinations(wide.columns, 2)))
    for row in pairs.to_dict("records"):
        both = wide[[row["index_a"], row["index_b"]]].dropna()
        assert row["n_groups"] == len(both)
        assert row["spearman"] == pytest.approx(spearmanr(both.to_numpy()).statistic)


def test_overlap_is_who_both_call_at_risk(tables):
    pairs = tables["triangulation_pairs"]
    assert pairs["overlap_share"].between(0, 1).all()
    chosen = tables["triangulation"].query("level == 'sub_major'")
    wide = chosen.pivot(index="ksco7", columns="index", values="at_risk_persons")
    row = pairs.query(
        "level == 'sub_major' and index_a == 'human_beta' and index_b == 'daioe_genai'"
    ).iloc[0]
    expected = wide[["human_beta", "daioe_genai"]].min(axis=1).sum()
    assert row["overlap_persons"] == pytest.approx(expected)


def test_our_own_scores_are_no_witness_beside_the_published_ones(tables):
    rows = tables["triangulation"]
    published = rows[~rows["index"].isin(OURS) & rows["value"].notna()]
    occupations = tables["triangulation_occupations"].set_index(["level", "ksco7"])
    counted = published.groupby(["level", "ksco7"]).size()
    assert (occupations["n_indices"] == counted.reindex(occupations.index)).all()
    assert (occupations["n_indices_at_risk"] <= occupations["n_indices"]).all()
    assert occupations.loc[("minor", "313"), "n_indices_at_risk"] >= 5  # 회계 및 경리 사무원
    assert (occupations["lowest_percentile"] <= occupations["highest_percentile"]).all()


@lru_cache(maxsize=1)
def with_own_index() -> ExposureResult:
    embedded = reference_tables()["isco_indices"]
    base = embedded[embedded["index"] == "human_beta"]
    own = pd.concat(
        [
            base.assign(index="webb_ai", value=-base["value"]),
            base.assign(index="sml"),
            base[base["isco08"].str[0] == "2"].assign(index="aioe"),
        ]
    )
    return score_exposure(
        options(draws=10),
        {**reference_tables(), "isco_indices_pull_only": own},
        rng=np.random.default_rng(0),
    )


def test_indices_that_may_not_be_shipped_join_with_their_construct():
    found = with_own_index().details
    constructs = found["triangulation"].drop_duplicates("index").set_index("index")["construct"]
    assert constructs["webb_ai"] == "other"
    assert constructs["sml"] == "machine_learning"
    pairs = found["triangulation_pairs"].query("level == 'minor' and index_a == 'human_beta'")
    assert pairs.set_index("index_b").loc["webb_ai", "spearman"] == pytest.approx(-1.0)
    ends = found["triangulation_occupations"]
    assert not ({"webb_ai", "sml"} & {*ends["lowest_index"], *ends["highest_index"]})


def test_an_index_of_few_occupations_says_how_few():
    rows = with_own_index().details["triangulation"]
    rows = rows[rows["index"] == "aioe"]
    bare = rows[rows["value"].isna()]
    assert len(bare) > 50
    assert (bare["at_risk_persons"] == 0).all()
    assert (bare["covered_share"] == 0).all()
    assert rows["covered_share"].max() == 1.0


def test_a_share_that_is_none_is_refused():
    with pytest.raises(InputError, match=r"common_top_share is 1\.5"):
        triangulate({}, None, options=AtRiskOptions(common_top_share=1.5))
