"""The observed age pattern stands beside ours; nothing of it enters ours."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from capacity_cases import evidence, without

from forecast.codebook import check_table
from forecast.errors import InputError
from forecast.stages.age_pattern import OBSERVED, age_pattern
from forecast.types import AGE_GROUPS

TABLES = {"evidence": evidence()}
N_DRAW = 4


def baseline() -> xr.DataArray:
    """Each age 1,000 x its number in 2022, over two occupations, 10 % more in 2025."""
    size = 500.0 * np.arange(1, 6)
    growth = np.array([1.0, 7.0, 7.0, 1.1])
    values = np.broadcast_to(size * growth[:, None, None], (N_DRAW, 4, 2, 5)).copy()
    return xr.DataArray(
        values,
        {
            "draw": np.arange(N_DRAW),
            "year": [2022, 2023, 2024, 2025],
            "occupation": ["11", "22"],
            "age_group": list(AGE_GROUPS),
        },
    )


def factor(*, values=(0.9, 1.0, 1.0, 1.02, 1.0)) -> xr.DataArray:
    ratio = xr.ones_like(baseline().isel(year=slice(1, None)))
    ratio.loc[{"year": 2025}] = np.asarray(values)
    return ratio.assign_coords(draw=np.arange(N_DRAW) + 100)  # draws pair by position


def test_effect_and_baseline_change_are_counted_to_the_end_of_2025():
    table = age_pattern(TABLES, factor(), baseline())
    check_table("age_pattern", table)
    assert table["age_group"].tolist() == list(AGE_GROUPS)
    np.testing.assert_allclose(table["ai_effect"], [-110.0, 0.0, 0.0, 88.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(table["baseline_change"], 100.0 * np.arange(1, 6))


def test_interval_is_over_draws_of_the_sum_over_occupations():
    moved = factor()
    moved.loc[{"year": 2025, "age_group": "15-29"}] *= xr.DataArray(
        [0.9, 0.95, 1.05, 1.1], dims="draw"
    )
    row = age_pattern(TABLES, moved, baseline()).set_index("age_group").loc["15-29"]
    effects = 1_100.0 * (0.9 * np.array([0.9, 0.95, 1.05, 1.1]) - 1.0)
    assert row["ai_effect"] == pytest.approx(effects.mean())
    assert [row["lower80"], row["upper80"]] == pytest.approx(np.quantile(effects, (0.1, 0.9)))


def test_observed_figures_are_shown_as_published_and_stop_at_59():
    table = age_pattern(TABLES, factor(), baseline()).set_index("age_group")
    assert table["observed_persons"].tolist()[:4] == [-200.0, 190.0, -120.0, 210.0]
    assert table["observed_high_exposure"].tolist()[:4] == [-195.0, 195.0, -115.0, 215.0]
    assert table["observed_low_exposure"].tolist()[:4] == [-5.0] * 4
    assert table.loc["60+", ["observed_persons", "source"]].isna().all()


def test_observed_figures_move_nothing_of_ours():
    other = evidence()
    other.loc[other["key"] == OBSERVED, "value"] *= -3.0
    ours = ["ai_effect", "lower80", "upper80", "baseline_change"]
    one = age_pattern(TABLES, factor(), baseline())
    two = age_pattern({"evidence": other}, factor(), baseline())
    assert one[ours].equals(two[ours])
    assert not one["observed_persons"].equals(two["observed_persons"])


def test_missing_year_draw_or_figure_is_named():
    with pytest.raises(InputError, match=r"baseline lacks year\(s\) \[2022\]"):
        age_pattern(TABLES, factor(), baseline().sel(year=[2023, 2024, 2025]))
    with pytest.raises(InputError, match=r"employment factor lacks year\(s\) \[2025\]"):
        age_pattern(TABLES, factor().sel(year=[2023, 2024]), baseline())
    with pytest.raises(InputError, match="different numbers of draws"):
        age_pattern(TABLES, factor().isel(draw=[0, 1]), baseline())
    with pytest.raises(InputError, match=OBSERVED):
        age_pattern({"evidence": without(evidence(), OBSERVED)}, factor(), baseline())
