"""Shocks of a panel: planted ones are found again, and draws are as wide as they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t as student

from forecast.errors import InputError
from forecast.models.error_components import (
    COMPONENTS,
    DEGREES,
    PRIOR_SHARES,
    PRIOR_VINTAGES,
    ErrorComponents,
    fit_error_components,
)

N_OCCUPATION, N_AGE, REACH = 20, 5, 6
N_CELL = N_OCCUPATION * N_AGE
SHAPES = {"total": (1, 1), "age": (1, N_AGE), "occupation": (N_OCCUPATION, 1)}
EVEN = dict(zip(COMPONENTS, (0.25, 0.25, 0.25, 0.25), strict=True))
# Far more past vintages than a survey has: what is left of the priors is computed, not guessed.
N_VINTAGE = 400
KEPT = N_VINTAGE / (N_VINTAGE + PRIOR_VINTAGES)


def planted(shares, *, n_vintage=N_VINTAGE, size=None, exponent=1.0, seed=0):
    """Errors (n_vintage, n_cell, REACH) with known shares, whose variance is steps ** exponent."""
    rng = np.random.default_rng(seed)
    errors = np.zeros((n_vintage, N_OCCUPATION, N_AGE, REACH))
    for name in COMPONENTS:
        shape = SHAPES.get(name, (N_OCCUPATION, N_AGE))
        errors += np.sqrt(shares[name]) * rng.standard_normal((n_vintage, *shape, REACH))
    errors *= np.arange(1.0, REACH + 1.0) ** (exponent / 2.0)
    return errors.reshape(n_vintage, N_CELL, REACH) * (sizes() if size is None else size)[:, None]


def sizes(seed=0):
    return np.random.default_rng(seed).uniform(500.0, 20_000.0, N_CELL)


def levels(seed=0):
    return np.random.default_rng(seed).uniform(50_000.0, 99_000.0, (N_CELL, 9))


def fitted(errors, *, history=None, resolution=0.0):
    history = levels() if history is None else history
    return fit_error_components(errors, history, n_age=N_AGE, resolution=resolution)


def components(shares=EVEN, *, factor=1.0, exponent=1.0, reach=REACH):
    return ErrorComponents(sizes(), dict(shares), factor, exponent, reach, N_AGE)


@settings(max_examples=60, deadline=None)
@given(
    errors=arrays(float, (4, 6, 3), elements=st.integers(-9, 9).map(lambda v: 1_000.0 * v)),
    resolution=st.sampled_from([0.0, 1_000.0]),
)
def test_shares_sum_to_one_and_growth_never_falls_however_odd_the_errors(errors, resolution):
    parts = fit_error_components(errors, np.full((6, 8), 9_000.0), n_age=2, resolution=resolution)
    assert list(parts.shares) == list(COMPONENTS)
    assert min(parts.shares.values()) >= 0.0
    assert sum(parts.shares.values()) == pytest.approx(1.0)
    growth = parts.growth(12)
    assert np.isfinite(growth).all() and (growth > 0.0).all()
    assert (np.diff(growth) >= -1e-12 * growth[1:]).all()
    assert (parts.size > 0.0).all()


@pytest.mark.parametrize("main", COMPONENTS)
def test_a_planted_component_is_found_again(main):
    shares = {name: 0.55 if name == main else 0.15 for name in COMPONENTS}
    found = fitted(planted(shares)).shares
    for name in COMPONENTS:
        prior = PRIOR_SHARES.get(name, shares[name])
        assert found[name] == pytest.approx(KEPT * shares[name] + (1 - KEPT) * prior, abs=0.04)


def test_priors_stand_in_for_few_vintages():
    """Two calm vintages of cells alone: the shocks to all and to ages are not believed away."""
    alone = {"total": 0.0, "age": 0.0, "occupation": 0.0, "cell": 1.0}
    few = np.mean(
        [list(fitted(planted(alone, n_vintage=2, seed=seed)).shares.values()) for seed in range(8)],
        axis=0,
    )
    found = dict(zip(COMPONENTS, few, strict=True))
    weight = PRIOR_VINTAGES / (2 + PRIOR_VINTAGES)
    assert found["total"] == pytest.approx(weight * PRIOR_SHARES["total"], rel=0.4)
    assert found["age"] == pytest.approx(weight * PRIOR_SHARES["age"], rel=0.4)


def test_shares_do_not_depend_on_the_unit_or_on_the_sizes_of_cells():
    shares = {"total": 0.1, "age": 0.2, "occupation": 0.3, "cell": 0.4}
    plain = fitted(planted(shares))
    larger = fitted(1_000.0 * planted(shares), history=1_000.0 * levels())
    alike = fitted(planted(shares, size=np.ones(N_CELL)))
    for name in COMPONENTS:
        assert larger.shares[name] == pytest.approx(plain.shares[name], rel=1e-6)
        assert alike.shares[name] == pytest.approx(plain.shares[name], abs=0.03)
    np.testing.assert_allclose(larger.size, 1_000.0 * plain.size, rtol=1e-6)


@pytest.mark.parametrize("exponent", [0.4, 1.0, 1.6])
def test_a_planted_growth_is_found_again(exponent):
    parts = fitted(planted(EVEN, exponent=exponent))
    assert parts.exponent == pytest.approx(exponent, abs=0.05)
    assert parts.reach == REACH


def test_errors_that_shrank_with_the_horizon_are_not_promised_to():
    parts = fitted(planted(EVEN, exponent=-1.5))
    assert parts.exponent == 0.0
    np.testing.assert_allclose(parts.growth(REACH), parts.growth(1)[0])
    # The level is that of the middle of the horizons, in logarithms.
    middle = np.exp(np.log(np.arange(1.0, REACH + 1.0)).mean() * -1.5 / 2.0)
    nominal = student.ppf(0.9, DEGREES) / 1.2816
    assert parts.growth(1)[0] == pytest.approx(middle / nominal, rel=0.05)


def test_beyond_what_past_errors_speak_of_errors_grow_as_a_random_walk():
    growth = components(factor=4.0, exponent=0.4).growth(4 * REACH)
    assert growth[0] == pytest.approx(2.0)
    assert growth[REACH - 1] == pytest.approx(2.0 * REACH**0.2)
    assert growth[-1] / growth[REACH - 1] == pytest.approx(2.0)  # four times as far


def test_horizons_that_nobody_has_seen_do_not_count():
    errors = planted(EVEN, n_vintage=10)
    for vintage in range(4):  # the last vintages know few horizons, the last one none
        errors[9 - vintage, :, vintage:] = np.nan
    errors[:, :, 5] = np.nan
    parts = fitted(errors)
    assert parts.reach == 5
    assert np.isfinite([*parts.shares.values(), parts.factor, parts.exponent]).all()


def test_mirrored_draws_have_median_zero_and_an_odd_number_is_made():
    parts = components()
    draws = parts.draw(10, 4, np.random.default_rng(0))
    assert draws.shape == (10, N_CELL, 4)
    np.testing.assert_array_equal(np.median(draws, axis=0), 0.0)
    np.testing.assert_array_equal(draws[5:], -draws[:5])
    assert parts.draw(7, 4, np.random.default_rng(0)).shape == (7, N_CELL, 4)


@pytest.mark.parametrize("main", COMPONENTS)
def test_the_size_of_a_sum_is_the_spread_of_its_draws(main):
    """Cells, an occupation, an age, an odd set and the total: 80 % inside the t interval."""
    shares = {name: 0.7 if name == main else 0.1 for name in COMPONENTS}
    parts = components(shares, factor=2.0)
    sums = np.zeros((5, N_OCCUPATION, N_AGE))
    sums[0, 3, 2] = sums[1, 4] = sums[2, :, 1] = 1.0
    sums[3] = np.random.default_rng(1).integers(0, 2, (N_OCCUPATION, N_AGE))
    sums[4] = 1.0
    sums = sums.reshape(5, N_CELL)
    drawn = np.abs(parts.draw(20_000, 1, np.random.default_rng(2))[:, :, 0] @ sums.T)
    reach = student.ppf(0.9, DEGREES) * parts.size_of(sums)
    np.testing.assert_allclose(np.quantile(drawn, 0.8, axis=0), reach, rtol=0.04)


def test_draws_grow_as_they_say_and_remember_their_past():
    parts = components({"total": 0.0, "age": 0.0, "occupation": 0.0, "cell": 1.0}, exponent=1.0)
    draws = parts.draw(2_000, 8, np.random.default_rng(0)) / parts.size[:, None]
    spread = draws.std(axis=(0, 1))
    np.testing.assert_allclose(spread / spread[0], parts.growth(8) / parts.growth(1), rtol=0.02)
    # A random walk: horizon 8 shares half of its variance with horizon 4.
    both = np.corrcoef(draws[:, :, 3].ravel(), draws[:, :, 7].ravel())[0, 1]
    assert both == pytest.approx(np.sqrt(0.5), abs=0.03)


def test_cells_of_one_age_move_together_only_as_far_as_the_shares_say():
    shares = {"total": 0.2, "age": 0.3, "occupation": 0.1, "cell": 0.4}
    draws = components(shares).draw(8_000, 1, np.random.default_rng(0))[:, :, 0]
    z = (draws / components().size).reshape(-1, N_OCCUPATION, N_AGE)

    def correlation(one, other):
        return np.corrcoef(z[:, one[0], one[1]], z[:, other[0], other[1]])[0, 1]

    assert correlation((0, 0), (9, 0)) == pytest.approx(0.5, abs=0.05)  # total and age
    assert correlation((0, 0), (0, 3)) == pytest.approx(0.3, abs=0.05)  # total and occupation
    assert correlation((0, 0), (9, 3)) == pytest.approx(0.2, abs=0.05)  # total


def test_intervals_cover_planted_errors_at_every_horizon():
    """Learnt from 14 vintages, 80 and 95 % intervals against 300 further ones of the same kind."""
    shares = {"total": 0.05, "age": 0.05, "occupation": 0.2, "cell": 0.7}
    errors = planted(shares, n_vintage=314, exponent=0.8, seed=5)
    draws = fitted(errors[:14]).draw(2_000, REACH, np.random.default_rng(0))
    for level, tolerance in ((0.80, 0.05), (0.95, 0.03)):
        low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
        inside = ((low <= errors[14:]) & (errors[14:] <= high)).mean(axis=(0, 1))
        np.testing.assert_allclose(inside, level, atol=tolerance)


def test_one_cell_in_upheaval_does_not_set_the_shares_of_all():
    errors = planted(EVEN, n_vintage=12)
    calm = fitted(errors).shares
    errors[4, 7] += 1e3 * sizes()[7]
    wild = fitted(errors).shares
    for name in COMPONENTS:
        assert wild[name] == pytest.approx(calm[name], abs=0.1)


def test_a_size_is_held_to_what_level_and_changes_suggest():
    """A cell that happened to be right twice is not called certain among its likes."""
    errors = planted({**EVEN}, n_vintage=2, size=np.full(N_CELL, 1_000.0))
    errors[:, 0] = 1e-3
    parts = fitted(errors, history=levels())
    assert parts.size[0] > 50.0
    assert fitted(errors, resolution=1_000.0).size[0] > 1_000.0 / np.sqrt(12.0)


def test_no_error_is_believed_smaller_than_rounding_leaves():
    """A panel that was always forecast exactly, rounded to thousands: intervals stay open."""
    parts = fitted(np.zeros((8, N_CELL, REACH)), resolution=1_000.0)
    drawn = np.abs(parts.draw(2_000, 1, np.random.default_rng(0)))
    assert np.quantile(drawn, 0.8) == pytest.approx(1_000.0 / np.sqrt(12.0), rel=0.15)


def test_cells_that_never_move_do_not_close_the_intervals_of_the_others():
    errors = planted(EVEN, n_vintage=12)
    history = levels()
    errors[:, N_AGE:], history[N_AGE:] = 0.0, 0.0  # nine cells of ten are empty throughout
    draws = fitted(errors, history=history, resolution=1_000.0).draw(
        400, 1, np.random.default_rng(0)
    )
    assert (draws[:, :N_AGE].std(axis=0) > 0.2 * errors[:, :N_AGE, :1].std(axis=0)).all()


def test_two_past_errors_are_the_least():
    errors = planted(EVEN, n_vintage=3)
    errors[1:] = np.nan
    with pytest.raises(InputError, match=r"1 past one-step error\(s\): at least 2"):
        fitted(errors)
