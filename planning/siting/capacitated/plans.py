"""Good plans: greedy, then interchange of sites that prices recommend."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from planning.siting.capacitated.flow import Flow
from planning.siting.capacitated.knapsacks import fill
from planning.siting.capacitated.prices import Limits
from planning.siting.capacitated.units import Array, Flags, Ints, Units

# Swaps tried before a plan counts as good.
SWAPS = 40
# A swap must save more than this share.
EPSILON = 1e-9
# Prices that are remembered.
_REMEMBERED = 200


def greedy(units: Units, most: int, look: Callable[[], None]) -> Flags:
    """Open the site that places most people, those with the least travel first, again and again; ties go to the first site.

    What a site can place never grows as people are placed elsewhere, so that only the best site so far is looked at again (Minoux 1978).
    """
    start, unit, cost, _ = units.columns
    opened, left = units.fixed.copy(), units.weight.copy()
    price, gain, placed = np.full(len(left), units.beyond), np.zeros(len(opened)), np.zeros(len(left))

    def filled(site: int) -> Array:
        look()
        placed[:] = 0.0
        fill(np.array([site]), start, unit, cost, left, units.capacity, price, gain, placed)
        return placed

    for site in np.flatnonzero(opened).tolist():
        left = np.maximum(left - filled(site), 0.0)
    for site in np.flatnonzero(~opened).tolist():
        filled(site)
    heap = [(-gain[site], site) for site in np.flatnonzero(~opened).tolist()]
    heapq.heapify(heap)
    while heap and most:
        _, site = heapq.heappop(heap)
        taken = filled(site)
        if heap and (-gain[site], site) > heap[0]:
            heapq.heappush(heap, (-gain[site], site))
        elif gain[site] <= 0.0:
            break
        else:
            opened[site], most = True, most - 1
            left = np.maximum(left - taken, 0.0)
    return opened


@dataclass
class Pool:
    """What prices have shown: for each set of prices no plan costs less than ``base`` less the gains of its sites.

    Parameters
    ----------
    sites : int
    """

    sites: int
    base: list[float] = field(default_factory=list)
    gain: list[Array] = field(default_factory=list)

    def learn(self, base: float, gain: Array) -> None:
        """Take the sum of what all people pay at some prices, and the gains of all sites, shape (sites,)."""
        self.base.append(base)
        self.gain.append(gain.copy())
        if len(self.base) > _REMEMBERED:  # the first prices know least
            del self.base[0], self.gain[0]

    def least(self, opened: Flags) -> float:
        """Return what a plan costs at least."""
        return max((base - float(gain[opened].sum()) for base, gain in zip(self.base, self.gain, strict=True)), default=-np.inf)

    def swapped(self, opened: Flags, comes: Ints, goes: Ints) -> Array:
        """Return what each swap of a plan costs at least, shape (comes, goes); a site -1 that goes is none."""
        least = np.full((len(comes), len(goes)), -np.inf)
        for base, gain in zip(self.base, self.gain, strict=True):
            lost = np.where(goes < 0, 0.0, gain[goes])
            least = np.maximum(least, base - float(gain[opened].sum()) - gain[comes][:, None] + lost[None, :])
        return least


def swaps(pool: Pool, limits: Limits, plan: Flow) -> Iterator[Flags]:
    """Yield plans that one swap makes of a plan, those first that may cost least by what prices have shown; none that cannot be cheaper."""
    inside, outside = np.flatnonzero(plan.opened & ~limits.low), np.flatnonzero(~plan.opened & limits.high)
    goes = np.append(inside, -1) if len(inside) < limits.most else inside
    least = pool.swapped(plan.opened, outside, goes)
    enough = plan.cost - EPSILON * max(abs(plan.cost), 1.0)
    for place in np.argsort(least, axis=None, kind="stable"):
        come, go = np.unravel_index(place, least.shape)
        if least[come, go] >= enough:
            return
        opened = plan.opened.copy()
        opened[outside[come]] = True
        if goes[go] >= 0:
            opened[goes[go]] = False
        yield opened
