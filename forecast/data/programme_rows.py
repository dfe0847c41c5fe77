"""Which rows of ``korea/programmes.csv`` speak of which programme, and what their words mean."""

from __future__ import annotations

# Programme -> rows; a range counts every row from the first to the last.
ROWS: dict[str, str] = {
    "P000-GOAL": "0001 0019 0023-0025",
    "P000-E-GOAL1": "0005",
    "P000-NAEIL-AI": "0002",
    "P000-KDC": "0003",
    "P000-KDT-AI": "0004 0006-0009",
    "P000-A-GOAL": "0010",
    "P000-SME-ROADMAP": "0011",
    "P000-SME-HUB": "0012",
    "P000-ONLINE-FREE": "0013",
    "P000-AX-CUSTOM": "0014",
    "P000-T-GOAL": "0018",
    "P000-POLY-BASIC": "0015 0020",
    "P000-AX-COURSE": "0016",
    "P000-JOB-SWITCH": "0017",
    "P000-PHYS-LAB": "0021 0140",
    "P001-JOINT": "0022 0026-0029 0031",
    "P001-S2": "0030",
    "P002-SMART": "0032-0033 0036-0038",
    "P002-T1": "0034",
    "P002-T2": "0035",
    "P003-DOMAIN-MSIT": "0043-0054",
    "P003-DOMAIN-MOTIE": "0055-0063",
    "P004-INNOACA": "0064",
    "P004-GENAI": "0066",
    "P004-AIGRAD": "0067",
    "K-MIDLIFE": "0068-0091 0141-0148",
    "K-POLY-COURSES": "0092-0100",
    "K-CAREER": "0101-0106",
    "K-CENTRE": "0107-0109 0155",
    "K-KDT": "0110-0117 0152",
    "K-CARD": "0119-0137",
    "K-POLY-AX": "0138-0139",
    "K-AIWORKER": "0149-0151",
    "K-WORKAI": "0153",
}
# Rows about no single programme: smart factories and a survey, the whole supplementary budget,
# a forecast shortage, the whole budget for jobs.
OF_NO_PROGRAMME = "0039-0042 0065 0118 0154"

# Printed dimension -> figure. A spec in hours or months is a duration.
FIGURES = {
    "target": "target",
    "stage1 target": "target",
    "stage2 target": "target",
    "stage3 target": "target",
    "total target": "target",
    "participants": "participants",
    "budget": "budget",
    "unit cost": "unit_cost",
    "allowance": "allowance",
    "outcome": "outcome",
    "infra": "infra",
    "region": "infra",
    "quota": "quota",
    "demand": "demand",
    "spec": "spec",
}
# Printed unit -> (factor, unit). 개 and 곳 count whatever the row counts: see COUNTED.
UNITS = {
    "만명 이상": (10_000, "persons"),
    "만명": (10_000, "persons"),
    "명": (1, "persons"),
    "개소": (1, "sites"),
    "개사": (1, "firms"),
    "조원": (10**12, "krw"),
    "억원": (10**8, "krw"),
    "억원/년": (10**8, "krw_per_year"),
    "만원": (10_000, "krw_per_person"),
    "만원/명": (10_000, "krw_per_person"),
    "만원/월": (10_000, "krw_per_month"),
    "만원/월/인": (10_000, "krw_per_month"),
    "%": (1, "percent"),
    "% of 일반 훈련비": (1, "percent"),
    "시간": (1, "hours"),
    "개월": (1, "months"),
    "대1": (1, "ratio"),
    "회": (1, "times"),
}
COUNTED = {
    "0012": "centres",
    "0020": "campuses",
    "0021": "labs",
    "0022": "centres",
    "0026": "centres",
    "0031": "regions",
    "0036": "consortia",
    "0071": "campuses",
    "0105": "institutions",
    "0107": "centres",
    "0109": "desks",
    "0139": "curricula",
    "0144": "campuses",
    "0149": "institutions",
    "0150": "courses",
    "0155": "desks",
}
# Row -> group, where the column `name` does not say whom or what the number is about.
GROUPS = {
    "0019": "단계 합계",
    "0025": "직업훈련 전체",
    "0027": "센터당",
    "0028": "거점형 추가",
    "0029": "일반 훈련비 대비",
    "0037": "인턴",
    "0038": "훈련",
    "0078": "조리·건축·지게차",
    "0081": "모듈",
    "0089": "6개월 과정 하반기",
    "0090": "3개월 과정 하반기",
    "0098": "전문기술·하이테크",
    "0103": "참여자",
    "0104": "기업",
    "0106": "동행인센티브",
    "0108": "상담사",
    "0109": "고용복지+센터 중장년 전담창구",
    "0110": "첨단산업·디지털 핵심인재",
    "0119": "실업자",
    "0120": "실업자",
    "0121": "실업자 수료자",
    "0122": "실업자",
    "0123": "실업자",
    "0133": "신규발급",
    "0143": "50대 이상",
    "0146": "장기과정",
    "0147": "단기과정",
    "0152": "자부담",
    "0155": "고용복지+센터 중장년 전담창구",
}
# Row -> figure, where its dimension says something else.
OTHER_FIGURES = {
    "0021": "target",
    "0022": "target",
    "0024": "unit_cost",
    "0053": "target",
    "0152": "unit_cost",
}
# Words of an outcome -> what it measures; the first that fit count.
MEASURES = {
    "유지취업률": "retention_rate",
    "자격취득률": "licence_rate",
    "수료율": "completion_rate",
    "취업률": "employment_rate",
    "훈련 후 취업자": "employed",
    "중도탈락": "dropouts",
}

# Rows that print several numbers in one cell: figure, group and unit of each part.
_LONG = "중장년특화 장기과정"
PARTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "0088": (
        ("quota", "상반기", "persons"),
        ("demand", "상반기 지원자", "persons"),
        ("demand", "상반기", "ratio"),
    ),
    "0096": (("infra", _LONG, "campuses"), ("infra", _LONG, "departments")),
    "0097": (("infra", _LONG, "campuses"), ("infra", _LONG, "departments")),
    "0151": (
        ("allowance", "수도권", "krw_per_month"),
        ("allowance", "비수도권", "krw_per_month"),
    ),
}
# A row that names places and prints no number: each place counts one.
PLACES = {"0140": ("infra", "labs")}

# Numbers in the remark of a row: row, words printed, figure, group, year, unit.
REMARKS: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("0019", "24만명", "target", "단계 합계 (언론)", "2026", "persons"),
    ("0019", "23만명", "target", "단계 합계 (언론)", "2026", "persons"),
    ("0020", "38개 캠퍼스", "infra", "폴리텍 모집", "2025", "campuses"),
    ("0089", "16개 캠퍼스", "infra", "6개월 과정 하반기", "2024", "campuses"),
    ("0089", "20~25명", "class", "6개월 과정 하반기", "2024", "persons"),
    ("0092", "38개 캠퍼스", "infra", "", "2026", "campuses"),
    ("0092", "242개 학과", "infra", "", "2026", "departments"),
    ("0101", "1~3개월", "duration", "일경험", "2026", "months"),
    ("0107", "31→", "infra", "", "2023", "centres"),
    ("0108", "280명", "infra", "상담사", "2023", "persons"),
    ("0138", "38개 캠퍼스", "infra", "", "2026", "campuses"),
    ("0141", "2,800", "quota", "", "2024", "persons"),
    ("0141", "2,550", "quota", "", "2024", "persons"),
    ("0141", "2,500", "quota", "", "2024", "persons"),
    ("0146", "6개월", "duration", "장기과정", "2025", "months"),
    ("0147", "3개월", "duration", "단기과정", "2025", "months"),
    ("0150", "14개 지역", "infra", "", "2026", "regions"),
    ("0150", "90%+", "unit_cost", "훈련비 지원", "2026", "percent"),
    ("0152", "상한 60만원", "unit_cost", "자부담", "2026", "krw_per_person"),
    ("0153", "3,494명", "participants", "", "2025", "persons"),
    ("0153", "1~3일", "duration", "", "2026", "days"),
    ("0155", "4곳에서 61곳", "infra", "고용복지+센터 중장년 전담창구", "2023", "desks"),
)


def numbers(text: str) -> list[str]:
    """Return the row numbers that a text of numbers and ranges names.

    >>> numbers("0001 0019 0023-0025")
    ['0001', '0019', '0023', '0024', '0025']
    """
    named = []
    for part in text.split():
        first, _, last = part.partition("-")
        named += [f"{row:04d}" for row in range(int(first), int(last or first) + 1)]
    return named
