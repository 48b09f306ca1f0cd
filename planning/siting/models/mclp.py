"""Maximal covering: with a given number of new sites, or a given budget, as many people as possible within the threshold."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from layers.errors import Cancelled
from planning.siting.aggregate import Look, nothing
from planning.siting.bound import Goal
from planning.siting.counted import count_cover, reachable
from planning.siting.counted_program import Aim
from planning.siting.counted_search import CountedFrame
from planning.siting.model import Blocked, Frame, Halted, free_sites, money_left
from planning.siting.problem import SitingProblem
from planning.siting.purse import Purse
from planning.siting.reduce import reduce_cover
from planning.siting.sites import of_status, prices
from planning.siting.value import affordable, covered_people, people_reached


@dataclass(frozen=True)
class MCLP:
    """Maximal covering location problem (Church & ReVelle 1974).

    Parameters
    ----------
    sites : int or None
        New sites, and existing ones that may close and stay, at most; fewer are open only when further ones would cover nobody.
    threshold : float
        In the unit of the costs.
    budget : float or None
        Sum of the prices of all open sites of ours at most, in the unit of money of the prices. A number of sites, a budget or both must be given.

    Notes
    -----
    The value is the people within the threshold of an open site of ours to whom no competitor is nearer; an upper bound proves it.
    """

    key: ClassVar[str] = "mclp"
    sites: int | None = None
    threshold: float = math.nan
    budget: float | None = None

    def __post_init__(self) -> None:
        if (self.sites is not None and self.sites < 1) or not 0 <= self.threshold < math.inf:
            raise ValueError("MCLP needs at least one site and a finite threshold that is not negative")
        if (self.sites is None and self.budget is None) or not 0 <= (self.budget or 0.0) < math.inf:
            raise ValueError("MCLP needs a number of sites or a budget, which is finite and not negative")

    def frame(self, problem: SitingProblem, look: Look = nothing) -> Frame | CountedFrame | Halted | Blocked:
        """Frame as: make the people small who could be covered and are not."""
        free, left = free_sites(problem, self.sites), money_left(problem, self.budget)
        if isinstance(free, Blocked):
            return free
        if isinstance(left, Blocked):
            return left
        if problem.conflicts:
            return self._apart(problem, Aim(free, spend=left), look)
        reduced = reduce_cover(problem, self.threshold, look=look)
        coverable = float(reduced.weight.sum()) + reduced.settled_people
        purse = None if self.budget is None else Purse(prices(problem, reduced.sites), left)
        return Frame(reduced, Goal(most=free, purse=purse), lambda cost: coverable - cost, lambda opened: self._value(problem, opened))

    def _apart(self, problem: SitingProblem, aim: Aim, look: Look) -> CountedFrame | Halted | Blocked:
        """Frame as: make the people many who are reached by sites that keep apart."""
        try:
            rows = count_cover(problem, self.threshold, look=look)
        except Cancelled:
            reached = reachable(problem, self.threshold)
            value, bound = self._value(problem, of_status(problem, "must_open")), float(problem.people[reached].sum())
            return Halted(value, bound, (problem.people > 0) & ~reached, more=True)
        if isinstance(rows, Blocked):
            return rows
        return CountedFrame(rows, aim, lambda cost: -cost, lambda opened: self._value(problem, opened))

    def _value(self, problem: SitingProblem, opened: Iterable[str]) -> float:
        opened = set(opened)
        if not affordable(problem, opened, self.budget):
            return math.nan
        return people_reached(problem, opened, self.threshold)[0] if problem.conflicts else covered_people(problem, opened, self.threshold)
