"""The paragraphs of a run's description: each in Korean, and what English says of the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.options import Options
from forecast.report.cohort_words import PERSONS, STAGE
from forecast.report.forecast_bars import forecast_bars
from forecast.report.reskilling_words import SHOWN, people, plan_year
from forecast.report.style import NEED_NAMES, PERSONS_PER_MAN, PRESET_NAMES, SCENARIO_NAMES
from forecast.report.summary import companions, planned_rows
from forecast.tracking.metrics import judging_score
from forecast.types import NEEDS

Tables = Mapping[str, pd.DataFrame]
Row = Mapping[Any, Any]

STAGE_NAMES = {
    "exposure": "노출",
    "adoption": "도입",
    "employment": "고용",
    "reskilling": "재교육",
    "cohorts": "교육 정원",
    "report": "보고서",
}
LEADING_BARS = 3  # skill against the better naive model; the rest is in the report
CALIBRATED = "the threshold is calibrated"  # what `definition` says where the level is theirs
FEW_DRAWS = 200  # below it intervals are coarse; conf/config.yaml says how far


def vintage(options: Options, tables: Tables) -> str:
    """Say which state of the figures a run rests on: base year, last half-year, own files.

    Examples
    --------
    >>> vintage(Options(), {"employment_history": pd.DataFrame({"period": ["2024H2", "2025H1"]})})
    'base 2022, employment to 2025H1'
    """
    parts = [f"base {options.at_risk.base_period}"]
    if "employment_history" in tables:
        parts.append(f"employment to {tables['employment_history']['period'].max()}")
    own = sorted({Path(path).name for path in options.data.own_tables().values()})
    return ", ".join(parts + [f"own {name}" for name in own])


def about(options: Options, tables: Tables, manifest: Mapping[str, Any]) -> list[str]:
    chain = " → ".join(STAGE_NAMES[stage] for stage in options.stages if stage != "report")
    scenario = SCENARIO_NAMES.get(options.cohorts.scenario, options.cohorts.scenario)
    return [
        f"- {chain}",
        f"- 자료 {manifest['provenance']} ({vintage(options, tables)}), 정원의 시나리오 "
        f"{scenario}({options.cohorts.scenario}), 추출 {options.draws}회, seed {options.seed}",
    ]


def at_risk(tables: Tables) -> tuple[list[str], list[str]]:
    if "headline" not in tables:
        return [], []
    korean = [
        "#### 위험 일자리: 정의가 다르면 수도 다르다",
        "| 정의 | 위험 일자리 | 80 % 구간 | 공표 | 공표와의 차이 |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    english = []
    for row in tables["headline"][~companions(tables["headline"])].to_dict("records"):
        low, middle, high = man(row)
        published = row["published_persons"]
        printed = f"{published / PERSONS_PER_MAN:,.0f}만" if pd.notna(published) else "–"
        gap = f"{row['difference_percent']:+.0f} %" if pd.notna(published) else "–"
        if CALIBRATED in row["definition"]:
            gap = "맞춘 값"
        name = f"{PRESET_NAMES.get(row['preset'], row['preset'])} `{row['preset']}`"
        korean.append(f"| {name} | **{middle}만** | {low}–{high}만 | {printed} | {gap} |")
        english.append(
            f"- `{row['preset']}`: {row['at_risk_persons'] / 1e6:.2f} million jobs at risk "
            f"(80 % interval {row['lower80'] / 1e6:.2f}–{row['upper80'] / 1e6:.2f}; published "
            f"{published / 1e6:.2f})"
        )
    if any(tables["headline"]["definition"].str.contains(CALIBRATED)):
        korean += ["", "'맞춘 값'은 수준을 공표 수에 맞춘 정의다: 차이가 없는 것은 결과가 아니다."]
    return korean, english


def needs(tables: Tables) -> tuple[list[str], list[str]]:
    if "reskilling_totals" not in tables:
        return [], []
    year = plan_year(tables, "reskilling_totals")
    totals = tables["reskilling_totals"].query("year == @year and scenario == @SHOWN")
    rows = {row["need"]: row for row in totals.to_dict("records")}
    korean = [f"#### {year}년 새로 훈련이 필요한 사람 (시나리오 {SCENARIO_NAMES[SHOWN]})"]
    english = []
    for need in [need for need in NEEDS if need in rows]:
        row = rows[need]
        low, high = people(row["lower80"]), people(row["upper80"])
        korean.append(
            f"- {NEED_NAMES[need]}: **{people(row['persons'])}** (80 % 구간 {low} – {high})"
        )
        english.append(
            f"- {year}, {need}: {row['persons']:,.0f} people newly in need "
            f"(80 % interval {row['lower80']:,.0f}–{row['upper80']:,.0f})"
        )
    return korean, english


def seats(tables: Tables) -> tuple[list[str], list[str]]:
    if "cohort_totals" not in tables:
        return [], []
    totals = tables["cohort_totals"][planned_rows(tables)]
    stages = totals["programme"].str.startswith(STAGE) & (totals["unit"] == PERSONS)
    korean, english = [], []
    for row in totals[stages].to_dict("records"):
        stage = row["programme"].removeprefix(STAGE)
        korean.append(
            f"- {stage}: **{row['allocated']:,.0f}명** 배정 (공표 {row['published']:,.0f}명, "
            f"배정 못 함 {row['unallocated']:,.0f}명)"
        )
        english.append(
            f"- {row['year']}, {stage}: {row['allocated']:,.0f} seats of "
            f"{row['published']:,.0f} published"
        )
    year = totals["year"].min()
    return ([f"#### {year}년 교육 정원", *korean] if korean else []), english


def scores(tables: Tables) -> tuple[list[str], list[str]]:
    """Set the models against the declared naive ones; a bar that was not met is a caution."""
    korean, english = [], []
    row = judging_score(tables)
    if row is not None:
        value, naive = row["value"], row["naive_value"]
        korean.append(
            f"- 노출 모형: 본 적 없는 직업군에서 R² {value:.3f}, 직업군 평균(단순) {naive:.3f}"
        )
        english.append(f"- exposure model: R² {value:.3f} on unseen families, naive {naive:.3f}")
    bars = [bar for bar in forecast_bars(tables) if bar.met is not None]
    if bars:
        met = sum(bool(bar.met) for bar in bars)
        korean.append(f"- 고용·도입 예측의 과거 검증: 기준 {len(bars)}개 가운데 {met}개 충족")
        english.append(f"- forecasts on their own past: {met} of {len(bars)} bars met")
    for bar in [bar for bar in bars[:LEADING_BARS] if bar.met]:
        korean.append(f"- 충족: {bar.asked_ko}: {_no_link(bar.found)}")
    return (["#### 단순 모형과 견주면", *korean] if korean else []), english


def cautions(options: Options, tables: Tables, manifest: Mapping[str, Any]) -> list[str]:
    words = [
        f"- 못 미침: {bar.asked_ko}: {_no_link(bar.found)}"
        for bar in forecast_bars(tables)
        if bar.met is False
    ]
    if options.draws < FEW_DRAWS:
        words.append(
            f"- 추출이 {options.draws}회뿐이다: 구간의 끝이 거칠다 (기본 {Options().draws}회)."
        )
    left_out = [name for stage, name in STAGE_NAMES.items() if stage not in options.stages]
    if left_out:
        words.append(f"- 돌리지 않은 단계: {', '.join(left_out)}")
    if manifest["commit"] is None or str(manifest["commit"]).endswith("-dirty"):
        words.append("- 커밋되지 않은 코드로 돌렸다: 똑같이 다시 만들 수 없을 수 있다.")
    return [*words, "- 구간은 이 모형과 가정 안의 불확실성이다: 가정 밖의 일은 들어 있지 않다."]


def man(row: Row) -> tuple[str, str, str]:
    """Write lower end, value and upper end in 만."""
    low, middle, high = (
        f"{row[key] / PERSONS_PER_MAN:,.0f}" for key in ("lower80", "at_risk_persons", "upper80")
    )
    return low, middle, high


def against_published(row: Row) -> str:
    """Set a count beside the one that was published, unless there is none.

    Examples
    --------
    >>> against_published({"published_persons": 3.41e6, "difference_percent": 90.4,
    ...                    "definition": "not calibrated"})
    '공표 341만과의 차이 +90 %'
    >>> against_published({"published_persons": 3.27e6, "difference_percent": 0.0,
    ...                    "definition": "P > threshold; the threshold is calibrated"})
    '공표 327만에 맞춘 값'
    """
    if pd.isna(row["published_persons"]):
        return "공표된 수 없음"
    printed = f"공표 {row['published_persons'] / PERSONS_PER_MAN:,.0f}만"
    if CALIBRATED in row["definition"]:
        return f"{printed}에 맞춘 값"
    return f"{printed}과의 차이 {row['difference_percent']:+.0f} %"


def _no_link(text: str) -> str:
    """Write an interval without the brackets that Markdown would read as a link."""
    return text.replace("[", "(").replace("]", ")")
