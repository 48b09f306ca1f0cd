"""Good plans fast: lazy greedy, then interchange of one site for another.

Minoux (1978) for the lazy evaluation of a greedy algorithm; Teitz & Bart (1968), Whitaker (1983) and Resende & Werneck (2007) for the interchange:
what a swap gains is the gain of the site that comes, less the loss of the one that goes, plus a correction for rows that both serve.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.siting.kernels import count_swaps, lower, saving, savings, two_nearest, two_nearest_of
from planning.siting.reduce import Reduced

Open = NDArray[np.bool_]
# Shown every plan on the way; may raise Cancelled.
Look = Callable[[Open], None]

# A swap must gain more than this share of the whole cost: less is rounding.
_EPSILON = 1e-12


@dataclass(frozen=True)
class Nearest:
    """For each row the cheapest and second cheapest open site.

    Attributes
    ----------
    cost, second : float64, shape (rows,)
        Cost of one person; ``beyond`` where there is no such site.
    site : int64, shape (rows,)
        The cheapest open site, -1 where there is none.
    """

    cost: NDArray[np.float64]
    second: NDArray[np.float64]
    site: NDArray[np.int64]


def nearest(reduced: Reduced, opened: Open, beyond: NDArray[np.float64]) -> Nearest:
    """Return each row's two cheapest open sites; of equal costs the smaller id."""
    found = Nearest(beyond.copy(), beyond.copy(), np.full(len(beyond), -1, dtype=np.int64))
    share = float(opened.mean()) if len(opened) else 0.0
    if len(reduced.site) * share * share > 2.0 * len(beyond):
        # Reading a row ends at its second open site, after 2 / share entries; reading the columns of open sites takes share of all.
        _look_up(found, reduced, opened, beyond, np.arange(len(beyond)))
    else:
        two_nearest_of(np.flatnonzero(opened), *reduced.columns, found.cost, found.second, found.site)
    return found


def _look_up(found: Nearest, reduced: Reduced, opened: Open, beyond: NDArray[np.float64], rows: NDArray[np.int64]) -> None:
    two_nearest(rows, reduced.start, reduced.site, reduced.cost, opened, beyond, found.cost, found.second, found.site)


def loss(reduced: Reduced, opened: Open) -> float:
    """Return the cost of a plan over the rows, inf when a row that must be served is not."""
    return total(reduced.weight, nearest(reduced, opened, reduced.beyond).cost)


def total(weight: NDArray[np.float64], cost: NDArray[np.float64]) -> float:
    """Return the sum of weight x cost, summed the same way on every machine (a BLAS product is not)."""
    return float(np.sum(weight * cost))


def charged(reduced: Reduced) -> NDArray[np.float64]:
    """Return ``beyond`` with a high but finite price where a row must be served, so that plans that fail can be compared."""
    price = 1000.0 * (float(reduced.cost.max(initial=0.0)) + 1.0)
    return np.where(np.isfinite(reduced.beyond), reduced.beyond, price)


def greedy(reduced: Reduced, most: int, look: Look, *, enough: float = 0.0, begin: Open | None = None) -> Open:
    """Open the site that saves most, again and again; ties go to the smaller id.

    Parameters
    ----------
    reduced : Reduced
    most : int
        Sites to open at most.
    look : callable
        Shown each plan on the way; may raise Cancelled.
    enough : float
        Stop as soon as the cost (with :func:`charged`) is not above this.
    begin : bool, shape (sites,), optional
        Sites that are open from the start.
    """
    opened = np.zeros(len(reduced.sites), dtype=bool) if begin is None else begin.copy()
    cost, weight = nearest(reduced, opened, charged(reduced)).cost, reduced.weight
    gains = savings(reduced.start, reduced.site, reduced.cost, weight, cost, len(opened))
    heap = [(-gain, site) for site, gain in enumerate(gains.tolist())]
    heapq.heapify(heap)
    left = total(weight, cost)
    while heap and most > 0 and left > enough:
        _, site = heapq.heappop(heap)
        rows, costs = reduced.column(site)
        gain = saving(rows, costs, weight, cost)
        if heap and (-gain, site) > heap[0]:
            heapq.heappush(heap, (-gain, site))
        elif gain <= 0.0:
            break
        else:
            opened[site] = True
            lower(rows, costs, cost)
            left, most = total(weight, cost), most - 1
            look(opened)
    return opened


class Swaps:
    """What every swap of an open site for a closed one saves, kept up to date from swap to swap: only the rows of the two sites change.

    Parameters
    ----------
    reduced : Reduced
    opened : bool, shape (sites,)
    beyond : float64, shape (rows,)
        Finite, see :func:`charged`.
    """

    def __init__(self, reduced: Reduced, opened: Open, beyond: NDArray[np.float64]) -> None:
        self._reduced, self._beyond = reduced, beyond
        self.opened, self.inside = opened.copy(), np.flatnonzero(opened)
        self._place = np.full(len(opened), -1, dtype=np.int64)
        self._place[self.inside] = np.arange(len(self.inside))
        self.near = nearest(reduced, opened, beyond)
        shape = (len(opened), len(self.inside))
        self._gain, self._loss, self._both = np.zeros(shape[0]), np.zeros(shape[1]), np.zeros(shape)
        self._count(np.arange(len(beyond)), 1.0)

    @property
    def cost(self) -> float:
        """Cost of the plan."""
        return total(self._reduced.weight, self.near.cost)

    @property
    def gain(self) -> NDArray[np.float64]:
        """What opening a further site saves, shape (sites,)."""
        return self._gain.copy()

    @property
    def loss(self) -> NDArray[np.float64]:
        """What closing a site costs, shape (open sites,), in the order of ``inside``."""
        return self._loss.copy()

    def saved(self) -> NDArray[np.float64]:
        """Return what swapping a closed site for an open one saves, shape (sites, open sites); -inf where the first is open."""
        saved = self._gain[:, None] - self._loss[None, :] + self._both
        saved[self.opened] = -np.inf
        return saved

    def best(self) -> tuple[int, int, float]:
        """Return the closed site, the place of the open one in ``inside``, and what swapping them saves: the most; ties to the smaller ids."""
        saved = self.saved()
        come, place = divmod(int(saved.argmax()), len(self.inside))
        return come, place, float(saved[come, place])

    def swap(self, come: int, place: int) -> None:
        """Open one site and close another."""
        go, reduced = int(self.inside[place]), self._reduced
        rows = np.union1d(reduced.column(come)[0], reduced.column(go)[0]).astype(np.int64)
        self._count(rows, -1.0)
        self.opened[come], self.opened[go] = True, False
        self.inside[place], self._place[come], self._place[go] = come, place, -1
        _look_up(self.near, reduced, self.opened, self._beyond, rows)
        self._count(rows, 1.0)

    def _count(self, rows: NDArray[np.int64], sign: float) -> None:
        reduced, near = self._reduced, self.near
        count_swaps(
            rows, sign * reduced.weight, reduced.start, reduced.site, reduced.cost, near.cost, near.second, near.site, self._place,
            self._gain, self._loss, self._both,
        )  # fmt: skip


def interchange(reduced: Reduced, opened: Open, look: Look) -> Open:
    """Swap sites while that saves, the best swap first; ties go to the smaller ids.

    Returns
    -------
    ndarray of bool, shape (sites,)
        No single swap improves it.
    """
    if not opened.any() or opened.all():
        return opened
    swaps = Swaps(reduced, opened, charged(reduced))
    cost = swaps.cost
    while cost > 0.0:
        look(opened)
        come, place, saved = swaps.best()
        if saved <= _EPSILON * max(cost, 1.0):
            break
        swaps.swap(come, place)
        if swaps.cost >= cost:  # what seemed to be saved was rounding
            break
        opened, cost = swaps.opened.copy(), swaps.cost
    return opened


def complete(reduced: Reduced, opened: Open, enough: float, look: Look) -> Open:
    """Open sites until the plan costs no more than ``enough``, then close those it can do without; of equals the greater id goes."""
    opened, beyond = greedy(reduced, len(opened), look, enough=enough, begin=opened), charged(reduced)
    while opened.any():
        look(opened)
        near = nearest(reduced, opened, beyond)
        served = near.site >= 0
        losses = np.bincount(near.site[served], weights=(reduced.weight * (near.second - near.cost))[served], minlength=len(opened))
        losses[~opened] = np.inf
        fewer = opened.copy()
        fewer[len(losses) - 1 - int(losses[::-1].argmin())] = False
        if total(reduced.weight, nearest(reduced, fewer, beyond).cost) > enough:
            break
        opened = fewer
    return opened


def without_idle(reduced: Reduced, opened: Open) -> Open:
    """Close sites that save nothing, the greatest id first: a site that serves nobody better is not proposed."""
    opened = opened.copy()
    for site in np.flatnonzero(opened)[::-1]:
        near = nearest(reduced, opened, reduced.beyond)
        mine = near.site == site
        if (near.cost[mine] == near.second[mine]).all():
            opened[site] = False
    return opened
