"""Where the words of a figure stand: nobody can read two on top of each other."""

from __future__ import annotations

import matplotlib.text
from matplotlib.backends.backend_agg import FigureCanvasAgg


def collisions(figure):
    """Words beyond the edge of the figure, and pairs that run into each other."""
    boxes = words_of(figure)
    width, height = figure.canvas.get_width_height()
    found = [
        said for said, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height
    ]
    for number, (said, box) in enumerate(boxes):
        for other, beside in boxes[number + 1 :]:
            across = min(box.x1, beside.x1) - max(box.x0, beside.x0)
            along = min(box.y1, beside.y1) - max(box.y0, beside.y0)
            if across >= 1 and along >= 1:
                found.append((said, other))
    return found


def words_of(figure):
    """Boxes of the words that are seen, drawn: not those of ticks beyond the axes."""
    FigureCanvasAgg(figure).draw()
    unseen = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if not axes.get_visible() or not low <= tick.get_loc() <= high:
                    unseen |= {tick.label1, tick.label2}
    texts = figure.findobj(matplotlib.text.Text)
    return [
        (text.get_text(), text.get_window_extent())
        for text in dict.fromkeys(texts)
        if text.get_text().strip() and text.get_visible() and text not in unseen
    ]
