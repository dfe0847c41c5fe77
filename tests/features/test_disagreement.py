"""An index stands apart only when it differs by more than its noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.features.disagreement import discordant_indices

NOISE = np.array([0.04, 0.09, 0.16, 0.09])


def discordant(readings, *, weights=None, least_sds=1.5, least_difference=0.0):
    readings = np.asarray(readings, dtype=float)
    weights = np.full(len(readings), 1 / len(readings)) if weights is None else weights
    return discordant_indices(
        readings,
        NOISE[: readings.shape[1]],
        weights,
        least_sds=least_sds,
        least_difference=least_difference,
    )


def noisy(seed, n_occ):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_occ, 1)) + rng.normal(size=(n_occ, 4)) * np.sqrt(NOISE)


@given(seed=st.integers(0, 10_000), apart=st.integers(0, 3), size=st.sampled_from([-4.0, 4.0]))
def test_one_outlier_is_named_with_its_sign_and_does_not_make_its_peers_look_odd(seed, apart, size):
    readings = noisy(seed, 20) * [[0.1]]  # hardly any noise
    readings[:, apart] += size
    found = discordant(readings, least_sds=3.0, least_difference=0.5)
    assert list(found) == [apart]
    assert found[apart] == pytest.approx(size, abs=0.5)


def test_pure_noise_is_named_about_as_often_as_the_noise_says():
    # Four compared indices, each beyond 2.5 standard deviations in 1.2 % of groups.
    named = [bool(discordant(noisy(seed, 5), least_sds=2.5)) for seed in range(1_000)]
    assert 0.01 < np.mean(named) < 0.06


def test_an_index_that_covers_less_than_half_of_a_group_is_not_compared():
    readings = np.tile([0.0, 0.0, 5.0], (4, 1))
    assert set(discordant(readings)) == {2}
    readings[:3, 2] = np.nan
    assert discordant(readings) == {}
    heavy = np.array([0.1, 0.1, 0.1, 0.7])
    assert set(discordant(readings, weights=heavy)) == {2}


def test_a_small_difference_is_not_named_however_certain():
    readings = np.tile([0.0, 0.0, 0.3], (400, 1))
    assert set(discordant(readings)) == {2}
    assert discordant(readings, least_difference=0.4) == {}


def test_one_index_alone_cannot_disagree():
    assert discordant([[3.0], [4.0]]) == {}


def test_readings_of_another_shape_are_refused():
    with pytest.raises(InputError, match="shape"):
        discordant(np.zeros((2, 3)), weights=np.ones(3) / 3)
