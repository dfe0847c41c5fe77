"""How the forecasts of a run did on their own past, as a run prints it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from forecast.models.combination import COMBINATION
from forecast.report.forecast_bars import SHORT, forecast_bars
from forecast.report.forecast_scores import (
    adoption_scores,
    default_model,
    losses,
    losses_ahead,
    n_series,
    rivals,
)

Tables = Mapping[str, pd.DataFrame]
LOSSES_SHOWN = 3  # single horizons in the closing words; the scoreboard has all
INDENT = "  "
VERDICTS = {True: "met", False: "NOT MET", None: "-"}


def forecast_lines(tables: Tables) -> list[str]:
    """Lay out the bars, the rivals of the default model and where it loses.

    Parameters
    ----------
    tables : mapping of DataFrame
        ``scoreboard``, ``scoreboard_series``, ``forecast_comparison``; without them there is
        nothing to say. ``scores`` adds adoption.
    """
    if "forecast_comparison" not in tables:
        return []
    bars = forecast_bars(tables)
    width = max(len(bar.asked) for bar in bars)
    verdicts = [
        f"{INDENT}{bar.asked:<{width}}  {VERDICTS[bar.met]:<7}  {bar.found}" for bar in bars
    ]
    return [_heading(tables), *verdicts, "", *_rivals(tables), *_losses(tables), *_adoption(tables)]


def _heading(tables: Tables) -> str:
    table = tables["forecast_comparison"]
    return (
        f"Forecasts on their own past: {default_model(tables)} of employment, "
        f"{n_series(tables)} series, {table['n_origins'].max()} origins, "
        f"1-{table['horizon'].max()} half-years ahead"
    )


def _rivals(tables: Tables) -> list[str]:
    found = rivals(tables)
    width = found["rival"].str.len().max()
    lines = [f"{INDENT}{'rival':<{width}}  CRPS %  95 % interval  MASE %  series won  DM p"]
    for row in found.to_dict("records"):
        crps, mase = (round(row[key], 1) + 0.0 for key in ("skill_percent", "mase_percent"))
        interval = f"[{row['lower95']:.1f}, {row['upper95']:.1f}]"
        lines.append(
            f"{INDENT}{row['rival']:<{width}}  {crps:>+6.1f}  {interval:>13}  {mase:>+6.1f}  "
            f"{row['series_won_share']:>10.0%}  {row['dm_p_value']:.2f}"
        )
    return lines


def _losses(tables: Tables) -> list[str]:
    by_level = losses(tables).groupby("target", sort=False)
    lines = []
    for level, rows in by_level:
        words = [
            f"{SHORT[row['metric']]} {row['skill_percent']:.1f} % ({row['naive_model']})"
            for row in rows.to_dict("records")
        ]
        lines.append(f"{INDENT}loses to a naive model on {level}: {', '.join(words)}")
    return (lines or [f"{INDENT}loses to a naive model on no level"]) + _losses_ahead(tables)


def _losses_ahead(tables: Tables) -> list[str]:
    rows = losses_ahead(tables).to_dict("records")
    if not rows:
        return []
    largest = [
        f"{row['target']} {row['horizon']} ahead {row['skill_percent']:.0f} %"
        for row in rows[:LOSSES_SHOWN]
    ]
    more = f", and {len(rows) - LOSSES_SHOWN} more" if len(rows) > LOSSES_SHOWN else ""
    return [f"{INDENT}CRPS above a naive model at single horizons: {', '.join(largest)}{more}"]


def _adoption(tables: Tables) -> list[str]:
    if "scores" not in tables:
        return []
    found = adoption_scores(tables)
    return [
        f"{INDENT}adoption {row['target']}: CRPS {row['crps']:.2f}, MAE {row['mae']:.2f} points; "
        f"{100 * row['coverage80']:.0f} % inside the 80 % interval"
        for row in found[found["model"] == COMBINATION].to_dict("records")
    ]
