"""A user's own employment table: one clear message per mistake, and totals that add up."""

import itertools

import pandas as pd
import pytest

from forecast.data import inputs, reference
from forecast.data.employment import read_employment
from forecast.data.ksco import sub_major_codes
from forecast.errors import InputError
from forecast.options import DataOptions
from forecast.types import AGE_GROUPS

CODES = ["11", "21", "22"]


def own_table() -> pd.DataFrame:
    cells = itertools.product(["2021H2", "2022H1"], CODES, AGE_GROUPS)
    rows = [(*cell, str(500_000 + i)) for i, cell in enumerate(cells)]
    return pd.DataFrame(rows, columns=["period", "ksco7", "age_group", "employed_persons"])


def save(table, folder, encoding="utf-8"):
    path = folder / "고용.csv"
    table.to_csv(path, index=False, encoding=encoding)
    return path


def test_totals_are_the_sums_of_the_cells(tmp_path):
    table = read_employment(save(own_table(), tmp_path), CODES)
    everyone = table.query("level == 'sub_major' and age_group == 'all'")
    cells = table.query("level == 'sub_major' and age_group != 'all'")
    total = table.query("level == 'total' and age_group == 'all'")
    assert everyone["employed_persons"].sum() == cells["employed_persons"].sum()
    assert total["employed_persons"].sum() == cells["employed_persons"].sum()
    assert set(table.query("level == 'major'")["ksco7"]) == {"1", "2"}


def change(column, value, row=4):
    table = own_table()
    table.loc[row, column] = value
    return table


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (own_table().drop(columns="age_group"), "age_group"),
        (change("ksco7", "A1"), "row 6, column ksco7"),
        (change("period", "2021-2"), "2022H2"),
        (change("age_group", "15-24"), "15-24"),
        (change("employed_persons", "-5"), "at least 0"),
        (change("employed_persons", "1,000"), "without separators"),
        (change("employed_persons", "inf"), "without separators"),
        (pd.concat([own_table(), own_table().head(1)]), "once"),
        (own_table().drop(index=3), "missing"),
        (own_table().head(0), "no row"),
    ],
)
def test_each_mistake_is_named(table, says, tmp_path):
    with pytest.raises(InputError, match=says):
        read_employment(save(table, tmp_path), CODES)


def test_korean_windows_encoding_is_named_and_can_be_chosen(tmp_path):
    table = own_table().rename(columns={"age_group": "age_group"}).assign(비고="고용")
    path = save(table, tmp_path, encoding="cp949")
    with pytest.raises(InputError, match=r"data\.encoding=cp949"):
        read_employment(path, CODES)
    assert len(read_employment(path, CODES, encoding="cp949"))


def test_absent_and_empty_files_are_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_employment(tmp_path / "x.csv", CODES)
    empty = tmp_path / "empty.csv"
    empty.touch()
    with pytest.raises(InputError, match="is empty"):
        read_employment(empty, CODES)


def test_published_employment_stays_beside_an_own_table(tmp_path):
    published = reference.load("employment_age")
    cells = itertools.product(["2021H2", "2022H1", "2022H2"], sub_major_codes(), AGE_GROUPS)
    own = pd.DataFrame(list(cells), columns=["period", "ksco7", "age_group"])
    path = save(own.assign(employed_persons="10000"), tmp_path)
    tables, hashes = inputs.load(DataOptions(employment=str(path)))
    pd.testing.assert_frame_equal(tables["employment_published"], published)
    assert set(tables["employment_age"]["period"]) == {"2021H2", "2022H1", "2022H2"}
    assert str(path) in hashes
    assert "employment_published" not in inputs.load(DataOptions())[0]
