"""What a run prints when it ends: headline, cohort totals, and where everything is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from forecast.report.summary_cohorts import cohort_lines
from forecast.report.summary_cohorts import planned_rows as planned_rows
from forecast.report.summary_leaderboard import comparison
from forecast.report.summary_reskilling import reskilling_lines
from forecast.report.summary_scoreboard import forecast_lines


def summary(
    tables: dict[str, pd.DataFrame],
    run_dir: Path,
    tracked_run: str | None,
    seconds: dict[str, float],
    *,
    fit_seconds: Mapping[str, float] | None = None,
) -> str:
    """Compose the closing words of a run.

    Parameters
    ----------
    tables : dict of DataFrame
        Contract tables that the run made; absent ones are left out.
    run_dir : Path
        The finished run folder.
    tracked_run : str or None
        MLflow run id.
    seconds : dict of float
        Seconds per stage.
    fit_seconds : mapping of float, optional
        ``stage/model`` to the seconds of one fit; shown where many exposure models are compared.

    Examples
    --------
    >>> print(summary({}, Path("runs/chain/x"), None, {"read": 0.25}))
    Where
      tables    runs/chain/x/tables
      MLflow    not tracked
      seconds   read 0.2
    """
    lines: list[str] = []
    if "headline" in tables:
        table = tables["headline"]
        beside = companions(table)
        lines += ["Jobs at risk (exposure is not displacement)", *_headline(table[~beside]), ""]
        if beside.any():
            lines += ["Beside them, not at risk", *_headline(table[beside]), ""]
    blocks = (
        cohort_lines(tables),
        reskilling_lines(tables),
        comparison(tables, fit_seconds or {}),
        forecast_lines(tables),
    )
    for words in blocks:
        if words:
            lines += [*words, ""]
    lines += ["Where", f"  tables    {run_dir / 'tables'}"]
    if (run_dir / "report.html").exists():
        lines.append(f"  report    {run_dir / 'report.html'}")
    tracked = f"run {tracked_run}   (forecast ui)" if tracked_run else "not tracked"
    lines.append(f"  MLflow    {tracked}")
    spent = "  ".join(f"{stage} {value:.1f}" for stage, value in seconds.items())
    return "\n".join([*lines, f"  seconds   {spent}"])


def companions(headline: pd.DataFrame) -> pd.Series:
    """Mark the rows of ``headline`` that a document sets beside its jobs at risk.

    Examples
    --------
    >>> companions(pd.DataFrame({"definition": ["all jobs", "not at risk: the rest"]})).tolist()
    [False, True]
    """
    return headline["definition"].str.startswith("not at risk")


def _headline(table: pd.DataFrame) -> list[str]:
    width = max(len(name) for name in table["preset"])
    lines = []
    for row in table.to_dict("records"):
        parts = [
            f"{row['at_risk_persons'] / 1e6:5.2f} million = {row['share']:.1%} of "
            f"{row['base_persons'] / 1e6:.2f} million",
            f"80 % interval {row['lower80'] / 1e6:.2f}-{row['upper80'] / 1e6:.2f}",
        ]
        if not math.isnan(row["threshold"]):
            parts.append(f"threshold {row['threshold']:.3f}")
        if not math.isnan(row["published_persons"]):
            difference = f"({round(row['difference_percent'], 1) + 0.0:+.1f} %)"
            parts.append(f"published {row['published_persons'] / 1e6:.2f} {difference}")
        lines.append(f"  {row['preset']:<{width}}  " + ";  ".join(parts))
    return lines
