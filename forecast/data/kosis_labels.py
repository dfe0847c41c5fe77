"""What KOSIS calls things: half-years, items, units, marks for no figure, industries, provinces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from forecast.data import reference
from forecast.data.kosis import AGE_CODES, PERSONS_PER_UNIT
from forecast.errors import InputError

TOTAL = "계"
SEXES = (TOTAL, "남자", "여자")
AGES = tuple(AGE_CODES)
# "-" means nobody; the others withhold a figure: unknown, secret, or too few in the sample.
NIL_MARKS = ("", "-")
WITHHELD_MARKS = ("...", "…", "X", "x", "*")
# Names of the classification variables of the three surveys, and of KOSIS' own table axes.
DIMENSIONS = {
    "성별": "sex",
    "산업별": "industry",
    "직업별": "occupation",
    "행정구역별": "sido",
    "시도별": "sido",
    "연령별": "age",
    "시점": "period",
    "항목": "item",
    "단위": "unit",
}
# Special self-governing provinces since 2023 and 2024, under the names of earlier exports.
FORMER_PROVINCES = {"강원도": "51", "전라북도": "52"}
_TOTALS = (TOTAL, "전체", "합계")
_HALF_YEAR = re.compile(r"(\d{4})(?:[.\s]*([12])/2|\s*H([12]))")
_INDUSTRY = re.compile(r"(?:([A-U])[.\s]+)?(.*?)(?:\s*\([\d\s,~∼-]+\))?")  # A. 농업, …(01~03)
_UNIT_AT_END = re.compile(rf"\s*[(\[]\s*({'|'.join(PERSONS_PER_UNIT)})\s*[)\]]$")
_BROKEN_DOWN = re.compile(r"(연령|교육정도)\s*\((.+)\)")
_BREAKDOWNS = {"연령": "age", "교육정도": "education"}
# ㆍ stands for a middle dot in many Korean files and is a letter to Unicode.
_NOT_OF_A_NAME = re.compile(r"[\W_ㆍ\u119e]+")


@dataclass(frozen=True)
class Item:
    """What a column counts: the employed, all of them or of one age or education."""

    breakdown: str  # total | age | education
    group: str  # 계, or the printed age or education
    unit: str | None  # of PERSONS_PER_UNIT, where the label names it


def bare(name: str) -> str:
    """Reduce a name to letters and digits: blanks, dots and what CP949 lost do not count.

    Examples
    --------
    >>> bare("장치?기계 조작 및 조립 종사자") == bare("장치·기계조작 및 조립 종사자")
    True
    """
    return _NOT_OF_A_NAME.sub("", unicodedata.normalize("NFC", name))


def half_year(label: str) -> str | None:
    """Return the half-year of a label, None if it is none.

    Examples
    --------
    >>> half_year("2014.1/2"), half_year("2014H2"), half_year("2014")
    ('2014H1', '2014H2', None)
    """
    found = _HALF_YEAR.fullmatch(label.strip())
    return f"{found[1]}H{found[2] or found[3]}" if found else None


def item(label: str) -> Item | None:
    """Return what an item label counts, None if not the employed.

    Examples
    --------
    >>> item("취업자 (천명)")
    Item(breakdown='total', group='계', unit='천명')
    >>> item("연령(15~29세)")
    Item(breakdown='age', group='15~29세', unit=None)
    >>> item("고용률 (%)") is None
    True
    """
    unit = _UNIT_AT_END.search(label.strip())
    name = label.strip()[: unit.start()] if unit else label.strip()
    if bare(name) == "취업자":
        return Item("total", TOTAL, unit[1] if unit else None)
    part = _BROKEN_DOWN.fullmatch(name)
    if part is None:
        return None
    group = same_name(part[2], AGES) if part[1] == "연령" else part[2]
    return Item(_BREAKDOWNS[part[1]], group, unit[1] if unit else None)


def dimension(label: str) -> str | None:
    """Return the dimension that a variable's name stands for, None if it is unknown.

    Examples
    --------
    >>> dimension("행정구역(시도)별"), dimension("직업별(1)"), dimension("2014.1/2")
    ('sido', 'occupation', None)
    """
    return DIMENSIONS.get(re.sub(r"\(.*?\)", "", label).strip())


def same_name(name: str, known: Iterable[str]) -> str:
    """Return the known name that differs by blanks and dots at most, else `name` itself.

    Examples
    --------
    >>> same_name("60세이상", AGES)
    '60세 이상'
    """
    return next((other for other in known if bare(other) == bare(name)), name)


def industry_codes(names: pd.Series, *, file: str) -> dict[str, str]:
    """Return the KSIC-10 section of every industry name; 계 is ``TOT``.

    Parameters
    ----------
    names : Series
        Industry names, each under the place where it stands.
    file : str
        Named in messages.

    Examples
    --------
    >>> names = pd.Series({"row 3": "계", "row 4": "B. 광 업(05~08)"})
    >>> industry_codes(names, file="export.csv")
    {'계': 'TOT', 'B. 광 업(05~08)': 'B'}
    """
    table = reference.load("ksic10")
    known = _with_totals(dict(zip(table["name_ko"], table["ksic"], strict=True)), "TOT")
    codes = {}
    for place, name in names.drop_duplicates().items():
        letter, plain = _INDUSTRY.fullmatch(name.strip()).groups()  # type: ignore[union-attr]
        codes[name] = _code(plain, known, what="section of KSIC-10", at=f"{file}: {place}")
        if letter and letter != codes[name]:
            raise InputError(
                f"{file}: {place}: {name!r} is section {codes[name]} of KSIC-10, not {letter}. "
                "Correct it, or take the table of the 10th revision (10차)."
            )
    return codes


def province_codes(names: pd.Series, *, file: str) -> dict[str, str]:
    """Return the present administrative code of every province name; the country is ``00``.

    Parameters
    ----------
    names : Series
        Province names, each under the place where it stands.
    file : str
        Named in messages.

    Examples
    --------
    >>> names = pd.Series({"row 3": "전국", "row 4": "강원도", "row 5": "서울"})
    >>> province_codes(names, file="export.csv")
    {'전국': '00', '강원도': '51', '서울': '11'}
    """
    table = reference.load("sido")
    known = dict(zip(table["name_ko"], table["sido"], strict=True)) | FORMER_PROVINCES
    known |= dict(zip(table["short_ko"], table["sido"], strict=True))
    known = _with_totals({**known, "전국": "00"}, "00")
    return {
        name: _code(name, known, what="province", at=f"{file}: {place}")
        for place, name in names.drop_duplicates().items()
    }


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint at the known name that is most like `name`, or nothing."""
    near = get_close_matches(bare(name), list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _with_totals(codes: Mapping[str, str], total: str) -> dict[str, str]:
    return {bare(name): code for name, code in codes.items()} | dict.fromkeys(_TOTALS, total)


def _code(name: str, known: Mapping[str, str], *, what: str, at: str) -> str:
    if bare(name) not in known:
        raise InputError(
            f"{at}: {name!r} is no {what}{nearest(name, known)}. Export the table with all names "
            "as KOSIS prints them."
        )
    return known[bare(name)]
