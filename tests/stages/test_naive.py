"""Declared naive forecasts: what they may know, and that they never see their own fold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.features.panel import ANCESTORS, unrelated_to
from forecast.stages.naive import mean_rank_forecast, parent_forecast

FOLDS = np.array([[0, 0, 1, 1, 2, 2]])


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gpt4_beta": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
            "human_beta": [9.0, 1.0, 7.0, 2.0, 8.0, 3.0],
            "ilo_2023": [0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
        }
    )


def test_the_mean_rank_of_a_perfectly_ranked_index_forecasts_it():
    y = table()[["gpt4_beta"]].to_numpy()
    forecast = mean_rank_forecast(y, ["gpt4_beta"], table(), folds=FOLDS)
    assert np.abs(forecast[0] - y).max() < 1e-12


def test_relatives_of_the_target_say_nothing():
    y = table()[["gpt4_beta"]].to_numpy()
    other = table().assign(human_beta=0.0)
    first = mean_rank_forecast(y, ["gpt4_beta"], table(), folds=FOLDS)
    assert (first == mean_rank_forecast(y, ["gpt4_beta"], other, folds=FOLDS)).all()
    assert "human_beta" not in unrelated_to("gpt4_beta", list(ANCESTORS))


def test_a_fold_is_forecast_without_its_own_values():
    y = table()[["gpt4_beta"]].to_numpy()
    changed = y.copy()
    changed[:2] = 100.0
    for naive in (
        lambda v: mean_rank_forecast(v, ["gpt4_beta"], table(), folds=FOLDS),
        lambda v: parent_forecast(v, parents=np.array(list("aabbab")), folds=FOLDS),
    ):
        assert (naive(y)[0, :2] == naive(changed)[0, :2]).all()


def test_what_is_no_published_index_has_no_mean_rank():
    y = np.arange(6.0)[:, None]
    assert np.isnan(mean_rank_forecast(y, ["consensus"], table(), folds=FOLDS)).all()


def test_other_constructs_are_not_averaged_with_the_rest():
    # Frey-Osborne falls where the language indices rise: averaged, the two would cancel out.
    y = table()[["gpt4_beta"]].to_numpy()
    mixed = table().assign(frey_osborne=-table()["ilo_2023"], sml=[3.0, 1.0, 2.0, 9.0, 0.0, 4.0])
    forecast = mean_rank_forecast(y, ["gpt4_beta"], mixed, folds=FOLDS)
    assert np.abs(forecast[0] - y).max() < 1e-12
