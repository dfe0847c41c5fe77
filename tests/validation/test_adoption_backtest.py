"""Vintages of adoption, national and by state: scored beside naive ones, blind to the future."""

from dataclasses import replace

import numpy as np
import pytest

from forecast.data import reference
from forecast.errors import InputError
from forecast.models.curves import CURVES
from forecast.models.diffusion import DiffusionPrior, fit_diffusion, logistic_level
from forecast.models.state_panel import StatePanel
from forecast.validation import adoption_backtest
from forecast.validation.adoption_backtest import HORIZONS, score_series, score_states

PRIOR = DiffusionPrior((0.15, 0.90), (0.05, 0.60), (0.02, 0.40))
YEARS = np.arange(2010, 2020)
SHARE = logistic_level(YEARS, ceiling=0.6, speed=0.3, midpoint=2022.0)


def scores(share=SHARE, years=YEARS, seed=0, first=4):
    known = dict(n_firms=np.full(len(years), 10_000.0), prior=PRIOR, first=first)
    rng = np.random.default_rng(seed)
    table, weights = score_series(years, share, proposals=4_000, n_draw=200, rng=rng, **known)
    return table.set_index(["model", "metric"]), weights


def test_a_logistic_series_is_forecast_better_than_by_its_last_value():
    table, _ = scores()
    for model, part in (("logistic", 0.3), ("combination", 0.5)):
        for metric in ("mae", "crps"):
            row = table.loc[(model, metric)]
            assert row["value"] < part * row["naive_value"], (model, metric)


def test_the_naive_error_is_that_of_the_last_value():
    errors = [
        100.0 * abs(SHARE[later] - SHARE[n_seen - 1])
        for n_seen in range(4, 10)
        for later in range(n_seen, 10)
    ]
    table, _ = scores()
    assert table.loc[("logistic", "mae"), "naive_value"] == pytest.approx(np.mean(errors), rel=1e-3)
    assert table.loc[("last_value", "mae"), "value"] == pytest.approx(np.mean(errors), rel=1e-3)
    assert (table["n"] == len(errors)).all()


def test_every_curve_is_weighed_and_the_best_weighs_most():
    table, weights = scores()
    assert sum(weights.values()) == pytest.approx(1.0)
    crps = table.xs("crps", level="metric")["value"][list(CURVES)]
    assert max(weights, key=weights.get) in crps.nsmallest(2).index


def test_a_gap_between_years_is_a_longer_step():
    kept = np.array([0, 1, 2, 5, 6, 7])
    table, _ = scores(share=SHARE[kept], years=YEARS[kept])
    assert np.isfinite(table["value"]).all()


def test_each_vintage_is_fitted_to_its_own_past(monkeypatch):
    seen = []

    def spy(years, share, **known):
        seen.append((years.tolist(), share.tolist(), len(known["n_firms"])))
        return fit_diffusion(years, share, **known)

    monkeypatch.setattr(adoption_backtest, "fit_diffusion", spy)
    scores()
    expected = [(YEARS[:n].tolist(), SHARE[:n].tolist(), n) for n in range(4, 10) for _ in CURVES]
    assert seen == expected


@pytest.fixture(scope="module")
def panel():
    return StatePanel.from_table(reference.load("btos_state"))


@pytest.fixture(scope="module")
def board(panel):
    table = score_states(panel, prior=PRIOR, n_draw=300, rng=np.random.default_rng(0))
    return table.pivot(index="model", columns=["target", "metric"], values="value")


@pytest.mark.parametrize("ahead", HORIZONS)
def test_the_combination_beats_drift_last_value_and_every_single_curve(board, ahead):
    found = board[f"btos_state_{ahead}"].loc
    for model in ("drift", "drift_logit", "damped_trend", "last_value", *CURVES):
        assert found["combination", "crps"] < found[model, "crps"], model
    assert found["combination", "mae"] < 0.8 * found["drift", "mae"]
    assert found["combination", "mae"] < found["last_value", "mae"]


@pytest.mark.parametrize("ahead", HORIZONS)
def test_intervals_by_state_hold_what_they_promise_within_five_points(board, ahead):
    found = board[f"btos_state_{ahead}"].loc["combination"]
    assert found["coverage80"] == pytest.approx(0.80, abs=0.05)
    assert found["coverage95"] == pytest.approx(0.95, abs=0.05)


@pytest.mark.parametrize("ahead", HORIZONS)
def test_no_forecast_is_better_than_the_survey_can_tell(board, ahead):
    floor = board[(f"btos_state_{ahead}", "mae_floor")]["sampling_error"]
    assert 0.5 < floor < board[(f"btos_state_{ahead}", "mae")].min()


def test_tampering_with_the_future_changes_no_forecast(panel, monkeypatch):
    """The last cycles are spoilt; what earlier vintages said stays the same to the last bit."""
    at = 29
    member_draws, combine = adoption_backtest.member_draws, adoption_backtest.combine

    def scored(panel):
        drawn, pooled = {}, []

        def spy_members(seen, **known):
            drawn[seen.current.shape[1]] = member_draws(seen, **known)
            return drawn[seen.current.shape[1]]

        def spy_combine(now, weights, rng):
            pooled.append((weights, combine(now, weights, rng)))
            return pooled[-1][1]

        monkeypatch.setattr(adoption_backtest, "member_draws", spy_members)
        monkeypatch.setattr(adoption_backtest, "combine", spy_combine)
        rng = np.random.default_rng(0)
        score_states(panel, prior=PRIOR, n_draw=10, rng=rng, first=26, horizons=(2,))
        return drawn, pooled

    monkeypatch.setattr(adoption_backtest, "FIRST_WEIGHED", 24)
    names = ("current", "current_error", "expected", "expected_error")
    spoilt = {name: getattr(panel, name).copy() for name in names}
    for values in spoilt.values():
        values[:, at:] *= 1.5
    (drawn, pooled), (drawn_spoilt, pooled_spoilt) = scored(panel), scored(replace(panel, **spoilt))
    assert sorted(drawn) == list(range(24, 34))
    for n_seen in range(24, at + 1):
        for name, draws in drawn[n_seen].items():
            np.testing.assert_array_equal(draws, drawn_spoilt[n_seen][name])
    assert (drawn[33]["logistic"] != drawn_spoilt[33]["logistic"]).any()
    for vintage, n_seen in enumerate(range(26, 33)):
        same = all(map(np.array_equal, pooled[vintage], pooled_spoilt[vintage]))
        assert same == (n_seen <= at), n_seen


def test_a_panel_too_short_for_its_horizons_is_refused(panel):
    with pytest.raises(InputError, match="shorten the horizons"):
        score_states(panel.until(20), prior=PRIOR, n_draw=10, rng=np.random.default_rng(0))
