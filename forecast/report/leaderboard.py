"""The exposure models side by side: contract table ``leaderboard``, made from ``scores`` alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.models.base import Regressor
from forecast.models.ensemble import BestOf
from forecast.models.gaussian_process import GaussianProcess
from forecast.stages.candidates import CONSENSUS, MEAN_RANK, SELECTED
from forecast.stages.estimation import UNRELATED
from forecast.validation.splits import SPLITS

STAGES = ("exposure", "exposure_soc")
KEYS = ["stage", "target", "model"]
# Knows other indices of the very occupation: no candidate, and judged beside the mean rank.
GIVEN_INDICES = "descriptors_and_indices"
NO_CANDIDATES = (SELECTED, MEAN_RANK, GIVEN_INDICES)
MANY = 3  # candidates; with more of them a run is a comparison and is shown as one
# The published indices that METHOD section 1 asks scores of: enough for a figure.
MAIN_INDICES = ("human_beta", "gpt4_beta", "automation", "ilo_2023", "frey_osborne", "sml")
PLAINEST = "ridge"
GRID = {  # column -> split and metric of the scores
    "r2_grouped": ("grouped", "r2"),
    "r2_random": ("random", "r2"),
    "spearman_grouped": ("grouped", "spearman"),
    "coverage80": ("grouped", "coverage80"),
    "coverage95": ("grouped", "coverage95"),
}


def leaderboard(scores: pd.DataFrame, *, settings: Mapping[str, int]) -> pd.DataFrame:
    """Set every exposure model beside the naive forecasts, the best of each target first.

    Parameters
    ----------
    scores : DataFrame
        Contract table ``scores``; rows of other stages are passed over.
    settings : mapping of int
        Model to the settings looked at on the grouped folds, from :func:`settings_tried`.

    Returns
    -------
    DataFrame
        Contract table ``leaderboard``. `inflation` is what random folds add to R2. The group mean
        is that of the rows of the model; the mean rank is that of the target, which knows other
        indices of the very occupation.

    Examples
    --------
    >>> rows = [["exposure", name, split, "sml", "r2", value, 9, 0.1]
    ...         for name, split, value in [("ridge", "grouped", 0.5), ("ridge", "random", 0.75),
    ...                                    ("mean_rank", "grouped", 0.2)]]
    >>> columns = ["stage", "model", "split", "target", "metric", "value", "n", "naive_value"]
    >>> scores, settings = pd.DataFrame(rows, columns=columns), {"ridge": 1, "mean_rank": 1}
    >>> board = leaderboard(scores, settings=settings)
    >>> board[["model", "r2_grouped", "inflation", "naive_mean_rank_r2"]].values.tolist()
    [['ridge', 0.5, 0.25, 0.2], ['mean_rank', 0.2, nan, 0.2]]
    """
    rows = scores[scores["stage"].isin(STAGES) & scores["split"].isin(SPLITS)]
    value, naive = (
        rows.pivot(index=KEYS, columns=["split", "metric"], values=column)
        for column in ("value", "naive_value")
    )
    n = rows.query("split == 'grouped' and metric == 'r2'").set_index(KEYS)["n"]
    board = pd.DataFrame({"n": n}).join(
        pd.DataFrame({name: _column(value, *key) for name, key in GRID.items()})
    )
    board.insert(3, "inflation", board["r2_random"] - board["r2_grouped"])
    given = board.index.get_level_values("model") == GIVEN_INDICES
    for metric in ("r2", "spearman"):
        beside = _column(naive, "grouped", metric).reindex(board.index)
        board[f"naive_group_mean_{metric}"] = beside.mask(given)
        board[f"naive_mean_rank_{metric}"] = _mean_rank(board, value, metric).mask(given, beside)
    board = board.reset_index()
    board["settings_tried"] = _settings(board, settings)
    chosen = board["stage"].map(chosen_models(board))
    board["chosen"] = np.where(board["model"] == chosen, "yes", "no")
    order = [*KEYS[:2], "r2_grouped", "model"]
    return board.sort_values(order, ascending=[True, True, False, True], ignore_index=True)


def settings_tried(model: Regressor) -> dict[str, int]:
    """Say for every model of the scores how many settings were looked at on the grouped folds.

    Examples
    --------
    >>> settings_tried(BestOf())
    {'mean_rank': 1, 'descriptors_and_indices': 9, 'network': 17, 'ridge': 1}
    """
    every = model.candidates if isinstance(model, BestOf) else {model.name: model}
    # The mean rank was declared, not tuned; other indices are given to a Gaussian process.
    beside = {MEAN_RANK: 1, GIVEN_INDICES: GaussianProcess.settings_tried}
    return beside | {name: candidate.settings_tried for name, candidate in every.items()}


def candidates(board: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of models that forecast unseen families from descriptors and tasks."""
    return board[~board["model"].isin(NO_CANDIDATES)]


def chosen_models(board: pd.DataFrame) -> dict[str, str]:
    """Return the model that each stage goes on with: the best where the choice is made.

    Scores of the run say so in full: the choice is made on grouped R2 of one target, and on a tie
    the first name wins.

    Examples
    --------
    >>> rows = {"stage": "exposure", "target": "consensus_unrelated",
    ...         "model": ["network", "ridge", "mean_rank"], "r2_grouped": [0.8, 0.8, 0.9]}
    >>> chosen_models(pd.DataFrame(rows))
    {'exposure': 'network'}
    """
    judged = candidates(board[board["target"] == UNRELATED])
    best = judged.sort_values(["r2_grouped", "model"], ascending=[False, True], kind="stable")
    best = best.drop_duplicates("stage").sort_values("stage")
    return dict(zip(best["stage"], best["model"], strict=True))


def is_comparison(board: pd.DataFrame, *, many: int = MANY) -> bool:
    """Say whether a stage of the run has compared more than `many` candidates."""
    return bool((candidates(board).groupby("stage")["model"].nunique() > many).any())


def main_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Keep the exposure scores that a reader needs to judge a run; other stages stay whole.

    Parameters
    ----------
    scores : DataFrame
        Contract table ``scores``.

    Returns
    -------
    DataFrame
        Of a few candidates all rows. Of many those of the chosen one and of the plainest, on
        :data:`MAIN_INDICES` and their consensus. Others stand in ``leaderboard`` only.
    """
    grouped = scores[(scores["split"] == "grouped") & (scores["metric"] == "r2")]
    board = grouped[grouped["stage"].isin(STAGES)].rename(columns={"value": "r2_grouped"})
    kept = ~scores["model"].isin(NO_CANDIDATES)
    if is_comparison(board):
        main = (CONSENSUS, *MAIN_INDICES)
        shown = scores["model"] == scores["stage"].map(chosen_models(board))
        kept = (shown | (scores["model"] == PLAINEST)) & scores["target"].isin(main)
    return scores[kept | ~scores["stage"].isin(STAGES)]


def _column(table: pd.DataFrame, split: str, metric: str) -> pd.Series:
    """Take the scores of one split and metric; none where nobody was scored so."""
    if (split, metric) not in table:
        return pd.Series(np.nan, index=table.index)
    return table[(split, metric)]


def _mean_rank(board: pd.DataFrame, value: pd.DataFrame, metric: str) -> pd.Series:
    """Score of the mean rank of each row's target."""
    models = value.index.get_level_values("model")
    own = _column(value, "grouped", metric).where(models == MEAN_RANK)
    of_target = own.groupby(level=KEYS[:2]).transform("max")  # there is one at most
    return of_target.reindex(board.index)


def _settings(board: pd.DataFrame, settings: Mapping[str, int]) -> pd.Series:
    """Settings of each row's model; a choice between candidates owes those of all of them."""
    unknown = sorted(set(board["model"]) - {SELECTED, *settings})
    if unknown:
        raise InputError(f"table scores: nobody says how many settings of {unknown} were tried.")
    names = candidates(board).groupby("stage")["model"].unique()
    together = names.map(lambda found: sum(settings[name] for name in found))
    tried = board["model"].map(settings)
    return tried.mask(board["model"] == SELECTED, board["stage"].map(together)).astype(int)
