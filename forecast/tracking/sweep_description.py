"""What the page of a sweep says: metrics, headline, description in Korean, then English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

Tables = Mapping[str, pd.DataFrame]
NAMES_KO = {
    "cross_validation": "교차검증(고르는 데 쓴 점수, 낙관적)",
    "selection_adjusted": "선택을 보정한 점수",
    "nested": "중첩 선택 점수",
    "locked_test": "잠근 시험 집합(한 번만 엶)",
}


def sweep_metrics(tables: Tables) -> dict[str, float]:
    """Choose what the dashboard charts of a sweep.

    Examples
    --------
    >>> sweep_metrics({})
    {}
    """
    values: dict[str, float] = {}
    if "sweep_trials" in tables:
        trials = tables["sweep_trials"]
        for status in ("finished", "failed"):
            values[f"sweep/{status}_trials"] = float((trials["status"] == status).sum())
    if "sweep_selection" in tables:
        for row in tables["sweep_selection"].to_dict("records"):
            for key in ("score", "lower95", "upper95", "naive_score"):
                values[f"selection/{row['estimate']}/{key}"] = float(row[key])
    return finite(values)


def finite(values: Mapping[str, float]) -> dict[str, float]:
    """Leave out what the store cannot chart.

    Examples
    --------
    >>> finite({"a": 1.0, "b": float("nan")})
    {'a': 1.0}
    """
    return {key: float(value) for key, value in values.items() if np.isfinite(value)}


def headline_of_sweep(tables: Tables) -> str:
    """Say in a line what a sweep found, for lists of runs.

    Examples
    --------
    >>> headline_of_sweep({})
    'no winner: whole runs side by side'
    """
    chosen = tables.get("sweep_selection")
    if chosen is None:
        return "no winner: whole runs side by side"
    if chosen.empty:
        return "no winner: every trial failed"
    row = chosen.set_index("estimate").loc["selection_adjusted"]
    return (
        f"{_winner_name(tables)}: {row.score:.3f} ({row.lower95:.3f} to {row.upper95:.3f}), "
        f"adjusted for {row.n_trials} trials"
    )


def describe_sweep(tables: Tables, facts: Mapping[str, Any], page: str) -> str:
    """Describe a sweep in Korean first, then English, for people who do not read parameters.

    Parameters
    ----------
    tables : mapping of DataFrame
    facts : mapping
        Request, provenance, openings of the locked test.
    page : str
        Address of the artifacts of its run, relative to the dashboard.
    """
    trials = tables["sweep_trials"]
    failed = int((trials["status"] == "failed").sum())
    request = " ".join(facts.get("request", []))
    table = "sweep_selection" if "sweep_selection" in tables else "sweep_headlines"
    # Only two lines of a folded description can be clicked: the links are the second, and short.
    korean = [
        f"**탐색: 시행 {len(trials)}개 (실패 {failed}개)**  ",
        f"[보고서]({page}/report.html) · [표: 결과]({page}/{table}.json) · "
        f"[표: 시행]({page}/sweep_trials.json) · [그림]({page}/figures)",
        "",
        "**노출은 대체가 아니다.** 자식 시행의 점수는 선택을 보정하지 않은 값이다.",
        "",
        f"- 요청: `{request}`",
    ]
    english = ["", f"### In English: a sweep of {len(trials)} trials ({failed} failed)", ""]
    chosen = tables.get("sweep_selection")
    if chosen is not None and chosen.empty:
        korean.append("- 모든 시행이 실패하여 고를 것이 없다.")
        english.append("- Every trial failed: there is nothing to choose among.")
    elif chosen is None:
        korean.append("- 점수로 시나리오를 고르지 않는다: 자식 실행들을 나란히 비교한다.")
        english.append("- No score decides between scenarios: compare the child runs.")
    else:
        name = _winner_name(tables)
        korean.append(f"- 가장 나은 시행: **{name}**")
        english.append(f"- Winner: **{name}**")
        for row in chosen.to_dict("records"):
            interval = ""
            if pd.notna(row["lower95"]):
                interval = f" (95 % {row['lower95']:.3f}–{row['upper95']:.3f})"
            score = f"{row['score']:.3f}{interval}"
            korean.append(f"- {NAMES_KO[row['estimate']]}: {score}")
            english.append(f"- {row['estimate']}: {score}; {row['note']}")
        naive = float(chosen["naive_score"].iloc[0])
        korean.append(f"- 선언한 단순 모형: {naive:.3f}")
        english.append(f"- declared naive model: {naive:.3f}")
        korean.append(f"- 이 작업 폴더에서 잠근 집합을 연 횟수: {facts['locked_test_opened']}")
        english.append(f"- times this locked set was opened here: {facts['locked_test_opened']}")
    korean.append(f"- 자료 출처 구분: {facts['provenance']}")
    english += ["", "Exposure is not displacement. Scores of single trials are not adjusted."]
    return "\n".join([*korean, *english])


def _winner_name(tables: Tables) -> str:
    trials = tables["sweep_trials"]
    return str(trials.loc[trials["rank"] == 1, "name"].iloc[0])
