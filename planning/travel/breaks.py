"""Breaks: pieces of the streets that trips cannot use, because they do not hang together with the others, or only in one direction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from layers.streets import BACKWARD, FORWARD, StreetNetwork
from layers.types import Mode
from planning.travel.parts import MAIN, NOWHERE, components, drawn_segments, nearest_segments, ranked

NEAR_M: Final = 20.0
"""How near a loose end must lie to a street for their gap to be doubtful, in m: streets drawn from imagery or a map of 1 : 10,000 are some 10 m off
each, so that two that meet outside may lie 20 m apart in the file."""

Kind: TypeAlias = Literal["gap", "closed", "apart", "in", "out", "mixed"]
Numbers: TypeAlias = NDArray[np.int64]
Whole: TypeAlias = NDArray[np.signedinteger]


@dataclass(frozen=True)
class Break:
    """A piece of the streets of a mode that is not in its main part.

    Attributes
    ----------
    kind : {"gap", "closed", "apart", "in", "out", "mixed"}
        ``gap``: nothing joins it to the main part, but a loose end of one lies within :data:`NEAR_M` of the other. ``closed``: streets of another
        mode alone join it, and no road between them was cut. ``apart``: nothing joins it at all, and no end is near. ``in``: one can
        get in and not out; ``out``: out and not in; ``mixed``: streets lead both in and out and still it is no part of the main one, such as two
        streets that are one-way against each other.
    segments : int64
        Segments of the StreetNetwork, in the order of the file.
    street : int
        Row of ``streets`` to look at first: that with the loose end, or that where the one-way traffic begins.
    other : int
        Row of ``streets`` on the other side of a gap, -1 where there is none.
    at : ((x, y), (x, y))
        The two sides of a gap; else twice the place.
    """

    kind: Kind
    segments: Numbers
    street: int
    other: int
    at: tuple[tuple[float, float], tuple[float, float]]

    @property
    def gap_m(self) -> float:
        """Width of the gap, in m; 0 where there is none."""
        (x, y), (other_x, other_y) = self.at
        return float(np.hypot(x - other_x, y - other_y))


@dataclass(frozen=True)
class Broken:
    """Breaks of a mode, and who lives at them.

    Attributes
    ----------
    mode : {"walk", "drive"}
    breaks : tuple of Break
    nearest : int64, shape (cells,)
        Usable segment nearest to each cell, in any part, -1 where none is within the snap distance. Of equally near ones that of the main part
        counts, then the first in the file.
    at : int64, shape (cells,)
        Break which that segment belongs to, -1 where none.
    """

    mode: Mode
    breaks: tuple[Break, ...]
    nearest: Numbers
    at: Numbers


@dataclass(frozen=True)
class _Graph:
    """Usable segments with their ends, numbered among the nodes that they use."""

    streets: StreetNetwork
    usable: Numbers
    nodes: Numbers
    tail: Numbers
    head: Numbers
    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]

    def place(self, node: int) -> tuple[float, float]:
        return float(self.streets.x[self.nodes[node]]), float(self.streets.y[self.nodes[node]])


def broken(streets: StreetNetwork, mode: Mode, cells: gpd.GeoSeries, snap_m: float) -> Broken:
    """Find the breaks in the streets of a mode, and the street nearest to each cell.

    Parameters
    ----------
    streets : StreetNetwork
    mode : {"walk", "drive"}
    cells : GeoSeries, shape (cells,)
        Points in the CRS of the streets.
    snap_m : float
        Farthest way to the nearest street, in m.
    """
    found = breaks_of(streets, mode)
    usable = np.flatnonzero(streets.allowed[mode])
    label = np.full(len(streets.tail), NOWHERE, np.int32)
    for number, item in enumerate(found):
        label[item.segments] = number
    position = nearest_segments(streets, usable, label[usable], cells, snap_m)
    nearest = np.where(position == NOWHERE, NOWHERE, usable[position] if len(usable) else NOWHERE)
    return Broken(mode, found, nearest, np.where(nearest == NOWHERE, NOWHERE, label[nearest] if len(label) else NOWHERE).astype(np.int64))


def breaks_of(streets: StreetNetwork, mode: Mode) -> tuple[Break, ...]:
    """Return the breaks in the streets of a mode: pieces apart from the main part in the order of the file, then those of one direction."""
    usable = np.flatnonzero(streets.allowed[mode])
    if not len(usable):
        return ()
    nodes, ends = np.unique(np.concatenate([streets.tail[usable], streets.head[usable]]), return_inverse=True)
    bits = streets.allowed[mode][usable]
    graph = _Graph(streets, usable, nodes, ends[: len(usable)], ends[len(usable) :], (bits & FORWARD) > 0, (bits & BACKWARD) > 0)
    main = ranked(components(bits, graph.tail, graph.head, len(nodes))) == MAIN
    joined = _joined(graph.tail, graph.head, len(nodes))
    at_main = joined == joined[np.argmax(main)]
    return (*_apart(graph, joined, at_main), *_one_way(graph, main, at_main))


def _joined(tail: Whole, head: Whole, count: int) -> Numbers:
    """Return the number of the piece each node hangs together with, whatever the directions."""
    pairs = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(count, count))
    return np.asarray(connected_components(pairs, directed=False)[1], np.int64)


def _apart(graph: _Graph, joined: Numbers, at_main: NDArray[np.bool_]) -> list[Break]:
    off = np.flatnonzero(~at_main[graph.tail])
    streets = graph.streets
    by_any = _joined(streets.tail, streets.head, len(streets.x))[graph.nodes]
    closed = by_any == by_any[np.argmax(at_main)]
    gaps = _gaps(graph, joined, at_main, closed)
    found = []
    for piece, members in _grouped(joined[graph.tail[off]], off):
        segments = graph.usable[members]
        where = graph.place(int(graph.tail[members[len(members) // 2]]))
        kind: Kind = "closed" if closed[graph.tail[members[0]]] else "apart"
        plain = Break(kind, segments, int(streets.street[segments[0]]), NOWHERE, (where, where))
        found.append(replace(gaps[piece], segments=segments) if piece in gaps else plain)
    return found


def _gaps(graph: _Graph, joined: Numbers, at_main: NDArray[np.bool_], closed: NDArray[np.bool_]) -> dict[int, Break]:
    """Return the gap of each piece that has one.

    Of several that counts which most likely is none of the ground: one at a loose end of the piece, one where a road was cut, one at the street
    driven fastest, at last the narrowest. Where a footpath joins a piece, cars are mostly kept out on purpose: there only a road that was cut counts.
    """
    ends = _loose_ends(graph)
    # Ends of pieces against streets of the main part, which are many; ends of the main part, which are many, against streets of pieces.
    sides = [(ends[~at_main[ends]], np.flatnonzero(at_main[graph.tail])), (ends[at_main[ends]], np.flatnonzero(~at_main[graph.tail]))]
    gaps: dict[int, Break] = {}
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


def _only_segments(graph: _Graph, ends: Numbers) -> Numbers:
    """Return the one segment at each loose end."""
    segment = np.zeros(len(graph.nodes), np.int64)
    segment[graph.tail] = segment[graph.head] = np.arange(len(graph.tail))
    return segment[ends]


def _cut(graph: _Graph, ends: Numbers, node: Numbers, loose: Numbers, segment: Numbers, line: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which lines run from one loose end to another and go on as both streets do, within 45°: there a road was cut."""
    at = graph.streets.x + 1j * graph.streets.y
    tail, head = at[graph.nodes[graph.tail]], at[graph.nodes[graph.head]]
    foot = shapely.get_coordinates(shapely.get_point(line, 1)) @ np.array([1, 1j])
    to_head = np.abs(head[segment] - foot) < np.abs(tail[segment] - foot)
    there = np.where(to_head, graph.head[segment], graph.tail[segment])
    gap = foot - at[graph.nodes[node]]
    here = np.where(graph.head[loose] == node, head[loose] - tail[loose], tail[loose] - head[loose])
    across = np.where(to_head, head[segment] - tail[segment], tail[segment] - head[segment])
    faces = np.isin(there, ends) & (np.abs(at[graph.nodes[there]] - foot) < 1e-3)
    return faces & _goes_on(here, gap) & _goes_on(across, -gap)


def _goes_on(way: NDArray[np.complex128], gap: NDArray[np.complex128]) -> NDArray[np.bool_]:
    """Return where a gap goes on in the direction of a way, as does one of no width."""
    along: NDArray[np.float64] = (way * gap.conj()).real
    return np.asarray(along >= np.abs(way) * np.abs(gap) * np.sqrt(0.5) - 1e-6, bool)


def _gap(graph: _Graph, loose: int, segment: int, line: shapely.LineString) -> Break:
    of = graph.streets.street[graph.usable]
    (x, y), (other_x, other_y) = shapely.get_coordinates(line).tolist()
    return Break("gap", graph.usable[:0], int(of[loose]), int(of[segment]), ((x, y), (other_x, other_y)))


def _loose_ends(graph: _Graph) -> Numbers:
    """Return the nodes of the graph where a street ends and none of another mode goes on."""
    streets = graph.streets
    met = np.bincount(streets.tail, minlength=len(streets.x)) + np.bincount(streets.head, minlength=len(streets.x))
    return np.flatnonzero(met[graph.nodes] == 1)


def _near(graph: _Graph, ends: Numbers, segments: Numbers) -> tuple[Numbers, Numbers, NDArray[np.object_]]:
    """Return ends and segments that are near each other, with the shortest line from end to segment."""
    streets = graph.streets
    if not len(ends) or not len(segments):
        return ends[:0], segments[:0], np.empty(0, object)
    points = np.asarray(shapely.points(streets.x[graph.nodes[ends]], streets.y[graph.nodes[ends]]))
    drawn = drawn_segments(streets, graph.usable[segments])
    end, segment = shapely.STRtree(drawn).query(points, predicate="dwithin", distance=NEAR_M + 0.0005)
    return ends[end], segments[segment], np.asarray(shapely.shortest_line(points[end], drawn[segment]))


def _one_way(graph: _Graph, main: NDArray[np.bool_], at_main: NDArray[np.bool_]) -> list[Break]:
    """Return the pieces that hang together with the main part and are not of it: some street to or from them is one-way."""
    off = np.flatnonzero(at_main[graph.tail] & ~(main[graph.tail] & main[graph.head]))
    beyond = off[~main[graph.tail[off]] & ~main[graph.head[off]]]
    piece = _joined(graph.tail[beyond], graph.head[beyond], len(main))
    of_segment = piece[np.where(main[graph.tail[off]], graph.head[off], graph.tail[off])]
    enters = (main[graph.tail] & graph.forward) | (main[graph.head] & graph.backward)
    leaves = (main[graph.head] & graph.forward) | (main[graph.tail] & graph.backward)
    found = []
    for _, members in _grouped(of_segment, off):
        gate = members[main[graph.tail[members]] | main[graph.head[members]]]
        kind: Kind = "mixed" if enters[gate].any() and leaves[gate].any() else ("in" if enters[gate].any() else "out")
        first = int(gate[0])
        where = graph.place(int(graph.tail[first] if main[graph.tail[first]] else graph.head[first]))
        segments = graph.usable[members]
        found.append(Break(kind, segments, int(graph.streets.street[graph.usable[first]]), NOWHERE, (where, where)))
    return found


def _grouped(group: Numbers, members: Numbers) -> list[tuple[int, Numbers]]:
    """Return the members of each group in their order, groups in the order of their first member."""
    if not len(group):
        return []
    order = np.argsort(group, kind="stable")
    numbers, first = np.unique(group[order], return_index=True)
    parts = np.split(members[order], first[1:])
    return sorted(zip(numbers.tolist(), parts, strict=True), key=lambda item: int(item[1][0]))
