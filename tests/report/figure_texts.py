"""Which texts of a figure cover each other or leave the sheet."""

from __future__ import annotations

import itertools

from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from forecast.report.style import drawing

TOUCH = 1.0  # pixels that two boxes may share: a box is a little larger than its glyphs


def boxes(figure) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Every text that is drawn, with its left, lower, right and upper end in pixels."""
    FigureCanvasAgg(figure)
    with drawing():  # the type of the report decides how many ticks there are
        figure.draw_without_rendering()
        not_drawn = {
            id(text)
            for axes in figure.axes
            for axis in (axes.xaxis, axes.yaxis)
            for text in _not_drawn(axis, axes.axison)
        }
        texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
        # The extent of an annotation would hold its line as well.
        return [
            (text.get_text(), tuple(Text.get_window_extent(text).extents))
            for text in texts
            if id(text) not in not_drawn
        ]


def overlaps(figure) -> list[tuple[str, str]]:
    """Pairs of texts that cover each other."""
    found = []
    for (one, a), (two, b) in itertools.combinations(boxes(figure), 2):
        across = min(a[2], b[2]) - max(a[0], b[0])
        along = min(a[3], b[3]) - max(a[1], b[1])
        if across > TOUCH and along > TOUCH:
            found.append((one, two))
    return found


def outside(figure) -> list[str]:
    """Texts that leave the sheet."""
    width, height = figure.bbox.width, figure.bbox.height
    return [
        text
        for text, (left, low, right, high) in boxes(figure)
        if left < -TOUCH or low < -TOUCH or right > width + TOUCH or high > height + TOUCH
    ]


def _not_drawn(axis: Axis, shown: bool) -> list[Text]:
    """Texts of an axis beyond its limits; it keeps ticks that it no longer draws, too."""
    low, high = sorted(axis.get_view_interval())
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    inside = [tick for tick in ticks if shown and low <= tick.get_loc() <= high]
    drawn = {id(label) for tick in inside for label in (tick.label1, tick.label2)}
    if shown:
        drawn |= {id(axis.label), id(axis.offsetText)}
    return [text for text in axis.findobj(Text) if id(text) not in drawn]
