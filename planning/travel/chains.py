"""Chains: runs of segments without a junction between them, so that a search steps from junction to junction.

Exact: a node where just two segments meet offers no choice, so the way from one junction to the next costs the sum of its segments, and what
lies on a chain is reached over one of its two ends. osmnx simplifies graphs alike (Boeing 2017, doi:10.1016/j.compenvurbsys.2017.05.004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

_GRID = 1 << 16


@dataclass(frozen=True)
class Chains:
    """Segments strung together between junctions; every segment belongs to one chain.

    Attributes
    ----------
    junction : int32, shape (junctions,)
        Nodes at which not just two segments meet, along a Hilbert curve: neighbours lie close in memory, which searches gain from. A ring without
        such a node has one of its nodes as junction.
    start : int32, shape (chains + 1,)
        Chain ``c`` runs over ``segment[start[c]:start[c + 1]]``.
    segment : int32, shape (segments,)
        Segments of the network in the order of the chains.
    against : bool, shape (segments,)
        Where a segment, in that order, is drawn against its chain.
    tail, head : int32, shape (chains,)
        Junctions a chain runs from and to, as positions in ``junction``.
    chain, place : int32, shape (segments,)
        Chain of each segment of the network, and its position in ``segment``.
    """

    junction: NDArray[np.int32]
    start: NDArray[np.int32]
    segment: NDArray[np.int32]
    against: NDArray[np.bool_]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    chain: NDArray[np.int32]
    place: NDArray[np.int32]


def string_chains(tail: NDArray[np.int32], head: NDArray[np.int32], x: NDArray[np.float64], y: NDArray[np.float64]) -> Chains:
    """Join segments to chains.

    Parameters
    ----------
    tail, head : int32, shape (segments,)
        Nodes of each segment; every node has a segment.
    x, y : float64, shape (nodes,)
        Places of the nodes, for their order.
    """
    begin, incident = incidence(tail, head, len(x))
    junction = np.diff(begin) != 2
    order = np.flatnonzero(junction)
    order = order[np.argsort(_along_hilbert(x[order], y[order]), kind="stable")]
    start, segment, against, first, last = _walk(tail, head, begin, incident, order.astype(np.int32), junction)
    rings = np.setdiff1d(first, order, assume_unique=False)
    nodes = np.concatenate([order, rings]).astype(np.int32)
    number = np.empty(len(x), np.int32)
    number[nodes] = np.arange(len(nodes), dtype=np.int32)
    chain, place = np.empty(len(tail), np.int32), np.empty(len(tail), np.int32)
    chain[segment] = np.repeat(np.arange(len(first), dtype=np.int32), np.diff(start))
    place[segment] = np.arange(len(tail), dtype=np.int32)
    return Chains(nodes, start, segment, against, number[first], number[last], chain, place)


@njit(nogil=True, cache=True)
def incidence(tail: NDArray[np.int32], head: NDArray[np.int32], nodes: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return where each node's segments start, and the segments by node in ascending order; a loop stands twice."""
    start = np.zeros(nodes + 1, np.int32)
    for k in range(len(tail)):
        start[tail[k] + 1] += 1
        start[head[k] + 1] += 1
    for node in range(nodes):
        start[node + 1] += start[node]
    filled = start[:-1].copy()
    found = np.empty(2 * len(tail), np.int32)
    for k in range(len(tail)):
        for node in (tail[k], head[k]):
            found[filled[node]] = k
            filled[node] += 1
    return start, found


@njit(nogil=True, cache=True)
def _walk(tail, head, begin, incident, order, junction):  # type: ignore[no-untyped-def]
    """Follow every segment from junction to junction, then the rings that have none; the mask ``junction`` gains a node of each ring."""
    count, chains = 0, 0
    used = np.zeros(len(tail), np.bool_)
    start = np.zeros(len(tail) + 1, np.int32)
    segment, against = np.empty(len(tail), np.int32), np.empty(len(tail), np.bool_)
    first, last = np.empty(len(tail), np.int32), np.empty(len(tail), np.int32)
    for turn in range(len(order) + len(junction)):
        node = order[turn] if turn < len(order) else turn - len(order)
        for k in range(begin[node], begin[node + 1]):
            here = incident[k]
            if used[here]:
                continue
            junction[node] = True
            first[chains], at = node, node
            while True:
                used[here] = True
                segment[count], against[count] = here, tail[here] != at
                count += 1
                at = tail[here] if tail[here] != at else head[here]
                if junction[at]:
                    break
                here = incident[begin[at]] if incident[begin[at]] != here else incident[begin[at] + 1]
            last[chains] = at
            chains += 1
            start[chains] = count
    return start[: chains + 1].copy(), segment, against, first[:chains].copy(), last[:chains].copy()


def _along_hilbert(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how far along a Hilbert curve over their extent places lie, shape (places,)."""
    extent = max(np.ptp(x), np.ptp(y), 1e-9) if len(x) else 1.0
    columns, rows = ((axis - axis.min(initial=np.inf)) / extent * (_GRID - 1) for axis in (x, y))
    return _hilbert(columns.astype(np.int64), rows.astype(np.int64))


@njit(nogil=True, cache=True)
def _hilbert(columns: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    found = np.empty(len(columns), np.int64)
    for k in range(len(columns)):
        column, row, distance, side = columns[k], rows[k], 0, _GRID >> 1
        while side:
            right, upper = (column & side) > 0, (row & side) > 0
            distance += side * side * ((3 * right) ^ upper)
            if not upper:
                if right:
                    column, row = _GRID - 1 - column, _GRID - 1 - row
                column, row = row, column
            side >>= 1
        found[k] = distance
    return found
