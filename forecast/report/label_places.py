"""Labels beside marks that neither cover each other nor leave the frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from forecast.report.style import GREY, halo

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

CLEAR = 3.0  # points between two labels, and between a label and the frame
DIRECTIONS, RINGS = 16, (11, 17, 24, 33, 44, 57, 72, 90, 110, 135)  # places tried, in points


def place_labels(
    figure: Figure,
    axes: Axes,
    marks: np.ndarray,
    texts: Sequence[str],
    *,
    around: Sequence[Text] = (),
    size: float = 9,
) -> list[Text]:
    """Write a text beside each mark at the nearest free place, with a line to it where it is far.

    Parameters
    ----------
    figure, axes : Figure, Axes
        Finished but for the labels: the layout must not change afterwards.
    marks : ndarray of shape (n, 2)
        Where the marks stand, in data. Earlier ones choose first.
    texts : sequence of str
        One a mark.
    around : sequence of Text
        Texts already there, which no label may cover.
    size : float
        Type size in points.

    Returns
    -------
    list of Text
        The labels written; one without any free place is left out rather than written over another.
    """
    figure.draw_without_rendering()  # lays the axes out, so that places in pixels are known
    pixels = figure.dpi / 72
    frame = axes.get_window_extent()
    taken = [_box(text) for text in around]
    points = axes.transData.transform(marks)
    written: list[Text] = []
    for mark, (x, y), text in zip(marks, points, texts, strict=True):
        label = axes.annotate(
            text, mark, (0, 0), textcoords="offset points", size=size, ha="center", va="center"
        )
        left, low, right, high = _box(label)
        half = np.array([(right - left) / 2, (high - low) / 2])
        place = _nearest_free(np.array([x, y]), half, pixels, taken, points, frame)
        label.remove()
        if place is None:
            continue
        taken.append((*(place - half), *(place + half)))
        moved = (place - [x, y]) / pixels
        far = bool(np.hypot(*moved) > 2 * RINGS[1])
        label = axes.annotate(
            text,
            mark,
            tuple(moved),
            textcoords="offset points",
            size=size,
            ha="center",
            va="center",
            arrowprops={"arrowstyle": "-", "color": GREY, "lw": 0.6} if far else None,
        )
        halo(label).set_in_layout(False)
        written.append(label)
    return written


def apart(places: Sequence[float], gap: float) -> list[float]:
    """Push places upwards so that neighbours are at least `gap` apart, keeping their order.

    Examples
    --------
    >>> apart([0.0, 0.1, 0.9], 0.25)
    [0.0, 0.25, 0.9]
    >>> apart([0.5, 0.1], 0.5)
    [0.6, 0.1]
    """
    moved = list(places)
    free = -np.inf
    for number in sorted(range(len(moved)), key=lambda k: moved[k]):
        moved[number] = max(moved[number], free)
        free = moved[number] + gap
    return [float(place) for place in moved]


def _box(text: Text) -> tuple[float, float, float, float]:
    from matplotlib.text import Text as Plain

    # That of an annotation would hold its line as well.
    left, low, right, high = Plain.get_window_extent(text).extents
    return float(left), float(low), float(right), float(high)


def _nearest_free(
    point: np.ndarray,
    half: np.ndarray,
    pixels: float,
    taken: list[tuple[float, float, float, float]],
    marks: np.ndarray,
    frame: object,
) -> np.ndarray | None:
    best, least = None, np.inf
    for ring in RINGS:
        for turn in range(DIRECTIONS):
            angle = 2 * np.pi * turn / DIRECTIONS
            way = np.array([np.cos(angle), np.sin(angle)])
            place = point + way * (ring * pixels + half * np.abs(way))
            low, high = place - half - CLEAR * pixels, place + half + CLEAR * pixels
            if not _free(low, high, taken, frame):
                continue
            covered = int(((marks > low) & (marks < high)).all(axis=1).sum())
            cost = ring + 8 * covered + 0.001 * turn
            if cost < least:
                best, least = place, cost
    return best


def _free(
    low: np.ndarray,
    high: np.ndarray,
    taken: list[tuple[float, float, float, float]],
    frame: object,
) -> bool:
    if low[0] < frame.x0 or low[1] < frame.y0 or high[0] > frame.x1 or high[1] > frame.y1:  # type: ignore[attr-defined]
        return False
    return all(
        high[0] <= x0 or low[0] >= x1 or high[1] <= y0 or low[1] >= y1 for x0, y0, x1, y1 in taken
    )
