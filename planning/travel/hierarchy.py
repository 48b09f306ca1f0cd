"""Contraction hierarchy (Geisberger, Sanders, Schultes, Delling 2008): junctions in an order of importance, with shortcuts past the lesser ones.

Searches for many sites climb it and then sweep down once for sixteen sites (:mod:`planning.travel.sweep`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planning.travel.bundles import Floats, Ints, Lists
from planning.travel.queues import drop_first, push

WITNESS_SETTLED = 40
"""Junctions a search for a way around settles before it gives up: a needless shortcut costs time, never exactness."""
_ROOM = 256


@dataclass(frozen=True)
class Hierarchy:
    """Junctions by falling importance, for searches against the trips.

    Attributes
    ----------
    rank : int32, shape (junctions,)
        Position of each junction in the order, 0 the most important.
    up : Lists
        Per position the arcs, shortcuts included, by which more important junctions are reached from it against the trips.
    down : Lists
        Per position the arcs by which it is reached from more important junctions.
    """

    rank: NDArray[np.int32]
    up: Lists
    down: Lists


def build_hierarchy(arcs: Lists) -> Hierarchy:
    """Order the junctions and add shortcuts.

    Parameters
    ----------
    arcs : Lists
        Per junction the arcs that end there, as in :class:`planning.travel.attaching.Attached`: a search follows them from end to source.
    """
    count = len(arcs.start) - 1
    level, owner, other, climb, drop = _contract(arcs)
    order = np.lexsort([np.arange(count), -level])
    rank = np.empty(count, np.int32)
    rank[order] = np.arange(count, dtype=np.int32)
    return Hierarchy(rank, _by_rank(rank, owner, other, climb), _by_rank(rank, owner, other, drop))


def _by_rank(rank: Ints, owner: Ints, other: Ints, cost: Floats) -> Lists:
    open_ = np.isfinite(cost)
    mine, theirs = rank[owner[open_]], rank[other[open_]]
    order = np.lexsort([theirs, mine])
    start = np.concatenate([[0], np.cumsum(np.bincount(mine, minlength=len(rank)))]).astype(np.int32)
    return Lists(start, theirs[order], cost[open_][order])


@njit(nogil=True, cache=True)
def _join(first, to, following, there, back, used, node, other, onward, backward):  # type: ignore[no-untyped-def]
    """Note arcs node → other and other → node where they are cheaper; return how many records are used."""
    at = first[node]
    while at >= 0:
        if to[at] == other:
            there[at] = min(there[at], onward)
            back[at] = min(back[at], backward)
            return used
        at = following[at]
    to[used], there[used], back[used], following[used] = other, onward, backward, first[node]
    first[node] = used
    return used + 1


@njit(nogil=True, cache=True)
def _ways_around(first, to, following, there, start, without, limit, label, key, node, seen):  # type: ignore[no-untyped-def]
    """Label junctions near ``start`` by ways that avoid one junction; return how many labels were written, in ``seen``."""
    label[start] = 0.0
    seen[0] = start
    written, settled = 1, 0
    size = push(key, node, 0, 0.0, start)
    while size > 0 and settled < WITNESS_SETTLED and written < len(seen) - _ROOM and size < len(key) - _ROOM:
        here, cost = node[0], key[0]
        if cost > limit:
            break
        size = drop_first(key, node, size)
        if cost > label[here]:
            continue
        settled += 1
        at = first[here]
        while at >= 0:
            target, reached = to[at], cost + there[at]
            if target != without and reached <= limit and reached < label[target] and written < len(seen) and size < len(key):
                if label[target] == np.inf:
                    seen[written] = target
                    written += 1
                label[target] = reached
                size = push(key, node, size, reached, target)
            at = following[at]
    return written


@njit(nogil=True, cache=True)
def _shortcuts(first, to, following, there, back, middle, label, key, node, seen, near, onward, backward, source, target, cost):  # type: ignore[no-untyped-def]
    """Find the shortcuts that keep all costs when a junction is taken out; return how many neighbours and shortcuts there are."""
    count, found = 0, 0
    at = first[middle]
    while at >= 0:
        near[count], onward[count], backward[count] = to[at], there[at], back[at]
        count += 1
        at = following[at]
    for i in range(count):
        if backward[i] == np.inf:
            continue
        limit = 0.0
        for j in range(count):
            if j != i and onward[j] < np.inf:
                limit = max(limit, backward[i] + onward[j])
        if limit == 0.0 and count < 2:
            continue
        written = _ways_around(first, to, following, there, near[i], middle, limit, label, key, node, seen)
        for j in range(count):
            if j != i and onward[j] < np.inf and label[near[j]] > backward[i] + onward[j]:
                source[found], target[found], cost[found] = near[i], near[j], backward[i] + onward[j]
                found += 1
        for k in range(written):
            label[seen[k]] = np.inf
    return count, found


@njit(nogil=True, cache=True)
def _unlink(first, to, following, node, other):  # type: ignore[no-untyped-def]
    at, before = first[node], -1
    while at >= 0:
        if to[at] == other:
            if before < 0:
                first[node] = following[at]
            else:
                following[before] = following[at]
            return
        before, at = at, following[at]


@njit(nogil=True, cache=True)
def _neighbours(first, following, node):  # type: ignore[no-untyped-def]
    """Return how many records a junction has."""
    count, at = 0, first[node]
    while at >= 0:
        count += 1
        at = following[at]
    return count


@njit(nogil=True, cache=True)
def _lists_for(neighbours):  # type: ignore[no-untyped-def]
    """Return room for so many neighbours with costs both ways, and for shortcuts between any two of them."""
    pairs = neighbours * neighbours
    return (
        np.empty(neighbours, np.int32), np.empty(neighbours), np.empty(neighbours),
        np.empty(pairs, np.int32), np.empty(pairs, np.int32), np.empty(pairs),
    )  # fmt: skip


@njit(nogil=True, cache=True)
def _grown(array, room):  # type: ignore[no-untyped-def]
    larger = np.empty(max(room, 2 * len(array)), array.dtype)
    larger[: len(array)] = array
    return larger


@njit(nogil=True, cache=True)
def _contract(arcs: Lists) -> Any:
    """Take junctions out one by one, the least important first; return levels and, per record, owner, other and costs both ways."""
    count = len(arcs.start) - 1
    first = np.full(count, -1, np.int32)
    room = 2 * len(arcs.item) + _ROOM
    to, following, there, back = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room), np.empty(room)
    used = 0
    for node in range(count):
        for k in range(arcs.start[node], arcs.start[node + 1]):
            if arcs.item[k] != node:
                used = _join(first, to, following, there, back, used, node, arcs.item[k], arcs.cost[k], np.inf)
                used = _join(first, to, following, there, back, used, arcs.item[k], node, np.inf, arcs.cost[k])
    label = np.full(count, np.inf)
    keys, nodes, seen = np.empty(8192), np.empty(8192, np.int32), np.empty(8192, np.int32)
    near, onward, backward, source, target, cost = _lists_for(64)
    level = np.zeros(count, np.int32)
    stale = np.zeros(count, np.bool_)
    key, queue = np.empty(2 * count + _ROOM), np.empty(2 * count + _ROOM, np.int32)
    size = 0
    for here in range(count):
        if _neighbours(first, following, here) > len(near):
            near, onward, backward, source, target, cost = _lists_for(2 * _neighbours(first, following, here))
        neighbours, found = _shortcuts(
            first, to, following, there, back, here, label, keys, nodes, seen, near, onward, backward, source, target, cost
        )
        size = push(key, queue, size, 2.0 * found - 1.0 * neighbours, here)
    room = 4 * len(arcs.item) + _ROOM
    owner, other, climb, fall = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room), np.empty(room)
    kept = 0
    while size > 0:
        here = queue[0]
        size = drop_first(key, queue, size)
        if _neighbours(first, following, here) > len(near):
            near, onward, backward, source, target, cost = _lists_for(2 * _neighbours(first, following, here))
        neighbours, found = _shortcuts(
            first, to, following, there, back, here, label, keys, nodes, seen, near, onward, backward, source, target, cost
        )
        if stale[here]:
            stale[here] = False
            rank = 2.0 * found - 1.0 * neighbours + 1.0 * level[here]
            if size > 0 and rank > key[0]:
                size = push(key, queue, size, rank, here)
                continue
        if kept + neighbours > len(owner):
            room = kept + neighbours
            owner, other, climb, fall = _grown(owner, room), _grown(other, room), _grown(climb, room), _grown(fall, room)
        for k in range(neighbours):
            owner[kept], other[kept], climb[kept], fall[kept] = here, near[k], onward[k], backward[k]
            kept += 1
            _unlink(first, to, following, near[k], here)
            stale[near[k]] = True
            level[near[k]] = max(level[near[k]], level[here] + 1)
        if used + 2 * found > len(to):
            room = used + 2 * found
            to, following, there, back = _grown(to, room), _grown(following, room), _grown(there, room), _grown(back, room)
        for k in range(found):
            used = _join(first, to, following, there, back, used, source[k], target[k], cost[k], np.inf)
            used = _join(first, to, following, there, back, used, target[k], source[k], np.inf, cost[k])
    return level, owner[:kept].copy(), other[:kept].copy(), climb[:kept].copy(), fall[:kept].copy()
