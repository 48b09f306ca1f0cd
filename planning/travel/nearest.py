"""Nearest sites of every cell by one search from all sites at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import NDArray

from planning.travel.attaching import Attached
from planning.travel.bundles import Floats, Ints, Lists
from planning.travel.columns import Cells, Sites
from planning.travel.queues import TAKEN, Buckets, buckets, drop_first, leave, push, wait
from planning.travel.search import highest
from planning.travel.snapping import Snapped

NONE = -1


@dataclass(frozen=True)
class Nearest:
    """The ``k`` nearest sites of every cell, the nearest first; of sites at one cost the one with the smaller id comes first.

    Attributes
    ----------
    sites, cells : Index
        Labels.
    site : int32, shape (cells, k)
        Positions in ``sites``, -1 where there is none within the limit.
    cost : float64, shape (cells, k)
        Cost of the trip in the unit of the search, infinite where there is none.
    """

    sites: pd.Index[str]
    cells: pd.Index[int]
    site: NDArray[np.int32]
    cost: NDArray[np.float64]


def nearest(attached: Attached, sites: Snapped, k: int = 1, limit: float = np.inf) -> Nearest:
    """Find the nearest sites of every cell.

    One search from all sites labels each junction with the ``k`` cheapest of them (Papadias, Zhang, Mamoulis, Tao 2003 call it network expansion).

    Parameters
    ----------
    attached : Attached
        Cells on a network, and the unit.
    sites : Snapped
        Sites snapped to the same network.
    k : int
        Sites per cell.
    limit : float
        Search limit in the unit; a cost equal to it is within.

    Raises
    ------
    ValueError
        When ``k`` is less than 1.
    """
    if k < 1:
        raise ValueError("k must be at least 1")
    # Owners are numbered by id, so that the smaller number is the smaller id.
    by_id = np.argsort(sites.index.to_numpy(dtype=str), kind="stable").astype(np.int32)
    hung = attached.sites(sites.part(by_id))
    bound = highest(limit)
    if k == 1:
        known = hung.costs[np.isfinite(hung.costs)]
        queue = buckets(attached.arcs, float(np.ptp(known)) if len(known) else 0.0)
        found, cost = _one(attached.arcs, attached.on_chains, hung, bound, queue)
    else:
        label, owner = _labelled(attached.arcs, hung, k, bound)
        found, cost = _spread(label, owner, attached.on_chains, hung, bound)
    site = np.where(found >= 0, by_id[np.maximum(found, 0)] if len(by_id) else NONE, NONE).astype(np.int32)
    return Nearest(sites.index, attached.cells.index, site, cost)


@njit(nogil=True, cache=True)
def _one(arcs: Lists, cells: Cells, sites: Sites, limit: float, queue: Buckets) -> Any:
    """Label every junction with its nearest site, then every cell."""
    start, item, paid = arcs.start, arcs.item, arcs.cost
    head, after, before, per_cost = queue.head, queue.after, queue.before, queue.per_cost[0]
    ring, waiting, first = len(head) - 1, 0, np.inf
    label, owner = np.full(len(start) - 1, np.inf), np.full(len(start) - 1, NONE, np.int32)
    for site in range(len(sites.ends)):
        for end in range(2):
            at, cost = sites.ends[site, end], sites.costs[site, end]
            if cost <= limit and cost < label[at]:  # sites come by id: an equal cost leaves the smaller
                if label[at] < np.inf:
                    leave(head, after, before, at)
                else:
                    waiting += 1
                label[at], owner[at] = cost, site
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
        reached, mine = label[here], owner[here]
        for k in range(start[here], start[here + 1]):
            cost, source = reached + paid[k], item[k]
            known = label[source]
            if cost > limit or cost > known or (cost == known and mine >= owner[source]):
                continue
            label[source], owner[source] = cost, mine
            target = int(cost * per_cost) & ring
            if known == np.inf or after[source] == TAKEN:
                waiting += 1
            elif int(known * per_cost) & ring == target:
                continue
            else:
                leave(head, after, before, source)
            wait(head, after, before, source, target)
    tails, heads, by_tail, by_head = cells.tails, cells.heads, cells.by_tail, cells.by_head
    found, cheapest = np.full((len(tails), 1), NONE, np.int32), np.full((len(tails), 1), np.inf)
    for cell in range(len(tails)):
        over_tail, over_head = label[tails[cell]] + by_tail[cell], label[heads[cell]] + by_head[cell]
        if over_tail < over_head or (over_tail == over_head and owner[tails[cell]] < owner[heads[cell]]):
            if over_tail <= limit:
                cheapest[cell, 0], found[cell, 0] = over_tail, owner[tails[cell]]
        elif over_head <= limit:
            cheapest[cell, 0], found[cell, 0] = over_head, owner[heads[cell]]
    for site in range(len(sites.ends)):
        for k in range(sites.begin[site], sites.begin[site + 1]):
            cost, cell = sites.beside[k], cells.order[cells.first[sites.own[site]] + k - sites.begin[site]]
            if cost <= limit and (cost < cheapest[cell, 0] or (cost == cheapest[cell, 0] and site < found[cell, 0])):
                cheapest[cell, 0], found[cell, 0] = cost, site
    return found, cheapest


@njit(nogil=True, cache=True)
def _enter(costs: Floats, owners: Ints, cost: float, owner: int) -> bool:
    """Enter a site into a list of the cheapest by cost and number; return whether it changed."""
    last = len(costs) - 1
    if cost > costs[last] or (cost == costs[last] and owners[last] >= 0 and owner >= owners[last]):
        return False
    at = last
    for k in range(len(costs)):
        if owners[k] == owner:
            if costs[k] <= cost:
                return False
            at = k
            break
    while at > 0 and (costs[at - 1] > cost or (costs[at - 1] == cost and (owners[at - 1] > owner or owners[at - 1] < 0))):
        costs[at], owners[at] = costs[at - 1], owners[at - 1]
        at -= 1
    costs[at], owners[at] = cost, owner
    return True


@njit(nogil=True, cache=True)
def _labelled(arcs: Lists, sites: Sites, k: int, limit: float) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Label every junction with the ``k`` cheapest sites, shape (junctions, k)."""
    junctions = len(arcs.start) - 1
    label, owner = np.full((junctions, k), np.inf), np.full((junctions, k), NONE, np.int32)
    room = k * len(arcs.item) + 2 * len(sites.ends) + 3
    # An entry is one junction and one site, coded in one number of a table that both key and code grow with.
    key, entry = np.empty(room), np.empty(room, np.int32)
    at_entry, by_entry = np.empty(room, np.int32), np.empty(room, np.int32)
    size, entries = 0, 0
    for site in range(len(sites.ends)):
        for end in range(2):
            at, cost = sites.ends[site, end], sites.costs[site, end]
            if cost <= limit and _enter(label[at], owner[at], cost, site):
                at_entry[entries], by_entry[entries] = at, site
                size = push(key, entry, size, cost, entries)
                entries += 1
    while size > 0:
        here, site, reached = at_entry[entry[0]], by_entry[entry[0]], key[0]
        size = drop_first(key, entry, size)
        current = False
        for j in range(k):
            current |= owner[here, j] == site and label[here, j] == reached
        if not current:
            continue
        for arc in range(arcs.start[here], arcs.start[here + 1]):
            cost, source = reached + arcs.cost[arc], arcs.item[arc]
            if cost <= limit and _enter(label[source], owner[source], cost, site):
                if entries == len(key):
                    key, entry = np.concatenate((key, np.empty(entries))), np.concatenate((entry, np.empty(entries, np.int32)))
                    at_entry = np.concatenate((at_entry, np.empty(entries, np.int32)))
                    by_entry = np.concatenate((by_entry, np.empty(entries, np.int32)))
                at_entry[entries], by_entry[entries] = source, site
                size = push(key, entry, size, cost, entries)
                entries += 1
    return label, owner


@njit(nogil=True, cache=True)
def _spread(label: NDArray[np.float64], owner: NDArray[np.int32], cells: Cells, sites: Sites, limit: float) -> Any:
    """Merge the lists of the two junctions of each cell, and the sites on its own chain."""
    count, k = len(cells.tails), label.shape[1]
    found, paid = np.full((count, k), NONE, np.int32), np.full((count, k), np.inf)
    for cell in range(count):
        tail, head, to_tail, to_head = cells.tails[cell], cells.heads[cell], cells.by_tail[cell], cells.by_head[cell]
        for j in range(k):
            if label[tail, j] + to_tail <= limit:
                _enter(paid[cell], found[cell], label[tail, j] + to_tail, owner[tail, j])
            if label[head, j] + to_head <= limit:
                _enter(paid[cell], found[cell], label[head, j] + to_head, owner[head, j])
    for site in range(len(sites.ends)):
        for k in range(sites.begin[site], sites.begin[site + 1]):
            cost, cell = sites.beside[k], cells.order[cells.first[sites.own[site]] + k - sites.begin[site]]
            if cost <= limit:
                _enter(paid[cell], found[cell], cost, site)
    return found, paid
