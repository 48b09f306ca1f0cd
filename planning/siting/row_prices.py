"""Prices of rows from multipliers of cuts: what a linear program proved, said in the words of a certificate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from planning.siting.bound import Goal
from planning.siting.journal import Duals, Origin
from planning.siting.kernels import critical_costs
from planning.siting.reduce import Reduced

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

# A row counts as served from this share on, as where the cuts are made.
_FULL = 1.0 - 1e-7
# Multipliers of the budget below this are none.
_NONE = 1e-13
# Critical costs kept at most; what is beyond is made again each time.
_KEPT = 8_000_000


@dataclass(frozen=True)
class Given:
    """Prices that are known, with what a unit of cost counts in sites, and a unit of money in cost."""

    price: Array
    multiplier: float = 1.0
    rate: float = 0.0


@dataclass(frozen=True)
class Ray:
    """So many times the multipliers that prove that a program has no solution."""

    duals: Duals
    times: float


Source = Given | Ray | Duals


class RowPrices(Sequence[Array]):
    """Vectors of prices, each made when it is asked for.

    Parameters
    ----------
    reduced : Reduced
        The rows that the tree began with, all entries of all sites among them.
    goal : Goal
    group : int64, shape (rows,)
    scale : float
        What one unit of the program's ``theta`` is in the cost of the rows.
    origins : sequence of Origin
        Blocks of rows of the linear program, in order.
    least : float64, shape (rows,)
        What a row costs at least where the tree began.
    """

    def __init__(self, reduced: Reduced, goal: Goal, group: NDArray[np.int64], scale: float, origins: Sequence[Origin], least: Array) -> None:

        self._reduced, self._goal, self._group, self._scale, self._origins = reduced, goal, group, scale, origins
        self._offset = np.concatenate([[0], np.cumsum([origin.rows for origin in origins])]).astype(np.int64)
        self._least = least
        self.sources: list[Source] = []
        self._critical: dict[int, Array] = {}
        self._row_of: dict[bytes, dict[bytes, int]] = {}

    def add(self, source: Source) -> int:
        """Add a vector of prices; return its place."""
        self.sources.append(source)
        return len(self.sources) - 1

    def __len__(self) -> int:
        return len(self.sources)

    @overload
    def __getitem__(self, place: int) -> Array: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Array]: ...
    def __getitem__(self, place: int | slice) -> Array | Sequence[Array]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        source = self.sources[place]
        price = source.price if isinstance(source, Given) else self._priced(source)
        return np.asarray(np.minimum(price, self._reduced.beyond))

    def multiplier(self, place: int) -> float:
        """Return what one unit of cost counts in sites, at one vector of prices."""
        source = self.sources[place]
        if isinstance(source, Given):
            return source.multiplier
        duals, times = (source.duals, source.times) if isinstance(source, Ray) else (source, 1.0)
        budget = self._budget(duals)
        if self._goal.budget is None or budget <= _NONE:
            return float(not self._goal.budget)  # with a budget of 0 any multiplier is as good; without a price it counts nothing
        return times * budget / self._scale

    def rate(self, place: int) -> float:
        """Return what one unit of money counts in cost, or in sites where these are counted, at one vector of prices."""
        source = self.sources[place]
        if isinstance(source, Given):
            return source.rate
        duals, times = (source.duals, source.times) if isinstance(source, Ray) else (source, 1.0)
        spent = sum(float(self._of(duals, block).sum() / origin.at[0]) for block, origin in enumerate(self._origins) if origin.kind == "spend")
        return times * spent * (self._scale if self._goal.budget is None else 1.0)

    def _budget(self, duals: Duals) -> float:
        return sum(float(self._of(duals, block).sum()) for block, origin in enumerate(self._origins) if origin.kind == "budget")

    def _of(self, duals: Duals, block: int) -> Array:
        """Return the multipliers of one block, shape (rows of the block,)."""
        begin, end = np.searchsorted(duals.place, self._offset[block : block + 2])
        dense = np.zeros(self._origins[block].rows)
        dense[duals.place[begin:end] - self._offset[block]] = duals.value[begin:end]
        return dense

    def _priced(self, source: Ray | Duals) -> Array:
        duals, times = (source.duals, source.times) if isinstance(source, Ray) else (source, 1.0)
        budget, counts = self._budget(duals), self._goal.budget is not None
        target = budget if counts else (0.0 if isinstance(source, Ray) else 1.0)
        price, share = np.zeros(len(self._group)), np.zeros(int(self._group.max(initial=-1)) + 1)
        if target > _NONE:
            for block, origin in enumerate(self._origins):
                if origin.kind in {"cuts", "prices"}:
                    mine = np.bincount(origin.group, weights=self._of(duals, block), minlength=len(share)) / target
                    if mine.any():
                        price += mine[self._group] * self._cost_at(block)
                        share += mine
        # Where the multipliers of a group's cuts add up to less than one, the rest is its least cost; where to more, they are made smaller.
        price = price / np.maximum(share, 1.0)[self._group] + np.maximum(1.0 - share, 0.0)[self._group] * self._least
        unit = (1.0 if budget <= _NONE else budget / self._scale) if counts else 1.0 / self._scale
        # A budget's multiplier grows with the ray, and the prices of rows that must be served do not need to.
        return price + self._served(duals) * (1.0 if counts and budget > _NONE else times) / unit

    def _cost_at(self, block: int) -> Array:
        """Return the critical cost of each row at the shares of a block of cuts."""
        origin, reduced = self._origins[block], self._reduced
        if origin.kind == "prices" or block in self._critical:
            return self._critical.get(block, origin.at)
        found = critical_costs(reduced.start, reduced.site, reduced.cost, reduced.beyond, origin.at, origin.listed, _FULL)
        if (len(self._critical) + 1) * len(found) <= _KEPT:
            self._critical[block] = found
        return found

    def _served(self, duals: Duals) -> Array:
        """Return what rows that must be served pay for that, by one person, in units of the program."""
        extra = np.zeros(len(self._group))
        for block, origin in enumerate(self._origins):
            if origin.served is None:
                continue
            value = self._of(duals, block)
            for place in np.flatnonzero(value):
                sites = origin.served.indices[origin.served.indptr[place] : origin.served.indptr[place + 1]]
                row = self._rows_with(origin.listed)[np.sort(sites).astype(np.int32).tobytes()]
                extra[row] += value[place] / self._reduced.weight[row]
        return extra

    def _rows_with(self, listed: Flags) -> dict[bytes, int]:
        """Return a row for each set of listed sites, by the set."""
        key = listed.tobytes()
        if key not in self._row_of:
            reduced, rows = self._reduced, np.flatnonzero(~np.isfinite(self._reduced.beyond))
            sites = {int(row): reduced.site[reduced.start[row] : reduced.start[row + 1]] for row in rows[::-1]}
            self._row_of[key] = {np.sort(mine[listed[mine]]).tobytes(): row for row, mine in sites.items()}
        return self._row_of[key]
