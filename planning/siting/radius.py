"""The smallest radius: bisection over the costs that occur, each step one set-covering question.

A plan reaches everybody (or enough people) within a radius, or no plan does; the answer changes once on the way from the least cost to the greatest,
so that halving finds it (Minieka 1970). The step at the radius just below the answer is the proof: no plan of so many sites covers enough within it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.errors import Cancelled
from layers.progress import silent
from planning.siting import heuristic
from planning.siting.bound import Goal
from planning.siting.groups import groups_of_rows
from planning.siting.model import Frame
from planning.siting.problem import SitingProblem
from planning.siting.reduce import Reduced, reduce_cover
from planning.siting.sites import of_status
from planning.siting.tree import Tree, cost_of
from planning.siting.watch import Watch

# Sums of people are equal up to this share: the accuracy of float64 over many cells.
ROUNDING = 1e-9


@dataclass(frozen=True)
class RadiusFrame(Frame):
    """A question for the smallest radius.

    Attributes
    ----------
    problem : SitingProblem
        Competitors are among the kept sites.
    needed : float or None
        People to be covered at least; None: every person whom a usable site serves.
    """

    problem: SitingProblem
    needed: float | None


@dataclass(frozen=True)
class _Question:
    """Can ``most`` sites cover enough people within one radius? A plan with a cost up to ``enough`` says yes; ``whole``: costs are whole numbers."""

    reduced: Reduced
    goal: Goal
    most: int
    enough: float
    whole: bool


class _Step(Watch):
    """The watch of one question: it ends as soon as the answer is yes or no, and stops when the watch of the whole search says so."""

    def __init__(self, search: Watch, question: _Question) -> None:
        super().__init__(silent, math.inf, 0.0)
        self._search, self._enough, self.step = search, question.enough, float(question.whole)

    def look(self, plan: Callable[[], tuple[NDArray[np.bool_], float]] | None = None) -> None:
        """Ask the watch of the whole search; the plans of a step are no plans of it yet."""
        del plan
        self._search.look()

    @property
    def cutoff(self) -> float:
        """Only plans that cover enough are of interest."""
        return self._enough + (0.5 if self.step else 1e-9 * max(self._enough, 1.0))

    @property
    def found(self) -> bool:
        """A plan covers enough."""
        return self.cost <= self._enough

    @property
    def done(self) -> bool:
        """The question is answered."""
        return self.found or self.bound >= self.cutoff


class RadiusSearch:
    """One run over a question for the smallest radius; what it found stands in its watch.

    Parameters
    ----------
    frame : RadiusFrame
    watch : Watch
        Its costs are radii.
    """

    def __init__(self, frame: RadiusFrame, watch: Watch) -> None:
        self.frame, self.reduced, self.goal, self.watch = frame, frame.reduced, frame.goal, watch
        self.greedy = np.zeros(len(self.reduced.sites), dtype=bool)
        self.greedy_cost, self.nodes = math.inf, 0
        self._required = of_status(frame.problem, "must_open")

    def run(self) -> bool:
        """Search; return whether it was stopped by the planner or the clock."""
        try:
            self.watch.raise_bound(0.0)
            self._offer(self.greedy)
            # Least travel is no smallest radius, but a plan at once, and where nobody can be left the one to name who is.
            self.greedy = heuristic.greedy(self.reduced, self.goal.most or 0, lambda _: self.watch.look())
            self._offer(self.greedy)
            everything = self.radius_of(np.ones_like(self.greedy))
            self.watch.raise_bound(everything if math.isfinite(everything) else math.inf)
            self.watch.look()
            radii = self._radii(everything)
            # First quickly, believing that greedy finds a plan where there is one; then below that, with proof.
            self.watch.stage = "siting.stage.plan"
            self._bisect(radii, prove=False)
            self.greedy_cost = self.watch.cost
            if self.watch.opened is not None:
                self.greedy = self.watch.opened.copy()
            self.watch.stage = "siting.stage.bound"
            self._bisect(radii, prove=True)
        except Cancelled:
            return True
        return False

    def radius_of(self, opened: NDArray[np.bool_]) -> float:
        """Return the radius of a plan, inf when it does not cover enough at all."""
        radius = self.frame.value([*(self.reduced.sites[index] for index in np.flatnonzero(opened)), *self._required])
        return radius if math.isfinite(radius) else math.inf

    def _offer(self, opened: NDArray[np.bool_]) -> None:
        self.watch.offer(opened, self.radius_of(opened))

    def _radii(self, least: float) -> NDArray[np.float64]:
        """Return the radii that a plan can have, ascending: the costs that occur, in mm or ms, from ``least`` to the best plan's."""
        costs, wanted = self.frame.problem.costs, self.frame.problem.people > 0
        found = [np.empty(0)]
        for site in of_status(self.frame.problem, "candidate", "may_close", "kept", "must_open"):
            cells, values = costs.column(site)
            rounded = np.round(values[wanted[cells]].astype(np.float64), 3)
            found.append(np.unique(rounded[(rounded >= least) & (rounded <= self.watch.cost)]))
        return np.unique(np.concatenate(found))

    def _bisect(self, radii: NDArray[np.float64], *, prove: bool) -> None:
        low, high = 0, int(np.searchsorted(radii, self.watch.cost))
        while low < high and not self.watch.done:
            middle = (low + high) // 2
            if self._covers(float(radii[middle]), prove=prove):
                high = min(middle, int(np.searchsorted(radii, self.watch.cost)))
            else:
                low = middle + 1
                if prove:
                    self.watch.raise_bound(float(radii[low]) if low < len(radii) else math.inf)
        if prove and low >= high:
            self.watch.raise_bound(math.inf)

    def _covers(self, radius: float, *, prove: bool) -> bool:
        """Return whether a plan covers enough within a radius, and offer it; without ``prove`` no plan may only mean that greedy found none."""
        question = self._question(radius)
        if question is None:
            return False
        step = _Step(self.watch, question)
        opened = heuristic.greedy(question.reduced, question.most, lambda _: self.watch.look(), enough=self._spare(question))
        step.offer(opened, cost_of(question.reduced, question.goal, opened))
        if prove and not step.done:
            tree = Tree(question.reduced, question.goal, groups_of_rows(question.reduced), step)
            try:
                tree.search()
            finally:
                self.nodes += tree.nodes
        if step.found and step.opened is not None:
            self._offer(self._named(question.reduced, step.opened))
        return step.found

    def _question(self, radius: float) -> _Question | None:
        """Return the covering question at a radius, None where all sites together do not cover enough."""
        problem, needed = self.frame.problem, self.frame.needed
        threshold, most = min(radius, problem.costs.limit), self.goal.most or 0
        if needed is None:
            reduced = self._reduced(threshold, math.inf)
            everyone = not (reduced.left_out & ~self.reduced.left_out).any()
            return _Question(reduced, Goal(budget=0.0), most, float(most), whole=True) if everyone else None
        reduced = self._reduced(threshold, 1.0)
        spare = float(reduced.weight.sum()) + reduced.settled_people - needed
        rounding = ROUNDING * max(needed, 1.0)
        if spare < -rounding:
            return None
        enough, whole = max(spare, 0.0) + rounding, bool((reduced.weight == np.round(reduced.weight)).all())
        return _Question(reduced, Goal(most=most), most, float(np.floor(enough)) if whole else enough, whole)

    def _reduced(self, threshold: float, beyond: float) -> Reduced:
        reduced = reduce_cover(self.frame.problem, threshold, beyond=beyond, look=self.watch.look)
        if reduced.unmerged is not None:  # a step that was stopped says nothing; what is known stands in the watch
            raise Cancelled
        return reduced

    def _spare(self, question: _Question) -> float:
        return 0.0 if question.goal.counts_sites else question.enough

    def _named(self, reduced: Reduced, opened: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return a plan over the sites of the whole search."""
        names = {reduced.sites[index] for index in np.flatnonzero(opened)}
        return np.array([site in names for site in self.reduced.sites], dtype=bool)
