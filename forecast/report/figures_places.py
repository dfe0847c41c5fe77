"""Firms, centres and campuses by province, as maps of equal squares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from forecast.report.cohort_words import Names, Tables, programme_name, unit_name
from forecast.report.page_places import IN_PROVINCE, first_places
from forecast.report.style import sheet, shorten
from forecast.report.tile_map import TILES, draw_tiles

FEWEST_PROVINCES = 6  # with a place: fewer are told in the table
ACROSS = 4  # maps beside each other

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_places(tables: Tables, names: Names) -> Figure | None:
    """Provinces as equal squares, one map a programme whose sites have a province."""
    table = first_places(tables)
    table = table[table["site_kind"].isin(IN_PROVINCE)]
    many = table.groupby(["programme", "unit"])["sido"].transform("nunique") >= FEWEST_PROVINCES
    table = table[many]
    if table.empty:
        return None
    counts = table.groupby(["programme", "unit", "sido"], sort=False)["count"].sum()
    kinds = list(dict.fromkeys((code, unit) for code, unit, _ in counts.index))
    across = min(ACROSS, len(kinds))
    down = -(-len(kinds) // across)
    figure = sheet(
        f"{int(table['year'].min())}년 기업과 장소는 어디에 있는가 (시도를 같은 크기로 둔 지도)",
        "Firms, centres and campuses by province; units differ from map to map, none is added to "
        "persons",
        width=11.5,
        height=1.0 + 12.5 / across * down,
    )
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for axes, (code, unit) in zip(panels, kinds, strict=False):
        _map(axes, counts[code, unit], names.get("sido", {}))
        name = shorten(programme_name(code, names), 16)
        axes.set_title(f"{name}\n{counts[code, unit].sum():,.0f}{unit_name(unit)}", size=10)
    for axes in panels[len(kinds) :]:
        axes.set_axis_off()
    return figure


def _map(axes: Axes, counts: pd.Series, known: Mapping[str, str]) -> None:
    counts = counts.reindex(list(TILES), fill_value=0)
    levels = counts / (float(counts.max()) or 1.0)
    draw_tiles(axes, levels, {code: f"{int(count):,}" for code, count in counts.items()}, known)
