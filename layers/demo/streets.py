"""The streets of a generated county, as OpenStreetMap nodes and ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from layers.demo.frame import Frame, Points
from layers.demo.grids import spine_and_ribs, town_grid
from layers.demo.land import Land
from layers.demo.roads import Joiner, by_township
from layers.demo.settlements import Settlements

_ROADS = ("人民", "建设", "和平", "文化", "新华", "解放", "团结", "振兴")
_SPEEDS = {"primary": "60", "secondary": "50"}  # posted on main roads only, as in real files


@dataclass(frozen=True)
class Way:
    """A street: its nodes and its tags."""

    nodes: tuple[int, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class StreetPlan:
    """Nodes in EPSG:4543, shape (nodes, 2), and ways over them."""

    points: Points
    ways: tuple[Way, ...]

    @property
    def roads(self) -> Points:
        """Nodes of streets with a name: they join all towns and villages, while a nameless one may be a footpath."""
        nodes: Points = self.points[np.unique([node for way in self.ways if "name" in way.tags for node in way.nodes])]
        return nodes


@dataclass(frozen=True)
class Grid:
    """The nodes of a town's streets: their numbers and positions."""

    ids: NDArray[np.intp]
    points: Points

    def nearest(self, place: Points) -> tuple[int, Points]:
        """Return the number and position of the node nearest to a place."""
        node = int(np.hypot(*(self.points - place).T).argmin())
        return int(self.ids[node]), self.points[node]


@dataclass(frozen=True)
class _Road:
    nodes: NDArray[np.intp]
    line: Points
    highway: str
    name: str


class _Drawing:
    """Collects nodes and ways."""

    def __init__(self) -> None:
        self._parts: list[Points] = []
        self._count = 0
        self.ways: list[Way] = []

    def nodes(self, points: Points) -> NDArray[np.intp]:
        self._parts.append(points)
        ids = np.arange(self._count, self._count + len(points))
        self._count += len(points)
        return ids

    def way(self, nodes: Sequence[int] | NDArray[np.intp], highway: str, **tags: str) -> None:
        speed = {"maxspeed": _SPEEDS[highway]} if highway in _SPEEDS else {}
        self.ways.append(Way(tuple(int(node) for node in nodes), {"highway": highway, **speed, **tags}))

    @property
    def points(self) -> Points:
        return np.vstack(self._parts)


def draw_streets(frame: Frame, land: Land, places: Settlements, main: Mapping[tuple[int, int], Points]) -> StreetPlan:
    """Return the streets: town grids, main roads, roads to villages and hamlets, lanes, and a footpath on the island."""
    drawing = _Drawing()
    grids = _draw_towns(drawing, frame, land, places)
    _draw_main_roads(drawing, land, places, main, grids)
    centres = _draw_village_roads(drawing, frame, land, places)
    _draw_hamlet_roads(drawing, frame, places, centres)
    _draw_lanes(drawing, land, places, centres)
    _draw_island_path(drawing, land)
    return StreetPlan(drawing.points, tuple(drawing.ways))


def write_streets(path: Path, frame: Frame, plan: StreetPlan) -> None:
    """Write the streets as .osm.pbf (or .osm, by the suffix); OpenStreetMap knows no datum but WGS84."""
    lonlat = np.round(frame.to_lonlat(plan.points), 7)
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for number, place in enumerate(lonlat.tolist(), start=1):
            writer.add_node(osmium.osm.mutable.Node(id=number, version=1, location=tuple(place)))
        for number, way in enumerate(plan.ways, start=1):
            writer.add_way(osmium.osm.mutable.Way(id=number, version=1, nodes=[node + 1 for node in way.nodes], tags=dict(way.tags)))


def _draw_towns(drawing: _Drawing, frame: Frame, land: Land, places: Settlements) -> list[Grid]:
    """Draw the grid of each town; its runs then name the county's nodes."""
    rng = frame.rng("grids")
    grids = []
    for town in places.of_kind("town"):
        grid = town_grid(town.centre, town.radius, town.angle, land, rng)
        ids = drawing.nodes(grid.points)
        for number, (run, highway, oneway) in enumerate(grid.runs):
            name = {"name": f"{town.name}{_ROADS[number % len(_ROADS)]}路"} if highway != "residential" else {}
            drawing.way(ids[list(run)], highway, **name, **({"oneway": "yes"} if oneway else {}))
        grids.append(Grid(ids, grid.points))
    return grids


def _draw_main_roads(drawing: _Drawing, land: Land, places: Settlements, main: Mapping[tuple[int, int], Points], grids: list[Grid]) -> None:
    for (a, b), line in main.items():
        one, other = places.places[a], places.places[b]
        outside = np.hypot(*(line - one.centre).T) > one.radius * 1.12
        outside &= np.hypot(*(line - other.centre).T) > other.radius * 1.12
        between = line[outside]
        if len(between) < 2:
            continue
        first, last = grids[a].nearest(between[0]), grids[b].nearest(between[-1])
        nodes = np.array([first[0], *drawing.nodes(between), last[0]])
        highway = "primary" if a == 0 or (a % 5 == 0 and b % 5 == 0) else "secondary"
        road = _Road(nodes, np.vstack([first[1], between, last[1]]), highway, f"{one.name}至{other.name}公路")
        _draw_over_water(drawing, land, road)


def _draw_over_water(drawing: _Drawing, land: Land, road: _Road) -> None:
    """Draw a road in pieces: a bridge wherever it is over water."""
    pieces = shapely.linestrings(np.stack([road.line[:-1], road.line[1:]], axis=1))
    wet = np.atleast_1d(shapely.intersects(land.water, pieces))
    breaks = (np.flatnonzero(np.diff(wet.astype(int))) + 1).tolist()
    for first, last in zip([0, *breaks], [*breaks, len(wet)], strict=True):
        tags = {"bridge": "yes", "layer": "1"} if wet[first] else {}
        drawing.way(road.nodes[first : last + 1], road.highway, name=road.name, **tags)


def _draw_village_roads(drawing: _Drawing, frame: Frame, land: Land, places: Settlements) -> dict[int, int]:
    """Join every village to the roads; return the node of its centre by place."""
    rng = frame.rng("village roads")
    points = drawing.points
    joiner = Joiner(land, points)
    centres: dict[int, int] = {}
    for villages in by_township(places.of_kind("village"), points):
        joiner.open_township()
        for village in villages:
            joined = joiner.join(village.centre, rng)
            if joined is None:
                continue
            start, line = joined
            ids = drawing.nodes(line[1:])
            drawing.way([start, *ids], "tertiary" if rng.random() < 0.4 else "unclassified", name=f"{village.name}路")
            joiner.add(ids, line[1:], line)
            centres[village.number] = int(ids[-1])
    return centres


def _draw_hamlet_roads(drawing: _Drawing, frame: Frame, places: Settlements, centres: dict[int, int]) -> None:
    rng = frame.rng("hamlet roads")
    for hamlet in places.of_kind("hamlet"):
        start = centres.get(hamlet.parent)
        if start is None:
            continue
        home = places.places[hamlet.parent].centre
        count = max(2, round(float(np.hypot(*(hamlet.centre - home))) / 120) + 1)
        line = np.linspace(home, hamlet.centre, count)
        line[1:-1] += rng.normal(0, 12, (count - 2, 2))
        ids = drawing.nodes(line[1:])
        # A few hamlets in the mountains have a footpath and no road: their people walk, and no car gets there.
        highway = "path" if rng.random() < 0.05 else ("track" if rng.random() < 0.2 else "unclassified")
        drawing.way([start, *ids], highway)
        centres[hamlet.number] = int(ids[-1])


def _draw_lanes(drawing: _Drawing, land: Land, places: Settlements, centres: dict[int, int]) -> None:
    for number, node in centres.items():
        place = places.places[number]
        lanes = spine_and_ribs(place.centre, place.radius, place.angle, land)
        spine = lanes[0]
        middle = int(np.hypot(*(spine - place.centre).T).argmin())
        nodes = np.insert(drawing.nodes(np.delete(spine, middle, axis=0)), middle, node)
        if len(nodes) > 1:
            drawing.way(nodes, "residential")
        tree = cKDTree(spine)
        for rib in lanes[1:]:
            drawing.way([int(nodes[tree.query(rib[0])[1]]), *drawing.nodes(rib[1:])], "residential")


def _draw_island_path(drawing: _Drawing, land: Land) -> None:
    ring = shapely.segmentize(land.island.buffer(-140).exterior, 120)
    ids = drawing.nodes(shapely.get_coordinates(ring)[:-1])
    drawing.way([*ids, int(ids[0])], "path")
