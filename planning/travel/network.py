"""Network: the streets one mode may use, ready for snapping and search."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from layers.county import Travel
from layers.errors import PlanningError
from layers.streets import BACKWARD, FORWARD, StreetNetwork
from layers.types import Mode, Unit

_MODE_ZH = {"walk": "步行", "drive": "行车"}


@dataclass(frozen=True)
class Network:
    """Usable streets of one mode.

    Attributes
    ----------
    mode : {"walk", "drive"}
    x, y : float64, shape (nodes,)
        Nodes in the metric CRS, along a Hilbert curve: neighbours lie close in memory, which searches gain from.
    tail, head : int32, shape (segments,)
        Straight segments in drawing direction, in the order of the file.
    length : float64, shape (segments,)
        Metres.
    speed : float64, shape (segments,)
        Metres per second.
    allowed : uint8, shape (segments,)
        Directions, bits :data:`layers.streets.FORWARD` and :data:`layers.streets.BACKWARD`.
    street : int32, shape (segments,)
        Row of the street network's ``streets``.
    start, source, arc : shape (nodes + 1,), (arcs,), (arcs,)
        Arcs that end at node ``v`` stand at ``start[v]:start[v + 1]``; each comes from node ``source`` along segment ``arc``.
    snap_m, walk_speed : float
        Farthest way to a street in m, and speed of that way in m/s.
    """

    mode: Mode
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length: NDArray[np.float64]
    speed: NDArray[np.float64]
    allowed: NDArray[np.uint8]
    street: NDArray[np.int32]
    start: NDArray[np.int64]
    source: NDArray[np.int32]
    arc: NDArray[np.int32]
    snap_m: float
    walk_speed: float
    crs: CRS

    def segment_cost(self, unit: Unit) -> NDArray[np.float64]:
        """Return the cost of each whole segment in metres or seconds, shape (segments,)."""
        return self.length if unit == "m" else self.length / self.speed

    def access_rate(self, unit: Unit) -> float:
        """Return the cost of one metre between a point and its street: walked, whatever the mode (convention 8)."""
        return 1.0 if unit == "m" else 1.0 / self.walk_speed

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Spatial index of the segments."""
        ends = np.stack([self.x[self.tail], self.y[self.tail], self.x[self.head], self.y[self.head]], axis=1)
        return shapely.STRtree(np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2))))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "tree"}


def build_network(streets: StreetNetwork, mode: Mode, travel: Travel) -> Network:
    """Return the part of the streets that a mode may use.

    Parameters
    ----------
    streets : StreetNetwork
        All streets of the county.
    mode : {"walk", "drive"}
        Means of travel.
    travel : Travel
        Snap distance, walking speed, and whether only the main component counts: the strongly connected component with the most nodes, so that
        every point on it can be reached from every other; of equal ones that of the first node in the file (convention 8).

    Raises
    ------
    PlanningError
        ``travel.no_streets`` when no street may be used.
    """
    usable = np.flatnonzero(streets.allowed[mode])
    if travel.components == "main" and len(usable):
        usable = usable[_in_main_component(streets, mode, usable)]
    if not len(usable):
        raise PlanningError("travel.no_streets", mode=mode, mode_zh=_MODE_ZH[mode])
    nodes = np.unique(np.concatenate([streets.tail[usable], streets.head[usable]]))
    place = gpd.GeoSeries(gpd.points_from_xy(streets.x[nodes], streets.y[nodes]))
    nodes = nodes[np.lexsort([nodes, place.hilbert_distance().to_numpy()])]
    number = np.empty(len(streets.x), np.int32)
    number[nodes] = np.arange(len(nodes), dtype=np.int32)
    tail, head, allowed = number[streets.tail[usable]], number[streets.head[usable]], streets.allowed[mode][usable]
    start, source, arc = _arriving(tail, head, allowed, len(nodes))
    speed = (streets.walking_speed(travel.walk_speed_mps) if mode == "walk" else streets.speed[mode])[usable]
    return Network(
        mode, streets.x[nodes], streets.y[nodes], tail, head, streets.length[usable], speed, allowed, streets.street[usable],
        start, source, arc, travel.snap_m, travel.walk_speed_mps, streets.crs,
    )  # fmt: skip


def _in_main_component(streets: StreetNetwork, mode: Mode, usable: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which usable segments have both ends in the largest strongly connected component, shape (usable,)."""
    nodes, ends = np.unique(np.concatenate([streets.tail[usable], streets.head[usable]]), return_inverse=True)
    tail, head = ends[: len(usable)], ends[len(usable) :]
    bits = streets.allowed[mode][usable]
    forward, backward = (bits & FORWARD) > 0, (bits & BACKWARD) > 0
    leave, arrive = np.concatenate([tail[forward], head[backward]]), np.concatenate([head[forward], tail[backward]])
    graph = coo_array((np.ones(len(leave), np.int8), (leave, arrive)), shape=(len(nodes), len(nodes)))
    _, component = connected_components(graph, directed=True, connection="strong")
    main = component[np.argmax(np.bincount(component)[component])]
    inside: NDArray[np.bool_] = (component[tail] == main) & (component[head] == main)
    return inside


def _arriving(
    tail: NDArray[np.int32], head: NDArray[np.int32], allowed: NDArray[np.uint8], nodes: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Return the arcs by the node they end at: a search from a site runs against the trips (convention 7)."""
    forward, backward = np.flatnonzero(allowed & FORWARD), np.flatnonzero(allowed & BACKWARD)
    target = np.concatenate([head[forward], tail[backward]])
    source, arc = np.concatenate([tail[forward], head[backward]]), np.concatenate([forward, backward])
    order = np.lexsort([arc, target])
    start = np.concatenate([[0], np.cumsum(np.bincount(target, minlength=nodes))]).astype(np.int64)
    return start, source[order].astype(np.int32), arc[order].astype(np.int32)
