"""The Lagrangian bound of the p-median, and the sites that no better plan opens.

Let each row name a price that it pays for being served. At any prices ``u`` no plan of ``most`` sites costs less than

    sum of weight[j] * u[j] + the ``most`` least of rho,   rho[i] = sum over rows j with cost[i, j] < u[j]:  weight[j] * (cost[i, j] - u[j])

(Cornuéjols, Fisher & Nemhauser 1977; Narula, Ogbu & Samuelsson 1977), as long as no price is above the row's ``beyond``. Prices move where too many
or too few sites serve a row (subgradients with a step by the gap, Held, Wolfe & Crowder 1974; averaged as in Barahona & Anbil 2000). Each row's list
stands cheapest first and only what is below its price is read, so that a move costs little more than the rows. Swapping one site more, or one less,
into the least sum bounds all plans with or without that site: where this exceeds the best plan, the site is decided (Beasley 1985).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planning.siting.heuristic import charged, nearest
from planning.siting.reduce import Reduced
from planning.siting.watch import Watch

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Moves of the prices at most; after so many without a better bound the step is halved, and below the least step the search ends.
_MOVES, _PATIENCE, _FIRST_STEP, _LEAST_STEP = 2000, 20, 1.2, 2e-3
# Moves from one meeting with the plan that the prices choose to the next.
_MEETING = 50
# Share of the newest subgradient in the direction of a move.
_FRESH = 0.5
# Between meetings the gap must close to less than this share, where a tree can go on.
_STALLED = 0.95
# Rows are shortened when at most this share of their sites may still open.
_DROPPED = 0.5
# Prices that decided sites are kept for a certificate, so many numbers at most.
_NOTED = 4_000_000
# What sums over many rows may be off by, as a share.
_ROUNDING = 1e-11


@dataclass(frozen=True)
class Priced:
    """The best prices found, and what they decide.

    Attributes
    ----------
    price : float64, shape (rows,)
        What one person of a row pays for being served.
    low, high : bool, shape (sites,)
        Sites that every better plan opens, and sites that some better plan may open.
    chosen : bool, shape (sites,)
        The plan that the prices would choose.
    deciding : tuple of float64, each shape (rows,)
        The prices by which sites were decided, for a certificate; of many only the first.
    """

    price: Array
    low: Flags
    high: Flags
    chosen: Flags
    deciding: tuple[Array, ...] = ()


@njit(nogil=True, cache=True)
def _rho(start: NDArray[np.int64], site: NDArray[np.int32], cost: Array, weight: Array, price: Array, rho: Array) -> float:
    """Fill ``rho`` at some prices, shape (sites,), and return the sum of all prices."""
    rho[:] = 0.0
    total = 0.0
    for row in range(len(weight)):
        total += weight[row] * price[row]
        for entry in range(start[row], start[row + 1]):
            if cost[entry] >= price[row]:
                break
            rho[site[entry]] += weight[row] * (cost[entry] - price[row])
    return total


@njit(nogil=True, cache=True)
def _lean(start: NDArray[np.int64], site: NDArray[np.int32], cost: Array, price: Array, chosen: Flags, slope: Array) -> None:
    """Blend into ``slope``, shape (rows,), how many sites each row still lacks: 1 less the chosen ones below its price."""
    for row in range(len(price)):
        lacks = 1.0
        for entry in range(start[row], start[row + 1]):
            if cost[entry] >= price[row]:
                break
            if chosen[site[entry]]:
                lacks -= 1.0
        slope[row] = _FRESH * lacks + (1.0 - _FRESH) * slope[row]


def priced(
    reduced: Reduced, most: int, watch: Watch, known: Priced | None = None, *, shorten: Callable[[Flags], Reduced] | None = None,
    meet: Callable[[Flags], None] | None = None,
) -> Priced:  # fmt: skip
    """Raise the bound of a watch by moving prices, and decide sites.

    Parameters
    ----------
    reduced : Reduced
    most : int
        Free sites to open at most, at least 1 and fewer than there are.
    watch : Watch
        Holds a plan; its bound is raised. May raise Cancelled.
    known : Priced, optional
        What an earlier call found, before the watch had its present plan.
    shorten : callable, optional
        Gives the same rows without sites that are decided closed; asked for once half of the sites are. It is given those that may open.
    meet : callable, optional
        Shown the plan that the prices choose, now and then, to improve and offer it: the better the best plan, the sooner sites are decided.
    """
    prices = _Prices(reduced, most, watch, known)
    prices.shorten, prices.meet = shorten or prices.shorten, meet or prices.meet
    return prices.run()


class _Prices:
    """Prices on the move."""

    def __init__(self, reduced: Reduced, most: int, watch: Watch, known: Priced | None) -> None:
        self.reduced, self.most, self.watch, count = reduced, most, watch, len(reduced.sites)
        opened = watch.opened if watch.opened is not None else np.zeros(count, dtype=bool)
        begin = nearest(reduced, opened, charged(reduced)).cost if known is None else known.price
        self.price = np.minimum(begin, reduced.beyond)
        self.rho = np.zeros(count)
        self.best, self.best_bound = self.price.copy(), -np.inf
        self.decisions = Decisions(count, known)
        self.shorten: Callable[[Flags], Reduced] | None = None
        self.meet: Callable[[Flags], None] = lambda _: None
        self._listed, self._gap = count, np.inf

    def run(self) -> Priced:
        watch = self.watch
        slope, step, waited = np.zeros(len(self.price)), _FIRST_STEP, 0
        for move in range(_MOVES):
            watch.look()
            if move % _MEETING == _MEETING - 1 and self._met():
                break
            self._drop()
            reduced = self.reduced
            bound, order = self._bound()
            waited += 1
            if bound > self.best_bound + 1e-4 * max(watch.cost - self.best_bound, 0.0):
                waited = 0
            if bound > self.best_bound:
                self.best_bound, self.best = bound, self.price.copy()
                watch.raise_bound(bound)
            if watch.done or step < _LEAST_STEP:
                break
            if waited >= _PATIENCE:
                step, waited = 0.66 * step, 0
                np.copyto(self.price, self.best)
                bound, order = self._bound()
            _lean(reduced.start, reduced.site, reduced.cost, self.price, self._chosen(order), slope)
            length = float(np.sum(reduced.weight * slope * slope))
            if length <= 0.0:
                break
            self.price += step * max(watch.cost - bound, 0.0) / length * slope
            np.clip(self.price, reduced.cost[reduced.start[:-1]], reduced.beyond, out=self.price)
        np.copyto(self.price, self.best)
        _, order = self._bound()
        decided = self.decisions
        return Priced(self.best, decided.low, decided.high, self._chosen(order), tuple(decided.deciding))

    def _met(self) -> bool:
        """Meet the plan that the prices choose; return whether the gap hardly closes any more, so that branching pays more."""
        cost, gap = self.watch.cost, self.watch.cost - self.best_bound
        self.meet(self._chosen(self._order))
        stalled = self.shorten is not None and self.watch.cost == cost and gap > _STALLED * self._gap
        self._gap = min(gap, self.watch.cost - self.best_bound)
        return stalled

    def _drop(self) -> None:
        """Go on with shorter rows once half of the sites are decided closed."""
        left = int(self.decisions.high.sum())
        if self.shorten is not None and left <= _DROPPED * self._listed:
            self.reduced, self._listed = self.shorten(self.decisions.high), left
            np.minimum(self.price, self.reduced.beyond, out=self.price)
            np.minimum(self.best, self.reduced.beyond, out=self.best)

    def _chosen(self, order: NDArray[np.int64]) -> Flags:
        chosen = np.zeros(len(self.rho), dtype=bool)
        chosen[order[: self.most]] = True
        return chosen

    def _bound(self) -> tuple[float, NDArray[np.int64]]:
        """Return the bound at the present prices and the sites by rho; decide the sites it decides."""
        reduced = self.reduced
        total = _rho(reduced.start, reduced.site, reduced.cost, reduced.weight, self.price, self.rho)
        bound, self._order = least_sum(total, self.rho, self.most)
        self.decisions.take(self.rho, self._order, bound, self.most, self.watch.cutoff, self.price)
        return bound, self._order


def least_sum(total: float, rho: Array, most: int) -> tuple[float, NDArray[np.int64]]:
    """Return the bound of prices that add up to ``total``, and the sites by rho, of equal ones the smaller number first."""
    order = np.lexsort((np.arange(len(rho)), rho))
    return total + float(np.sum(rho[order[:most]])) - _ROUNDING * abs(total), order


class Decisions:
    """Sites decided so far, and the prices that did it.

    Attributes
    ----------
    low, high : bool, shape (sites,)
        Sites that every better plan opens, and sites that some better plan may open.
    deciding : list of float64, each shape (rows,)
        Prices by which sites were decided; of many only the first.
    """

    def __init__(self, sites: int, known: Priced | None = None) -> None:
        self.low = np.zeros(sites, dtype=bool) if known is None else known.low
        self.high = np.ones(sites, dtype=bool) if known is None else known.high
        self.deciding = [] if known is None else [*known.deciding]

    def take(self, rho: Array, order: NDArray[np.int64], bound: float, most: int, cutoff: float, price: Array) -> None:
        """Decide what a bound decides: swapping a site into, or out of, the least sum would bring it to the cutoff."""
        last, following = rho[order[most - 1]], rho[order[most]]
        inside = np.zeros(len(rho), dtype=bool)
        inside[order[:most]] = True
        closed = ~inside & (bound - last + rho > cutoff)
        opened = inside & (bound - rho + following > cutoff)
        if ((closed & self.high).any() or (opened & ~self.low).any()) and (len(self.deciding) + 1) * len(price) <= _NOTED:
            self.deciding.append(price.copy())
        self.high[closed], self.low[opened] = False, True


def narrowed(reduced: Reduced, high: Flags, opened: Flags) -> Reduced:
    """Return the problem without the entries of sites that no better plan opens; sites keep their places.

    Parameters
    ----------
    reduced : Reduced
    high : bool, shape (sites,)
        Sites that may open.
    opened : bool, shape (sites,)
        The best plan: it still costs the same.

    Returns
    -------
    Reduced
        Every row still has an entry, and every site has all its entries or none.
    """
    stays = high | opened
    left = np.bincount(reduced.row[stays[reduced.site]], minlength=len(reduced.weight))
    stays[reduced.site[reduced.start[:-1][left == 0]]] = True
    kept = stays[reduced.site]
    counts = np.bincount(reduced.row[kept], minlength=len(reduced.weight))
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return replace(reduced, start=start, site=reduced.site[kept], cost=reduced.cost[kept])
