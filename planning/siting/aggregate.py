"""Cells that the same sites cover become one row, exactly, without a list of all pairs ever being sorted or copied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from planning.siting.equal import add_sums, by_row, list_column, number_rows

# The cells of one site after the other, each cell once in a column; asked for more than once.
Columns = Callable[[], Iterable[NDArray[np.int32]]]
# Called between columns; may raise Cancelled.
Look = Callable[[], None]
# The lower half of a cell's second sum counts its columns.
_ONE, _HALF = np.uint64(1), np.uint64(32)


@dataclass(frozen=True)
class Covered:
    """Rows of cells with the same sites.

    Attributes
    ----------
    row : int32, shape (cells,)
        Row of each cell, -1 where it is in no column. Rows are numbered as the columns meet their first cells, so that rows of near cells are near.
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

    Each cell sums two random numbers, of 64 and of 32 bits, per column it is in, and counts them; cells with equal sums are taken for equal, and then
    compared with the first of their row column by column. Should two different cells have both sums in common, other numbers are drawn.

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
        sums, met = _sums(columns, cells, _numbers(next(seeds), sites), look)
        covered = _compared(columns, sums, met, look)
        if covered is not None:
            return covered


def _numbers(seed: int, sites: int) -> NDArray[np.uint64]:
    numbers = np.random.default_rng(seed).integers(0, 2**64, size=(2, sites), dtype=np.uint64)
    numbers[1] = numbers[1] >> _HALF << _HALF | _ONE
    return numbers


def _sums(columns: Columns, cells: int, numbers: NDArray[np.uint64], look: Look) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Return two sums, shape (cells, 2), and the cells that are in columns, as they are met."""
    sums, met, count = np.zeros((cells, 2), np.uint64), np.empty(cells, np.int32), 0
    for site, inside in enumerate(columns()):
        look()
        count = add_sums(inside, numbers[0, site], numbers[1, site], sums, met, count)
    return sums, met[:count]


def _compared(columns: Columns, sums: NDArray[np.uint64], met: NDArray[np.int32], look: Look) -> Covered | None:
    """Return the rows when every cell is in exactly the columns of the first of its row, None otherwise."""
    row, first = number_rows(sums, met)
    # Equal sums are equal counts: a cell that is in no column but those of the first is in all of them.
    width = (sums[first, 1] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(width)]).astype(np.int64)
    stands = np.zeros(len(sums), bool)
    stands[first] = True
    mark, listed, bounds = np.full(len(first), -1, np.int32), np.empty(start[-1], np.int32), [0]
    for column, inside in enumerate(columns()):
        look()
        bounds.append(list_column(inside, column, row, stands, mark, listed, bounds[-1]))
        if bounds[-1] < 0:
            return None
    return Covered(row, start, by_row(np.array(bounds), listed, start))
