"""Lists of the sites near each row, long enough for a search, short enough for memory; what is beyond a list is bounded by where it ends.

A row's list holds every site below its *reach*, and ``beyond`` is the reach: a person whom no listed site serves is charged less than the trip really
costs, never more. Whatever bounds all plans over such lists bounds them in truth. What a plan really costs is counted on the columns
(:class:`~planning.siting.trip_rows.TripRows`). A list that reaches to the row's own ``beyond`` holds all there is, and nothing is then left out.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planning.siting.kernels import sort_rows
from planning.siting.list_kernels import count_below, fill_below, saved
from planning.siting.reduce import Reduced
from planning.siting.trip_rows import Array, Ints, Look, TripRows

Flags = NDArray[np.bool_]

# Lists end at the third open site where memory allows: two decide what a swap is worth, the third leaves room to move.
_DEEPEST = 3
# Rows sorted between two looks.
_SORTED = 1 << 14
# Where even the first is too far, lists end at a share of the way from the cheapest site to it.
_SHARES = np.array([0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])


def lists(rows: TripRows, opened: Flags, stays: Flags, most: int, look: Look, *, long: Flags) -> Reduced:
    """List the sites near each row: all, or those below the third, second or first open site, whichever fits.

    Parameters
    ----------
    rows : TripRows
    opened : bool, shape (sites,)
        A plan.
    stays : bool, shape (sites,)
        Sites to list; plans that open others are bounded by nothing that is concluded from the lists.
    most : int
        Entries at most, about; every row has at least one.
    look : callable
        Called between columns; may raise Cancelled.
    long : bool, shape (rows,)
        Rows that list all there is, whatever fits.

    Returns
    -------
    Reduced
        With all sites, so that plans are the same here and there; ``beyond`` is each row's reach.
    """
    stays = stays | opened
    least = _least(rows, stays, look)
    reach, counts = _fitting(rows, rows.near(opened, _DEEPEST, look).cost, least, stays, most, look)
    needed = np.where(long, rows.beyond, np.maximum(reach, np.nextafter(least, np.inf)))
    if (needed > reach).any():
        reach, counts = needed, _counts(rows, needed[:, None], stays, look)[:, 0]
    return _filled(rows, reach, counts, stays, look)


def all_trips(rows: TripRows, sites: Flags) -> Reduced:
    """List all trips to some sites; rows that none of them serves better than what is open anyhow are left out."""
    counts = _counts(rows, rows.beyond[:, None], sites, lambda: None)[:, 0]
    found, some = _filled(rows, rows.beyond, counts, sites, lambda: None), counts > 0
    start = np.append(found.start[:-1][some], found.start[-1])
    return replace(found, weight=rows.weight[some], beyond=rows.beyond[some], start=start)


def _least(rows: TripRows, stays: Flags, look: Look) -> Array:
    """Return a cost of each row to a site that stays, mostly the least; where none is left, the row's own cheapest site stays, too."""
    if stays.all():
        return rows.least
    least = rows.near(stays, 1, look).cost[:, 0]
    none = least >= rows.beyond
    stays[rows.nearest[none]] = True
    return np.where(none, rows.least, least)


def greedy(rows: TripRows, most: int, look: Callable[[Flags], None]) -> Flags:
    """Open the site that saves most, again and again, on the columns themselves; ties go to the smaller id.

    Parameters
    ----------
    rows : TripRows
    most : int
        Sites to open at most.
    look : callable
        Shown each plan on the way; may raise Cancelled.
    """
    opened = np.zeros(len(rows.sites), dtype=bool)
    present, heap = rows.pays, []
    for site in range(len(opened)):
        look(opened)
        heap.append((-saved(*rows.column(site), rows.weight, present), site))
    heapq.heapify(heap)
    while heap and most > 0:
        look(opened)
        _, site = heapq.heappop(heap)
        row, cost = rows.column(site)
        gain = saved(row, cost, rows.weight, present)
        if heap and (-gain, site) > heap[0]:
            heapq.heappush(heap, (-gain, site))
        elif gain <= 0.0:
            break
        else:
            opened[site], most = True, most - 1
            present[row] = np.minimum(present[row], cost)
    return opened


def _fitting(rows: TripRows, near: Array, least: Array, stays: Flags, most: int, look: Look) -> tuple[Array, Ints]:
    """Return the farthest reaches that fit, and how many sites are below them, both shape (rows,)."""
    reaches = np.concatenate([near, rows.beyond[:, None]], axis=1)
    counts = _counts(rows, reaches, stays, look)
    if counts[:, 0].sum() > most:
        whole = np.where(np.isfinite(near[:, 0]), near[:, 0], 2.0 * least) - least
        reaches = least[:, None] + whole[:, None] * _SHARES
        counts = _counts(rows, reaches, stays, look)
    which = max(int((counts.sum(axis=0) <= most).sum()) - 1, 0)
    return reaches[:, which], counts[:, which]


def _counts(rows: TripRows, reach: Array, stays: Flags, look: Look) -> Ints:
    """Return how many sites that stay are below each reach, shape (rows, reaches)."""
    counts = np.zeros(reach.shape, np.int64)
    for site in np.flatnonzero(stays).tolist():
        look()
        count_below(*rows.column(site), reach, counts)
    return counts


def _filled(rows: TripRows, reach: Array, counts: Ints, stays: Flags, look: Look) -> Reduced:
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    free, sites, costs = start[:-1].copy(), np.empty(start[-1], np.int32), np.empty(start[-1])
    for site in np.flatnonzero(stays).tolist():
        look()
        fill_below(*rows.column(site), site, reach, free, sites, costs)
    for begin in range(0, len(counts), _SORTED):
        look()
        sort_rows(start[begin : begin + _SORTED + 1], sites, costs)
    return Reduced(rows.sites, rows.weight, reach, start, sites, costs, rows.settled, rows.settled_people, rows.left_out)
