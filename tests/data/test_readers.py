"""O*NET and the pull-only indices in the layouts and revisions that users really have."""

import shutil

import pandas as pd
import pytest

from forecast.data import crosswalks, indices, onet, onet_tasks, pull_only, ratings
from forecast.data.files import locate, read_sheet, read_table
from forecast.data.revisions import code_system, require_system
from forecast.errors import InputError

LINKS = pd.DataFrame(
    [
        ("11-1011", "11-1011"),  # the same in both revisions
        ("11-1021", "11-1021"),
        ("15-1132", "15-1252"),  # two occupations become one
        ("15-1133", "15-1252"),
        ("13-2051", "13-2051"),  # one becomes two and keeps its code for a part
        ("13-2051", "13-2054"),
        ("19-1029", "19-1029"),
    ],
    columns=["soc2010", "soc2018"],
)
SKILL = ratings.Domain("skill", "onet/Skills.xlsx", "IM", "onet_29_3", r"2\.A\.\d\.[a-z]")


@pytest.fixture
def root(tmp_path):
    """A data root with a crosswalk and a content model of two skills."""
    named = LINKS.assign(t10="title", t18="title")[["soc2010", "t10", "soc2018", "t18"]]
    named.columns = ["2010 SOC Code", "2010 SOC Title", "2018 SOC Code", "2018 SOC Title"]
    for folder in ("crosswalks", "onet", "frey_osborne"):
        (tmp_path / folder).mkdir()
    named.to_csv(tmp_path / crosswalks.SOC_SOC, index=False)
    model = pd.DataFrame(
        {"Element ID": ["2.A", "2.A.1.a", "2.A.1.b"], "Element Name": ["All", "Reading", "Writing"]}
    )
    model.to_excel(tmp_path / ratings.CONTENT_MODEL, index=False)
    return tmp_path


def rows(codes=("11-1011.00", "15-1252.00"), scale="IM"):
    cells = [(code, name, element) for code in codes for name, element in SKILLS]
    table = pd.DataFrame(cells, columns=["O*NET-SOC Code", "Element Name", "Element ID"])
    values = [1.0 + i / 4 for i in range(len(table))]
    return table.assign(**{"Scale ID": scale, "Data Value": values, "Recommend Suppress": "Y"})


SKILLS = (("Reading", "2.A.1.a"), ("Writing", "2.A.1.b"))


def save(table, root, suffix):
    path = root / f"onet/Skills{suffix}"
    if suffix == ".xlsx":
        table.to_excel(path, index=False)
    else:
        table.to_csv(path, index=False, sep="\t" if suffix == ".txt" else ",")
    return path


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".txt"])
@pytest.mark.parametrize("named", [True, False], ids=["ids", "names only"])
def test_every_layout_gives_the_same_ratings(root, suffix, named):
    save(rows() if named else rows().drop(columns="Element ID"), root, suffix)
    read = ratings.read_ratings(root, SKILL, scales=("IM",))
    assert read["value"].tolist() == [1.0, 1.25, 1.5, 1.75]  # suppressed rows are kept
    assert read["element_id"].tolist() == ["2.A.1.a", "2.A.1.b"] * 2
    assert read["descriptor"].tolist() == ["skill_reading", "skill_writing"] * 2
    assert set(read["system"]) == {"soc2018"}


@pytest.mark.parametrize(
    ("codes", "system"),
    [
        (["11-1011.00", "15-1252.00"], "soc2018"),
        (["11-1011", "15-1252"], "soc2018"),
        (["11-1011.00", "15-1132.00"], "soc2010"),
        (["13-2051", "15-1132"], "soc2010"),
        (["19-1020.01"], "soc2010"),  # O*NET-SOC 2010 only
        (["11-1011", "11-1021"], "soc2018"),  # the same people in both
    ],
)
def test_codes_say_their_revision(codes, system):
    assert code_system(pd.Series(codes), LINKS, file="Skills.csv") == system


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        (["11-1011", "99-9999.00"], r"Skills\.csv, row 3: '99-9999\.00' is no occupation"),
        (["111011"], r"row 2: '111011' is no occupation .* expected codes like 15-1252"),
        (["11-1011.0"], "is no occupation"),
        (["15-1132", "11-1011", "15-1252"], r"mixes .* row 2 has 15-1132 .* row 4 has 15-1252"),
        (["11-1011", "13-2051"], r"row 3 \(13-2051\) means something else in each.*whole file"),
    ],
)
def test_unknown_mixed_and_ambiguous_codes_are_refused_by_row(codes, says):
    with pytest.raises(InputError, match=says):
        code_system(pd.Series(codes), LINKS, file="Skills.csv")


def test_a_known_revision_refuses_codes_of_the_other(root):
    codes = pd.Series(["11-1011", "15-1252"])
    assert require_system(codes, root, file="a.csv", system="soc2018").tolist() == codes.tolist()
    with pytest.raises(InputError, match=r"a\.csv, row 3: '15-1252' is no occupation of SOC-2010"):
        require_system(codes, root, file="a.csv", system="soc2010")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (pd.concat([rows(), rows().tail(1)]), "row 6: 15-1252.00, Writing, IM occurs twice"),
        (rows().assign(**{"Data Value": [1, 2, 5.5, 3]}), "row 4: 5.5 is off scale IM"),
        (rows().assign(**{"Data Value": [1, 2, "n/a", 3]}), "row 4, column Data Value: 'n/a'"),
        (rows(scale="LV"), "no row on scale IM"),
        (rows().drop(columns="Scale ID"), "lacks column"),
        (
            rows().drop(columns="Element ID").replace("Writing", "Typing"),
            "row 3: 'Typing' is no skill",
        ),
    ],
)
def test_each_mistake_in_a_rating_table_is_named(root, table, says):
    save(table, root, ".csv")
    with pytest.raises(InputError, match=says):
        ratings.read_ratings(root, SKILL, scales=("IM",))


def test_rows_are_counted_in_the_file_not_among_the_rows_of_the_scale(root):
    levels = rows(scale="LV").assign(**{"Data Value": 9.0})
    save(pd.concat([levels, rows()], ignore_index=True), root, ".csv")
    assert len(ratings.read_ratings(root, SKILL, scales=("IM",))) == 4
    with pytest.raises(InputError, match=r"row 2: 9\.0 is off scale LV"):
        ratings.read_ratings(root, SKILL, scales=("IM", "LV"))


def test_two_layouts_of_one_table_are_refused(root):
    save(rows(), root, ".csv")
    save(rows(), root, ".txt")
    with pytest.raises(
        InputError, match=r"has onet/Skills\.csv and onet/Skills\.txt; keep the one"
    ):
        locate(root, "onet/Skills.xlsx")


def test_quotes_in_tab_separated_releases_are_plain_text(root):
    (root / "onet/Skills.txt").write_text('a\tb\n"x\ty\n', encoding="utf-8")
    assert read_table(root, "onet/Skills.xlsx", columns=("a", "b")).iloc[0].tolist() == ['"x', "y"]


def test_an_absent_or_empty_sheet_is_refused(root):
    pd.DataFrame().to_excel(root / "book.xlsx", sheet_name="Index", index=False)
    with pytest.raises(InputError, match=r"lacks sheet 'Appendix A'; it has \['Index'\]"):
        read_sheet(root, "book.xlsx", columns=("a",), sheet="Appendix A")
    with pytest.raises(InputError, match=r"lacks column\(s\) \['a'\]"):
        read_sheet(root, "book.xlsx", columns=("a",))


def test_survey_groups_reach_their_members_and_absent_indices_have_no_column(root):
    scored = pd.DataFrame({"SOC code": ["11-1011", "15-1130"], "Probability": [0.2, 0.6]})
    scored.to_csv(root / "frey_osborne/frey_osborne_2013.csv", index=False)
    table = pull_only.pull_only_indices(root)
    assert table["frey_osborne"].to_dict() == {"11-1011": 0.2, "15-1132": 0.6, "15-1133": 0.6}
    assert pull_only.absent(root) == ["aioe", "aioe_lm", "sml"]
    assert pull_only.pull_only_indices(root / "crosswalks").shape == (0, 0)


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ("11-1011,1.5\n11-1011,0.5\n", "row 3: 11-1011 occurs twice"),
        ("11-1011,0.5\n99-1234,0.5\n", "row 3: '99-1234' is no occupation of SOC-2010"),
        ("11-1011,high\n", "'high' is not a number"),
    ],
)
def test_a_wrong_pull_only_file_is_refused_not_skipped(root, cells, says):
    path = root / "frey_osborne/frey_osborne_2013.csv"
    path.write_text("SOC code,Probability\n" + cells, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        pull_only.pull_only_indices(root)


@pytest.mark.sources
def test_pull_only_indices_reach_soc_and_isco(sources_root):
    panel = indices.soc_panel(sources_root).set_index("soc2018")
    assert panel[list(pull_only.NAMES)].notna().sum().min() > 750
    assert panel.loc["29-1141", "frey_osborne"] == pytest.approx(0.009)  # registered nurses
    assert panel.loc["15-1252", "title"] == "Software Developers"
    assert not panel.index.str.startswith(indices.MILITARY).any() and len(panel) == 848
    rank = panel.rank()
    assert rank["aioe"].corr(rank["daioe_genai"]) > 0.85
    assert rank["frey_osborne"].corr(rank["gpt4_beta"]) < 0  # another construct
    long = indices.isco_indices_pull_only(sources_root)
    assert list(long.columns) == list(indices.isco_indices(sources_root).columns)
    assert (
        set(long["index"]) == set(pull_only.NAMES)
        and not long.duplicated(["isco08", "index"]).any()
    )
    assert long.query("index == 'frey_osborne'")["value"].between(0, 1).all()


@pytest.mark.sources
def test_a_root_without_pull_only_files_gives_the_panel_without_their_columns(
    sources_root, tmp_path
):
    for folder in ("crosswalks", "gpts_are_gpts", "daioe", "onet"):
        (tmp_path / folder).symlink_to((sources_root / folder).resolve())
    panel = indices.soc_panel(tmp_path)
    whole = indices.soc_panel(sources_root)
    pd.testing.assert_frame_equal(panel, whole.drop(columns=list(pull_only.NAMES)))
    assert indices.isco_indices_pull_only(tmp_path).empty


@pytest.mark.sources
def test_a_user_may_have_abilities_of_the_modern_revision(sources_root, onet_read, tmp_path):
    # The same ratings under 6-digit SOC-2018 codes and in O*NET's tab-separated layout.
    (tmp_path / "onet").mkdir()
    shutil.copytree(sources_root / "crosswalks", tmp_path / "crosswalks")
    modern = crosswalks.soc2010_to_soc2018_mean(sources_root, onet_read.older)
    names = onet_read.listed.set_index("descriptor")["name"]
    long = modern.rename(columns=names).rename_axis("O*NET-SOC Code").reset_index()
    long = long.melt("O*NET-SOC Code", var_name="Element Name", value_name="Data Value")
    long = long.assign(**{"Scale ID": "IM", "Element ID": "1.A"})
    long.to_csv(tmp_path / "onet/Abilities.txt", sep="\t", index=False)
    domain = next(d for d in onet.DOMAINS if d.name == "ability")
    read = ratings.read_ratings(tmp_path, domain, scales=("IM",))
    assert set(read["system"]) == {"soc2018"}
    wide = read.pivot(index="soc", columns="descriptor", values="value")
    pd.testing.assert_frame_equal(wide, modern, check_names=False)


@pytest.mark.sources
def test_extras_lie_on_their_scales_and_agree_with_what_is_known(sources_root, onet_read):
    extras = onet.soc_extras(sources_root, onet_read).set_index("soc2018")
    levels = extras.filter(like="_level_")
    assert levels.shape[1] == 35 + 33
    assert levels.min().min() >= 0 and levels.max().max() <= 7
    described = onet.soc_descriptors(sources_root, onet_read).set_index("soc2018")
    both = levels["skill_level_programming"].corr(described["skill_programming"])
    assert 0.8 < both < 1
    education = extras["required_education"]
    assert education["29-1216"] > 10 > education["25-2021"] > 5 > education["37-2011"]


@pytest.mark.sources
def test_tasks_carry_text_labels_and_activities(sources_root):
    tasks = onet_tasks.soc_tasks(sources_root)
    assert len(tasks) == 19_265 and tasks["task_id"].is_unique
    assert (tasks["task"].str.len() > 10).all()
    assert (tasks["dwa_ids"] == "").mean() < 0.05
    ids = tasks["dwa_ids"].str.split().explode().dropna()
    assert ids.str.fullmatch(r"4\.A\.\d\.[a-z]\.\d\.I\d\d\.D\d\d").all()
    beta = tasks["human_exposure"].map({"E0": 0.0, "E1": 1.0, "E2": 0.5})
    weight = tasks["core"].map({True: 1.0, False: 0.5})
    ours = (beta * weight).groupby(tasks["onetsoc"]).sum()
    ours = (ours / weight.groupby(tasks["onetsoc"]).sum()).groupby(lambda code: code[:7]).mean()
    published = indices.soc_panel(sources_root).set_index("soc2018")["human_beta"].dropna()
    assert (ours - published).abs().max() < 1e-6
