"""One Korean sentence per limit of the plan: what it is, and what one unit of it is worth."""

from __future__ import annotations

from dataclasses import dataclass

from forecast.stages.cohort_names import Names, age_words

UNITS = {
    "seats": "seat",
    "need": "person",
    "class_smallest": "seat",
    "class_largest": "seat",
    "most": "seat",
    "every_site": "class",
    "room": "class-month",
    "budget": "million won",
    "fair_age": "point of fairness (0.01)",
    "fair_province": "point of fairness (0.01)",
    "fair_sex": "point of fairness (0.01)",
}
_SEX = {"women": "여성", "men": "남성"}
_IF = {"more": "늘리면", "fewer": "줄이면", "lower": "낮추면"}
_EVEN_IF = {"more": "늘려도", "fewer": "줄여도", "lower": "낮춰도"}
_PRINTED = 0.005  # smaller prices are none in two decimals


@dataclass(frozen=True)
class Limit:
    """A limit of the linear relaxation.

    Parameters
    ----------
    year : int
    kind : str
        One of :data:`UNITS`.
    label : str
        Programme, programme/province, pool, pool/group, province or ``all``.
    price : float
        Gain per unit; below 0 only for seats: fewer of them would gain.
    slack : float
        How far from its side, in the unit of its row: seats, people, classes, class-months,
        million won.
    binding : bool
        Whether the optimum lies on it.
    size : float
        The limit itself.
    count : tuple of int
        For people in need: cells with nobody left, and cells with anybody.
    """

    year: int
    kind: str
    label: str
    price: float
    slack: float
    binding: bool
    size: float
    count: tuple[int, int] = (0, 0)


def limit_words(limit: Limit, names: Names) -> str:
    """Say a limit and its price in Korean.

    Examples
    --------
    >>> names = Names({"P000-JOB-SWITCH": "직무전환훈련"}, {"11": "서울"}, {}, {})
    >>> limit_words(Limit(2026, "seats", "P000-JOB-SWITCH", 1.9, 0.0, True, 500.0), names)
    '직무전환훈련 2026년 정원 500명: 1명을 늘리면 이득이 1.90 늘어납니다'
    >>> limit_words(Limit(2026, "fair_age", "employed/ax/60+", 0.0, 12.0, False, 0.5), names)
    '재직자 · AX(도메인+AI) 2026년 60세 이상 배정률 평균의 50% 이상: 12.0명 여유가 있습니다'
    """
    subject, change, verb, unit = _parts(limit, names)
    if limit.kind == "need":
        tight, cells = limit.count
        subject += f", {cells:,}개 셀 중 {tight:,}개에서 모두 배정"
    elif not limit.binding:
        return f"{subject}: {limit.slack:,.1f}{unit} 여유가 있습니다"
    price = abs(limit.price)
    if price >= _PRINTED:
        mean = "평균 " if limit.kind == "need" else ""
        return f"{subject}: {change} {_IF[verb]} 이득이 {mean}{price:,.2f} 늘어납니다"
    if price > 0.0:
        return f"{subject}: {change} {_IF[verb]} 이득이 {_PRINTED} 미만으로 늘어납니다"
    return f"{subject}: {change} {_EVEN_IF[verb]} 이득은 그대로입니다"


def _parts(limit: Limit, names: Names) -> tuple[str, str, str, str]:
    """Subject; by how much it gives way and which way; unit of the slack."""
    kind, year, size = limit.kind, f"{limit.year}년", f"{limit.size:,.0f}"
    if kind == "seats":
        verb = "fewer" if limit.price < 0 else "more"
        return f"{names.programme(limit.label)} {year} 정원 {size}명", "1명을", verb, "명"
    if kind == "need":
        return f"{names.pool(limit.label)} {year} 새 수요 {size}명", "1명을", "more", "명"
    if kind == "budget":
        return f"{year} 예산 {size}백만 원", "1백만 원을", "more", "백만 원"
    if kind == "room":
        subject = f"{names.provinces[limit.label]} {year} 강의실 {size}학급·월"
        return subject, "1학급·월을", "more", "학급·월"
    if kind.startswith("fair_"):
        people, need, group = limit.label.split("/")
        if kind == "fair_province":
            name = names.provinces[group]
        else:
            name = age_words(group) if kind == "fair_age" else _SEX[group]
        pool = names.pool(f"{people}/{need}")
        subject = f"{pool} {year} {name} 배정률 평균의 {limit.size:.0%} 이상"
        return subject, "하한을 1%p", "lower", "명"
    programme, province = limit.label.split("/")
    where = f"{names.programme(programme)} {year} {names.provinces[province]}"
    return {
        "class_smallest": (f"{where} 학급당 {size}명 이상", "학급 하한 합계를 1명", "lower", "명"),
        "class_largest": (f"{where} 학급당 {size}명 이하", "학급 상한 합계를 1명", "more", "명"),
        "most": (f"{where} 캠퍼스 정원 합계 {size}명 이하", "1명을", "more", "명"),
        "every_site": (f"{where} {size}개 캠퍼스마다 한 학급 이상", "1학급을", "fewer", "학급"),
    }[kind]
