"""Breaks: pieces of the streets that trips cannot use, because they do not hang together with the others, or only in one direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from layers.streets import BACKWARD, FORWARD, StreetNetwork
from layers.types import Mode
from planning.travel.gaps import Graph, Numbers, gaps_of
from planning.travel.parts import MAIN, NOWHERE, components, nearest_segments, ranked

Kind: TypeAlias = Literal["gap", "closed", "apart", "in", "out", "mixed"]
Whole: TypeAlias = NDArray[np.signedinteger]


@dataclass(frozen=True)
class Break:
    """A piece of the streets of a mode that is not in its main part.

    Attributes
    ----------
    kind : {"gap", "closed", "apart", "in", "out", "mixed"}
        ``gap``: nothing joins it to the main part, but a loose end of one is near the other (:data:`planning.travel.gaps.NEAR_M`). ``closed``: it is
        joined by streets alone that the mode cannot use, and no road between them was cut. ``apart``: nothing joins it at all, and no end is near.
        ``in``: one can get in, from the main part or within a piece apart, and not out; ``out``: out and not in; ``mixed``: streets lead both in
        and out and still one cannot do both, as between two streets that are one-way against each other.
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
    graph = Graph(streets, usable, nodes, ends[: len(usable)], ends[len(usable) :], (bits & FORWARD) > 0, (bits & BACKWARD) > 0)
    rank = ranked(components(bits, graph.tail, graph.head, len(nodes)))
    joined = _joined(graph.tail, graph.head, len(nodes))
    at_main = joined == joined[np.argmax(rank == MAIN)]
    core = _cores(rank, joined)
    turned = _turned(graph, core, joined, at_main)
    return (*_apart(graph, joined, at_main, np.flatnonzero(~at_main[graph.tail] & ~turned)), *_one_way(graph, core, np.flatnonzero(turned)))


def _cores(rank: NDArray[np.int32], joined: Numbers) -> NDArray[np.bool_]:
    """Return the nodes of the largest strongly connected component of each piece: the main part, and what would be it on an island."""
    least = np.full(len(joined), len(rank), rank.dtype)
    np.minimum.at(least, joined, rank)
    return np.asarray(rank == least[joined], bool)


def _turned(graph: Graph, core: NDArray[np.bool_], joined: Numbers, at_main: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which segments are not of the core of their piece; a piece that is but a chain of one-way streets has none, and is apart as a whole."""
    inner = core[graph.tail] & core[graph.head]
    has_core = np.zeros(len(joined), bool)
    has_core[joined[graph.tail[inner]]] = has_core[joined[at_main]] = True
    return np.asarray(~inner & has_core[joined[graph.tail]], bool)


def _joined(tail: Whole, head: Whole, count: int) -> Numbers:
    """Return the number of the piece each node hangs together with, whatever the directions."""
    pairs = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(count, count))
    return np.asarray(connected_components(pairs, directed=False)[1], np.int64)


def _apart(graph: Graph, joined: Numbers, at_main: NDArray[np.bool_], off: Numbers) -> list[Break]:
    streets = graph.streets
    pairs = np.concatenate([np.stack([streets.tail, streets.head], axis=1), streets.barred])
    by_any = _joined(pairs[:, 0], pairs[:, 1], len(streets.x))[graph.nodes]
    closed = by_any == by_any[np.argmax(at_main)]
    gaps = gaps_of(graph, joined, at_main, closed)
    found = []
    for piece, members in _grouped(joined[graph.tail[off]], off):
        segments = graph.usable[members]
        where = graph.place(int(graph.tail[members[len(members) // 2]]))
        kind: Kind = "closed" if closed[graph.tail[members[0]]] else "apart"
        plain = Break(kind, segments, int(streets.street[segments[0]]), NOWHERE, (where, where))
        gap = gaps.get(piece)
        found.append(plain if gap is None else Break("gap", segments, gap.street, gap.other, gap.at))
    return found


def _one_way(graph: Graph, core: NDArray[np.bool_], off: Numbers) -> list[Break]:
    """Return the pieces that hang together with a core and are not of it: some street to or from them is one-way."""
    beyond = off[~core[graph.tail[off]] & ~core[graph.head[off]]]
    piece = _joined(graph.tail[beyond], graph.head[beyond], len(core))
    of_segment = piece[np.where(core[graph.tail[off]], graph.head[off], graph.tail[off])]
    enters = (core[graph.tail] & graph.forward) | (core[graph.head] & graph.backward)
    leaves = (core[graph.head] & graph.forward) | (core[graph.tail] & graph.backward)
    found = []
    for _, members in _grouped(of_segment, off):
        gate = members[core[graph.tail[members]] | core[graph.head[members]]]
        kind: Kind = "mixed" if enters[gate].any() and leaves[gate].any() else ("in" if enters[gate].any() else "out")
        first = int(gate[0])
        where = graph.place(int(graph.tail[first] if core[graph.tail[first]] else graph.head[first]))
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
