"""The land of a generated county: outline, townships, rivers, a reservoir with an island, and areas where nothing may be built."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from layers.demo.frame import Frame, Noise, Points

# Where the five towns of the usual county stand, as shares of its width and height; the first is the county seat.
_SEATS = np.array([[0.40, 0.52], [0.20, 0.23], [0.73, 0.25], [0.25, 0.81], [0.70, 0.80]])
_LAKE = (0.815, 0.53)
_TOWN_AREA = 166e6  # m2 per township


@dataclass(frozen=True)
class Land:
    """The land, in EPSG:4543.

    Attributes
    ----------
    county : Polygon
        Outline.
    townships : tuple of Polygon
        One for each seat, in the order of ``seats``; together they are the county.
    seats : float64, shape (townships, 2)
        Town centres; the first is the county seat.
    rivers, river_lines : geometry, tuple of LineString
        Rivers as areas and as centre lines.
    lake, island : Polygon
        A reservoir (with its island inside) and the island.
    water : geometry
        Rivers and reservoir without the island.
    """

    county: Polygon
    townships: tuple[Polygon, ...]
    seats: Points
    rivers: BaseGeometry
    river_lines: tuple[LineString, ...]
    lake: Polygon
    island: Polygon
    water: BaseGeometry

    def dry(self, points: Points, margin: float) -> NDArray[np.bool_]:
        """Tell which points lie inside the county and at least ``margin`` metres from water and from the county's edge."""
        inside = self.county.buffer(-margin)
        wet = self.water.buffer(margin)
        shapely.prepare(inside)
        shapely.prepare(wet)
        x, y = points[:, 0], points[:, 1]
        kept: NDArray[np.bool_] = shapely.contains_xy(inside, x, y) & ~shapely.intersects_xy(wet, x, y)
        return kept

    def bank(self, points: Points) -> NDArray[np.int64]:
        """Return the number of rivers west of each point: places with the same number need no bridge between them."""
        bank = np.zeros(len(points), dtype=np.int64)
        for line in self.river_lines:
            x, y = line.xy
            bank += points[:, 0] > np.interp(points[:, 1], y, x)
        return bank


def make_land(frame: Frame) -> Land:
    """Return the land of a county."""
    rng = frame.rng("land")
    lines = _river_lines(frame, rng)
    rivers = shapely.union_all([line.buffer(width) for line, width in zip(lines, rng.uniform(32, 42, len(lines)), strict=True)])
    centre = frame.origin + np.array([frame.width, frame.height]) * _LAKE
    lake = blob(centre, 1_550, rng, stretch=1.35)
    island = blob(centre, 330, rng)
    seats = _seats(frame, rng)
    county, townships = _outlines(frame, rng, seats)
    return Land(county, townships, seats, rivers, lines, lake, island, rivers.union(lake).difference(island))


def blob(centre: Points, radius: float, rng: np.random.Generator, stretch: float = 1.0) -> Polygon:
    """Return a rounded irregular area around a point."""
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    waves = [rng.normal() * np.cos(k * turn + rng.uniform(0, 6.3)) / k for k in range(2, 7)]
    away = radius * (1 + 0.09 * np.sum(waves, axis=0))
    return Polygon(np.column_stack([centre[0] + away * np.cos(turn), centre[1] + stretch * away * np.sin(turn)])).buffer(0)


def _river_lines(frame: Frame, rng: np.random.Generator) -> tuple[LineString, ...]:
    count = max(1, round(frame.factor**0.5))
    y = np.arange(-2_000.0, frame.height + 2_000.0, 150.0)
    lines = []
    for number in range(count):
        middle = (number + 0.535) / count * frame.width
        bends = sum(rng.uniform(0.5, 1.0) * np.sin(2 * np.pi * y / length + rng.uniform(0, 6.3)) for length in (17_000, 9_000, 4_100))
        lines.append(LineString(frame.origin + np.column_stack([middle + bends * min(330.0, frame.width / 60), y])))
    return tuple(lines)


def _seats(frame: Frame, rng: np.random.Generator) -> Points:
    size = np.array([frame.width, frame.height])
    count = frame.many(len(_SEATS))
    if count == len(_SEATS):
        usual: Points = frame.origin + (_SEATS + rng.uniform(-0.012, 0.012, _SEATS.shape)) * size
        return usual
    columns = round((count * frame.width / frame.height) ** 0.5)
    rows = -(-count // columns)
    lattice = np.array([[(i + 0.5 + 0.25 * (j % 2) - 0.12) / columns, (j + 0.5) / rows] for j in range(rows) for i in range(columns)])[:count]
    shares = lattice + rng.uniform(-0.2, 0.2, lattice.shape) / [columns, rows]
    order = np.argsort(np.hypot(*(shares - 0.5).T), kind="stable")
    return _off_water(frame.origin + shares[order] * size, frame)


def _off_water(seats: Points, frame: Frame) -> Points:
    # A seat within 2.5 km of a river's middle line steps aside: towns stand on one bank.
    count = max(1, round(frame.factor**0.5))
    middles = frame.origin[0] + (np.arange(count) + 0.535) / count * frame.width
    away = seats[:, :1] - middles
    nearest = np.take_along_axis(away, np.abs(away).argmin(axis=1)[:, None], axis=1)[:, 0]
    step = np.where(np.abs(nearest) < 2_500, np.where(nearest < 0, -2_500 - nearest, 2_500 - nearest), 0.0)
    moved: Points = seats + np.column_stack([step, np.zeros_like(step)])
    return moved


def _outlines(frame: Frame, rng: np.random.Generator, seats: Points) -> tuple[Polygon, tuple[Polygon, ...]]:
    """Voronoi areas of the seats inside a rounded box, all bent by the same noise so that neighbours still share their lines."""
    corner, far = frame.origin, frame.origin + np.array([frame.width, frame.height])
    box = shapely.box(*(corner + 1_000), *(far - 1_000)).buffer(-3_500).buffer(3_500)
    edges = shapely.voronoi_polygons(shapely.MultiPoint(seats), extend_to=box.buffer(5_000), only_edges=True)
    net = shapely.segmentize(shapely.union_all([box.exterior, shapely.intersection(edges, box.buffer(300))]), 250.0)
    east, north = (Noise.of(rng, 9_000.0), Noise.of(rng, 2_600.0)), (Noise.of(rng, 9_000.0), Noise.of(rng, 2_600.0))

    def bend(points: Points) -> Points:
        shift = [coarse.at(points) * 520 + fine.at(points) * 110 for coarse, fine in (east, north)]
        bent: Points = points + np.column_stack(shift)
        return bent

    lines = shapely.get_parts(shapely.transform(net, bend))
    areas = shapely.get_parts(shapely.polygonize(list(lines)))
    tree = shapely.STRtree(areas)
    which = [int(tree.query(Point(seat), predicate="within")[0]) for seat in bend(seats)]
    townships = tuple(areas[i] for i in which)
    county = shapely.union_all(list(townships))
    if not isinstance(county, Polygon):
        raise TypeError("the townships of a generated county do not share their lines")
    return county, townships
