"""Columns of the scoreboard: what forecasts scored against what then happened."""

from __future__ import annotations

from forecast.codebook_columns import Column, number, text
from forecast.types import AGE_GROUPS

_STAGE = text("stage")
_TARGET = text("level of the hierarchy; all_series is cells and occupations together")
_HORIZON = number("count", "half-years ahead; 0 is the mean over all")
_MODEL = text("model")
_SCALED_ERROR = "by the in-sample seasonal naive error of the series at the origin"

SCOREBOARD_TABLES: dict[str, dict[str, Column]] = {
    "scoreboard": {
        "stage": _STAGE,
        "target": text(
            "level of the hierarchy; all_series is cells and occupations together, all_nodes is "
            "about draws instead of forecasts"
        ),
        "horizon": _HORIZON,
        "model": _MODEL,
        "metric": text(
            f"mase, crps_scaled, pinball_scaled: divided {_SCALED_ERROR}; coverage80 and "
            "coverage95: share inside the interval; sign_accuracy: share of moves from the last "
            "value with the direction right; coherence_gap: largest difference in any draw "
            "between a node and the sum of its cells; smallest_draw: of all draws",
            "mase",
            "crps_scaled",
            "pinball_scaled",
            "coverage80",
            "coverage95",
            "sign_accuracy",
            "coherence_gap",
            "smallest_draw",
        ),
        "value": number("number", "value of the metric"),
        "n": number("count", "forecasts averaged; nodes, where draws were checked"),
        "naive_value": number(
            "number", "the better declared naive model's value, case by case", required=False
        ),
        "naive_model": text("which naive model that is", required=False),
        "skill_percent": number(
            "number", "how far an error is below naive_value; negative is a loss", required=False
        ),
    },
    "scoreboard_series": {
        "stage": _STAGE,
        "target": text("level of the hierarchy"),
        "ksco7": text("KSCO-7 major or sub-major group, or all", pattern=r"[1-9]\d?|all"),
        "age_group": text("age in years, or all", *AGE_GROUPS, "all"),
        "model": _MODEL,
        "mase": number(
            "number", f"absolute error divided {_SCALED_ERROR}; empty: never moved", required=False
        ),
        "crps_scaled": number("number", "CRPS, divided likewise", required=False),
        "coverage80": number("share", "of what happened, inside the 80 % interval"),
        "naive_mase": number(
            "number", "lowest of the naive models, of this series", required=False
        ),
        "naive_crps_scaled": number("number", "lowest of the naive models", required=False),
        "naive_model": text("naive model of naive_crps_scaled", required=False),
        "beats_naive": text("crps_scaled < naive_crps_scaled", "yes", "no", required=False),
        "beats_naive_mase": text("mase < naive_mase", "yes", "no", required=False),
    },
    "forecast_comparison": {
        "stage": _STAGE,
        "target": _TARGET,
        "horizon": _HORIZON,
        "metric": text("score that is compared", "mase", "crps_scaled"),
        "model": text("the default model of the stage"),
        "rival": text("model that it is compared with"),
        "difference": number(
            "number", "mean score of model less that of rival; negative is better"
        ),
        "skill_percent": number(
            "number", "how far the model is below the rival; negative is a loss", required=False
        ),
        "lower95": number(
            "number", "its 95 % interval, blocks of origins resampled", required=False
        ),
        "upper95": number("number", "upper end of that interval", required=False),
        "dm_statistic": number(
            "number",
            "Diebold-Mariano over origins, corrected for few; empty where origins do not "
            "outnumber half-years ahead",
            required=False,
        ),
        "dm_p_value": number("share", "its two-sided p-value", required=False),
        "n_origins": number("count", "origins compared"),
        "n": number("count", "forecasts compared"),
        "series_won_share": number("share", "series of the level with the lower mean score"),
    },
}
