"""Place people at open sites at the least cost: flows along shortest paths from site to site.

Everybody begins at the cheapest place. Sites that are then overfull pass people on, each time along the cheapest path of moves to a site that has
room (successive shortest paths: Jewell 1958; potentials: Edmonds & Karp 1972). A move from one site to another takes the unit for which the change
costs least, so that paths run over sites, of which there are few, not over units. What is left over at the end is the least cost, and the potentials
are the sites' prices of a place that prove it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit

from planning.siting.capacitated.units import FITS, Array, Flags, Ints, Units

# Moves of people in one run of the compiled loop, before the watch is asked.
_SLICE = 2_000_000


@dataclass(frozen=True)
class Flow:
    """People placed at open sites.

    Attributes
    ----------
    opened : bool, shape (sites,)
    amount : float64, shape (entries,)
        People of each entry of the units.
    left : float64, shape (units,)
        People without a place.
    cost : float
        With ``beyond`` for each person left.
    price : float64, shape (units,)
        What one person more of a unit would cost: prices of the Lagrangian bound (:mod:`planning.siting.capacitated.prices`).
    """

    opened: Flags
    amount: Array
    left: Array
    cost: float
    price: Array


@njit(nogil=True, cache=True)
def _link(entry: int, at: int, head: Ints, after: Ints, before: Ints) -> None:
    after[entry], before[entry] = head[at], -1
    if head[at] >= 0:
        before[head[at]] = entry
    head[at] = entry


@njit(nogil=True, cache=True)
def _unlink(entry: int, at: int, head: Ints, after: Ints, before: Ints) -> None:
    if before[entry] >= 0:
        after[before[entry]] = after[entry]
    else:
        head[at] = after[entry]
    if after[entry] >= 0:
        before[after[entry]] = before[entry]


@njit(nogil=True, cache=True)
def _offer(entry: int, start: Ints, site: Ints, cost: Array, row: Ints, way: Array, leave: Ints, come: Ints) -> int:
    """Let the people at an entry offer their moves to other sites; return how many entries were read."""
    here, unit, read = site[entry], row[entry], 0
    for other in range(start[unit], start[unit + 1]):
        there, more = site[other], cost[other] - cost[entry]
        if there != here and more < way[here, there]:
            way[here, there], leave[here, there], come[here, there] = more, entry, other
        read += 1
    return read


@njit(nogil=True, cache=True)
def _settle(start: Ints, site: Ints, cost: Array, weight: Array, capacity: Array, amount: Array, load: Array) -> None:
    """Put everybody at the cheapest site, of equal ones where most room is."""
    for unit in range(len(weight)):
        best = start[unit]
        for entry in range(start[unit] + 1, start[unit + 1]):
            room, most = capacity[site[entry]] - load[site[entry]], capacity[site[best]] - load[site[best]]
            if cost[entry] < cost[best] or (cost[entry] == cost[best] and room > most):
                best = entry
        amount[best] = weight[unit]
        load[site[best]] += weight[unit]


@njit(nogil=True, cache=True)
def _path(way: Array, load: Array, capacity: Array, slack: Array, potential: Array, parent: Ints) -> int:
    """Find the cheapest path from an overfull site to one with room (Dijkstra); return where it ends, -1 when no site is overfull."""
    count = len(load)
    far = np.full(count, np.inf)
    done = np.zeros(count, np.bool_)
    for at in range(count):
        parent[at] = -1
        if load[at] > capacity[at] + slack[at]:
            far[at] = 0.0
    while True:
        at, least = -1, np.inf
        for other in range(count):
            if not done[other] and far[other] < least:
                at, least = other, far[other]
        if at < 0:
            return -1
        done[at] = True
        if load[at] < capacity[at] - slack[at]:
            for other in range(count):
                potential[other] += min(far[other], least)
            return at
        for other in range(count):
            if not done[other] and way[at, other] < np.inf:
                there = least + max(way[at, other] + potential[at] - potential[other], 0.0)
                if there < far[other]:
                    far[other], parent[other] = there, at


@njit(nogil=True, cache=True)
def _pass_on(
    start: Ints, site: Ints, cost: Array, row: Ints, capacity: Array, slack: Array, amount: Array, load: Array,
    head: Ints, after: Ints, before: Ints, way: Array, leave: Ints, come: Ints, potential: Array, moves: int,
) -> bool:  # fmt: skip
    """Pass people on from overfull sites until none is, or so many moves were made; return whether none is."""
    parent, emptied = np.empty(len(load), np.int64), np.zeros(len(load), np.bool_)
    while moves > 0:
        end = _path(way, load, capacity, slack, potential, parent)
        if end < 0:
            return True
        moves -= len(load) * 4
        much, at = capacity[end] - load[end], end
        while parent[at] >= 0:
            much = min(much, amount[leave[parent[at], at]])
            at = parent[at]
        first = at
        much = min(much, load[first] - capacity[first])
        load[first] -= much
        load[end] += much
        at = end
        while parent[at] >= 0:
            out, into = leave[parent[at], at], come[parent[at], at]
            if amount[into] == 0.0:
                _link(into, at, head, after, before)
                moves -= _offer(into, start, site, cost, row, way, leave, come)
            amount[into] += much
            amount[out] -= much
            emptied[at] = amount[out] <= 1e-12 * much
            if emptied[at]:
                amount[into] += amount[out]
                amount[out] = 0.0
                _unlink(out, parent[at], head, after, before)
            at = parent[at]
        at = end
        while parent[at] >= 0:
            if emptied[at]:  # the moves of who left are no longer there
                way[parent[at], :] = np.inf
                entry = head[parent[at]]
                while entry >= 0:
                    moves -= _offer(entry, start, site, cost, row, way, leave, come)
                    entry = after[entry]
            at = parent[at]
    return False


def flow_of(units: Units, opened: Flags, look: Callable[[], None]) -> Flow:
    """Place the people of all units at open sites at the least cost; cells may split, whatever ``units.whole`` says.

    Parameters
    ----------
    units : Units
    opened : bool, shape (sites,)
    look : callable
        Called between slices of work; may raise Cancelled.
    """
    stays = np.flatnonzero(opened[units.site])
    number, count = np.cumsum(opened) - 1, len(units.weight)
    width = np.bincount(units.row[stays], minlength=count)
    start = np.concatenate([[0], np.cumsum(width + 1)]).astype(np.int64)
    sites = int(opened.sum())
    site, cost = np.full(start[-1], sites, np.int64), np.full(start[-1], units.beyond)
    row = np.repeat(np.arange(count), width + 1)
    kept = np.ones(start[-1], bool)
    kept[start[1:] - 1] = False  # the last entry of each unit is where people stay without a place
    site[kept], cost[kept] = number[units.site[stays]], units.cost[stays]
    capacity = np.append(units.capacity[opened], np.inf)
    amount, potential = _solved(start, site, cost, row, units.weight, capacity, look)
    placed = np.zeros(len(units.site))
    placed[stays] = amount[kept]
    left = amount[start[1:] - 1]
    price_of_place = np.maximum(potential[-1] - potential, 0.0)
    price = np.minimum.reduceat(cost + price_of_place[site], start[:-1]) if count else np.empty(0)
    return Flow(opened.copy(), placed, left, float(np.sum(cost * amount)), price)


def _solved(
    start: Ints, site: Ints, cost: Array, row: Ints, weight: Array, capacity: Array, look: Callable[[], None]
) -> tuple[Array, Array]:  # fmt: skip
    """Return the people of each entry, and the potentials of the sites."""
    count = len(capacity)
    amount, load, potential = np.zeros(len(site)), np.zeros(count), np.zeros(count)
    slack = FITS * 1e-3 * np.where(np.isfinite(capacity), capacity, 0.0)
    _settle(start, site, cost, weight, capacity, amount, load)
    head, after, before = np.full(count, -1), np.full(len(site), -1), np.full(len(site), -1)
    way, leave, come = np.full((count, count), np.inf), np.full((count, count), -1), np.full((count, count), -1)
    _begin(start, site, cost, row, amount, head, after, before, way, leave, come)
    done = False
    while not done:
        look()
        done = _pass_on(
            start, site, cost, row, capacity, slack, amount, load, head, after, before, way, leave, come, potential, _SLICE
        )  # fmt: skip
    return amount, potential


@njit(nogil=True, cache=True)
def _begin(
    start: Ints, site: Ints, cost: Array, row: Ints, amount: Array,
    head: Ints, after: Ints, before: Ints, way: Array, leave: Ints, come: Ints,
) -> None:  # fmt: skip
    for entry in range(len(site)):
        if amount[entry] > 0.0:
            _link(entry, site[entry], head, after, before)
            _offer(entry, start, site, cost, row, way, leave, come)
