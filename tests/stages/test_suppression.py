"""Suppression: a linear programme, knowing all that is published, finds no small number."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.stages.suppression import mark_small, protect, publish
from forecast.stages.suppression_audit import audit

KEYS = {"dims": ("p", "site", "age"), "total_dims": [("p", "site"), ("p", "age")]}


def table_of(people: np.ndarray, *, empty: bool = True) -> pd.DataFrame:
    """Long table of an array (p, site, age)."""
    p, site, age = (index.ravel() for index in np.indices(people.shape))
    table = pd.DataFrame({"p": p, "site": site, "age": age, "persons": people.ravel()})
    return table if empty else table[table["persons"] > 0]


@st.composite
def tables(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 6)), draw(st.integers(1, 8)))
    size = draw(st.sampled_from([0.2, 1.0, 4.0, 15.0]))
    people = rng.poisson(size * rng.gamma(0.5, size=shape))
    people[0, 0, 0] += 1  # never nobody at all
    return table_of(people, empty=draw(st.booleans()))


@settings(max_examples=100, deadline=None)
@given(tables())
def test_no_small_number_can_be_worked_out_from_what_is_published(table):
    marks = protect(table, **KEYS)
    assert audit(table, marks.cells, totals=marks.totals, **KEYS).empty
    shown = table[marks.cells == ""]
    assert not shown["persons"].between(1, 4).any()
    assert (table["persons"].between(1, 4) == (marks.cells == "under_5")).all()
    for totals in marks.totals.values():
        assert (totals["persons"].between(1, 4) == (totals["mark"] == "under_5")).all()


@settings(max_examples=40, deadline=None)
@given(tables())
def test_a_line_that_hides_anything_hides_two_entries_and_five_people(table):
    marks = protect(table, **KEYS)
    hidden = table.assign(hidden=marks.cells != "")
    for family in KEYS["total_dims"]:
        lines = hidden[hidden["hidden"]].groupby(list(family))["persons"].agg(["size", "sum"])
        lines = lines.join(marks.totals[family].set_index(list(family))["mark"] != "")
        assert (lines["size"] + lines["mark"] >= 2).all()
        assert (lines["mark"] | (lines["sum"] >= 5)).all()


def test_small_cells_alone_give_themselves_away():
    rng = np.random.default_rng(7)
    people = rng.integers(5, 40, size=(1, 6, 7))
    people[0, 2, 3] = 2
    people[0, 4, 5] = 4
    table = table_of(people)
    alone = pd.Series(np.where(table["persons"] < 5, "under_5", ""), index=table.index)
    found = audit(table, alone, **KEYS)
    assert found["lower"].tolist() == found["upper"].tolist() == found["persons"].tolist() == [2, 4]


def test_two_hidden_cells_of_too_few_people_are_found_narrow():
    people = np.array([[[1, 2, 30], [20, 30, 30]]])
    table = table_of(people)
    marks = pd.Series(["under_5", "under_5", "", "secondary", "secondary", ""])
    found = audit(table, marks, **KEYS)
    assert found[["persons", "lower", "upper"]].to_numpy().tolist() == [[1, 0, 3], [2, 0, 3]]


def test_the_smallest_rectangle_is_hidden_and_no_more():
    people = np.array([[[3, 9, 90], [8, 7, 90], [90, 90, 90]]])
    marks = mark_small(table_of(people), **KEYS)
    assert marks.tolist() == ["under_5", "secondary", "", *["secondary"] * 2, "", "", "", ""]


def test_a_small_total_is_hidden_with_another():
    people = np.array([[[1, 2, 0], [9, 9, 9], [50, 50, 50]]])
    marks = protect(table_of(people), **KEYS)
    assert marks.totals[("p", "site")]["mark"].tolist() == ["under_5", "secondary", ""]
    assert marks.totals[("p",)]["mark"].tolist() == [""]


def test_people_too_scattered_for_rectangles_are_hidden_with_their_lines():
    people = np.array(
        [[1, 1, 1, 0, 0, 1], [0, 0, 2, 0, 5, 0], [0, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]]
    )
    table = table_of(people[None])
    marks = protect(table, **KEYS)
    assert audit(table, marks.cells, totals=marks.totals, **KEYS).empty
    assert (marks.totals[("p", "age")].query("persons > 0")["mark"] != "").all()
    assert marks.totals[("p",)]["mark"].tolist() == [""]


def test_tables_apart_do_not_touch_each_other():
    people = np.random.default_rng(2).integers(5, 50, size=(2, 4, 4))
    people[1, 1, 1] = 1
    table = table_of(people)
    marks = mark_small(table, **KEYS)
    assert (marks[table["p"] == 0] == "").all() and (marks[table["p"] == 1] != "").any()


def test_nobody_anywhere_is_nothing_to_hide():
    assert (mark_small(table_of(np.zeros((1, 2, 2), dtype=int)), **KEYS) == "").all()


def test_published_rows_show_neither_the_number_nor_why_it_is_hidden():
    table = table_of(np.array([[[3, 9], [8, 7]]])).assign(fractional=[2.5, 9.5, 8, 7], mark="x")
    released = publish(table, pd.Series(["under_5", "secondary", "", ""]))
    assert released["persons"].isna().tolist() == [True, True, False, False]
    assert released["fractional"].isna().tolist() == [True, True, False, False]
    assert released["persons"].dtype == "Int64" and "mark" not in released
    assert "under_5" not in released.to_csv()
    assert table["persons"].tolist() == [3, 9, 8, 7]
    dropped = publish(table, pd.Series(["under_5", "secondary", "", ""]), drop=True)
    assert dropped["persons"].tolist() == [8, 7]


def test_a_cell_twice_a_strange_mark_or_lost_columns_are_refused():
    table = table_of(np.array([[[3, 9], [8, 7]]]))
    with pytest.raises(InputError, match="occurs twice"):
        mark_small(pd.concat([table, table]), **KEYS)
    with pytest.raises(InputError, match="do not make up"):
        mark_small(table, dims=("p", "site", "age"), total_dims=[("p", "site"), ("p",)])
    with pytest.raises(InputError, match="one mark"):
        publish(table, pd.Series(["small", "", "", ""]))
    with pytest.raises(InputError, match="whole numbers"):
        mark_small(table.assign(persons=0.5), **KEYS)


def test_150_000_cells_are_marked_in_two_seconds():
    rng = np.random.default_rng(3)
    table = table_of(rng.poisson(6 * rng.gamma(0.7, size=(20, 39, 255))), empty=False)
    assert len(table) > 130_000
    start = time.process_time()
    marks = mark_small(table, **KEYS)
    assert time.process_time() - start < 4.0  # 0.3 s on an idle machine
    assert marks.equals(mark_small(table, **KEYS))
