"""Vacancies change their classification, never their number."""

from __future__ import annotations

import move_cases as made
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_factories import OCCUPATIONS, SIDO

from forecast.data.reference import load
from forecast.errors import InputError
from forecast.stages.vacancies import openings, people_by_province, split_openings

TABLES = made.move_tables()


def opened(**changed: pd.DataFrame):
    return openings({**TABLES, **changed}, occupations=OCCUPATIONS, provinces=SIDO)


@given(seed=st.integers(0, 10_000))
def test_every_vacancy_arrives_once_in_its_province(seed):
    rng = np.random.default_rng(seed)
    n_group, n_occupation, n_province = rng.integers(1, 6, size=3)
    vacancies = rng.integers(0, 5, size=(n_group, n_province)) * rng.uniform(0, 900)
    weight = rng.uniform(0.1, 1.0, size=(n_group, n_occupation))
    people = rng.integers(0, 3, size=(n_occupation, n_province)) * 1000.0
    people[:, 0] += 1.0  # somewhere everybody works
    names = [str(number) for number in range(n_group)]
    split = split_openings(vacancies, weight, people, groups=names)
    np.testing.assert_allclose(split.sum(axis=0), vacancies.sum(axis=0))
    assert (split >= 0).all()


def test_vacancies_follow_people_times_weight():
    weight = np.array([[1.0, 0.25], [0.0, 0.75]])
    people = np.array([[300.0, 10.0], [400.0, 0.0]])
    split = split_openings(np.array([[80.0, 8.0], [10.0, 0.0]]), weight, people, groups="ab")
    np.testing.assert_allclose(split, [[60.0, 8.0], [30.0, 0.0]])


def test_where_nobody_works_the_country_splits_the_vacancies():
    people = np.array([[300.0, 0.0], [100.0, 0.0]])
    split = split_openings(np.array([[0.0, 8.0]]), np.ones((1, 2)), people, groups="a")
    np.testing.assert_allclose(split[:, 1], [6.0, 2.0])
    with pytest.raises(InputError, match=r"KECO group a .*nobody"):
        split_openings(np.array([[1.0]]), np.ones((1, 1)), np.zeros((1, 1)), groups="a")


def test_openings_are_the_mean_half_year_of_the_last_year():
    published = TABLES["vacancies"]
    by_province = published.groupby("sido")["vacancies"].sum() / 2
    found = opened()
    assert found.dims == ("occupation", "sido") and found.attrs["unit"] == "persons"
    np.testing.assert_allclose(found.sum("occupation"), by_province.loc[list(SIDO)])
    older = published.assign(period="2019H1", vacancies=1e9)
    country = published.assign(sido="00", vacancies=1e9)
    again = opened(vacancies=pd.concat([published, older, country]))
    np.testing.assert_allclose(again, found)


def test_every_group_keeps_its_vacancies():
    found = opened()
    linked = TABLES["keco_ksco7"].set_index("ksco7")["keco"].loc[list(OCCUPATIONS)]
    by_group = (
        found.to_series()
        .groupby(linked.rename("keco").reindex(OCCUPATIONS).to_dict().get, level="occupation")
        .sum()
    )
    published = TABLES["vacancies"].groupby("keco")["vacancies"].sum() / 2
    np.testing.assert_allclose(by_group, published.loc[by_group.index])


def test_people_of_a_group_add_up_over_provinces():
    people = people_by_province(TABLES, occupations=OCCUPATIONS, provinces=SIDO)
    rows = TABLES["employment_age"].query("period == '2022H2'").set_index("ksco7")
    np.testing.assert_allclose(people.sum(axis=1), rows["employed_persons"].loc[list(OCCUPATIONS)])


def test_incomplete_tables_are_refused():
    published, links = TABLES["vacancies"], TABLES["keco_ksco7"]
    with pytest.raises(InputError, match="KECO 1 in 2022H2"):
        gone = (published["keco"] == "1") & (published["period"] == "2022H2")
        opened(vacancies=published[~gone])
    with pytest.raises(InputError, match="KECO 0"):
        opened(vacancies=published[published["sido"] != SIDO[0]])
    with pytest.raises(InputError, match="twice"):
        opened(vacancies=pd.concat([published, published]))
    with pytest.raises(InputError, match=r"sum to 0.5"):
        opened(keco_ksco7=links.assign(weight=0.5))
    with pytest.raises(InputError, match="nothing to KECO"):
        opened(keco_ksco7=links.assign(keco="0"))
    with pytest.raises(InputError, match=r"nobody employed .*'11'"):
        employment = TABLES["employment_age"]
        opened(employment_age=employment[employment["ksco7"] != "11"])
    with pytest.raises(InputError, match="lacks province"):
        there = pd.concat([published, published[published["sido"] == SIDO[0]].assign(sido="50")])
        tables = {**TABLES, "vacancies": there}
        openings(tables, occupations=OCCUPATIONS, provinces=[*SIDO, "50"])


def test_the_real_vacancies_of_the_country_arrive_in_51_groups():
    names = ("employment_age", "employment_province", "vacancies", "keco_ksco7")
    tables = {name: load(name) for name in names}
    employment = tables["employment_age"]
    groups = sorted(employment.loc[employment["level"] == "sub_major", "ksco7"].unique())
    provinces = sorted(set(tables["vacancies"]["sido"]) - {"00"})
    found = openings(tables, occupations=groups, provinces=provinces)
    last = tables["vacancies"].query("period >= '2022H1'")
    country = last.loc[last["sido"] == "00", "vacancies"].sum() / 2
    assert found.shape == (51, 17)
    # Provinces are printed in whole persons, and so is the country: 17 roundings.
    assert float(found.sum()) == pytest.approx(country, abs=17 * 10)
    assert (found > 0).all()
