"""One finished run, held to the contract: tables, columns, units, sums."""

import json

import numpy as np
import pandas as pd
import pytest

from forecast.codebook import TABLES, check_table
from forecast.codebook_sweeps import SWEEP_TABLES
from forecast.data import reference
from forecast.types import LEVELS, NEEDS, SCENARIOS

# exposure_soc needs data=sources, and tables of sweeps come with a multirun.
CONTRACT = [name for name in TABLES if name not in {"exposure_soc", *SWEEP_TABLES}]


@pytest.fixture(scope="module")
def tables(finished_run):
    return {name: pd.read_parquet(finished_run / f"tables/{name}.parquet") for name in CONTRACT}


def test_run_folder_has_what_the_contract_lists(finished_run):
    names = {p.name for p in finished_run.iterdir()}
    assert {"config.yaml", "manifest.json", "tables", "figures", "report.html"} <= names
    manifest = json.loads((finished_run / "manifest.json").read_text("utf-8"))
    assert manifest["schema_version"] == 1 and manifest["provenance"] == "official"
    assert manifest["inputs"] and all(len(h) == 64 for h in manifest["inputs"].values())
    assert len(list((finished_run / "figures").glob("*.png"))) >= 8


@pytest.mark.parametrize("name", CONTRACT)
def test_table_has_its_columns_and_units_and_the_csv_is_the_same(tables, name, finished_run):
    table = tables[name]
    check_table(name, table)
    text = {c: str for c, column in TABLES[name].items() if column.kind == "text"}
    csv = pd.read_csv(
        finished_run / f"tables/{name}.csv",
        dtype=text,
        keep_default_na=False,
        na_values={c: [""] for c in table.columns if c not in text},
    )
    table = table.fillna(dict.fromkeys(text, ""))  # a CSV does not tell empty from missing text
    pd.testing.assert_frame_equal(csv, table, check_dtype=False, rtol=1e-12)


def test_headline_reproduces_the_published_figure_with_threshold_and_interval(tables):
    row = tables["headline"].set_index("preset").loc["kiet_2022"]
    assert row.at_risk_persons == pytest.approx(3_270_000, rel=0.01)
    assert row.published_persons == 3_270_000
    assert row.lower95 < row.lower80 < row.at_risk_persons < row.upper80 < row.upper95
    assert 0 < row.threshold < 1
    assert tables["headline"]["preset"].nunique() >= 5


def test_occupations_at_risk_sum_to_the_headline(tables):
    groups = tables["exposure_ksco"].query("level == 'sub_major'")
    headline = tables["headline"].set_index("preset").loc["kiet_2022"]
    assert groups["at_risk_persons"].sum() == pytest.approx(headline.at_risk_persons, rel=1e-9)
    assert len(groups) == 51


def test_cells_at_risk_sum_to_the_headline_and_impossible_ones_are_flagged(tables):
    cells = tables["at_risk_cells"].query("preset == 'kiet_2022'")
    inner = cells.query("ksic not in ('TOT', 'other') and occupation_group not in ('TOT', '2')")
    headline = tables["headline"].set_index("preset").loc["kiet_2022", "published_persons"]
    assert inner["at_risk_persons"].sum() == pytest.approx(headline, rel=1e-6)
    assert cells["flag"].str.contains("exceeds_employment").any()  # 공학 113만 on 97만 employed


def test_ledger_closes(tables):
    wide = tables["ledger"].pivot_table(
        index=["year", "scenario", "ksco7", "age_group"],
        columns="flow",
        values="persons",
        aggfunc="sum",
    )
    flows = wide.drop(columns=["opening", "closing"]).sum(axis=1)
    gap = (wide["opening"] + flows - wide["closing"]).abs()
    assert (gap <= 1e-6 * wide["opening"].abs().clip(lower=1)).all()


def test_ledger_closing_is_the_next_opening(tables):
    keys = ["scenario", "ksco7", "age_group", "year"]
    stocks = tables["ledger"].pivot_table(index=keys, columns="flow", values="persons")
    closing = stocks["closing"].unstack("year")
    opening = stocks["opening"].unstack("year")
    years = list(closing.columns)
    np.testing.assert_allclose(opening[years[1:]], closing[years[:-1]], rtol=1e-9, atol=1e-6)


def test_no_ai_scenario_is_present_everywhere_and_asks_for_no_training(tables):
    for name in ("adoption_forecast", "employment_forecast", "reskilling_demand", "ledger"):
        assert set(tables[name]["scenario"]) == set(SCENARIOS), name
    demand = tables["reskilling_demand"]
    assert demand.query("scenario == 'no_ai'")[["persons", "upper80"]].to_numpy().max() == 0
    assert demand.query("scenario == 'central'").groupby("need")["persons"].sum().min() > 0
    assert set(demand["need"]) == set(NEEDS)


def test_employment_forecast_covers_every_cell_and_starts_after_the_last_half_year(tables):
    forecast = tables["employment_forecast"]
    assert forecast["period"].min() == "2023H1"
    n_period = forecast["period"].nunique()
    assert len(forecast) == 51 * 6 * n_period * len(SCENARIOS) * len(LEVELS)
    spread = forecast.pivot_table(
        index=["ksco7", "age_group", "period", "scenario"],
        columns="level",
        values="employed_persons",
    )
    assert (spread.diff(axis=1).iloc[:, 1:] >= -1e-6).all(axis=None)


def test_adoption_forecast_covers_2023_to_2035_with_ordered_quantiles(tables):
    forecast = tables["adoption_forecast"]
    assert (forecast["year"].min(), forecast["year"].max()) == (2023, 2035)
    spread = forecast.pivot_table(
        index=["measure", "scope_kind", "scope", "year", "scenario"],
        columns="level",
        values="value_percent",
    )
    assert (spread.diff(axis=1).iloc[:, 1:] >= -1e-9).all(axis=None)


def test_cohort_totals_allocate_the_published_figures_exactly_and_show_the_rounding(tables):
    persons = tables["cohort_totals"].query("unit == 'persons'")
    published = reference.load("programmes").set_index("programme")["published"]
    planned = tables["cohort_targets"].groupby(["year", "programme"])["persons"].sum()
    for year, totals in persons.set_index("programme").groupby("year"):
        for programme in planned.get(year, pd.Series(dtype=int)).index:
            assert totals.loc[programme, "unallocated"] == 0, (year, programme)
            if programme.startswith("P000"):
                assert totals.loc[programme, "allocated"] == published[programme]
    first = persons[persons["year"] == 2026].set_index("programme")
    for row, numbers in {
        "P000-E-GOAL1": (90_000, 89_000),
        "STAGE-진입기": (100_000, 99_000),
        "STAGE-활동기": (110_000, 100_000),
        "STAGE-전환기": (30_000, 29_500),
        "P002-SMART": (600, 600),
        "P002-REST": (120, 120),
    }.items():
        assert (first.loc[row, "published"], first.loc[row, "allocated"]) == numbers
    note = first.loc["STAGE-전체", "note"]
    assert first.loc["STAGE-전체", "published"] == 1_000_000 and "240,000" in note
    firms = tables["cohort_totals"].query("programme == 'P002-SMART' and unit == 'firms'")
    assert firms["published"].tolist() == [480]


def test_cohort_targets_add_up_at_every_site_and_reach_all_39_campuses(tables):
    targets = tables["cohort_targets"]
    assert (targets["persons"] > 0).all() and targets["persons"].dtype.kind == "i"
    assert targets["in_need"].between(0, targets["persons"]).all()
    campuses = reference.load("campuses").query("is_campus")["campus"]
    reached = targets.query("programme == 'P000-POLY-BASIC'").groupby("year")["site"]
    assert (reached.nunique() == 39).all() and len(campuses) == 39
    assert set(targets.query("site_kind == 'campus'")["site"]) == set(campuses)
    keys = ["year", "programme", "site", "sido", "ksco7", "age_group", "need"]
    assert not targets.duplicated(keys).any()
    small = targets["persons"] < 5
    assert (targets.loc[small, "mark"] == "under_5").all()


def test_seats_for_people_in_need_never_exceed_them(tables):
    demand, balance = tables["reskilling_demand"], tables["cohort_balance"]
    needed = demand[demand["scenario"] == "central"].groupby("need")["persons"].sum()
    waiting = balance[balance["people"] != "entering"]
    for need, rows in waiting.groupby("need"):
        newly, seated = rows["newly_in_need"].cumsum(), rows["seats_in_need"].cumsum()
        assert (seated <= newly).all()
        assert newly.iloc[-1] == pytest.approx(needed[need], abs=len(rows))
    of_targets = tables["cohort_targets"].groupby("need")["in_need"].sum()
    assert (of_targets == balance.groupby("need")["seats_in_need"].sum()).all()


def test_scores_show_the_naive_model_beside_ours(tables):
    scores = tables["scores"]
    assert {"exposure", "adoption", "employment"} <= set(scores["stage"])
    assert scores["naive_value"].notna().mean() > 0.3
    assert {"grouped", "random"} <= set(scores.query("stage == 'exposure'")["split"])


def test_closing_words_name_headline_totals_and_places(finished_run):
    said = (finished_run.parent.parent / "stdout.txt").read_text("utf-8")
    for word in ("kiet_2022", "80 % interval", "P000-POLY-BASIC", "report.html", "MLflow"):
        assert word in said
    at_risk, beside = said.split("Beside them, not at risk")
    assert "kli_2024_gpt_complemented" in beside and "complemented" not in at_risk
