"""No join loses people unseen: coverage is measured, what stands in is flagged, the gate holds."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from forecast.codebook import TABLES, check_table
from forecast.data import (
    crosswalks,
    indices,
    inputs,
    joins,
    onet,
    onet_tasks,
    pull_only,
    reference,
    source_joins,
)
from forecast.errors import InputError
from forecast.options import DataOptions

PERSONS = pd.Series({"11-1011": 900.0, "11-1021": 80.0, "13-1011": 20.0})
REACHED = frozenset({"11-1011"})
JOIN = joins.Join("scores", "soc2018", REACHED, frozenset(), REACHED, PERSONS, family=4)


def report(gate=joins.GATE, **changes):
    return joins.report_of([dataclasses.replace(JOIN, **changes)], gate=gate)


def test_one_row_where_the_gate_is_passed_and_a_flagged_one_where_only_imputation_passes():
    everyone = frozenset(PERSONS.index)
    whole = report(codes=everyone, reached=everyone)
    assert whole["basis"].tolist() == ["measured"] and whole["employment_share"].tolist() == [1.0]
    part = report(gate=0.95)
    assert part["basis"].tolist() == ["measured", "imputed"]
    assert part["passed"].tolist() == ["no", "yes"]
    assert part["employment_share"].tolist() == pytest.approx([0.9, 0.98])
    assert part["right_only"].tolist() == ["11-1021 13-1011", "13-1011"]
    check_table("join_report", part)
    joins.require_coverage(part)


def test_own_descriptors_stand_in_for_an_index():
    assert report(described=frozenset({"13-1011"}))["passed"].tolist() == ["no", "yes"]


def test_the_gate_names_the_join_its_coverage_and_the_largest_codes():
    with pytest.raises(
        InputError, match=r"scores -> soc2018 covers 98\.00%.*below 99\.5%.*13-1011"
    ):
        joins.require_coverage(report())


def test_an_empty_source_fails_unless_it_may_be_absent():
    nothing = {"codes": frozenset(), "reached": frozenset()}
    assert report(optional=True, **nothing)["basis"].tolist() == ["absent"]
    joins.require_coverage(report(optional=True, **nothing))
    with pytest.raises(InputError, match=r"covers 0\.00%"):
        joins.require_coverage(report(**nothing))


def test_codes_lost_on_the_left_are_listed_and_long_lists_are_cut():
    codes = frozenset(f"99-{i:04}" for i in range(25))
    row = report(codes=codes | REACHED, lost=codes).iloc[0]
    assert row["left_only"].split()[:2] == ["99-0000", "99-0001"]
    assert row["left_only"].endswith(" 99-0019 +5")


def test_employment_of_nobody_is_refused():
    with pytest.raises(InputError, match="nobody is employed"):
        report(persons=PERSONS * 0)


@pytest.fixture(scope="module")
def embedded():
    return {name: reference.load(name) for name in reference.NAMES}


def test_korean_joins_of_the_embedded_reference_pass(embedded):
    table = joins.korean_join_report(embedded)
    check_table("join_report", table)
    joins.require_coverage(table)
    measured = table[table["basis"] == "measured"].set_index("join")
    links = measured.loc["isco08 -> ksco7 minor"]
    assert links["left_only"] == "1113 3222 9332 9624"  # no counterpart in Korea
    assert (links["n_matched"], links["employment_share"]) == (156, 1.0)
    assert measured.loc["employment_age -> ksco7 sub_major", "right_only"] == "A0"
    # ILO publishes nothing on the group that Korean rental clerks (522) link to.
    assert "522" in measured.loc["ilo_2023 -> ksco7 minor", "right_only"].split()


def test_a_korean_group_without_a_link_fails_the_gate(embedded):
    links = embedded["ksco7_isco08"]
    cut = {**embedded, "ksco7_isco08": links[links["ksco7"].str[0] != "3"]}
    with pytest.raises(InputError, match=r"isco08 -> ksco7 minor covers .* largest .* 31"):
        joins.require_coverage(joins.korean_join_report(cut))


def test_own_employment_changes_the_weights_and_the_report_is_among_the_tables(embedded):
    tables, _ = inputs.load(DataOptions())
    pd.testing.assert_frame_equal(tables["join_report"], joins.korean_join_report(embedded))
    employment = embedded["employment_age"].copy()
    employment.loc[employment["ksco7"] == "52", "employed_persons"] = 0.0
    moved = joins.korean_join_report({**embedded, "employment_age": employment})
    row = moved["join"] == "ilo_2023 -> ksco7 minor"
    assert moved.loc[row, "employment_share"].tolist() == [1.0]


@pytest.fixture(scope="module")
def real(sources_root, onet_read):
    """Everything the report of the real sources reads, and the report."""
    tables = {name: reference.load(name) for name in ("isco08", "isco_descriptors", "isco_indices")}
    tables["soc_panel"] = indices.soc_panel(sources_root)
    tables["soc_descriptors"] = onet.soc_descriptors(sources_root, onet_read)
    tables["soc_extras"] = onet.soc_extras(sources_root, onet_read)
    tables["soc_tasks"] = onet_tasks.soc_tasks(sources_root)
    tables["isco_indices_pull_only"] = indices.isco_indices_pull_only(sources_root)
    return onet_read, tables, source_joins.join_report(sources_root, onet_read, tables)


@pytest.mark.sources
def test_real_joins_pass_and_say_what_is_imputed(real):
    _, _, table = real
    check_table("join_report", table)
    assert list(table.columns) == list(TABLES["join_report"])
    joins.require_coverage(table)
    assert (table["left_only"] == "").all()  # no code of any source goes astray
    measured = table[table["basis"] == "measured"].set_index("join")["employment_share"]
    assert measured["soc_panel -> soc2018"] == 1.0
    assert measured["soc2010 -> isco08"] == measured["soc2018 -> isco08"] == 1.0
    assert measured["isco_descriptors -> isco08"] > joins.GATE
    # O*NET 29.3 has not rated software developers: their skills are imputed, and it shows.
    skills = table[(table["join"] == "onet_skill -> soc2018")].set_index("basis")
    assert skills.loc["measured", "right_only"].startswith("15-1252 ")
    assert skills["passed"].to_dict() == {"measured": "no", "imputed": "yes"}


@pytest.mark.sources
def test_coverage_is_the_share_of_surveyed_employment(real, sources_root):
    _, tables, table = real
    persons = crosswalks.surveyed_soc2018(sources_root)
    assert persons.sum() == pytest.approx(140_886_310, rel=1e-4)  # the survey's own total
    assert persons.isna().sum() == 20
    panel = tables["soc_panel"].set_index("soc2018")["gpt4_beta"].dropna()
    share = persons[persons.index.isin(panel.index)].sum() / persons.sum()
    row = table[table["join"] == "gpts_are_gpts -> soc2018"].iloc[0]
    assert row["employment_share"] == pytest.approx(share)
    assert row["n_matched"] == len(panel)


@pytest.mark.sources
def test_absent_pull_only_files_are_reported_not_refused(real, sources_root, tmp_path):
    read, tables, _ = real
    for folder in ("crosswalks", "gpts_are_gpts", "daioe", "onet"):
        (tmp_path / folder).symlink_to((sources_root / folder).resolve())
    without = {
        **tables,
        "soc_panel": indices.soc_panel(tmp_path),
        "isco_indices_pull_only": indices.isco_indices_pull_only(tmp_path),
    }
    table = source_joins.join_report(tmp_path, read, without)
    joins.require_coverage(table)
    absent = set(table.loc[table["basis"] == "absent", "left"])
    assert absent == set(pull_only.NAMES)


@pytest.mark.sources
def test_a_source_that_lost_a_family_fails_the_gate(real, sources_root):
    read, tables, _ = real
    # Cashiers and retail sales (41-2): a family of 7.9 million that no relative stands in for.
    lost = read.modern.copy()
    lost.loc[lost.index.str.startswith("41-2")] = np.nan
    cut = dataclasses.replace(read, modern=lost)
    with pytest.raises(InputError, match=r"onet_\w+ -> soc2018 covers 9\d\.\d+% .* 41-2031"):
        joins.require_coverage(source_joins.join_report(sources_root, cut, tables))
