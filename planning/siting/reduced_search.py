"""Search a reduced problem: a good plan, prices that bound all plans, then branch and bound until none is better."""

from __future__ import annotations

import math

import numpy as np

from layers.errors import Cancelled
from planning.siting import heuristic, paid
from planning.siting.certify import Notes
from planning.siting.cover import CoverSearch, covers_all
from planning.siting.groups import groups_of_rows
from planning.siting.lagrange import Priced, narrowed, priced
from planning.siting.model import Frame
from planning.siting.reduce import Reduced
from planning.siting.saddle import saddle
from planning.siting.tabu import Walk
from planning.siting.tree import Beside, Tree, cost_of
from planning.siting.watch import Watch

# Whole costs up to here are sums of floats that err by far less than one.
_EXACT = 1e9
# With at most this share of the people left uncovered many sites serve every row: single swaps end far from the best plan, the linear program takes
# very many cuts, and from so many entries on prices bound the question sooner.
_SATURATED, _LARGE = 0.03, 1_000_000


class ReducedSearch:
    """One run over a framed question; what it found stands in its watch.

    Parameters
    ----------
    frame : Frame
    watch : Watch
    """

    def __init__(self, frame: Frame, watch: Watch) -> None:
        self.reduced, self.goal, self.watch = frame.reduced, frame.goal, watch
        watch.shown = frame.shown
        self.greedy = np.zeros(len(self.reduced.sites), dtype=bool)
        self.greedy_cost, self._planned = math.inf, False
        self._beside: Beside | None = None
        self._tree: Tree | None = None
        self._priced: Priced | None = None
        self._pricing = False
        self._asked = frame.reduced, np.arange(len(frame.reduced.weight))  # before any site was decided

    @property
    def nodes(self) -> int:
        """Nodes of the tree."""
        return self._tree.nodes if self._tree else 0

    def notes(self) -> Notes:
        """Return what a certificate is made of."""
        watch, known = self.watch, self._priced
        price, deciding = (None, ()) if known is None else (known.price, known.deciding)
        complete = known is not None or not self._pricing
        return Notes(*self._asked, self.goal, self._tree, price, deciding, watch.cost, watch.bound, watch.cutoff, complete)

    def run(self) -> bool:
        """Search; return whether it was stopped by the planner or the clock."""
        self._begin()
        try:
            self.watch.look()
            self._improve()
            if not self.watch.done:
                self.watch.stage = "siting.stage.bound"
                known = self._priced = self._price()
                if not self.watch.done:
                    self._tree = Tree(self.reduced, self.goal, groups_of_rows(self.reduced), self.watch, self._beside)
                    if known is not None:
                        self._tree.begin(known.price, known.low, known.high)
                    self._tree.search()
        except Cancelled:
            if not self._planned:  # ends within a fraction of a second, and nobody is left without a plan
                self._plan(lambda _: None)
            return True
        return False

    def _begin(self) -> None:
        """Note what is certain without any search: the trivial plans, the trivial bound, and whether costs are whole numbers."""
        reduced, watch = self.reduced, self.watch
        whole = _whole(reduced) and (self.goal.purse is None or self.goal.purse.whole)
        watch.step = 1.0 if self.goal.counts_sites or whole else 0.0
        for opened in (self.greedy, np.ones_like(self.greedy)):
            watch.offer(opened, cost_of(reduced, self.goal, opened))
        cheapest = reduced.cost[reduced.start[:-1]] if len(reduced.weight) else np.empty(0)
        watch.raise_bound(0.0 if self.goal.counts_sites else heuristic.total(reduced.weight, cheapest) * (1 - 1e-12))

    def _improve(self) -> None:
        """Find a good plan: greedy, then interchange."""
        reduced, goal, watch = self.reduced, self.goal, self.watch
        watch.stage = "siting.stage.plan"
        self._plan(self._seen)
        if goal.purse is not None:
            better = paid.improved(reduced, goal, goal.purse, self.greedy, self._seen)
            watch.offer(better, cost_of(reduced, goal, better))
            return
        if covers_all(reduced, goal):
            cover = CoverSearch(reduced, watch)
            cover.run()
            self.reduced, self._beside = cover.reduced, cover.beside
            self._asked = cover.reduced, cover.rows
            return
        if not goal.counts_sites:
            better = heuristic.interchange(reduced, self.greedy, self._seen)
            watch.offer(better, cost_of(reduced, goal, better))
        if goal.counts_sites or self._saturated:
            walk = Walk(reduced, goal, watch)
            walk.run()
            self._beside = walk.beside

    @property
    def _saturated(self) -> bool:
        """The question is which sites, so many at most, cover most people, and they cover nearly everybody."""
        reduced, most = self.reduced, self.goal.most
        if most is None or not 0 < most < len(reduced.sites) or not reduced.covers or not np.isfinite(reduced.beyond).all():
            return False
        return self.watch.cost <= _SATURATED * heuristic.total(reduced.weight, reduced.beyond)

    def _plan(self, look: heuristic.Look) -> None:
        """Find a first plan by greed, and offer it."""
        reduced, goal = self.reduced, self.goal
        if goal.purse is not None:
            self.greedy = paid.greedy(reduced, goal, goal.purse, look)
        else:
            most = len(reduced.sites) if goal.most is None else goal.most
            enough = 0.0 if goal.budget is None else goal.budget
            self.greedy = heuristic.greedy(reduced, most, look, enough=enough)
        self.greedy_cost, self._planned = cost_of(reduced, goal, self.greedy), True
        self.watch.offer(self.greedy, self.greedy_cost)

    def _price(self) -> Priced | None:
        """Bound trips by Lagrangian prices and drop the sites they decide; None where that is of no use (covering, or no plan to beat)."""
        reduced, watch, most = self.reduced, self.watch, self.goal.most
        plain = self.goal.budget is None and self.goal.purse is None and watch.opened is not None
        if most is None or not plain or not 0 < most < len(reduced.sites):
            return None
        if self._saturated and len(reduced.site) >= _LARGE:
            return self._price_cover(most)
        if not reduced.cost.any():
            return None
        self._pricing = True
        known = priced(reduced, most, watch)
        while not watch.done:
            better = heuristic.interchange(reduced, known.chosen, self._seen)
            if not watch.offer(better, cost_of(reduced, self.goal, better)):
                break
            known = priced(reduced, most, watch, known)
        if watch.opened is not None:
            self.reduced = narrowed(reduced, known.high, watch.opened)
        return known

    def _price_cover(self, most: int) -> Priced:
        """Bound a large covering question by prices."""
        self._pricing = True
        known = saddle(self.reduced, most, self.watch, self._meet)
        if self.watch.opened is not None:
            self.reduced = narrowed(self.reduced, known.high, self.watch.opened)
        return known

    def _meet(self) -> None:
        if self._beside is not None:
            self._beside(self.reduced, None)

    def _seen(self, opened: heuristic.Open) -> None:
        self.watch.look(lambda: (opened, cost_of(self.reduced, self.goal, opened)))


def _whole(reduced: Reduced) -> bool:
    """Return whether every plan costs a whole number, small enough that sums of floats are exact to less than one."""
    figures = (reduced.weight, reduced.cost, reduced.beyond[np.isfinite(reduced.beyond)])
    dearest = max((float(figure.max(initial=0.0)) for figure in figures[1:]), default=0.0)
    return float(reduced.weight.sum()) * dearest < _EXACT and all(bool((figure == np.round(figure)).all()) for figure in figures)
