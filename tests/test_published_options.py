"""Numbers in conf/cohorts that documents print are those of the reference tables."""

import pytest

from forecast.config import compose
from forecast.data import reference


@pytest.fixture(scope="module")
def options():
    return compose().cohorts


def printed(programme, figure, **equals):
    """The one value that the documents print, whichever of them."""
    table = reference.load("programme_figures")
    rows = table[(table["programme"] == programme) & (table["figure"] == figure)]
    for column, value in equals.items():
        rows = rows[rows[column].fillna("") == value]
    values = {float(value) for value in rows["high"]} | {float(value) for value in rows["low"]}
    assert values, (programme, figure, equals)
    return values


@pytest.mark.parametrize(("tier", "group"), [("capital", "수도권"), ("other", "비수도권")])
def test_allowance_of_the_ai_campus(options, tier, group):
    rule = options.programmes["P000-KDT-AI"]
    unit = {"unit": "krw_per_month", "year": "2026"}
    assert {rule.allowance_krw[tier]} == printed("P000-KDT-AI", "allowance", group=group, **unit)


def test_fee_of_a_digital_course(options):
    rule = options.programmes["P000-KDT-AI"]
    figures = {"unit": "krw_per_person", "year": "2022"}
    assert {rule.fee_krw} == printed("K-KDT", "unit_cost", **figures)


@pytest.mark.parametrize("track", ["P002-T1", "P002-T2"])
def test_smart_manufacturing_costs_a_month_of_training_and_three_of_work(options, track):
    (training,) = printed("P002-SMART", "allowance", group="훈련")
    (intern,) = printed("P002-SMART", "allowance", group="인턴")
    (months,) = printed("P002-SMART", "duration", group="훈련")
    (intern_months,) = printed("P002-SMART", "duration", group="인턴")
    rule = options.programmes[track]
    paid = rule.allowance_months * rule.allowance_krw["capital"]
    assert paid == training * months + intern * intern_months == 6_400_000
    whole = options.programmes["P002-SMART"]
    assert whole.allowance_months * whole.allowance_krw["other"] == training * months


def test_budget_of_the_first_year(options):
    (budget,) = printed("P000-GOAL", "budget", unit="krw", group="")
    assert options.budget_krw == {2026: budget}


def test_classes_are_as_large_as_printed(options):
    sizes = printed("K-MIDLIFE", "class")
    assert {float(options.minimum_class), float(options.maximum_class)} == sizes


def test_each_province_is_in_one_of_the_printed_number_of_regions(options):
    place = reference.load("programmes").set_index("programme").at["P001-JOINT", "place"]
    assert place.startswith(f"{len(options.regions)} 권역")
    codes = sorted(code for members in options.regions.values() for code in members)
    assert codes == sorted(reference.load("sido")["sido"])
