"""The network ensemble: learns what a line cannot, never sees its fold, writes nothing."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from forecast.errors import ConfigError
from forecast.models.ensemble import NetworkEnsemble
from forecast.models.lightning import N_THREAD, TrainingPlan, train_batches
from forecast.models.linear import Ridge
from forecast.models.network import WEIGHTS, StackedNetworks, side_by_side
from forecast.validation.scores import r2

SMALL = {"members": 3, "hidden": 8, "steps": 300, "decay_inner": 0.0005}


@pytest.fixture(scope="module")
def curved() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A target that bends: a line explains little of it."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(240, 4))
    y = np.column_stack([np.abs(x[:, 0]), x[:, 1] + 0.1 * rng.normal(size=240)])
    return x, y, np.repeat(np.arange(80), 3).astype(str)


@pytest.fixture(scope="module")
def fitted(curved) -> NetworkEnsemble:
    x, y, groups = curved
    return NetworkEnsemble(**SMALL).fit(x, y, groups=groups, rng=np.random.default_rng(1))


def test_it_learns_a_bend_that_ridge_cannot(curved, fitted):
    x, y, groups = curved
    line = Ridge().fit(x, y, groups=groups, rng=np.random.default_rng(0)).predict(x)
    assert r2(y[:, 0], line[:, 0]) < 0.2
    assert r2(y[:, 0], fitted.predict(x)[:, 0]) > 0.8


def test_out_of_fold_predictions_ignore_their_own_fold(curved):
    x, y, groups = curved
    folds = np.stack([groups.astype(int) % 3, np.arange(240) % 3])
    tampered = y.copy()
    tampered[folds[0] == 1] += 1_000.0
    model = NetworkEnsemble(**{**SMALL, "steps": 20})
    plain, other = (
        model.cross_predict(x, value, folds=folds, groups=groups, rng=np.random.default_rng(2))
        for value in (y, tampered)
    )
    assert_allclose(other[0, folds[0] == 1], plain[0, folds[0] == 1])
    assert not np.allclose(other[0, folds[0] == 0], plain[0, folds[0] == 0])
    assert np.isfinite(plain).all()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(curved):
    x, y, groups = curved
    first, again, other = (
        NetworkEnsemble(**{**SMALL, "steps": 30})
        .fit(x, y, groups=groups, rng=np.random.default_rng(seed))
        .predict(x)
        .tobytes()
        for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


def test_a_missing_target_does_not_move_the_others_away(curved):
    x, y, groups = curved
    holed = y.copy()
    holed[::3, 1] = np.nan
    model = NetworkEnsemble(**SMALL).fit(x, holed, groups=groups, rng=np.random.default_rng(1))
    assert r2(y[:, 1], model.predict(x)[:, 1]) > 0.9


def test_members_disagree_more_where_there_are_no_data(curved, fitted):
    x = curved[0]
    near = fitted.predict_draws(x, n_draw=200, rng=np.random.default_rng(3)).std(axis=0)
    far = fitted.predict_draws(x + 6.0, n_draw=200, rng=np.random.default_rng(3)).std(axis=0)
    assert far.mean() > 2 * near.mean()


def test_draws_have_the_mean_and_spread_of_the_members(curved, fitted):
    x = curved[0][:20]
    draws = fitted.predict_draws(x, n_draw=6_000, rng=np.random.default_rng(4))
    assert_allclose(draws.mean(axis=0), fitted.predict(x), atol=0.05)


def test_numpy_and_torch_run_the_same_network():
    network = StackedNetworks(
        2, 3, n_descriptor=4, n_hidden=5, n_target=2, generator=torch.Generator().manual_seed(0)
    )
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(1))
    x = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(2))
    output = network(x).detach().numpy()
    weights = {name: value.detach().numpy() for name, value in network.named_parameters()}
    for split in range(2):
        for member in range(3):
            one = {name: value[split, member] for name, value in weights.items()}
            hidden = np.tanh(x[split].numpy() @ one["inner"] + one["inner_bias"])
            expected = hidden @ one["outer"] + x[split].numpy() @ one["skip"] + one["outer_bias"]
            assert_allclose(output[split, member], expected, rtol=1e-4, atol=1e-5)


def test_networks_joined_side_by_side_keep_their_weights():
    starts = [
        StackedNetworks(
            1, 3, n_descriptor=4, n_hidden=5, n_target=2,
            generator=torch.Generator().manual_seed(seed),
        )
        for seed in (0, 1)
    ]  # fmt: skip
    joined = side_by_side(starts)
    x = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(2))
    for split, alone in enumerate(starts):
        assert torch.equal(joined(x)[split], alone(x[split : split + 1])[0])
    assert [name for name, _ in joined.named_parameters()] == list(WEIGHTS)
    assert all(parameter.requires_grad for parameter in joined.parameters())


def by_batches(splits, *, n_step=25, seeds=(5, 6, 7)):
    """Weights of the splits named, trained on batches of a line with an upheaval."""
    rng = np.random.default_rng(0)
    x, batches = rng.normal(size=(3, 40, 4)), rng.integers(40, size=(n_step, 3, 16))
    target = x[0, :, :1] - 0.5 * x[0, :, 1:2]
    target[3] = 100.0
    return train_batches(
        x[splits],
        target,
        batches[:, splits],
        n_member=2,
        plan=TrainingPlan(4, n_step, 1e-2, 1e-4, 1e-4),
        seeds=[seeds[split] for split in splits],
    )


def test_a_split_trained_on_batches_does_not_depend_on_the_others():
    together = by_batches([0, 1, 2])
    for splits in ([1], [2, 0]):
        alone = by_batches(splits)
        for name in WEIGHTS:
            np.testing.assert_array_equal(alone[name], together[name][splits])
    reseeded = by_batches([0, 1, 2], seeds=(5, 9, 7))
    assert_allclose(reseeded["inner"][[0, 2]], together["inner"][[0, 2]])
    assert not np.allclose(reseeded["inner"][1], together["inner"][1])


def test_training_on_batches_learns_its_target_and_no_upheaval():
    weights = {name: array[0] for name, array in by_batches([0], n_step=400).items()}
    x = np.random.default_rng(0).normal(size=(3, 40, 4))[0]
    hidden = np.tanh(x @ weights["inner"] + weights["inner_bias"])
    made = hidden @ weights["outer"] + x @ weights["skip"] + weights["outer_bias"]
    errors = np.delete(made[..., 0] - (x[:, 0] - 0.5 * x[:, 1]), 3, axis=1)
    assert np.abs(errors).mean() < 0.3


def test_training_writes_no_file_and_puts_the_threads_back(curved, tmp_path, monkeypatch):
    x, y, groups = curved
    monkeypatch.chdir(tmp_path)
    before = torch.get_num_threads()
    torch.set_num_threads(N_THREAD + 1)
    try:
        model = NetworkEnsemble(**{**SMALL, "steps": 3})
        model.fit(x, y, groups=groups, rng=np.random.default_rng(0))
        assert torch.get_num_threads() == N_THREAD + 1
    finally:
        torch.set_num_threads(before)
    assert list(tmp_path.iterdir()) == []


def test_a_fitted_ensemble_predicts_in_a_process_without_torch(curved, fitted, tmp_path):
    (tmp_path / "model.pkl").write_bytes(pickle.dumps((fitted, curved[0])))
    code = (
        "import pickle, sys, pathlib, numpy as np\n"
        f"model, x = pickle.loads(pathlib.Path({str(tmp_path / 'model.pkl')!r}).read_bytes())\n"
        "assert np.isfinite(model.predict(x)).all()\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("key", ["members", "hidden", "steps"])
def test_an_ensemble_too_small_to_train_is_refused(key):
    with pytest.raises(ConfigError, match=f"model.{key}"):
        NetworkEnsemble(**{key: 0})
