"""Demand beside take-up as printed, flagged where most draws exceed it."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from capacity_cases import evidence, without

from forecast.codebook import check_table
from forecast.errors import InputError
from forecast.stages.take_up import take_up, take_up_baselines
from forecast.types import NEEDS

TABLES = {"evidence": evidence()}
AS_PRINTED = "ai_trainees_as_of_2025-10"


def demand(draws_of_basic) -> xr.DataArray:
    """Two provinces of equal size; ax is a tenth of ai_basic, job_change a hundredth."""
    basic = np.asarray(draws_of_basic, dtype=float)
    by_need = np.stack([basic, basic / 10, basic / 100], axis=-1) / 2.0
    values = np.broadcast_to(by_need[None, :, None, None], (1, len(basic), 2, 2, 3)).copy()
    values[:, :, 1] *= 2.0
    return xr.DataArray(
        values,
        {
            "scenario": ["central"],
            "draw": np.arange(len(basic)),
            "year": [2025, 2026],
            "sido": ["11", "26"],
            "need": list(NEEDS),
        },
    )


def test_baselines_follow_from_the_published_figures():
    baselines = take_up_baselines(TABLES)
    assert baselines == pytest.approx(
        {
            AS_PRINTED: 70_000,
            "if_intending_workplaces_train": 70_000 / 0.07 * 0.70,
            "if_intending_workplaces_train_everyone": 70_000 / 0.04 * 0.70,
        }
    )
    assert list(baselines.values()) == sorted(baselines.values())


def test_demand_is_summed_and_compared_draw_by_draw():
    table = take_up(demand([40_000, 50_000, 90_000]), TABLES)
    check_table("take_up", table)
    assert len(table) == 2 * 4 * 3
    rows = table.set_index(["year", "need", "baseline"]).sort_index()
    basic = rows.loc[(2025, "ai_basic", AS_PRINTED)]
    assert basic["persons"] == pytest.approx(60_000)
    assert basic["ratio"] == pytest.approx(60 / 70)
    assert basic["probability_above"] == pytest.approx(1 / 3)
    assert basic["flagged"] == "no"
    together = rows.loc[(2025, "all", AS_PRINTED)]
    assert together["persons"] == pytest.approx(60_000 * 1.11)
    later = rows.loc[(2026, "ai_basic", AS_PRINTED)]
    assert (later["probability_above"], later["flagged"]) == (1.0, "yes")
    assert rows.loc[(2026, "ax", AS_PRINTED), "flagged"] == "no"


def test_half_of_the_draws_is_not_most_of_them():
    table = take_up(demand([60_000, 80_000]), TABLES).query("year == 2025 and need == 'ai_basic'")
    row = table.set_index("baseline").loc[AS_PRINTED]
    assert (row["probability_above"], row["flagged"]) == (0.5, "no")


def test_the_date_of_the_count_is_part_of_its_name():
    moved = evidence()
    moved.loc[moved["key"] == "ai_training_participants", "year"] = "2026-03"
    assert "ai_trainees_as_of_2026-03" in take_up_baselines({"evidence": moved})


def test_a_figure_in_another_unit_is_refused():
    other = evidence()
    other.loc[other["key"] == "ai_training_workplace_share", "unit"] = "share"
    with pytest.raises(InputError, match=r"in percent; found 1 in \['share'\]"):
        take_up_baselines({"evidence": other})


@pytest.mark.parametrize(
    "key",
    [
        "ai_training_participants",
        "ai_training_participant_share",
        "ai_training_workplace_share",
        "ai_training_intent_3y",
    ],
)
def test_a_missing_or_doubled_figure_is_named(key):
    for table in (without(evidence(), key), evidence().loc[lambda t: t.index.repeat(2)]):
        with pytest.raises(InputError, match=r"expected one row with key 'ai_training") as caught:
            take_up_baselines({"evidence": table})
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=key):
        take_up_baselines({"evidence": without(evidence(), key)})
