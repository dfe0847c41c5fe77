"""Raking meets every published figure, keeps zeros, and flags what employment cannot hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from exposure_cases import reference_tables, ridge_result
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from forecast.errors import InputError
from forecast.options import AtRiskOptions
from forecast.stages.cells import GROUPS, Margin, rake, raked_cells

CELLS = st.floats(1.0, 100.0)  # cells further apart than that take thousands of rounds


def margins_of(table: np.ndarray) -> list[Margin]:
    margins = []
    for axis in (0, 1):
        for place in range(table.shape[axis]):
            mask = np.zeros(table.shape, dtype=bool)
            mask[(place, slice(None)) if axis == 0 else (slice(None), place)] = True
            margins.append(Margin(mask, float(table[mask].sum())))
    return margins


@given(prior=arrays(float, (3, 4), elements=CELLS), target=arrays(float, (3, 4), elements=CELLS))
def test_raking_meets_every_margin_and_keeps_the_odds_ratios_of_the_prior(prior, target):
    raked = rake(prior, margins_of(target))
    assert_allclose(raked.sum(axis=0), target.sum(axis=0), rtol=1e-8)
    assert_allclose(raked.sum(axis=1), target.sum(axis=1), rtol=1e-8)

    def odds(cells: np.ndarray) -> np.ndarray:
        logs = np.log(cells)
        return logs[1:, 1:] - logs[:1, 1:] - logs[1:, :1] + logs[:1, :1]

    assert_allclose(odds(raked), odds(prior), atol=1e-6)


def test_a_zero_stays_zero_and_the_prior_is_not_changed():
    prior = np.array([[0.0, 1.0], [1.0, 1.0]])
    kept = prior.copy()
    raked = rake(prior, margins_of(np.array([[0.0, 3.0], [2.0, 1.0]])))
    assert raked[0, 0] == 0.0
    assert (prior == kept).all()


def test_contradicting_figures_are_refused():
    whole = np.ones(2, dtype=bool)
    with pytest.raises(InputError, match="contradict each other"):
        rake(np.ones(2), [Margin(whole, 10.0), Margin(whole, 11.0)])


def test_jobs_on_cells_without_anybody_are_refused():
    with pytest.raises(InputError, match="without anybody"):
        rake(np.zeros(2), [Margin(np.array([True, False]), 10.0)])


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    return ridge_result().cells.set_index(["ksic", "occupation_group"])


def test_the_cells_sum_to_the_headline(cells):
    sections = reference_tables()["ksic10"]["ksic"]
    leaves = cells.loc[[(ksic, group) for ksic in sections for group in GROUPS]]
    assert len(leaves) == 21 * 4
    assert leaves["at_risk_persons"].sum() == pytest.approx(3_270_000)
    assert cells.loc[("TOT", "TOT"), "at_risk_persons"] == pytest.approx(3_270_000)


def test_every_published_figure_is_met(cells):
    seen = cells.dropna(subset=["published_persons"])
    assert_allclose(seen["at_risk_persons"], seen["published_persons"], rtol=1e-8)
    anchors = reference_tables()["anchors"].query("preset == 'kiet_2022'")
    used = ["at_risk_persons", "industry", "occupation", "industry_x_occupation"]
    known = anchors[anchors["dimension"].isin(used)]
    assert len(seen) == (known["confidence"] == "printed").sum()
    derived = cells[cells["flag"] == "derived"]
    assert len(derived) == (known["confidence"] == "computed").sum() == 3
    assert derived["published_persons"].isna().all()


def test_rows_of_sums_are_the_sums_of_their_cells(cells):
    persons = cells["at_risk_persons"]
    for ksic in ("C", "G", "other", "TOT"):
        assert persons[ksic, "2"] == pytest.approx(sum(persons[ksic, g] for g in GROUPS[:3]))
        assert persons[ksic, "TOT"] == pytest.approx(persons[ksic, "2"] + persons[ksic, "!2"])
    named = sum(persons[ksic, "TOT"] for ksic in "CFJM")
    assert persons["other", "TOT"] == pytest.approx(persons["TOT", "TOT"] - named)


def test_more_jobs_at_risk_than_people_employed_is_flagged(cells):
    engineers = cells.loc[("TOT", "23")]
    employed = reference_tables()["employment_age"].query(
        "ksco7 == '23' and age_group == 'all' and period in ['2022H1', '2022H2']"
    )
    assert engineers["at_risk_persons"] > employed["employed_persons"].mean()
    assert engineers["flag"] == "exceeds_employment"
    assert cells.loc[("F", "2"), "flag"] == "exceeds_employment"
    assert cells.loc[("C", "TOT"), "flag"] == "published"
    assert cells.loc[("G", "22"), "flag"] == "assumed_split"
    assert cells.loc[("G", "!2"), "flag"] == "raked"
    flags = {"published", "derived", "assumed_split", "raked", "exceeds_employment"}
    assert set(cells["flag"]) == flags


def test_each_published_cell_is_within_one_percent_after_raking(cells):
    anchors = reference_tables()["anchors"].query("preset == 'kiet_2022'")
    names = {"": "TOT"}
    checked = 0
    for row in anchors.query(
        "dimension in ['industry', 'occupation', 'industry_x_occupation']"
    ).to_dict("records"):
        ksic, group = (names.get(row[key], row[key]) for key in ("ksic", "occupation_group"))
        assert abs(cells.loc[(ksic, group), "at_risk_persons"] / row["value"] - 1) < 0.01
        checked += 1
    assert checked == 14  # 5 industries, 5 occupation groups, 4 cells


def test_the_table_shows_what_our_scores_say_before_raking(cells):
    risk = ridge_result().at_risk["kiet_2022"]
    before = cells["before_raking_persons"]
    jobs = risk.jobs.mean("draw").to_series()
    sections = reference_tables()["ksic10"]["ksic"]
    for group in ("22", "23"):
        spread = sum(before[ksic, group] for ksic in sections)
        assert before["TOT", group] == pytest.approx(spread)
        # Industries and occupations are published apart: their totals differ by rounding.
        assert before["TOT", group] == pytest.approx(jobs[group], rel=0.02)
    raked = cells["at_risk_persons"]
    assert (raked[before == 0] == 0).all()  # nobody works there: nothing to scale
    there = before > 0
    assert_allclose((before * cells["multiplier"])[there], raked[there])
    far = (raked / before - 1).abs()[cells["published_persons"].notna()]
    assert far.max() > 1.0  # raking moves published cells a lot: the models disagree


def test_multipliers_show_how_far_the_published_cells_are_from_ours(cells):
    persons, multiplier = cells["at_risk_persons"], cells["multiplier"]
    before = persons / multiplier
    leaves = before[[(ksic, g) for ksic in reference_tables()["ksic10"]["ksic"] for g in GROUPS]]
    assert leaves.sum() == pytest.approx(before["TOT", "TOT"], rel=1e-6)
    assert before["TOT", "TOT"] == pytest.approx(3_270_000, rel=0.01)
    assert multiplier["TOT", "23"] > 3


def test_a_year_without_industry_employment_is_refused():
    tables = reference_tables()
    earlier = tables["employment_industry"].query("period < '2022H1'")
    with pytest.raises(InputError, match="employment_industry"):
        raked_cells(
            ridge_result().at_risk["kiet_2022"],
            {**tables, "employment_industry": earlier},
            options=AtRiskOptions(),
        )
