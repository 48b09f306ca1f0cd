"""Faults in the streets, an OpenStreetMap file: speeds nobody drives, a trap, a gap, a street drawn twice. Rows are ids of ways."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import osmium
import pyogrio
import shapely

from layers.demo.dirt.ground import Ground
from layers.demo.dirt.planted import GEOMETRY, Planted

FILE = "layers/streets.osm.pbf"
_GAP = 0.00003
"""Degrees, about 3 m: nobody sees it on a map, and no trip crosses it."""
_STREETS = {"residential", "unclassified", "tertiary"}


@dataclass(frozen=True)
class Way:
    """A street of the file."""

    id: int
    nodes: tuple[int, ...]
    tags: dict[str, str]


def plant(folder: Path, ground: Ground, rng: np.random.Generator) -> list[Planted]:
    """Plant the faults and return their list."""
    del ground  # every layer is planted alike
    path = folder / FILE
    nodes, ways = _read(path)
    free = rng.permutation([way.id for way in ways.values() if way.tags["highway"] in _STREETS]).tolist()
    uses, lived_at = Counter(node for way in ways.values() for node in way.nodes), _lived_at(folder, nodes, ways)
    dead = [way for way in free if way in lived_at and _is_dead_end(ways[way], uses)]
    planted = []
    for kind, speed in (("speed_zero", "0"), ("speed_absurd", "800"), ("speed_unreadable", "50-60"), ("speed_absurd", "6000")):
        way = ways[free.pop(next(n for n, each in enumerate(free) if each not in dead))]
        planted.append(_listed(kind, way.id, "maxspeed", speed, way.tags.get("maxspeed", "")))
        ways[way.id] = replace(way, tags={**way.tags, "maxspeed": speed})
    for way in (ways[each] for each in dead[:2]):
        planted.append(_listed("one_way_trap", way.id, "oneway", "yes", ""))
        ways[way.id] = replace(way, nodes=_towards_end(way, uses), tags={**way.tags, "oneway": "yes"})
    planted.extend(_open_gap(ways[way], uses, nodes, ways) for way in dead[2:4])
    for number, way in enumerate((ways[each] for each in dead[4:6]), start=max(ways) + 1):
        planted.append(_listed("street_twice", number, GEOMETRY, "", f"（{way.id}）"))
        ways[number] = replace(way, id=number)
    _write(path, nodes, ways)
    return planted


def _listed(kind: str, row: int, head: str, value: str, before: str) -> Planted:
    return Planted(kind, "streets", FILE, "", row, head, value, before)


def _read(path: Path) -> tuple[dict[int, tuple[float, float]], dict[int, Way]]:
    nodes: dict[int, tuple[float, float]] = {}
    ways: dict[int, Way] = {}
    # The bytes are handed over, not the name: on Windows the library opens no path with Chinese letters.
    for item in osmium.FileProcessor(osmium.io.FileBuffer(path.read_bytes(), "pbf")):
        if isinstance(item, osmium.osm.Node):
            nodes[item.id] = (item.location.lon, item.location.lat)
        elif isinstance(item, osmium.osm.Way):
            ways[item.id] = Way(item.id, tuple(node.ref for node in item.nodes), {tag.k: tag.v for tag in item.tags})
    return nodes, ways


def _lived_at(folder: Path, nodes: dict[int, tuple[float, float]], ways: dict[int, Way]) -> set[int]:
    """Return the streets that are the nearest to somebody's home: what is wrong with them, people feel."""
    people = pyogrio.read_dataframe(folder / "layers" / "population.gpkg").to_crs(4326)
    ids = list(ways)
    lines = shapely.transform([shapely.LineString([nodes[node] for node in ways[way].nodes]) for way in ids], _level)
    homes = shapely.transform(np.asarray(people.geometry.array), _level)
    return {ids[line] for line in shapely.STRtree(lines).query_nearest(homes, all_matches=False)[1].tolist()}


def _level(degrees: np.ndarray) -> np.ndarray:
    """Return degrees with those of longitude as long as those of latitude."""
    return np.column_stack([degrees[:, 0] * np.cos(np.radians(degrees[:, 1])), degrees[:, 1]])


def _is_dead_end(way: Way, uses: Counter[int]) -> bool:
    """Return whether a two-way street leaves another at one end and joins nothing besides."""
    ends = sorted(uses[node] for node in (way.nodes[0], way.nodes[-1]))
    return "oneway" not in way.tags and ends[0] == 1 < ends[1] and all(uses[node] == 1 for node in way.nodes[1:-1]) and len(way.nodes) > 2


def _towards_end(way: Way, uses: Counter[int]) -> tuple[int, ...]:
    """Return a street's nodes in the order that leads into the dead end."""
    return way.nodes if uses[way.nodes[-1]] == 1 else way.nodes[::-1]


def _open_gap(way: Way, uses: Counter[int], nodes: dict[int, tuple[float, float]], ways: dict[int, Way]) -> Planted:
    """End a street just before the junction it leaves from."""
    order = _towards_end(way, uses)
    junction, following = np.array(nodes[order[0]]), np.array(nodes[order[1]])
    place = junction + (following - junction) / np.hypot(*(following - junction)) * _GAP
    new = max(nodes) + 1
    nodes[new] = (round(float(place[0]), 7), round(float(place[1]), 7))
    ways[way.id] = replace(way, nodes=(new, *order[1:]))
    return _listed("street_gap", way.id, GEOMETRY, f"{nodes[new][0]}, {nodes[new][1]}", f"{junction[0]}, {junction[1]}")


def _write(path: Path, nodes: dict[int, tuple[float, float]], ways: dict[int, Way]) -> None:
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for number, place in nodes.items():
            writer.add_node(osmium.osm.mutable.Node(id=number, version=1, location=place))
        for way in ways.values():
            writer.add_way(osmium.osm.mutable.Way(id=way.id, version=1, nodes=list(way.nodes), tags=way.tags))
