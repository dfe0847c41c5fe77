"""A pooled panel: shrinkage, exactness against brute force, ceilings, coverage."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from forecast.errors import InputError
from forecast.models import adoption_panel
from forecast.models.adoption_panel import fit_panel
from forecast.models.curves import CURVES, LOGISTIC

CEILINGS = np.array([0.3, 0.6])
GROWTH = (0.01, 0.01)


def simulated(n_unit=30, n_time=30, *, growth=0.01, seed=0, error=0.008):
    rng = np.random.default_rng(seed)
    level = np.log(0.06) + 0.2 * rng.standard_normal(n_unit)
    rates = growth + 0.004 * rng.standard_normal(n_unit)
    common = np.cumsum(0.02 * rng.standard_normal(n_time))
    share = np.exp(level[:, None] + rates[:, None] * np.arange(n_time) + common)
    errors = np.full(share.shape, error)
    return share, share + errors * rng.standard_normal(share.shape), errors


def fit(seen, errors, curve=LOGISTIC, **known):
    known = {"ceilings": CEILINGS, "growth": GROWTH} | known
    return fit_panel(seen, errors, curve=curve, **known)


@pytest.mark.parametrize("curve", CURVES.values(), ids=list(CURVES))
def test_no_draw_reaches_the_highest_ceiling(curve):
    _, seen, errors = simulated(n_unit=8, n_time=12)
    drawn = fit(seen, errors, curve).draw(60, n_draw=50, rng=np.random.default_rng(0))
    assert drawn.shape == (50, 8, 61)
    assert (drawn > 0).all() and (drawn < CEILINGS.max()).all()


def test_true_shares_are_known_better_than_any_survey_measures_them():
    true, seen, errors = simulated()
    now = np.median(fit(seen, errors).draw(0, n_draw=400, rng=np.random.default_rng(0)), axis=0)
    assert np.abs(now[:, 0] - true[:, -1]).mean() < 0.7 * np.abs(seen[:, -1] - true[:, -1]).mean()


def test_intervals_of_the_true_share_cover_what_they_promise():
    """80 %, 90 units of three simulated panels, six ahead; common shocks make it vary widely."""
    inside = []
    for seed in range(3):
        true, seen, errors = simulated(n_time=34, seed=seed)
        drawn = fit(seen[:, :28], errors[:, :28]).draw(6, n_draw=400, rng=np.random.default_rng(1))
        low, high = np.quantile(drawn[:, :, 6], [0.1, 0.9], axis=0)
        inside += ((low <= true[:, 33]) & (true[:, 33] <= high)).tolist()
    assert 0.6 <= np.mean(inside) <= 0.97


def test_a_unit_without_values_follows_the_others_with_more_doubt():
    _, seen, errors = simulated(n_unit=10)
    seen[0] = np.nan
    drawn = fit(seen, errors).draw(3, n_draw=600, rng=np.random.default_rng(0))[:, :, 3]
    others = np.median(drawn[:, 1:], axis=0)
    assert others.min() < np.median(drawn[:, 0]) < others.max()
    assert drawn[:, 0].std() > 1.5 * drawn[:, 1:].std(axis=0).mean()


def test_growth_is_found_and_called_back_to_the_prior_where_time_is_short():
    _, seen, errors = simulated(growth=0.03, n_time=34)
    long, _ = fit(seen, errors).growth(n_draw=4_000, rng=np.random.default_rng(0))
    short, _ = fit(seen[:, :4], errors[:, :4]).growth(n_draw=4_000, rng=np.random.default_rng(0))
    assert long.std() < 0.7 * short.std()
    assert short.std() == pytest.approx(GROWTH[1], rel=0.3)
    assert long.mean() > short.mean()


def test_the_posterior_is_that_of_one_joint_normal_distribution(monkeypatch):
    """Independent check: weights and means from the full covariance of all units at once."""
    for name, value in {"COMMON_SHOCK": 0.03, "UNIT_GROWTH": 0.004, "UNIT_SHOCK": 0.01}.items():
        monkeypatch.setattr(adoption_panel, name, (value,))
    monkeypatch.setattr(adoption_panel, "UNIT_LEVEL", (0.2, 0.5))
    _, seen, errors = simulated(n_unit=4, n_time=6)
    seen[1, 2] = np.nan
    found = fit(seen, errors)
    known = np.isfinite(seen)
    there, past = known.ravel(), np.arange(-5.0, 1.0)
    level, size = adoption_panel._levels(
        np.where(known, seen, 0.0), np.where(known, errors, 0.0), known
    )
    expected_weight = []
    for component in found.components:
        spread, ceiling = component.spread, component.ceiling
        common = adoption_panel._common_kernel(past, past, spread, component.growth_sd)
        units = (spread.unit_growth, spread.unit_shock, spread.unit_level)
        own = adoption_panel._unit_kernel(past, past, *units)
        noise = level * (1 - level) / size * (LOGISTIC.slope(level / ceiling) / ceiling) ** 2
        whole = np.kron(np.ones((4, 4)), common) + np.kron(np.eye(4), own)
        whole += np.diag(np.repeat(noise, 6))
        whole = whole[np.ix_(there, there)]
        residual = component.residual.ravel()[there]
        # A density of shares: that of positions times the slope of the position in the share.
        stretch = np.log(LOGISTIC.slope(seen[known] / ceiling) / ceiling).sum()
        expected_weight.append(multivariate_normal.logpdf(residual, cov=whole) + stretch)
        # Last period of unit 0, given everything: the mean of many draws.
        cross = np.kron(np.ones((1, 4)), common[-1:]) + np.kron(np.eye(4)[:1], own[-1:])
        expected = cross[0, there] @ np.linalg.solve(whole, residual) + component.line[0]
        drawn = component.draw(0, 20_000, np.random.default_rng(0))[:, 0, 0]
        assert drawn.mean() == pytest.approx(expected, abs=4 * drawn.std() / 20_000**0.5)
    odds = np.log(found.weight / found.weight[0])
    np.testing.assert_allclose(odds, np.subtract(expected_weight, expected_weight[0]), atol=1e-6)


def test_panels_that_carry_nothing_are_refused():
    _, seen, errors = simulated(n_unit=3, n_time=6)
    with pytest.raises(InputError, match="three periods"):
        fit(seen[:, :2], errors[:, :2])
    with pytest.raises(InputError, match="above every ceiling"):
        fit(seen, errors, ceilings=np.array([0.05]))
