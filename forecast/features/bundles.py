"""O*NET elements put into a few bundles that a reader can weigh.

Descriptors of one kind rise and fall together, so a model may push one up and its twin down; their
sum is what the data support. The bundles follow the branches of the O*NET content model, except
that computers stand apart from other technology. They are this project's own choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forecast.errors import InputError


@dataclass(frozen=True)
class Bundle:
    """A name in two languages and the branches of the content model that belong to it."""

    name_ko: str
    name_en: str
    branches: tuple[str, ...]


BUNDLES: Mapping[str, Bundle] = {
    "language": Bundle(
        "읽기·쓰기·말하기",
        "reading, writing and speaking",
        ("1.A.1.a", "2.A.1.a", "2.A.1.b", "2.A.1.c", "2.A.1.d", "2.C.7.a", "2.C.7.b"),
    ),
    "reasoning": Bundle(
        "추론·문제 해결",
        "reasoning and problem solving",
        ("1.A.1.b", "1.A.1.d", "1.C.7", "2.A.2", "2.B.2", "2.B.4", "4.A.2.b"),
    ),
    "numbers": Bundle("수리", "mathematics", ("1.A.1.c", "2.A.1.e", "2.C.4.a")),
    "perception": Bundle(
        "지각·감각", "perception and the senses", ("1.A.1.e", "1.A.1.f", "1.A.1.g", "1.A.4")
    ),
    "body": Bundle(
        "체력·손동작",
        "strength and handwork",
        ("1.A.2", "1.A.3", "4.A.3.a.1", "4.A.3.a.2"),
    ),
    "computers": Bundle(
        "컴퓨터·프로그래밍",
        "computers and programming",
        ("2.B.3.e", "2.C.3.a", "2.C.9.a", "4.A.3.b.1"),
    ),
    "machines": Bundle(
        "기계·설비",
        "machines and equipment",
        ("2.B.3", "2.C.2", "2.C.3", "2.C.10", "4.A.1.b.2", "4.A.3"),
    ),
    "information": Bundle(
        "정보 수집·분석·기록",
        "gathering, analysing and recording information",
        ("4.A.1", "4.A.2.a", "4.A.3.b.6"),
    ),
    "people": Bundle("대인 업무", "dealing with people", ("1.C.3", "2.B.1", "2.C.1.e", "4.A.4.a")),
    "care": Bundle("보건·돌봄", "health and care", ("2.C.5", "2.C.4.e", "4.A.4.a.5")),
    "leading": Bundle(
        "지휘·교육·자원 관리",
        "leading, teaching and managing resources",
        ("1.C.2", "2.B.5", "2.C.6", "4.A.4.b", "4.A.4.c"),
    ),
    "office": Bundle("사무·경영 지식", "office and business knowledge", ("2.C.1", "4.A.4.c.1")),
    "science": Bundle("과학 지식", "science", ("2.A.1.f", "2.C.4")),
    "society": Bundle(
        "인문·사회·법 지식",
        "humanities, society and law",
        ("2.C.4.f", "2.C.7", "2.C.8", "2.C.9"),
    ),
    "conduct": Bundle("태도·흥미", "work styles and interests", ("1.B", "1.C")),
    "preparation": Bundle("직무 준비", "preparation", ("",)),  # the job zone has no element id
}


def bundle_of(element_id: str) -> str:
    """Return the bundle of an O*NET element: the one with the longest branch that holds it.

    Examples
    --------
    >>> bundle_of("2.B.3.e"), bundle_of("2.B.3.l"), bundle_of("4.A.3.b.6")
    ('computers', 'machines', 'information')
    """
    inside = [
        (len(branch), name)
        for name, bundle in BUNDLES.items()
        for branch in bundle.branches
        if element_id == branch or (branch and element_id.startswith(f"{branch}."))
    ]
    if not inside:
        raise InputError(
            f"O*NET element {element_id!r} belongs to no bundle; "
            "give its branch one in forecast/features/bundles.py."
        )
    return max(inside)[1]
