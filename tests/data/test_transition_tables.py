"""Tables that moves between occupations rest on: what the sources print, and what we wrote."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.classifications import Crosswalk
from forecast.data import keco, kosis, labour_market, licences, reference, related
from forecast.errors import InputError

REPOSITORY = Path(__file__).resolve().parents[2]
# Printed figures are estimates rounded one by one: 17 provinces and the country.
PROVINCE_ROUNDING_PERSONS = 0.5 * 18
EDUCATION_ROUNDING_PERSONS = 500 * 4


@pytest.fixture
def copied_root(sources_root, tmp_path) -> Path:
    """A small data root that a test may spoil."""
    shutil.copytree(sources_root / "korea", tmp_path / "korea")
    return tmp_path


@pytest.fixture(scope="module")
def civil_groups() -> list[str]:
    """The sub-major groups that employment by age has."""
    ages = reference.load("employment_age")
    return sorted(ages.loc[ages["level"] == "sub_major", "ksco7"].unique())


def test_vacancies_of_the_provinces_add_up_to_the_country():
    table = reference.load("vacancies")
    parts = table[table["sido"] != "00"].groupby(["period", "keco"])[["vacancies", "unfilled"]]
    country = table[table["sido"] == "00"].set_index(["period", "keco"])
    assert (parts.size() == 17).all()
    gap = (parts.sum() - country[["vacancies", "unfilled"]]).abs()
    assert gap.max(axis=None) <= PROVINCE_ROUNDING_PERSONS


def test_vacancies_cover_every_province_group_and_half_year():
    table = reference.load("vacancies")
    assert list(table["period"].unique()) == ["2021H1", "2021H2", "2022H1", "2022H2"]
    assert set(table["sido"]) == {"00", *reference.load("sido")["sido"]}
    assert set(table["keco"]) == set(keco.MAJORS)
    assert len(table) == 4 * 18 * 10
    assert (table["unfilled"] <= table["vacancies"]).all()
    assert table["shortage_percent"].between(0, 100).all()


def test_vacancies_are_the_printed_cells():
    table = reference.load("vacancies").set_index(["period", "sido", "keco"])
    columns = ["vacancies", "unfilled", "shortage_percent"]
    assert table.loc[("2021H1", "00", "0"), columns].tolist() == [147_134, 11_246, 1.4]
    assert table.loc[("2022H2", "00", "1"), columns].tolist() == [96_617, 20_099, 3.5]


@pytest.mark.sources
def test_renamed_provinces_keep_their_vacancies(sources_root):
    printed = pd.read_csv(sources_root / labour_market.VACANCIES, dtype=str)
    printed = printed[(printed["measure"] == "구인인원") & (printed["period"] == "2022H2")]
    table = reference.load("vacancies").query("period == '2022H2'").set_index(["sido", "keco"])
    for name, sido in (("강원특별자치도", "51"), ("전북특별자치도", "52"), ("서울특별시", "11")):
        own = printed[printed["sido"] == name].set_index("occ_code")["value"].astype(int)
        assert own.to_dict() == table.loc[sido, "vacancies"].to_dict()


@pytest.mark.sources
def test_groups_of_the_vacancies_bear_the_names_they_are_linked_by(sources_root):
    printed = pd.read_csv(sources_root / labour_market.VACANCIES, dtype=str)
    names = printed.drop_duplicates("occ_code").set_index("occ_code")["occ_name"]
    assert names.to_dict() == keco.MAJORS


def test_wages_are_the_printed_cells_in_won():
    table = reference.load("wages").set_index(["year", "ksco7"])["wage_krw_month"]
    assert table[2022, "TOT"] == 3_526_000
    assert table[2022, "1"] == 11_880_000
    assert table[2020, "4"] == 1_574_000
    majors = reference.load("ksco7").query("level == 'major'")["ksco7"]
    for year in (2020, 2021, 2022):
        groups = table[year].drop("TOT")
        assert set(groups.index) == set(majors) - {"A"}
        assert groups.min() < table[year, "TOT"] < groups.max()


def test_education_adds_up_to_the_employed_of_each_group():
    table = reference.load("employment_education")
    wide = table.pivot(
        index=["period", "ksco7"], columns="education", values="employed_persons"
    ).dropna()
    assert set(wide.columns) == set(labour_market.EDUCATION_CODES.values())
    ages = reference.load("employment_age").query("age_group == 'all'")
    total = ages.set_index(["period", "ksco7"])["employed_persons"].loc[wide.index]
    assert (wide.sum(axis=1) - total).abs().max() <= EDUCATION_ROUNDING_PERSONS


def test_education_covers_the_last_two_years_of_the_survey_with_its_gaps(civil_groups):
    table = reference.load("employment_education")
    periods = sorted(reference.load("employment_age")["period"].unique())[-4:]
    assert list(table["period"].unique()) == periods
    assert sorted(table.loc[table["level"] == "sub_major", "ksco7"].unique()) == civil_groups
    assert len(table) == 4 * 3 * table["ksco7"].nunique()
    empty = table[table["employed_persons"].isna()]
    assert set(empty["education"]) == {"lower_secondary"}  # of managers and legal professions


@pytest.mark.sources
def test_education_keeps_printed_cells_and_empty_ones(sources_root):
    printed = pd.read_csv(sources_root / kosis.BY_AGE, dtype=str)
    printed = printed[(printed["breakdown"] == "education") & (printed["period"] >= "2021H1")]
    table = reference.load("employment_education")
    assert table["employed_persons"].isna().sum() == printed["value"].isna().sum() > 0
    assert table["employed_persons"].sum() == 1_000 * printed["value"].astype(float).sum()


def test_every_group_is_linked_to_keco_by_shares_that_sum_to_one(civil_groups):
    table = reference.load("keco_ksco7")
    assert sorted(table["ksco7"].unique()) == civil_groups
    assert table.groupby("ksco7")["weight"].sum().to_numpy() == pytest.approx(1.0, abs=1e-9)
    managers = table[table["ksco7"].str.startswith("1")]
    assert (managers["keco"] == "0").all()
    split = table[table["weight"] < 1]
    assert split["ksco7"].nunique() > 5
    assert split["note"].str.contains("assumed").all()


def test_people_split_over_keco_keep_their_number(civil_groups):
    ages = reference.load("employment_age").query(
        "period == '2022H2' and age_group == 'all' and level == 'sub_major'"
    )
    persons = ages.set_index("ksco7")["employed_persons"].reindex(civil_groups)
    walk = Crosswalk.from_links(reference.load("keco_ksco7"), source="ksco7", target="keco")
    moved = walk.split_people(persons)
    assert moved.sum() == pytest.approx(persons.sum())
    # A shortage of vacancies over everybody employed would be of the size of the printed one.
    country = reference.load("vacancies").query("period == '2022H2' and sido == '00'")
    openings = country.set_index("keco")["vacancies"]
    assert (openings / moved).between(0.001, 0.2).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda links: links.iloc[1:], r"\['11'\] are unknown or lack a link"),
        (lambda links: links.replace({"ksco7": {"11": "A0"}}), r"\['11', 'A0'\] are unknown"),
        (lambda links: pd.concat([links, links.head(1)]), r"\('0', '11'\) occurs twice"),
        (lambda links: links.assign(weight=0.9 * links["weight"]), "sum to 0.9; expected 1"),
        (lambda links: links.assign(confidence="sure"), "a confidence of high, medium, low"),
        (lambda links: links.replace({"keco": {"9": "8"}}), "twice|major groups"),
    ],
)
def test_wrong_links_to_keco_are_refused(script, change, message):
    with pytest.raises(InputError, match=message):
        keco.keco_ksco7(change(script.read_keco_links()), reference.load("ksco7"))


def test_licensed_minor_groups_are_minor_groups_with_an_act():
    table = reference.load("licensed_minors")
    minors = reference.load("ksco7").query("level == 'minor'")["ksco7"]
    assert set(table["ksco7"]) <= set(minors)
    assert table["act"].str.contains("법").all()
    sure = set(table.loc[table["confidence"] == "high", "ksco7"])
    # Doctors, pharmacists, nurses, teachers, lawyers, drivers, pilots and police.
    assert {"241", "242", "243", "252", "253", "261", "873", "238", "411"} <= sure
    assert not {"510", "521", "941", "222", "312"} & set(table["ksco7"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.replace({"ksco7": {"241": "2411"}}), r"\['2411'\] are no civil minor"),
        (lambda rows: pd.concat([rows, rows.head(1)]), "131 occurs twice"),
        (lambda rows: rows.assign(act=" "), "131 needs an act"),
        (lambda rows: rows.assign(confidence="sure"), "a confidence of high, medium, low"),
    ],
)
def test_a_wrong_list_of_licences_is_refused(script, change, message):
    with pytest.raises(InputError, match=message):
        licences.licensed_minors(change(script.read_licensed()), reference.load("ksco7"))


def test_related_occupations_are_shares_over_other_groups(civil_groups):
    table = reference.load("related_occupations")
    assert sorted(table["ksco7"].unique()) == civil_groups
    assert set(table["ksco7_to"]) <= set(civil_groups)
    assert (table["ksco7"] != table["ksco7_to"]).all()
    assert (table["weight"] > 0).all()
    assert table.groupby("ksco7")["weight"].sum().to_numpy() == pytest.approx(1.0, abs=1e-6)


def test_related_occupations_are_nearer_than_chance_in_their_descriptors(civil_groups):
    links = reference.load("ksco7_isco08").merge(
        reference.load("isco_descriptors").drop(columns=["source", "n_soc"]),
        on="isco08",
        validate="many_to_one",
    )
    names = list(reference.load("descriptors")["descriptor"])
    groups = links.groupby(links["ksco7"].str[:2])[names].mean().loc[civil_groups]
    scaled = ((groups - groups.mean()) / groups.std()).to_numpy()
    gaps = np.sqrt(((scaled[:, None] - scaled[None]) ** 2).mean(axis=2))
    wide = reference.load("related_occupations").pivot(
        index="ksco7", columns="ksco7_to", values="weight"
    )
    weight = wide.reindex(index=civil_groups, columns=civil_groups).fillna(0.0).to_numpy()
    by_chance = gaps.sum(axis=1) / (len(gaps) - 1)
    assert ((weight * gaps).sum(axis=1) < by_chance).mean() > 0.9


@pytest.mark.sources
def test_links_between_us_occupations_stay_whole_on_their_way(sources_root):
    links = related.soc_related(sources_root)
    assert links.groupby("soc2018")["share"].sum().to_numpy() == pytest.approx(1.0)
    by_isco = related.isco_related(sources_root)
    assert by_isco.sum(axis=1).to_numpy() == pytest.approx(1.0)
    # An occupation with one 8-digit code: each of its 20 links is a twentieth.
    sheet = pd.read_excel(sources_root / related.RELATED, dtype=str)
    printed = sheet[sheet["O*NET-SOC Code"] == "23-1011.00"]["Related O*NET-SOC Code"].str[:7]
    lawyers = links[links["soc2018"] == "23-1011"].set_index("soc2018_to")["share"]
    assert lawyers.to_dict() == pytest.approx((printed.value_counts() / len(printed)).to_dict())


def test_columns_of_another_crosswalk_are_refused():
    walk = Crosswalk(("x", "y"), ("1",), np.array([[1.0, 1.0]]))
    by_isco = pd.DataFrame([[0.0, 1.0]], index=["x"], columns=["y", "x"])
    with pytest.raises(InputError, match="different ISCO-08 groups"):
        related.related_shares(by_isco, walk)


def test_evidence_says_how_each_figure_was_come_by():
    table = reference.load("evidence")
    kinds = table["confidence"].str.split(" ").str[0]
    assert set(kinds) == {"seen_verbatim", "computed", "quoted"}
    by_source = table.set_index("source")["confidence"]
    assert set(by_source[["svanberg_2024", "manning_aguirre_2026"]]) == {"quoted"}
    assert set(table.loc[table["key"] == "job_exit_rate", "confidence"]) == {"computed"}


def test_evidence_of_midlife_is_the_printed_one():
    table = reference.load("evidence").set_index(["key", "population", "year"])["value"]
    assert table["employed_40_64", "age_40_64", "2023"] == 15_640_000
    assert table["registered_40_64", "age_40_64", "2022"] == 13_727_000
    assert table["long_unemployment_share", "midlife_job_seekers", "2022"] == 36.8
    card = table["training_card_age_share"].unstack("year")
    assert card["2023"].to_dict() == {
        "employed_age_40s": 25.3, "employed_age_50s": 25.4, "employed_age_60_plus": 10.2,
    }  # fmt: skip
    assert (card["2015"] < card["2023"]).all()


@pytest.mark.sources
@pytest.mark.parametrize(
    ("file", "old", "new", "derive", "message"),
    [
        ("vacancy_region_occupation", "KECO-2018,0,", "KECO,0,", "vacancies", "row 2: no major"),
        ("vacancy_region_occupation", ",구인인원,", ",구직인원,", "vacancies", "unknown value"),
        ("vacancy_region_occupation", "147134,명", "147134,천명", "vacancies", "unknown value"),
        ("vacancy_region_occupation", "147134,명", "-1,명", "vacancies", "a negative one"),
        ("vacancy_region_occupation", "147134,명", ",명", "vacancies", "lacks a measure"),
        ("vacancy_region_occupation", "2021H2,2021,전국", "2021H1,2021,전국", "vacancies", "twice"),
        ("wage_occupation", "3180,천원", "3180,만원", "wages", "row 2: expected 월임금총액"),
        ("wage_occupation", "3180,천원", ",천원", "wages", "row 2: a wage is above 0"),
        ("wage_occupation", "KSCO-7,1,", "KSCO-7,B,", "wages", "row 5: expected"),
    ],
)
def test_spoilt_sources_are_refused_by_name(copied_root, file, old, new, derive, message):
    path = copied_root / "korea" / f"{file}.csv"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(InputError, match=message):
        getattr(labour_market, derive)(copied_root)
