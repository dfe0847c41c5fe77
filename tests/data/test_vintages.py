"""A vintage is stored once and never changes; what a later one revises is said aloud."""

import json
import os
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from kosis_cases import as_csv, export

from forecast.data import inputs, reference, vintages
from forecast.data.ksco import sub_major_codes
from forecast.errors import ConfigError, InputError
from forecast.options import DataOptions
from forecast.types import AGE_GROUPS

NOON = datetime(2023, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def province_file(tmp_path):
    path = tmp_path / "시도.csv"
    path.write_bytes(as_csv(export("employment_province")).encode("cp949"))
    return path


@pytest.fixture
def age_file(tmp_path):
    path = tmp_path / "age.csv"
    path.write_bytes(as_csv(export("employment_age", first="2014H1")).encode("cp949"))
    return path


def contents(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_a_vintage_keeps_the_original_and_the_table_with_their_hashes(province_file, tmp_path):
    kept = tmp_path / "kept"
    vintage, is_new = vintages.add(province_file, kept, now=NOON)
    folder = kept / vintage.name
    assert is_new and [p.name for p in kept.iterdir()] == [vintage.name]
    assert vintage.name == f"employment_province-2022H2-{vintage.original_sha256[:12]}"
    assert set(contents(folder)) == {"original.csv", "table.csv", "vintage.json"}
    assert (folder / "original.csv").read_bytes() == province_file.read_bytes()
    assert (vintage.first_period, vintage.n_period, vintage.n_row) == ("2021H1", 4, 720)
    assert (vintage.classification, vintage.source_file) == ("KSCO-7", "시도.csv")
    opened, figures = vintages.open_vintage(folder)
    assert opened == vintage
    table = reference.load("employment_province")
    wanted = table[table["period"] >= "2021H1"].reset_index(drop=True)
    pd.testing.assert_frame_equal(figures.table, wanted)


def test_the_same_file_is_the_same_vintage_whenever_and_however_named(province_file, tmp_path):
    kept = tmp_path / "kept"
    first, _ = vintages.add(province_file, kept, now=NOON)
    before = contents(kept / first.name)
    renamed = tmp_path / "other.csv"
    renamed.write_bytes(province_file.read_bytes())
    again, is_new = vintages.add(renamed, kept, now=NOON + timedelta(days=300))
    assert not is_new and again == first and contents(kept / first.name) == before
    elsewhere, _ = vintages.add(province_file, tmp_path / "elsewhere", now=NOON)
    assert contents(tmp_path / "elsewhere" / elsewhere.name) == before


@pytest.mark.parametrize("name", ["original.csv", "table.csv", "vintage.json"])
def test_any_changed_byte_of_a_vintage_is_noticed(name, province_file, tmp_path):
    vintage, _ = vintages.add(province_file, tmp_path / "kept", now=NOON)
    folder = tmp_path / "kept" / vintage.name
    path = folder / name
    whole = path.read_bytes()
    path.chmod(0o644)
    for place in sorted({0, len(whole) // 3, len(whole) // 2, len(whole) - 2, len(whole) - 1}):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(InputError, match=f"{name} is not what was stored"):
            vintages.open_vintage(folder)
        with pytest.raises(InputError, match="is not what was stored"):
            vintages.add(province_file, tmp_path / "kept")
    path.write_bytes(whole)
    assert vintages.open_vintage(folder)[0] == vintage


def test_every_byte_of_the_facts_counts(province_file, tmp_path):
    vintage, _ = vintages.add(province_file, tmp_path / "kept", now=NOON)
    path = tmp_path / "kept" / vintage.name / "vintage.json"
    whole = path.read_bytes()
    path.chmod(0o644)
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(InputError, match=r"vintage\.json"):
            vintages.open_vintage(path.parent)


def test_a_vintage_under_another_name_or_without_a_file_is_refused(province_file, tmp_path):
    vintage, _ = vintages.add(province_file, tmp_path / "kept", now=NOON)
    folder = tmp_path / "kept" / vintage.name
    (folder / "table.csv").unlink()
    with pytest.raises(InputError, match=r"table\.csv: no such file"):
        vintages.open_vintage(folder)
    folder.rename(folder.with_name("latest"))
    with pytest.raises(InputError, match=r"vintage\.json"):
        vintages.open_vintage(folder.with_name("latest"))


def test_a_file_that_cannot_be_read_leaves_nothing(tmp_path):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(as_csv(export("employment_province")[:-1]))
    with pytest.raises(InputError, match="lacks 1 of 180 cells"):
        vintages.add(wrong, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_folder_that_cannot_be_made_is_named(province_file, tmp_path):
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(ConfigError, match="cannot be written"):
        vintages.add(province_file, tmp_path / "kept")


def revised(path, changes):
    """Write the province export with figures changed that keep every sum within rounding."""
    rows = export("employment_province")
    for (row, column), value in changes.items():
        rows[row][column] = value
    path.write_text(as_csv(rows), encoding="utf-8")
    return path


def test_a_silent_revision_is_counted_cell_by_cell(province_file, tmp_path):
    kept = tmp_path / "kept"
    first, _ = vintages.add(province_file, kept, now=NOON)
    rows = export("employment_province")
    changes = {(12, 5): str(int(rows[12][5]) - 2), (13, 4): str(int(rows[13][4]) + 1)}
    path = revised(tmp_path / "later.csv", changes)
    second, _ = vintages.add(path, kept, now=NOON + timedelta(days=1))
    opened, changed = vintages.open_all(kept)
    assert [vintage for vintage, _ in opened] == [first, second] and not changed
    change = vintages.compare(opened[0][1], opened[1][1])
    assert (change.n_common, change.n_revised, change.n_new, change.n_gone) == (720, 2, 0, 0)
    assert (change.largest_persons, change.where) == (-2_000, "2022H2/11/1")


def test_a_figure_that_came_is_a_revision_and_new_half_years_are_not(tmp_path):
    keys = {"ksic": ["A", "B"], "ksco7": ["1", "1"]}
    old = pd.DataFrame({"period": ["2022H1"] * 2, **keys, "employed_persons": [float("nan"), 1.0]})
    new = old.assign(employed_persons=[3.0, 1.0])
    later = pd.concat([new, new.assign(period="2022H2")])
    kind = "employment_industry"
    change = vintages.compare(vintages.Figures(kind, old), vintages.Figures(kind, later))
    assert (change.n_common, change.n_revised, change.n_new) == (2, 1, 2)
    assert change.where == "" and change.largest_persons != change.largest_persons


def test_vintages_are_ordered_by_when_they_were_added(province_file, age_file, tmp_path):
    kept = tmp_path / "kept"
    first, _ = vintages.add(province_file, kept, now=NOON)
    vintages.add(age_file, kept, now=NOON + timedelta(days=1))  # another kind
    path = revised(tmp_path / "b.csv", {(12, 5): "132"})
    second, _ = vintages.add(path, kept, now=NOON + timedelta(days=2))
    path = revised(tmp_path / "c.csv", {(12, 5): "131"})
    third, _ = vintages.add(path, kept, now=NOON + timedelta(days=3))
    opened, _ = vintages.open_all(kept)
    assert len(opened) == 4
    assert vintages.previous(first, opened) is None
    assert vintages.previous(second, opened) == opened[0]
    assert vintages.previous(third, opened) == opened[2] and opened[2][0] == second


def test_a_changed_vintage_does_not_hide_the_others(province_file, age_file, tmp_path):
    kept = tmp_path / "kept"
    first, _ = vintages.add(province_file, kept, now=NOON)
    second, _ = vintages.add(age_file, kept, now=NOON)
    (kept / first.name / "table.csv").unlink()
    opened, changed = vintages.open_all(kept)
    assert [vintage for vintage, _ in opened] == [second] and list(changed) == [first.name]


def test_a_run_reads_an_export_and_its_vintage_alike_and_records_their_hashes(age_file, tmp_path):
    vintage, _ = vintages.add(age_file, tmp_path / "kept", now=NOON)
    folder = tmp_path / "kept" / vintage.name
    from_file, file_hashes = inputs.load(DataOptions(employment=str(age_file)))
    from_vintage, hashes = inputs.load(DataOptions(employment=str(folder)))
    embedded = reference.load("employment_age")
    pd.testing.assert_frame_equal(from_file["employment_age"], embedded)
    pd.testing.assert_frame_equal(from_vintage["employment_age"], embedded)
    assert file_hashes[str(age_file)] == vintage.original_sha256
    assert hashes[str(folder / "original.csv")] == vintage.original_sha256
    assert hashes[str(folder / "table.csv")] == vintage.table_sha256


def test_industries_and_provinces_of_a_user_stand_in_too(province_file, age_file):
    tables, _ = inputs.load(DataOptions(employment_province=str(province_file)))
    assert set(tables["employment_province"]["period"]) == {"2021H1", "2021H2", "2022H1", "2022H2"}
    assert "employment_published" not in tables
    with pytest.raises(InputError, match="holds employment_age, where employment_industry"):
        inputs.load(DataOptions(employment_industry=str(age_file)))


def test_a_plain_table_is_stored_with_its_fractions(tmp_path):
    index = pd.MultiIndex.from_product([["2022H2"], sub_major_codes(), AGE_GROUPS])
    table = pd.DataFrame(list(index), columns=["period", "ksco7", "age_group"])
    table.assign(employed_persons=20_000.25).to_csv(tmp_path / "own.csv", index=False)
    vintage, _ = vintages.add(tmp_path / "own.csv", tmp_path / "kept", now=NOON)
    figures = vintages.open_vintage(tmp_path / "kept" / vintage.name)[1]
    assert vintage.layout == "plain table"
    cells = figures.table.query("level == 'sub_major' and age_group != 'all'")
    assert set(cells["employed_persons"]) == {20_000.25}
    declared = table.assign(employed_persons=20_000, code_system="KSCO-8")
    declared.to_csv(tmp_path / "newer.csv", index=False)
    with pytest.raises(InputError, match=r"column code_system: 'KSCO-8'.*never bridged"):
        vintages.add(tmp_path / "newer.csv", tmp_path / "kept")


def test_facts_are_plain_json_without_a_path(province_file, tmp_path):
    vintage, _ = vintages.add(province_file, tmp_path / "kept", now=NOON)
    facts = json.loads((tmp_path / "kept" / vintage.name / "vintage.json").read_text("utf-8"))
    assert facts["added"] == "2023-05-01T12:00:00.000000+00:00"
    assert os.sep not in "".join(str(v) for k, v in facts.items() if k != "seal")
