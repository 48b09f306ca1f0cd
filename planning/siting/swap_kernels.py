"""Compiled swaps of covering sites: what every swap saves is kept from swap to swap, and only rows that gain or lose their only site are looked at.

The bookkeeping is that of Resende & Werneck (2007): what the site that comes gains, less the loss of the one that goes, plus a correction for rows
that only the one that goes covers and the one that comes would cover. Nothing here is public; :mod:`planning.siting.tabu` says what the loops mean.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planning.siting.cover_kernels import Ints, Table

Floats = NDArray[np.float64]


class Swapping(NamedTuple):
    """Where a search by swaps stands.

    Attributes
    ----------
    near, sole : int64, shape (rows,)
        How many open sites cover each row, and the exclusive or of their numbers: where there is one, that is it.
    inside : int64, shape (open,)
        Open sites.
    place : int64, shape (sites,)
        Where each of them stands in ``inside``, -1 for a closed one.
    gain, loss, both : float64, shapes (sites,), (open,) and (open, sites)
        Weight of the rows that only the site would cover, that only it covers, and that only the one covers and the other would cover.
    until : int64, shape (sites,)
        The step up to which a site rests.
    step : int64, shape (1,)
        Steps made.
    cost : float64, shape (2,)
        Weight not covered, and the least of it so far.
    """

    near: Ints
    sole: Ints
    inside: Ints
    place: Ints
    gain: Floats
    loss: Floats
    both: Floats
    until: Ints
    step: Ints
    cost: Floats


@njit(nogil=True, cache=True)
def enter(table: Table, weight: Floats, state: Swapping, site: int, at: int) -> int:
    """Open a site at an empty place of ``inside``; return the entries looked at."""
    state.inside[at], state.place[site] = site, at
    looked = table.column_start[site + 1] - table.column_start[site]
    for entry in range(table.column_start[site], table.column_start[site + 1]):
        row = table.row[entry]
        if state.near[row] < 2:
            span = table.site[table.start[row] : table.start[row + 1]]
            looked += len(span)
            if state.near[row] == 0:
                state.cost[0] -= weight[row]
                state.loss[at] += weight[row]
                for other in span:
                    state.gain[other] -= weight[row]
                    state.both[at, other] += weight[row]
            else:
                alone = state.place[state.sole[row]]
                state.loss[alone] -= weight[row]
                for other in span:
                    state.both[alone, other] -= weight[row]
        state.near[row] += 1
        state.sole[row] ^= site
    return int(looked)


@njit(nogil=True, cache=True)
def leave(table: Table, weight: Floats, state: Swapping, at: int) -> int:
    """Close the site at a place of ``inside``, which is empty then; return the entries looked at."""
    site = state.inside[at]
    # All rows that only this site covered are uncovered now: their weight by site is at hand.
    state.gain[:] += state.both[at]
    state.cost[0] += state.loss[at]
    state.both[at], state.loss[at], state.place[site] = 0.0, 0.0, -1
    looked = len(state.gain) + table.column_start[site + 1] - table.column_start[site]
    for entry in range(table.column_start[site], table.column_start[site + 1]):
        row = table.row[entry]
        state.near[row] -= 1
        state.sole[row] ^= site
        if state.near[row] == 1:
            alone = state.place[state.sole[row]]
            state.loss[alone] += weight[row]
            looked += table.start[row + 1] - table.start[row]
            for other in table.site[table.start[row] : table.start[row + 1]]:
                state.both[alone, other] += weight[row]
    return int(looked)


@njit(nogil=True, cache=True)
def _best(state: Swapping, step: int) -> tuple[int, int]:
    """Return the site to open and the place to empty: those that save most, of sites that do not rest or that make the best plan so far.

    Of equal swaps the one that opens the smaller number is made.
    """
    comes, at, most = -1, -1, -np.inf
    least = state.cost[0] - state.cost[1]
    for place in range(len(state.inside)):
        rests = state.until[state.inside[place]] >= step
        for site in range(len(state.gain)):
            saved = state.gain[site] - state.loss[place] + state.both[place, site]
            # Few swaps come so far; those are looked at more closely.
            better = saved > most or (saved == most and site < comes)
            if better and state.place[site] < 0 and (saved > least or not (rests or state.until[site] >= step)):
                comes, at, most = site, place, saved
    return comes, at


@njit(nogil=True, cache=True)
def swap(table: Table, weight: Floats, state: Swapping, rests: tuple[int, int], work: int, enough: float) -> bool:
    """Swap until no more than ``enough`` is uncovered or so many entries were looked at; return whether anything can move.

    ``rests``: how many steps a site rests that opened, and one that closed.
    """
    looked = 0
    while looked < work and state.cost[0] > enough:
        step = state.step[0] + 1
        comes, at = _best(state, step)
        if comes < 0:
            return False
        state.step[0], state.until[comes], state.until[state.inside[at]] = step, step + rests[0], step + rests[1]
        looked += len(state.gain) * len(state.inside) + leave(table, weight, state, at)
        looked += enter(table, weight, state, comes, at)
        state.cost[1] = min(state.cost[1], state.cost[0])
    return True
