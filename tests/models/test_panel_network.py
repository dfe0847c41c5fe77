"""The global network: same bytes from the same seed, and no vintage depends on another."""

import numpy as np
import pytest
from panel_cases import N_AGE, cohort_flow, walks

from forecast.models import panel_network
from forecast.models.naive import drift
from forecast.models.panel_network import network

HISTORY = walks(n_time=9)


def forecast(history=HISTORY, horizon=4, **known):
    return network(history, horizon, n_age=N_AGE, damping=0.95, **known)


@pytest.fixture
def brief(monkeypatch):
    """Training too short to be good, long enough for every weight to move."""
    monkeypatch.setattr(panel_network, "N_STEP", 8)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(brief):
    first, again, other = (forecast(seed=seed) for seed in (3, 3, 4))
    assert first.tobytes() == again.tobytes()
    assert (np.abs(first - other).max(axis=(1, 2))[1:] > 1.0).all()


@pytest.mark.parametrize("n_seen", [5, 6, 8])
def test_a_vintage_is_the_same_whether_or_not_later_ones_are_trained_beside_it(brief, n_seen):
    np.testing.assert_array_equal(forecast(HISTORY[:, :n_seen]), forecast()[: n_seen - 3])


def test_a_vintage_is_the_same_whether_or_not_earlier_ones_are_trained_beside_it(brief):
    np.testing.assert_array_equal(forecast(first=7), forecast()[3:])


def test_remembered_vintages_are_those_that_would_be_trained(brief):
    memory = {}
    first = forecast(HISTORY[:, :7], memory=memory)
    assert len(memory) == 4  # vintages of 4 to 7 half-years
    later = forecast(horizon=16, memory=memory)
    assert len(memory) == 6
    np.testing.assert_array_equal(first, forecast(HISTORY[:, :7]))
    np.testing.assert_array_equal(later, forecast(horizon=16))


def test_a_back_test_trains_each_vintage_once(brief, monkeypatch):
    from forecast.models import lightning

    trained, train = [], lightning.train_batches

    def spy(x, *arrays, **known):
        trained.append(len(x))
        return train(x, *arrays, **known)

    monkeypatch.setattr(lightning, "train_batches", spy)
    memory, origins = {}, (6, 7, 9, 7)
    remembered = [forecast(HISTORY[:, :n_seen], memory=memory) for n_seen in origins]
    assert trained == [2, 1, 2]  # vintages 5 and 6, then 7, then 8 and 9, then none
    for made, n_seen in zip(remembered, origins, strict=True):
        np.testing.assert_array_equal(made, forecast(HISTORY[:, :n_seen]))


@pytest.mark.parametrize(
    "changed", [{"seed": 1}, {"breaks": [6]}, {"history": HISTORY + 1.0}], ids=lambda key: min(key)
)
def test_what_was_trained_on_something_else_is_not_remembered(brief, changed):
    memory = {}
    plain = forecast(memory=memory)
    other = forecast(**changed, memory=memory)
    np.testing.assert_array_equal(other, forecast(**changed))
    assert (other[-1] != plain[-1]).any()


def test_vintages_start_from_weights_of_their_own(brief, monkeypatch):
    """With a rate of zero nothing is learnt, and what remains are the starting weights."""
    from forecast.models import lightning

    kept = []
    train = lightning.train_batches

    def spy(*arrays, **known):
        kept.append(train(*arrays, **known))
        return kept[-1]

    monkeypatch.setattr(lightning, "train_batches", spy)
    monkeypatch.setattr(panel_network, "LEARNING_RATE", 0.0)
    made = forecast()
    for vintage, n_seen in zip(made, range(4, 10), strict=True):
        np.testing.assert_allclose(vintage, np.repeat(HISTORY[:, n_seen - 1 : n_seen], 4, axis=1))
    for name in ("inner", "inner_bias"):
        flat = kept[0][name].reshape(5 * panel_network.N_MEMBER, -1)
        assert len(np.unique(flat, axis=0)) == len(flat)  # no two networks start alike


def test_a_vintage_that_has_seen_no_change_keeps_the_last_value(brief):
    made = forecast()
    np.testing.assert_array_equal(made[0], np.repeat(HISTORY[:, 3:4], 4, axis=1))
    short = forecast(HISTORY[:, :4])
    np.testing.assert_array_equal(short, made[:1])


def test_changes_across_a_break_teach_nothing(brief):
    history = np.repeat(np.linspace(20_000.0, 90_000.0, 18)[:, None], 11, axis=1)
    history[:, 7:] *= 0.8
    blind, aware = (forecast(history, breaks=breaks)[-1] for breaks in ([], [7]))
    np.testing.assert_allclose(aware, np.repeat(history[:, -1:], 4, axis=1))
    assert np.abs(blind - history[:, -1:]).max() > 100.0


def test_people_who_grow_into_an_age_are_foreseen_better_than_by_drift(monkeypatch):
    """Six half-years ahead, all ages but the youngest: mean error 30 % below drift's."""
    monkeypatch.setattr(panel_network, "N_STEP", 120)
    whole = cohort_flow(n_time=20)
    history, later = whole[:, :14], whole[:, 14:]
    ours, line = (
        np.abs(made[-1] - later)[np.arange(len(later)) % N_AGE > 0].mean()
        for made in (forecast(history, 6, first=14), drift(history, 6))
    )
    assert ours < 0.7 * line


def test_no_forecast_is_negative_beyond_the_reach_of_training(brief):
    falling = np.linspace(30_000.0, 1_000.0, 9) * np.ones((9, 1))
    made = forecast(falling, 16)
    assert made.shape == (6, 9, 16) and (made >= 0.0).all()
