"""One choice changed: what a count depends on, and the bar that would give the published one."""

from __future__ import annotations

import pandas as pd
import pytest
from exposure_cases import reference_tables, ridge_result

from forecast.codebook import check_table
from forecast.stages.at_risk import anchor


@pytest.fixture(scope="module")
def variants() -> pd.DataFrame:
    return ridge_result().details["headline_variants"].set_index(["preset", "variant"])


def test_the_table_keeps_the_codebook_and_each_variant_is_there_once(variants):
    check_table("headline_variants", variants.reset_index())
    assert not variants.index.duplicated().any()
    assert (variants["lower80"] <= variants["upper80"]).all()


@pytest.mark.parametrize(
    ("preset", "dimension"),
    [
        ("kli_2024_gpt", "at_risk_persons"),
        ("kli_2024_gpt_complemented", "complemented_persons"),
    ],
)
def test_the_implied_bar_gives_the_published_count_and_the_headline_does_not_use_it(
    variants, preset, dimension
):
    row = variants.loc[(preset, "bar=implied_by_published")]
    published = anchor(reference_tables()["anchors"], "kli_2024_gpt", dimension)
    assert row["at_risk_persons"] == pytest.approx(published, rel=1e-6)
    assert 0 < row["threshold"] < 1
    risk = ridge_result().at_risk[preset]
    ours = float(risk.jobs.sum("occupation").mean())
    assert ours != pytest.approx(published, rel=0.1)
    assert (row["threshold"] > risk.threshold) == (ours > published)


def test_a_median_over_persons_puts_half_of_them_in_the_high_exposure_groups(variants):
    presets = [f"imf_high_exposure_{end}_complementarity" for end in ("low", "high")]
    half = sum(variants.loc[(preset, "median=persons"), "share"] for preset in presets)
    assert 0.42 < half <= 0.5  # the group at the median itself is not highly exposed


@pytest.mark.parametrize("preset", ["bok_2023_top20", "bok_2023_top25"])
def test_the_index_moves_the_count_of_most_exposed_groups(variants, preset):
    found = variants.loc[preset]
    assert {"index=gpt4_beta", "index=daioe_genai", "index=ilo_2023"} <= set(found.index)
    assert found["at_risk_persons"].max() > 1.4 * found["at_risk_persons"].min()


def test_counting_tasks_instead_of_jobs_is_another_figure(variants):
    tasks = variants.loc[("kli_2024_gpt", "count=share_of_tasks")]
    assert tasks["at_risk_persons"] > 1.1 * float(
        ridge_result().at_risk["kli_2024_gpt"].jobs.sum("occupation").mean()
    )
    assert pd.isna(tasks["threshold"])
