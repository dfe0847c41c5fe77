"""Models are named by their path; the best of several is chosen by score."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.errors import ConfigError, InputError
from forecast.models.base import build_model
from forecast.models.ensemble import BestOf
from forecast.models.linear import Ridge


def test_no_choice_means_the_best_of_ridge_and_network():
    model = build_model({})
    assert isinstance(model, BestOf)
    assert list(model.candidates) == ["network", "ridge"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"_target_": "forecast.models.linear.Rigde"}, "no importable class"),
        ({"_target_": "nowhere.Ridge"}, "no importable class"),
        ({"alphas": [1.0]}, "no importable class|alphas"),
        ({"_target_": "forecast.models.linear.Ridge", "alpha": 1.0}, r"model\.alpha is unknown"),
        ({"_target_": "pathlib.Path"}, "no Regressor"),
        ({"_target_": "forecast.models.linear.Ridge", "alphas": 3}, r"model\.alphas=3"),
        ({"_target_": "forecast.models.boosting.Boosting", "trees": 0}, r"model\.trees is 0"),
        ({"_target_": "forecast.models.boosting.Boosting", "column_share": 3}, "column_share=3"),
        ({"_target_": "forecast.models.ensemble.NetworkEnsemble", "learning_rate": -1}, "rate is"),
    ],
)
def test_a_wrong_model_is_refused_by_name(options, said):
    with pytest.raises(ConfigError, match=said):
        build_model(options)


def test_the_higher_score_wins_and_settings_reach_the_model():
    path = "forecast.models.linear.Ridge"
    model = BestOf({"a": {"_target_": path}, "b": {"_target_": path, "alphas": [9.0]}})
    assert model.choose({"a": 0.5, "b": 0.6}).best.alphas == (9.0,)
    assert model.choose({"a": 0.7, "b": 0.6}).best.alphas != (9.0,)


def test_nothing_is_fitted_before_the_choice_and_a_score_needs_its_candidate():
    model = BestOf()
    with pytest.raises(InputError, match="no candidate is chosen"):
        model.fit(np.eye(3), np.ones((3, 1)), groups=np.array(["a", "b", "c"]), rng=None)
    with pytest.raises(InputError, match="'rigde'"):
        model.choose({"rigde": 0.5})
    with pytest.raises(InputError, match="no candidate"):
        model.choose({})
    with pytest.raises(ConfigError, match="empty"):
        BestOf({})


def test_the_chosen_candidate_does_the_work():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 2))
    y, groups = x[:, :1] * 2.0, np.arange(30).astype(str)
    model = BestOf({"ridge": {"_target_": "forecast.models.linear.Ridge"}}).choose({"ridge": 0.9})
    model.fit(x, y, groups=groups, rng=rng)
    plain = Ridge().fit(x, y, groups=groups, rng=rng)
    assert (model.predict(x) == plain.predict(x)).all()
    first, second = (
        m.predict_draws(x, n_draw=3, rng=np.random.default_rng(1)) for m in (model, plain)
    )
    assert (first == second).all()
    assert model.name == "ridge"
