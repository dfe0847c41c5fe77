"""One Korean sentence that says why an occupation is exposed as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forecast.stages.findings import (
    MOSTLY_ALONE,
    OFF_THE_INDICES,
    Findings,
    Push,
    index_names,
    percent,
    points,
    pushing,
)
from forecast.stages.particles import with_particle

LONGEST = 160  # characters: what a reader takes in at once


@dataclass(frozen=True)
class _Wording:
    """How much a sentence says."""

    n_task: int = 2
    n_bundle: int = 2
    alone: bool = True
    agreement: bool = True
    counter: bool = True
    n_side: int = 2  # where pushes up and down balance
    closing: bool = True  # how certain it is, in full


# What weighs least goes first when a sentence gets too long.
_WORDINGS = (
    _Wording(),
    _Wording(alone=False),
    _Wording(alone=False, n_bundle=1),
    _Wording(alone=False, n_bundle=1, agreement=False),
    _Wording(alone=False, n_bundle=1, agreement=False, n_task=1),
    _Wording(alone=False, n_bundle=1, agreement=False, counter=False),
    _Wording(alone=False, n_bundle=1, agreement=False, n_task=1, counter=False, n_side=1),
    _Wording(alone=False, n_bundle=0, agreement=False, n_task=1, counter=False, n_side=1),
    _Wording(
        alone=False,
        n_bundle=0,
        agreement=False,
        n_task=1,
        counter=False,
        n_side=1,
        closing=False,
    ),
)


def sentence_ko(findings: Findings) -> str:
    """Say it in Korean, in at most :data:`LONGEST` characters.

    Examples
    --------
    >>> care = Push("보건·돌봄", "health and care", -0.09)
    >>> words = Push("읽기·쓰기", "reading and writing", 0.08)
    >>> nurse = Findings("간호사", 0.29, 0.25, 0.32, 0.28, "medium", [], [care, words], 0.5, 3, {},
    ...                  own_indices=0.0)
    >>> sentence_ko(nurse).split(", ")[0]
    '간호사의 노출도는 29%(80% 구간 25~32%)로 취업자 평균(28%)과 비슷한데'
    >>> sentence_ko(nurse).split(", ")[1]
    '읽기·쓰기의 큰 비중이 끌어올리는 만큼 보건·돌봄의 큰 비중이 끌어내리기 때문이며'
    """
    for wording in _WORDINGS:
        text = f"{_value(findings)} {_because(findings, wording)} 때문{_tail(findings, wording)}."
        if len(text) <= LONGEST:
            break
    return text


def unknown_ko(name_ko: str) -> str:
    """Say that nothing is known.

    >>> unknown_ko("장교").split(", ")[1]
    '노출도는 채워 넣은 값일 뿐이다.'
    """
    topic = with_particle(name_ko, "은/는")
    why = "직무를 적은 자료가 없고 잰 지표도 거의 없어 까닭을 알 수 없으며"
    return f"{topic} {why}, 노출도는 채워 넣은 값일 뿐이다."


def _value(findings: Findings) -> str:
    low, high = percent(findings.lower)[:-1], percent(findings.upper)
    average = f"취업자 평균({percent(findings.average)})"
    place = {
        (1, True): f"{with_particle(average, '을/를')} 크게 웃도는데",
        (1, False): f"{average}보다 높은데",
        (0, False): f"{with_particle(average, '과/와')} 비슷한데",
        (-1, False): f"{average}보다 낮은데",
        (-1, True): f"{average}에 크게 못 미치는데",
    }[findings.side, findings.far]
    value = f"{percent(findings.exposure)}(80% 구간 {low}~{high})"
    return f"{findings.name_ko}의 노출도는 {value}로 {place},"


def _because(findings: Findings, wording: _Wording) -> str:
    """Return a clause that ends in 기, for 때문 to follow."""
    if findings.side == 0:
        return _both_sides(findings, wording)
    stems = []
    tasks = pushing(findings.tasks, findings.side)[: wording.n_task]
    if tasks:
        kind = "AI가 맡거나 거들기 쉬운" if findings.side > 0 else "AI가 돕기 어려운"
        amount = "많" if findings.much else "적지 않"
        stems.append(f"{_tasks(tasks, wording)}처럼 {kind} 일이 {amount}")
    # Without tasks to name, descriptors are all there is to say.
    bundles = pushing(findings.bundles, findings.side)[: wording.n_bundle if tasks else 2]
    for more, stem in ((True, "크"), (False, "작")):
        names = [bundle.name_ko for bundle in bundles if bundle.more == more]
        if names:
            stems.append(f"{', '.join(names)} 비중이 {stem}")
    if not stems:
        return "뚜렷한 하나보다 작은 요인 여럿이 겹쳤기"
    return _counter(findings, wording) + "고 ".join(stems) + "기"


def _counter(findings: Findings, wording: _Wording) -> str:
    against = findings.against
    if not wording.counter or against is None:
        return ""
    if against.share is None:
        return f"{against.name_ko} 비중은 {'크' if against.more else '작'}지만 "
    return f"{_tasks([against], wording)}도 있지만 "


def _both_sides(findings: Findings, wording: _Wording) -> str:
    up, down = (_items(findings.leading(side)[: wording.n_side], wording) for side in (1, -1))
    if up and down:
        lifted = f"{with_particle(up, '이/가')} 끌어올리는 만큼"
        return f"{lifted} {with_particle(down, '이/가')} 끌어내리기"
    if up or down:
        verb = "조금 끌어올리는 데 그치기" if up else "조금 끌어내리는 데 그치기"
        return f"{with_particle(up or down, '이/가')} {verb}"
    return "뚜렷이 끌어올리거나 끌어내리는 일이 없기"


def _tail(findings: Findings, wording: _Wording) -> str:
    """Close the sentence with the one thing about certainty that matters most."""
    if not wording.closing:
        return _short_tail(findings)
    if findings.n_index == 0:
        return "이나, 직접 잰 지표가 없어 비슷한 직업에 기댄 추정이다"
    if findings.discordant:
        index, size = next(iter(findings.discordant.items()))
        name = with_particle(index_names(index)[0], "은/는")
        return f"이며, {name} 다른 지표보다 {points(size)}%p {_direction(size)}"
    if findings.sure == "low":
        return "이나, 구간이 넓어 조심해서 읽어야 한다"
    size = findings.own_indices
    if abs(size) >= OFF_THE_INDICES:
        return f"이며, 지표들은 직무 특성에 견주어 {points(size)}%p {_direction(size)}"
    if findings.n_index == 1:
        return "이나, 직접 잰 지표는 하나뿐이다"
    return f"이며, 지표 {findings.n_index}개의 판단도 비슷하다" if wording.agreement else "이다"


def _short_tail(findings: Findings) -> str:
    """Close a sentence whose names leave no room for more."""
    if findings.n_index == 0:
        return "이나, 직접 잰 지표가 없다"
    if findings.discordant:
        return "이며, 지표끼리 어긋난다"
    return "이나, 구간이 넓다" if findings.sure == "low" else "이다"


def _items(pushes: Sequence[Push], wording: _Wording) -> str:
    words = [
        f"{push.name_ko}의 {'큰' if push.more else '작은'} 비중"
        if push.share is None
        else _tasks([push], wording)
        for push in pushes
    ]
    return " ".join([*(with_particle(item, "과/와") for item in words[:-1]), *words[-1:]])


def _tasks(tasks: Sequence[Push], wording: _Wording) -> str:
    words = []
    for place, task in enumerate(tasks):
        share = percent(task.share or 0.0)
        alone = wording.alone and not place and task.done_whole >= MOSTLY_ALONE
        what = f"{'' if place else '업무의 '}{share}{', 대부분 AI 단독 가능' if alone else ''}"
        words.append(f"{task.name_ko.replace(', ', '·')}({what})")
    return ", ".join(words)


def _direction(size: float) -> str:
    return "높다" if size > 0 else "낮다"
