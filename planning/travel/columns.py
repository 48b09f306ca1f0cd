"""From labels of junctions to columns of cells, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from planning.travel.kernels import Along, Floats, Ints, Lists, Longs, Points, Workspace, beside, clear, settle

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
    """Sites on chains, with the junctions a trip may come from last and the costs from there, shape (sites, 2)."""

    points: Points
    ends: Ints
    costs: Floats


@njit(nogil=True, cache=True)
def own_cells(cells: Cells, points: Points, site: int) -> tuple[int, int]:
    """Return the span of the cells on a site's own chain, empty where the site is nowhere or the chain has none."""
    chain = points.chain[site]
    if chain < 0 or cells.number[chain] < 0:
        return 0, 0
    return cells.first[cells.number[chain]], cells.first[cells.number[chain] + 1]


@njit(nogil=True, cache=True)
def search_columns(
    arcs: Lists,
    along: Along,
    cells: Cells,
    sites: Sites,
    begin: int,
    end: int,
    limit: float,
    straight: float,
    work: Workspace,
    cell: Ints,
    cost: Floats,
) -> Longs:
    """Fill ``cell`` and ``cost`` with the columns of the sites from ``begin`` to before ``end``, cells as on the chains; return where each starts.

    Both have room for one entry more than there are cells and sites.
    """
    start = np.zeros(end - begin + 1, np.int64)
    for site in range(begin, end):
        filled, own = start[site - begin], sites.points.chain[site]
        if own >= 0:
            count = settle(arcs, sites.ends[site], sites.costs[site], limit, work, False)
            if count * DENSE > len(work.label):
                filled = _all_chains(work.label, along, cells, sites.points, site, limit, straight, filled, cell, cost)
            else:
                filled = _marked_chains(count, along, cells, sites.points, site, limit, straight, work, filled, cell, cost)
            clear(work, count)
        start[site - begin + 1] = filled
    return start


@njit(nogil=True, cache=True)
def swept_columns(
    labels: NDArray[np.float64],
    along: Along,
    cells: Cells,
    sites: Sites,
    begin: int,
    end: int,
    limit: float,
    straight: float,
    cell: Ints,
    cost: Floats,
) -> Longs:
    """Do the same from the labels of a sweep, shape (sites, junctions)."""
    start = np.zeros(end - begin + 1, np.int64)
    for site in range(begin, end):
        filled = start[site - begin]
        if sites.points.chain[site] >= 0:
            filled = _all_chains(labels[site - begin], along, cells, sites.points, site, limit, straight, filled, cell, cost)
        start[site - begin + 1] = filled
    return start


@intrinsic
def _lowest_bit(_context, _bits):  # type: ignore[no-untyped-def]
    def instruction(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), instruction


@njit(nogil=True, cache=True)
def _marked_chains(
    count: int,
    along: Along,
    cells: Cells,
    points: Points,
    site: int,
    limit: float,
    straight: float,
    work: Workspace,
    filled: int,
    cell: Ints,
    cost: Floats,
) -> int:
    """Write the cells of the chains that end at a settled junction and of the site's own; return how far the column is filled."""
    # Arrays by themselves: a bundle of them is counted in and out wherever a compiled function gets it.
    label, settled, marks = work.label, work.settled, work.bits
    tail, head, first, order, to_tail, to_head = cells.tail, cells.head, cells.first, cells.order, cells.to_tail, cells.to_head
    touch_start, touching = cells.touch_start, cells.touching
    own = cells.number[points.chain[site]]
    low, high = len(marks), -1
    for k in range(count):
        node = settled[k]
        for j in range(touch_start[node], touch_start[node + 1]):
            word = touching[j] >> 6
            marks[word] |= np.uint64(1) << np.uint64(touching[j] & 63)
            low, high = min(low, word), max(high, word)
    if own >= 0:
        marks[own >> 6] |= np.uint64(1) << np.uint64(own & 63)
        low, high = min(low, own >> 6), max(high, own >> 6)
    for word in range(low, high + 1):
        bits = marks[word]
        marks[word] = 0
        while bits:
            chain = (word << 6) + _lowest_bit(bits)  # type: ignore[call-arg]
            bits &= bits - np.uint64(1)
            if chain == own:
                filled = _own_chain(label, along, cells, points, site, limit, straight, filled, cell, cost)
                continue
            from_tail, from_head = label[tail[chain]], label[head[chain]]
            for i in range(first[chain], first[chain + 1]):
                paid = min(from_tail + to_tail[i], from_head + to_head[i])
                cell[filled], cost[filled] = order[i], paid  # what is beyond the limit is overwritten by the next
                filled += paid <= limit
    return filled


@njit(nogil=True, cache=True)
def _all_chains(
    label: Floats, along: Along, cells: Cells, points: Points, site: int, limit: float, straight: float, filled: int, cell: Ints, cost: Floats
) -> int:
    """Write the cells of all chains; return how far the column is filled."""
    tail, head, first, order, to_tail, to_head = cells.tail, cells.head, cells.first, cells.order, cells.to_tail, cells.to_head
    own = cells.number[points.chain[site]]
    for chain in range(len(tail)):
        if chain == own:
            filled = _own_chain(label, along, cells, points, site, limit, straight, filled, cell, cost)
            continue
        from_tail, from_head = label[tail[chain]], label[head[chain]]
        if min(from_tail, from_head) <= limit:
            for i in range(first[chain], first[chain + 1]):
                paid = min(from_tail + to_tail[i], from_head + to_head[i])
                cell[filled], cost[filled] = order[i], paid
                filled += paid <= limit
    return filled


@njit(nogil=True, cache=True)
def _own_chain(
    label: Floats, along: Along, cells: Cells, points: Points, site: int, limit: float, straight: float, filled: int, cell: Ints, cost: Floats
) -> int:
    """Write the cells of the site's own chain, which may be reached without leaving it; return how far the column is filled."""
    chain = cells.number[points.chain[site]]
    from_tail, from_head = label[cells.tail[chain]], label[cells.head[chain]]
    for i in range(cells.first[chain], cells.first[chain + 1]):
        paid = min(from_tail + cells.to_tail[i], from_head + cells.to_head[i])
        paid = min(paid, beside(along, cells.points, i, points, site, straight))
        cell[filled], cost[filled] = cells.order[i], paid
        filled += paid <= limit
    return filled
