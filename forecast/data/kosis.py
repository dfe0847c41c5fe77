"""Korean statistics and code lists: employment in persons, KSCO-7, KSIC-10, the 17 provinces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from forecast.data.citations import source_ids
from forecast.data.files import read_text_table, to_number
from forecast.data.source_list import MINOR_FILE
from forecast.errors import InputError

CLASSIFICATION = "korea/classification.csv"
BY_AGE = "korea/employment_occupation_age_education.csv"
BY_INDUSTRY = "korea/employment_industry_occupation_sex.csv"
BY_PROVINCE = "korea/employment_region_occupation.csv"

PERSONS_PER_UNIT = {"천명": 1_000, "만명": 10_000, "만개": 10_000, "명": 1, "개": 1}
AGE_CODES = {
    "계": "all",
    "15~29세": "15-29",
    "30~39세": "30-39",
    "40~49세": "40-49",
    "50~59세": "50-59",
    "60세 이상": "60+",
}
# 강원 and 전북 became special self-governing provinces in 2023 and 2024 and were recoded.
CURRENT_SIDO = {"42": "51", "45": "52"}
SHORT_SIDO = {
    "11": "서울",
    "26": "부산",
    "27": "대구",
    "28": "인천",
    "29": "광주",
    "30": "대전",
    "31": "울산",
    "36": "세종",
    "41": "경기",
    "43": "충북",
    "44": "충남",
    "46": "전남",
    "47": "경북",
    "48": "경남",
    "50": "제주",
    "51": "강원",
    "52": "전북",
}
# The press release lists the largest occupations, of all and of each sex; no age, no province.
SEX_CODES = {"취업자": "all", "취업자(남자)": "men", "취업자(여자)": "women"}
_LEVELS = ("major", "sub_major", "minor", "unit")


def ksco7(root: Path) -> pd.DataFrame:
    """Return the KSCO-7 codes down to unit groups: ksco7, level, parent, name_ko, source."""
    codes = _codes(root, "KSCO-7")
    codes = codes[codes["level"].isin(_LEVELS)].rename(columns={"code": "ksco7"})
    codes = codes[["ksco7", "level", "parent", "name_ko"]].assign(source="ksco7_2017")
    return codes.sort_values("ksco7", ignore_index=True)


def ksic10(root: Path) -> pd.DataFrame:
    """Return the 21 KSIC-10 sections: ksic (A to U), name_ko, source."""
    codes = _codes(root, "KSIC-10")
    codes = codes[codes["level"] == "section"].rename(columns={"code": "ksic"})
    return codes[["ksic", "name_ko"]].assign(source="ksic10_2017").sort_values("ksic")


def sido(root: Path) -> pd.DataFrame:
    """Return the 17 provinces under their present administrative codes."""
    codes = _codes(root, "SIDO-행정표준").rename(columns={"code": "sido"})
    codes["sido"] = codes["sido"].replace(CURRENT_SIDO)
    codes["short_ko"] = codes["sido"].map(SHORT_SIDO)
    if codes["short_ko"].isna().any() or len(codes) != len(SHORT_SIDO):
        raise InputError(f"{CLASSIFICATION}: provinces {sorted(codes['sido'])}, 17 were expected.")
    codes = codes[["sido", "name_ko", "short_ko"]].assign(source="sido_codes")
    return codes.sort_values("sido", ignore_index=True)


def employment_age(root: Path) -> pd.DataFrame:
    """Return employed persons by KSCO-7 group, age and half-year, 2014H1 to 2022H2."""
    return _from_source(root, BY_AGE, "employment_age")


def employment_industry(root: Path) -> pd.DataFrame:
    """Return employed persons (both sexes) by KSIC-10 section and KSCO-7 major group."""
    return _from_source(root, BY_INDUSTRY, "employment_industry")


def employment_province(root: Path) -> pd.DataFrame:
    """Return employed persons by province (00 is the country) and KSCO-7 major group."""
    return _from_source(root, BY_PROVINCE, "employment_province")


def tidy_age(long: pd.DataFrame, *, file: str) -> pd.DataFrame:
    """Turn the long table of the occupation × age survey into schema ``employment_age``."""
    table = long[long["breakdown"].isin(("total", "age"))].copy()
    table["age_group"] = mapped(table["group"], AGE_CODES, file)
    table["employed_persons"] = in_persons(table, file)
    table = table.rename(columns={"code": "ksco7"})
    keys = ["period", "ksco7", "age_group"]
    kept = ["period", "ksco7", "level", "age_group", "employed_persons"]
    return keyed(table[kept], keys, file).assign(source="kosis_employment_age")


def tidy_industry(long: pd.DataFrame, *, file: str) -> pd.DataFrame:
    """Turn the long table of the industry × occupation survey into ``employment_industry``."""
    table = long[long["sex"] == "계"].rename(columns={"ind_code": "ksic", "occ_code": "ksco7"})
    table["employed_persons"] = in_persons(table, file)
    keys = ["period", "ksic", "ksco7"]
    return keyed(table[[*keys, "employed_persons"]], keys, file).assign(
        source="kosis_employment_industry"
    )


def tidy_province(long: pd.DataFrame, *, file: str) -> pd.DataFrame:
    """Turn the long table of the province × occupation survey into ``employment_province``."""
    table = long.rename(columns={"sido_code": "sido", "occ_code": "ksco7"})
    table["sido"] = table["sido"].replace(CURRENT_SIDO)
    table["employed_persons"] = in_persons(table, file)
    keys = ["period", "sido", "ksco7"]
    return keyed(table[[*keys, "employed_persons"]], keys, file).assign(
        source="kosis_employment_province"
    )


@dataclass(frozen=True)
class Survey:
    """One employment table: its long columns, the two of its classification, and its schema.

    Parameters
    ----------
    columns : tuple of str
        Of the long table.
    system, occupation : str
        Which of its columns name the occupation classification and the occupation's code.
    tidy : callable
        From the long table and the file's name to the schema of the reference table.
    keys : tuple of str
        Of that schema beside `period`.
    """

    columns: tuple[str, ...]
    system: str
    occupation: str
    tidy: Callable[..., pd.DataFrame]
    keys: tuple[str, str]


_AGE_COLUMNS = ("period", "code_system", "level", "code", "breakdown", "group", "value", "unit")
_INDUSTRY_COLUMNS = ("period", "sex", "ind_code", "occ_system", "occ_code", "value", "unit")
_PROVINCE_COLUMNS = ("period", "sido_code", "occ_system", "occ_code", "value", "unit")
SURVEYS = {
    "employment_age": Survey(_AGE_COLUMNS, "code_system", "code", tidy_age, ("ksco7", "age_group")),
    "employment_industry": Survey(
        _INDUSTRY_COLUMNS, "occ_system", "occ_code", tidy_industry, ("ksic", "ksco7")
    ),
    "employment_province": Survey(
        _PROVINCE_COLUMNS, "occ_system", "occ_code", tidy_province, ("sido", "ksco7")
    ),
}


def minor_employment(root: Path) -> pd.DataFrame:
    """Return the employed persons that were published for KSCO-7 minor groups.

    Returns
    -------
    DataFrame
        ksco7 (3 digits), period, sex (all, men, women), employed_persons (printed in 만명 with
        one decimal, so exact to 500 persons), source. Only the largest groups are published.
    """
    columns = ("item", "code_system", "code", "value", "unit", "year", "source")
    table = read_text_table(root, MINOR_FILE, columns=columns)
    minors = set(ksco7(root).query("level == 'minor'")["ksco7"])
    wrong = (table["code_system"] != "KSCO-7") | ~table["code"].isin(minors)
    if wrong.any():
        place = int(wrong.to_numpy().argmax())
        raise InputError(
            f"{MINOR_FILE}, row {place + 2}: {table['code'].iloc[place]!r} is no KSCO-7 minor "
            "group. Correct it, or `forecast data pull` takes it anew."
        )
    table["sex"] = mapped(table["item"], SEX_CODES, MINOR_FILE)
    table["employed_persons"] = in_persons(table, MINOR_FILE)
    table["source"] = mapped(table["source"], source_ids(root), MINOR_FILE)
    table = table.rename(columns={"code": "ksco7", "year": "period"})
    keys = ["ksco7", "period", "sex"]
    return keyed(table[[*keys, "employed_persons", "source"]], keys, MINOR_FILE)


def _from_source(root: Path, file: str, kind: str) -> pd.DataFrame:
    survey = SURVEYS[kind]
    return survey.tidy(read_text_table(root, file, columns=survey.columns), file=file)


def _codes(root: Path, system: str) -> pd.DataFrame:
    columns = ("system", "level", "code", "parent", "name")
    table = read_text_table(root, CLASSIFICATION, columns=columns)
    table = table[table["system"] == system].rename(columns={"name": "name_ko"})
    repeated = table["code"][table["code"].duplicated()]
    if table.empty or len(repeated):
        raise InputError(f"{CLASSIFICATION}: {system} is absent or repeats {list(repeated)[:5]}.")
    return table.sort_values("code", ignore_index=True)


def in_persons(table: pd.DataFrame, file: str) -> pd.Series:
    """Scale to persons: the source counts in thousands, an empty cell stays missing."""
    factor = mapped(table["unit"], PERSONS_PER_UNIT, file).astype(int)
    persons = (to_number(table, "value", file=file) * factor).round()
    if (persons < 0).any():
        place = int((persons < 0).to_numpy().argmax())
        raise InputError(
            f"{file}, row {table.index[place] + 2}: employment is negative. Correct the file."
        )
    return persons.astype("Int64")


def mapped(values: pd.Series, codes: Mapping[str, object], file: str) -> pd.Series:
    """Put codes in the place of the printed names; a name without one is refused."""
    unknown = sorted(set(values) - set(codes))
    if unknown:
        raise InputError(f"{file}: unknown value(s) {unknown}; expected one of {list(codes)}.")
    return values.map(codes)


def keyed(table: pd.DataFrame, keys: list[str], file: str) -> pd.DataFrame:
    """Sort by `keys`, which name every row once."""
    repeated = table[table.duplicated(keys)]
    if len(repeated):
        raise InputError(f"{file}: key {tuple(repeated[keys].iloc[0])} of {keys} occurs twice.")
    return table.sort_values(keys, ignore_index=True)
