"""Registry, figures, contradictions and open points: nothing lost, every no has its reason."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import plan_cases as cases
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.stages import cohort_texts as texts
from forecast.stages.cohort_registry import (
    contradictions_table,
    defaults_table,
    figures_table,
    registry_table,
    year_of,
)

TABLES = cases.tables()
FOR_WHOM = dict.fromkeys(cases.PLANNED, "people / 사람")
VALUES = dict.fromkeys(texts.OPEN, 1)


@dataclass
class Fairness:
    age: float = 0.8


def reasons(planned=None, years=cases.YEARS) -> pd.Series:
    table = registry_table(TABLES, FOR_WHOM if planned is None else planned, years)
    return table.set_index("programme")["reason"]


def test_every_programme_of_the_documents_and_beside_them_is_listed_once():
    table = registry_table(TABLES, FOR_WHOM, cases.YEARS)
    assert len(TABLES["programmes"]) == 58
    listed = [*TABLES["programmes"]["programme"], *TABLES["beside_programmes"]["programme"]]
    assert table["programme"].tolist() == listed
    assert set(table.loc[table["planned"] == "yes", "programme"]) == set(cases.PLANNED)
    assert [reason for reason in table["reason"] if not cases.bilingual(reason)] == []
    numbers = TABLES["programmes"].set_index("programme")["published"].dropna()
    shown = table.set_index("programme")["published"]
    assert shown[numbers.index].astype(float).equals(numbers)


@pytest.mark.parametrize(
    ("programme", "why"),
    [
        ("P000-T-GOAL", "sums items"),
        ("P000-SME-ROADMAP", r"counted in sites, .*\(cohort_sites\)"),
        ("P003-SWUNIV", "counted in universities, never added to persons /"),
        ("P000-TRAIN-DOCTOR", "no number of persons is printed"),
        ("P003-AIREADY", "abroad"),
        ("P003-REC-POLY", "advice of a report"),
        ("P003-AICHIP3000", "without an occupation of origin"),
        ("P004-INNOACA", "of 2025, before the plan starts in 2026"),
        ("P003-SMARTMFG2", "of 2020, before the plan"),
        ("K-POLY-AX", "the course of P000-AX-COURSE"),
        ("K-CARD", "P000-NAEIL-AI is a part of it"),
        ("K-CENTRE", "counted in centres"),
        ("P000-KDC", "people / 사람"),
    ],
)
def test_who_gets_no_seats_is_told_why(programme, why):
    assert reasons().str.contains(why)[programme], reasons()[programme]


def test_a_programme_left_out_by_the_options_says_so():
    assert reasons({})["P000-KDC"] == texts.NOT_CHOSEN
    assert reasons({}, years=(2025,))["P004-INNOACA"] == texts.NO_NUMBER


def test_a_programme_without_a_row_or_with_two_is_refused():
    with pytest.raises(InputError, match=r"no row for \['P000-NEW'\]"):
        registry_table(TABLES, {"P000-NEW": ""}, cases.YEARS)
    twice = pd.concat([TABLES["programmes"], TABLES["programmes"].head(1)])
    with pytest.raises(InputError, match="P000-A-GOAL' occurs twice"):
        registry_table(TABLES | {"programmes": twice}, {}, cases.YEARS)


@given(year=st.integers(1900, 2099), before=st.sampled_from(["from ", "5 years from ", "to "]))
def test_the_first_year_printed_is_found(year, before):
    assert year_of({"year_stated": "", "year_text": f"{before}{year} (ended)"}) == year
    assert year_of({"year_stated": str(year), "year_text": "2026"}) == year
    assert year_of({"year_stated": float("nan"), "year_text": "5 years"}) is None


def test_every_figure_is_passed_on_and_an_unknown_programme_refused():
    figures = figures_table(TABLES)
    assert len(figures) == len(TABLES["programme_figures"])
    quota = figures.query("programme == 'K-MIDLIFE' and figure == 'quota' and group == ''")
    assert {2_550, 7_500, 15_000} <= set(quota["low"])
    odd = TABLES["programme_figures"].assign(programme="P009")
    with pytest.raises(InputError, match=r"\['P009'\] are no programmes"):
        figures_table(TABLES | {"programme_figures": odd})


def test_every_contradiction_of_a_programme_is_shown_somewhere():
    table = contradictions_table(TABLES)
    assert table["code"].tolist() == TABLES["contradictions"]["code"].tolist()
    touching = table[table["programmes"] != ""]
    assert len(touching) and (touching["shown"] != texts.NO_PROGRAMME).all()
    assert set(texts.SHOWN) == set(table["code"]), "a text for a contradiction that is not there"
    lines = table.set_index("code")["source_line"]
    assert lines["C1.2"] == "moel_ai_upskilling_2025:126 | moel_ai_upskilling_2025:47"


def test_texts_of_contradictions_name_programmes_and_tables_that_exist():
    known = {*cases.PLANNED, *TABLES["programmes"]["programme"], "P000-A-REST", "P002-REST"}
    known |= set(TABLES["beside_programmes"]["programme"])
    for code, text in texts.SHOWN.items():
        assert cases.bilingual(text), code
        tables, _, rest = text.partition(" ")
        assert tables.rstrip(":").startswith("cohort_"), code
        words = [word.strip(",:") for word in rest.split()]
        named = {word for word in words if word.startswith(("P00", "K-"))}
        assert named <= known, code


def test_how_a_run_shows_a_contradiction_may_differ():
    table = contradictions_table(TABLES, {"C1.2": "as this run does"}).set_index("code")["shown"]
    assert table["C1.2"] == "as this run does" and table["C1.3"] == texts.SHOWN["C1.3"]


def test_a_contradiction_that_nothing_shows_is_refused_unless_it_touches_no_target():
    row = TABLES["contradictions"].head(1).assign(code="C9.9")
    with pytest.raises(InputError, match=r"\['C9.9'\] touch a programme"):
        contradictions_table({"contradictions": row})
    free = contradictions_table({"contradictions": row.assign(programmes="")})
    assert free["shown"].tolist() == [texts.NO_PROGRAMME]
    with pytest.raises(InputError, match=r"no code\(s\) \['C0'\]"):
        contradictions_table(TABLES, {"C0": "x"})


def test_every_open_point_has_its_value_and_says_whether_it_was_changed():
    values = VALUES | {"years": (2026, 2027), "regions": {"b": ["2"], "a": ("1",)}}
    values |= {"fairness": Fairness(), "unitemised": None, "goal_semantics": "annual"}
    shipped = values | {"years": [2026, 2027], "regions": {"a": ["1"], "b": ["2"]}, "later": 2}
    table = defaults_table(values, shipped).set_index("key")
    assert table.index.tolist() == list(texts.OPEN)
    assert table.index[table["changed"] == "yes"].tolist() == ["later"]
    assert table.loc["years", "value"] == "[2026, 2027]"
    assert table.loc["fairness", "value"] == '{"age": 0.8}'
    assert table.loc["unitemised", "value"] == "null"
    assert table.loc["goal_semantics", "value"] == "annual"
    assert table["open_ko"].str.contains("[가-힣]").all() and (table["open_en"] != "").all()


@pytest.mark.parametrize("key", sorted(texts.OPEN))
def test_an_unknown_option_or_an_open_point_without_a_value_is_refused(key):
    with pytest.raises(InputError, match="new_option"):
        defaults_table(VALUES | {"new_option": 1}, VALUES)
    with pytest.raises(InputError, match=f"values: .'{key}'"):
        defaults_table({name: 1 for name in VALUES if name != key}, VALUES)
    with pytest.raises(InputError, match="no plain value"):
        defaults_table(VALUES | {key: object()}, VALUES)
