"""p-median: with a given number of new sites, the least travel of all people together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from planning.siting.bound import Goal
from planning.siting.model import Blocked, Frame, free_sites
from planning.siting.problem import SitingProblem
from planning.siting.reduce import reduce_costs
from planning.siting.sites import allied
from planning.siting.value import trips


@dataclass(frozen=True)
class PMedian:
    """p-median problem (Hakimi 1964; ReVelle & Swain 1970).

    Parameters
    ----------
    sites : int
        New sites, and existing ones that may close and stay, at most; fewer are open only when further ones would shorten nobody's trip.
    beyond : {"refuse", "limit"}
        What holds for people whom a usable site could serve, but no open site within the search limit does. ``refuse``: no plan may leave them, so
        that every trip in the value is a true one. ``limit``: each counts with the search limit, which is less than the trip really costs.

    Notes
    -----
    The value is the sum of people x cost to the nearest open site, a competitor's included, in person-metres or person-seconds; a lower bound proves
    it. People whom no usable site serves at all are in no sum; they are counted in ``left_out_people``.
    """

    key: ClassVar[str] = "pmedian"
    sites: int
    beyond: Literal["refuse", "limit"] = "refuse"

    def __post_init__(self) -> None:
        if self.sites < 1 or self.beyond not in {"refuse", "limit"}:
            raise ValueError("PMedian needs at least one site, and beyond must be 'refuse' or 'limit'")

    def frame(self, problem: SitingProblem) -> Frame | Blocked:
        """Frame as: make the cost of all trips small."""
        free = free_sites(problem, self.sites)
        if isinstance(free, Blocked):
            return free
        charge = problem.costs.limit if self.beyond == "limit" else float("inf")
        reduced = reduce_costs(allied(problem), beyond=charge)
        possible = float(problem.people[~reduced.left_out].sum())

        def value(opened: Iterable[str]) -> float:
            served, cost = trips(problem, opened)
            missing = possible - served
            if missing <= 1e-9 * possible:
                return cost
            return cost + missing * charge if charge < float("inf") else float("nan")

        return Frame(reduced, Goal(most=free), lambda cost: cost + reduced.settled, value)
