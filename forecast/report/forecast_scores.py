"""What the back-tests of a run say about the forecasts that it goes on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from forecast.models.combination import COMBINATION
from forecast.models.naive import NAIVE_MODELS
from forecast.validation.levels import ALL_HORIZONS, ALL_SERIES, SERIES
from forecast.validation.scoreboard import ALL_NODES
from forecast.validation.scores import skill_percent

Tables = Mapping[str, pd.DataFrame]
HEADLINE = (  # name, target, metric, column of the scoreboard
    ("crps_skill_percent", ALL_SERIES, "crps_scaled", "skill_percent"),
    ("mase_skill_percent", ALL_SERIES, "mase", "skill_percent"),
    ("coverage80", ALL_SERIES, "coverage80", "value"),
    ("coverage95", ALL_SERIES, "coverage95", "value"),
    ("coherence_gap", ALL_NODES, "coherence_gap", "value"),
)
ADOPTION_METRICS = ("mae", "crps", "coverage80")


def default_model(tables: Tables) -> str:
    """Return the model that the employment stage goes on with."""
    return str(tables["forecast_comparison"]["model"].iloc[0])


def default_scores(tables: Tables, target: str, metric: str) -> pd.DataFrame:
    """Return the rows of the default model in ``scoreboard`` for one level, by horizon."""
    board = tables["scoreboard"]
    keep = (board["target"] == target) & (board["metric"] == metric)
    own = board[keep & (board["model"] == default_model(tables))]
    return own.set_index("horizon").sort_index()


def against(tables: Tables, rival: str, metric: str) -> dict[str, float]:
    """Return the row of ``forecast_comparison`` over all series and horizons."""
    table = tables["forecast_comparison"]
    every = (table["target"] == ALL_SERIES) & (table["horizon"] == ALL_HORIZONS)
    (row,) = table[every & (table["rival"] == rival) & (table["metric"] == metric)].to_dict(
        "records"
    )
    return {str(key): value for key, value in row.items()}


def series_won_percent(tables: Tables) -> float:
    """Return on how many series the default has a lower CRPS than each naive model there."""
    series = tables["scoreboard_series"]
    own = series[(series["model"] == default_model(tables)) & series["target"].isin(SERIES)]
    return 100.0 * float((own["beats_naive"].dropna() == "yes").mean())


def n_series(tables: Tables) -> int:
    """Return how many series the default model was scored on."""
    series = tables["scoreboard_series"]
    own = (series["model"] == default_model(tables)) & series["target"].isin(SERIES)
    return int(own.sum())


def rivals(tables: Tables) -> pd.DataFrame:
    """Set the default against every rival over all series and horizons, the hardest first.

    Returns
    -------
    DataFrame
        Columns of ``forecast_comparison`` for scaled CRPS, and `mase_percent`.
    """
    table = tables["forecast_comparison"]
    every = table[(table["target"] == ALL_SERIES) & (table["horizon"] == ALL_HORIZONS)]
    mase = every[every["metric"] == "mase"].set_index("rival")["skill_percent"]
    crps = every[every["metric"] == "crps_scaled"]
    crps = crps.assign(mase_percent=crps["rival"].map(mase))
    return crps.sort_values(["skill_percent", "mase_percent"], kind="stable")


def own_scores(tables: Tables) -> pd.DataFrame:
    """Return the rows of ``scoreboard`` over all horizons of the models that the run goes on with.

    That is the default, and on levels where it was not tested (industries, provinces) the one that
    is no naive model.
    """
    board = tables["scoreboard"]
    every = board[board["horizon"] == ALL_HORIZONS]
    return every[_goes_on(every, default_model(tables))]


def losses(tables: Tables) -> pd.DataFrame:
    """Return where the models that the run goes on with lose to the better naive model.

    Returns
    -------
    DataFrame
        Rows of ``scoreboard`` with negative skill in scaled CRPS or MASE, the largest loss first.
    """
    return _lost(own_scores(tables), ("crps_scaled", "mase"))


def losses_ahead(tables: Tables) -> pd.DataFrame:
    """Return single horizons at which they lose in scaled CRPS, the largest loss first."""
    board = tables["scoreboard"]
    ahead = board[board["horizon"] != ALL_HORIZONS]
    return _lost(ahead[_goes_on(ahead, default_model(tables))], ("crps_scaled",))


def adoption_scores(tables: Tables) -> pd.DataFrame:
    """Return target, model, mae, crps and coverage80 of adoption forecasts.

    Targets keep their order; within one the lowest CRPS comes first. Errors are in percentage
    points of firms.
    """
    rows = tables["scores"].query("stage == 'adoption' and metric in @ADOPTION_METRICS")
    wide = rows.pivot(index=["target", "model"], columns="metric", values="value")
    wide = wide.reindex(columns=list(ADOPTION_METRICS)).reset_index()
    order = {target: place for place, target in enumerate(rows["target"].unique())}
    wide = wide.sort_values("crps", kind="stable")
    return wide.sort_values("target", key=lambda target: target.map(order), kind="stable")


def default_rows(scores: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Leave the rivals of the default forecasts out of ``scores``: they have their own tables."""
    kept = pd.Series(True, index=scores.index)
    employment, adoption = (scores["stage"] == stage for stage in ("employment", "adoption"))
    if "forecast_comparison" in tables:
        kept[employment] = _goes_on(scores[employment], default_model(tables))
    pooled = scores.loc[adoption & (scores["model"] == COMBINATION), "target"]
    kept[adoption & scores["target"].isin(pooled) & (scores["model"] != COMBINATION)] = False
    return scores[kept]


def headline(tables: Tables) -> dict[str, float]:
    """Choose the few figures that tell runs apart, by the names that the dashboard shows."""
    chosen: dict[str, float] = {}
    if "forecast_comparison" in tables:
        chosen["employment/series_won_percent"] = series_won_percent(tables)
        for name, target, metric, column in HEADLINE:
            found = default_scores(tables, target, metric)
            chosen[f"employment/{name}"] = float(found[column].loc[ALL_HORIZONS])
    if "scores" in tables:
        rows = tables["scores"].query("stage == 'adoption' and model == @COMBINATION")
        for row in rows.to_dict("records"):
            name = f"adoption/{row['target']}/{row['metric']}"
            if row["metric"] in ("mae", "crps"):
                skill = skill_percent(row["value"], row["naive_value"])
                chosen[f"{name}_skill_percent"] = float(skill)
            elif row["metric"] == "coverage80":
                chosen[name] = row["value"]
    return chosen


def _goes_on(rows: pd.DataFrame, default: str) -> pd.Series:
    """Mark the rows of the default, and of what is not naive where the default was not tested."""
    tested = rows["target"].isin(rows.loc[rows["model"] == default, "target"])
    beyond = ~tested & ~rows["model"].isin(list(NAIVE_MODELS))
    return (rows["model"] == default) | beyond


def _lost(own: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    lost = own[own["metric"].isin(metrics) & (own["skill_percent"] < 0)]
    return lost.sort_values(["skill_percent", "target"])
