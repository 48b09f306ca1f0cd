"""Maximal covering: with a given number of new sites, as many people as possible within the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from planning.siting.bound import Goal
from planning.siting.counted import count_cover
from planning.siting.counted_program import Aim
from planning.siting.counted_search import CountedFrame
from planning.siting.model import Blocked, Frame, free_sites
from planning.siting.problem import SitingProblem
from planning.siting.reduce import reduce_cover
from planning.siting.value import covered_people, people_reached


@dataclass(frozen=True)
class MCLP:
    """Maximal covering location problem (Church & ReVelle 1974).

    Parameters
    ----------
    sites : int
        New sites, and existing ones that may close and stay, at most; fewer are open only when further ones would cover nobody.
    threshold : float
        In the unit of the costs.

    Notes
    -----
    The value is the people within the threshold of an open site of ours to whom no competitor is nearer; an upper bound proves it.
    """

    key: ClassVar[str] = "mclp"
    sites: int
    threshold: float

    def __post_init__(self) -> None:
        if self.sites < 1 or not 0 <= self.threshold < float("inf"):
            raise ValueError("MCLP needs at least one site and a finite threshold that is not negative")

    def frame(self, problem: SitingProblem) -> Frame | CountedFrame | Blocked:
        """Frame as: make the people small who could be covered and are not."""
        free = free_sites(problem, self.sites)
        if isinstance(free, Blocked):
            return free
        if problem.conflicts:
            rows = count_cover(problem, self.threshold)
            if isinstance(rows, Blocked):
                return rows
            return CountedFrame(rows, Aim(free), lambda cost: -cost, lambda opened: people_reached(problem, opened, self.threshold)[0])
        reduced = reduce_cover(problem, self.threshold)
        coverable = float(reduced.weight.sum()) + reduced.settled_people
        return Frame(reduced, Goal(most=free), lambda cost: coverable - cost, lambda opened: covered_people(problem, opened, self.threshold))
