"""The search for the best plan: greedy, interchange, prices, and branching where these do not prove it."""

from __future__ import annotations

import math
from itertools import islice

import numpy as np

from planning.siting.capacitated import plans
from planning.siting.capacitated.flow import Flow, flow_of
from planning.siting.capacitated.prices import Limits, Moving, bound_at, decided
from planning.siting.capacitated.tree import Tree, likely
from planning.siting.capacitated.units import Array, Flags, Units
from planning.siting.capacitated.whole import placed_whole
from planning.siting.watch import Watch

# People left who are rounding, as a share of all.
NOBODY = 1e-9
# Good plans that are kept, and how many of them are improved by swaps.
_KEPT, _BEGINNINGS = 12, 4
# Moves of the prices at the root; a plan is made of them each so many moves.
_MOVES, _TRIED, _PATIENCE = 300, 20, 12
# Entries read for plans that swaps make, before and after prices are known; and plans tried at least and at most.
_FIRST, _SECOND, _FEWEST, _MOST = 2e7, 3e8, 3, 1000


class Hunt:
    """One search; what it found stands in its watch, who is placed where in ``best``.

    Parameters
    ----------
    units : Units
    most : int
        Free sites to open at most.
    watch : Watch
    everybody : bool
        Only plans that leave nobody count.
    """

    def __init__(self, units: Units, most: int, watch: Watch, *, everybody: bool) -> None:
        self.units, self.most, self.watch, self.everybody = units, most, watch, everybody
        self.best: Flow | None = None
        self.nearest: Flow | None = None
        self.greedy_cost, self.nodes = math.inf, 0
        self.pool = plans.Pool(len(units.sites))
        self._good: dict[bytes, Flow] = {}
        self.limits = Limits(
            units.fixed.copy(), np.ones(len(units.sites), bool), most,
            np.ones(len(units.site), np.int8) if units.whole else None, np.full(len(units.weight), units.beyond),
        )  # fmt: skip
        watch.step = 1.0 if units.exact else 0.0

    def tried(self, opened: Flags) -> Flow:
        """Place people at open sites, and offer the plan."""
        key = np.packbits(opened).tobytes()
        if key in self._good:
            return self._good[key]
        flow = flow_of(self.units, opened, self.watch.look)
        plan = placed_whole(self.units, opened, flow) if self.units.whole else flow
        self.offer(plan)
        self._learn(flow.price)
        self._good[key] = plan
        if len(self._good) > _KEPT:
            del self._good[max(self._good, key=lambda some: self._good[some].cost)]
        return plan

    def offer(self, plan: Flow) -> None:
        """Offer a plan to the watch."""
        if self.nearest is None or plan.cost < self.nearest.cost:
            self.nearest = plan
        if self.everybody and plan.left.sum() > NOBODY * self.units.weight.sum():
            return
        if self.watch.offer(plan.opened, float(np.sum(plan.amount * self.units.cost)) if self.everybody else plan.cost):
            self.best = plan

    @property
    def target(self) -> float:
        """Where bounds are to be raised to."""
        if math.isfinite(self.watch.cost):
            return self.watch.cost
        return math.inf if self.nearest is None else self.nearest.cost

    def improved(self, plan: Flow, tries: int, most: int) -> int:
        """Swap sites while one of so many tries saves something, at most so many tries in all; return how many were left."""
        while not self.watch.done:
            for opened in islice(plans.swaps(self.pool, self.limits, plan), min(tries, most)):
                other, most = self.tried(opened), most - 1
                if other.cost < plan.cost - plans.EPSILON * max(abs(plan.cost), 1.0):
                    plan = other
                    break
            else:
                return most
        return most

    def _tries(self, work: float) -> int:
        """Return how many plans are tried for some work: counted, not timed, so that two runs take the same path however busy the computer is."""
        return int(min(max(work / max(len(self.units.site), 1), _FEWEST), _MOST))

    def plan(self, begin: Flags | None = None) -> None:
        """Find a good plan, not worse than one that is known; may raise Cancelled, as all that follows."""
        self.watch.raise_bound(self._least())
        self.watch.look()
        if begin is not None:
            self.tried(begin | self.units.fixed)
        self.watch.stage = "siting.stage.plan"
        self.tried(self.units.fixed)
        plan = self.tried(plans.greedy(self.units, self.most, self.watch.look))
        self.greedy_cost = plan.cost if not self.everybody or self.best is plan else math.inf
        self.improved(plan, plans.SWAPS, self._tries(_FIRST))

    def prove(self) -> None:
        """Bound all plans, and search until nothing better can exist."""
        if self.watch.done:
            return
        self.watch.stage = "siting.stage.bound"
        moving = Moving(self.units, self.limits, self._prices())
        self._move(moving)
        if self._goes_on:
            self.tried(likely(moving.limits, moving.averages))
            most = self._tries(_SECOND)
            for plan in sorted(self._good.values(), key=lambda plan: plan.cost)[:_BEGINNINGS]:
                most = self.improved(plan, plans.SWAPS, most)
            again = Moving(self.units, moving.limits, moving.best_price)
            again.best = moving.best
            self._move(again)
            moving = again
        tree = Tree(self, moving)
        try:
            if self._goes_on:
                tree.search()
        finally:
            self.nodes += tree.nodes

    @property
    def _goes_on(self) -> bool:
        return not self.watch.done

    def _move(self, moving: Moving) -> None:
        """Raise the bound until moving no longer pays, trying a plan now and then."""
        for count in range(1, _MOVES + 1):
            found = moving.move(self.target, _PATIENCE, self.watch.look)
            self.watch.raise_bound(moving.best)
            if count % _TRIED == 0 or count == 1:
                self._learn(moving.best_price)
                if self.nearest is None or self.pool.least(found.chosen) < self.nearest.cost:
                    self.tried(found.chosen)
            moving.narrow(*decided(moving.limits, found, self.watch.cutoff))
            if self.watch.done or moving.tired:
                break
        self._learn(moving.best_price)

    def _learn(self, price: Array) -> None:
        price = np.minimum(price, self.units.beyond)
        found, _, _ = bound_at(self.units, self.limits, price, self.watch.look)
        self.pool.learn(float(np.sum(self.units.weight * price)), found.gain)

    def _least(self) -> float:
        """Return what no plan can cost less than, whatever is open."""
        if not self.everybody or not len(self.units.site):
            return 0.0
        cheapest = np.minimum.reduceat(self.units.cost, self.units.start[:-1])
        return float(np.sum(self.units.weight * cheapest)) * (1 - 1e-12)

    def _prices(self) -> Array:
        """Return the prices of the best plan; nobody pays more than the farthest trip to begin with, where everybody must be served."""
        price = np.zeros(len(self.units.weight)) if self.nearest is None else self.nearest.price
        return np.minimum(price, float(self.units.cost.max(initial=0.0)) + 1.0) if self.everybody else price
