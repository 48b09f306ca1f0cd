"""Trips on an OpenStreetMap file by osmium or ElementTree, networkx and shapely, one street and one point at a time."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from itertools import pairwise
from xml.etree import ElementTree as ET

import networkx as nx
import numpy as np
import osmium
import shapely
from pyproj import Transformer

# docs/travel.md, section 2, typed in again from there.
KMH = {
    "motorway": 80, "motorway_link": 40, "trunk": 60, "trunk_link": 40, "primary": 50, "primary_link": 30, "secondary": 40, "secondary_link": 25,
    "tertiary": 30, "tertiary_link": 20, "unclassified": 30, "residential": 20, "road": 20, "service": 15, "living_street": 10, "track": 15,
    "ferry": 10,
}  # fmt: skip
PATHS = {"pedestrian", "footway", "path", "steps", "cycleway", "corridor", "platform"}
CLOSED = {"no", "private", "use_sidepath", "agricultural", "forestry", "military", "emergency"}
CAPS = {
    80: "cement compacted fine_gravel intermediate", 60: "paving_stones metal bricks grade1",
    40: "gravel unpaved ground dirt pebblestone grass grass_paver wood sett tartan bad grade2", 30: "cobblestone clay grade3", 25: "grade4",
    20: "earth stone rocky sand very_bad grade5", 10: "mud horrible", 5: "very_horrible",
}  # fmt: skip
OPEN = {"yes", "designated", "permissive", "destination", "official"}


def ways_of_pbf(path):
    """Return tags and [(node, lon, lat)] of each highway and ferry, in the order of the file."""
    found = []

    class Reader(osmium.SimpleHandler):
        def way(self, way):
            if "highway" in way.tags or way.tags.get("route") == "ferry":
                found.append((with_class({tag.k: tag.v for tag in way.tags}), [(n.ref, n.lon, n.lat) for n in way.nodes if n.location.valid()]))

    Reader().apply_file(str(path), locations=True)
    return found


def ways_of_xml(text):
    """Return the same of an .osm file's text, without osmium."""
    root = ET.fromstring(text)
    places = {node.get("id"): (float(node.get("lon")), float(node.get("lat"))) for node in root.iter("node")}
    found = []
    for way in root.iter("way"):
        tags = {tag.get("k"): tag.get("v") for tag in way.iter("tag")}
        if "highway" in tags or tags.get("route") == "ferry":
            found.append((with_class(tags), [(nd.get("ref"), *places[nd.get("ref")]) for nd in way.iter("nd")]))
    return found


def first_given(tags, *names):
    return next((tags[name] for name in names if tags.get(name)), "")


def directions(oneway):
    if oneway in {"yes", "true", "1"}:
        return True, False
    if oneway in {"-1", "reverse"}:
        return False, True
    return True, True


def with_class(tags):
    return tags if "highway" in tags else {**tags, "highway": "ferry"}


def in_force(tags, streets):
    """Return the tags with the class that counts: what a building site will be, where the county says so."""
    kind, will_be = tags["highway"], tags.get("construction", "")
    if kind == "construction" and streets.get("construction"):
        named = {*KMH, *PATHS, "bridleway", *streets.get("classes", {}), *streets.get("speeds_kmh", {})} - {"ferry"}
        kind = will_be if will_be in named else kind
    return {**tags, "highway": kind}


def said(streets, kind, mode):
    """Return the county's own word on a class, or None where it has none."""
    return streets.get("classes", {}).get(kind, {}).get(mode)


def walked(tags, streets):
    """Return whether a way is walked in its drawn direction and against it."""
    kind, foot, closed = tags["highway"], tags.get("foot", ""), set(streets.get("closed", CLOSED))
    own = said(streets, kind, "walk")
    if own is None and kind == "ferry":
        own = streets.get("ferries", "none") != "none"
    if own is None and kind == "steps" and not streets.get("stairs", True):
        own = False
    usable = own
    if usable is None:
        usable = (kind in KMH and kind not in {"motorway", "motorway_link"}) or kind in PATHS or (kind == "bridleway" and foot in OPEN)
    if tags.get("motorroad") == "yes" and foot not in OPEN:
        usable = False
    if streets.get("walkable") == "all":
        usable = own is not False
    if first_given(tags, "foot", "access") in closed or tags.get("area") == "yes":
        usable = False
    return directions(tags.get("oneway:foot", "")) if usable else (False, False)


def driven(tags, streets):
    kind, closed = tags["highway"], set(streets.get("closed", CLOSED))
    usable = said(streets, kind, "drive")
    if usable is None and kind in streets.get("speeds_kmh", {}):
        usable = True
    if usable is None and kind == "ferry":
        usable = streets.get("ferries") == "all"
    if usable is None:
        usable = kind in KMH and (kind != "track" or first_given(tags, "motorcar", "motor_vehicle") in OPEN)
    if first_given(tags, "motorcar", "motor_vehicle", "vehicle", "access") in closed or tags.get("area") == "yes":
        usable = False
    oneway = tags.get("oneway", "")
    if not usable or oneway == "reversible" or tags.get("smoothness") == "impassable":
        return False, False
    if not oneway and (tags.get("junction") in {"roundabout", "circular"} or kind == "motorway"):
        oneway = "yes"
    return directions(oneway)


def class_kmh(kind, streets):
    own = said(streets, kind, "kmh")
    return own if own is not None else {**KMH, **streets.get("speeds_kmh", {})}.get(kind, KMH["service"])


def driving_mps(tags, streets):
    speeds = []
    for part in re.split("[;|]", tags.get("maxspeed", "")):
        match = re.fullmatch(r"\s*([0-9.]+)\s*(km/h|kmh|kph|mph|knots)?\s*", part.lower())
        if match:
            kmh = float(match[1]) * {"mph": 1.609344, "knots": 1.852}.get(match[2], 1.0)
            if 0 < kmh <= 150:
                speeds.append(kmh)
    caps = {value: kmh for kmh, values in CAPS.items() for value in values.split()} | streets.get("surfaces", {})
    surface = [caps[value] for key in ("surface", "smoothness", "tracktype") for value in tags.get(key, "").split(";") if value in caps]
    return min([min(speeds) if speeds else class_kmh(tags["highway"], streets), *surface]) / 3.6


def walking_mps(tags, streets, walk_mps):
    if tags["highway"] == "ferry":
        return class_kmh("ferry", streets) / 3.6
    return walk_mps * (streets.get("stairs_speed", 0.5) if tags["highway"] == "steps" else 1.0)


def crossing_s(tags):
    """Return the seconds a ferry takes, None where its tags say nothing of use."""
    text = tags.get("duration", "").upper()
    if tags["highway"] != "ferry" or not text:
        return None
    if text.startswith("PT"):
        parts = {unit: int(number) for number, unit in re.findall("([0-9]+)([HMS])", text)}
        seconds = 3600 * parts.get("H", 0) + 60 * parts.get("M", 0) + parts.get("S", 0)
    elif re.fullmatch("[0-9]+(:[0-9][0-9]){0,2}", text):
        numbers = [int(part) for part in text.split(":")]
        seconds = 60 * numbers[0] if len(numbers) == 1 else sum(number * unit for number, unit in zip(numbers, (3600, 60, 1), strict=False))
    else:
        return None
    return seconds or None


@dataclass
class Segment:
    """A straight piece of street with its cost from end to end."""

    tail: object
    head: object
    line: shapely.LineString
    forward: bool
    backward: bool
    cost: float
    back: float  # the same from head to tail: uphill and downhill differ

    def arcs(self):
        return [(self.tail, self.head, self.cost)] * self.forward + [(self.head, self.tail, self.back)] * self.backward


@dataclass
class Trips:
    """Cells and sites hung on the network as nodes of one graph: ("cell", k) → streets → ("site", k) → "any"."""

    ways: list
    epsg: int
    mode: str
    unit: str
    walk_mps: float = 1.0
    snap_m: float = 500.0
    source: object = 4326
    walkable: str = "classes"
    streets: dict = field(default_factory=dict)  # what [streets] of county.toml says
    components: str = "main"
    segments: list = field(default_factory=list)
    graph: nx.DiGraph = field(default_factory=nx.DiGraph)
    unreachable: set = field(default_factory=set)

    def __post_init__(self):
        everything = list(self._everything())
        arcs = [arc for segment in everything for arc in segment.arcs()]
        directed = nx.DiGraph((tail, head) for tail, head, _ in arcs)
        main = max(nx.strongly_connected_components(directed), key=lambda part: (len(part), -min(int(node) for node in part)), default=set())
        main = set(directed) if self.components == "all" else main
        self.segments = [segment for segment in everything if segment.tail in main and segment.head in main]
        # Of parallel arcs the cheapest is added last and stays.
        self.graph.add_weighted_edges_from(sorted((arc for arc in arcs if arc[0] in main and arc[1] in main), key=lambda arc: -arc[2]))
        self.tree = shapely.STRtree([segment.line for segment in self.segments])
        self.rate = 1.0 if self.unit == "m" else 1 / self.walk_mps

    def _everything(self):
        project = Transformer.from_crs(self.source, self.epsg, always_xy=True).transform
        for tags, nodes in self.ways:
            yield from self._segments(tags, [(n, *project(lon, lat)) for n, lon, lat in nodes])

    def _segments(self, tags, nodes):
        streets = {"walkable": self.walkable, **self.streets}
        tags = in_force(tags, streets)
        forward, backward = walked(tags, streets) if self.mode == "walk" else driven(tags, streets)
        if not (forward or backward):
            return
        pieces = [(a, b, shapely.LineString([here, there])) for (a, *here), (b, *there) in pairwise(nodes) if a != b]
        speed = walking_mps(tags, streets, self.walk_mps) if self.mode == "walk" else driving_mps(tags, streets)
        if crossing_s(tags):
            speed = min(sum(line.length for *_, line in pieces) / crossing_s(tags), 150 / 3.6)
        for a, b, line in pieces:
            cost = line.length / (1.0 if self.unit == "m" else speed)
            yield Segment(a, b, line, forward, backward, cost, cost)

    def _arc(self, a, b, cost):
        if cost < self.graph.get_edge_data(a, b, {"weight": math.inf})["weight"]:
            self.graph.add_edge(a, b, weight=cost)

    def _nearest(self, point):
        near = np.sort(self.tree.query(point.buffer(self.snap_m + 1)))
        distances = shapely.distance(point, self.tree.geometries[near])
        if round(distances.min(initial=math.inf), 3) > self.snap_m:
            return None
        k, line = near[distances.argmin()], self.tree.geometries[near[distances.argmin()]]
        return k, line.project(point, normalized=True) if line.length else 0.0, distances.min() * self.rate

    def hang(self, cells, sites):
        """Hang points, given as lists of shapely points, on the network."""
        at_cell, at_site = [self._nearest(point) for point in cells], [self._nearest(point) for point in sites]
        self.unreachable = {number for number, place in enumerate(at_cell) if place is None}
        on_segment = {}
        for number, place in enumerate(at_site):
            if place is not None:
                on_segment.setdefault(place[0], []).append(number)
                self._hang_site(number, *place)
        for number, place in enumerate(at_cell):
            if place is None:
                continue
            self._hang_cell(number, *place)
            for other in on_segment.get(place[0], []):
                self._on_one_segment(number, place, other, at_site[other])
                if self.mode == "walk":
                    self._arc(("cell", number), ("site", other), cells[number].distance(sites[other]) * self.rate)

    def _hang_site(self, number, k, share, access):
        segment = self.segments[k]
        self._arc(("site", number), "any", 0.0)
        if segment.forward or share == 0:
            self._arc(segment.tail, ("site", number), access + share * segment.cost)
        if segment.backward or share == 1:
            self._arc(segment.head, ("site", number), access + (1 - share) * segment.back)

    def _hang_cell(self, number, k, share, access):
        segment = self.segments[k]
        if segment.forward or share == 1:
            self._arc(("cell", number), segment.head, access + (1 - share) * segment.cost)
        if segment.backward or share == 0:
            self._arc(("cell", number), segment.tail, access + share * segment.back)

    def _on_one_segment(self, number, from_place, other, to_place):
        segment, onward = self.segments[from_place[0]], to_place[1] - from_place[1]
        if (onward >= 0 and segment.forward) or (onward <= 0 and segment.backward) or onward == 0:
            cost = segment.cost if onward >= 0 else segment.back
            self._arc(("cell", number), ("site", other), from_place[2] + abs(onward) * cost + to_place[2])

    def costs_to(self, goal="any", limit=math.inf):
        """Return {cell number: cost} of the trips to a site, ("site", k), or to the nearest of all ("any")."""
        if goal not in self.graph:
            return {}
        found = nx.single_source_dijkstra_path_length(self.graph.reverse(copy=False), goal, cutoff=limit + 0.0005, weight="weight")
        return {node[1]: cost for node, cost in found.items() if isinstance(node, tuple) and node[0] == "cell" and round(cost, 3) <= limit}
