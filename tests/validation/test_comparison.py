"""Differences between forecasters: the test against statsmodels, the bootstrap by its promises."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from scoreboard_cases import TREE, back_test, models, walks

from forecast.errors import InputError
from forecast.models.hierarchy import Hierarchy
from forecast.validation.backtest import roll_origins
from forecast.validation.comparison import (
    RESAMPLES,
    circular_blocks,
    diebold_mariano,
    forecast_comparison,
)
from forecast.validation.levels import Levels


def compare(test=None, *, levels=None, default="walk", seed=0):
    table = forecast_comparison(
        test or back_test(),
        levels or Levels.of(TREE),
        default=default,
        rng=np.random.default_rng(seed),
    )
    return table.set_index(["target", "horizon", "metric", "rival"])


@pytest.mark.parametrize("horizon", [1, 2, 4])
def test_the_statistic_is_that_of_statsmodels_with_the_correction_for_few_origins(horizon):
    d = np.random.default_rng(0).normal(0.3, 1.0, 12).cumsum() / 3
    n = len(d)
    kernel = {"maxlags": horizon - 1, "use_correction": False}
    fitted = sm.OLS(d, np.ones(n)).fit(cov_type="HAC", cov_kwds=kernel)
    few = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    expected = fitted.tvalues[0] * np.sqrt(few)
    found = diebold_mariano(d, horizon=horizon)
    assert found.statistic == pytest.approx(expected)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(expected), n - 1))


def test_weighted_differences_are_tested_as_statsmodels_tests_a_weighted_mean():
    rng = np.random.default_rng(3)
    d, w = rng.normal(0.3, 1.0, 10), rng.integers(1, 6, 10).astype(float)
    kernel = {"maxlags": 1, "use_correction": False}
    fitted = sm.WLS(d, np.ones(10), weights=w).fit(cov_type="HAC", cov_kwds=kernel)
    expected = fitted.tvalues[0] * np.sqrt((10 + 1 - 4 + 2 / 10) / 10)
    assert diebold_mariano(d, horizon=2, weights=w).statistic == pytest.approx(expected)
    even = diebold_mariano(d, horizon=2, weights=np.full(10, 7.0))
    assert even.statistic == pytest.approx(diebold_mariano(d, horizon=2).statistic)


def test_one_step_ahead_it_is_the_t_test():
    d = np.random.default_rng(1).normal(size=9)
    expected = stats.ttest_1samp(d, 0.0)
    found = diebold_mariano(d, horizon=1)
    assert (found.statistic, found.p_value) == pytest.approx(tuple(expected))


def test_equal_forecasters_are_called_different_as_often_as_promised():
    rng = np.random.default_rng(2)
    # Neighbouring origins of two-step errors share one shock.
    shocks = rng.normal(size=(2_000, 9))
    alarms = [diebold_mariano(d, horizon=2).p_value < 0.05 for d in shocks[:, 1:] + shocks[:, :-1]]
    assert 0.03 < np.mean(alarms) < 0.12  # eight origins; without the correction it is above 0.17


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=12), st.integers(1, 4))
def test_swapping_the_forecasters_swaps_the_sign_only(differences, horizon):
    d = np.array(differences)
    one, other = diebold_mariano(d, horizon=horizon), diebold_mariano(-d, horizon=horizon)
    assert_allclose(one.statistic, -other.statistic)
    assert_allclose(one.p_value, other.p_value)


@pytest.mark.parametrize(
    ("d", "horizon"), [([1.0, 2.0, 3.0, 2.0], 4), ([1.0], 1), ([2.0, 2.0, 2.0], 1)]
)
def test_too_few_origins_or_no_variation_test_nothing(d, horizon):
    found = diebold_mariano(d, horizon=horizon)
    assert np.isnan(found.statistic) and np.isnan(found.p_value)


@pytest.mark.parametrize(("d", "horizon"), [([1.0, np.nan], 1), ([[1.0]], 1), ([1.0, 2.0], 0)])
def test_what_cannot_be_tested_is_refused(d, horizon):
    with pytest.raises(InputError, match="one finite number per origin"):
        diebold_mariano(d, horizon=horizon)


@given(n=st.integers(2, 12), length=st.integers(1, 12), seed=st.integers(0, 9))
def test_blocks_are_neighbours_around_the_circle(n, length, seed):
    rng = np.random.default_rng(seed)
    made = circular_blocks(n, length=min(length, n), n_sample=50, rng=rng)
    assert made.shape == (50, n) and made.min() >= 0 and made.max() < n
    steps = (np.diff(made, axis=1) - 1) % n
    inside = (np.arange(1, n) % min(length, n)) != 0
    assert (steps[:, inside] == 0).all()


def test_every_origin_is_drawn_equally_often():
    made = circular_blocks(8, length=3, n_sample=8_000, rng=np.random.default_rng(0))
    counts = np.bincount(made.ravel(), minlength=8) / made.size
    assert_allclose(counts, 1 / 8, atol=0.005)


def test_rows_say_who_is_better_by_how_much_and_on_how_many_series():
    test = back_test()
    table = compare(test)
    own, other = (test.forecasts(name, "crps_scaled") for name in ("walk", "seasonal_naive"))
    cells, step = TREE.rows("cells"), 3
    row = table.loc[("cells", step, "crps_scaled", "seasonal_naive")]
    first, second = (np.nanmean(loss[:, cells, step - 1]) for loss in (own, other))
    assert row["difference"] == pytest.approx(first - second)
    assert row["skill_percent"] == pytest.approx(100 * (1 - first / second))
    with_data = np.s_[:7]  # the last origin sees two half-years after it only
    own, other = own[with_data, :, step - 1], other[with_data, :, step - 1]
    won = own[:, cells].mean(axis=0) < other[:, cells].mean(axis=0)
    assert row["series_won_share"] == pytest.approx(won.mean())
    by_origin = (own - other)[:, cells].mean(axis=1)
    expected = diebold_mariano(by_origin, horizon=step)
    assert (row["dm_statistic"], row["dm_p_value"]) == pytest.approx(
        (expected.statistic, expected.p_value)
    )
    assert (row["n_origins"], row["n"]) == (7, 7 * len(cells))
    assert row["lower95"] < row["skill_percent"] < row["upper95"]


def test_over_all_horizons_every_forecast_weighs_the_same():
    test = back_test()
    own, other = (test.forecasts(name, "mase") for name in ("walk", "drift"))
    row = compare(test).loc[("total", 0, "mase", "drift")]
    total = TREE.row("total")
    assert row["difference"] == pytest.approx(np.nanmean((own - other)[:, total]))
    n = np.isfinite(own[:, total]).sum(axis=1)
    assert row["n"] == n.sum() < 8 * 6
    by_origin = np.nanmean((own - other)[:, total], axis=1)
    expected = diebold_mariano(by_origin, horizon=6, weights=n)
    assert row["dm_statistic"] == pytest.approx(expected.statistic)


def test_origins_are_resampled_in_blocks_as_long_as_forecasts_overlap_but_half_at_most():
    test = back_test()
    losses = [np.nansum(test.forecasts(name, "mase"), axis=2) for name in ("walk", "drift")]
    own, other = (loss[:, TREE.row("total")] for loss in losses)
    rng = np.random.default_rng(0)
    picked = circular_blocks(8, length=4, n_sample=RESAMPLES, rng=rng)  # six half-years, half of 8
    skills = 100 * (1 - own[picked].sum(axis=1) / other[picked].sum(axis=1))
    row = compare(test).loc[("total", 0, "mase", "drift")]
    assert [row["lower95"], row["upper95"]] == pytest.approx(np.quantile(skills, [0.025, 0.975]))


def test_more_copies_of_the_same_series_make_nobody_surer():
    copies = np.r_[[row for row in range(TREE.shape[0]) for _ in range(5)]]
    many = Hierarchy(
        TREE.summing[copies],
        tuple(TREE.levels[row] for row in copies),
        tuple(TREE.codes[row] for row in copies),
    )

    def copied(past, horizon):
        return {name: draws[:, copies] for name, draws in models(past[::5], horizon).items()}

    test = roll_origins(walks()[copies], copied, origins=range(9, 17), max_horizon=6, season=2)
    once, five = compare(), compare(test, levels=Levels.of(many))
    exact = ["difference", "skill_percent", "lower95", "upper95", "dm_statistic", "dm_p_value"]
    assert_allclose(five[exact], once[exact], rtol=1e-9, atol=1e-12)
    assert (five["n"] == 5 * once["n"]).all()


def test_long_horizons_with_few_origins_have_no_test_but_an_interval():
    table = compare().xs("drift", level="rival")
    assert table.xs(6, level="horizon")["dm_statistic"].isna().all()
    assert table.xs(4, level="horizon")["dm_statistic"].notna().all()
    assert table["lower95"].notna().all()


def test_the_same_seed_gives_the_same_intervals():
    first, again, other = compare(seed=1), compare(seed=1), compare(seed=2)
    assert first.equals(again) and not first.equals(other)
