"""One source redrawn: it alone is from another draw, and the scores themselves do not move."""

from __future__ import annotations

import numpy as np
import pytest
from exposure_cases import N_DRAW, reference_tables, ridge_result
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.models.measurement import OneFactor
from forecast.stages.estimation import occupation_scores
from forecast.stages.fusion import draw_latent
from forecast.stages.korea import KoreanScores, carry_to_korea
from forecast.stages.redrawn import (
    ALL,
    EXPOSURE_SOURCES,
    ScoreParts,
    redraw_order,
    redrawn_isco,
    redrawn_sub_major,
    scores_in_order,
)
from forecast.types import OccupationScores
from forecast.validation.intervals import ResidualScale
from forecast.validation.variance import circle, variance_shares

SCORES = ("exposure", "complementarity", "substitution")
MEASURED, SIBLING, ALONE = range(3)  # occupations of `parts`: indices, family with them, neither


def scores(values: np.ndarray) -> OccupationScores:
    titles = reference_tables()["isco08"].set_index("isco08")["title"].sort_index()
    return occupation_scores(
        "isco08",
        titles,
        exposure=values,
        complementarity=values,
        substituted=values,
        spread=np.full(len(titles), 0.06),
    )


def carried(isco: OccupationScores, **beside: OccupationScores) -> KoreanScores:
    return carry_to_korea(
        isco,
        {},
        reference_tables(),
        concentration=1.0,
        smallest_spread=0.06,
        rng=np.random.default_rng(3),
        shift_sd=(0.15, 0.45),
        beside=beside,
    )


def parts(n_draw: int = 300) -> ScoreParts:
    rng = np.random.default_rng(5)
    indices = np.array([[0.4, 0.5, 0.3], [np.nan] * 3, [np.nan] * 3])
    latent = draw_latent(
        rng.normal(0.0, 0.3, size=(n_draw, 3)),
        indices,
        factor=OneFactor(np.full(3, 0.3), np.full(3, 0.2), np.full(3, 0.1), n_step=1),
        scale=ResidualScale(family=0.2, unit=0.1, factor=1.0, freedom=8.0),
        described=np.ones(3, dtype=bool),
        families=np.array(["a", "a", "b"]),
        rng=rng,
    )
    theta, weight = rng.uniform(0.3, 0.8, size=(n_draw, 3)), rng.uniform(0.5, 1.0, size=n_draw)
    return ScoreParts(latent, 0.4, 0.1, complementarity=theta, weight=weight, floor=0.3)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(2, 80), seed=st.integers(0, 1_000))
def test_every_draw_is_taken_from_another_along_one_circle(n, seed):
    order = redraw_order(n, rng=np.random.default_rng(seed))
    assert sorted(circle(order)) == list(range(n))
    assert (order != np.arange(n)).all()


def test_index_and_model_together_are_the_other_draw():
    drawn, order = parts(), redraw_order(300, rng=np.random.default_rng(0))
    base, both = drawn.combined(), drawn.combined(index=order, model=order)
    for name, value in base.items():
        assert (both[name] == value[order]).all(), name


def test_redrawn_indices_move_what_they_measure_and_its_family_only():
    drawn, order = parts(), redraw_order(300, rng=np.random.default_rng(0))
    base, again = drawn.combined(), drawn.combined(index=order)
    moved = np.abs(again["exposure"] - base["exposure"]).mean(axis=0)
    assert moved[MEASURED] > moved[SIBLING] > 0.0 == moved[ALONE]
    assert (again["complementarity"] == base["complementarity"]).all()


def test_a_redrawn_model_moves_every_occupation_and_its_complementarity():
    drawn, order = parts(), redraw_order(300, rng=np.random.default_rng(0))
    base, again = drawn.combined(), drawn.combined(model=order)
    assert (again["exposure"] != base["exposure"]).any(axis=0).all()
    assert (again["complementarity"] == base["complementarity"][order]).all()


def test_what_is_carried_beside_does_not_move_the_scores_by_a_digit():
    rng = np.random.default_rng(1)
    first, other = (scores(rng.uniform(size=(60, 436))) for _ in range(2))
    alone, beside = carried(first), carried(first, other=other, same=first)
    for level in ("minor", "sub_major", "military"):
        for name in SCORES:
            left, right = (getattr(getattr(korea, level), name) for korea in (alone, beside))
            assert left.to_numpy().tobytes() == right.to_numpy().tobytes()
    assert beside.beside["same"].exposure.identical(alone.sub_major.exposure)
    assert beside.beside["same"].substitution.identical(alone.sub_major.substitution)
    assert not beside.beside["other"].exposure.equals(alone.sub_major.exposure)


def test_a_redrawn_crosswalk_is_that_of_the_other_draw_under_the_own_scores():
    """Scores that are the same in every draw leave the crosswalk alone to be seen."""
    order = redraw_order(60, rng=np.random.default_rng(2))
    still = scores(np.tile(np.random.default_rng(1).uniform(size=436), (60, 1)))
    korea = carried(still, crosswalk=scores_in_order(still, np.argsort(order)), index=still)
    again = redrawn_sub_major(korea.beside, korea.sub_major, order)
    want = korea.sub_major.exposure.to_numpy()[order]
    assert (again["crosswalk"].exposure.to_numpy() == want).all()
    assert (again["index"].exposure == korea.sub_major.exposure).all()


def test_scores_under_a_redrawn_crosswalk_are_those_of_the_own_draw():
    """Scores that are the same for every occupation pass any crosswalk that does not shift."""
    order = redraw_order(60, rng=np.random.default_rng(2))
    level = scores(np.tile(np.random.default_rng(4).uniform(size=(60, 1)), 436))
    korea = carry_to_korea(
        level,
        {},
        reference_tables(),
        concentration=1.0,
        smallest_spread=0.06,
        rng=np.random.default_rng(3),
        beside={"crosswalk": scores_in_order(level, np.argsort(order))},
    )
    again = redrawn_sub_major(korea.beside, korea.sub_major, order)["crosswalk"]
    assert again.exposure.to_numpy() == pytest.approx(korea.sub_major.exposure.to_numpy())
    assert np.ptp(again.exposure.to_numpy()) > 0.5


def test_the_stage_hands_on_every_source_beside_the_scores():
    result = ridge_result()
    assert set(result.redrawn) == {*EXPOSURE_SOURCES, ALL}
    order = result.redraw_order
    assert order is not None and len(circle(order)) == N_DRAW
    for name in SCORES:
        value = getattr(result.sub_major, name)
        everything = getattr(result.redrawn[ALL], name).to_numpy()
        assert (everything == value.to_numpy()[order]).all()
        for source in EXPOSURE_SOURCES:
            again = getattr(result.redrawn[source], name)
            assert again.dims == value.dims and again.attrs == value.attrs
            if (source, name) != ("index", "complementarity"):
                assert not np.allclose(again, value), (source, name)
            assert again.mean().item() == pytest.approx(value.mean().item(), abs=0.02)
    same = result.redrawn["index"].complementarity
    assert (same == result.sub_major.complementarity).all()


def test_the_sources_explain_exposure_together():
    result = ridge_result()
    walked = circle(result.redraw_order)
    runs = {source: again.exposure.to_numpy()[walked] for source, again in result.redrawn.items()}
    base, whole = result.sub_major.exposure.to_numpy()[walked], runs.pop(ALL)
    shares = variance_shares(base, whole, runs, n_block=12)
    assert shares.total_effect.mean(axis=1).sum() == pytest.approx(1.0, abs=0.25)
    # Korean work differs most from what is known about it by the way it is carried there.
    assert shares.groups[int(shares.total_effect.mean(axis=1).argmax())] == "crosswalk"


def test_isco_scores_to_carry_are_one_for_each_source():
    drawn, order = parts(), redraw_order(300, rng=np.random.default_rng(0))
    values = drawn.combined()
    titles = ridge_result().isco.titles.iloc[:3]
    isco = occupation_scores("isco08", titles, **values, spread=np.full(3, 0.1))
    again = redrawn_isco(isco, drawn, order)
    assert tuple(again) == EXPOSURE_SOURCES
    assert (again["crosswalk"].exposure.to_numpy()[order] == values["exposure"]).all()
    assert (again["model"].complementarity.to_numpy() == values["complementarity"][order]).all()
