"""How actions look, everywhere alike: shape and colour, so that a copy in black and white can still be read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.markers import MarkerStyle


@dataclass(frozen=True)
class Sign:
    """The sign of an action.

    Attributes
    ----------
    marker : str
        Marker of matplotlib.
    qgis : str
        Simple marker of QGIS.
    colour : str
        Fill, as #RRGGBB.
    size : float
        Relative to a circle.
    turn : float
        Degrees by which the marker of QGIS is turned to look like that of matplotlib.
    """

    marker: str
    qgis: str
    colour: str
    size: float = 1.0
    turn: float = 0.0


SIGNS: dict[str, Sign] = {
    "keep": Sign("o", "circle", "#2B6CB0", 0.85),
    "enlarge": Sign("^", "triangle", "#E07B00", 1.1),
    "reduce": Sign("v", "triangle", "#8C6D31", 1.1, 180.0),
    "new": Sign("*", "star", "#D0021B", 1.6),
    "move": Sign("p", "pentagon", "#00857C", 1.15),
    "convert": Sign("D", "diamond", "#7B3FB5", 0.9),
    "merge": Sign("X", "cross_fill", "#4A4A4A", 1.1, 45.0),
    "close": Sign("s", "square", "#8A1C1C", 0.8),
}


def svg(sign: Sign, pixels: float = 18.0) -> str:
    """Return a sign as SVG with white edges, for a page."""
    marker = MarkerStyle(sign.marker)
    path = marker.get_path().transformed(marker.get_transform())
    polygon = np.asarray(path.to_polygons(closed_only=True)[0], dtype=float)
    reach = 1.15 * np.abs(polygon).max()
    points = " ".join(f"{x:.3f},{-y:.3f}" for x, y in polygon)
    box = f"{-reach:.3f} {-reach:.3f} {2 * reach:.3f} {2 * reach:.3f}"
    edge = f'stroke="#fff" stroke-width="{reach / 10:.3f}" stroke-linejoin="round"'
    return f'<svg width="{pixels:g}" height="{pixels:g}" viewBox="{box}"><polygon points="{points}" fill="{sign.colour}" {edge}/></svg>'
