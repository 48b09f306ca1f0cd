"""Network: the streets one mode may use, ready for snapping and search."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

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
from planning.travel.bundles import GRAIN
from planning.travel.chains import Chains, string_chains

_MODE_ZH = {"walk": "步行", "drive": "行车"}
_MEAN_SLOPE, _STEEPNESS = 0.05, 3.5


def whole(cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return costs as whole multiples of 2⁻²⁰ m or s, about a micrometre.

    Sums of such numbers are exact in float64 up to 2³³, so that a trip costs the same however its parts are added up: chain by chain or segment by
    segment, by any kind of search, on any number of threads.
    """
    rounded: NDArray[np.float64] = np.rint(cost * GRAIN) / GRAIN
    return rounded


@dataclass(frozen=True)
class Network:
    """Usable streets of one mode.

    Attributes
    ----------
    mode : {"walk", "drive"}
    x, y : float64, shape (nodes,)
        Nodes in the metric CRS, in the order of the file.
    tail, head : int32, shape (segments,)
        Straight segments in drawing direction, in the order of the file.
    length : float64, shape (segments,)
        Metres.
    speed, speed_back : float64, shape (segments,)
        Metres per second from tail to head, and from head to tail: a walker climbs slower than he descends.
    allowed : uint8, shape (segments,)
        Directions, bits :data:`layers.streets.FORWARD` and :data:`layers.streets.BACKWARD`.
    street : int32, shape (segments,)
        Row of the street network's ``streets``.
    chains : Chains
        The segments strung together between junctions.
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
    speed_back: NDArray[np.float64]
    allowed: NDArray[np.uint8]
    street: NDArray[np.int32]
    chains: Chains
    snap_m: float
    walk_speed: float
    crs: CRS

    def costs(self, unit: Unit) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the cost of each segment from tail to head and from head to tail in metres or seconds, infinite where it is not allowed."""
        there, back = (self.length, self.length) if unit == "m" else (self.length / self.speed, self.length / self.speed_back)
        return (
            np.where(self.allowed & FORWARD > 0, whole(there), np.inf),
            np.where(self.allowed & BACKWARD > 0, whole(back), np.inf),
        )

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
    nodes, tail, head = _numbered(streets, usable)
    x, y = streets.x[nodes], streets.y[nodes]
    there, back = _speeds(streets, mode, travel)
    return Network(
        mode, x, y, tail, head, streets.length[usable], there[usable], back[usable], streets.allowed[mode][usable], streets.street[usable],
        string_chains(tail, head, x, y), travel.snap_m, travel.walk_speed_mps, streets.crs,
    )  # fmt: skip


def _numbered(streets: StreetNetwork, usable: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Return the nodes of some segments, and the segments' tails and heads as positions among them."""
    tail, head = streets.tail[usable], streets.head[usable]
    there = np.zeros(len(streets.x), bool)
    there[tail] = there[head] = True
    number = np.cumsum(there, dtype=np.int32) - 1
    return np.flatnonzero(there), number[tail], number[head]


def _speeds(streets: StreetNetwork, mode: Mode, travel: Travel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return speeds along and against the drawing direction, in m/s.

    Walking follows the hiking function of Tobler (1993, NCGIA Technical Report 93-1), 6·exp(-3.5·|slope + 0.05|) km/h, scaled so that level ground is
    walked at the county's walking speed.
    """
    if mode == "drive":
        return streets.speed[mode], streets.speed[mode]
    level = streets.walking_speed(travel.walk_speed_mps)
    if not streets.rise.any():
        return level, level
    slope = np.divide(streets.rise, streets.length, out=np.zeros(len(level)), where=streets.length > 0)
    there, back = (np.exp(-_STEEPNESS * (np.abs(climb + _MEAN_SLOPE) - _MEAN_SLOPE)) for climb in (slope, -slope))
    return level * there, level * back


def _in_main_component(streets: StreetNetwork, mode: Mode, usable: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which usable segments have both ends in the largest strongly connected component, shape (usable,)."""
    nodes, tail, head = _numbered(streets, usable)
    bits = streets.allowed[mode][usable]
    forward, backward = (bits & FORWARD) > 0, (bits & BACKWARD) > 0
    leave, arrive = np.concatenate([tail[forward], head[backward]]), np.concatenate([head[forward], tail[backward]])
    graph = coo_array((np.ones(len(leave), np.int8), (leave, arrive)), shape=(len(nodes), len(nodes)))
    _, component = connected_components(graph, directed=True, connection="strong")
    main = component[np.argmax(np.bincount(component)[component])]
    inside: NDArray[np.bool_] = (component[tail] == main) & (component[head] == main)
    return inside
