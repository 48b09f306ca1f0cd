"""Gaps: loose ends of streets that lie near another street and do not meet it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.streets import StreetNetwork
from planning.travel.parts import drawn_segments

NEAR_M: Final = 20.0
"""How near a loose end must lie to a street for their gap to be doubtful, in m: streets drawn from imagery or a map of 1 : 10,000 are some 10 m off
each, so that two that meet outside may lie 20 m apart in the file."""

Numbers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Graph:
    """Segments that a mode may use, with their ends numbered among the nodes that they use."""

    streets: StreetNetwork
    usable: Numbers
    nodes: Numbers
    tail: Numbers
    head: Numbers
    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]

    def place(self, node: int) -> tuple[float, float]:
        """Return where a node is."""
        return float(self.streets.x[self.nodes[node]]), float(self.streets.y[self.nodes[node]])


@dataclass(frozen=True)
class Gap:
    """A gap between two streets: rows of ``streets``, that with the loose end first, and its two sides."""

    street: int
    other: int
    at: tuple[tuple[float, float], tuple[float, float]]


def gaps_of(graph: Graph, joined: Numbers, at_main: NDArray[np.bool_], closed: NDArray[np.bool_]) -> dict[int, Gap]:
    """Return the gap of each piece that has one.

    Of several that counts which most likely is none of the ground: one at a loose end of the piece, one where a road was cut, one at the street
    driven fastest, at last the narrowest. Where a footpath joins a piece, cars are mostly kept out on purpose: there only a road that was cut counts.

    Parameters
    ----------
    graph : Graph
    joined : int64, shape (nodes,)
        Number of the piece each node hangs together with.
    at_main : bool, shape (nodes,)
        Nodes that hang together with the main part.
    closed : bool, shape (nodes,)
        Nodes that streets of any mode join to it.
    """
    ends = _loose_ends(graph)
    # Ends of pieces against streets of the main part, which are many; ends of the main part, which are many, against streets of pieces.
    sides = [(ends[~at_main[ends]], np.flatnonzero(at_main[graph.tail])), (ends[at_main[ends]], np.flatnonzero(~at_main[graph.tail]))]
    gaps: dict[int, Gap] = {}
    for side, (points, segments) in enumerate(sides):
        node, segment, line = _near(graph, points, segments)
        inner = node if side == 0 else graph.tail[segment]
        loose = _only_segments(graph, node)
        cut = _cut(graph, ends, node, loose, segment, line)
        doubtful = ~closed[inner] | cut
        fast = graph.streets.speed["drive"][graph.usable[loose]] if "drive" in graph.streets.speed else np.zeros(len(node))
        for row in np.lexsort((np.round(shapely.length(line), 3), -fast, ~cut, joined[inner])).tolist():
            if doubtful[row] and int(joined[inner[row]]) not in gaps:
                gaps[int(joined[inner[row]])] = _gap(graph, int(loose[row]), int(segment[row]), line[row])
    return gaps


def _only_segments(graph: Graph, ends: Numbers) -> Numbers:
    """Return the one segment at each loose end."""
    segment = np.zeros(len(graph.nodes), np.int64)
    segment[graph.tail] = segment[graph.head] = np.arange(len(graph.tail))
    return segment[ends]


def _cut(graph: Graph, ends: Numbers, node: Numbers, loose: Numbers, segment: Numbers, line: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which lines run from one loose end to another and go on as both streets do, within 45°: there a road was cut."""
    at = graph.streets.x + 1j * graph.streets.y
    tail, head = at[graph.nodes[graph.tail]], at[graph.nodes[graph.head]]
    foot = shapely.get_coordinates(shapely.get_point(line, 1)) @ np.array([1, 1j])
    to_head = np.abs(head[segment] - foot) < np.abs(tail[segment] - foot)
    there = np.where(to_head, graph.head[segment], graph.tail[segment])
    gap = foot - at[graph.nodes[node]]
    here = np.where(graph.head[loose] == node, head[loose] - tail[loose], tail[loose] - head[loose])
    across = np.where(to_head, head[segment] - tail[segment], tail[segment] - head[segment])
    faces: NDArray[np.bool_] = np.isin(there, ends) & (np.abs(at[graph.nodes[there]] - foot) < 1e-3)
    return faces & _goes_on(here, gap) & _goes_on(across, -gap)


def _goes_on(way: NDArray[np.complex128], gap: NDArray[np.complex128]) -> NDArray[np.bool_]:
    """Return where a gap goes on in the direction of a way, as does one of no width."""
    along: NDArray[np.float64] = (way * gap.conj()).real
    return np.asarray(along >= np.abs(way) * np.abs(gap) * np.sqrt(0.5) - 1e-6, bool)


def _gap(graph: Graph, loose: int, segment: int, line: shapely.LineString) -> Gap:
    of = graph.streets.street[graph.usable]
    (x, y), (other_x, other_y) = shapely.get_coordinates(line).tolist()
    return Gap(int(of[loose]), int(of[segment]), ((x, y), (other_x, other_y)))


def _loose_ends(graph: Graph) -> Numbers:
    """Return the nodes of the graph where a street ends and none goes on, closed or of another mode."""
    streets = graph.streets
    met = np.bincount(np.concatenate([streets.tail, streets.head, streets.barred.ravel()]), minlength=len(streets.x))
    return np.flatnonzero(met[graph.nodes] == 1)


def _near(graph: Graph, ends: Numbers, segments: Numbers) -> tuple[Numbers, Numbers, NDArray[np.object_]]:
    """Return ends and segments that are near each other, with the shortest line from end to segment."""
    streets = graph.streets
    if not len(ends) or not len(segments):
        return ends[:0], segments[:0], np.empty(0, object)
    points = np.asarray(shapely.points(streets.x[graph.nodes[ends]], streets.y[graph.nodes[ends]]))
    drawn = drawn_segments(streets, graph.usable[segments])
    end, segment = shapely.STRtree(drawn).query(points, predicate="dwithin", distance=NEAR_M + 0.0005)
    return ends[end], segments[segment], np.asarray(shapely.shortest_line(points[end], drawn[segment]))
