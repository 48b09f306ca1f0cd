"""What is equal becomes one: cells with the same sites, rows with the same entries; by hash tables, and compared before it is called equal."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Places = NDArray[np.int32]
Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

# Multipliers of MurmurHash3's finishing step (Appleby 2011) and of Fibonacci hashing (Knuth 1973).
_FIRST, _SECOND, _GOLDEN = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53), np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(33)


def equal_segments(start: Ints, key: Places, value: Floats, extra: Floats) -> Ints:
    """Return for each segment the first segment equal to it, shape (segments,).

    Parameters
    ----------
    start : int64, shape (segments + 1,)
        Segment ``j`` is ``start[j]:start[j + 1]`` of ``key`` and ``value``, in a canonical order.
    key : int32, shape (entries,)
    value : float64, shape (entries,)
    extra : float64, shape (segments,)
        One more value that must be equal.
    """
    return first_equal(hash_segments(start, key, value, extra), start, key, value, extra)


def segments(start: Ints, chosen: Ints) -> tuple[Ints, Ints]:
    """Return the entries of chosen segments, one after the other, and where each starts."""
    lengths = np.diff(start)[chosen]
    bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    entries = np.arange(bounds[-1]) + np.repeat(start[chosen] - bounds[:-1], lengths)
    return entries, bounds


@njit(nogil=True, cache=True)
def mixed(word: np.uint64) -> np.uint64:
    """Return a word each bit of which depends on every bit of the given one."""
    word = (word ^ (word >> _HALF)) * _FIRST
    word = (word ^ (word >> _HALF)) * _SECOND
    return word ^ (word >> _HALF)


@njit(nogil=True, cache=True)
def hash_segments(start: Ints, key: Places, value: Floats, extra: Floats) -> Words:
    """Return a hash of each segment, shape (segments,)."""
    hashes = np.empty(len(start) - 1, np.uint64)
    for segment in range(len(hashes)):
        word = mixed(np.float64(extra[segment] + 0.0).view(np.uint64))
        for entry in range(start[segment], start[segment + 1]):
            # A sum of zero makes one zero of both.
            word = mixed(word ^ np.uint64(key[entry])) + np.float64(value[entry] + 0.0).view(np.uint64) * _GOLDEN
        hashes[segment] = mixed(word)
    return hashes


@njit(nogil=True, cache=True)
def _same(one: int, other: int, start: Ints, key: Places, value: Floats, extra: Floats) -> bool:
    apart, length = start[other] - start[one], start[one + 1] - start[one]
    if start[other + 1] - start[other] != length or extra[one] != extra[other]:
        return False
    differs = False
    for entry in range(start[one], start[one + 1]):
        differs |= key[entry] != key[entry + apart] or value[entry] != value[entry + apart]
    return not differs


@njit(nogil=True, cache=True)
def first_equal(hashes: Words, start: Ints, key: Places, value: Floats, extra: Floats) -> Ints:
    """Return for each segment the first that is equal, entry by entry; equal segments have equal hashes, and few others do."""
    size = 4
    while size < 2 * len(hashes):
        size *= 2
    table, first = np.full(size, -1, np.int64), np.empty(len(hashes), np.int64)
    for segment in range(len(hashes)):
        place = np.int64(hashes[segment] & np.uint64(size - 1))
        while table[place] >= 0:
            known = table[place]
            if hashes[known] == hashes[segment] and _same(known, segment, start, key, value, extra):
                break
            place = (place + 1) & (size - 1)
        if table[place] < 0:
            table[place] = segment
        first[segment] = table[place]
    return first


@njit(nogil=True, cache=True)
def add_sums(inside: Places, first: np.uint64, second: np.uint64, sums: Words, met: Places, count: int) -> int:
    """Add a column's two numbers to the sums of its cells, shape (cells, 2); append to ``met`` those that are in no column yet, and count them."""
    for cell in inside:
        if sums[cell, 1] == 0:
            met[count] = cell
            count += 1
        sums[cell, 0] += first
        sums[cell, 1] += second
    return count


@njit(nogil=True, cache=True)
def number_rows(sums: Words, met: Places) -> tuple[Places, Places]:
    """Return the row of each cell, -1 where it was not met, and the first cell met of each row; cells with equal sums are in one row."""
    size = 4
    while size < 2 * len(met):
        size *= 2
    table, row, first = np.full(size, -1, np.int32), np.full(len(sums), -1, np.int32), np.empty(len(met), np.int32)
    rows = 0
    for cell in met:
        place = np.int64(mixed(sums[cell, 0]) & np.uint64(size - 1))
        while table[place] >= 0:
            known = first[table[place]]
            if sums[known, 0] == sums[cell, 0] and sums[known, 1] == sums[cell, 1]:
                break
            place = (place + 1) & (size - 1)
        if table[place] < 0:
            table[place], first[rows] = rows, cell
            rows += 1
        row[cell] = table[place]
    return row, first[:rows].copy()


@njit(nogil=True, cache=True)
def list_column(inside: Places, column: int, row: Places, stands: NDArray[np.bool_], mark: Places, listed: Places, count: int) -> int:
    """Append the rows whose first cells a column holds to ``listed`` and count them; -1 unless it holds the first cells for all of its cells.

    ``stands`` tells first cells, shape (cells,), ``mark`` notes the last column of each row.
    """
    mine, found = np.empty(len(inside) + 1, np.int32), 0
    for cell in inside:
        # Written in any case and counted where it holds: no branch to guess wrong.
        mine[found] = row[cell]
        found += stands[cell]
    for one in mine[:found]:
        mark[one] = column
    listed[count : count + found] = mine[:found]
    held = True
    for cell in inside:
        held &= mark[row[cell]] == column
    return count + found if held else -1


@njit(nogil=True, cache=True)
def by_row(bounds: Ints, listed: Places, start: Ints) -> Places:
    """Return the columns of each row, ascending, from the rows of each column: column ``i`` stands at ``bounds[i]:bounds[i + 1]``."""
    free, site = start[:-1].copy(), np.empty(start[-1], np.int32)
    for column in range(len(bounds) - 1):
        for row in listed[bounds[column] : bounds[column + 1]]:
            site[free[row]] = column
            free[row] += 1
    return site


@njit(nogil=True, cache=True)
def sum_columns(start: Ints, site: Places, cost: Floats, sites: int) -> tuple[Words, Ints]:
    """Return two sums over the rows and costs of each site, shape (sites, 2), and how many they are: equal sites have them equal."""
    sums, width = np.zeros((sites, 2), np.uint64), np.zeros(sites, np.int64)
    for row in range(len(start) - 1):
        own = mixed(np.uint64(row + 1) * _GOLDEN)
        for entry in range(start[row], start[row + 1]):
            word = mixed(own ^ np.float64(cost[entry] + 0.0).view(np.uint64))
            sums[site[entry], 0] += word
            sums[site[entry], 1] += mixed(word ^ _GOLDEN)
            width[site[entry]] += 1
    return sums, width
