"""The comparators forecast what statsforecast says, and say so when it is not there."""

import subprocess
import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from statsforecast import models

from forecast.errors import ConfigError, InputError
from forecast.models.comparators import COMPARATORS, FEWEST_HALVES

N_TIME, HORIZON = 14, 4


def drawn(name, past, *, n_draw=400, seed=0, **settings):
    rng = np.random.default_rng(seed)
    return COMPARATORS[name](past, HORIZON, n_draw=n_draw, rng=rng, **settings)


def panel():
    """A line with a little noise, a random walk, and a series that stays at zero."""
    rng = np.random.default_rng(3)
    line = 500.0 + 20.0 * np.arange(N_TIME) + rng.normal(0.0, 1.0, N_TIME)
    walk = 300.0 + rng.normal(0.0, 9.0, N_TIME).cumsum()
    return np.stack([line, walk, np.zeros(N_TIME)])


def replaced(monkeypatch, forecast):
    """Put a method in the place of statsforecast's AutoETS."""
    method = SimpleNamespace(forecast=lambda series, h, level: forecast(h))
    fake = SimpleNamespace(AutoETS=lambda season_length: method)
    monkeypatch.setitem(sys.modules, "statsforecast.models", fake)


@pytest.mark.parametrize("name", COMPARATORS)
def test_a_line_goes_on_and_zero_stays_zero(name):
    draws = drawn(name, panel())
    expected = 500.0 + 20.0 * np.arange(N_TIME, N_TIME + HORIZON)
    assert draws.shape == (400, 3, HORIZON)
    # Theta halves the slope of the line and makes up for it only slowly.
    np.testing.assert_allclose(np.median(draws[:, 0], axis=0), expected, rtol=0.03)
    np.testing.assert_array_equal(draws[:, 2], 0.0)
    assert draws.min() >= 0.0


@pytest.mark.parametrize("name", COMPARATORS)
def test_median_and_interval_are_those_of_the_library(name):
    walk = panel()[1]
    method = getattr(models, COMPARATORS[name].method)(season_length=2)
    theirs = method.forecast(walk, h=HORIZON, level=[80])
    low, median, high = np.quantile(drawn(name, walk[None])[:, 0], (0.1, 0.5, 0.9), axis=0)
    np.testing.assert_allclose(median, theirs["mean"], rtol=1e-9)
    width = np.asarray(theirs["hi-80"]) - np.asarray(theirs["lo-80"])
    np.testing.assert_allclose(high - low, width, rtol=0.01)


def test_equal_seeds_give_equal_bytes_however_many_processes_work():
    first, again, shared = (
        drawn("auto_theta", panel(), n_process=n_process) for n_process in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, shared)
    assert not np.array_equal(first, drawn("auto_theta", panel(), seed=1))


def test_series_are_independent_and_no_error_is_smaller_than_rounding():
    draws = drawn("auto_ets", panel()[[1, 1, 2]] + 50.0, n_draw=2_000, resolution=12.0)
    assert abs(np.corrcoef(draws[:, 0, 0], draws[:, 1, 0])[0, 1]) < 0.1  # 4.5 standard errors
    np.testing.assert_allclose(draws[:, 2].std(axis=0), 12.0 / np.sqrt(12.0), rtol=0.01)
    assert (draws[:, 0].std(axis=0) > 4.0).all()


def test_a_forecast_below_zero_is_cut():
    falling = np.linspace(90.0, 4.0, N_TIME) + np.tile([1.0, -1.0], N_TIME // 2)
    draws = drawn("auto_arima", falling[None])
    assert draws.min() == 0.0


def test_the_librarys_warnings_stay_inside(monkeypatch):
    def noisy(h):
        warnings.warn("a fit that was tried", RuntimeWarning, stacklevel=2)
        return {"mean": np.full(h, 7.0), "lo-80": np.full(h, 6.0), "hi-80": np.full(h, 8.0)}

    replaced(monkeypatch, noisy)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        draws = drawn("auto_ets", panel()[:1])
    assert not heard
    np.testing.assert_allclose(np.median(draws, axis=0), 7.0)


def test_a_forecast_that_is_no_number_is_refused_with_its_row(monkeypatch):
    replaced(monkeypatch, lambda h: dict.fromkeys(("mean", "lo-80", "hi-80"), np.full(h, np.nan)))
    with pytest.raises(InputError, match="AutoETS gives no finite forecast of 2 series, first row"):
        drawn("auto_ets", panel())


def test_a_short_history_is_refused():
    with pytest.raises(InputError, match=f"needs at least {FEWEST_HALVES}"):
        drawn("auto_ets", panel()[:, : FEWEST_HALVES - 1])
    assert drawn("auto_ets", panel()[:, :FEWEST_HALVES]).shape == (400, 3, HORIZON)


def test_the_absent_package_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsforecast.models", None)  # an import now fails
    with pytest.raises(ConfigError, match=r"need the package statsforecast .*\[comparators\]"):
        drawn("auto_ets", panel())


def test_the_package_is_imported_only_when_it_is_used():
    code = "import sys, forecast.models.comparators; sys.exit('statsforecast' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
