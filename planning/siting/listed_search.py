"""The p-median of problems whose trips are too many for one list: short lists bound and improve, columns count what plans cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.errors import Cancelled
from planning.siting import heuristic
from planning.siting.chosen import settled
from planning.siting.groups import groups_of_rows
from planning.siting.lagrange import Priced, priced
from planning.siting.lists import all_trips, greedy, lists
from planning.siting.model import Frame
from planning.siting.reduce import Reduced
from planning.siting.survey import first_plan
from planning.siting.tree import Tree
from planning.siting.trip_rows import TripRows
from planning.siting.watch import EQUAL, Watch

Flags = NDArray[np.bool_]

# Entries of all lists together: twelve bytes each, and up to five times that while they are worked on.
_ENTRIES = 24_000_000
# Trips to existing sites that are looked at whether one can take the place of a new site for nothing.
_EXISTING = 16_000_000
# Lists are made anew so often at most for the plan that interchange found on those of before.
_ROUNDS = 5
# What the prices choose is of no use while the gap is larger than this.
_FAR = 0.1


@dataclass(frozen=True)
class ListedFrame(Frame):
    """A question about trips that are read where they stand; ``reduced`` has the sites and no rows."""

    rows: TripRows

    def settled(self, opened: Flags, cost: float) -> Flags:
        """Return a plan as good, without sites that save nothing, and, unless they are too many, with existing sites rather than new ones."""
        rows = self.rows
        existing = np.array([rows.problem.status[site] == "may_close" for site in rows.sites], dtype=bool)
        if not (existing & ~opened).any() or int((existing | opened).sum()) * len(rows.weight) > _EXISTING:
            return without_idle(rows, opened)
        over = Frame(all_trips(rows, existing | opened), self.goal, self.shown, self.value)
        return settled(rows.problem, over, opened, cost)


def without_idle(rows: TripRows, opened: Flags) -> Flags:
    """Close sites that save nothing, the greatest id first: a site that serves nobody better is not proposed."""
    opened = opened.copy()
    while True:
        near = rows.near(opened, 2)
        needed = np.zeros_like(opened)
        needed[near.site[(near.site >= 0) & (near.cost[:, 0] < near.cost[:, 1])]] = True
        idle = np.flatnonzero(opened & ~needed)
        if not len(idle):
            return opened
        opened[idle[-1]] = False


class ListedSearch:
    """One run; what it found stands in its watch."""

    def __init__(self, frame: ListedFrame, watch: Watch) -> None:
        self.rows, self.goal, self.watch, self.most = frame.rows, frame.goal, watch, frame.goal.most or 0
        watch.shown, watch.worth = frame.shown, self.cost_of
        watch.step = 1.0 if self.rows.whole else 0.0
        self.greedy, self.greedy_cost, self.nodes = np.zeros(len(self.rows.sites), dtype=bool), math.inf, 0
        self._listed = self.rows.reduced()
        self._met = self.greedy
        self._stays, self._long = np.ones(len(self.rows.sites), dtype=bool), np.zeros(len(self.rows.weight), dtype=bool)

    def run(self) -> bool:
        """Search; return whether it was stopped by the planner or the clock."""
        try:
            self._begin()
            self._open()
            if not self.watch.done:
                self._improve()
            if not self.watch.done:
                self.watch.stage = "siting.stage.bound"
                self._prove(self._price())
        except Cancelled:
            if math.isinf(self.greedy_cost):
                self.watch.offer(first_plan(self.rows.survey(), self.most, 0.0).opened, -math.inf)
            return True
        return False

    def cost_of(self, opened: Flags) -> float:
        """Return what a plan costs over the rows, counted on the columns; inf when it opens too many sites or leaves a row that must be served."""
        return self.rows.cost_of(opened) if int(opened.sum()) <= self.most else math.inf

    def _begin(self) -> None:
        """Note what is certain without any search: the plan without new sites, the one with all, and that nothing is nearer than the nearest."""
        rows, watch = self.rows, self.watch
        watch.offer(self.greedy, -math.inf)
        if self.most >= len(rows.sites):
            watch.offer(np.ones_like(self.greedy), -math.inf)
        watch.raise_bound(math.inf if self.most == 0 else heuristic.total(rows.weight, rows.least) * (1 - 1e-12))

    def _open(self) -> None:
        """Open one site after the other, on all trips."""
        self.watch.stage = "siting.stage.plan"
        self.greedy = greedy(self.rows, self.most, self._seen)
        self.greedy_cost = self.rows.cost_of(self.greedy)
        self.watch.offer(self.greedy, -math.inf)

    def _improve(self) -> None:
        """Interchange on lists, until the lists hold what the plan needs."""
        plan, cost = self.greedy, self.greedy_cost
        for _ in range(_ROUNDS):
            self._listed = self._list(plan)
            plan = heuristic.interchange(self._listed, plan, self._seen)
            self.watch.offer(plan, -math.inf)
            before, cost = cost, self.cost_of(plan)
            held = cost <= heuristic.loss(self._listed, plan) * (1 + EQUAL)
            if math.isfinite(cost) and (held or cost >= before):
                break

    def _list(self, plan: Flags) -> Reduced:
        """Return lists that reach beyond what a plan opens; where it leaves a row that must be served, the row keeps all there is from now on."""
        self._long |= ~np.isfinite(self.rows.near(plan, 1, self.watch.look).cost[:, 0])
        return lists(self.rows, plan, self._stays, _ENTRIES, self.watch.look, long=self._long)

    def _price(self) -> Priced | None:
        """Bound trips by Lagrangian prices, and drop the sites they decide; None without a plan to beat."""
        if self.watch.opened is None:
            return None
        return priced(self._listed, self.most, self.watch, shorten=self._shorter, meet=self._meet)

    def _shorter(self, high: Flags) -> Reduced:
        if self.watch.opened is not None:
            self._stays = high
            self._listed = self._list(self.watch.opened)
        return self._listed

    def _meet(self, chosen: Flags) -> None:
        """Improve the plan that the prices choose."""
        if self.watch.gap > _FAR or np.array_equal(chosen, self._met):
            return
        self._met = chosen
        self.watch.offer(heuristic.interchange(self._listed, chosen, self._seen), -math.inf)

    def _prove(self, known: Priced | None) -> None:
        if self.watch.done:
            return
        plan = self.greedy if self.watch.opened is None else self.watch.opened
        self._stays = self._stays if known is None else known.high
        listed = self._list(plan)
        tree = Tree(listed, self.goal, groups_of_rows(listed), self.watch)
        if known is not None:
            tree.begin(np.minimum(known.price, listed.beyond), known.low, known.high)
        try:
            tree.search()
        finally:
            self.nodes = tree.nodes

    def _seen(self, opened: Flags) -> None:
        self.watch.look(lambda: (opened, -math.inf))
