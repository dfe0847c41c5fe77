"""Intervals keep their promise on families they have not seen: simulated, with a stated alarm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.validation.intervals import (
    ResidualScale,
    conformal_shape,
    left_out_coverage,
    residual_scale,
)
from forecast.validation.splits import grouped_folds


def simulated(seed: int, *, freedom: float, n_family: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of families of three: shared part .3, own part .4, tails of a t."""
    rng = np.random.default_rng(seed)
    family = np.repeat(np.arange(n_family), 3)
    width = np.sqrt(freedom / rng.chisquare(freedom, size=n_family))[family]
    shared = 0.3 * rng.normal(size=n_family)[family]
    return width * (shared + 0.4 * rng.normal(size=3 * n_family)), family.astype(str)


@pytest.mark.parametrize("freedom", [4.0, 1_000.0], ids=["heavy tails", "normal"])
def test_left_out_families_are_covered_as_promised(freedom):
    measured = []
    for seed in range(30):
        residuals, family = simulated(seed, freedom=freedom)
        folds = grouped_folds(list(family), n_fold=10)
        covered = left_out_coverage(
            residuals, groups=family, folds=folds, noise_variances=np.full(len(family), 0.01)
        )
        measured.append((covered[0.8], covered[0.95]))
    # The mean of 30 runs of 600 correlated rows has a standard error below .006: an alarm at
    # .02 is false less than once in a thousand.
    assert np.mean(measured, axis=0) == pytest.approx([0.8, 0.95], abs=0.02)


def test_the_shared_part_of_siblings_is_found():
    shares = []
    for seed in range(20):
        residuals, family = simulated(seed, freedom=1_000.0)
        scale = residual_scale(residuals, groups=family, noise_variances=np.zeros(len(family)))
        shares.append(scale.family / scale.total)
    assert np.mean(shares) == pytest.approx(0.09 / 0.25, abs=0.05)


def test_measurement_noise_is_not_blamed_on_the_forecast():
    residuals, family = simulated(0, freedom=1_000.0)
    clean = residual_scale(residuals, groups=family, noise_variances=np.zeros(len(family)))
    noisy = residual_scale(residuals, groups=family, noise_variances=np.full(len(family), 0.1))
    assert noisy.total == pytest.approx(clean.total - 0.1)


@given(factor=st.floats(0.01, 100.0))
def test_the_conformal_scale_follows_the_unit(factor):
    residuals = np.random.default_rng(5).normal(size=300)
    scale, freedom = conformal_shape(residuals)
    scaled, same = conformal_shape(factor * residuals)
    assert scaled == pytest.approx(factor * scale)
    assert same == freedom


def test_heavy_tails_are_told_from_normal_ones():
    rng = np.random.default_rng(6)
    assert conformal_shape(rng.standard_t(3, size=50_000))[1] <= 4
    assert conformal_shape(rng.normal(size=50_000))[1] >= 30


def test_two_residuals_are_too_few():
    with pytest.raises(InputError, match="three are the least"):
        residual_scale([0.1, 0.2], groups=["a", "b"], noise_variances=[0.0, 0.0])


def test_what_lies_far_gets_a_wider_interval_and_the_promise_holds_near_and_far():
    rng = np.random.default_rng(3)
    n = 3_000
    groups = np.repeat(np.arange(n // 3), 3)
    distances = rng.uniform(0.5, 1.0, size=n)
    # Misses grow threefold over a quarter of a standard deviation beyond the typical distance.
    width = np.exp(np.log(3.0) / 0.25 * np.clip(distances - 0.75, 0.0, None))
    residuals = width * rng.normal(size=n)
    plain = residual_scale(residuals, groups=groups, noise_variances=np.zeros(n))
    aware = residual_scale(
        residuals, groups=groups, noise_variances=np.zeros(n), distances=distances
    )
    assert aware.slope == pytest.approx(np.log(3.0) / 0.25, rel=0.25)
    assert plain.slope == 0.0
    far, near = distances > 0.9, distances < 0.75
    size = np.abs(residuals) / np.sqrt(aware.total)
    for part in (far, near):
        inside = size[part] <= aware.reach(0.8) * aware.stretch(distances[part])
        assert inside.mean() == pytest.approx(0.8, abs=0.04)
    unaware = np.abs(residuals[far]) <= plain.reach(0.8) * np.sqrt(plain.total)
    assert unaware.mean() < 0.75  # without the distance, far families are promised too much


def test_no_interval_is_narrowed_or_stretched_without_bound():
    scale = ResidualScale(0.5, 0.5, factor=1.0, freedom=9.0, slope=4.0, typical=0.7)
    near, typical, far, beyond = scale.stretch([0.1, 0.7, 0.95, 9.0])
    assert near == typical == 1.0 < far == beyond == np.exp(4.0 * 0.25)
