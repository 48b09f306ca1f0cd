"""Costs along one chain, compiled: from points to its ends, and between points without leaving it."""

from __future__ import annotations

import numpy as np
from numba import njit

from planning.travel.bundles import GRAIN, Along, Floats, Ints, Longs, Points


@njit(nogil=True, cache=True)
def _stretch(along: Along, way: int, begin: int, end: int) -> float:
    """Return the cost of the whole segments from place ``begin`` to before ``end`` of a chain; ``way`` 0 runs with it, 1 against it."""
    if along.closed[way, end] > along.closed[way, begin]:
        return np.inf
    return float(along.sum[way, end] - along.sum[way, begin])


@njit(nogil=True, cache=True)
def _part(cost: float, share: float) -> float:
    """Return the cost of a share of one segment: nothing costs nothing, also where the segment is closed."""
    if share <= 0.0:
        return 0.0
    return float(np.rint(share * cost * GRAIN) / GRAIN)


@njit(nogil=True, cache=True)
def to_ends(along: Along, points: Points, arriving: bool) -> tuple[Floats, Floats]:
    """Return what it costs from points to the tail and to the head of their chain, or (``arriving``) from there to the points; access included."""
    to_tail, to_head = np.full(len(points.chain), np.inf), np.full(len(points.chain), np.inf)
    onward, backward = (1, 0) if arriving else (0, 1)
    for k in range(len(points.chain)):
        if points.chain[k] < 0:
            continue
        first, last = along.start[points.chain[k]], along.start[points.chain[k] + 1]
        place, fraction = points.place[k], points.fraction[k]
        to_tail[k] = points.access[k] + _part(along.cost[backward, place], fraction) + _stretch(along, backward, first, place)
        to_head[k] = points.access[k] + _part(along.cost[onward, place], 1.0 - fraction) + _stretch(along, onward, place + 1, last)
    return to_tail, to_head


@njit(nogil=True, cache=True)
def beside(along: Along, cells: Points, first: Ints, sites: Points, number: Ints, straight: float) -> tuple[Longs, Floats]:
    """Return per site the cost from each cell on its chain without leaving it, one site after the other, and where each begins.

    Cells stand chain by chain, those of chain ``c`` from ``first[number[c]]``, none where that is -1. 1 m of the straight way between points on one
    segment costs ``straight``, infinite where nobody goes it.
    """
    cost, sums, closed = along.cost, along.sum, along.closed
    begin = np.zeros(len(sites.chain) + 1, np.int64)
    for site in range(len(sites.chain)):
        chain = sites.chain[site]
        filled = chain >= 0 and number[chain] >= 0
        begin[site + 1] = begin[site] + (first[number[chain] + 1] - first[number[chain]] if filled else 0)
    found = np.empty(begin[-1])
    for site in range(len(sites.chain)):
        to, target = sites.place[site], sites.fraction[site]
        for k in range(begin[site], begin[site + 1]):
            cell = first[number[sites.chain[site]]] + k - begin[site]
            at, share = cells.place[cell], cells.fraction[cell]
            paid = np.inf
            if at == to:
                if share <= target:
                    paid = _part(cost[0, at], target - share)
                if share >= target:
                    paid = min(paid, _part(cost[1, at], share - target))
            elif at < to and closed[0, to] == closed[0, at + 1]:
                paid = _part(cost[0, at], 1.0 - share) + (sums[0, to] - sums[0, at + 1]) + _part(cost[0, to], target)
            elif at > to and closed[1, at] == closed[1, to + 1]:
                paid = _part(cost[1, at], share) + (sums[1, at] - sums[1, to + 1]) + _part(cost[1, to], 1.0 - target)
            paid += cells.access[cell] + sites.access[site]
            if at == to and straight < np.inf:
                air = np.hypot(cells.x[cell] - sites.x[site], cells.y[cell] - sites.y[site]) * straight
                paid = min(paid, np.rint(air * GRAIN) / GRAIN)
            found[k] = paid
    return begin, found
