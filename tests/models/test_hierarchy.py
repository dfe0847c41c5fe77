"""Every node is the sum of the cells that carry its codes."""

import numpy as np
import pandas as pd
import pytest

from forecast.errors import InputError
from forecast.models.hierarchy import SCOPE_LEVELS, Hierarchy, crossed, occupation_age
from forecast.types import AGE_GROUPS

OCCUPATIONS = ["11", "12", "21", "22", "99"]


@pytest.fixture
def tree():
    return occupation_age(OCCUPATIONS, AGE_GROUPS)


def test_nodes_equal_the_group_sums_of_another_library(tree):
    values = np.random.default_rng(0).uniform(0.0, 100.0, (25, 3))
    cells = pd.DataFrame(
        values, index=pd.MultiIndex.from_product([OCCUPATIONS, AGE_GROUPS], names=["ksco7", "age"])
    ).reset_index()
    cells["major"] = cells["ksco7"].str[0]
    sums = tree.aggregate(values)
    for level, keys in {
        "cells": ["ksco7", "age"],
        "majors_by_age": ["major", "age"],
        "occupations": ["ksco7"],
        "majors": ["major"],
        "ages": ["age"],
    }.items():
        expected = cells.groupby(keys)[[0, 1, 2]].sum().to_numpy()
        np.testing.assert_allclose(sums[tree.rows(level)], expected, rtol=1e-12)
    np.testing.assert_allclose(sums[tree.row("total")], values.sum(axis=0), rtol=1e-12)


def test_a_node_is_found_by_its_codes(tree):
    row = tree.row("majors_by_age", "2", "60+")
    assert (tree.levels[row], tree.codes[row]) == ("majors_by_age", ("2", "60+"))
    assert tree.summing[row].sum() == 2  # 21 and 22


def test_every_level_but_the_finest_counts_each_cell_once(tree):
    for level in dict.fromkeys(tree.levels):
        np.testing.assert_array_equal(tree.summing[tree.rows(level)].sum(axis=0), 1.0)


def test_leading_dimensions_are_kept(tree):
    draws = np.random.default_rng(1).uniform(size=(4, 25, 6))
    assert tree.aggregate(draws).shape == (4, tree.shape[0], 6)
    np.testing.assert_allclose(tree.aggregate(draws)[2], tree.aggregate(draws[2]))


def test_scopes_are_the_first_and_majors_the_second_classification():
    tree = crossed(["A", "B", "C"], ["1", "2"], levels=SCOPE_LEVELS)
    assert [tree.codes[row] for row in tree.rows("scopes")] == [(s, "all") for s in "ABC"]
    assert [tree.codes[row] for row in tree.rows("majors")] == [("all", m) for m in "12"]


def test_what_does_not_fit_is_refused(tree):
    with pytest.raises(InputError, match="repeat"):
        crossed(["A", "A"], ["1"], levels=SCOPE_LEVELS)
    with pytest.raises(InputError, match="unknown"):
        tree.rows("minor")
    with pytest.raises(InputError, match="no node"):
        tree.row("majors", "7")
    with pytest.raises(InputError, match="do not fit"):
        tree.aggregate(np.ones((24, 2)))
    with pytest.raises(InputError, match="levels"):
        Hierarchy(np.eye(2), ("cells",), (("a", "b"), ("a", "c")))
