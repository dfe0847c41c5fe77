"""Who waits, who enters and whom a seat helps most, on small made accounts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecast.checked import labelled
from forecast.errors import ConfigError, InputError
from forecast.options import CohortOptions
from forecast.stages.cohort_people import POOLS, check_horizon, people_of, women_shares
from forecast.types import AGE_GROUPS, NEEDS, ReskillingDemand

YEARS = list(range(2023, 2029))
PLANNED = [2026, 2027]
OCCUPATIONS, SIDO = ("22", "31", "94"), ("11", "26")
FLOWS = ("opening", "entry", "exit", "job_change_out", "closing")
CELL = {"occupation": list(OCCUPATIONS), "age_group": list(AGE_GROUPS), "sido": list(SIDO)}


def options(**changed: object) -> CohortOptions:
    return CohortOptions(**{"years": PLANNED, "since_year": 2024, "scenario": "central", **changed})


def demand(seed: int = 0) -> ReskillingDemand:
    """Two scenarios, one draw; figures are made up and provinces add up to the nation."""
    rng = np.random.default_rng(seed)
    place = {"year": YEARS, **CELL}
    coords = {"scenario": ["no_ai", "central"], **place}
    shape = tuple(len(labels) for labels in coords.values())
    needs = rng.gamma(1.0, 40.0, size=(*shape, len(NEEDS)))
    needs[0] = 0.0

    def persons(values: np.ndarray, labels: dict[str, object]):
        return labelled(values, labels, unit="persons")

    need, draw = {"need": list(NEEDS)}, {"draw": [0]}
    nation = {k: v for k, v in coords.items() if k != "sido"}
    by_draw = {"scenario": coords["scenario"], **draw, **nation, **need}
    ledger = rng.uniform(1.0, 500.0, size=(2, len(FLOWS), *shape[1:]))
    ledger[:, FLOWS.index("opening")] += 2_000.0
    for flow in ("exit", "job_change_out"):
        ledger[:, FLOWS.index(flow)] *= -1.0
    flows = {"scenario": coords["scenario"], "flow": list(FLOWS), **place}
    statistic = np.repeat(needs[:, None], 3, axis=1)
    return ReskillingDemand(
        persons=persons(needs.sum(axis=4)[:, None], by_draw),
        by_province=persons(
            needs.sum(axis=2).transpose(0, 1, 3, 2, 4)[:, None],
            {"scenario": coords["scenario"], **draw, "year": YEARS, "sido": list(SIDO),
             "age_group": list(AGE_GROUPS), **need},
        ),
        cells=persons(
            statistic,
            {"scenario": coords["scenario"], "statistic": ["persons", "lower80", "upper80"],
             **place, **need},
        ),
        parts=persons(np.abs(ledger), flows).rename(flow="part"),
        ledger=persons(ledger, flows),
        displaced=persons(ledger, flows),
        employment_factor=labelled(
            np.ones((2, 1, *shape[1:4])), {k: by_draw[k] for k in list(by_draw)[:-1]},
            unit="share",
        ),
        parameters=pd.DataFrame(),
        details={"reskilling_priority": priorities(rng)},
    )  # fmt: skip


def priorities(rng: np.random.Generator) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [SIDO, OCCUPATIONS, AGE_GROUPS], names=["sido", "ksco7", "age_group"]
    )
    columns = ["displaced_share", "adaptive_capacity", "expected_gain"]
    return pd.DataFrame(rng.uniform(0.1, 0.6, (len(index), 3)), index, columns).reset_index()


def sexes() -> pd.DataFrame:
    rows = [(2021, code, 0.9) for code in "239"] + [(2022, "2", 0.5), (2022, "3", 0.4)]
    return pd.DataFrame([*rows, (2022, "9", 0.55)], columns=["year", "ksco7", "women_share"])


TABLES = {"employment_sex": sexes()}


def needs_of(found: ReskillingDemand, need: str, year: int, scenario: str = "central"):
    cells = found.cells.sel(statistic="persons", scenario=scenario, need=need, year=year)
    return cells.transpose("sido", "occupation", "age_group").to_numpy()


def flow(found: ReskillingDemand, name: str, year: int):
    account = found.ledger.sel(scenario="central", flow=name, year=year)
    return account.transpose("sido", "occupation", "age_group").to_numpy()


def test_those_who_wait_bring_the_years_since_into_the_first():
    found = demand()
    people = people_of(options(), found, TABLES)
    assert (people.years, people.provinces, people.occupations) == ((2026, 2027), SIDO, OCCUPATIONS)
    assert set(people.new) == {f"{who}/{need}" for who, need in POOLS}
    for who, need in (("employed", "ai_basic"), ("employed", "ax"), ("separated", "job_change")):
        new = people.new[f"{who}/{need}"]
        assert new.shape == (2, 2, 3, 5)
        since = sum(needs_of(found, need, year) for year in (2024, 2025, 2026))
        np.testing.assert_allclose(new[0], since)
        np.testing.assert_allclose(new[1], needs_of(found, need, 2027))
    later = people_of(options(since_year=2026), found, TABLES)
    np.testing.assert_allclose(later.new["employed/ax"][0], needs_of(found, "ax", 2026))


def test_who_enters_meets_ai_as_often_as_those_at_work_and_does_not_wait():
    found = demand()
    people = people_of(options(), found, TABLES)
    for place, year in enumerate(PLANNED):
        for need in ("ai_basic", "ax"):
            so_far = sum(needs_of(found, need, past) for past in range(2024, year + 1))
            share = so_far / flow(found, "opening", year)
            assert 0 < share.max() < 1
            expected = flow(found, "entry", year) * share
            np.testing.assert_allclose(people.new[f"entering/{need}"][place], expected)


def test_nobody_enters_beyond_all_and_an_empty_occupation_has_no_share():
    found = demand()
    ledger = found.ledger.copy()
    ledger.loc[{"flow": "opening", "occupation": "22"}] = 0.0
    ledger.loc[{"flow": "opening", "occupation": "31"}] = 1e-3
    people = people_of(options(), replace(found, ledger=ledger), TABLES)
    new = people.new["entering/ax"]
    assert not new[:, :, 0].any()
    for place, year in enumerate(PLANNED):
        np.testing.assert_allclose(new[place, :, 1], flow(found, "entry", year)[:, 1])


def test_eligible_people_are_the_stock_those_who_enter_and_those_who_leave():
    found = demand()
    eligible = people_of(options(), found, TABLES).eligible
    assert set(eligible) == {"employed", "entering", "leaving"}
    for place, year in enumerate(PLANNED):
        np.testing.assert_allclose(eligible["employed"][place], flow(found, "opening", year))
        np.testing.assert_allclose(eligible["entering"][place], flow(found, "entry", year))
        left = -flow(found, "exit", year) - flow(found, "job_change_out", year)
        np.testing.assert_allclose(eligible["leaving"][place], left)
        assert (left > 0).all()


def test_priority_is_one_on_average_and_ranks_by_what_is_at_stake():
    found = demand()
    people = people_of(options(), found, TABLES)
    table = found.details["reskilling_priority"].set_index(["sido", "ksco7", "age_group"])
    for name, priority in people.priority.items():
        weights = people.new[name].sum(axis=0)
        assert np.average(priority, weights=weights) == pytest.approx(1.0)
        stake = "expected_gain" if name.startswith("separated") else "displaced_share"
        value = ((1.0 - table["adaptive_capacity"]) * table[stake]).to_numpy().reshape(2, 3, 5)
        np.testing.assert_allclose(priority / priority[0, 0, 0], value / value[0, 0, 0])


def test_cells_without_a_rank_have_no_priority_and_nothing_at_stake_none_at_all():
    found = demand()
    table = found.details["reskilling_priority"]
    one = table[~((table["sido"] == "26") & (table["ksco7"] == "94"))]
    people = people_of(options(), replace(found, details={"reskilling_priority": one}), TABLES)
    assert not people.priority["employed/ax"][1, 2].any()
    assert people.priority["employed/ax"][0, 2].all()
    nothing = table.assign(displaced_share=0.0, expected_gain=-0.1)
    people = people_of(options(), replace(found, details={"reskilling_priority": nothing}), TABLES)
    assert not any(priority.any() for priority in people.priority.values())


def test_a_missing_ranking_is_named():
    with pytest.raises(InputError, match="reskilling_priority is missing"):
        people_of(options(), replace(demand(), details={}), TABLES)


def test_women_are_those_of_the_latest_year_by_major_group():
    assert women_shares(sexes(), OCCUPATIONS).tolist() == [0.5, 0.4, 0.55]
    with pytest.raises(InputError, match=r"employment_sex\.csv: no major group \['4'\]"):
        women_shares(sexes(), ("22", "41"))


def test_a_scenario_can_be_chosen_beside_that_of_the_options():
    people = people_of(options(), demand(), TABLES, scenario="no_ai")
    assert not any(new.any() for new in people.new.values())
    assert people.eligible["employed"].all()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"scenario": "fast"}, r"cohorts\.scenario=fast is not projected"),
        ({"years": []}, r"cohorts\.years=\[\]"),
        ({"years": [2026, 2028]}, "without a gap"),
        ({"years": [2027, 2026]}, "without a gap"),
        ({"years": [2028, 2029]}, r"cohorts\.years: 2029 is not projected.*2023 to 2028"),
        ({"years": [2022, 2023]}, r"cohorts\.years: 2022 is not projected"),
        ({"since_year": 2020}, r"cohorts\.since_year: 2020 is not projected"),
        ({"since_year": 2027}, r"cohorts\.since_year=2027 is after 2026"),
    ],
)
def test_a_horizon_that_is_not_projected_is_refused(changed, message):
    chosen = options(**changed)
    with pytest.raises(ConfigError, match=message):
        check_horizon(chosen, demand(), chosen.scenario)
    with pytest.raises(ConfigError, match=message):
        people_of(chosen, demand(), TABLES)
