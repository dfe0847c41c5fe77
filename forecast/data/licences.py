"""Minor groups whose work or appointment Korean law keeps for holders of a licence."""

from __future__ import annotations

import pandas as pd

from forecast.data.keco import CONFIDENCE
from forecast.errors import InputError

FILE = "scripts/licensed_minors.csv"


def licensed_minors(listed: pd.DataFrame, ksco7: pd.DataFrame) -> pd.DataFrame:
    """Check the hand-written list and give it its source.

    Parameters
    ----------
    listed : DataFrame
        ksco7 (minor), act (the laws), note (who is bound and who is free), confidence.
    ksco7 : DataFrame
        The classification: ksco7, level.

    Returns
    -------
    DataFrame
        ksco7, act, note, confidence (high: almost the whole group; medium: a large part of it),
        source. General knowledge of the acts, not legal advice: to be checked by a person.

    Examples
    --------
    >>> groups = pd.DataFrame({"ksco7": ["242"], "level": ["minor"]})
    >>> row = {"ksco7": "242", "act": "약사법", "note": "pharmacists", "confidence": "high"}
    >>> licensed_minors(pd.DataFrame([row]), groups)["source"].item()
    'licensed_minors_own'
    >>> licensed_minors(pd.DataFrame([row | {"ksco7": "24"}]), groups)
    Traceback (most recent call last):
    ...
    forecast.errors.InputError: scripts/licensed_minors.csv: ['24'] are no civil minor groups of \
KSCO-7; expected three digits.
    """
    minors = ksco7.loc[ksco7["level"] == "minor", "ksco7"]
    unknown = sorted(set(listed["ksco7"]) - {code for code in minors if not code.startswith("A")})
    if unknown:
        raise InputError(
            f"{FILE}: {unknown} are no civil minor groups of KSCO-7; expected three digits."
        )
    repeated = listed["ksco7"][listed["ksco7"].duplicated()]
    if len(repeated):
        raise InputError(f"{FILE}: {repeated.iloc[0]} occurs twice; give each group one row.")
    text = listed[["act", "note"]].fillna("").apply(lambda column: column.str.strip())
    wrong = listed[(text == "").any(axis=1) | ~listed["confidence"].isin(CONFIDENCE)]
    if len(wrong):
        raise InputError(
            f"{FILE}: {wrong['ksco7'].iloc[0]} needs an act, a note and a confidence of "
            f"{', '.join(CONFIDENCE)}."
        )
    columns = ["ksco7", "act", "note", "confidence"]
    return (
        listed[columns].assign(source="licensed_minors_own").sort_values("ksco7", ignore_index=True)
    )
