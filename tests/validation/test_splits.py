"""Folds never part siblings, do not depend on row order, and are recognised by their hash."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.data import reference
from forecast.errors import ConfigError
from forecast.validation.splits import grouped_folds, random_folds, split_hash

FAMILIES = st.lists(st.sampled_from([f"{n:03d}" for n in range(30)]), min_size=20, max_size=80)


@given(groups=FAMILIES.filter(lambda groups: len(set(groups)) >= 5), n_fold=st.integers(2, 5))
def test_no_sibling_crosses_folds_and_no_fold_is_empty(groups, n_fold):
    folds = grouped_folds(groups, n_fold=n_fold)
    for group in set(groups):
        assert len({fold for fold, other in zip(folds, groups, strict=True) if other == group}) == 1
    assert set(folds) == set(range(n_fold))


@given(groups=FAMILIES.filter(lambda groups: len(set(groups)) >= 5), seed=st.integers(0, 100))
def test_folds_do_not_depend_on_the_order_of_rows(groups, seed):
    order = np.random.default_rng(seed).permutation(len(groups))
    plain = grouped_folds(groups, n_fold=3)
    shuffled = grouped_folds([groups[place] for place in order], n_fold=3)
    assert (shuffled == plain[order]).all()


def test_folds_of_the_isco_unit_groups_are_even():
    codes = reference.load("isco08")["isco08"]
    sizes = np.bincount(grouped_folds(list(codes.str[:3]), n_fold=10))
    assert sizes.max() - sizes.min() <= 3


def test_random_folds_part_siblings_which_is_why_they_are_not_trusted():
    codes = [f"{family}{unit}" for family in range(100, 140) for unit in range(4)]
    folds = random_folds(codes, n_fold=10)
    together = [len(set(folds[start : start + 4])) == 1 for start in range(0, len(codes), 4)]
    assert not all(together)
    assert np.bincount(folds).tolist() == [16] * 10


def test_the_hash_names_the_split():
    codes = ["1111", "1112", "2111"]
    folds = np.array([0, 0, 1])
    assert split_hash(codes, folds) == split_hash(codes[::-1], folds[::-1])
    assert split_hash(codes, folds) != split_hash(codes, np.array([0, 1, 1]))


@pytest.mark.parametrize("n_fold", [1, 4])
def test_more_folds_than_families_are_refused(n_fold):
    with pytest.raises(ConfigError, match=r"exposure\.folds"):
        grouped_folds(["1", "1", "2", "3"], n_fold=n_fold)


def test_more_folds_than_rows_are_refused():
    with pytest.raises(ConfigError, match=r"exposure\.folds"):
        random_folds(["1", "2"], n_fold=3)
