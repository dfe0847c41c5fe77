"""Where each trial of a sweep stands in a figure: the first ones named, many others as dots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecast.report.style import horizontal_only
from forecast.types_sweep import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMED = 30  # trials with name and interval; the others are dots that show how many there are
DOT_ROWS = 0.13  # room of such a dot, in rows
ROW_INCHES = 0.235


def row_places(n: int) -> Floats:
    """Return how many rows below the first each trial stands: dots stand closer than names.

    Examples
    --------
    >>> row_places(3).tolist(), float(row_places(32)[-1]) < 32
    ([0.0, 1.0, 2.0], True)
    """
    dots = NAMED + DOT_ROWS * np.arange(max(n - NAMED, 0))
    return np.concatenate([np.arange(min(n, NAMED), dtype=float), dots])


def trial_label(rank: int, name: str, length: int = 44) -> str:
    """Label a trial; of a long name the middle is left out, for the ends tell trials apart.

    Examples
    --------
    >>> trial_label(2, "model=ridge model.features.levels=true model.alphas=[0.1]", 32)
    '2 · model=ridg…ue model.alphas=[0.1]'
    """
    if len(name) > length:
        head = (length - 1) // 3
        name = f"{name[:head]}…{name[head + 1 - length :]}"
    return f"{rank} · {name}"


def name_rows(axes: Axes, labels: list[str], rows: Floats) -> None:
    """Name the first rows and say how many dots follow below them; the first stands on top."""
    shown, rest = labels[:NAMED], len(labels) - NAMED
    ticks = [*rows[: len(shown)]]
    if rest > 0:
        ticks.append((rows[NAMED] + rows[-1]) / 2)
        shown = [*shown, f"그 밖의 {rest}개"]
    axes.set_yticks(ticks, shown, size=8.5)
    axes.set_ylim(rows[-1] + 0.8, -0.8)
    horizontal_only(axes)
