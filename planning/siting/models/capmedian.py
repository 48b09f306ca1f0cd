"""Capacitated median: with a given number of sites and of places at each, a place for everybody at the least travel of all together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from layers.errors import Cancelled
from planning.siting.aggregate import Look, nothing
from planning.siting.capacitated.answer import CapacityFrame
from planning.siting.capacitated.early import nothing_known
from planning.siting.capacitated.units import SOURCES, Source, units_of
from planning.siting.model import Blocked, Halted, free_sites, refuse_conflicts
from planning.siting.problem import SitingProblem
from planning.siting.sites import allied


@dataclass(frozen=True)
class CapacitatedMedian:
    """Capacitated p-median (Lorena & Senne 2004; with one site for each cell or township Ceselli & Righini 2005).

    Parameters
    ----------
    sites : int
        New sites, and existing ones that may close and stay, at most; fewer are open only when further ones would shorten no trip.
    source : {"split", "cell", "township"}
        ``split``: the people of a cell may have their places at several sites. ``cell``: all people of a cell at one. ``township``: all people of a
        township at one, which reaches each of its inhabited cells within the search limit, where cells that no usable site reaches do not count.

    Notes
    -----
    Needs ``SitingProblem.capacity``. The value is the sum of people x cost to the place each has, in person-metres or person-seconds; a lower bound
    proves it. ``assigned`` of the plan says who goes where. People whom no usable site serves at all are in no sum; they are counted in
    ``left_out_people``. When places lack there is no plan, and it is said how many and where.
    """

    key: ClassVar[str] = "capmedian"
    sites: int
    source: Source = "split"

    def __post_init__(self) -> None:
        if self.sites < 1 or self.source not in SOURCES:
            raise ValueError("CapacitatedMedian needs at least one site, and a source: split, cell or township")

    def frame(self, problem: SitingProblem, look: Look = nothing) -> CapacityFrame | Halted | Blocked:
        """Frame as: make the cost of all trips small, with a place for everybody."""
        refuse_conflicts(problem, self.key)
        free = free_sites(problem, self.sites)
        if isinstance(free, Blocked):
            return free
        problem = allied(problem)
        try:
            units = units_of(problem, self.source, look=look)
        except Cancelled:
            return nothing_known(problem)
        return CapacityFrame(problem, units, free or 0, self.source, math.inf)
