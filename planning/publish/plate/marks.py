"""Sites on the map, with numbers and names that do not cover each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from typing import Any

import geopandas as gpd
import shapely
from matplotlib.axes import Axes
from matplotlib.text import Text

from planning.publish.plate.ground import Extent
from planning.publish.plate.labels import beside, clear, halo, mark_box, township_names
from planning.publish.plate.page import font
from planning.publish.sheet import Sheet
from planning.publish.sites import each, located
from planning.publish.symbols import SIGNS

MOST_NUMBERS = 90
NUMBER_SIZE = 6.5
# Types of one domain have kindred colours of their own; side by side on paper they must be told apart.
TYPE_COLOURS = ("#2B6CB0", "#E07B00", "#2E8B57", "#B23A48", "#7B3FB5", "#C9A227", "#00857C", "#6B6B6B")


@dataclass(frozen=True)
class Marks:
    """What was drawn of the sites.

    Attributes
    ----------
    colours : mapping
        Fill by type where several types are drawn; empty where colours tell the action.
    texts : tuple of Text
        Township names and site numbers as they were placed.
    arrows : frozenset of str
        ``move`` and ``merge`` where such a line was drawn.
    """

    colours: dict[str, str]
    texts: tuple[Text, ...]
    arrows: frozenset[str]


def draw(axes: Axes, sheet: Sheet, seen: Extent) -> Marks:
    """Draw sites, the lines between them, and names."""
    sites = located(sheet.sites)
    types = set(sites["type"])
    shown = [kind.key for kind in sheet.kinds if kind.key in types]
    colours = dict(zip(shown, cycle(TYPE_COLOURS), strict=False)) if len(sheet.kinds) > 1 else {}
    size = 8.5 if len(sites) <= 60 else (7.0 if len(sites) <= 150 else 5.5)
    arrows = _lines(axes, sites)
    # Kept sites below, what changes on top.
    for site in each(sites.iloc[::-1]):
        sign = SIGNS[site.action]
        axes.plot(
            site.geometry.x, site.geometry.y, marker=sign.marker, markersize=size * sign.size, linestyle="none",
            markerfacecolor=colours.get(site.type, sign.colour), markeredgecolor="white" if not colours else "#222222",
            markeredgewidth=0.6, zorder=6 if site.action == "keep" else 7,
        )  # fmt: skip
    return Marks(colours, _labels(axes, sheet, sites, seen, size), frozenset(arrows))


def _lines(axes: Axes, sites: gpd.GeoDataFrame) -> set[str]:
    """Draw where a site moves to, and which site takes over one that is given up."""
    arrows: set[str] = set()
    places = {site.Index: site.geometry for site in each(sites)}
    for site in each(sites):
        start: shapely.Point | None = None
        end: shapely.Point | None = None
        kind = ""
        if site.action == "move" and not site.origin.is_empty:
            start, end, kind = site.origin, site.geometry, "move"
        elif site.action == "merge" and site.into in places:
            start, end, kind = site.geometry, places[site.into], "merge"
        if start is not None and end is not None:
            style = {"arrowstyle": "-|>", "color": SIGNS[kind].colour, "linewidth": 0.9, "linestyle": (0, (3, 2)), "shrinkA": 4, "shrinkB": 5}
            axes.annotate("", (end.x, end.y), (start.x, start.y), arrowprops={**style, "mutation_scale": 8}, zorder=5)
            arrows.add(kind)
    return arrows


def _labels(axes: Axes, sheet: Sheet, sites: gpd.GeoDataFrame, seen: Extent, size: float) -> tuple[Text, ...]:
    """Place township names, then site numbers, each clear of what is there already."""
    marks = {site.Index: mark_box(axes, site.geometry, size * SIGNS[site.action].size) for site in each(sites)}
    names = township_names(axes, sheet, seen)
    clear(axes, names, list(marks.values()))
    numbered = sites if len(sites) <= MOST_NUMBERS else sites.loc[sites["action"] != "keep"]
    style: dict[str, Any] = {"fontproperties": font(NUMBER_SIZE), "color": "#111111", "ha": "center", "va": "center", "zorder": 9, "clip_on": True}
    numbers = [axes.text(site.geometry.x, site.geometry.y, str(site.number), **style) for site in each(numbered)]
    taken = [*marks.values(), *(name.get_window_extent() for name in names)]
    for text, facility in zip(numbers, numbered.index, strict=True):
        taken.append(beside(axes, text, marks[facility], taken))
    for text in (*names, *numbers):
        halo(axes, text)
    return (*names, *numbers)
