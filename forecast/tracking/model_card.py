"""The card of a served model: what it is for, what it is not for, how good it is. Korean first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecast.models.scoring import SavedExposure
from forecast.tracking.metrics import judging_score

ABOUT = (
    "직업의 AI 노출도(과업 비중, 0–1) 모형. 노출은 대체가 아니며 사람을 평가하지 않는다.\n\n"
    "AI exposure of occupations (share of tasks, 0 to 1). Exposure is not displacement; "
    "no person is scored."
)
SPLIT_NAMES = {
    "grouped": (
        "비슷한 직업군을 통째로 뺀 교차검증",
        "cross-validation that leaves whole families of occupations out",
    ),
    "random": ("직업을 무작위로 뺀 교차검증", "cross-validation that leaves random rows out"),
}


@dataclass(frozen=True)
class CardFacts:
    """What a card says of one model; nothing in it depends on the day.

    Parameters
    ----------
    model : str
        Name of the regressor.
    scored_as : str
        Model of the row of scores: not the regressor itself where it was chosen among several and
        the choice is scored.
    metric : str
    score, naive_score : float
        Of the model and of the declared naive forecast on the same rows; missing if not scored.
    split, target : str
        How train and test were cut, and what was predicted.
    n_rows, n_columns : int
        Occupations behind the score, descriptors that the model takes.
    provenance : str
    n_inputs : int
        Input files with a sha256 in the manifest.
    commit : str
    """

    model: str
    scored_as: str
    metric: str
    score: float
    naive_score: float
    split: str
    target: str
    n_rows: int
    n_columns: int
    provenance: str
    n_inputs: int
    commit: str

    def tags(self) -> dict[str, str]:
        """Return the facts as tags of a version, for lists and for whoever compares versions."""
        return {name: str(value) for name, value in vars(self).items()}


def facts_of_run(
    tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any], model: SavedExposure
) -> CardFacts:
    """Gather the facts of the exposure model of one run.

    Parameters
    ----------
    tables : mapping of DataFrame
        ``scores`` and ``leaderboard``, see :func:`forecast.tracking.metrics.judging_score`.
    manifest : mapping
        Inputs, commit, provenance.
    model : SavedExposure
    """
    row = judging_score(tables) or {}
    return CardFacts(
        model=model.name,
        scored_as=str(row.get("model", model.name)),
        metric=str(row.get("metric", "")),
        score=float(row.get("value", "nan")),
        naive_score=float(row.get("naive_value", "nan")),
        split=str(row.get("split", "")),
        target=str(row.get("target", "")),
        n_rows=int(row.get("n", 0)),
        n_columns=len(model.columns),
        provenance=str(manifest["provenance"]),
        n_inputs=len(manifest["inputs"]),
        commit=str(manifest["commit"] or "not in a repository"),
    )


def model_card(facts: CardFacts) -> str:
    """Write the card as Markdown, Korean first, then English.

    Examples
    --------
    >>> facts = CardFacts("ridge", "ridge", "r2", 0.8, 0.5, "grouped", "consensus", 420, 184,
    ...                   "official", 12, "abc")
    >>> print(model_card(facts).splitlines()[0])
    # AI 노출도 모형: ridge
    """
    korean, english = _performance(facts)
    return f"""\
# AI 노출도 모형: {facts.model}

직업의 기술자료(O*NET 능력·업무·지식 등 {facts.n_columns}개)를 받아 AI 노출도를 낸다. 노출도는 AI가
할 수 있는 과업의 비중(0–1)이다. **노출은 대체가 아니다.**

## 쓰임
- 직업과 직업군의 노출도 비교, 재교육·교육 정원 계획의 입력.

## 쓰지 말아야 할 곳
- 노출은 대체가 아니다: 사라질 일자리 수나 시점의 예측으로 읽지 않는다.
- 사람을 평가하지 않는다: 한 줄은 직업이며 개인·지원자·근로자가 아니다.
- 채용·해고·승진·배치·임금·수급 자격을 정하는 데 쓰지 않는다.
- 과업과 기술자료는 미국에서 매긴 것이다: 한국 사업장의 실제 업무는 다를 수 있다.
- 학습에 쓴 직업과 동떨어진 기술자료에는 쓰지 않는다.

## 성능
{korean}

## 자료
- 출처 {facts.provenance}, 입력 파일 {facts.n_inputs}개(실행의 manifest에 sha256), \
코드 {facts.commit}

---

# AI exposure model: {facts.model}

Takes {facts.n_columns} O*NET descriptors of an occupation and returns its AI exposure: the share of
tasks (0 to 1) that the technology could do. **Exposure is not displacement.**

## Intended use
- Comparing occupations and groups; input to plans of reskilling and of training seats.

## Out of scope
- Exposure is not displacement: no forecast of how many jobs go, or when.
- No person is scored: a row is an occupation, never an individual, applicant or employee.
- No decisions on hiring, firing, promotion, placement, pay or benefits.
- Tasks and descriptors were rated in the US: the work in a Korean workplace can differ.
- No descriptors far from those of the occupations that the model was fitted on.

## Performance
{english}

## Data
- Provenance {facts.provenance}, {facts.n_inputs} input files (sha256 in the run's manifest), \
code {facts.commit}
"""


def _performance(facts: CardFacts) -> tuple[str, str]:
    """Say how good the model is, in Korean and in English."""
    if not np.isfinite(facts.score):
        return "- 이 실행에서는 점수를 내지 않았다.", "- Not scored in this run."
    split_korean, split = SPLIT_NAMES.get(facts.split, (facts.split, facts.split))
    score, naive = (
        f"{value:.3f}" if np.isfinite(value) else "-" for value in (facts.score, facts.naive_score)
    )
    korean = [
        f"- {facts.metric} {score} (단순 예측 {naive}), 직업 {facts.n_rows}개, {split_korean}",
        f"- 예측 대상 `{facts.target}`",
    ]
    english = [
        f"- {facts.metric} {score} (naive forecast {naive}), {facts.n_rows} occupations, {split}",
        f"- Target `{facts.target}`",
    ]
    if facts.scored_as != facts.model:
        korean.append(f"- 후보 중에서 고르는 일까지 되풀이하며 잰 점수 (`{facts.scored_as}`)")
        english.append(f"- The choice among candidates is part of the score (`{facts.scored_as}`)")
    return "\n".join(korean), "\n".join(english)
