"""What a site would gain at prices: the people it would take, as many as it has places, those that pay most above their travel first.

Sites are read one after the other, ``start[i]:start[i + 1]`` of ``unit`` and ``cost``; a unit gains ``price - cost`` a person. With units that split
the best are taken until the places are full (a continuous knapsack). With whole units it is a knapsack, solved by depth-first search
(Horowitz & Sahni 1974); where that takes too many steps the bound of Dantzig (1957) stands for its value, which is never too small.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planning.siting.capacitated.units import Array, Ints

States = NDArray[np.int8]

# Steps of one knapsack's search.
_STEPS = 3000


@njit(nogil=True, cache=True)
def fill(sites: Ints, start: Ints, unit: Ints, cost: Array, weight: Array, capacity: Array, price: Array, value: Array, placed: Array) -> None:
    """Set ``value`` of some sites where units split; add the people taken to ``placed``, shape (units,), unless it is empty."""
    gain, taker = np.empty(len(weight)), np.empty(len(weight), np.int64)
    for site in sites:
        count, people, gains = 0, 0.0, 0.0
        for entry in range(start[site], start[site + 1]):
            more = price[unit[entry]] - cost[entry]
            if more > 0.0:
                gain[count], taker[count] = more, unit[entry]
                people += weight[unit[entry]]
                gains += more * weight[unit[entry]]
                count += 1
        if people <= capacity[site]:
            value[site] = gains
            if len(placed):
                for place in range(count):
                    placed[taker[place]] += weight[taker[place]]
            continue
        room, gains = capacity[site], 0.0
        for place in np.argsort(-gain[:count], kind="mergesort"):
            much = min(room, weight[taker[place]])
            gains += much * gain[place]
            room -= much
            if len(placed):
                placed[taker[place]] += much
            if room <= 0.0:
                break
        value[site] = gains


@njit(nogil=True, cache=True)
def pack(
    sites: Ints, start: Ints, unit: Ints, cost: Array, weight: Array, capacity: Array, price: Array, state: States, value: Array, taken: States
) -> None:  # fmt: skip
    """Set ``value`` of some sites where units are whole, and ``taken`` of their entries; ``state``: 0 not allowed, 1 free, 2 obligatory.

    A site that has no room for what is obligatory has the value ``-inf``.
    """
    gain, size, place = np.empty(len(weight)), np.empty(len(weight)), np.empty(len(weight), np.int64)
    for site in sites:
        room, count, fixed, people, gains = capacity[site] * (1 + 1e-9), 0, 0.0, 0.0, 0.0
        for entry in range(start[site], start[site + 1]):
            taken[entry] = state[entry] == 2
            if state[entry] == 2:
                room -= weight[unit[entry]]
                fixed += (price[unit[entry]] - cost[entry]) * weight[unit[entry]]
        for entry in range(start[site], start[site + 1]):
            more = price[unit[entry]] - cost[entry]
            if state[entry] == 1 and more > 0.0 and weight[unit[entry]] <= room:
                gain[count], size[count], place[count] = more, weight[unit[entry]], entry
                people += size[count]
                gains += more * size[count]
                count += 1
        if room < -1e-9 * capacity[site]:
            value[site] = -np.inf
        elif people <= room:
            value[site] = fixed + gains
            taken[place[:count]] = 1
        else:
            order = np.argsort(-gain[:count], kind="mergesort")
            best = np.zeros(count, np.bool_)
            value[site] = fixed + _knapsack(gain[order], size[order], room, best)
            taken[place[:count][order[best]]] = 1


@njit(nogil=True, cache=True)
def _bound(gain: Array, size: Array, at: int, room: float) -> float:
    """Return what the items from ``at`` on can gain in a room when they may be cut; best first."""
    more = 0.0
    while at < len(gain) and size[at] <= room:
        more += gain[at] * size[at]
        room -= size[at]
        at += 1
    return more + gain[at] * room if at < len(gain) else more


@njit(nogil=True, cache=True)
def _knapsack(gain: Array, size: Array, room: float, best: NDArray[np.bool_]) -> float:
    """Return a bound on what whole items can gain, exact unless the search is too long; mark the best set found."""
    count, most, at, so_far = len(gain), 0.0, 0, 0.0
    inside, ideal = np.zeros(count, np.bool_), _bound(gain, size, 0, room)
    for _ in range(_STEPS):
        if at < count and so_far + _bound(gain, size, at, room) > most * (1 + 1e-12):
            inside[at] = size[at] <= room
            if inside[at]:
                room -= size[at]
                so_far += gain[at] * size[at]
            at += 1
            continue
        if at == count and so_far > most:
            most = so_far
            best[:] = inside
        at -= 1
        while at >= 0 and not inside[at]:
            at -= 1
        if at < 0:
            return most * (1 + 1e-12)
        inside[at] = False
        room += size[at]
        so_far -= gain[at] * size[at]
        at += 1
    return max(ideal, most)
