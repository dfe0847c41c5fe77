"""Programmes, their printed numbers, what is published beside them, and what contradicts what."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from forecast.data import programme_rows, programme_tables, published, reference
from forecast.data.amounts import amount, bound
from forecast.data.beside_programmes import beside_programmes
from forecast.data.collected_figures import FIGURES, collected
from forecast.data.contradictions import Published, contradictions, read_documents
from forecast.data.employment_sex import BY_YEAR, employment_sex
from forecast.data.programme_figures import of_policy, policy_figures
from forecast.errors import InputError

REPOSITORY = Path(__file__).resolve().parents[2]
COLLECTED = "korea/programmes.csv"


@pytest.fixture(scope="module")
def texts(script) -> dict[str, pd.DataFrame]:
    """What this project wrote about programmes, as the build script reads it."""
    return script.read_programme_texts()


@pytest.fixture
def copied_root(sources_root, tmp_path) -> Path:
    """A small data root that a test may spoil."""
    shutil.copytree(sources_root / "korea", tmp_path / "data" / "korea")
    return tmp_path / "data"


@pytest.fixture
def copied_policy(policy, tmp_path) -> Path:
    """Policy documents that a test may spoil."""
    shutil.copytree(policy, tmp_path / "policy")
    return tmp_path / "policy"


@pytest.fixture(scope="module")
def figures() -> pd.DataFrame:
    """The embedded figures of programmes."""
    return reference.load("programme_figures")


@pytest.fixture(scope="module")
def looked_up(policy) -> Published:
    """The tables in which contradictions look their numbers up."""
    both = [reference.load("programmes"), reference.load("beside_programmes")]
    return Published(
        programmes=pd.concat(both),
        programme_figures=reference.load("programme_figures"),
        campuses=reference.load("campuses"),
        documents=read_documents(policy),
    )


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), "utf-8")


def _drop_line(path: Path, beginning: str) -> None:
    lines = path.read_text("utf-8").splitlines(keepends=True)
    left = [line for line in lines if not line.startswith(beginning)]
    assert len(left) == len(lines) - 1
    path.write_text("".join(left), "utf-8")


def _numbers(figures, programme, figure, **where) -> list[tuple[float, float]]:
    chosen = figures[(figures["programme"] == programme) & (figures["figure"] == figure)]
    for column, value in where.items():
        chosen = chosen[chosen[column] == value]
    return list(zip(chosen["low"], chosen["high"], strict=True))


@pytest.mark.parametrize(
    ("printed", "year", "expected"),
    [
        ("39 campuses", "", (39, 39)),
        ("2024 3050 (target)", "2024", (3050, 3050)),
        ("1,118,176명", "", (1_118_176, 1_118_176)),
        ("2.7조", "", (2.7e12, 2.7e12)),
        ("거점형 +1억원 내외/year", "", (1e8, 1e8)),
        ("51억 to 101억 KRW", "", (5.1e9, 1.01e10)),
        ("300~500만", "", (3e6, 5e6)),
        ("1000 5G+AI smart factories", "2025", (1000, 1000)),
    ],
)
def test_printed_words_become_base_units(printed, year, expected):
    assert amount(printed, year=year) == expected


def test_bounds_are_read_from_the_words_and_absent_without_them():
    assert bound("training <= 1 month") == bound("internship within 1 month") == "at_most"
    assert bound("훈련비 90%+") == bound("100만명 이상") == "at_least"
    assert bound("총 20개소 내외") == bound("480 firms (480여)") == "about"
    assert bound("10 centres") == bound("여성 20.5 %") == ""


def test_every_programme_has_lines_in_a_listed_source():
    listed = set(reference.load("sources")["source"])
    for name in ("programmes", "beside_programmes"):
        assert (reference.load(name)["source_line"] != "").all()
    lines = reference.load("programmes")["source_line"]
    assert {part.split(":")[0] for text in lines for part in text.split(";")} <= listed
    assert not lines.str.contains(r"\b00\d:", regex=True).any()


def test_a_programme_with_several_numbers_has_no_single_one(figures):
    programmes = reference.load("programmes").set_index("programme")
    several = ["P003-DOMAIN-MSIT", "P003-DOMAIN-MOTIE", "P004-INNOACA", "P004-STAR", "P004-GENAI"]
    assert programmes.loc[several, "published"].isna().all()
    for name in several:
        assert len(figures[figures["programme"] == name]) > 1


def test_single_published_numbers_are_among_the_figures(figures):
    both = pd.concat([reference.load("programmes"), reference.load("beside_programmes")])
    for row in both[both["published"].notna()].to_dict("records"):
        own = figures[(figures["programme"] == row["programme"]) & (figures["unit"] == row["unit"])]
        assert row["published"] in set(own["low"]), row["programme"]


def test_series_ranges_tiers_and_units_are_kept_apart(figures):
    years = figures[
        (figures["programme"] == "P003-DOMAIN-MSIT")
        & (figures["unit"] == "persons")
        & (figures["source"] == "kiet_2024_report")
    ]
    assert dict(zip(years["year"], years["low"], strict=True)) == {
        "2021": 2931,
        "2022": 6268,
        "2023": 5071,
        "2024": 3050,
    }
    assert years.set_index("year")["figure"].to_dict()["2024"] == "target"
    assert (118, 218) in _numbers(figures, "P004-INNOACA", "target")
    smart = figures[(figures["programme"] == "P002-SMART") & (figures["figure"] != "allowance")]
    assert {"persons", "firms", "consortia"} <= set(smart["unit"])
    tiers = figures[(figures["programme"] == "P000-KDT-AI") & (figures["figure"] == "allowance")]
    assert set(tiers["bound"]) == {"at_most"}
    highest = tiers.query("year == '2026'").groupby("group")["high"].agg(["min", "max"])
    assert highest["min"].to_dict() == highest["max"].to_dict()
    assert highest["max"].to_dict() == {"수도권": 4e5, "비수도권": 6e5, "인구감소지역": 8e5}


def test_joint_centres_and_their_training_have_costs_and_least_hours(figures):
    assert set(_numbers(figures, "P001-JOINT", "budget", group="센터당")) == {(5e8, 5e8)}
    assert set(_numbers(figures, "P001-JOINT", "budget", group="거점형 추가")) == {(1e8, 1e8)}
    assert set(_numbers(figures, "P001-JOINT", "unit_cost")) == {(300, 300)}
    hours = figures[(figures["programme"] == "P001-S2") & (figures["unit"] == "hours")]
    assert set(hours["low"]) == {18} and set(hours["bound"]) == {"at_least"}


def test_conflicting_seats_are_rows_of_their_own(figures):
    seats = {year: set() for year in ("2024", "2025", "2026")}
    for row in figures[
        (figures["programme"] == "K-MIDLIFE")
        & (figures["figure"] == "quota")
        & (figures["group"] == "")
    ].to_dict("records"):
        seats[row["year"]].add(row["low"])
    assert seats == {"2024": {2550, 2800, 2500}, "2025": {7500}, "2026": {15000}}


def test_outcomes_say_what_they_measure_and_shares_are_shares(figures):
    outcomes = figures[figures["figure"] == "outcome"]
    assert (outcomes["measure"] != "").all()
    assert (figures.loc[figures["figure"] != "outcome", "measure"] == "").all()
    percent = figures[figures["unit"] == "percent"]
    assert percent.loc[percent["figure"].isin(("outcome", "participants")), "high"].max() <= 100
    assert set(outcomes["measure"]) == set(programme_rows.MEASURES.values())
    sexes = _numbers(figures, "K-MIDLIFE", "participants", group="남성")
    sexes += _numbers(figures, "K-MIDLIFE", "participants", group="여성")
    assert sum(low for low, _ in sexes) == 100


def test_figures_are_ranges_of_known_kinds_in_named_units(figures):
    assert set(figures["figure"]) <= set(FIGURES)
    assert (figures["low"] <= figures["high"]).all() and (figures["low"] > 0).all()
    assert (figures[["unit", "printed", "confidence", "source_line"]] != "").all(axis=None)
    assert set(figures["bound"]) == {"", "about", "at_least", "at_most"}


def test_budget_per_head_is_the_budget_over_the_heads(figures):
    goal = figures[figures["programme"] == "P000-GOAL"].set_index("source_line")
    total, heads = goal.loc["programmes-0023", "low"], goal.loc["programmes-0019", "low"].iloc[0]
    assert heads == 240_000
    assert total / heads == pytest.approx(goal.loc["programmes-0024", "low"], abs=500)


def test_two_documents_that_print_a_number_agree_unless_it_is_listed(figures):
    plain = figures[
        (figures["low"] == figures["high"]) & (figures["confidence"] == "seen_verbatim")
    ]
    policy = of_policy(plain)
    collected_rows = plain.drop(policy.index)
    keys = ["programme", "figure", "group", "unit"]
    both = policy.merge(collected_rows, on=keys, suffixes=("_policy", "_collected"))
    same_year = both[(both["year_policy"] == both["year_collected"]) | (both["year_policy"] == "")]
    assert len(same_year) > 30
    assert (same_year["low_policy"] == same_year["low_collected"]).all()


def test_programmes_beside_have_the_same_columns_and_never_a_kind_that_adds():
    beside, programmes = reference.load("beside_programmes"), reference.load("programmes")
    assert list(beside.columns) == list(programmes.columns)
    assert set(beside["kind"]) == {"beside"}
    assert not set(beside["programme"]) & set(programmes["programme"])
    numbers = beside.set_index("programme")["published"]
    assert numbers[["K-MIDLIFE", "K-CAREER", "K-CENTRE", "K-POLY-AX"]].tolist() == [
        15000,
        2000,
        35,
        1100,
    ]
    assert beside.set_index("programme")["unit"]["K-CENTRE"] == "centres"


def test_contradictions_name_both_figures_and_the_published_totals():
    table = reference.load("contradictions").set_index("code")
    assert {f"C1.{number}" for number in range(1, 11)} <= set(table.index)
    assert table.loc["C1.2", ["printed_a", "printed_b"]].tolist() == ["30000", "29500"]
    assert table.loc["C1.5", ["printed_a", "printed_b"]].tolist() == ["240000", "1000000"]
    totals = reference.load("stage_totals").set_index("stage")
    for code, stage in (("C1.2", "전환기"), ("C1.4", "활동기"), ("C1.5", "전체")):
        sides = set(table.loc[code, ["printed_a", "printed_b"]].astype(int))
        assert sides == set(totals.loc[stage, ["itemised", "printed"]])
    assert (table["printed_a"] != table["printed_b"]).all()
    assert (table[["lines_a", "lines_b"]] != "").all(axis=None)


def test_of_the_forty_listed_places_one_is_no_campus():
    campuses = reference.load("campuses")
    table = reference.load("contradictions").set_index("code")
    assert table.loc["D1.6", ["printed_a", "printed_b"]].astype(int).tolist() == [
        len(campuses),
        campuses["is_campus"].sum(),
    ]


@pytest.mark.sources
def test_words_that_the_document_does_not_print_are_refused(policy, texts):
    meanings = texts["programme_figures"].copy()
    meanings.loc[3, "printed"] = "57000"
    with pytest.raises(InputError, match=r"row 5: '57000' is not in target_headcount of P000-NAEI"):
        policy_figures(policy, meanings)
    twice = pd.concat([texts["programme_figures"], texts["programme_figures"].iloc[[3]]])
    with pytest.raises(InputError, match="is taken twice"):
        policy_figures(policy, twice)


@pytest.mark.sources
def test_a_printed_number_without_a_meaning_is_refused(policy, texts):
    meanings = texts["programme_figures"]
    without = meanings[meanings["printed"] != "7 사업단"]
    with pytest.raises(InputError, match=r"P002-SMART, target_sites: .*7 사업단.* no meaning"):
        policy_figures(policy, without)


@pytest.mark.sources
def test_an_unknown_figure_or_missing_unit_is_refused(policy, texts):
    meanings = texts["programme_figures"].replace({"unit": {"campuses": ""}})
    with pytest.raises(InputError, match="figure 'infra' in unit ''; expected one of target"):
        policy_figures(policy, meanings)


@pytest.mark.sources
def test_a_number_that_the_policy_document_changed_is_refused(copied_policy, texts):
    _change(copied_policy / published.PROGRAMMES, "2021 2931;", "2021 2932;")
    with pytest.raises(InputError, match="'2021 2931' is not in target_headcount"):
        policy_figures(copied_policy, texts["programme_figures"])


@pytest.mark.sources
def test_a_broken_line_reference_or_document_is_refused(copied_policy):
    path = copied_policy / published.PROGRAMMES
    _change(path, '"000:21,23"', '"line 21"')
    with pytest.raises(InputError, match=r"line reference 'line 21'; expected a document"):
        published.programmes(copied_policy)
    _change(path, '"line 21"', "009:21")
    with pytest.raises(InputError, match="no document 'P009'"):
        published.programmes(copied_policy)


@pytest.mark.sources
def test_rows_that_are_gone_or_new_are_refused(copied_root):
    _drop_line(copied_root / COLLECTED, "programmes-0050,")
    with pytest.raises(InputError, match=r"row id\(s\) \['0050'\] are new, gone or twice"):
        collected(copied_root)


@pytest.mark.sources
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2,800 → 7,500 (", "(", r"programmes-0141, column note: '2,800' was expected"),
        ("1005 / 2810 / 2.79:1", "1005 / 2810", r"programmes-0088: .* has 2 parts, 3 were"),
        (",,,,3.3,만명,", ",,,,3.3,섬,", r"programmes-0003: unit '섬'"),
        (",,,,5.6,만명,", ",,,,many,만명,", r"programmes-0002: .*prints no number"),
        ("유지취업률,outcome", "만족도,outcome", r"outcome '만족도' is unknown"),
        (
            "KDT 실적, 2023-02-10 (조선일보)",
            "KDT 실적",
            r"row 112: citation .* is not registered",
        ),
    ],
)
def test_a_collected_row_that_prints_something_else_is_refused(copied_root, old, new, said):
    _change(copied_root / COLLECTED, old, new)
    with pytest.raises(InputError, match=said):
        collected(copied_root)


@pytest.mark.sources
def test_a_changed_value_reaches_the_figures_without_the_policy_documents(copied_root):
    _change(copied_root / COLLECTED, ",1720,명,", ",1721,명,")
    derived = programme_tables.programme_tables(
        copied_root, reference.load("campuses"), embedded=reference.load
    )["programme_figures"]
    assert _numbers(derived, "K-CAREER", "participants") == [(1721, 1721)]
    assert len(of_policy(derived)) == len(of_policy(reference.load("programme_figures")))


def test_a_wrong_list_of_programmes_beside_is_refused(figures, texts):
    written = texts["beside_programmes"]
    with pytest.raises(InputError, match=r"\['K-MIDLIFE'\] lack a row"):
        beside_programmes(written.iloc[1:], figures)
    other = written.replace({"row": {"programmes-0070": "programmes-0091"}})
    with pytest.raises(InputError, match=r"K-MIDLIFE: row programmes-0091 prints 0 of target"):
        beside_programmes(other, figures)


@pytest.mark.sources
@pytest.mark.parametrize(
    ("code", "column", "value", "said"),
    [
        ("C1.2", "what_en", "The items add up to less.", "side a is 30,000, which what_ko or"),
        ("C1.2", "what_ko", "항목의 합이 더 작다.", "side a is 30,000, which what_ko or"),
        ("C1.2", "from_b", "P000-POLY-BASIC", "side b is 28,000, which"),
        ("C1.2", "programmes", "P000-NOWHERE", r"\['P000-NOWHERE'\] are no programmes"),
        ("C1.6", "words_b", "총 30개소", "does not print '총 30개소'"),
        ("C1.7", "from_a", "F9999", "'F9999' names 0 published numbers"),
        ("C1.7", "from_a", "P003-DOMAIN-MSIT", "has no published number"),
        ("C1.10", "words_a", "", "give the terms of a number, or words"),
        ("C1.3", "lines_a", "000:", "C1.3: programmes.csv: line reference '000:'"),
        ("C1.3", "code", "C1.2", "C1.2 occurs twice"),
        ("D1.3", "from_b", "programmes-0124", "is a range"),
    ],
)
def test_a_wrong_contradiction_is_refused(looked_up, texts, code, column, value, said):
    written = texts["contradictions"].copy()
    written.loc[written["code"] == code, column] = value
    with pytest.raises(InputError, match=said):
        contradictions(written, looked_up)


def test_women_share_covers_nine_groups_and_all_for_seven_years():
    table = reference.load("employment_sex")
    wide = table.pivot(index="year", columns="ksco7", values="women_share")
    assert list(wide.columns) == [*"123456789", "TOT"] and len(wide) == 7
    assert table["women_share"].between(0, 1).all()
    assert (wide["TOT"] > wide.min(axis=1)).all() and (wide["TOT"] < wide.max(axis=1)).all()


def test_women_of_the_groups_add_up_to_all_women():
    table = reference.load("employment_sex")
    table["women"] = table["women_share"] * table["employed_persons"]
    women = table.pivot(index="year", columns="ksco7", values="women")
    gap = women.drop(columns="TOT").sum(axis=1) - women["TOT"]
    assert gap.abs().max() <= 6_000  # ten totals and shares of figures in thousands


@pytest.mark.sources
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",여자,11", ",여자,12", "men and women miss their total by 1,000,000 persons"),
        ("KSCO-7,total,TOT,계,sex,계,26409", "KSCO-7,total,TOT,계,sex,계,", "2016/TOT"),
        ("2016,2016,KSCO-7,total", "2016,2016,KSCO-6,total", "row 2: expected code_system"),
        (",major,1,관리자,sex,남자,", ",major,X,관리자,sex,남자,", "'X' is no KSCO-7 major group"),
        (",sex,남자,", ",sex,소년,", r"unknown value\(s\) \['소년'\]"),
    ],
)
def test_spoilt_employment_by_sex_is_refused(copied_root, old, new, said):
    _change(copied_root / BY_YEAR, old, new)
    with pytest.raises(InputError, match=said):
        employment_sex(copied_root)


@pytest.mark.sources
def test_groups_that_miss_their_total_are_refused(copied_root):
    path = copied_root / BY_YEAR
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    year = (table["year"] == "2020") & (table["code"] == "9")
    table.loc[year, "value"] = (table.loc[year, "value"].astype(int) * 2).astype(str)
    table.to_csv(path, index=False)
    with pytest.raises(InputError, match=r"the groups of 2020 miss TOT by [\d,]+ persons"):
        employment_sex(copied_root)
