"""Descriptor domains, gaps and what stands in for them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.data import reference
from forecast.errors import ConfigError, InputError
from forecast.features.descriptors import (
    descriptor_columns,
    descriptor_matrix,
    fill_from_relatives,
)

CODES = ["2111", "2112", "2121", "3111"]
FAMILIES = pd.Series([code[:3] for code in CODES], index=CODES)
PARENTS = pd.Series([code[:2] for code in CODES], index=CODES)


def test_domains_of_the_reference_are_known_and_disjoint():
    listed = reference.load("descriptors")
    every = descriptor_columns(listed, listed["domain"].unique())
    domains = listed["domain"].unique()
    parts = [name for domain in domains for name in descriptor_columns(listed, [domain])]
    assert sorted(parts) == every
    assert set(every) < set(reference.load("isco_descriptors").columns)


@pytest.mark.parametrize("domains", [[], ["skil"], ["skill", "mood"]])
def test_an_unknown_domain_is_refused_with_the_list(domains):
    with pytest.raises(ConfigError, match=r"features\.domains .* 'skill'"):
        descriptor_columns(reference.load("descriptors"), domains)


def test_a_repeated_occupation_is_refused():
    wide = pd.DataFrame({"isco08": ["2111", "2111"], "a": [1.0, 2.0]})
    with pytest.raises(InputError, match="2111 occurs twice"):
        descriptor_matrix(wide, ["a"], key="isco08")
    with pytest.raises(InputError, match="'b'"):
        descriptor_matrix(wide, ["b"], key="isco08")


def test_the_nearest_relatives_fill_a_gap():
    matrix = pd.DataFrame({"x": [1.0, np.nan, np.nan, 9.0]}, index=CODES)
    filled, described = fill_from_relatives(matrix, families=FAMILIES, parents=PARENTS)
    assert filled["x"].tolist() == [1.0, 1.0, 1.0, 9.0]
    assert described.tolist() == [True, False, False, True]


def test_without_relatives_the_mean_of_all_fills():
    matrix = pd.DataFrame({"x": [1.0, 3.0, 2.0, np.nan]}, index=CODES)
    filled, _ = fill_from_relatives(matrix, families=FAMILIES, parents=PARENTS)
    assert filled.loc["3111", "x"] == 2.0


@given(st.lists(st.one_of(st.none(), st.floats(-5, 5)), min_size=4, max_size=4))
def test_filling_keeps_what_is_there_and_stays_within_it(values):
    matrix = pd.DataFrame({"x": pd.array(values, dtype="Float64")}, index=CODES).astype(float)
    if matrix["x"].isna().all():
        with pytest.raises(InputError, match="every occupation"):
            fill_from_relatives(matrix, families=FAMILIES, parents=PARENTS)
        return
    filled, _ = fill_from_relatives(matrix, families=FAMILIES, parents=PARENTS)
    kept = matrix["x"].notna()
    assert filled["x"][kept].equals(matrix["x"][kept])
    slack = 1e-9
    assert filled["x"].between(matrix["x"].min() - slack, matrix["x"].max() + slack).all()
