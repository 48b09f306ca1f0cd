"""Compiled search for the cheapest trips (Dijkstra 1959) to one site, against the trips, touching only what it settles.

Labels are infinite between searches and are put back where a search has written them: work per site grows with what lies within the limit, not with
the network. Junctions wait in buckets, in a bucket in any order: it takes half the time of a heap and gives the same labels, since a label that
gets cheaper is looked at again. All costs are multiples of one grain (:func:`planning.travel.network.whole`), so that equal ways have equal sums.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int32]
Longs: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]


class Lists(NamedTuple):
    """Numbered lists of targets with costs: list ``i`` stands at ``start[i]:start[i + 1]`` of ``item`` and ``cost``."""

    start: Ints
    item: Ints
    cost: Floats


class Along(NamedTuple):
    """Costs along the chains in one unit, by place in ``Chains.segment``.

    ``cost[0]`` and ``cost[1]`` are those of a segment with and against its chain, infinite where not allowed; ``sum`` and ``closed`` add up the costs
    and count the closed segments before a place, so that any stretch of a chain is a difference of two of them.
    """

    start: Ints
    cost: Floats
    sum: Floats
    closed: Ints


class Points(NamedTuple):
    """Points on chains: their chain (-1 nowhere), place of their segment, fraction of it behind them, access cost and position."""

    chain: Ints
    place: Ints
    fraction: Floats
    access: Floats
    x: Floats
    y: Floats


class Buckets(NamedTuple):
    """A bucket queue (Dial 1969; Denardo and Fox 1979): labelled items wait in rings of lists, one for each ``1 / per_cost`` of cost.

    ``head``, shape (a power of two,), starts the lists, empty at -1; ``after`` and ``before`` link them, ``before`` being -1 - bucket at the first
    and ``after`` :data:`TAKEN` once an item has been taken out. Labels of waiting items differ by less than the ring is round.
    """

    head: Ints
    after: Ints
    before: Ints
    per_cost: Floats


class Workspace(NamedTuple):
    """What one thread writes while it searches; ``label`` is infinite and ``bits`` 0 between searches, the rest is written before it is read."""

    label: Floats
    via: Ints
    settled: Ints
    buckets: Buckets
    bits: NDArray[np.uint64]


TAKEN = -2
GRAIN = 2.0**20
"""Costs are whole multiples of 1 / GRAIN m or s, about a micrometre: sums of them are exact in float64 up to 2³³."""
_LARGEST_RING = 1 << 20


def buckets(arcs: Lists, spread: float) -> Buckets:
    """Return empty buckets, half a mean arc wide, for labels that differ by at most ``spread`` or an arc's cost when they come to wait."""
    mean, spread = float(arcs.cost.mean()) if len(arcs.cost) else 0.0, max(spread, float(arcs.cost.max(initial=0.0)))
    width = max(mean / 2, spread / _LARGEST_RING) or 1.0
    ring = 1 << int(np.ceil(np.log2(spread / width + 3)))
    items = len(arcs.start) - 1
    return Buckets(np.full(ring, -1, np.int32), np.empty(items, np.int32), np.empty(items, np.int32), np.array([1.0 / width]))


def workspace(arcs: Lists, longest: float, chains: int = 0) -> Workspace:
    """Return room for searches from one site, with a bit for each of some chains; ``longest`` is the cost of the longest chain."""
    junctions = len(arcs.start) - 1
    return Workspace(
        np.full(junctions, np.inf), np.empty(junctions, np.int32), np.empty(junctions, np.int32), buckets(arcs, longest),
        np.zeros(chains // 64 + 1, np.uint64),
    )  # fmt: skip


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


@njit(nogil=True, cache=True)
def push(key: Floats, node: Ints, size: int, cost: float, item: int) -> int:
    """Add an entry to a 4-ary heap (Johnson 1975), which keeps stale entries instead of decreasing keys; return its size."""
    at = size
    while at > 0:
        parent = (at - 1) >> 2
        if key[parent] <= cost:
            break
        key[at] = key[parent]
        node[at] = node[parent]
        at = parent
    key[at] = cost
    node[at] = item
    return size + 1


@njit(nogil=True, cache=True)
def drop_first(key: Floats, node: Ints, size: int) -> int:
    """Take the cheapest entry from a heap; return its size."""
    size -= 1
    cost, item, at = key[size], node[size], 0
    while 4 * at + 1 < size:
        least = 4 * at + 1
        for other in range(least + 1, min(least + 4, size)):
            if key[other] < key[least]:
                least = other
        if key[least] >= cost:
            break
        key[at] = key[least]
        node[at] = node[least]
        at = least
    key[at] = cost
    node[at] = item
    return size


@njit(nogil=True, cache=True)
def wait(head: Ints, after: Ints, before: Ints, item: int, bucket: int) -> None:
    """Put an item into a bucket."""
    following = head[bucket]
    after[item], before[item] = following, -1 - bucket
    if following >= 0:
        before[following] = item
    head[bucket] = item


@njit(nogil=True, cache=True)
def leave(head: Ints, after: Ints, before: Ints, item: int) -> None:
    """Take an item out of the bucket it waits in."""
    previous, following = before[item], after[item]
    if previous >= 0:
        after[previous] = following
    else:
        head[-1 - previous] = following
    if following >= 0:
        before[following] = previous
    after[item] = TAKEN


@njit(nogil=True, cache=True)
def settle(arcs: Lists, ends: Ints, costs: Floats, limit: float, work: Workspace, mark: bool) -> int:
    """Settle the junctions from which a site can be reached within a limit; return how many, in ``work.settled``.

    ``arcs`` lists per junction the arcs that end there; ``ends`` and ``costs`` are the junctions a trip may come from last. ``work.label`` gets
    the costs; with ``mark``, ``work.via`` the arc a trip takes next, -1 where it has come to the site's chain.
    """
    start, item, paid = arcs.start, arcs.item, arcs.cost
    label, via, settled = work.label, work.via, work.settled
    head, after, before, per_cost = work.buckets.head, work.buckets.after, work.buckets.before, work.buckets.per_cost[0]
    ring, count, waiting, first = len(head) - 1, 0, 0, np.inf
    for k in range(len(ends)):
        at, cost = ends[k], costs[k]
        if cost <= limit and cost < label[at]:
            if label[at] < np.inf:
                leave(head, after, before, at)
            else:
                settled[count] = at
                count += 1
                waiting += 1
            label[at], via[at] = cost, -1
            wait(head, after, before, at, int(cost * per_cost) & ring)
            first = min(first, cost)
    bucket = int(first * per_cost) & ring if waiting else 0
    while waiting > 0:
        here = head[bucket]
        if here < 0:
            bucket = (bucket + 1) & ring
            continue
        leave(head, after, before, here)
        waiting -= 1
        reached = label[here]
        for k in range(start[here], start[here + 1]):
            cost, source = reached + paid[k], item[k]
            known = label[source]
            if cost > limit or cost >= known:
                continue
            label[source] = cost
            if mark:
                via[source] = k
            target = int(cost * per_cost) & ring
            if known == np.inf:
                settled[count] = source
                count += 1
                waiting += 1
            elif after[source] == TAKEN:  # a cheaper way was found within the bucket: its arcs are looked at again
                waiting += 1
            elif int(known * per_cost) & ring == target:
                continue
            else:
                leave(head, after, before, source)
            wait(head, after, before, source, target)
    return count


@njit(nogil=True, cache=True)
def clear(work: Workspace, count: int) -> None:
    """Put labels back for the next search."""
    for k in range(count):
        work.label[work.settled[k]] = np.inf
