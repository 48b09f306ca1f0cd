"""Compiled search: Dijkstra (1959) from one site against the trips, touching only what it settles.

A stamp says which search last wrote a label, so nothing is cleared between searches: work per site grows with what lies within the limit, not
with the network. The heap is 4-ary (Johnson 1975) and keeps stale entries instead of decreasing keys.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int32]
Longs: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]


class Lists(NamedTuple):
    """Numbered lists of targets with costs: list ``i`` stands at ``start[i]:start[i + 1]`` of ``item`` and ``cost``."""

    start: Longs
    item: Ints
    cost: Floats


class Workspace(NamedTuple):
    """What one thread writes while it searches; ``stamp`` and ``done`` start at 0, the rest is never read before it is written."""

    label: Floats
    via: Ints
    stamp: Ints
    done: Ints
    settled: Ints
    key: Floats
    node: Ints


def workspace(nodes: int, arcs: int, seeds: int) -> Workspace:
    """Return room for searches: each arc and each seed enters the heap at most once."""
    room = arcs + seeds + 1
    label, key = np.empty(nodes), np.empty(room)
    via, settled, node = np.empty(nodes, np.int32), np.empty(nodes, np.int32), np.empty(room, np.int32)
    return Workspace(label, via, np.zeros(nodes, np.int32), np.zeros(nodes, np.int32), settled, key, node)


@njit(nogil=True, cache=True)
def _push(work: Workspace, size: int, key: float, node: int) -> int:
    at = size
    while at > 0:
        parent = (at - 1) >> 2
        if work.key[parent] <= key:
            break
        work.key[at] = work.key[parent]
        work.node[at] = work.node[parent]
        at = parent
    work.key[at] = key
    work.node[at] = node
    return size + 1


@njit(nogil=True, cache=True)
def _drop_first(work: Workspace, size: int) -> int:
    size -= 1
    key, node, at = work.key[size], work.node[size], 0
    while 4 * at + 1 < size:
        least = 4 * at + 1
        for other in range(least + 1, min(least + 4, size)):
            if work.key[other] < work.key[least]:
                least = other
        if work.key[least] >= key:
            break
        work.key[at] = work.key[least]
        work.node[at] = work.node[least]
        at = least
    work.key[at] = key
    work.node[at] = node
    return size


@njit(nogil=True, cache=True)
def _reach(work: Workspace, size: int, now: int, node: int, cost: float, via: int) -> int:
    """Label a node if this way is cheaper than what it has; return the heap's size."""
    if work.stamp[node] == now and work.label[node] <= cost:
        return size
    work.stamp[node] = now
    work.label[node] = cost
    work.via[node] = via
    return _push(work, size, cost, node)


@njit(nogil=True, cache=True)
def settle(arcs: Lists, seeds: Lists, site: int, limit: float, work: Workspace) -> int:
    """Settle the nodes from which a site can be reached within a limit; return how many, in ``work.settled``, cheapest first.

    ``arcs`` lists per node the arcs that end there; ``seeds`` per site the nodes the trip may come from. ``work.label`` holds the costs, ``work.via``
    the next node on the way to the site, -1 at its own street.
    """
    now, size, count = site + 1, 0, 0
    for k in range(seeds.start[site], seeds.start[site + 1]):
        if seeds.cost[k] <= limit:
            size = _reach(work, size, now, seeds.item[k], seeds.cost[k], -1)
    while size > 0:
        node = work.node[0]
        size = _drop_first(work, size)
        if work.done[node] == now:
            continue
        work.done[node] = now
        work.settled[count] = node
        count += 1
        for k in range(arcs.start[node], arcs.start[node + 1]):
            cost = work.label[node] + arcs.cost[k]
            if cost <= limit:
                size = _reach(work, size, now, arcs.item[k], cost, node)
    return count


@njit(nogil=True, cache=True)
def search_sites(arcs: Lists, seeds: Lists, cells: Lists, direct: Lists, limit: float, work: Workspace) -> tuple[Longs, Ints, Floats]:
    """Return sparse columns of cells and costs for each site, cells ascending.

    ``cells`` lists per node the cells whose trips may enter the network there; ``direct`` per site the cells on its own segment.
    """
    sites = len(seeds.start) - 1
    total_cells = cells.item.max() + 1 if len(cells.item) else 0
    best, stamp = np.empty(total_cells), np.zeros(total_cells, np.int32)
    touched = np.empty(total_cells, np.int32)
    start = np.zeros(sites + 1, np.int64)
    cell, cost = np.empty(1024, np.int32), np.empty(1024)
    for site in range(sites):
        count = 0
        for k in range(settle(arcs, seeds, site, limit, work)):
            node = work.settled[k]
            for j in range(cells.start[node], cells.start[node + 1]):
                count = _improve(best, stamp, touched, count, site + 1, cells.item[j], work.label[node] + cells.cost[j], limit)
        for j in range(direct.start[site], direct.start[site + 1]):
            count = _improve(best, stamp, touched, count, site + 1, direct.item[j], direct.cost[j], limit)
        end = start[site] + count
        if end > len(cell):
            cell, cost = np.concatenate((cell, np.empty(end, np.int32))), np.concatenate((cost, np.empty(end)))
        cell[start[site] : end] = np.sort(touched[:count])
        for j in range(start[site], end):
            cost[j] = best[cell[j]]
        start[site + 1] = end
    return start, cell[: start[sites]].copy(), cost[: start[sites]].copy()


@njit(nogil=True, cache=True)
def _improve(best: Floats, stamp: Ints, touched: Ints, count: int, now: int, cell: int, cost: float, limit: float) -> int:  # noqa: PLR0913, PLR0917 (compiled inline)
    """Note a cost of a cell if it is within the limit and cheaper; return how many cells are touched."""
    if cost > limit:
        return count
    if stamp[cell] != now:
        stamp[cell] = now
        best[cell] = cost
        touched[count] = cell
        return count + 1
    best[cell] = min(best[cell], cost)
    return count
