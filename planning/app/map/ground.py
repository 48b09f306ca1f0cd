"""What lies under the facilities and never changes while a county is open: outlines, names and roads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from layers.facts import Facts
from layers.streets import StreetNetwork

LARGEST = 80_000
"""Points of roads that are drawn; classes of little weight are left out before that."""

# Classes as OpenStreetMap names them, the weightiest first, with colour and width in pixels.
ROAD_STYLES = (
    (("motorway", "trunk"), "#c9a66b", 2.6),
    (("primary",), "#c4b08d", 2.2),
    (("secondary",), "#bdb7a8", 1.8),
    (("tertiary",), "#c3c4c2", 1.3),
    (("unclassified", "residential", "living_street", "road"), "#d3d6d8", 0.9),
    (("service", "track", "pedestrian", "footway", "path", "steps", "cycleway"), "#dfe2e4", 0.7),
)


@dataclass(frozen=True)
class Ground:
    """The heavy part of the live map, sent once to a browser.

    Attributes
    ----------
    version : str
        Hash of the content.
    base : dict
        ``county`` and ``townships`` (rings of [lat, lon]) and ``roads`` (lines of [lat, lon] by style).
    bounds : ((south, west), (north, east))
    """

    version: str
    base: dict[str, Any]
    bounds: tuple[tuple[float, float], tuple[float, float]]


def ground(facts: Facts) -> Ground:
    """Return the ground of a county's map."""
    draw = Drawing(facts.crs)
    county = facts.outlines.county
    townships = facts.outlines.townships
    base = {
        "county": None if county is None else draw.rings(county),
        "townships": [_township(draw, str(name), area) for name, area in zip(townships["name"], townships.geometry, strict=True)],
        "roads": _roads(facts.streets, draw),
    }
    version = hashlib.sha256(json.dumps(base, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
    return Ground(version, base, draw.bounds(_extent(facts)))


class Drawing:
    """Metric geometry as lists of [lat, lon], to about a metre."""

    def __init__(self, crs: CRS) -> None:
        self._to_degrees = Transformer.from_crs(crs, CRS.from_epsg(4326), always_xy=True)

    def points(self, coordinates: np.ndarray[Any, Any]) -> list[list[float]]:
        """Return points."""
        lon, lat = self._to_degrees.transform(coordinates[:, 0], coordinates[:, 1])
        return [[round(float(y), 5), round(float(x), 5)] for x, y in zip(lon, lat, strict=True)]

    def rings(self, area: shapely.Geometry) -> list[list[list[list[float]]]]:
        """Return the rings of an area's polygons, simplified to 20 m."""
        simple = shapely.simplify(area, 20.0)
        return [[self.points(shapely.get_coordinates(ring)) for ring in [part.exterior, *part.interiors]] for part in _polygons(simple)]

    def bounds(self, box: tuple[float, float, float, float]) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return a box as ((south, west), (north, east))."""
        west, south, east, north = self._to_degrees.transform_bounds(*box)
        return (south, west), (north, east)


def _polygons(area: shapely.Geometry) -> list[shapely.Polygon]:
    return [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]


def _township(draw: Drawing, name: str, area: BaseGeometry | None) -> dict[str, Any]:
    if area is None or area.is_empty:
        return {"name": name, "rings": [], "at": None}
    inside = shapely.get_coordinates(shapely.point_on_surface(area))
    return {"name": name, "rings": draw.rings(area), "at": draw.points(inside)[0]}


def _extent(facts: Facts) -> tuple[float, float, float, float]:
    """Return the county's box in the metric CRS: its outline, or its people where there is none."""
    cells: gpd.GeoDataFrame = facts.population.cells
    box = cells.total_bounds if facts.outlines.county is None else facts.outlines.county.bounds
    west, south, east, north = (float(value) for value in box)
    return west, south, east, north


def _roads(streets: StreetNetwork, draw: Drawing) -> list[dict[str, Any]]:
    """Return the roads by style, the weightiest last so that they are drawn on top."""
    classes = streets.streets["highway"].astype(str).str.removesuffix("_link").to_numpy()[streets.street]
    drawn: list[dict[str, Any]] = []
    points = 0
    for names, colour, weight in ROAD_STYLES:
        lines = chains(streets, np.flatnonzero(np.isin(classes, names)))
        points += sum(len(line) for line in lines)
        if points > LARGEST and drawn:
            break
        drawn.append({"colour": colour, "weight": weight, "lines": [draw.points(line) for line in lines]})
    return drawn[::-1]


def chains(streets: StreetNetwork, segments: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    """Return segments as lines, those that follow each other on one street joined, simplified to 10 m."""
    if len(segments) == 0:
        return []
    tail, head, street = streets.tail[segments], streets.head[segments], streets.street[segments]
    breaks = np.flatnonzero((head[:-1] != tail[1:]) | (street[:-1] != street[1:])) + 1
    nodes: Iterable[np.ndarray[Any, Any]] = (
        np.append(part_tail, part_head[-1:]) for part_tail, part_head in zip(np.split(tail, breaks), np.split(head, breaks), strict=True)
    )
    lines = [shapely.LineString(np.column_stack([streets.x[chain], streets.y[chain]])) for chain in nodes]
    return [shapely.get_coordinates(line) for line in shapely.simplify(np.array(lines, dtype=object), 10.0)]
