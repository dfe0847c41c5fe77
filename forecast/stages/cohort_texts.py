"""Words of the cohort tables: open points, how contradictions are shown, why there are no seats.

Texts are English / Korean; several in one cell are joined by "; ", so none has that inside.
Numbers in them are those of the documents, none is a result.
"""

from __future__ import annotations

# Option of conf/cohorts -> what the documents leave open, Korean and English.
OPEN: dict[str, tuple[str, str]] = {
    "years": (
        "전환기와 진입기 목표의 연도와 5년의 첫해가 문서에 없음: 계획 연도는 가정",
        "no year is printed with the 전환기 and 진입기 targets, nor the first of the five years: "
        "the planning years are an assumption",
    ),
    "goal_semantics": (
        "단계 목표가 「5년간 100만명」 아래 있으나 연간인지 누적인지 적혀 있지 않음: 해석",
        "the stage goals stand under «5년간 100만명» without saying whether they are yearly or "
        "cumulative: an interpretation",
    ),
    "since_year": (
        "어느 해부터 훈련이 필요해진 사람을 대기자로 셀지 적혀 있지 않음: 가정",
        "from which year on people in need count as waiting is not stated: an assumption",
    ),
    "regions": (
        "8개 권역 가운데 수도권과 중부권만 이름이 있음: 나머지 구분은 가정",
        "of the 8 regions only 수도권 and 중부권 are named: the rest is an assumption",
    ),
    "minimum_class": (
        "반의 최소 인원이 적혀 있지 않음: 폴리텍 중장년 과정의 모집 규모에서 가정",
        "no least size of a class is stated: assumed from the intake of polytechnic courses",
    ),
    "maximum_class": (
        "반의 최대 인원이 적혀 있지 않음: 가정",
        "no largest size of a class is stated: an assumption",
    ),
    "maximum_share_per_campus": (
        "캠퍼스별 정원이 적혀 있지 않음: 한 캠퍼스의 최대 비중은 가정",
        "no seats per campus are published: the largest share of one campus is an assumption",
    ),
    "room_months": (
        "캠퍼스의 강의실과 교원 규모가 적혀 있지 않음: 한 해에 열 수 있는 반·개월은 가정",
        "rooms and teachers of a campus are not published: its class-months a year are an "
        "assumption",
    ),
    "every_campus": (
        "39개 캠퍼스는 AI 기초활용 교육에만 적혀 있음: 다른 과정의 캠퍼스는 가정",
        "the 39 campuses are printed for AI basics only: which campus gives other courses is an "
        "assumption",
    ),
    "unitemised": (
        "활동기 11만명 가운데 1만명은 어느 사업인지 적혀 있지 않음: 미배분으로 남김",
        "10,000 of the 110,000 persons of 활동기 belong to no named programme: they stay "
        "unallocated",
    ),
    "programmes": (
        "사업이 채우는 훈련 필요와 받을 수 있는 사람이 수로 정해져 있지 않음: 해석",
        "which need a programme meets and who may take it is not fixed: an interpretation of the "
        "printed target group",
    ),
    "beyond_need": (
        "예측된 필요보다 많은 공표 인원을 누구에게 줄지 적혀 있지 않음: 고르게 나누고 표시함",
        "who gets published seats above the projected need is not stated: spread evenly and marked",
    ),
    "later": (
        "올해와 다음 해 인원의 상대 가치가 적혀 있지 않음: 가정",
        "the value of a seat next year relative to one now is not stated: an assumption",
    ),
    "fairness": (
        "연령·성·시도별 최소 수혜 비율이 적혀 있지 않음: 가정",
        "no least coverage by age, sex or province is stated: an assumption",
    ),
    "budget_krw": (
        "이 목표들의 예산이 사업별로 적혀 있지 않음: 비우면 제한 없음",
        "no budget is printed by programme for these targets: empty means no bound",
    ),
    "served_by": (
        "캠퍼스가 없는 시도를 어느 캠퍼스가 맡는지 적혀 있지 않음: 가정",
        "which campuses serve a province without one is not stated: an assumption",
    ),
    "beside": (
        "정책 문서 밖에서 공표된 사업이 같은 사람을 세는지 분명하지 않음: 뒤에 따로 배분함",
        "whether programmes published beside the documents count the same people is not clear: "
        "they come second and are never added",
    ),
}

# Contradiction -> how a run shows it.
SHOWN: dict[str, str] = {
    "C1.1": "cohort_totals STAGE-전체: «at least», an excess is a negative rest / 초과분은 음수",
    "C1.2": "cohort_totals STAGE-전환기, P000-T-GOAL: the rest stays unallocated / 미배분으로 남김",
    "C1.3": "cohort_totals P000-E-GOAL1: the rest stays unallocated / 미배분으로 남김",
    "C1.4": "cohort_totals P000-A-GOAL, P000-A-REST: a row of its own / 별도 행으로 둠",
    "C1.5": "cohort_totals STAGE-전체, cohort_defaults goal_semantics / 두 해석 병기",
    "C1.6": "cohort_sites P001-JOINT: the printed number, «about» in the note / 비고에 「내외」",
    "C1.7": "cohort_totals P002-SMART, P002-REST: a row for those of no track / 트랙 없는 인원",
    "C1.8": "cohort_totals P002-SMART: as printed, read as «about» / 인쇄값, 어림수",
    "C1.9": "cohort_programmes P002-SMART: as printed, no money given / 인쇄대로, 금액 없음",
    "C1.10": "cohort_totals P001-JOINT: counted once / 한 번만 셈",
    "C3.1": "cohort_programmes: no seats, the share is no target / 배분 없음, 목표 아님",
    "C4.6": "cohort_totals: published years only, no seats / 공표된 연도만, 배분하지 않음",
    "C5.4": "cohort_programmes: no seats rest on the date / 날짜에 따른 배분 없음",
    "C5.6": "cohort_figures P004-STAR: budget as printed, no seats / 예산은 인쇄대로",
    "D1.1": "cohort_totals STAGE-전체: the sum of the document / 문서의 합을 씀",
    "D1.2": "cohort_sites P000-POLY-BASIC: the campuses of the document / 문서의 캠퍼스 수를 씀",
    "D1.3": "cohort_figures K-MIDLIFE: both, before the planning years / 둘 다, 계획 연도 이전",
    "D1.4": "cohort_figures K-MIDLIFE: both, before the planning years / 둘 다, 계획 연도 이전",
    "D1.5": "cohort_totals P000-AX-COURSE beside K-POLY-AX: never added / 나란히 두고 더하지 않음",
    "D1.6": "cohort_sites P000-POLY-BASIC: the place that is no campus in the note / 비고에 표시",
    "D1.7": "cohort_figures K-MIDLIFE: all shares as printed / 비중은 모두 인쇄대로",
    "D1.8": "cohort_figures K-CENTRE: both, desks are no seats / 둘 다, 창구는 인원이 아님",
    "D1.9": "cohort_figures K-CARD: as printed, no target / 인쇄대로, 목표 아님",
    "D1.10": "cohort_defaults years: an assumption of the run / 실행의 가정",
}
NO_PROGRAMME = "touches no target / 목표와 무관"

# Programmes of persons without an occupation of origin, by their printed target group.
STUDENTS = ("P003-AICHIP3000", "P003-AICHIP7000")
# Why a programme published beside the documents gets no seats.
BESIDE: dict[str, str] = {
    "K-POLY-AX": (
        "the course of P000-AX-COURSE in a later release: the same people, never added / "
        "P000-AX-COURSE와 같은 과정의 나중 발표: 더하지 않음"
    ),
    "K-POLY-COURSES": (
        "whole courses: AI basics in them are P000-POLY-BASIC, the long courses for the "
        "middle-aged are in K-MIDLIFE: the same people / "
        "과정 전체의 모집: P000-POLY-BASIC, K-MIDLIFE와 같은 사람"
    ),
    "K-WORKAI": "not a programme of a ministry / 부처 사업이 아님",
    "K-CARD": "the whole card: P000-NAEIL-AI is a part of it / P000-NAEIL-AI를 포함한 카드 전체",
    "K-KDT": "KDT as a whole: P000-KDT-AI is a part of it / P000-KDT-AI를 포함한 KDT 전체",
}
ABROAD = "abroad: no target in Korea / 해외 사업: 국내 목표가 아님"
ADVICE = "advice of a report, no programme / 보고서의 제언: 사업이 아님"
GOAL = "sums items: they get the seats / 항목의 합: 인원은 항목에 배분"
NO_NUMBER = "no number of persons is printed / 인쇄된 인원 없음"
NO_ORIGIN = (
    "advanced degrees: people without an occupation of origin / 석·박사 등: 출발 직업이 없는 사람"
)
NOT_CHOSEN = "left out by the options of this run / 이 실행의 선택에서 제외"
NOT_ITEMISED = (
    "no document says for which programme: kept unallocated unless cohorts.unitemised gives them / "
    "어느 사업인지 적혀 있지 않음: cohorts.unitemised가 없으면 미배분"
)
APART = (
    "items of the five-year goal only, smart manufacturing and programmes beside the documents "
    "are counted apart / 5년 목표의 항목만, 스마트제조와 문서 밖 사업은 따로 셈"
)
PART = "part of P002-SMART, counted there / P002-SMART의 일부"
NO_TRACK = (
    "persons of P002-SMART for whom no track is printed / 트랙이 적혀 있지 않은 P002-SMART 인원"
)
BESIDE_DOCUMENTS = "published beside the documents, never added / 문서 밖 공표, 더하지 않음"


def counted_in(unit: str, *, spread: bool) -> str:
    """Say that a figure counts something else than persons, and whether the plan places it.

    Examples
    --------
    >>> counted_in("schools", spread=False)
    'counted in schools, never added to persons / schools 단위: 인원에 더하지 않음'
    """
    where = " (cohort_sites)" if spread else ""
    return (
        f"counted in {unit}, never added to persons{where} / {unit} 단위: 인원에 더하지 않음{where}"
    )


def before(year: int, first: int) -> str:
    """Say that a figure is of a year before the planning years."""
    return f"of {year}, before the plan starts in {first} / {year}년 사업: 계획 시작 {first}년 이전"


def five_years(printed: int, itemised: int, *, count: int, semantics: str) -> str:
    """Say what the sum of the stage goals means under either reading, and which one a run uses.

    Examples
    --------
    >>> print(five_years(240, 228, count=5, semantics="annual"))
    stages print 240, items 228 (annual: x 5 = 1,200, items 1,140, cumulative: 240), read as annual,
    an assumption / 단계 인쇄 240명, 항목 228명 (연간이면 5년 1,200명, 항목 1,140명,
    누적이면 240명),
    연간으로 읽음: 가정
    """
    reading = {"annual": "연간", "cumulative": "누적"}[semantics]
    sums = f"{printed * count:,}", f"{itemised * count:,}"
    return (
        f"stages print {printed:,}, items {itemised:,} (annual: x {count} = {sums[0]}, items "
        f"{sums[1]}, cumulative: {printed:,}), read as {semantics}, an assumption / "
        f"단계 인쇄 {printed:,}명, 항목 {itemised:,}명 (연간이면 {count}년 {sums[0]}명, "
        f"항목 {sums[1]}명, 누적이면 {printed:,}명), {reading}으로 읽음: 가정"
    )


def smart(whole: int, tracks: list[int]) -> str:
    """Set the persons of smart manufacturing beside those of its tracks."""
    sums = " + ".join(f"{number:,}" for number in tracks)
    rest = whole - sum(tracks)
    return (
        f"{whole:,} printed, tracks {sums} = {sum(tracks):,}, {rest:,} of no printed track / "
        f"인쇄 {whole:,}명, 트랙 {sums} = {sum(tracks):,}명, {rest:,}명은 트랙 미기재"
    )


def rounding(printed: int, itemised: int) -> str:
    """Say how a printed goal differs from the sum of its items.

    Examples
    --------
    >>> rounding(30_000, 29_500)
    '30,000 printed, items 29,500, 500 of no item / 인쇄 30,000명, 항목 29,500명, 항목 없는 500명'
    """
    english, korean = f"{printed:,} printed, items {itemised:,}", f"인쇄 {printed:,}명, 항목 "
    korean += f"{itemised:,}명"
    if printed == itemised:
        return f"{english} / {korean}"
    rest = printed - itemised
    return f"{english}, {rest:,} of no item / {korean}, 항목 없는 {rest:,}명"
