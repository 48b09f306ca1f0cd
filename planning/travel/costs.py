"""TravelCosts: what it costs to get from cells to sites, site by site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import InitVar, dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.types import Mode, Unit

_READ_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class TravelCosts:
    """One sparse column per site: the cells within the search limit and their cost.

    Attributes
    ----------
    sites, cells : Index
        Labels; every cell asked for is a label, also those no site reaches.
    start : int64, shape (sites + 1,)
        Column ``j`` stands at ``start[j]:start[j + 1]`` of ``cell`` and ``cost``.
    cell : int32, shape (entries,)
        Positions in ``cells``, each once in a column, in any order: searches follow the streets.
    cost : float32 or float64, shape (entries,)
        Cost of the trip cell → site; finite, not negative. Absent entries are beyond ``limit``.
    unit : {"m", "s"}
    mode : {"walk", "drive"} or "imported"
    limit : float
        Search limit in ``unit``; infinity for imported tables.
    reachable : bool, shape (cells,)
        False where the cell lies beyond the snap distance of the usable network (*unreachable*), whatever the sites.
    unsnapped : tuple of str
        Sites that lie beyond the snap distance: their columns are empty.
    checked : bool
        Not kept. True where the values were checked when they were written to disk, so that a mapping of gigabytes is not read only for that.
    """

    sites: pd.Index[str]
    cells: pd.Index[int]
    start: NDArray[np.int64]
    cell: NDArray[np.int32]
    cost: NDArray[np.floating]
    unit: Unit
    mode: Mode | Literal["imported"]
    limit: float
    reachable: NDArray[np.bool_]
    unsnapped: tuple[str, ...] = ()
    checked: InitVar[bool] = False

    def __post_init__(self, checked: bool) -> None:
        if len(self.start) != len(self.sites) + 1 or self.start[-1] != len(self.cell) or len(self.cell) != len(self.cost):
            raise ValueError("travel cost arrays do not fit together")
        if len(self.reachable) != len(self.cells) or not (self.sites.is_unique and self.cells.is_unique):
            raise ValueError("travel costs need unique labels and one reachable flag per cell")
        if not checked:
            check_values(self.cost)

    def column(self, site: str) -> tuple[NDArray[np.int32], NDArray[np.floating]]:
        """Return cell positions and costs of one site; KeyError when there is no such site."""
        position = int(self.sites.get_indexer(pd.Index([site]))[0])
        if position < 0:
            raise KeyError(f"no travel costs for {site!r}")
        span = slice(self.start[position], self.start[position + 1])
        return self.cell[span], self.cost[span]

    def columns(self) -> Iterator[tuple[NDArray[np.int32], NDArray[np.floating]]]:
        """Yield cell positions and costs site by site: what reads them so needs no memory for a mapping of gigabytes."""
        for begin, end in pairwise(self.start.tolist()):
            yield self.cell[begin:end], self.cost[begin:end]

    def take(self, sites: pd.Index[str]) -> TravelCosts:
        """Return the columns of some sites, in the order asked for."""
        positions = self.sites.get_indexer(sites)
        if (positions < 0).any():
            raise KeyError(f"no travel costs for {list(sites[positions < 0])[:5]}")
        widths = np.diff(self.start)[positions]
        start = np.concatenate([[0], np.cumsum(widths)]).astype(np.int64)
        cell, cost = self._columns(positions)
        unsnapped = tuple(site for site in self.unsnapped if site in sites)
        return TravelCosts(sites, self.cells, start, cell, cost, self.unit, self.mode, self.limit, self.reachable, unsnapped, checked=True)

    def _columns(self, positions: NDArray[np.integer]) -> tuple[NDArray[np.int32], NDArray[np.floating]]:
        """Return cells and costs of columns, one after the other; neighbours are not copied."""
        if len(positions) and (np.diff(positions) == 1).all():
            span = slice(self.start[positions[0]], self.start[positions[-1] + 1])
            return self.cell[span], self.cost[span]
        spans = [slice(self.start[position], self.start[position + 1]) for position in positions]
        cell = np.concatenate([self.cell[:0], *(self.cell[span] for span in spans)])
        return cell, np.concatenate([self.cost[:0], *(self.cost[span] for span in spans)])


def check_values(cost: NDArray[np.floating]) -> None:
    """Refuse costs that are not finite or negative; reads them once, piece by piece.

    Raises
    ------
    ValueError
    """
    for begin in range(0, len(cost), _READ_AT_ONCE):
        some = cost[begin : begin + _READ_AT_ONCE]
        low, high = some.min(), some.max()
        if not (low >= 0 and high < np.inf):  # NaN is neither
            raise ValueError("travel costs must be finite and not negative")


def within(cost: NDArray[np.floating], threshold: float | NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where a cost is within a threshold: the one comparison of convention 4.

    Costs in metres are rounded to 1 mm, in seconds to 1 ms; equal is within.
    """
    rounded: NDArray[np.bool_] = np.round(cost.astype(np.float64), 3) <= np.round(threshold, 3)
    return rounded
