"""Jobs at risk by preset: what each definition counts, and what is published beside it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from exposure_cases import options, reference_tables, ridge_result
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import ConfigError, InputError
from forecast.options import AtRiskOptions, ExposureOptions
from forecast.stages.at_risk import anchor, employed_in, published_count
from forecast.stages.counting import above_threshold
from forecast.stages.exposure import score_exposure
from forecast.stages.presets import PRESETS, require_preset

QUICK = options(draws=10, exposure=ExposureOptions(folds=3))


def published(preset: str, dimension: str) -> float:
    return anchor(reference_tables()["anchors"], preset, dimension)


def korea_like(substitution: list[list[float]], spread: list[float]) -> SimpleNamespace:
    minor = SimpleNamespace(
        substitution=SimpleNamespace(to_numpy=lambda: np.array(substitution)),
        spread=SimpleNamespace(to_numpy=lambda: np.array(spread)),
    )
    return SimpleNamespace(minor=minor)


def test_every_preset_is_assessed_and_the_chosen_one_is_named():
    result = ridge_result()
    assert list(result.at_risk) == list(PRESETS)
    assert result.chosen.preset == "kiet_2022"
    assert all(risk.definition and risk.base for risk in result.at_risk.values())


def test_kiet_is_calibrated_to_its_published_count_and_says_so():
    risk = ridge_result().at_risk["kiet_2022"]
    total = risk.jobs.sum("occupation")
    count = published("kiet_2022", "at_risk_persons")
    assert count == 3_270_000
    assert float(total.mean()) == pytest.approx(count, rel=1e-6)
    assert risk.base_persons == published("kiet_2022", "base_persons")
    assert float(total.mean()) / risk.base_persons == pytest.approx(0.131, abs=0.0005)
    assert "calibrated" in risk.definition
    low, high = total.quantile([0.1, 0.9])
    assert low < 0.95 * count
    assert high > 1.05 * count
    assert 0 < risk.threshold < 1


def test_another_seed_moves_the_draws_and_not_the_calibrated_total():
    first, other = (ridge_result(seed).chosen.jobs for seed in (0, 1))
    assert not np.allclose(first, other)
    assert float(first.sum("occupation").mean()) == pytest.approx(
        float(other.sum("occupation").mean()), rel=1e-6
    )


def test_only_calibrated_definitions_are_moved_to_the_published_figure():
    for name, risk in ridge_result().at_risk.items():
        ours = float(risk.jobs.sum("occupation").mean())
        if "not calibrated" in risk.definition:
            assert abs(ours / risk.published_persons - 1) > 0.01, name


def test_jobs_are_people_times_probability_in_every_draw():
    employed = employed_in(reference_tables(), "2022")
    for risk in ridge_result().at_risk.values():
        people = employed / employed.sum() * risk.base_persons
        expected = risk.probability.to_numpy() * people.to_numpy()
        np.testing.assert_allclose(risk.jobs.to_numpy(), expected)


@pytest.mark.parametrize(("preset", "share"), [("bok_2023_top20", 0.2), ("bok_2023_top25", 0.25)])
def test_the_bank_of_korea_counts_groups_not_persons(preset, share):
    risk = ridge_result().at_risk[preset]
    chosen = risk.probability_minor.sum("occupation")
    assert (chosen == round(share * risk.probability_minor.sizes["occupation"])).all()
    exposure = ridge_result().minor.exposure
    inside = exposure.where(risk.probability_minor == 1).min("occupation")
    outside = exposure.where(risk.probability_minor == 0).max("occupation")
    assert (inside >= outside).all()


def test_a_wider_top_has_more_people_in_every_draw():
    result = ridge_result()
    narrow, wide = (result.at_risk[f"bok_2023_top{n}"].probability_minor for n in (20, 25))
    assert (wide >= narrow).all()


def test_high_exposure_and_low_complementarity_are_cut_at_medians_over_groups():
    result = ridge_result()
    risk = result.at_risk["imf_high_exposure_low_complementarity"]
    chosen = risk.probability_minor == 1
    exposure, theta = result.minor.exposure, result.minor.complementarity
    assert (exposure.where(chosen).min("occupation") > exposure.median("occupation")).all()
    assert (theta.where(chosen).max("occupation") < theta.median("occupation")).all()
    share = published("imf_high_exposure_low_complementarity", "share_percent") / 100
    assert risk.published_persons == pytest.approx(share * risk.base_persons)


def test_high_exposure_is_one_of_the_two_imf_groups_and_never_both():
    result = ridge_result()
    low, high = (
        result.at_risk[f"imf_high_exposure_{end}_complementarity"] for end in ("low", "high")
    )
    median = result.minor.exposure.median("occupation")
    both = low.probability_minor + high.probability_minor
    assert both.identical((result.minor.exposure > median).astype(float).assign_attrs(both.attrs))
    share = published("imf_high_exposure_high_complementarity", "share_percent") / 100
    assert high.published_persons == pytest.approx(share * high.base_persons)
    assert high.definition.startswith("not at risk")


def test_jobs_done_whole_are_counted_above_a_stated_bar():
    result = ridge_result()
    risk = result.at_risk["kli_2024_gpt"]
    assert risk.threshold == AtRiskOptions().whole_job_bar == 0.5
    assert risk.published_persons == published("kli_2024_gpt", "at_risk_persons") == 2_770_000
    assert "50 %" in risk.definition
    tasks = result.details["quadrants"].set_index("ksco7")["task_substitution_share"]
    rank = risk.probability_minor.mean("draw").to_series().corr(tasks, method="spearman")
    assert rank > 0.95
    companion = result.at_risk["kli_2024_gpt_complemented"]
    assert companion.published_persons == published("kli_2024_gpt", "complemented_persons")
    assert companion.definition.startswith("not at risk")


def test_a_job_is_done_whole_or_complemented_and_hardly_ever_counted_twice():
    result = ridge_result()
    both = sum(
        result.at_risk[name].probability_minor.mean("draw")
        for name in ("kli_2024_gpt", "kli_2024_gpt_complemented")
    )
    assert float(both.max()) < 1.02


def test_a_bar_that_no_share_can_pass_is_refused():
    for bar in (0.0, 1.0, 2.0):
        changed = replace(QUICK, at_risk=AtRiskOptions(whole_job_bar=bar))
        with pytest.raises(ConfigError, match=r"at_risk\.whole_job_bar"):
            score_exposure(changed, reference_tables(), rng=np.random.default_rng(0))


def test_a_higher_bar_counts_fewer_jobs():
    higher = score_exposure(
        options(at_risk=AtRiskOptions(whole_job_bar=0.75)),
        reference_tables(),
        rng=np.random.default_rng(0),
    )
    for name in ("kli_2024_gpt", "kli_2024_gpt_complemented"):
        ours, fewer = (run.at_risk[name] for run in (ridge_result(), higher))
        assert (fewer.probability_minor <= ours.probability_minor).all()
        assert "75 %" in fewer.definition


@settings(deadline=None)
@given(
    score=st.floats(0, 1),
    spread=st.floats(0.01, 0.3),
    threshold=st.floats(0, 1),
    step=st.floats(0.0, 0.5),
)
def test_a_higher_threshold_never_puts_more_at_risk(score, spread, threshold, step):
    korea = korea_like([[score]], [spread])
    assert above_threshold(korea, threshold + step) <= above_threshold(korea, threshold)


def test_half_the_jobs_of_a_group_lie_above_its_mean():
    assert above_threshold(korea_like([[0.4]], [0.1]), 0.4) == pytest.approx(0.5)


def test_the_sweep_falls_with_the_threshold_and_meets_the_headline():
    result = ridge_result()
    sweep = result.sweep
    assert list(sweep.columns) == ["threshold", "at_risk_persons", "lower80", "upper80", "share"]
    assert (sweep["at_risk_persons"].diff().dropna() < 0).all()
    assert (sweep["lower80"] <= sweep["upper80"]).all()
    headline = float(result.chosen.jobs.sum("occupation").mean())
    met = np.interp(result.chosen.threshold, sweep["threshold"], sweep["at_risk_persons"])
    assert met == pytest.approx(headline, rel=0.01)


def test_the_chosen_preset_does_not_change_the_headline_of_another():
    chosen = score_exposure(
        options(at_risk=AtRiskOptions(preset="bok_2023_top20")),
        reference_tables(),
        rng=np.random.default_rng(0),
    )
    assert chosen.chosen.preset == "bok_2023_top20"
    for name, risk in ridge_result().at_risk.items():
        assert chosen.at_risk[name].jobs.identical(risk.jobs)


def test_employment_of_a_year_is_the_mean_of_its_half_years():
    table = reference_tables()["employment_age"]
    rows = table.query("ksco7 == '22' and age_group == 'all'").set_index("period")
    expected = rows.loc[["2022H1", "2022H2"], "employed_persons"].mean()
    assert employed_in(reference_tables(), "2022")["22"] == expected


def test_a_year_without_employment_is_refused():
    with pytest.raises(InputError, match=r"base_period='2031'.*2014H1 to 2022H2"):
        employed_in(reference_tables(), "2031")


def test_a_group_without_employment_is_refused():
    tables = reference_tables()
    employment = tables["employment_age"].copy()
    chosen = (employment["ksco7"] == "22") & employment["period"].str.startswith("2022")
    with pytest.raises(InputError, match="'22'"):
        score_exposure(
            QUICK,
            {**tables, "employment_age": employment[~chosen]},
            rng=np.random.default_rng(0),
        )


def test_an_unknown_preset_is_refused_with_the_list():
    with pytest.raises(ConfigError, match="choose one of kiet_2022, bok_2023_top20"):
        require_preset("webb")


@pytest.mark.parametrize("name", [n for n, p in PRESETS.items() if p.companion_of])
def test_a_companion_cannot_be_the_jobs_at_risk_of_a_run(name):
    with pytest.raises(ConfigError, match=r"companion of .*; choose one of kiet_2022"):
        require_preset(name)


def test_a_published_figure_must_be_there_once():
    anchors = reference_tables()["anchors"]
    with pytest.raises(InputError, match="occurs 0 times"):
        anchor(anchors, "kiet_2022", "headcount")
    with pytest.raises(InputError, match="occurs 2 times"):
        anchor(pd.concat([anchors, anchors]), "kiet_2022", "base_persons")
    with pytest.raises(InputError, match="occurs 2 times"):
        published_count(pd.concat([anchors, anchors]), "kli_2024_gpt", base=1.0)


def test_a_count_above_its_base_cannot_be_calibrated():
    tables = reference_tables()
    anchors = tables["anchors"].copy()
    chosen = (anchors["preset"] == "kiet_2022") & (anchors["dimension"] == "at_risk_persons")
    anchors.loc[chosen, "value"] = 30_000_000.0
    with pytest.raises(InputError, match="cannot be reached"):
        score_exposure(QUICK, {**tables, "anchors": anchors}, rng=np.random.default_rng(0))
