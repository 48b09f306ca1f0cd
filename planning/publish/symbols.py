"""How actions look, everywhere alike: shape and colour, so that a copy in black and white can still be read."""

from __future__ import annotations

from dataclasses import dataclass


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
    """

    marker: str
    qgis: str
    colour: str
    size: float = 1.0


SIGNS: dict[str, Sign] = {
    "keep": Sign("o", "circle", "#2B6CB0", 0.85),
    "enlarge": Sign("^", "triangle", "#E07B00", 1.1),
    "reduce": Sign("v", "equilateral_triangle", "#8C6D31", 1.1),
    "new": Sign("*", "star", "#D0021B", 1.6),
    "move": Sign("p", "pentagon", "#00857C", 1.15),
    "convert": Sign("D", "diamond", "#7B3FB5", 0.9),
    "merge": Sign("X", "cross_fill", "#4A4A4A", 1.1),
}
