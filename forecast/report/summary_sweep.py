"""What a sweep prints when it ends: how many trials, the winner and what its score is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.report.page_sweep import p_words
from forecast.report.sweep_choice import NAIVE, SURE

Tables = Mapping[str, pd.DataFrame]
FAILURES_SHOWN = 5  # the report has all
RUNS_SHOWN = 30
INDENT = "  "
ESTIMATES = {  # estimate -> what it is called, and a word on it
    "cross_validation": ("cross-validated", "flattered: it was chosen by this score"),
    "selection_adjusted": ("selection-adjusted", "the score to quote"),
    "nested": ("nested in folds", "chosen anew without each fold"),
    "locked_test": ("locked test", ""),
}


def sweep_summary(
    tables: Tables,
    home: Path,
    *,
    opened: int,
    tracked: str | None,
    seconds: float,
    skipped: int,
) -> str:
    """Compose the closing words of a sweep.

    Parameters
    ----------
    tables : mapping of DataFrame
        From :mod:`forecast.report.sweep_tables`: of scores, or of whole runs.
    home : Path
        Folder of the sweep.
    opened : int
        How often the locked cases were opened in this work folder, this time included.
    tracked : str or None
        MLflow id of the parent run.
    seconds : float
    skipped : int
        Trials that were done before and not repeated.

    Examples
    --------
    >>> from forecast.report.sweep_tables import TrialRow, headline_tables
    >>> trial = TrialRow("a1", 0, "scenario=fast", "ridge", "failed", error="ConfigError: no")
    >>> print(sweep_summary(headline_tables([trial]), Path("sweeps/x"), opened=0, tracked=None,
    ...                     seconds=1.25, skipped=0))
    Sweep: 1 trial; 0 finished, 1 failed
      failed 0  scenario=fast: ConfigError: no
    <BLANKLINE>
    Where
      tables    sweeps/x/tables
      MLflow    not tracked
      seconds   1.2
    """
    lines = [*_trials(tables["sweep_trials"], skipped), ""]
    for words in (_winner(tables, opened), _headlines(tables)):
        lines += [*words, ""] if words else []
    lines += ["Where", f"{INDENT}tables    {home / 'tables'}"]
    if (home / "report.html").exists():
        lines.append(f"{INDENT}report    {home / 'report.html'}")
    where = f"run {tracked}   (forecast ui)" if tracked else "not tracked"
    return "\n".join([*lines, f"{INDENT}MLflow    {where}", f"{INDENT}seconds   {seconds:.1f}"])


def _trials(table: pd.DataFrame, skipped: int) -> list[str]:
    failed = table[table["status"] == "failed"]
    before = f" ({skipped} of them before, not repeated)" if skipped else ""
    plural = "" if len(table) == 1 else "s"
    lines = [
        f"Sweep: {len(table)} trial{plural}; {len(table) - len(failed)} finished{before}, "
        f"{len(failed)} failed"
    ]
    for row in failed.head(FAILURES_SHOWN).to_dict("records"):
        first = row["error"].partition("\n")[0]
        lines.append(f"{INDENT}failed {row['number']}  {row['name'] or row['trial']}: {first}")
    if len(failed) > FAILURES_SHOWN:
        lines.append(f"{INDENT}and {len(failed) - FAILURES_SHOWN} more failed, see the report")
    apart = (table["status"] == "finished") & table["score"].notna() & ~table["comparable"]
    if apart.any():
        lines.append(f"{INDENT}{apart.sum()} scored on other cases: neither compared nor chosen")
    return lines


def _winner(tables: Tables, opened: int) -> list[str]:
    if "sweep_selection" not in tables:
        return []
    selection = tables["sweep_selection"]
    if selection.empty:
        return ["No trial has a score, so none was chosen"]
    table = tables["sweep_trials"]
    winner = table[table["trial"] == selection["trial"].iloc[0]].iloc[0]
    lines = [
        f"Best of {selection['n_trials'].iloc[0]} by {winner['metric']}: trial "
        f"{winner['number']}  {winner['name'] or winner['trial']}",
        *(_estimate(row, opened) for row in _told(selection)),
    ]
    if "locked_test" not in set(selection["estimate"]):
        lines.append(f"{INDENT}{'locked test':<18}  not opened")
    lines.append(f"{INDENT}{'naive model':<18}  {winner['naive_score']:6.3f}")
    return lines + _rivals(tables["sweep_comparison"], table)


def _told(selection: pd.DataFrame) -> list[dict[Any, Any]]:
    """Estimates that say something: of one trial nothing was chosen, so its score stands."""
    told = ["cross_validation", "locked_test"] if selection["n_trials"].iloc[0] == 1 else ESTIMATES
    return selection[selection["estimate"].isin(list(told))].to_dict("records")


def _estimate(row: Mapping[Any, Any], opened: int) -> str:
    name, word = ESTIMATES[row["estimate"]]
    if row["estimate"] == "locked_test":
        times = "once" if opened == 1 else f"{opened} times"
        word = f"naive {row['naive_score']:.3f}; opened {times} in this folder"
    elif row["n_trials"] == 1:
        word = "one trial only: nothing was chosen"
    interval = ""
    if not math.isnan(row["lower95"]):
        interval = f"95 % {row['lower95']:.3f} to {row['upper95']:.3f}"
    return f"{INDENT}{name:<18}  {row['score']:6.3f}  {interval:<20}  {word}".rstrip()


def _rivals(comparison: pd.DataFrame, trials: pd.DataFrame) -> list[str]:
    """How the winner compares with the naive model and with the next best trial."""
    naive = comparison["rival"] == NAIVE
    numbers = trials.set_index("trial")["number"]
    lines = []
    for row in pd.concat([comparison[naive], comparison[~naive].head(1)]).to_dict("records"):
        rival = row["rival"]
        other = NAIVE if rival == NAIVE else f"trial {numbers[rival]}  {row['name'] or rival}"
        verdict = "told apart" if row["p_value_holm"] < SURE else "NOT told apart"
        lines.append(
            f"{INDENT}less {other}: {row['difference']:+.3f}, 95 % {row['lower95']:+.3f} to "
            f"{row['upper95']:+.3f}, p {p_words(row['p_value'])} "
            f"(Holm {p_words(row['p_value_holm'])}): {verdict}"
        )
    unsure = (~naive & ~(comparison["p_value_holm"] < SURE)).sum()
    if (~naive).any():
        lines.append(f"{INDENT}not told apart from it: {unsure} of {(~naive).sum()} other trials")
    return lines


def _headlines(tables: Tables) -> list[str]:
    if "sweep_headlines" not in tables:
        return []
    table = tables["sweep_headlines"]
    table = table[table["status"] == "finished"]
    if table.empty:
        return []
    names = table["name"].where(table["name"] != "", table["trial"])
    width = names.str.len().max()
    lines = [
        "Whole runs (no score decides between them; exposure is not displacement)",
        f"{INDENT}{'trial':>5}  {'':<{width}}  at risk, million (80 %)  need, thousand     seats",
    ]
    for name, row in list(zip(names, table.to_dict("records"), strict=True))[:RUNS_SHOWN]:
        need = sum(row[f"{need}_persons"] for need in ("ai_basic", "ax", "job_change"))
        at_risk = "-" if math.isnan(row["at_risk_persons"]) else _million(row)
        lines.append(
            f"{INDENT}{row['number']:>5}  {name:<{width}}  {at_risk:>23}  "
            f"{_number(need / 1e3):>14}  {_number(row['allocated_persons']):>8}"
        )
    if len(table) > RUNS_SHOWN:
        lines.append(f"{INDENT}and {len(table) - RUNS_SHOWN} more, see the report")
    return lines


def _million(row: Mapping[Any, Any]) -> str:
    people, low, high = (row[key] / 1e6 for key in ("at_risk_persons", "lower80", "upper80"))
    return f"{people:.2f} ({low:.2f}-{high:.2f})"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:,.0f}"
