"""What the page says about forecasts on their own past, read off the scoreboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from forecast.report.forecast_bars import SHORT, forecast_bars
from forecast.report.forecast_scores import (
    adoption_scores,
    against,
    default_model,
    default_scores,
    losses,
    losses_ahead,
    n_series,
    own_scores,
    rivals,
    series_won_percent,
)
from forecast.report.style import LEVEL_NAMES, MODEL_NAMES, adoption_target
from forecast.validation.levels import ALL_HORIZONS, ALL_SERIES
from forecast.validation.metrics import ERRORS, METRICS

Tables = Mapping[str, pd.DataFrame]


def scoreboard_sections(tables: Tables) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the page's tables on forecasts; without a back-test there are none.

    Returns
    -------
    dict
        ``forecast_lead``: one row, what the default gained over the better naive model;
        ``forecast_bars``: what was asked and found; ``forecast_levels``: the default by level;
        ``forecast_rivals``: the default against every other model; ``forecast_losses``: levels on
        which a naive model is better, ``forecast_losses_ahead`` at single horizons;
        ``adoption_models``: every adoption model.
    """
    found: dict[str, list[dict[str, Any]]] = {
        "forecast_lead": [],
        "forecast_bars": [
            {"asked": bar.asked_ko, "found": bar.found, "met": _verdict(bar.met)}
            for bar in forecast_bars(tables)
        ],
        "forecast_levels": [],
        "forecast_rivals": [],
        "forecast_losses": [],
        "forecast_losses_ahead": [],
        "adoption_models": _adoption(tables),
    }
    if "forecast_comparison" in tables:
        found |= {
            "forecast_lead": [_lead(tables)],
            "forecast_levels": _levels(tables),
            "forecast_rivals": [
                row | {"rival_ko": _model(row["rival"])} for row in _rows(rivals(tables))
            ],
            "forecast_losses": _losses(losses(tables)),
            "forecast_losses_ahead": _losses(losses_ahead(tables)),
        }
    return found


def _losses(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "level_ko": LEVEL_NAMES.get(row["target"], row["target"]),
            "horizon": row["horizon"],
            "metric": SHORT[row["metric"]],
            "percent": -row["skill_percent"],
            "naive_ko": _model(row["naive_model"]),
        }
        for row in _rows(table)
    ]


def _lead(tables: Tables) -> dict[str, Any]:
    """What stands in the first sentence."""
    table = tables["forecast_comparison"]
    gains = []
    for metric, name in SHORT.items():
        naive = str(default_scores(tables, ALL_SERIES, metric)["naive_model"][ALL_HORIZONS])
        row = against(tables, naive, metric)
        gains.append(row | {"metric": name, "naive_ko": _model(naive)})
    return {
        "default_ko": _model(default_model(tables)),
        "n_series": n_series(tables),
        "n_origins": int(table["n_origins"].max()),
        "max_horizon": int(table["horizon"].max()),
        "gains": gains,
        "won_percent": series_won_percent(tables),
    }


def _levels(tables: Tables) -> list[dict[str, Any]]:
    """The models that the run goes on with over all horizons, one row a level."""
    own = own_scores(tables).set_index(["target", "metric"])
    naive = own["naive_model"].xs("crps_scaled", level="metric")
    # Errors are shown as gains over the naive model, the other metrics as they are.
    is_error = own.index.isin(ERRORS, level="metric")
    shown = own["skill_percent"].where(is_error, own["value"]).unstack("metric")
    levels = [level for level in LEVEL_NAMES if level in shown.index]
    rows = _rows(shown.loc[levels, list(METRICS)])
    return [
        row | {"level_ko": LEVEL_NAMES[level], "naive_ko": _model(naive[level])}
        for level, row in zip(levels, rows, strict=True)
    ]


def _adoption(tables: Tables) -> list[dict[str, Any]]:
    if "scores" not in tables:
        return []
    found = adoption_scores(tables).dropna(subset="crps")
    return [
        row | {"target_ko": adoption_target(row["target"]), "model_ko": _model(row["model"])}
        for row in _rows(found)
    ]


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _model(name: str) -> str:
    return MODEL_NAMES.get(name, name)


def _verdict(met: bool | None) -> str:
    return {True: "예", False: "아니요", None: "이번에 재지 않음"}[met]
