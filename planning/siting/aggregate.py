"""Cells that the same sites cover become one row, exactly, without a list of all pairs ever being sorted or copied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from planning.siting.kernels import add_sums

# The cells of one site after the other, each cell once in a column; asked for more than once.
Columns = Callable[[], Iterable[NDArray[np.int32]]]


@dataclass(frozen=True)
class Covered:
    """Rows of cells with the same sites.

    Attributes
    ----------
    row : int64, shape (cells,)
        Row of each cell, -1 where it is in no column. Rows are numbered by their first cell.
    start : int64, shape (rows + 1,)
        Row ``j`` stands at ``start[j]:start[j + 1]`` of ``site``.
    site : int32, shape (entries,)
        Positions of columns, ascending within a row.
    """

    row: NDArray[np.int64]
    start: NDArray[np.int64]
    site: NDArray[np.int32]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.start) - 1


def merged_cells(columns: Columns, cells: int, sites: int) -> Covered:
    """Merge the cells that are in the same columns.

    Each cell sums two 64-bit numbers per column it is in; cells with equal sums are taken for equal, and then compared with the first of their row
    column by column. Should two different cells have both sums in common, other numbers are drawn.

    Parameters
    ----------
    columns : callable
        Gives the cells of each site.
    cells, sites : int
        How many there are.

    Returns
    -------
    Covered
    """
    seeds = count(1)
    while True:
        sums, width = _sums(columns, cells, _numbers(next(seeds), sites))
        row, first = _equal(sums, width)
        covered = _compared(columns, row, first, width)
        if covered is not None:
            return covered


def _numbers(seed: int, sites: int) -> NDArray[np.uint64]:
    return np.random.default_rng(seed).integers(0, 2**64, size=(2, sites), dtype=np.uint64)


def _sums(columns: Columns, cells: int, numbers: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Return two sums, shape (cells, 2), and in how many columns each cell is, shape (cells,)."""
    sums, width = np.zeros((cells, 2), np.uint64), np.zeros(cells, np.int32)
    for site, inside in enumerate(columns()):
        add_sums(inside, numbers[0, site], numbers[1, site], sums, width)
    return sums, width


def _equal(sums: NDArray[np.uint64], width: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row of each cell, shape (cells,), and the first cell of each row, shape (rows,)."""
    known = np.flatnonzero(width)
    order = known[np.lexsort((sums[known, 1], sums[known, 0]))]  # stable: of equal cells the first stays the first
    fresh = np.ones(len(order), bool)
    fresh[1:] = (sums[order[1:]] != sums[order[:-1]]).any(axis=1)
    first = order[fresh]
    place = np.empty(len(first), np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    row = np.full(len(width), -1, np.int64)
    row[order] = place[np.cumsum(fresh) - 1]
    return row, np.sort(first)


def _compared(columns: Columns, row: NDArray[np.int64], first: NDArray[np.int64], width: NDArray[np.int32]) -> Covered | None:
    """Return the rows when every cell is in exactly the columns of the first of its row, None otherwise."""
    known = row >= 0
    if (width[first[row[known]]] != width[known]).any():
        return None
    stands = np.zeros(len(row), bool)
    stands[first] = True
    mark, found = np.full(len(first), -1, np.int32), []
    for site, inside in enumerate(columns()):
        rows = row[inside]
        mine = rows[stands[inside]]
        mark[mine] = site
        if (mark[rows] != site).any():
            return None
        found.append(mine)
    start = np.concatenate([[0], np.cumsum([len(rows) for rows in found])]).astype(np.int64)
    rows = np.concatenate(found) if found else np.empty(0, np.int64)
    by_site = sparse.csc_array((np.ones(len(rows), np.int8), rows, start), shape=(len(first), len(found)))
    by_row = by_site.tocsr()
    return Covered(row, by_row.indptr.astype(np.int64), by_row.indices.astype(np.int32))
