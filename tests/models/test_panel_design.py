"""What a global model is told of a cell: every block of features by hand, nothing of the future."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panel_cases import N_AGE, walks

from forecast.models.panel_design import (
    FIRST_ROW,
    MANY_SIGMA,
    forecast_rows,
    panel_features,
    panel_scale,
    standardised,
    training_rows,
    within_reach,
)

# Two occupations (A, B) at two ages, six half-years. A young rises from 1,000 to 3,000 a year ago.
PANEL = np.array(
    [
        [1_000.0, 1_000, 1_000, 1_000, 3_000, 3_000],  # A young
        [2_000.0, 2_000, 2_000, 2_000, 2_000, 2_000],  # A old
        [4_000.0, 4_000, 4_000, 4_000, 4_000, 4_000],  # B young
        [5_000.0, 5_000, 5_000, 5_000, 5_000, 7_000],  # B old: 2,000 more in the last half-year
    ]
)
LEVEL = np.array([3_000.0, 2_000.0, 4_000.0, 6_000.0])  # mean of the last year
FEATURES = panel_features(PANEL, n_age=2)


def growth(now, before, halves, mean_level):
    return (now - before) / halves / mean_level


def test_the_first_block_is_the_change_of_the_cell_itself():
    # A young had 1,000 in its first year and has 3,000 now, B old 5,000 and 6,000.
    start = [growth(3_000, 1_000, 4, 10_000 / 6), 0, 0, growth(6_000, 5_000, 4, 32_000 / 6)]
    year = [growth(3_000, 1_000, 2, 2_000), 0, 0, growth(6_000, 5_000, 2, 5_500)]
    np.testing.assert_allclose(FEATURES[:, 0], LEVEL * start)
    np.testing.assert_allclose(FEATURES[:, 1], LEVEL * year)
    np.testing.assert_allclose(FEATURES[:, 2], [0.0, 0.0, 0.0, 2_000.0])


def test_the_second_block_is_the_growth_of_the_occupation_at_the_level_of_the_cell():
    # A: 3,000 in the first year and 5,000 now. B: 9,000, and 11,000 in the last half-year.
    start = [growth(5_000, 3_000, 4, 22_000 / 6)] * 2 + [growth(10_000, 9_000, 4, 56_000 / 6)] * 2
    year = [growth(5_000, 3_000, 2, 4_000)] * 2 + [growth(10_000, 9_000, 2, 9_500)] * 2
    np.testing.assert_allclose(FEATURES[:, 3], LEVEL * start)
    np.testing.assert_allclose(FEATURES[:, 4], LEVEL * year)
    np.testing.assert_allclose(FEATURES[:, 5], LEVEL * [0, 0, 0.2, 0.2])  # 2,000 on 10,000


def test_the_third_block_is_the_growth_of_the_age_at_the_level_of_the_cell():
    # Young: 5,000, then 7,000 a year ago. Old: 7,000, and 9,000 in the last half-year.
    start = [growth(7_000, 5_000, 4, 34_000 / 6), growth(8_000, 7_000, 4, 44_000 / 6)] * 2
    year = [growth(7_000, 5_000, 2, 6_000), growth(8_000, 7_000, 2, 7_500)] * 2
    np.testing.assert_allclose(FEATURES[:, 6], LEVEL * start)
    np.testing.assert_allclose(FEATURES[:, 7], LEVEL * year)
    np.testing.assert_allclose(FEATURES[:, 8], LEVEL * ([0, 0.25] * 2))  # 2,000 on 8,000


def test_the_fourth_block_is_the_growth_of_the_total():
    np.testing.assert_allclose(FEATURES[:, 9], LEVEL * growth(15_000, 12_000, 4, 78_000 / 6))
    np.testing.assert_allclose(FEATURES[:, 10], LEVEL * growth(15_000, 12_000, 2, 13_500))


def test_the_fifth_block_is_what_the_next_younger_age_brings():
    np.testing.assert_allclose(FEATURES[:, 11], [0.0, FEATURES[0, 0], 0.0, FEATURES[2, 0]])
    # A twentieth of an age turns into the next one each half-year; nobody is below the first.
    np.testing.assert_allclose(
        FEATURES[:, 12], [0.0, (3_000 - 2_000) / 20, 0.0, (4_000 - 6_000) / 20]
    )


def test_people_come_from_the_younger_age_and_not_from_the_older():
    young, middle, old = (np.full(6, people) for people in (9_000.0, 5_000.0, 2_000.0))
    made = panel_features(np.array([young, middle, old]), n_age=3)
    np.testing.assert_allclose(made[:, 12], [0.0, 4_000 / 20, 3_000 / 20])
    np.testing.assert_allclose(made[:, 16], [0.0, 9_000 / 20, 0.0])  # the younger, for the middle
    np.testing.assert_allclose(made[:, 17], [0.0, 0.0, 5_000 / 20])  # and for the old


def test_the_last_block_holds_levels_by_age():
    np.testing.assert_allclose(FEATURES[:, 13], [150.0, 0.0, 200.0, 0.0])  # young: level / 20
    np.testing.assert_allclose(FEATURES[:, 14], [0.0, 100.0, 0.0, 300.0])  # old
    np.testing.assert_allclose(FEATURES[:, 15], [0.0, 150.0, 0.0, 200.0])  # the younger, for old
    assert FEATURES.shape == (4, 16)


def test_a_scale_is_the_usual_yearly_change_and_never_less_than_can_be_seen():
    # A young: yearly changes 0, 0, 2,000 and 2,000; B old: 0, 0, 0 and 2,000.
    np.testing.assert_allclose(panel_scale(PANEL), [1_000.0, 500.0, 500.0, 500.0])


def test_rows_ahead_repeat_the_features_beside_the_root_and_the_half_of_the_year():
    rows = forecast_rows(PANEL, 3, n_age=2)
    assert rows.shape == (3, 4, 18)
    for row in rows:
        np.testing.assert_allclose(row[:, :-2], FEATURES / panel_scale(PANEL)[:, None])
    np.testing.assert_allclose(rows[:, 0, -2], np.sqrt([1.0, 2.0, 3.0]))
    assert rows[:, 0, -1].tolist() == [1.0, 0.0, 1.0]  # the seventh half-year, the eighth, ...


def pairs(rows):
    """Return (half-years seen at the origin, half-years ahead) of every pair."""
    steps = np.rint(rows.x[:, 0, -2] ** 2).astype(int)
    return list(zip((rows.known_after - steps).tolist(), steps.tolist(), strict=True))


def test_every_change_up_to_the_horizon_is_a_pair_known_when_it_ends():
    history = walks(n_time=9)
    rows = training_rows(history, 3, n_age=N_AGE)
    assert pairs(rows) == [
        (seen, step) for seen in range(FIRST_ROW, 9) for step in (1, 2, 3) if seen + step <= 9
    ]
    for place, (seen, step) in enumerate(pairs(rows)):
        change = history[:, seen + step - 1] - history[:, seen - 1]
        scale = panel_scale(history[:, :seen])
        np.testing.assert_allclose(rows.change[place], change / scale / np.sqrt(step))
        np.testing.assert_allclose(
            rows.x[place], forecast_rows(history[:, :seen], step, n_age=N_AGE)[-1]
        )


@given(broken=st.lists(st.integers(-2, 12), max_size=3, unique=True))
@settings(deadline=None)
def test_breaks_leave_out_exactly_the_changes_that_cross_them(broken):
    history = walks(n_occupation=2, n_time=10)
    every = training_rows(history, 4, n_age=N_AGE)
    kept = training_rows(history, 4, n_age=N_AGE, breaks=broken)
    # Column c is the half-year number c + 1: a change from before it to it or later crosses it.
    wanted = [
        (seen, step)
        for seen, step in pairs(every)
        if not any(seen < column + 1 <= seen + step for column in broken)
    ]
    if not wanted:
        assert kept.known_after.size == 0
        return
    assert pairs(kept) == wanted
    places = [pairs(every).index(pair) for pair in wanted]
    np.testing.assert_array_equal(kept.x, every.x[places])
    np.testing.assert_array_equal(kept.change, every.change[places])


def test_pairs_use_nothing_that_came_later():
    history = walks(n_time=10)
    tampered = history.copy()
    tampered[:, 7:] *= 3.0
    before, after = (training_rows(values, 3, n_age=N_AGE) for values in (history, tampered))
    known = before.known_after <= 7
    np.testing.assert_array_equal(before.x[known], after.x[known])
    np.testing.assert_array_equal(before.change[known], after.change[known])
    origins = np.array([seen for seen, _ in pairs(before)])
    np.testing.assert_array_equal(before.x[origins <= 7], after.x[origins <= 7])
    assert (before.change[~known] != after.change[~known]).all()


def test_a_history_without_a_change_to_learn_gives_no_pair():
    assert training_rows(walks(n_time=FIRST_ROW), 6, n_age=N_AGE).known_after.size == 0


def test_standardised_features_of_known_pairs_have_mean_zero_and_spread_one():
    rows = training_rows(walks(n_time=10), 3, n_age=N_AGE)
    known = rows.known_after <= 8
    centre, spread = standardised(rows.x, known)
    made = ((rows.x[known] - centre) / spread).reshape(-1, rows.x.shape[2])
    np.testing.assert_allclose(made.mean(axis=0), 0.0, atol=1e-9)
    moving = rows.x[known].reshape(made.shape).std(axis=0) > 0
    np.testing.assert_allclose(made[:, moving].std(axis=0), 1.0)
    assert (spread[~moving] == 1.0).all()  # the youngest age has no younger one
    assert np.abs(within_reach(1e6 * rows.x, centre, spread)).max() == MANY_SIGMA


@pytest.mark.parametrize("n_age", [1, 3])
def test_an_empty_panel_has_no_growth_and_no_division_by_nobody(n_age):
    made = panel_features(np.zeros((6, 5)), n_age=n_age)
    assert made.shape == (6, 12 + 2 * n_age)
    assert not made[:, :13].any()  # then levels follow, held to the least that can be seen
    assert np.isfinite(made).all()
