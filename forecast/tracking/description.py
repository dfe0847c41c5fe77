"""What people read first on the page of a run: tags, and a description in Korean, then English."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.options import Options
from forecast.report.summary import companions

Tables = Mapping[str, pd.DataFrame]


def tags(
    options: Options, run_dir: Path, tables: Tables, manifest: Mapping[str, Any]
) -> dict[str, str]:
    """Name what a run is about, for filters and columns of the list of runs."""
    chosen = {
        "mlflow.note.content": description(options, tables, manifest),
        "mlflow.source.name": "forecast run",
        "run_dir": str(run_dir),
        "preset": options.at_risk.preset,
        "scenario": options.cohorts.scenario,
        "stages": ", ".join(options.stages),
        "provenance": str(manifest["provenance"]),
        "schema_version": str(manifest["schema_version"]),
        "seed": str(options.seed),
        "splits": json.dumps(manifest.get("splits", {}), sort_keys=True),
        "mlflow.source.git.commit": str(manifest["commit"] or "not in a repository"),
    }
    if "headline" in tables:
        row = tables["headline"].set_index("preset").loc[options.at_risk.preset]
        chosen["headline"] = (
            f"{row.at_risk_persons / 1e6:.2f} million "
            f"({row.lower80 / 1e6:.2f}-{row.upper80 / 1e6:.2f})"
        )
    return chosen


def description(options: Options, tables: Tables, manifest: Mapping[str, Any]) -> str:
    """Describe a run in Korean first, then English, for people who do not read parameters."""
    korean = [
        f"### {options.name}: AI 노출·도입·고용·재교육·교육 정원",
        "",
        "**노출은 대체가 아니다**: AI가 할 수 있는 일의 크기이며, 사라질 일자리 수가 아니다.",
        "",
    ]
    english = ["", "### In English", ""]
    if "headline" in tables:
        at_risk = tables["headline"][~companions(tables["headline"])]
        for row in at_risk.to_dict("records"):
            low, middle, high = (row[k] / 1e4 for k in ("lower80", "at_risk_persons", "upper80"))
            korean.append(
                f"- **{row['preset']}** 위험 일자리 {middle:,.0f}만 "
                f"(80 % 구간 {low:,.0f}–{high:,.0f}만)"
            )
            english.append(
                f"- **{row['preset']}** {middle / 100:.2f} million jobs at risk "
                f"(80 % interval {low / 100:.2f}–{high / 100:.2f})"
            )
    if "cohort_targets" in tables:
        targets = tables["cohort_targets"]
        year = int(targets["year"].min())
        first = targets[targets["year"] == year]
        for stage, seats in first.groupby("stage", sort=True)["persons"].sum().items():
            korean.append(f"- {year}년 {stage} 교육 정원 {seats:,}명 (문서 밖 사업 포함)")
            english.append(f"- {year}: {seats:,} seats of {stage}, programmes beside included")
    korean += [
        "",
        "노출은 대체가 아니다: AI가 할 수 있는 일의 크기이며, 사라질 일자리 수가 아니다.",
    ]
    english += ["", "Exposure is not displacement: it is what the technology could do."]
    origin = f"자료 {manifest['provenance']} · seed {options.seed} · draws {options.draws}"
    return "\n".join([*korean, *english, "", origin])
