"""The diffusion is a logistic curve, and importance sampling finds what integration finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import norm
from scipy.stats import t as student

from forecast.errors import ConfigError, InputError
from forecast.models.diffusion import (
    SHOCK_DEGREES,
    Diffusion,
    DiffusionPrior,
    binomial_variance,
    draw_shocks,
    fit_diffusion,
    logistic_level,
    systematic_resample,
)

PRIOR = DiffusionPrior((0.15, 0.90), (0.05, 0.60), (0.02, 0.40))
YEARS = np.arange(2017, 2023)
SHARE = np.array([0.014, 0.027, 0.031, 0.035, 0.037, 0.042])
FIRMS = np.array([12_579, 13_144, 13_255, 13_429, 13_448, 13_824], dtype=float)


def fit(*, seed=0, n_draw=400, share=SHARE, prior=PRIOR, proposals=20_000):
    rng = np.random.default_rng(seed)
    known = dict(n_firms=FIRMS[: len(share)], prior=prior, proposals=proposals, n_draw=n_draw)
    return fit_diffusion(YEARS[: len(share)], share, rng=rng, **known)


@given(
    ceiling=st.floats(0.05, 0.95),
    speed=st.floats(0.01, 2.0),
    part=st.floats(0.01, 0.9),
)
def test_without_shocks_adoption_rises_and_stays_below_its_ceiling(ceiling, speed, part):
    start = part * ceiling
    one = Diffusion(np.array([ceiling]), np.array([speed]), np.array([0.1]), start, 1.0)
    path = one.paths(np.zeros((1, 15)))[0]
    assert path[0] > start
    assert (np.diff(path) >= 0).all()
    assert path[-1] <= ceiling


@given(ceiling=st.floats(0.05, 0.95), speed=st.floats(0.01, 2.0), ahead=st.floats(-5.0, 5.0))
def test_paths_without_shocks_are_the_logistic_curve(ceiling, speed, ahead):
    curve = dict(ceiling=ceiling, speed=speed, midpoint=2022.0 + ahead)
    years = np.arange(2022, 2031)
    levels = logistic_level(years, **curve)
    one = Diffusion(np.array([ceiling]), np.array([speed]), np.array([0.1]), levels[0], 1.0)
    np.testing.assert_allclose(one.paths(np.zeros((1, 8)))[0], levels[1:], rtol=1e-9)


def test_half_the_ceiling_is_reached_at_the_midpoint():
    assert logistic_level(2030.0, ceiling=0.6, speed=0.4, midpoint=2030.0) == pytest.approx(0.3)


def test_a_faster_scenario_is_never_below_a_slower_one_in_any_draw():
    posterior = fit()
    shocks = draw_shocks(400, 13, rng=np.random.default_rng(1))
    slow, fast = (posterior.paths(shocks, speed_factor=factor) for factor in (0.5, 1.5))
    assert (fast >= slow).all()


def test_importance_sampling_agrees_with_integration_over_a_grid():
    """Independent check: posterior mean speed by quadrature over the three parameters."""
    grid = norm.ppf((np.arange(60) + 0.5) / 60)
    z = np.stack(np.meshgrid(grid, grid, grid, indexing="ij")).reshape(3, -1)

    def spread(low, high, z):
        return (low + high) / 2 + (high - low) / (2 * norm.ppf(0.975)) * z

    ceiling = expit(spread(*logit(np.array(PRIOR.ceiling)), z[0]))
    speed = np.exp(spread(*np.log(PRIOR.speed), z[1]))
    shock = np.exp(spread(*np.log(PRIOR.yearly_shock), z[2]))
    log_weight = np.zeros(z.shape[1])
    for before, after, n_before, n_after in zip(
        SHARE[:-1], SHARE[1:], FIRMS[:-1], FIRMS[1:], strict=True
    ):
        # Variance of logit(s / K) is that of s over (s (1 - s / K))^2.
        noise = [
            s * (1 - s) / n / (s * (1 - s / ceiling)) ** 2
            for s, n in ((before, n_before), (after, n_after))
        ]
        scale = np.sqrt(shock**2 + sum(noise))
        change = logit(after / ceiling) - logit(before / ceiling)
        log_weight += student.logpdf((change - speed) / scale, SHOCK_DEGREES) - np.log(scale)
        log_weight -= np.log(after * (1 - after / ceiling))
    weight = np.exp(log_weight - log_weight.max())
    for name, values in (("speed", speed), ("yearly_shock", shock), ("ceiling", ceiling)):
        expected = np.average(values, weights=weight)
        found = getattr(fit(n_draw=20_000, proposals=200_000), name).mean()
        assert found == pytest.approx(expected, rel=0.02), name


def test_posterior_intervals_cover_the_speed_that_made_the_series():
    """80 % intervals, 150 series drawn from the prior; the bounds give a false alarm in 1e-4."""
    rng = np.random.default_rng(2)
    inside = []
    for _ in range(150):
        truth = {name: values[0] for name, values in PRIOR.sample(1, rng).items()}
        start = 0.02 * truth["ceiling"] / 0.5
        one = Diffusion(*(np.array([truth[name]]) for name in truth), start, 1.0)
        later = one.paths(rng.standard_t(SHOCK_DEGREES, size=(1, 5)))[0]
        observed = rng.binomial(13_000, np.append(start, later)) / 13_000
        posterior = fit(seed=int(rng.integers(10**6)), share=observed, proposals=5_000)
        low, high = np.quantile(posterior.speed, [0.1, 0.9])
        inside.append(low <= truth["speed"] <= high)
    assert 0.67 <= np.mean(inside) <= 0.91


def test_six_points_narrow_the_speed_but_hardly_the_ceiling():
    posterior = fit(n_draw=4_000)
    width = {
        name: np.ptp(np.quantile(np.log(getattr(posterior, name)), [0.1, 0.9]))
        / np.log(PRIOR.quantile(0.9)[name] / PRIOR.quantile(0.1)[name])
        for name in ("speed", "ceiling")
    }
    assert width["speed"] < 0.75
    assert width["ceiling"] > 0.85


def test_the_same_seed_gives_the_same_draws_and_another_seed_others():
    np.testing.assert_array_equal(fit(seed=3).speed, fit(seed=3).speed)
    assert (fit(seed=3).speed != fit(seed=4).speed).any()


@given(
    weight=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20).filter(lambda w: sum(w) > 0.1),
    n_draw=st.integers(1, 200),
    seed=st.integers(0, 99),
)
def test_systematic_resampling_takes_each_index_its_share_up_to_one(weight, n_draw, seed):
    share = np.array(weight) / sum(weight)
    chosen = systematic_resample(share, n_draw, np.random.default_rng(seed))
    counts = np.bincount(chosen, minlength=len(share))
    assert counts.sum() == n_draw
    assert (np.abs(counts - n_draw * share) < 1.0 + 1e-6).all()


@pytest.mark.parametrize("name", ["ceiling", "speed", "yearly_shock"])
def test_prior_draws_fill_the_stated_95_percent_range(name):
    low, high = np.quantile(PRIOR.sample(40_000, np.random.default_rng(5))[name], [0.025, 0.975])
    np.testing.assert_allclose((low, high), getattr(PRIOR, name), rtol=0.05)


def test_unpublished_numbers_of_firms_add_no_sampling_error():
    assert binomial_variance(0.2, np.nan) == 0.0
    assert binomial_variance(0.2, 400.0) == pytest.approx(0.2 * 0.8 / 400)


def test_shocks_come_in_mirrored_pairs():
    shocks = draw_shocks(10, 4, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(shocks[:5], -shocks[5:])
    assert draw_shocks(7, 4, rng=np.random.default_rng(0)).shape == (7, 4)


@pytest.mark.parametrize(
    "ranges",
    [
        ((0.15, 1.0), (0.05, 0.6), (0.02, 0.4)),
        ((0.9, 0.15), (0.05, 0.6), (0.02, 0.4)),
        ((0.15, 0.9), (0.0, 0.6), (0.02, 0.4)),
    ],
)
def test_impossible_priors_are_refused(ranges):
    with pytest.raises(ConfigError, match="95 % prior range"):
        DiffusionPrior(*ranges)


@pytest.mark.parametrize(
    ("years", "share", "message"),
    [
        (YEARS[:2], SHARE[:2], "at least three"),
        (YEARS[:3], np.array([0.0, 0.1, 0.2]), "between 0 and 1"),
        (YEARS[[0, 0, 1]], SHARE[:3], "ascend"),
        (YEARS[:3], np.array([0.99, 0.995, 0.999]), "above every ceiling"),
    ],
)
def test_series_that_carry_no_curve_are_refused(years, share, message):
    with pytest.raises(InputError, match=message):
        fit_diffusion(
            years,
            share,
            n_firms=np.full(3, 100.0)[: len(share)],
            prior=DiffusionPrior((0.1, 0.3), (0.05, 0.6), (0.02, 0.4)),
            proposals=500,
            n_draw=10,
            rng=np.random.default_rng(0),
        )
