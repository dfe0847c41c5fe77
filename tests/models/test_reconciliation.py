"""Reconciled draws add up, are never negative, and are the nearest ones that do and are."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from forecast.errors import ConfigError, InputError
from forecast.models.hierarchy import occupation_age
from forecast.models.nonnegative import nearest_nonnegative
from forecast.models.reconciliation import COVARIANCES, error_covariance, reconcile, shrinkage

TREE = occupation_age(["11", "12", "21"], ["15-29", "60+"])
N_NODE, N_BOTTOM = TREE.shape
TOTAL = TREE.row("total")


def problem(seed, *, n_draw=3, n_horizon=2, level=1.0, n_vector=9):
    """Base forecasts that do not add up and are often negative, and errors to weigh them by."""
    rng = np.random.default_rng(seed)
    size = rng.uniform(0.2, 5.0, N_NODE)
    errors = rng.normal(size=(n_vector, N_NODE)) * size
    base = (
        level * TREE.summing.sum(axis=1)[:, None]
        + rng.normal(size=(n_draw, N_NODE, n_horizon)) * size[:, None]
    )
    return base, errors


def feasible_controls(seed, *, n_horizon=2):
    """Totals of majors and ages of some cells of 0 or more, so that they can be met."""
    cells = np.random.default_rng(seed).uniform(0.0, 9.0, (N_BOTTOM, n_horizon))
    cells[0] = 0.0
    nodes = [*TREE.rows("majors"), *TREE.rows("ages"), TOTAL]
    return {int(row): TREE.aggregate(cells)[row] for row in nodes}


@pytest.mark.parametrize("method", COVARIANCES)
def test_without_negatives_it_is_the_dense_formula(method):
    base, errors = problem(0, level=60.0)
    covariance = error_covariance(errors, method=method)
    weight = np.linalg.inv(covariance)
    projection = np.linalg.inv(TREE.summing.T @ weight @ TREE.summing) @ TREE.summing.T @ weight
    made = reconcile(base, TREE.summing, covariance=covariance)
    assert made.min() > 0  # the bound does not bind here
    np.testing.assert_allclose(made, projection @ base, rtol=1e-9)


def test_it_is_the_trace_minimising_form_of_the_paper():
    # Wickramasuriya et al. (2019), equation 10: J - J W U (U' W U)^-1 U', no inverse of W.
    base, errors = problem(1, level=60.0)
    covariance = error_covariance(errors)
    to_cells = np.eye(N_NODE)[TREE.rows("cells")]
    upper = np.setdiff1d(np.arange(N_NODE), TREE.rows("cells"))
    zero = np.eye(N_NODE)[:, upper]
    zero[TREE.rows("cells")] = -TREE.summing[upper].T
    # Nodes come cells first, so zero.T @ y is 0 exactly when y adds up.
    move = covariance @ zero @ np.linalg.inv(zero.T @ covariance @ zero) @ zero.T
    expected = to_cells @ (np.eye(N_NODE) - move) @ base
    made = reconcile(base, TREE.summing, covariance=covariance)
    np.testing.assert_allclose(made, expected, rtol=1e-8)


@given(seed=st.integers(0, 10**6), method=st.sampled_from(COVARIANCES))
@settings(max_examples=40, deadline=None)
def test_with_negatives_it_is_the_bounded_least_squares_of_another_library(seed, method):
    base, errors = problem(seed, n_draw=2)
    covariance = error_covariance(errors, method=method)
    made = reconcile(base, TREE.summing, covariance=covariance)
    root = np.linalg.inv(np.linalg.cholesky(covariance))
    for draw in range(2):
        for step in range(2):
            expected = lsq_linear(
                root @ TREE.summing, root @ base[draw, :, step], (0.0, np.inf), method="bvls"
            ).x
            np.testing.assert_allclose(made[draw, :, step], expected, atol=1e-7)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_control_totals_are_met_at_the_least_distance(seed):
    base, errors = problem(seed)
    covariance = error_covariance(errors)
    fixed = feasible_controls(seed)
    made = reconcile(base, TREE.summing, covariance=covariance, fixed=fixed)
    assert made.min() >= 0.0
    nodes = TREE.aggregate(made)
    for row, total in fixed.items():
        np.testing.assert_allclose(nodes[:, row], np.tile(total, (3, 1)), rtol=1e-9, atol=1e-9)
    # Karush, Kuhn and Tucker: the gradient is a combination of the totals where a cell is
    # positive, and no less than that where it is zero.
    gradient = np.einsum(
        "nb,nm,dmh->dbh", TREE.summing, np.linalg.inv(covariance), nodes - base, optimize=True
    )
    rows = TREE.summing[list(fixed)]
    for draw in range(3):
        for step in range(2):
            free = made[draw, :, step] > 1e-7
            slope = gradient[draw, :, step]
            multiplier = np.linalg.lstsq(rows[:, free].T, slope[free], rcond=None)[0]
            scale = np.abs(slope).max() + 1.0
            np.testing.assert_allclose(rows[:, free].T @ multiplier, slope[free], atol=1e-6 * scale)
            if np.linalg.matrix_rank(rows[:, free]) == np.linalg.matrix_rank(rows):
                assert (slope - rows.T @ multiplier)[~free].min(initial=0.0) > -1e-6 * scale


@given(seed=st.integers(0, 10**6), level=st.floats(0.0, 1e7))
@settings(max_examples=40, deadline=None)
def test_what_adds_up_already_is_returned(seed, level):
    rng = np.random.default_rng(seed)
    cells = rng.uniform(0.0, 1.0 + level, (3, N_BOTTOM, 2)) * rng.integers(0, 2, (1, N_BOTTOM, 1))
    covariance = error_covariance(problem(seed)[1])
    nodes = TREE.aggregate(cells)
    for fixed in (None, {TOTAL: nodes[:, TOTAL]}):
        made = reconcile(nodes, TREE.summing, covariance=covariance, fixed=fixed)
        np.testing.assert_allclose(made, cells, rtol=1e-9, atol=1e-9 * (1.0 + level))


def test_a_draw_does_not_depend_on_the_other_draws():
    base, errors = problem(4, n_draw=6)
    covariance = error_covariance(errors)
    fixed = {TOTAL: np.arange(12.0).reshape(6, 2)}
    together = reconcile(base, TREE.summing, covariance=covariance, fixed=fixed)
    alone = reconcile(
        base[4:5], TREE.summing, covariance=covariance, fixed={TOTAL: fixed[TOTAL][4:5]}
    )
    np.testing.assert_allclose(together[4:5], alone, atol=1e-9)


def test_a_control_total_of_zero_empties_its_cells_and_no_other():
    base, errors = problem(5, level=20.0)
    row = TREE.row("occupations", "12")
    made = reconcile(
        base, TREE.summing, covariance=error_covariance(errors), fixed={row: np.zeros(2)}
    )
    members = TREE.summing[row] > 0
    np.testing.assert_array_equal(made[:, members], 0.0)
    assert made[:, ~members].min() > 0.0


def test_totals_that_no_cells_can_meet_are_refused():
    base, errors = problem(6)
    covariance = error_covariance(errors)

    def fix(**totals):
        fixed = {TREE.row(*key.split("_")): np.full(2, value) for key, value in totals.items()}
        return reconcile(base, TREE.summing, covariance=covariance, fixed=fixed)

    with pytest.raises(InputError, match=r"total of node .* is -1"):
        fix(total=-1.0)
    with pytest.raises(InputError, match="contradict"):  # no solution of either sign
        fix(majors_1=3.0, majors_2=3.0, total=7.0)
    with pytest.raises(InputError, match="contradict"):  # a solution, but a negative one
        fix(occupations_11=5.0, total=3.0)
    with pytest.raises(InputError, match="nodes"):
        reconcile(base, TREE.summing, covariance=covariance, fixed={N_NODE: np.ones(2)})
    with pytest.raises(InputError, match="shape"):
        reconcile(base, TREE.summing, covariance=covariance, fixed={TOTAL: np.ones(3)})


def test_wrong_shapes_gaps_and_covariances_are_refused():
    base, errors = problem(7)
    covariance = error_covariance(errors)
    with pytest.raises(InputError, match="do not fit"):
        reconcile(base[:, 1:], TREE.summing, covariance=covariance)
    with pytest.raises(InputError, match="not positive definite"):
        reconcile(base, TREE.summing, covariance=errors.T @ errors - np.eye(N_NODE))
    base[0, 0, 0] = np.nan
    with pytest.raises(InputError, match="not finite"):
        reconcile(base, TREE.summing, covariance=covariance)


def test_the_node_that_errs_less_moves_less():
    base = np.array([1.0, 1.0, 4.0]).reshape(1, 3, 1)  # two cells and their total: 2 are missing
    summing = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    rng = np.random.default_rng(8)
    errors = rng.normal(size=(400, 3)) * np.array([0.1, 2.0, 2.0])
    for method in ("wls_variance", "mint_shrink"):
        covariance = error_covariance(errors, method=method)
        moved = reconcile(base, summing, covariance=covariance)[0, :, 0] - 1.0
        assert 0 <= abs(moved[0]) < 0.02 < 0.8 < moved[1]


def test_shrinkage_is_weak_for_clear_correlations_and_total_for_noise():
    rng = np.random.default_rng(9)
    common = rng.normal(size=(200, 1))
    clear = common + 0.1 * rng.normal(size=(200, 20))
    noise = rng.normal(size=(10, 50))
    standard = [x / np.sqrt((x**2).mean(axis=0)) for x in (clear, noise)]
    assert shrinkage(standard[0]) < 0.05
    assert shrinkage(standard[1]) > 0.8
    # Few errors of many nodes: the sample covariance has no inverse, the shrunk one has.
    made = error_covariance(noise)
    assert np.linalg.matrix_rank(noise.T @ noise) == 10
    assert np.linalg.eigvalsh(made).min() > 0
    np.testing.assert_allclose(np.diag(made), (noise**2).mean(axis=0))


def test_shrinkage_is_the_formula_of_the_paper_written_out():
    # Schäfer and Strimmer (2005), target D, without removing the mean: errors have mean zero.
    x = np.random.default_rng(10).normal(size=(12, 5)) @ np.random.default_rng(11).normal(
        size=(5, 5)
    )
    x /= np.sqrt((x**2).mean(axis=0))
    doubt = signal = 0.0
    for i in range(5):
        for j in range(5):
            if i != j:
                products = x[:, i] * x[:, j]
                doubt += products.var(ddof=1) / len(x)
                signal += products.mean() ** 2
    assert shrinkage(x) == pytest.approx(doubt / signal, rel=1e-9)
    assert 0.01 < doubt / signal < 1.0


def test_errors_that_cannot_weigh_are_refused():
    errors = problem(12)[1]
    with pytest.raises(ConfigError, match="unknown"):
        error_covariance(errors, method="mint")
    with pytest.raises(InputError, match="at least 2"):
        error_covariance(errors[:1])
    with pytest.raises(InputError, match="ever erred"):
        error_covariance(np.zeros((5, 3)))
    np.testing.assert_allclose(
        error_covariance(np.zeros((5, 3)), method="wls_variance", resolution=12.0),
        12.0 * np.eye(3),
    )


@given(seed=st.integers(0, 10**6), n_cell=st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_pivoting_solves_the_complementarity_problem(seed, n_cell):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n_cell, n_cell)) * rng.uniform(0.1, 10.0, n_cell)
    spread = root @ root.T + 0.05 * np.eye(n_cell)
    cells = rng.normal(size=(n_cell, 7)) * 5.0
    made = nearest_nonnegative(cells, spread)
    price = np.linalg.solve(spread, made - cells)
    scale = np.abs(price).max() + 1.0
    assert made.min() >= 0.0
    assert price.min() > -1e-6 * scale
    assert np.abs(price * made).max() < 1e-5 * scale


def test_many_draws_of_the_whole_hierarchy_take_seconds():
    occupations = [f"{major}{minor}" for major in range(1, 10) for minor in range(1, 7)][:51]
    tree = occupation_age(occupations, ["15-29", "30-39", "40-49", "50-59", "60+"])
    rng = np.random.default_rng(13)
    level = tree.aggregate(np.exp(rng.normal(10.0, 2.0, (255, 1))))
    errors = rng.normal(size=(14, tree.shape[0])) * 0.1 * level.T
    base = np.maximum(level + 0.3 * level * rng.normal(size=(500, tree.shape[0], 16)), 0.0)
    total = {tree.row("total"): np.full(16, level[tree.row("total"), 0])}
    covariance = error_covariance(errors, resolution=1_000.0)
    start = time.perf_counter()
    made = reconcile(base, tree.summing, covariance=covariance, fixed=total)
    assert time.perf_counter() - start < 20.0  # about 1 second on one idle core
    assert made.shape == (500, 255, 16) and made.min() >= 0.0
    np.testing.assert_allclose(made.sum(axis=1), level[tree.row("total"), 0], rtol=1e-12)
