"""The hand-written link of vacancies' occupations (KECO-2018) to those of employment (KSCO-7)."""

from __future__ import annotations

import pandas as pd

from forecast.errors import InputError

FILE = "scripts/keco_ksco7_links.csv"
MAJORS = {
    "0": "경영ㆍ사무ㆍ금융ㆍ보험직",
    "1": "연구직 및 공학기술직",
    "2": "교육ㆍ법률ㆍ사회복지ㆍ경찰ㆍ소방직 및 군인",
    "3": "보건ㆍ의료직",
    "4": "예술ㆍ디자인ㆍ방송ㆍ스포츠직",
    "5": "미용ㆍ여행ㆍ숙박ㆍ음식ㆍ경비ㆍ청소직",
    "6": "영업ㆍ판매ㆍ운전ㆍ운송직",
    "7": "건설ㆍ채굴직",
    "8": "설치ㆍ정비ㆍ생산직",
    "9": "농림어업직",
}
CONFIDENCE = ("high", "medium", "low")
_SAME = 1e-9


def keco_ksco7(links: pd.DataFrame, ksco7: pd.DataFrame) -> pd.DataFrame:
    """Check the links and give them their source.

    Parameters
    ----------
    links : DataFrame
        keco, ksco7 (sub-major), weight, confidence (high, medium, low), note.
    ksco7 : DataFrame
        The classification: ksco7, level.

    Returns
    -------
    DataFrame
        keco, ksco7, weight (share of the KSCO group that is counted under the KECO group; sums to
        1 per KSCO group), confidence, note, source; every civil sub-major group and every KECO
        major group is there.

    Examples
    --------
    >>> groups = pd.DataFrame({"ksco7": ["11", "A0"], "level": "sub_major"})
    >>> links = pd.DataFrame({"keco": list("0123456789"), "ksco7": "11", "weight": 0.1,
    ...     "confidence": "low", "note": "assumed"})
    >>> keco_ksco7(links, groups)["weight"].sum().round(6)
    np.float64(1.0)
    >>> keco_ksco7(links.iloc[1:], groups)
    Traceback (most recent call last):
    ...
    forecast.errors.InputError: scripts/keco_ksco7_links.csv: weights of KSCO-7 group 11 sum to \
0.9; expected 1.
    """
    groups = ksco7.loc[ksco7["level"] == "sub_major", "ksco7"]
    civil = sorted(code for code in groups if not code.startswith("A"))
    _same("KSCO-7 sub-major groups", links["ksco7"], civil)
    repeated = links[links.duplicated(["keco", "ksco7"])]
    if len(repeated):
        raise InputError(f"{FILE}: link {tuple(repeated.iloc[0, :2])} occurs twice; give it once.")
    wrong = links[~links["confidence"].isin(CONFIDENCE) | ~(links["weight"] > 0)]
    if len(wrong):
        raise InputError(
            f"{FILE}: link {tuple(wrong.iloc[0, :2])} needs a weight above 0 and a confidence of "
            f"{', '.join(CONFIDENCE)}."
        )
    sums = links.groupby("ksco7")["weight"].sum()
    uneven = sums[(sums - 1).abs() > _SAME]
    if len(uneven):
        raise InputError(
            f"{FILE}: weights of KSCO-7 group {uneven.index[0]} sum to {uneven.iloc[0]:.6g}; "
            "expected 1."
        )
    _same("KECO-2018 major groups", links["keco"], list(MAJORS))
    columns = ["keco", "ksco7", "weight", "confidence", "note"]
    return (
        links[columns]
        .assign(source="keco_ksco7_own")
        .sort_values(["keco", "ksco7"], ignore_index=True)
    )


def _same(what: str, found: pd.Series, expected: list[str]) -> None:
    odd = sorted(set(found) ^ set(expected))
    if odd:
        raise InputError(f"{FILE}: {what} {odd} are unknown or lack a link; expected {expected}.")
