"""The ground of the map: scale, cells, streets, exclusions and outlines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.path import Path
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from layers.streets import StreetNetwork
from planning.publish import cells
from planning.publish.sheet import Sheet
from planning.publish.sites import located

STEPS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
# Class of street, its highway values, line width in points, grey.
STREETS = (
    ("minor", (), 0.3, "#C9C9C9"),
    ("tertiary", ("tertiary", "tertiary_link"), 0.55, "#B5B5B5"),
    ("secondary", ("secondary", "secondary_link"), 0.8, "#A3A3A3"),
    ("primary", ("primary", "primary_link"), 1.1, "#949494"),
    ("trunk", ("motorway", "motorway_link", "trunk", "trunk_link"), 1.6, "#858585"),
)
CASED = 0.8  # streets from this width have a white casing
MANY_SEGMENTS = 25_000
HATCHES = {"exclude": ("////", "#A0522D"), "avoid": ("....", "#B08D57")}
SMALL_PART = 0.6
COUNTY_LINE = "#4A4A4A"
TOWNSHIP_LINE = "#7A7A7A"

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Extent:
    """The part of the world on the map: true to scale.

    Attributes
    ----------
    west, south, east, north : float
        Metres.
    scale : float
        Denominator of the numeric scale.
    """

    west: float
    south: float
    east: float
    north: float
    scale: float

    def metres(self, mm: float) -> float:
        """Return how long a length on paper is in the world."""
        return mm * self.scale / 1000


def extent(sheet: Sheet, width: float, height: float) -> Extent:
    """Return the largest round scale at which what is shown fits into a map of ``width`` x ``height`` mm, and the extent centred on it."""
    west, south, east, north = framed(sheet)
    needed = 1.06 * max((east - west) / width, (north - south) / height) * 1000
    scale = next(step * 10.0**power for power in range(2, 9) for step in STEPS if step * 10.0**power >= needed)
    half_w, half_h = width * scale / 2000, height * scale / 2000
    x, y = (west + east) / 2, (south + north) / 2
    return Extent(x - half_w, y - half_h, x + half_w, y + half_h, scale)


def framed(sheet: Sheet) -> Bounds:
    """Return what a map shows: the county, or where people live and sites stand when that is a small part of it."""
    whole, part = bounds(sheet), inhabited(sheet)
    if max(part[2] - part[0], part[3] - part[1]) > SMALL_PART * max(whole[2] - whole[0], whole[3] - whole[1]):
        return whole
    return part


def bounds(sheet: Sheet) -> Bounds:
    """Return the bounds of county and townships, and of cells and sites where there are no outlines."""
    outlines = sheet.facts.outlines
    shapes = [outlines.county, *outlines.townships.geometry]
    if all(shape is None or shape.is_empty for shape in shapes):
        return inhabited(sheet)
    return _roomy(np.array([shape for shape in shapes if shape is not None]))


def inhabited(sheet: Sheet) -> Bounds:
    """Return the bounds of the cells where people live and of the sites."""
    population = sheet.facts.population
    lived_in = population.cells.loc[(population.people.sum(axis=1) > 0).to_numpy()]
    return _roomy(np.concatenate([lived_in.geometry.to_numpy(), located(sheet.sites).geometry.to_numpy()]))


def _roomy(shapes: NDArray[np.object_]) -> Bounds:
    """Return the bounds of shapes, at least 500 m wide and high."""
    west, south, east, north = shapely.total_bounds(shapes)
    spare = max(500.0 - (east - west), 500.0 - (north - south), 0.0) / 2
    return float(west - spare), float(south - spare), float(east + spare), float(north + spare)


def outline_path(shape: BaseGeometry) -> Path:
    """Return the rings of polygons as one path."""
    polygons = [part for part in shapely.get_parts([shape]) if part.geom_type == "Polygon"]
    rings = [ring for polygon in polygons for ring in (shapely.orient_polygons(polygon).exterior, *shapely.orient_polygons(polygon).interiors)]
    return Path.make_compound_path(*[Path(np.asarray(ring.coords)[:, :2], closed=True) for ring in rings])


def polygons(axes: Axes, shapes: Iterable[BaseGeometry | None], **style: object) -> None:
    """Draw polygons; None and empty ones are skipped, lines and points among them too."""
    known = [shape for shape in shapes if shape is not None and not shape.is_empty and shape.area > 0]
    if known:
        axes.add_collection(PathCollection([outline_path(shape) for shape in known], **style), autolim=False)  # type: ignore[arg-type]


def draw(axes: Axes, sheet: Sheet, shading: cells.Shading | None, seen: Extent) -> set[str]:
    """Draw everything below the sites; return which parts are there, by the codes of the legend."""
    outlines = sheet.facts.outlines
    there: set[str] = set()
    axes.set(xlim=(seen.west, seen.east), ylim=(seen.south, seen.north), xticks=[], yticks=[], facecolor="#F7F7F5")
    polygons(axes, [outlines.county] if outlines.county else outlines.townships.geometry, facecolor="white", edgecolor="none", zorder=0)
    coverage = sheet.coverage
    if shading is not None and coverage is not None:
        image = cells.picture(sheet.facts.population, shading, coverage.people.index)
        west, south, east, north = image.box
        drawn = axes.imshow(image.pixels, extent=(west, east, south, north), interpolation="nearest", aspect="auto", zorder=1)
        if outlines.county is not None:
            drawn.set_clip_path(outline_path(outlines.county), transform=axes.transData)
        axes.set(xlim=(seen.west, seen.east), ylim=(seen.south, seen.north))
    there |= _exclusions(axes, sheet)
    there |= _streets(axes, sheet.facts.streets, seen)
    if len(outlines.townships) > 1 and outlines.townships.geometry.notna().any():
        polygons(axes, outlines.townships.geometry, facecolor="none", edgecolor=TOWNSHIP_LINE, linewidth=0.6, linestyle=(0, (6, 2, 1, 2)), zorder=4)
        there.add("township")
    if outlines.county is not None:
        polygons(axes, [outlines.county], facecolor="none", edgecolor="#E3DCE8", linewidth=3.0, zorder=3.8)
        polygons(axes, [outlines.county], facecolor="none", edgecolor=COUNTY_LINE, linewidth=1.0, zorder=4.1)
        there.add("county")
    return there


def _exclusions(axes: Axes, sheet: Sheet) -> set[str]:
    there: set[str] = set()
    for kind, (hatch, colour) in HATCHES.items():
        areas = sheet.facts.exclusions.of_domain(sheet.main.domain, kind)
        if len(areas):
            # Joined, or hatches of areas that overlap would run into a grey mass.
            joined = areas.geometry.union_all()
            polygons(axes, [joined], facecolor="none", edgecolor=colour, hatch=hatch, linewidth=0.4, zorder=2)
            there.add(kind)
    return there


def street_class(highway: str) -> str:
    """Return the class a street is drawn in."""
    return next((name for name, values, _, _ in STREETS if highway in values), "minor")


def _streets(axes: Axes, streets: StreetNetwork, seen: Extent) -> set[str]:
    lines, chain_class = street_lines(streets, seen.metres(0.05))
    there: set[str] = set()
    for name, _, width, grey in STREETS:
        chosen = lines[chain_class == name]
        if len(chosen) == 0:
            continue
        # Tens of thousands of lanes would make a file that no office computer scrolls: they are drawn as a picture.
        many = int(shapely.get_num_coordinates(chosen).sum()) > MANY_SEGMENTS
        paths = [shapely.get_coordinates(line) for line in chosen]
        if width >= CASED:
            axes.add_collection(LineCollection(paths, colors="white", linewidths=width + 1.2, zorder=2.9, capstyle="round"), autolim=False)
        axes.add_collection(LineCollection(paths, colors=grey, linewidths=width, zorder=3, capstyle="round", rasterized=many), autolim=False)
        there.add(name)
    return there


def street_lines(streets: StreetNetwork, tolerance: float) -> tuple[NDArray[np.object_], NDArray[np.str_]]:
    """Return streets as simplified lines, and the class of each.

    Parameters
    ----------
    streets : StreetNetwork
    tolerance : float
        Metres by which a line may differ.

    Returns
    -------
    lines : object, shape (lines,)
        LineStrings; consecutive segments of one street are one line.
    classes : str, shape (lines,)
        Names in :data:`STREETS`.
    """
    if len(streets.tail) == 0:
        return np.empty(0, dtype=object), np.empty(0, dtype=str)
    goes_on = (streets.street[1:] == streets.street[:-1]) & (streets.tail[1:] == streets.head[:-1])
    chain = np.concatenate([[0], np.cumsum(~goes_on)])
    first = np.concatenate([[True], ~goes_on])
    # Each chain is the tail of its first segment and the heads of all.
    nodes = np.concatenate([streets.tail[first], streets.head])
    member = np.concatenate([chain[first], chain])
    order = np.argsort(member, kind="stable")
    coordinates = np.column_stack([streets.x, streets.y])[nodes[order]]
    lines = shapely.simplify(shapely.linestrings(coordinates, indices=member[order]), tolerance)
    highway = streets.streets["highway"].to_numpy()[streets.street[first]]
    return lines, np.array([street_class(str(value)) for value in highway])
