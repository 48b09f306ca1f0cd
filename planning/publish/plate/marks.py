"""Sites on the map, with numbers and names that do not cover each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from adjustText import adjust_text
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from planning.publish.plate.ground import Extent
from planning.publish.plate.page import font
from planning.publish.sheet import Sheet
from planning.publish.sites import each, located
from planning.publish.symbols import SIGNS

MOST_NUMBERS = 90
NUMBER_SIZE = 6.5
SIDES = np.array([(1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (0, 1), (-1, 0), (0, -1)]) * 1.02
RINGS = (1.0, 1.8, 2.6)
ROUNDS = 200  # of label placement: counted, not timed, so that the same sheet is always set alike
# Types of one domain have kindred colours of their own; side by side on paper they must be told apart.
TYPE_COLOURS = ("#2B6CB0", "#E07B00", "#2E8B57", "#B23A48", "#7B3FB5", "#C9A227", "#00857C", "#6B6B6B")
NAME_COLOUR = "#5A4A6A"


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
    marks = {site.Index: _mark_box(axes, site.geometry, size * SIGNS[site.action].size) for site in each(sites)}
    names = _township_names(axes, sheet, seen)
    _clear(axes, names, list(marks.values()))
    numbered = sites if len(sites) <= MOST_NUMBERS else sites.loc[sites["action"] != "keep"]
    style: dict[str, Any] = {"fontproperties": font(NUMBER_SIZE), "color": "#111111", "ha": "center", "va": "center", "zorder": 9, "clip_on": True}
    numbers = [axes.text(site.geometry.x, site.geometry.y, str(site.number), **style) for site in each(numbered)]
    taken = [*marks.values(), *(name.get_window_extent() for name in names)]
    for text, facility in zip(numbers, numbered.index, strict=True):
        taken.append(_beside(axes, text, marks[facility], taken))
    for text in (*names, *numbers):
        _halo(axes, text)
    return (*names, *numbers)


def _beside(axes: Axes, text: Text, mark: Bbox, taken: list[Bbox]) -> Bbox:
    """Move a number beside its mark, where it covers least; return the room it takes.

    Positions are tried in the order of Imhof (1975), right above first, then farther off with a line; the first free one is taken.
    """
    own = text.get_window_extent()
    centre = np.array([(mark.x0 + mark.x1) / 2, (mark.y0 + mark.y1) / 2])
    room = np.array([own.width + mark.width, own.height + mark.height]) / 2
    half = np.array([own.width, own.height]) / 2
    places = [(ring, centre + ring * room * side) for ring in RINGS for side in SIDES]
    tried = [(ring, Bbox([place - half, place + half])) for ring, place in places]
    others = np.array([box.extents for box in taken])
    ring, best = min(tried, key=lambda option: (_covered(option[1], others) + _beyond(option[1], axes.bbox), option[0]))
    x, y = axes.transData.inverted().transform(((best.x0 + best.x1) / 2, (best.y0 + best.y1) / 2))
    text.set_position((x, y))
    if ring > 1.5:
        start = axes.transData.inverted().transform(centre)
        axes.plot([start[0], x], [start[1], y], color="#444444", linewidth=0.4, zorder=5.5)
    return best


def _covered(box: Bbox, others: NDArray[np.float64]) -> float:
    """Return the area that a box shares with others, in pixels."""
    wide = np.minimum(box.x1, others[:, 2]) - np.maximum(box.x0, others[:, 0])
    high = np.minimum(box.y1, others[:, 3]) - np.maximum(box.y0, others[:, 1])
    return float((wide.clip(0) * high.clip(0)).sum())


def _beyond(box: Bbox, frame: Bbox) -> float:
    inside = Bbox.intersection(box, frame)
    return float(box.width * box.height - (0 if inside is None else inside.width * inside.height))


def _mark_box(axes: Axes, point: shapely.Point, size: float) -> Bbox:
    x, y = axes.transData.transform((point.x, point.y))
    half = size * axes.get_figure(root=True).dpi / 144  # type: ignore[union-attr]
    return Bbox.from_extents(x - half, y - half, x + half, y + half)


def _township_names(axes: Axes, sheet: Sheet, seen: Extent) -> list[Text]:
    townships = sheet.facts.outlines.townships
    known = located(townships)
    if len(townships) <= 1:
        return []
    size = 11.0 if len(known) <= 12 else (9.0 if len(known) <= 25 else 7.5)
    room = shapely.box(seen.west, seen.south, seen.east, seen.north)
    texts = []
    for name, shape in zip(known["name"], known.geometry, strict=True):
        inside = shape.intersection(room)
        if not inside.is_empty:
            point = inside.representative_point()
            style: dict[str, Any] = {"ha": "center", "va": "center", "color": NAME_COLOUR, "zorder": 8, "clip_on": True, "parse_math": False}
            texts.append(axes.text(point.x, point.y, str(name), fontproperties=font(size), **style))
    return texts


def _clear(axes: Axes, texts: list[Text], taken: list[Bbox]) -> None:
    """Move names until they cover neither each other nor what is taken."""
    if texts:
        data = axes.transData.inverted()
        boxes = [box.transformed(data) for box in taken]
        adjust_text(texts, objects=boxes or None, ax=axes, iter_lim=ROUNDS, min_arrow_len=10_000, prevent_crossings=False)


def _halo(axes: Axes, text: Text) -> None:
    """Put a white outline below a text; the text itself stays text in a PDF."""
    x, y = text.get_position()
    below = axes.text(
        x, y, text.get_text(), fontproperties=text.get_fontproperties(), color="white", ha="center", va="center",
        zorder=text.get_zorder() - 0.5, clip_on=True, parse_math=False,
    )  # fmt: skip
    below.set_path_effects([withStroke(linewidth=2.0, foreground="white")])
