"""From options and the shipped registry to programmes with seats, on people made up."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecast.config import compose
from forecast.data import reference
from forecast.errors import ConfigError, InputError
from forecast.options import CohortOptions, FairnessOptions, ProgrammeOptions
from forecast.stages.cohort_people import POOLS, People
from forecast.stages.cohort_rules import (
    POOL_NAMES,
    REST,
    campuses,
    check_rules,
    open_cells,
    published_persons,
    rules_in_order,
    seat_problem,
    seats_by_year,
)
from forecast.types import AGE_GROUPS

YEARS = [2026, 2027, 2028, 2029, 2030]
OCCUPATIONS, SIDO = ("22", "31", "71", "81"), ("11", "30", "36")
COURSE = ProgrammeOptions(need="ax", people="employed", site_kind="campus", months=2.0)
SHIPPED = compose().cohorts
TABLES = {
    name: reference.load(name)
    for name in ("programmes", "beside_programmes", "stage_totals", "campuses")
}


def options(**changed: object) -> CohortOptions:
    return replace(SHIPPED, **changed)


def people_made(years: tuple[int, ...] = (2026, 2027)) -> People:
    shape = (len(years), len(SIDO), len(OCCUPATIONS), len(AGE_GROUPS))
    rng = np.random.default_rng(2)
    return People(
        years=years,
        provinces=SIDO,
        occupations=OCCUPATIONS,
        new={name: rng.uniform(0.0, 9.0, shape) for name in POOL_NAMES},
        eligible={
            name: rng.uniform(1.0, 99.0, shape) for name in ("employed", "entering", "leaving")
        },
        priority={name: rng.random(shape[1:]) for name in POOL_NAMES},
        women=np.array([0.2, 0.5, 0.3, 0.1]),
    )


SITES = pd.DataFrame({"campus": ["가", "나", "다"], "sido": ["11", "30", "11"]})


def problem(rules: dict[str, ProgrammeOptions], chosen: CohortOptions | None = None, **seats):
    people = people_made()
    whole = {name: np.floor(new).astype(np.int64) for name, new in people.new.items()}
    given = {name: seats.get(name, np.array([40, 60])) for name in rules}
    return seat_problem(chosen or options(), rules, given, people, whole, SITES)


def test_the_shipped_rules_are_in_order():
    check_rules(SHIPPED)
    check_rules(options(unitemised="P000-ONLINE-FREE", seats={REST: 5, "K-CAREER": None}))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"programmes": {"X": ProgrammeOptions(need="job_change", people="employed")}},
         r"cohorts\.programmes\.X: nobody is employed/job_change"),
        ({"beside": {"X": ProgrammeOptions(need="none")}}, "nobody is employed/none"),
        ({"programmes": {"X": ProgrammeOptions(site_kind="online")}}, r"X\.site_kind=online"),
        ({"programmes": {"X": ProgrammeOptions(beyond="everyone")}}, r"X\.beyond=everyone"),
        ({"programmes": {"X": ProgrammeOptions(ages=["15-29", "70+"])}}, r"X\.ages: \['70\+'\]"),
        ({"seats": {"P999": 5}}, r"cohorts\.seats: \['P999'\] get no seats"),
        ({"seats": {"P000-KDC": -1}}, r"\['P000-KDC'\] below 0"),
        ({"goal_semantics": "yearly"}, r"goal_semantics=yearly: expected annual or cumulative"),
        ({"unitemised": "P999"}, r"cohorts\.unitemised=P999"),
        ({"unitemised": "K-CAREER"}, r"cohorts\.unitemised=K-CAREER"),
        ({"minimum_class": 0}, "0 < minimum_class <= maximum_class"),
        ({"minimum_class": 26}, "got 26 and 25"),
        ({"maximum_share_per_campus": 0.0}, "maximum_share_per_campus"),
        ({"maximum_share_per_campus": 1.1}, r"above 0 to 1, got 1\.1"),
        ({"later": 0.0}, r"cohorts\.later=0"),
        ({"later": 1.5}, r"cohorts\.later=1\.5"),
        ({"fairness": FairnessOptions(age=1.2)}, r"cohorts\.fairness\.age=1\.2"),
        ({"fairness": FairnessOptions(sex=-0.1)}, r"cohorts\.fairness\.sex=-0\.1"),
        ({"fairness": FairnessOptions(province=2.0)}, r"cohorts\.fairness\.province=2"),
        ({"age_priority": {"15-29": 1.0}}, r"cohorts\.age_priority"),
        ({"age_priority": {**SHIPPED.age_priority, "60+": -1.0}}, r"cohorts\.age_priority"),
        ({"age_priority": {}}, r"cohorts\.age_priority"),
    ],
)  # fmt: skip
def test_options_that_contradict_each_other_are_refused(changed, message):
    with pytest.raises(ConfigError, match=message):
        check_rules(options(**changed))


def published(name: str) -> int:
    table = pd.concat([TABLES["programmes"], TABLES["beside_programmes"]])
    (number,) = table.loc[table["programme"] == name, "published"]
    return int(number)


def test_an_annual_number_is_given_out_each_year():
    seats = seats_by_year(SHIPPED, TABLES)
    assert set(seats) == {*SHIPPED.programmes, *SHIPPED.beside}
    for name, by_year in seats.items():
        if not name.startswith("P002-"):
            assert by_year.tolist() == [published(name)] * 5
    assert all(by_year.dtype == np.int64 for by_year in seats.values())


def test_a_cumulative_number_is_the_sum_of_all_years():
    annual, seats = (
        seats_by_year(options(goal_semantics=each), TABLES) for each in ("annual", "cumulative")
    )
    for name in SHIPPED.programmes:
        if not name.startswith("P002-"):
            assert seats[name].sum() == published(name)
            assert seats[name].max() - seats[name].min() <= 1
    for name in ("P002-SMART", "P002-T1", "P002-T2", *SHIPPED.beside):  # a number a year
        assert seats[name].tolist() == annual[name].tolist()
    three = options(goal_semantics="cumulative", years=YEARS[:3], seats={"P000-KDC": 11})
    assert seats_by_year(three, TABLES)["P000-KDC"].tolist() == [4, 4, 3]


def test_tracks_are_part_of_smart_manufacturing():
    seats = seats_by_year(SHIPPED, TABLES)
    tracks = {name: by_year for name, by_year in seats.items() if name.startswith("P002-")}
    assert {name: by_year[0] for name, by_year in tracks.items()} == {
        "P002-T1": 400, "P002-T2": 80, "P002-SMART": 120,
    }  # fmt: skip
    assert sum(tracks.values()).tolist() == [published("P002-SMART"), 0, 0, 0, 0] == [600, *[0] * 4]
    without = {k: v for k, v in SHIPPED.programmes.items() if k != "P002-T1"}
    assert seats_by_year(options(programmes=without), TABLES)["P002-SMART"][0] == 520
    later = options(years=[2027, 2028])
    assert seats_by_year(later, TABLES)["P002-SMART"].tolist() == [0, 0]


def test_seats_of_the_options_come_first():
    seats = seats_by_year(options(seats={"P000-KDC": 7, "P000-AX-COURSE": None}), TABLES)
    assert seats["P000-KDC"].tolist() == [7] * 5
    assert seats["P000-AX-COURSE"].tolist() == [published("P000-AX-COURSE")] * 5
    # What the rest of smart manufacturing is, is said, not worked out.
    assert seats_by_year(options(seats={"P002-SMART": 9}), TABLES)["P002-SMART"][0] == 9


def test_the_seats_nobody_itemises_go_where_they_are_put():
    row = TABLES["stage_totals"].set_index("stage").loc["활동기"]
    rest = int(row["printed"] - row["itemised"])
    assert rest > 0 and REST not in seats_by_year(SHIPPED, TABLES)
    chosen = options(unitemised="P000-ONLINE-FREE")
    assert seats_by_year(chosen, TABLES)[REST].tolist() == [rest] * 5
    total = replace(chosen, goal_semantics="cumulative")
    assert seats_by_year(total, TABLES)[REST].sum() == rest
    assert seats_by_year(replace(chosen, seats={REST: 3}), TABLES)[REST].tolist() == [3] * 5
    assert REST not in rules_in_order(SHIPPED)
    rules = rules_in_order(chosen)
    assert list(rules) == [*SHIPPED.programmes, REST]
    assert rules[REST] == rules["P000-ONLINE-FREE"]


def test_only_published_persons_are_seats():
    registry = TABLES["programmes"].set_index("programme")
    other = registry[registry["unit"] != "persons"].index[0]
    with pytest.raises(InputError, match=rf"{re.escape(other)}: expected a published number"):
        published_persons(registry, other)
    with pytest.raises(ConfigError, match=r"cohorts\.programmes\.P999: no such programme"):
        published_persons(registry, "P999")
    unknown = options(programmes={**SHIPPED.programmes, "P999": ProgrammeOptions()})
    with pytest.raises(ConfigError, match="P999"):
        seats_by_year(unknown, TABLES)
    given = replace(unknown, seats={"P999": 4})
    assert seats_by_year(given, TABLES)["P999"].tolist() == [4] * 5


def test_campuses_are_those_among_the_places():
    sites = campuses(TABLES["campuses"])
    assert len(sites) == 39 and sites["campus"].is_monotonic_increasing
    assert list(sites.index) == list(range(39))


def test_ages_and_occupations_open_cells():
    people = people_made()
    assert open_cells(ProgrammeOptions(), people).all()
    young = open_cells(ProgrammeOptions(ages=["15-29"], occupations=["22", "7"]), people)
    assert np.argwhere(young).tolist() == [[0, 0], [2, 0]]
    with pytest.raises(ConfigError, match=r"\['99'\] are none of KSCO-7"):
        open_cells(ProgrammeOptions(occupations=["99"]), people)


def test_pools_are_those_in_use_and_only_who_enters_does_not_wait():
    rules = {"a": replace(COURSE), "b": ProgrammeOptions(people="entering"),
             "c": ProgrammeOptions(people="separated", need="job_change")}  # fmt: skip
    made = problem(rules)
    names = [pool.name for pool in made.pools]
    assert names == ["employed/ax", "separated/job_change", "entering/ai_basic"]
    assert [pool.waits for pool in made.pools] == [True, True, False]
    assert [names[programme.pool] for programme in made.programmes] == [
        names[0],
        names[2],
        names[1],
    ]
    assert set(names) < {f"{who}/{need}" for who, need in POOLS}
    people = people_made()
    for pool in made.pools:
        np.testing.assert_array_equal(pool.new, np.floor(people.new[pool.name]))
        np.testing.assert_array_equal(pool.priority, people.priority[pool.name])


def test_seats_above_the_need_follow_those_who_are_eligible():
    rule = ProgrammeOptions(beyond="leaving", ages=["40-49"], occupations=["22", "31"])
    programme = problem({"a": rule}).programmes[0]
    there = people_made().eligible["leaving"][:, :, :2, 2].sum(axis=2)
    assert programme.beyond is not None and programme.beyond_most is not None
    np.testing.assert_allclose(programme.beyond, there / there.sum(axis=1, keepdims=True))
    np.testing.assert_array_equal(programme.beyond_most, np.floor(there.sum(axis=1)))
    none = problem({"a": ProgrammeOptions()}).programmes[0]
    assert none.beyond is None and none.beyond_most is None


def test_campuses_teach_classes_and_other_programmes_have_no_sites():
    chosen = options(maximum_share_per_campus=0.5, room_months=6.0, years=[2026, 2027])
    made = problem({"a": COURSE, "b": ProgrammeOptions()}, chosen)
    sites = made.programmes[0].sites
    assert sites is not None and made.programmes[1].sites is None
    assert sites.province.tolist() == [0, 1, 0]
    assert (sites.smallest_class, sites.largest_class, sites.most) == (20, 25, 30)
    assert (sites.every_site, sites.months) == (False, 2.0)
    assert made.room is not None and made.room.tolist() == [12.0, 6.0, 0.0]
    assert made.served_by.tolist() == [0, 1, 1]  # 세종 is served by 대전
    every = problem({"a": replace(COURSE, every_campus=True)}).programmes[0].sites
    assert every is not None and every.every_site
    assert problem({"a": COURSE}).room is None


def test_a_share_of_the_seats_is_whole_and_never_less_than_a_class():
    assert 0.29 * 100 < 29  # in binary
    for share, seats, most in ((0.1, 1000, 100), (0.29, 100, 29), (0.1, 259, 25), (0.1, 10, 25)):
        made = problem({"a": COURSE}, options(maximum_share_per_campus=share), a=np.full(2, seats))
        assert made.programmes[0].sites.most == most


def test_a_province_without_a_campus_needs_one_that_serves_it():
    with pytest.raises(ConfigError, match=r"cohorts\.served_by: 시도 \['36'\] have no campus"):
        problem({"a": COURSE}, options(served_by={}))


def test_costs_are_the_published_fee_and_allowance_of_the_province():
    rule = replace(
        COURSE, fee_krw=1e6, allowance_krw={"capital": 1e5, "other": 3e5}, allowance_months=2.0
    )
    made = problem({"a": rule, "b": COURSE}, options(budget_krw={2026: 5e9}))
    assert made.programmes[0].unit_cost.tolist() == [1.2e6, 1.6e6, 1.6e6]
    assert made.programmes[1].unit_cost is None
    assert made.budget is not None and made.budget.tolist() == [5e9, np.inf]
    fee = problem({"a": replace(COURSE, fee_krw=1e6)}, options(budget_krw={}))
    assert fee.programmes[0].unit_cost.tolist() == [1e6] * 3 and fee.budget is None
    with pytest.raises(ConfigError, match=r"allowance_krw has \['capital'\]"):
        problem({"a": replace(rule, allowance_krw={"capital": 1e5})})


def test_weights_fairness_and_the_value_of_later_are_those_of_the_options():
    weights = {age: float(number) for number, age in enumerate(AGE_GROUPS)}
    chosen = options(age_priority=weights, fairness=FairnessOptions(0.1, 0.2, 0.3), later=0.9)
    made = problem({"a": COURSE}, chosen)
    assert made.programmes[0].weight.tolist() == [0, 1, 2, 3, 4]
    fair = made.fairness
    assert (fair.age, fair.sex, fair.province, made.later) == (0.1, 0.2, 0.3, 0.9)
    assert made.women.tolist() == [0.2, 0.5, 0.3, 0.1]
