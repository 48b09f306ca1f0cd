"""Compiled loops over the rows of a reduced problem: what numpy would need a pass over all entries for ends here at the first that decides.

A row's entries are ``start[j]:start[j + 1]`` of ``site`` and ``cost``, cheapest first. Nothing here is public; :mod:`planning.siting.heuristic`,
:mod:`planning.siting.bound` and :mod:`planning.siting.reduce` say what the loops mean.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Sites = NDArray[np.int32]


@njit(nogil=True, cache=True)
def sort_rows(start: Ints, site: Sites, cost: Floats) -> None:
    """Put each row's entries in order of cost, in place; entries of equal cost stay as they stand."""
    for row in range(len(start) - 1):
        span = slice(start[row], start[row + 1])
        order = np.argsort(cost[span], kind="mergesort")
        site[span], cost[span] = site[span][order], cost[span][order]


@njit(nogil=True, cache=True)
def turned(start: Ints, site: Sites, sites: int) -> tuple[Ints, Sites]:
    """Return the rows of each site one site after the other, ascending, and where each site's start."""
    column = np.zeros(sites + 1, np.int64)
    for one in site:
        column[one + 1] += 1
    column = np.cumsum(column)
    free, rows = column[:-1].copy(), np.empty(len(site), np.int32)
    for row in range(len(start) - 1):
        for entry in range(start[row], start[row + 1]):
            rows[free[site[entry]]] = row
            free[site[entry]] += 1
    return column, rows


@njit(nogil=True, cache=True)
def turned_costs(site: Sites, cost: Floats, column: Ints) -> Floats:
    """Return the costs in the order of :func:`turned`."""
    free, costs = column[:-1].copy(), np.empty(len(site))
    for entry in range(len(site)):
        costs[free[site[entry]]] = cost[entry]
        free[site[entry]] += 1
    return costs


@njit(nogil=True, cache=True)
def kept(start: Ints, site: Sites, place: Sites) -> tuple[Ints, Sites]:
    """Return start and site of the entries whose sites have a new place (-1: none), numbered by it."""
    bounds = np.zeros(len(start), np.int64)
    for row in range(len(start) - 1):
        count = bounds[row]
        for entry in range(start[row], start[row + 1]):
            if place[site[entry]] >= 0:
                count += 1
        bounds[row + 1] = count
    left, filled = np.empty(bounds[-1], np.int32), 0
    for one in site[start[0] : start[-1]]:
        if place[one] >= 0:
            left[filled] = place[one]
            filled += 1
    return bounds, left


@njit(nogil=True, cache=True)
def kept_costs(site: Sites, cost: Floats, place: Sites, count: int) -> Floats:
    """Return the costs of the entries that :func:`kept` keeps."""
    left, filled = np.empty(count), 0
    for entry in range(len(site)):
        if place[site[entry]] >= 0:
            left[filled] = cost[entry]
            filled += 1
    return left


@njit(nogil=True, cache=True)
def savings(start: Ints, site: Sites, cost: Floats, weight: Floats, pays: Floats, sites: int) -> Floats:
    """Return what each site alone would save, shape (sites,), where the rows pay so much now."""
    saved = np.zeros(sites)
    for row in range(len(weight)):
        for entry in range(start[row], start[row + 1]):
            if cost[entry] < pays[row]:
                saved[site[entry]] += weight[row] * (pays[row] - cost[entry])
    return saved


@njit(nogil=True, cache=True)
def saving(rows: Sites, costs: Floats, weight: Floats, pays: Floats) -> float:
    """Return what one site saves, given its rows and costs."""
    saved = 0.0
    for entry in range(len(rows)):
        saved += weight[rows[entry]] * max(pays[rows[entry]] - costs[entry], 0.0)
    return saved


@njit(nogil=True, cache=True)
def lower(rows: Sites, costs: Floats, pays: Floats) -> None:
    """Let the rows of a site pay its costs where that is less."""
    for entry in range(len(rows)):
        pays[rows[entry]] = min(pays[rows[entry]], costs[entry])


@njit(nogil=True, cache=True)
def reach(cells: Sites, people: Floats, reached: NDArray[np.bool_]) -> float:
    """Mark the cells of a site and return their people."""
    total = 0.0
    for cell in cells:
        reached[cell] = True
        total += people[cell]
    return total


@njit(nogil=True, cache=True)
def owed(cells: Sites, people: Floats, pays: Floats) -> float:
    """Return what the people of some cells pay."""
    total = 0.0
    for cell in cells:
        total += people[cell] * pays[cell]
    return total


@njit(nogil=True, cache=True)
def add_shares(sites: Ints, column: Ints, rows: Sites, shares: Floats, total: Floats) -> None:
    """Add the shares of some sites to the totals of their rows."""
    for site in sites:
        for row in rows[column[site] : column[site + 1]]:
            total[row] += shares[site]


@njit(nogil=True, cache=True)
def two_nearest_of(sites: Ints, column: Ints, rows: Sites, costs: Floats, least: Floats, second: Floats, nearest: Ints) -> None:
    """Lower what :func:`two_nearest` sets, site by site, ids ascending; what is not reached stays as it was."""
    for site in sites:
        for entry in range(column[site], column[site + 1]):
            row = rows[entry]
            if costs[entry] < least[row]:
                second[row], least[row], nearest[row] = least[row], costs[entry], site
            elif costs[entry] < second[row]:
                second[row] = costs[entry]


@njit(nogil=True, cache=True)
def two_nearest(
    rows: Ints, start: Ints, site: Sites, cost: Floats, opened: NDArray[np.bool_], beyond: Floats, least: Floats, second: Floats, nearest: Ints
) -> None:
    """Set the costs of the cheapest and second cheapest open site of some rows, and the cheapest one, -1 where there is none."""
    for row in rows:
        least[row], second[row], nearest[row] = beyond[row], beyond[row], -1
        for entry in range(start[row], start[row + 1]):
            if opened[site[entry]]:
                if nearest[row] >= 0:
                    second[row] = cost[entry]
                    break
                least[row], nearest[row] = cost[entry], site[entry]


@njit(nogil=True, cache=True)
def count_swaps(
    rows: Ints, weight: Floats, start: Ints, site: Sites, cost: Floats, least: Floats, second: Floats, nearest: Ints, place: Ints,
    gain: Floats, loss: Floats, both: Floats,
) -> None:  # fmt: skip
    """Add to gain, loss and correction of every swap what some rows contribute; a negative ``weight`` takes it away."""
    for row in rows:
        own = place[nearest[row]] if nearest[row] >= 0 else -1
        if own >= 0:
            loss[own] += weight[row] * (second[row] - least[row])
        for entry in range(start[row], start[row + 1]):
            if cost[entry] >= second[row]:
                break  # neither this site nor a dearer one serves the row better than its second
            if cost[entry] < least[row]:
                gain[site[entry]] += weight[row] * (least[row] - cost[entry])
            if own >= 0:
                both[site[entry], own] += weight[row] * (second[row] - max(cost[entry], least[row]))


@njit(nogil=True, cache=True)
def cut_groups(
    order: Ints, group_start: Ints, start: Ints, site: Sites, cost: Floats, weight: Floats, beyond: Floats, shares: Floats, full: float
) -> tuple[Ints, Sites, Floats, Floats]:
    """Return the cuts of all groups at some shares: start, column and coefficient of their entries, and their constants.

    ``order`` lists the rows group by group; a row is served where its shares add up to ``full``.
    """
    groups, sites = len(group_start) - 1, len(shares)
    bounds, constant = np.zeros(groups + 1, np.int64), np.zeros(groups)
    most = min(len(site), groups * sites)
    column, coefficient = np.empty(most, np.int32), np.empty(most)
    spared, touched, seen = np.zeros(sites), np.empty(sites, np.int32), np.zeros(sites, np.bool_)
    filled = 0
    for group in range(groups):
        count = 0
        for row in order[group_start[group] : group_start[group + 1]]:
            total, end = 0.0, start[row]
            while end < start[row + 1] and total < full:
                total += shares[site[end]]
                end += 1
            critical = beyond[row]
            if total >= full or critical == np.inf:
                critical = cost[end - 1] if end > start[row] else 0.0  # nobody can serve it: any cost of it is a bound
            constant[group] += weight[row] * critical
            for entry in range(start[row], end):
                if cost[entry] >= critical:
                    break
                here = site[entry]
                if not seen[here]:
                    seen[here], touched[count] = True, here
                    count += 1
                spared[here] += weight[row] * (critical - cost[entry])
        for here in touched[:count]:
            column[filled], coefficient[filled] = here, spared[here]
            spared[here], seen[here] = 0.0, False
            filled += 1
        bounds[group + 1] = filled
    return bounds, column[:filled].copy(), coefficient[:filled].copy(), constant


@njit(nogil=True, cache=True)
def cut_cover(
    order: Ints, group_start: Ints, start: Ints, site: Sites, weight: Floats, beyond: Floats, served: Floats, full: float, sites: int
) -> tuple[Ints, Sites, Floats, Floats]:
    """Return what :func:`cut_groups` does where serving costs nothing; ``served`` holds the shares of each row, shape (rows,)."""
    groups = len(group_start) - 1
    bounds, constant = np.zeros(groups + 1, np.int64), np.zeros(groups)
    column, coefficient = np.empty(1024, np.int32), np.empty(1024)
    spared, touched, seen = np.zeros(sites), np.empty(sites, np.int32), np.zeros(sites, np.bool_)
    for group in range(groups):
        count = 0
        for row in order[group_start[group] : group_start[group + 1]]:
            if served[row] >= full or beyond[row] == np.inf:
                continue
            worth = weight[row] * beyond[row]
            constant[group] += worth
            for entry in range(start[row], start[row + 1]):
                here = site[entry]
                if not seen[here]:
                    seen[here], touched[count] = True, here
                    count += 1
                spared[here] += worth
        filled = bounds[group]
        bounds[group + 1] = filled + count
        if filled + count > len(column):
            column = np.append(column, np.empty(len(column) + count, np.int32))
            coefficient = np.append(coefficient, np.empty(len(coefficient) + count))
        for here in touched[:count]:
            column[filled], coefficient[filled] = here, spared[here]
            spared[here], seen[here] = 0.0, False
            filled += 1
    return bounds, column[: bounds[-1]].copy(), coefficient[: bounds[-1]].copy(), constant


@njit(nogil=True, cache=True)
def critical_costs(start: Ints, site: Sites, cost: Floats, beyond: Floats, shares: Floats, listed: NDArray[np.bool_], full: float) -> Floats:
    """Return the critical cost of each row at some shares, as :func:`cut_groups` finds it among the sites that are listed, shape (rows,)."""
    critical = beyond.copy()
    for row in range(len(beyond)):
        total, last = 0.0, 0.0
        for entry in range(start[row], start[row + 1]):
            if total >= full:
                break
            if listed[site[entry]]:
                total += shares[site[entry]]
                last = cost[entry]
        if total >= full or beyond[row] == np.inf:
            critical[row] = last
    return critical
