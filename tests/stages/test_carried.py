"""Raw indices at the Korean levels: nothing filled, and what a mean rests on is said."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from forecast.errors import InputError
from forecast.stages.carried import carry, isco_indices_wide

TABLES = {
    "isco08": pd.DataFrame({"isco08": ["1111", "1112", "2111"]}),
    "ksco7_isco08": pd.DataFrame(
        {
            "ksco7": ["111", "111", "112", "A01"],
            "isco08": ["1111", "1112", "2111", "1111"],
            "weight": [0.75, 0.25, 1.0, 1.0],
        }
    ),
}


def korea() -> SimpleNamespace:
    return SimpleNamespace(
        minor=SimpleNamespace(titles=pd.Series({"111": "가", "112": "나"})),
        sub_major=SimpleNamespace(titles=pd.Series({"11": "다"})),
        share=np.array([[[0.2, 0.8]], [[0.4, 0.6]]]),
    )


def carried(values: list[float]) -> dict[str, tuple[list[float], list[float]]]:
    scores = pd.DataFrame({"x": values}, index=["1111", "1112", "2111"])
    found = carry(scores, korea(), TABLES)
    return {
        level: (part.value["x"].tolist(), part.covered["x"].tolist())
        for level, part in found.items()
    }


def test_scores_are_averaged_by_links_and_then_by_people():
    found = carried([0.2, 0.6, 0.9])
    assert found["minor"] == ([pytest.approx(0.3), 0.9], [1.0, 1.0])
    assert found["sub_major"][0] == [pytest.approx(0.3 * 0.3 + 0.7 * 0.9)]


def test_a_missing_value_is_left_out_and_its_weight_is_not_covered():
    found = carried([np.nan, 0.6, 0.9])
    assert found["minor"] == ([pytest.approx(0.6), 0.9], [0.25, 1.0])
    assert found["sub_major"][1] == [pytest.approx(0.3 * 0.25 + 0.7)]


def test_a_group_without_any_value_stays_empty():
    values, covered = carried([np.nan, np.nan, 0.9])["minor"]
    assert np.isnan(values[0])
    assert covered[0] == 0.0
    assert carried([np.nan, np.nan, 0.9])["sub_major"][0] == [pytest.approx(0.9)]


def test_an_own_copy_of_an_index_stands_beside_the_embedded_ones():
    long = pd.DataFrame({"isco08": ["1111"], "index": ["human_beta"], "value": [0.4]})
    own = long.assign(index="webb_ai", value=55.0)
    wide = isco_indices_wide({"isco_indices": long, "isco_indices_pull_only": own})
    assert wide.loc["1111"].to_dict() == {"human_beta": 0.4, "webb_ai": 55.0}
    with pytest.raises(InputError, match="1111, human_beta occurs twice"):
        isco_indices_wide({"isco_indices": long, "isco_indices_pull_only": long})
