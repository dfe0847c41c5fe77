"""The codebook refuses a table that is not what it says."""

import numpy as np
import pandas as pd
import pytest

from forecast.codebook import TABLES, check_table
from forecast.errors import InputError


def demand(**changes):
    row = {
        "year": 2026, "scenario": "central", "sido": "11", "ksco7": "31", "age_group": "40-49",
        "need": "ax", "persons": 10.0, "lower80": 1.0, "upper80": 20.0,
    }  # fmt: skip
    return pd.DataFrame([{**row, **changes}])


def test_a_right_table_passes_with_its_columns_in_contract_order():
    shuffled = demand()[list(TABLES["reskilling_demand"])[::-1]].assign(extra=1)
    checked = check_table("reskilling_demand", shuffled)
    assert list(checked.columns) == [*TABLES["reskilling_demand"], "extra"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"age_group": "40-64"}, "40-64"),
        ({"ksco7": "3"}, "ksco7"),
        ({"ksco7": 31}, "expected text"),
        ({"persons": -1.0}, "persons"),
        ({"persons": np.nan}, "empty"),
        ({"persons": "many"}, "numbers"),
        ({"year": 2026.5}, "whole"),
        ({"scenario": "medium"}, "medium"),
    ],
)
def test_a_wrong_value_is_refused_by_name(changes, says):
    with pytest.raises(InputError, match=says):
        check_table("reskilling_demand", demand(**changes))


def test_a_missing_column_is_refused_by_name():
    with pytest.raises(InputError, match="persons"):
        check_table("reskilling_demand", demand().drop(columns="persons"))
