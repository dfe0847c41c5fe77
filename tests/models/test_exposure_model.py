"""The fitted model as users meet it: a table of descriptors in, shares out."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from forecast.errors import InputError
from forecast.models.exposure import ExposureModel
from forecast.models.linear import Ridge


@pytest.fixture
def model() -> ExposureModel:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    ridge = Ridge().fit(x, x @ [[1.0], [2.0]], groups=np.arange(60).astype(str), rng=rng)
    return ExposureModel(ridge, columns=("a", "b"), target=0, centre=0.3, scale=0.2)


def test_columns_are_found_by_name_and_exposure_stays_a_share(model):
    table = pd.DataFrame({"extra": "x", "b": [0.5, 9.0, -9.0], "a": [0.5, 9.0, -9.0]})
    assert model.predict(table) == pytest.approx([0.6, 1.0, 0.0], abs=0.02)
    assert model.name == "ridge"


def test_a_missing_column_or_value_is_named(model):
    with pytest.raises(InputError, match="'b'"):
        model.predict(pd.DataFrame({"a": [1.0]}))
    with pytest.raises(InputError, match="gaps"):
        model.predict(pd.DataFrame({"a": [1.0], "b": [None]}))


def test_it_survives_a_pickle(model):
    table = pd.DataFrame({"a": [0.1], "b": [0.2]})
    assert pickle.loads(pickle.dumps(model)).predict(table) == model.predict(table)
