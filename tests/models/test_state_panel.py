"""The state panel as embedded, its members, and what it lends to other populations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.data import reference
from forecast.models.diffusion import DiffusionPrior
from forecast.models.expectation import expected_paths, realised_share
from forecast.models.state_panel import (
    StatePanel,
    growth_per_year,
    informed_prior,
    member_draws,
)

PRIOR = DiffusionPrior((0.15, 0.90), (0.05, 0.60), (0.02, 0.40))


@pytest.fixture(scope="module")
def panel():
    return StatePanel.from_table(reference.load("btos_state"))


def test_the_panel_is_that_of_the_bureau(panel):
    assert panel.current.shape == panel.expected.shape == (len(panel.states), 34)
    assert np.isfinite(panel.current).sum() == 1_164
    assert np.isfinite(panel.expected).sum() == 1_398
    california = panel.current[panel.states.index("CA")]
    assert california[[0, -1]].tolist() == [0.049, 0.073]
    assert np.nanmean(panel.current_error) == pytest.approx(0.00998, abs=1e-5)


def test_what_was_known_earlier_holds_nothing_later(panel):
    early = panel.until(9)
    assert early.current.shape[1] == early.expected_error.shape[1] == 9
    early.current[:] = 0.0
    assert np.nanmin(panel.current) > 0


def test_every_member_forecasts_every_horizon_as_a_share(panel):
    rng = np.random.default_rng(0)
    drawn = member_draws(panel.until(14), prior=PRIOR, horizon=3, n_draw=20, rng=rng)
    assert {"logistic", "gompertz", "bass", "drift", "last_value", "expectation"} < set(drawn)
    seen = np.isfinite(panel.current[:, :14]).any(axis=1)
    for name, draws in drawn.items():
        assert draws.shape == (20, len(panel.states), 3), name
        assert (draws[:, seen] >= 0).all() and (draws[:, seen] <= 1).all(), name


def test_states_grew_and_differ(panel):
    common, spread = growth_per_year(panel, PRIOR, n_draw=500, rng=np.random.default_rng(0))
    assert 0.05 < np.median(common) < 0.6
    assert (spread >= 0).all() and spread.mean() > 0


@given(seen=st.floats(0.05, 0.6), loose=st.floats(0.3, 3.0), factor=st.floats(1.1, 3.0))
def test_a_looser_transfer_borrows_less(seen, loose, factor):
    growth = np.full(5, seen)
    close, far = (informed_prior(PRIOR, growth, transfer_sd=sd) for sd in (loose, factor * loose))
    own = np.log(PRIOR.quantile(0.5)["speed"])
    moved = [abs(np.log(each.quantile(0.5)["speed"]) - own) for each in (close, far)]
    assert moved[1] <= moved[0] + 1e-12
    assert np.ptp(np.log(close.speed)) <= np.ptp(np.log(far.speed)) <= np.ptp(np.log(PRIOR.speed))
    assert close.ceiling == PRIOR.ceiling and close.yearly_shock == PRIOR.yearly_shock


def test_a_panel_that_shrinks_leaves_the_prior_alone():
    assert informed_prior(PRIOR, np.full(5, -0.1), transfer_sd=0.5) == PRIOR


def test_realised_expectations_move_from_the_prior_to_what_came_true():
    now = 0.05 + 0.001 * np.arange(40)[None, :]
    hoped = now + 0.002  # two cycles ahead they rise by exactly that
    assert realised_share(now[:, :2], hoped[:, :2], ahead=2)[0] == 0.5
    mean, deviation = realised_share(now, hoped, ahead=2)
    assert mean == pytest.approx((0.5 + 19.0) / 20.0)
    assert deviation < 0.1


def test_the_median_path_rises_by_the_realised_part_of_the_gap():
    current = np.full((2_001, 1, 5), 0.05)
    paths = expected_paths(
        current, np.full((2_001, 1), 0.09), ahead=4, realised=(0.5, 0.01),
        rng=np.random.default_rng(0),
    )  # fmt: skip
    np.testing.assert_allclose(np.median(paths, axis=0)[0], 0.05 + 0.02 * np.arange(5) / 4, 1e-2)
