"""Sweeps: the costs of all junctions for sixteen sites at once (PHAST: Delling, Goldberg, Nowatzyk, Werneck 2011, doi:10.1016/j.jpdc.2012.02.007)."""

from __future__ import annotations

import numpy as np
from numba import njit

from planning.travel.bundles import Floats, Ints, Lists
from planning.travel.queues import drop_first, push

LANES = 16


@njit(nogil=True, cache=True)
def sweep(up: Lists, down: Lists, ends: Ints, costs: Floats, limit: float, label: Floats, key: Floats, node: Ints) -> None:
    """Label all positions for up to sixteen sites.

    ``ends`` and ``costs``, shape (sites, 2), are the positions a trip to each site may come from last. ``label``, shape (positions · LANES,), gets
    the cost of position ``p`` to site ``s`` at ``p · LANES + s``; what is beyond the limit may be infinite.
    """
    positions = len(down.start) - 1
    label[:] = np.inf
    lowest = np.full(positions, np.inf)
    for lane in range(len(ends)):
        _climb(up, ends[lane], costs[lane], limit, lane, label, lowest, key, node)
    for at in range(positions):
        here = at * LANES
        least = lowest[at]
        for k in range(down.start[at], down.start[at + 1]):
            above, cost = down.item[k], down.cost[k]
            if lowest[above] + cost > limit:
                continue
            there = above * LANES
            for lane in range(LANES):
                reached = label[there + lane] + cost
                label[here + lane] = min(label[here + lane], reached)
            least = min(least, lowest[above] + cost)
        lowest[at] = least


@njit(nogil=True, cache=True)
def _climb(up, ends, costs, limit, lane, label, lowest, key, node):  # type: ignore[no-untyped-def]
    """Search upwards from a site's ends."""
    size = 0
    for k in range(len(ends)):
        if costs[k] <= limit and costs[k] < label[ends[k] * LANES + lane]:
            label[ends[k] * LANES + lane] = costs[k]
            size = push(key, node, size, costs[k], ends[k])
    while size > 0:
        here, cost = node[0], key[0]
        size = drop_first(key, node, size)
        if cost > label[here * LANES + lane]:
            continue
        lowest[here] = min(lowest[here], cost)
        for k in range(up.start[here], up.start[here + 1]):
            reached = cost + up.cost[k]
            if reached <= limit and reached < label[up.item[k] * LANES + lane]:
                label[up.item[k] * LANES + lane] = reached
                size = push(key, node, size, reached, up.item[k])


@njit(nogil=True, cache=True)
def spread(label: Floats, rank: Ints, lanes: int, found: Floats) -> None:
    """Write labels by position as rows by junction: ``found``, shape (lanes, junctions)."""
    for junction in range(len(rank)):
        here = rank[junction] * LANES
        for lane in range(lanes):
            found[lane, junction] = label[here + lane]
