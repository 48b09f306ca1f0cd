"""Prices for the rows of a large covering question, where cuts would need minutes.

How many people at least stay uncovered is the saddle point of

    sum over rows j:  weight[j] * beyond[j] * price[j] * (1 - sum over the sites i of row j: y[i])

small over shares ``y`` between 0 and 1 that add up to ``most`` sites, large over prices between 0 and 1. Shares and prices move towards it in turns
(primal-dual hybrid gradient: Chambolle & Pock 2011, with the steps of Pock & Chambolle 2011), begin anew from their average when that has come much
nearer, and then weigh their steps anew (Applegate et al. 2021, 2023). A turn reads the rows once. Whatever the prices are, they bound every plan as
those of :mod:`planning.siting.lagrange` do; nothing has to have converged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planning.siting.kernels import add_shares
from planning.siting.lagrange import Decisions, Priced, least_sum
from planning.siting.reduce import Reduced
from planning.siting.watch import Watch

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

# Turns at most, and from one look at what was reached to the next.
_TURNS, _LOOKED = 6000, 20
# Begin anew when what is open of the linear program has fallen to this share, or when so large a share of all turns did not bring that about.
_NEARER, _LONG, _LONG_TURNS = 0.4, 0.4, 100
# The end: the linear program itself leaves hardly more than what is left of it, or so many looks gained less than a share of what is open.
_NEAR, _LOOKS, _STALLED = 0.03, 5, 0.04
# Rows covered by more than this are left alone until the next look: their price is 0.
_SURELY = 1.2


class Rows(NamedTuple):
    """The rows that a turn reads."""

    chosen: Ints
    start: Ints
    site: NDArray[np.int32]
    weight: Array


@njit(nogil=True, cache=True)
def _turn(rows: Rows, shares: Array, step: float, price: Array, summed: Array, rho: Array) -> float:
    """Move the prices of the rows towards what ``shares`` leave uncovered, fill ``rho``, shape (sites,), and return the sum of all prices."""
    rho[:] = 0.0
    total = 0.0
    for row in rows.chosen:
        begin, end = rows.start[row], rows.start[row + 1]
        lacks = 1.0
        for entry in range(begin, end):
            lacks -= shares[rows.site[entry]]
        moved = min(max(price[row] + step * lacks / (end - begin), 0.0), 1.0)
        price[row] = moved
        summed[row] += moved
        if moved > 0.0:
            paid = rows.weight[row] * moved
            total += paid
            for entry in range(begin, end):
                rho[rows.site[entry]] -= paid
    return total


@njit(nogil=True, cache=True)
def _rho_of(rows: Rows, price: Array, rho: Array) -> float:
    """Fill ``rho``, shape (sites,), at some prices and return the sum of all prices."""
    rho[:] = 0.0
    total = 0.0
    for row in rows.chosen:
        paid = rows.weight[row] * price[row]
        if paid > 0.0:
            total += paid
            for entry in range(rows.start[row], rows.start[row + 1]):
                rho[rows.site[entry]] -= paid
    return total


def saddle(reduced: Reduced, most: int, watch: Watch, meet: Callable[[], None]) -> Priced:
    """Raise the bound of a watch by moving shares and prices, and decide sites.

    Parameters
    ----------
    reduced : Reduced
        Of a covering question in which every row may stay uncovered.
    most : int
        Free sites to open at most, at least 1 and fewer than there are.
    watch : Watch
        Holds a plan; its bound is raised. May raise Cancelled.
    meet : callable
        Called from time to time, to look for a better plan: the better the best plan, the sooner sites are decided.
    """
    return _Saddle(reduced, most, watch, meet).run()


class _Saddle:
    """Shares and prices on the move."""

    def __init__(self, reduced: Reduced, most: int, watch: Watch, meet: Callable[[], None]) -> None:
        self._reduced, self._most, self._watch, self._meet = reduced, most, watch, meet
        self._weight = reduced.weight * reduced.beyond
        self._length = np.diff(reduced.start).astype(np.float64)
        rows, sites = len(self._weight), len(reduced.sites)
        size = np.bincount(reduced.site, weights=np.repeat(self._weight, np.diff(reduced.start)), minlength=sites)
        self._size = np.maximum(size, 1e-12 * max(float(size.max(initial=0.0)), 1e-300))
        self._rows = Rows(np.arange(rows), reduced.start, reduced.site, self._weight)
        self._shares, self._price = np.full(sites, most / sites), np.zeros(rows)
        self._rho, self._of_average, self._served = np.zeros(sites), np.zeros(sites), np.zeros(rows)
        self._decisions = Decisions(sites)
        self._best, self._best_bound, self._least_left = self._price.copy(), -np.inf, np.inf
        self._weighing = 1.0
        self._begin()

    def _begin(self) -> None:
        """Begin the averages anew where shares and prices stand."""
        self._begun = self._shares.copy(), self._price.copy()
        self._shares_summed, self._prices_summed, self._turns = np.zeros_like(self._shares), np.zeros_like(self._price), 0

    def run(self) -> Priced:
        """Move until the linear program leaves little, or moving gains little."""
        watch, bounds, left = self._watch, [-np.inf], np.inf
        self._total = 0.0
        for turn in range(1, _TURNS + 1):
            watch.look()
            self._move()
            if turn % _LOOKED:
                continue
            self._meet()
            now, average = self._looked()
            bounds.append(self._best_bound)
            still_open = watch.cost - self._best_bound
            slow = len(bounds) > _LOOKS and self._best_bound - bounds[-1 - _LOOKS] < _STALLED * still_open
            if watch.done or slow or self._least_left - self._best_bound < _NEAR * still_open:
                break
            if min(now, average) < _NEARER * left or self._turns >= max(_LONG * turn, _LONG_TURNS):
                left = min(now, average)
                self._anew(from_average=average < now)
        return Priced(self._best * self._reduced.beyond, self._decisions.low, self._decisions.high, self._chosen(), tuple(self._decisions.deciding))

    def _move(self) -> None:
        """Move the shares towards what the prices are worth, then the prices."""
        spread = self._weighing * self._size
        moved = within(self._shares - self._rho / spread, 1.0 / spread, self._most)
        ahead = 2.0 * moved - self._shares
        self._shares = moved
        self._total = _turn(self._rows, ahead, self._weighing, self._price, self._prices_summed, self._rho)
        self._shares_summed += moved
        self._turns += 1

    def _looked(self) -> tuple[float, float]:
        """Take the bounds of the prices and of their average; return what each leaves open of the linear program."""
        shares, price = self._shares_summed / self._turns, self._prices_summed / self._turns
        total = _rho_of(self._rows, price, self._of_average)
        averaged = self._take(total, self._of_average, price)
        now = self._take(self._total, self._rho, self._price)
        left = self._left(shares), self._left(self._shares)
        self._rows = self._rows._replace(chosen=np.flatnonzero((self._served < _SURELY) | (self._price > 0.0) | (self._prices_summed > 0.0)))
        self._least_left = min(self._least_left, *left)
        return left[1] - now, left[0] - averaged

    def _take(self, total: float, rho: Array, price: Array) -> float:
        """Take prices as the best if their bound is, and decide what they decide; return their bound."""
        bound, order = least_sum(total, rho, self._most)
        if bound > self._best_bound:
            self._best_bound, self._best = bound, price.copy()
            self._watch.raise_bound(bound)
        self._decisions.take(rho, order, bound, self._most, self._watch.cutoff, price * self._reduced.beyond)
        return bound

    def _left(self, shares: Array) -> float:
        """Return what shares leave uncovered."""
        self._served[:] = 0.0
        add_shares(np.flatnonzero(shares), *self._reduced.columns[:2], shares, self._served)
        return float(np.sum(self._weight * np.maximum(1.0 - self._served, 0.0)))

    def _anew(self, *, from_average: bool) -> None:
        """Begin anew, with steps as long as the ways of shares and prices were to each other (Applegate et al. 2021, algorithm 3)."""
        if from_average:
            self._shares, self._price = self._shares_summed / self._turns, self._prices_summed / self._turns
            self._total = _rho_of(self._rows, self._price, self._rho)
        of_shares = float(np.sqrt(np.sum((self._shares - self._begun[0]) ** 2 * self._size)))
        of_prices = float(np.sqrt(np.sum((self._price - self._begun[1]) ** 2 * self._weight * self._length)))
        if of_shares > 0.0 and of_prices > 0.0:
            self._weighing = float(np.sqrt(of_prices / of_shares * self._weighing))
        self._begin()

    def _chosen(self) -> NDArray[np.bool_]:
        chosen = np.zeros(len(self._shares), dtype=bool)
        chosen[np.lexsort((np.arange(len(chosen)), -self._shares))[: self._most]] = True
        return chosen


def within(shares: Array, spread: Array, most: int) -> Array:
    """Return the nearest shares between 0 and 1 that add up to ``most`` at most, shape (sites,); a site's distance counts by 1 / ``spread``."""
    clipped = np.clip(shares, 0.0, 1.0)
    if clipped.sum() <= most:
        return clipped
    low, high = 0.0, float((shares / spread).max())
    for _ in range(60):
        middle = 0.5 * (low + high)
        if np.clip(shares - middle * spread, 0.0, 1.0).sum() > most:
            low = middle
        else:
            high = middle
    return np.clip(shares - high * spread, 0.0, 1.0)
