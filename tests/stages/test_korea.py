"""Averaging to Korean groups stays within what is averaged and loses nobody."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from exposure_cases import reference_tables, ridge_result
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.stages.estimation import occupation_scores
from forecast.stages.korea import KoreanScores, carry_to_korea
from forecast.types import OccupationScores


def flat_scores(values: np.ndarray) -> OccupationScores:
    titles = reference_tables()["isco08"].set_index("isco08")["title"].sort_index()
    return occupation_scores(
        "isco08",
        titles,
        exposure=values,
        complementarity=values,
        substituted=values,
        spread=np.full(len(titles), 0.06),
    )


def carried(values: np.ndarray, *, seed: int = 0, concentration: float = 2.0) -> KoreanScores:
    return carry_to_korea(
        flat_scores(values),
        values,
        reference_tables(),
        concentration=concentration,
        smallest_spread=0.06,
        rng=np.random.default_rng(seed),
    )


@settings(max_examples=8, deadline=None)
@given(low=st.floats(0, 0.5), high=st.floats(0.5, 1), seed=st.integers(0, 1_000))
def test_an_average_lies_between_the_smallest_and_the_largest_source(low, high, seed):
    values = np.random.default_rng(seed).uniform(low, high, size=(3, 436))
    korea = carried(values, seed=seed)
    links = reference_tables()["ksco7_isco08"]
    place = {code: number for number, code in enumerate(flat_scores(values).titles.index)}
    for number, code in enumerate(korea.minor.titles.index):
        sources = [place[isco] for isco in links.loc[links["ksco7"] == code, "isco08"]]
        mean = korea.minor.exposure.to_numpy()[:, number]
        assert (mean >= values[:, sources].min(axis=1) - 1e-9).all()
        assert (mean <= values[:, sources].max(axis=1) + 1e-9).all()
    assert korea.sub_major.exposure.min() >= korea.minor.exposure.min() - 1e-9
    assert korea.sub_major.exposure.max() <= korea.minor.exposure.max() + 1e-9


def test_equal_scores_stay_equal_and_have_only_the_smallest_spread():
    korea = carried(np.full((2, 436), 0.3))
    assert korea.sub_major.exposure.to_numpy() == pytest.approx(0.3)
    assert korea.extra == pytest.approx(0.3)
    assert korea.minor.spread.to_numpy() == pytest.approx(0.06)


def test_the_people_of_a_sub_major_group_are_split_over_its_own_minor_groups():
    korea = carried(np.full((5, 436), 0.3))
    assert korea.share.sum(axis=2) == pytest.approx(1.0)
    for row, group in enumerate(korea.sub_major.titles.index):
        inside = korea.minor.titles.index.str.startswith(group)
        assert korea.share[:, row, inside].sum(axis=1) == pytest.approx(1.0)


def test_a_surer_crosswalk_draws_closer_together():
    values = np.tile(np.random.default_rng(0).uniform(size=436), (200, 1))
    loose, tight = (
        carried(values, concentration=c).minor.exposure.std("draw").mean() for c in (1.0, 100.0)
    )
    assert loose > 5 * tight


def test_draws_follow_the_seed_even_across_chunks():
    values = np.random.default_rng(0).uniform(size=(120, 436))
    first, again, other = (carried(values, seed=seed).minor.exposure for seed in (1, 1, 2))
    assert first.identical(again)
    assert not np.allclose(first, other)


def test_spread_is_the_standard_deviation_between_linked_occupations():
    result = ridge_result()
    links = reference_tables()["ksco7_isco08"]
    mean = result.isco.substitution.mean("draw").to_series()
    rows = links[links["ksco7"] == "312"].set_index("isco08")["weight"]
    values = mean.reindex(rows.index)
    average = (rows * values).sum()
    expected = max(np.sqrt((rows * (values - average) ** 2).sum()), 0.06)
    assert float(result.minor.spread.sel(occupation="312")) == pytest.approx(expected)


def test_a_minor_group_without_a_link_stops_the_run():
    tables = reference_tables()
    links = tables["ksco7_isco08"].query("ksco7 != '221'")
    with pytest.raises(InputError, match="221"):
        carry_to_korea(
            flat_scores(np.full((2, 436), 0.3)),
            np.full((2, 436), 0.3),
            {**tables, "ksco7_isco08": links},
            concentration=2.0,
            smallest_spread=0.06,
            rng=np.random.default_rng(0),
        )


def test_a_minor_group_without_unit_groups_stops_the_run():
    tables = reference_tables()
    listed = tables["ksco7"]
    fewer = listed[~((listed["level"] == "unit") & (listed["parent"] == "221"))]
    with pytest.raises(InputError, match="221"):
        carry_to_korea(
            flat_scores(np.full((2, 436), 0.3)),
            np.full((2, 436), 0.3),
            {**tables, "ksco7": pd.DataFrame(fewer)},
            concentration=2.0,
            smallest_spread=0.06,
            rng=np.random.default_rng(0),
        )
