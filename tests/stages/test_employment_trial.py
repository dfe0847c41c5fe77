"""A trial of the employment forecast: which half-years it may know, and what its score is."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from forecast.errors import ConfigError, ForecastError
from forecast.models.naive import NAIVE_MODELS
from forecast.options import EmploymentOptions, Options, SweepOptions
from forecast.stages import employment_trial
from forecast.stages.employment_trial import check_trial, prepared, score_locked, score_trial
from forecast.types import AGE_GROUPS
from forecast.types_sweep import TrialScore
from forecast.validation.locked import locked_origins
from forecast.validation.scores import crps_draws

N_PERIOD, N_DRAW, HORIZON = 14, 20, 3
PERIODS = [f"{2015 + i // 2}H{i % 2 + 1}" for i in range(N_PERIOD)]
# Origins after 8 to 13 half-years; a share of .3 locks two: those after 12 and 13.
LOCKED, FIRST_LOCKED = ("2020H2", "2021H1"), 12
DEVELOPMENT = ("2018H2", "2019H1", "2019H2", "2020H1")


def options(**changes) -> Options:
    chosen = {"share": 0.3, "draws": N_DRAW, **changes}
    sweep = SweepOptions(objective="employment", locked_share=chosen.pop("share"))
    draws = chosen.pop("draws")
    plan = {"first_origin": "2018H2", "last_origin": "2021H2", "members": ["ets"]}
    plan |= {"breaks": ["2019H1"], "max_horizon": HORIZON, **chosen}
    return Options(draws=draws, employment=EmploymentOptions(**plan), sweep=sweep)


def own_tables(*, after: int = N_PERIOD, change: float = 0.0) -> dict[str, pd.DataFrame]:
    """Three occupations by age; from the half-year number `after` on, everybody is shifted."""
    rng = np.random.default_rng(0)
    cells = list(itertools.product(["21", "22", "31"], AGE_GROUPS))
    steps = rng.integers(-3, 4, size=(N_PERIOD, len(cells))).cumsum(axis=0)
    persons = (rng.integers(40, 90, size=len(cells)) + steps) * 1_000.0
    persons[after:] += change
    rows = [(period, *cell) for period in PERIODS for cell in cells]
    made = pd.DataFrame(rows, columns=["period", "ksco7", "age_group"])
    return {"employment_age": made.assign(employed_persons=persons.ravel())}


TABLES = own_tables()


def score(chosen=None, tables=TABLES, *, seed=0, of=score_trial) -> TrialScore:
    return of(chosen or options(), tables, rng=np.random.default_rng(seed))


def same_losses(one: TrialScore, other: TrialScore) -> bool:
    names = ("loss", "reference", "naive", "rows", "folds")
    return (one.cases, one.split) == (other.cases, other.split) and all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in names
    )


def history() -> np.ndarray:
    """Cells by half-year in the order of the trial."""
    table = TABLES["employment_age"]
    wide = table.pivot(index=["ksco7", "age_group"], columns="period", values="employed_persons")
    return wide.reindex(AGE_GROUPS, level="age_group").to_numpy()


def by_hand(draw, origins, end) -> np.ndarray:
    """Scaled CRPS summed over cells and horizons, by origin."""
    values, losses = history(), []
    for n_seen in origins:
        past, horizon = values[:, :n_seen], min(HORIZON, end - n_seen)
        scale = np.abs(past[:, 2:] - past[:, :-2]).mean(axis=1)
        crps = crps_draws(
            np.sort(draw(past, horizon), axis=0), values[:, n_seen : n_seen + horizon]
        )
        losses.append((crps / scale[:, None]).sum())
    return np.array(losses)


@pytest.fixture
def asked(monkeypatch):
    """Replace the forecaster by the last value seen, and remember what it was handed."""
    calls = []

    def last_value(past, horizon, *, n_draw, **_):
        calls.append((past.copy(), horizon))
        draws = np.tile(past[None, :, -1:], (n_draw, 1, horizon))
        return {"combination": SimpleNamespace(draws=draws)}

    monkeypatch.setattr(employment_trial, "forecast_panel", last_value)
    return calls


def test_the_last_origins_are_locked_and_at_least_one_is():
    assert score().cases == DEVELOPMENT
    assert score(of=score_locked).cases == LOCKED
    assert locked_origins([9, 10, 11], 0.01) == (11,)
    assert score(options(share=0.01), of=score_locked).cases == LOCKED[1:]


def test_a_trial_is_scored_on_nothing_after_the_first_locked_origin(asked):
    result = score()
    assert [(past.shape[1], horizon) for past, horizon in asked] == [
        (8, 3),
        (9, 3),
        (10, 2),
        (11, 1),
    ]
    assert all(past.shape[1] + horizon <= FIRST_LOCKED for past, horizon in asked)
    for past, _ in asked:
        np.testing.assert_array_equal(past, history()[:, : past.shape[1]])
    assert result.rows.tolist() == [45, 45, 30, 15]


def test_what_comes_after_the_first_locked_origin_moves_no_trial_but_the_locked_scores():
    later = own_tables(after=FIRST_LOCKED, change=5_000.0)
    assert same_losses(score(), score(tables=later))
    before, after = score(of=score_locked), score(tables=later, of=score_locked)
    assert before.split != after.split
    assert before.loss[0] != after.loss[0]
    earlier = own_tables(after=FIRST_LOCKED - 1, change=5_000.0)
    assert score().loss[-1] != score(tables=earlier).loss[-1]  # the test above can fail


@pytest.mark.parametrize(
    ("of", "origins", "end"), [(score_trial, (8, 9, 10, 11), 12), (score_locked, (12, 13), 14)]
)
def test_losses_are_scaled_crps_summed_over_cells(asked, of, origins, end):
    expected = by_hand(lambda past, h: np.tile(past[None, :, -1:], (2, 1, h)), origins, end)
    np.testing.assert_allclose(score(of=of).loss, expected, rtol=1e-12)


def test_a_perfect_forecaster_scores_one(monkeypatch):
    values = history()

    def oracle(past, horizon, *, n_draw, **_):
        n_seen = past.shape[1]
        return {
            "combination": SimpleNamespace(
                draws=np.tile(values[None, :, n_seen : n_seen + horizon], (n_draw, 1, 1))
            )
        }

    monkeypatch.setattr(employment_trial, "forecast_panel", oracle)
    assert score().score == pytest.approx(1.0, abs=1e-12)
    assert score().naive_score == 0.0


def test_the_reference_is_the_better_naive_model_and_every_trial_has_the_same():
    plain = score()
    assert plain.reference.tobytes() == plain.naive.tobytes()
    others = [score(seed=7), score(options(members=["damped_drift"], drift_damping=0.5))]
    for other in others:
        assert other.split == plain.split
        assert other.reference.tobytes() == plain.reference.tobytes()
        assert other.loss.tobytes() != plain.loss.tobytes()
    rng = np.random.default_rng(3)
    totals = [
        by_hand(
            lambda past, h, model=model: model.draw(past, h, n_draw=4_000, rng=rng),
            (8, 9, 10, 11),
            FIRST_LOCKED,
        ).sum()
        for model in NAIVE_MODELS.values()
    ]
    many = prepared(options(draws=4_000), TABLES)[0]
    assert many.naive.sum() == pytest.approx(min(totals), rel=0.01)
    assert min(totals) < 0.95 * max(totals)


def test_the_same_seed_gives_the_same_bytes_with_or_without_what_was_kept():
    chosen = options(members=["ets", "ridge"])
    first = score(chosen)
    assert same_losses(first, score(chosen))
    employment_trial._prepared.cache_clear()
    assert same_losses(first, score(chosen, own_tables()))
    assert first.fit_seconds > 0
    assert not same_losses(first, score(chosen, seed=1))


def test_scores_compare_only_where_origins_horizons_draws_and_figures_are_the_same():
    splits = [
        prepared(options(**changes), TABLES)[0].split
        for changes in (
            {},
            {"max_horizon": 2},
            {"first_origin": "2019H1"},
            {"share": 0.2},
            {"draws": 30},
        )
    ]
    splits.append(prepared(options(), own_tables(after=3, change=1_000.0))[0].split)
    assert len(set(splits)) == len(splits)
    assert splits[0] == prepared(options(members=["theta"], breaks=[]), TABLES)[0].split


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"share": 0.7}, "sweep.locked_share=0.7"),
        ({"max_horizon": 0}, "employment.max_horizon"),
        ({"members": ["magic"]}, "employment.members: 'magic'"),
        ({"reconciliation": "magic"}, "employment.reconciliation"),
        ({"first_origin": "soon"}, "employment.first_origin"),
        ({"last_origin": "late"}, "employment.last_origin"),
    ],
)
def test_a_wrong_trial_is_refused_before_anything_is_read(changes, message):
    with pytest.raises(ForecastError, match=message):
        check_trial(options(**changes))


def test_origins_are_held_against_the_figures():
    check_trial(options(), TABLES)
    with pytest.raises(ConfigError, match=r"employment\.first_origin"):
        check_trial(options(first_origin="2030H1"), TABLES)
    with pytest.raises(ConfigError, match="locks all 1 origins"):
        check_trial(options(first_origin="2021H1"), TABLES)
