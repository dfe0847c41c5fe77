"""Tables of a sweep: the same in whatever order trials end, and honest about the choice."""

import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sweep_cases import (
    CASES,
    FAILURE,
    FOLDS,
    a_score,
    made_locked,
    made_runs,
    made_trials,
    scored,
    whole_runs,
)

from forecast.codebook import TABLES, check_table
from forecast.codebook_sweeps import ESTIMATES, SWEEP_TABLES
from forecast.errors import InputError
from forecast.report.sweep_tables import TrialRow, headline_tables, scored_tables, winner_of

SCORED = ("sweep_trials", "sweep_folds", "sweep_comparison", "sweep_selection")


def trial(number, loss, **changes):
    score = a_score(np.asarray(loss, dtype=float), np.ones(len(CASES)), **changes)
    return TrialRow(f"t{number}", number, f"x={number}", "ridge", "finished", score=score)


def same(one, two):
    assert set(one) == set(two)
    for name, table in one.items():
        pd.testing.assert_frame_equal(table, two[name], check_exact=True)


def test_tables_do_not_depend_on_the_order_in_which_trials_end():
    trials = made_trials(12, apart=(5,))
    shuffled = random.Random(3).sample(trials, len(trials))
    assert [t.number for t in shuffled] != [t.number for t in trials]
    same(scored(trials), scored(shuffled))
    same(whole_runs(made_runs()), whole_runs(made_runs()[::-1]))
    assert scored(trials)["sweep_trials"]["number"].tolist() == list(range(12))


def test_every_table_has_the_columns_and_types_of_the_codebook_even_empty():
    full, none = scored(), scored(made_trials(2, failed=(0, 1)))
    assert set(full) == set(none) == set(SCORED)
    assert set(SWEEP_TABLES) == {*SCORED, "sweep_headlines"} and set(SWEEP_TABLES) < set(TABLES)
    for name in SCORED:
        assert list(full[name].columns) == list(TABLES[name])
        assert len(check_table(name, full[name])) and len(check_table(name, none[name])) in (0, 2)
        assert full[name].dtypes.to_dict() == none[name].dtypes.to_dict()
    assert full["sweep_trials"]["comparable"].dtype == bool


def test_the_winner_has_the_best_score_and_of_equal_ones_is_the_earliest():
    base = np.linspace(0.2, 0.6, len(CASES))
    worse, best = trial(0, base), trial(4, 0.9 * base)
    by_rounding = trial(2, 0.9 * base * (1 + 1e-14))
    assert best.score.score > by_rounding.score.score
    assert winner_of([best, worse]) == "t4"
    assert winner_of([best, by_rounding, worse]) == "t2"
    tables = scored([best, by_rounding, worse])
    assert tables["sweep_trials"].set_index("trial")["rank"].to_dict() == {
        "t2": 1,
        "t4": 2,
        "t0": 3,
    }
    assert set(tables["sweep_selection"]["trial"]) == {"t2"}
    assert winner_of(made_trials(3, failed=(0, 1, 2))) is None


def test_failed_trials_keep_their_error_and_have_no_score():
    table = scored(made_trials(8, failed=(1, 6)))["sweep_trials"].set_index("number")
    failed = table.loc[[1, 6]]
    assert failed["error"].eq(FAILURE).all() and failed["rank"].eq(0).all()
    assert failed["score"].isna().all() and not failed["comparable"].any()
    others = table.drop([1, 6])
    assert sorted(others["rank"]) == [1, 2, 3, 4, 5, 6] and others["error"].eq("").all()
    assert others["won_share"].sum() == pytest.approx(1.0)
    inside = others["lower95"].lt(others["score"]) & others["score"].lt(others["upper95"])
    assert inside.all()


def test_scores_of_folds_add_up_to_the_score_of_the_trial():
    trials = made_trials(4, failed=())
    tables = scored(trials)
    for own in trials:
        rows = tables["sweep_folds"].query("trial == @own.identity").set_index("fold")
        assert rows["n_cases"].sum() == len(CASES) and rows["n"].sum() == own.score.rows.sum()
        for fold in range(5):
            loss, reference, naive = (
                part[fold == FOLDS].sum()
                for part in (own.score.loss, own.score.reference, own.score.naive)
            )
            assert rows.loc[fold, "score"] == pytest.approx(1 - loss / reference)
            assert rows.loc[fold, "naive_score"] == pytest.approx(1 - naive / reference)


def test_a_fold_without_reference_loss_has_no_score():
    reference = np.where(FOLDS == 2, 0.0, 1.0)
    score = a_score(0.3 * reference, reference)
    rows = scored([TrialRow("t", 0, "", "ridge", "finished", score=score)])["sweep_folds"]
    assert rows.set_index("fold")["score"].isna().to_dict() == {f: f == 2 for f in range(5)}


@pytest.mark.parametrize("changes", [{"split": "another"}, {"metric": "crps_skill"}])
def test_trials_of_other_cases_are_told_and_change_nothing_else(changes):
    trials = made_trials(9, failed=())
    perfect = replace(trials[0].score, loss=0.01 * trials[0].score.reference, **changes)
    apart = replace(trials[8], score=perfect)
    tables, without = scored([*trials[:8], apart]), scored(trials[:8])
    for name in ("sweep_comparison", "sweep_selection"):
        pd.testing.assert_frame_equal(tables[name], without[name], check_exact=True)
    row = tables["sweep_trials"].set_index("number").loc[8]
    assert row["status"] == "finished" and row["rank"] == 0 and not row["comparable"]
    assert row["score"] == pytest.approx(0.99) and "other cases" in row["error"]
    assert np.isnan(row["won_share"]) and np.isnan(row["lower95"])


def test_trials_of_another_target_are_not_compared():
    trials = made_trials(5, failed=())
    own = trials[0].score
    other = replace(own, reference=2 * own.reference, loss=0.1 * own.loss)
    tables = scored([*trials[1:], replace(trials[0], score=other)])
    assert not tables["sweep_trials"].set_index("number").loc[0, "comparable"]
    assert winner_of([*trials[1:], replace(trials[0], score=other)]) != trials[0].identity


def test_what_choosing_flatters_is_taken_off():
    rng = np.random.default_rng(1)
    flattered, nested = [], []
    for _ in range(8):  # trials that differ by luck alone
        luck = [trial(n, rng.uniform(0.2, 0.6, len(CASES))) for n in range(25)]
        found = scored(luck)["sweep_selection"].set_index("estimate")["score"]
        flattered.append(found["cross_validation"] - found["selection_adjusted"])
        nested.append(found["cross_validation"] - found["nested"])
    assert min(flattered) > 0 and np.mean(flattered) > 0.02
    assert min(nested) >= 0 and np.mean(nested) > 0.005
    truth = 1 - 0.4  # of every one of them
    assert found["cross_validation"] > truth + 0.02


def test_estimates_say_of_what_they_are():
    trials = made_trials(9, failed=(3,), apart=(4,))
    table = scored(trials)["sweep_selection"].set_index("estimate")
    assert list(table.index) == list(ESTIMATES)
    assert table["n_trials"].eq(7).all()
    assert table["n_cases"].tolist() == [36, 36, 36, 8]
    locked = made_locked()
    assert table.loc["locked_test", "score"] == locked.score
    assert table.loc["locked_test", "naive_score"] == locked.naive_score
    assert table["lower95"].isna().tolist() == [False, False, True, False]
    ends = table.dropna(subset="lower95")
    assert (ends["lower95"] < ends["score"]).all() and (ends["score"] < ends["upper95"]).all()
    assert table["note"].str.len().gt(10).all()


def test_the_winner_is_compared_with_the_naive_model_and_every_other_trial():
    trials = made_trials(9, failed=(3,), apart=(4,))
    tables = scored(trials)
    table, rows = tables["sweep_trials"].set_index("trial"), tables["sweep_comparison"]
    assert rows["rival"].iloc[0] == "naive" and len(rows) == 7
    ranks = table.loc[rows["rival"].iloc[1:], "rank"].tolist()
    assert ranks == [2, 3, 4, 5, 6, 7]
    best = table[table["rank"] == 1]
    assert set(rows["trial"]) == set(best.index)
    naive = rows.iloc[0]
    assert naive["difference"] == pytest.approx((best["score"] - best["naive_score"]).iloc[0])
    for row in rows.iloc[1:].to_dict("records"):
        expected = best["score"].iloc[0] - table.loc[row["rival"], "score"]
        assert row["difference"] == pytest.approx(expected)
        assert row["name"] == table.loc[row["rival"], "name"]
        assert row["lower95"] < row["difference"] < row["upper95"]
    assert (rows["p_value_holm"] >= rows["p_value"]).all()
    smallest = rows["p_value"].min()
    assert rows["p_value_holm"].min() == pytest.approx(min(1.0, len(rows) * smallest))
    assert rows["folds_won"].le(rows["n_folds"]).all() and rows["n_folds"].eq(5).all()


def test_one_trial_is_no_choice():
    tables = scored(made_trials(1, failed=()))
    found = tables["sweep_selection"].set_index("estimate")
    assert found.loc["selection_adjusted", "score"] == pytest.approx(
        found.loc["cross_validation", "score"]
    )
    assert found["note"].str.contains("one trial only").all() and found["n_trials"].eq(1).all()
    assert tables["sweep_comparison"]["rival"].tolist() == ["naive"]


def test_an_unfinished_sweep_has_no_locked_test_and_the_same_of_everything_else():
    tables, opened = scored(locked=False), scored()
    assert "locked_test" not in set(tables["sweep_selection"]["estimate"])
    pd.testing.assert_frame_equal(
        tables["sweep_selection"], opened["sweep_selection"].iloc[:3], check_exact=True
    )
    pd.testing.assert_frame_equal(tables["sweep_trials"], opened["sweep_trials"], check_exact=True)


def test_when_all_failed_nothing_is_chosen():
    tables = scored(made_trials(3, failed=(0, 1, 2)))
    assert len(tables["sweep_trials"]) == 3
    assert all(tables[name].empty for name in SCORED[1:])


def test_one_fold_leaves_out_what_needs_several():
    single = trial(0, np.full(len(CASES), 0.3), folds=np.zeros(len(CASES), dtype=np.int64))
    tables = scored([single])
    assert list(tables["sweep_selection"]["estimate"]) == [
        "cross_validation",
        "selection_adjusted",
        "locked_test",
    ]
    assert tables["sweep_comparison"].empty


@pytest.mark.parametrize(("n_case", "n_locked"), [(3, 1), (6, 2), (8, 8)])
def test_few_overlapping_origins_are_resampled_in_shorter_blocks(n_case, n_locked):
    def first(score, n):
        names = ("folds", "loss", "reference", "naive", "rows")
        parts = {name: getattr(score, name)[:n] for name in names}
        return replace(score, cases=score.cases[:n], **parts)

    trials = [replace(t, score=first(t.score, n_case)) for t in made_trials(4, failed=())]
    table = scored_tables(
        trials,
        locked=first(made_locked(), n_locked),
        winner=winner_of(trials),
        rng=np.random.default_rng(1),
        n_resample=1000,
        length=6,
    )["sweep_selection"].set_index("estimate")
    assert np.isfinite(table.loc["selection_adjusted", "lower95"])
    assert np.isnan(table.loc["locked_test", "lower95"]) == (n_locked == 1)


def test_neighbouring_cases_are_drawn_together_where_asked_for():
    trials = made_trials(4, failed=())
    kwargs = {"locked": None, "winner": winner_of(trials), "n_resample": 300}
    found = [
        scored_tables(trials, rng=np.random.default_rng(1), length=length, **kwargs)
        for length in (1, 4)
    ]
    one, four = (tables["sweep_trials"]["lower95"] for tables in found)
    assert (one != four).all()


def test_a_setting_asked_for_twice_is_one_trial():
    trials = made_trials(5, failed=())
    again = replace(trials[2], number=5)
    same(scored([*trials, again]), scored(trials))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: TrialRow("a", 0, "", "", "done"), "done"),
        (lambda: TrialRow("a", 0, "", "", "failed", headline={}), "failed"),
        (lambda: TrialRow("a", 0, "", "", "finished", headline={"atrisk": 1.0}), "atrisk"),
        (lambda: winner_of([replace(t, number=0) for t in made_trials(2)]), "share one number"),
    ],
)
def test_what_cannot_be_is_refused(wrong, says):
    with pytest.raises(InputError, match=says):
        wrong()


@pytest.mark.parametrize("winner", [None, "t1"])
def test_no_other_trial_can_be_given_as_the_winner(winner):
    base = np.linspace(0.2, 0.6, len(CASES))
    trials = [trial(0, base), trial(1, 1.1 * base)]
    with pytest.raises(InputError, match="t0"):
        scored_tables(
            trials, locked=made_locked(), winner=winner, rng=np.random.default_rng(1), n_resample=50
        )


def test_whole_runs_have_headlines_and_no_winner():
    trials = made_runs(6, failed=(4,), stages=("needs",))
    tables = headline_tables(trials)
    assert set(tables) == {"sweep_trials", "sweep_headlines"}
    table, headlines = tables["sweep_trials"], tables["sweep_headlines"]
    assert table["score"].isna().all() and table["rank"].eq(0).all()
    assert not table["comparable"].any()
    check_table("sweep_headlines", headlines)
    assert headlines["allocated_persons"].isna().all()
    told = headlines.set_index("number")
    assert told.loc[4, "error"] == FAILURE and np.isnan(told.loc[4, "at_risk_persons"])
    assert told.loc[1, "ax_persons"] == trials[1].headline["ax_persons"]
