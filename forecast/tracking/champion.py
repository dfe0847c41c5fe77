"""The alias `champion` of the served model: it moves only to a version that won the scoreboard.

A version wins when its score beats the declared naive forecast and, on the very same cases, the
present champion. What was scored on other cases is not compared: the alias stays, and says why.
MLflow has no compare-and-set, so a version first says that it claims the alias, and after moving
it looks again: of two processes the last to look sees both claims and leaves the better one.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException

from forecast.tracking.metrics import judging_score

ALIAS, CLAIMED, DECISION = "champion", "champion_claimed", "champion_decision"
CLAIM_LASTS = timedelta(seconds=60)  # a decision takes less than one; clocks may differ
VERSIONS_READ = 50  # the newest: more are not registered while one decision is made
MOST_REFUSALS = 10
SAME = 1e-9  # relative: the naive score of the same cases on another machine
DESCRIPTION_LENGTH = 5000  # what a store takes


@dataclass(frozen=True)
class Facts:
    """What a version is judged by; written to its tags, and read back from them.

    Parameters
    ----------
    score, naive_score : float
        Grouped out-of-fold R2, see :func:`forecast.tracking.metrics.judging_score`.
    n_cases : int
        Occupations behind the score.
    scored_as : str
        Model of the row: ``auto_nested`` where the model was chosen among several.
    splits : str
        Fingerprint of the grouped folds.
    inputs : str
        Digest of the contents of all input files, whatever they are called.
    provenance, preset, commit : str
    """

    score: float
    naive_score: float
    n_cases: int
    scored_as: str
    splits: str
    inputs: str
    provenance: str
    preset: str
    commit: str

    def tags(self) -> dict[str, str]:
        """Return the facts as tags; numbers keep all their digits."""
        return {field.name: str(getattr(self, field.name)) for field in fields(self)}

    def same_cases(self, other: Facts) -> bool:
        """Whether both were scored on the same rows, folds and values to forecast.

        The naive score stands for the values: it follows from them and from the folds alone.
        """
        return (self.splits, self.inputs, self.n_cases) == (
            (other.splits, other.inputs, other.n_cases)
        ) and math.isclose(self.naive_score, other.naive_score, rel_tol=SAME)


def champion_facts(tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any]) -> Facts | None:
    """Gather what the exposure model of one run is judged by; None if it was not scored.

    Parameters
    ----------
    tables : mapping of DataFrame
        ``scores`` and ``leaderboard``.
    manifest : mapping
        Inputs with sha256, splits, provenance, preset, commit.
    """
    row = judging_score(tables)
    if row is None:
        return None
    return Facts(
        score=float(row["value"]),
        naive_score=float(row["naive_value"]),
        n_cases=int(row["n"]),
        scored_as=str(row["model"]),
        splits=str(manifest["splits"]["grouped"]),
        inputs=inputs_digest(manifest["inputs"]),
        provenance=str(manifest["provenance"]),
        preset=str(manifest["preset"]),
        commit=str(manifest["commit"] or "not in a repository"),
    )


def inputs_digest(inputs: Mapping[str, str]) -> str:
    """Digest the contents of input files: where they lay does not matter.

    Examples
    --------
    >>> inputs_digest({"a/x": "1", "a/y": "2"}) == inputs_digest({"b/y": "2", "b/x": "1"})
    True
    >>> len(inputs_digest({}))
    12
    """
    return hashlib.sha256("\n".join(sorted(inputs.values())).encode()).hexdigest()[:12]


def move_champion(client: mlflow.MlflowClient, name: str, version: str, facts: Facts | None) -> str:
    """Give a version the alias `champion` if it won; say what was decided, in Korean and English.

    The decision becomes a tag of the version and the head of its description.

    Parameters
    ----------
    client : MlflowClient
    name : str
        Registered model.
    version : str
        A version that is registered already.
    facts : Facts or None
        None if the run did not score its model.
    """
    decision = _decide(client, name, version, facts)
    client.set_model_version_tag(name, version, DECISION, decision)
    about = client.get_model_version(name, version).description or ""
    text = f"{decision}\n\n---\n\n{about}" if about else decision
    client.update_model_version(name, version, text[:DESCRIPTION_LENGTH])
    return decision


def _decide(client: mlflow.MlflowClient, name: str, version: str, facts: Facts | None) -> str:
    if facts is None:
        return _stays("이 실행은 모형에 점수를 매기지 않았다", "this run did not score its model")
    for key, value in facts.tags().items():
        client.set_model_version_tag(name, version, key, value)
    if facts.provenance != "official":
        return _stays(
            f"자료가 {facts.provenance}: 공표 자료로 만든 모형만 챔피언이 된다",
            f"{facts.provenance} data: only official data make a champion",
        )
    if not facts.score > facts.naive_score:  # also where a score is missing
        return _stays(
            f"점수 {facts.score:.4f}가 단순 예측 {facts.naive_score:.4f}을 넘지 못했다",
            f"its score {facts.score:.4f} does not beat the naive {facts.naive_score:.4f}",
        )
    now = datetime.now(UTC)
    client.set_model_version_tag(name, version, CLAIMED, now.isoformat())
    before, refused = _champion(client, name), 0
    while True:
        holder = _champion(client, name)  # another process may have moved it by now
        best, best_facts = _best_claim(client, name, (version, facts), since=now - CLAIM_LASTS)
        if holder is not None and not _wins(best_facts, holder[1]):
            break
        try:
            client.set_registered_model_alias(name, ALIAS, best)
        except MlflowException:  # another process was about to, at this very moment: look again
            refused += 1
            if refused > MOST_REFUSALS:
                raise
    return _words(version, facts, before, holder)


Holder = tuple[str, Facts | None]


def _champion(client: mlflow.MlflowClient, name: str) -> Holder | None:
    """Return the version with the alias, and its facts unless somebody else registered it."""
    version = client.get_registered_model(name).aliases.get(ALIAS)
    if version is None:
        return None
    return str(version), _facts_in(client.get_model_version(name, version).tags)


def _best_claim(
    client: mlflow.MlflowClient, name: str, own: tuple[str, Facts], *, since: datetime
) -> tuple[str, Facts]:
    """Return the best of the versions that claim the alias at this moment; ties go to the older."""
    claims = [own]
    newest = client.search_model_versions(
        f"name='{name}'", max_results=VERSIONS_READ, order_by=["version_number DESC"]
    )
    for other in newest:
        claimed, facts = other.tags.get(CLAIMED), _facts_in(other.tags)
        if claimed is None or facts is None or not facts.same_cases(own[1]):
            continue
        if datetime.fromisoformat(claimed) >= since:
            claims.append((str(other.version), facts))
    return max(claims, key=lambda claim: (claim[1].score, -int(claim[0])))


def _wins(facts: Facts, champion: Facts | None) -> bool:
    return champion is not None and facts.same_cases(champion) and facts.score > champion.score


def _facts_in(tags: Mapping[str, str]) -> Facts | None:
    try:
        texts = {field.name: tags[field.name] for field in fields(Facts)}
        numbers = {key: float(texts.pop(key)) for key in ("score", "naive_score")}
        return Facts(**numbers, n_cases=int(texts.pop("n_cases")), **texts)  # type: ignore[arg-type]
    except (KeyError, ValueError):
        return None


def _words(version: str, facts: Facts, before: Holder | None, holder: Holder) -> str:
    """Say what happened to the alias, and why."""
    score = f"{facts.score:.4f}"
    if holder[0] == version:
        beaten = before[1] if before is not None else None
        if before is None or beaten is None or before[0] == version:
            return _moves(
                f"첫 챔피언, 점수 {score} > 단순 예측 {facts.naive_score:.4f}",
                f"the first champion, {score} > naive {facts.naive_score:.4f}",
            )
        return _moves(
            f"같은 분할에서 v{before[0]}보다 나음, {score} > {beaten.score:.4f}",
            f"better than v{before[0]} on the same folds, {score} > {beaten.score:.4f}",
        )
    number, champion = holder
    if champion is None:
        return _stays(
            f"챔피언 v{number}에 점수 기록이 없어 견주지 않았다",
            f"champion v{number} has no recorded score: not compared",
        )
    if not facts.same_cases(champion):
        return _stays(
            f"챔피언 v{number}과 분할·입력·목표가 달라 견주지 않았다",
            f"champion v{number} was scored on other folds, inputs or targets: not compared",
        )
    return _stays(
        f"챔피언 v{number}의 점수 {champion.score:.4f}를 넘지 못했다 ({score})",
        f"{score} does not beat champion v{number}, {champion.score:.4f}",
    )


def _moves(korean: str, english: str) -> str:
    return f"챔피언이 됨: {korean}. / Becomes champion: {english}."


def _stays(korean: str, english: str) -> str:
    return f"챔피언 그대로: {korean}. / Champion stays: {english}."
