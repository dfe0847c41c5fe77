"""What the page says about the models that were compared, read off table ``leaderboard``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from forecast.report.leaderboard import UNRELATED, candidates, chosen_models, is_comparison
from forecast.report.style import MODEL_NAMES, TARGET_NAMES
from forecast.stages.candidates import SELECTED

Tables = Mapping[str, pd.DataFrame]
SYSTEM_NAMES = {"exposure": "국제 직업 ISCO-08", "exposure_soc": "미국 직업 SOC-2018"}


def leaderboard_sections(tables: Tables) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the page's tables on models; without a comparison there are none.

    Returns
    -------
    dict
        ``leaderboard``: every row of the table with Korean names. ``choices``: per stage the
        chosen model, its score and that of choosing, settings tried, and what random folds add.
    """
    board = tables.get("leaderboard")
    if board is None or not is_comparison(board):
        return {"leaderboard": [], "choices": []}
    named = board.assign(
        stage_ko=board["stage"].map(SYSTEM_NAMES),
        target_ko=board["target"].map(lambda name: TARGET_NAMES.get(name, name)),
        model_ko=board["model"].map(lambda name: MODEL_NAMES.get(name, name)),
    )
    rows = [{str(k): v for k, v in row.items()} for row in named.to_dict("records")]
    stages = chosen_models(board).items()
    return {"leaderboard": rows, "choices": [_choice(board, *stage) for stage in stages]}


def _choice(board: pd.DataFrame, stage: str, chosen: str) -> dict[str, Any]:
    own = board[board["stage"] == stage]
    judged = own[own["target"] == UNRELATED].set_index("model")["r2_grouped"]
    rivals = candidates(own)
    return {
        "stage_ko": SYSTEM_NAMES[stage],
        "chosen_ko": MODEL_NAMES.get(chosen, chosen),
        "r2": float(judged[chosen]),
        "nested": float(judged.get(SELECTED, float("nan"))),
        "n_models": rivals["model"].nunique(),
        "n_settings": int(rivals.drop_duplicates("model")["settings_tried"].sum()),
        "least": float(rivals["inflation"].min()),
        "most": float(rivals["inflation"].max()),
        "target_ko": TARGET_NAMES[UNRELATED],
    }
