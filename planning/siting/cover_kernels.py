"""Compiled loops over the rows and sites of a covering question.

Rows stand as ``start[j]:start[j + 1]`` of ``site``, sites as ``column_start[i]:column_start[i + 1]`` of ``row``. Nothing here is public;
:mod:`planning.siting.dominance` and :mod:`planning.siting.weighting` say what the loops mean.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Sites = NDArray[np.int32]
Flags = NDArray[np.bool_]


class Table(NamedTuple):
    """Which sites cover which rows, both ways round."""

    start: Ints
    site: Sites
    column_start: Ints
    row: Sites


@njit(nogil=True, cache=True)
def without_larger(table: Table) -> Flags:
    """Return which rows contain no other row, shape (rows,); of equal rows the first one does not."""
    start, site = table.start, table.site
    rows, sites = len(start) - 1, len(table.column_start) - 1
    kept, order = np.zeros(rows, np.bool_), np.argsort(np.diff(start), kind="mergesort")
    # Rows kept so far are listed under the one of their sites that is in the fewest rows: whoever contains such a row has that site.
    listed, after = np.full(sites, -1, np.int64), np.full(rows, -1, np.int64)
    mark = np.full(sites, -1, np.int64)
    for one in order:
        for entry in range(start[one], start[one + 1]):
            mark[site[entry]] = one
        rarest, contains = -1, False
        for entry in range(start[one], start[one + 1]):
            here = site[entry]
            size = table.column_start[here + 1] - table.column_start[here]
            if rarest < 0 or size < table.column_start[rarest + 1] - table.column_start[rarest]:
                rarest = here
            other = listed[here]
            while other >= 0 and not contains:
                contains = True
                for place in range(start[other], start[other + 1]):
                    if mark[site[place]] != one:
                        contains = False
                        break
                other = after[other]
            if contains:
                break
        if not contains and rarest >= 0:
            kept[one] = True
            after[one], listed[rarest] = listed[rarest], one
    return kept


@njit(nogil=True, cache=True)
def without_smaller(table: Table) -> Flags:
    """Return which sites' rows are not all covered by one other site, shape (sites,); of equal sites the first stays."""
    start, column_start, row = table.start, table.column_start, table.row
    sites = len(column_start) - 1
    kept, mark = np.zeros(sites, np.bool_), np.full(len(start) - 1, -1, np.int64)
    for one in range(sites):
        begin, end = column_start[one], column_start[one + 1]
        if begin == end:
            continue
        # Whoever covers all rows of a site covers the shortest of them, too.
        shortest = row[begin]
        for entry in range(begin, end):
            mark[row[entry]] = one
            if start[row[entry] + 1] - start[row[entry]] < start[shortest + 1] - start[shortest]:
                shortest = row[entry]
        kept[one] = True
        for place in range(start[shortest], start[shortest + 1]):
            other = table.site[place]
            size = column_start[other + 1] - column_start[other]
            if other == one or size < end - begin or (size == end - begin and other > one):
                continue
            common = 0
            for entry in range(column_start[other], column_start[other + 1]):
                common += mark[row[entry]] == one
            if common == end - begin:
                kept[one] = False
                break
    return kept


class State(NamedTuple):
    """Where a search by weights stands.

    Attributes
    ----------
    weight, near, sole : int64, shape (rows,)
        Weight of each row, how many open sites cover it, and the exclusive or of their numbers: where there is one, that is it.
    missing, place : int64, shape (rows,)
        Rows not covered, and where each of them stands in that list; -1 for a covered one.
    score, stamp : int64, shape (sites,)
        Weight covered by opening a closed site, minus the weight lost by closing an open one; the step of its last move.
    opened, allowed : bool, shape (sites,)
        ``allowed``: the surroundings of a closed site have changed since it was closed.
    member : int64, shape (sites,)
        Open sites, in no order.
    best : bool, shape (sites,)
        The smallest plan so far.
    figure : int64, shape (6,)
        At :data:`MISSING`, :data:`OPEN` and so on.
    """

    weight: Ints
    near: Ints
    sole: Ints
    missing: Ints
    place: Ints
    score: Ints
    stamp: Ints
    opened: Flags
    allowed: Flags
    member: Ints
    best: Flags
    figure: Ints


# Rows missing, sites open, the site opened last, steps made, sites of the best plan, state of the sequence that chooses rows.
MISSING, OPEN, LAST, STEPS, BEST, CHOICE = range(6)


@njit(nogil=True, cache=True)
def open_site(table: Table, state: State, site: int) -> int:
    """Open a site; return the entries looked at."""
    figure, looked = state.figure, 0
    state.member[figure[OPEN]] = site
    figure[OPEN] += 1
    state.opened[site], state.score[site], state.stamp[site] = True, -state.score[site], figure[STEPS]
    for entry in range(table.column_start[site], table.column_start[site + 1]):
        row = table.row[entry]
        if state.near[row] == 0:
            figure[MISSING] -= 1
            last, gap = state.missing[figure[MISSING]], state.place[row]
            state.missing[gap], state.place[last], state.place[row] = last, gap, -1
            looked += table.start[row + 1] - table.start[row]
            for place in range(table.start[row], table.start[row + 1]):
                other = table.site[place]
                if other != site:
                    state.score[other] -= state.weight[row]
                    state.allowed[other] = True
        elif state.near[row] == 1:
            state.score[state.sole[row]] += state.weight[row]
        state.near[row] += 1
        state.sole[row] ^= site
    return int(looked + table.column_start[site + 1] - table.column_start[site])


@njit(nogil=True, cache=True)
def close_member(table: Table, state: State, at: int) -> int:
    """Close the site at a place of ``member``; return the entries looked at."""
    figure, looked, site = state.figure, 0, state.member[at]
    figure[OPEN] -= 1
    state.member[at] = state.member[figure[OPEN]]
    state.opened[site], state.allowed[site], state.score[site], state.stamp[site] = False, False, -state.score[site], figure[STEPS]
    for entry in range(table.column_start[site], table.column_start[site + 1]):
        row = table.row[entry]
        state.near[row] -= 1
        state.sole[row] ^= site
        if state.near[row] == 0:
            state.missing[figure[MISSING]], state.place[row] = row, figure[MISSING]
            figure[MISSING] += 1
            looked += table.start[row + 1] - table.start[row]
            for place in range(table.start[row], table.start[row + 1]):
                other = table.site[place]
                if other != site:
                    state.score[other] += state.weight[row]
                    state.allowed[other] = True
        elif state.near[row] == 1:
            state.score[state.sole[row]] -= state.weight[row]
    return int(looked + table.column_start[site + 1] - table.column_start[site])


@njit(nogil=True, cache=True)
def _before(state: State, one: int, other: int) -> bool:
    """Return whether a site is to be moved before another: the greater score, then the longer rest, then the smaller number."""
    if state.score[one] != state.score[other]:
        return bool(state.score[one] > state.score[other])
    if state.stamp[one] != state.stamp[other]:
        return bool(state.stamp[one] < state.stamp[other])
    return one < other


@njit(nogil=True, cache=True)
def _least_missed(state: State, spared: int) -> int:
    """Return the place of the open site that is missed least, without the one spared."""
    best = -1
    for at in range(state.figure[OPEN]):
        if state.member[at] != spared and (best < 0 or _before(state, state.member[at], state.member[best])):
            best = at
    return best


@njit(nogil=True, cache=True)
def _row_to_cover(state: State) -> int:
    """Return a row that is not covered, by a fixed sequence of numbers (Marsaglia 2003) without any pattern that could follow the rows'."""
    number = np.uint64(state.figure[CHOICE])
    number ^= number << np.uint64(13)
    number ^= number >> np.uint64(7)
    number ^= number << np.uint64(17)
    state.figure[CHOICE] = np.int64(number)
    return int(state.missing[np.int64(number % np.uint64(state.figure[MISSING]))])


@njit(nogil=True, cache=True)
def weigh(table: Table, state: State, work: int, least: int) -> int:
    """Search until so many entries were looked at, or until a plan of ``least`` sites is found; return the entries looked at."""
    figure, looked = state.figure, 0
    while looked < work and figure[BEST] > least:
        figure[STEPS] += 1
        while figure[MISSING] == 0 and figure[OPEN] > 0:
            state.best[:], figure[BEST] = state.opened, figure[OPEN]
            looked += close_member(table, state, _least_missed(state, -1)) + figure[OPEN]
            if figure[BEST] <= least:
                return int(looked)
        leaves = _least_missed(state, figure[LAST])
        looked += close_member(table, state, max(leaves, 0)) + figure[OPEN]  # the site just opened stays, unless it is alone
        row, comes = _row_to_cover(state), -1
        for place in range(table.start[row], table.start[row + 1]):
            site = table.site[place]
            if state.allowed[site] and (comes < 0 or _before(state, site, comes)):
                comes = site
        if comes < 0:
            comes = table.site[table.start[row]]
        looked += open_site(table, state, comes)
        figure[LAST] = comes
        for at in range(figure[MISSING]):
            row = state.missing[at]
            state.weight[row] += 1
            looked += table.start[row + 1] - table.start[row]
            for place in range(table.start[row], table.start[row + 1]):
                state.score[table.site[place]] += 1
    return int(looked)
