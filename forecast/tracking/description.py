"""What people read first on the page of a run: its name, tags, and a description, Korean first.

The page shows the first lines of a description before it is unfolded, so they hold the headline
with its interval, the sentence on displacement, and links to page, tables and figures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.options import Options
from forecast.report.reskilling_words import SHOWN
from forecast.report.style import PRESET_NAMES
from forecast.tracking.description_parts import (
    STAGE_NAMES,
    about,
    against_published,
    at_risk,
    cautions,
    man,
    needs,
    scores,
    seats,
    vintage,
)

Tables = Mapping[str, pd.DataFrame]
Links = Mapping[str, str]
Row = Mapping[Any, Any]

OFFICIAL = "official"
NOT_DISPLACEMENT = (
    "**노출은 대체가 아니다**: AI가 할 수 있는 일의 크기이며, 사라질 일자리 수가 아니다."
)
LINKED = {  # what the first lines lead to: part of its path, words
    "report.html": "보고서",
    "headline.json": "표: 위험 일자리",
    "reskilling_totals.json": "표: 훈련",
    "cohort_totals.json": "표: 정원",
    "_headline.png": "그림: 위험 일자리",
    "_reskilling.png": "그림: 훈련",
    "_cohorts.png": "그림: 정원",
    "figures": "모든 그림",
}
EXPERIMENT_TAGS = {
    # MLflow shows the pages of a kind: runs, not those about language models.
    "mlflow.experimentKind": "custom_model_development",
    "mlflow.note.content": (
        "### AI 노출에서 교육 정원까지\n\n"
        "한 줄이 한 번의 실행이다. 이름을 누르면 위험 일자리와 80 % 구간, 보고서·표·그림으로 가는 "
        f"링크가 나온다.\n\n{NOT_DISPLACEMENT}\n\n"
        "One line is one run: its name leads to the headline with its interval, and to report, "
        "tables and figures. Exposure is not displacement."
    ),
}


def run_name(options: Options, tables: Tables, manifest: Mapping[str, Any]) -> str:
    """Name a run so that lists of runs say what it is and what it found.

    Examples
    --------
    >>> table = pd.DataFrame({"preset": ["kiet_2022"], "at_risk_persons": [3.27e6],
    ...                       "lower80": [1.944e6], "upper80": [4.81e6]})
    >>> run_name(Options(), {"headline": table}, {"provenance": "official"})
    '위험 일자리 327만 (194–481만) · kiet_2022 · 2022 · chain · seed 20221231'
    >>> run_name(Options(stages=["adoption"]), {}, {"provenance": "synthetic"})
    '[synthetic] 도입 · chain · seed 20221231'
    """
    parts = [options.name, f"seed {options.seed}"]
    if options.cohorts.scenario != SHOWN:
        parts.insert(0, f"시나리오 {options.cohorts.scenario}")
    row = _headline(options, tables)
    if row is None:
        done = [STAGE_NAMES[stage] for stage in options.stages if stage != "report"]
        parts.insert(0, "·".join(done))
    else:
        low, middle, high = man(row)
        found = f"위험 일자리 {middle}만 ({low}–{high}만)"
        parts = [found, options.at_risk.preset, options.at_risk.base_period, *parts]
    made_of = manifest["provenance"]
    return ("" if made_of == OFFICIAL else f"[{made_of}] ") + " · ".join(parts)


def run_tags(
    options: Options, run_dir: Path, tables: Tables, manifest: Mapping[str, Any]
) -> dict[str, str]:
    """Name what a run is about, for filters and columns of the list of runs."""
    chosen = {
        "mlflow.source.name": "forecast run",
        "mlflow.source.git.commit": str(manifest["commit"] or "not in a repository"),
        "kind": "run",
        "run_dir": str(run_dir),
        "preset": options.at_risk.preset,
        "scenario": options.cohorts.scenario,
        "vintage": vintage(options, tables),
        "stages": ", ".join(options.stages),
        "provenance": str(manifest["provenance"]),
        "schema_version": str(manifest["schema_version"]),
        "seed": str(options.seed),
        "draws": str(options.draws),
        "splits": json.dumps(manifest.get("splits", {}), sort_keys=True),
    }
    row = _headline(options, tables)
    if row is not None:
        low, middle, high = (row[k] / 1e6 for k in ("lower80", "at_risk_persons", "upper80"))
        chosen["headline"] = f"{middle:.2f} million ({low:.2f}-{high:.2f})"
    return chosen


def description(options: Options, tables: Tables, manifest: Mapping[str, Any], links: Links) -> str:
    """Describe a run in Korean first, then English, for people who do not read parameters.

    Parameters
    ----------
    links : mapping of str
        Path of an artifact to the address of its page.
    """
    first, english = [], ["#### In English"]
    if manifest["provenance"] != OFFICIAL:
        first = [f"**가상 자료({manifest['provenance']})**: 어떤 수도 한국의 실제 수가 아니다."]
        english.append(f"- {manifest['provenance']} data: no figure here is Korea's.")
    row = _headline(options, tables)
    if row is not None:
        low, middle, high = man(row)
        name = PRESET_NAMES.get(row["preset"], row["preset"])
        first.append(f"**위험 일자리 {middle}만 개 (80 % 구간 {low}–{high}만)** · {name}")
        first.append(f"· {against_published(row)}")
    # Only two lines of a folded description can be clicked: headline and links are one paragraph.
    lines = [f"{' '.join(first)}  ", _link_line(links), "", NOT_DISPLACEMENT, ""]
    lines += ["#### 무엇을 한 실행인가", *about(options, tables, manifest), ""]
    for part in (at_risk, needs, seats, scores):
        korean, other = part(tables)
        lines += [*korean, ""] if korean else []
        english += other
    lines += ["#### 주의", *cautions(options, tables, manifest), ""]
    english.append("- Exposure is not displacement: it is what the technology could do.")
    return "\n".join([*lines, *english])


def _headline(options: Options, tables: Tables) -> Row | None:
    if "headline" not in tables:
        return None
    rows = tables["headline"]
    return dict(rows[rows["preset"] == options.at_risk.preset].to_dict("records")[0])


def _link_line(links: Links) -> str:
    found = [
        f"[{words}]({next(links[path] for path in links if path.endswith(part))})"
        for part, words in LINKED.items()
        if any(path.endswith(part) for path in links)
    ]
    return " · ".join(found)
