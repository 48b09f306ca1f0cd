"""Texts on the map: where they stand so that they cover neither each other nor what is drawn."""

from __future__ import annotations

from typing import Any

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
from planning.publish.sites import located

SIDES = np.array([(1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (0, 1), (-1, 0), (0, -1)]) * 1.02
RINGS = (1.0, 1.8, 2.6)
ROUNDS = 200  # of label placement: counted, not timed, so that the same sheet is always set alike
NAME_COLOUR = "#5A4A6A"


def beside(axes: Axes, text: Text, mark: Bbox, taken: list[Bbox]) -> Bbox:
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
    ring, best = min(tried, key=lambda option: (covered(option[1], others) + beyond(option[1], axes.bbox), option[0]))
    x, y = axes.transData.inverted().transform(((best.x0 + best.x1) / 2, (best.y0 + best.y1) / 2))
    text.set_position((x, y))
    if ring > 1.5:
        start = axes.transData.inverted().transform(centre)
        axes.plot([start[0], x], [start[1], y], color="#444444", linewidth=0.4, zorder=5.5)
    return best


def covered(box: Bbox, others: NDArray[np.float64]) -> float:
    """Return the area that a box shares with others, in pixels."""
    wide = np.minimum(box.x1, others[:, 2]) - np.maximum(box.x0, others[:, 0])
    high = np.minimum(box.y1, others[:, 3]) - np.maximum(box.y0, others[:, 1])
    return float((wide.clip(0) * high.clip(0)).sum())


def beyond(box: Bbox, frame: Bbox) -> float:
    """Return the area of a box outside a frame, in pixels."""
    inside = Bbox.intersection(box, frame)
    return float(box.width * box.height - (0 if inside is None else inside.width * inside.height))


def mark_box(axes: Axes, point: shapely.Point, size: float) -> Bbox:
    """Return the room of a mark of a size in points, in pixels."""
    x, y = axes.transData.transform((point.x, point.y))
    half = size * axes.get_figure(root=True).dpi / 144  # type: ignore[union-attr]
    return Bbox.from_extents(x - half, y - half, x + half, y + half)


def township_names(axes: Axes, sheet: Sheet, seen: Extent) -> list[Text]:
    """Set the names of the townships inside them; none where the county is one."""
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


def clear(axes: Axes, texts: list[Text], taken: list[Bbox]) -> None:
    """Move names until they cover neither each other nor what is taken."""
    if texts:
        data = axes.transData.inverted()
        boxes = [box.transformed(data) for box in taken]
        adjust_text(texts, objects=boxes or None, ax=axes, iter_lim=ROUNDS, min_arrow_len=10_000, prevent_crossings=False)


def halo(axes: Axes, text: Text) -> None:
    """Put a white outline below a text; the text itself stays text in a PDF."""
    x, y = text.get_position()
    below = axes.text(
        x, y, text.get_text(), fontproperties=text.get_fontproperties(), color="white", ha="center", va="center",
        zorder=text.get_zorder() - 0.5, clip_on=True, parse_math=False,
    )  # fmt: skip
    below.set_path_effects([withStroke(linewidth=2.0, foreground="white")])
