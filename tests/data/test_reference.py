"""The embedded tables say what the sources say, with a source on every row."""

import hashlib
import shutil
from pathlib import Path

import pandas as pd
import pytest

from forecast.classifications import ISCO08_NOT_IN_KOREA, Crosswalk
from forecast.data import (
    adoption,
    anchors,
    daioe,
    evidence,
    indices,
    kosis,
    onet,
    onet_tasks,
    published,
    reference,
    task_profile,
)
from forecast.data.files import read_sheet
from forecast.data.task_labels import task_weights
from forecast.errors import InputError

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "forecast" / "reference"
MAX_BYTES = 5 * 2**20
KEYS = {
    "sources": ["source"],
    "registry": ["path"],
    "ksco7": ["ksco7"],
    "ksic10": ["ksic"],
    "sido": ["sido"],
    "isco08": ["isco08"],
    "employment_age": ["period", "ksco7", "age_group"],
    "employment_industry": ["period", "ksic", "ksco7"],
    "employment_province": ["period", "sido", "ksco7"],
    "employment_education": ["period", "ksco7", "education"],
    "vacancies": ["period", "sido", "keco"],
    "wages": ["year", "ksco7"],
    "keco_ksco7": ["keco", "ksco7"],
    "licensed_minors": ["ksco7"],
    "related_occupations": ["ksco7", "ksco7_to"],
    "descriptors": ["descriptor"],
    "isco_descriptors": ["isco08"],
    "isco_daioe": ["isco08", "year"],
    "isco_indices": ["isco08", "index"],
    "isco_task_profile": ["isco08", "activity"],
    "minor_employment": ["ksco7", "period", "sex"],
    "ksco7_isco08": ["ksco7", "isco08"],
    "adoption": ["measure", "scope_kind", "scope", "year"],
    "adoption_ranges": ["measure", "scope_kind", "scope", "year"],
    "btos_state": ["state", "cycle", "series"],
    "anchors": ["anchor"],
    "evidence": ["key", "population", "year"],
    "programmes": ["programme"],
    "campuses": ["campus"],
    "programme_figures": [
        *("programme", "figure", "group", "year", "unit", "source_line", "printed"),
    ],
    "beside_programmes": ["programme"],
    "contradictions": ["code"],
    "employment_sex": ["year", "ksco7"],
    "stage_totals": ["stage"],
}
# Keys that may be empty: tasks without an activity, figures of everyone.
MAY_BE_EMPTY = ("activity", "group")
# Half a thousand for each of five ages and for their total.
AGE_ROUNDING_PERSONS = 6 * 500


@pytest.fixture(scope="module")
def links(script) -> pd.DataFrame:
    """The hand-written links of KSCO-7 to ISCO-08."""
    return script.read_links()


@pytest.fixture(scope="module")
def read_once(onet_read):
    """O*NET is not read again in this module: it is nine tenths of a build."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onet, "read_onet", lambda root: onet_read)
        yield onet_read


@pytest.fixture(scope="module")
def rebuilt(sources_root, script, links, policy, read_once) -> dict[str, pd.DataFrame]:
    """Every table derived again from the real sources."""
    return reference.build(
        sources_root,
        links=links,
        keco_links=script.read_keco_links(),
        licensed=script.read_licensed(),
        names_ko=script.read_names_ko(),
        addresses=script.read_addresses(),
        policy=policy,
        programme_texts=script.read_programme_texts(),
    )


@pytest.fixture
def copied_root(sources_root, tmp_path) -> Path:
    """A small data root that a test may spoil."""
    shutil.copytree(sources_root / "korea", tmp_path / "korea")
    return tmp_path


@pytest.mark.sources
@pytest.mark.parametrize("name", reference.NAMES)
def test_rebuilding_from_the_sources_gives_the_checked_in_table(rebuilt, name):
    assert reference.to_csv(name, rebuilt[name]) == (FOLDER / f"{name}.csv").read_text("utf-8")
    pd.testing.assert_frame_equal(rebuilt[name], reference.load(name))


@pytest.mark.sources
def test_a_data_root_alone_is_enough_to_derive_the_same_tables(sources_root, tmp_path, read_once):
    # A user's folder has no policy documents beside it.
    (tmp_path / "data").symlink_to(sources_root.resolve())
    derived = reference.build(tmp_path / "data")
    assert {name: reference.to_csv(name, table) for name, table in derived.items()} == {
        name: (FOLDER / f"{name}.csv").read_text("utf-8") for name in reference.NAMES
    }


@pytest.mark.sources
def test_no_embedded_file_is_a_copy_of_a_source(sources_root, policy):
    sources = {_sha256(path) for path in sources_root.rglob("*") if path.is_file()}
    sources |= {_sha256(path) for path in policy.rglob("*") if path.is_file()}
    assert sources.isdisjoint(reference.input_hashes().values())


@pytest.mark.parametrize("name", sorted(set(reference.NAMES) - {"sources", "registry"}))
def test_every_row_names_a_listed_source(name):
    table = reference.load(name)
    assert len(table)
    assert set(table["source"]) <= set(reference.load("sources")["source"])


def test_every_listed_source_is_used_and_its_files_are_registered():
    listed = reference.load("sources")
    used = {row for name in reference.NAMES for row in reference.load(name).get("source", [])}
    assert set(listed["source"]) <= used
    files = {file for cell in listed["files"] for file in cell.split("; ") if file}
    assert files - set(reference.load("registry")["path"]) == {
        "scripts/ksco7_isco08_links.csv",
        "scripts/keco_ksco7_links.csv",
        "scripts/licensed_minors.csv",
        "scripts/contradictions.csv",
        "scripts/descriptor_names_ko.csv",
    }


def test_only_redistributable_sources_are_embedded():
    listed = reference.load("sources")
    folders = {file.split("/")[0] for cell in listed["files"] for file in cell.split("; ")}
    assert folders.isdisjoint({"aioe", "frey_osborne", "sml", "webb"})
    files = {file for cell in listed["files"] for file in cell.split("; ")}
    licences = reference.load("registry").set_index("path")["licence"]
    assert not licences[licences.index.isin(files)].str.startswith("none").any()


@pytest.mark.parametrize("name", reference.NAMES)
def test_keys_are_unique_and_sorted(name):
    table = reference.load(name)
    assert not table.duplicated(KEYS[name]).any()
    given = [key for key in KEYS[name] if key not in MAY_BE_EMPTY]
    if name == "programme_figures":
        given.remove("year")  # the documents give many targets none
    assert not (table[given] == "").any(axis=None)
    if name != "stage_totals":  # stages have an order of their own
        order = table.sort_values(KEYS[name], ignore_index=True)
        pd.testing.assert_frame_equal(order, table)


def test_reference_is_small_complete_and_hashed():
    files = sorted(path.name for path in FOLDER.glob("*.csv"))
    assert files == [f"{name}.csv" for name in reference.NAMES]
    assert sum((FOLDER / file).stat().st_size for file in files) < MAX_BYTES
    assert reference.input_hashes() == {file: _sha256(FOLDER / file) for file in files}


def test_unknown_table_is_refused_with_the_names_there_are():
    with pytest.raises(InputError, match="no embedded table 'bonuses'; there are adoption"):
        reference.load("bonuses")


def test_employment_ages_add_up_to_their_total_within_rounding():
    table = reference.load("employment_age")
    wide = table.pivot(index=["period", "ksco7"], columns="age_group", values="employed_persons")
    gap = wide[["15-29", "30-39", "40-49", "50-59", "60+"]].sum(axis=1) - wide["all"]
    assert gap.abs().max() <= AGE_ROUNDING_PERSONS


@pytest.mark.parametrize(
    ("name", "keys"), [("employment_industry", ["ksic"]), ("employment_province", ["sido"])]
)
def test_parts_of_the_country_add_up_to_it_within_rounding(name, keys):
    table = reference.load(name)
    everyone = table[(table["ksco7"] == "TOT") & ~table[keys[0]].isin(("TOT", "00"))]
    country = table[(table["ksco7"] == "TOT") & table[keys[0]].isin(("TOT", "00"))]
    parts = everyone.groupby("period")["employed_persons"].agg(["sum", "size"])
    gap = parts["sum"] - country.set_index("period")["employed_persons"]
    assert (gap.abs() <= 500 * (parts["size"] + 1)).all()


def test_employment_covers_18_half_years_51_groups_and_17_provinces():
    ages = reference.load("employment_age")
    assert ages["period"].nunique() == 18
    assert ages.loc[ages["level"] == "sub_major", "ksco7"].nunique() == 51
    provinces = reference.load("employment_province")
    assert set(provinces["sido"]) == {"00", *reference.load("sido")["sido"]}


def test_a_published_total_is_reproduced_in_persons():
    ages = reference.load("employment_age").set_index(["period", "ksco7", "age_group"])
    assert ages.loc[("2022H2", "TOT", "all"), "employed_persons"] == 28_418_000


def test_crosswalk_weights_sum_to_one_and_lose_only_what_korea_lacks():
    table = reference.load("ksco7_isco08")
    assert table.groupby("ksco7")["weight"].sum().sub(1).abs().max() < 1e-8
    walk = Crosswalk.from_links(
        table,
        source="isco08",
        target="ksco7",
        sources=reference.load("isco08")["isco08"],
        targets=reference.load("ksco7").query("level == 'minor'")["ksco7"],
    )
    assert walk.lost_sources == ISCO08_NOT_IN_KOREA
    assert walk.lost_targets == ()


def test_every_civil_minor_group_has_descriptors_for_most_of_its_weight():
    table = reference.load("ksco7_isco08")
    table = table[~table["ksco7"].str.startswith("A")]
    rated = table[table["isco08"].isin(reference.load("isco_descriptors")["isco08"])]
    covered = rated.groupby("ksco7")["weight"].sum().reindex(table["ksco7"].unique()).fillna(0)
    assert covered.min() > 0.5


def test_known_exposed_occupations_stand_above_known_unexposed_ones():
    scores = reference.load("isco_indices").query("index == 'gpt4_beta'").set_index("isco08")
    table = reference.load("ksco7_isco08")
    walk = Crosswalk.from_links(
        table, source="isco08", target="ksco7", sources=reference.load("isco08")["isco08"]
    )
    beta = walk.average_scores(scores["value"])
    # 한국은행·IMF (2025) name the first seven as highly exposed with low complementarity.
    exposed = beta[["531", "330", "399", "391", "314", "313", "222"]]
    manual = beta[["952", "910", "941", "782", "751"]]
    assert exposed.min() > beta.quantile(0.85) > manual.max()


def test_shares_are_shares_and_descriptors_lie_on_their_scales():
    long = reference.load("isco_indices")
    shares = long[~long["index"].str.startswith("daioe")]
    assert shares["value"].between(0, 1).all()
    listed = reference.load("descriptors").set_index("descriptor")
    wide = reference.load("isco_descriptors").set_index("isco08")[listed.index]
    highest = listed["scale"].map({"IM": 5, "OI": 7, "JZ": 5})
    assert (wide.min() >= 1).all()
    assert (wide.max() <= highest).all()


def test_substitution_and_assistance_never_share_a_task():
    wide = reference.load("isco_indices").pivot(index="isco08", columns="index", values="value")
    assert (wide["task_substitution_share"] + wide["task_assistance_share"]).max() <= 1 + 1e-6


def test_task_shares_are_the_whole_work_of_a_group_and_bring_its_indices_back():
    profile = reference.load("isco_task_profile")
    assert (profile[["task_share", "n_task"]] > 0).all(axis=None)
    means = {
        "exposure": "gpt4_beta",
        "substitution_share": "task_substitution_share",
        "assistance_share": "task_assistance_share",
    }
    assert profile[list(means)].stack().between(0, 1).all()
    groups = profile["isco08"]
    assert profile.groupby("isco08")["task_share"].sum().sub(1).abs().max() < 1e-6
    wide = reference.load("isco_indices").pivot(index="isco08", columns="index", values="value")
    for column, index in means.items():
        ours = (profile["task_share"] * profile[column]).groupby(groups).sum()
        published = wide[index].dropna()
        assert list(ours.index) == list(published.index)
        assert (ours - published).abs().max() < 1e-6


def test_writing_is_more_exposed_than_lifting_in_almost_every_group_that_does_both():
    profile = reference.load("isco_task_profile")
    wide = profile.pivot(index="isco08", columns="activity", values="exposure")
    both = wide[["4.A.3.b.6", "4.A.3.a.2"]].dropna()
    assert len(both) > 100
    assert (both["4.A.3.b.6"] > both["4.A.3.a.2"]).mean() > 0.95


def test_activities_of_tasks_are_named_work_activities():
    listed = reference.load("descriptors").query("domain == 'activity'")["element_id"]
    used = set(reference.load("isco_task_profile")["activity"])
    assert used - set(listed) == {""}
    # O*NET 29.3 has no detailed activity under these four elements.
    assert set(listed) - used == {"4.A.3.b.2", "4.A.3.b.5", "4.A.4.b.1", "4.A.4.b.2"}


@pytest.mark.sources
def test_most_tasks_have_an_activity_and_none_is_lost_or_counted_twice(sources_root):
    activity_of = task_profile.activity_of_detailed(sources_root)
    tasks = task_profile.task_activities(onet_tasks.soc_tasks(sources_root), activity_of)
    labels = pd.read_csv(sources_root / indices.TASKS, sep="\t", dtype=str, keep_default_na=False)
    core = (labels["Task Type"] == "Core").sum()
    assert tasks["task_id"].nunique() == len(labels) == 19_265
    assert tasks["weight"].sum() == pytest.approx(core + 0.5 * (len(labels) - core))
    assert (tasks["activity"] != "").groupby(tasks["task_id"]).any().sum() == 18_451
    betas = tasks.drop_duplicates("task_id").set_index("task_id")["exposure"]
    published = labels.set_index(labels["Task ID"].str.removesuffix(".0"))["beta"].astype(float)
    pd.testing.assert_series_equal(betas.sort_index(), published.sort_index(), check_names=False)
    # The ids carry their element, as the reference of O*NET says.
    assert (activity_of.index.str.replace(r"\.I\d+\.D\d+$", "", regex=True) == activity_of).all()


def test_daioe_of_2021_is_the_index_and_years_run_from_2010():
    table = reference.load("isco_daioe")
    wide = reference.load("isco_indices").pivot(index="isco08", columns="index", values="value")
    last = table[table["year"] == 2021].set_index("isco08")
    for name in daioe.NAMES:
        pd.testing.assert_series_equal(last[name], wide[name].dropna(), check_exact=True)
    assert (table.groupby("isco08")["year"].agg(tuple) == daioe.YEARS).all()
    assert (table["daioe_genai"].isna() == (table["year"] < 2012)).all()
    assert table["daioe_allapps"].notna().all()


def test_daioe_never_falls_because_its_applications_only_progress():
    table = reference.load("isco_daioe")
    steps = table.groupby("isco08")[list(daioe.NAMES)].diff()
    assert (steps.fillna(0.0) >= 0).all(axis=None)


def test_published_minor_groups_fit_their_sexes_and_their_larger_group():
    table = reference.load("minor_employment")
    wide = table.pivot(index=["ksco7", "period"], columns="sex", values="employed_persons")
    whole = wide.dropna()
    # Each printed figure is rounded to a thousand persons.
    assert len(whole) == 2
    assert (whole["men"] + whole["women"] - whole["all"]).abs().max() <= 1_500
    ages = reference.load("employment_age").query("age_group == 'all' and level == 'sub_major'")
    larger = ages.set_index(["ksco7", "period"])["employed_persons"]
    for (minor, period), persons in wide.max(axis=1).items():
        assert 0 < persons <= larger[minor[:2], period] + 1_000


def test_every_element_has_a_korean_name_of_its_own():
    listed = reference.load("descriptors")
    assert not listed["name_ko"].duplicated().any()
    assert listed["name_ko"].str.contains("[가-힣]").all()
    assert not listed["name_ko"].str.contains("[A-Za-z]").any()
    assert listed["name_ko"].str.len().max() <= 20


def test_a_wrong_list_of_korean_names_is_refused(script):
    listed = reference.load("descriptors").drop(columns="name_ko")
    names = script.read_names_ko()
    with pytest.raises(InputError, match=r"\['ability_arm_hand_steadiness'\] lack a Korean name"):
        reference.name_in_korean(listed, names.iloc[1:])
    with pytest.raises(InputError, match=r"each element has one row"):
        reference.name_in_korean(listed, pd.concat([names, names.head(1)]))
    twice = names.replace({"name_ko": {"글쓰기": "말하기"}})
    with pytest.raises(InputError, match=r"\['skill_speaking', 'skill_writing'\] share"):
        reference.name_in_korean(listed, twice)


@pytest.mark.sources
def test_task_weights_reproduce_the_published_occupation_scores(sources_root):
    tasks = pd.read_csv(sources_root / indices.TASKS, sep="\t", dtype=str, keep_default_na=False)
    published = pd.read_csv(sources_root / indices.OCCUPATIONS, index_col=0)
    weight = pd.Series(task_weights(tasks["Task Type"] == "Core"))
    code = tasks["O*NET-SOC Code"]
    ours = (tasks["beta"].astype(float) * weight).groupby(code).sum() / weight.groupby(code).sum()
    gap = ours - published["dv_rating_beta"]
    assert gap.abs().max() < 1e-9


@pytest.mark.sources
def test_soc_tables_cover_the_same_occupations(sources_root, read_once):
    panel = indices.soc_panel(sources_root)
    assert not panel["soc2018"].duplicated().any()
    assert (panel["soc_minor"] == panel["soc2018"].str[:4]).all()
    assert panel["gpt4_beta"].between(0, 1).sum() > 750
    described = onet.soc_descriptors(sources_root, read_once)
    assert list(described.columns[1:]) == list(reference.load("descriptors")["descriptor"])
    assert len(set(panel["soc2018"]) & set(described["soc2018"])) > 750


def test_adoption_stops_in_2022_and_keeps_questions_apart():
    table = reference.load("adoption")
    assert table["year"].max() == 2022
    assert table["value_percent"].between(0, 100).all()
    country = table[table["scope_kind"] == "all"].set_index(["measure", "year"])["value_percent"]
    assert country["firm_50plus_business_survey"].to_dict() == {
        2017: 1.4, 2018: 2.8, 2021: 3.85, 2022: 4.5,
    }  # fmt: skip
    assert len(country["firm_50plus_research_sample"]) == 6
    assert country["firm_10plus_nia"].index.max() < country["firm_10plus_nia_2022"].index.min()


def test_anchor_parts_add_up_to_the_published_total():
    table = reference.load("anchors").query("preset == 'kiet_2022'").set_index("anchor")["value"]
    total = table["kiet_2022.at_risk_persons"]
    assert total == 3_270_000
    assert table[table.index.str.startswith("kiet_2022.industry.")].sum() == total
    assert table["kiet_2022.occupation.2"] + table["kiet_2022.occupation.!2"] == total
    assert table["kiet_2022.occupation_alternative.2"] == 1_930_000


def test_programmes_carry_the_transition_targets_and_their_rounding():
    programmes = reference.load("programmes").set_index("programme")
    targets = programmes.loc[["P000-POLY-BASIC", "P000-AX-COURSE", "P000-JOB-SWITCH"], "published"]
    assert targets.tolist() == [28_000, 1_000, 500]
    assert (programmes.loc[targets.index, "year_stated"] == "").all()
    totals = reference.load("stage_totals").set_index("stage")
    assert totals.loc["전환기", ["itemised", "printed"]].tolist() == [29_500, 30_000]
    assert totals.loc["진입기", ["itemised", "printed"]].tolist() == [99_000, 100_000]
    assert totals.loc["활동기", ["itemised", "printed"]].tolist() == [100_000, 110_000]
    assert totals.loc["전체", ["itemised", "printed"]].tolist() == [240_000, 1_000_000]


def test_there_are_39_campuses_each_in_a_known_province():
    campuses = reference.load("campuses")
    real = campuses[campuses["is_campus"]]
    assert len(real) == 39
    assert set(real["sido"]) <= set(reference.load("sido")["sido"])


@pytest.mark.sources
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("15~29세,3749,천명", "15~29세,-3749,천명", "row .*employment is negative"),
        ("15~29세,3749,천명", "15~29세,many,천명", "column value: 'many' is not a number"),
        ("15~29세,3749,천명", "15~28세,3749,천명", r"unknown value\(s\) \['15~28세'\]"),
        ("15~29세,3749,천명", "15~29세,3749,백명", r"unknown value\(s\) \['백명'\]"),
        ("15~29세,3749,천명", "30~39세,3749,천명", "occurs twice"),
        ("breakdown", "split", r"lacks column\(s\) \['breakdown'\]"),
    ],
)
def test_spoilt_employment_is_refused_by_name(copied_root, old, new, message):
    path = copied_root / kosis.BY_AGE
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(InputError, match=message):
        kosis.employment_age(copied_root)


@pytest.mark.sources
@pytest.mark.parametrize("spoil", ["missing", "empty", "cp949"])
def test_unreadable_file_is_refused_by_path(copied_root, spoil):
    path = copied_root / kosis.BY_PROVINCE
    text = path.read_text("utf-8")
    path.unlink()
    if spoil != "missing":
        path.write_bytes(b"" if spoil == "empty" else text.encode("cp949"))
    with pytest.raises(InputError, match=r"employment_region_occupation\.csv is "):
        kosis.employment_province(copied_root)


@pytest.mark.sources
@pytest.mark.parametrize(
    ("file", "old", "new", "derive", "message"),
    [
        ("ai_adoption", ",28.0,%,2022", ",29.0,%,2022", adoption.table, "no longer agree"),
        ("ai_adoption", ",4.5,%,2022", ",4.5,%,2024", adoption.table, "later than 2022"),
        ("kiet_exposure", "-0001,", "-9999,", anchors.table, "lacks row kiet_exposure-0001"),
        ("kiet_exposure", "-0004,", "-9999,", anchors.table, "kiet_exposure-0004 is missing"),
        ("kiet_exposure", "93,만개", "93,만", anchors.table, "unit '만'"),
        ("kiet_exposure", "93,만개", "about,만개", anchors.table, "'about' is text"),
        ("kiet_exposure", "-0005,", "-0004,", anchors.table, "occurs twice"),
        ("polytech_campuses", ",법인부설,", ",Ⅰ,", published.campuses, "39 different ones"),
        ("classification", "SIDO-행정표준,sido,11", "x,sido,11", kosis.sido, "17 were expected"),
        ("classification", "KSIC-10", "KSIC-11", kosis.ksic10, "KSIC-10 is absent"),
    ],
)
def test_spoilt_publications_are_refused_by_name(copied_root, file, old, new, derive, message):
    path = copied_root / "korea" / f"{file}.csv"
    count = -1 if file == "classification" else 1
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), "utf-8")
    with pytest.raises(InputError, match=message):
        derive(copied_root)


@pytest.mark.sources
@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("programmes.csv", "P000-KDC", "P000-NAEIL-AI", "P000-NAEIL-AI occurs twice"),
        ("figures.csv", "F0033,", "F9999,", r"row\(s\) \['F0033'\] are missing"),
        ("figures.csv", "F0013,", "F9999,", "row F0013 in % is missing"),
    ],
)
def test_spoilt_policy_documents_are_refused_by_name(policy, tmp_path, file, old, new, message):
    for path in policy.glob("*.csv"):
        text = path.read_text("utf-8")
        changed = text.replace(old, new, 1) if path.name == file else text
        (tmp_path / path.name).write_text(changed, "utf-8")
    with pytest.raises(InputError, match=message):
        published.stage_totals(tmp_path)
        published.programmes(tmp_path)
        evidence.policy_rows(tmp_path)


@pytest.mark.sources
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("KSCO-7,312,", "KSCO-7,31,", "row 2: '31' is no KSCO-7 minor group"),
        ("KSCO-7,312,", "KSCO-6,312,", "row 2: '312' is no KSCO-7 minor group"),
        ("취업자(남자)", "취업자(남)", r"unknown value\(s\) \['취업자\(남\)'\]"),
        ("만명,2019H1,", "만명,2020H1,", "occurs twice"),
        ("(YTN 2020-10)", "(anonymous)", r"unknown value\(s\) .*anonymous"),
    ],
)
def test_spoilt_minor_groups_are_refused_by_name(copied_root, old, new, message):
    path = copied_root / "korea" / "employment_occupation_minor_press.csv"
    text = path.read_text("utf-8")
    assert old in text
    # The citation is read from the last rows: spoil the last row only there.
    head, _, tail = text.rpartition(old) if "YTN" in old else text.partition(old)
    path.write_text(head + new + tail, "utf-8")
    with pytest.raises(InputError, match=message):
        kosis.minor_employment(copied_root)


@pytest.fixture
def three_tasks() -> pd.DataFrame:
    """Three tasks of two occupations under one 6-digit code, as soc_tasks returns them."""
    rows = [
        ("11-1011.00", "1", True, "E1", "4.A.1.a.1.I01.D01 4.A.1.a.1.I01.D02 4.A.3.b.6.I01.D01"),
        ("11-1011.00", "2", False, "E0", ""),
        ("11-1011.03", "3", True, "E2", "4.A.3.b.6.I01.D01"),
    ]
    columns = ["onetsoc", "task_id", "core", "gpt4_exposure", "dwa_ids"]
    return pd.DataFrame(rows, columns=columns).assign(soc2018="11-1011", gpt4_automation="T0")


@pytest.fixture
def activity_of(three_tasks) -> pd.Series:
    """The work activity of each detailed one: the beginning of its id."""
    detailed = sorted(set(" ".join(three_tasks["dwa_ids"]).split()))
    return pd.Series({code: code[:9] for code in detailed})


def test_a_task_counts_once_shared_by_its_distinct_activities(three_tasks, activity_of):
    tasks = task_profile.task_activities(three_tasks, activity_of)
    assert tasks.set_index(["task_id", "activity"])["weight"].to_dict() == {
        ("1", "4.A.1.a.1"): 0.5, ("1", "4.A.3.b.6"): 0.5, ("2", ""): 0.5, ("3", "4.A.3.b.6"): 1.0,
    }  # fmt: skip
    whole = task_profile.soc_profile(tasks).loc["11-1011"]
    # The mean of (1/3, 1/3, 1/3) and (0, 0, 1), the two 8-digit occupations.
    assert whole["task_share"].round(6).to_dict() == {
        "": 0.166667, "4.A.1.a.1": 0.166667, "4.A.3.b.6": 0.666667,
    }  # fmt: skip
    assert whole["exposure"].sum() == pytest.approx((2 / 3 + 0.5) / 2)
    assert whole["assistance_share"].sum() == pytest.approx(0.5)


def test_a_task_linked_to_an_unknown_activity_is_refused(three_tasks, activity_of):
    with pytest.raises(InputError, match=r"Tasks to DWAs.*4\.A\.1\.a\.1\.I01\.D01 is not in"):
        task_profile.task_activities(three_tasks, activity_of.iloc[1:])


def test_a_daioe_file_that_lacks_a_year_is_refused(tmp_path):
    (tmp_path / "daioe").mkdir()
    years = [year for year in daioe.YEARS if year != 2015]
    table = pd.DataFrame({"occ_code_onetsoc2010": "11-1011.00", "year": years})
    table.assign(daioe_allapps=1.0, daioe_genai=1.0).to_csv(
        tmp_path / indices.DAIOE, sep="\t", index=False
    )
    with pytest.raises(InputError, match=r"lacks year\(s\) \[2015\]"):
        daioe.soc_daioe(tmp_path)


def test_wrong_task_labels_are_refused_by_row():
    labels = pd.DataFrame(
        {"O*NET-SOC Code": ["11-1011.00"] * 2, "Task Type": "Core"}
        | {"gpt4_exposure": ["E1", "E7"], "gpt4_automation": "T0"}
    )
    with pytest.raises(InputError, match="row 3: labels 'E7', 'T0'"):
        indices.task_scores(labels)


def test_a_file_that_is_no_workbook_is_refused_by_path(tmp_path):
    (tmp_path / "onet").mkdir()
    (tmp_path / "onet" / "Job Zones.xlsx").write_bytes(b"code;zone")
    with pytest.raises(InputError, match=r"Job Zones\.xlsx is not an Excel workbook"):
        read_sheet(tmp_path, "onet/Job Zones.xlsx", columns=("Job Zone",))


def test_a_link_to_an_unknown_code_is_refused(links):
    ksco7, isco08 = reference.load("ksco7"), reference.load("isco08")
    with pytest.raises(InputError, match=r"unknown KSCO-7 minor group\(s\) \['998'\]"):
        reference.expand_links(links.assign(ksco7="998"), ksco7, isco08)
    with pytest.raises(InputError, match="77 is no ISCO-08 code"):
        reference.expand_links(links.assign(isco08="77"), ksco7, isco08)
    with pytest.raises(InputError, match="have no source"):
        reference.expand_links(links[links["ksco7"] != "222"], ksco7, isco08)
    with pytest.raises(InputError, match="reach no target"):
        reference.expand_links(links[links["isco08"] != "2512"], ksco7, isco08)


def test_links_expand_to_the_embedded_crosswalk(links):
    ksco7, isco08 = reference.load("ksco7"), reference.load("isco08")
    expanded = reference.expand_links(links, ksco7, isco08)
    pd.testing.assert_frame_equal(
        expanded, reference.load("ksco7_isco08"), check_dtype=False, check_exact=True
    )


def test_missing_root_is_refused(tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        reference.build(tmp_path / "nowhere")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
