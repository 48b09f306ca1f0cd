"""What the live map draws of streets that the scenario closes or builds, and of a road that is being drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from pyproj import CRS

from layers.crs import from_metric
from layers.texts import say
from planning.app import words
from scenarios.roads import Closed
from scenarios.state import State

# The plate's colours: colour and dashes.
STYLES = {"closed": ("#c00000", "6 4"), "built": ("#1f4e9e", "12 6"), "sketch": ("#d0021b", "4 5")}


def drawn(state: State, sketch: tuple[tuple[float, float], ...], crs: CRS) -> list[dict[str, Any]]:
    """Return the map's ``changes``: lines of [lat, lon] with their kind, colour and dashes, and whether their points are shown.

    Parameters
    ----------
    state : State
    sketch : tuple of (lon, lat)
        Points of the road that is being drawn, in WGS 84.
    crs : CRS
        The county's metric CRS.
    """
    found = [_line("closed" if isinstance(change, Closed) else "built", [_degrees(line, crs) for line in change.lines]) for change in state.streets]
    return [*found, _line("sketch", [[[lat, lon] for lon, lat in sketch]])] if sketch else found


def legend(state: State) -> list[dict[str, Any]]:
    """Return what the map's legend says of closed and built streets."""
    kinds = {"closed" if isinstance(change, Closed) else "built" for change in state.streets}
    return [
        {"fill": "transparent", "stroke": colour, "dash": dash, "shape": "line", "text": say(f"publish.ground.{kind}", words.lang())}
        for kind, (colour, dash) in STYLES.items()
        if kind in kinds
    ]


def _line(kind: str, lines: list[list[list[float]]]) -> dict[str, Any]:
    colour, dash = STYLES[kind]
    return {"kind": kind, "lines": lines, "colour": colour, "dash": dash, "points": kind == "sketch"}


def _degrees(line: Iterable[tuple[float, float]], crs: CRS) -> list[list[float]]:
    x, y = np.array(list(line), dtype=float).T
    lon, lat = from_metric(x, y, "WGS84", crs)
    return [[round(float(north), 6), round(float(east), 6)] for east, north in zip(lon, lat, strict=True)]
