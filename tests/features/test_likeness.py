"""The nearest groups are those at the smallest distance."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from forecast.features.likeness import nearest_codes

CODES = ["211", "212", "221", "222", "311", "312", "911"]


@given(seed=st.integers(0, 10_000))
def test_neighbours_are_ordered_by_distance_and_exclude_oneself(seed):
    places = np.random.default_rng(seed).normal(size=(7, 3))
    distance = cdist(places, places)
    for own, found in enumerate(nearest_codes(places, CODES, n=3)):
        others = [
            code for code in np.asarray(CODES)[np.argsort(distance[own])] if code != CODES[own]
        ]
        assert found == others[:3]


@given(seed=st.integers(0, 10_000), length=st.integers(1, 2))
def test_neighbours_outside_share_no_stem(seed, length):
    places = np.random.default_rng(seed).normal(size=(7, 3))
    for code, found in zip(
        CODES, nearest_codes(places, CODES, n=7, outside_length=length), strict=True
    ):
        expected = {other for other in CODES if other[:length] != code[:length]}
        assert set(found) == expected


def test_equal_distances_follow_the_codes():
    places = np.array([[0.0], [1.0], [-1.0]])
    assert nearest_codes(places, ["b", "c", "a"], n=2)[0] == ["a", "c"]
