"""Exposure over time on the embedded reference: what was seen, what follows, how it was tested."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
import stage_factories as made
import xarray as xr
from exposure_cases import reference_tables
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logit

from forecast.codebook import check_table
from forecast.errors import ConfigError, InputError
from forecast.options import ExposureTrendOptions
from forecast.stages import mechanism
from forecast.stages.exposure_trend import (
    CALIBRATED,
    move_scores,
    observed_history,
    project_exposure_growth,
)
from forecast.stages.korea import sub_major_groups
from forecast.types import ExposureGrowth

YEARS = list(range(2023, 2027))


@lru_cache(maxsize=1)
def codes() -> tuple[str, ...]:
    return tuple(sub_major_groups(reference_tables()).index)


def project(*, seed: int = 0, n_draw: int = 60, tables=None, **changed) -> ExposureGrowth:
    return project_exposure_growth(
        tables or reference_tables(),
        replace(ExposureTrendOptions(), **changed),
        sub_major_codes=codes(),
        n_draw=n_draw,
        rng=np.random.default_rng(seed),
    )


@pytest.fixture(scope="module")
def growth() -> ExposureGrowth:
    return project(n_draw=400)


def metric(growth: ExposureGrowth, model: str, name: str, split: str = "rolling_origin") -> float:
    rows = growth.scores.query(
        "model == @model and metric == @name and split == @split and target == @growth.index"
    )
    assert len(rows) == 1
    return float(rows["value"].iloc[0])


def test_history_is_complete_but_for_the_years_without_generative_ai(growth):
    history = check_table("exposure_history", growth.history)
    assert len(history) == 51 * 12 and set(history["ksco7"]) == set(codes())
    unmeasured = history.loc[history["daioe_genai"].isna(), "year"]
    assert set(unmeasured) == {2010, 2011} and len(unmeasured) == 2 * 51


def test_a_sub_major_group_is_the_mean_of_its_minor_groups_by_unit_groups(growth):
    tables = reference_tables()
    links = tables["ksco7_isco08"].query("ksco7.str.startswith('31')")
    daioe = tables["isco_daioe"].query("year == 2021")
    linked = links.merge(daioe, on="isco08", how="inner", validate="many_to_one")
    linked["part"] = linked["weight"] * linked["daioe_genai"]
    sums = linked.groupby("ksco7")[["part", "weight"]].sum()
    units = tables["ksco7"].query("level == 'unit'").groupby("parent").size()
    minor = sums["part"] / sums["weight"]
    expected = np.average(minor, weights=units.loc[minor.index])
    found = growth.history.query("ksco7 == '31' and year == 2021")["daioe_genai"].item()
    assert found == pytest.approx(expected, rel=1e-12)


def test_rows_in_another_order_change_nothing(growth):
    shuffled = dict(reference_tables())
    for name in ("isco_daioe", "ksco7_isco08", "ksco7"):
        shuffled[name] = shuffled[name].sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(observed_history(shuffled, codes()), growth.history)


def test_paths_start_where_the_index_was_last_seen_and_never_fall(growth):
    seen = growth.history.query("year == 2021").set_index("ksco7")["daioe_genai"]
    first = growth.daioe.sel(year=2021)
    np.testing.assert_allclose(first, np.tile(seen.loc[list(codes())], (400, 1)))
    assert (growth.daioe.diff("year") >= 0).all()
    assert growth.daioe["year"].values.tolist() == list(range(2021, 2036))


def test_growth_is_exactly_zero_in_the_base_year_and_wider_with_each_year(growth):
    value = growth.value
    assert (value.sel(year=2023) == 0.0).all() and value.attrs["unit"] == "log growth"
    ends = value.mean("occupation").quantile([0.1, 0.9], "draw")
    width = (ends.isel(quantile=1) - ends.isel(quantile=0)).sel(year=[2024, 2026, 2030])
    assert (width.diff("year") > 0).all()


def test_the_trend_of_the_best_crps_is_chosen_and_beats_both_naive_models(growth):
    for name in ("mase", "crps_scaled"):
        ours = metric(growth, growth.model, name)
        assert ours < metric(growth, "last_value", name)
        assert ours < metric(growth, "drift", name)
    crps = growth.scores.query(
        "metric == 'crps_scaled' and split == 'rolling_origin' and target == 'daioe_genai'"
    )
    plain = crps[~crps["model"].str.endswith(CALIBRATED)]
    assert plain.loc[plain["value"].idxmin(), "model"] == growth.model
    assert project(model="linear").model == "linear"


def test_intervals_widened_by_the_other_origins_cover_what_they_promise(growth):
    # 15 pairs of origin and horizon that move as one: a pair is .067 of coverage
    covered = metric(growth, f"{growth.model}_{CALIBRATED}", "coverage80")
    assert abs(covered - 0.8) <= 0.07
    assert covered >= metric(growth, growth.model, "coverage80")


def test_the_scores_also_show_the_origins_that_no_trend_survived(growth):
    early = metric(growth, growth.model, "coverage80", split="rolling_origin_2014")
    assert early < 0.6 < metric(growth, growth.model, "coverage80")
    check_table("scores", growth.scores)
    assert set(growth.scores["target"]) == {"daioe_genai", "daioe_allapps"}


def test_nearly_all_growth_is_common_to_the_occupations(growth):
    assert metric(growth, "common_growth", "share_of_squares", split="in_sample") > 0.99


def test_same_seed_same_draws_and_scores_do_not_follow_the_number_of_draws(growth):
    again = project(n_draw=400)
    assert again.daioe.equals(growth.daioe)
    pd.testing.assert_frame_equal(project(n_draw=20).scores, growth.scores)
    assert not project(seed=5, n_draw=400).daioe.equals(growth.daioe)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"index": "daioe_all"}, "daioe_allapps"),
        ({"model": "auto2"}, "recent_linear"),
        ({"base_year": 2020}, "2021"),
        ({"last_year": 2023}, "last_year"),
        ({"first_origin": 2013}, "first_origin"),
        ({"first_origin": 2021}, "first_origin"),
        ({"max_horizon": 0}, "max_horizon"),
        ({"half_life_years": 0.0}, "half_life_years"),
        ({"damping": 7.0}, "damping"),
    ],
)
def test_impossible_choices_are_refused_by_key(changed, message):
    with pytest.raises(ConfigError, match=message):
        project(**changed)


def test_a_missing_year_and_a_group_without_the_index_are_refused():
    tables = dict(reference_tables())
    tables["isco_daioe"] = reference_tables()["isco_daioe"].query("year != 2017")
    with pytest.raises(InputError, match="gaps"):
        project(tables=tables)
    links = reference_tables()["ksco7_isco08"]
    lost = set(links.loc[links["ksco7"].str.startswith("31"), "isco08"])
    daioe = reference_tables()["isco_daioe"]
    tables["isco_daioe"] = daioe[~daioe["isco08"].isin(lost)]
    with pytest.raises(InputError, match="31"):
        project(tables=tables)


def test_the_upper_end_of_the_elasticity_is_what_its_source_says(growth):
    """By 2035 all tasks that need further software would count in full."""
    indices = reference_tables()["isco_indices"].pivot(
        index="isco08", columns="index", values="value"
    )
    by_2035 = float(growth.value.sel(year=2035).median())
    ends = []
    for rater, quoted in (("human", 0.67), ("gpt4", 0.79)):
        alpha, beta = indices[f"{rater}_alpha"].mean(), indices[f"{rater}_beta"].mean()
        gained = logit(2 * beta - alpha) - logit(beta)  # beta counts those tasks half
        assert gained == pytest.approx(quoted, abs=0.005)
        ends.append(gained / by_2035)
    option = made.scenario_options().parameters["exposure_growth"]
    assert min(ends) <= option.high <= max(ends)
    assert option.low == option.neutral == 0.0


def elasticity(value: float, n_draw: int = 8) -> xr.DataArray:
    return xr.DataArray(np.full(n_draw, value), {"draw": np.arange(n_draw)}, ("draw",))


def test_without_growth_or_elasticity_scores_stay_those_of_the_base_year_exactly():
    scores = made.exposure().sub_major
    still = move_scores(scores, None, elasticity(0.8), years=YEARS)
    assert still.exposure is scores.exposure and still.every_year is None
    neutral = move_scores(scores, made.growth(), elasticity(0.0), years=YEARS)
    for name in ("exposure", "substitution"):
        moved, fixed = getattr(neutral, name), getattr(scores, name)
        assert (moved == fixed).all() and moved.sizes["year"] == len(YEARS)


def test_parts_of_exposure_keep_their_share_while_it_rises():
    scores = made.exposure().sub_major
    moved = move_scores(scores, made.growth(), elasticity(0.6), years=YEARS)
    np.testing.assert_allclose(
        moved.substitution / moved.exposure,
        (scores.substitution / scores.exposure).broadcast_like(moved.exposure),
    )
    assert (moved.exposure.sel(year=2023) == scores.exposure).all()
    assert (moved.exposure.diff("year") > 0).all()
    assert moved.every_year.sizes["year"] == made.growth().daioe.sizes["year"]


@given(
    exposure=st.floats(0.0, 1.0),
    part=st.floats(0.0, 1.0),
    growth=st.floats(-8.0, 8.0),
    strength=st.floats(0.0, 5.0),
)
def test_scores_stay_shares_and_parts_stay_parts(exposure, part, growth, strength):
    def one(value: float, unit: str) -> xr.DataArray:
        return xr.DataArray([value], dims=["draw"]).assign_attrs(unit=unit)

    whole = one(exposure, mechanism.TASKS)
    rise, speed = one(growth, mechanism.GROWTH), one(strength, "")
    moved = mechanism.score_in_year(whole, whole, rise, speed)
    below = mechanism.score_in_year(one(part * exposure, mechanism.TASKS), whole, rise, speed)
    assert 0.0 <= float(below[0]) <= float(moved[0]) + 1e-15 <= 1.0 + 1e-15
    if 0.0 < exposure < 1.0 and abs(growth * strength) < 5:
        gained = (moved / (1 - moved) / (exposure / (1 - exposure))).item()
        if 1e-6 < exposure < 1 - 1e-6:
            assert gained == pytest.approx(np.exp(growth * strength), rel=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"years": [2030, 2040]}, "2040"),
        ({"growth": made.growth(occupations=made.OCCUPATIONS[:2])}, "31"),
        ({"growth": made.growth(n_draw=9)}, "9"),
    ],
)
def test_growth_that_does_not_fit_is_refused(change, message):
    given_ = {"growth": made.growth(), "years": YEARS} | change
    with pytest.raises(InputError, match=message):
        move_scores(
            made.exposure().sub_major, given_["growth"], elasticity(0.4), years=given_["years"]
        )
