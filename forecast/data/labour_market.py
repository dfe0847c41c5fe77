"""What destinations offer and origins bring: vacancies, wages, and employment by education."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.data import keco, kosis
from forecast.data.files import first_row, read_text_table, to_number
from forecast.errors import InputError

VACANCIES = "korea/vacancy_region_occupation.csv"
WAGES = "korea/wage_occupation.csv"
COUNTRY = "00"
EDUCATION_CODES = {
    "중졸이하": "lower_secondary",
    "고졸": "upper_secondary",
    "대졸이상": "tertiary",
}
EDUCATION_PERIODS = 4  # half-years: the last two years
# Printed measure -> column here, printed unit.
_MEASURES = {
    "구인인원": ("vacancies", "명"),
    "미충원인원": ("unfilled", "명"),
    "부족률": ("shortage_percent", "%"),
}


def vacancies(root: Path) -> pd.DataFrame:
    """Return vacancies by province and KECO-2018 major group, half-yearly.

    Returns
    -------
    DataFrame
        period, sido (``00`` is the country), keco (0 to 9), vacancies and unfilled (persons that
        firms sought, and those of them they did not find), shortage_percent (of employees and
        those missing), source. The printed provinces add up to the printed country within a few
        persons: each figure is an estimate, rounded by itself.
    """
    columns = ("period", "sido", "occ_system", "occ_code", "measure", "value", "unit")
    long = read_text_table(root, VACANCIES, columns=columns)
    wrong = (long["occ_system"] != "KECO-2018") | ~long["occ_code"].isin(keco.MAJORS)
    if wrong.any():
        raise InputError(
            f"{VACANCIES}, row {first_row(long, wrong)}: no major group of KECO-2018; expected "
            "occ_system KECO-2018 and occ_code 0 to 9. Correct it, or take the file anew."
        )
    provinces = kosis.sido(root)
    names = dict(zip(provinces["name_ko"], provinces["sido"], strict=True)) | {"전국": COUNTRY}
    table = pd.DataFrame(
        {
            "period": long["period"],
            "sido": kosis.mapped(long["sido"], names, VACANCIES),
            "keco": long["occ_code"],
            "measure": kosis.mapped(
                long["measure"] + " " + long["unit"],
                {f"{name} {unit}": column for name, (column, unit) in _MEASURES.items()},
                VACANCIES,
            ),
            "value": to_number(long, "value", file=VACANCIES),
        }
    )
    keys = ["period", "sido", "keco"]
    table = kosis.keyed(table, [*keys, "measure"], VACANCIES)
    wide = table.pivot(index=keys, columns="measure", values="value")
    wide = wide[[column for column, _ in _MEASURES.values()]].rename_axis(columns=None)
    if wide.isna().any(axis=None) or (wide < 0).any(axis=None):
        cell = wide[wide.isna().any(axis=1) | (wide < 0).any(axis=1)].index[0]
        raise InputError(
            f"{VACANCIES}: {cell} of {keys} lacks a measure or has a negative one; expected "
            f"{list(_MEASURES)}. Correct it, or take the file anew."
        )
    return wide.reset_index().assign(source="kosis_vacancies")


def wages(root: Path) -> pd.DataFrame:
    """Return mean monthly pay (월임금총액) by KSCO-7 major group, yearly.

    Returns
    -------
    DataFrame
        year, ksco7 (major group; ``TOT`` is all occupations), wage_krw_month (before tax, printed
        in thousands), source. All employees whatever their contract (전체근로자).
    """
    columns = ("year", "occ_system", "occ_code", "measure", "value", "unit")
    long = read_text_table(root, WAGES, columns=columns)
    wrong = (
        (long["occ_system"] != "KSCO-7")
        | (long["measure"] != "월임금총액")
        | (long["unit"] != "천원")
        | ~long["occ_code"].isin(("TOT", *_major_groups(root)))
    )
    if wrong.any():
        raise InputError(
            f"{WAGES}, row {first_row(long, wrong)}: expected 월임금총액 in 천원 of a KSCO-7 major "
            "group or TOT. Correct it, or take the file anew."
        )
    long["wage_krw_month"] = (1_000 * to_number(long, "value", file=WAGES)).round()
    if not (long["wage_krw_month"] > 0).all():
        row = first_row(long, ~(long["wage_krw_month"] > 0))
        raise InputError(f"{WAGES}, row {row}: a wage is above 0. Correct it.")
    table = long.rename(columns={"occ_code": "ksco7"})[["year", "ksco7", "wage_krw_month"]]
    return kosis.keyed(table, ["year", "ksco7"], WAGES).assign(source="kosis_wages")


def employment_education(root: Path) -> pd.DataFrame:
    """Return employed persons by KSCO-7 group and education in the last two years of the survey.

    Returns
    -------
    DataFrame
        period, ksco7, level, education (lower_secondary, upper_secondary, tertiary: 중졸이하, 고졸,
        대졸이상), employed_persons (printed in thousands; an empty cell stays missing), source.
    """
    survey = kosis.SURVEYS["employment_age"]
    long = read_text_table(root, kosis.BY_AGE, columns=survey.columns)
    last = sorted(set(long["period"]))[-EDUCATION_PERIODS:]
    table = long[(long["breakdown"] == "education") & long["period"].isin(last)].copy()
    if set(table["period"]) != set(last):
        raise InputError(f"{kosis.BY_AGE}: no education in {last}. Take the file anew.")
    table["education"] = kosis.mapped(table["group"], EDUCATION_CODES, kosis.BY_AGE)
    table["employed_persons"] = kosis.in_persons(table, kosis.BY_AGE)
    table = table.rename(columns={"code": "ksco7"})
    keys = ["period", "ksco7", "education"]
    kept = ["period", "ksco7", "level", "education", "employed_persons"]
    return kosis.keyed(table[kept], keys, kosis.BY_AGE).assign(source="kosis_employment_age")


def _major_groups(root: Path) -> list[str]:
    groups = kosis.ksco7(root)
    return list(groups.loc[groups["level"] == "major", "ksco7"])
