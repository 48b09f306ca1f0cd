"""Place whole units at open sites: from a flow, rounded and mended by moves and swaps. A good placing, no proof."""

from __future__ import annotations

import numpy as np
from numba import njit

from planning.siting.capacitated.flow import Flow
from planning.siting.capacitated.units import FITS, Array, Flags, Ints, Units

# With more units than this, pairs are not swapped: there are too many.
_PAIRS = 2500
_PASSES = 60


def placed_whole(units: Units, opened: Flags, flow: Flow) -> Flow:
    """Return whole units at open sites, near a flow that splits them; its prices stay.

    Parameters
    ----------
    units : Units
    opened : bool, shape (sites,)
    flow : Flow
        At the same open sites.
    """
    sites, count = np.flatnonzero(opened), len(units.weight)
    number = np.cumsum(opened) - 1
    stays = np.flatnonzero(opened[units.site])
    cost, share = np.full((count, len(sites) + 1), np.inf), np.zeros((count, len(sites) + 1))
    cost[units.row[stays], number[units.site[stays]]] = units.cost[stays]
    share[units.row[stays], number[units.site[stays]]] = flow.amount[stays]
    cost[:, -1], share[:, -1] = units.beyond, flow.left
    room = np.append(units.capacity[opened], np.inf) * (1.0 + FITS)
    # Those whom the flow splits last, of these and of the others the largest first; and a second time simply the largest first.
    split = share.max(axis=1) < units.weight * (1 - 1e-9)
    orders = (np.lexsort((-units.weight, split)), np.argsort(-units.weight, kind="stable"))
    tried = [_placed(order, cost, np.argmax(share, axis=1), units.weight, room) for order in orders]
    at = min(tried, key=lambda some: float(np.sum(cost[np.arange(count), some] * units.weight)))
    return standing(units, opened, np.append(sites, -1)[at], flow.price)


def standing(units: Units, opened: Flags, at: Ints, price: Array) -> Flow:
    """Return whole units that stand at some sites, shape (units,), -1 where they are left."""
    mine = units.site == at[units.row]
    amount = np.where(mine, units.weight[units.row], 0.0)
    left = np.where(at < 0, units.weight, 0.0)
    return Flow(opened.copy(), amount, left, float(np.sum(units.cost * amount)) + units.beyond * float(left.sum()), price)


@njit(nogil=True, cache=True)
def _placed(order: Ints, cost: Array, wish: Ints, weight: Array, room: Array) -> Ints:
    """Put units one by one where they wish to be, else where it costs least; then move and swap while that saves."""
    count, left = len(weight), cost.shape[1] - 1
    at, free = np.full(count, left, np.int64), room.copy()
    for unit in order:
        best = left
        if weight[unit] <= free[wish[unit]]:
            best = wish[unit]
        else:
            for site in range(left):
                if cost[unit, site] < cost[unit, best] and weight[unit] <= free[site]:
                    best = site
        at[unit] = best
        free[best] -= weight[unit]
    for _ in range(_PASSES):
        if not (_moved(cost, weight, at, free) or _made_room(cost, weight, at, free) or (count <= _PAIRS and _swapped(cost, weight, at, free))):
            break
    return at


@njit(nogil=True, cache=True)
def _moved(cost: Array, weight: Array, at: Ints, free: Array) -> bool:
    """Move single units to where they cost less and there is room."""
    changed = False
    for unit in range(len(weight)):
        for site in range(cost.shape[1]):
            if cost[unit, site] < cost[unit, at[unit]] and weight[unit] <= free[site]:
                free[at[unit]] += weight[unit]
                free[site] -= weight[unit]
                at[unit] = site
                changed = True
    return changed


@njit(nogil=True, cache=True)
def _made_room(cost: Array, weight: Array, at: Ints, free: Array) -> bool:
    """Bring in units that are left where another one can go elsewhere (or, being smaller, be left instead)."""
    changed, left = False, cost.shape[1] - 1
    for unit in range(len(weight)):
        if at[unit] != left:
            continue
        most, gone, to, into = 0.0, -1, -1, -1
        for other in range(len(weight)):
            site = at[other]
            if site == left or cost[unit, site] == np.inf or weight[unit] > free[site] + weight[other]:
                continue
            for there in range(left + 1):
                if there == site or cost[other, there] == np.inf or weight[other] > free[there]:
                    continue
                saved = (cost[unit, left] - cost[unit, site]) * weight[unit] - (cost[other, there] - cost[other, site]) * weight[other]
                if saved > most * (1 + 1e-12) + 1e-12 * weight[unit] * cost[unit, left]:
                    most, gone, to, into = saved, other, there, site
        if gone >= 0:
            free[into] += weight[gone] - weight[unit]
            free[to] -= weight[gone]
            at[gone], at[unit] = to, into
            changed = True
    return changed


@njit(nogil=True, cache=True)
def _swapped(cost: Array, weight: Array, at: Ints, free: Array) -> bool:
    """Swap the sites of two units where both fit and it costs less."""
    changed = False
    for one in range(len(weight)):
        for other in range(one + 1, len(weight)):
            here, there = at[one], at[other]
            if here == there or cost[one, there] == np.inf or cost[other, here] == np.inf:
                continue
            now = cost[one, here] * weight[one] + cost[other, there] * weight[other]
            then = cost[one, there] * weight[one] + cost[other, here] * weight[other]
            more = weight[other] - weight[one]
            if then < now * (1 - 1e-12) and more <= free[here] and -more <= free[there]:
                free[here] -= more
                free[there] += more
                at[one], at[other] = there, here
                changed = True
    return changed


def nearer(units: Units, plan: Flow) -> Flow:
    """Return a plan that places the same whole units with less travel, by moves and swaps."""
    sites = np.flatnonzero(plan.opened)
    number, stays = np.cumsum(plan.opened) - 1, np.flatnonzero(plan.opened[units.site])
    cost = np.full((len(units.weight), len(sites) + 1), np.inf)
    cost[units.row[stays], number[units.site[stays]]] = units.cost[stays]
    taken = np.flatnonzero(plan.amount > 0)
    unit = units.row[taken]
    room = np.append(units.capacity[plan.opened], np.inf) * (1.0 + FITS)
    at = np.full(len(units.weight), -1)
    at[unit] = sites[_placed(np.arange(len(unit)), cost[unit], number[units.site[taken]], units.weight[unit], room)]
    return standing(units, plan.opened, at, plan.price)
