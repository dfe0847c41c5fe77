"""Baseline employment on the embedded Korean figures: coherent, calibrated, better than naive."""

import itertools

import numpy as np
import pandas as pd
import pytest

from forecast.data import reference
from forecast.errors import ConfigError, InputError
from forecast.options import EmploymentOptions
from forecast.stages.employment import forecast_employment
from forecast.types import AGE_GROUPS

KEYS = ["ksco7", "age_group", "period"]


def run(table, *, n_draw=40, seed=0, **options):
    rng = np.random.default_rng(seed)
    chosen = EmploymentOptions(**options)
    return forecast_employment(chosen, {"employment_age": table}, n_draw=n_draw, rng=rng)


@pytest.fixture(scope="module")
def korea():
    return reference.load("employment_age")


@pytest.fixture(scope="module")
def forecast(korea):
    return run(korea, n_draw=100)


def own_table(*, n_period=10, first=2015):
    """Three occupations, ten half-years, no totals: what a user may bring."""
    periods = [f"{first + i // 2}H{i % 2 + 1}" for i in range(n_period)]
    rng = np.random.default_rng(0)
    rows = [
        (period, code, age, float(rng.integers(20, 90)) * 1_000)
        for code, age, period in itertools.product(["21", "22", "31"], AGE_GROUPS, periods)
    ]
    return pd.DataFrame(rows, columns=["period", "ksco7", "age_group", "employed_persons"])


OWN = dict(last_period="2021H2", first_origin="2018H2", last_origin="2019H1", max_horizon=2)


def test_all_51_groups_and_5_ages_are_forecast_to_the_end_of_2030(forecast):
    assert forecast.persons.shape == (100, 51, 5, 16)
    assert forecast.origin == "2022H2"
    assert forecast.persons["period"].values[[0, -1]].tolist() == ["2023H1", "2030H2"]
    assert list(forecast.persons["age_group"].values) == list(AGE_GROUPS)


def test_the_opening_stock_is_the_last_half_year_of_the_source(forecast, korea):
    last = korea[(korea["period"] == "2022H2") & (korea["age_group"] != "all")]
    last = last[last["level"] == "sub_major"].set_index(["ksco7", "age_group"])["employed_persons"]
    cells = forecast.opening.to_series()
    known = last.dropna().astype(float)
    pd.testing.assert_series_equal(
        cells.reindex(known.index), known, check_names=False, check_index_type=False
    )
    published = korea.query("period == '2022H2' and level == 'total' and age_group == 'all'")
    assert float(cells.sum()) == pytest.approx(
        float(published["employed_persons"].iloc[0]), rel=1e-3
    )


def test_nothing_is_negative_and_long_horizons_stay_sane(forecast):
    assert float(forecast.persons.min()) >= 0.0
    total = forecast.persons.sum(["occupation", "age_group"]).median("draw")
    opening = float(forecast.opening.sum())
    assert (np.abs(total / opening - 1.0) < 0.12).all()
    cells = forecast.persons.median("draw").isel(period=-1)
    big = forecast.opening > 20_000
    ratio = (cells / forecast.opening).where(big)
    assert float(ratio.max()) < 3.0


def test_the_combination_beats_the_seasonal_naive_at_every_level(forecast):
    for metric in ("mase", "crps_scaled"):
        rows = forecast.scores[forecast.scores["metric"] == metric]
        values = rows.pivot(index="target", columns="model", values="value")
        assert set(values.index) == {"cells", "all_ages", "all_occupations", "total"}
        assert (values["combination"] < values["seasonal_naive"]).all()


def test_intervals_cover_the_cells_as_often_as_they_say(forecast):
    scores = forecast.scores.set_index(["model", "target", "metric"])["value"]
    assert abs(scores["combination", "cells", "coverage80"] - 0.80) < 0.05
    assert abs(scores["combination", "cells", "coverage95"] - 0.95) < 0.03
    assert abs(scores["combination", "all_ages", "coverage80"] - 0.80) < 0.05


def test_scores_carry_the_contract_columns(forecast):
    columns = ["stage", "model", "split", "target", "metric", "value", "n", "naive_value"]
    assert list(forecast.scores.columns) == columns
    assert set(forecast.scores["model"]) == {"combination", "drift", "ets", "seasonal_naive"}
    assert np.isfinite(forecast.scores[["value", "naive_value"]].to_numpy()).all()


def test_empty_cells_of_the_source_hold_what_the_total_leaves(forecast, korea):
    imputed = forecast.history[forecast.history["imputed"]]
    empty = korea[korea["employed_persons"].isna() & (korea["age_group"] != "all")]
    assert len(imputed) == len(empty.query("level == 'sub_major'")) > 0
    for row in imputed.itertuples():
        same = korea[(korea["ksco7"] == row.ksco7) & (korea["period"] == row.period)]
        ages = same.set_index("age_group")["employed_persons"].astype(float)
        assert row.employed_persons == max(2 * ages["all"] - ages.sum(), 0.0)


def test_the_same_seed_gives_the_same_draws_and_another_seed_others():
    first, again, other = (run(own_table(), seed=seed, **OWN) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.persons.to_numpy(), again.persons.to_numpy())
    pd.testing.assert_frame_equal(first.scores, again.scores)
    assert (first.persons != other.persons).any()


def test_the_forecast_starts_after_the_last_half_year_given():
    shorter = run(own_table(n_period=9), **OWN)
    assert shorter.origin == "2019H1"
    assert shorter.persons["period"].values[0] == "2019H2"


def test_back_test_scores_do_not_depend_on_the_order_of_rows():
    table = own_table()
    shuffled = table.sample(frac=1.0, random_state=3)
    pd.testing.assert_frame_equal(run(table, **OWN).scores, run(shuffled, **OWN).scores)


def broken(**change):
    table = own_table()
    if "drop" in change:
        table = table.drop(index=change["drop"])
    if "period" in change:
        table = table[table["period"] != change["period"]]
    if "negative" in change:
        table.loc[0, "employed_persons"] = -5.0
    if "repeat" in change:
        table = pd.concat([table, table.iloc[:1]])
    if "column" in change:
        table = table.drop(columns=change["column"])
    if "name" in change:
        table["period"] = table["period"].replace("2015H1", change["name"])
    return table


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (broken(drop=[0]), r"'21', '15-29', '2015H1'.*missing, and so is"),
        (broken(period="2016H1"), r"missing \['2016H1'\]"),
        (broken(negative=True), "is negative"),
        (broken(repeat=True), "occurs twice"),
        (broken(column="age_group"), r"lacks column\(s\) \['age_group'\]"),
        (broken(name="2015-1"), "is not a half-year; write it like 2022H2"),
        (own_table(n_period=6), "at least 8 without a gap"),
        (own_table().assign(ksco7="2"), "holds no sub-major"),
    ],
)
def test_tables_that_cannot_be_forecast_are_refused(table, message):
    with pytest.raises(InputError, match=message):
        run(table, **OWN)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"last_period": "2018H1"}, "choose a later one"),
        ({"members": ["arima"]}, "'arima' is unknown"),
        ({"first_origin": "2030H1", "last_origin": "2030H2"}, "Choose others"),
        ({"drift_damping": 1.5}, "0 < value <= 1"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        run(own_table(), **{**OWN, **options})
