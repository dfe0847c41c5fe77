"""Averaging to Korean groups stays within what is averaged and loses nobody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from exposure_cases import reference_tables, ridge_result
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.classifications import Crosswalk, is_military
from forecast.errors import ConfigError, InputError
from forecast.report.tables import exposure_tables
from forecast.stages.at_risk import employed_in
from forecast.stages.estimation import occupation_scores
from forecast.stages.korea import KoreanScores, carry_to_korea, link_concentration
from forecast.stages.korea_shift import shift_to_korea
from forecast.stages.provenance import BASES, IMPUTED, INDICES, MIXED
from forecast.types import ExposureResult, OccupationScores


def flat_scores(values: np.ndarray) -> OccupationScores:
    titles = reference_tables()["isco08"].set_index("isco08")["title"].sort_index()
    return occupation_scores(
        "isco08",
        titles,
        exposure=values,
        complementarity=values,
        substituted=values,
        spread=np.full(len(titles), 0.06),
    )


def carried(
    values: np.ndarray, *, seed: int = 0, concentration: float = 2.0, **options: object
) -> KoreanScores:
    return carry_to_korea(
        flat_scores(values),
        {"whole": values},
        options.pop("tables", reference_tables()),
        concentration=concentration,
        smallest_spread=0.06,
        rng=np.random.default_rng(seed),
        **options,
    )


def random_values(n_draw: int = 50, seed: int = 0) -> np.ndarray:
    return np.tile(np.random.default_rng(seed).uniform(size=436), (n_draw, 1))


@settings(max_examples=8, deadline=None)
@given(low=st.floats(0, 0.5), high=st.floats(0.5, 1), seed=st.integers(0, 1_000))
def test_an_average_lies_between_the_smallest_and_the_largest_source(low, high, seed):
    values = np.random.default_rng(seed).uniform(low, high, size=(3, 436))
    korea = carried(values, seed=seed)
    links = reference_tables()["ksco7_isco08"]
    place = {code: number for number, code in enumerate(flat_scores(values).titles.index)}
    for number, code in enumerate(korea.minor.titles.index):
        sources = [place[isco] for isco in links.loc[links["ksco7"] == code, "isco08"]]
        mean = korea.minor.exposure.to_numpy()[:, number]
        assert (mean >= values[:, sources].min(axis=1) - 1e-9).all()
        assert (mean <= values[:, sources].max(axis=1) + 1e-9).all()
    assert korea.sub_major.exposure.min() >= korea.minor.exposure.min() - 1e-9
    assert korea.sub_major.exposure.max() <= korea.minor.exposure.max() + 1e-9


def test_equal_scores_stay_equal_and_have_only_the_smallest_spread():
    korea = carried(np.full((2, 436), 0.3))
    assert korea.sub_major.exposure.to_numpy() == pytest.approx(0.3)
    assert korea.extras["whole"] == pytest.approx(0.3)
    assert korea.minor.spread.to_numpy() == pytest.approx(0.06)


def test_the_people_of_a_sub_major_group_are_split_over_its_own_minor_groups():
    korea = carried(np.full((5, 436), 0.3))
    assert korea.share.sum(axis=2) == pytest.approx(1.0)
    for row, group in enumerate(korea.sub_major.titles.index):
        inside = korea.minor.titles.index.str.startswith(group)
        assert korea.share[:, row, inside].sum(axis=1) == pytest.approx(1.0)


def test_a_surer_crosswalk_draws_closer_together():
    values = np.tile(np.random.default_rng(0).uniform(size=436), (200, 1))
    loose, tight = (
        carried(values, concentration=c).minor.exposure.std("draw").mean() for c in (1.0, 100.0)
    )
    assert loose > 5 * tight


def test_draws_follow_the_seed_even_across_chunks():
    values = np.random.default_rng(0).uniform(size=(120, 436))
    first, again, other = (carried(values, seed=seed).minor.exposure for seed in (1, 1, 2))
    assert first.identical(again)
    assert not np.allclose(first, other)


def test_spread_is_the_standard_deviation_between_linked_occupations():
    result = ridge_result()
    links = reference_tables()["ksco7_isco08"]
    mean = result.isco.substitution.mean("draw").to_series()
    rows = links[links["ksco7"] == "312"].set_index("isco08")["weight"]
    values = mean.reindex(rows.index)
    average = (rows * values).sum()
    expected = max(np.sqrt((rows * (values - average) ** 2).sum()), 0.06)
    assert float(result.minor.spread.sel(occupation="312")) == pytest.approx(expected)


def test_a_minor_group_without_a_link_stops_the_run():
    tables = reference_tables()
    links = tables["ksco7_isco08"].query("ksco7 != '221'")
    with pytest.raises(InputError, match="221"):
        carry_to_korea(
            flat_scores(np.full((2, 436), 0.3)),
            {"whole": np.full((2, 436), 0.3)},
            {**tables, "ksco7_isco08": links},
            concentration=2.0,
            smallest_spread=0.06,
            rng=np.random.default_rng(0),
        )


def test_a_minor_group_without_unit_groups_stops_the_run():
    tables = reference_tables()
    listed = tables["ksco7"]
    fewer = listed[~((listed["level"] == "unit") & (listed["parent"] == "221"))]
    with pytest.raises(InputError, match="221"):
        carry_to_korea(
            flat_scores(np.full((2, 436), 0.3)),
            {"whole": np.full((2, 436), 0.3)},
            {**tables, "ksco7": pd.DataFrame(fewer)},
            concentration=2.0,
            smallest_spread=0.06,
            rng=np.random.default_rng(0),
        )


def test_people_are_shares_of_published_employment_even_beside_an_own_table():
    tables = dict(reference_tables())
    own = tables["employment_age"].query("period >= '2021H1'")
    beside = {**tables, "employment_age": own, "employment_published": tables["employment_age"]}
    values = random_values(5)
    assert np.array_equal(carried(values).share, carried(values, tables=beside).share)
    with pytest.raises(InputError, match="add that half-year"):
        carried(values, tables={**tables, "employment_age": own})


def test_links_of_low_confidence_draw_wider():
    links = reference_tables()["ksco7_isco08"]
    values = random_values(400)
    by_confidence = {"high": 50.0, "medium": 0.5, "low": 0.5}
    loose = carried(values, concentration=by_confidence).minor.exposure.std("draw")
    tight = carried(values, concentration=50.0).minor.exposure.std("draw")
    levels = links.groupby("ksco7")["confidence"].agg(set)
    for code, found in levels.items():
        if is_military(code) or float(tight.sel(occupation=code)) < 1e-9:
            continue
        ratio = float(loose.sel(occupation=code) / tight.sel(occupation=code))
        if found == {"high"}:
            assert ratio == pytest.approx(1.0, abs=0.25), code
        elif found == {"medium"}:
            assert ratio > 3.0, code


def test_the_concentration_of_a_group_is_the_weighted_mean_of_its_links():
    links = pd.DataFrame(
        {
            "ksco7": ["111", "111", "112"],
            "isco08": ["1111", "1112", "1111"],
            "weight": [0.5, 0.5, 1.0],
            "confidence": ["high", "low", "low"],
        }
    )
    walk = Crosswalk.from_links(links, source="isco08", target="ksco7")
    assert link_concentration(links, walk, {"high": 3.0, "low": 1.0}).tolist() == [2.0, 1.0]
    assert link_concentration(links, walk, 4.0).tolist() == [4.0, 4.0]
    for wrong in ({"high": 1.0}, {"high": 1.0, "low": 0.0}, {"high": 1.0, "low": 1.0, "lwo": 2.0}):
        with pytest.raises(ConfigError, match="crosswalk_concentration"):
            link_concentration(links, walk, wrong)


def test_no_shift_changes_nothing_and_moves_no_other_draw():
    values = random_values(20)
    still, none = carried(values), carried(values, shift_sd=(0.0, 0.0))
    assert still.minor.exposure.identical(none.minor.exposure)
    moved = carried(values, shift_sd=(0.3, 0.0))
    assert np.array_equal(moved.share, still.share)
    assert np.array_equal(moved.minor_weights_alone, still.minor_weights_alone)
    assert moved.minor.complementarity.identical(still.minor.complementarity)


@settings(max_examples=30, deadline=None)
@given(common=st.floats(0, 2), own=st.floats(0, 2), seed=st.integers(0, 1_000))
def test_what_is_part_of_exposure_moves_with_it(common, own, seed):
    rng = np.random.default_rng(seed)
    exposure = rng.uniform(0, 1, size=(30, 4))
    exposure[:, 0], exposure[:, 1] = 0.0, 1.0
    before = {
        "exposure": exposure,
        "substituted": exposure * rng.uniform(0, 1, size=exposure.shape),
        "complementarity": rng.uniform(0, 1, size=exposure.shape),
        "whole": rng.uniform(0, 0.6, size=exposure.shape),
        "assisted": rng.uniform(0, 0.4, size=exposure.shape),
    }
    tasks = ("whole", "assisted")
    after = dict(before)
    shift_to_korea(after, (common, own), rng=np.random.default_rng(seed), tasks=tasks)
    for name in before:
        assert (after[name] >= 0).all() and (after[name] <= 1).all()
    assert (after["exposure"][:, 0] == 0).all() and (after["exposure"][:, 1] == 1).all()
    assert (after["substituted"] <= after["exposure"] + 1e-12).all()
    assert after["complementarity"] is before["complementarity"]
    assert (after["whole"] + after["assisted"] <= 1 + 1e-12).all()  # they exclude one another
    mix = [run["whole"] / (run["whole"] + run["assisted"]) for run in (before, after)]
    assert mix[1] == pytest.approx(mix[0])
    inside = exposure > 0
    share = after["substituted"][inside] / after["exposure"][inside]
    assert share == pytest.approx(before["substituted"][inside] / exposure[inside])


def test_the_shift_has_the_stated_spread_on_the_logit_and_keeps_the_median():
    # 20,000 draws: the standard deviation has a standard error of .5 %, the median one of .006.
    after = {name: np.full((20_000, 2), 0.3) for name in ("exposure", "substituted")}
    shift_to_korea(after, (0.3, 0.4), rng=np.random.default_rng(0))
    logit = np.log(after["exposure"] / (1 - after["exposure"]))
    assert logit.std(axis=0) == pytest.approx(0.5, rel=0.03)
    assert np.corrcoef(logit.T)[0, 1] == pytest.approx(0.09 / 0.25, abs=0.03)
    assert np.median(after["exposure"], axis=0) == pytest.approx(0.3, abs=0.005)


@pytest.mark.parametrize("wrong", [(0.1,), (0.1, -0.1), (float("nan"), 0.1)])
def test_a_shift_that_is_no_pair_of_spreads_is_refused(wrong):
    with pytest.raises(ConfigError, match="korea_shift_sd"):
        carried(random_values(2), shift_sd=wrong)


def test_the_own_shift_reproduces_the_correlation_of_korean_and_american_scores():
    # .86 is what 전병유·신영민 (2025) report; the option takes out what they add to it, see 0011.
    korea = ridge_result().minor.exposure.mean("draw").to_numpy()
    many = {name: np.tile(korea, (2_000, 1)) for name in ("exposure", "substituted")}
    shift_to_korea(many, (0.0, 0.45), rng=np.random.default_rng(0))
    correlation = np.mean([np.corrcoef(korea, row)[0, 1] for row in many["exposure"]])
    assert 0.86 < correlation < 0.95


def test_soldiers_are_scored_apart_and_counted_nowhere():
    korea = carried(random_values(5))
    assert list(korea.military.titles.index) == ["A01", "A02", "A09"]
    assert len(korea.minor.titles) == 153 == korea.share.shape[2] == korea.extras["whole"].shape[1]
    assert not any(is_military(code) for code in korea.minor.titles.index)
    assert not any(is_military(code) for code in korea.sub_major.titles.index)


def test_every_korean_score_says_what_it_rests_on():
    result = ridge_result()
    for scores in (result.minor, result.sub_major):
        rows = scores.provenance
        assert set(rows["basis"]) <= set(BASES)
        assert rows["described_share"].between(0, 1).all()
        assert (rows.loc[rows["basis"] == INDICES, "described_share"] == 1.0).all()
        assert (rows.loc[rows["basis"] == MIXED, "described_share"] < 1.0).all()
        assert (rows["crosswalk_sd"] <= scores.exposure.std("draw").to_numpy() * 1.5).all()
    # One occupation, the same in every draw: the weights cannot move it.
    assert result.minor.provenance.loc["112", "crosswalk_sd"] == 0.0
    assert result.isco.provenance["n_indices"].between(0, 3).all()
    described = result.isco.provenance["basis"] == INDICES
    assert 415 <= described.sum() < 436


def test_scores_that_do_not_say_what_they_rest_on_count_as_imputed():
    assert set(carried(random_values(2)).minor.provenance["basis"]) == {IMPUTED}


def table_of(result: ExposureResult, korea: KoreanScores) -> pd.DataFrame:
    complete = replace(result, military=korea.military)
    employed = employed_in(reference_tables(), "2022")
    return exposure_tables(complete, employed)["exposure_ksco"].set_index("ksco7")


def test_the_korean_table_has_51_sub_major_and_156_minor_groups_with_provenance():
    table = table_of(ridge_result(), carried(random_values(60)))
    assert table["level"].value_counts().to_dict() == {"minor": 156, "sub_major": 51}
    assert table[["exposure", "basis", "described_share", "crosswalk_sd"]].notna().all(axis=None)
    soldiers = table.loc[["A01", "A02", "A09"]]
    assert soldiers[["p_at_risk", "at_risk_persons", "employed_persons"]].isna().all(axis=None)
    civilian = table.drop(index=soldiers.index)
    assert civilian["p_at_risk"].notna().all()
