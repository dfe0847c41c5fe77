"""Provinces: people add up, reach moves people between them and makes none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import stage_factories as made
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from forecast.errors import InputError
from forecast.stages.composition import province_share
from forecast.stages.provinces import Provinces, one_nation, split_provinces
from forecast.types import EmploymentForecast

N_DRAW, YEARS = 8, [2023, 2024]
POINTS = {"11": 8.0, "36": 5.0}
RANGES = {"26": (1.0, 4.0), "30": (1.0, 4.0), "41": (1.0, 4.0)}


def adoption(points=POINTS, ranges=RANGES, *, year: int = 2022) -> dict[str, pd.DataFrame]:
    """Adoption of firms by province, percent: some as printed, some as a range."""
    rest = {"measure": "firm", "scope_kind": "region", "year": year}
    point = pd.DataFrame({"scope": list(points), "value_percent": list(points.values())})
    low, high = zip(*ranges.values(), strict=True) if ranges else ((), ())
    between = pd.DataFrame({"scope": list(ranges), "low_percent": low, "high_percent": high})
    return {"adoption": point.assign(**rest), "adoption_ranges": between.assign(**rest)}


def split(
    weight: float | np.ndarray = 1.0,
    *,
    employment: EmploymentForecast | None = None,
    years=YEARS,
    seed: int = 3,
    **tables: pd.DataFrame,
) -> Provinces:
    given_ = made.tables() | adoption() | tables
    return split_provinces(
        employment or made.employment(),
        {name: table for name, table in given_.items() if table is not None},
        weight=np.broadcast_to(np.asarray(weight, dtype=float), (N_DRAW,)),
        occupations=made.OCCUPATIONS,
        years=years,
        rng=np.random.default_rng(seed),
    )


def forecast(*, seed: int = 6, periods=("2023H1", "2023H2", "2024H2")) -> xr.DataArray:
    """Major groups by province: (draw, scope, occupation, period), in an order of their own."""
    labels = {
        "draw": np.arange(N_DRAW),
        "scope": ["41", "36", "30", "26", "11"],
        "occupation": ["9", "5", "3", "2", "1"],
        "period": list(periods),
    }
    shape = [len(label) for label in labels.values()]
    return xr.DataArray(np.random.default_rng(seed).uniform(1e3, 1e5, size=shape), labels)


def with_forecast(**changed: object) -> EmploymentForecast:
    return replace(made.employment(), scopes={"province": forecast(**changed)})


weights = arrays.arrays(float, N_DRAW, elements=st.floats(0.0, 1.0))


@settings(max_examples=40, deadline=None)
@given(weight=weights, seed=st.integers(0, 2**32 - 1), ahead=st.booleans())
def test_provinces_share_out_everybody_and_reach_as_many_as_the_country(weight, seed, ahead):
    employment = with_forecast(seed=seed) if ahead else made.employment()
    found = split(weight, employment=employment, seed=seed)
    assert found.codes == list(made.SIDO)
    assert found.share.shape == (len(YEARS) + 1, N_DRAW, len(made.OCCUPATIONS), len(made.SIDO))
    assert (found.share >= 0).all() and (found.relative > 0).all()
    np.testing.assert_allclose(found.share.sum(axis=3), 1.0, rtol=1e-12)
    assert found.relative.dims == ("draw", "occupation", "sido")
    reached = (found.share[0] * found.relative.to_numpy()).sum(axis=2)
    np.testing.assert_allclose(reached, 1.0, rtol=1e-12)


def test_without_weight_every_province_is_reached_alike_whatever_its_firms_do():
    np.testing.assert_allclose(split(0.0).relative, 1.0, rtol=1e-12)


@pytest.mark.parametrize("weight", [0.5, 1.0])
def test_provinces_are_reached_as_their_firms_adopt_to_the_power_of_the_weight(weight):
    relative = split(weight).relative
    ahead = relative.sel(sido="11") / relative.sel(sido="36")
    np.testing.assert_allclose(ahead, (8.0 / 5.0) ** weight, rtol=1e-12)


def test_each_draw_has_its_own_weight():
    weight = np.linspace(0.0, 1.0, N_DRAW)
    relative = split(weight).relative
    ahead = (relative.sel(sido="11") / relative.sel(sido="36")).isel(occupation=0)
    np.testing.assert_allclose(ahead, (8.0 / 5.0) ** weight, rtol=1e-12)


def in_percent(found: Provinces, code: str) -> np.ndarray:
    """Adoption that a province was given, from its reach at weight 1 beside Seoul's 8 %."""
    return (8.0 * found.relative.sel(sido=code) / found.relative.sel(sido="11")).to_numpy()


def test_a_printed_range_is_drawn_from_and_each_province_on_its_own():
    found = [
        in_percent(split(seed=seed), code)[:, 0] for seed in range(30) for code in ("26", "30")
    ]
    drawn = np.array(found)
    assert 1.0 <= drawn.min() < 1.2 and 3.8 < drawn.max() <= 4.0
    assert len(np.unique(drawn.round(9))) == drawn.size
    assert drawn.mean() == pytest.approx(2.5, abs=0.2)


def test_a_province_of_which_nothing_is_printed_counts_as_the_mean_of_workers_elsewhere():
    found = split(**adoption(POINTS, {"26": (1.0, 4.0)}))
    missing = [code for code in made.SIDO if code not in ("11", "26", "36")]
    given_ = made.employment()
    people = given_.opening.sum("age_group").to_numpy() @ found.share[0, 0]
    known = [made.SIDO.index(code) for code in ("11", "26", "36")]
    drawn = np.stack([in_percent(found, made.SIDO[place])[:, 0] for place in known], axis=1)
    mean = (drawn * people[known]).sum(axis=1) / people[known].sum()
    for code in missing:
        np.testing.assert_allclose(in_percent(found, code)[:, 0], mean, rtol=1e-9)


def test_a_printed_value_counts_before_a_range_and_the_last_year_before_others():
    twice = adoption(POINTS, {"11": (1.0, 2.0), **RANGES})
    earlier = adoption({"11": 0.5, "36": 0.5}, {}, year=2018)["adoption"]
    twice["adoption"] = pd.concat([twice["adoption"], earlier], ignore_index=True)
    xr.testing.assert_allclose(split(**twice).relative, split().relative)


def test_only_rows_of_provinces_count():
    table = adoption()["adoption"]
    size = table.assign(scope_kind="size", value_percent=99.0, year=2030)
    both = pd.concat([table, size], ignore_index=True)
    xr.testing.assert_identical(split(adoption=both).relative, split().relative)


def test_a_province_without_adoption_is_still_reached_a_little():
    found = split(**adoption({"11": 8.0, "36": 0.0}))
    np.testing.assert_allclose(in_percent(found, "36"), 0.1, rtol=1e-9)


@pytest.mark.parametrize("missing", [("adoption",), ("adoption_ranges",)])
def test_one_missing_table_leaves_the_other(missing):
    relative = split(**dict.fromkeys(missing)).relative
    np.testing.assert_array_less(1e-3, np.abs(relative - 1.0).max().item())


def test_without_any_table_of_adoption_provinces_are_alike():
    found = split(adoption=None, adoption_ranges=None)
    np.testing.assert_allclose(found.relative, 1.0, rtol=1e-12)


def test_without_a_forecast_the_published_split_stays():
    found = split()
    published = province_share(made.tables()["employment_province"], list(made.OCCUPATIONS))
    for year in found.share:
        for draw in year:
            np.testing.assert_array_equal(draw, published.transpose("occupation", "sido"))


def test_the_forecast_of_each_year_end_follows_the_published_split():
    found, ahead = split(employment=with_forecast()), forecast()
    np.testing.assert_array_equal(found.share[0], split().share[0])
    for row, year in enumerate(YEARS, start=1):
        part = ahead.sel(period=f"{year}H2", scope=list(made.SIDO))
        for place, code in enumerate(made.OCCUPATIONS):
            major = part.sel(occupation=code[0])
            expected = (major / major.sum("scope")).transpose("draw", "scope")
            np.testing.assert_allclose(found.share[row, :, place], expected, rtol=1e-12)
    assert not np.allclose(found.share[1], found.share[2])


def test_a_forecast_that_ends_too_early_is_refused_with_the_remedy():
    with pytest.raises(InputError, match=r"2025H2.*scenario\.last_year"):
        split(employment=with_forecast(), years=[2023, 2024, 2025])


def test_a_split_that_loses_people_is_refused():
    found = split()
    with pytest.raises(InputError, match="lost or made"):
        replace(found, share=found.share * 0.999)


def test_the_country_as_one_province_is_everybody_and_reached_as_the_country():
    nation = one_nation(N_DRAW, made.OCCUPATIONS, YEARS)
    assert nation.codes == ["00"]
    assert nation.share.shape == (3, N_DRAW, len(made.OCCUPATIONS), 1)
    assert (nation.share == 1.0).all() and (nation.relative == 1.0).all()
    assert nation.relative.dims == split().relative.dims


def test_the_same_chances_give_the_same_provinces():
    xr.testing.assert_identical(split(seed=1).relative, split(seed=1).relative)
    assert not split(seed=1).relative.equals(split(seed=2).relative)


def test_a_group_that_a_draw_leaves_empty_keeps_the_published_split():
    empty = forecast().copy(deep=True)
    empty.loc[{"occupation": "3"}] = 0.0
    given_ = replace(made.employment(), scopes={"province": empty})
    clerks = list(made.OCCUPATIONS).index("31")
    share = split(employment=given_).share
    np.testing.assert_allclose(share[1:, :, clerks], share[:1, :, clerks].repeat(2, axis=0))


def test_a_province_that_the_forecast_lacks_is_named():
    given_ = replace(made.employment(), scopes={"province": forecast().drop_sel(scope="36")})
    with pytest.raises(InputError, match="36"):
        split(employment=given_)
