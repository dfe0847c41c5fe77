"""Industries and provinces add up to the nation in every draw, and their scores face the past."""

import numpy as np
import pandas as pd
import pytest

from forecast.codebook import check_table
from forecast.data import reference
from forecast.errors import ConfigError, InputError
from forecast.options import EmploymentOptions
from forecast.report.tables_employment import scope_tables
from forecast.stages.employment_scopes import TWO_WAY, MajorDraws, forecast_scopes
from forecast.stages.half_years import half_label, half_number
from forecast.stages.scope_history import SCOPES, scope_history

MAJORS = tuple("123456789")
ORIGINS = tuple(half_label(half_number("2018H1") + step) for step in range(8))
N_DRAW = 40


@pytest.fixture(scope="module")
def tables():
    return {name: reference.load(name) for name in ("employment_industry", "employment_province")}


def national(tables, *, origin="2022H2", horizon=5, codes=MAJORS):
    """Draw a random walk around what each major group had at an origin."""
    rng = np.random.default_rng(0)
    nation = tables["employment_industry"].query("ksic == 'TOT'")
    persons = nation.pivot(index="ksco7", columns="period", values="employed_persons").astype(float)

    def walk(period, steps):
        path = np.cumsum(0.01 * rng.normal(size=(N_DRAW, len(codes), steps)), axis=2)
        return persons.loc[list(codes), period].to_numpy()[:, None] * np.exp(path)

    last = half_number(origin)
    return MajorDraws(
        codes,
        origin,
        tuple(half_label(last + step) for step in range(1, horizon + 1)),
        walk(min(origin, "2022H2"), horizon),
        {period: walk(period, 6) for period in ORIGINS if period < origin},
    )


@pytest.fixture(scope="module")
def made(tables):
    nation = national(tables)
    rng = np.random.default_rng(1)
    return nation, forecast_scopes(EmploymentOptions(), tables, nation, rng=rng)


def test_sums_over_industries_and_over_provinces_are_the_national_draws(made):
    nation, forecasts = made
    for forecast in forecasts.values():
        total = forecast.persons.sum("scope").to_numpy()
        np.testing.assert_allclose(total, nation.ahead, rtol=1e-9, atol=1e-6)
        assert float(forecast.persons.min()) >= 0.0
    assert forecasts["industry"].persons.sizes["scope"] == 21
    assert forecasts["province"].persons.sizes["scope"] == 17


def test_cells_beat_both_naive_models_even_on_a_poor_forecast_of_the_nation(made):
    _, forecasts = made
    targets = {"industry_occupation", "industry"}, {"province_occupation", "province"}
    for forecast, expected in zip(forecasts.values(), targets, strict=True):
        assert set(forecast.scores["target"]) == expected
        value = forecast.scores.set_index(["target", "metric", "model"])["value"]
        # Cells only: the nation here is a mere random walk, too narrow for the totals.
        cells = next(target for target in expected if "occupation" in target)
        for metric in ("mase", "crps_scaled"):
            ours = value[cells, metric, TWO_WAY]
            assert ours < value[cells, metric, "seasonal_naive"]
            assert ours < value[cells, metric, "drift"]
        check_table("scores", forecast.scores)
        check_table("scoreboard", forecast.scoreboard)


def test_the_same_seed_gives_the_same_draws(made, tables):
    nation, forecasts = made
    again = forecast_scopes(EmploymentOptions(), tables, nation, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(forecasts["industry"].persons, again["industry"].persons)


def test_figures_after_an_origin_change_nothing_that_was_forecast_there(made, tables):
    nation, forecasts = made
    changed = {
        name: table.assign(
            employed_persons=table["employed_persons"].where(table["period"] < "2022H1", 7_000)
        )
        for name, table in tables.items()
    }
    early = MajorDraws(
        nation.codes,
        nation.origin,
        nation.periods,
        nation.ahead,
        {"2018H2": nation.by_origin["2018H2"][:, :, :6]},
    )  # its six half-years end before the change
    boards = [
        forecast_scopes(EmploymentOptions(), figures, early, rng=np.random.default_rng(1))
        for figures in (tables, changed)
    ]
    for name in forecasts:
        pd.testing.assert_frame_equal(boards[0][name].scores, boards[1][name].scores)


def test_a_scope_table_that_lags_is_carried_on_and_one_that_is_ahead_cut(tables):
    shorter = {name: table[table["period"] < "2022H2"] for name, table in tables.items()}
    forecasts = forecast_scopes(
        EmploymentOptions(), shorter, national(tables), rng=np.random.default_rng(2)
    )
    at_once = forecast_scopes(
        EmploymentOptions(),
        shorter,
        national(tables, origin="2022H1"),
        rng=np.random.default_rng(2),
    )
    persons = [made["province"].persons.isel(period=0) for made in (forecasts, at_once)]
    assert [str(array["period"].values) for array in persons] == ["2023H1", "2022H2"]
    widths = [(array / array.sum("scope")).std("draw").mean() for array in persons]
    assert widths[0] > 1.1 * widths[1]  # two half-years ahead of the table, not one
    ahead_of_it = forecast_scopes(
        EmploymentOptions(),
        tables,
        national(tables, origin="2022H1"),
        rng=np.random.default_rng(2),
    )
    for name, made in ahead_of_it.items():
        np.testing.assert_array_equal(made.persons.values, at_once[name].persons.values)


def test_back_test_origins_that_do_not_fit_are_refused(tables):
    nation = national(tables)
    empty = MajorDraws(nation.codes, nation.origin, nation.periods, nation.ahead, {})
    with pytest.raises(ConfigError, match="first_origin"):
        forecast_scopes(EmploymentOptions(), tables, empty, rng=np.random.default_rng(0))


def test_sejong_is_separated_from_chungnam_before_it_has_figures(tables):
    history = scope_history(tables["employment_province"], SCOPES["province"], majors=MAJORS)
    people = history.pivot_table(
        index="scope", columns="period", values="employed_persons", aggfunc="sum"
    )
    table = tables["employment_province"].query("ksco7 != 'TOT'")
    printed = table.assign(persons=table["employed_persons"].astype(float)).pivot_table(
        index="sido", columns="period", values="persons", aggfunc="sum"
    )
    before, after = ["2015H1", "2015H2", "2016H1", "2016H2"], ["2017H1", "2022H2"]
    np.testing.assert_allclose(people.loc[["36", "44"], before].sum(), printed.loc["44", before])
    assert (people.loc["36", before] > 100_000).all()
    np.testing.assert_allclose(people[after], printed.loc[people.index, after])
    professionals = history.query("ksco7 == '2'").set_index(["scope", "period"])["employed_persons"]
    for period, same_half in (("2016H1", "2017H1"), ("2016H2", "2017H2")):
        sejong, rest = professionals["36", same_half], professionals["44", same_half]
        both = professionals["36", period] + professionals["44", period]
        assert professionals["36", period] == pytest.approx(both * sejong / (sejong + rest))
    marked = history[history["imputed"]]
    assert set(marked["scope"]) == {"36"} and set(marked["period"]) == set(before)


def test_cells_left_empty_by_the_source_count_as_nobody_and_are_marked(tables):
    history = scope_history(tables["employment_industry"], SCOPES["industry"], majors=MAJORS)
    assert len(history) == 21 * 9 * 16
    empty = tables["employment_industry"]["employed_persons"].isna().sum()
    assert history["imputed"].sum() == empty > 0
    assert (history.loc[history["imputed"], "employed_persons"] == 0).all()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda t: t.drop(columns="ksic"), "lacks column"),
        (lambda t: pd.concat([t, t.iloc[[0]]]), "occurs twice"),
        (lambda t: t[t["ksco7"] != "4"], "no rows of major group"),
        (lambda t: t[t["period"] != "2017H1"], "2017H1"),
        (lambda t: t.assign(employed_persons=-1), "negative"),
    ],
)
def test_a_damaged_table_is_refused(tables, damage, message):
    with pytest.raises(InputError, match=message):
        scope_history(damage(tables["employment_industry"]), SCOPES["industry"], majors=MAJORS)


def test_tables_hold_majors_and_their_sum_in_the_words_of_the_codebook(made):
    _, forecasts = made
    written = scope_tables({name: forecast.persons for name, forecast in forecasts.items()})
    assert set(written) == {"employment_industry_forecast", "employment_province_forecast"}
    for name, table in written.items():
        check_table(name, table)
    table = written["employment_industry_forecast"]
    assert len(table) == 21 * 10 * 5 * 5  # industries, majors and TOT, half-years, quantiles
    median = table.query("ksic == 'C' and ksco7 == 'TOT' and period == '2023H1' and level == 0.5")
    draws = forecasts["industry"].persons.sel(scope="C", period="2023H1").sum("occupation")
    assert median["employed_persons"].item() == pytest.approx(float(draws.median()))
