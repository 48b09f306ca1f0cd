"""Capacitated cover: with a given number of sites and of places at each, as many people as possible with a place within the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from layers.errors import Cancelled
from planning.siting.aggregate import Look, nothing
from planning.siting.capacitated.answer import CapacityFrame
from planning.siting.capacitated.early import nobody_placed
from planning.siting.capacitated.units import SOURCES, Source, units_of
from planning.siting.model import Blocked, Halted, free_sites, refuse_conflicts
from planning.siting.problem import SitingProblem
from planning.siting.sites import allied


@dataclass(frozen=True)
class CapacitatedCover:
    """Capacitated maximal covering (Current & Storbeck 1988; Pirkul & Schilling 1991).

    Parameters
    ----------
    sites : int
        New sites, and existing ones that may close and stay, at most; fewer are open only when further ones would give nobody a place.
    threshold : float
        In the unit of the costs.
    source : {"split", "cell", "township"}
        ``split``: the people of a cell may have their places at several sites. ``cell``: each cell is served whole by one site or not at all.
        ``township``: each township is; only a site within the threshold of each of its inhabited cells can serve it, where cells that no usable site
        reaches do not count.

    Notes
    -----
    Needs ``SitingProblem.capacity``. The value is the people who have a place, kept and competitors' places among them; an upper bound proves it.
    ``assigned`` of the plan says who goes where. Of all ways to place so many people at the sites proposed it is the one with least travel with
    ``split``, and one that no move or swap shortens otherwise; ``second_value`` is that travel, people x cost. Which sites are proposed does not
    depend on it.
    """

    key: ClassVar[str] = "capcover"
    sites: int
    threshold: float
    source: Source = "split"

    def __post_init__(self) -> None:
        if self.sites < 1 or not 0 <= self.threshold < float("inf") or self.source not in SOURCES:
            raise ValueError(
                "CapacitatedCover needs at least one site, a finite threshold that is not negative, and a source: split, cell or township"
            )

    def frame(self, problem: SitingProblem, look: Look = nothing) -> CapacityFrame | Halted | Blocked:
        """Frame as: make the people few who have no place within the threshold."""
        refuse_conflicts(problem, self.key)
        problem.check_threshold(self.threshold)
        free = free_sites(problem, self.sites)
        if isinstance(free, Blocked):
            return free
        problem = allied(problem)
        try:
            units = units_of(problem, self.source, self.threshold, travel=False, look=look)
        except Cancelled:
            return nobody_placed(problem, free or 0, self.threshold)
        return CapacityFrame(problem, units, free or 0, self.source, self.threshold)
