"""Draws of latent exposure cover the truth, simulated from the model that they assume."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.models.measurement import OneFactor
from forecast.stages.fusion import draw_latent
from forecast.validation.intervals import ResidualScale
from forecast.validation.scores import coverage_draws

FACTOR = OneFactor(
    intercepts=np.full(3, 0.3),
    loadings=np.array([0.2, 0.18, 0.12]),
    noise_sds=np.array([0.08, 0.08, 0.1]),
    n_step=1,
)
SCALE = ResidualScale(family=0.04, unit=0.05, factor=1.0, freedom=1_000.0)
N_FAMILY = 60


def simulate(seed: int, *, n_draw: int = 400) -> dict[str, np.ndarray]:
    """Truth, forecast and indices; the first fifth has no index, the second is undescribed."""
    rng = np.random.default_rng(seed)
    family = np.repeat(np.arange(N_FAMILY), 5)
    n = len(family)
    forecast = rng.normal(size=n)
    missed = np.sqrt(SCALE.family) * rng.normal(size=N_FAMILY)[family]
    part = np.tile(np.arange(5), N_FAMILY)
    own = np.where(part == 1, 1.0, np.sqrt(SCALE.unit))
    truth = forecast + missed + own * rng.normal(size=n)
    indices = 0.3 + truth[:, None] * FACTOR.loadings + FACTOR.noise_sds * rng.normal(size=(n, 3))
    indices[part == 0] = np.nan
    draws = draw_latent(
        np.tile(forecast, (n_draw, 1)),
        indices,
        factor=FACTOR,
        scale=SCALE,
        described=part != 1,
        families=family.astype(str),
        rng=rng,
    ).combined()
    return {"draws": draws, "truth": truth, "part": part}


@pytest.fixture(scope="module")
def runs() -> list[dict[str, np.ndarray]]:
    return [simulate(seed) for seed in range(12)]


@pytest.mark.parametrize("part", [0, 2], ids=["without index", "with indices"])
def test_intervals_cover_the_truth(runs, part):
    for level in (0.8, 0.95):
        covered = [
            coverage_draws(run["draws"][:, chosen], run["truth"][chosen], level)
            for run in runs
            for chosen in [run["part"] == part]
        ]
        # 720 occupations in 720 families: a standard error below .015. Trusting the indices in
        # random proportions widens a little on purpose, so more may be covered, not less.
        assert level - 0.045 < np.mean(covered) < level + 0.10


def test_indices_narrow_and_missing_ones_leave_the_forecast_wide(runs):
    width = runs[0]["draws"].std(axis=0)
    part = runs[0]["part"]
    assert width[part == 0].mean() > 1.1 * width[part == 2].mean()
    assert width[part == 0].mean() == pytest.approx(np.sqrt(SCALE.total), rel=0.25)


def test_draws_are_closer_to_the_truth_with_indices_than_without(runs):
    error = np.abs(runs[0]["draws"].mean(axis=0) - runs[0]["truth"])
    part = runs[0]["part"]
    assert error[part == 2].mean() < error[part == 0].mean()


def test_an_index_of_a_sibling_helps(runs):
    """Where nothing is measured in a family, its draws are wider than beside measured siblings."""
    rng = np.random.default_rng(0)
    indices = np.full((4, 3), np.nan)
    indices[:2] = 0.3 + 0.5 * FACTOR.loadings
    draws = draw_latent(
        np.zeros((4_000, 4)),
        indices,
        factor=FACTOR,
        scale=ResidualScale(family=0.2, unit=0.02, factor=1.0, freedom=1_000.0),
        described=np.ones(4, dtype=bool),
        families=np.array(["a", "a", "a", "b"]),
        rng=rng,
    ).combined()
    assert draws[:, 2].std() < 0.7 * draws[:, 3].std()
    assert draws[:, 2].mean() > 0.3
    assert draws[:, 3].mean() == pytest.approx(0.0, abs=0.05)


def drawn_widths(indices: np.ndarray, distances: np.ndarray | None = None) -> np.ndarray:
    scale = ResidualScale(0.1, 0.1, factor=1.0, freedom=1_000.0, slope=4.0, typical=0.5)
    draws = draw_latent(
        np.zeros((6_000, len(indices))),
        indices,
        factor=FACTOR,
        scale=scale,
        described=np.ones(len(indices), dtype=bool),
        families=np.arange(len(indices)).astype(str),
        rng=np.random.default_rng(1),
        distances=distances,
    ).combined()
    return draws.std(axis=0)


def test_indices_that_disagree_leave_a_wider_interval_than_indices_that_agree():
    readings = np.array([[0.5, 0.5, 0.5], [2.0, 0.5, -1.0]])  # the same mean, as latent exposure
    agree, disagree = drawn_widths(0.3 + readings * FACTOR.loadings)
    assert disagree > 1.1 * agree


def test_an_occupation_far_from_training_is_drawn_wider():
    near, far = drawn_widths(np.full((2, 3), np.nan), distances=np.array([0.5, 0.7]))
    assert far == pytest.approx(np.exp(4.0 * 0.2) * near, rel=0.05)
