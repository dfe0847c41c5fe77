"""Korean names of what a seat problem counts by its axes: programmes, provinces, jobs, ages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from forecast.types import AGE_GROUPS

PEOPLE = {"employed": "재직자", "separated": "AI로 떠난 사람", "entering": "진입하는 사람"}
NEED = {"ai_basic": "AI 기초", "ax": "AX(도메인+AI)", "job_change": "직무 전환"}


def age_words(code: str) -> str:
    """Say an age group in Korean.

    >>> age_words("15-29"), age_words("60+")
    ('15~29세', '60세 이상')
    """
    return f"{code[:-1]}세 이상" if code.endswith("+") else f"{code.replace('-', '~')}세"


@dataclass(frozen=True)
class Names:
    """Code to Korean name; provinces, occupations and ages in the order of the axes.

    Parameters
    ----------
    programmes, provinces, occupations : mapping of str to str
    majors : mapping of str to str
        KSCO-7 major groups.
    ages : tuple of str
        Codes of age groups.
    """

    programmes: Mapping[str, str]
    provinces: Mapping[str, str]
    occupations: Mapping[str, str]
    majors: Mapping[str, str]
    ages: tuple[str, ...] = AGE_GROUPS

    def pool(self, name: str) -> str:
        """Say a pool, ``people/need``, in Korean."""
        people, need = name.split("/")
        return f"{PEOPLE.get(people, people)} · {NEED.get(need, need)}"

    def programme(self, code: str) -> str:
        """Name a programme; its code where no name is known."""
        return self.programmes.get(code, code)


def names_of(
    provinces: Sequence[str], occupations: Sequence[str], tables: Mapping[str, pd.DataFrame]
) -> Names:
    """Look names up in the reference.

    Parameters
    ----------
    provinces, occupations : sequence of str
        Codes in the order of the axes of the problem.
    tables : mapping of str to DataFrame
        ``programmes``, ``beside_programmes`` (may be absent), ``sido`` and ``ksco7``.
    """
    programmes: dict[str, str] = {}
    for key in ("programmes", "beside_programmes"):
        if key in tables:
            programmes |= dict(zip(tables[key]["programme"], tables[key]["name_ko"], strict=True))
    short = dict(zip(tables["sido"]["sido"], tables["sido"]["short_ko"], strict=True))
    jobs = tables["ksco7"].set_index("ksco7")
    major = jobs[jobs["level"] == "major"]["name_ko"]
    return Names(
        programmes=programmes,
        provinces={code: short[code] for code in provinces},
        occupations={code: str(jobs["name_ko"][code]) for code in occupations},
        majors={str(code): str(name) for code, name in major.items()},
    )
