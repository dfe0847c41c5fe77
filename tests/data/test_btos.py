"""The state panel is read as it is printed, and refused where it is not."""

import pytest

from forecast.data import btos, reference
from forecast.errors import InputError

HEADER = "State,cycle,series,yes_percent,standard_error\n"
ROWS = [
    "CA,202326,current,5.0,0.5\n",
    "CA,202401,current,6.0,0.5\n",
    "CA,202401,expected_6m,,\n",
]


def written(tmp_path, rows):
    folder = tmp_path / "btos"
    folder.mkdir()
    (folder / "btos_state_ai_use_2023_2024.csv").write_text(HEADER + "".join(rows), "utf-8")
    return tmp_path


def test_suppressed_cells_are_left_out_and_periods_count_across_the_year(tmp_path):
    table = btos.table(written(tmp_path, ROWS))
    assert table[["cycle", "period", "series"]].to_numpy().tolist() == [
        ["202326", 0, "current"],
        ["202401", 1, "current"],
    ]


def test_the_embedded_panel_keeps_percentages_with_their_errors():
    table = reference.load("btos_state")
    assert table["yes_percent"].between(0, 100).all() and (table["standard_error"] > 0).all()
    assert table["period"].max() == 33 and table["cycle"].min() == "202319"


@pytest.mark.parametrize(
    ("at", "row", "message"),
    [
        (1, "CA,202402,current,6.0,0.5\n", "have a gap"),
        (1, "CA,late,current,6.0,0.5\n", "written like 202319"),
        (1, "CA,202401,hoped,6.0,0.5\n", "series"),
        (1, "CA,202401,current,6.0,0.0\n", "an error above 0"),
        (1, "CA,202401,current,106.0,1.0\n", "expected a percentage"),
    ],
)
def test_spoilt_panels_are_refused_by_name(tmp_path, at, row, message):
    rows = [*ROWS[:at], row, ROWS[2].replace("202401", row.split(",")[1])]
    with pytest.raises(InputError, match=message):
        btos.table(written(tmp_path, rows))


def test_a_value_given_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match="occurs twice"):
        btos.table(written(tmp_path, [*ROWS, ROWS[0]]))
