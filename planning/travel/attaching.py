"""Attaching cells to a network in one unit: the part of a search that stays the same for all sites."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.types import Unit
from planning.travel.along import beside, to_ends
from planning.travel.bundles import Along, Ints, Lists, Points
from planning.travel.columns import Cells, Sites
from planning.travel.network import Network, whole
from planning.travel.snapping import Snapped

NOWHERE = -2


@dataclass(frozen=True)
class Attached:
    """Cells attached to a network in one unit.

    Attributes
    ----------
    network : Network
    cells : Snapped
        Cells, snapped to ``network``.
    unit : {"m", "s"}
    along : Along
        Costs along the chains.
    arcs : Lists
        Per junction the arcs that end there: the junction they come from and their cost, the cheapest of chains between the same two.
    by_chain : int32, shape (arcs,)
        Chain of each arc.
    longest : float
        Cost of the longest chain, closed parts left out.
    on_chains : Cells
        The cells on the chains, for the kernels.
    """

    network: Network
    cells: Snapped
    unit: Unit
    along: Along
    arcs: Lists
    by_chain: NDArray[np.int32]
    longest: float
    on_chains: Cells

    @property
    def straight(self) -> float:
        """Cost of a metre of the straight way between points on one segment; infinite where nobody may go straight (convention 8)."""
        return self.network.access_rate(self.unit) if self.network.mode == "walk" else np.inf

    def sites(self, snapped: Snapped) -> Sites:
        """Return sites for the kernels."""
        points = _points(self.network, snapped, self.unit)
        chain = np.maximum(points.chain, 0)
        ends = np.column_stack([self.network.chains.tail[chain], self.network.chains.head[chain]])
        cells = self.on_chains
        begin, found = beside(self.along, cells.points, cells.first, points, cells.number, self.straight)
        own = np.where(points.chain >= 0, cells.number[chain], NOWHERE).astype(np.int32)
        return Sites(points, ends, np.column_stack(to_ends(self.along, points, True)), own, begin, found)


def attach(network: Network, cells: Snapped, unit: Unit) -> Attached:
    """Attach cells to a network, for any number of searches.

    Parameters
    ----------
    network : Network
        Usable streets of one mode.
    cells : Snapped
        Cells snapped to it.
    unit : {"m", "s"}
        Whether trips are measured in metres or seconds; the cheapest way in that unit counts.
    """
    along = _along(network, unit)
    arcs, by_chain = _arcs(network, along)
    longest = float((along.sum[:, along.start[1:]] - along.sum[:, along.start[:-1]]).max(initial=0.0))
    return Attached(network, cells, unit, along, arcs, by_chain, longest, _cells(network, cells, unit, along))


def _along(network: Network, unit: Unit) -> Along:
    chains = network.chains
    there, back = network.costs(unit)
    there, back = there[chains.segment], back[chains.segment]
    cost = np.stack([np.where(chains.against, back, there), np.where(chains.against, there, back)])
    closed, none = np.isinf(cost), np.zeros((2, 1))
    sums = np.concatenate([none, np.cumsum(np.where(closed, 0.0, cost), axis=1)], axis=1)
    return Along(chains.start, cost, sums, np.concatenate([none, np.cumsum(closed, axis=1)], axis=1).astype(np.int32))


def _arcs(network: Network, along: Along) -> tuple[Lists, Ints]:
    """Return the arcs by the junction they end at: a search from a site runs against the trips (convention 7)."""
    chains, junctions = network.chains, len(network.chains.junction)
    first, last = along.start[:-1], along.start[1:]
    open_ = along.closed[:, last] == along.closed[:, first]
    cost = along.sum[:, last] - along.sum[:, first]
    chain = np.concatenate([np.flatnonzero(way & (chains.tail != chains.head)) for way in open_]).astype(np.int32)
    onward = np.arange(len(chain)) < np.count_nonzero(open_[0] & (chains.tail != chains.head))
    source = np.where(onward, chains.tail[chain], chains.head[chain])
    target = np.where(onward, chains.head[chain], chains.tail[chain])
    paid = np.where(onward, cost[0, chain], cost[1, chain])
    order = np.lexsort([chain, paid, source, target])
    target, source, paid, chain = target[order], source[order], paid[order], chain[order]
    cheapest = np.concatenate([[True], (target[1:] != target[:-1]) | (source[1:] != source[:-1])])[: len(target)]
    return Lists(_starts(np.bincount(target[cheapest], minlength=junctions)), source[cheapest].astype(np.int32), paid[cheapest]), chain[cheapest]


def _points(network: Network, points: Snapped, unit: Unit) -> Points:
    """Return where on the chains points are."""
    chains, near = network.chains, points.reachable
    segment = np.where(near, points.segment, 0)
    place = chains.place[segment]
    fraction = np.where(chains.against[place], 1.0 - points.fraction, points.fraction)
    chain = np.where(near, chains.chain[segment], -1).astype(np.int32)
    access = whole(points.access * network.access_rate(unit))
    return Points(chain, place, fraction, access, points.x, points.y)


def some_points(points: Points, order: NDArray[np.integer]) -> Points:
    """Return some points in the order of their positions."""
    chain, place, fraction, access, x, y = points
    return Points(chain[order], place[order], fraction[order], access[order], x[order], y[order])


def _cells(network: Network, cells: Snapped, unit: Unit, along: Along) -> Cells:
    chains, points = network.chains, _points(network, cells, unit)
    near = np.flatnonzero(points.chain >= 0)
    order = near[np.lexsort((near, points.fraction[near], points.place[near]))].astype(np.int32)
    counts = np.bincount(points.chain[order], minlength=len(chains.tail))
    filled = np.flatnonzero(counts)
    number = np.full(len(chains.tail), -1, np.int32)
    number[filled] = np.arange(len(filled), dtype=np.int32)
    sorted_points = some_points(points, order)
    to_tail, to_head = to_ends(along, sorted_points, False)
    by_tail, by_head = np.full(len(cells.index), np.inf), np.full(len(cells.index), np.inf)
    by_tail[order], by_head[order] = to_tail, to_head
    chain = np.maximum(points.chain, 0)
    return Cells(
        order, _starts(counts[filled]), sorted_points, to_tail, to_head, chains.tail[filled], chains.head[filled], number,
        *_touching(chains.tail[filled], chains.head[filled], len(chains.junction)), chains.tail[chain], chains.head[chain], by_tail, by_head,
    )  # fmt: skip


def _touching(tail: Ints, head: Ints, junctions: int) -> tuple[Ints, Ints]:
    """Return chains by the junctions they end at; a loop stands twice."""
    ends = np.concatenate([tail, head])
    chain = np.tile(np.arange(len(tail), dtype=np.int32), 2)
    return _starts(np.bincount(ends, minlength=junctions)), chain[np.argsort(ends, kind="stable")]


def _starts(counts: NDArray[np.integer]) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
