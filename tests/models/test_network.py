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
from forecast.models.lightning import N_THREAD
from forecast.models.linear import Ridge
from forecast.models.network import StackedNetworks
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
