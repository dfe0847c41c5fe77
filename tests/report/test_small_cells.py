"""Small counts are hidden, and no hidden one follows from what is printed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.report.small_cells import FEWEST, TOTAL, hide_small, seats, shown, with_totals


def computable(matrix, marks):
    """Hidden cells that rows and columns adding up fix, by linear algebra."""
    hidden = np.argwhere(marks.to_numpy() != "")
    number = {tuple(place): k for k, place in enumerate(hidden)}
    lines = []
    for axis in (0, 1):
        for line in range(matrix.shape[axis]):
            cells = [p for p in number if p[axis] == line]
            signs = np.zeros(len(number))
            for cell in cells:  # the sum stands first: what follows adds up to it
                signs[number[cell]] = -1 if cell[1 - axis] == 0 else 1
            if cells and matrix.shape[1 - axis] > 1:
                lines.append(signs)
    if not lines:
        return []
    _, size, right = np.linalg.svd(np.array(lines))
    rank = int((size > 1e-9).sum())
    free = right[rank:]  # ways in which the hidden cells may move together
    return [place for place, k in number.items() if not (np.abs(free[:, k]) > 1e-9).any()]


tables_of_counts = st.integers(1, 6).flatmap(
    lambda columns: st.lists(
        st.lists(
            st.one_of(st.integers(0, 8), st.integers(0, 400)), min_size=columns, max_size=columns
        ),
        min_size=1,
        max_size=8,
    )
)


@settings(max_examples=200, deadline=None)
@given(tables_of_counts)
def test_every_small_count_is_hidden_and_none_can_be_computed(rows):
    matrix = with_totals(pd.DataFrame(rows))
    marks = hide_small(matrix)
    values = matrix.to_numpy()
    small = (values > 0) & (values < FEWEST)
    assert (marks.to_numpy()[small] == "under_5").all()
    assert not (marks.to_numpy()[~small] == "under_5").any()
    lonely = [p for p in computable(matrix, marks) if small[p]]
    # In a table of one row or column a small sum has nothing to hide behind but its parts.
    assert not lonely
    words = shown(matrix, marks)
    printed = [word for row in words for word in row]
    assert not {str(count) for count in range(1, FEWEST)} & set(printed)


def test_a_link_between_two_groups_of_hidden_cells_is_found():
    # Both pairs of hidden cells hide each other; the cell between them would follow from all sums.
    counts = pd.DataFrame(
        [[1, 2, 90, 80, 70], [3, 4, 60, 50, 70], [70, 60, 2, 3, 90], [80, 90, 4, 1, 60]]
    )
    linked = counts.copy()
    linked.iloc[0, 2] = 3
    matrix = with_totals(linked)
    small = (matrix.to_numpy() > 0) & (matrix.to_numpy() < FEWEST)
    only_small = pd.DataFrame(np.where(small, "x", ""), matrix.index, matrix.columns)
    assert computable(matrix, only_small) == [(1, 3)]
    assert computable(matrix, hide_small(matrix)) == []


def test_the_smallest_other_is_taken_and_nothing_without_need():
    matrix = with_totals(pd.DataFrame({"a": [3, 40, 25], "b": [30, 20, 26]}, index=list("xyz")))
    marks = hide_small(matrix)
    assert marks.loc["x"].tolist() == ["", "under_5", "secondary"]
    assert marks.loc["z", "a"] == "secondary" and marks.loc["y"].tolist() == ["", "", ""]
    calm = with_totals(pd.DataFrame({"a": [30, 0], "b": [0, 5]}))
    assert (hide_small(calm) == "").all(axis=None)


def test_a_column_that_adds_up_needs_two_hidden_cells():
    marks = hide_small(pd.DataFrame({"persons": [63, 3, 20, 40]}))["persons"]
    assert marks.tolist() == ["", "under_5", "secondary", ""]


def test_what_is_hidden_for_another_reason_is_hidden_too():
    matrix = with_totals(pd.DataFrame({"a": [30, 40], "b": [50, 60]}))
    also = np.zeros(matrix.shape, dtype=bool)
    also[1, 1] = True
    marks = hide_small(matrix, also=also)
    assert (marks.iloc[1:, 1:] == "secondary").all(axis=None) and marks.iloc[0, 0] == ""


@pytest.mark.parametrize(
    ("persons", "words"), [(0, "–"), (4, "5명 미만"), (5, "5"), (1e3, "1,000")]
)
def test_a_count_hides_itself(persons, words):
    assert seats(persons) == words


def test_sums_come_first():
    wide = with_totals(pd.DataFrame({"a": [1, 2]}, index=["x", "y"]))
    assert wide.index[0] == wide.columns[0] == TOTAL and wide.iloc[0, 0] == 3
