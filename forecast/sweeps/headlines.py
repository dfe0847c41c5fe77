"""The figures by which whole runs of a sweep are set side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from forecast.sweeps.records import FINISHED, TrialRecord


def headline_of(identity: str, run_dir: Path) -> TrialRecord:
    """Read the record of a finished run from its folder.

    Parameters
    ----------
    identity : str
    run_dir : Path
        Of a finished run; stages that did not run leave their figures out.

    Returns
    -------
    TrialRecord
        Jobs at risk in persons with their 80 % interval, people newly in need until the last year
        (central scenario), seats of the first year in persons.
    """
    manifest = json.loads((run_dir / "manifest.json").read_text(encoding="utf-8"))
    figures: dict[str, float | str] = {"preset": manifest["preset"]}
    headline = _table(run_dir, "headline")
    if headline is not None:
        row = headline.set_index("preset").loc[manifest["preset"]]
        for key in ("at_risk_persons", "lower80", "upper80"):
            figures[key] = float(row[key])
    totals = _table(run_dir, "reskilling_totals")
    if totals is not None:
        central = totals[totals["scenario"] == "central"]
        last = central[central["year"] == central["year"].max()]
        for need, persons in zip(last["need"], last["persons"], strict=True):
            figures[f"{need}_persons"] = float(persons)
    targets = _table(run_dir, "cohort_targets")
    if targets is not None:
        first = targets[targets["year"] == targets["year"].min()]
        figures["allocated_persons"] = float(first["persons"].sum())
    model = str(manifest.get("model", ""))
    return TrialRecord(
        identity, FINISHED, model=model, headline=figures, run_dir=run_dir.as_posix()
    )


def _table(run_dir: Path, name: str) -> pd.DataFrame | None:
    path = run_dir / "tables" / f"{name}.parquet"
    return pd.read_parquet(path) if path.exists() else None
