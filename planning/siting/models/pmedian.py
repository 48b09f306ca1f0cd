"""p-median: with a given number of new sites, or a given budget, the least travel of all people together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from planning.siting.aggregate import Look, nothing
from planning.siting.bound import Goal
from planning.siting.listed_search import ListedFrame
from planning.siting.model import Blocked, Frame, free_sites, money_left
from planning.siting.problem import SitingProblem
from planning.siting.purse import Purse
from planning.siting.reduce import reduce_costs
from planning.siting.sites import allied, prices
from planning.siting.unread import read
from planning.siting.value import affordable, travel

# Up to so many trips, or within a budget, all of them are copied and sorted; else they are read where they stand.
COPIED = 4_000_000


@dataclass(frozen=True)
class PMedian:
    """p-median problem (Hakimi 1964; ReVelle & Swain 1970).

    Parameters
    ----------
    sites : int or None
        New sites, and existing ones that may close and stay, at most; fewer are open only when further ones would shorten nobody's trip.
    beyond : {"refuse", "limit"}
        What holds for people whom a usable site could serve, but no open site within the search limit does. ``refuse``: no plan may leave them, so
        that every trip in the value is a true one. ``limit``: each counts with the search limit, which is less than the trip really costs.
    budget : float or None
        Sum of the prices of all open sites of ours at most, in the unit of money of the prices. A number of sites, a budget or both must be given.

    Notes
    -----
    The value is the sum of people x cost to the nearest open site, a competitor's included, in person-metres or person-seconds; a lower bound proves
    it. People whom no usable site serves at all are in no sum; they are counted in ``left_out_people``.
    """

    key: ClassVar[str] = "pmedian"
    sites: int | None = None
    beyond: Literal["refuse", "limit"] = "refuse"
    budget: float | None = None

    def __post_init__(self) -> None:
        if (self.sites is not None and self.sites < 1) or self.beyond not in {"refuse", "limit"}:
            raise ValueError("PMedian needs at least one site, and beyond must be 'refuse' or 'limit'")
        if (self.sites is None and self.budget is None) or not 0 <= (self.budget or 0.0) < float("inf"):
            raise ValueError("PMedian needs a number of sites or a budget, which is finite and not negative")

    def frame(self, problem: SitingProblem, look: Look = nothing) -> Frame | Blocked:
        """Frame as: make the cost of all trips small."""
        return self.framed(problem, look, listed=len(problem.costs.cell) > COPIED and self.budget is None)

    def framed(self, problem: SitingProblem, look: Look, *, listed: bool) -> Frame | Blocked:
        """Frame the question with all trips copied and sorted, or, without a budget, with trips that are read where they stand."""
        free, left = free_sites(problem, self.sites), money_left(problem, self.budget)
        if isinstance(free, Blocked):
            return free
        if isinstance(left, Blocked):
            return left
        charge = problem.costs.limit if self.beyond == "limit" else float("inf")
        if listed:
            reduced, rows = read(allied(problem), charge, look)
        else:
            reduced, rows = reduce_costs(allied(problem), beyond=charge, look=look), None
        possible = float(problem.people[~reduced.left_out].sum())
        purse = None if self.budget is None else Purse(prices(problem, reduced.sites), left)

        def value(opened: Iterable[str]) -> float:
            opened = set(opened)
            return travel(problem, opened, possible, charge) if affordable(problem, opened, self.budget) else float("nan")

        def shown(cost: float) -> float:
            return cost + reduced.settled

        if rows is not None:
            return ListedFrame(reduced, Goal(most=free), shown, value, rows)
        return Frame(reduced, Goal(most=free, purse=purse), shown, value)
