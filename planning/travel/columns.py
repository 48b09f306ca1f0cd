"""From labels of junctions to columns of cells, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from planning.travel.bundles import Floats, Ints, Lists, Longs, Points
from planning.travel.settling import Workspace, settle

DENSE = 6
"""Where a search settles more than this part of the junctions, all chains are looked at instead of those marked."""


class Cells(NamedTuple):
    """Cells on chains.

    ``order`` holds the positions of the cells chain by chain and along each, those of the ``c``-th chain with cells at
    ``first[c]:first[c + 1]``; ``points``, ``to_tail`` and ``to_head`` are in that order. ``tail`` and ``head`` are the junctions of these chains,
    ``number`` says of all chains which of them it is, -1 without cells, and ``touching`` lists them per junction. ``tails``, ``heads``, ``by_tail``
    and ``by_head`` are the junctions of each cell and the costs to them, by position of the cell.
    """

    order: Ints
    first: Ints
    points: Points
    to_tail: Floats
    to_head: Floats
    tail: Ints
    head: Ints
    number: Ints
    touch_start: Ints
    touching: Ints
    tails: Ints
    heads: Ints
    by_tail: Floats
    by_head: Floats


class Sites(NamedTuple):
    """Sites on chains.

    ``ends`` and ``costs``, shape (sites, 2), are the junctions a trip may come from last and the costs from there. ``own`` is the number of the
    chain each is on among those with cells, -1 for none, -2 for a site that is nowhere; ``beside[begin[s]:begin[s + 1]]`` holds what its cells
    pay without leaving it.
    """

    points: Points
    ends: Ints
    costs: Floats
    own: Ints
    begin: Longs
    beside: Floats


@intrinsic
def _lowest_bit(_context, _bits):  # type: ignore[no-untyped-def]
    def instruction(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), instruction


@njit(nogil=True, cache=True)
def search_columns(arcs: Lists, cells: Cells, sites: Sites, begin: int, end: int, limit: float, work: Workspace, cell: Ints, cost: Floats) -> Longs:
    """Fill ``cell`` and ``cost`` with the columns of the sites from ``begin`` to before ``end``, cells as on the chains; return where each starts.

    They have room for one entry more than there are cells: what is beyond the limit is overwritten by the next. Where another column might not
    fit, fewer are returned.
    """
    # Arrays by themselves: a bundle of them is counted in and out wherever a compiled function gets it.
    label, settled, marks = work.label, work.settled, work.bits
    tail, head, first, order, to_tail, to_head = cells.tail, cells.head, cells.first, cells.order, cells.to_tail, cells.to_head
    touch_start, touching, beside = cells.touch_start, cells.touching, sites.beside
    start, filled = np.zeros(end - begin + 1, np.int64), 0
    for site in range(begin, end):
        if filled + len(order) >= len(cell):
            return start[: site - begin + 1]
        own = sites.own[site]
        if own >= -1:
            count = settle(arcs, sites.ends[site], sites.costs[site], limit, work, False)
            low, high = 0, len(marks) - 1
            if count * DENSE > len(label):
                marks[:] = ~np.uint64(0)
            else:
                low, high = (own >> 6, own >> 6) if own >= 0 else (len(marks), -1)
                if own >= 0:
                    marks[low] |= np.uint64(1) << np.uint64(own & 63)
                for k in range(count):
                    node = settled[k]
                    for j in range(touch_start[node], touch_start[node + 1]):
                        word = touching[j] >> 6
                        marks[word] |= np.uint64(1) << np.uint64(touching[j] & 63)
                        low, high = min(low, word), max(high, word)
            for word in range(low, high + 1):
                bits = marks[word]
                marks[word] = 0
                while bits:
                    chain = (word << 6) + _lowest_bit(bits)  # type: ignore[call-arg]
                    bits &= bits - np.uint64(1)
                    if chain >= len(tail):
                        break
                    from_tail, from_head = label[tail[chain]], label[head[chain]]
                    aside = sites.begin[site] - first[chain]
                    for i in range(first[chain], first[chain + 1]):
                        over_tail, over_head = from_tail + to_tail[i], from_head + to_head[i]
                        paid = min(over_head, over_tail)
                        if chain == own and beside[aside + i] < paid:
                            paid = beside[aside + i]
                        cell[filled], cost[filled] = order[i], paid
                        filled += paid <= limit
            for k in range(count):
                label[settled[k]] = np.inf
        start[site - begin + 1] = filled
    return start


@njit(nogil=True, cache=True)
def swept_columns(labels: NDArray[np.float64], cells: Cells, sites: Sites, begin: int, end: int, limit: float, cell: Ints, cost: Floats) -> Longs:
    """Do the same from the labels of a sweep, shape (sites, junctions)."""
    tail, head, first, order, to_tail, to_head = cells.tail, cells.head, cells.first, cells.order, cells.to_tail, cells.to_head
    beside = sites.beside
    start, filled = np.zeros(end - begin + 1, np.int64), 0
    for site in range(begin, end):
        if filled + len(order) >= len(cell):
            return start[: site - begin + 1]
        own, label = sites.own[site], labels[site - begin]
        for chain in range(len(tail) if own >= -1 else 0):
            from_tail, from_head = label[tail[chain]], label[head[chain]]
            if from_tail > limit and from_head > limit and chain != own:
                continue
            aside = sites.begin[site] - first[chain]
            for i in range(first[chain], first[chain + 1]):
                over_tail, over_head = from_tail + to_tail[i], from_head + to_head[i]
                paid = min(over_head, over_tail)
                if chain == own and beside[aside + i] < paid:
                    paid = beside[aside + i]
                cell[filled], cost[filled] = order[i], paid
                filled += paid <= limit
        start[site - begin + 1] = filled
    return start
