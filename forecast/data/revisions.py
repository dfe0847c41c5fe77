"""Which revision of the US occupations a file uses, decided by its codes and never guessed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.data.crosswalks import RENAMED_SOC2010, soc2010_to_soc2018, to_six_digits
from forecast.data.files import first_row
from forecast.errors import InputError

_CODE = r"\d\d-\d{4}(\.\d\d)?"


def code_system(codes: pd.Series, links: pd.DataFrame, *, file: str) -> str:
    """Tell which SOC revision a file uses, ``soc2010`` or ``soc2018``, from its codes alone.

    A code that only one revision has decides. A file without any such code is of no matter if
    each of its codes links to itself alone (then it counts as SOC-2018); else it is refused.

    Parameters
    ----------
    codes : Series
        SOC codes of 6 digits or O*NET-SOC codes of 8; the index counts the rows of the file.
    links : DataFrame
        soc2010, soc2018: all links between the revisions, see :func:`soc2010_to_soc2018`.
    file : str
        Named in messages.

    Raises
    ------
    InputError
        If a code is no SOC code of either revision, both revisions occur, or none can be told.

    Examples
    --------
    >>> links = pd.DataFrame({"soc2010": ["11-1011", "15-1132", "15-1133"],
    ...                       "soc2018": ["11-1011", "15-1252", "15-1252"]})
    >>> code_system(pd.Series(["11-1011.00", "15-1132.00"]), links, file="Skills.csv")
    'soc2010'
    """
    once = codes.drop_duplicates()
    older, modern = {*links["soc2010"], *RENAMED_SOC2010}, set(links["soc2018"])
    six = to_six_digits(once)
    in_older, in_modern = six.isin(older), six.isin(modern)
    wrong = ~once.str.strip().str.fullmatch(_CODE) | ~(in_older | in_modern)
    if wrong.any():
        raise InputError(
            f"{file}, row {first_row(once, wrong)}: {once[wrong].iloc[0]!r} is no occupation of "
            "SOC-2010 or SOC-2018; expected codes like 15-1252 or 15-1252.00. Correct the code "
            "or `forecast data pull` takes it anew."
        )
    only_older, only_modern = in_older & ~in_modern, in_modern & ~in_older
    if only_older.any() and only_modern.any():
        raise InputError(
            f"{file} mixes two revisions: row {first_row(once, only_older)} has "
            f"{once[only_older].iloc[0]} (SOC-2010 only), row {first_row(once, only_modern)} has "
            f"{once[only_modern].iloc[0]} (SOC-2018 only). Give each file one revision."
        )
    if only_older.any() or only_modern.any():
        return "soc2010" if only_older.any() else "soc2018"
    partners = pd.concat([links.groupby(key).size() for key in ("soc2010", "soc2018")], axis=1)
    same = set(links.loc[links["soc2010"] == links["soc2018"], "soc2010"])
    unclear = ~six.isin(same & set(partners.index[(partners == 1).all(axis=1)]))
    if unclear.any():
        raise InputError(
            f"{file}: its codes are in SOC-2010 and in SOC-2018, and row "
            f"{first_row(once, unclear)} ({once[unclear].iloc[0]}) means something else in each. "
            "Use the whole file of one O*NET release: a part does not tell its revision."
        )
    return "soc2018"


def require_system(codes: pd.Series, root: Path, *, file: str, system: str) -> pd.Series:
    """Return the 6-digit codes of a file whose revision is known; refuse codes of another."""
    six = to_six_digits(codes, soc2010=system == "soc2010")
    unknown = ~six.isin(soc2010_to_soc2018(root)[system])
    if unknown.any():
        name = "SOC-" + system.removeprefix("soc")
        raise InputError(
            f"{file}, row {first_row(codes, unknown)}: {codes[unknown].iloc[0]!r} is no occupation "
            f"of {name}. `forecast data pull` takes it anew."
        )
    return six
