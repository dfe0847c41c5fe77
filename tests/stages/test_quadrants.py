"""The map of four quadrants agrees with the presets, and with the occupations the paper names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from exposure_cases import reference_tables, ridge_result

from forecast.codebook import check_table
from forecast.stages.quadrants import QUADRANTS

EXAMPLES = "korea/bok_exposure.csv"
# The paper names occupations of several levels: those that are no KSCO-7 minor group by name.
INSIDE = {
    "컴퓨터시스템 전문가": "222",
    "의사·한의사": "241",
    "기업 대표·고위임원": "112",
    "금융전문가": "272",
    "대학교수": "251",
}


@pytest.fixture(scope="module")
def quadrants() -> pd.DataFrame:
    return ridge_result().details["quadrants"]


def test_the_table_keeps_the_codebook_and_has_every_group(quadrants):
    check_table("quadrants", quadrants)
    assert quadrants["level"].value_counts().to_dict() == {"minor": 153, "sub_major": 51}
    assert quadrants.query("level == 'sub_major'")["employed_persons"].notna().all()


def test_a_group_is_in_one_quadrant_per_draw_and_shown_in_the_likeliest(quadrants):
    parts = quadrants[[f"p_{name}" for name in QUADRANTS]]
    np.testing.assert_allclose(parts.sum(axis=1), 1.0)
    assert (quadrants["probability"] == parts.max(axis=1)).all()
    assert (parts.idxmax(axis=1).str.removeprefix("p_") == quadrants["quadrant"]).all()


@pytest.mark.parametrize(("quadrant", "end"), [("high_low", "low"), ("high_high", "high")])
def test_the_map_and_the_presets_cut_alike(quadrants, quadrant, end):
    risk = ridge_result().at_risk[f"imf_high_exposure_{end}_complementarity"]
    minor = quadrants.query("level == 'minor'").set_index("ksco7")
    np.testing.assert_allclose(
        minor[f"p_{quadrant}"], risk.probability_minor.mean("draw").to_series()[minor.index]
    )


def test_clerks_are_substituted_and_teachers_assisted(quadrants):
    rows = quadrants.set_index("ksco7")
    shares = ["task_substitution_share", "task_assistance_share"]
    assert rows.loc["31", "quadrant"] == "high_low"
    assert rows.loc["25", "quadrant"] == "high_high"
    assert rows.loc["31", shares[0]] > 2 * rows.loc["31", shares[1]]
    assert rows.loc["25", shares[1]] > rows.loc["25", shares[0]]
    assert (rows[shares].sum(axis=1) < 1.05).all()  # parts of one whole, each moved by its draw


def test_occupations_that_the_paper_names_lie_in_its_quadrants(quadrants, sources_root):
    """Bank of Korea and IMF (2025) name 13; of these 금융전문가 alone falls elsewhere."""
    named = pd.read_csv(sources_root / EXAMPLES, dtype=str)
    groups = reference_tables()["ksco7"].query("level == 'minor'")
    by_name = dict(zip(groups["name_ko"].str.replace(" ", ""), groups["ksco7"], strict=True))
    placed = quadrants.set_index("ksco7")["quadrant"]
    missed, checked = [], 0
    for item, quadrant in (("고노출·저보완", "high_low"), ("고노출·고보완", "high_high")):
        for name in named.loc[named["item"] == f"{item} 직업 예", "name"]:
            code = INSIDE.get(name) or by_name[name.replace(" ", "")]
            checked += 1
            if placed[code] != quadrant:
                missed.append(name)
    assert checked == 13
    assert missed == ["금융전문가"]
