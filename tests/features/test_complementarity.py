"""What complementarity takes off exposure, and its weight."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import ConfigError
from forecast.features.complementarity import draw_weights, substitution

SHARE = st.floats(0, 1)


@given(exposure=SHARE, theta=SHARE, floor=SHARE, weight=SHARE)
def test_substitution_is_a_share_and_never_above_exposure(exposure, theta, floor, weight):
    value = substitution([[exposure]], [[theta]], weight=[weight], floor=floor)[0, 0]
    assert 0.0 <= value <= exposure


@given(exposure=SHARE, lower=SHARE, more=SHARE, weight=SHARE)
def test_more_complementarity_never_means_more_substitution(exposure, lower, more, weight):
    theta = [[lower, min(lower + more, 1.0)]]
    first, second = substitution([[exposure] * 2], theta, weight=[weight], floor=0.0)[0]
    assert second <= first


def test_without_weight_substitution_is_exposure():
    assert substitution([[0.4, 0.9]], [[0.5, 0.8]], weight=[0.0], floor=0.2).tolist() == [
        [0.4, 0.9]
    ]


def test_each_draw_has_one_weight_within_the_bounds():
    weights = draw_weights([0.5, 1.0], n_draw=1_000, rng=np.random.default_rng(0))
    assert weights.shape == (1_000,)
    assert 0.5 <= weights.min() < 0.52
    assert 0.98 < weights.max() <= 1.0


@pytest.mark.parametrize("bounds", [[1.0], [1.0, 0.5], [-0.1, 0.5], [0.1, 0.2, 0.3]])
def test_bounds_that_are_none_are_refused(bounds):
    with pytest.raises(ConfigError, match="complementarity_weight"):
        draw_weights(bounds, n_draw=2, rng=np.random.default_rng(0))
