"""Medians, cuts and bars: the parts of the rules that count jobs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast.stages.counting import above_cuts, median

VALUES = arrays(float, (2, 7), elements=st.floats(0, 1), unique=True)
PEOPLE = arrays(float, (2, 7), elements=st.floats(1, 1_000))


@given(values=VALUES)
def test_equal_weights_give_the_plain_median(values):
    assert median(values, np.ones_like(values)) == pytest.approx(median(values))


@given(values=VALUES, people=PEOPLE)
def test_at_most_half_of_the_people_lie_beyond_a_weighted_median(values, people):
    cut = median(values, people)
    half = people.sum(axis=1) / 2 * (1 + 1e-12)
    assert ((people * (values < cut)).sum(axis=1) <= half).all()
    assert ((people * (values > cut)).sum(axis=1) <= half).all()


def test_a_group_at_the_cut_is_neither_highly_exposed_nor_of_low_complementarity():
    cut = np.array([[0.5]])
    exposed, shielded = above_cuts(np.array([[0.5]]), np.array([[0.5]]), (cut, cut))
    assert not exposed[0, 0]
    assert shielded[0, 0]
