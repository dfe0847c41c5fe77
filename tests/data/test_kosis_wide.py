"""A KOSIS web export is the long table in another shape, in any encoding; the rest is refused."""

import itertools

import pandas as pd
import pytest
from kosis_cases import as_csv, export

from forecast.data import kosis, ksco, reference
from forecast.data.files import read_text_table
from forecast.data.kosis_wide import read_wide
from forecast.data.own_tables import LONG, WIDE, read_own
from forecast.errors import InputError

KINDS = sorted(kosis.SURVEYS)
FILES = {
    "employment_age": ("kosis_occupation_edu_age", kosis.BY_AGE),
    "employment_industry": ("kosis_res_sex_industry_occupation", kosis.BY_INDUSTRY),
    "employment_province": ("kosis_res_sido_occupation", kosis.BY_PROVINCE),
}


def embedded(kind, first="2021H1"):
    table = reference.load(kind)
    return table[table["period"] >= first].reset_index(drop=True)


def read(rows):
    figures = read_wide(as_csv(rows), file="export.csv")
    return figures.table.astype({"employed_persons": "float64"})


@pytest.mark.parametrize("kind", KINDS)
def test_real_export_equals_the_long_table_byte_for_byte(kind, sources_root):
    export_name, long_name = FILES[kind]
    path = sources_root / "korea" / "kosis_export" / f"{export_name}.csv"
    own = read_own(path)
    derived = read_wide(path.read_text("cp949"), file=path.name).table
    long = getattr(kosis, kind)(sources_root)
    assert (own.layout, own.figures.kind) == (WIDE, kind)
    pd.testing.assert_frame_equal(derived, long)
    assert derived.to_csv().encode() == long.to_csv().encode()
    pd.testing.assert_frame_equal(own.figures.table, reference.load(kind))
    assert read_own(sources_root / long_name).layout == LONG
    pd.testing.assert_frame_equal(
        read_own(sources_root / long_name).figures.table, own.figures.table
    )


@pytest.mark.parametrize(
    ("kind", "encoding"), [*itertools.product(KINDS, ["cp949", "utf-8", "utf-8-sig"])]
)
def test_every_layout_is_recognised_in_every_encoding(kind, encoding, tmp_path):
    path = tmp_path / "내려받기.csv"
    path.write_bytes(as_csv(export(kind)).encode(encoding))
    figures = read_own(path).figures
    assert figures.kind == kind
    pd.testing.assert_frame_equal(figures.table, embedded(kind))


def test_what_windows_lost_of_a_name_does_not_matter():
    rows = [[cell.replace("·", "?").replace("관련직", "관련 직") for cell in row]
            for row in export("employment_age")]  # fmt: skip
    assert any("?" in row[0] for row in rows)
    pd.testing.assert_frame_equal(read(rows), embedded("employment_age"))


def test_sexes_are_not_added_to_their_total():
    head, items, *body = export("employment_industry")
    rows = [["성별", *head], ["성별", *items]]
    rows += [[sex, *row] for sex in ("계", "남자", "여자") for row in body]
    pd.testing.assert_frame_equal(read(rows), embedded("employment_industry"))
    with pytest.raises(InputError, match="both sexes"):
        read([row for row in rows if row[0] != "계"])


def test_three_header_rows_and_merged_cells_are_read():
    head, _, *body = export("employment_province")
    counted = [*head[:2], *["취업자"] * (len(head) - 2)]
    unit = [*head[:2], *["천명"] * (len(head) - 2)]
    merged = [[row[0] if i % 10 == 0 else "", *row[1:]] for i, row in enumerate(body)]
    blank = [*counted[:3], *[""] * (len(head) - 3)]
    pd.testing.assert_frame_equal(
        read([head, blank, unit, *merged]), embedded("employment_province")
    )


def test_levels_of_one_variable_may_have_a_column_each():
    occupations = ksco.group_names()
    codes = {name: code for code, name in occupations.items()}
    two = []
    for row in export("employment_age"):
        code = codes.get(row[0])
        first = row[0] if code is None or len(code) != 2 else occupations[code[0]]
        names = ("직업별(1)", "직업별(2)") if code is None else (first, row[0])
        two.append([names[0], "소계" if names[0] == names[1] else names[1], *row[1:]])
    assert ["관리자", "소계"] in [row[:2] for row in two]
    pd.testing.assert_frame_equal(read(two), embedded("employment_age"))


def test_half_years_and_ages_may_stand_before_the_figures():
    table = embedded("employment_age")
    ages = {code: name for name, code in kosis.AGE_CODES.items()}
    names = ksco.group_names()
    rows = [["시점", "직업별", "연령별", "단위", "취업자"]] + [
        [
            f"{r.period[:4]}.{r.period[5]}/2", names[r.ksco7], ages[r.age_group], "천명",
            "" if pd.isna(r.employed_persons) else f"{r.employed_persons / 1000:,.0f}",
        ]
        for r in table.itertuples()
    ]  # fmt: skip
    pd.testing.assert_frame_equal(read(rows), table)


@pytest.mark.parametrize("mark", ["", "-", "...", "…", "X", "*"])
def test_a_mark_for_no_figure_stays_missing(mark):
    rows = export("employment_age")
    place = next(i for i, row in enumerate(rows) if "고위직" in row[0])
    rows[place] = [mark if cell == "-" else cell for cell in rows[place]]
    table = read(rows)
    pd.testing.assert_frame_equal(table, embedded("employment_age"))
    assert table["employed_persons"].isna().sum() == 6


def test_a_withheld_figure_leaves_its_sums_open_and_an_empty_one_does_not():
    rows = export("employment_province")
    rows[-1][-1] = "X"
    assert (
        read(rows)["employed_persons"].isna().sum()
        == 1 + embedded("employment_province")["employed_persons"].isna().sum()
    )
    rows[2][2] = "-"  # the total itself
    rows[-1][-1] = "0"
    with pytest.raises(InputError, match="total"):
        read(rows)


def test_thousands_may_be_separated():
    rows = export("employment_province")
    rows[2:] = [
        [*row[:2], *(f"{int(c):,}" if c.isdigit() else c for c in row[2:])] for row in rows[2:]
    ]
    assert rows[3][2] == "5,529"
    pd.testing.assert_frame_equal(read(rows), embedded("employment_province"))


def changed(kind, row, column, value):
    rows = export(kind)
    rows[row][column] = value
    return rows


AGE, INDUSTRY, PROVINCE = KINDS


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (changed(PROVINCE, 0, 3, "2021"), "row 1, column 4: '2021'; expected a half-year"),
        (changed(PROVINCE, 1, 3, "고용률 (%)"), "row 2, column 4: '고용률 (%)'"),
        (changed(PROVINCE, 5, 3, "12a"), "row 6, column 4: '12a'; expected a number"),
        (changed(PROVINCE, 5, 3, "-12"), "row 6, column 4: '-12'; expected a number, not negative"),
        (changed(PROVINCE, 5, 3, "1,2,3"), "'1,2,3'; expected a number"),
        (changed(PROVINCE, 5, 3, "9999"), "2021H2/4 (period/ksco7) sums over sido"),
        (changed(PROVINCE, 5, 1, "관리저"), "row 6: '관리저' is no major or sub-major group"),
        (changed(PROVINCE, 5, 1, ""), "row 6, column 2 is empty; expected a name of 직업별"),
        (changed(PROVINCE, 5, 1, "관리자"), "occurs twice"),
        (changed(PROVINCE, 15, 0, "서울시"), "row 16: '서울시' is no province (did you mean"),
        (changed(INDUSTRY, 15, 0, "B. 농업, 임업 및 어업(05~08)"), "section A of KSIC-10, not B"),
        (changed(AGE, 1, 2, "연령(15~24세)"), "unknown value(s) ['15~24세']"),
        (export(PROVINCE)[:-1], "lacks 1 of 180 cells"),
        (export(PROVINCE)[:2], "has no figures"),
        ([*export(PROVINCE), ["출처: KOSIS"]], "row 183 has 1 cells; expected 6"),
        ([[row[0], *row[2:]] for row in export(PROVINCE)], "expected 직업별 (by age)"),
        ([row[1:] for row in export(AGE)], "has no figures"),
        ([[c.replace(" (천명)", "") for c in row] for row in export(PROVINCE)], "names the unit"),
        ([[c.replace("천명", "명") for c in row] for row in export(PROVINCE)], "not thousands"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_unexpected_ends_with_one_message(rows, says):
    with pytest.raises(InputError) as refusal:
        read(rows)
    assert says in str(refusal.value)
    assert str(refusal.value).startswith("export.csv: ") and "\n" not in str(refusal.value)


def test_a_shifted_column_does_not_pass():
    rows = export("employment_age")
    rows[5] = [rows[5][0], *rows[5][2:], rows[5][1]]
    with pytest.raises(InputError, match="sums over"):
        read(rows)


@pytest.mark.parametrize(("off", "passes"), [(3, True), (12, False)])
def test_sums_may_differ_by_rounding_and_no_more(off, passes):
    rows = export("employment_province")
    rows[13][3] = str(int(rows[13][3]) + off)
    if passes:
        assert len(read(rows)) == 720
    else:
        with pytest.raises(InputError, match="sums over"):
            read(rows)


def test_a_label_may_not_stand_twice_and_a_column_may_not_lack_its_unit():
    head, items, *body = export("employment_province")
    with pytest.raises(InputError, match=r"\['unit'\] stand above the figures and before them"):
        read([["단위", *row] for row in (head, items)] + [["명", *row] for row in body])
    items = [*items[:3], "취업자 (명)", *["취업자"] * (len(items) - 4)]
    with pytest.raises(InputError, match=r"has units \['천명', '명'\] and columns without one"):
        read([head, items, *body])


def test_a_broken_quote_is_named():
    with pytest.raises(InputError, match="cannot be read as CSV"):
        read_wide('"직업별","2022.2/2\n"직업별","취업자 (천명)"\n', file="export.csv")


BREAK = "the series breaks there and is never bridged"


def renamed(old, new, kind=AGE):
    return [[cell.replace(old, new) for cell in row] for row in export(kind)]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (renamed("돌봄·보건 및 개인 생활 서비스직", "돌봄 및 보건 서비스직"), "group 42 of KSCO-8"),
        (renamed("교육 전문가 및 관련직", "26 교육 전문가 및 관련직"), "group 26 of KSCO-8"),
        (renamed("영업직", "새 이름의 직업"), "If the table is of KSCO-8"),
        (renamed("직업별", "직업별(8차)"), "is of KSCO-8"),
        (renamed("2022.2/2", "2025.1/2", PROVINCE), "2025H1 lie in KSCO-8's time"),
    ],
    ids=["name", "code", "unknown", "title", "half-year"],
)
def test_ksco_8_is_refused_because_the_series_breaks(rows, says):
    with pytest.raises(InputError) as refusal:
        read(rows)
    assert says in str(refusal.value) and BREAK in str(refusal.value)


def test_later_half_years_pass_where_the_table_says_ksco_7():
    rows = renamed("2022.2/2", "2025.1/2", PROVINCE)
    declared = [[cell.replace("직업별", "직업별(7차)") for cell in row] for row in rows]
    assert read(declared)["period"].max() == "2025H1"
    by_name = renamed("2022.2/2", "2025.1/2", AGE)  # sub-major groups have the names of KSCO-7
    assert read(by_name)["period"].max() == "2025H1"


def test_the_known_groups_of_ksco_8_are_in_the_sources_and_not_in_ksco_7(sources_root):
    columns = ("code_system", "code", "name")
    rows = read_text_table(sources_root, "korea/projections.csv", columns=columns)
    newer = rows[rows["code_system"] == "KSCO-8"]
    ours = ksco.group_names()
    broken = {code: name for code, name in zip(newer["code"], newer["name"], strict=True)
              if ours.get(code) != name}  # fmt: skip
    assert broken == ksco.KSCO8_GROUPS


def long_table(sources_root, **change):
    table = pd.read_csv(sources_root / kosis.BY_PROVINCE, dtype=str, keep_default_na=False).assign(
        **change
    )
    return table


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"occ_system": "KSCO-8"}, "column occ_system: 'KSCO-8', expected KSCO-7"),
        ({"occ_code": "29"}, "row 2: '29' is no major or sub-major group of KSCO-7"),
        ({"occ_code": "3"}, "row 18: '3 관리자' is group 1 of KSCO-7, not 3"),
        ({"value": "many"}, "row 2, column value: 'many'"),
        ({"unit": "톤"}, "unknown value(s) ['톤']"),
    ],
)
def test_a_wrong_long_table_is_refused(sources_root, tmp_path, change, says):
    path = tmp_path / "long.csv"
    table = long_table(sources_root)
    if change == {"occ_code": "3"}:
        table.loc[table["occ_code"] == "1", "occ_code"] = "3"
    else:
        table = table.assign(**change)
    table.to_csv(path, index=False)
    with pytest.raises(InputError) as refusal:
        read_own(path)
    assert says in str(refusal.value)


def test_a_mixed_table_is_refused_by_its_first_row_of_ksco_8(sources_root, tmp_path):
    table = long_table(sources_root)
    table.loc[table["period"] == "2022H2", "occ_system"] = "KSCO-8"
    table.to_csv(tmp_path / "long.csv", index=False)
    with pytest.raises(InputError, match=f"row 17, column occ_system.*{BREAK}"):
        read_own(tmp_path / "long.csv")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04...", "Excel workbook"),
        ("직업별".encode("utf-16"), "neither UTF-8 nor CP949"),
        (b" \n", "is empty"),
        ("통계표\n직업별".encode("cp949"), "read as cp949"),
    ],
)
def test_a_file_of_no_known_layout_is_named(content, says, tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        read_own(path)
