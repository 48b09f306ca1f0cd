"""Compiled search for the cheapest trips (Dijkstra 1959) to one site, against the trips, touching only what it settles.

Labels are infinite between searches and are put back where a search has written them: work per site grows with what lies within the limit, not with
the network. Junctions wait in buckets, in a bucket in any order: it takes half the time of a heap and gives the same labels, since a label that
gets cheaper is looked at again. All costs are multiples of one grain (:func:`planning.travel.network.whole`), so that equal ways have equal sums.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planning.travel.bundles import Floats, Ints, Lists
from planning.travel.queues import TAKEN, Buckets, buckets, leave, wait


class Workspace(NamedTuple):
    """What one thread writes while it searches; ``label`` is infinite and ``bits`` 0 between searches, the rest is written before it is read."""

    label: Floats
    via: Ints
    settled: Ints
    buckets: Buckets
    bits: NDArray[np.uint64]


def workspace(arcs: Lists, longest: float, chains: int = 0) -> Workspace:
    """Return room for searches from one site, with a bit for each of some chains; ``longest`` is the cost of the longest chain."""
    junctions = len(arcs.start) - 1
    return Workspace(
        np.full(junctions, np.inf), np.empty(junctions, np.int32), np.empty(junctions, np.int32), buckets(arcs, longest),
        np.zeros(chains // 64 + 1, np.uint64),
    )  # fmt: skip


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
