"""What a run prints when it ends: headline, cohort totals, and where everything is."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def summary(
    tables: dict[str, pd.DataFrame],
    run_dir: Path,
    tracked_run: str | None,
    seconds: dict[str, float],
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
        lines += ["Jobs at risk (exposure is not displacement)", *_headline(tables["headline"]), ""]
    if "cohort_totals" in tables:
        lines += ["Cohort targets", *_totals(tables["cohort_totals"]), ""]
    lines += ["Where", f"  tables    {run_dir / 'tables'}"]
    if (run_dir / "report.html").exists():
        lines.append(f"  report    {run_dir / 'report.html'}")
    tracked = f"run {tracked_run}   (forecast ui)" if tracked_run else "not tracked"
    lines.append(f"  MLflow    {tracked}")
    spent = "  ".join(f"{stage} {value:.1f}" for stage, value in seconds.items())
    return "\n".join([*lines, f"  seconds   {spent}"])


def _headline(table: pd.DataFrame) -> list[str]:
    width = max(len(name) for name in table["preset"])
    rows = []
    for row in table.itertuples():
        interval = f"80 % interval {row.lower80 / 1e6:.2f}-{row.upper80 / 1e6:.2f}"
        published = (
            "no published figure"
            if pd.isna(row.published_persons)
            else f"published {row.published_persons / 1e6:.2f} ({row.difference_percent:+.1f} %)"
        )
        rows.append(
            f"  {row.preset:<{width}}  {row.at_risk_persons / 1e6:5.2f} million = {row.share:.1%} of "
            f"{row.base_persons / 1e6:.2f} million;  {interval};  threshold {row.threshold:.3f};  "
            f"{published}"
        )
    return rows


def _totals(table: pd.DataFrame) -> list[str]:
    planned = table[table["allocated"] > 0]
    return [
        f"  {row.programme:<16} {row.year}  {row.allocated:>7,.0f} of {row.published:>7,.0f} "
        f"{row.unit} published; unallocated {row.unallocated:,.0f}"
        + (f";  {row.note}" if row.programme.startswith("STAGE-") else "")
        for row in planned.itertuples()
    ]
