"""Cells that the same sites cover become one row, exactly, without a list of all pairs ever being sorted or copied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from planning.siting.equal import add_sums, enter_column, number_rows

# The cells of one site after the other, each cell once in a column; asked for more than once.
Columns = Callable[[], Iterable[NDArray[np.int32]]]
# Called between columns; may raise Cancelled.
Look = Callable[[], None]


@dataclass(frozen=True)
class Covered:
    """Rows of cells with the same sites.

    Attributes
    ----------
    row : int32, shape (cells,)
        Row of each cell, -1 where it is in no column. Rows are numbered by their first cell.
    start : int64, shape (rows + 1,)
        Row ``j`` stands at ``start[j]:start[j + 1]`` of ``site``.
    site : int32, shape (entries,)
        Positions of columns, ascending within a row.
    """

    row: NDArray[np.int32]
    start: NDArray[np.int64]
    site: NDArray[np.int32]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.start) - 1


def nothing() -> None:
    """Look at nothing."""


def merged_cells(columns: Columns, cells: int, sites: int, look: Look = nothing) -> Covered:
    """Merge the cells that are in the same columns.

    Each cell sums two 64-bit numbers per column it is in; cells with equal sums are taken for equal, and then compared with the first of their row
    column by column. Should two different cells have both sums in common, other numbers are drawn.

    Parameters
    ----------
    columns : callable
        Gives the cells of each site.
    cells, sites : int
        How many there are.
    look : callable
        Called between columns; may raise Cancelled.

    Returns
    -------
    Covered
    """
    seeds = count(1)
    while True:
        sums, width = _sums(columns, cells, _numbers(next(seeds), sites), look)
        row, first = number_rows(sums, width)
        covered = _compared(columns, row, first, width, look)
        if covered is not None:
            return covered


def _numbers(seed: int, sites: int) -> NDArray[np.uint64]:
    return np.random.default_rng(seed).integers(0, 2**64, size=(2, sites), dtype=np.uint64)


def _sums(columns: Columns, cells: int, numbers: NDArray[np.uint64], look: Look) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Return two sums, shape (cells, 2), and in how many columns each cell is, shape (cells,)."""
    sums, width = np.zeros((cells, 2), np.uint64), np.zeros(cells, np.int32)
    for site, inside in enumerate(columns()):
        look()
        add_sums(inside, numbers[0, site], numbers[1, site], sums, width)
    return sums, width


def _compared(columns: Columns, row: NDArray[np.int32], first: NDArray[np.int32], width: NDArray[np.int32], look: Look) -> Covered | None:
    """Return the rows when every cell is in exactly the columns of the first of its row, None otherwise."""
    known = row >= 0
    if (width[first[row[known]]] != width[known]).any():
        return None
    start = np.concatenate([[0], np.cumsum(width[first])]).astype(np.int64)
    free, mark, site = start[:-1].copy(), np.full(len(first), -1, np.int32), np.empty(start[-1], np.int32)
    for column, inside in enumerate(columns()):
        look()
        if not enter_column(inside, column, row, first, mark, free, site):
            return None
    return Covered(row, start, site)
