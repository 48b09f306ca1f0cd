"""Homes with their fates on the plate, and straight arrows from each home that ends to the one that takes over; no text covers another."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from planning.publish.consolidation.paper import ConsolidationSheet, Deed, Transfer
from planning.publish.plate.ground import Extent
from planning.publish.plate.labels import NAME_COLOUR, SIDES, beyond, covered, halo, mark_box
from planning.publish.plate.page import font
from planning.publish.sites import located
from planning.publish.symbols import SIGNS
from planning.publish.wording import number

Points = NDArray[np.float64]
ARROW = "#5B3A8E"
NAMED = 24
"""Up to this many homes the map tells their names beside their numbers."""
SIZE = 9.5
ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)
ASIDE = (0.0, 1.0, -1.0)
LONG = 2.5  # a shorter arrow, in widths of its number, would disappear below it: the number stands beside
RINGS = (1.0, 1.5, 2.1, 2.8)
STEP = 4.0  # pixels between the points by which an arrow is known to a label
CROSSED = 60.0  # what a point of an arrow below a label counts, in square pixels of overlap
HEAD = 14.0  # pixels between a home's middle and the middle of an arrow's head, and about as wide a head
TRIED = 60


def draw(axes: Axes, paper: ConsolidationSheet, seen: Extent) -> list[Text]:
    """Draw arrows, homes and texts; return the texts."""
    for move in paper.each_move():
        _arrow(axes, move)
    marks = {deed.Index: _home(axes, deed) for deed in paper.each_deed()}
    crossed = _points(axes, paper)
    taken = [*marks.values(), *(_head(axes, move) for move in paper.each_move())]
    texts: list[Text] = []
    texts += [_number(axes, paper, move, taken) for move in paper.each_move()]
    texts += [_name(axes, deed, len(paper.deeds), marks[deed.Index], (taken, crossed)) for deed in paper.each_deed()]
    texts += _townships(axes, paper, seen, (taken, crossed))
    for text in texts:
        if text.get_bbox_patch() is None:
            halo(axes, text)
    return texts


def width_of(residents: float) -> float:
    """Return how wide an arrow is drawn for so many residents, in points: the more the wider, told apart and never a bar."""
    return float(np.clip(0.9 + 0.25 * np.sqrt(residents), 1.0, 3.0))


def _arrow(axes: Axes, move: Transfer) -> None:
    width = width_of(move.residents)
    arrow = FancyArrowPatch(
        (move.x, move.y), (move.into_x, move.into_y), arrowstyle="-|>", mutation_scale=9 + 2.5 * width, shrinkA=4, shrinkB=7,
        linewidth=width, color=ARROW, alpha=0.85, zorder=5, joinstyle="miter",
    )  # fmt: skip
    arrow.set_path_effects([withStroke(linewidth=width + 1.6, foreground="white", alpha=0.9)])
    axes.add_patch(arrow)
    bare = FancyArrowPatch(
        (move.x, move.y), (move.into_x, move.into_y), arrowstyle="-|>", mutation_scale=9 + 2.5 * width, shrinkA=4, shrinkB=7,
        linewidth=width, color=ARROW, alpha=0.85, zorder=5.1, joinstyle="miter",
    )  # fmt: skip
    axes.add_patch(bare)


def _head(axes: Axes, move: Transfer) -> Bbox:
    """Return the room of an arrow's head, in pixels."""
    start, end = axes.transData.transform([(move.x, move.y), (move.into_x, move.into_y)])
    back = min(1.0, HEAD / max(float(np.hypot(*(start - end))), 1e-9))
    x, y = end + back * (start - end)
    return Bbox.from_extents(x - HEAD / 2, y - HEAD / 2, x + HEAD / 2, y + HEAD / 2)


def _home(axes: Axes, deed: Deed) -> Bbox:
    sign = SIGNS[deed.action]
    size = SIZE * sign.size
    axes.plot(
        deed.x, deed.y, marker=sign.marker, markersize=size, linestyle="none", markerfacecolor=sign.colour, markeredgecolor="white",
        markeredgewidth=0.8, zorder=6 if deed.action in {"merge", "close"} else 7,
    )  # fmt: skip
    return mark_box(axes, shapely.Point(deed.x, deed.y), size)


def _points(axes: Axes, paper: ConsolidationSheet) -> Points:
    """Return points along all arrows in pixels, shape (points, 2)."""
    found = [np.empty((0, 2))]
    for move in paper.each_move():
        start, end = axes.transData.transform([(move.x, move.y), (move.into_x, move.into_y)])
        part = np.linspace(0, 1, max(2, int(np.hypot(*(end - start)) / STEP)))
        found.append(start + part[:, None] * (end - start))
    return np.concatenate(found)


def _number(axes: Axes, paper: ConsolidationSheet, move: Transfer, taken: list[Bbox]) -> Text:
    """Set the number of residents upon their arrow, where it is clear of homes and of other numbers."""
    box = {"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": ARROW, "linewidth": 0.6}
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": ARROW, "zorder": 8.5, "clip_on": True, "bbox": box}
    told = paper.say("people", value=number(move.residents))
    text = axes.text(move.x, move.y, told, fontproperties=font(6.5), **style)
    ends = np.array([(move.x, move.y), (move.into_x, move.into_y)])
    others = np.array([other.extents for other in taken])
    tried = []
    aside = _aside(axes, ends, _room(text))
    length = float(np.hypot(*np.diff(axes.transData.transform(ends), axis=0)[0]))
    sides = ASIDE if length > LONG * _room(text).width else (*ASIDE[1:], ASIDE[0])
    for rank, (side, part) in enumerate((side, part) for side in sides for part in ALONG):
        place = ends[0] + part * (ends[1] - ends[0]) + side * aside
        text.set_position((place[0], place[1]))
        room = _room(text)
        tried.append((covered(room, others) + beyond(room, axes.bbox), rank, place, room))
    _, _, place, room = min(tried, key=lambda option: option[:2])
    text.set_position((place[0], place[1]))
    taken.append(room)
    return text


def _aside(axes: Axes, ends: Points, room: Bbox) -> Points:
    """Return how far a number moves off its arrow to stand beside it, in metres."""
    start, end = axes.transData.transform(ends)
    along = (end - start) / max(float(np.hypot(*(end - start))), 1e-9)
    across = np.array([-along[1], along[0]])
    off = across * (2.0 + np.abs(across) @ np.array([room.width, room.height]) / 2)
    data = axes.transData.inverted().transform([start, start + off])
    moved: Points = data[1] - data[0]
    return moved


def _room(text: Text) -> Bbox:
    """Return the room of a text with the box around it, in pixels."""
    return text.get_window_extent().padded(2.0)


def _name(axes: Axes, deed: Deed, count: int, mark: Bbox, around: tuple[list[Bbox], Points]) -> Text:
    """Set a home's number, and its name where there are few, beside its sign where least is covered."""
    taken, crossed = around
    told = f"{deed.number} {deed.name}" if count <= NAMED else str(deed.number)
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": "#111111", "zorder": 9, "clip_on": True, "parse_math": False}
    text = axes.text(deed.x, deed.y, told, fontproperties=font(6.8), **style)
    own = text.get_window_extent()
    centre = np.array([(mark.x0 + mark.x1) / 2, (mark.y0 + mark.y1) / 2])
    room, half = np.array([own.width + mark.width, own.height + mark.height]) / 2, np.array([own.width, own.height]) / 2
    others = np.array([box.extents for box in taken])
    tried = []
    for rank, (ring, side) in enumerate((ring, side) for ring in RINGS for side in SIDES):
        # Farther rings leave by the height of a line, not by the length of a name.
        place = centre + side * (room + (ring - 1) * own.height)
        box = Bbox([place - half, place + half])
        tried.append((_cost(box, others, crossed) + beyond(box, axes.bbox) + 3.0 * own.height * (ring - 1), rank, ring, box))
    _, _, ring, best = min(tried, key=lambda option: option[:2])
    x, y = axes.transData.inverted().transform(((best.x0 + best.x1) / 2, (best.y0 + best.y1) / 2))
    text.set_position((x, y))
    if ring > 1.2:
        axes.plot([deed.x, x], [deed.y, y], color="#444444", linewidth=0.4, zorder=5.6)
    taken.append(best)
    return text


def _cost(box: Bbox, others: Points, crossed: Points) -> float:
    wide = box.padded(1.5)
    inside = (crossed[:, 0] > wide.x0) & (crossed[:, 0] < wide.x1) & (crossed[:, 1] > wide.y0) & (crossed[:, 1] < wide.y1)
    return covered(box, others) + CROSSED * float(inside.sum())


def _townships(axes: Axes, paper: ConsolidationSheet, seen: Extent, around: tuple[list[Bbox], Points]) -> list[Text]:
    """Set township names inside their townships where least is covered."""
    taken, crossed = around
    known = located(paper.sheet.facts.outlines.townships)
    if len(paper.sheet.facts.outlines.townships) <= 1:
        return []
    size = 11.0 if len(known) <= 12 else (9.0 if len(known) <= 25 else 7.5)
    room = shapely.box(seen.west, seen.south, seen.east, seen.north)
    texts = []
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": NAME_COLOUR, "zorder": 8, "clip_on": True, "parse_math": False}
    for name, shape in zip(known["name"], known.geometry, strict=True):
        inside = shape.intersection(room)
        if inside.is_empty:
            continue
        text = axes.text(0, 0, str(name), fontproperties=font(size), **style)
        others = np.array([box.extents for box in taken])
        tried = []
        for rank, place in enumerate(_within(inside)):
            text.set_position((place[0], place[1]))
            box = text.get_window_extent()
            tried.append((_cost(box, others, crossed) + beyond(box, axes.bbox), rank, place, box))
        _, _, place, box = min(tried, key=lambda option: option[:2])
        text.set_position((place[0], place[1]))
        taken.append(box)
        texts.append(text)
    return texts


def _within(shape: shapely.Geometry) -> Points:
    """Return places inside a shape, its middle first, shape (places, 2)."""
    middle = shapely.get_coordinates(shapely.point_on_surface(shape))
    west, south, east, north = shapely.bounds(shape)
    x, y = np.meshgrid(np.linspace(west, east, 18), np.linspace(south, north, 18))
    points = np.column_stack([x.ravel(), y.ravel()])
    deep = points[shapely.contains_xy(shapely.buffer(shape, -0.08 * min(east - west, north - south)), points[:, 0], points[:, 1])]
    near = np.argsort(np.hypot(*(deep - middle).T), kind="stable")[:TRIED]
    return np.concatenate([middle, deep[near]])
