"""AI adoption on the embedded Korean series: bounded, ordered, never chained across measures."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from forecast.data import reference
from forecast.errors import ConfigError, InputError
from forecast.options import AdoptionOptions
from forecast.stages.adoption import forecast_adoption
from forecast.validation.adoption_backtest import score_states


@pytest.fixture(scope="module")
def korea():
    return reference.load("adoption")


def run(table, *, n_draw=200, seed=0, **options):
    rng = np.random.default_rng(seed)
    chosen = AdoptionOptions(**({"beside": False} | options))
    names = ("adoption_ranges", "btos_state", "ksic10")
    tables = {"adoption": table} | {name: reference.load(name) for name in names}
    return forecast_adoption(chosen, tables, n_draw=n_draw, rng=rng)


@pytest.fixture(scope="module")
def forecast(korea):
    return run(korea)


def test_every_scenario_reaches_2035_in_percent_of_firms(forecast):
    value = forecast.value
    assert list(value["scenario"].values) == ["no_ai", "slow", "central", "fast"]
    assert value["year"].values[[0, -1]].tolist() == [2023, 2035]
    assert float(value.min()) > 0.0
    assert float(value.max()) < 100.0
    assert value.attrs["unit"] == "percent"


def test_no_ai_holds_the_last_observed_value(forecast):
    held = forecast.value.sel(scenario="no_ai")
    for scope, last in forecast.last_observed.items():
        np.testing.assert_allclose(held.sel(scope=scope), last, rtol=1e-12)


def test_faster_scenarios_are_above_slower_ones_in_every_draw(forecast):
    slow, central, fast = (
        forecast.value.sel(scenario=name) for name in ("slow", "central", "fast")
    )
    assert (central >= slow).all()
    assert (fast >= central).all()


def test_the_median_rises_year_by_year(forecast):
    moving = forecast.value.sel(scenario=["slow", "central", "fast"]).median("draw")
    assert (moving.diff("year") > 0).all()


def test_scopes_start_from_their_own_published_value(forecast, korea):
    for row in korea.query(
        "measure == 'firm_50plus_business_survey' and year == 2022"
    ).itertuples():
        scope = f"{row.scope_kind}:{row.scope}"
        if row.scope_kind != "all":
            assert forecast.last_observed[scope] == pytest.approx(row.value_percent)
    assert forecast.last_observed["all:all"] == pytest.approx(4.2)


def test_measures_are_named_and_never_mixed(forecast):
    measures = forecast.value["measure"].to_series()
    assert measures["all:all"] == forecast.measure == "firm_50plus_research_sample"
    assert set(measures.drop("all:all")) == {"firm_50plus_business_survey"}
    national = forecast.observed.query("scope_kind == 'all'")
    assert set(national["measure"]) == {"firm_50plus_research_sample"}
    assert national["year"].tolist() == list(range(2017, 2023))


def test_another_measure_of_the_same_years_changes_nothing(korea, forecast):
    other = korea[korea["measure"].isin(["firm_10plus_nia", "firm_20plus_kdi"])].index
    tampered = korea.copy()
    tampered.loc[other, "value_percent"] = 50.0
    np.testing.assert_array_equal(run(tampered).value.to_numpy(), forecast.value.to_numpy())


def test_the_ceiling_is_never_assumed_to_be_every_firm(forecast):
    ceiling = forecast.posterior.set_index("parameter").loc["ceiling_percent"]
    assert ceiling["prior_upper95"] < 100.0
    assert ceiling["posterior_upper95"] < 100.0
    assert (forecast.posterior["effective_proposals"] > 1_000).all()


def test_prior_and_posterior_stand_side_by_side(forecast):
    table = forecast.posterior.set_index("parameter")
    assert list(table.index) == ["ceiling_percent", "speed_per_year", "yearly_shock"]
    for side in ("prior", "posterior"):
        assert (table[f"{side}_lower95"] < table[f"{side}_median"]).all()
        assert (table[f"{side}_median"] < table[f"{side}_upper95"]).all()
    assert table.loc["ceiling_percent", "prior_lower95"] == pytest.approx(15.0)


def test_the_back_test_is_scored_beside_the_last_value(forecast):
    scores = forecast.scores.set_index(["model", "metric"])
    # Six forecasts from three vintages, by hand: the last value against what followed.
    errors = [3.5 - 3.1, 3.7 - 3.1, 4.2 - 3.1, 3.7 - 3.5, 4.2 - 3.5, 4.2 - 3.7]
    assert scores.loc[("logistic", "mae"), "naive_value"] == pytest.approx(
        np.mean(errors), rel=1e-3
    )
    assert (scores["n"] == 6).all()
    assert (
        scores.loc[("logistic", "crps"), "value"] < scores.loc[("logistic", "crps"), "naive_value"]
    )


def test_vintages_do_not_see_what_came_later(korea):
    rows = korea["measure"] == "firm_50plus_research_sample"
    tampered = korea.copy()
    tampered.loc[rows & (korea["year"] == 2022), "value_percent"] = 8.4
    scores, changed = (
        run(table, first_origin=2021).scores.set_index(["model", "metric"])
        for table in (korea, tampered)
    )
    # From 2021 the same forecast is compared with 8.4 instead of 4.2: the naive error tells.
    assert scores.loc[("logistic", "mae"), "naive_value"] == pytest.approx(0.5, rel=1e-3)
    assert changed.loc[("logistic", "mae"), "naive_value"] == pytest.approx(4.7, rel=1e-3)
    shift = changed.loc[("logistic", "mae"), "value"] + scores.loc[("logistic", "mae"), "value"]
    assert shift == pytest.approx(4.2, abs=1e-9) or shift == pytest.approx(
        4.2 + 2 * scores.loc[("logistic", "mae"), "value"], abs=1e-9
    )


def test_the_same_seed_gives_the_same_draws_and_another_seed_others(korea, forecast):
    np.testing.assert_array_equal(run(korea).value.to_numpy(), forecast.value.to_numpy())
    assert (run(korea, seed=1).value != forecast.value).any()


def test_without_a_scope_measure_the_nation_is_forecast_alone(korea):
    alone = run(korea, scope_measure=None)
    assert list(alone.value["scope"].values) == ["all:all"]
    with pytest.raises(ConfigError, match="null for the nation alone"):
        run(korea, scope_measure="firm_20plus_kdi")


def test_a_high_industry_keeps_a_ceiling_above_what_was_observed(korea):
    tight = run(korea, ceiling_percent=[6.0, 12.0])  # far below the 19 % of 정보통신업
    industry = tight.value.sel(scope="industry:J", scenario="central")
    assert np.isfinite(industry).all()
    assert (industry.median("draw").diff("year") >= 0).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measure": "firm_10plus_nia_2022"}, "choose one of"),
        ({"measure": "nonsense"}, "firm_50plus_research_sample"),
        ({"ceiling_percent": [15.0, 100.0]}, "no ceiling of 100 %"),
        ({"speed_per_year": [0.6, 0.05]}, "low first"),
        ({"yearly_shock": [0.1]}, "95 % range"),
        ({"scenario_speed": {"slow": 0.5}}, "`central`"),
        ({"scenario_speed": {"central": 1.0, "no_ai": 0.0}}, "`no_ai`"),
        ({"last_year": 2022}, "choose a later one"),
        ({"first_origin": 2022}, "choose an earlier year"),
    ],
)
def test_options_that_make_no_sense_are_refused(korea, options, message):
    with pytest.raises(ConfigError, match=message):
        run(korea, **options)


def test_tables_that_cannot_be_fitted_are_refused(korea):
    with pytest.raises(InputError, match="lacks column"):
        run(korea.drop(columns="n_firms"))
    rows = korea["measure"] == "firm_50plus_research_sample"
    with pytest.raises(InputError, match="two national values"):
        run(pd.concat([korea, korea[rows].iloc[:1]]))
    with pytest.raises(InputError, match="not between 0 and 100"):
        run(korea.assign(value_percent=korea["value_percent"].where(~rows, 0.0)))
    scopes = korea["measure"] == "firm_50plus_business_survey"
    with pytest.raises(InputError, match="repeats a scope"):
        run(pd.concat([korea, korea[scopes & (korea["scope"] == "J")]]))


@pytest.fixture(scope="module")
def everything(korea):
    return run(korea, beside=True)


def test_every_scope_with_a_value_is_forecast_under_its_own_measure(everything, korea):
    made = {
        (one.measure if measure is None else measure, scope)
        for one in (everything, *everything.beside)
        for scope, measure in one.value["measure"].to_series().items()
    }
    published = set(zip(korea["measure"], korea["scope_kind"] + ":" + korea["scope"], strict=True))
    ranges = reference.load("adoption_ranges")
    ranged = set(zip(ranges["measure"], ranges["scope_kind"] + ":" + ranges["scope"], strict=True))
    assert made == published | ranged
    assert len(ranged) == 14


def test_measures_beside_cover_2023_to_2035_and_keep_scenarios_in_order(everything):
    assert everything.beside
    for one in everything.beside:
        assert one.value["year"].values.tolist() == list(range(2023, 2036))
        slow, central, fast = (one.value.sel(scenario=s) for s in ("slow", "central", "fast"))
        assert (central >= slow).all() and (fast >= central).all()


def test_what_is_beside_changes_nothing_in_the_chain(everything, forecast):
    np.testing.assert_array_equal(everything.value.to_numpy(), forecast.value.to_numpy())


def test_the_question_of_2022_starts_from_its_own_value(everything):
    by_measure = {one.measure: one for one in everything.beside}
    before, after = by_measure["firm_10plus_nia"], by_measure["firm_10plus_nia_2022"]
    assert before.last_observed["all:all"] == pytest.approx(2.7)
    assert after.last_observed["all:all"] == pytest.approx(28.0)
    now = before.value.sel(scope="all:all", scenario="central", year=2023).median("draw")
    assert float(now) < 6.0  # two years after 2.7 %, not one after 28 %


def test_a_province_known_as_a_range_starts_anywhere_in_it(everything):
    survey = next(o for o in everything.beside if o.measure == "firm_50plus_business_survey")
    start = survey.value.sel(scenario="no_ai", scope="region:26", year=2023).to_numpy()
    assert start.min() >= 1.0 and start.max() <= 4.0
    assert np.quantile(start, [0.25, 0.75]) == pytest.approx([1.75, 3.25], abs=0.35)
    row = survey.observed.query("scope == '26'").iloc[0]
    assert np.isnan(row["value_percent"]) and (row["low_percent"], row["high_percent"]) == (1, 4)


def test_states_inform_the_speed_only_where_asked(korea, forecast):
    declared = run(korea, panel_prior="none")
    speed = {
        name: result.posterior.set_index("parameter").loc["speed_per_year"]
        for name, result in {"btos": forecast, "none": declared}.items()
    }
    assert (speed["none"]["prior_lower95"], speed["none"]["prior_upper95"]) == pytest.approx(
        (0.05, 0.6)
    )
    assert speed["btos"]["prior_lower95"] > 0.05 and speed["btos"]["prior_upper95"] < 0.6
    assert "US states" in speed["btos"]["prior_source"]
    assert speed["none"]["prior_source"] == "declared"
    # The panel is younger than the vintages: the back-test never sees it.
    pd.testing.assert_frame_equal(declared.scores, forecast.scores)


def test_industries_without_a_value_are_marked_as_taking_the_national_rate(forecast):
    table = forecast.details["adoption_industries"].set_index("ksic")
    assert table.loc["J"].tolist() == ["industry:J", "own_value"]
    assert table.loc["H"].tolist() == ["all:all", "national_rate"]
    assert (table["basis"] == "own_value").sum() == 6


def test_the_state_panel_is_scored_on_request(korea, monkeypatch):
    short = partial(score_states, horizons=(2,), first=30)
    monkeypatch.setattr("forecast.stages.adoption.score_states", short)
    monkeypatch.setattr("forecast.validation.adoption_backtest.FIRST_WEIGHED", 30)
    scores = run(korea, n_draw=20, panel_backtest=True).scores
    assert set(scores["target"]) == {"firm_50plus_research_sample", "btos_state_2"}
    assert {"drift", "last_value", "combination", "expectation"} < set(scores["model"])


@pytest.mark.parametrize("options", [{"panel_prior": "oecd"}, {"panel_transfer_sd": 0.0}], ids=str)
def test_unknown_ways_to_borrow_are_refused(korea, options):
    with pytest.raises(ConfigError, match=r"adoption\.panel_"):
        run(korea, **options)
