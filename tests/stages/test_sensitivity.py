"""What the weights of the crosswalk alone do to scores and ranks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_korea import carried, random_values

from forecast.codebook import check_table
from forecast.stages.sensitivity import crosswalk_sensitivity, ranks


def noisy(n_draw: int = 100, spread: float = 0.02) -> np.ndarray:
    rng = np.random.default_rng(1)
    return (random_values(n_draw) + spread * rng.standard_normal((n_draw, 436))).clip(0, 1)


def by_code(**options) -> pd.DataFrame:
    return crosswalk_sensitivity(carried(noisy(), **options)).set_index("ksco7")


def test_every_civilian_group_has_a_row_that_keeps_the_codebook():
    table = crosswalk_sensitivity(carried(noisy()))
    assert table["level"].value_counts().to_dict() == {"minor": 153, "sub_major": 51}
    assert len(check_table("crosswalk_sensitivity", table)) == 204
    for _, part in table.groupby("level"):
        assert sorted(part["rank"]) == list(range(1, len(part) + 1))
        assert (part["rank_lower80"] <= part["rank_upper80"]).all()


def test_nearly_fixed_weights_leave_nearly_no_spread():
    loose, tight = by_code(concentration=1.0), by_code(concentration=1e6)
    minor = loose["level"] == "minor"
    assert loose.loc[minor, "crosswalk_sd"].mean() > 50 * tight.loc[minor, "crosswalk_sd"].mean()
    assert (tight.loc[minor, "rank_upper80"] - tight.loc[minor, "rank_lower80"]).max() <= 1
    assert (loose.loc[minor, "rank_upper80"] - loose.loc[minor, "rank_lower80"]).max() >= 10


def test_one_occupation_cannot_depend_on_weights():
    table = by_code()
    assert table.loc["112", ["crosswalk_sd", "share_of_variance"]].tolist() == [0.0, 0.0]


def test_without_other_uncertainty_the_weights_are_all_of_it():
    table = crosswalk_sensitivity(carried(random_values(100)))
    moved = table[table["crosswalk_sd"] > 1e-6]
    assert len(moved) > 100
    assert moved["share_of_variance"].to_numpy() == pytest.approx(1.0)


def test_other_uncertainty_takes_its_part_of_the_variance():
    small, large = (
        crosswalk_sensitivity(carried(noisy(300, spread)))["share_of_variance"].mean()
        for spread in (0.01, 0.2)
    )
    assert 0 < large < small < 1


def test_the_sensitivity_is_the_crosswalk_sd_of_the_scores():
    korea = carried(noisy())
    table = crosswalk_sensitivity(korea).set_index("ksco7")
    for scores in (korea.minor, korea.sub_major):
        expected = scores.provenance["crosswalk_sd"]
        assert table.loc[expected.index, "crosswalk_sd"].tolist() == expected.tolist()


def test_ranks_start_at_the_largest_and_keep_the_order_of_equals():
    assert ranks(np.array([[0.1, 0.7, 0.1], [0.3, 0.2, 0.1]])).tolist() == [[2, 1, 3], [1, 2, 3]]
