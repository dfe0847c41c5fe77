"""A published projection may steer the forecast of today, and only that."""

import numpy as np
import pytest

from forecast.data import reference
from forecast.errors import ConfigError, InputError
from forecast.stages.control_total import CONTROL_MODES, control_total, with_control_total

AHEAD = [f"{year}H{half}" for year in range(2023, 2031) for half in (1, 2)]


@pytest.fixture(scope="module")
def tables():
    return {name: reference.load(name) for name in ("evidence", "employment_age")}


def draws(seed=0, *, n_draw=200, n_cell=30):
    rng = np.random.default_rng(seed)
    level = np.exp(rng.normal(10.0, 2.0, (n_cell, 1)))
    common = 0.05 * rng.normal(size=(n_draw, 1, 1))
    return np.maximum(level * (1.0 + common + 0.3 * rng.normal(size=(n_draw, n_cell, 4))), 0.0)


def test_no_control_is_the_default(tables):
    assert control_total("none", tables, periods=AHEAD) is None


def test_the_path_runs_through_the_published_figures(tables):
    path = dict(zip(AHEAD, control_total("keis_2026", tables, periods=AHEAD), strict=True))
    seen = tables["employment_age"].query("age_group != 'all' and level == 'sub_major'")
    seen = seen.assign(persons=seen["employed_persons"].astype(float))
    survey = seen.groupby("period")["persons"].sum()
    evidence = tables["evidence"].set_index(["key", "year"])["value"]
    years = [str(year) for year in range(2016, 2023)]
    for half in ("H1", "H2"):
        ratio = np.mean(
            [survey[year + half] / evidence["employment_yearly_mean", year] for year in years]
        )
        assert path["2029" + half] == pytest.approx(28_940_000 * ratio)
        assert path["2024" + half] == pytest.approx((28_940_000 - 367_000) * ratio)
        fall = (28_940_000 - 28_639_000) / 5
        assert path["2030" + half] == pytest.approx((28_940_000 - fall) * ratio)
        half_way = (28_089_000 + 28_940_000 - 367_000) / 2
        assert path["2023" + half] == pytest.approx(half_way * ratio)


def test_a_back_test_cannot_use_it(tables):
    with pytest.raises(ConfigError, match="leak"):
        control_total("keis_2026", tables, periods=["2021H1", "2021H2"])


def test_what_it_does_not_know_is_refused(tables):
    with pytest.raises(ConfigError, match="unknown"):
        control_total("keis", tables, periods=AHEAD)
    with pytest.raises(ConfigError, match="ends in 2034"):
        control_total("keis_2026", tables, periods=[*AHEAD, "2035H1"])
    without = tables["evidence"].query("key != 'employment_projection'")
    with pytest.raises(InputError, match="employment_projection"):
        control_total("keis_2026", {**tables, "evidence": without}, periods=AHEAD)
    with pytest.raises(ConfigError, match="control_mode"):
        with_control_total(draws(), np.ones(4), mode="mean")
    with pytest.raises(InputError, match="do not differ"):
        with_control_total(np.ones((3, 2, 1)), np.ones(1), mode="every_draw")


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.1])
def test_in_every_draw_the_total_is_the_control(factor):
    cells = draws()
    control = factor * np.median(cells.sum(axis=1), axis=0)
    made = with_control_total(cells, control, mode="every_draw")
    assert made.min() >= 0.0
    np.testing.assert_allclose(made.sum(axis=1), np.tile(control, (200, 1)), rtol=1e-9)


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.1])
def test_by_the_median_draws_keep_their_relative_spread(factor):
    cells = draws(1)
    before = cells.sum(axis=1)
    control = factor * np.median(before, axis=0)
    made = with_control_total(cells, control, mode="median")
    np.testing.assert_allclose(made.sum(axis=1), factor * before, rtol=1e-9)
    if factor == 1.0:
        np.testing.assert_allclose(made, cells, rtol=1e-7, atol=1e-6)


def test_an_uncertain_cell_gives_way_more_than_a_certain_one():
    cells = draws(2)
    cells[:, 3] = cells[0, 3]  # the same in every draw and half-year
    control = 0.9 * np.median(cells.sum(axis=1), axis=0)
    for mode in CONTROL_MODES:
        made = with_control_total(cells, control, mode=mode)
        np.testing.assert_allclose(made[:, 3], cells[:, 3], rtol=1e-3)
