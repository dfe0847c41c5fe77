"""Vintages of a short series, scored beside the last value."""

import numpy as np
import pytest

from forecast.models.diffusion import DiffusionPrior, fit_diffusion, logistic_level
from forecast.validation import diffusion_backtest
from forecast.validation.diffusion_backtest import score_diffusion

PRIOR = DiffusionPrior((0.15, 0.90), (0.05, 0.60), (0.02, 0.40))
YEARS = np.arange(2010, 2020)
SHARE = logistic_level(YEARS, ceiling=0.6, speed=0.3, midpoint=2022.0)


def scores(share=SHARE, years=YEARS, seed=0):
    known = dict(n_firms=np.full(len(years), 10_000.0), prior=PRIOR, first=4)
    rng = np.random.default_rng(seed)
    table = score_diffusion(years, share, proposals=4_000, n_draw=200, rng=rng, **known)
    return table.set_index(["model", "metric"])


def test_a_logistic_series_is_forecast_better_than_by_its_last_value():
    table = scores()
    for metric in ("mae", "crps"):
        row = table.loc[("logistic", metric)]
        assert row["value"] < 0.3 * row["naive_value"]


def test_the_naive_error_is_that_of_the_last_value():
    errors = [
        100.0 * abs(SHARE[later] - SHARE[n_seen - 1])
        for n_seen in range(4, 10)
        for later in range(n_seen, 10)
    ]
    table = scores()
    assert table.loc[("logistic", "mae"), "naive_value"] == pytest.approx(np.mean(errors), rel=1e-3)
    assert (table["n"] == len(errors)).all()


def test_each_vintage_is_fitted_to_its_own_past(monkeypatch):
    seen = []

    def spy(years, share, **known):
        seen.append((years.tolist(), share.tolist(), len(known["n_firms"])))
        return fit_diffusion(years, share, **known)

    monkeypatch.setattr(diffusion_backtest, "fit_diffusion", spy)
    scores()
    assert seen == [(YEARS[:n].tolist(), SHARE[:n].tolist(), n) for n in range(4, 10)]
