"""Queues of compiled searches: buckets, and a heap for labels that do not fit them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from planning.travel.bundles import Floats, Ints, Lists

TAKEN = -2
_LARGEST_RING = 1 << 20


class Buckets(NamedTuple):
    """A bucket queue (Dial 1969; Denardo and Fox 1979): labelled items wait in rings of lists, one for each ``1 / per_cost`` of cost.

    ``head``, shape (a power of two,), starts the lists, empty at -1; ``after`` and ``before`` link them, ``before`` being -1 - bucket at the first
    and ``after`` :data:`TAKEN` once an item has been taken out. Labels of waiting items differ by less than the ring is round.
    """

    head: Ints
    after: Ints
    before: Ints
    per_cost: Floats


def buckets(arcs: Lists, spread: float) -> Buckets:
    """Return empty buckets, half a mean arc wide, for labels that differ by at most ``spread`` or an arc's cost when they come to wait."""
    mean, spread = float(arcs.cost.mean()) if len(arcs.cost) else 0.0, max(spread, float(arcs.cost.max(initial=0.0)))
    width = max(mean / 2, spread / _LARGEST_RING) or 1.0
    ring = 1 << int(np.ceil(np.log2(spread / width + 3)))
    items = len(arcs.start) - 1
    return Buckets(np.full(ring, -1, np.int32), np.empty(items, np.int32), np.empty(items, np.int32), np.array([1.0 / width]))


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
