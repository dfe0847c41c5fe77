"""How titles, notes, sources and round numbers of the section on seats are printed."""

from __future__ import annotations

import re

from forecast.report.cohort_words import unit_name
from forecast.report.style import PERSONS_PER_MAN

OPEN = {  # words of the registry that say nothing in Korean
    "national": "전국", "national (remote)": "전국 (원격)", "national (online)": "전국 (온라인)",
    "online": "온라인", "remote training": "원격훈련", "free": "무료", "university": "대학",
    "polytechnic campuses": "폴리텍 캠퍼스", "not stated": "문서에 없음",
}  # fmt: skip
_RUN = re.compile(r"\d{4}(?:,\d{4})+")  # numbers of rows


def in_korean(text: object) -> str:
    """Words of the registry as printed; the few English ones that stand for a gap in Korean.

    Examples
    --------
    >>> in_korean("national"), in_korean(""), in_korean("17 광역자치단체")
    ('전국', '문서에 없음', '17 광역자치단체')
    """
    words = "" if text is None or text != text else str(text).strip()
    return OPEN.get(words, words) or OPEN["not stated"]


def korean(note: object) -> str:
    """Korean half of a note written «English / 한국어»; one without Korean stays as it is.

    Examples
    --------
    >>> korean("about / 내외; no year printed: assumed / 연도 미기재: 가정")
    '내외; 연도 미기재: 가정'
    >>> korean("rounded")
    'rounded'
    """
    words = "" if note is None or note != note else str(note)
    halves = [part.rpartition(" / ")[2] for part in words.split("; ")]
    in_hangul = [half for half in halves if re.search("[가-힣]", half)]
    return "; ".join(in_hangul) if in_hangul else words


def source_words(source: object, line: object) -> str:
    """Source and its lines, the source once where the lines begin with it.

    Examples
    --------
    >>> source_words("moel", "moel:21,25"), source_words("moel", "000:21")
    ('moel:21,25', 'moel 000:21')
    >>> source_words("moel", "programmes-0068,0069,0070,0141")
    'moel programmes-0068–0070,0141'
    """
    place = "" if line is None or line != line else _RUN.sub(_ends, str(line))
    return place if place.startswith(str(source)) else f"{source} {place}".strip()


def _ends(found: re.Match[str]) -> str:
    """Row numbers as printed, those that follow each other by their ends."""
    numbers = found[0].split(",")
    runs: list[list[str]] = []
    for number in numbers:
        if runs and int(number) == int(runs[-1][-1]) + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    short = [",".join(run) if len(run) < 3 else f"{run[0]}–{run[-1]}" for run in runs]
    return ",".join(short)


def title(subject: str, what: str, when: str, unit: str) -> str:
    """Title of a table as a ministry prints it.

    Examples
    --------
    >>> title("AX 훈련과정", "시도별·연령별 정원", "2026년", "persons")
    'AX 훈련과정: 시도별·연령별 정원 (2026년, 단위: 명)'
    """
    return f"{subject}: {what} ({when}, 단위: {unit_name(unit)})"


def in_man(persons: float) -> str:
    """Write a round number of people as documents print it, another one in full.

    Examples
    --------
    >>> in_man(30_000), in_man(29_500), in_man(1_000_000)
    ('3만 명', '29,500명', '100만 명')
    """
    if persons and persons % PERSONS_PER_MAN == 0:
        return f"{persons / PERSONS_PER_MAN:,.0f}만 명"
    return f"{persons:,.0f}명"
