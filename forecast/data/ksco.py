"""Occupations by their KSCO-7 name, and the break to KSCO-8: told, refused, never bridged."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from forecast.data import reference
from forecast.data.kosis_labels import TOTAL, bare, nearest
from forecast.errors import InputError

SYSTEM = "KSCO-7"
# KSCO-8 is in force since 1 January 2025. Its major groups bear the names of KSCO-7's, so a table
# of major groups tells its revision by its title or its half-years alone.
FIRST_KSCO8_PERIOD = "2025H1"
# Groups that KSCO-7 has not, or has under another code: 한국고용정보원 「2024~2034년 중장기
# 인력수급 전망」, in korea/projections.csv.
KSCO8_GROUPS = {
    "24": "보건 전문가 및 관련직",
    "26": "교육 전문가 및 관련직",
    "42": "돌봄 및 보건 서비스직",
}
_TITLES = {7: re.compile(r"7\s*차|KSCO[-\s]?7"), 8: re.compile(r"8\s*차|KSCO[-\s]?8")}
_CODE_FIRST = re.compile(r"(?:(\d{1,2})[.\s]+)?(.+)")


def levels() -> pd.Series:
    """Return the level of every group that employment is published for, by code; total is ``TOT``.

    Examples
    --------
    >>> levels()[["TOT", "2", "21"]].tolist()
    ['total', 'major', 'sub_major']
    """
    table = reference.load("ksco7").set_index("ksco7")["level"]
    # The armed forces (A) are no part of the survey.
    civil = table[table.isin(("major", "sub_major")) & table.index.str.isdigit()]
    return pd.concat([pd.Series({"TOT": "total"}), civil])


def sub_major_codes() -> list[str]:
    """List the KSCO-7 sub-major groups that employment is published for, in order.

    Examples
    --------
    >>> sub_major_codes()[:3], len(sub_major_codes())
    (['11', '12', '13'], 51)
    """
    return sorted(levels().index[levels() == "sub_major"])


def occupation_codes(names: pd.Series, *, file: str) -> dict[str, str]:
    """Return the KSCO-7 code of every occupation name, major or sub-major; 계 is ``TOT``.

    Parameters
    ----------
    names : Series
        Occupation names, each under the place where it stands; a code before the name must be
        the name's own.
    file : str
        Named in messages.

    Raises
    ------
    InputError
        If a name is not of KSCO-7, with the break of the series where it is of KSCO-8.

    Examples
    --------
    >>> names = pd.Series({"row 3": "단순 노무 종사자", "row 4": "21 과학 전문가 및 관련직"})
    >>> occupation_codes(names, file="export.csv")
    {'단순 노무 종사자': '9', '21 과학 전문가 및 관련직': '21'}
    """
    known = {bare(name): code for code, name in group_names().items()}
    codes = {}
    for place, label in names.drop_duplicates().items():
        printed, name = _CODE_FIRST.fullmatch(label.strip() or "?").groups()  # type: ignore[union-attr]
        code = known.get(bare(name))
        if code is None or printed not in (None, code):
            raise _unknown(label, bare(name), printed, known, f"{file}: {place}")
        codes[label] = code
    return codes


def group_names() -> dict[str, str]:
    """Return the KSCO-7 name of every code of :func:`levels`."""
    table = reference.load("ksco7").set_index("ksco7")["name_ko"]
    return {code: TOTAL if code == "TOT" else str(table[code]) for code in levels().index}


def require_ksco7(table: pd.DataFrame, columns: Iterable[str], *, file: str) -> None:
    """Refuse a table whose classification column(s), where it has them, say other than KSCO-7."""
    for column in columns:
        if column not in table:
            continue
        other = table[column].str.strip().str.upper() != SYSTEM
        if other.any():
            row = int(other.to_numpy().argmax())
            found = f"row {row + 2}, column {column}: {table[column].iloc[row]!r}"
            raise series_break(file, f"{found}, expected {SYSTEM}; {int(other.sum())} row(s)")


def require_codes(codes: pd.Series, names: pd.Series | None, *, file: str) -> None:
    """Refuse an occupation code that KSCO-7 has not, or that stands beside another's name."""
    unknown = ~codes.isin(levels().index)
    if unknown.any():
        row = int(unknown.to_numpy().argmax())
        raise InputError(
            f"{file}: row {row + 2}: {codes.iloc[row]!r} is no major or sub-major group of KSCO-7. "
            "If the table is of KSCO-8 (8차), the series breaks there and is never bridged: take "
            "the 7차 table. Else correct the code."
        )
    if names is not None:
        pairs = pd.Series(codes.where(codes != "TOT", "") + " " + names).str.strip()
        rows = [f"row {number}" for number in range(2, len(pairs) + 2)]
        occupation_codes(pairs.set_axis(rows), file=file)


def declared_ksco7(titles: Iterable[str], *, file: str) -> bool:
    """Tell whether titles say 7차; refuse one that says 8차.

    Examples
    --------
    >>> declared_ksco7(["지역별고용조사(7차 KSCO)", "직업별"], file="export.csv")
    True
    """
    titles = list(titles)
    for title in titles:
        if _TITLES[8].search(title):
            raise series_break(file, f"{title!r} is of KSCO-8")
    return any(_TITLES[7].search(title) for title in titles)


def require_before_break(periods: pd.Series, *, file: str) -> None:
    """Refuse half-years of KSCO-8 in a table that neither its names nor its title put in KSCO-7."""
    late = sorted(period for period in set(periods) if period >= FIRST_KSCO8_PERIOD)
    if late:
        raise series_break(
            file,
            f"{', '.join(late)} lie in KSCO-8's time (from {FIRST_KSCO8_PERIOD}) and major groups "
            f"have the same names in both; nothing says {SYSTEM} (7차)",
        )


def series_break(at: str, found: str) -> InputError:
    """Return the refusal of KSCO-8: what was found, and why it is not read."""
    return InputError(
        f"{at}: {found}. KSCO-8 (8차) draws other groups than KSCO-7: the series breaks there "
        "and is never bridged. Take the 7차 table, or leave these half-years out."
    )


def _unknown(
    label: str, name: str, printed: str | None, known: dict[str, str], at: str
) -> InputError:
    newer = [code for code, group in KSCO8_GROUPS.items() if bare(group) == name]
    if newer and (name not in known or printed in newer):
        return series_break(at, f"{label!r} is group {newer[0]} of KSCO-8 and none of KSCO-7")
    if name in known:
        return InputError(
            f"{at}: {label!r} is group {known[name]} of KSCO-7, not {printed}. Export codes and "
            "names of the same revision (7차)."
        )
    return InputError(
        f"{at}: {label!r} is no major or sub-major group of KSCO-7{nearest(name, known)}. If "
        "the table is of KSCO-8 (8차), the series breaks there and is never bridged: take the 7차 "
        "table. Else correct the name."
    )
