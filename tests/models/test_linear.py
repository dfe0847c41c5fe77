"""Ridge against scikit-learn and against leaving families out one by one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import linear_model
from sklearn.preprocessing import StandardScaler

from forecast.errors import ConfigError, InputError
from forecast.models.linear import Ridge


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 3).astype(str)
    x = rng.normal(size=(60, 8)) + rng.normal(size=(20, 8))[groups.astype(int)]
    y = x[:, :2] @ [[1.0, 0.2], [-0.5, 1.0]] + rng.normal(size=(60, 2))
    return x, y, groups


def test_one_penalty_gives_the_predictions_of_scikit_learn(data):
    x, y, groups = data
    ours = Ridge(alphas=[0.3]).fit(x, y, groups=groups, rng=np.random.default_rng(0))
    scaler = StandardScaler().fit(x)
    theirs = linear_model.Ridge(alpha=0.3 * len(x)).fit(scaler.transform(x), y)
    assert_allclose(ours.predict(x + 1.0), theirs.predict(scaler.transform(x + 1.0)))


def test_the_penalty_is_the_one_that_forecasts_left_out_families_best(data):
    x, y, groups = data
    alphas = [0.001, 0.01, 0.1, 1.0, 10.0]
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    losses = []
    for alpha in alphas:
        loss = np.zeros(2)
        for group in np.unique(groups):
            kept = groups != group
            # The closed form keeps the standardisation of all rows and the penalty in total.
            fit = linear_model.Ridge(alpha=alpha * len(x)).fit(scaled[kept], y[kept])
            loss += ((y[~kept] - fit.predict(scaled[~kept])) ** 2).sum(axis=0)
        losses.append(loss)
    best = np.asarray(alphas)[np.argmin(losses, axis=0)]
    model = Ridge(alphas=alphas).fit(x, y, groups=groups, rng=np.random.default_rng(0))
    assert model.chosen_alphas == tuple(best)


def test_units_of_the_descriptors_do_not_matter(data):
    x, y, groups = data
    plain = Ridge().fit(x, y, groups=groups, rng=np.random.default_rng(0)).predict(x)
    scale = np.geomspace(1e-3, 1e3, x.shape[1])
    other = Ridge().fit(x * scale + 7.0, y, groups=groups, rng=np.random.default_rng(0))
    assert_allclose(other.predict(x * scale + 7.0), plain, rtol=1e-6, atol=1e-8)


def test_a_missing_target_leaves_out_its_row_for_that_target_only(data):
    x, y, groups = data
    holed = y.copy()
    holed[5, 1] = np.nan
    rng = np.random.default_rng(0)
    whole = Ridge(alphas=[0.1]).fit(x, y, groups=groups, rng=rng).predict(x)
    gap = Ridge(alphas=[0.1]).fit(x, holed, groups=groups, rng=rng).predict(x)
    kept = np.arange(60) != 5
    without = Ridge(alphas=[0.1]).fit(x[kept], y[kept], groups=groups[kept], rng=rng).predict(x)
    assert_allclose(gap[:, 0], whole[:, 0])
    assert_allclose(gap[:, 1], without[:, 1])


def test_out_of_fold_predictions_ignore_their_own_fold(data):
    x, y, groups = data
    folds = (groups.astype(int) % 5)[None]
    tampered = y.copy()
    tampered[folds[0] == 2] += 1_000.0
    rng = np.random.default_rng(0)
    plain = Ridge().cross_predict(x, y, folds=folds, groups=groups, rng=rng)
    other = Ridge().cross_predict(x, tampered, folds=folds, groups=groups, rng=rng)
    assert_allclose(other[0, folds[0] == 2], plain[0, folds[0] == 2])
    assert not np.allclose(other[0, folds[0] == 1], plain[0, folds[0] == 1])


def test_draws_centre_on_the_prediction_and_widen_away_from_the_data(data):
    x, y, groups = data
    model = Ridge().fit(x, y, groups=groups, rng=np.random.default_rng(0))
    draws = model.predict_draws(x, n_draw=4_000, rng=np.random.default_rng(1))
    assert_allclose(draws.mean(axis=0), model.predict(x), atol=0.06)
    far = model.predict_draws(x * 10.0, n_draw=400, rng=np.random.default_rng(1))
    assert far.std(axis=0).mean() > 3 * draws.std(axis=0).mean()


def test_draws_depend_on_the_seed_alone(data):
    x, y, groups = data
    model = Ridge().fit(x, y, groups=groups, rng=np.random.default_rng(0))
    first, again, other = (
        model.predict_draws(x, n_draw=5, rng=np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    assert (first == again).all()
    assert not np.allclose(first, other)


def test_a_constant_descriptor_says_nothing(data):
    x, y, groups = data
    rng = np.random.default_rng(0)
    plain = Ridge().fit(x, y, groups=groups, rng=rng).predict(x)
    padded = np.column_stack([x, np.full(60, 3.0)])
    assert_allclose(Ridge().fit(padded, y, groups=groups, rng=rng).predict(padded), plain)


def test_gaps_and_wrong_shapes_are_refused(data):
    x, y, groups = data
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="gaps"):
        Ridge().fit(np.where(x > 1, np.nan, x), y, groups=groups, rng=rng)
    with pytest.raises(InputError, match="rows differ"):
        Ridge().fit(x, y[:5], groups=groups, rng=rng)
    with pytest.raises(InputError, match="fewer than two"):
        Ridge().fit(x, np.full_like(y, np.nan), groups=groups, rng=rng)
    with pytest.raises(InputError, match="positive"):
        Ridge().fit(x, y, groups=groups, rng=rng, weights=np.zeros(60))
    with pytest.raises(ConfigError, match=r"model\.alphas"):
        Ridge(alphas=[])
