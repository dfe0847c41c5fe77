"""Choosing among many trials: figures by brute force, promises by simulation with a known truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.multitest import multipletests

from forecast.errors import InputError
from forecast.validation.paired_folds import holm, paired_folds
from forecast.validation.selection import (
    adjusted_score,
    nested_score,
    resampled_scores,
    trial_intervals,
)

DIFFICULTY = 0.5  # expected loss of a trial, relative to the reference, unless it is better


def world(rng, *, n_trial=40, n_case=20, shared=0.7, gain=0.0):
    """Losses by case with a known truth: sizes differ, cases are hard for all, tails are long.

    Returns losses, reference and true score by trial; the last trial is better by `gain`.
    """
    size = rng.gamma(2.0, 0.5, n_case)
    common, own = rng.normal(size=n_case), rng.normal(size=(n_trial, n_case))
    z = 0.6 * (np.sqrt(shared) * common + np.sqrt(1.0 - shared) * own)
    share = np.full(n_trial, DIFFICULTY)
    share[-1] -= gain
    return size * share[:, None] * np.exp(z - 0.18), size, 1.0 - share


def resampled(loss, reference, *, n=400, seed=0, length=1):
    rng = np.random.default_rng(seed)
    return resampled_scores(loss, reference, n_resample=n, rng=rng, length=length)


def scores(loss, reference):
    return 1.0 - np.asarray(loss).sum(axis=-1) / np.sum(reference)


def simulate(n_world, **kwargs):
    """Errors of the best and the adjusted score, whether intervals hold the truth, who won."""
    rng, rows = np.random.default_rng(5), []
    for _ in range(n_world):
        loss, reference, true = world(rng, **kwargs)
        made = resampled_scores(loss, reference, n_resample=600, rng=rng)
        best = int(scores(loss, reference).argmax())
        found, (low, high) = adjusted_score(made), trial_intervals(made)
        inside = found.lower95 <= true[best] <= found.upper95
        unadjusted = low[best] <= true[best] <= high[best]
        raw = scores(loss, reference)[best]
        rows.append((raw - true[best], found.score - true[best], unadjusted, inside, raw))
    return np.array(rows).T


def test_of_many_equal_trials_the_best_is_flattered_and_the_adjusted_score_is_not():
    raw, adjusted, unadjusted, inside, _ = simulate(250)
    error = adjusted.std() / np.sqrt(len(adjusted))
    assert raw.mean() > 0.08
    assert abs(adjusted.mean()) < 3 * error + 0.005 and error < 0.01
    assert inside.mean() >= 0.92 > 0.8 > unadjusted.mean()


def test_a_clear_winner_pays_nothing():
    raw, adjusted, _, inside, score = simulate(150, gain=0.3, n_case=30)
    assert_allclose(adjusted, raw, atol=0.1)
    assert abs((adjusted - raw).mean()) < 0.005 and score.mean() > 0.75
    assert inside.mean() >= 0.9


@pytest.mark.parametrize("n_case", [8, 40])
def test_the_interval_of_one_trial_holds_its_true_score(n_case):
    rng, held = np.random.default_rng(1), []
    for _ in range(400):
        loss, reference, true = world(rng, n_trial=1, n_case=n_case)
        made = resampled_scores(loss, reference, n_resample=600, rng=rng)
        low, high = trial_intervals(made)
        plain = np.quantile(1 - made.drawn_loss[:, 0] / (made.counts @ reference), (0.025, 0.975))
        held.append((low[0] <= true[0] <= high[0], plain[0] <= true[0] <= plain[1]))
    expanded, plain = np.mean(held, axis=0)
    assert 0.9 <= expanded <= 0.98
    assert plain < 0.9 or n_case > 8  # why ends are taken further out for few cases


def test_the_adjusted_score_is_that_of_choosing_in_every_resample_one_by_one():
    loss, reference, _ = world(np.random.default_rng(2), n_trial=7, n_case=9)
    made = resampled(loss, reference, n=300)
    lost, won = [[] for _ in reference], np.zeros(7)
    for counts in made.counts:
        drawn = np.repeat(np.arange(9), counts.astype(int))
        best = loss[:, drawn].sum(axis=1).argmin()
        won[best] += 1
        for case in set(range(9)) - set(drawn):
            lost[case].append(loss[best, case])
    found = adjusted_score(made)
    assert found.score == pytest.approx(scores([np.mean(part) for part in lost], reference))
    assert_allclose(found.won_share, won / 300)
    assert found.lower95 < found.score < found.upper95


def test_choosing_among_trials_widens_the_interval_less_than_left_out_scores_spread():
    loss, reference, _ = world(np.random.default_rng(3), shared=0.2)
    made = resampled(loss, reference, n=2_000)
    found, (low, high) = adjusted_score(made), trial_intervals(made)
    best = scores(loss, reference).argmax()
    out = made.counts == 0
    left_out = (loss[made.drawn_loss.argmin(axis=1)] * out).sum(axis=1) / (out @ reference)
    widest = np.ptp(np.quantile(left_out, (0.025, 0.975)))
    assert 1.1 * (high - low)[best] < found.upper95 - found.lower95 < 0.9 * widest


def test_one_trial_is_not_adjusted():
    loss, reference, _ = world(np.random.default_rng(4), n_trial=1)
    made = resampled(loss, reference)
    found, (low, high) = adjusted_score(made), trial_intervals(made)
    assert found.score == pytest.approx(scores(loss, reference)[0])
    assert (found.lower95, found.upper95) == pytest.approx((low[0], high[0]))
    assert found.won_share.tolist() == [1.0]


def test_of_equal_trials_the_earliest_wins_whatever_rounding_says():
    loss, reference, _ = world(np.random.default_rng(6), n_trial=3)
    best = loss[scores(loss, reference).argmax()]
    rounded = best * (1.0 - 1e-14)
    trials = [best * 1.5, best, rounded, best]
    made = resampled(trials, reference)
    assert adjusted_score(made).won_share.tolist() == [0, 1, 0, 0]
    folds = np.arange(20) % 4
    score, chosen = nested_score(trials, reference, folds)
    assert chosen == {0: 1, 1: 1, 2: 1, 3: 1}
    assert score == pytest.approx(scores(best, reference))


def test_a_copy_of_a_trial_changes_nothing_but_its_share():
    loss, reference, _ = world(np.random.default_rng(7), n_trial=6)
    one = adjusted_score(resampled(loss, reference))
    two = adjusted_score(resampled(np.vstack([loss, loss]), reference))
    assert (one.score, one.lower95) == pytest.approx((two.score, two.lower95))
    assert_allclose(two.won_share, [*one.won_share, *[0.0] * 6])


def test_weights_are_of_the_generator_alone_and_every_resample_has_as_many_cases():
    loss, reference, _ = world(np.random.default_rng(8))
    made, again = resampled(loss, reference, seed=3), resampled(loss[:2], reference, seed=3)
    assert_allclose(made.counts, again.counts, atol=0)
    assert (made.counts.sum(axis=1) == 20).all()
    assert_allclose(made.drawn_loss, made.counts @ loss.T)
    assert adjusted_score(made) != adjusted_score(resampled(loss, reference, seed=4))


def test_cases_without_a_reference_loss_are_drawn_and_divide_nothing():
    loss, reference, _ = world(np.random.default_rng(9), n_case=6)
    reference = np.where(np.arange(6) < 2, reference, 0.0)
    made = resampled(loss, reference, n=2_000)
    assert (made.counts @ reference == 0).any()
    found, (low, high) = adjusted_score(made), trial_intervals(made)
    ends = [found.score, found.lower95, found.upper95, *low, *high]
    assert np.isfinite(ends).all() and max(ends) <= 1.0


def test_trials_without_any_loss_are_perfect():
    found = adjusted_score(resampled(np.zeros((2, 5)), np.ones(5)))
    assert (found.score, found.lower95, found.upper95) == (1.0, 1.0, 1.0)


def test_an_interval_that_choosing_stretches_ends_at_the_best_score_there_is():
    rng, ends = np.random.default_rng(16), []
    for _ in range(20):
        loss = rng.gamma(0.2, 0.5, (30, 5))  # most cases without error, some with a large one
        ends.append(adjusted_score(resampled(loss, np.ones(5), n=500)).upper95)
    assert max(ends) == 1.0 and np.mean(np.array(ends) == 1.0) < 1


def test_neighbours_that_err_together_are_drawn_together_and_the_interval_says_so():
    rng, widths, held = np.random.default_rng(10), [], []
    for _ in range(60):
        shocks = rng.normal(size=(5, 43))
        together = (shocks[:, 3:] + shocks[:, 2:-1] + shocks[:, 1:-2] + shocks[:, :-3]) / 2
        loss = np.exp(0.3 * together - 0.045) / 2
        for length in (1, 4):
            made = resampled_scores(loss, np.ones(40), n_resample=400, rng=rng, length=length)
            assert made.n_blocks == 40 // length
            found = adjusted_score(made)
            widths.append(found.upper95 - found.lower95)
            held.append(found.lower95 <= 0.5 <= found.upper95)
    alone, blocks = np.reshape(widths, (-1, 2)).mean(axis=0)
    assert blocks > 1.3 * alone
    assert np.reshape(held, (-1, 2)).mean(axis=0)[1] > 0.85


def test_a_nested_choice_is_made_without_the_fold_it_is_scored_on():
    loss, reference, _ = world(np.random.default_rng(11), n_trial=9)
    folds = np.random.default_rng(0).permutation(np.arange(20) % 5) + 10
    total, chosen = 0.0, {}
    for fold in range(10, 15):
        inside = folds == fold
        chosen[fold] = int(loss[:, ~inside].sum(axis=1).argmin())
        total += loss[chosen[fold], inside].sum()
    score, found = nested_score(loss, reference, folds)
    assert score == pytest.approx(1 - total / reference.sum()) and found == chosen


def test_a_nested_score_is_not_flattered_by_many_equal_trials():
    rng, errors = np.random.default_rng(12), []
    for _ in range(400):
        loss, reference, true = world(rng)
        errors.append(nested_score(loss, reference, np.arange(20) % 5)[0] - true[0])
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(400)


def test_with_equal_folds_the_comparison_is_the_t_test_with_its_corrected_variance():
    rng = np.random.default_rng(13)
    a, b, k = rng.gamma(2, 1, 20), rng.gamma(2, 1.2, 20), 5
    folds = np.arange(20) % k
    found = paired_folds(a, b, np.full(20, 3.0), folds)
    d = np.array([(b - a)[folds == fold].sum() / 12 for fold in range(k)])
    plain = stats.ttest_1samp(d, 0.0)
    # 1 / k becomes 1 / k + n_test / n_train
    error = d.std(ddof=1) * np.sqrt(1 / k + 4 / 16)
    assert (found.difference, found.standard_error) == pytest.approx((d.mean(), error))
    corrected = plain.statistic / np.sqrt(1 + k / (k - 1))
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(corrected), k - 1))
    assert (found.folds_won, found.n_folds) == ((d > 0).sum(), k)


def test_of_correlation_one_over_k_equal_trials_are_called_different_as_often_as_promised():
    rng, k, n = np.random.default_rng(14), 5, 3_000
    # Correlation that Nadeau and Bengio assume: cases tested by all cases.
    d = rng.normal(size=(n, k)) * np.sqrt(1 - 1 / k) + rng.normal(size=(n, 1)) * np.sqrt(1 / k)
    for size in (np.ones(k), np.array([0.6, 0.8, 1.0, 1.2, 1.4])):
        found = [paired_folds(50 * size, (50 + row) * size, 99 * size, range(k)) for row in d]
        assert 0.035 < np.mean([test.p_value < 0.05 for test in found]) < 0.065
        assert_allclose(
            [test.p_value < 0.05 for test in found],
            [test.lower95 * test.upper95 > 0 for test in found],
        )


def test_models_that_were_fitted_on_shared_cases_are_not_called_different_too_often():
    rng, folds = np.random.default_rng(15), np.arange(60) % 5
    alarms = []
    for _ in range(400):
        X, y = rng.normal(size=(2, 60, 4)), rng.normal(size=60)
        loss = np.empty((2, 60))
        for fold in range(5):
            inside = folds == fold
            for model in range(2):
                fitted = np.linalg.lstsq(X[model, ~inside], y[~inside], rcond=None)[0]
                loss[model, inside] = (y[inside] - X[model, inside] @ fitted) ** 2
        found = paired_folds(*loss, np.ones(60), folds)
        plain = found.difference / found.standard_error * np.sqrt(1 + 5 / 4)
        alarms.append((found.p_value < 0.05, 2 * stats.t.sf(abs(plain), 4) < 0.05))
    corrected, uncorrected = np.mean(alarms, axis=0)
    assert corrected < 0.05 and corrected < uncorrected


@given(st.integers(0, 99), st.integers(2, 6))
def test_folds_of_unequal_reference_add_up_to_the_difference_of_scores(seed, k):
    rng = np.random.default_rng(seed)
    a, b, reference = rng.gamma(2, 1, (3, 12))
    folds = rng.permutation(np.arange(12) % k)
    reference[folds == 0] = 0.0 if seed % 2 and k > 2 else 1.0
    found, swapped = paired_folds(a, b, reference, folds), paired_folds(b, a, reference, folds)
    assert found.difference == pytest.approx(scores(a, reference) - scores(b, reference))
    assert swapped.difference == pytest.approx(-found.difference)
    assert (swapped.p_value, swapped.upper95) == pytest.approx((found.p_value, -found.lower95))
    assert swapped.folds_won == k - found.folds_won


def test_identical_trials_differ_by_nothing_and_equal_gains_are_certain():
    loss, reference, folds = np.arange(1.0, 7.0), np.full(6, 8.0), [0, 0, 1, 1, 2, 2]
    same = paired_folds(loss, loss, reference, folds)
    assert (same.difference, same.standard_error, same.p_value, same.folds_won) == (0, 0, 1, 0)
    assert (same.lower95, same.upper95) == (0, 0)
    uneven = np.array([1.0, 1, 2, 2, 3, 9])  # a gain is that of a score, not of a loss
    assert paired_folds(loss, loss + uneven / 4, uneven, folds).p_value < 1e-12


@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_holm_is_that_of_statsmodels(n):
    p_values = np.random.default_rng(n).choice([0.0, 0.004, 0.01, 0.02, 0.04, 0.3, 1.0], n)
    assert_allclose(holm(p_values), multipletests(p_values, method="holm")[1])


def test_no_questions_need_no_adjustment():
    assert holm([]).tolist() == []


@pytest.mark.parametrize("p_values", [[0.1, np.nan], [1.1], [[0.1]], [-0.1]])
def test_what_is_no_p_value_is_refused(p_values):
    with pytest.raises(InputError, match="from 0 to 1"):
        holm(p_values)


@pytest.mark.parametrize(
    ("loss", "reference", "said"),
    [
        ([1.0, 2.0], [1.0, 1.0], "have shape"),
        ([[1.0]], [1.0], "at least 1 trial and 2 cases"),
        (np.empty((0, 3)), np.ones(3), "at least 1 trial"),
        ([[1.0, 2.0]], [1.0, 1.0, 1.0], "have shape"),
        ([[1.0, 2.0], [1.0]], [1.0, 1.0], "one number for each"),
        ([[1.0, np.nan]], [1.0, 1.0], "finite"),
        ([[1.0, -1.0]], [1.0, 1.0], "not negative"),
        ([[1.0, 1.0]], [1.0, 0.0], "fewer than 2 cases"),
    ],
)
def test_losses_that_make_no_score_are_refused(loss, reference, said):
    with pytest.raises(InputError, match=said):
        resampled(loss, reference)
    with pytest.raises(InputError, match=said):
        nested_score(loss, reference, [0, 1])


@pytest.mark.parametrize(("n", "length"), [(0, 1), (5, 0), (5, 3)])
def test_resampling_needs_a_resample_and_two_blocks(n, length):
    with pytest.raises(InputError, match="at least 2 blocks"):
        resampled(np.ones((1, 5)), np.ones(5), n=n, length=length)


@pytest.mark.parametrize(("n_case", "length", "n"), [(2, 1, 500), (8, 4, 500), (20, 1, 3)])
def test_a_choice_needs_every_two_cases_left_out_together(n_case, length, n):
    with pytest.raises(InputError, match="more cases, shorter blocks or more resamples"):
        adjusted_score(resampled(np.ones((1, n_case)), np.ones(n_case), length=length, n=n))


@pytest.mark.parametrize("folds", [[0, 0, 0], [0, 1], [0.0, 1.0, 1.0], [[0, 1, 1]]])
def test_what_is_no_split_is_refused(folds):
    with pytest.raises(InputError, match="fold"):
        paired_folds([1, 2, 3], [1, 2, 4], [1, 1, 1], folds)
    with pytest.raises(InputError, match="fold"):
        nested_score([[1, 2, 3]], [1, 1, 1], folds)


def test_pairs_of_other_cases_are_refused():
    with pytest.raises(InputError, match="one number for each"):
        paired_folds([1, 2, 3], [1, 2], [1, 1, 1], [0, 1, 1])
