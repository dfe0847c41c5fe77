"""The comparison of exposure models as a run prints it: models in columns, targets in rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from forecast.report.leaderboard import (
    GIVEN_INDICES,
    UNRELATED,
    candidates,
    chosen_models,
    is_comparison,
)
from forecast.stages.candidates import MEAN_RANK, SELECTED
from forecast.stages.index_left_out import SPLIT as INDEX_LEFT_OUT

WIDTH = 130  # columns of a terminal
QUIET = 5  # candidates: what model=auto has; its comparison is in the report, not on the terminal
INDENT = "  "
SYSTEMS = {"exposure": "ISCO-08", "exposure_soc": "SOC-2018"}
NOTES = (
    "auto_nested chooses a model anew without each fold: the honest score of choosing one, though "
    "not of settings tried.",
    "A stack's seconds include its members'.",
)
Tables = Mapping[str, pd.DataFrame]
Column = tuple[str, Sequence[str]]  # heading, one cell a row


def comparison(tables: Tables, fit_seconds: Mapping[str, float]) -> list[str]:
    """Lay the leaderboard out in lines of at most :data:`WIDTH` columns.

    Parameters
    ----------
    tables : mapping of DataFrame
        ``leaderboard`` and ``scores``; without them, or with few models, there is nothing to say.
    fit_seconds : mapping of float
        ``stage/model`` to the seconds of one fit.
    """
    board = tables.get("leaderboard")
    if board is None or not is_comparison(board, many=QUIET):
        return []
    lines = ["Exposure models on families of occupations that they have not seen"]
    for stage, chosen in chosen_models(board).items():
        part = board[board["stage"] == stage]
        models = _models(part)
        lines += [
            "",
            f"{INDENT}{SYSTEMS[stage]}: R2 / Spearman on grouped folds, * the best; "
            f"chosen by {UNRELATED}: {chosen}",
            *_grid(*_by_model(part, models, stage, fit_seconds)),
            "",
            f"{INDENT}{SYSTEMS[stage]}: {chosen} beside random folds, and whether its intervals "
            "hold on families left out",
            *_grid(*_of_chosen(part, chosen, tables["scores"])),
        ]
    return [*lines, "", *(INDENT + note for note in NOTES)]


def _models(part: pd.DataFrame) -> list[str]:
    """Candidates, the best where the choice is made first, then what stands beside them."""
    judged = part[part["target"] == UNRELATED].set_index("model")["r2_grouped"]
    names = sorted(set(candidates(part)["model"]), key=lambda name: (-judged[name], name))
    return names + [name for name in (SELECTED, MEAN_RANK) if name in set(part["model"])]


def _by_model(
    part: pd.DataFrame, models: list[str], stage: str, fit_seconds: Mapping[str, float]
) -> tuple[list[str], list[Column]]:
    targets = list(dict.fromkeys(part["target"]))
    cells = part.set_index(["target", "model"])
    best = candidates(part).groupby("target")["r2_grouped"].max()
    tried = part.drop_duplicates("model").set_index("model")["settings_tried"]
    columns: list[Column] = []
    for name in models:
        known = cells.reindex(pd.MultiIndex.from_product([targets, [name]]))
        column = [
            f"{_pair(r2, rank)}{_mark(name, r2, best[target])}"
            for target, r2, rank in zip(
                targets, known["r2_grouped"], known["spearman_grouped"], strict=True
            )
        ]
        spent = fit_seconds.get(f"{stage}/{name}")
        seconds = "-" if spent is None else f"{spent:.2f}"
        pad = _mark(name, 0.0, 1.0)
        columns.append((name, [*column, f"{tried[name]}{pad}", f"{seconds}{pad}"]))
    naive = candidates(part).drop_duplicates("target").set_index("target").reindex(targets)
    group_mean = [
        _pair(r2, rank)
        for r2, rank in zip(
            naive["naive_group_mean_r2"], naive["naive_group_mean_spearman"], strict=True
        )
    ]
    columns.append(("group_mean", [*group_mean, "1", "-"]))
    return [*targets, "settings tried", "seconds per fit"], columns


def _of_chosen(
    part: pd.DataFrame, chosen: str, scores: pd.DataFrame
) -> tuple[list[str], list[Column]]:
    """Random folds and coverage of the chosen model; what the indices say about each other."""
    own = part[part["model"] == chosen].set_index("target")
    rows = scores[(scores["stage"] == part["stage"].iloc[0]) & (scores["metric"] == "spearman")]
    out = rows[rows["split"] == INDEX_LEFT_OUT].set_index("target")
    targets = list(dict.fromkeys([*own.index, *out.index]))
    own, out = own.reindex(targets), out.reindex(targets)
    given = part[part["model"] == GIVEN_INDICES].set_index("target").reindex(targets)
    columns: list[Column] = [
        ("n", ["-" if math.isnan(n) else f"{n:.0f}" for n in own["n"]]),
        ("grouped_R2", [_plain(value) for value in own["r2_grouped"]]),
        ("random_R2", [_plain(value) for value in own["r2_random"]]),
        ("in 80 %_interval", [_plain(value) for value in own["coverage80"]]),
        ("in 95 %_interval", [_plain(value) for value in own["coverage95"]]),
    ]
    if out["value"].notna().any():
        columns.append(
            (
                "index left out: Spearman_(mean rank of the others)",
                _beside(map(_plain, out["value"]), map(_plain, out["naive_value"])),
            )
        )
    if given["r2_grouped"].notna().any():
        pairs = (
            map(_pair, given[r2], given[rank])
            for r2, rank in (
                ("r2_grouped", "spearman_grouped"),
                ("naive_mean_rank_r2", "naive_mean_rank_spearman"),
            )
        )
        columns.append(("other indices given: R2 / Spearman_(their mean rank)", _beside(*pairs)))
    return targets, columns


def _grid(labels: list[str], columns: list[Column]) -> list[str]:
    """Set columns beside each other, in several blocks where a line would be too long."""
    labels = [label.removesuffix("_share") for label in labels]
    side = max(map(len, labels))
    blocks: list[list[list[str]]] = [[]]
    room = WIDTH
    for heading, cells in columns:
        words = heading.split("_")
        width = max(map(len, [*words, *cells])) + 1
        if room - width < len(INDENT) + side and blocks[-1]:
            blocks.append([])
            room = WIDTH
        room -= width
        blocks[-1].append([text.rjust(width) for text in [*words, *cells]])
    lines: list[str] = []
    for block in blocks:
        depth = max(len(column) for column in block) - len(labels)
        filled = [[" " * len(c[0])] * (depth + len(labels) - len(c)) + c for c in block]
        for label, *row in zip([""] * depth + labels, *filled, strict=True):
            lines.append(f"{INDENT}{label.ljust(side)}{''.join(row)}".rstrip())
    return lines


def _mark(name: str, value: float, best: float) -> str:
    """Mark the best candidate; the others leave the place of the mark free."""
    if name in (SELECTED, MEAN_RANK):
        return ""
    return "*" if value == best else " "


def _beside(values: Iterable[str], naive: Iterable[str]) -> list[str]:
    pairs = zip(values, naive, strict=True)
    return ["-" if "-" in (first, second) else f"{first} ({second})" for first, second in pairs]


def _pair(r2: float, spearman: float) -> str:
    return "-" if math.isnan(r2) else f"{_plain(r2)}/{_plain(spearman)}"


def _plain(value: float) -> str:
    """Write a score without the zero before its point.

    Examples
    --------
    >>> _plain(0.8961), _plain(-0.0214), _plain(1.0), _plain(math.nan)
    ('.896', '-.021', '1.000', '-')
    """
    return (
        "-" if math.isnan(value) else f"{value:.3f}".replace("0.", ".", 1 if abs(value) < 1 else 0)
    )
