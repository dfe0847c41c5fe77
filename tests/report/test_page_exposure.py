"""What the page reads off the exposure tables."""

from __future__ import annotations

import pandas as pd
import pytest

from forecast.report.figures import draw_figures
from forecast.report.page_exposure import exposure_sections, variant_name

NAMES = ("quadrants", "headline_variants", "triangulation_pairs", "triangulation_occupations")


@pytest.fixture(scope="module")
def tables(finished_run):
    names = [*NAMES, "triangulation"]
    return {name: pd.read_parquet(finished_run / f"tables/{name}.parquet") for name in names}


def test_quadrants_hold_all_the_employed_and_each_has_examples(tables):
    rows = exposure_sections(tables)["quadrants"]
    assert sum(row["share"] for row in rows) == pytest.approx(1.0)
    assert len(rows) == 4 and all(row["examples"] for row in rows)
    assert rows[0]["done_whole"] > rows[0]["assisted"]  # 고노출·저보완


def test_disagreement_is_listed_from_the_largest_with_korean_names(tables):
    rows = exposure_sections(tables)["disputed"]
    found = [row["disagreement"] for row in rows]
    assert found == sorted(found, reverse=True) and len(rows) == 10
    assert not any("_" in row["lowest_index"] + row["highest_index"] for row in rows)


def test_agreement_is_with_published_indices_only(tables):
    names = [row["index_b"] for row in exposure_sections(tables)["agreement"]]
    assert "substitution" not in names and "exposure" not in names and len(names) >= 6


def test_missing_tables_give_no_rows():
    assert not any(exposure_sections({}).values())


def test_every_variant_has_a_korean_name(tables):
    for variant in tables["headline_variants"]["variant"]:
        assert variant_name(variant) != variant


def test_an_own_index_is_drawn_beside_the_others(tables, tmp_path):
    rows = tables["triangulation"]
    own = rows[rows["index"] == "ilo_2023"].assign(index="webb_ai", construct="other")
    more = {**tables, "triangulation": pd.concat([rows, own], ignore_index=True)}
    assert "triangulation" in draw_figures(more, tmp_path, names={})
