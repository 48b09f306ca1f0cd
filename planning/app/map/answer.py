"""What the live map draws because the planner asked for it: a cell with its trips, and the service area of a facility."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import shapely

from planning.app import words
from planning.workbench import Inquiry

ASKED = "#111827"
AREA = "#1d4ed8"
TRIPS = (("nearest", "#1b2a6b", None), ("second", "#8a1c5b", "7 6"))
"""The trips of a cell, the best first: name, colour and dashes."""


@dataclass(frozen=True)
class Answer:
    """What was asked for.

    Attributes
    ----------
    inquiry : Inquiry or None
        A cell and its trips.
    area : Geometry or None
        The service area of the chosen facility, in WGS 84 degrees.
    """

    inquiry: Inquiry | None = None
    area: shapely.Geometry | None = None


NOTHING = Answer()


def drawn(answer: Answer) -> dict[str, Any]:
    """Return the map's ``cell``, ``trips`` (the best last, so that it lies on top) and ``area``, as [lat, lon]."""
    inquiry, area = answer.inquiry, answer.area
    return {
        "cell": None if inquiry is None or not inquiry.outline else {"ring": _latlon(inquiry.outline), "colour": ASKED},
        "trips": [{"line": line, "colour": colour, "dash": dash} for line, (_, colour, dash) in _trips(inquiry)][::-1],
        "area": None if area is None or shapely.is_empty(area) else {"rings": _rings(area), "colour": AREA},
    }


def legend(answer: Answer) -> list[dict[str, Any]]:
    """Return what the map's legend says of it."""
    entries = [
        {"fill": "transparent", "stroke": colour, "dash": dash, "shape": "line", "text": words.t(f"inquiry.way_{name}")}
        for _, (name, colour, dash) in _trips(answer.inquiry)
    ]
    if answer.area is not None:
        entries.append({"fill": f"{AREA}33", "stroke": AREA, "dash": None, "shape": "square", "text": words.t("served.name")})
    return entries


def _trips(inquiry: Inquiry | None) -> list[tuple[list[list[float]], tuple[str, str, str | None]]]:
    """Return the lines that can be drawn, with their style."""
    trips = () if inquiry is None else inquiry.trips
    return [(_latlon(trip.line), style) for trip, style in zip(trips, TRIPS, strict=False) if trip.line]


def _latlon(points: Iterable[tuple[float, float]]) -> list[list[float]]:
    return [[round(lat, 6), round(lon, 6)] for lon, lat in points]


def _rings(area: shapely.Geometry) -> list[list[list[list[float]]]]:
    parts = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]
    return [[_latlon(shapely.get_coordinates(ring).tolist()) for ring in [part.exterior, *part.interiors]] for part in parts]
