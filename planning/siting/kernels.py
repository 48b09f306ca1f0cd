"""Compiled loops over the rows of a reduced problem: what numpy would need a pass over all entries for ends here at the first that decides.

A row's entries are ``start[j]:start[j + 1]`` of ``site`` and ``cost``, cheapest first. Nothing here is public; :mod:`planning.siting.heuristic`,
:mod:`planning.siting.bound`, :mod:`planning.siting.reduce` and :mod:`planning.siting.aggregate` say what the loops mean.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Sites = NDArray[np.int32]


@njit(nogil=True, cache=True)
def add_sums(inside: Sites, first: np.uint64, second: np.uint64, sums: NDArray[np.uint64], width: Sites) -> None:
    """Add a column's two numbers to the sums of its cells, shape (cells, 2), and count it in ``width``."""
    for cell in inside:
        sums[cell, 0] += first
        sums[cell, 1] += second
        width[cell] += 1


@njit(nogil=True, cache=True)
def sort_rows(start: Ints, site: Sites, cost: Floats) -> None:
    """Put each row's entries in order of cost, in place; entries of equal cost stay as they stand."""
    for row in range(len(start) - 1):
        span = slice(start[row], start[row + 1])
        order = np.argsort(cost[span], kind="mergesort")
        site[span], cost[span] = site[span][order], cost[span][order]


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
