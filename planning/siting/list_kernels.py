"""Compiled loops over the trips to one site, a column; :mod:`planning.siting.trip_rows` and :mod:`planning.siting.lists` say what they mean."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(nogil=True, cache=True)
def survey(
    cells: Ints, cost: Floats, bits: NDArray[np.uint64], site: int, salt: np.uint64, below: Floats, least: Floats, nearest: Ints,
    sums: NDArray[np.uint64], width: Ints,
) -> None:  # fmt: skip
    """Note each cell's cheapest site, and add what is below ``below`` to its sum and its count: equal cells end with equal sums."""
    for place in range(len(cells)):
        cell = cells[place]
        if cost[place] < least[cell]:
            least[cell], nearest[cell] = cost[place], site
        if cost[place] < below[cell]:
            mixed = (bits[place] ^ salt) * np.uint64(0x9E3779B97F4A7C15)
            mixed = (mixed ^ (mixed >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
            sums[cell] += mixed ^ (mixed >> np.uint64(27))
            width[cell] += 1


@njit(nogil=True, cache=True)
def saved(rows: Ints, cost: Floats, weight: Floats, present: Floats) -> float:
    """Return what opening the site saves when each row pays ``present`` now."""
    total = 0.0
    for place in range(len(rows)):
        row = rows[place]
        if cost[place] < present[row]:
            total += weight[row] * (present[row] - cost[place])
    return total


@njit(nogil=True, cache=True)
def insert(rows: Ints, cost: Floats, site: int, near: Floats, nearest: Ints) -> None:
    """Insert the costs of an open site into the cheapest ones of each row, shape (rows, k), ascending; of equals the first inserted is nearest."""
    last = near.shape[1] - 1
    for place in range(len(rows)):
        row, value = rows[place], cost[place]
        if value >= near[row, last]:
            continue
        if value < near[row, 0]:
            nearest[row] = site
        at = last
        while at > 0 and near[row, at - 1] > value:
            near[row, at] = near[row, at - 1]
            at -= 1
        near[row, at] = value


@njit(nogil=True, cache=True)
def count_below(rows: Ints, cost: Floats, reach: Floats, counts: Ints) -> None:
    """Count in each row the sites below each of its reaches, both shape (rows, reaches)."""
    for place in range(len(rows)):
        row = rows[place]
        for which in range(reach.shape[1]):
            if cost[place] < reach[row, which]:
                counts[row, which] += 1


@njit(nogil=True, cache=True)
def fill_below(rows: Ints, cost: Floats, site: int, reach: Floats, free: Ints, sites: NDArray[np.int32], costs: Floats) -> None:
    """Write a site into the next free place of every row that it is below the reach of."""
    for place in range(len(rows)):
        row = rows[place]
        if cost[place] < reach[row]:
            sites[free[row]], costs[free[row]] = site, cost[place]
            free[row] += 1
