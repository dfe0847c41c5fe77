"""The one-factor model against scikit-learn, with gaps, and as an unbiased reading."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.decomposition import FactorAnalysis

from forecast.errors import InputError
from forecast.models.measurement import fit_one_factor

LOADINGS = np.array([0.2, 0.15, 0.1, 0.5])
NOISE = np.array([0.06, 0.06, 0.09, 0.3])


def simulated(seed: int, n: int = 2_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    return truth, 0.3 + truth[:, None] * LOADINGS + NOISE * rng.normal(size=(n, 4))


def test_complete_rows_give_the_maximum_likelihood_of_scikit_learn():
    _, indices = simulated(0)
    ours = fit_one_factor(indices)
    scale = indices.std(axis=0)
    theirs = FactorAnalysis(1, tol=1e-10, max_iter=5_000).fit(indices / scale)
    assert_allclose(ours.loadings, np.abs(theirs.components_[0]) * scale, rtol=1e-3)
    assert_allclose(ours.noise_sds**2, theirs.noise_variance_ * scale**2, rtol=5e-3)


def test_gaps_do_not_move_the_answer():
    _, indices = simulated(1)
    holed = np.where(np.random.default_rng(2).random(indices.shape) < 0.3, np.nan, indices)
    factor = fit_one_factor(holed)
    assert_allclose(factor.loadings, LOADINGS, rtol=0.1)
    assert_allclose(factor.noise_sds, NOISE, rtol=0.1)
    assert_allclose(factor.intercepts, 0.3, atol=0.03)


def test_the_reading_is_unbiased_and_as_noisy_as_it_says():
    truth, indices = simulated(3, n=30_000)
    indices[:1_000, 1:] = np.nan
    score, variance = fit_one_factor(indices).measure(indices)
    for part in (slice(0, 1_000), slice(1_000, None)):
        error = score[part] - truth[part]
        assert np.polyfit(truth[part], score[part], 1)[0] == pytest.approx(1.0, abs=0.05)
        assert error.var() == pytest.approx(variance[part].mean(), rel=0.1)
    assert variance[:1_000].mean() > variance[1_000:].mean()


def test_no_index_is_no_reading():
    _, indices = simulated(4, n=50)
    indices[0] = np.nan
    score, variance = fit_one_factor(indices).measure(indices)
    assert np.isnan(score[0])
    assert np.isinf(variance[0])


def test_exposure_rises_with_the_first_index():
    _, indices = simulated(5)
    assert fit_one_factor(-indices).loadings[0] > 0


def test_reliability_is_the_explained_share():
    _, indices = simulated(6)
    expected = LOADINGS**2 / (LOADINGS**2 + NOISE**2)
    assert_allclose(fit_one_factor(indices).reliabilities, expected, atol=0.03)


@pytest.mark.parametrize(
    ("indices", "said"),
    [
        (np.ones((5, 1)), "two columns"),
        (np.full((5, 2), np.nan), "two columns"),
        (np.column_stack([np.ones(5), np.arange(5.0)]), "same for every occupation"),
    ],
)
def test_too_little_to_measure_with_is_refused(indices, said):
    with pytest.raises(InputError, match=said):
        fit_one_factor(indices)
