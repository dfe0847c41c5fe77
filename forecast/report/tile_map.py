"""Provinces as squares of one size: no province looks important because it is large."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from forecast.report.style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TILES = {
    "28": (0, 0), "11": (1, 0), "41": (2, 0), "51": (3, 0),
    "44": (0, 1), "36": (1, 1), "43": (2, 1), "47": (3, 1),
    "52": (0, 2), "30": (1, 2), "27": (2, 2), "31": (3, 2),
    "29": (0, 3), "46": (1, 3), "48": (2, 3), "26": (3, 3),
    "50": (1, 4),
}  # fmt: skip
DARK = 0.55  # of the colour scale: above it ink reads better than white


def draw_tiles(
    axes: Axes, levels: pd.Series, texts: Mapping[Hashable, str], known: Mapping[str, str]
) -> None:
    """Draw a square for each province in `levels`.

    Parameters
    ----------
    axes : Axes
    levels : Series
        시도 code -> place on the colour scale, 0 to 1; the brightest is 1.
    texts : mapping
        시도 code -> what to write below its name.
    known : mapping of str to str
        Names of 시도.
    """
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    colours = colormaps["cividis"]
    for code, (column, row) in TILES.items():
        if code not in levels.index:
            continue
        level = float(levels[code])
        axes.add_patch(Rectangle((column + 0.03, -row + 0.03), 0.94, 0.94, color=colours(level)))
        axes.annotate(
            f"{known.get(code, code)}\n{texts[code]}",
            (column + 0.5, -row + 0.5),
            ha="center",
            va="center",
            size=9.5,
            color=INK if level > DARK else "white",
        )
    columns, rows = zip(*TILES.values(), strict=True)
    axes.set_xlim(0, max(columns) + 1)
    axes.set_ylim(-max(rows), 1)
    axes.set_aspect("equal")
    axes.set_axis_off()
