"""Baseline employment on the embedded Korean figures: coherent, calibrated, better than naive."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from forecast.codebook import TABLES, check_table
from forecast.config import compose
from forecast.data import reference
from forecast.errors import ConfigError, InputError
from forecast.models.error_components import COMPONENTS, DEGREES
from forecast.options import EmploymentOptions
from forecast.stages import employment
from forecast.stages.employment import forecast_employment
from forecast.stages.employment_history import employment_history
from forecast.stages.employment_method import BROKEN
from forecast.types import AGE_GROUPS

N_DRAW = 60
MEMBERS = EmploymentOptions().members


@pytest.fixture(scope="module")
def korea():
    names = ("employment_age", "employment_industry", "employment_province")
    return {name: reference.load(name) for name in names}


@pytest.fixture(scope="module")
def forecast(korea):
    return forecast_employment(
        EmploymentOptions(), korea, n_draw=N_DRAW, rng=np.random.default_rng(0)
    )


def own_tables(*, n_period=10):
    """Three occupations, two industries, two provinces, ten half-years: what a user may bring."""
    periods = [f"{2015 + i // 2}H{i % 2 + 1}" for i in range(n_period)]
    rng = np.random.default_rng(0)

    def table(columns, *codes):
        cells = list(itertools.product(*codes))
        steps = rng.integers(-3, 4, size=(len(periods), len(cells))).cumsum(axis=0)
        persons = (rng.integers(40, 90, size=len(cells)) + steps) * 1_000.0
        rows = [(period, *cell) for period in periods for cell in cells]
        made = pd.DataFrame(rows, columns=["period", *columns])
        return made.assign(employed_persons=persons.ravel())

    return {
        "employment_age": table(["ksco7", "age_group"], ["21", "22", "31"], AGE_GROUPS),
        "employment_industry": table(["ksic", "ksco7"], ["C", "J"], ["2", "3"]),
        "employment_province": table(["sido", "ksco7"], ["11", "26"], ["2", "3"]),
    }


OWN = dict(
    last_period="2021H2",
    first_origin="2018H2",
    last_origin="2019H1",
    max_horizon=2,
    members=["ridge", "ets"],
)


def run(tables, *, n_draw=6, seed=0, **options):
    chosen = EmploymentOptions(**{**OWN, **options})
    return forecast_employment(chosen, tables, n_draw=n_draw, rng=np.random.default_rng(seed))


def with_ages(table):
    return {**own_tables(), "employment_age": table}


def test_all_51_groups_and_5_ages_are_forecast_to_the_end_of_2030(forecast):
    assert forecast.persons.shape == (N_DRAW, 51, 5, 16)
    assert forecast.origin == "2022H2"
    assert forecast.persons["period"].values[[0, -1]].tolist() == ["2023H1", "2030H2"]
    assert list(forecast.persons["age_group"].values) == list(AGE_GROUPS)


def test_the_opening_stock_is_the_last_half_year_of_the_source(forecast, korea):
    now = korea["employment_age"].query("period == '2022H2'")
    last = now.query("level == 'sub_major' and age_group != 'all'")
    known = last.set_index(["ksco7", "age_group"])["employed_persons"].dropna().astype(float)
    cells = forecast.opening.to_series()
    pd.testing.assert_series_equal(
        cells.reindex(known.index), known, check_names=False, check_index_type=False
    )
    published = now.query("level == 'total' and age_group == 'all'")["employed_persons"]
    assert float(cells.sum()) == pytest.approx(float(published.iloc[0]), rel=1e-3)


def test_nothing_is_negative_and_long_horizons_stay_sane(forecast):
    assert float(forecast.persons.min()) >= 0.0
    total = forecast.persons.sum(["occupation", "age_group"]).median("draw")
    opening = float(forecast.opening.sum())
    assert (np.abs(total / opening - 1.0) < 0.12).all()
    cells = forecast.persons.median("draw").isel(period=-1)
    ratio = (cells / forecast.opening).where(forecast.opening > 20_000)
    assert float(ratio.max()) < 3.0


def test_industries_and_provinces_add_up_to_the_major_groups_in_every_draw(forecast):
    assert set(forecast.scopes) == {"industry", "province"}
    persons = forecast.persons.sum("age_group")
    for scope in forecast.scopes.values():
        for major in scope["occupation"].values:
            members = [code for code in persons["occupation"].values if code[0] == major]
            nation = persons.sel(occupation=members).sum("occupation")
            total = scope.sel(occupation=major).sum("scope")
            np.testing.assert_allclose(total, nation, rtol=1e-9, atol=1e-6)


def test_the_combination_beats_both_naive_models_in_cells_and_the_seasonal_one_in_sums(forecast):
    national = {"cells", "all_ages", "all_occupations", "total"}
    for metric in ("mase", "crps_scaled"):
        rows = forecast.scores[forecast.scores["metric"] == metric]
        values = rows.pivot(index="target", columns="model", values="value").loc[sorted(national)]
        assert (values["combination"] < values["seasonal_naive"]).all()
        assert values.loc["cells", "combination"] < 0.95 * values.loc["cells", "drift"]
        assert values.loc["total", "combination"] < values.loc["total", "drift"]


def test_intervals_cover_the_cells_as_often_as_they_say(forecast):
    scores = forecast.scores.set_index(["model", "target", "metric"])["value"]
    assert abs(scores["combination", "cells", "coverage80"] - 0.80) < 0.05
    assert abs(scores["combination", "cells", "coverage95"] - 0.95) < 0.05
    assert abs(scores["combination", "all_ages", "coverage80"] - 0.80) < 0.08


def test_scores_and_scoreboard_tables_hold_to_the_codebook(forecast):
    expected = {*MEMBERS, "combination", "drift", "seasonal_naive", "two_way"}
    assert set(check_table("scores", forecast.scores)["model"]) == expected
    assert set(forecast.details) == {
        *("scoreboard", "scoreboard_series", "forecast_comparison"),
        *("employment_method", "structural_breaks"),
    }
    for name, table in forecast.details.items():
        assert len(check_table(name, table)) == len(table) > 0
    board = forecast.details["scoreboard"]
    assert {"cells", "total", "industry", "province"} <= set(board["target"])
    assert set(forecast.details["forecast_comparison"]["model"]) == {"combination"}


def test_the_method_table_says_how_the_baseline_was_made(forecast):
    method = forecast.details["employment_method"]
    parts = {item: rows.set_index("name")["value"] for item, rows in method.groupby("item")}
    assert set(parts) == {"weight", "error_share", "error_growth"}
    assert list(parts["weight"].index) == MEMBERS
    assert list(parts["error_share"].index) == list(COMPONENTS)
    for item in ("weight", "error_share"):
        assert parts[item].sum() == pytest.approx(1.0) and parts[item].min() > 0.0
    assert 0.3 < parts["error_growth"]["exponent"] < 1.5


def test_the_start_of_the_pandemic_is_found_and_was_declared(forecast):
    breaks = forecast.details["structural_breaks"].set_index("period")
    assert breaks.index[0] == "2016H1" and breaks.index[-1] == "2022H2" and len(breaks) == 14
    assert (breaks.loc["2020H1", ["unusual", "declared"]] == "yes").all()
    assert breaks.loc["2020H1", "error_persons"] < -500_000
    assert breaks["usual_errors"].abs().idxmax() == "2020H1"
    assert list(breaks.query("declared == 'yes'").index) == ["2020H1"]
    assert ((breaks["unusual"] == "yes") == (breaks["usual_errors"].abs() > BROKEN)).all()


def test_a_half_year_is_called_unusual_by_chance_as_often_as_the_codebook_says():
    by_chance = round(1.0 / (2.0 * student.sf(BROKEN, DEGREES)))
    meaning = TABLES["structural_breaks"]["unusual"].meaning
    assert f"{BROKEN} usual errors" in meaning and f"one in {by_chance} " in meaning


def test_the_shipped_configuration_is_the_default():
    assert compose().employment == EmploymentOptions()


def test_empty_cells_of_the_source_hold_what_the_total_leaves(forecast, korea):
    table = korea["employment_age"]
    imputed = forecast.history[forecast.history["imputed"]]
    empty = table[table["employed_persons"].isna() & (table["age_group"] != "all")]
    assert len(imputed) == len(empty.query("level == 'sub_major'")) > 0
    for row in imputed.itertuples():
        same = table[(table["ksco7"] == row.ksco7) & (table["period"] == row.period)]
        ages = same.set_index("age_group")["employed_persons"].astype(float)
        assert row.employed_persons == max(2 * ages["all"] - ages.sum(), 0.0)


@pytest.mark.parametrize(("total", "each"), [(150_000.0, 15_000.0), (100_000.0, 0.0)])
def test_several_empty_ages_share_what_the_total_leaves(total, each):
    """Three ages of 40,000 people are given: of 150,000 two empty ages hold 15,000 each."""
    table = own_tables()["employment_age"].assign(employed_persons=40_000.0)
    here = (table["ksco7"] == "21") & (table["period"] == "2016H2")
    table.loc[here & table["age_group"].isin(["15-29", "60+"]), "employed_persons"] = np.nan
    published = {"period": "2016H2", "ksco7": "21", "age_group": "all", "employed_persons": total}
    history = employment_history(pd.concat([table, pd.DataFrame([published])]))
    imputed = history[history["imputed"]]
    assert imputed["age_group"].tolist() == ["15-29", "60+"]
    assert imputed["employed_persons"].tolist() == [each, each]
    assert set(history.loc[~history["imputed"], "employed_persons"]) == {40_000.0}


def test_the_same_seed_gives_the_same_draws_and_another_seed_others():
    first, again, other = (run(own_tables(), seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.persons.to_numpy(), again.persons.to_numpy())
    pd.testing.assert_frame_equal(first.scores, again.scores)
    assert (first.persons != other.persons).any()


def test_the_forecast_starts_after_the_last_half_year_given():
    shorter = run(own_tables(n_period=9))
    assert shorter.origin == "2019H1"
    assert shorter.persons["period"].values[0] == "2019H2"


def test_neither_the_forecast_nor_its_scores_depend_on_the_order_of_rows():
    tables = own_tables()
    shuffled = {name: table.sample(frac=1.0, random_state=3) for name, table in tables.items()}
    plain, turned = run(tables), run(shuffled)
    pd.testing.assert_frame_equal(plain.scores, turned.scores)
    np.testing.assert_array_equal(plain.persons, turned.persons)


def test_vintages_are_scored_on_what_they_had_not_seen():
    """Figures after the last origin plus the horizon change no score at all."""
    tables = own_tables()
    tampered = {
        name: table.assign(
            employed_persons=table["employed_persons"].where(table["period"] < "2019H2", 7_000.0)
        )
        for name, table in tables.items()
    }
    choices = {"first_origin": "2018H2", "last_origin": "2018H2", "max_horizon": 1}
    plain, other = (run(figures, **choices) for figures in (tables, tampered))
    pd.testing.assert_frame_equal(plain.scores, other.scores)
    assert (plain.persons != other.persons).any()


def test_candidates_stand_on_the_scoreboard_and_leave_the_forecast_alone():
    plain, beside = run(own_tables()), run(own_tables(), candidates=["theta"])
    np.testing.assert_array_equal(plain.persons, beside.persons)
    assert set(beside.scores["model"]) - set(plain.scores["model"]) == {"theta"}


def test_a_break_outside_the_data_changes_nothing_and_one_inside_does():
    plain, outside, inside = (
        run(own_tables(), breaks=breaks) for breaks in ([], ["2031H1"], ["2018H1"])
    )
    np.testing.assert_array_equal(plain.persons, outside.persons)
    assert (plain.persons != inside.persons).any()
    declared = inside.details["structural_breaks"].query("declared == 'yes'")
    assert declared["period"].tolist() == ["2018H1"]


def test_a_control_total_moves_the_forecast_and_its_scopes_but_no_back_test(monkeypatch):
    wanted = np.array([900_000.0, 950_000.0, 1_000_000.0, 1_050_000.0])
    plain = run(own_tables(), n_draw=20)
    monkeypatch.setattr(employment, "control_total", lambda *choice, **known: wanted)
    moved = run(own_tables(), n_draw=20)
    total = moved.persons.sum(["occupation", "age_group"])
    np.testing.assert_allclose(total.median("draw"), wanted)
    for scope in moved.scopes.values():
        np.testing.assert_allclose(scope.sum(["scope", "occupation"]), total, rtol=1e-9)
    pd.testing.assert_frame_equal(plain.scores, moved.scores)


def test_progress_names_every_vintage():
    said = []
    forecast_employment(
        EmploymentOptions(**OWN),
        own_tables(),
        n_draw=4,
        rng=np.random.default_rng(0),
        advance=said.append,
    )
    assert [text for text in said if "back-test" in text] == [
        "employment: back-test from 2018H2",
        "employment: back-test from 2019H1",
    ]


def broken(**change):
    table = own_tables()["employment_age"]
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
        (own_tables(n_period=6)["employment_age"], "at least 8 without a gap"),
        (own_tables()["employment_age"].assign(ksco7="2"), "holds no sub-major"),
    ],
)
def test_tables_that_cannot_be_forecast_are_refused(table, message):
    with pytest.raises(InputError, match=message):
        run(with_ages(table))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"last_period": "2018H1"}, ConfigError, r"employment\.last_period=2018H1 is not after"),
        ({"last_period": "2030"}, InputError, r"employment\.last_period: '2030' is not a half"),
        ({"members": ["arima"]}, ConfigError, "'arima' is unknown"),
        ({"candidates": ["arima"]}, ConfigError, r"employment\.candidates: 'arima' is unknown"),
        ({"comparators": ["prophet"]}, ConfigError, "prophet"),
        (
            {"first_origin": "2030H1", "last_origin": "2030H2"},
            ConfigError,
            "2015H1 to 2019H2. Choose others",
        ),
        ({"first_origin": "2015H1", "last_origin": "2017H2"}, ConfigError, "8 half-years up to it"),
        ({"first_origin": "early"}, InputError, r"employment\.first_origin: 'early'"),
        ({"breaks": ["2020"]}, InputError, r"employment\.breaks: '2020' is not a half-year"),
        ({"drift_damping": 1.5}, ConfigError, "0 < value <= 1"),
        ({"sum_levels": ["counties"]}, ConfigError, r"employment\.sum_levels: 'counties'"),
        ({"reconciliation": "magic"}, ConfigError, r"employment\.reconciliation='magic'"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        run(own_tables(), **options)
