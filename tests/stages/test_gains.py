"""What goes with a course, between published rates; and the order it gives."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from capacity_cases import evidence, stock, without
from stage_factories import OCCUPATIONS, SIDO

from forecast.codebook import check_table
from forecast.errors import InputError
from forecast.stages.gains import course_gains, priority_table
from forecast.types import AGE_GROUPS, NEEDS

N_DRAW = 400
JOB_CHANGE = NEEDS.index("job_change")
REEMPLOYED = np.tile([0.6, 0.6, 0.6, 0.5, 0.4], (N_DRAW, 1))


def gains(table=None, reemployed=REEMPLOYED):
    tables = {"evidence": evidence() if table is None else table}
    return course_gains(tables, reemployed, rng=np.random.default_rng(3))


def test_only_people_who_change_jobs_have_a_published_outcome():
    drawn = gains()
    assert drawn.shape == (N_DRAW, len(NEEDS), len(AGE_GROUPS))
    assert np.isfinite(drawn[:, JOB_CHANGE]).all()
    assert np.isnan(np.delete(drawn, JOB_CHANGE, axis=1)).all()


@pytest.mark.parametrize(("age", "high"), [("15-29", 0.68), ("40-49", 0.61), ("60+", 0.61)])
def test_placement_lies_between_the_published_rates_of_the_age(age, high):
    column = AGE_GROUPS.index(age)
    placement = gains()[:, JOB_CHANGE, column] / 0.9 + REEMPLOYED[:, column]
    assert 0.54 <= placement.min() < 0.55
    assert high - 0.01 < placement.max() <= high


def test_finding_work_without_a_course_takes_off_the_gain():
    more = REEMPLOYED.copy()
    more[:, 1] += 0.1
    change = gains(reemployed=more) - gains()
    np.testing.assert_allclose(change[:, JOB_CHANGE, 1], -0.9 * 0.1)
    np.testing.assert_array_equal(change[:, JOB_CHANGE, [0, 2, 3, 4]], 0.0)


@pytest.mark.parametrize(
    "key",
    [
        "training_card_completion_rate",
        "training_card_employment_rate",
        "polytech_midlife_employment_rate",
        "kdt_employment_rate_6m",
    ],
)
def test_a_missing_rate_is_named(key):
    with pytest.raises(InputError, match=key) as caught:
        gains(without(evidence(), key))
    assert "\n" not in str(caught.value)


def priority(*, n_draw=50, **changed):
    rng = np.random.default_rng(4)
    people = stock()
    shape = (n_draw, *people.shape)
    displaced = rng.uniform(0.0, 0.2, size=shape)
    given = {
        "displaced_share": xr.DataArray(
            displaced, {"draw": np.arange(n_draw), **people.coords}, ("draw", *people.dims)
        ),
        "capacity": rng.uniform(size=shape),
        "gain": gains()[:n_draw],
        "employed": people,
    }
    given.update(changed)
    table = priority_table(**given, year=2030, scenario="central")
    return table, given


def test_priority_multiplies_in_every_draw_and_averages_then():
    table, given = priority()
    check_table("reskilling_priority", table)
    cell = table.set_index(["ksco7", "age_group", "sido"]).loc[(OCCUPATIONS[1], "50-59", SIDO[3])]
    at = (slice(None), 1, 3, 3)
    displaced, capacity = given["displaced_share"].to_numpy()[at], given["capacity"][at]
    gain = given["gain"][:, JOB_CHANGE, 3]
    assert cell["priority"] == pytest.approx((displaced * (1 - capacity) * gain).mean())
    assert cell["displaced_share"] == pytest.approx(displaced.mean())
    assert cell["adaptive_capacity"] == pytest.approx(capacity.mean())
    assert cell["expected_gain"] == pytest.approx(gain.mean())
    assert cell["employed_persons"] == float(given["employed"].isel(occupation=1, age_group=3)[3])


def test_rank_one_has_the_highest_priority_and_ties_keep_their_order():
    table, given = priority()
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    assert table["priority"].is_monotonic_decreasing
    none = given["displaced_share"].copy()
    none[:, :, :, 1:] = 0.0  # four provinces of five: ties among other cells
    tied, _ = priority(displaced_share=none)
    tied = tied[tied["priority"] == 0.0]
    keys = list(zip(tied["ksco7"], tied["age_group"], tied["sido"], strict=True))
    assert keys == [(o, a, s) for o in OCCUPATIONS for a in AGE_GROUPS for s in SIDO[1:]]


def test_whoever_adapts_better_comes_later():
    _, given = priority()
    raised = given["capacity"].copy()
    raised[:, 1, 3, 3] = 1.0
    table, _ = priority(**{**given, "capacity": raised})
    cell = table.set_index(["ksco7", "age_group", "sido"]).loc[(OCCUPATIONS[1], "50-59", SIDO[3])]
    assert cell["priority"] == 0.0


def test_cells_without_people_are_left_out_and_other_shapes_refused():
    _, given = priority()
    empty = given["employed"].copy()
    empty[0, 0, 0] = 0.0
    table, _ = priority(**{**given, "employed": empty})
    assert len(table) == empty.size - 1
    with pytest.raises(InputError, match="must share draws"):
        priority(**{**given, "capacity": given["capacity"][:-1]})
